"""Intake: one Kafka consumer for all topics of the worker, which puts batches on a channel.

The offsets in PostgreSQL count: on assignment the consumer seeks there, and the intake commits them
to Kafka only so that lag tools see them. The intake reads one batch while the agent folds the one
before, and no further ahead: that is the back-pressure, and records that wait longer leave the
processor's caches.
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

from groupage.contracts.consumers import stop_consumer
from groupage.contracts.signing import HubKey, Trust
from groupage.contracts.topics import BY_NAME
from groupage.contracts.unreadable import read_record_by_record
from groupage.domain.errors import Misconfigured, Unavailable
from groupage.settings import KafkaSettings, ProcessorSettings
from groupage.store import writers
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.trust import open_trust
from processors.worker.assignment import Assignment, Partition, counterpart_of
from processors.worker.assignor import PairAssignor
from processors.worker.batch import Batch, BatchLimits, PartitionBatch
from processors.worker.decoding import decode_into
from processors.worker.lag import commit_to_kafka, set_lag
from processors.worker.log_guard import LogGuard
from processors.worker.markers import Markers
from processors.worker.offsets import OffsetTracker
from processors.worker.pair_order import PairOrder
from processors.worker.plausibility import DEFAULT_RULES, TimeRules

_STOP_TIMEOUT_S = 4.0
_KAFKA_COMMIT_EVERY_S = 5.0
_LAG_EVERY_S = 1.0
_POSITIONS_TIMEOUT_S = 120.0
"""How long a rebalance waits for a restarting database; `max_poll_interval_ms` is longer."""
_FETCH_BYTES_MAX = 2 * 2**20
_RETRY_S = 0.5
_IDLE_S = 0.1
"""For the first records of a batch: they end the wait as soon as they come."""
_FRESH_S = 0.02
"""Wait for the fetch that aiokafka starts once all fetched records are read: the broker is near."""
_RUN_RECORDS = 200
"""Records decoded in one go: they fit into a processor's cache and take two to four milliseconds.
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Source:
    """The topics to consume: Kafka cluster, the hub's prefix and key, names without the prefix."""

    kafka: KafkaSettings
    prefix: str
    hub_key: HubKey
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
        time_rules: TimeRules = DEFAULT_RULES,
        fail: Callable[[BaseException], None],
        **service: Any,
    ) -> None:
        super().__init__(**service)
        self._settings = settings
        self._source = source
        self._trust = Trust(source.hub_key)
        self._prefix = source.prefix
        self._topics = source.topics
        self._pool = pool
        self._channel = channel
        self._assignment = assignment
        self.time_rules = time_rules
        self._seek_lock = asyncio.Lock()
        self._offsets = OffsetTracker()
        self._next_allowed = asyncio.Event()
        self._agent_idle = asyncio.Event()
        self._agent_idle.set()
        self.fail = fail
        self._consumer = AIOKafkaConsumer(
            **source.kafka.client_kwargs(),
            # Unlike the Faust app's id: another member protocol must not join this group.
            group_id=f"{source.prefix}groupage-intake",
            client_id="groupage-processor",
            # Only one: aiokafka 0.14 joins the group once for each of them, and two workers then
            # interrupt each other without end (findings/aiokafka-joins-once-for-each-assignor.sh).
            partition_assignment_strategy=(PairAssignor,),
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=_FETCH_BYTES_MAX,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            # The intake does not poll while the database is away, and must keep its partitions.
            max_poll_interval_ms=900_000,
        )
        self._order = PairOrder(self._consumer, prefix=source.prefix)
        self._log_guard = LogGuard(
            pool=pool, kafka=source.kafka, prefix=source.prefix, topics=source.topics, fail=fail
        )
        self.add_dependency(self._log_guard)
        self._markers = Markers(self._consumer, self._offsets, self._tp)

    # --- start and stop -----------------------------------------------------------------------

    async def on_start(self) -> None:
        """Join the group.

        Raises Unavailable when Kafka does not answer, Misconfigured when the log is another one.
        """
        await self._log_guard.begin()
        names = [self._prefix + topic for topic in self._topics]
        self._consumer.subscribe(names, listener=_Listener(self))
        try:
            await self._consumer.start()
        except KafkaError as error:
            raise Unavailable(f"the worker cannot join its Kafka group: {error!r}") from error
        self._trust = await open_trust(
            self._pool, self._source.hub_key, kafka=self._source.kafka, prefix=self._prefix
        )

    async def on_stop(self) -> None:
        """Leave the group within a budget; otherwise Kafka notices when the session times out."""
        await stop_consumer(self._consumer, timeout_s=_STOP_TIMEOUT_S)

    def allow_next_batch(self) -> None:
        """Let the intake read on: the agent took the batch from the channel."""
        self._agent_idle.clear()
        self._next_allowed.set()

    def expect_next_batch(self) -> None:
        """Let the intake close its batch: the agent has folded the one before and waits."""
        self._agent_idle.set()

    async def reset(self) -> None:
        """Start again from the stored offsets, after a fence or a commit that may have failed."""
        async with self._seek_lock:
            partitions = list(self._assignment.partitions)
            self._assignment.drop()
            await self._take_partitions(partitions)

    async def take_over_partitions(self, partitions: Collection[TopicPartition]) -> None:
        """Take over the partitions that Kafka assigned."""
        async with self._seek_lock:
            if partitions:
                await self._log_guard.check(patience_s=_POSITIONS_TIMEOUT_S)
            await self._take_partitions([self._partition(tp) for tp in partitions])
        log.info("partitions_assigned", partitions=len(partitions), epoch=self._assignment.epoch)

    def give_up_partitions(self) -> None:
        """Give up all partitions. Batches under way are void; the fence in the database agrees."""
        self._assignment.drop()
        self._order.start({})

    async def _take_partitions(self, partitions: list[Partition]) -> None:
        self._require_pairs(partitions)
        stored = await self._stored_offsets(partitions) if partitions else {}
        for partition, (offset, _) in stored.items():
            self._consumer.seek(self._tp(partition), offset)
        self._offsets.start({partition: offset for partition, (offset, _) in stored.items()})
        self._order.start(
            {self._tp(partition): offset for partition, (offset, _) in stored.items()}
        )
        self._assignment.take(stored)

    def _require_pairs(self, partitions: list[Partition]) -> None:
        """Raise Misconfigured if another worker holds facts of the same aggregates."""
        for partition in partitions:
            other = counterpart_of(partition)
            if other and other[0] in self._topics and other not in partitions:
                raise Misconfigured(
                    f"Kafka assigned {partition[0]}[{partition[1]}] to this worker and "
                    f"{other[0]}[{other[1]}] to another one, because a worker of an older version "
                    f"is in group {self._prefix}groupage-intake: stop it, then start this one"
                )

    async def _stored_offsets(self, partitions: list[Partition]) -> dict[Partition, Any]:
        async for attempt in stamina.retry_context(
            on=TRANSIENT_ERRORS, attempts=None, timeout=_POSITIONS_TIMEOUT_S, wait_max=2.0
        ):
            with attempt:
                return await writers.open_offsets(self._pool, partitions)
        raise AssertionError("stamina raises after its last attempt")

    def _tp(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition[0], partition[1])

    def _partition(self, tp: TopicPartition) -> Partition:
        return tp.topic.removeprefix(self._prefix), tp.partition

    # --- fetching -----------------------------------------------------------------------------

    @faust.Service.task
    async def _run(self) -> None:
        try:
            while not self.should_stop:
                if batch := await self._fetch():
                    self._next_allowed.clear()
                    await self._channel.put(batch)  # type: ignore[arg-type] # a channel takes any value
                    if not batch.full:  # records that come meanwhile share the cost of a batch
                        await self.sleep(self._settings.batch_wait_s)
                    await self.wait(self._next_allowed.wait())
        except Exception as error:
            self.fail(error)
            raise

    async def _fetch(self) -> Batch | None:
        """Fetch and decode up to a full batch in small runs; None: no record came in time.

        aiokafka fetches ahead only once its last fetch is read. So the first round reads that
        fetch, and the second one gets the records that came meanwhile. While the agent folds the
        batch before, further rounds cost no time, and save the work that each batch costs for each
        aggregate that it touches.
        """
        epoch = -1
        parts: dict[Partition, PartitionBatch] = {}
        settings = self._settings
        limits = BatchLimits(
            records_max=settings.batch_records_max,
            bytes_max=settings.batch_bytes_max,
            aggregates_max=settings.batch_aggregates_max,
        )
        remaining = limits.records_max
        rounds, wait_s = 0, _IDLE_S
        while remaining:
            if records := await self._fetch_records(wait_s, min(remaining, _RUN_RECORDS)):
                # No await from here on: epoch, offsets and records belong together.
                if epoch != self._assignment.epoch:
                    epoch = self._assignment.epoch
                    parts.clear()
                self._decode(records, parts)
                remaining = limits.remaining_records(parts.values())
                wait_s = 0.0
                await asyncio.sleep(0)
                continue
            rounds += 1
            if not parts or self.should_stop or (rounds > 1 and self._agent_idle.is_set()):
                break
            wait_s = min(settings.batch_wait_s, _FRESH_S)
        # Found before it is compared: no await may come between epoch, offsets and parts.
        positions = await self._markers.find_positions()
        if positions and (not parts or epoch == self._assignment.epoch):
            epoch = self._assignment.epoch
            self._markers.add(positions, parts)
        return Batch(epoch, list(parts.values()), full=not remaining) if parts else None

    def _decode(
        self,
        fetched: dict[TopicPartition, list[Any]],
        parts: dict[Partition, PartitionBatch],
    ) -> None:
        """Append the records to the parts of their partitions."""
        for tp, records in fetched.items():
            partition = self._partition(tp)
            following = self._offsets.accept(partition, records)
            if following is None:
                self._consumer.seek(tp, self._offsets.expected[partition])
            elif following:
                part = parts.get(partition)
                if part is None:
                    part = parts[partition] = PartitionBatch(*partition)
                decode_into(part, following, self._trust, self.time_rules)

    async def _fetch_records(
        self, wait_s: float, records_max: int
    ) -> dict[TopicPartition, list[Any]]:
        """Fetch the next records by partition; empty: none came, or the caller must try again."""
        try:
            fetched = await self._order.fetch(
                timeout_ms=int(wait_s * 1_000), records_max=records_max
            )
        except UnicodeDecodeError:
            async with self._seek_lock:
                expected = self._offsets.expected
                return await read_record_by_record(
                    self._consumer, {self._tp(partition): at for partition, at in expected.items()}
                )
        except ConsumerStoppedError:
            if not self.should_stop:
                raise
        except OffsetOutOfRangeError as error:
            await self._out_of_range(error)
        except NoOffsetForPartitionError:
            # Kafka assigned it a moment ago, and the consumer has not been positioned yet.
            await self._seek_to_expected()
        except KafkaError as error:
            if not error.retriable:
                raise
            log.warning("fetch_failed", error=repr(error))
            await asyncio.sleep(_RETRY_S)
        else:
            return fetched
        return {}

    async def _seek_to_expected(self) -> None:
        async with self._seek_lock:
            assigned = self._consumer.assignment()
            for partition, offset in self._offsets.expected.items():
                if (tp := self._tp(partition)) in assigned:  # its topic may be gone
                    self._consumer.seek(tp, offset)

    async def _out_of_range(self, error: OffsetOutOfRangeError) -> None:
        """Seek to where the log begins, for a new hub. Raises Misconfigured on lost records."""
        tps = list(error.args[0])
        begins = await self._consumer.beginning_offsets(tps)
        ends = await self._consumer.end_offsets(tps)
        for tp in tps:
            stored = self._assignment.partitions.get(self._partition(tp))
            if stored is None:
                continue
            kept_for_ever = BY_NAME[self._partition(tp)[0]].retention is None
            if stored.next_offset != 0 and (kept_for_ever or stored.next_offset > ends[tp]):
                raise Misconfigured(
                    f"{tp.topic}[{tp.partition}] holds offsets {begins[tp]} to {ends[tp]}, the "
                    f"database expects {stored.next_offset} next: the topic was cut or "
                    "created again. Point both at the same hub, or start with an empty database"
                )
            self._consumer.seek(tp, begins[tp])

    # --- reporting ------------------------------------------------------------------------------

    @faust.Service.task
    async def _report_progress(self) -> None:
        committed_at = 0.0
        while not self.should_stop:
            await self.sleep(_LAG_EVERY_S)
            set_lag(self._consumer, self._assignment, prefix=self._prefix)
            if time.monotonic() - committed_at >= _KAFKA_COMMIT_EVERY_S:
                committed_at = time.monotonic()
                await commit_to_kafka(self._consumer, self._assignment, prefix=self._prefix)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc] # untyped
    """Calls the intake on a rebalance, and ends the worker on errors, which aiokafka only logs."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:  # noqa: ARG002
        self._intake.give_up_partitions()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        try:
            await self._intake.take_over_partitions(assigned)
        except Exception as error:
            self._intake.fail(error)
            raise
