"""Simulated facts in Kafka: whole, in order, where their aggregates' keys belong."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from groupage.contracts.admin import ensure_topics
from groupage.contracts.decoding import decode
from groupage.contracts.partitioning import partition_of
from groupage.contracts.topics import EXTERNAL_CLOCK_TOPICS, TOPICS
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings
from producers.simulator.kafka_sink import KafkaSink, Ticker
from producers.simulator.parameters import parameters_for
from producers.simulator.simulation import Simulation
from tests.hub_key import hub_key

pytestmark = pytest.mark.integration

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def first_facts(count: int) -> list[Fact]:
    """What the small day begins with, before any plan."""
    simulation = Simulation(parameters_for("small", seed=3))
    facts: list[Fact] = []
    while len(facts) < count:
        facts += simulation.advance(simulation.now + timedelta(hours=1))
        simulation.open_gates()
    return facts


async def records(kafka: KafkaSettings, prefix: str) -> dict[tuple[str, int], list[Fact]]:
    """Every record of every topic, decoded, by topic (without the prefix) and partition."""
    found: dict[tuple[str, int], list[Fact]] = defaultdict(list)
    # With auto_offset_reset="latest" an answer still on its way would overrule
    # seek_to_beginning, and the consumer would wait at the end for ever.
    async with AIOKafkaConsumer(
        **kafka.client_kwargs(), group_id=None, auto_offset_reset="earliest"
    ) as consumer:
        partitions = [
            TopicPartition(prefix + topic.name, number)
            for topic in TOPICS
            for number in range(topic.partitions)
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        left = sum(ends.values())
        while left:
            for partition, batch in (await consumer.getmany(timeout_ms=500)).items():
                left -= len(batch)
                place = partition.topic.removeprefix(prefix), partition.partition
                for record in batch:
                    found[place].append(
                        decode(
                            record.headers,
                            record.key,
                            record.value,
                            recorded_at=NOON,
                        )
                    )
    return found


async def test_facts_keep_their_order_and_find_their_partition(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    """More than a chunk and several batches per partition; nothing is lost, doubled or moved."""
    kafka = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    await ensure_topics(kafka, prefix=topic_prefix, create=True)
    facts = first_facts(2_500)
    async with KafkaSink(kafka, prefix=topic_prefix) as sink:
        await sink.send(sink.encode(facts))
    stored = await records(kafka, topic_prefix)
    assert sum(map(len, stored.values())) == len(facts)
    wanted: dict[tuple[str, int], list[str]] = defaultdict(list)
    for (topic, number), found in stored.items():
        ids = {fact.event_id for fact in found}
        wanted[topic, number] = [
            fact.event_id
            for fact in facts
            if fact.event_id in ids and partition_of(fact.key, topic) == number
        ]
        assert [fact.event_id for fact in found] == wanted[topic, number]


async def test_lanes_hear_of_time_apart_from_the_others(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    """Each partition of a topic with deadlines gets one tick, of the lanes' when they may ask."""
    kafka = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    await ensure_topics(kafka, prefix=topic_prefix, create=True)
    async with Ticker(kafka, hub_key=hub_key(topic_prefix), prefix=topic_prefix) as ticker:
        await ticker.tick_others(NOON)
        others = await records(kafka, topic_prefix)
        await ticker.tick_lanes(NOON)
        every = await records(kafka, topic_prefix)
    ticking = {(t.name, n) for t in EXTERNAL_CLOCK_TOPICS for n in range(t.partitions)}
    assert {place: len(found) for place, found in every.items()} == dict.fromkeys(ticking, 1)
    assert {topic for topic, _ in ticking - others.keys()} == {"hub.plan.v1"}
