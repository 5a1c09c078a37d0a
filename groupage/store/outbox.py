"""Publish the outbox, signed: in order, at least once; a row is deleted when Kafka has it.

Event ids are deterministic, so a message that is published twice (the process died between Kafka's
answer and the deletion) is one fact.
"""

import asyncio
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer

from groupage.contracts.partitioning import partition_of
from groupage.contracts.signing import HubKey
from groupage.contracts.topics import DEAD_LETTER_TOPIC
from groupage.store.writers import unpack_headers
from groupage.telemetry import metrics

_SELECT = """
select o.outbox_id, o.topic, o.key, o.headers, o.value
from outbox o
join unnest($1::text[], $2::integer[]) as mine (topic, number)
  on o.origin_topic = mine.topic and o.origin_partition = mine.number
order by o.outbox_id limit $3
"""
_DELETE = """
with relaxed as materialized (select set_config('synchronous_commit', 'off', true))
delete from outbox using relaxed where outbox_id = any($1::bigint[])
"""
"""Its transaction does not wait for the disk: if PostgreSQL dies before the deletion is on disk,
the relay publishes the rows again, as after its own death. Nothing else may commit with it."""


async def publish(
    pool: asyncpg.Pool,
    producer: AIOKafkaProducer,
    *,
    origins: Sequence[tuple[str, int]],
    prefix: str,
    hub_key: HubKey,
    messages_max: int,
    timeout_s: float,
) -> int:
    """Publish the oldest messages of those origins and return how many there were.

    Only the owner of an origin (topic, partition) may call this for it: two at once would break
    the order. `producer` must be idempotent: that keeps a partition's order through retries.
    """
    topics, numbers = [topic for topic, _ in origins], [number for _, number in origins]
    rows = await pool.fetch(_SELECT, topics, numbers, messages_max)
    if not rows:
        return 0
    async with asyncio.timeout(timeout_s):
        sent = [
            await producer.send(
                prefix + topic,
                value=value,
                key=key.encode() if key else None,
                headers=_signed(hub_key, topic, unpack_headers(headers), value),
                partition=partition_of(key, topic) if key else None,
            )
            for _, topic, key, headers, value in rows
        ]
        await asyncio.gather(*sent)
    await pool.execute(_DELETE, [row[0] for row in rows])
    metrics.OUTBOX_PUBLISHED.inc(len(rows))
    return len(rows)


def _signed(
    hub_key: HubKey, topic: str, headers: list[tuple[str, bytes | None]], value: bytes
) -> list[tuple[str, bytes | None]]:
    """Sign what aggregates read; the copy of a dead letter speaks for nobody."""
    return headers if topic == DEAD_LETTER_TOPIC else hub_key.sign(topic, headers, value)


async def backlog(pool: asyncpg.Pool) -> int:
    """Count the messages that wait to be published."""
    count: int = await pool.fetchval("select count(*) from outbox")
    return count
