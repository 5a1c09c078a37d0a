"""Plan requests that nobody can read: a dead letter each, and an end of the lane's request.

Without an answer a lane waits until its request times out. Its number tells it that this one ended,
where the record is the lane's own and has lane, id and number in a readable place.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

from groupage.contracts.topics import DEAD_LETTER_TOPIC
from groupage.contracts.undecodable import Undecodable
from groupage.domain.errors import InvalidInput
from groupage.domain.events.planning import PlanFailed
from groupage.domain.words import cut
from groupage.store.writers import OutboxRow, pack_headers
from optimizer.planner.announce import ORIGIN_TOPIC, outbox_rows

_NAMESPACE = UUID("5b0f6c9e-8d6a-5b5f-9d3c-6f5b1d2a7e41")


class UnreadableRequest(NamedTuple):
    """A record on the topic of the requests that is none, as aiokafka gave it."""

    record: Any
    error: Undecodable
    is_own: bool
    """The hub signed it, or an older version of the hub published it."""


class _Request(msgspec.Struct):
    lane_id: str
    request_id: str
    sequence: int


def rows_of(unreadable: Sequence[UnreadableRequest]) -> list[OutboxRow]:
    """Return the messages about them; the same record gives the same messages."""
    rows = []
    for each in unreadable:
        rows.append(_dead_letter(each))
        if each.is_own:
            rows += _failure(each)
    return rows


def _dead_letter(unreadable: UnreadableRequest) -> OutboxRow:
    record, error = unreadable.record, unreadable.error
    given = dict(record.headers)
    found_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
    about = {
        "dlq_id": str(uuid5(_NAMESPACE, f"{record.partition} {record.offset} {error.code}")),
        "dlq_code": str(error.code),
        "dlq_reason": cut(str(error)),
        "dlq_source": "planner",
        "dlq_at": found_at.isoformat().replace("+00:00", "Z"),
        "dlq_topic": ORIGIN_TOPIC,
        "dlq_partition": str(record.partition),
        "dlq_offset": str(record.offset),
        "dlq_type": _text(given.get("ce_type")),
        "dlq_event_source": _text(given.get("ce_source")),
        "dlq_event_id": _text(given.get("ce_id")),
        "dlq_key": _text(record.key),
    }
    headers = [*record.headers, *((name, text.encode()) for name, text in about.items())]
    return OutboxRow(
        origin_topic=ORIGIN_TOPIC,
        origin_partition=record.partition,
        topic=DEAD_LETTER_TOPIC,
        key=about["dlq_key"],
        headers=pack_headers(headers),
        value=record.value or b"",
    )


def _failure(unreadable: UnreadableRequest) -> list[OutboxRow]:
    """Return `plan.failed` for the request; none if its names cannot be read either."""
    record = unreadable.record
    try:
        request = msgspec.json.decode(record.value or b"", type=_Request)
        failed = PlanFailed(
            lane_id=request.lane_id,
            request_id=request.request_id,
            sequence=request.sequence,
            reason=cut(f"the planner cannot read the request: {unreadable.error}"),
        )
        at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
        return outbox_rows(
            [("failed", failed)],
            about=request.request_id,
            occurred_at=at,
            recorded_at=at,
            partition=record.partition,
        )
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidInput):
        return []


def _text(raw: bytes | None) -> str:
    return (raw or b"")[:200].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
