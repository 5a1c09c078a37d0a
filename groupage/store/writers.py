"""Statements of a batch: states, offsets, alerts and outbox rows.

Each function runs one statement; the caller holds the transaction. Rows are tuples, for speed: a
worker writes tens of thousands a second.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Any, NamedTuple, TypeAlias, get_args, get_type_hints
from uuid import UUID

import msgspec

from groupage.contracts.topics import COUNTERPARTS
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.columns import QUERY_COLUMNS
from groupage.domain.state.forms import FORMS
from groupage.store.pool import Connection

StateRow: TypeAlias = tuple[Any, ...]
"""A state as it is written: the values of `STATE_COLUMNS`, then the query columns of its kind."""
STATE_COLUMNS = {
    "key": "text",
    "partition": "integer",
    "revision": "bigint",
    "changed_at": "timestamptz",
    "deadline_at": "timestamptz",
    "policy": "integer",
    "body": "bytea",
}
"""The columns that the tables of all kinds have, with their types. `policy` is the state's
`policy_number` (`groupage.domain.state.base.State`)."""
_SQL_TYPES = {str: "text", bool: "boolean", int: "bigint", datetime: "timestamptz"}


def query_columns(kind: AggregateKind) -> dict[str, tuple[str, bool]]:
    """Return a kind's query columns by name: SQL type, and whether the column may be null."""
    columns = {}
    for name, hint in get_type_hints(QUERY_COLUMNS[kind]).items():
        types = set(get_args(hint)) or {hint}
        nullable = NoneType in types
        (python_type,) = types - {NoneType}
        columns[name] = (_SQL_TYPES[python_type], nullable)
    return columns


class StoredState(NamedTuple):
    """A state as its table has it."""

    key: str
    partition: int
    form: int
    """See `groupage.domain.state.forms`."""
    policy: int
    """How often the policy had changed when it was derived."""
    body: bytes


class OffsetAdvance(NamedTuple):
    """A partition moves from offset `expected` to `next_offset`, if it still is at `expected`."""

    topic: str
    partition: int
    expected: int
    next_offset: int
    clock_at: datetime | None


class OutboxRow(NamedTuple):
    """A message for another aggregate; topic names without the hub's prefix."""

    origin_topic: str
    origin_partition: int
    topic: str
    key: str
    headers: bytes
    value: bytes


class DeadLetterRow(NamedTuple):
    """A record that had no effect, and why."""

    letter_id: UUID
    at: datetime
    topic: str
    partition: int
    record_offset: int
    code: str
    reason: str
    type: str
    source: str
    event_id: str
    key: str
    headers: bytes
    value: bytes
    fact_id: UUID | None = None
    """Of the rejected fact; None: the record could not be decoded."""


class AlertRow(NamedTuple):
    """An alert that is raised, or raised again with another message."""

    alert_id: str
    about: str
    about_kind: str
    code: str
    severity: str
    message: str
    due_at: datetime | None
    raised_at: datetime


Headers = list[tuple[str, bytes | None]]
"""Kafka allows a header without value."""
_HEADERS = msgspec.msgpack.Decoder(Headers)
_encode_headers = msgspec.msgpack.Encoder().encode


def pack_headers(headers: Iterable[tuple[str, bytes | None]]) -> bytes:
    """Pack Kafka headers into one value, for tables `outbox` and `dead_letter`."""
    return _encode_headers(list(headers))


def unpack_headers(packed: bytes) -> Headers:
    """Return the headers that `pack_headers` packed."""
    return _HEADERS.decode(packed)


def insert_sql(
    table: str, names: Sequence[str], types: Sequence[str], *, constants: Mapping[str, int] = {}
) -> str:
    """Write the statement that inserts rows by column (`columns_of`); stored rows are `old`.

    `constants` are columns that have one value in all rows.
    """
    assert len(names) == len(types), table
    arrays = ", ".join(f"${n}::{type_}[]" for n, type_ in enumerate(types, start=1))
    values = ", ".join(("*", *map(str, constants.values())))
    return (
        f"insert into {table} as old ({', '.join((*names, *constants))}) "  # noqa: S608 - our names
        f"select {values} from unnest({arrays}) "
    )


def _upsert(kind: AggregateKind) -> str:
    columns = query_columns(kind)
    names = (*STATE_COLUMNS, *columns)
    types = (*STATE_COLUMNS.values(), *(sql_type for sql_type, _ in columns.values()))
    form = {"form": FORMS[kind]}
    changes = ", ".join(f"{name} = excluded.{name}" for name in (*names[1:], *form))
    return insert_sql(kind, names, types, constants=form) + (
        f"on conflict (key) do update set {changes} where old.revision <= excluded.revision"
    )


_RAISE = insert_sql("alert", AlertRow._fields, (*["text"] * 6, "timestamptz", "timestamptz")) + (
    "on conflict (alert_id) do update set severity = excluded.severity, "
    "message = excluded.message, due_at = excluded.due_at, cleared_at = null, raised_at = "
    "case when old.cleared_at is null then old.raised_at else excluded.raised_at end"
)
_UPSERT: dict[AggregateKind, str] = {kind: _upsert(kind) for kind in QUERY_COLUMNS}
_LOAD: dict[AggregateKind, str] = {
    kind: f"select key, partition, form, policy, body from {kind} where key = any($1::text[])"  # noqa: S608
    for kind in QUERY_COLUMNS
}
_KEYS: dict[AggregateKind, str] = {
    kind: f"select key from {kind} where partition = $1 and key > $2 order by key limit $3"  # noqa: S608
    for kind in QUERY_COLUMNS
}
_DUE: dict[AggregateKind, str] = {
    kind: f"select key from {kind} where partition = $1 and deadline_at <= $2 order by key"  # noqa: S608
    for kind in QUERY_COLUMNS
}
_NEXT_DEADLINE: dict[AggregateKind, str] = {
    kind: f"select min(deadline_at) from {kind} where partition = $1 and deadline_at > $2"  # noqa: S608
    for kind in QUERY_COLUMNS
}


