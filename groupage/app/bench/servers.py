"""Servers for a benchmark: those that the environment names, or temporary ones."""

import asyncio
import os
import secrets
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from groupage.app.local import servers
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.contracts.admin import ensure_topics
from groupage.contracts.signing import HubKey
from groupage.settings import KafkaSettings, LocalSettings
from groupage.store import migrations

_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Servers:
    """Addresses of Kafka and PostgreSQL; `database_url` may name any database of the server."""

    bootstrap_servers: str
    database_url: str


@dataclass(frozen=True)
class Hub:
    """Topics and a database for a single run."""

    prefix: str
    database_url: str
    hub_key: HubKey
    environment: dict[str, str]
    """Environment of child processes."""


@contextmanager
def bench_servers() -> Iterator[Servers]:
    """Yield the servers of the environment, or start both in a temporary folder."""
    kafka = os.environ.get("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS")
    database = os.environ.get("GROUPAGE_DATABASE_URL")
    if kafka and database:
        yield Servers(bootstrap_servers=kafka, database_url=database)
        return
    with tempfile.TemporaryDirectory(prefix="groupage-bench-", ignore_cleanup_errors=True) as name:
        data = DataDir(Path(name))
        data.prepare()
        broker = servers.start_kafka(
            servers.kafka_node(LocalSettings(), data, PortBook(data.ports_file))
        )
        node = servers.postgres_node(data)
        store = servers.start_postgres(node)
        try:
            servers.await_kafka(broker)
            servers.await_postgres(store, node.url("postgres"))
            yield Servers(bootstrap_servers=broker.address, database_url=store.address)
        finally:
            store.child.stop()
            broker.child.stop()


@contextmanager
def scratch_hub(addresses: Servers) -> Iterator[Hub]:
    """Create a migrated database and topics with a unique name; drop them afterwards."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    url = urlunsplit(urlsplit(addresses.database_url)._replace(path=f"/{name}"))
    prefix = f"{name}."
    kafka = KafkaSettings(bootstrap_servers=addresses.bootstrap_servers)
    secret = secrets.token_hex(32)
    asyncio.run(_execute(addresses.database_url, f'create database "{name}"'))
    try:
        asyncio.run(migrations.upgrade(url))
        asyncio.run(ensure_topics(kafka, prefix=prefix))
        yield Hub(
            prefix=prefix,
            database_url=url,
            hub_key=HubKey([secret], prefix=prefix),
            environment={
                **os.environ,
                **kafka.child_environment(),
                "GROUPAGE_DATABASE_URL": url,
                "GROUPAGE_TOPIC_PREFIX": prefix,
                "GROUPAGE_HUB_SECRET": secret,
                "GROUPAGE_HUB_SECRET_FILE": "",
                "GROUPAGE_LOG_LEVEL": "WARNING",
                "GROUPAGE_METRICS_PORT": "0",
            },
        )
    finally:
        asyncio.run(
            _execute(addresses.database_url, f'drop database if exists "{name}" with (force)')
        )
        asyncio.run(_drop_topics(kafka, name))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=_TIMEOUT_S)
    try:
        await connection.execute(statement, timeout=_TIMEOUT_S)
    finally:
        await connection.close()


async def _drop_topics(kafka: KafkaSettings, part: str) -> None:
    admin = AIOKafkaAdminClient(**kafka.client_kwargs())
    async with asyncio.timeout(_TIMEOUT_S):
        await admin.start()
        try:
            await admin.delete_topics([name for name in await admin.list_topics() if part in name])
        finally:
            await admin.close()
