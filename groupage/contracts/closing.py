"""Stop a Kafka producer within a time limit: aiokafka's `stop` waits for ever without a broker."""

import asyncio

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

log = structlog.get_logger(__name__)


async def close_producer(producer: AIOKafkaProducer, *, timeout_s: float) -> None:
    """Flush and stop; after `timeout_s`, cancel the sender and close (aiokafka issue 1101)."""
    try:
        async with asyncio.timeout(timeout_s):
            await producer.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("producer_gave_up_flushing", error=repr(error), timeout_s=timeout_s)
    else:
        return
    # These are private, but stop() waits for this very task.
    task = producer._sender.sender_task  # noqa: SLF001
    if task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1.0)
    try:
        async with asyncio.timeout(1.0):
            await producer.client.close()
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("producer_client_not_closed", error=repr(error))
