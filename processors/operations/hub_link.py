"""The hub as an operator's command reaches it: facts out, and waiting until workers have them."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer

from groupage.contracts.closing import close_producer
from groupage.contracts.encoding import encode
from groupage.contracts.signing import HubKey
from groupage.domain.fact import Fact
from processors.worker.app import WorkerSettings
from processors.worker.assignment import Partition

_TIMEOUT_S = 20.0
_POLL_S = 0.2
_MESSAGE_BYTES_MAX = 8 * 2**20


class HubLink:
    """Publishes facts of the hub, and waits until the workers have taken them in."""

    def __init__(
        self, pool: asyncpg.Pool, producer: AIOKafkaProducer, hub_key: HubKey, *, prefix: str
    ) -> None:
        self.pool = pool
        self._producer = producer
        self._hub_key = hub_key
        self._prefix = prefix

    async def send(
        self, fact: Fact, *, topic: str | None = None, partition: int | None = None
    ) -> tuple[Partition, int]:
        """Publish a fact of the hub; return its partition and the offset behind it."""
        record = encode(fact, topic=topic)
        headers = self._hub_key.sign(record.topic, record.headers, record.value)
        async with asyncio.timeout(_TIMEOUT_S):
            sent = await self._producer.send_and_wait(
                self._prefix + record.topic,
                value=record.value,
                key=record.key,
                headers=headers,
                partition=partition,
            )
        return (record.topic, sent.partition), int(sent.offset) + 1

    async def send_again(self, record: Any) -> None:
        """Publish a record of the log again, in its partition."""
        async with asyncio.timeout(_TIMEOUT_S):
            await self._producer.send_and_wait(
                record.topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                partition=record.partition,
            )

    async def until_read(self, ends: Mapping[Partition, int], deadline_s: float) -> bool:
        """Wait until the workers have read so far; False: not in time."""

        async def is_read() -> bool:
            rows = await self.pool.fetch("select topic, partition, next_offset from intake_offset")
            offsets = {(row[0], row[1]): row[2] for row in rows}
            return all(offsets.get(partition, 0) >= end for partition, end in ends.items())

        while not await is_read():
            if time.monotonic() >= deadline_s:
                return False
            await asyncio.sleep(_POLL_S)
        return True


@asynccontextmanager
async def open_link(settings: WorkerSettings, pool: asyncpg.Pool) -> AsyncIterator[HubLink]:
    """Connect to Kafka until the end of the block."""
    producer = AIOKafkaProducer(
        **settings.kafka.client_kwargs(),
        client_id="groupage-operator",
        enable_idempotence=True,
        max_request_size=_MESSAGE_BYTES_MAX,
    )
    async with asyncio.timeout(_TIMEOUT_S):
        await producer.start()
    try:
        yield HubLink(pool, producer, settings.hub_key(), prefix=settings.topics.prefix)
    finally:
        await close_producer(producer, timeout_s=_TIMEOUT_S)
