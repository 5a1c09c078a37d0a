"""Receive what the hub publishes about plans, as a warehouse system would."""

import asyncio
from collections import deque
from datetime import UTC, datetime
from typing import Self

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from groupage.contracts.consumers import STOP_TIMEOUT_S, stop_consumer
from groupage.contracts.decoding import decode
from groupage.contracts.topics import INTERNAL_TOPIC_OF
from groupage.contracts.undecodable import Undecodable
from groupage.domain.errors import Unavailable
from groupage.domain.events.base import Event
from groupage.domain.events.consolidation import ConsolidationOpened
from groupage.domain.events.planning import (
    ContainerPlanned,
    PlanApproved,
    PlanFailed,
    PlanProposed,
    PlanRejected,
    PlanRequested,
    RoutePlanned,
    RouteRevised,
)
from groupage.settings import KafkaSettings

log = structlog.get_logger(__name__)

_EVENTS = (
    PlanRequested,
    PlanProposed,
    ContainerPlanned,
    RoutePlanned,
    RouteRevised,
    PlanApproved,
    PlanRejected,
    PlanFailed,
    ConsolidationOpened,
)
_TYPES = frozenset(event.name + ".v1" for event in _EVENTS)
_TOPICS = frozenset(INTERNAL_TOPIC_OF[event.kind] for event in _EVENTS)


class Feedback:
    """Consumes from the end offsets of its start, without a consumer group."""

    def __init__(self, settings: KafkaSettings, *, prefix: str = "") -> None:
        self._settings = settings
        self._prefix = prefix
        self._consumer: AIOKafkaConsumer | None = None
        self._ends_consumer: AIOKafkaConsumer | None = None
        """Requests end offsets on a second connection: a fetch may block the first one."""
        self._task: asyncio.Task[None] | None = None
        self._received: deque[Event] = deque()
        self._partitions: list[TopicPartition] = []

    async def __aenter__(self) -> Self:
        """Connect and start to consume. Raises Unavailable when no broker answers."""
        consumer = AIOKafkaConsumer(
            **self._settings.client_kwargs(),
            client_id="groupage-simulator",
            group_id=None,
            enable_auto_commit=False,
            fetch_max_bytes=16 * 2**20,
            max_partition_fetch_bytes=16 * 2**20,
        )
        ends_consumer = AIOKafkaConsumer(
            **self._settings.client_kwargs(), client_id="groupage-simulator-ends", group_id=None
        )
        partitions = [
            TopicPartition(self._prefix + topic.name, number)
            for topic in _TOPICS
            for number in range(topic.partitions)
        ]
        try:
            async with asyncio.timeout(self._settings.request_timeout_s):
                await asyncio.gather(consumer.start(), ends_consumer.start())
                consumer.assign(partitions)
                await consumer.seek_to_end(*partitions)
                for partition in partitions:
                    await consumer.position(partition)
        except (KafkaError, OSError, TimeoutError) as error:
            for each in (consumer, ends_consumer):
                await stop_consumer(each, timeout_s=STOP_TIMEOUT_S)
            raise Unavailable(
                f"Kafka at {self._settings.bootstrap_servers} did not answer for the hub's topics "
                f"({type(error).__name__}: {error}); check `groupage status` and `groupage topics`"
            ) from error
        self._consumer, self._ends_consumer = consumer, ends_consumer
        self._partitions = partitions
        self._task = asyncio.create_task(self._listen(consumer))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop consuming."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for consumer in (self._consumer, self._ends_consumer):
            if consumer:
                await stop_consumer(consumer, timeout_s=STOP_TIMEOUT_S)

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            batches = await consumer.getmany(timeout_ms=200)
            for records in batches.values():
                for record in records:
                    event = self._event(record)
                    if event is not None:
                        self._received.append(event)

    def _event(self, record: ConsumerRecord) -> Event | None:
        headers = dict(record.headers)
        if headers.get("ce_type", b"").decode() not in _TYPES:
            return None
        try:
            return decode(
                record.headers, record.key, record.value, recorded_at=datetime.now(UTC)
            ).data
        except Undecodable as error:
            log.warning("feedback_undecodable", topic=record.topic, error=str(error))
            return None

    async def received_all(self) -> bool:
        """Return whether everything published until now was received; False if Kafka is away.

        By the consumer's positions: behind the last record there may be markers of transactions.
        """
        assert self._consumer, "used as a context manager"
        assert self._ends_consumer, "used as a context manager"
        try:
            ends = await self._ends_consumer.end_offsets(self._partitions)
            positions = {each: await self._consumer.position(each) for each in self._partitions}
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("feedback_ends_unknown", error=repr(error))
            return False
        return all(positions[partition] >= end for partition, end in ends.items())

    def drain(self) -> list[Event]:
        """Return the events since the last call. Raises the error that ended the consumer."""
        if self._task and self._task.done():
            self._task.result()
        events = list(self._received)
        self._received.clear()
        return events
