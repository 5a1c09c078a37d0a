"""Receivers that fail, and processes that end: nothing is lost, and nobody waits for another."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from groupage.store.subscriptions import (
    delete_subscription,
    list_subscriptions,
    resume_subscription,
)
from tests.subscriptions.hub import (
    Pool,
    capture,
    delivering,
    ids,
    read,
    store,
    subscribe,
    wait_until,
)
from tests.subscriptions.receiving import OK, TestReceiver, answer, certificate, receiving

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (answer(500), "status 500"),
        (answer(401, body=b"who are you?" * 20_000), "status 401"),
        (answer(302, "Location: http://127.0.0.1:1/other"), "does not follow redirects"),
        (answer(429, "Retry-After: 1"), "status 429"),
        (answer(429, "Retry-After: -7 weeks"), "status 429"),
        (answer(413), "status 413"),
        (b"not HTTP\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", "the answer is not HTTP"),
        (b"", "the answer is not HTTP"),
        (None, "no answer within 0.2 s"),
    ],
)
async def test_a_delivery_is_repeated_until_it_is_confirmed(
    pool: "Pool[asyncpg.Record]", database_url: str, bad: bytes | None, words: str
) -> None:
    """The same bytes under the same id; the failure is kept meanwhile."""
    errors: list[str] = []

    async def first_error() -> None:
        noted = await wait_until(pool, key, lambda each: each.failures > 0)
        errors.append(noted.last_error)
        receiver.behave = lambda _: OK

    await store(pool, [capture(1)])
    async with (
        receiving(lambda _: bad) as receiver,
        delivering(database_url, receiver.host, timeout_s=0.2 if bad is None else 30.0),
    ):
        key = await subscribe(pool, receiver.url)
        await first_error()
        subscription = await wait_until(pool, key, lambda each: each.delivered == 1)
    assert words in errors[0]
    assert len({request.body for request in receiver.requests}) == 1
    assert len({request.headers["groupage-delivery-id"] for request in receiver.requests}) == 1
    assert (subscription.failures, subscription.failing_since, subscription.last_error) == (
        0,
        None,
        "",
    )


async def test_a_receiver_that_is_not_there_is_waited_for(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """It dies, and comes back on the same port."""
    await store(pool, [capture(1)])
    async with receiving() as receiver:
        pass
    async with delivering(database_url, receiver.host):
        key = await subscribe(pool, receiver.url)
        failing = await wait_until(pool, key, lambda each: each.failures >= 2)
        assert failing.state == "failing"
        assert "no connection" in failing.last_error
        again = TestReceiver()
        server = await asyncio.start_server(again.serve, "127.0.0.1", receiver.port)
        await wait_until(pool, key, lambda each: each.delivered == 1)
        server.close()
    assert again.requests[-1].ids == ["urn:uuid:0:1"]


async def test_a_larger_wait_that_the_receiver_asks_for_counts(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """An hour at most, and longer than the hub's own waits."""
    await store(pool, [capture(1)])
    async with (
        receiving(lambda _: answer(503, "Retry-After: 3000")) as receiver,
        delivering(database_url, receiver.host),
    ):
        key = await subscribe(pool, receiver.url)
        await wait_until(pool, key, lambda each: each.failures == 1)
        await store(pool, [capture(2)])
        other = await subscribe(pool, receiver.url)
        await wait_until(pool, other, lambda each: each.failures == 1)
        assert (await read(pool, key)).failures == 1


