"""Dead letters: records that had no effect, kept whole with the reason."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from groupage.contracts.attributes import ce_type
from groupage.contracts.encoding import headers_of
from groupage.contracts.instants import instant_from
from groupage.contracts.topics import BY_NAME, DEAD_LETTER_TOPIC
from groupage.contracts.undecodable import Undecodable
from groupage.domain.fact import Fact
from groupage.domain.rejections import RejectionCode
from groupage.domain.state.base import RejectedEvent
from groupage.store import writers
from groupage.store.dead_letters import dead_letter_id
from groupage.store.facts import LogPosition, data_json_of, position_of
from groupage.store.writers import DeadLetterRow, OutboxRow, pack_headers
from processors.worker.batch import IncomingFact, PartitionBatch
from processors.worker.write_batch import WriteBatch

_TEXT_LENGTH_MAX = 1_000
_CODE = re.compile(r"[a-z_]{1,40}")
_OTHER_CODE = "other"
"""Code of a producer's dead letter that has no valid code."""

log = structlog.get_logger(__name__)


class RejectedRecord(NamedTuple):
    """A rejected fact with its log position and its JSON as it came."""

    fact: Fact
    position: LogPosition
    data_json: bytes


def add_decoded(writes: WriteBatch, part: PartitionBatch) -> None:
    """Add the dead letters that decoding found; those of the dead letter topic are stored only."""
    if part.topic == DEAD_LETTER_TOPIC:
        writes.dead_letters |= {row.letter_id: row for row in part.dead_letters}
    else:
        route_to_dlq(writes, part, part.dead_letters)


def route_to_dlq(writes: WriteBatch, part: PartitionBatch, rows: Iterable[DeadLetterRow]) -> None:
    """Store the dead letters and publish a copy of each; log the first one of each code."""
    first_by_code: dict[str, DeadLetterRow] = {}
    for row in rows:
        writes.dead_letters[row.letter_id] = row
        writes.outbox.append(_message(row))
        first_by_code.setdefault(row.code, row)
    for code, row in first_by_code.items():
        log.warning(
            "record_dead_lettered",
            topic=part.topic,
            partition=part.partition,
            offset=row.record_offset,
            code=code,
            reason=row.reason,
        )


def from_producer(record: Any, part: PartitionBatch) -> DeadLetterRow | None:
    """Return the dead letter that the gateway or an import published on the topic itself.

    Its `dlq_` headers say what it is about. None for copies that workers published, and for records
    without those headers: a dead letter about a dead letter helps nobody.
    """
    about = {name: _text(raw) for name, raw in record.headers if name.startswith("dlq_")}
    try:
        letter_id = UUID(about["dlq_id"])
        at = instant_from(about["dlq_at"], "dlq_at")
    except (KeyError, ValueError, Undecodable):
        return None
    topic = about.get("dlq_topic", "")
    own = [pair for pair in record.headers if not pair[0].startswith("dlq_")]
    return DeadLetterRow(
        letter_id=letter_id,
        at=at,
        # Without a topic it cannot be replayed as it is: its position is the dead letter's own.
        topic=topic if topic in BY_NAME else part.topic,
        partition=part.partition,
        record_offset=record.offset,
        code=code if _CODE.fullmatch(code := about.get("dlq_code", "")) else _OTHER_CODE,
        reason=about.get("dlq_reason", ""),
        type=about.get("dlq_type", ""),
        source=about.get("dlq_event_source", ""),
        event_id=about.get("dlq_event_id", ""),
        key=about.get("dlq_key", ""),
        headers=pack_headers(own if topic in BY_NAME else record.headers),
        value=record.value or b"",
    )


def reject_reused_id(
    writes: WriteBatch, part: PartitionBatch, incoming: IncomingFact, difference: str
) -> None:
    """Reject a fact that has the id of an earlier one and differs from it in these fields."""
    fact = incoming.fact
    rejected = RejectedEvent(
        code=RejectionCode.ID_REUSED,
        reason=f"{fact.source} sent an event with id {fact.event_id!r} before that differs in "
        f"{difference}: the first one stands. Send this one with an id of its own; if it is to "
        "replace the first one, name that one's id in correctionof",
        type=fact.type,
        subject=fact.subject,
        at=fact.occurred_at,
    )
    route_to_dlq(writes, part, [from_rejection(rejected_record(incoming), rejected)])


def rejected_record(incoming: IncomingFact) -> RejectedRecord:
    """Return what a dead letter needs of a fact of this batch."""
    line = incoming.copy_line
    return RejectedRecord(incoming.fact, position_of(line), data_json_of(line))


def from_record(record: Any, part: PartitionBatch, *, code: str, reason: str) -> DeadLetterRow:
    """Return the dead letter of a record that cannot be decoded, as it came."""
    headers = dict(record.headers)
    return DeadLetterRow(
        letter_id=dead_letter_id(part.topic, part.partition, record.offset, code),
        at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
        topic=part.topic,
        partition=part.partition,
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


def from_rejection(
    record: RejectedRecord, rejected: RejectedEvent, *, fact_id: UUID | None = None
) -> DeadLetterRow:
    """Return the dead letter of a rejected fact: all its attributes, its JSON as it came.

    `fact_id` when the fact is stored, and may become legal.
    """
    fact, position, data_json = record
    return DeadLetterRow(
        letter_id=dead_letter_id(*position, rejected.code),
        at=fact.recorded_at,
        topic=position.topic,
        partition=position.partition,
        record_offset=position.offset,
        code=rejected.code,
        reason=_text(rejected.reason),
        type=ce_type(fact.data),
        source=fact.source,
        event_id=fact.event_id,
        key=fact.key,
        headers=pack_headers(headers_of(fact)),
        value=data_json,
        fact_id=fact_id,
    )


def _message(row: DeadLetterRow) -> OutboxRow:
    about = {
        "dlq_code": row.code,
        "dlq_reason": row.reason,
        "dlq_topic": row.topic,
        "dlq_partition": str(row.partition),
        "dlq_offset": str(row.record_offset),
    }
    headers = writers.unpack_headers(row.headers)
    headers += [(name, text.encode()) for name, text in about.items()]
    return OutboxRow(
        origin_topic=row.topic,
        origin_partition=row.partition,
        topic=DEAD_LETTER_TOPIC,
        key=row.key,
        headers=pack_headers(headers),
        value=row.value,
    )


def _text(raw: bytes | str | None) -> str:
    """Return foreign text as PostgreSQL can store it: UTF-8 without NUL, at most 1,000 characters.

    Bytes that are not UTF-8 become the replacement character.
    """
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else (raw or "")
    text = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text[:_TEXT_LENGTH_MAX]
