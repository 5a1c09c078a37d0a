"""From Kafka records to facts, or to dead letters. Pure."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as FastUUID

from groupage.contracts.attributes import Undecodable
from groupage.contracts.decoding import decode
from groupage.contracts.encoding import envelope_json
from groupage.contracts.topics import owner_kind_of
from groupage.domain.events.base import Kind
from groupage.domain.events.clock import ClockTicked
from groupage.domain.fact import Fact
from groupage.store.writers import DeadLetterRow, FactOrigin, OutboxRow, pack_headers
from processors.assignment import Slice
from processors.facts import Entry

DEAD_LETTER_TOPIC = "hub.dlq.v1"
_TEXT_LENGTH_MAX = 1_000


class Incoming(NamedTuple):
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


def read(piece: Slice) -> tuple[list[Incoming | Tick], list[DeadLetterRow]]:
    """The facts and ticks of consecutive records, and what could not be understood."""
    items: list[Incoming | Tick] = []
    letters: list[DeadLetterRow] = []
    topic, partition, records = piece
    for record in records:
        recorded_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
        try:
            fact = decode(
                record.headers, record.key, record.value, recorded_at=recorded_at, topic=topic
            )
        except Undecodable as error:
            letters.append(
                dead_letter(record, topic, partition, code=error.code, reason=str(error))
            )
            continue
        if isinstance(fact.data, ClockTicked):
            items.append(Tick(fact.data.at))
        else:
            items.append(_incoming(fact, record))
    return items, letters


def _incoming(fact: Fact, record: Any) -> Incoming:
    kind = owner_kind_of(fact.data)
    name = f"{kind}\0{fact.key}\0{fact.source}\0{fact.event_id}"
    digest = blake2b(name.encode(), digest_size=16).digest()
    return Incoming(kind, FastUUID(digest), Entry(digest.hex(), fact), record)


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


def dead_letter(
    record: Any, topic: str, partition: int, *, code: str, reason: str
) -> DeadLetterRow:
    """A record that had no effect."""
    headers = dict(record.headers)
    return DeadLetterRow(
        letter_id=letter_id(topic, partition, record.offset, code),
        at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
        topic=topic,
        partition=partition,
        record_offset=record.offset,
        code=code,
        reason=_text(reason),
        type=_text(headers.get("ce_type")),
        source=_text(headers.get("ce_source")),
        event_id=_text(headers.get("ce_id")),
        key=_text(record.key),
        headers=pack_headers(record.headers),
        value=record.value or b"",
    )


def refused_letter(origin: FactOrigin, *, code: str, reason: str) -> DeadLetterRow:
    """A stored fact that a re-derivation refused: its record is gone by, the fact is kept whole."""
    return DeadLetterRow(
        letter_id=letter_id(origin.topic, origin.partition, origin.record_offset, code),
        at=origin.recorded_at,
        topic=origin.topic,
        partition=origin.partition,
        record_offset=origin.record_offset,
        code=code,
        reason=_text(reason),
        type=origin.type,
        source=origin.source,
        event_id=origin.event_id,
        key=origin.key,
        headers=pack_headers([("content-type", b"application/cloudevents+json")]),
        value=origin.envelope,
    )


def letter_id(topic: str, partition: int, offset: int, code: str) -> UUID:
    """The same record and reason give the same letter."""
    name = f"{topic}\0{partition}\0{offset}\0{code}"
    return UUID(bytes=blake2b(name.encode(), digest_size=16).digest())


def letter_message(letter: DeadLetterRow, headers: list[tuple[str, bytes]]) -> OutboxRow:
    """The copy for the dead-letter topic: the record as it was, and headers that say why."""
    told = {
        "dlq_code": letter.code,
        "dlq_reason": letter.reason,
        "dlq_topic": letter.topic,
        "dlq_partition": str(letter.partition),
        "dlq_offset": str(letter.record_offset),
    }
    return OutboxRow(
        origin_topic=letter.topic,
        origin_partition=letter.partition,
        topic=DEAD_LETTER_TOPIC,
        key=letter.key,
        headers=pack_headers([*headers, *((name, text.encode()) for name, text in told.items())]),
        value=letter.value,
    )


def _text(raw: bytes | str | None) -> str:
    """Foreign text that PostgreSQL can hold: UTF-8 without NUL, and not endless."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else (raw or "")
    text = (
        text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    return text[:_TEXT_LENGTH_MAX]
