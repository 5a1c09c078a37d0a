"""Fixtures: a hub's morning in a database for one test."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from groupage.app.api.app import create_app
from groupage.settings import DatabaseSettings
from groupage.store.pool import create_pool
from tests.api.hub import START, store_facts, store_plan
from tests.api.world import first_plan, morning, second_plan

Pool = asyncpg.Pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """Connections to the test's database."""
    opened = await create_pool(
        DatabaseSettings(url=SecretStr(database_url), pool_size_max=2), application_name="test"
    )
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def hub(pool: "asyncpg.Pool[asyncpg.Record]") -> "asyncpg.Pool[asyncpg.Record]":
    """The morning of `world` at half past eleven, hub time; the first plan is in force."""
    await store_facts(pool, morning(), clock_at=START + timedelta(hours=3, minutes=30))
    await store_plan(pool, first_plan(), published=True)
    await store_plan(pool, second_plan())
    return pool


@pytest.fixture
async def api(hub: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application on the hub's morning."""
    transport = httpx.ASGITransport(create_app(hub), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        yield client
