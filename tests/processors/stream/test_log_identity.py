"""A topic that was deleted and created again is another log: nobody reads it from the middle."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from groupage.app.commands.status import _other_topics
from groupage.app.local.child import Identity
from groupage.app.local.state import HubState
from groupage.contracts.admin import ensure_topics
from groupage.contracts.topic_ids import LogIds, TopicIds
from groupage.contracts.topics import POLICY_TOPIC
from groupage.domain.errors import Conflict, Misconfigured
from groupage.domain.events import unit as units
from groupage.domain.policy import Policy
from groupage.store.log_identity import find_other_topics, read_again
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.test_operating import environment, groupage

pytestmark = pytest.mark.integration

TOPIC = "hub.consignment.v1"


@pytest.fixture
async def admin(stream_hub: StreamHub) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect an administrator."""
    client = AIOKafkaAdminClient(**stream_hub.settings.kafka.client_kwargs())
    await client.start()
    yield client
    await client.close()


async def ids_of(hub: StreamHub, *topics: str) -> LogIds:
    """Return the ids that the broker has for these topics."""
    async with TopicIds(hub.settings.kafka) as ids:
        return await ids.read([hub.prefix + topic for topic in topics])


async def recreate(hub: StreamHub, admin: AIOKafkaAdminClient, topic: str = TOPIC) -> None:
    """Delete a topic and create it again, empty."""
    await admin.delete_topics([hub.prefix + topic])

    async def is_gone() -> bool:
        return (await ids_of(hub, topic)).topics[hub.prefix + topic] is None

    await hub.until("the topic is gone", is_gone)
    await ensure_topics(hub.settings.kafka, prefix=hub.prefix)


def receipts(first: int, count: int) -> list[units.UnitReceived]:
    """Make receipts of one consignment, all in one partition."""
    return [
        units.UnitReceived(unit_id=f"U{number}", consignment_id="C1")
        for number in range(first, first + count)
    ]


async def send(hub: StreamHub, first: int, count: int) -> None:
    """Send that many receipts."""
    await hub.send(*(fact_of(each, event_id=each.unit_id) for each in receipts(first, count)))


async def stored(hub: StreamHub) -> set[str]:
    """Return the ids of the events that the hub has."""
    return {row[0] for row in await hub.pool.fetch("select event_id from fact")}


async def test_kafka_gives_cluster_and_topics_their_ids(
    stream_hub: StreamHub, admin: AIOKafkaAdminClient
) -> None:
    """A topic that does not exist has none, and is not created by asking."""
    name = stream_hub.prefix + TOPIC
    before = await ids_of(stream_hub, TOPIC, "missing")
    assert before.cluster_id == (await admin.describe_cluster())["cluster_id"]
    assert isinstance(before.topics[name], UUID)
    assert before.topics[f"{stream_hub.prefix}missing"] is None
    await recreate(stream_hub, admin)
    assert (await ids_of(stream_hub, TOPIC)).topics[name] != before.topics[name]
    assert f"{stream_hub.prefix}missing" not in await admin.list_topics()


async def test_a_worker_does_not_start_on_another_log(
    stream_hub: StreamHub, admin: AIOKafkaAdminClient
) -> None:
    """It says which topic it is and which command goes on; that reads the topic from its start."""
    hub = stream_hub
    async with hub.worker():
        await send(hub, 1, 3)
        await hub.until_committed()
    await recreate(hub, admin)
    await send(hub, 11, 5)
    with pytest.raises(Misconfigured, match=rf"{TOPIC}: deleted and created again") as refused:
        async with hub.worker():
            pass
    assert "`groupage topics --read-again`" in str(refused.value)
    with pytest.raises(Misconfigured, match="deleted and created again"):
        await rebuild(hub.settings, all_aggregates(Policy()), verify=True, progress=lambda *_: None)
    async with hub.pool.acquire() as connection:
        ids = await ids_of(hub, TOPIC)
        assert await read_again(connection, ids, prefix=hub.prefix) == [TOPIC]
        assert await read_again(connection, ids, prefix=hub.prefix) == []
    async with hub.worker():
        await hub.until_committed()
    assert await stored(hub) == {f"U{number}" for number in (1, 2, 3, 11, 12, 13, 14, 15)}
    with pytest.raises(Conflict, match="Facts from before are in the database only"):
        await rebuild(hub.settings, all_aggregates(Policy()), verify=True, progress=lambda *_: None)


