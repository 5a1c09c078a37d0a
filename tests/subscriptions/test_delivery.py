"""Deliveries to a real receiver, from a real database: none is lost, and each has its place."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from pydantic import SecretStr

from groupage.app.subscriptions.deliverer import Deliverer
from groupage.contracts.body_signature import is_body_signed
from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.captured_terms import term
from groupage.contracts.topic_ids import LogIds
from groupage.settings import DatabaseSettings, SubscriptionSettings
from groupage.store.captured_events import StoredCapture, insert_captures
from groupage.store.facts import LogPosition
from groupage.store.log_identity import note_log, read_again
from groupage.store.named_queries import insert_named_query
from groupage.store.pool import create_pool
from groupage.store.readers.captured_events import CaptureFilter
from groupage.store.readers.captured_log import LogPlace
from groupage.store.subscriptions import (
    NewSubscription,
    Subscription,
    delete_subscription,
    insert_subscription,
    list_subscriptions,
    read_subscription,
    resume_subscription,
)
from tests.subscriptions.receiving import OK, Request, TestReceiver, answer, certificate, receiving

pytestmark = pytest.mark.integration
Pool = asyncpg.Pool
AT = datetime.now(UTC).replace(microsecond=0)
TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"  # the example of GS1
LIMIT_S = 60.0


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["Pool[asyncpg.Record]"]:
    """Connections to the test's database, with a query for packed events."""
    opened = await create_pool(
        DatabaseSettings(url=SecretStr(database_url), pool_size_max=3), application_name="test"
    )
    await insert_named_query(opened, "packed", b'{"EQ_bizStep":"packing"}')
    yield opened
    await opened.close()


def read_filter(query: bytes) -> CaptureFilter:
    """Read the queries of these tests."""
    step = msgspec.json.decode(query).get("EQ_bizStep")
    return CaptureFilter(terms=((term("bizStep", step),),) if step else ())


def capture(place: int, *, partition: int = 0, step: str = "packing", **more: Any) -> StoredCapture:
    """An event that was recorded at that place of a partition, that many seconds after `AT`."""
    body = {"type": "ObjectEvent", "eventID": f"urn:uuid:{partition}:{place}", "bizStep": step}
    event = CapturedEvent(
        event_id=body["eventID"],
        event_time=AT,
        recorded_at=AT + timedelta(seconds=place),
        body=msgspec.json.encode({**body, **more}),
    )
    return StoredCapture(event, LogPosition("hub.capture.v1", partition, place))


async def store(pool: "Pool[asyncpg.Record]", captures: Sequence[StoredCapture]) -> None:
    """Store captured events, as a worker does."""
    async with pool.acquire() as connection:
        await insert_captures(connection, captures)


async def subscribe(pool: "Pool[asyncpg.Record]", dest: str, **more: Any) -> UUID:
    """Store a subscription."""
    members: dict[str, Any] = {
        "query_name": "packed",
        "dest": dest,
        "signature_token": TOKEN,
        "schedule": None,
        "report_if_empty": False,
        "initial_record_time": None,
        "due_at": None,
        "places": {},
    }
    stored = await insert_subscription(pool, NewSubscription(**(members | more)), limit=100)
    return stored.subscription_id


