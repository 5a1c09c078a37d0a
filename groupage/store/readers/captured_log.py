"""Captured EPCIS events in the order of the log, for followers that must miss none."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec

from groupage.contracts.captured_comparisons import meets_all
from groupage.store.captured_events import SELECTED, StoredCapture
from groupage.store.pool import Connection
from groupage.store.readers.captured_events import (
    COMPARED_AT_ONCE,
    CaptureFilter,
    CapturePage,
    fetch_captures,
    numbered,
    stored_capture,
)

_NEAR = 1_000
"""Offsets. So few are read by the index of the log and then filtered: PostgreSQL would search the
whole table for a frequent term."""


class LogPlace(NamedTuple):
    """Where a follower of a partition is: behind this captured event."""

    offset: int
    captured_id: UUID = UUID(int=2**128 - 1)
    """The last one of the offset, unless a page ended within it."""


async def ends_of_log(connection: Connection) -> dict[tuple[str, int], LogPlace]:
    """Return the place of the last captured event, by topic and partition."""
    rows = await connection.fetch(
        "with recursive known as ("
        "(select topic, partition from captured_event order by 1, 2 limit 1) "
        "union all select following.topic, following.partition from known, lateral ("
        "select topic, partition from captured_event c "
        "where (c.topic, c.partition) > (known.topic, known.partition) order by 1, 2 limit 1"
        ") as following) "
        "select topic, partition, (select max(record_offset) from captured_event c "
        "where c.topic = known.topic and c.partition = known.partition) as last from known"
    )
    return {(row["topic"], row["partition"]): LogPlace(row["last"]) for row in rows}


async def read_new_terms(
    connection: Connection,
    before: Mapping[tuple[str, int], LogPlace],
    ends: Mapping[tuple[str, int], LogPlace],
    *,
    limit: int,
) -> list[frozenset[UUID]] | None:
    """Return the terms of each event between two readings of the ends; None: more than `limit`."""
    found: list[frozenset[UUID]] = []
    for (topic, partition), end in ends.items():
        after = before.get((topic, partition), LogPlace(-1))
        if end <= after:
            continue
        rows = await connection.fetch(
            "select terms from captured_event where topic = $1 and partition = $2 "
            "and record_offset > $3 and record_offset <= $4 limit $5",
            topic,
            partition,
            after.offset,
            end.offset,
            limit + 1 - len(found),
        )
        found += [frozenset(row["terms"] or ()) for row in rows]
        if len(found) > limit or any(row["terms"] is None for row in rows):
            return None
    return found


async def find_recorded(
    connection: Connection,
    wanted: CaptureFilter,
    partition: tuple[str, int],
    after: LogPlace,
    until: LogPlace,
    *,
    limit: int,
    bytes_max: int,
) -> CapturePage:
    """Read the next wanted events of a partition of the log, behind `after` up to `until`.

    A worker stores each partition in the order of its offsets, so a follower that goes on behind
    the last event of the page, or behind `until` when the page has no more, misses nothing.
    """
    if wanted.comparisons:
        plain = msgspec.structs.replace(wanted, comparisons=())

        def fetch(behind: LogPlace) -> Awaitable[CapturePage]:
            return find_recorded(
                connection,
                plain,
                partition,
                behind,
                until,
                limit=COMPARED_AT_ONCE,
                bytes_max=bytes_max,
            )

        return await _compare(fetch, wanted, after, limit=limit, bytes_max=bytes_max)
    filtered, values = numbered(wanted.conditions())
    topic, number, last, offset, captured_id = range(len(values) + 1, len(values) + 6)
    stretch = (
        f"topic = ${topic} and partition = ${number} and record_offset <= ${last} "
        f"and (record_offset, captured_id) > (${offset}, ${captured_id})"
    )
    values += [*partition, until.offset, *after]
    table = "captured_event"
    if until.offset - after.offset <= _NEAR:
        # "offset 0" makes PostgreSQL read the stretch first.
        table = f"(select * from captured_event where {stretch} offset 0) as stretch"  # noqa: S608 - our own names
    else:
        filtered.append(stretch)
    return await fetch_captures(
        connection,
        filtered,
        values,
        "record_offset, captured_id",
        limit=limit,
        bytes_max=bytes_max,
        table=table,
    )


async def _compare(
    fetch: Callable[[LogPlace], Awaitable[CapturePage]],
    wanted: CaptureFilter,
    after: LogPlace,
    *,
    limit: int,
    bytes_max: int,
) -> CapturePage:
    captures: list[StoredCapture] = []
    size = 0
    while True:
        page = await fetch(after)
        for capture in page.captures:
            if meets_all(capture.event, wanted.comparisons):
                if len(captures) == limit or size >= bytes_max:
                    return CapturePage(captures, more=True)
                captures.append(capture)
                size += len(capture.event.body)
            after = LogPlace(capture.position.offset, capture.event.captured_id)
        if not page.more:
            return CapturePage(captures, more=False)


async def captures_with_ids(connection: Connection, ids: Sequence[UUID]) -> list[StoredCapture]:
    """Read captured events by their ids, in the order of these."""
    rows = await connection.fetch(
        f"select {SELECTED} from unnest($1::uuid[]) with ordinality as wanted (captured_id, place) "  # noqa: S608 - our own names
        "join captured_event using (captured_id) order by place",
        ids,
    )
    return [stored_capture(row) for row in rows]
