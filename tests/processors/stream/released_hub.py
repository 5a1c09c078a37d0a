"""What a release stored: the tables of a small hub in a file, which every later version upgrades.

``python -m tests.processors.stream.released_hub 0.2.0`` writes the file of this version, with real
servers. A file of a release stays as it is for ever.
"""

import asyncio
import gzip
import io
import sys
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from aiokafka import AIOKafkaProducer

from groupage import __version__
from groupage.app.bench.servers import bench_servers, scratch_hub
from groupage.settings import DatabaseSettings, KafkaSettings, ProcessorSettings, TopicSettings
from groupage.store.pool import create_pool
from groupage.store.schema import migrations
from processors.worker.app import WorkerSettings
from tests.api import world
from tests.api.hub import store_plan
from tests.hub_key import hub_settings
from tests.processors.stream.hub import StreamHub
from tests.processors.stream.small_hub import store_small_hub

FOLDER = Path(__file__).parent / "released_hubs"
_EVENTS = 40


class StoredTable(msgspec.Struct, kw_only=True):
    """The rows of a table in COPY's text format."""

    name: str
    columns: list[str]
    rows: str


class ReleasedHub(msgspec.Struct, kw_only=True):
    """The tables of a hub."""

    schema: int
    tables: list[StoredTable]


def read(path: Path) -> ReleasedHub:
    """Read a file."""
    return msgspec.json.decode(gzip.decompress(path.read_bytes()), type=ReleasedHub)


async def restore(hub: ReleasedHub, url: str) -> None:
    """Fill an empty database as the release left it: its migrations, its rows."""
    connection = await asyncpg.connect(url)
    try:
        for migration in migrations()[: hub.schema]:
            await connection.execute(migration.sql)
        for table in hub.tables:
            await connection.copy_to_table(
                table.name,
                source=io.BytesIO(table.rows.encode()),
                columns=table.columns,
                format="text",
            )
    finally:
        await connection.close()


async def _dump(pool: "asyncpg.Pool[asyncpg.Record]") -> ReleasedHub:
    tables = []
    rows = await pool.fetch(
        "select table_name, array_agg(column_name::text order by ordinal_position) "
        "from information_schema.columns where table_schema = 'public' group by 1 order by 1"
    )
    for name, columns in rows:
        output = io.BytesIO()
        # An identity column's values come from the sequence of the database that is restored.
        kept = [column for column in columns if column != "outbox_id"]
        query = f"select {', '.join(kept)} from {name} order by {columns[0]}, {columns[1]}"
        await pool.copy_from_query(query, output=output, format="text")
        tables.append(StoredTable(name=name, columns=kept, rows=output.getvalue().decode()))
    return ReleasedHub(schema=len(migrations()), tables=tables)


async def _make(bootstrap_servers: str, hub: Any) -> ReleasedHub:
    settings = WorkerSettings(
        kafka=KafkaSettings(bootstrap_servers=bootstrap_servers),
        database=DatabaseSettings(url=hub.database_url),
        topics=TopicSettings(prefix=hub.prefix),
        hub=hub_settings(),
        processor=ProcessorSettings(batch_wait_s=0.02),
    )
    pool = await create_pool(settings.database, application_name="released hub")
    producer = AIOKafkaProducer(**settings.kafka.client_kwargs(), enable_idempotence=True)
    await producer.start()
    try:
        await store_small_hub(StreamHub(settings, pool, producer), events=_EVENTS)
        await store_plan(pool, world.first_plan())
        return await _dump(pool)
    finally:
        await producer.stop()
        pool.terminate()


def main() -> None:
    """Write the file of the version that is named, which must be this one."""
    (version,) = sys.argv[1:]
    if version != __version__:
        raise SystemExit(f"this is version {__version__}: its hub cannot stand for {version}")
    with bench_servers() as servers, scratch_hub(servers) as hub:
        released = asyncio.run(_make(servers.bootstrap_servers, hub))
    FOLDER.mkdir(exist_ok=True)
    content = gzip.compress(msgspec.json.encode(released), mtime=0)
    (FOLDER / f"{version}.json.gz").write_bytes(content)


if __name__ == "__main__":
    main()
