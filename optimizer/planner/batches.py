"""Decode plan requests and choose the newest of each lane. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
import structlog
from aiokafka import ConsumerRecord

from groupage.contracts.decoding import decode_for_store
from groupage.contracts.signing import Trust
from groupage.contracts.topics import TOPIC_OF
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.undecodable import UndecodableCode as Code
from groupage.contracts.unreadable import UnreadableRecord
from groupage.domain.events.planning import PlanRequested
from optimizer.planner.unreadable import UnreadableRequest

REQUEST_TOPIC = TOPIC_OF["request"].name

log = structlog.get_logger(__name__)


class ReceivedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its position in Kafka."""

    request: PlanRequested
    partition: int
    offset: int
    timestamp_ms: int


def decode_requests(
    records: "Iterable[ConsumerRecord[bytes, bytes]]", trust: Trust
) -> tuple[list[ReceivedRequest], list[UnreadableRequest]]:
    """Return the requests among the records, and the records that nobody can read as one."""
    requests: list[ReceivedRequest] = []
    unreadable: list[UnreadableRequest] = []
    for record in records:
        hub_key = trust.key_for(REQUEST_TOPIC, record.partition, record.offset)
        try:
            fact, *_ = decode_for_store(
                record.headers,
                record.key,
                record.value,
                recorded_at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
                topic=REQUEST_TOPIC,
                hub_key=hub_key,
            )
        except Undecodable as found:
            error = found
            if isinstance(record, UnreadableRecord):
                error = Undecodable(Code.UNREADABLE, Code.UNREADABLE.meaning)
            log.error(  # noqa: TRY400 - the message says it all
                "plan_request_undecodable",
                partition=record.partition,
                offset=record.offset,
                code=str(error.code),
                error=str(error),
            )
            is_own = hub_key is None or hub_key.verifies(
                REQUEST_TOPIC, record.headers, record.value
            )
            unreadable.append(UnreadableRequest(record, error, is_own))
            continue
        if isinstance(fact.data, PlanRequested):
            requests.append(
                ReceivedRequest(
                    request=fact.data,
                    partition=record.partition,
                    offset=record.offset,
                    timestamp_ms=record.timestamp,
                )
            )
    return requests, unreadable


def newest_by_lane(
    requests: Sequence[ReceivedRequest],
) -> tuple[list[ReceivedRequest], list[ReceivedRequest]]:
    """Split into the request with the highest sequence of each lane, and the superseded others."""
    newest: dict[str, ReceivedRequest] = {}
    for received in requests:
        best = newest.get(received.request.lane_id)
        if best is None or received.request.sequence >= best.request.sequence:
            newest[received.request.lane_id] = received
    request_ids = {received.request.request_id for received in newest.values()}
    superseded = [r for r in requests if r.request.request_id not in request_ids]
    return list(newest.values()), superseded
