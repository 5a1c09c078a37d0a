"""A hub for each test, with its own topics and tables."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer

from groupage.contracts.admin import ensure_topics
from groupage.settings import DatabaseSettings, KafkaSettings, ProcessorSettings, TopicSettings
from groupage.store.pool import create_pool
from processors.worker.app import WorkerSettings
from tests.conftest import delete_topics
from tests.hub_key import hub_settings
from tests.processors.stream.hub import StreamHub


@pytest.fixture
async def stream_hub(
    kafka_bootstrap: str, database_url: str, topic_prefix: str
) -> AsyncIterator[StreamHub]:
    """Make a hub with empty topics and tables."""
    settings = WorkerSettings(
        kafka=KafkaSettings(bootstrap_servers=kafka_bootstrap),
        database=DatabaseSettings(url=database_url),
        topics=TopicSettings(prefix=topic_prefix),
        hub=hub_settings(),
        processor=ProcessorSettings(batch_wait_s=0.02),
    )
    await ensure_topics(settings.kafka, prefix=topic_prefix)
    pool = await create_pool(settings.database, application_name="test")
    producer = AIOKafkaProducer(**settings.kafka.client_kwargs(), enable_idempotence=True)
    await producer.start()
    try:
        yield StreamHub(settings, pool, producer)
    finally:
        await producer.stop()
        await pool.close()
        await delete_topics(settings.kafka, prefix=topic_prefix)
