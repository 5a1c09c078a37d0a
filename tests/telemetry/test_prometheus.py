"""Metrics of all processes as a real Prometheus sees them, and the alerts shipped for it."""

import asyncio
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from groupage.app.local.hub import running_hub, stop
from tests.e2e.commanded import CommandedHub
from tests.fetched import prometheus_programs
from tests.telemetry.scraping import SHIPPED, Prometheus, promtool, scraping

SCRAPE_S = 20.0
DAY_S = 400.0
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


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with `prometheus` and `promtool`."""
    return prometheus_programs()


@pytest.fixture
def demo(short_tmp_path: Path) -> Iterator["Demo"]:
    """A hub with every process that plays a small day; stopped afterwards."""
    demo = Demo(short_tmp_path / "hub")
    try:
        demo.await_running()
        yield demo
    finally:
        demo.end()


class Demo:
    """``groupage demo`` that stays up after its day."""

    def __init__(self, folder: Path) -> None:
        self.hub = CommandedHub(folder, {})
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._said = folder.with_name("said.txt")
        with self._said.open("w") as output:
            self._process = subprocess.Popen(
                self.hub.arguments("demo", "--scale", "small", "--seed", "3"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.hub.environment,
            )

    def await_running(self) -> None:
        """Wait until every process has started."""
        self._await(lambda: (state := running_hub(self.hub.folder)) and state.phase == "running")

    def await_evening(self) -> None:
        """Wait until the day is over."""
        self._await(lambda: "What to try next" in self._said.read_text())

    def end(self) -> None:
        """Stop it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)
        stop(self.hub.folder)

    def _await(self, reached: Callable[[], object]) -> None:
        deadline = time.monotonic() + DAY_S
        while not reached():
            assert self._process.poll() is None, self._said.read_text()[-4_000:]
            assert time.monotonic() < deadline, self._said.read_text()[-4_000:]
            time.sleep(0.2)


@pytest.mark.slow
def test_the_shipped_configuration_and_alerts_are_sound(programs: Path, tmp_path: Path) -> None:
    """`promtool` passes both files, and each alert fires when it must and only then."""
    for file in SHIPPED.iterdir():
        shutil.copy(file, tmp_path)
    shutil.copy(Path(__file__).with_name("rules.test.yml"), tmp_path)
    (tmp_path / "targets.json").write_text("[]")
    assert "SUCCESS" in promtool(programs, "check", "config", str(tmp_path / "prometheus.yml"))
    rules = promtool(programs, "check", "rules", str(tmp_path / "groupage.rules.yml"))
    assert "SUCCESS: " in rules
    promtool(programs, "test", "rules", str(tmp_path / "rules.test.yml"))


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_day_is_seen_by_a_real_prometheus(demo: Demo, programs: Path, tmp_path: Path) -> None:
    """Every process is up, every promised series is there, and the pages pass `promtool`."""
    status = demo.hub.status()
    with scraping(programs, tmp_path, demo.hub.done("status", "--targets")) as prometheus:
        await_all_up(prometheus, count=len(status["metrics"]))
        demo.await_evening()
        tell_the_gateway(status["gateway"]["url"])
        asyncio.run(say_nonsense(status["kafka"]["bootstrap_servers"]))
        found = {
            name: prometheus.await_values(expression, within_s=SCRAPE_S)
            for name, expression in PROMISED.items()
        }
        assert all(found.values())
        assert {"certified"} == {
            json.loads(series)["outcome"] for series in found["plans certified"]
        }
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


def tell_the_gateway(address: str) -> None:
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


async def say_nonsense(bootstrap: str) -> None:
    """Send a record that is not an event directly to a topic."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait("hub.unit.v1", b"no event", key=b"U-1")
