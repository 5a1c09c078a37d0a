"""Topics made from the table and compared with it, on a real Kafka."""

import asyncio
import time

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from groupage.contracts.admin import TopicsDiffer, configs_of, ensure_topics
from groupage.contracts.topics import BY_NAME, TOPICS
from groupage.domain.errors import Unavailable
from groupage.settings import KafkaSettings

pytestmark = pytest.mark.integration


@pytest.fixture
def kafka(kafka_bootstrap: str) -> KafkaSettings:
    """The test's Kafka."""
    return KafkaSettings(bootstrap_servers=kafka_bootstrap)


async def test_topics_are_made_once(kafka: KafkaSettings, topic_prefix: str) -> None:
    """The first call makes every topic of the table, the second finds them as wanted."""
    first = await ensure_topics(kafka, prefix=topic_prefix)
    assert first.created == tuple(topic_prefix + topic.name for topic in TOPICS)
    second = await ensure_topics(kafka, prefix=topic_prefix)
    assert second.created == ()
    assert second.present == first.created
    second.require_equal()


async def test_missing_topics_are_told(kafka: KafkaSettings, topic_prefix: str) -> None:
    """Checking alone makes nothing and names each absent topic."""
    report = await ensure_topics(kafka, prefix=topic_prefix, create=False)
    assert {difference.topic for difference in report.differences} == {
        topic_prefix + topic.name for topic in TOPICS
    }
    with pytest.raises(
        TopicsDiffer, match=r"hub\.dlq\.v1 is missing: `groupage topics` creates it"
    ):
        report.require_equal()


async def test_differences_are_named(kafka: KafkaSettings, topic_prefix: str) -> None:
    """A topic with other partitions, retention and size limit is reported property by property."""
    table = {topic.name: topic for topic in TOPICS}
    alert = table["hub.alert.v1"]
    await ensure_topics(
        kafka,
        prefix=topic_prefix,
        topics=[
            msgspec.structs.replace(alert, partitions=2, retention=None, max_message_bytes=2_000)
        ],
    )
    report = await ensure_topics(kafka, prefix=topic_prefix, topics=[alert])
    assert {(d.aspect, d.wanted, d.found) for d in report.differences} == {
        ("number of partitions", "4", "2"),
        ("retention.ms", configs_of(alert)["retention.ms"], "-1"),
        ("max.message.bytes", "1048576", "2000"),
    }


async def test_a_senders_clock_decides_nothing(kafka: KafkaSettings, topic_prefix: str) -> None:
    """Kafka stamps records itself: none expires early, and none makes Kafka refuse its batch.

    With the sender's stamp (CreateTime) a record two hours ahead would fail its whole batch.
    """
    await ensure_topics(kafka, prefix=topic_prefix)
    topic, now_ms = f"{topic_prefix}hub.alert.v1", int(time.time() * 1_000)
    assert BY_NAME["hub.alert.v1"].retention is not None, "the broker deletes old records"
    day_ms = 86_400_000
    async with AIOKafkaProducer(**kafka.client_kwargs(), linger_ms=200) as producer:
        sent = await asyncio.gather(
            *[
                await producer.send(topic, b"{}", partition=0, timestamp_ms=now_ms + ahead_ms)
                for ahead_ms in (0, day_ms, -365 * day_ms)
            ]
        )
    assert {each.timestamp_type for each in sent} == {1}, "log append time"
    assert all(abs(each.timestamp - now_ms) < day_ms // 24 for each in sent)


async def test_topics_with_the_senders_stamp_are_named(
    kafka: KafkaSettings, topic_prefix: str
) -> None:
    """Workers do not start on such a topic: somebody else's clock would decide."""
    name, unit = f"{topic_prefix}hub.unit.v1", BY_NAME["hub.unit.v1"]
    configs = configs_of(unit) | {"message.timestamp.type": "CreateTime"}
    admin = AIOKafkaAdminClient(**kafka.client_kwargs())
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, unit.partitions, 1, topic_configs=configs)])
    finally:
        await admin.close()
    await ensure_topics(kafka, prefix=topic_prefix)  # waits until the broker shows the topic
    (difference,) = (await ensure_topics(kafka, prefix=topic_prefix)).differences
    assert difference.topic == name
    assert (difference.wanted, difference.found) == ("LogAppendTime", "CreateTime")


async def test_absent_kafka_is_a_clear_failure() -> None:
    """Nobody at the address: the error says where it looked and what to do."""
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1.*groupage up"):
        await ensure_topics(nowhere, budget_s=3)
