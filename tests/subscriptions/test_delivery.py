"""Deliveries to a real receiver, from a real database: none is lost, and each has its place."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from groupage.app.subscriptions.batches import find_next
from groupage.contracts.body_signature import is_body_signed
from groupage.contracts.topic_ids import LogIds
from groupage.store.captured_events import StoredCapture
from groupage.store.facts import LogPosition
from groupage.store.log_identity import note_log, read_again
from groupage.store.named_queries import insert_named_query
from groupage.store.pool import Connection
from groupage.store.readers.captured_events import CaptureFilter
from groupage.store.readers.captured_log import LogPlace
from tests.subscriptions.hub import (
    AT,
    TOKEN,
    Pool,
    capture,
    delivering,
    ids,
    read,
    read_filter,
    store,
    subscribe,
    wait_until,
)
from tests.subscriptions.receiving import OK, Request, answer, receiving

pytestmark = pytest.mark.integration


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


async def test_events_of_others_wake_no_subscription(
    pool: "Pool[asyncpg.Record]", database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new events are read once for all; only a subscription that may want one looks."""
    looks: Counter[CaptureFilter] = Counter()

    async def count(connection: Connection, wanted: CaptureFilter, *args: Any, **more: Any) -> Any:
        looks[msgspec.structs.replace(wanted, recorded_since=None)] += 1
        return await find_next(connection, wanted, *args, **more)

    monkeypatch.setattr("groupage.app.subscriptions.delivery.find_next", count)
    await insert_named_query(pool, "received", b'{"EQ_bizStep":"receiving"}')
    async with receiving() as receiver, delivering(database_url, receiver.host):
        packed = await subscribe(pool, receiver.url)
        await subscribe(pool, receiver.url, query_name="received")
        for place in range(8):
            await store(pool, [capture(place, step="receiving")])
            await receiver.wait_for(place + 1)
        await store(pool, [capture(8)])
        await wait_until(pool, packed, lambda each: each.delivered == 1)
    # At the start, for events that came before the first look had ended, for its event, and behind.
    assert looks[read_filter(b'{"EQ_bizStep":"packing"}')] <= 5
    assert looks[read_filter(b'{"EQ_bizStep":"receiving"}')] >= 8


async def test_a_subscription_notes_how_far_it_is(
    pool: "Pool[asyncpg.Record]", database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some events of others, so that the next look is short."""
    monkeypatch.setattr("groupage.app.subscriptions.delivery._UNWANTED_MAX", 2)
    async with receiving() as receiver, delivering(database_url, receiver.host):
        key = await subscribe(pool, receiver.url)
        await store(pool, [capture(place, step="receiving") for place in (7, 8)])
        end = {("hub.capture.v1", 0): LogPlace(8)}
        await wait_until(pool, key, lambda each: each.places == end)
    assert ids(receiver) == []


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
    event = msgspec.structs.replace(old.event, recorded_at=datetime.now(UTC) - timedelta(hours=3))
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
