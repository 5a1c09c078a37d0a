"""Compare Kafka's topics with those whose offsets the database holds, for commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from groupage.contracts.topic_ids import LogIds, TopicIds
from groupage.contracts.topics import TOPICS
from groupage.domain.errors import Unavailable
from groupage.settings import DatabaseSettings, KafkaSettings
from groupage.store.locks import Session
from groupage.store.log_identity import OtherTopic, find_other_topics, read_again
from groupage.store.pool import TRANSIENT_ERRORS, refusals_in_words
from groupage.store.schema import require_schema

_CONNECT_TIMEOUT_S = 20.0
_FAILURES: tuple[type[Exception], ...] = (asyncpg.PostgresError, *TRANSIENT_ERRORS)


async def read_topics_again(
    kafka: KafkaSettings, database: DatabaseSettings, *, prefix: str
) -> list[str]:
    """Let the workers read topics that were created again from their beginning; return their names.

    Raises Conflict while a worker is connected, Unavailable.
    """
    async with _connect(database, timeout_s=_CONNECT_TIMEOUT_S) as connection:
        await require_schema(connection, place=database.address, older_forms=True)
        return await read_again(connection, await _read_ids(kafka, prefix), prefix=prefix)


def other_topics(
    kafka: KafkaSettings, database: DatabaseSettings, *, prefix: str, budget_s: float
) -> list[OtherTopic]:
    """Return the topics that are not those whose offsets are stored. Raises Unavailable."""

    async def read() -> list[OtherTopic]:
        async with asyncio.timeout(budget_s), _connect(database, timeout_s=budget_s) as connection:
            return await find_other_topics(
                connection, await _read_ids(kafka, prefix), prefix=prefix
            )

    try:
        return asyncio.run(read())
    except _FAILURES as error:
        raise Unavailable(f"the topics cannot be compared: {error!r}") from error


async def _read_ids(kafka: KafkaSettings, prefix: str) -> LogIds:
    async with TopicIds(kafka) as ids:
        return await ids.read([prefix + topic.name for topic in TOPICS])


@asynccontextmanager
async def _connect(database: DatabaseSettings, *, timeout_s: float) -> AsyncIterator[Session]:
    with refusals_in_words():
        connection = await asyncpg.connect(database.url.get_secret_value(), timeout=timeout_s)
    try:
        yield connection
    finally:
        await connection.close(timeout=timeout_s)
