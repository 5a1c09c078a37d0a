"""What the hub says lies on topics of its own; it does not matter which of a pair is read first."""

from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec.structs import replace

from groupage.contracts.decoding import decode
from groupage.contracts.encoding import encode
from groupage.contracts.provenance import is_own
from groupage.contracts.signing import is_signed
from groupage.contracts.topics import (
    CLOCK_TOPICS,
    EXTERNAL_CLOCK_TOPICS,
    TOPICS,
)
from groupage.domain.events.consignment import ConsignmentAllocated
from groupage.domain.events.consolidation import ConsolidationPlanned
from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from groupage.store.dead_letters import find_dead_letters
from groupage.store.writers import pack_headers
from processors.operations.void import Choice, void_ticks
from tests.api import world
from tests.api.hub import START, fact
from tests.hub_key import signed_record
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.small_hub import store_small_hub, tables
from tests.processors.stream.test_time import EXTERNAL, clocks, require_equal_rebuild

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

PUBLIC, INTERNAL = "hub.consignment.v1", "hub.consignment.internal.v1"
ALLOCATED = fact_of(
    ConsignmentAllocated(
        consignment_id="CN-1", consolidation_id=world.FIRST, voyage_id=world.VOYAGE, plan_id="P-1"
    ),
    event_id="allocated",
    source="/groupage/lane",
)
FACTS = "select count(*) from fact where key = 'CN-1'"
STATE = "select consolidation_id, voyage_id from consignment where key = 'CN-1'"


