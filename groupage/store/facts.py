"""Facts as rows of table `fact`: attributes in columns, the event's JSON as its sender wrote it.

The processors write them and fold from them; readers show them. The key leads the primary key, so
that an owner's facts lie together, and a batch asks for owners, not for thousands of single ids.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from groupage.contracts.decoding import event_from_json
from groupage.domain.events.base import Kind
from groupage.domain.fact import Fact
from groupage.store.pool import Connection

COLUMNS = (
    "fact_id",
    "kind",
    "key",
    "subject",
    "type",
    "source",
    "event_id",
    "occurred_at",
    "recorded_at",
    "topic",
    "partition",
    "record_offset",
    "classifier",
    "correction_of",
    "retracted",
    "relayed_by",
    "traceparent",
    "data",
    "original",
)
SELECTED = ", ".join(COLUMNS)


class Place(NamedTuple):
    """Where in the log a fact lies; topic without the hub's prefix."""

    topic: str
    partition: int
    offset: int


class StoredFact(NamedTuple):
    """A fact as it was stored."""

    fact_id: str
    """Hex of `groupage.contracts.encoding.fact_id`."""
    kind: Kind
    """Of its owner."""
    fact: Fact
    place: Place
    data_json: bytes
    """The event as its sender wrote it, unknown fields included."""


def row_of(
    fact_id: UUID, kind: Kind, fact: Fact, data_json: bytes, place: tuple[str, int, int]
) -> tuple[Any, ...]:
    """The fact's row, in the order of `COLUMNS`; `place` as in `Place`."""
    data = fact.data
    return (
        fact_id,
        kind,
        fact.key,
        data.subject,
        data.name,
        fact.source,
        fact.event_id,
        fact.occurred_at,
        fact.recorded_at,
        *place,
        fact.classifier,
        fact.correction_of,
        fact.retracted,
        fact.relayed_by,
        fact.traceparent,
        data_json,
        fact.original,
    )


def stored_fact(row: asyncpg.Record | Mapping[str, Any]) -> StoredFact:
    """The fact in a row that has all `COLUMNS`."""
    return StoredFact(
        fact_id=row["fact_id"].hex,
        kind=row["kind"],
        fact=Fact(
            event_id=row["event_id"],
            source=row["source"],
            key=row["key"],
            occurred_at=row["occurred_at"],
            recorded_at=row["recorded_at"],
            data=event_from_json(row["type"], row["data"]),
            classifier=row["classifier"],
            correction_of=row["correction_of"],
            retracted=row["retracted"],
            relayed_by=row["relayed_by"],
            traceparent=row["traceparent"],
            original=row["original"],
        ),
        place=Place(row["topic"], row["partition"], row["record_offset"]),
        data_json=row["data"],
    )


async def copy_facts(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Store facts (`COLUMNS`) that are known to be new."""
    await connection.copy_records_to_table("fact", records=rows, columns=COLUMNS)


async def facts_of(
    connection: Connection, kind: Kind, keys: Sequence[str]
) -> tuple[StoredFact, ...]:
    """Every stored fact of those owners, in the order of the log."""
    rows = await connection.fetch(
        f"select {SELECTED} from fact where kind = $1 and key = any($2::text[]) "  # noqa: S608 - ours
        "order by topic, partition, record_offset",
        kind,
        keys,
    )
    return tuple(map(stored_fact, rows))


async def fact_of(connection: Connection, kind: Kind, key: str, fact_id: str) -> StoredFact | None:
    """One stored fact of an owner; `fact_id` in hex."""
    row = await connection.fetchrow(
        f"select {SELECTED} from fact where kind = $1 and key = $2 and fact_id = $3",  # noqa: S608
        kind,
        key,
        UUID(hex=fact_id),
    )
    return stored_fact(row) if row else None


async def ids_of(connection: Connection, kind: Kind, keys: Sequence[str]) -> dict[str, list[UUID]]:
    """The ids of every stored fact of those owners, by owner."""
    if not keys:
        return {}
    rows = await connection.fetch(
        "select key, array_agg(fact_id) from fact where kind = $1 and key = any($2::text[]) "
        "group by key",
        kind,
        keys,
    )
    return {row[0]: row[1] for row in rows}


async def known_of(connection: Connection, asked: Sequence[tuple[Kind, str, UUID]]) -> set[UUID]:
    """Those of the facts (at least one; owner's kind, owner's key, id) that are stored."""
    kinds, keys, ids = zip(*asked, strict=True)
    rows = await connection.fetch(
        "select f.fact_id from unnest($1::text[], $2::text[], $3::uuid[]) as a (kind, key, id) "
        "join fact f on f.kind = a.kind and f.key = a.key and f.fact_id = a.id",
        kinds,
        keys,
        ids,
    )
    return {row[0] for row in rows}
