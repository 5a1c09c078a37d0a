"""Intake: one Kafka consumer for all processor topics; batches go on a bounded channel.

The offset that counts is PostgreSQL's: on assignment the consumer seeks there, and it is committed
to Kafka only so that lag tools see it. The next batch is read while the last one is folded, and
no further ahead: that is the back-pressure, and what lies longer leaves the processor's caches.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import asyncpg
import faust
import stamina
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from faust.types import ChannelT

from groupage.contracts.topics import BY_NAME
from groupage.domain.errors import Misconfigured, Unavailable
from groupage.settings import KafkaSettings, ProcessorSettings
from groupage.store import writers
from groupage.store.pool import TRANSIENT_ERRORS
from processors.worker.assignment import Assignment, Partition
from processors.worker.batch import Batch, Room, Slice
from processors.worker.decoding import read_into
from processors.worker.lag import commit_to_kafka, show_lag
from processors.worker.offsets import Sequence
from processors.worker.unreadable import read_one_by_one

_STOP_TIMEOUT_S = 4.0
_KAFKA_COMMIT_EVERY_S = 5.0
_LAG_EVERY_S = 1.0
_POSITIONS_TIMEOUT_S = 120.0
"""A rebalance while the database restarts waits for it, within Kafka's patience with members."""
_FETCH_BYTES_MAX = 2 * 2**20
_RETRY_S = 0.5
_FRESH_S = 0.02
"""For the fetch that sets out once all fetched records are read: the broker is on this machine or
near, and what it sends is what came together meanwhile."""
_RUN_RECORDS = 200
"""Fetched and read at one go: what fits into a processor's cache, and two to four milliseconds."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Source:
    """Where to read: a Kafka, the hub's prefix, topics without it."""

    kafka: KafkaSettings
    prefix: str
    topics: Collection[str]


