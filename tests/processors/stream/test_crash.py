"""SIGKILL workers, broker and database under load, then count everything."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.app.bench import workload
from groupage.app.local import servers
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.contracts.admin import ensure_topics
from groupage.contracts.encoding import encode
from groupage.contracts.provenance import is_own
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.settings import (
    DatabaseSettings,
    KafkaSettings,
    LocalSettings,
    ProcessorSettings,
    TopicSettings,
)
from groupage.store import migrations
from groupage.store.pool import create_pool
from processors.aggregates.registry import all_aggregates
from processors.operations.rebuild import rebuild
from processors.worker.app import WorkerSettings
from tests.hub_key import SECRET, hub_settings, signed_record
from tests.processors.stream.facts import folded_in_memory, stored_consignments
from tests.processors.stream.hub import StreamHub

pytestmark = [pytest.mark.integration, pytest.mark.crash]

EVENTS = 24_000
CHUNK = 400
CHUNK_EVERY_S = 0.4
KILLS = 10
SEED = int(os.environ.get("GROUPAGE_TEST_CRASH_SEED", "7"))


class Ground:
    """Servers of this test only, so that it may kill them."""

    def __init__(self, folder: Path) -> None:
        data = DataDir(folder)
        data.prepare()
        self._kafka_node = servers.kafka_node(LocalSettings(), data, PortBook(data.ports_file))
        self._postgres_node = servers.postgres_node(data)
        self.kafka = servers.start_kafka(self._kafka_node)
        self.postgres = servers.start_postgres(self._postgres_node)
        servers.await_kafka(self.kafka)
        servers.await_postgres(self.postgres, self._postgres_node.url("postgres"))

    def crash_kafka(self) -> None:
        """SIGKILL the server, and start it again."""
        _kill(self.kafka.child.pid)
        self.kafka.child.wait_stopped(time.monotonic() + 20)
        self.kafka = servers.start_kafka(self._kafka_node)
        servers.await_kafka(self.kafka)

    def crash_postgres(self) -> None:
        """SIGKILL the server, and start it again."""
        _kill(self.postgres.child.pid)
        self.postgres.child.wait_stopped(time.monotonic() + 20)
        self.postgres = servers.start_postgres(self._postgres_node)
        servers.await_postgres(self.postgres, self._postgres_node.url("postgres"))

    def stop(self) -> None:
        """Stop both servers."""
        self.postgres.child.stop()
        self.kafka.child.stop()


class Workers:
    """Worker processes, which are restarted when they end, as a supervisor does."""

    def __init__(self, environment: dict[str, str], log_file: Path, count: int) -> None:
        self._environment = environment
        self._log_file = log_file
        self.processes = [self._spawn() for _ in range(count)]

    def _spawn(self) -> "subprocess.Popen[bytes]":
        with self._log_file.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "groupage", "run", "processors"],
                env=self._environment,
                stdout=output,
                stderr=output,
            )

    def kill(self, number: int) -> None:
        """SIGKILL a worker."""
        _kill(self.processes[number].pid)
        self.processes[number].wait(10)

    def tend(self) -> None:
        """Restart the workers that have ended."""
        for number, process in enumerate(self.processes):
            if process.poll() is not None:
                self.processes[number] = self._spawn()

    def stop(self) -> list[int]:
        """SIGTERM all workers, and return their exit statuses."""
        for process in self.processes:
            process.terminate()
        return [process.wait(20) for process in self.processes]


def _kill(pid: int | None) -> None:
    assert pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def ground(short_tmp_path: Path) -> Iterator[Ground]:
    """Start a Kafka and a PostgreSQL that the test may kill."""
    ground = Ground(short_tmp_path / "hub")
    yield ground
    ground.stop()


async def _until_a_fact_is_stored(ground: Ground) -> None:
    connection = await asyncpg.connect(ground.postgres.address)
    while not await connection.fetchval("select exists (select from fact)"):  # noqa: ASYNC110 - a database
        await asyncio.sleep(0.1)
    await connection.close()


async def _feed(kafka: KafkaSettings, prefix: str, facts: list[Fact]) -> None:
    """Publish everything at least once, and some records twice, whatever happens to the broker."""
    for start in range(0, len(facts), CHUNK):
        begun_s = time.monotonic()
        chunk = facts[max(0, start - 20) : start + CHUNK]
        while not await _sent(kafka, prefix, chunk):  # noqa: ASYNC110 - nothing to wait for
            await asyncio.sleep(0.5)
        await asyncio.sleep(max(0.0, CHUNK_EVERY_S - (time.monotonic() - begun_s)))


async def _sent(kafka: KafkaSettings, prefix: str, facts: list[Fact]) -> bool:
    producer = AIOKafkaProducer(**kafka.client_kwargs(), enable_idempotence=True)
    try:
        async with asyncio.timeout(10):
            await producer.start()
            records = [
                (signed_record if is_own(fact) else encode)(fact, prefix=prefix) for fact in facts
            ]
            sent = [
                await producer.send(r.topic, value=r.value, key=r.key, headers=r.headers)
                for r in records
            ]
            await asyncio.gather(*sent)
    except (KafkaError, TimeoutError, OSError):
        return False
    else:
        return True
    finally:
        with contextlib.suppress(TimeoutError, KafkaError, OSError):
            async with asyncio.timeout(3):
                await producer.stop()


async def _disturb(ground: Ground, workers: Workers, feeding: "asyncio.Task[None]") -> list[str]:
    """Kill at random instants until the feed has ended and each process was killed."""
    chance = random.Random(SEED)
    wanted = ["worker"] * KILLS + ["kafka", "postgres"]
    chance.shuffle(wanted)
    done: list[str] = []
    while wanted:
        await asyncio.sleep(chance.uniform(0.3, 3.5))
        what = wanted.pop()
        done.append(what)
        if what == "worker":
            workers.kill(chance.randrange(2))
        elif what == "kafka":
            await asyncio.to_thread(ground.crash_kafka)
        else:
            await asyncio.to_thread(ground.crash_postgres)
        workers.tend()
    tending = asyncio.create_task(_tend(workers))
    await feeding
    tending.cancel()
    return done


@contextlib.asynccontextmanager
async def _hub(settings: WorkerSettings) -> AsyncIterator[StreamHub]:
    pool = await create_pool(settings.database, application_name="test")
    producer = AIOKafkaProducer(**settings.kafka.client_kwargs())
    try:
        yield StreamHub(settings, pool, producer)
    finally:
        await pool.close()


@pytest.mark.timeout(300)
async def test_nothing_is_lost_or_doubled_when_everything_is_killed(
    ground: Ground, topic_prefix: str, tmp_path: Path
) -> None:
    """The facts are the events sent, the states are their fold, and a rebuild gives the same."""
    settings = WorkerSettings(
        kafka=KafkaSettings(bootstrap_servers=ground.kafka.address),
        database=DatabaseSettings(url=ground.postgres.address),
        topics=TopicSettings(prefix=topic_prefix),
        hub=hub_settings(),
        processor=ProcessorSettings(),
    )
    await migrations.upgrade(ground.postgres.address)
    await ensure_topics(settings.kafka, prefix=topic_prefix)
    environment = {
        **os.environ,
        **settings.kafka.child_environment(),
        "GROUPAGE_DATABASE_URL": ground.postgres.address,
        "GROUPAGE_TOPIC_PREFIX": topic_prefix,
        "GROUPAGE_HUB_SECRET": SECRET,
        "GROUPAGE_METRICS_PORT": "0",
        "GROUPAGE_LOG_FORMAT": "console",
    }
    facts = list(workload.facts(EVENTS, seed=SEED))
    workers = Workers(environment, tmp_path / "workers.log", count=2)
    try:
        feeding = asyncio.create_task(_feed(settings.kafka, topic_prefix, facts))
        done = await _disturb(ground, workers, feeding)
        async with _hub(settings) as hub:
            tending = asyncio.create_task(_tend(workers))
            await hub.until_committed()
            tending.cancel()
            statuses = await asyncio.to_thread(workers.stop)
            assert statuses == [0, 0], _end_of(tmp_path / "workers.log")
            stored = await hub.pool.fetchval(
                "select count(*) from fact where source = '/bench/wms'"
            )
            assert stored == EVENTS, done
            assert await stored_consignments(hub) == folded_in_memory(facts)
            # A worker may have read a fact before the message that makes it legal.
            open_or_withdrawn = (
                "select code, reason from dead_letter where settled_as is distinct from 'legal'"
            )
            assert await hub.pool.fetch(open_or_withdrawn) == []
            report = await rebuild(
                settings, all_aggregates(Policy()), verify=True, progress=lambda *_: None
            )
            assert report.equal, report.tables
    finally:
        for number in range(len(workers.processes)):
            workers.kill(number)


async def _tend(workers: Workers) -> None:
    while True:
        workers.tend()
        await asyncio.sleep(0.2)


def _end_of(log_file: Path) -> str:
    return log_file.read_text(encoding="utf-8", errors="replace")[-4_000:]


@pytest.mark.timeout(120)
async def test_a_worker_ends_in_time_without_its_servers(
    ground: Ground, topic_prefix: str, tmp_path: Path
) -> None:
    """With broker and database gone, a worker ends with status 0 within 15 s of SIGTERM."""
    kafka = KafkaSettings(bootstrap_servers=ground.kafka.address)
    await migrations.upgrade(ground.postgres.address)
    await ensure_topics(kafka, prefix=topic_prefix)
    log_file = tmp_path / "workers.log"
    workers = Workers(
        {
            **os.environ,
            **kafka.child_environment(),
            "GROUPAGE_DATABASE_URL": ground.postgres.address,
            "GROUPAGE_TOPIC_PREFIX": topic_prefix,
            "GROUPAGE_HUB_SECRET": SECRET,
            "GROUPAGE_METRICS_PORT": "0",
        },
        log_file,
        count=1,
    )
    try:
        await _feed(kafka, topic_prefix, list(workload.facts(2_000, seed=1)))
        await _until_a_fact_is_stored(ground)
        ground.stop()
        await asyncio.sleep(2)
        begun_s = time.monotonic()
        statuses = await asyncio.to_thread(workers.stop)
        assert statuses == [0], _end_of(log_file)
        assert time.monotonic() - begun_s < 15
    finally:
        workers.kill(0)
