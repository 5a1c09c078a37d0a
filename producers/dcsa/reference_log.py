"""The hub's references as its topics have them: read before a carrier's events are matched.

Three public topics have all that carriers name: sailings and bookings, containers, declarations.
Two more have what became of events about the hub's own consignments and consolidations. All scans
of cartons lie there, too, so they are read only from the first bundle on that needs them.
The reader begins `REACH` or `OWN_REACH` ago, reads to their end, and goes on from there the next
time, so that what any gateway or import took before counts.
"""

import asyncio
import time
from collections.abc import Iterable
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
    SailingPublished,
)
from groupage.settings import KafkaSettings
from producers.dcsa.references import References
from producers.dcsa.report import SOURCE

TOPICS = ("hub.schedule.v1", "hub.equipment.v1", "hub.customs.v1")
OWN_TOPICS = ("hub.consignment.v1", "hub.consolidation.v1")
REACH = timedelta(days=200)
"""A voyage is published, sailed, and reported about within this time. Assumption."""
OWN_REACH = timedelta(days=60)
"""An event about a consignment is updated or retracted within this time. Assumption."""
_TIMEOUT_S = 20.0
_IMPORT_TIMEOUT_S = 300.0
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
    )
)
_SOURCE = SOURCE.encode()
_NAMES_OWN = (b"urn:groupage:", b"etract", b"\\u00")
"""Signs of an event about the hub's own aggregates, of a retraction, of an escaped key."""

log = structlog.get_logger(__name__)


class StillReading(Unavailable):
    """The topics are longer than the time of one read."""


def needs_own(document: bytes) -> bool:
    """Tell whether events may be about consignments, or retract an event that was."""
    return any(sign in document for sign in _NAMES_OWN)


class ReferenceLog:
    """Reads the topics into `references`; an async context manager."""

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        prefix: str,
        references: References,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        """`timeout_s` limits each read."""
        self._kafka = kafka
        self._prefix = prefix
        self._timeout_s = timeout_s
        self._partitions = self._partitions_of(TOPICS)
        self._reads_own = False
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
                await self._seek(consumer, self._partitions, REACH)
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

    async def read_to_end(self, *, with_own: bool) -> References:
        """Read what the topics have now.

        Raises Unavailable; after StillReading the next call goes on from there.

        `with_own`: those with the hub's own consignments as well, as in all calls after it.
        """
        consumer = self._consumer
        assert consumer is not None, "the log is open"
        give_up_at = time.monotonic() + self._timeout_s
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                if with_own and not self._reads_own:
                    await self._add_own(consumer)
                ends = await consumer.end_offsets(self._partitions)
            behind = list(self._partitions)
            consumer.resume(*behind)
            while behind := [each for each in behind if await consumer.position(each) < ends[each]]:
                if time.monotonic() > give_up_at:
                    raise StillReading(
                        f"the hub's voyages and containers are being read from Kafka at "
                        f"{self._kafka.bootstrap_servers}: {len(behind)} partitions are left; send "
                        "the events again"
                    )
                fetched = await consumer.getmany(*behind, timeout_ms=_POLL_MS)
                for partition, records in fetched.items():
                    topic = partition.topic.removeprefix(self._prefix)
                    for record in records:
                        self._take(topic, record)
        except (KafkaError, TimeoutError, OSError) as error:
            raise self._unavailable(error) from error
        consumer.pause(*self._partitions)
        return self.references

    def _partitions_of(self, topics: Iterable[str]) -> list[TopicPartition]:
        return [
            TopicPartition(self._prefix + topic, number)
            for topic in topics
            for number in range(BY_NAME[topic].partitions)
        ]

    async def _add_own(self, consumer: AIOKafkaConsumer) -> None:
        positions = {each: await consumer.position(each) for each in self._partitions}
        own = self._partitions_of(OWN_TOPICS)
        consumer.assign([*self._partitions, *own])
        for partition, offset in positions.items():
            consumer.seek(partition, offset)
        await self._seek(consumer, own, OWN_REACH)
        self._partitions += own
        self._reads_own = True

    async def _seek(
        self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition], reach: timedelta
    ) -> None:
        since_ms = int((datetime.now(UTC) - reach).timestamp() * 1_000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, since_ms))
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
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
    kafka: KafkaSettings, *, prefix: str, takes_new_containers: bool, with_own: bool
) -> References:
    """Read the hub's references once. Raises Unavailable."""
    references = References(takes_new_containers=takes_new_containers)
    async with ReferenceLog(
        kafka, prefix=prefix, references=references, timeout_s=_IMPORT_TIMEOUT_S
    ) as reference_log:
        return await reference_log.read_to_end(with_own=with_own)
