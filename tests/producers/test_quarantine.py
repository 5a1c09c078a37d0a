import asyncio
import os
import subprocess
import sys
from uuid import UUID

import msgspec
import pytest

from groupage.contracts.admin import ensure_topics
from groupage.domain.errors import InvalidInput
from groupage.domain.policy import Policy
from groupage.settings import DatabaseSettings, KafkaSettings, ProcessorSettings, TopicSettings
from groupage.store.dead_letters import StoredDeadLetter, find_dead_letters
from groupage.store.pool import create_pool
from processors.aggregates.registry import all_aggregates
from processors.operations import replay
from processors.worker.app import Worker, WorkerSettings
from producers.dead_letters import DeadLetter, QuarantineCode
from producers.publisher import Publisher
from tests.hub_key import hub_settings

pytestmark = pytest.mark.integration
BOX = "CSQU3054384"
EVENT = {
    "specversion": "1.0",
    "id": "g-1",
    "source": "/wms/1",
    "type": "container.gated_in.v1",
    "time": "2026-03-01T08:00:00Z",
    "data": {"equipment_ref": BOX},
}
WRONG_DIGIT = DeadLetter(
    code=QuarantineCode.CHECK_DIGIT,
    reason="CSQU3054384: check digit is 4, expected 3",
    found_by="gateway",
    value=msgspec.json.encode(EVENT),
    content_type="application/cloudevents+json",
    topic="hub.equipment.v1",
    key=BOX,
    type="container.gated_in",
    event_source="/wms/1",
    event_id="g-1",
)
NO_OBJECT = DeadLetter(
    code=QuarantineCode.NO_OBJECT,
    reason="names no object",
    found_by="import-ocel",
    value=b'{"id": "weigh_1"}',
)


def replayed_by_command(
    database_url: str, topic_prefix: str, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """`groupage deadletters replay ...`, as a dispatcher types it."""
    return subprocess.run(
        [sys.executable, "-m", "groupage", "deadletters", "replay", *arguments],
        env=os.environ
        | {"GROUPAGE_DATABASE_URL": database_url, "GROUPAGE_TOPIC_PREFIX": topic_prefix},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_what_a_producer_quarantines_is_listed_and_can_be_sent_again(
    kafka_bootstrap: str,
    database_url: str,
    topic_prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The table holds each dead letter once; a dispatcher may overrule a check digit."""
    settings = WorkerSettings(
        kafka=KafkaSettings(bootstrap_servers=kafka_bootstrap),
        database=DatabaseSettings(url=database_url),
        topics=TopicSettings(prefix=topic_prefix),
        hub=hub_settings(),
        processor=ProcessorSettings(batch_wait_s=0.02),
    )
    monkeypatch.setenv("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS", kafka_bootstrap)
    await ensure_topics(settings.kafka, prefix=topic_prefix)
    pool = await create_pool(settings.database, application_name="test")
    worker = Worker(settings, pool=pool, aggregates=all_aggregates(Policy()))
    await worker.start()
    try:
        async with Publisher(settings.kafka, prefix=topic_prefix) as publisher:
            await publisher.quarantine([WRONG_DIGIT, NO_OBJECT, WRONG_DIGIT])
        found: dict[UUID, StoredDeadLetter] = {}
        async with asyncio.timeout(60):
            while len(found) < 2:
                await asyncio.sleep(0.05)
                listed = await find_dead_letters(pool, limit=10)
                found = {dead_letter.letter_id: dead_letter for dead_letter in listed}
        digit, empty = found[WRONG_DIGIT.dead_letter_id], found[NO_OBJECT.dead_letter_id]
        assert (digit.code, digit.topic, digit.key) == ("check_digit", "hub.equipment.v1", BOX)
        assert (empty.code, empty.value) == ("no_object", NO_OBJECT.value)
        assert (digit.is_replayable, empty.is_replayable) == (True, False)
        with pytest.raises(InvalidInput, match=r"no_object: names no object.*import that again"):
            await replay.replay(pool, settings.kafka, [digit, empty], prefix=topic_prefix)
        listed = await find_dead_letters(pool, limit=10)
        assert not any(dead_letter.replayed_at for dead_letter in listed)
        chosen = await asyncio.to_thread(replayed_by_command, database_url, topic_prefix, "--all")
        assert (chosen.returncode, chosen.stderr) == (0, "")
        assert "1 record sent again\n1 record not sent" in chosen.stdout
        named = await asyncio.to_thread(
            replayed_by_command, database_url, topic_prefix, str(empty.letter_id)
        )
        assert named.returncode == 1
        assert "its record has no topic" in named.stderr
        async with asyncio.timeout(60):
            count = "select count(*) from container where key = $1"
            while not await pool.fetchval(count, BOX):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        (stands,) = await find_dead_letters(pool, limit=10)
        assert stands.letter_id == empty.letter_id
        assert len(await find_dead_letters(pool, settled=True, limit=10)) == 2
    finally:
        await worker.stop(budget_s=10)
        pool.terminate()
