"""A hub that delivers: captured events, subscriptions, and the task of the read API."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from pydantic import SecretStr

from groupage.app.subscriptions.deliverer import Deliverer
from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.captured_terms import term
from groupage.settings import DatabaseSettings, SubscriptionSettings
from groupage.store.captured_events import StoredCapture, insert_captures
from groupage.store.facts import LogPosition
from groupage.store.readers.captured_events import CaptureFilter
from groupage.store.subscriptions import (
    NewSubscription,
    Subscription,
    insert_subscription,
    read_subscription,
)
from tests.subscriptions.receiving import TestReceiver

Pool = asyncpg.Pool
AT = datetime(2100, 1, 1, tzinfo=UTC)
"""Later than any subscription of a test, however long after its import that runs."""
TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"  # the example of GS1
LIMIT_S = 60.0


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
