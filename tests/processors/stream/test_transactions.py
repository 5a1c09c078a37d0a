"""Somebody writes with transactions: their markers take offsets, and nobody waits for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from groupage.app.demo.backlog import HubBacklog
from groupage.contracts.encoding import encode
from groupage.contracts.partitioning import partition_of
from groupage.domain.events import unit as units
from groupage.domain.policy import Policy
from groupage.telemetry import metrics
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from producers.simulator.feedback import Feedback
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

TOPIC, KEY = "hub.consignment.v1", "C1"
PARTITION = partition_of(KEY, TOPIC)


@asynccontextmanager
async def transactional(hub: StreamHub) -> AsyncIterator[AIOKafkaProducer]:
    """Connect a producer that writes with transactions."""
    producer = AIOKafkaProducer(
        **hub.settings.kafka.client_kwargs(), transactional_id=f"{hub.prefix}wms"
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send(hub: StreamHub, producer: AIOKafkaProducer, unit_id: str, *, commit: bool) -> None:
    """Send a receipt in a transaction, and commit or abort it."""
    receipt = units.UnitReceived(unit_id=unit_id, consignment_id=KEY)
    record = encode(fact_of(receipt, event_id=unit_id), prefix=hub.prefix)
    await producer.begin_transaction()
    await producer.send_and_wait(
        record.topic, value=record.value, key=record.key, headers=record.headers
    )
    await (producer.commit_transaction() if commit else producer.abort_transaction())


async def test_the_worker_reads_to_the_end_of_the_log(stream_hub: StreamHub) -> None:
    """Stored offset, lag, backlog and Kafka's own tools reach it, and a rebuild finds the same."""
    tp = TopicPartition(stream_hub.prefix + TOPIC, PARTITION)
    async with transactional(stream_hub) as producer, stream_hub.worker():
        await send(stream_hub, producer, "U1", commit=True)
        await stream_hub.until_committed()
        await send(stream_hub, producer, "U2", commit=False)
        await send(stream_hub, producer, "U3", commit=True)
        await send(stream_hub, producer, "U4", commit=False)
        await stream_hub.until_committed()
        lag = metrics.CONSUMER_LAG.labels("worker", TOPIC, str(PARTITION))

        async def is_known() -> bool:
            offsets = await admin.list_consumer_group_offsets(f"{stream_hub.prefix}groupage-intake")
            committed = offsets.get(tp)
            return committed is not None and committed.offset == 8 and lag._value.get() == 0

        admin = AIOKafkaAdminClient(**stream_hub.settings.kafka.client_kwargs())
        await admin.start()
        await stream_hub.until("lag tools see the end of the log", is_known)
        await admin.close()
        consumer = AIOKafkaConsumer(**stream_hub.settings.kafka.client_kwargs())
        await consumer.start()
        backlog = HubBacklog(stream_hub.pool, consumer, prefix=stream_hub.prefix)
        assert await backlog() == 0
        await consumer.stop()
    units_stored = await stream_hub.pool.fetch("select event_id from fact order by 1")
    assert [row[0] for row in units_stored] == ["U1", "U3"]
    report = await rebuild(
        stream_hub.settings, all_aggregates(Policy()), verify=True, progress=lambda *_: None
    )
    assert report.equal, report.tables


async def test_the_simulator_has_received_all(stream_hub: StreamHub) -> None:
    """Although the log of plans ends with a marker."""
    async with (
        transactional(stream_hub) as producer,
        Feedback(stream_hub.settings.kafka, prefix=stream_hub.prefix) as feedback,
    ):
        for commits in (True, False):
            await producer.begin_transaction()
            await producer.send_and_wait(f"{stream_hub.prefix}hub.plan.v1", value=b"{}", key=b"P")
            await (producer.commit_transaction() if commits else producer.abort_transaction())
            await stream_hub.until("it has received all", feedback.received_all)
