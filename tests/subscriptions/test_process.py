"""Deliveries by real processes of the read API, which are killed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.e2e.commanded import bare_environment
from tests.subscriptions.hub import capture, ids, store, subscribe, wait_until
from tests.subscriptions.receiving import OK, TestReceiver, receiving

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(180)]


@asynccontextmanager
async def read_api(
    database_url: str, receiver: TestReceiver
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of the read API, which is killed at the end."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "groupage", "run", "api",
        env=bare_environment(
            {
                "GROUPAGE_DATABASE_URL": database_url,
                "GROUPAGE_API_PORT": "0",
                "GROUPAGE_METRICS_PORT": "0",
                "GROUPAGE_SUBSCRIPTION_HOSTS": receiver.host,
            }
        ),
        stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def test_a_killed_process_loses_nothing(
    pool: "asyncpg.Pool[asyncpg.Record]", database_url: str
) -> None:
    """The next one sends the same bytes again, under the same id."""
    await store(pool, [capture(1)])
    async with receiving(lambda _: None) as receiver:
        key = await subscribe(pool, receiver.url)
        async with read_api(database_url, receiver):
            await receiver.wait_for(1)
        await store(pool, [capture(2)])
        receiver.behave = lambda _: OK
        async with read_api(database_url, receiver):
            await wait_until(pool, key, lambda each: each.delivered == 2)
    first, again, _ = receiver.requests
    assert (first.body, first.headers) == (again.body, again.headers)
    assert ids(receiver) == ["urn:uuid:0:1", "urn:uuid:0:1", "urn:uuid:0:2"]


async def test_of_two_processes_the_other_goes_on(
    pool: "asyncpg.Pool[asyncpg.Record]", database_url: str
) -> None:
    """Each event comes once while both live; when one is killed, the other delivers."""
    async with receiving() as receiver:
        key = await subscribe(pool, receiver.url)
        async with read_api(database_url, receiver) as first:
            await store(pool, [capture(0)])
            await receiver.wait_for(1)
            async with read_api(database_url, receiver):
                for place in range(1, 10):
                    await store(pool, [capture(place)])
                await wait_until(pool, key, lambda each: each.delivered == 10)
                assert len(ids(receiver)) == 10
                first.kill()
                await store(pool, [capture(10)])
                await wait_until(pool, key, lambda each: each.delivered == 11)
    assert len(ids(receiver)) == 11


async def test_a_process_ends_while_it_delivers(
    pool: "asyncpg.Pool[asyncpg.Record]", database_url: str
) -> None:
    """SIGTERM ends it at once, whatever the receiver does."""
    await store(pool, [capture(1)])
    async with receiving(lambda _: None) as receiver:
        await subscribe(pool, receiver.url)
        async with read_api(database_url, receiver) as api:
            await receiver.wait_for(1)
            api.terminate()
            assert await api.wait() == 0
