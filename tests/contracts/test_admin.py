"""Topics made from the table and compared with it, on a real Kafka."""

import msgspec
import pytest

from groupage.contracts.admin import TopicsDiffer, configs_of, ensure_topics
from groupage.contracts.topics import TOPICS
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


async def test_absent_kafka_is_a_clear_failure() -> None:
    """Nobody at the address: the error says where it looked and what to do."""
    nowhere = KafkaSettings(bootstrap_servers="127.0.0.1:1")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1.*groupage up"):
        await ensure_topics(nowhere, budget_s=3)