class Intake(faust.Service):
    """Fetches batches of the partitions that Kafka assigns to this worker."""

    def __init__(
        self,
        *,
        source: Source,
        settings: ProcessorSettings,
        pool: asyncpg.Pool,
        channel: ChannelT[Batch],
        assignment: Assignment,
        fail: Callable[[BaseException], None],
        **service: Any,
    ) -> None:
        super().__init__(**service)
        self._settings = settings
        self._prefix = source.prefix
        self._topics = source.topics
        self._pool = pool
        self._channel = channel
        self._assignment = assignment
        self._seeking = asyncio.Lock()
        self._sequence = Sequence()
        self._taken = asyncio.Event()
        self.fail = fail
        self._consumer = AIOKafkaConsumer(
            **source.kafka.client_kwargs(),
            # Not the name of the Faust app, and not that of any other member protocol.
            group_id=f"{source.prefix}groupage-intake",
            client_id="groupage-processor",
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=_FETCH_BYTES_MAX,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            # While the database is away nothing is polled; that alone must not cost the partitions.
            max_poll_interval_ms=900_000,
        )

    # --- life ---------------------------------------------------------------------------------

    async def on_start(self) -> None:
        """Join the group. Raises Unavailable when Kafka has gone since it was last asked."""
        names = [self._prefix + topic for topic in self._topics]
        self._consumer.subscribe(names, listener=_Listener(self))
        try:
            await self._consumer.start()
        except KafkaError as error:
            raise Unavailable(f"Kafka does not let this worker in: {error!r}") from error

    async def on_stop(self) -> None:
        """Leave the group, within a budget: a member that vanishes costs only its session."""
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await self._consumer.stop()
        except (TimeoutError, KafkaError) as error:
            log.warning("intake_stop_cut_short", error=repr(error))

    def go_on(self) -> None:
        """The batch on the channel was taken: the next one may be read."""
        self._taken.set()

    async def reset(self) -> None:
        """Start again from the stored offsets: after a fence, or after a commit of unknown end."""
        async with self._seeking:
            held = list(self._assignment.positions)
            self._assignment.drop()
            await self._take(held)

    async def assigned(self, partitions: Collection[TopicPartition]) -> None:
        """Kafka gave us these partitions."""
        async with self._seeking:
            await self._take([self._partition(tp) for tp in partitions])
        log.info("partitions_assigned", partitions=len(partitions), epoch=self._assignment.epoch)

    def revoked(self) -> None:
        """Kafka takes all partitions; a batch on its way is void, the database says so too."""
        self._assignment.drop()

    async def _take(self, partitions: list[Partition]) -> None:
        stored = await self._stored(partitions) if partitions else {}
        for partition, (offset, _) in stored.items():
            self._consumer.seek(self._tp(partition), offset)
        self._sequence.begin({partition: offset for partition, (offset, _) in stored.items()})
        self._assignment.take(stored)

    async def _stored(self, partitions: list[Partition]) -> dict[Partition, Any]:
        async for attempt in stamina.retry_context(
            on=TRANSIENT_ERRORS, attempts=None, timeout=_POSITIONS_TIMEOUT_S, wait_max=2.0
        ):
            with attempt:
                return await writers.open_positions(self._pool, partitions)
        raise AssertionError("stamina raises after its last attempt")

    def _tp(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition[0], partition[1])

    def _partition(self, tp: TopicPartition) -> Partition:
        return tp.topic.removeprefix(self._prefix), tp.partition

    # --- work ---------------------------------------------------------------------------------

    @faust.Service.task
    async def _run(self) -> None:
        try:
            while not self.should_stop:
                if batch := await self._fetch():
                    self._taken.clear()
                    await self._channel.put(batch)  # type: ignore[arg-type] # a channel takes any value
                    if not batch.full:  # what comes meanwhile shares the cost of a batch
                        await self.sleep(self._settings.batch_wait_s)
                    await self.wait(self._taken.wait())
        except Exception as error:
            self.fail(error)
            raise

    async def _fetch(self) -> Batch | None:
        """What is there, up to a full batch, read in small runs; None: nothing came in time.

        aiokafka fetches ahead only once all of its last fetch is read: that one lies there since
        the batch before ended, and one more brings what came meanwhile.
        """
        epoch = -1
        slices: dict[Partition, Slice] = {}
        settings = self._settings
        room = Room(
            records_max=settings.batch_records_max,
            bytes_max=settings.batch_bytes_max,
            owners_max=settings.batch_owners_max,
        )
        left = room.records_max
        for patience_s in (settings.batch_wait_s, _FRESH_S):
            wait_s = patience_s
            while left and (found := await self._records(wait_s, min(left, _RUN_RECORDS))):
                # No await from here on: epoch, places and records belong together.
                if epoch != self._assignment.epoch:
                    epoch = self._assignment.epoch
                    slices.clear()
                self._read(found, slices)
                left = room.left(slices.values())
                wait_s = 0.0
                await asyncio.sleep(0)
            if not slices:
                break
        return Batch(epoch, list(slices.values()), full=not left) if slices else None

    def _read(self, found: dict[TopicPartition, list[Any]], slices: dict[Partition, Slice]) -> None:
        """Append what the records hold to their partitions' slices."""
        for tp, records in found.items():
            partition = self._partition(tp)
            following = self._sequence.follow(partition, records)
            if following is None:
                self._consumer.seek(tp, self._sequence.expected[partition])
            elif following:
                piece = slices.get(partition)
                if piece is None:
                    piece = slices[partition] = Slice(*partition)
                read_into(piece, following)

    async def _records(self, wait_s: float, records_max: int) -> dict[TopicPartition, list[Any]]:
        """The next records by partition; none: nothing came, or it must be tried again."""
        try:
            found: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
                timeout_ms=int(wait_s * 1_000), max_records=records_max
            )
        except UnicodeDecodeError:
            async with self._seeking:
                expected = self._sequence.expected
                return await read_one_by_one(
                    self._consumer, {self._tp(partition): at for partition, at in expected.items()}
                )
        except ConsumerStoppedError:
            if not self.should_stop:
                raise
        except OffsetOutOfRangeError as error:
            await self._out_of_range(error)
        except NoOffsetForPartitionError:
            # Assigned a moment ago, and not yet told where to begin.
            async with self._seeking:
                for partition, offset in self._sequence.expected.items():
                    self._consumer.seek(self._tp(partition), offset)
        except KafkaError as error:
            if not error.retriable:
                raise
            log.warning("fetch_failed", error=repr(error))
            await asyncio.sleep(_RETRY_S)
        else:
            return found
        return {}

    async def _out_of_range(self, error: OffsetOutOfRangeError) -> None:
        """A new intake begins where the log begins; any other stored offset outside is a loss."""
        tps = list(error.args[0])
        begins = await self._consumer.beginning_offsets(tps)
        ends = await self._consumer.end_offsets(tps)
        for tp in tps:
            stored = self._assignment.positions.get(self._partition(tp))
            if stored is None:
                continue
            kept_for_ever = BY_NAME[self._partition(tp)[0]].retention is None
            if stored.next_offset != 0 and (kept_for_ever or stored.next_offset > ends[tp]):
                raise Misconfigured(
                    f"{tp.topic}[{tp.partition}] holds offsets {begins[tp]} to {ends[tp]}, the "
                    f"database goes on at {stored.next_offset}: the topic was cut or made anew. "
                    "Point both at the same hub, or start with an empty database"
                )
            self._consumer.seek(tp, begins[tp])

    # --- what others see ------------------------------------------------------------------------

    @faust.Service.task
    async def _tell(self) -> None:
        committed_at = 0.0
        while not self.should_stop:
            await self.sleep(_LAG_EVERY_S)
            show_lag(self._consumer, self._assignment, prefix=self._prefix)
            if time.monotonic() - committed_at >= _KAFKA_COMMIT_EVERY_S:
                committed_at = time.monotonic()
                await commit_to_kafka(self._consumer, self._assignment, prefix=self._prefix)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # untyped
    """Passes Kafka's word on. aiokafka logs what a listener raises and goes on: we end instead."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:  # noqa: ARG002
        self._intake.revoked()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        try:
            await self._intake.assigned(assigned)
        except Exception as error:
            self._intake.fail(error)
            raise
