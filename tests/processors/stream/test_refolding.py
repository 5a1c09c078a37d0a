"""A request that has not come back as a fact yet outlives a late fact."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord

from groupage.contracts.partitioning import partition_of
from groupage.contracts.signing import Trust
from groupage.domain.events.clock import ClockTicked
from groupage.domain.events.planning import LanePinned, ReplanWanted
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.domain.state.lane import LaneState
from groupage.settings import ProcessorSettings
from groupage.store import writers
from groupage.store.state_codec import unpack
from processors.aggregates.registry import all_aggregates
from processors.worker.assignment import Assignment
from processors.worker.batch import Batch, PartitionBatch
from processors.worker.decoding import decode_into
from processors.worker.pipeline import Hooks, Pipeline
from processors.worker.plausibility import DEFAULT_RULES
from tests.hub_key import hub_key, signed_record
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

LANE, TOPIC = "CNYIU-DEHAM", "hub.plan.v1"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Log:
    """Consecutive records of the lane's partition."""

    def __init__(self) -> None:
        self.partition = partition_of(LANE, TOPIC)
        self._end = 0

    def part(self, *facts: Fact) -> PartitionBatch:
        """Return the next records, decoded."""
        part = PartitionBatch(TOPIC, self.partition)
        records = [self._record(fact) for fact in facts]
        decode_into(part, records, Trust(hub_key()), DEFAULT_RULES)
        return part

    def _record(self, fact: Fact) -> Any:
        record = signed_record(fact, topic=TOPIC)
        self._end += 1
        return ConsumerRecord(
            topic=TOPIC,
            partition=self.partition,
            offset=self._end - 1,
            timestamp=record.timestamp_ms,
            timestamp_type=1,
            key=record.key,
            value=record.value,
            checksum=None,
            serialized_key_size=len(record.key),
            serialized_value_size=len(record.value),
            headers=tuple(record.headers),
        )


def fact_of(data: Any, *, event_id: str, at: datetime, correction_of: str | None = None) -> Fact:
    """Make a fact that a process of the hub published."""
    return Fact(
        event_id=event_id,
        source="/groupage/test",
        key=data.key,
        occurred_at=at,
        recorded_at=at,
        data=data,
        correction_of=correction_of,
    )


def tick(at: datetime) -> Fact:
    """Make a tick."""
    return fact_of(ClockTicked(at=at), event_id=at.isoformat(), at=at)


async def test_a_pending_request_stays_unchanged(stream_hub: StreamHub) -> None:
    """A refold before its own `plan.asked` comes back keeps the lane's pending request."""
    pool, log, assignment = stream_hub.pool, Log(), Assignment()
    assignment.take(await writers.open_offsets(pool, [(TOPIC, log.partition)]))

    async def nothing() -> None:
        return

    pipeline = Pipeline(
        pool=pool,
        aggregates=all_aggregates(Policy()),
        settings=ProcessorSettings(),
        assignment=assignment,
        hooks=Hooks(reset=nothing, committed=lambda _effects: None, wake=nothing),
    )

    async def take(*facts: Fact) -> LaneState:
        await pipeline.take(Batch(assignment.epoch, [log.part(*facts)]))
        await pipeline.wait_for_commit()
        body = await pool.fetchval("select body from lane where key = $1", LANE)
        return msgspec.json.decode(unpack(body), type=LaneState)

    wish = ReplanWanted(lane_id=LANE, cause="measured", about="C1")
    pin = LanePinned(lane_id=LANE, consignment_id="C1", by="anna", voyage_id="V1")
    later = NOON + timedelta(hours=1, minutes=30)  # before the request counts as lost
    before = await take(fact_of(wish, event_id="w1", at=NOON), tick(NOON + timedelta(hours=1)))
    assert before.pending_request is not None
    after = await take(
        fact_of(wish, event_id="w2", at=later),
        tick(later),
        fact_of(pin, event_id="p2", at=later, correction_of="p1"),
    )
    assert after.correction_count == 1, "folded again"
    assert after.pending_request == before.pending_request
    asked = await pool.fetchval("select count(*) from outbox where topic = 'hub.planrequest.v1'")
    assert asked == 1
