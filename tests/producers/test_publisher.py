import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord

from groupage.app.local import servers
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.contracts.admin import ensure_topics
from groupage.contracts.decoding import decode
from groupage.domain.errors import InvalidInput, Unavailable
from groupage.domain.events.base import Dimensions
from groupage.domain.events.clock import ClockTicked
from groupage.domain.events.unit import UnitMeasured, UnitReceived
from groupage.domain.fact import Fact
from groupage.settings import KafkaSettings, LocalSettings
from producers.dead_letters import DeadLetter, QuarantineCode
from producers.publisher import Publisher, new_fact

ReadTopic = Callable[[str], Coroutine[Any, Any, list[ConsumerRecord]]]
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def received(unit_id: str, event_id: str = "r-1") -> Fact:
    """Build a fact about a unit received."""
    return new_fact(
        UnitReceived(unit_id=unit_id, dock="D4"), source="/wms/1", event_id=event_id, occurred_at=AT
    )


def closed_port() -> int:
    """Find a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.integration
async def test_a_published_fact_is_in_kafka(publisher: Publisher, read_topic: ReadTopic) -> None:
    """The receipt names the partition and offset where a reader finds the same fact."""
    fact = received("106141412345678908")
    receipt = await publisher.publish(fact)
    records = await read_topic("hub.unit.v1")
    (record,) = [found for found in records if found.partition == receipt.partition]
    assert record.offset == receipt.offset
    again = decode(record.headers, record.key, record.value, recorded_at=datetime.now(UTC))
    assert again == fact


@pytest.mark.integration
async def test_a_batch_keeps_the_order_of_each_key_and_answers_each_item(
    publisher: Publisher, read_topic: ReadTopic
) -> None:
    """The publisher rejects an invalid fact in the middle; the others arrive in their order."""
    good = [received(f"u{number % 7}", f"e{number:04d}") for number in range(700)]
    size = Dimensions(length_mm=-1, width_mm=1, height_mm=1)
    bad = new_fact(
        UnitMeasured(unit_id="u0", size=size, gross_g=5), source="/x", event_id="b", occurred_at=AT
    )
    outcomes = await publisher.publish_many([*good[:350], bad, *good[350:]])
    assert [outcome.event_id for outcome in outcomes if outcome.error] == ["b"]
    assert isinstance(outcomes[350].error, InvalidInput)
    assert "length_mm" in str(outcomes[350].error)
    by_key: dict[bytes, list[str]] = {}
    for record in await read_topic("hub.unit.v1"):
        by_key.setdefault(record.key, []).append(dict(record.headers)["ce_id"].decode())
    assert sum(map(len, by_key.values())) == 700
    assert all(ids == sorted(ids) for ids in by_key.values())


@pytest.mark.integration
async def test_a_dead_letter_explains_itself(publisher: Publisher, read_topic: ReadTopic) -> None:
    """The value is unchanged; headers hold code, reason, origin, and the same id each time."""
    dead_letter = DeadLetter(
        code=QuarantineCode.NO_OBJECT,
        reason="names no object 无",
        found_by="import-ocel",
        value=b'{"a": 1}',
    )
    await publisher.quarantine([dead_letter, dead_letter])
    records = await read_topic("hub.dlq.v1")
    headers = dict(records[0].headers)
    assert len(records) == 2
    assert records[0].value == b'{"a": 1}'
    assert headers["dlq_code"] == b"no_object"
    assert headers["dlq_reason"].decode() == "names no object 无"
    assert {dict(record.headers)["dlq_id"] for record in records} == {headers["dlq_id"]}


@pytest.mark.slow
async def test_starting_without_a_broker_fails_clearly_and_in_time() -> None:
    """The error names the servers and what to check, within the budget."""
    servers = f"127.0.0.1:{closed_port()}"
    began = time.monotonic()
    with pytest.raises(Unavailable, match=servers) as caught:
        async with Publisher(KafkaSettings(bootstrap_servers=servers), timeout_s=1.0):
            pass
    assert time.monotonic() - began < 5
    assert "groupage doctor" in str(caught.value)


def _kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


@pytest.mark.integration
async def test_a_broker_that_dies_costs_the_budget_and_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """After a kill, publishing and stopping end within the budget; a restarted broker works."""
    data = DataDir(tmp_path_factory.mktemp("own"))
    data.prepare()
    node = servers.kafka_node(LocalSettings(), data, PortBook(data.ports_file))
    server = await asyncio.to_thread(servers.start_kafka, node)
    try:
        await asyncio.to_thread(servers.await_kafka, server)
        settings = KafkaSettings(bootstrap_servers=server.address)
        await ensure_topics(settings)
        publisher = Publisher(settings, timeout_s=2.0, stop_timeout_s=1.0)
        await publisher.start()
        # A broker that just started may need longer than the budget for its first record.
        async with asyncio.timeout(30):
            while (await publisher.publish_many([received("u1")]))[0].error:
                pass
        await asyncio.to_thread(_kill, server.child.pid)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="check that it runs"):
            await publisher.publish(received("u1", "r-2"))
        await publisher.stop()
        assert time.monotonic() - began < 8
        server = await asyncio.to_thread(servers.start_kafka, node)
        await asyncio.to_thread(servers.await_kafka, server)
        async with Publisher(settings, timeout_s=30.0) as again:
            receipt = await again.publish(received("u1", "r-2"))
        assert receipt.topic == "hub.unit.v1"
    finally:
        await asyncio.to_thread(server.child.stop)


@pytest.mark.integration
@pytest.mark.parametrize(
    "forged",
    [
        msgspec.structs.replace(received("u1"), source="/groupage/planner"),
        msgspec.structs.replace(received("u1"), relayed_by="unit"),
        new_fact(ClockTicked(at=AT), source="/ntp", event_id="1", occurred_at=AT),
    ],
)
async def test_nobody_publishes_in_the_hubs_name(publisher: Publisher, forged: Fact) -> None:
    """Workers would put the record aside as `not_yours`: the sender learns it at once."""
    with pytest.raises(InvalidInput, match=r"only the hub's own|are the hub's own"):
        await publisher.publish(forged)
