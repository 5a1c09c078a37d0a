"""Real servers for the tests that need them: started once for a run, or named by environment.

``GROUPAGE_TEST_KAFKA_BOOTSTRAP_SERVERS`` and ``GROUPAGE_TEST_DATABASE_URL`` name existing servers;
the database account must then be allowed to create databases. Several processes may share a run
(``pytest -n 2``): `tests/scheduling.py` divides the files among them.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from hypothesis import settings

from groupage.contracts.admin import ensure_topics
from groupage.contracts.topics import TOPICS
from groupage.settings import DatabaseSettings, KafkaSettings
from groupage.store import migrations
from groupage.store.pool import create_pool
from tests.fetched import NOT_PROVEN
from tests.hub_key import SECRET
from tests.scheduling import FileScheduling, heaviest_files_first
from tests.shared_servers import SharedServers, address_of

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

# Each machine tries the same examples at each run, so that a red run can be repeated; a slow one
# has the time it needs. `make test-random` looks for new ones: --hypothesis-profile=random.
settings.register_profile("random", deadline=None, print_blob=True)
settings.register_profile("repeatable", settings.get_profile("random"), derandomize=True)
settings.load_profile("repeatable")

_SERVERS = pytest.StashKey[SharedServers]()


def pytest_configure(config: pytest.Config) -> None:
    """Get ready to start servers, in the one process that outlives all others of the run."""
    if not hasattr(config, "workerinput"):
        config.stash[_SERVERS] = SharedServers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: "WorkerController") -> None:
    """Tell a worker process whom to ask for servers."""
    node.workerinput["servers_socket"] = node.config.stash[_SERVERS].socket


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers that were started."""
    if shared := config.stash.get(_SERVERS, None):
        shared.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that all processes end at the same time."""
    items[:] = heaviest_files_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> FileScheduling:
    """Divide the tests among the processes by file."""
    return FileScheduling(config, log)


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
def servers_socket(request: pytest.FixtureRequest) -> str:
    """Where this process asks for the address of a server that the whole run shares."""
    if shared := request.config.stash.get(_SERVERS, None):
        return shared.socket
    return str(request.config.workerinput["servers_socket"])  # type: ignore[attr-defined] # of xdist


@pytest.fixture(scope="session")
def kafka_bootstrap(servers_socket: str) -> str:
    """``host:port`` of a real Kafka. A test keeps to topics and groups named by `topic_prefix`."""
    named = os.environ.get("GROUPAGE_TEST_KAFKA_BOOTSTRAP_SERVERS")
    return named or address_of("kafka", servers_socket)


@pytest.fixture(scope="session")
def maintenance_url(servers_socket: str) -> str:
    """Address of the database `postgres` of a real PostgreSQL, from which others are made."""
    return os.environ.get("GROUPAGE_TEST_DATABASE_URL") or address_of("postgres", servers_socket)


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
        "GROUPAGE_HUB_SECRET": SECRET,
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
    await delete_topics(KafkaSettings(), prefix=hub_environment["GROUPAGE_TOPIC_PREFIX"])


async def delete_topics(kafka: KafkaSettings, *, prefix: str) -> None:
    """Delete a test's topics: with those of all tests the broker takes a minute to answer."""
    client = AIOKafkaAdminClient(**kafka.client_kwargs())
    await client.start()
    try:
        await client.delete_topics([prefix + topic.name for topic in TOPICS])
    finally:
        await client.close()


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


@pytest.fixture(scope="session")
def foreign_data() -> Path:
    """The folder of real documents of others; without it, the tests that need it are skipped."""
    named = os.environ.get("GROUPAGE_TEST_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no foreign data in {folder}; set GROUPAGE_TEST_DATA")
    return folder
