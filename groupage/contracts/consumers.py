"""Stop Kafka consumers, also while Kafka is away."""

import asyncio
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

STOP_TIMEOUT_S = 3.0
"""For consumers without a group, which have nobody to say goodbye to."""
_CLOSE_TIMEOUT_S = 1.0

log = structlog.get_logger(__name__)


async def stop_consumer(consumer: "AIOKafkaConsumer[Any, Any]", *, timeout_s: float) -> None:
    """Stop it within `timeout_s`, or drop it: its group notices that it is gone.

    aiokafka 0.14 awaits a fetch that it has cancelled itself, and so raises CancelledError here
    when that fetch was waiting for its next try (findings/aiokafka-stop-raises-cancellederror.sh).
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
    else:
        return
    # This is private, but `stop` does nothing the second time, and an open client asks for metadata
    # as long as the process runs.
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await consumer._client.close()  # noqa: SLF001
    except (KafkaError, TimeoutError, OSError) as error:
        log.info("consumer_client_not_closed", error=repr(error))
