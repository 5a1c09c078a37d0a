"""Publishes what the planner's transactions left in the outbox, for the partitions it holds."""

import asyncio
from collections.abc import Callable, Iterable

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.settings import KafkaSettings
from groupage.store.outbox import publish
from groupage.store.pool import TRANSIENT_ERRORS
from optimizer.planner.announce import ORIGIN_TOPIC

_MESSAGES_MAX = 200
_PUBLISH_TIMEOUT_S = 30.0
_IDLE_S = 1.0
_RETRY_S = 1.0
_STOP_TIMEOUT_S = 3.0
_MESSAGE_BYTES_MAX = 8 * 2**20

log = structlog.get_logger(__name__)


class Relay:
    """Runs until cancelled."""

    def __init__(
        self,
        *,
        kafka: KafkaSettings,
        prefix: str,
        pool: asyncpg.Pool,
        held: Callable[[], Iterable[int]],
    ) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._pool = pool
        self._held = held
        self._work = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    def wake(self) -> None:
        """There are new rows."""
        self._work.set()

    async def run(self) -> None:
        """Publish whatever is there, wait, and again; a failing server is tried again."""
        try:
            while True:
                try:
                    busy = await self.publish_once() > 0
                except (KafkaError, *TRANSIENT_ERRORS) as error:
                    log.warning("planner_relay_retries", error=repr(error))
                    # A send whose end is unknown must not be overtaken by its own repetition.
                    await self._drop_producer()
                    await asyncio.sleep(_RETRY_S)
                    continue
                if not busy:
                    await self._wait()
        finally:
            await self._drop_producer()

    async def publish_once(self) -> int:
        """Publish the oldest rows of the partitions held; how many there were."""
        held = [(ORIGIN_TOPIC, partition) for partition in self._held()]
        if not held:
            return 0
        return await publish(
            self._pool,
            await self._started(),
            origins=held,
            prefix=self._prefix,
            messages_max=_MESSAGES_MAX,
            timeout_s=_PUBLISH_TIMEOUT_S,
        )

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_IDLE_S):
                await self._work.wait()
        except TimeoutError:
            return
        finally:
            self._work.clear()

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._kafka.client_kwargs(),
                client_id="groupage-planner",
                enable_idempotence=True,
                max_request_size=_MESSAGE_BYTES_MAX,
                compression_type="lz4",
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
            log.info("planner_relay_producer_dropped", error=repr(error))
