"""How far the processors are behind the log: what fast motion must wait for."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from groupage.contracts.topics import DEAD_LETTER_TOPIC, TOPICS
from groupage.domain.errors import Unavailable
from groupage.settings import DatabaseSettings, KafkaSettings
from groupage.store.pool import TRANSIENT_ERRORS, create_pool

_NOT_TAKEN_IN = frozenset({"hub.planrequest.v1", "hub.alert.v1", DEAD_LETTER_TOPIC})
_TIMEOUT_S = 10.0
_QUERY = """
select coalesce((select sum(next_offset) from intake_offset where topic = any($1)), 0)::bigint,
       (select count(*) from outbox)
"""


class HubBacklog:
    """Counts records that are in the log and not in the state, and messages not yet published."""

    def __init__(self, pool: asyncpg.Pool, consumer: AIOKafkaConsumer, *, prefix: str) -> None:
        self._pool = pool
        self._consumer = consumer
        topics = [one for one in TOPICS if one.name not in _NOT_TAKEN_IN]
        self._topics = [prefix + one.name for one in topics]
        self._partitions = [
            TopicPartition(prefix + one.name, number)
            for one in topics
            for number in range(one.partitions)
        ]

    async def __call__(self) -> int:
        """Records and messages. Raises Unavailable when Kafka or PostgreSQL does not answer.

        The database first: a message is in the outbox until Kafka has it, so that 0 means that at
        one instant nothing was on its way. The other way round one could slip through.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                row = await self._pool.fetchrow(_QUERY, self._topics)
                ends = await self._consumer.end_offsets(self._partitions)
        except TRANSIENT_ERRORS as error:
            raise Unavailable(f"the hub does not tell its backlog: {error}") from error
        assert row is not None, "sums always give a row"
        return max(sum(map(int, ends.values())) - int(row[0]), 0) + int(row[1])


async def hub_backlog(
    stack: AsyncExitStack, kafka: KafkaSettings, *, prefix: str
) -> Callable[[], Awaitable[int]] | None:
    """The backlog of the hub whose database is configured; None when none is."""
    if not os.environ.get("GROUPAGE_DATABASE_URL"):
        return None
    pool = await create_pool(DatabaseSettings(), application_name="groupage-backlog")
    stack.push_async_callback(pool.close)
    consumer = AIOKafkaConsumer(
        **kafka.client_kwargs(), client_id="groupage-backlog", group_id=None
    )
    await consumer.start()
    stack.push_async_callback(consumer.stop)
    return HubBacklog(pool, consumer, prefix=prefix)
