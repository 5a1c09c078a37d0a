"""Ending a Kafka producer for certain: its own `stop` waits for ever when the broker is away."""

import asyncio

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

log = structlog.get_logger(__name__)


async def close_producer(producer: AIOKafkaProducer, *, timeout_s: float) -> None:
    """Stop; when flushing does not end (broker away, aiokafka issue 1101), tear down by force."""
    try:
        async with asyncio.timeout(timeout_s):
            await producer.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("producer_gave_up_flushing", error=repr(error), timeout_s=timeout_s)
    else:
        return
    # Private, but the only handles: stop() is blocked by exactly this task.
    task = producer._sender.sender_task  # noqa: SLF001
    if task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1.0)
    try:
        async with asyncio.timeout(1.0):
            await producer.client.close()
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("producer_client_not_closed", error=repr(error))
