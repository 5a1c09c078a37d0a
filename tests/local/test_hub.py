"""A hub on one machine, driven by its command: started, refused, killed, recovered."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from groupage.app.local.hub import running_hub, stop

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

TOPIC = "hub.cmd.v1"
RECOVERY_S = 45.0


class Hub:
    """The command line on one data directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``groupage ARGUMENTS`` and wait."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GROUPAGE_") or name == "GROUPAGE_CACHE_DIR"
        }
        return subprocess.run(
            [sys.executable, "-m", "groupage", "--data-dir", str(self.folder), *arguments],
            capture_output=True,
            text=True,
            timeout=150,
            env=environment,
            check=False,
        )

    def up(self) -> None:
        """Start both servers in the background."""
        done = self.command("up", "--servers-only", "--detach")
        assert done.returncode == 0, done.stderr

    def status(self) -> dict[str, Any]:
        """What ``status --json`` says."""
        found: dict[str, Any] = json.loads(self.command("status", "--json").stdout)
        return found

    def process(self, name: str) -> dict[str, Any]:
        """One row of the status."""
        return next(row for row in self.status()["processes"] if row["name"] == name)

    def kill(self, name: str) -> None:
        """SIGKILL one of the servers and wait until its supervisor has started it again."""
        restarts = self.process(name)["restarts"]
        os.kill(self.process(name)["pid"], signal.SIGKILL)
        deadline = time.monotonic() + RECOVERY_S
        while (row := self.process(name))["restarts"] == restarts or row["state"] != "running":
            assert time.monotonic() < deadline, f"{name} was not started again: {row}"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory that all tests of this file share; ended whatever happens."""
    folder = tmp_path_factory.mktemp("hub")
    yield folder
    stop(folder)


@pytest.fixture
def hub(folder: Path) -> Hub:
    """A hub with both servers running."""
    hub = Hub(folder)
    if running_hub(folder) is None:
        hub.up()
    return hub


async def publish(bootstrap: str, values: list[bytes]) -> None:
    """Publish and wait for Kafka's answer."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    for value in values:
        await producer.send_and_wait(TOPIC, value)
    await producer.stop()


async def read_all(bootstrap: str) -> list[bytes]:
    """Every record of the topic, whoever wrote it; waits for a broker that is starting."""
    consumer = await connected(bootstrap)
    found = []
    for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
        while await consumer.position(partition) < end:
            found.append((await consumer.getone(partition)).value)
    await consumer.stop()
    return found


