"""A Kafka consumer of plan requests. It commits an offset after the plan or failure is stored."""

import asyncio
import time
from asyncio import FIRST_COMPLETED
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

import asyncpg
import stamina
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from groupage.contracts.consumers import stop_consumer
from groupage.contracts.signing import HubKey, Trust
from groupage.contracts.unreadable import read_record_by_record
from groupage.domain.policy import Policy
from groupage.settings import KafkaSettings, PlannerSettings
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.relay import OutboxRelay
from groupage.store.trust import open_trust
from groupage.telemetry import metrics
from optimizer.planner.announce import ORIGIN_TOPIC
from optimizer.planner.batches import ReceivedRequest, decode_requests, newest_by_lane
from optimizer.planner.plan_store import PlanStore
from optimizer.planner.requests import RequestHandler
from optimizer.planner.solver_process import SolverProcess
from optimizer.planner.unreadable import rows_of

_POLL_MS = 500
_WARM_UP_POLLS = 10
_COMMIT_POLLS = 2
"""Without records and requests in work: then all that was read is handled."""
"""Polls without a request, five seconds, until the planner starts its solver processes: a hub that
has just started needs the cores for other processes."""
_BATCH_MAX = 200
"""Records of one poll."""
_BATCHES_MAX = 50
"""Batches in work; the planner polls again when one of them has ended."""
_MESSAGES_MAX = 200
"""Published in one batch; some messages are as large as a load plan."""
_POLL_INTERVAL_MS_MAX = 3_600_000
"""A batch of many lanes takes long. Kafka notices a dead planner by its missing heartbeats."""
_RETRY_S = 1.0
"""Wait between attempts at a batch while the database is away."""
_LATENCY_S_MAX = 3_600.0
"""A request older than this comes from a log that is read again: its age is not a latency."""
_STOP_TIMEOUT_S = 5.0

log = structlog.get_logger(__name__)


