"""Dead letters: records that had no effect, kept whole and told with the reason."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from groupage.contracts.attributes import ce_type
from groupage.contracts.encoding import headers_of
from groupage.contracts.instants import instant_from
from groupage.contracts.topics import BY_NAME, DEAD_LETTER_TOPIC
from groupage.contracts.undecodable import Undecodable
from groupage.domain.fact import Fact
from groupage.domain.state.base import RejectedEvent
from groupage.store import writers
from groupage.store.facts import LogPosition, data_json_of
from groupage.store.writers import DeadLetterRow, OutboxRow, pack_headers
from processors.worker.batch import Incoming, Slice
from processors.worker.write_batch import Effects

_TEXT_LENGTH_MAX = 1_000
_CODE = re.compile(r"[a-z_]{1,40}")

log = structlog.get_logger(__name__)


class Told(NamedTuple):
    """What a letter says of a fact."""

    fact: Fact
    place: LogPosition
    data_json: bytes


def take_in(effects: Effects, piece: Slice) -> None:
    """The dead letters that reading gave."""
    if piece.topic == DEAD_LETTER_TOPIC:
        effects.letters |= {letter.letter_id: letter for letter in piece.letters}
    else:
        bury(effects, piece, piece.letters)


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


def of_producer(record: Any, piece: Slice) -> DeadLetterRow | None:
    """The letter that a way in (gateway, import) put on the dead-letter topic itself.

    It explains itself in its headers and is listed like ours. None for our own copies, and for what
    is no letter at all: a dead letter about a dead letter helps nobody.
    """
    told = {name: _text(raw) for name, raw in record.headers if name.startswith("dlq_")}
    try:
        letter_id = UUID(told["dlq_id"])
        at = instant_from(told["dlq_at"], "dlq_at")
    except (KeyError, ValueError, Undecodable):
        return None
    topic = told.get("dlq_topic", "")
    own = [pair for pair in record.headers if not pair[0].startswith("dlq_")]
    return DeadLetterRow(
        letter_id=letter_id,
        at=at,
        # Without a topic it cannot be sent again as it is: its place is then the letter's own.
        topic=topic if topic in BY_NAME else piece.topic,
        partition=piece.partition,
        record_offset=record.offset,
        code=code if _CODE.fullmatch(code := told.get("dlq_code", "")) else "other",
        reason=told.get("dlq_reason", ""),
        type=told.get("dlq_type", ""),
        source=told.get("dlq_event_source", ""),
        event_id=told.get("dlq_event_id", ""),
        key=told.get("dlq_key", ""),
        headers=pack_headers(own if topic in BY_NAME else record.headers),
        value=record.value or b"",
    )


def bury_reused(effects: Effects, piece: Slice, item: Incoming, difference: str) -> None:
    """A fact under the id of an earlier one, with other content (`difference` says in what)."""
    fact = item.fact
    refusal = RejectedEvent(
        code="id_reused",
        reason=f"{fact.source} sent an event with id {fact.event_id!r} before that differs in "
        f"{difference}: the first one stands. Send this one with an id of its own; if it is to "
        "take the first one's place, name that one's id in correctionof",
        type=fact.type,
        subject=fact.subject,
        at=fact.occurred_at,
    )
    bury(effects, piece, [of_fact(told(piece, item), refusal)])


def told(piece: Slice, item: Incoming) -> Told:
    """What a letter says of a fact that just came in."""
    place = LogPosition(piece.topic, piece.partition, item.offset)
    return Told(item.fact, place, data_json_of(item.line))


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


def of_fact(told: Told, refusal: RejectedEvent, *, fact_id: UUID | None = None) -> DeadLetterRow:
    """The letter of a fact that is refused: all its attributes, its JSON as it came.

    `fact_id` when the fact is kept, and may become legal.
    """
    fact, place, data_json = told
    return DeadLetterRow(
        letter_id=_letter_id(*place, refusal.code),
        at=fact.recorded_at,
        topic=place.topic,
        partition=place.partition,
        record_offset=place.offset,
        code=refusal.code,
        reason=_text(refusal.reason),
        type=ce_type(fact.data),
        source=fact.source,
        event_id=fact.event_id,
        key=fact.key,
        headers=pack_headers(headers_of(fact)),
        value=data_json,
        fact_id=fact_id,
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
        topic=DEAD_LETTER_TOPIC,
        key=letter.key,
        headers=pack_headers(headers),
        value=letter.value,
    )


def _text(raw: bytes | str | None) -> str:
    """Foreign text as PostgreSQL can hold it: UTF-8 without NUL, and not endless."""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else (raw or "")
    text = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text[:_TEXT_LENGTH_MAX]
