"""Stopping a consumer ends, whatever its library does meanwhile."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer

from groupage.contracts.consumers import stop_consumer


class _CancelsItself:
    """Stops as aiokafka does while a fetch waits for its next try."""

    async def stop(self) -> None:
        pending = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        pending.cancel()
        await pending


class _Hangs:
    async def stop(self) -> None:
        await asyncio.sleep(60)


async def test_the_cancelled_fetch_of_a_consumer_is_not_our_cancellation() -> None:
    """The process that stops its consumer goes on to its own end."""
    await stop_consumer(cast("AIOKafkaConsumer[Any, Any]", _CancelsItself()), timeout_s=5)


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
    await stop_consumer(cast("AIOKafkaConsumer[Any, Any]", _Hangs()), timeout_s=0.01)