class Planner:
    """Consumes plan requests and handles the newest of each lane, one per solver at a time."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        prefix: str,
        hub_key: HubKey,
        pool: asyncpg.Pool,
        settings: PlannerSettings,
        policy: Policy,
        solver_command: Sequence[str] = (),
    ) -> None:
        self._kafka, self._prefix = kafka, prefix
        self._topic = prefix + ORIGIN_TOPIC
        self._trust = Trust(hub_key)
        self._store = PlanStore(pool)
        self._relay = OutboxRelay(
            kafka=kafka,
            prefix=prefix,
            hub_key=hub_key,
            pool=pool,
            held=self._assigned_origins,
            messages_max=_MESSAGES_MAX,
            client_id="groupage-planner",
            compression_type="lz4",  # load plans of hundreds of cartons
        )
        self._solvers = [SolverProcess(solver_command) for _ in range(settings.solver_processes)]
        self._idle_handlers: asyncio.Queue[RequestHandler] = asyncio.Queue()
        for solver in self._solvers:
            self._idle_handlers.put_nowait(
                RequestHandler(
                    pool=pool,
                    solver=solver,
                    settings=settings,
                    policy=policy,
                    wake_relay=self._relay.wake,
                )
            )
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By lane: its requests are handled one after the other."""
        self._newest: defaultdict[str, int] = defaultdict(int)
        """Highest sequence of each lane among the requests received so far."""
        self._committed: defaultdict[TopicPartition, int] = defaultdict(int)
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
        """Check readiness: the database answers and the consumer has a subscription."""
        await self._pool.fetchval("select 1")
        return {"database": True, "kafka": self._consumer.subscription() is not None}

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`. It abandons running solves: their requests are consumed again."""
        self._trust = await open_trust(
            self._pool, self._trust.hub_key, kafka=self._kafka, prefix=self._prefix
        )
        await self._consumer.start()
        relay = asyncio.create_task(self._relay.run())
        consume = asyncio.create_task(self._consume())
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({relay, consume, stopped}, return_when=FIRST_COMPLETED)
            for task in (relay, consume):
                if task.done():
                    task.result()
        finally:
            stopped.cancel()
            for task in (relay, consume):
                task.cancel()
            await asyncio.gather(relay, consume, stopped, return_exceptions=True)
            await self._close()

    async def _close(self) -> None:
        for solver in self._solvers:
            await solver.stop()
        await stop_consumer(self._consumer, timeout_s=_STOP_TIMEOUT_S)

    def _assigned_origins(self) -> list[tuple[str, int]]:
        numbers = sorted(partition.partition for partition in self._consumer.assignment())
        return [(ORIGIN_TOPIC, number) for number in numbers]

    async def _consume(self) -> None:
        """Handle the batches of records as they come, and commit their offsets in this order.

        A request does not wait for those that came before it, as long as a solver is idle.
        """
        idle_polls = 0
        handling: deque[tuple[asyncio.Task[None], Sequence[ConsumerRecord[bytes, bytes]]]] = deque()
        try:
            while True:
                batches = await self._fetch()
                records = [record for batch in batches.values() for record in batch]
                idle_polls = 0 if records or handling else idle_polls + 1
                if idle_polls and idle_polls % _COMMIT_POLLS == 0:
                    await self._commit_positions()
                if idle_polls == _WARM_UP_POLLS:
                    await asyncio.gather(*(solver.warm_up() for solver in self._solvers))
                if records:
                    handling.append((asyncio.create_task(self._handle_batch(records)), records))
                if len(handling) >= _BATCHES_MAX:
                    await asyncio.wait({task for task, _ in handling}, return_when=FIRST_COMPLETED)
                for task in [task for task, _ in handling if task.done()]:
                    task.result()
                while handling and handling[0][0].done():
                    _, handled = handling.popleft()
                    await self._commit(handled)
        finally:
            for task, _ in handling:
                task.cancel()
            await asyncio.gather(*(task for task, _ in handling), return_exceptions=True)

    async def _fetch(self) -> dict[TopicPartition, list[Any]]:
        try:
            fetched: dict[TopicPartition, list[Any]] = await self._consumer.getmany(
                timeout_ms=_POLL_MS, max_records=_BATCH_MAX
            )
        except UnicodeDecodeError:  # the name of a header; would come again at every attempt
            # The client lost what it had fetched of other partitions with it: start again from the
            # committed offsets. Requests that are being handled are known by their ids.
            assigned = list(self._consumer.assignment())
            begins = await self._consumer.beginning_offsets(assigned)
            offsets = {tp: await self._consumer.committed(tp) or begins[tp] for tp in assigned}
            return await read_record_by_record(self._consumer, offsets)
        return fetched

    async def _handle_batch(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> None:
        requests, unreadable = decode_requests(records, self._trust)
        newest, superseded = newest_by_lane(requests)
        for received in newest:
            lane_id, sequence = received.request.lane_id, received.request.sequence
            self._newest[lane_id] = max(sequence, self._newest[lane_id])
        # Without a limit: the offsets are committed only after the batch, and nothing else is to be
        # done while the database is away. The readiness check reports that.
        async for attempt in stamina.retry_context(
            on=TRANSIENT_ERRORS,
            attempts=None,
            timeout=None,
            wait_initial=_RETRY_S,
            wait_max=_RETRY_S,
            wait_jitter=0,
        ):
            with attempt:
                if unreadable:
                    await self._store.announce(rows_of(unreadable))
                    self._relay.wake()
                    unreadable = []
                for old in superseded:
                    await self._supersede(old)
                ends = await asyncio.gather(*map(self._handle, newest), return_exceptions=True)
                for end in ends:
                    if isinstance(end, BaseException):
                        raise end

    async def _supersede(self, old: ReceivedRequest) -> None:
        await self._store.supersede(old.request, "a newer request of the lane came before its turn")
        metrics.PLAN_OUTCOMES.labels(outcome="superseded").inc()

    async def _handle(self, received: ReceivedRequest) -> None:
        """Handle a request when those of its lane before it have ended and a solver is idle."""
        request = received.request
        now_s = asyncio.get_running_loop().time()
        waited_s = time.time() - received.timestamp_ms / 1_000
        requested_s = now_s - waited_s if 0 <= waited_s < _LATENCY_S_MAX else now_s
        async with self._turns[request.lane_id]:
            handler = await self._idle_handlers.get()
            try:
                if request.sequence < self._newest[request.lane_id]:
                    await self._supersede(received)
                    return
                await handler.handle(request, partition=received.partition, requested_s=requested_s)
            finally:
                self._idle_handlers.put_nowait(handler)

    async def _commit(self, records: "Sequence[ConsumerRecord[bytes, bytes]]") -> None:
        offsets: dict[TopicPartition, int] = {}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            offsets[partition] = max(offsets.get(partition, 0), record.offset + 1)
        await self._commit_offsets(offsets)

    async def _commit_positions(self) -> None:
        """Commit also the markers of transactions behind the last records; all are handled."""
        offsets = {}
        for partition in self._consumer.assignment():
            position = await self._consumer.position(partition)
            if position > self._committed[partition]:
                offsets[partition] = position
        if offsets:
            await self._commit_offsets(offsets)

    async def _commit_offsets(self, offsets: dict[TopicPartition, int]) -> None:
        """Commit the offsets. A failure is harmless: the database knows requests by their ids."""
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError, KafkaError) as error:
            log.info("planner_commit_failed", error=repr(error))
        else:
            self._committed |= offsets
