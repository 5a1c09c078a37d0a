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
from groupage.domain.events.planning import PlanRequested

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
) -> list[ReceivedRequest]:
    """Return the requests among the records; log an undecodable record and skip it.

    Only the lane aggregates publish here: such a record comes from a program error, and the lane
    requests a plan again after its timeout.
    """
    requests = []
    for record in records:
        try:
            fact, *_ = decode_for_store(
                record.headers,
                record.key,
                record.value,
                recorded_at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
                topic=REQUEST_TOPIC,
                hub_key=trust.key_for(REQUEST_TOPIC, record.partition, record.offset),
            )
        except Undecodable as error:
            log.error(  # noqa: TRY400 - the message says it all
                "plan_request_undecodable",
                partition=record.partition,
                offset=record.offset,
                error=str(error),
            )
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
    return requests


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
