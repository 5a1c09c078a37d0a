"""`groupage bench stream`: events a second to durable state, and how long one takes.

1. Throughput: the log is filled, then one worker starts; measured from its first commit to its
   last. Facts, states, outbox and offsets are in PostgreSQL when an event counts.
2. The same topic through Quix Streams and through a Faust topic agent, on the same broker.
3. Latency, open loop: events are sent at a fixed rate whatever happens; for each one the time from
   when it should have been sent to when its state is committed.
"""

import asyncio
import bisect
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import msgspec
import psutil
from aiokafka import AIOKafkaProducer

from groupage.bench import workload
from groupage.bench.servers import Hub, Servers, bench_servers, scratch_hub
from groupage.contracts.encoding import Record, encode
from groupage.domain.errors import Unavailable
from groupage.settings import KafkaSettings

TOPIC = "hub.consignment.v1"
_RUN_TIMEOUT_S = 900.0
_POLL_S = 0.005
_STARTED_S = 1.0


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One measured thing. Medians over the repeats; `rss_mb` is the highest seen."""

    name: str
    events: int
    events_per_s: int | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    rss_mb: int | None = None
    repeats: int = 1
    note: str = ""


def run(
    *,
    events: int,
    repeats: int,
    latency_rate_per_s: int,
    latency_s: int,
    rivals: bool,
    report: Callable[[str], None],
) -> list[Row]:
    """Measure everything. Raises Unavailable when a part does not come to its end."""
    rows: list[Row] = []
    with bench_servers() as servers:
        rows.append(_throughput(servers, events, repeats, report))
        if rivals:
            rows += [_rival(servers, name, events, repeats, report) for name in _RIVALS]
        rows.append(_latency(servers, latency_rate_per_s, latency_s, report))
    return rows


# --- throughput -----------------------------------------------------------------------------------


def _throughput(servers: Servers, events: int, repeats: int, report: Callable[[str], None]) -> Row:
    rates: list[float] = []
    peak_mb = 0
    for number in range(1, repeats + 1):
        with scratch_hub(servers) as hub:
            asyncio.run(_fill(servers, hub, events, seed=number))
            with _worker(hub) as worker:
                rate, rss_mb = asyncio.run(_drain(hub, worker, events))
        rates.append(rate)
        peak_mb = max(peak_mb, rss_mb)
        report(f"groupage worker, run {number}: {rate:,.0f} events/s, {rss_mb} MB")
    return Row(
        name="groupage worker",
        events=events,
        events_per_s=round(statistics.median(rates)),
        rss_mb=peak_mb,
        repeats=repeats,
        note="states, facts, outbox and offsets committed to PostgreSQL",
    )


async def _fill(servers: Servers, hub: Hub, events: int, *, seed: int) -> None:
    async with _producer(servers) as producer:
        for fact in workload.facts(events, seed=seed):
            await _send(producer, encode(fact, prefix=hub.prefix))
        await producer.flush()


async def _drain(hub: Hub, worker: "subprocess.Popen[bytes]", events: int) -> tuple[float, int]:
    """Events a second between the first commit seen and the last, and the highest memory in MB."""
    connection = await asyncpg.connect(hub.database_url, timeout=30)
    watched = psutil.Process(worker.pid)
    first: tuple[float, int] | None = None
    peak = 0
    deadline_s = time.monotonic() + _RUN_TIMEOUT_S
    try:
        while time.monotonic() < deadline_s:
            _must_run(worker)
            done = await _taken_in(connection)
            now_s = time.perf_counter()
            peak = max(peak, watched.memory_info().rss)
            if done and first is None:
                first = (now_s, done)
            if done >= events:
                assert first is not None
                return (done - first[1]) / max(now_s - first[0], 1e-9), peak >> 20
            await asyncio.sleep(_POLL_S * 4)
    finally:
        await connection.close()
    raise Unavailable(f"the worker did not take in {events} events within {_RUN_TIMEOUT_S:g} s")


async def _taken_in(connection: "asyncpg.Connection[asyncpg.Record]") -> int:
    done = await connection.fetchval(
        "select coalesce(sum(next_offset), 0)::bigint from intake_offset where topic = $1", TOPIC
    )
    return int(done)


# --- rivals ---------------------------------------------------------------------------------------

_RIVALS = {
    "quix": (
        "Quix Streams, same fold",
        "exactly-once, state in RocksDB and changelog; no facts stored",
    ),
    "quix-counters": (
        "Quix Streams, two counters",
        "exactly-once, 20 bytes of state instead of the consignment; no facts stored",
    ),
    "faust": ("Faust topic agent, same fold", "states in memory only: nothing durable"),
}


def _rival(
    servers: Servers, name: str, events: int, repeats: int, report: Callable[[str], None]
) -> Row:
    title, note = _RIVALS[name]
    # The slow ones need not take all of it: rates are steady after the first seconds.
    events = min(events, 60_000)
    rates: list[float] = []
    peak_mb = 0
    for number in range(1, repeats + 1):
        with scratch_hub(servers) as hub:
            asyncio.run(_fill(servers, hub, events, seed=number))
            rate, rss_mb = _run_rival(hub, name, events)
        rates.append(rate)
        peak_mb = max(peak_mb, rss_mb)
        report(f"{title}, run {number}: {rate:,.0f} events/s, {rss_mb} MB")
    return Row(
        name=title,
        events=events,
        events_per_s=round(statistics.median(rates)),
        rss_mb=peak_mb,
        repeats=repeats,
        note=note,
    )


def _run_rival(hub: Hub, name: str, events: int) -> tuple[float, int]:
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "groupage.bench.rivals", name, str(events)],
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
            f"{name} ended with status {process.returncode} and no result; "
            "is the extra `bench` installed?"
        )
    found = json.loads(lines[-1])
    return found["events"] / found["seconds"], peak >> 20


# --- latency --------------------------------------------------------------------------------------


def _latency(servers: Servers, rate_per_s: int, seconds: int, report: Callable[[str], None]) -> Row:
    with scratch_hub(servers) as hub, _worker(hub) as worker:
        latencies, rss_mb = asyncio.run(_open_loop(servers, hub, worker, rate_per_s, seconds))
    quantiles = statistics.quantiles(latencies, n=100)
    row = Row(
        name=f"event to state at {rate_per_s:,}/s",
        events=len(latencies),
        p50_ms=round(quantiles[49] * 1_000, 1),
        p99_ms=round(quantiles[98] * 1_000, 1),
        rss_mb=rss_mb,
        note="open loop: from when it should have been sent to its committed state",
    )
    report(f"{row.name}: p50 {row.p50_ms} ms, p99 {row.p99_ms} ms")
    return row


async def _open_loop(
    servers: Servers,
    hub: Hub,
    worker: "subprocess.Popen[bytes]",
    rate_per_s: int,
    seconds: int,
) -> tuple[list[float], int]:
    """Latency of each event in seconds."""
    records = [
        encode(fact, prefix=hub.prefix)
        for fact in workload.facts(rate_per_s * seconds, seed=seconds)
    ]
    watch = _Watch(hub.database_url)
    watching = asyncio.create_task(watch.run())
    sent: list[tuple[float, asyncio.Future[Any]]] = []
    async with _producer(servers, linger_ms=2) as producer:
        await _assigned(hub)
        begin_s = time.perf_counter() + _STARTED_S
        for number, record in enumerate(records):
            due_s = begin_s + number / rate_per_s
            if (ahead_s := due_s - time.perf_counter()) > 0:
                await asyncio.sleep(ahead_s)
            sent.append((due_s, await _send(producer, record)))
        placed = [(due_s, await acknowledged) for due_s, acknowledged in sent]
    peak = psutil.Process(worker.pid).memory_info().rss
    ends: dict[int, int] = {}
    for _, metadata in placed:
        ends[metadata.partition] = max(ends.get(metadata.partition, 0), metadata.offset + 1)
    await watch.until(ends, worker)
    watching.cancel()
    latencies = [watch.seen_s(meta.partition, meta.offset) - due_s for due_s, meta in placed]
    return latencies, peak >> 20


async def _assigned(hub: Hub) -> None:
    """Wait until the worker has taken its partitions."""
    connection = await asyncpg.connect(hub.database_url, timeout=30)
    try:
        async with asyncio.timeout(60):
            while not await connection.fetchval("select count(*) from intake_offset"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


class _Watch:
    """When each offset was first seen to be committed."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._seen: dict[int, tuple[list[int], list[float]]] = {}

    async def run(self) -> None:
        """Look every few milliseconds."""
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
        """Wait until all partitions are taken in up to `ends`."""
        async with asyncio.timeout(120):
            while any(
                self._seen.get(partition, ([0], [0.0]))[0][-1] < end
                for partition, end in ends.items()
            ):
                _must_run(worker)
                await asyncio.sleep(0.05)

    def seen_s(self, partition: int, offset: int) -> float:
        """When the record's state was seen."""
        offsets, times_s = self._seen[partition]
        return times_s[bisect.bisect_right(offsets, offset)]


# --- processes ------------------------------------------------------------------------------------


@contextmanager
def _worker(hub: Hub) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "groupage", "run", "processors"], env=hub.environment
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _must_run(worker: "subprocess.Popen[bytes]") -> None:
    if worker.poll() is not None:
        raise Unavailable(f"the worker ended with status {worker.returncode}; see above")


@contextlib.asynccontextmanager
async def _producer(servers: Servers, *, linger_ms: int = 20) -> AsyncIterator[AIOKafkaProducer]:
    kafka = KafkaSettings(bootstrap_servers=servers.bootstrap_servers)
    producer = AIOKafkaProducer(
        **kafka.client_kwargs(),
        linger_ms=linger_ms,
        max_batch_size=256 * 2**10,
        enable_idempotence=True,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def _send(producer: AIOKafkaProducer, record: Record) -> "asyncio.Future[Any]":
    acknowledged: asyncio.Future[Any] = await producer.send(
        record.topic, value=record.value, key=record.key, headers=record.headers
    )
    return acknowledged