async def test_one_receiver_delays_no_other(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """A dozen hang, and the last one gets its events."""
    await store(pool, [capture(1)])
    async with (
        receiving(lambda _: None) as slow,
        receiving() as receiver,
        delivering(database_url, slow.host, receiver.host),
    ):
        for _ in range(12):
            await subscribe(pool, slow.url)
        await slow.wait_for(12)
        key = await subscribe(pool, receiver.url)
        await wait_until(pool, key, lambda each: each.delivered == 1)


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ({"stop_after_failures": 3}, 500),
        ({"stop_after_s": 0.5}, 500),
        ({}, 410),
    ],
)
async def test_a_subscription_stops_at_its_limit_and_is_resumed(
    pool: "Pool[asyncpg.Record]", database_url: str, limits: dict[str, Any], status: int
) -> None:
    """The reason is kept. When it goes on, nothing is lost."""
    await store(pool, [capture(1)])
    async with (
        receiving(lambda _: answer(status)) as receiver,
        delivering(database_url, receiver.host, **limits),
    ):
        key = await subscribe(pool, receiver.url)
        stopped = await wait_until(pool, key, lambda each: each.stopped_at is not None)
        assert stopped.state == "stopped"
        assert stopped.stop_reason == f"the receiver does not confirm: status {status}"
        assert stopped.failures >= 1
        if "stop_after_failures" in limits:
            assert stopped.failures == 3
        number = len(receiver.requests)
        await store(pool, [capture(2)])
        receiver.behave = lambda _: OK
        assert await resume_subscription(pool, key)
        await wait_until(pool, key, lambda each: each.delivered == 2)
    assert ids(receiver)[number:] == ["urn:uuid:0:1", "urn:uuid:0:2"]
    assert not await resume_subscription(pool, key)


