"""Rows of table `fact`: attributes in columns, the event's JSON as its sender wrote it.

Workers write facts and fold from them; readers show them. The primary key begins with kind and key,
so that an aggregate's facts lie together: a batch asks for aggregates, not for thousands of ids.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple, get_args
from uuid import UUID

import asyncpg

from groupage.contracts.event_data import event_from_json
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.store.pool import Connection

COLUMNS = (
    "fact_id",
    "kind",
    "topic",
    "partition",
    "record_offset",
    "key",
    "subject",
    "type",
    "source",
    "event_id",
    "occurred_at",
    "recorded_at",
    "data",
    "classifier",
    "correction_of",
    "retracted",
    "relayed_by",
    "traceparent",
    "original",
)
SELECTED = ", ".join(COLUMNS)
_CHUNK_LINES = 500


class LogPosition(NamedTuple):
    """A fact's place in the log; topic without the hub's prefix."""

    topic: str
    partition: int
    offset: int


class StoredFact(NamedTuple):
    """A fact as table `fact` has it."""

    fact_id: str
    """Hex of `groupage.contracts.encoding.fact_digest`."""
    kind: AggregateKind
    """Of its aggregate."""
    fact: Fact
    position: LogPosition
    data_json: bytes
    """The event as its sender wrote it, unknown fields included."""
    stored_subject: str
    """The row's subject; of a version before 0.3.0 in another form than the fact's, perhaps."""


def line_of(
    fact_id: str,
    fact: Fact,
    data_json: bytes,
    position: tuple[str, int, int],
    *,
    kind: AggregateKind,
    columns: bytes | None = None,
) -> bytes:
    """Format a fact as a line of COPY's text format, `COLUMNS` in their order.

    `fact_id` in hex; `position` as in `LogPosition`; `kind` of its aggregate; `columns` as in
    `groupage.contracts.decoding.Decoded`: only for a fact that was decoded like that. COPY has no
    special meaning for any character of its attributes.

    A worker stores tens of thousands of facts a second: one formatted text costs it a third of
    what nineteen values cost that the driver encodes one by one, and is one object to keep.
    """
    # For speed only: searching for a byte as a number takes a fifth of the time.
    special = _BACKSLASH in data_json or _TAB in data_json or _LF in data_json or _CR in data_json
    if columns is not None and not special and (data_json.isascii() or _is_utf_8(data_json)):
        topic, partition, offset = position
        begin = f"{fact_id}\t{kind}\t{topic}\t{partition}\t{offset}".encode()
        return _join((begin, columns, data_json, _TAILS[fact.relayed_by]))
    return _any_line(fact_id, fact, data_json, position)


def _is_utf_8(data_json: bytes) -> bool:
    """Tell whether it is text, also in fields that no program reads."""
    try:
        data_json.decode()
    except UnicodeDecodeError:
        return False
    return True


_NULL = "\\N"
_BACKSLASH, _TAB, _LF, _CR = b"\\\t\n\r"
_join = b"\t".join
_TAILS = {
    relayed_by: f"ACT\t{_NULL}\tf\t{relayed_by or _NULL}\t{_NULL}\t{_NULL}\n".encode()
    for relayed_by in (None, *get_args(AggregateKind))
}
"""End of the line of a fact without special attributes, by the aggregate kind that published it."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_HEX = "\\\\x"
_HEX_BYTES = _HEX.encode()
"""Beginning of a column of bytes in hex, its backslash escaped."""


def _any_line(fact_id: str, fact: Fact, data_json: bytes, position: tuple[str, int, int]) -> bytes:
    data = fact.data
    topic, partition, offset = position
    values = (
        fact_id,
        data.aggregate_kind,
        topic,
        str(partition),
        str(offset),
        fact.key,
        data.subject,
        data.name,
        fact.source,
        fact.event_id,
        fact.occurred_at.isoformat(),
        fact.recorded_at.isoformat(),
        data_json,
        fact.classifier,
        fact.correction_of,
        "t" if fact.retracted else "f",
        fact.relayed_by,
        fact.traceparent,
        fact.original,
    )
    return ("\t".join(map(_copy_text, values)) + "\n").encode()


