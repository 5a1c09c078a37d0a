"""Fixtures: a database with a named query."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from pydantic import SecretStr

from groupage.settings import DatabaseSettings
from groupage.store.named_queries import insert_named_query
from groupage.store.pool import create_pool

Pool = asyncpg.Pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["Pool[asyncpg.Record]"]:
    """Connections to the test's database, with a query for packed events."""
    opened = await create_pool(
        DatabaseSettings(url=SecretStr(database_url), pool_size_max=3), application_name="test"
    )
    await insert_named_query(opened, "packed", b'{"EQ_bizStep":"packing"}')
    yield opened
    await opened.close()
