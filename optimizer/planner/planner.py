"""A consumer of plan requests that commits an offset only after its answer is stored."""

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from groupage.domain.policy import Policy
from groupage.settings import KafkaSettings, PlannerSettings
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.relay import OutboxRelay
from groupage.telemetry import metrics
from optimizer.planner.announce import ORIGIN_TOPIC
from optimizer.planner.batches import Taken, newest_by_lane, requests_in
from optimizer.planner.records import Records
from optimizer.planner.solver import Solver
from optimizer.planner.work import Work

_POLL_MS = 500
_BATCH_MAX = 200
_MESSAGES_MAX = 200
"""Published at once: some are as large as a load plan."""
_POLL_INTERVAL_MS_MAX = 3_600_000
"""A batch of many lanes takes long; a planner that died is found out by its missing heartbeats."""
_RETRY_S = 1.0
_LATENCY_S_MAX = 3_600.0
_STOP_TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


class Planner:
    """Takes requests, newest of each lane first, and answers them with its solvers."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        prefix: str,
        pool: asyncpg.Pool,
        settings: PlannerSettings,
        policy: Policy,
        solver_command: Sequence[str] = (),
    ) -> None:
        self._topic = prefix + ORIGIN_TOPIC
        self._records = Records(pool)
        self._relay = OutboxRelay(
            kafka=kafka,
            prefix=prefix,
            pool=pool,
            held=self._held,
            messages_max=_MESSAGES_MAX,
            client_id="groupage-planner",
            compression_type="lz4",  # load plans of hundreds of cartons
        )
        self._solvers = [Solver(solver_command) for _ in range(settings.solver_processes)]
        self._free: asyncio.Queue[Work] = asyncio.Queue()
        for solver in self._solvers:
            self._free.put_nowait(
                Work(
                    pool=pool,
                    solver=solver,
                    settings=settings,
                    policy=policy,
                    announced=self._relay.wake,
                )
            )
        self._pool = pool
        self._consumer = AIOKafkaConsumer(
            self._topic,
            **kafka.client_kwargs(),
            client_id="groupage-planner",
            group_id=f"{prefix}groupage-planner",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=_POLL_INTERVAL_MS_MAX,
        )

    async def checks(self) -> dict[str, bool | str]:
        """Readiness: the database answers and Kafka has given us partitions (or somebody else)."""
        await self._pool.fetchval("select 1")
        return {"database": True, "kafka": self._consumer.subscription() is not None}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`. A solve under way is then given up: the request comes again."""
        await self._consumer.start()
        relay = asyncio.create_task(self._relay.run())
        work = asyncio.create_task(self._loop())
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({relay, work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in (relay, work):
                if task.done():
                    task.result()
        finally:
            stopped.cancel()
            for task in (relay, work):
                task.cancel()
            await asyncio.gather(relay, work, stopped, return_exceptions=True)
            await self._end()

    async def _end(self) -> None:
        for solver in self._solvers:
            await solver.stop()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await self._consumer.stop()
        except (KafkaError, TimeoutError, OSError) as error:
            log.info("planner_consumer_dropped", error=repr(error))

    def _held(self) -> list[tuple[str, int]]:
        mine = sorted(partition.partition for partition in self._consumer.assignment())
        return [(ORIGIN_TOPIC, number) for number in mine]

    async def _loop(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH_MAX)
            records = [record for batch in batches.values() for record in batch]
            if not records:
                continue
            while True:
                try:
                    await self._batch(records)
                except TRANSIENT_ERRORS as error:
                    log.warning("planner_retries", error=repr(error))
                    await asyncio.sleep(_RETRY_S)
                    continue
                break
            await self._commit(records)

    async def _batch(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> None:
        work, superseded = newest_by_lane(requests_in(records))
        for old in superseded:
            await self._records.supersede(old.request, "a newer request of the lane came with it")
            metrics.PLAN_OUTCOMES.labels(outcome="superseded").inc()
        ends = await asyncio.gather(*map(self._answer, work), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def _answer(self, taken: Taken) -> None:
        now_s = asyncio.get_running_loop().time()
        waited_s = time.time() - taken.timestamp_ms / 1_000
        # A log that is replayed holds old requests: how long they lay is no latency of ours.
        asked_s = now_s - waited_s if 0 <= waited_s < _LATENCY_S_MAX else now_s
        work = await self._free.get()
        try:
            await work.answer(taken.request, partition=taken.partition, asked_s=asked_s)
        finally:
            self._free.put_nowait(work)

    async def _commit(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> None:
        """Advance the group. Failing to is harmless: requests are known by their ids."""
        offsets: dict[TopicPartition, int] = {}
        for record in records:
            place = TopicPartition(record.topic, record.partition)
            offsets[place] = max(offsets.get(place, 0), record.offset + 1)
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError, KafkaError) as error:
            log.info("planner_commit_failed", error=repr(error))
