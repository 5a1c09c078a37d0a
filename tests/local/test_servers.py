"""The two real servers, as every integration test gets them."""

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

pytestmark = pytest.mark.integration


async def test_kafka_takes_a_record_and_gives_it_back_to_a_group(
    kafka_bootstrap: str, topic_prefix: str
) -> None:
    """A record sent with acks=all is read by a consumer group that joins at the first attempt."""
    topic = f"{topic_prefix}hello"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1)])
    await admin.close()
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_bootstrap, enable_idempotence=True, compression_type="lz4"
    )
    await producer.start()
    await producer.send_and_wait(topic, b"value", key=b"key")
    await producer.stop()
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=kafka_bootstrap,
        group_id=f"{topic_prefix}readers",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    record = await consumer.getone()
    await consumer.stop()
    assert (record.key, record.value) == (b"key", b"value")


async def test_a_topic_is_not_made_by_accident(kafka_bootstrap: str, topic_prefix: str) -> None:
    """Asking for a topic that nobody made does not make it."""
    topic = f"{topic_prefix}nobody"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    await admin.describe_topics([topic])
    assert topic not in await admin.list_topics()
    await admin.close()


async def test_each_test_has_a_database_of_its_own(database_url: str) -> None:
    """The fixture's database is migrated, empty, and keeps facts on disk before it answers."""
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM fact") == 0
    assert await connection.fetchval("SHOW synchronous_commit") == "on"
    assert await connection.fetchval("SHOW listen_addresses") == ""
    await connection.close()
