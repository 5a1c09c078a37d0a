"""The log of adopted policies, on a real Kafka."""

from datetime import UTC, datetime

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from groupage.contracts.admin import ensure_topics
from groupage.contracts.policy_log import PolicyLog, read_adoptions
from groupage.contracts.topics import BY_NAME, POLICY_TOPIC
from groupage.domain.policy import Policy, in_full, policy_digest
from groupage.settings import KafkaSettings
from tests.hub_key import hub_key

pytestmark = pytest.mark.integration
LATER = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
async def kafka(kafka_bootstrap: str, topic_prefix: str) -> KafkaSettings:
    """A Kafka with the topic of policies."""
    settings = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    await ensure_topics(settings, prefix=topic_prefix, topics=[BY_NAME[POLICY_TOPIC]])
    return settings


async def test_the_first_adoption_is_made_once(kafka: KafkaSettings, topic_prefix: str) -> None:
    """Of two processes that start at once with different files, one adopts."""
    first, second = Policy(haul_s=3_600), Policy(haul_s=7_200)
    async with (
        PolicyLog(kafka, prefix=topic_prefix, hub_key=None) as one,
        PolicyLog(kafka, prefix=topic_prefix, hub_key=None) as other,
    ):
        assert await one.read_to_end() == await other.read_to_end() == []
        adoptions = await one.adopt_first(first, by="one", reason="start")
        assert await other.adopt_first(second, by="other", reason="start") == adoptions
    (adoption,) = await read_adoptions(kafka, prefix=topic_prefix, hub_key=None)
    assert (adoption.policy, adoption.digest, adoption.event.by) == (
        first,
        policy_digest(first),
        "one",
    )


async def test_an_adoption_lies_in_the_log_in_full_and_once(
    kafka: KafkaSettings, topic_prefix: str
) -> None:
    """Defaults are written out, so that those of a later version change nothing."""
    policy = Policy(auto_approve=False)
    async with PolicyLog(kafka, prefix=topic_prefix, hub_key=None) as log:
        for _ in range(2):
            await log.adopt(policy, by="wang", reason="audit", effective_at=LATER)
        (adoption,) = await log.read_to_end()
    document = msgspec.json.decode(adoption.event_json)
    assert document["policy"] == in_full(policy)
    assert document["policy"]["road"]["detour_permille"] == policy.road.detour_permille
    assert (adoption.effective_at, adoption.event.reason) == (LATER, "audit")


async def test_what_is_no_adoption_of_the_hub_is_skipped(
    kafka: KafkaSettings, topic_prefix: str
) -> None:
    """Rubbish, and an adoption without the hub's signature."""
    producer = AIOKafkaProducer(**kafka.client_kwargs())
    await producer.start()
    await producer.send_and_wait(topic_prefix + POLICY_TOPIC, value=b"{}", key=b"hub")
    await producer.stop()
    async with PolicyLog(kafka, prefix=topic_prefix, hub_key=None) as forger:
        await forger.adopt(Policy(haul_s=1), by="mallory", reason="mine", effective_at=LATER)
    async with PolicyLog(kafka, prefix=topic_prefix, hub_key=hub_key(topic_prefix)) as log:
        await log.adopt(Policy(), by="wang", reason="ours", effective_at=LATER)
        assert [adoption.event.by for adoption in await log.read_to_end()] == ["wang"]
