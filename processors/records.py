"""From Kafka records to facts, or to dead letters. Pure."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from asyncpg.pgproto import pgproto

from groupage.contracts.attributes import Undecodable
from groupage.contracts.decoding import decode
from groupage.contracts.encoding import envelope_json
from groupage.contracts.topics import owner_kind_of
from groupage.domain.events.base import Kind
from groupage.domain.events.clock import ClockTicked
from groupage.domain.fact import Fact
from groupage.store.writers import OutboxRow, pack_headers
from processors.assignment import Slice
from processors.facts import Entry
from processors.unreadable import Unreadable

_EPOCH = datetime.fromtimestamp(0, UTC)
_UNREADABLE = "the name of a header is not UTF-8: the record stays in the log at this offset"


class Incoming(msgspec.Struct, frozen=True, gc=False):
    """A fact as it came in."""

    kind: Kind
    """Of its owner."""
    fact_id: UUID
    entry: Entry
    record: Any
    """aiokafka ConsumerRecord."""


class Tick(NamedTuple):
    """The clock's word, in its place among the facts."""

    at: datetime


class Read(NamedTuple):
    """A slice and what is in it, in the order of the log."""

    piece: Slice
    items: list[Incoming | Tick]


class Unread(NamedTuple):
    """A record that is no fact, and why."""

    record: Any
    code: str
    reason: str


def read(piece: Slice) -> tuple[list[Incoming | Tick], list[Unread]]:
    """The facts and ticks of consecutive records, and what could not be understood."""
    items: list[Incoming | Tick] = []
    unread: list[Unread] = []
    topic = piece.topic
    stamp_ms, recorded_at = -1, _EPOCH
    for record in piece.records:
        if isinstance(record, Unreadable):
            unread.append(Unread(record, "unreadable", _UNREADABLE))
            continue
        if record.timestamp != stamp_ms:  # the broker stamps whole batches
            stamp_ms = record.timestamp
            recorded_at = datetime.fromtimestamp(stamp_ms / 1_000, UTC)
        try:
            fact = decode(
                record.headers, record.key, record.value, recorded_at=recorded_at, topic=topic
            )
        except Undecodable as error:
            unread.append(Unread(record, error.code, str(error)))
            continue
        if isinstance(fact.data, ClockTicked):
            items.append(Tick(fact.data.at))
        else:
            items.append(_incoming(fact, record))
    return items, unread


def _incoming(fact: Fact, record: Any) -> Incoming:
    # As groupage.contracts.encoding.fact_id, without the cost of Python's own UUID class.
    kind = owner_kind_of(fact.data)
    name = f"{kind}\0{fact.key}\0{fact.source}\0{fact.event_id}"
    digest = blake2b(name.encode(), digest_size=16).digest()
    return Incoming(kind, pgproto.UUID(digest), Entry(digest.hex(), fact), record)


def fact_row(piece: Slice, incoming: Incoming) -> tuple[Any, ...]:
    """The fact's row, in the order of `groupage.store.writers.FACT_COLUMNS`."""
    fact = incoming.entry.fact
    data = fact.data
    return (
        incoming.fact_id,
        incoming.kind,
        fact.key,
        data.subject,
        data.name,
        fact.source,
        fact.event_id,
        fact.occurred_at,
        fact.recorded_at,
        piece.topic,
        piece.partition,
        incoming.record.offset,
        fact.correction_of,
        fact.retracted,
        fact.relayed_by,
        envelope_json(fact),
        fact.original,
    )


def forwarded(piece: Slice, item: Incoming) -> OutboxRow:
    """The same record again, so that Kafka's partitioner puts it where its owner lives."""
    return OutboxRow(
        origin_topic=piece.topic,
        origin_partition=piece.partition,
        topic=piece.topic,
        key=item.entry.fact.key,
        headers=pack_headers(item.record.headers),
        value=item.record.value,
    )