async def connected(bootstrap: str) -> AIOKafkaConsumer:
    """A consumer without a group on all partitions."""
    deadline = time.monotonic() + RECOVERY_S
    while True:
        consumer = AIOKafkaConsumer(
            TOPIC, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
        except KafkaError:
            await consumer.stop()
            assert time.monotonic() < deadline, "Kafka does not answer"
            await asyncio.sleep(0.2)
        else:
            return consumer


def test_status_has_the_shape_that_scripts_rely_on(hub: Hub) -> None:
    """Addresses under their agreed names, and each process with id, state and restarts."""
    status = hub.status()
    assert status["phase"] == "running"
    assert status["kafka"]["bootstrap_servers"].startswith("127.0.0.1:")
    assert status["database"]["url"].startswith("postgresql://")
    assert "url" in status["gateway"]
    assert isinstance(status["metrics"], list)
    assert {row["name"] for row in status["processes"]} == {"kafka", "postgres"}
    for row in status["processes"]:
        assert psutil.pid_exists(row["pid"])
        assert (row["state"], row["restarts"]) == ("running", 0)


def test_servers_listen_on_loopback_and_on_a_private_socket_only(hub: Hub) -> None:
    """No port of Kafka is open to the network, PostgreSQL has none, and its folder is 0700."""
    kafka = psutil.Process(hub.process("kafka")["pid"])
    listening = [c for c in kafka.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    assert listening
    assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}
    postgres = psutil.Process(hub.process("postgres")["pid"])
    assert not postgres.net_connections("inet")
    socket_dir = Path(hub.status()["database"]["url"].partition("host=")[2])
    assert socket_dir.stat().st_mode & 0o777 == 0o700


def test_a_second_up_says_that_a_hub_runs_already(hub: Hub) -> None:
    """The data directory is not touched, the message names the holder and what to do."""
    before = hub.status()["processes"]
    for arguments in (["up", "--servers-only"], ["up", "--servers-only", "--detach"]):
        refused = hub.command(*arguments)
        assert refused.returncode == 1
        assert "already runs" in refused.stderr
        assert "groupage down" in refused.stderr
    assert hub.status()["processes"] == before


async def test_kafka_killed_comes_back_with_its_records(hub: Hub) -> None:
    """SIGKILL of the broker: started again, every acknowledged record is there once."""
    sent = [f"before-{n}".encode() for n in range(100)]
    bootstrap = hub.status()["kafka"]["bootstrap_servers"]
    await publish(bootstrap, sent)
    hub.kill("kafka")
    found = await read_all(bootstrap)
    assert sorted(value for value in found if value.startswith(b"before-")) == sorted(sent)


async def test_postgres_killed_comes_back_with_its_rows(hub: Hub) -> None:
    """SIGKILL of the database server: started again, committed rows are there."""
    url = hub.status()["database"]["url"]
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    hub.kill("postgres")
    connection.terminate()
    deadline = time.monotonic() + RECOVERY_S
    while True:
        try:
            connection = await asyncpg.connect(url)
            break
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
    assert await connection.fetchval("SELECT count(*) FROM kept") == 1000
    await connection.execute("DROP TABLE kept")
    await connection.close()


async def test_after_the_supervisor_is_killed_the_next_start_recovers(hub: Hub) -> None:
    """SIGKILL of the supervisor: nothing of the old hub survives the next start but its data."""
    status = hub.status()
    old = [row["pid"] for row in status["processes"]]
    await publish(status["kafka"]["bootstrap_servers"], [b"kept"])
    supervisor = running_hub(hub.folder)
    assert supervisor
    os.kill(supervisor.supervisor.pid, signal.SIGKILL)
    hub.up()
    status = hub.status()
    assert status["phase"] == "running"
    assert not any(psutil.pid_exists(pid) for pid in old)
    assert b"kept" in await read_all(status["kafka"]["bootstrap_servers"])


async def test_after_everything_is_killed_the_next_start_recovers(hub: Hub) -> None:
    """SIGKILL of the supervisor and both servers at once, as a machine that loses power does."""
    status = hub.status()
    await publish(status["kafka"]["bootstrap_servers"], [b"kept too"])
    supervisor = running_hub(hub.folder)
    assert supervisor
    for pid in (supervisor.supervisor.pid, *(row["pid"] for row in status["processes"])):
        with contextlib.suppress(ProcessLookupError):  # the kernel ends children of a killed parent
            os.kill(pid, signal.SIGKILL)
    hub.up()
    assert b"kept too" in await read_all(hub.status()["kafka"]["bootstrap_servers"])


def test_down_stops_everything_and_the_second_start_is_quick(hub: Hub) -> None:
    """After `down` no process is left; the next start of both servers takes under 20 s."""
    seconds: list[float] = []
    while len(seconds) < 2 and not any(s < 20 for s in seconds):  # other tests may share the cores
        pids = [row["pid"] for row in hub.status()["processes"]]
        assert hub.command("down").returncode == 0
        assert not any(psutil.pid_exists(pid) for pid in pids)
        assert hub.command("status").returncode == 1
        began = time.monotonic()
        hub.up()
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 20


def test_up_in_the_foreground_ends_in_order_on_ctrl_c(hub: Hub) -> None:
    """SIGINT: Kafka and PostgreSQL shut down cleanly, and the command succeeds."""
    hub.command("down")
    process = subprocess.Popen(
        [sys.executable, "-m", "groupage", "--data-dir", str(hub.folder), "up", "--servers-only"],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + RECOVERY_S
    while (state := running_hub(hub.folder)) is None or state.phase != "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "killed" not in errors
    log = (hub.folder / "logs" / "postgres.log").read_text()
    assert log.rstrip().endswith("database system is shut down")
