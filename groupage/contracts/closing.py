"""Stop Kafka clients within a time limit: aiokafka's `stop` waits for ever without a broker."""

import asyncio
from collections.abc import Awaitable

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

_CLOSE_TIMEOUT_S = 1.0

log = structlog.get_logger(__name__)


async def close_producer(producer: AIOKafkaProducer, *, timeout_s: float) -> None:
    """Flush and stop; after `timeout_s`, cancel the sender and close (aiokafka issue 1101)."""
    if await ends_in_time(
        producer.stop(), timeout_s=timeout_s, otherwise="producer_gave_up_flushing", warn=True
    ):
        return
    # These are private, but stop() waits for this very task.
    task = producer._sender.sender_task  # noqa: SLF001
    if task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_CLOSE_TIMEOUT_S)
    await ends_in_time(
        producer.client.close(), timeout_s=_CLOSE_TIMEOUT_S, otherwise="producer_client_not_closed"
    )


async def ends_in_time(
    closing: Awaitable[None], *, timeout_s: float, otherwise: str, warn: bool = False
) -> bool:
    """Wait for it; on a failure log the event `otherwise`, as a warning or not, and return False.

    aiokafka 0.14 awaits fetches and connections that it has cancelled itself, and so raises
    CancelledError here: when a fetch was waiting for its next try, or after a `stop` that did not
    end in time (findings/aiokafka-stop-raises-cancellederror.sh).
    """
    note = log.warning if warn else log.info
    try:
        async with asyncio.timeout(timeout_s):
            await closing
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        note(otherwise, error="aiokafka cancelled what it awaits")
    except (KafkaError, TimeoutError, OSError) as error:
        note(otherwise, error=repr(error))
    else:
        return True
    return False
