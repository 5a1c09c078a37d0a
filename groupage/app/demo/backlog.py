"""How far the worker is behind the log: fast motion waits for it."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from groupage.contracts.topics import DEAD_LETTER_TOPIC, TOPICS
from groupage.domain.errors import Unavailable
from groupage.settings import DatabaseSettings, KafkaSettings
from groupage.store.pool import TRANSIENT_ERRORS, create_pool

_NOT_CONSUMED = frozenset({"hub.planrequest.v1", "hub.alert.v1", DEAD_LETTER_TOPIC})
_TIMEOUT_S = 10.0
_ENDS_VALID_S = 0.25
_QUERY = """
select coalesce((select sum(next_offset) from intake_offset where topic = any($1)), 0)::bigint,
       (select count(*) from outbox)
"""


class HubBacklog:
    """Counts records that the worker has not stored, and outbox messages not yet published."""

    def __init__(self, pool: asyncpg.Pool, consumer: AIOKafkaConsumer, *, prefix: str) -> None:
        self._pool = pool
        self._consumer = consumer
        self._ends = 0
        """Sum of the partitions' end offsets at the last request; it only grows."""
        self._ends_at = float("-inf")
        topics = [topic for topic in TOPICS if topic.name not in _NOT_CONSUMED]
        self._topics = [topic.name for topic in topics]
        """As the database has them, without the prefix."""
        self._partitions = [
            TopicPartition(prefix + topic.name, number)
            for topic in topics
            for number in range(topic.partitions)
        ]

    async def __call__(self) -> int:
        """Return how many there are: 0 is exact, other numbers may be a quarter of a second old.

        The database is read first: a message stays in the outbox until Kafka has it, so 0 means
        that at one instant nothing was under way. In the other order a message could be missed.
        Kafka is asked only if the result may be 0, or after a quarter of a second: it takes far
        longer than the database.
        Raises Unavailable when Kafka or PostgreSQL does not answer.
        """
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                row = await self._pool.fetchrow(_QUERY, self._topics)
                assert row is not None, "sums always give a row"
                taken, outbox = map(int, row)
                now = time.monotonic()
                may_be_0 = taken >= self._ends and not outbox
                if may_be_0 or now - self._ends_at > _ENDS_VALID_S:
                    ends = await self._consumer.end_offsets(self._partitions)
                    self._ends, self._ends_at = sum(map(int, ends.values())), now
        except TRANSIENT_ERRORS as error:
            raise Unavailable(f"the backlog of the hub is unknown: {error}") from error
        return max(self._ends - taken, 0) + outbox


async def hub_backlog(
    stack: AsyncExitStack, kafka: KafkaSettings, *, prefix: str
) -> Callable[[], Awaitable[int]] | None:
    """Return the backlog of the hub whose database is configured; None without a database."""
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
