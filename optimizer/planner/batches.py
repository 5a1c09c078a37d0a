"""Kafka records as plan requests: which of them is to be worked on. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import structlog
from aiokafka import ConsumerRecord

from groupage.contracts.decoding import decode
from groupage.contracts.undecodable import Undecodable
from groupage.domain.events.planning import PlanRequested

log = structlog.get_logger(__name__)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A request and where it came from."""

    request: PlanRequested
    partition: int
    offset: int
    timestamp_ms: int


def requests_in(records: "Iterable[ConsumerRecord[bytes, bytes]]") -> list[Taken]:
    """The requests among the records; what is none is passed over and logged.

    Nobody outside publishes here: a record that cannot be read comes from a program error, and the
    lane asks again after its timeout.
    """
    found = []
    for record in records:
        try:
            fact = decode(
                record.headers,
                record.key,
                record.value,
                recorded_at=datetime.fromtimestamp(record.timestamp / 1_000, UTC),
            )
        except Undecodable as error:
            log.error(  # noqa: TRY400 - said in words
                "plan_request_undecodable",
                partition=record.partition,
                offset=record.offset,
                error=str(error),
            )
            continue
        if isinstance(fact.data, PlanRequested):
            found.append(
                Taken(
                    request=fact.data,
                    partition=record.partition,
                    offset=record.offset,
                    timestamp_ms=record.timestamp,
                )
            )
    return found


def newest_by_lane(taken: Iterable[Taken]) -> tuple[list[Taken], list[Taken]]:
    """(to work on, superseded): of each lane only the request with the highest sequence counts."""
    newest: dict[str, Taken] = {}
    every = list(taken)
    for one in every:
        best = newest.get(one.request.lane_id)
        if best is None or one.request.sequence >= best.request.sequence:
            newest[one.request.lane_id] = one
    chosen = {one.request.request_id for one in newest.values()}
    return list(newest.values()), [o for o in every if o.request.request_id not in chosen]