async def test_commands_show_and_replace_topics_that_are_not_read(
    stream_hub: StreamHub, admin: AIOKafkaAdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`groupage doctor` counts them and says what to do, and that works."""
    hub = stream_hub

    async def finding(name: str) -> dict[str, str]:
        _, output, errors = await groupage(hub, "doctor", "--json")
        assert output, errors
        return next(each for each in json.loads(output) if each["name"] == name)

    async with hub.worker():
        await hub.until_committed()
    for name, value in environment(hub).items():
        monkeypatch.setenv(name, value)
    state = HubState(phase="running", doing="", supervisor=Identity(pid=1, started_at_s=0))
    assert (await finding("log"))["state"] == "ok"
    assert (await finding("calendar"))["found"].startswith("none: dead freight begins")
    await recreate(hub, admin)
    problem = await finding("log")
    assert (problem["state"], problem["found"]) == ("problem", "1 topic not read by the workers")
    assert f"{TOPIC}: deleted and created again" in problem["todo"]
    assert [each.topic for each in await asyncio.to_thread(_other_topics, state)] == [TOPIC]
    status, output, errors = await groupage(hub, "topics", "--read-again")
    assert status == 0, errors
    assert output == f"{TOPIC}: the workers will read it from its beginning\n"
    _, output, _ = await groupage(hub, "topics", "--read-again")
    assert output == "nothing to do: the topics are those that the hub has read\n"
    assert (await finding("log"))["state"] == "ok"


async def test_a_running_worker_ends_when_its_topic_is_another_one(
    stream_hub: StreamHub, admin: AIOKafkaAdminClient
) -> None:
    """Kafka's client reads on at its old offset; only a rebalance in between would be noticed."""
    hub = stream_hub
    with pytest.raises(Misconfigured, match=r"deleted (and created again )?since"):  # noqa: PT012
        async with hub.worker() as worker, asyncio.timeout(60):
            await send(hub, 1, 3)
            await hub.until_committed()
            await recreate(hub, admin)
            await asyncio.wait((worker.failed,))


async def test_a_running_worker_compares_the_log_without_a_rebalance(
    stream_hub: StreamHub,
) -> None:
    """A topic may be deleted, created and filled between two answers about the group."""
    with pytest.raises(Misconfigured, match="deleted and created again"):  # noqa: PT012
        async with stream_hub.worker() as worker, asyncio.timeout(30):
            await stream_hub.until_committed()
            await stream_hub.pool.execute("update log_identity set topic_id = $1", uuid4())
            await asyncio.wait((worker.failed,))


async def test_a_worker_checks_the_log_when_it_is_assigned_partitions(
    stream_hub: StreamHub,
) -> None:
    """The ids beside the offsets may have changed since it started."""
    async with stream_hub.worker() as worker:
        await send(stream_hub, 1, 1)
        await stream_hub.until_committed()
        await stream_hub.pool.execute("update log_identity set topic_id = $1", uuid4())
        with pytest.raises(Misconfigured, match="deleted and created again"):
            await worker.intake.take_over_partitions(worker.intake._consumer.assignment())
        await stream_hub.pool.execute("delete from log_identity")


async def test_data_of_an_older_version_is_taken_over(stream_hub: StreamHub) -> None:
    """0.2.0 noted no ids: the first start does, and goes on at the stored offsets."""
    async with stream_hub.worker():
        await send(stream_hub, 1, 3)
        await stream_hub.until_committed()
    await stream_hub.pool.execute("delete from log_identity")
    async with stream_hub.worker():
        await send(stream_hub, 4, 1)
        await stream_hub.until_committed()
    assert await stored(stream_hub) == {"U1", "U2", "U3", "U4"}
    assert await stream_hub.pool.fetchval("select count(*) from log_identity") > 1
    assert (
        await find_other_topics(
            stream_hub.pool, await ids_of(stream_hub, TOPIC), prefix=stream_hub.prefix
        )
        == []
    )


async def test_another_cluster_is_named_as_such(stream_hub: StreamHub) -> None:
    """Then it is the address that is wrong, more often than the topics."""
    async with stream_hub.worker():
        await stream_hub.until_committed()
    await stream_hub.pool.execute(
        "update log_identity set cluster_id = 'other', topic_id = $1", uuid4()
    )
    with pytest.raises(Misconfigured, match="set GROUPAGE_KAFKA_BOOTSTRAP_SERVERS to the hub's"):
        async with stream_hub.worker():
            pass
    ids = await ids_of(stream_hub, TOPIC, POLICY_TOPIC)
    async with stream_hub.pool.acquire() as connection:
        with pytest.raises(Conflict, match="held the hub's policies"):
            await read_again(connection, ids, prefix=stream_hub.prefix)
