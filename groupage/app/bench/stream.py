"""`groupage bench stream`: events a second to durable state, and how long one takes.

1. Throughput: the log is filled, then one worker starts; measured from its first commit to its
   last. Facts, states, outbox and offsets are in PostgreSQL when an event counts.
2. The same topic through Quix Streams and through a Faust topic agent, on the same broker.
3. Latency, open loop: events are sent at a fixed rate whatever happens; for each one the time from
   when it should have been sent to when its state is committed.
"""

import asyncio
import statistics
from collections.abc import Callable
from functools import partial

import msgspec

from groupage.app.bench.latency import open_loop
from groupage.app.bench.servers import Hub, Servers, bench_servers, scratch_hub
from groupage.app.bench.throughput import by_rival, by_worker, fill

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
# The slow ones need not take all of it: rates are steady after the first seconds.
_RIVAL_EVENTS_MAX = 60_000


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
    with bench_servers() as servers:
        note = "states, facts, outbox and offsets committed to PostgreSQL"
        throughput = partial(_throughput, servers, repeats=repeats, report=report)
        rows = [throughput("groupage worker", note, by_worker, events=events)]
        for name, (title, note) in _RIVALS.items() if rivals else ():
            taken_in = partial(by_rival, name)
            rows.append(throughput(title, note, taken_in, events=min(events, _RIVAL_EVENTS_MAX)))
        rows.append(_latency(servers, latency_rate_per_s, latency_s, report))
    return rows


def _throughput(
    servers: Servers,
    name: str,
    note: str,
    taken_in: Callable[[Hub, int], tuple[float, int]],
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
            rate, rss_mb = taken_in(hub, events)
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
        note="open loop: from when it should have been sent to its committed state",
    )
    report(f"{row.name}: p50 {row.p50_ms} ms, p99 {row.p99_ms} ms")
    return row