async def test_failures_of_earlier_processes_count(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """A process that restarts every minute would never give up."""
    await store(pool, [capture(1)])
    async with receiving(lambda _: answer(500)) as receiver:
        async with delivering(database_url, receiver.host, retry_max_s=3_600):
            key = await subscribe(pool, receiver.url)
            await wait_until(pool, key, lambda each: each.failures == 1)
        async with delivering(database_url, receiver.host, stop_after_failures=2):
            await wait_until(pool, key, lambda each: each.stopped_at is not None)
    assert (await read(pool, key)).failures == 2


async def test_hosts_are_checked_again_at_delivery(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """The setting may have changed, and a name may lead elsewhere than to where it may."""
    await store(pool, [capture(1)])
    async with receiving() as receiver:
        async with delivering(database_url, retry_max_s=0.01):
            key = await subscribe(pool, receiver.url)
            stopped = await wait_until(pool, key, lambda each: each.stopped_at is not None)
            assert "GROUPAGE_SUBSCRIPTION_HOSTS" in stopped.stop_reason
        url = receiver.url.replace("127.0.0.1", "localhost")
        name = f"localhost:{receiver.port}"
        async with delivering(database_url, name, stop_after_failures=1):
            key = await subscribe(pool, url)
            stopped = await wait_until(pool, key, lambda each: each.stopped_at is not None)
            assert "the public internet" in stopped.stop_reason
            assert "localhost=ADDRESS" in stopped.stop_reason
        assert receiver.requests == []
        async with delivering(database_url, f"{name}=127.0.0.0/8"):
            assert await resume_subscription(pool, key)
            await wait_until(pool, key, lambda each: each.delivered == 1)
    assert receiver.requests[0].headers["host"] == name


async def test_a_certificate_must_be_that_of_the_name(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """By HTTPS, and signed by an authority that is trusted; the address alone proves nothing."""
    await store(pool, [capture(1)])
    for name, trusted, words in (
        ("localhost", "localhost", ""),
        ("localhost", None, "certificate verify failed"),
        ("other.example", "other.example", "not valid for 'localhost'"),
    ):
        async with (
            receiving(certificate_of=name) as receiver,
            delivering(
                database_url,
                f"localhost:{receiver.port}=127.0.0.1",
                ca_file=None if trusted is None else certificate(trusted),
                stop_after_failures=1,
            ),
        ):
            key = await subscribe(pool, f"https://localhost:{receiver.port}/hook")
            ended = await wait_until(
                pool, key, lambda each: each.delivered == 1 or each.stopped_at is not None
            )
        assert (ended.delivered, len(receiver.requests)) == ((0, 0) if words else (1, 1))
        assert words in ended.stop_reason
        await pool.execute("delete from subscription")


async def test_two_processes_deliver_once(pool: "Pool[asyncpg.Record]", database_url: str) -> None:
    """One of them has the lock; the other goes on when it ends."""
    async with receiving() as receiver, delivering(database_url, receiver.host):
        key = await subscribe(pool, receiver.url)
        first = delivering(database_url, receiver.host)
        async with first:
            for place in range(20):
                await store(pool, [capture(place)])
            await wait_until(pool, key, lambda each: each.delivered == 20)
    assert len(ids(receiver)) == 20
    async with delivering(database_url, receiver.host):
        await store(pool, [capture(20)])
        again = TestReceiver()
        server = await asyncio.start_server(again.serve, "127.0.0.1", receiver.port)
        await wait_until(pool, key, lambda each: each.delivered == 21)
        server.close()
    assert again.requests[-1].ids == ["urn:uuid:0:20"]


async def test_a_process_that_ends_in_a_delivery_loses_nothing(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """The next one sends the same bytes, also when there are more events by then."""
    await store(pool, [capture(1)])
    async with receiving(lambda _: None) as receiver:
        async with delivering(database_url, receiver.host):
            key = await subscribe(pool, receiver.url)
            await receiver.wait_for(1)
        await store(pool, [capture(2)])
        receiver.behave = lambda _: OK
        async with delivering(database_url, receiver.host):
            await wait_until(pool, key, lambda each: each.delivered == 2)
    first, again, more = receiver.requests
    assert first.body == again.body
    assert first.headers == again.headers
    assert more.ids == ["urn:uuid:0:2"]


async def test_the_end_of_the_session_ends_the_deliveries(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """Without its lock a process must not deliver; it takes the lock again and goes on."""
    async with receiving() as receiver, delivering(database_url, receiver.host):
        key = await subscribe(pool, receiver.url)
        await store(pool, [capture(1)])
        await wait_until(pool, key, lambda each: each.delivered == 1)
        await pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name like 'groupage-api subscr%' and datname = current_database()"
        )
        await store(pool, [capture(2)])
        await wait_until(pool, key, lambda each: each.delivered == 2)
    assert ids(receiver) == ["urn:uuid:0:1", "urn:uuid:0:2"]


@pytest.mark.parametrize(
    "delete",
    [
        lambda pool, key: delete_subscription(pool, "packed", key),
        lambda pool, _: pool.execute("delete from named_query"),
    ],
)
async def test_a_subscription_that_is_deleted_gets_nothing_more(
    pool: "Pool[asyncpg.Record]",
    database_url: str,
    delete: Callable[["Pool[asyncpg.Record]", UUID], Awaitable[object]],
) -> None:
    """Also while it waits for its receiver; with the query go all of its subscriptions."""
    await store(pool, [capture(1)])
    async with (
        receiving(lambda _: answer(500)) as receiver,
        delivering(database_url, receiver.host),
    ):
        key = await subscribe(pool, receiver.url)
        await receiver.wait_for(1)
        await delete(pool, key)
        assert list(await list_subscriptions(pool, limit=10)) == []
        other = await subscribe_again(pool, receiver)
        await receiver.wait_until(
            lambda: len([r for r in receiver.requests if str(other).encode() in r.body]) > 5
        )
        number = len([r for r in receiver.requests if str(key).encode() in r.body])
        await receiver.wait_until(
            lambda: len([r for r in receiver.requests if str(other).encode() in r.body]) > 10
        )
    assert len([r for r in receiver.requests if str(key).encode() in r.body]) <= number + 1


async def subscribe_again(pool: "Pool[asyncpg.Record]", receiver: TestReceiver) -> UUID:
    """Subscribe, with a query of another name if the first one is gone."""
    await pool.execute("insert into named_query values ('packed', '{}') on conflict do nothing")
    return await subscribe(pool, receiver.url)
