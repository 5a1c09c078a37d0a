"""The hub's references as its topics have them: read before a carrier's events are matched.

Three public topics have all that carriers name: sailings and bookings, containers, declarations.
The reader begins `REACH` ago, reads to their end, and goes on from there the next time, so that
what any gateway or import took before counts.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from groupage.contracts.attributes import ce_type
from groupage.contracts.consumers import stop_consumer
from groupage.contracts.decoding import decode
from groupage.contracts.topics import BY_NAME
from groupage.contracts.undecodable import Undecodable
from groupage.domain.errors import Unavailable
from groupage.domain.events.equipment import ContainerBooked, ContainerReleased
from groupage.domain.events.schedule import (
    CarrierBookingConfirmed,
    CarrierBookingRolled,
    LegArrived,
    LegDeparted,
    SailingPublished,
)
from groupage.settings import KafkaSettings
from producers.dcsa.references import References
from producers.dcsa.report import SOURCE

TOPICS = ("hub.schedule.v1", "hub.equipment.v1", "hub.customs.v1")
REACH = timedelta(days=200)
"""A voyage is published, sailed, and reported about within this time. Assumption."""
_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 3.0
_POLL_MS = 250
_FETCH_WAIT_MS = 50
"""A broker answers the requests of a connection in their order: while it waits for records, nobody
learns where the topics end."""
_RECORDS_MAX = 2_000
_READ = frozenset(
    ce_type(event).encode()
    for event in (
        SailingPublished,
        CarrierBookingConfirmed,
        CarrierBookingRolled,
        ContainerReleased,
        ContainerBooked,
        LegArrived,
        LegDeparted,
    )
)
_SOURCE = SOURCE.encode()

log = structlog.get_logger(__name__)


class ReferenceLog:
    """Reads the topics into `references`; an async context manager."""

    def __init__(self, kafka: KafkaSettings, *, prefix: str, references: References) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._partitions = [
            TopicPartition(prefix + topic, number)
            for topic in TOPICS
            for number in range(BY_NAME[topic].partitions)
        ]
        self._consumer: AIOKafkaConsumer | None = None
        self.references = references
        """What has been read so far."""

    async def __aenter__(self) -> Self:
        consumer = AIOKafkaConsumer(
            **self._kafka.client_kwargs(),
            client_id="groupage-dcsa",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_records=_RECORDS_MAX,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await consumer.start()
                consumer.assign(self._partitions)
                await self._seek(consumer)
        except BaseException as error:
            await stop_consumer(consumer, timeout_s=_STOP_TIMEOUT_S)
            if isinstance(error, KafkaError | TimeoutError | OSError):
                raise self._unavailable(error) from error
            raise
        self._consumer = consumer
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_consumer(consumer, timeout_s=_STOP_TIMEOUT_S)

    async def read_to_end(self) -> References:
        """Read what the topics have now. Raises Unavailable; the next call goes on from there."""
        consumer = self._consumer
        assert consumer is not None, "the log is open"
        give_up_at = time.monotonic() + _TIMEOUT_S
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                ends = await consumer.end_offsets(self._partitions)
            behind = list(self._partitions)
            consumer.resume(*behind)
            while behind := [each for each in behind if await consumer.position(each) < ends[each]]:
                if time.monotonic() > give_up_at:
                    raise self._unavailable(TimeoutError(f"{len(behind)} partitions to read"))
                fetched = await consumer.getmany(*behind, timeout_ms=_POLL_MS)
                for partition, records in fetched.items():
                    topic = partition.topic.removeprefix(self._prefix)
                    for record in records:
                        self._take(topic, record)
        except (KafkaError, TimeoutError, OSError) as error:
            raise self._unavailable(error) from error
        consumer.pause(*self._partitions)
        return self.references

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        since_ms = int((datetime.now(UTC) - REACH).timestamp() * 1_000)
        found = await consumer.offsets_for_times(dict.fromkeys(self._partitions, since_ms))
        ends = await consumer.end_offsets(self._partitions)
        for partition in self._partitions:
            at = found.get(partition)
            consumer.seek(partition, ends[partition] if at is None else at.offset)

    def _take(self, topic: str, record: Any) -> None:
        headers = dict(record.headers)
        kind, source = headers.get("ce_type", b""), headers.get("ce_source", b"")
        if kind.startswith(b"container.") and record.key:
            self.references.note_container(record.key.decode(errors="replace"))
        if kind not in _READ and not source.startswith(_SOURCE):
            return
        recorded_at = datetime.fromtimestamp(record.timestamp / 1_000, UTC)
        try:
            fact = decode(record.headers, record.key, record.value, recorded_at=recorded_at)
        except Undecodable as error:
            log.debug("reference_skipped", topic=topic, offset=record.offset, reason=str(error))
            return
        self.references.note(fact)

    def _unavailable(self, error: BaseException) -> Unavailable:
        return Unavailable(
            f"Kafka at {self._kafka.bootstrap_servers} does not answer about the hub's voyages and "
            f"containers ({type(error).__name__}: {error}); start it with `groupage up`, or check "
            f"{self._kafka.to_check}"
        )


async def read_references(
    kafka: KafkaSettings, *, prefix: str, takes_new_containers: bool
) -> References:
    """Read the hub's references once. Raises Unavailable."""
    references = References(takes_new_containers=takes_new_containers)
    async with ReferenceLog(kafka, prefix=prefix, references=references) as reference_log:
        return await reference_log.read_to_end()
