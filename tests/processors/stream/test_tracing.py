"""Tracing put over the Kafka client: it adds to the headers that it is given."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from groupage.contracts.encoding import encode
from groupage.contracts.topics import CLOCK_TOPICS
from groupage.domain.events import unit as units
from producers.publisher import Publisher
from producers.simulator.kafka_sink import Ticker
from tests.processors.stream.facts import NOON, fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

TRACE = ("traceparent", b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")


@pytest.fixture(autouse=True)
def tracing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Wrap `send` as opentelemetry-instrumentation-aiokafka does."""
    send = AIOKafkaProducer.send

    async def traced(self: Any, topic: str, *args: Any, **kwargs: Any) -> Any:
        headers = kwargs.get("headers")
        if headers is None:
            headers = kwargs["headers"] = []
        headers.append(TRACE)
        return await send(self, topic, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(AIOKafkaProducer, "send", traced)
        yield


async def traces(hub: StreamHub) -> Counter[int]:
    """Count the records of the topics with ticks by the number of trace contexts that they have."""
    found: Counter[int] = Counter()
    async with AIOKafkaConsumer(
        **hub.settings.kafka.client_kwargs(), auto_offset_reset="earliest"
    ) as consumer:
        places = [
            TopicPartition(hub.prefix + topic.name, number)
            for topic in CLOCK_TOPICS
            for number in range(topic.partitions)
        ]
        consumer.assign(places)
        for place, end in (await consumer.end_offsets(places)).items():
            while await consumer.position(place) < end:
                for record in (await consumer.getmany(place, timeout_ms=200)).get(place, ()):
                    found[sum(name == TRACE[0] for name, _ in record.headers)] += 1
    return found


async def test_each_record_has_its_own_trace_and_workers_believe_it(stream_hub: StreamHub) -> None:
    """The clock's ticks and the simulator's, a record sent twice, and the worker's messages."""
    kafka, prefix = stream_hub.settings.kafka, stream_hub.prefix
    receipt = units.UnitReceived(unit_id="U1", consignment_id="C1")
    record = encode(fact_of(receipt, event_id="1"), prefix=prefix)
    async with stream_hub.worker():
        await stream_hub.tick(NOON)
        async with Ticker(kafka, hub_key=stream_hub.settings.hub_key(), prefix=prefix) as ticker:
            await ticker.tick(NOON)
        async with Publisher(kafka, prefix=prefix) as publisher:
            await publisher.send_records([record])
            await publisher.send_records([record])
        await stream_hub.until_committed()
    assert set(await traces(stream_hub)) == {1}
    assert TRACE not in record.headers
    clocks = await stream_hub.pool.fetch("select distinct clock_at from intake_offset")
    assert NOON in {row[0] for row in clocks}
    assert not await stream_hub.pool.fetchval("select count(*) from dead_letter")
