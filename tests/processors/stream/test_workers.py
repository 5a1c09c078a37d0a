"""Several workers: sharing, fences, rebuilding, lag, a bug in a handler."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from groupage.app.bench import workload
from groupage.domain.events import unit as units
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.settings import KafkaSettings
from groupage.store import writers
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from processors.worker.commit import Fenced, commit
from processors.worker.write_batch import WriteBatch
from tests.processors.stream.facts import (
    EVENTS,
    NOON,
    fact_of,
    folded_in_memory,
    stored_consignments,
)
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration


async def test_two_workers_share_and_take_over(stream_hub: StreamHub) -> None:
    """A worker joins and another leaves while facts come in: nothing is lost or doubled."""
    facts = list(workload.facts(EVENTS, seed=9))
    parts = [facts[start : start + EVENTS // 6] for start in range(0, EVENTS, EVENTS // 6)]
    async with stream_hub.worker() as first:
        await stream_hub.send(*parts[0])
        await stream_hub.send(*parts[1])
        async with stream_hub.worker() as second:
            await stream_hub.send(*parts[2])
            await stream_hub.until("both hold partitions", lambda: _both(first, second))
            await stream_hub.send(*parts[3])
        await stream_hub.send(*parts[4], *parts[5])
        await stream_hub.until_committed()
    count = await stream_hub.pool.fetchval("select count(*) from fact where source = '/bench/wms'")
    assert count == EVENTS
    assert await stored_consignments(stream_hub) == folded_in_memory(facts)


async def test_a_worker_joins_its_group_once(stream_hub: StreamHub) -> None:
    """Each joining interrupts all other workers: aiokafka joins once for each assignor."""
    async with stream_hub.worker() as worker:
        await stream_hub.until("it holds partitions", lambda: _holds(worker))
        coordinator = worker.intake._consumer._coordinator
        assert coordinator.generation == 1


async def _holds(worker: Any) -> bool:
    return bool(worker.assignment.partitions)


async def _both(first: Any, second: Any) -> bool:
    return bool(first.assignment.partitions) and bool(second.assignment.partitions)


async def test_the_fence_writes_nothing_for_a_worker_that_lost_its_partition(
    stream_hub: StreamHub,
) -> None:
    """If the offset moved meanwhile, the whole transaction is void."""
    place = ("hub.consignment.v1", 0)
    await writers.open_offsets(stream_hub.pool, [place])
    stale = WriteBatch(epoch=1, partitions={}, offsets=[writers.OffsetAdvance(*place, 5, 9, None)])
    stale.alerts.closed["x"] = NOON
    with pytest.raises(Fenced):
        await commit(stream_hub.pool, stale)
    right = WriteBatch(epoch=1, partitions={}, offsets=[writers.OffsetAdvance(*place, 0, 4, NOON)])
    await commit(stream_hub.pool, right)
    with pytest.raises(Fenced):
        await commit(stream_hub.pool, right)
    positions = await writers.open_offsets(stream_hub.pool, [place])
    assert positions[place] == (4, NOON)


async def test_a_worker_that_was_overtaken_starts_again_from_the_store(
    stream_hub: StreamHub,
) -> None:
    """Its next batch is fenced; it drops its states and continues at the stored offsets."""
    facts = [
        fact_of(units.UnitReceived(unit_id=f"U{n}", consignment_id="C1"), event_id=str(n))
        for n in range(4)
    ]
    async with stream_hub.worker() as worker:
        await stream_hub.send(*facts[:2])
        await stream_hub.until_committed()
        epoch = worker.assignment.epoch
        # As another worker would: the offset goes back, and what it covered is gone.
        await stream_hub.pool.execute("truncate fact, consignment")
        await stream_hub.pool.execute("update intake_offset set next_offset = 0")
        await stream_hub.send(*facts[2:])
        await stream_hub.until_committed()
        assert worker.assignment.epoch > epoch
    assert await stored_consignments(stream_hub) == folded_in_memory(facts)


async def test_rebuilding_gives_the_same_tables(stream_hub: StreamHub) -> None:
    """A rebuild gives the same rows, replaces the tables, and the worker continues."""
    facts = list(workload.facts(EVENTS, seed=11))
    async with stream_hub.worker():
        await stream_hub.send(*facts[:2_000])
        await stream_hub.tick(NOON)
        await stream_hub.send_raw("hub.consignment.v1", b"?", key=b"C")
        await stream_hub.send(*facts[1_000:])
        await stream_hub.tick(NOON + timedelta(days=1))
        await stream_hub.until_committed()
    aggregates = all_aggregates(Policy())
    seen: list[tuple[int, int]] = []
    report = await rebuild(
        stream_hub.settings, aggregates, verify=True, progress=lambda *place: seen.append(place)
    )
    assert report.equal, report.tables
    assert seen[-1][0] == seen[-1][1] == report.records
    await stream_hub.pool.execute("update consignment set status = 'BROKEN'")
    broken = await rebuild(stream_hub.settings, aggregates, verify=True, progress=lambda *_: None)
    assert not broken.equal
    await rebuild(stream_hub.settings, aggregates, verify=False, progress=lambda *_: None)
    assert (
        await rebuild(stream_hub.settings, aggregates, verify=True, progress=lambda *_: None)
    ).equal
    extra = fact_of(units.UnitReceived(unit_id="X", consignment_id="CX"), event_id="x")
    async with stream_hub.worker():
        await stream_hub.send(extra)
        await stream_hub.until_committed()
    assert await stored_consignments(stream_hub) == folded_in_memory([*facts, extra])


async def test_the_offsets_are_committed_to_kafka_for_lag_tools(
    stream_hub: StreamHub, kafka_bootstrap: str
) -> None:
    """Lag tools see the group's offsets, although those in the database count."""
    admin = AIOKafkaAdminClient(**KafkaSettings(bootstrap_servers=kafka_bootstrap).client_kwargs())
    await admin.start()
    try:
        async with stream_hub.worker():
            await stream_hub.send(
                fact_of(units.UnitReceived(unit_id="U", consignment_id="C1"), event_id="1")
            )
            await stream_hub.until_committed()

            async def reported() -> bool:
                offsets = await admin.list_consumer_group_offsets(
                    f"{stream_hub.prefix}groupage-intake"
                )
                return bool(sum(value.offset for value in offsets.values()) == 1)

            await stream_hub.until("offset committed to Kafka", reported)
    finally:
        await admin.close()


async def test_a_bug_in_a_handler_ends_the_worker(stream_hub: StreamHub) -> None:
    """The record is neither skipped nor retried: the process ends and names the log position."""
    fact = fact_of(units.UnitReceived(unit_id="U", consignment_id="C1"), event_id="1")
    with pytest.raises(RuntimeError, match="unheard of") as caught:
        await _work_with_a_broken_handler(stream_hub, fact)
    assert "hub.consignment.v1" in str(caught.value.__notes__)


async def _work_with_a_broken_handler(hub: StreamHub, fact: Fact) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("unheard of")

    async with hub.worker() as worker:
        aggregate: Any = worker.pipeline._folder._aggregates["consignment"]
        aggregate.handler_of = dict.fromkeys(aggregate.handler_of, broken)
        await hub.send(fact)
        await asyncio.wait([worker.failed], timeout=20)