# --- reading what the fold needs ----------------------------------------------------------------


async def load_states(
    connection: Connection, kind: AggregateKind, keys: Sequence[str]
) -> list[StoredState]:
    """Load the stored states of those aggregates."""
    return [StoredState(*row) for row in await connection.fetch(_LOAD[kind], keys)]


async def clocks_of(connection: Connection, topic: str) -> dict[int, datetime | None]:
    """Read the last tick of each partition of a topic, or of its counterpart if that is later."""
    rows = await connection.fetch(
        "select partition, max(clock_at) from intake_offset where topic = any($1) "
        "group by partition",
        [topic, COUNTERPARTS.get(topic, topic)],
    )
    return {row[0]: row[1] for row in rows}


async def keys_in_partition(
    connection: Connection, kind: AggregateKind, *, partition: int, after: str, limit: int
) -> list[str]:
    """List the next aggregates of the partition, by key from behind `after` on."""
    rows = await connection.fetch(_KEYS[kind], partition, after, limit)
    return [row[0] for row in rows]


async def due_keys(
    connection: Connection, kind: AggregateKind, *, partition: int, at: datetime
) -> list[str]:
    """List the aggregates of the partition whose deadline has come."""
    return [row[0] for row in await connection.fetch(_DUE[kind], partition, at)]


async def next_deadline(
    connection: Connection, kind: AggregateKind, *, partition: int, after: datetime
) -> datetime | None:
    """Return the first stored deadline after `after` in the partition."""
    at: datetime | None = await connection.fetchval(_NEXT_DEADLINE[kind], partition, after)
    return at


async def open_offsets(
    connection: Connection, partitions: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], tuple[int, datetime | None]]:
    """Return each partition's next offset and last tick; a new partition starts at offset 0."""
    topics, numbers = [topic for topic, _ in partitions], [number for _, number in partitions]
    await connection.execute(
        "insert into intake_offset (topic, partition, next_offset) "
        "select topic, number, 0 from unnest($1::text[], $2::integer[]) as new (topic, number) "
        "on conflict do nothing",
        topics,
        numbers,
    )
    rows = await connection.fetch(
        "select o.topic, o.partition, o.next_offset, o.clock_at from intake_offset o "
        "join unnest($1::text[], $2::integer[]) as mine (topic, number) "
        "on o.topic = mine.topic and o.partition = mine.number",
        topics,
        numbers,
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


# --- writing one batch --------------------------------------------------------------------------


async def advance_offsets(connection: Connection, positions: Sequence[OffsetAdvance]) -> bool:
    """Advance the offsets: the fence. False when another worker has advanced one of them."""
    status = await connection.execute(
        "update intake_offset o set next_offset = n.next_offset, "
        "clock_at = coalesce(n.clock_at, o.clock_at) "
        "from unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::timestamptz[]) "
        "as n (topic, partition, expected, next_offset, clock_at) "
        "where o.topic = n.topic and o.partition = n.partition and o.next_offset = n.expected",
        *columns_of(positions, 5),
    )
    return status == f"UPDATE {len(positions)}"


async def upsert_states(
    connection: Connection, kind: AggregateKind, rows: Sequence[StateRow]
) -> bool:
    """Store states of one kind.

    False when a stored revision is higher than the new one. (A tick changes a state and not its
    revision.)
    """
    width = len(STATE_COLUMNS) + len(QUERY_COLUMNS[kind]._fields)
    status = await connection.execute(_UPSERT[kind], *columns_of(rows, width))
    return status == f"INSERT 0 {len(rows)}"


async def raise_alerts(connection: Connection, rows: Sequence[AlertRow]) -> None:
    """Open alerts; an alert that is open already keeps the time when it was raised."""
    await connection.execute(_RAISE, *columns_of(rows, len(AlertRow._fields)))


async def clear_alerts(connection: Connection, cleared: Sequence[tuple[str, datetime]]) -> None:
    """Close alerts, each by id and the time when its reason went away."""
    await connection.execute(
        "update alert a set cleared_at = c.at from unnest($1::text[], $2::timestamptz[]) "
        "as c (id, at) where a.alert_id = c.id and a.cleared_at is null",
        *columns_of(cleared, 2),
    )


async def insert_outbox(connection: Connection, rows: Sequence[OutboxRow]) -> None:
    """Queue messages in the order given."""
    await connection.execute(
        "insert into outbox (origin_topic, origin_partition, topic, key, headers, value) "
        "select ot, op, t, k, h, v from unnest($1::text[], $2::integer[], $3::text[], $4::text[], "
        "$5::bytea[], $6::bytea[]) with ordinality as n (ot, op, t, k, h, v, place) order by place",
        *columns_of(rows, 6),
    )


def columns_of(rows: Sequence[Sequence[Any]], width: int) -> Sequence[Sequence[Any]]:
    """Return the rows' values by column, for `unnest`."""
    return list(zip(*rows, strict=True)) if rows else [()] * width
