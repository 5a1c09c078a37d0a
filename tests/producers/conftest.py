"""Fixtures: Kafka topics for one test, a reader of topics."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from groupage.contracts.admin import ensure_topics
from groupage.contracts.topics import BY_NAME
from groupage.settings import KafkaSettings
from producers.publisher import Publisher
from tests.conftest import delete_topics
from tests.producers.gateway_process import gateway, start_gateway  # noqa: F401 - fixtures

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]


@pytest.fixture
async def kafka(kafka_bootstrap: str, topic_prefix: str) -> AsyncIterator[KafkaSettings]:
    """Settings of a real Kafka that has this test's own topics."""
    settings = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    await ensure_topics(settings, prefix=topic_prefix)
    yield settings
    await delete_topics(settings, prefix=topic_prefix)


@pytest.fixture
async def publisher(kafka: KafkaSettings, topic_prefix: str) -> AsyncIterator[Publisher]:
    """A started publisher."""
    async with Publisher(kafka, prefix=topic_prefix) as started:
        yield started


@pytest.fixture
def read_topic(kafka: KafkaSettings, topic_prefix: str) -> ReadTopic:
    """Read all records of a topic (named without its prefix), partition by partition."""

    async def read(topic: str) -> list[ConsumerRecord]:
        consumer = AIOKafkaConsumer(
            **kafka.client_kwargs(), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            name = topic_prefix + topic
            numbers = range(BY_NAME[topic].partitions)
            parts = [TopicPartition(name, number) for number in numbers]
            consumer.assign(parts)
            ends = await consumer.end_offsets(parts)
            records: list[ConsumerRecord] = []
            left = {part for part in parts if ends[part] > 0}
            while left:
                batches = await consumer.getmany(*left, timeout_ms=2_000)
                for batch in batches.values():
                    records.extend(batch)
                for part in list(left):
                    if await consumer.position(part) >= ends[part]:
                        left.discard(part)
            return records
        finally:
            await consumer.stop()

    return read
