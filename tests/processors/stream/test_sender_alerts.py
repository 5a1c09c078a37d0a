"""Alerts about senders in the hub's name: one each, with a count, until nothing is open."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec.structs import replace
from pydantic import SecretStr

from groupage.contracts.encoding import encode
from groupage.contracts.signing import HubKey
from groupage.contracts.topics import BY_NAME
from groupage.domain.events.planning import ReplanWanted
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.domain.sender_alerts import SENDERS_MAX
from groupage.settings import HubSettings
from groupage.store.dead_letters import find_dead_letters
from processors.aggregates.registry import all_aggregates
from processors.operations import replay
from processors.operations.rebuild import rebuild
from tests.hub_key import SECRET
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

LANE = "CNNGB-NLRTM"
ALERT_TOPIC = "hub.alert.v1"


def forged(number: int, source: str = "/outsider") -> Fact:
    """Return a fact that only the hub may state, from somebody else."""
    wanted = ReplanWanted(lane_id=LANE, cause="measured", about=f"CN-{number}")
    return fact_of(wanted, event_id=f"{number}", source=source)


async def forge(hub: StreamHub, facts: Sequence[Fact], *, key: HubKey | None = None) -> None:
    """Publish facts without a signature, or signed by another secret, and wait for the worker."""
    sent = []
    for fact in facts:
        record = encode(fact)
        headers = record.headers
        if key is not None:
            headers = key.sign(record.topic, record.headers, record.value)
        topic = hub.prefix + record.topic
        sent.append(
            await hub.producer.send(topic, value=record.value, key=record.key, headers=headers)
        )
    await asyncio.gather(*sent)
    await hub.until_committed()


async def open_alerts(hub: StreamHub) -> dict[str, str]:
    """Return the messages of the open alerts by their ids; all are critical."""
    rows = await hub.pool.fetch(
        "select alert_id, severity, code, message from alert where cleared_at is null order by 1"
    )
    assert {(row["severity"], row["code"]) for row in rows} <= {("critical", "not_yours")}
    return {row["alert_id"].removeprefix("clock/hub/not_yours/"): row["message"] for row in rows}


async def published_alerts(hub: StreamHub) -> list[Any]:
    """Return the names of the events on the alert topic."""
    consumer = AIOKafkaConsumer(**hub.settings.kafka.client_kwargs(), auto_offset_reset="earliest")
    await consumer.start()
    try:
        tps = [
            TopicPartition(hub.prefix + ALERT_TOPIC, number)
            for number in range(BY_NAME[ALERT_TOPIC].partitions)
        ]
        consumer.assign(tps)
        left = sum((await consumer.end_offsets(tps)).values())
        names: list[Any] = []
        while len(names) < left:
            fetched = await consumer.getmany(timeout_ms=1_000)
            names += [
                dict(record.headers)["ce_type"] for part in fetched.values() for record in part
            ]
        return names
    finally:
        await consumer.stop()


async def require_equal_rebuild(hub: StreamHub, *, verify: bool = True) -> None:
    """Fold the log again and compare."""
    report = await rebuild(
        hub.settings, all_aggregates(Policy()), verify=verify, progress=lambda *_: None
    )
    assert report.equal, report.tables


async def test_a_flood_makes_one_alert_for_its_sender_with_a_count(stream_hub: StreamHub) -> None:
    """However many records and batches; another sender has an alert of its own."""
    async with stream_hub.worker():
        await forge(stream_hub, [forged(0)])
        (message,) = (await open_alerts(stream_hub)).values()
        assert message.startswith("/outsider: only the hub's own processes send plan.wanted")
        assert "docs/trust.md" in message
        await forge(stream_hub, [forged(number) for number in range(1, 700)])
        await forge(stream_hub, [forged(number) for number in range(700, 1_400)])
        await forge(stream_hub, [forged(0, "/another")])
        opened = await open_alerts(stream_hub)
        assert list(opened) == ["/another", "/outsider"]
        assert opened["/outsider"].startswith("at least 1,000 records, the latest of /outsider: ")
    assert await stream_hub.pool.fetchval("select count(*) from dead_letter") == 1_401
    names = await published_alerts(stream_hub)
    assert set(names) == {b"alert.raised.v1"}
    assert len(names) <= 2 + (1_000).bit_length()
    await require_equal_rebuild(stream_hub)
    await require_equal_rebuild(stream_hub, verify=False)
    assert await open_alerts(stream_hub) == opened


async def test_many_names_share_an_alert(stream_hub: StreamHub) -> None:
    """Whoever forges chooses the source, also one that is longer than an entry of an index."""
    async with stream_hub.worker():
        await forge(stream_hub, [forged(0, "/" + "\N{SNOWMAN}" * 999)])
        (alert_id,) = await open_alerts(stream_hub)
        assert len(alert_id) < 150
        await forge(stream_hub, [forged(number, f"/{number}") for number in range(1, 100)])
        opened = await open_alerts(stream_hub)
        assert len(opened) == SENDERS_MAX + 1
        assert "deadletters list --code not_yours" in opened["other-senders"]


async def test_the_alert_ends_when_its_dead_letters_are_replayed(stream_hub: StreamHub) -> None:
    """A process of the hub had another secret; with both secrets its records are believed."""
    other = "o" * 40
    facts = [forged(number, "/groupage/planner") for number in range(3)]
    async with stream_hub.worker():
        await forge(stream_hub, facts, key=HubKey([other], prefix=stream_hub.prefix))
        assert list(await open_alerts(stream_hub)) == ["/groupage/planner"]
    both = HubSettings(secret=SecretStr(f"{SECRET}, {other}"))
    stream_hub.settings = replace(stream_hub.settings, hub=both)
    async with stream_hub.worker():
        for count in (2, 1):  # the alert stands until the last one
            found = await find_dead_letters(stream_hub.pool, code="not_yours", limit=count)
            assert await open_alerts(stream_hub)
            await replay.replay(
                stream_hub.pool, stream_hub.settings.kafka, found, prefix=stream_hub.prefix
            )
            await stream_hub.until_committed()
    assert await open_alerts(stream_hub) == {}
    assert await stream_hub.pool.fetchval("select count(*) from fact") == 3
    names = await published_alerts(stream_hub)
    assert names[-1] == b"alert.cleared.v1"


async def test_a_dead_letter_of_the_planner_raises_it_too(stream_hub: StreamHub) -> None:
    """The planner reads a topic that no worker reads; the worker of the dead letters publishes."""
    headers = {
        "dlq_id": "00000000-0000-0000-0000-000000000001",
        "dlq_at": "2026-03-01T12:00:00Z",
        "dlq_code": "not_yours",
        "dlq_reason": "only the hub's own processes send plan.requested",
        "dlq_topic": "hub.planrequest.v1",
        "dlq_event_source": "/outsider",
    }
    async with stream_hub.worker():
        await stream_hub.send_raw(
            "hub.dlq.v1", b"{}", headers=[(name, text.encode()) for name, text in headers.items()]
        )
        await stream_hub.until_committed()
    assert list(await open_alerts(stream_hub)) == ["/outsider"]
    assert await published_alerts(stream_hub) == [b"alert.raised.v1"]
