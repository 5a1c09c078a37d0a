"""Facts that the hub has not made into EPCIS events yet, and how far it is.

The facts of a partition are read in the order of the log, up to the workers' offset. The cursor
moves in the transaction that stores the events: each fact is made into events once.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import asyncpg

from groupage.domain.events.base import AggregateKind
from groupage.store.aggregates_by_offset import (
    count_facts,
    find_next_range,
    find_partitions,
    read_aggregates,
)
from groupage.store.facts import COLUMNS, StoredFact, stored_fact
from groupage.store.locks import OWN_EVENTS_LOCK
from groupage.store.pool import Connection

FORM = 1
"""Number of the mapping from facts to EPCIS events. Raise it when the same facts give other events:
those of an older number are deleted and made again (tests/producers/test_epcis_own.py)."""
_FROM_OUTSIDE = "(relayed_by is null or relayed_by = 'command')"
"""As `aggregates_by_offset.RELAYED_BY`, in the words of the index ``fact_correction``."""
_DELETED_AT_ONCE = 5_000
_LINKED_MAX = 2_000
_SELECTED = ", ".join(
    "null::bytea as original" if column == "original" else f"fact.{column}" for column in COLUMNS
)
"""The foreign document of a fact is not needed, and may be large."""


class Backlog(NamedTuple):
    """The facts of a partition that are left."""

    topic: str
    partition: int
    since: int
    until: int
    """The offset that the workers have reached."""
    form: int
    """Of the events that are stored."""


class FactChunk(NamedTuple):
    """Some facts in the order of the log."""

    facts: list[StoredFact]
    next_offset: int


Key = tuple[AggregateKind, str]


async def lock_own_events(connection: Connection) -> bool:
    """Take the lock for this transaction; False: another process has it."""
    taken: bool = await connection.fetchval("select pg_try_advisory_xact_lock($1)", OWN_EVENTS_LOCK)
    return taken


async def read_backlogs(connection: Connection) -> list[Backlog]:
    """Return the partitions with records that are left, the longest backlog first."""
    rows = await connection.fetch(
        "select i.topic, i.partition, coalesce(o.next_offset, 0) as since, i.next_offset, "
        "coalesce(o.form, $1) as form from intake_offset i "
        "left join own_event_offset o using (topic, partition) "
        "where i.next_offset > coalesce(o.next_offset, 0) or o.form <> $1 "
        "order by i.next_offset - coalesce(o.next_offset, 0) desc, 1, 2",
        FORM,
    )
    return [Backlog(*row) for row in rows]


async def count_taken_in(connection: Connection) -> int:
    """Count the records of the log that the workers have taken in."""
    return int(await connection.fetchval("select coalesce(sum(next_offset), 0) from intake_offset"))


async def count_left(connection: Connection) -> int:
    """Count the records of the log that the workers have taken in, and that are left to look at."""
    return sum(each.until - each.since for each in map(_whole, await read_backlogs(connection)))


async def count_facts_left(connection: Connection, *, limit: int) -> int:
    """Return how many facts among these records may become events, at most `limit`."""
    number = 0
    for each in map(_whole, await read_backlogs(connection)):
        number += await count_facts(
            connection, each.topic, each.partition, since=each.since, until=each.until
        )
        if number >= limit:
            return limit
    return number


def _whole(backlog: Backlog) -> Backlog:
    """Return the backlog with all that will be made again."""
    return backlog if backlog.form == FORM else backlog._replace(since=0)


async def partitions_with_facts(
    connection: Connection, backlogs: Sequence[Backlog]
) -> list[Backlog]:
    """Return those backlogs that hold a fact from outside: most records are ticks and messages."""
    indexes = await find_partitions(connection, (each[:4] for each in backlogs))
    return [backlogs[index] for index in indexes]


async def read_chunk(
    connection: Connection, backlog: Backlog, *, limit: int, bytes_max: int
) -> FactChunk:
    """Read the next facts: at most `limit`, and up to the record that brings them to `bytes_max`.

    More only where a record has more facts.
    """
    topic, partition, since, until, _ = backlog
    offset_range = await find_next_range(connection, topic, partition, since=since, until=until)
    if offset_range is None:
        return FactChunk([], until)
    end = min(until, offset_range.end)
    aggregates = await read_aggregates(connection, offset_range, since=since)
    rows = await connection.fetch(
        "select * from (select *, count(*) over () as facts, "  # noqa: S608 - our own names
        "coalesce(sum(octet_length(data)) over (order by record_offset "
        "groups between unbounded preceding and 1 preceding), 0) as bytes_before "
        f"from (select {_SELECTED} from unnest($1::text[], $2::text[]) as asked (kind, key) "
        "join fact using (kind, key) where topic = $3 and partition = $4 "
        f"and record_offset >= $5 and record_offset < $6 and {_FROM_OUTSIDE} "
        "order by record_offset fetch first ($7) rows with ties) as chunk) as measured "
        "where bytes_before < $8 order by record_offset, fact_id",
        *zip(*aggregates, strict=True),
        topic,
        partition,
        since,
        end,
        limit,
        bytes_max,
    )
    facts = [stored_fact(row) for row in rows]
    if facts and (len(facts) >= limit or len(facts) < rows[0]["facts"]):
        return FactChunk(facts, facts[-1].position.offset + 1)
    return FactChunk(facts, end)


async def advance(connection: Connection, backlogs: Sequence[Backlog]) -> None:
    """Note that all facts before `until` are events now."""
    await connection.execute(
        "insert into own_event_offset (topic, partition, next_offset, form) "
        "select *, $4 from unnest($1::text[], $2::int[], $3::bigint[]) "
        "on conflict (topic, partition) do update set next_offset = excluded.next_offset, "
        "form = excluded.form",
        [each.topic for each in backlogs],
        [each.partition for each in backlogs],
        [each.until for each in backlogs],
        FORM,
    )


async def delete_older(connection: Connection, backlog: Backlog) -> bool:
    """Delete some events of an older form; return whether that was all of the partition."""
    deleted = await connection.execute(
        "delete from captured_event where captured_id = any(array("
        "select captured_id from captured_event "
        "where own and topic = $1 and partition = $2 limit $3))",
        backlog.topic,
        backlog.partition,
        _DELETED_AT_ONCE,
    )
    return int(deleted.removeprefix("DELETE ")) < _DELETED_AT_ONCE


async def find_corrections(
    connection: Connection, targets: Collection[tuple[AggregateKind, str, str]]
) -> list[StoredFact]:
    """Read the facts that correct or retract others, by aggregate and event id of these."""
    return await _fetch(
        connection,
        f"select {_SELECTED} from unnest($1::text[], $2::text[], $3::text[]) "  # noqa: S608 - our own names
        "as asked (kind, key, correction_of) join fact using (kind, key, correction_of) "
        f"where correction_of is not null and {_FROM_OUTSIDE} order by record_offset limit $4",
        targets,
    )


async def find_messages(
    connection: Connection, series: Collection[tuple[AggregateKind, str, str]]
) -> list[StoredFact]:
    """Read the hub's own messages of some series, by aggregate and series."""
    return await _fetch(
        connection,
        f"select {_SELECTED} from unnest($1::text[], $2::text[], $3::text[]) "  # noqa: S608 - our own names
        "as asked (kind, key, series) join fact using (kind, key) where relayed_by = 'command' "
        "and starts_with(event_id, series || '.') order by record_offset limit $4",
        series,
    )


async def find_facts_about(
    connection: Connection, keys: Collection[Key], types: Sequence[str]
) -> list[StoredFact]:
    """Read the facts of these types about these aggregates, in the order of their offsets."""
    return await _fetch(
        connection,
        f"select {_SELECTED} from unnest($1::text[], $2::text[]) as asked (kind, key) "  # noqa: S608 - our own names
        f"join fact using (kind, key) where {_FROM_OUTSIDE} and type = any($4::text[]) "
        "order by record_offset limit $3",
        keys,
        types,
    )


async def _fetch(
    connection: Connection, query: str, asked: Collection[tuple[str, ...]], *more: object
) -> list[StoredFact]:
    if not asked:
        return []
    columns = [list(column) for column in zip(*sorted(asked), strict=True)]
    rows: list[asyncpg.Record] = await connection.fetch(query, *columns, _LINKED_MAX, *more)
    return [stored_fact(row) for row in rows]
