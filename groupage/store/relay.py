"""Relay: publishes the outbox to Kafka for as long as the process runs."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import asyncpg
import stamina
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.contracts.closing import close_producer
from groupage.contracts.signing import HubKey
from groupage.settings import KafkaSettings
from groupage.store.outbox import backlog, publish
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.telemetry import metrics

_PUBLISH_TIMEOUT_S = 30.0
_IDLE_S = 1.0
"""The relay looks this often without being woken: a process that died may have left rows."""
_RETRY_S_MAX = 1.0
_STOP_TIMEOUT_S = 3.0
_MESSAGE_BYTES_MAX = 8 * 2**20
_VACUUM_ROWS = 2_000
"""The relay vacuums the outbox after it has deleted so many rows.

PostgreSQL looks for tables to vacuum once a minute, and a busy hub deletes tens of thousands of
rows in it. Each query reads them again: 30,000 take 0.6 ms of CPU time before every batch.
"""
_VACUUM = "vacuum (skip_locked, truncate false) outbox"
"""PostgreSQL warns, and does nothing, if the account may not."""
_TRANSIENT_ERRORS = (KafkaError, *TRANSIENT_ERRORS)


class OutboxRelay:
    """Publishes the rows of the origins that this process holds, oldest first."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        prefix: str,
        hub_key: HubKey,
        pool: asyncpg.Pool,
        held: Callable[[], Iterable[tuple[str, int]]],
        messages_max: int,
        counts_backlog: bool = False,
        **producer: Any,
    ) -> None:
        """`held` names the origins (topic, partition) that are ours now; nobody else has them.

        `messages_max` are published at once. With `counts_backlog` an idle relay sets the gauge of
        waiting rows. `producer` are further settings of the aiokafka producer, like `client_id`.
        """
        self._kafka = kafka
        self._prefix = prefix
        self._hub_key = hub_key
        self._pool = pool
        self._held = held
        self._messages_max = messages_max
        self._counts_backlog = counts_backlog
        self._producer_settings = producer
        self._deleted = 0
        """Rows since the last vacuum."""
        self._there_is_work = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    def wake(self) -> None:
        """Publish soon: there are new rows."""
        self._there_is_work.set()

    async def run(self) -> None:
        """Publish the rows that there are, wait for more, and so on, until cancelled.

        A batch that is not full was the last one: rows that come later wake the relay.
        While Kafka or PostgreSQL is away the relay retries; rows stay in the outbox until Kafka has
        confirmed them.
        """
        try:
            while True:
                if await self._publish() < self._messages_max:
                    await self._wait()
        finally:
            await self._drop_producer()

    @stamina.retry(on=_TRANSIENT_ERRORS, attempts=None, timeout=None, wait_max=_RETRY_S_MAX)
    async def _publish(self) -> int:
        """Publish one batch and return how many messages it had."""
        try:
            return await self._publish_held()
        except _TRANSIENT_ERRORS:
            # A new producer cannot overtake a send of the old one whose end is unknown.
            await self._drop_producer()
            raise

    async def _publish_held(self) -> int:
        held = list(self._held())
        if not held:
            return 0
        count = await publish(
            self._pool,
            await self._started_producer(),
            origins=held,
            prefix=self._prefix,
            hub_key=self._hub_key,
            messages_max=self._messages_max,
            timeout_s=_PUBLISH_TIMEOUT_S,
        )
        self._deleted += count
        if self._deleted >= _VACUUM_ROWS:
            self._deleted = 0
            await self._pool.execute(_VACUUM)
        if not count and self._counts_backlog:
            metrics.OUTBOX_BACKLOG.set(await backlog(self._pool))
        return count

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_S):
                await self._there_is_work.wait()
        except TimeoutError:
            return
        finally:
            self._there_is_work.clear()

    async def _started_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._kafka.client_kwargs(),
                enable_idempotence=True,
                max_request_size=_MESSAGE_BYTES_MAX,
                **self._producer_settings,
            )
            self._producer = producer
            async with asyncio.timeout(_PUBLISH_TIMEOUT_S):
                await producer.start()
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await close_producer(producer, timeout_s=_STOP_TIMEOUT_S)
