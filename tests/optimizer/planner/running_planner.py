"""A planner in a test's own process, and what goes in and comes out of it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from groupage.contracts.decoding import decode
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.settings import KafkaSettings, PlannerSettings
from optimizer.planner.planner import Planner
from tests.hub_key import hub_key
from tests.optimizer.planner.lanes import (
    LANE_ID,
    record_of,
    request,
)


async def ask(prefix: str, *sequences: int, lane_id: str = LANE_ID) -> None:
    """Send requests of the lane in this order."""
    producer = AIOKafkaProducer(**KafkaSettings().client_kwargs())
    await producer.start()
    try:
        for sequence in sequences:
            record = record_of(request(sequence, lane_id), prefix)
            await producer.send_and_wait(
                record.topic,
                key=record.key,
                value=record.value,
                headers=record.headers,
                timestamp_ms=int(time.time() * 1_000),
            )
    finally:
        await producer.stop()


async def announced_facts(prefix: str, *, until: int, within_s: float = 20.0) -> list[Fact]:
    """Return the facts on the plan topic: at least `until`, then until no more come."""
    consumer = AIOKafkaConsumer(
        f"{prefix}hub.plan.v1",
        **KafkaSettings().client_kwargs(),
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 * 2**20,
    )
    await consumer.start()
    facts: list[Fact] = []
    try:
        async with asyncio.timeout(within_s):
            while len(facts) < until:
                facts += _facts(await consumer.getmany(timeout_ms=500))
            while more := _facts(await consumer.getmany(timeout_ms=1_000)):
                facts += more
    finally:
        await consumer.stop()
    return facts


def _facts(batches: dict[Any, list[Any]]) -> list[Fact]:
    return [
        decode(record.headers, record.key, record.value, recorded_at=datetime.now(UTC))
        for batch in batches.values()
        for record in batch
    ]


async def until(pool: asyncpg.Pool, query: str, within_s: float = 60.0) -> Any:
    """Wait until the query returns a true value, and return it."""
    async with asyncio.timeout(within_s):
        while True:
            value = await pool.fetchval(query)
            if value:
                return value
            await asyncio.sleep(0.1)


class Running:
    """A planner in this process, until the block ends."""

    def __init__(
        self, pool: asyncpg.Pool, prefix: str, *, command: tuple[str, ...] = (), **settings: Any
    ) -> None:
        self.planner = Planner(
            kafka=KafkaSettings(),
            prefix=prefix,
            hub_key=hub_key(prefix),
            pool=pool,
            settings=PlannerSettings(**settings),
            policy=Policy(),
            solver_command=command,
        )
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Planner:
        self._task = asyncio.create_task(self.planner.run(self._stop))
        return self.planner

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        async with asyncio.timeout(30):
            await self._task


async def send_request(prefix: str, value: bytes, *, signed: bool) -> None:
    """Send a record to the planners whose value may be no request."""
    record = record_of(request(1), prefix)
    headers = record.headers[:-1]
    if signed:
        headers = hub_key(prefix).sign("hub.planrequest.v1", headers, value)
    producer = AIOKafkaProducer(**KafkaSettings().client_kwargs())
    await producer.start()
    try:
        await producer.send_and_wait(record.topic, key=record.key, value=value, headers=headers)
    finally:
        await producer.stop()


async def dead_letters_of(prefix: str, count: int) -> list[dict[str, str]]:
    """Return the headers of so many dead letters."""
    consumer = AIOKafkaConsumer(
        f"{prefix}hub.dlq.v1", **KafkaSettings().client_kwargs(), auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(30):
            records = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    return [{name: raw.decode() for name, raw in record.headers} for record in records]