async def log_of(hub: StreamHub, topic: str, partitions: int) -> list[Any]:
    """Read every record of a topic."""
    consumer = AIOKafkaConsumer(**hub.settings.kafka.client_kwargs(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        tps = [TopicPartition(hub.prefix + topic, number) for number in range(partitions)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        records: list[Any] = []
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for each in (await consumer.getmany(timeout_ms=500)).values():
                records += each
        return records
    finally:
        await consumer.stop()


def fact_in(record: Any) -> Fact:
    """Decode a record."""
    return decode(record.headers, record.key, record.value, recorded_at=NOON)


async def test_public_topics_hold_what_others_send_and_nothing_else(stream_hub: StreamHub) -> None:
    """All that the hub derives is signed, on topics that only its processes write."""
    await store_small_hub(stream_hub)
    async with stream_hub.worker():
        await stream_hub.until_committed()
    messages = 0
    for topic in TOPICS:
        records = await log_of(stream_hub, topic.name, topic.partitions)
        if topic.public:
            assert [fact_in(record) for record in records if is_own(fact_in(record))] == []
        if topic.internal_of:
            assert all(is_signed(record.headers) for record in records)
            assert all(is_own(fact_in(record)) for record in records)
            messages += sum(1 for record in records if fact_in(record).relayed_by)
    assert messages > 50
    await require_equal_rebuild(stream_hub)


async def test_messages_of_older_versions_are_taken_in(stream_hub: StreamHub) -> None:
    """From the public topic, and from the outbox; the same message again is a duplicate."""
    hub = stream_hub
    record = signed_record(ALLOCATED, prefix=hub.prefix, topic=PUBLIC)
    await hub.send_raw(PUBLIC, record.value, key=record.key, headers=record.headers)
    moved = fact_of(
        replace(ALLOCATED.data, consolidation_id=world.SECOND, voyage_id="V-2"),
        event_id="moved",
        at=NOON + timedelta(hours=1),
        source="/groupage/lane",
    )
    async with hub.worker():
        await hub.until_committed()
        assert tuple(await hub.pool.fetchrow(STATE) or ()) == (world.FIRST, world.VOYAGE)
        await hub.pool.execute(
            "insert into outbox (origin_topic, origin_partition, topic, key, headers, value) "
            "values ('hub.plan.v1', 0, $1, 'CN-1', $2, $3)",
            PUBLIC,
            pack_headers(encode(moved).headers),
            encode(moved).value,
        )
        await hub.until_committed()
        assert tuple(await hub.pool.fetchrow(STATE) or ()) == (world.SECOND, "V-2")
    await require_equal_rebuild(hub)
    async with hub.worker():
        await hub.send(ALLOCATED)
        await hub.until_committed()
    assert await hub.pool.fetchval(FACTS) == 2
    assert await hub.pool.fetchval("select count(*) from dead_letter") == 0


async def test_nobody_else_is_believed_on_an_internal_topic(stream_hub: StreamHub) -> None:
    """Neither an event of the hub nor one that everybody may send, on its public topic."""
    received = fact_of(UnitReceived(unit_id="U1", consignment_id="CN-1"), event_id="1")
    copied = signed_record(ALLOCATED, prefix=stream_hub.prefix)
    async with stream_hub.worker():
        for each in (ALLOCATED, received):
            record = encode(each)
            await stream_hub.send_raw(
                INTERNAL, record.value, key=record.key, headers=record.headers
            )
        await stream_hub.send_raw(PUBLIC, copied.value, key=copied.key, headers=copied.headers)
        await stream_hub.until_committed()
    rows = await find_dead_letters(stream_hub.pool, limit=10)
    assert [(row.code, row.topic) for row in rows].count(("not_yours", INTERNAL)) == 2
    assert [(row.code, row.topic) for row in rows].count(("not_yours", PUBLIC)) == 1
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 0
    await require_equal_rebuild(stream_hub)


async def alerts_of_deadlines(hub: StreamHub) -> list[tuple[Any, ...]]:
    """Return the alerts of all aggregates but the lanes, whose topic stands alone."""
    return [row for row in (await tables(hub.pool))["alert"] if row[2] != "lane"]


@pytest.mark.parametrize(
    "topics", [EXTERNAL_CLOCK_TOPICS, CLOCK_TOPICS], ids=["public", "internal"]
)
async def test_the_later_tick_of_a_pair_counts(stream_hub: StreamHub, topics: Any) -> None:
    """A wrong one on either topic is taken back, and then the other's counts again."""
    hub = stream_hub
    others = CLOCK_TOPICS if topics is EXTERNAL_CLOCK_TOPICS else EXTERNAL_CLOCK_TOPICS
    allocated = replace(ALLOCATED.data, consignment_id="CN-2")
    planned = ConsolidationPlanned(
        consolidation_id=world.FIRST,
        plan_id="P-1",
        consignment_ids=("CN-1", "CN-2"),
        planned_volume_cm3=1,
        planned_gross_g=1,
        revision=2,
    )
    right, wrong = START + timedelta(hours=1), START + timedelta(days=300)
    async with hub.worker(EXTERNAL):
        await hub.send(*world.morning(), fact(allocated, 53), fact(planned, 54))
        await hub.forge_tick(right, others)
        await hub.until_committed()
        before = await alerts_of_deadlines(hub)
        await hub.forge_tick(wrong, topics)
        await hub.until_committed()
        assert len(await alerts_of_deadlines(hub)) > len(before)
        await hub.forge_tick(right + timedelta(minutes=1), others)
        await hub.until_committed()
        await require_equal_rebuild(hub, EXTERNAL)
        choice = Choice(ticks=(wrong,), by="anna", reason="a wrong host")
        report = await void_ticks(hub.settings, hub.pool, choice, rules=EXTERNAL, patience_s=30)
        assert report.done
        assert report.clock_at == right + timedelta(minutes=1)
        await hub.until_committed()
        assert await alerts_of_deadlines(hub) == before
        assert wrong not in await clocks(hub)
    await require_equal_rebuild(hub, EXTERNAL)


async def test_the_fence_covers_both_partitions(stream_hub: StreamHub) -> None:
    """Another worker has read the internal partition only: this one's states are too old."""
    received = fact_of(UnitReceived(unit_id="U1", consignment_id="CN-1"), event_id="1")
    hub = stream_hub
    async with hub.worker() as worker:
        await hub.send(ALLOCATED)
        await hub.until_committed()
        epoch = worker.assignment.epoch
        # As another worker would: the offset goes back, and what it covered is gone.
        await hub.pool.execute("delete from fact where key = 'CN-1'")
        await hub.pool.execute("truncate consignment")
        await hub.pool.execute(
            "update intake_offset set next_offset = 0 where topic = $1", INTERNAL
        )
        await hub.send(received)
        await hub.until_committed()
        assert worker.assignment.epoch > epoch
    assert tuple(await hub.pool.fetchrow(STATE) or ()) == (world.FIRST, world.VOYAGE)
    assert await hub.pool.fetchval(FACTS) == 2
    await require_equal_rebuild(hub)


async def test_a_rejected_fact_of_the_other_partition_has_its_own_position(
    stream_hub: StreamHub,
) -> None:
    """Facts of both partitions in one batch: a dead letter names the record of the fact."""
    again = [
        fact_of(UnitReceived(unit_id=f"U{n}", consignment_id=f"CN-{n}"), event_id=f"again-{n}")
        for n in range(40)
    ]
    first = [
        replace(each, event_id=f"U-{n}", occurred_at=NOON - timedelta(hours=1), relayed_by="unit")
        for n, each in enumerate(again)
    ]
    await stream_hub.send(*again, *first)
    async with stream_hub.worker():
        await stream_hub.until_committed()
    rows = await find_dead_letters(stream_hub.pool, limit=100)
    assert len(rows) == 40
    assert {(row.code, row.topic) for row in rows} == {("already_received", PUBLIC)}
    await require_equal_rebuild(stream_hub)
