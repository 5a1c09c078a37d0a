"""The gateway judges by the hub's policy, from the moment on when the hub adopts it."""

import asyncio
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from groupage.contracts.admin import ensure_topics
from groupage.contracts.policy_log import PolicyLog
from groupage.domain.policy import Policy
from groupage.settings import KafkaSettings
from producers.gateway.policy import policy_follower
from tests.hub_key import SECRET, hub_key


@pytest.mark.integration
async def test_an_adopted_policy_takes_the_place_of_the_files(
    kafka_bootstrap: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is adopted before the gateway starts, the second while it runs."""
    monkeypatch.setenv("GROUPAGE_TOPIC_PREFIX", topic_prefix)
    kafka = KafkaSettings(bootstrap_servers=kafka_bootstrap)
    await ensure_topics(kafka, prefix=topic_prefix)
    judged: asyncio.Queue[Policy] = asyncio.Queue()
    first, second = Policy(check_digits="warn"), Policy(check_digits="reject")
    monkeypatch.setenv("GROUPAGE_HUB_SECRET", SECRET)
    follower = policy_follower(
        kafka, prefix=topic_prefix, wall=False, of_file=Policy(), judge_by=judged.put_nowait
    )
    assert follower is not None
    async with PolicyLog(kafka, prefix=topic_prefix, hub_key=None) as forger:
        forged = Policy(check_digits="quarantine", event_ahead_s=1)
        await forger.adopt(forged, by="x", reason="x", effective_at=datetime.now(UTC))
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


@pytest.mark.parametrize("secret", [None, "short"])
def test_without_the_hubs_secret_no_adoption_is_believed(
    secret: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not verify any; the gateway says so, and its policy file counts."""
    monkeypatch.delenv("GROUPAGE_HUB_SECRET", raising=False)
    monkeypatch.delenv("GROUPAGE_HUB_SECRET_FILE", raising=False)
    if secret is not None:
        monkeypatch.setenv("GROUPAGE_HUB_SECRET", secret)
    kafka = KafkaSettings(bootstrap_servers="127.0.0.1:1")
    with capture_logs() as logs:
        follower = policy_follower(
            kafka, prefix="", wall=False, of_file=Policy(), judge_by=lambda _: None
        )
    assert follower is None
    assert [line["event"] for line in logs] == ["policy_not_followed"]
