"""Latency from the time when an event is due to be sent to its committed state; open loop."""

import asyncio
import bisect
import subprocess
import time
from typing import Any

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

_POLL_S = 0.005
_STARTED_S = 1.0


def open_loop(
    servers: Servers, hub: Hub, *, rate_per_s: int, seconds: int
) -> tuple[list[float], int]:
    """Return the latency of each event in seconds, and the worker's memory in MB."""
    with running_worker(hub) as worker:
        return asyncio.run(_open_loop(servers, hub, worker, rate_per_s, seconds))


async def _open_loop(
    servers: Servers,
    hub: Hub,
    worker: "subprocess.Popen[bytes]",
    rate_per_s: int,
    seconds: int,
) -> tuple[list[float], int]:
    records = [record_of(fact, hub) for fact in workload.facts(rate_per_s * seconds, seed=seconds)]
    watch = _Watch(hub.database_url)
    watching = asyncio.create_task(watch.run())
    sent: list[tuple[float, asyncio.Future[Any]]] = []
    async with batching_producer(servers, linger_ms=2) as producer:
        await _wait_for_assignment(hub)
        begin_s = time.perf_counter() + _STARTED_S
        for number, record in enumerate(records):
            due_s = begin_s + number / rate_per_s
            if (ahead_s := due_s - time.perf_counter()) > 0:
                await asyncio.sleep(ahead_s)
            sent.append((due_s, await send(producer, record)))
        delivered = [(due_s, await acknowledged) for due_s, acknowledged in sent]
    peak = psutil.Process(worker.pid).memory_info().rss
    ends: dict[int, int] = {}
    for _, metadata in delivered:
        ends[metadata.partition] = max(ends.get(metadata.partition, 0), metadata.offset + 1)
    await watch.until(ends, worker)
    watching.cancel()
    latencies = [watch.seen_s(meta.partition, meta.offset) - due_s for due_s, meta in delivered]
    return latencies, peak >> 20


async def _wait_for_assignment(hub: Hub) -> None:
    """Wait until the worker has its partitions."""
    connection = await asyncpg.connect(hub.database_url, timeout=30)
    try:
        async with asyncio.timeout(60):
            while not await connection.fetchval("select count(*) from intake_offset"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


class _Watch:
    """Polls PostgreSQL and notes when each offset was committed."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._seen: dict[int, tuple[list[int], list[float]]] = {}

    async def run(self) -> None:
        """Poll every few milliseconds."""
        connection = await asyncpg.connect(self._url, timeout=30)
        try:
            while True:
                rows = await connection.fetch(
                    "select partition, next_offset from intake_offset where topic = $1", TOPIC
                )
                now_s = time.perf_counter()
                for partition, next_offset in rows:
                    offsets, times_s = self._seen.setdefault(partition, ([0], [now_s]))
                    if next_offset > offsets[-1]:
                        offsets.append(next_offset)
                        times_s.append(now_s)
                await asyncio.sleep(_POLL_S)
        finally:
            await connection.close()

    async def until(self, ends: dict[int, int], worker: "subprocess.Popen[bytes]") -> None:
        """Wait until the worker has committed all partitions up to `ends`."""
        async with asyncio.timeout(120):
            while any(
                self._seen.get(partition, ([0], [0.0]))[0][-1] < end
                for partition, end in ends.items()
            ):
                require_running(worker)
                await asyncio.sleep(0.05)

    def seen_s(self, partition: int, offset: int) -> float:
        """Return when the record's state was committed."""
        offsets, times_s = self._seen[partition]
        return times_s[bisect.bisect_right(offsets, offset)]
