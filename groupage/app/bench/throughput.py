"""Throughput on a filled log: of a worker, and of another stream processor."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time

import asyncpg
import psutil

from groupage.app.bench import workload
from groupage.app.bench.feed import (
    TOPIC,
    batching_producer,
    record_of,
    require_running,
    running_worker,
    send,
)
from groupage.app.bench.servers import Hub, Servers
from groupage.domain.errors import Unavailable

_RUN_TIMEOUT_S = 900.0
_POLL_S = 0.02


async def fill(servers: Servers, hub: Hub, events: int, *, seed: int) -> None:
    """Publish `events` events to the topic."""
    async with batching_producer(servers) as producer:
        for fact in workload.facts(events, seed=seed):
            await send(producer, record_of(fact, hub))
        await producer.flush()


def measure_worker(hub: Hub, events: int) -> tuple[float, int]:
    """Return events per second from the first commit to the last, and the peak memory in MB."""
    with running_worker(hub) as worker:
        return asyncio.run(_drain(hub, worker, events))


async def _drain(hub: Hub, worker: "subprocess.Popen[bytes]", events: int) -> tuple[float, int]:
    connection = await asyncpg.connect(hub.database_url, timeout=30)
    watched = psutil.Process(worker.pid)
    first: tuple[float, int] | None = None
    peak = 0
    deadline_s = time.monotonic() + _RUN_TIMEOUT_S
    try:
        while time.monotonic() < deadline_s:
            require_running(worker)
            done = await _count_processed(connection)
            now_s = time.perf_counter()
            peak = max(peak, watched.memory_info().rss)
            if done and first is None:
                first = (now_s, done)
            if done >= events:
                assert first is not None
                await _require_no_dead_letters(connection)
                return (done - first[1]) / max(now_s - first[0], 1e-9), peak >> 20
            await asyncio.sleep(_POLL_S)
    finally:
        await connection.close()
    raise Unavailable(f"the worker did not process {events} events within {_RUN_TIMEOUT_S:g} s")


async def _require_no_dead_letters(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Raise Unavailable if the worker rejected events: the figure would be of other work."""
    rows = await connection.fetch("select code, count(*) from dead_letter group by 1")
    if rows:
        codes = ", ".join(f"{row[0]} {row[1]:,}" for row in rows)
        raise Unavailable(f"the worker rejected events of the benchmark, which are right: {codes}")


async def _count_processed(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    done = await connection.fetchval(
        "select coalesce(sum(next_offset), 0)::bigint from intake_offset where topic = $1", TOPIC
    )
    return int(done)


def measure_rival(name: str, hub: Hub, events: int) -> tuple[float, int]:
    """Return events per second by the rival's own clock, and its peak memory in MB."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "groupage.app.bench.rivals", name, str(events)],
        env=hub.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    watched = psutil.Process(process.pid)
    peak = 0
    deadline_s = time.monotonic() + _RUN_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline_s:
        with contextlib.suppress(psutil.NoSuchProcess):
            peak = max(peak, watched.memory_info().rss)
        time.sleep(0.1)
    if process.poll() is None:
        process.kill()
    output, _ = process.communicate(timeout=30)
    lines = output.decode().strip().splitlines()
    if not lines:
        raise Unavailable(
            f"{name} ended with status {process.returncode} and no result; `make bench` installs it"
        )
    found = json.loads(lines[-1])
    return found["events"] / found["seconds"], peak >> 20
