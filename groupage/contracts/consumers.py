"""Stop Kafka consumers, also while Kafka is away."""

import asyncio
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

log = structlog.get_logger(__name__)


async def stop_consumer(consumer: "AIOKafkaConsumer[Any, Any]", *, timeout_s: float) -> None:
    """Stop it within `timeout_s`, or drop it: its group notices that it is gone.

    aiokafka 0.14 awaits a fetch that it has cancelled itself, and so raises CancelledError here
    when that fetch was waiting for its next try.
    """
    try:
        async with asyncio.timeout(timeout_s):
            await consumer.stop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        log.info("consumer_dropped", error="aiokafka cancelled its own fetch")
    except (KafkaError, TimeoutError, OSError) as error:
        log.info("consumer_dropped", error=repr(error))
