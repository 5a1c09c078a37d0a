"""The gateway judges by the hub's policy, from the moment on when the hub adopts it."""

import asyncio

import pytest

from groupage.contracts.admin import ensure_topics
from groupage.contracts.policy_log import PolicyLog
from groupage.domain.policy import Policy
from groupage.settings import KafkaSettings
from producers.gateway.policy import PolicyFollower
from tests.hub_key import hub_key

pytestmark = pytest.mark.integration


async def test_an_adopted_policy_takes_the_place_of_the_files(
    kafka_bootstrap: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is adopted before the gateway starts, the second while it runs."""
    monkeypatch.setenv("GROUPAGE_TOPIC_PREFIX", topic_prefix)
    kafka = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    await ensure_topics(kafka, prefix=topic_prefix)
    judged: asyncio.Queue[Policy] = asyncio.Queue()
    first, second = Policy(check_digits="warn"), Policy(check_digits="reject")
    follower = PolicyFollower(
        kafka, prefix=topic_prefix, wall=False, of_file=Policy(), judge_by=judged.put_nowait
    )
    async with PolicyLog(kafka, prefix=topic_prefix, hub_key=hub_key(topic_prefix)) as log:
        (adoption,) = await log.adopt_first(first, by="wang", reason="test")
        follower.start()
        try:
            assert await asyncio.wait_for(judged.get(), 20) == first
            await log.adopt(second, by="wang", reason="test", effective_at=adoption.effective_at)
            assert await asyncio.wait_for(judged.get(), 20) == second
        finally:
            await follower.stop()
    assert judged.empty()
