"""The relay against real servers: what is ours, in its order, and after a wrong start."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer

from groupage.settings import KafkaSettings
from groupage.store.relay import OutboxRelay
from groupage.store.writers import OutboxRow, insert_outbox, pack_headers
from groupage.telemetry import metrics
from tests.hub_key import hub_key

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

TOPIC = "hub.plan.v1"


async def queue(pool: asyncpg.Pool, partition: int, *values: str) -> None:
    """Leave messages of one origin in the outbox."""
    rows = [
        OutboxRow("hub.planrequest.v1", partition, TOPIC, "LANE", pack_headers([]), value.encode())
        for value in values
    ]
    async with pool.acquire() as connection, connection.transaction():
        await insert_outbox(connection, rows)


@asynccontextmanager
async def relaying(relay: OutboxRelay) -> AsyncIterator[OutboxRelay]:
    """Run the relay until the block ends."""
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def relay_of(pool: asyncpg.Pool, prefix: str, *partitions: int, **more: Any) -> OutboxRelay:
    """A relay that holds these partitions of the plan requests."""
    return OutboxRelay(
        kafka=more.pop("kafka", KafkaSettings()),
        prefix=prefix,
        hub_key=hub_key(prefix),
        pool=pool,
        held=lambda: [("hub.planrequest.v1", number) for number in partitions],
        messages_max=3,
        **more,
    )


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `holds` returns true."""
    async with asyncio.timeout(30):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


async def left(pool: asyncpg.Pool, count: int) -> None:
    """Wait until `count` rows are left."""

    async def count_left() -> bool:
        return bool(await pool.fetchval("select count(*) from outbox") == count)

    await until(count_left)


async def gauge_shows_two() -> bool:
    """The backlog gauge that the relay sets."""
    return bool(metrics.OUTBOX_BACKLOG._value.get() == 2)


async def receive(prefix: str, count: int) -> list[str]:
    """The first `count` messages on the topic."""
    consumer = AIOKafkaConsumer(
        prefix + TOPIC, **KafkaSettings().client_kwargs(), auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            return [(await consumer.getone()).value.decode() for _ in range(count)]
    finally:
        await consumer.stop()


async def test_only_our_origins_in_their_order(pool: asyncpg.Pool, topic_prefix: str) -> None:
    """More rows than go at once come out in order; what another process holds stays."""
    await queue(pool, 0, *(f"a{n}" for n in range(8)))
    await queue(pool, 1, "not ours")
    async with relaying(relay_of(pool, topic_prefix, 0)):
        await left(pool, 1)
    assert await receive(topic_prefix, 8) == [f"a{n}" for n in range(8)]
    assert await pool.fetchval("select value from outbox") == b"not ours"


async def test_it_is_woken_and_counts_what_waits(pool: asyncpg.Pool, topic_prefix: str) -> None:
    """Rows that come while it waits are published at once; an idle one tells the backlog."""
    await queue(pool, 1, "another's", "another's")
    async with relaying(relay_of(pool, topic_prefix, 0, counts_backlog=True)) as relay:
        await queue(pool, 0, "first")
        await left(pool, 2)
        began = asyncio.get_running_loop().time()
        await queue(pool, 0, "second")
        relay.wake()
        await left(pool, 2)
        assert asyncio.get_running_loop().time() - began < 0.9
        await until(gauge_shows_two)
    assert await receive(topic_prefix, 2) == ["first", "second"]


async def test_deleted_rows_do_not_pile_up(
    pool: asyncpg.Pool, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay vacuums the table long before PostgreSQL would: each query reads deleted rows."""
    monkeypatch.setattr("groupage.store.relay._VACUUM_ROWS", 5)

    async def is_vacuumed() -> bool:
        query = "select vacuum_count from pg_stat_user_tables where relname = 'outbox'"
        return bool(await pool.fetchval(query))

    async with relaying(relay_of(pool, topic_prefix, 0)):
        await queue(pool, 0, *"abcdefg")
        await left(pool, 0)
        await until(is_vacuumed)
    assert await receive(topic_prefix, 7) == list("abcdefg")


async def test_only_the_deletion_does_not_wait_for_the_disk(
    pool: asyncpg.Pool, topic_prefix: str
) -> None:
    """The connection goes back to the pool with the setting that commits of facts rely on."""
    await pool.execute(
        """
        create table deletion (synchronous_commit text);
        create function note_deletion() returns trigger language plpgsql as $$
        begin
            insert into deletion values (current_setting('synchronous_commit'));
            return null;
        end $$;
        create trigger note after delete on outbox execute function note_deletion();
        """
    )
    await queue(pool, 0, "a", "b")
    async with relaying(relay_of(pool, topic_prefix, 0)):
        await left(pool, 0)
    assert {row[0] for row in await pool.fetch("select * from deletion")} == {"off"}
    assert await pool.fetchval("select current_setting('synchronous_commit')") == "on"


async def test_a_broker_that_is_away_loses_nothing(
    pool: asyncpg.Pool, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is deleted that Kafka has not acknowledged, and the relay goes on trying."""
    monkeypatch.setattr("groupage.store.relay._PUBLISH_TIMEOUT_S", 0.5)
    await queue(pool, 0, "patient")
    nobody = KafkaSettings(bootstrap_servers="127.0.0.1:1")
    async with relaying(relay_of(pool, topic_prefix, 0, kafka=nobody)):
        await asyncio.sleep(1.5)
        assert await pool.fetchval("select count(*) from outbox") == 1
    async with relaying(relay_of(pool, topic_prefix, 0)):
        await left(pool, 0)
    assert await receive(topic_prefix, 1) == ["patient"]
