"""Stopping a consumer ends, whatever its library does meanwhile."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer

from groupage.contracts.consumers import stop_consumer


class _Client:
    closed = False

    async def close(self) -> None:
        self.closed = True


class _CancelsItself:
    """Stops as aiokafka does while a fetch waits for its next try."""

    def __init__(self) -> None:
        self._client = _Client()

    async def stop(self) -> None:
        pending = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        pending.cancel()
        await pending


class _Hangs(_CancelsItself):
    async def stop(self) -> None:
        await asyncio.sleep(60)


async def test_the_cancelled_fetch_of_a_consumer_is_not_our_cancellation() -> None:
    """The process that stops its consumer goes on to its own end, and its client is closed."""
    consumer = _CancelsItself()
    await stop_consumer(cast("AIOKafkaConsumer[Any, Any]", consumer), timeout_s=5)
    assert consumer._client.closed, "else it asks for metadata as long as the process runs"


async def test_our_own_cancellation_still_counts() -> None:
    """The caller can still cancel the stop."""
    task = asyncio.create_task(
        stop_consumer(cast("AIOKafkaConsumer[Any, Any]", _Hangs()), timeout_s=60)
    )
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_consumer_that_hangs_is_dropped() -> None:
    """The wait has a limit."""
    consumer = _Hangs()
    await stop_consumer(cast("AIOKafkaConsumer[Any, Any]", consumer), timeout_s=0.01)
    assert consumer._client.closed


class _SlowToClose(_Hangs):
    """Waits for its connections, as TLS does until the broker says goodbye, too."""

    def __init__(self) -> None:
        super().__init__()
        self.connection_closed = asyncio.get_running_loop().create_future()
        self._client.close = self.stop  # type: ignore[method-assign]

    async def stop(self) -> None:
        await asyncio.gather(self.connection_closed)


async def test_a_connection_that_closes_slowly_ends_no_process() -> None:
    """The second wait finds cancelled what the end of the first one cancelled in aiokafka."""
    consumer = _SlowToClose()
    await stop_consumer(cast("AIOKafkaConsumer[Any, Any]", consumer), timeout_s=0.01)
    assert consumer.connection_closed.cancelled()
