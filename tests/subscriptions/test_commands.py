"""Subscriptions as an operator sees them: commands, status, metrics."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from groupage.app.api.metrics import refresh_gauges
from groupage.app.cli import run
from groupage.app.commands.database_readings import subscriptions_reading
from groupage.app.commands.status import _print, describe
from groupage.settings import DatabaseSettings
from groupage.store.named_queries import insert_named_query
from groupage.store.pool import create_pool
from groupage.store.subscriptions import Batch, note_failure, stop_subscription, store_batch
from groupage.telemetry import metrics
from tests.subscriptions.hub import subscribe

pytestmark = pytest.mark.integration
Work = Callable[["asyncpg.Pool[asyncpg.Record]"], Awaitable[Any]]
HIDDEN = "https://client.example.com:8443/hook?key=hidden"


def with_pool(database_url: str, work: Work) -> Any:
    """Do something in the database."""

    async def body() -> Any:
        settings = DatabaseSettings(url=SecretStr(database_url), pool_size_max=2)
        pool = await create_pool(settings, application_name="test")
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(body())


async def make(pool: "asyncpg.Pool[asyncpg.Record]") -> list[str]:
    """Three subscriptions: one is active, one fails, one is stopped. Returns their ids."""
    await insert_named_query(pool, "packed", b"{}")
    keys = [await subscribe(pool, HIDDEN) for _ in range(3)]
    for key in keys[1:]:
        batch = Batch(
            batch_id=uuid4(), made_at=datetime.now(UTC), events=(), places={}, due_at=None
        )
        assert await store_batch(pool, key, batch)
        assert await note_failure(pool, key, batch.batch_id, "status 500")
    assert await stop_subscription(pool, keys[2], "the receiver does not confirm: status 500")
    return [str(key) for key in keys]


@pytest.fixture
def groupage(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run `groupage("subscriptions", "list")`; returns what it printed."""
    monkeypatch.setenv("GROUPAGE_DATABASE_URL", database_url)

    def command(*arguments: str, status: int = 0) -> str:
        capsys.readouterr()
        assert run(list(arguments)) == status
        printed = capsys.readouterr()
        return printed.out + printed.err

    return command


def test_subscriptions_are_listed_and_resumed(
    database_url: str, groupage: Callable[..., str]
) -> None:
    """By the beginnings of their ids, or all; no secret is printed."""
    assert groupage("subscriptions", "list") == "no subscription\n"
    first, _, stopped = with_pool(database_url, make)
    text = groupage("subscriptions", "list")
    head, *lines = text.splitlines()
    assert head.split()[:4] == ["id", "query", "receiver", "state"]
    assert [line.split()[3] for line in lines] == ["active", "failing", "stopped"]
    assert "client.example.com:8443" in lines[0]
    assert lines[2].endswith("the receiver does not confirm: status 500")
    as_json = groupage("subscriptions", "list", "--stopped", "--json")
    (only,) = json.loads(as_json)["items"]
    assert (only["id"], only["state"], only["failures"]) == (stopped, "stopped", 1)
    assert "hidden" not in text + as_json
    assert "13df38d8" not in text + as_json
    assert "no stopped subscription" in groupage("subscriptions", "resume", first, status=1)
    assert groupage("subscriptions", "resume", stopped[:8]) == "1 subscription resumed\n"
    assert json.loads(groupage("subscriptions", "resume", "--all", "--json")) == {"resumed": 0}
    assert groupage("subscriptions", "list", "--stopped") == "no stopped subscription\n"
    assert "--all" in groupage("subscriptions", "resume", status=2)


def test_status_counts_them(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And says where the reasons are."""
    settings = DatabaseSettings(url=SecretStr(database_url))
    assert str(subscriptions_reading(settings)) == ""
    with_pool(database_url, make)
    reading = str(subscriptions_reading(settings))
    expected = "3 subscriptions, 1 failing, 1 STOPPED: see `groupage subscriptions list`"
    assert reading == expected
    _print(describe(None, "/data"), subscriptions=reading)
    assert f"  subscribers {expected}" in capsys.readouterr().out.splitlines()
    with_pool(database_url, lambda pool: pool.execute("update subscription set failures = 0"))
    with_pool(database_url, lambda pool: pool.execute("update subscription set stopped_at = null"))
    assert str(subscriptions_reading(settings)) == "3 subscriptions, all delivered"
    nowhere = DatabaseSettings(url=SecretStr("postgresql://nobody@127.0.0.1:1/none"))
    assert subscriptions_reading(nowhere) is None


def test_metrics_count_them(database_url: str) -> None:
    """By state, and by nothing that a client may choose."""
    with_pool(database_url, make)
    with_pool(database_url, refresh_gauges)
    for state in ("active", "failing", "stopped"):
        assert metrics.SUBSCRIPTIONS.labels(state)._value.get() == 1
