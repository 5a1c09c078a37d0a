"""A day that comes in through the gateway, and its metrics as a real Prometheus sees them."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from tests.e2e.simulated import SimulatedDay, day_hub, play_day
from tests.fetched import prometheus_programs
from tests.telemetry.scraping import Prometheus, promtool, scraping

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(700)]

SCRAPE_S = 20.0
PROMISED = {
    "lag": "groupage_consumer_lag_events",
    "event latency": "groupage_event_to_state_seconds_count > 0",
    "plan latency": "groupage_plan_request_to_certified_seconds_count > 0",
    "dead letters by reason": 'groupage_events_dead_lettered_total{reason!=""} > 0',
    "fill": "groupage_container_fill_ratio_count > 0",
    "minutes to cut-off": "max_over_time(groupage_cutoff_seconds[10m])",
    "solver time": "groupage_plan_solve_seconds_count > 0",
    "gap": "groupage_plan_gap_ratio_count > 0",
    "plans certified": 'groupage_plan_outcomes_total{outcome="certified"} > 0',
    "gateway": 'groupage_gateway_events_total{outcome="accepted"} > 0',
}
"""The metrics that the README promises, as queries that return something after a day."""


class ObservedDay(NamedTuple):
    """A hub that still runs after its day."""

    day: SimulatedDay
    status: dict[str, Any]
    programs: Path | None
    prometheus: Prometheus | None
    missing: str
    """Why there is no Prometheus to observe with."""


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObservedDay]:
    """Play the day once for all tests of this file, while Prometheus scrapes every process."""
    folder = tmp_path_factory.mktemp("o")
    programs, prometheus, missing = None, None, ""
    with ExitStack() as stack:
        hub = stack.enter_context(day_hub(folder / "hub"))
        status = hub.status()
        try:
            programs = prometheus_programs()
        except pytest.skip.Exception as absent:
            missing = str(absent)
        else:
            (folder / "scraped").mkdir()
            targets = hub.output_of("status", "--targets")
            prometheus = stack.enter_context(scraping(programs, folder / "scraped", targets))
            await_all_up(prometheus, count=len(status["metrics"]))
        day = play_day(hub, "--to", "http")
        yield ObservedDay(day, status, programs, prometheus, missing)


def test_a_day_through_the_gateway_ends_as_one_through_kafka(observed: ObservedDay) -> None:
    """Over HTTP the whole day goes through, and all that left is planned, loaded and out."""
    observed.day.assert_complete()


def test_a_day_is_seen_by_a_real_prometheus(observed: ObservedDay) -> None:
    """Every process is up, every promised series is there, and the pages pass `promtool`."""
    status, programs, prometheus = observed.status, observed.programs, observed.prometheus
    if programs is None or prometheus is None:
        pytest.skip(observed.missing)
    post_to_the_gateway(status["gateway"]["url"])
    asyncio.run(publish_nonsense(status["kafka"]["bootstrap_servers"]))
    found = {
        name: prometheus.await_values(expression, within_s=SCRAPE_S)
        for name, expression in PROMISED.items()
    }
    assert all(found.values())
    assert {"certified"} == {json.loads(series)["outcome"] for series in found["plans certified"]}
    rules = [rule for group in prometheus.asked("rules")["groups"] for rule in group["rules"]]
    assert rules
    assert {rule["health"] for rule in rules} == {"ok"}
    assert prometheus.values("up == 0") == {}
    for address in status["metrics"]:
        page = httpx.get(f"{address}/metrics", timeout=10)
        promtool(programs, "check", "metrics", given=page.content)


def await_all_up(prometheus: Prometheus, *, count: int) -> None:
    """Wait until the last scrape of every process succeeded."""
    assert count >= 4
    deadline = time.monotonic() + SCRAPE_S
    while len(prometheus.values("up == 1")) < count:
        assert time.monotonic() < deadline, prometheus.asked("targets")
        time.sleep(0.2)


def post_to_the_gateway(address: str) -> None:
    """Send one `unit.stored` by HTTP, as a warehouse system does."""
    event = {
        "specversion": "1.0",
        "id": "stored-1",
        "source": "/wms/4",
        "type": "unit.stored.v1",
        "time": "2026-03-01T08:00:00Z",
        "data": {"unit_id": "106141412345678908", "location": "A-4"},
    }
    answer = httpx.post(
        f"{address}/v1/events",
        json=event,
        headers={"content-type": "application/cloudevents+json"},
        timeout=20,
    )
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text


async def publish_nonsense(bootstrap: str) -> None:
    """Send a record that is not an event directly to a topic."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait("hub.unit.v1", b"no event", key=b"U-1")
