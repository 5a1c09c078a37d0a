"""The benchmark of the gateway, at the scale of a test."""

import pytest

from groupage.app.bench.gateway import BATCH_EVENTS, run


@pytest.mark.integration
@pytest.mark.slow
def test_the_benchmark_sends_through_a_real_gateway(hub_environment: dict[str, str]) -> None:
    """A row for each way of sending; batches cost less CPU time per event."""
    lines: list[str] = []
    rows = run(seconds=1, in_flight=8, repeats=1, report=lines.append)
    assert [(row.name, row.in_flight) for row in rows] == [
        ("single events", 1),
        ("single events", 8),
        (f"batches of {BATCH_EVENTS}", 4),
    ]
    assert len(lines) == len(rows)
    for row in rows:
        assert row.requests_per_s > 0
        assert 0 < row.p50_ms <= row.p99_ms
    assert rows[2].cpu_us < rows[1].cpu_us
    assert rows[2].events_per_s == pytest.approx(BATCH_EVENTS * rows[2].requests_per_s, rel=0.1)
