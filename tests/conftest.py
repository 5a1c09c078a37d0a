"""Real servers for the tests that need them: started once for the session, or named by environment.

``GROUPAGE_TEST_KAFKA_BOOTSTRAP_SERVERS`` and ``GROUPAGE_TEST_DATABASE_URL`` take existing ones; the
database account must then be allowed to create databases.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from groupage.app.local import servers
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.contracts.admin import ensure_topics
from groupage.settings import DatabaseSettings, KafkaSettings, LocalSettings
from groupage.store import migrations
from groupage.store.pool import create_pool
from tests.fetched import NOT_PROVEN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in red what this machine could not prove: a skip among hundreds is overlooked."""
    reasons = [
        (report.nodeid, str(report.longrepr[2]))
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and NOT_PROVEN in str(report.longrepr[2])
    ]
    if reasons:
        terminalreporter.section("not proven on this machine", sep="!", red=True, bold=True)
        for test, reason in reasons:
            terminalreporter.line(f"{test}\n  {reason.partition(NOT_PROVEN)[2]}", red=True)


@pytest.fixture(scope="session")
def session_data_dir(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """The folder of the servers that all tests of a session share."""
    data = DataDir(tmp_path_factory.mktemp("hub"))
    data.prepare()
    return data


@pytest.fixture(scope="session")
def kafka_bootstrap(session_data_dir: DataDir) -> Iterator[str]:
    """``host:port`` of a real Kafka. A test keeps to topics and groups named by `topic_prefix`."""
    if named := os.environ.get("GROUPAGE_TEST_KAFKA_BOOTSTRAP_SERVERS"):
        yield named
        return
    node = servers.kafka_node(
        LocalSettings(), session_data_dir, PortBook(session_data_dir.ports_file)
    )
    server = servers.start_kafka(node)
    try:
        servers.await_kafka(server)
        yield server.address
    finally:
        server.child.stop()


@pytest.fixture(scope="session")
def maintenance_url(session_data_dir: DataDir) -> Iterator[str]:
    """Address of the database `postgres` of a real PostgreSQL, from which others are made."""
    if named := os.environ.get("GROUPAGE_TEST_DATABASE_URL"):
        yield named
        return
    node = servers.postgres_node(session_data_dir)
    server = servers.start_postgres(node)
    try:
        servers.await_postgres(server, node.url("postgres"))
        yield node.url("postgres")
    finally:
        server.child.stop()


@pytest.fixture
async def empty_database_url(maintenance_url: str) -> AsyncIterator[str]:
    """Address of a database of this test alone, with nothing in it."""
    async for url in _fresh_database(maintenance_url, template="template1"):
        yield url


@pytest.fixture(scope="session")
def template_database(maintenance_url: str) -> Iterator[str]:
    """Name of a database at the newest migration, from which each test's own is copied."""
    name = f"template_{uuid.uuid4().hex[:16]}"
    asyncio.run(_execute(maintenance_url, f'CREATE DATABASE "{name}"'))
    asyncio.run(migrations.upgrade(_with_database(maintenance_url, name)))
    yield name
    asyncio.run(_execute(maintenance_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
async def database_url(maintenance_url: str, template_database: str) -> AsyncIterator[str]:
    """Address of a migrated database of this test alone; dropped afterwards."""
    async for url in _fresh_database(maintenance_url, template=template_database):
        yield url


@pytest.fixture
def topic_prefix() -> str:
    """Beginning of the names of this test's topics and consumer groups (GROUPAGE_TOPIC_PREFIX)."""
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture
def hub_environment(
    monkeypatch: pytest.MonkeyPatch, kafka_bootstrap: str, database_url: str, topic_prefix: str
) -> dict[str, str]:
    """Both servers, a fresh database and the topic prefix, set in this process's environment."""
    values = {
        "GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "GROUPAGE_DATABASE_URL": database_url,
        "GROUPAGE_TOPIC_PREFIX": topic_prefix,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


@pytest.fixture
async def pool(hub_environment: dict[str, str]) -> AsyncIterator[asyncpg.Pool]:
    """The hub's database, with topics made."""
    await ensure_topics(KafkaSettings(), prefix=hub_environment["GROUPAGE_TOPIC_PREFIX"])
    pool = await create_pool(DatabaseSettings(), application_name="test")
    yield pool
    pool.terminate()


@pytest.fixture
def short_tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder whose path leaves room for a socket's name."""
    return tmp_path_factory.mktemp("d")


async def _fresh_database(maintenance_url: str, *, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid.uuid4().hex[:16]}"
    await _execute(maintenance_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _with_database(maintenance_url, name)
    finally:
        await _execute(maintenance_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=30)
    try:
        await connection.execute(statement, timeout=60)
    finally:
        await connection.close()


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
