"""Dead letters: records that had no effect, kept whole and told with the reason."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from groupage.store import writers
from groupage.store.writers import DeadLetterRow, FactOrigin, OutboxRow, pack_headers
from processors.assignment import Slice
from processors.cache import Owner
from processors.effects import Effects
from processors.records import Incoming, Unread

TOPIC = "hub.dlq.v1"
_TEXT_LENGTH_MAX = 1_000
_STRUCTURED = [("content-type", b"application/cloudevents+json")]

log = structlog.get_logger(__name__)


def bury_unread(effects: Effects, piece: Slice, unread: Iterable[Unread]) -> None:
    """Records that could not be understood."""
    bury(
        effects,
        piece,
        [of_record(record, piece, code=code, reason=reason) for record, code, reason in unread],
    )


def bury(effects: Effects, piece: Slice, letters: Iterable[DeadLetterRow]) -> None:
    """Add the letters to the batch's effects, each with its copy for the dead-letter topic."""
    told: dict[str, DeadLetterRow] = {}
    for letter in letters:
        effects.letters[letter.letter_id] = letter
        effects.outbox.append(_message(letter))
        told.setdefault(letter.code, letter)
    for code, letter in told.items():
        log.warning(
            "record_dead_lettered",
            topic=piece.topic,
            partition=piece.partition,
            offset=letter.record_offset,
            code=code,
            reason=letter.reason,
        )


async def bury_refused(
    effects: Effects,
    pool: asyncpg.Pool,
    piece: Slice,
    owner: Owner,
    incoming: list[Incoming],
    known: set[str],
) -> None:
    """Facts that the state machine refuses now and not before (`known`): kept, without effect."""
    by_id = {item.entry.fact_id: item for item in incoming}
    letters: list[DeadLetterRow] = []
    for fact_id in sorted(owner.state.refused.keys() - known):
        refusal = owner.state.refused[fact_id]
        if item := by_id.get(fact_id):
            letters.append(of_record(item.record, piece, code=refusal.code, reason=refusal.reason))
        elif origin := await writers.fact_origin(pool, fact_id):
            letters.append(_of_fact(origin, code=refusal.code, reason=refusal.reason))
    bury(effects, piece, letters)


def of_record(record: Any, piece: Slice, *, code: str, reason: str) -> DeadLetterRow:
    """The letter of a record as it came."""
    headers = dict(record.headers)
    return DeadLetterRow(
        letter_id=_letter_id(piece.topic, piece.partition, record.offset, code),
        at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
        topic=piece.topic,
        partition=piece.partition,
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


def _of_fact(origin: FactOrigin, *, code: str, reason: str) -> DeadLetterRow:
    """The letter of a stored fact that a re-derivation refused: the fact whole, as an event."""
    return DeadLetterRow(
        letter_id=_letter_id(origin.topic, origin.partition, origin.record_offset, code),
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
        headers=pack_headers(_STRUCTURED),
        value=origin.envelope,
    )


def _letter_id(topic: str, partition: int, offset: int, code: str) -> UUID:
    """The same record and reason give the same letter."""
    name = f"{topic}\0{partition}\0{offset}\0{code}"
    return UUID(bytes=blake2b(name.encode(), digest_size=16).digest())


def _message(letter: DeadLetterRow) -> OutboxRow:
    told = {
        "dlq_code": letter.code,
        "dlq_reason": letter.reason,
        "dlq_topic": letter.topic,
        "dlq_partition": str(letter.partition),
        "dlq_offset": str(letter.record_offset),
    }
    headers = writers.unpack_headers(letter.headers)
    headers += [(name, text.encode()) for name, text in told.items()]
    return OutboxRow(
        origin_topic=letter.topic,
        origin_partition=letter.partition,
        topic=TOPIC,
        key=letter.key,
        headers=pack_headers(headers),
        value=letter.value,
    )


def _text(raw: bytes | str | None) -> str:
    """Foreign text as PostgreSQL can hold it: UTF-8 without NUL, and not endless."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else (raw or "")
    text = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text[:_TEXT_LENGTH_MAX]
