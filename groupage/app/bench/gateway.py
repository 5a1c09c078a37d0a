"""`groupage bench gateway`: events per second through the HTTP gateway, single and in batches.

Closed loop on persistent connections: each connection sends its next request when it has read the
response, so the number of connections is the number of requests in flight. An event counts when its
response is 202, which means that Kafka has it. Gateway and client are two processes; the result has
the gateway's own CPU time.
"""

import asyncio
import contextlib
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import msgspec
import psutil
import uvloop

from groupage.app.bench import workload
from groupage.app.bench.servers import Hub, bench_servers, scratch_hub
from groupage.contracts.encoding import envelope_json
from groupage.contracts.topics import TOPICS
from groupage.domain.errors import Unavailable

BATCH_EVENTS = 500
_START_TIMEOUT_S = 30.0
_ANSWER_TIMEOUT_S = 30.0
_WARM_UP_S = 2.0
_FREIGHT_EVENTS = 10_000
_ROUND = "@@round@"
"""Placeholder in event ids for the eight hex digits of the round."""
_STRUCTURED = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch+json"


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Result of a way of sending; medians over the repeats.

    `cpu` is the gateway's CPU time in cores, `cpu_us` its CPU time per event in microseconds.
    """

    name: str
    in_flight: int
    events_per_s: int
    requests_per_s: int
    p50_ms: float
    p99_ms: float
    cpu: float
    cpu_us: int
    rss_mb: int
    repeats: int = 1
    note: str = ""


class Run(msgspec.Struct, kw_only=True, frozen=True):
    """Result of a single run."""

    requests_per_s: float
    latencies_s: list[float]
    cpu: float
    rss_mb: int


def run(*, seconds: int, in_flight: int, repeats: int, report: Callable[[str], None]) -> list[Row]:
    """Measure single events and batches. Raises Unavailable if a response is not 202."""
    plans = (
        ("single events", 1, 1),
        ("single events", in_flight, 1),
        (f"batches of {BATCH_EVENTS}", 4, BATCH_EVENTS),
    )
    with (
        bench_servers() as servers,
        scratch_hub(servers) as hub,
        _running_gateway(hub) as (process, address),
    ):
        return [
            _row(name, connections, events, process, address, seconds, repeats, report)
            for name, connections, events in plans
        ]


def _row(  # noqa: PLR0913, PLR0917 - has a single caller
    name: str,
    connections: int,
    events: int,
    process: "subprocess.Popen[str]",
    address: str,
    seconds: int,
    repeats: int,
    report: Callable[[str], None],
) -> Row:
    runs = []
    for number in range(1, repeats + 1):
        # Other ids in each run: repeated events are not what senders send.
        requests = _requests(events, seed=hash((name, connections, number)) & 0xFFFF)
        runs.append(uvloop.run(_measure(process, address, requests, connections, seconds=seconds)))
        rate = runs[-1].requests_per_s
        report(f"{name}, {connections} in flight, run {number}: {rate * events:,.0f} events/s")
    rate = statistics.median(run.requests_per_s for run in runs)
    cpu = statistics.median(run.cpu for run in runs)
    latencies = sorted(itertools.chain.from_iterable(run.latencies_s for run in runs))
    return Row(
        name=name,
        in_flight=connections,
        events_per_s=round(rate * events),
        requests_per_s=round(rate),
        p50_ms=round(latencies[len(latencies) // 2] * 1_000, 1),
        p99_ms=round(latencies[len(latencies) * 99 // 100] * 1_000, 1),
        cpu=round(cpu, 2),
        cpu_us=round(cpu / (rate * events) * 1_000_000),
        rss_mb=max(run.rss_mb for run in runs),
        repeats=repeats,
        note="closed loop; 202 when Kafka has the events",
    )


def _requests(events: int, *, seed: int) -> Iterator[bytes]:
    """Yield HTTP requests endlessly; built in advance except for the ids, because that is slow."""
    public = {kind for topic in TOPICS if topic.public for kind in topic.kinds}
    facts = (
        msgspec.structs.replace(fact, event_id=f"{_ROUND}-{fact.event_id}")
        for fact in workload.facts(10**9, seed=seed)
        if not fact.data.internal and fact.data.kind in public
    )
    bodies = [envelope_json(fact) for fact in itertools.islice(facts, _FREIGHT_EVENTS)]
    path, kind = ("/v1/events", _STRUCTURED) if events == 1 else ("/v1/events:batch", _BATCH)
    head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {kind}\r\n"
    requests = []
    for start in range(0, len(bodies), events):
        chosen = bodies[start : start + events]
        body = chosen[0] if events == 1 else b"[" + b",".join(chosen) + b"]"
        requests.append(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    for number in itertools.count():
        for request in requests:
            yield request.replace(_ROUND.encode(), f"{number:08x}".encode())


async def _measure(
    process: "subprocess.Popen[str]",
    address: str,
    requests: Iterator[bytes],
    connections: int,
    *,
    seconds: int,
) -> Run:
    watched = psutil.Process(process.pid)
    latencies: list[float] = []
    now_s = time.perf_counter()
    counted_from_s, until_s = now_s + _WARM_UP_S, now_s + _WARM_UP_S + seconds

    async def warm() -> tuple[float, float]:
        await asyncio.sleep(_WARM_UP_S)
        spent = watched.cpu_times()
        return time.perf_counter(), spent.user + spent.system

    warm_up = asyncio.create_task(warm())
    senders = [
        _send_until(address, requests, latencies, counted_from_s, until_s)
        for _ in range(connections)
    ]
    await asyncio.gather(*senders)
    began_s, cpu_before_s = await warm_up
    spent = watched.cpu_times()
    took_s = time.perf_counter() - began_s
    return Run(
        requests_per_s=len(latencies) / took_s,
        latencies_s=latencies,
        cpu=(spent.user + spent.system - cpu_before_s) / took_s,
        rss_mb=watched.memory_info().rss >> 20,
    )


async def _send_until(
    address: str,
    requests: Iterator[bytes],
    latencies: list[float],
    counted_from_s: float,
    until_s: float,
) -> None:
    """Send requests on a connection, each after the response to the one before."""
    target = urlsplit(address)
    assert target.hostname
    assert target.port
    reader, writer = await asyncio.open_connection(target.hostname, target.port)
    try:
        while (sent_s := time.perf_counter()) < until_s:
            writer.write(next(requests))
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                await _read_accepted(reader)
            if sent_s >= counted_from_s:
                latencies.append(time.perf_counter() - sent_s)
    finally:
        writer.close()


async def _read_accepted(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 202 "):
        line = head.partition(b"\r\n")[0].decode()
        raise Unavailable(f"the gateway answered {line}: {body[:500].decode()}")


@contextmanager
def _running_gateway(hub: Hub) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run a gateway that has reached Kafka; yield its process and address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "groupage", "run", "gateway"],
        env=hub.environment
        | {
            "GROUPAGE_GATEWAY_PORT": "0",
            "GROUPAGE_LOG_LEVEL": "INFO",
            "GROUPAGE_LOG_FORMAT": "json",
            # The generated container numbers have no valid check digits.
            "GROUPAGE_GATEWAY_CHECK_DIGITS": "warn",
            # The benchmark is a single client.
            "GROUPAGE_GATEWAY_RATE_PER_S": "1000000",
            "GROUPAGE_GATEWAY_RATE_BURST": "1000000",
        },
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process, _await_address(process)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=20)
        process.kill()


def _await_address(process: "subprocess.Popen[str]") -> str:
    """Read the gateway's log until it listens and has reached Kafka; return its address."""
    assert process.stderr
    address, reached = "", False
    deadline_s = time.monotonic() + _START_TIMEOUT_S
    for line in process.stderr:
        entry = json.loads(line)
        reached = reached or entry["event"] == "kafka_reached"
        address = entry["address"] if entry["event"] == "gateway_listening" else address
        if address and reached:
            return address
        if time.monotonic() > deadline_s:
            break
    raise Unavailable("the gateway did not start; `groupage run gateway` prints why")
