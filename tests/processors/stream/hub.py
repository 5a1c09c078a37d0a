"""A hub for one test: topics, a database, workers in this process."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from groupage.contracts.encoding import encode
from groupage.contracts.provenance import is_own
from groupage.contracts.topics import CLOCK_TOPICS, Topic
from groupage.domain.events.clock import ClockTicked
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.store.pool import create_pool
from processors.aggregates.registry import all_aggregates
from processors.operations.clock import send_tick
from processors.worker.app import Worker, WorkerSettings
from processors.worker.plausibility import DEFAULT_RULES, TimeRules
from tests.hub_key import signed_record

WAIT_S = 40.0


class StreamHub:
    """Kafka topics and a database of one test; publishes, reads and runs workers."""

    def __init__(
        self, settings: WorkerSettings, pool: asyncpg.Pool, producer: AIOKafkaProducer
    ) -> None:
        self.settings = settings
        self.pool = pool
        self.producer = producer
        self.prefix = settings.topics.prefix

    async def send(self, *facts: Fact) -> None:
        """Publish facts as valid records; those that only the hub may state as the hub does."""
        sent = []
        for fact in facts:
            make = signed_record if is_own(fact) else encode
            record = make(fact, prefix=self.prefix)
            sent.append(
                await self.producer.send(
                    record.topic, value=record.value, key=record.key, headers=record.headers
                )
            )
        await asyncio.gather(*sent)

    async def send_raw(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Iterable[tuple[str, bytes | None]] = (),
        partition: int | None = None,
    ) -> None:
        """Publish any bytes."""
        await self.producer.send_and_wait(
            self.prefix + topic, value=value, key=key, headers=list(headers), partition=partition
        )

    async def tick(self, at: datetime) -> None:
        """Publish a tick to all partitions, as the hub's clock does."""
        await send_tick(self.producer, prefix=self.prefix, hub_key=self.settings.hub_key(), at=at)

    async def forge_tick(self, at: datetime, topics: Iterable[Topic] = CLOCK_TOPICS) -> None:
        """Publish a tick to all partitions as another clock would that has the hub's secret."""
        data = ClockTicked(at=at)
        fact = Fact(
            event_id=f"forged-{at.isoformat()}",
            source="/outsider",
            key=data.key,
            occurred_at=at,
            recorded_at=at,
            data=data,
        )
        for topic in topics:
            record = signed_record(fact, prefix=self.prefix, topic=topic.name)
            for partition in range(topic.partitions):
                await self.send_raw(
                    topic.name,
                    record.value,
                    key=record.key,
                    headers=record.headers,
                    partition=partition,
                )

    @asynccontextmanager
    async def worker(
        self, time_rules: TimeRules = DEFAULT_RULES, *, policy: Policy | None = None
    ) -> AsyncIterator[Worker]:
        """Run a worker with its own pool until the end of the block; raise its failure."""
        pool = await create_pool(
            self.settings.database,
            application_name="worker under test",
            server_settings={"enable_seqscan": "off"},
        )
        worker = Worker(
            self.settings,
            pool=pool,
            aggregates=all_aggregates(policy or Policy()),
            time_rules=time_rules,
        )
        try:
            await worker.start()
            yield worker
        finally:
            await worker.stop(budget_s=10)
            pool.terminate()
            if worker.failed.done():
                worker.failed.result()

    async def until(self, what: str, check: Callable[[], Awaitable[Any]]) -> Any:
        """Wait until `check` returns something true, and return that."""
        deadline_s = time.monotonic() + WAIT_S
        while time.monotonic() < deadline_s:
            if found := await check():
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"not within {WAIT_S:g} s: {what}")

    async def until_committed(self) -> None:
        """Wait until every record of every topic is committed and the outbox is empty."""

        async def everything() -> bool:
            rows = await self.pool.fetch("select topic, partition, next_offset from intake_offset")
            if not rows or await self.pool.fetchval("select count(*) from outbox"):
                return False
            ends = await self.ends()
            return all(ends.get((row[0], row[1]), 0) == row[2] for row in rows)

        # Twice: a message may have been relayed to a partition that was checked before.
        await self.until("all records are committed", everything)
        await self.until("all records are committed", everything)

    async def ends(self) -> dict[tuple[str, int], int]:
        """Return the end offset of each partition of the hub's topics."""
        rows = await self.pool.fetch("select topic, partition from intake_offset")
        tps = [TopicPartition(self.prefix + row[0], row[1]) for row in rows]
        consumer = AIOKafkaConsumer(**self.settings.kafka.client_kwargs())
        # Else it asks for the metadata of one topic after the other: 0.1 s each.
        consumer.assign(tps)
        await consumer.start()
        try:
            ends = await consumer.end_offsets(tps)
            return {
                (tp.topic.removeprefix(self.prefix), tp.partition): end for tp, end in ends.items()
            }
        finally:
            await consumer.stop()