@asynccontextmanager
async def delivering(database_url: str, *hosts: str, **settings: Any) -> AsyncIterator[None]:
    """Deliver as the read API does, without pauses."""
    deliverer = Deliverer(
        DatabaseSettings(url=SecretStr(database_url)),
        SubscriptionSettings(hosts=",".join(hosts), **({"retry_max_s": 0.01} | settings)),
        read_filter,
    )
    task = asyncio.create_task(deliverer.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def read(pool: "Pool[asyncpg.Record]", key: UUID) -> Subscription:
    """Read a subscription that exists."""
    found = await read_subscription(pool, key)
    assert found is not None
    return found


async def wait_until(
    pool: "Pool[asyncpg.Record]", key: UUID, condition: Callable[[Subscription], bool]
) -> Subscription:
    """Wait until a subscription is in that state."""
    async with asyncio.timeout(LIMIT_S):
        while not condition(found := await read(pool, key)):  # noqa: ASYNC110 - it wakes nobody
            await asyncio.sleep(0.02)
    return found


def ids(receiver: TestReceiver) -> list[str]:
    """The ids of all events that came."""
    return [each for request in receiver.requests for each in request.ids]


async def test_events_arrive_signed_and_in_order(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """Those that match, from before and after the start, in batches of the set size."""
    await store(pool, [capture(1), capture(2, step="receiving"), capture(3), capture(4)])
    async with receiving() as receiver, delivering(database_url, receiver.host, batch_events_max=2):
        key = await subscribe(pool, f"{receiver.url}?a=1")
        await receiver.wait_for(2)
        await store(pool, [capture(2, partition=1), capture(5), capture(6, step="receiving")])
        await receiver.wait_for(3)
        await wait_until(pool, key, lambda each: each.delivered == 5)
    assert [request.ids for request in receiver.requests] == [
        ["urn:uuid:0:1", "urn:uuid:0:3"],
        ["urn:uuid:0:4"],
        ["urn:uuid:1:2", "urn:uuid:0:5"],
    ]
    first = receiver.requests[0]
    assert first.line == "POST /hook?a=1 HTTP/1.1"
    assert first.headers["host"] == receiver.host
    assert first.headers["content-type"] == "application/json"
    assert first.headers["gs1-epcis-version"] == "2.0.0"
    assert is_body_signed(first.headers["gs1-signature"], first.body, [TOKEN.encode()])
    document = msgspec.json.decode(first.body)
    assert document["type"] == "EPCISQueryDocument"
    results = document["epcisBody"]["queryResults"]
    assert (results["queryName"], results["subscriptionID"]) == ("packed", str(key))
    recorded = (AT + timedelta(seconds=1)).isoformat(timespec="milliseconds")
    assert first.events[0]["recordTime"] == recorded.replace("+00:00", "Z")
    assert len({each.headers["groupage-delivery-id"] for each in receiver.requests}) == 3
    subscription = await read(pool, key)
    assert subscription.state == "active"
    assert subscription.last_notified_at is not None
    assert subscription.batch is None


async def test_without_a_secret_nothing_is_signed(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """A signature with an empty secret would prove nothing."""
    await store(pool, [capture(1)])
    async with receiving() as receiver, delivering(database_url, receiver.host):
        await subscribe(pool, receiver.url, signature_token=None)
        await receiver.wait_for(1)
    assert "gs1-signature" not in receiver.requests[0].headers


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


async def test_a_receiver_may_ask_for_smaller_batches(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """413, as the standard has it: halves, until they fit."""

    def behave(request: Request) -> bytes:
        return answer(413) if len(request.events) > 3 else OK

    await store(pool, [capture(place) for place in range(10)])
    async with receiving(behave) as receiver, delivering(database_url, receiver.host):
        key = await subscribe(pool, receiver.url)
        subscription = await wait_until(pool, key, lambda each: each.delivered == 10)
    assert [len(request.events) for request in receiver.requests] == [10, 5, 2, 2, 2, 2, 2]
    assert subscription.failures == 0


async def test_batches_are_bounded_in_bytes(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """A batch ends with the event that brings it to the limit, from whichever partition."""
    events = [capture(n // 2, partition=n % 2, note="x" * 1_000) for n in range(6)]
    await store(pool, events)
    async with (
        receiving() as receiver,
        delivering(database_url, receiver.host, batch_bytes_max=2_000),
    ):
        key = await subscribe(pool, receiver.url)
        await wait_until(pool, key, lambda each: each.delivered == 6)
    assert [len(request.events) for request in receiver.requests] == [2, 2, 2]
    assert sorted(ids(receiver)) == sorted(each.event.event_id for each in events)


async def test_an_event_that_is_stored_late_is_delivered(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """Workers commit partitions independently: a later one may hold earlier events."""
    await store(pool, [capture(50)])
    async with receiving() as receiver, delivering(database_url, receiver.host):
        key = await subscribe(pool, receiver.url)
        await wait_until(pool, key, lambda each: each.delivered == 1)
        await store(pool, [capture(7, partition=1)])
        await wait_until(pool, key, lambda each: each.delivered == 2)
    assert ids(receiver) == ["urn:uuid:0:50", "urn:uuid:1:7"]


async def test_a_subscription_begins_where_it_was_made(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """Behind the places that it was given, or with the events since a time."""
    await store(pool, [capture(place) for place in (1, 2, 3)])
    async with receiving() as receiver, delivering(database_url, receiver.host):
        places = {("hub.capture.v1", 0): LogPlace(2)}
        key = await subscribe(pool, receiver.url, places=places)
        await wait_until(pool, key, lambda each: each.delivered == 1)
        since = AT + timedelta(seconds=2)
        other = await subscribe(pool, receiver.url, initial_record_time=since)
        await wait_until(pool, other, lambda each: each.delivered == 2)
    assert ids(receiver) == ["urn:uuid:0:3", "urn:uuid:0:2", "urn:uuid:0:3"]


async def test_events_from_long_before_are_not_new(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """A hub that was upgraded makes events of all its facts."""
    old = capture(1)
    event = msgspec.structs.replace(old.event, recorded_at=AT - timedelta(hours=3))
    async with receiving() as receiver, delivering(database_url, receiver.host):
        key = await subscribe(pool, receiver.url)
        await store(pool, [StoredCapture(event, old.position), capture(2)])
        await wait_until(pool, key, lambda each: each.delivered == 1)
    assert ids(receiver) == ["urn:uuid:0:2"]


async def test_a_batch_whose_events_are_made_again_is_made_again(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """A later version gives the hub's own events other contents."""
    await store(pool, [capture(1), capture(2)])
    async with (
        receiving(lambda _: answer(500)) as receiver,
        delivering(database_url, receiver.host),
    ):
        key = await subscribe(pool, receiver.url)
        await receiver.wait_for(1)
        await pool.execute("delete from captured_event where record_offset = 1")
        receiver.behave = lambda _: OK
        await wait_until(pool, key, lambda each: each.delivered > 0)
    assert receiver.requests[-1].ids in (["urn:uuid:0:2"], ["urn:uuid:0:1", "urn:uuid:0:2"])


async def test_a_log_that_was_made_again_is_delivered_from_its_beginning(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """With what was left of the old one: its offsets are behind those of the new one."""
    log = {"hub.capture.v1": uuid4()}
    async with pool.acquire() as connection:
        await note_log(connection, LogIds("cluster", log), prefix="")
    await store(pool, [capture(5), capture(6), capture(7, partition=1)])
    async with receiving() as receiver:
        async with delivering(database_url, receiver.host):
            key = await subscribe(pool, receiver.url)
            await wait_until(pool, key, lambda each: each.delivered == 3)
        await store(pool, [capture(8)])
        async with pool.acquire() as connection:
            again = LogIds("cluster", {"hub.capture.v1": uuid4()})
            assert await read_again(connection, again, prefix="") == ["hub.capture.v1"]
        new = capture(9)
        await store(pool, [StoredCapture(new.event, LogPosition("hub.capture.v1", 0, 0))])
        number = len(ids(receiver))
        async with delivering(database_url, receiver.host):
            await wait_until(pool, key, lambda each: each.delivered == number + 2)
    assert sorted(ids(receiver)[number:]) == ["urn:uuid:0:8", "urn:uuid:0:9"]


async def test_a_schedule_reports_when_it_is_due(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """All batches of a run; an empty report only where it is asked for."""
    await store(pool, [capture(place) for place in (1, 2, 3)])
    due = datetime.now(UTC) - timedelta(days=3)
    schedule = msgspec.json.encode({"hour": "1"})
    async with receiving() as receiver, delivering(database_url, receiver.host, batch_events_max=2):
        key = await subscribe(pool, receiver.url, schedule=schedule, due_at=due)
        run = await wait_until(pool, key, lambda each: each.delivered == 3)
        assert run.due_at is not None
        assert run.due_at > datetime.now(UTC)
        assert run.executed_at is not None
        await store(pool, [capture(4)])
        places = {("hub.capture.v1", 0): LogPlace(4)}
        kept = {"schedule": schedule, "due_at": due, "places": places}
        quiet = await subscribe(pool, receiver.url, **kept)
        await wait_until(pool, quiet, lambda each: each.executed_at is not None)
        empty = await subscribe(pool, receiver.url, report_if_empty=True, **kept)
        await wait_until(pool, empty, lambda each: each.executed_at is not None)
    assert [len(request.events) for request in receiver.requests] == [2, 1, 0]
    assert str(empty) in receiver.requests[-1].body.decode()


async def test_a_schedule_that_is_not_due_waits(
    pool: "Pool[asyncpg.Record]", database_url: str
) -> None:
    """Also when there are events; it is woken by its time."""
    await store(pool, [capture(1)])
    due = datetime.now(UTC) + timedelta(seconds=1)
    schedule = msgspec.json.encode({"hour": "1"})
    async with receiving() as receiver, delivering(database_url, receiver.host):
        key = await subscribe(pool, receiver.url, schedule=schedule, due_at=due)
        run = await wait_until(pool, key, lambda each: each.delivered == 1)
    assert run.last_notified_at is not None
    assert run.last_notified_at >= due


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