def _copy_text(value: str | bytes | None) -> str:
    if value is None:
        return _NULL
    return _HEX + value.hex() if isinstance(value, bytes) else value.translate(_ESCAPES)


def position_of(line: bytes) -> LogPosition:
    """Return the log position from a line of `line_of`."""
    at = COLUMNS.index("topic")
    topic, partition, offset = line.split(b"\t", at + 3)[at : at + 3]
    return LogPosition(topic.decode(), int(partition), int(offset))


def data_json_of(line: bytes) -> bytes:
    """Return the event's JSON from a line of `line_of`."""
    column = line.split(b"\t")[COLUMNS.index("data")]
    if column.startswith(_HEX_BYTES):
        return bytes.fromhex(column[len(_HEX_BYTES) :].decode())
    return column


def stored_fact(row: asyncpg.Record | Mapping[str, Any]) -> StoredFact:
    """Return the fact in a row that has all `COLUMNS`."""
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
        position=LogPosition(row["topic"], row["partition"], row["record_offset"]),
        data_json=row["data"],
        stored_subject=row["subject"],
    )


async def copy_facts(connection: Connection, lines: Sequence[bytes]) -> None:
    """Store facts (`line_of`) that are known to be new."""
    await connection.copy_to_table(
        "fact", source=_chunks(lines), columns=COLUMNS, format="text", timeout=None
    )


async def _chunks(lines: Sequence[bytes]) -> AsyncIterator[bytes]:
    for begin in range(0, len(lines), _CHUNK_LINES):
        yield b"".join(lines[begin : begin + _CHUNK_LINES])


async def facts_of(
    connection: Connection, kind: AggregateKind, keys: Sequence[str]
) -> tuple[StoredFact, ...]:
    """Load all facts of those aggregates, in the order of the log."""
    rows = await connection.fetch(
        f"select {SELECTED} from fact where kind = $1 and key = any($2::text[]) "  # noqa: S608 - ours
        "order by topic, partition, record_offset",
        kind,
        keys,
    )
    return tuple(map(stored_fact, rows))


async def rewrite_subjects(connection: Connection, facts: Sequence[StoredFact]) -> None:
    """Store the subjects of these facts in the form that they have now."""
    await connection.execute(
        "update fact set subject = n.subject "
        "from unnest($1::text[], $2::text[], $3::uuid[], $4::text[]) "
        "as n (kind, key, fact_id, subject) "
        "where (fact.kind, fact.key, fact.fact_id) = (n.kind, n.key, n.fact_id)",
        [stored.kind for stored in facts],
        [stored.fact.key for stored in facts],
        [UUID(hex=stored.fact_id) for stored in facts],
        [stored.fact.subject for stored in facts],
    )


async def ids_of(
    connection: Connection, kind: AggregateKind, keys: Sequence[str]
) -> dict[str, list[UUID]]:
    """Load the ids of all facts of those aggregates, by key."""
    if not keys:
        return {}
    rows = await connection.fetch(
        "select key, array_agg(fact_id) from fact where kind = $1 and key = any($2::text[]) "
        "group by key",
        kind,
        keys,
    )
    return {row[0]: row[1] for row in rows}


async def find_stored(
    connection: Connection, asked: Sequence[tuple[AggregateKind, str, UUID]]
) -> tuple[StoredFact, ...]:
    """Load those of the facts (aggregate kind, key, fact id; at least one) that are stored."""
    kinds, keys, ids = zip(*asked, strict=True)
    rows = await connection.fetch(
        f"select {SELECTED} from fact "  # noqa: S608 - ours
        "join unnest($1::text[], $2::text[], $3::uuid[]) as asked (kind, key, fact_id) "
        "using (kind, key, fact_id)",
        kinds,
        keys,
        ids,
    )
    return tuple(map(stored_fact, rows))
