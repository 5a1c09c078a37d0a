"""Relay: what the commits left in the outbox goes to Kafka. The owner of a partition relays it."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import faust
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.settings import KafkaSettings
from groupage.store.outbox import backlog, publish
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.telemetry import metrics
from processors.assignment import Assignment

_MESSAGES_MAX = 2_000
_PUBLISH_TIMEOUT_S = 30.0
_IDLE_S = 1.0
"""Looks by itself this often: rows may have been left by a worker that died."""
_RETRY_S = 1.0
_STOP_TIMEOUT_S = 3.0
_MESSAGE_BYTES_MAX = 8 * 2**20

log = structlog.get_logger(__name__)


class Relay(faust.Service):
    """Publishes the outbox rows of the partitions that this worker holds."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        prefix: str,
        pool: asyncpg.Pool,
        assignment: Assignment,
        fail: Callable[[BaseException], None],
        **service: Any,
    ) -> None:
        """`fail` ends the worker: one that is not heard must not keep its partitions."""
        super().__init__(**service)
        self._kafka = kafka
        self._prefix = prefix
        self._pool = pool
        self._assignment = assignment
        self._there_is_work = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self.fail = fail

    def wake(self) -> None:
        """There are new rows."""
        self._there_is_work.set()

    async def on_stop(self) -> None:
        """Close the producer, within a budget: what is not acknowledged stays in the outbox."""
        await self._drop_producer()

    @faust.Service.task
    async def _run(self) -> None:
        try:
            await self._publish_all()
        except Exception as error:
            self.fail(error)
            raise

    async def _publish_all(self) -> None:
        while not self.should_stop:
            try:
                busy = await self._publish()
            except (KafkaError, *TRANSIENT_ERRORS) as error:
                log.warning("relay_retries", error=repr(error))
                # A send whose end is unknown must not be overtaken by its own repetition.
                await self._drop_producer()
                await self.sleep(_RETRY_S)
                continue
            if not busy:
                await self._wait()

    async def _publish(self) -> bool:
        held = list(self._assignment.positions)
        if not held:
            return False
        count = await publish(
            self._pool,
            await self._started_producer(),
            origins=held,
            prefix=self._prefix,
            messages_max=_MESSAGES_MAX,
            timeout_s=_PUBLISH_TIMEOUT_S,
        )
        if not count:
            metrics.OUTBOX_BACKLOG.set(await backlog(self._pool))
        return count > 0

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
                client_id="groupage-relay",
                enable_idempotence=True,
                linger_ms=2,
                max_batch_size=256 * 2**10,
                max_request_size=_MESSAGE_BYTES_MAX,
            )
            self._producer = producer
            async with asyncio.timeout(_PUBLISH_TIMEOUT_S):
                await producer.start()
        return self._producer

    async def _drop_producer(self) -> None:
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            # aiokafka#1101: with the broker away stop() waits for ever.
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await producer.stop()
        except (KafkaError, TimeoutError, OSError) as error:
            log.info("relay_producer_dropped", error=repr(error))
