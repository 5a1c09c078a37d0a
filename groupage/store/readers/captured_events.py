"""Captured EPCIS events, by id or in the order in which the hub took them in."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from groupage.contracts.captured_comparisons import Comparison, EpcMatch, meets_all
from groupage.contracts.captured_events import CapturedEvent
from groupage.domain.errors import InvalidInput
from groupage.store.captured_events import SELECTED, StoredCapture
from groupage.store.facts import LogPosition
from groupage.store.pool import Connection

_FEW = 1_000
COMPARED_AT_ONCE = 500
COMPARED_MAX = 20_000
"""Events that one request compares one by one: about two seconds."""
_BYTES_OF_COUNT = 2**40
Place = tuple[datetime, UUID]
"""Of an event in an order: the order's time, and the captured id."""
_BEGINNING = (datetime.min.replace(tzinfo=UTC), UUID(int=0))


def stored_capture(row: asyncpg.Record | Mapping[str, Any]) -> StoredCapture:
    """Return the captured event in a row that has all columns (`SELECTED`)."""
    event = CapturedEvent(
        event_id=row["event_id"],
        declaration=row["declaration"],
        event_time=row["event_time"].astimezone(UTC),
        recorded_at=row["captured_at"].astimezone(UTC),
        body=row["body"],
        context=row["context"],
        format=row["format"],
    )
    return StoredCapture(event, LogPosition(row["topic"], row["partition"], row["record_offset"]))


async def captures_of(connection: Connection, event_id: str) -> list[StoredCapture]:
    """Read the event with that id and the error declarations that repeat it, the oldest first."""
    rows = await connection.fetch(
        f"select {SELECTED} from captured_event "  # noqa: S608 - our own names
        "where event_id = $1 "
        "order by captured_at, captured_id",
        event_id,
    )
    return [stored_capture(row) for row in rows]


async def captures_after(
    connection: Connection, after: tuple[datetime, UUID] | None, *, limit: int
) -> list[StoredCapture]:
    """Read the next captured events behind (time of capture, captured id); None: the first ones.

    Workers commit partitions independently, so an event with an earlier time may be stored later;
    a follower that must miss nothing reads each partition by its offsets.
    """
    rows = await connection.fetch(
        f"select {SELECTED} from captured_event "  # noqa: S608 - our own names
        "where (captured_at, captured_id) > ($1, $2) order by captured_at, captured_id limit $3",
        *(after or _BEGINNING),
        limit,
    )
    return [stored_capture(row) for row in rows]


