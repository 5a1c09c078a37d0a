"""`groupage bench stream`: events per second to durable state, and the latency of an event.

1. Throughput: fill the log, then start a worker, and measure from its first commit to its last. An
   event counts when its fact, state, outbox and offset are committed to PostgreSQL.
2. The same topic through Quix Streams and through a Faust topic agent, on the same broker.
3. Latency, open loop: send events at a fixed rate, and measure from the time when each event is due
   to be sent to its committed state.
"""

import asyncio
import statistics
from collections.abc import Callable
from functools import partial

import msgspec

from groupage.app.bench.latency import open_loop
from groupage.app.bench.servers import Hub, Servers, bench_servers, scratch_hub
from groupage.app.bench.throughput import fill, measure_rival, measure_worker

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
# Fewer events for slow engines: rates are steady after the first seconds.
_RIVAL_EVENTS_MAX = 60_000


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Result of a measurement: medians over the repeats; `rss_mb` is the maximum."""

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
    """Measure everything. Raises Unavailable if a part does not finish."""
    with bench_servers() as servers:
        note = "states, facts, outbox and offsets committed to PostgreSQL"
        throughput = partial(_throughput, servers, repeats=repeats, report=report)
        rows = [throughput("groupage worker", note, measure_worker, events=events)]
        for name, (title, note) in _RIVALS.items() if rivals else ():
            measure = partial(measure_rival, name)
            rows.append(throughput(title, note, measure, events=min(events, _RIVAL_EVENTS_MAX)))
        rows.append(_latency(servers, latency_rate_per_s, latency_s, report))
    return rows


def _throughput(
    servers: Servers,
    name: str,
    note: str,
    measure: Callable[[Hub, int], tuple[float, int]],
    *,
    events: int,
    repeats: int,
    report: Callable[[str], None],
) -> Row:
    rates: list[float] = []
    peak_mb = 0
    for number in range(1, repeats + 1):
        with scratch_hub(servers) as hub:
            asyncio.run(fill(servers, hub, events, seed=number))
            rate, rss_mb = measure(hub, events)
        rates.append(rate)
        peak_mb = max(peak_mb, rss_mb)
        report(f"{name}, run {number}: {rate:,.0f} events/s, {rss_mb} MB")
    return Row(
        name=name,
        events=events,
        events_per_s=round(statistics.median(rates)),
        rss_mb=peak_mb,
        repeats=repeats,
        note=note,
    )


def _latency(servers: Servers, rate_per_s: int, seconds: int, report: Callable[[str], None]) -> Row:
    with scratch_hub(servers) as hub:
        latencies, rss_mb = open_loop(servers, hub, rate_per_s=rate_per_s, seconds=seconds)
    quantiles = statistics.quantiles(latencies, n=100)
    row = Row(
        name=f"event to state at {rate_per_s:,}/s",
        events=len(latencies),
        p50_ms=round(quantiles[49] * 1_000, 1),
        p99_ms=round(quantiles[98] * 1_000, 1),
        rss_mb=rss_mb,
        note="open loop: from when the event is due to its committed state",
    )
    report(f"{row.name}: p50 {row.p50_ms} ms, p99 {row.p99_ms} ms")
    return row