async def captures_by_time(
    connection: Connection,
    after: tuple[datetime, UUID] | None,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[StoredCapture]:
    """Read the next captured events behind (event time, captured id), by when they happened.

    Only those from `since` until before `until`; None: without that bound.
    """
    rows = await connection.fetch(
        f"select {SELECTED} from captured_event "  # noqa: S608 - our own names
        "where (event_time, captured_id) > ($1, $2) "
        "and ($3::timestamptz is null or event_time >= $3) "
        "and ($4::timestamptz is null or event_time < $4) "
        "order by event_time, captured_id limit $5",
        *(after or _BEGINNING),
        since,
        until,
        limit,
    )
    return [stored_capture(row) for row in rows]


class CaptureFilter(msgspec.Struct, frozen=True, kw_only=True):
    """The captured events that are asked for; None and empty: any."""

    terms: tuple[tuple[str, ...], ...] = ()
    """Of each group an event must have one term (`groupage.contracts.captured_terms`)."""
    comparisons: tuple[Comparison | EpcMatch, ...] = ()
    """An event must meet all of them; they look at events one by one."""
    event_ids: tuple[str, ...] | None = None
    happened_since: datetime | None = None
    happened_until: datetime | None = None
    recorded_since: datetime | None = None
    recorded_until: datetime | None = None

    def conditions(self) -> list[tuple[str, object]]:
        """Return the conditions in SQL, ``{}`` for the parameter, with their values."""
        bounds = (
            ("event_time >= {}", self.happened_since),
            ("event_time < {}", self.happened_until),
            ("captured_at >= {}", self.recorded_since),
            ("captured_at < {}", self.recorded_until),
            ("event_id = any({}::text[])", self.event_ids),
        )
        return [
            *(("terms && {}::uuid[]", group) for group in self.terms),
            *((sql, value) for sql, value in bounds if value is not None),
        ]


class CaptureOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The order of a page."""

    column: Literal["event_time", "captured_at"]
    descending: bool

    def place(self, capture: StoredCapture) -> Place:
        """Return the event's place in the order."""
        event = capture.event
        at = event.event_time if self.column == "event_time" else event.recorded_at
        return at, event.captured_id


class TooManyToCompare(InvalidInput):
    """More events would have to be compared one by one than a request may."""


class CapturePage(NamedTuple):
    """Some of the events that are asked for."""

    captures: list[StoredCapture]
    more: bool
    """Others may follow."""
    end: Place | None = None
    """Where the page ended, if it ended before the last event that was read was one of it."""


async def find_captures(
    connection: Connection,
    wanted: CaptureFilter,
    order: CaptureOrder,
    after: Place | None,
    *,
    limit: int,
    bytes_max: int,
) -> CapturePage:
    """Read the next events behind (time of the order, captured id); None: the first ones.

    The page ends after `limit` events, with the event that brings it to `bytes_max`, or when
    `COMPARED_MAX` events have been compared.
    """
    conditions = wanted.conditions()
    if wanted.terms and (few := await _find_few(connection, conditions)) is not None:
        conditions = [("captured_id = any({}::uuid[])", few)]

    def fetch(behind: Place | None, at_once: int) -> Awaitable[CapturePage]:
        clauses, values = numbered(conditions)
        if behind is not None:
            sign = "<" if order.descending else ">"
            place = f"(${len(values) + 1}, ${len(values) + 2})"
            clauses.append(f"({order.column}, captured_id) {sign} {place}")
            values.extend(behind)
        direction = "desc" if order.descending else "asc"
        by = f"{order.column} {direction}, captured_id {direction}"
        return fetch_captures(connection, clauses, values, by, limit=at_once, bytes_max=bytes_max)

    if not wanted.comparisons:
        return await fetch(after, limit)
    captures: list[StoredCapture] = []
    compared = size = 0
    while True:
        page = await fetch(after, COMPARED_AT_ONCE)
        for capture in page.captures:
            if meets_all(capture.event, wanted.comparisons):
                if len(captures) == limit or size >= bytes_max:
                    return CapturePage(captures, more=True, end=after)
                captures.append(capture)
                size += len(capture.event.body)
            after = order.place(capture)
        compared += len(page.captures)
        if not page.more or compared >= COMPARED_MAX:
            return CapturePage(captures, more=page.more, end=after)


async def count_captures(connection: Connection, wanted: CaptureFilter, *, limit: int) -> int:
    """Count the events that are asked for, up to `limit`. Raises TooManyToCompare."""
    clauses, values = numbered(wanted.conditions())
    enough = COMPARED_MAX + 1 if wanted.comparisons else limit
    matching = _matching(clauses, limit=f"${len(values) + 1}")
    number: int = await connection.fetchval(
        f"select count(*) from ({matching}) as found",  # noqa: S608 - our own names
        *values,
        enough,
    )
    if not wanted.comparisons:
        return number
    if number > COMPARED_MAX:
        raise TooManyToCompare(
            f"more than {COMPARED_MAX:,} events would have to be compared one by one to count "
            "those that match: narrow the query by times, ids, steps or types"
        )
    by_record = CaptureOrder(column="captured_at", descending=False)
    found = await find_captures(
        connection, wanted, by_record, None, limit=limit, bytes_max=_BYTES_OF_COUNT
    )
    return len(found.captures) + found.more


async def fetch_captures(
    connection: Connection,
    clauses: list[str],
    values: list[object],
    by: str,
    *,
    limit: int,
    bytes_max: int,
    table: str = "captured_event",
) -> CapturePage:
    """Fetch the events of `table` that meet all clauses, sorted by the columns of `by`."""
    rows = await connection.fetch(
        "select * from (select *, count(*) over () as found, "  # noqa: S608 - our own names
        f"sum(octet_length(body)) over (order by {by}) - octet_length(body) as bytes_before "
        f"from (select {SELECTED} from {table}{_where(clauses)} "
        f"order by {by} limit ${len(values) + 1}) as page) as measured "
        f"where bytes_before < ${len(values) + 2} order by {by}",
        *values,
        limit + 1,
        bytes_max,
    )
    captures = [stored_capture(row) for row in rows[:limit]]
    return CapturePage(captures, more=bool(rows) and rows[0]["found"] > len(captures))


async def _find_few(
    connection: Connection, conditions: Sequence[tuple[str, object]]
) -> list[UUID] | None:
    """Return the ids of the events that meet the conditions; None: there are more than a few.

    PostgreSQL takes a term for frequent that its statistics do not know, and would search for it
    along the order: a rare one, through the whole table.
    """
    clauses, values = numbered(conditions)
    rows = await connection.fetch(_matching(clauses, limit=str(_FEW + 1)), *values)
    return [row[0] for row in rows] if len(rows) <= _FEW else None


def _matching(clauses: list[str], *, limit: str) -> str:
    """Return a statement that is planned for all rows that match, and stops at the first ones."""
    return (
        f"with matching as materialized (select captured_id from captured_event{_where(clauses)}) "  # noqa: S608 - our own names
        f"select captured_id from matching limit {limit}"
    )


def numbered(conditions: Sequence[tuple[str, object]]) -> tuple[list[str], list[object]]:
    """Return the conditions with numbered parameters, and their values."""
    clauses = [sql.replace("{}", f"${number}") for number, (sql, _) in enumerate(conditions, 1)]
    return clauses, [value for _, value in conditions]


def _where(clauses: list[str]) -> str:
    return f" where {' and '.join(clauses)}" if clauses else ""
