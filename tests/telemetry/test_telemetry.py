"""Logs, metrics and health of a process."""

import asyncio
import io
import json
import logging
import re
import socket
from collections.abc import Iterator

import httpx
import pytest
import stamina
import structlog
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr

from groupage.domain.errors import Misconfigured
from groupage.settings import TelemetrySettings
from groupage.telemetry import TelemetryServer, configure_logging, metrics, probes


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Capture the logs of this process as JSON lines; restores the logging afterwards."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(TelemetrySettings(), process="test", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    stamina.instrumentation.set_on_retry_hooks(None)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_is_one_json_object_with_its_values(logged: io.StringIO) -> None:
    """It holds process, UTC time, level, event and the bound values."""
    structlog.get_logger("groupage.x").info("plan_stored", plan_id="P1", gap_ratio=0.02)
    line = json.loads(logged.getvalue())
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "plan_stored",
        "plan_id": "P1",
        "gap_ratio": 0.02,
        "process": "test",
        "level": "info",
        "logger": "groupage.x",
    }


def test_records_of_other_packages_come_out_the_same_way(logged: io.StringIO) -> None:
    """Faust and aiokafka log through the standard library; only from WARNING on."""
    logging.getLogger("aiokafka.consumer").info("not wanted")
    logging.getLogger("aiokafka.consumer").warning("lost %s", "partition 3")
    line = json.loads(logged.getvalue())
    assert (line["event"], line["level"], line["process"]) == (
        "lost partition 3",
        "warning",
        "test",
    )


def test_repeated_messages_are_counted(logged: io.StringIO) -> None:
    """A client whose broker is away for a minute writes seven lines, not 241; ours 20 in 10 s."""
    client, ours = logging.getLogger("aiokafka.conn"), logging.getLogger("groupage.x")
    for number in range(241):
        for logger in (client, ours):
            record = logger.makeRecord(
                logger.name, logging.ERROR, __file__, 1, "no broker %d", (number,), None
            )
            record.created = 1_000 + number / 4
            logger.handle(record)
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    client_lines = [line for line in lines if line["logger"] == "aiokafka.conn"]
    assert [line["event"] for line in client_lines] == [f"no broker {40 * n}" for n in range(7)]
    assert [line.get("repeated") for line in client_lines] == [None] + [39] * 6
    our_lines = [line for line in lines if line["logger"] == "groupage.x"]
    assert len(our_lines) == 6 * 20 + 1
    assert [line["repeated"] for line in our_lines if "repeated" in line] == [20] * 6


def test_a_flood_of_bad_records_hides_no_other_message(logged: io.StringIO) -> None:
    """Lines of one code are held back after the first twenty; another code is a message apart."""
    logger = structlog.get_logger("groupage.x")
    for offset in range(1_000):
        logger.warning("record_dead_lettered", code="bad_json", offset=offset)
    logger.warning("record_dead_lettered", code="wrong_key", offset=1_000)
    logger.warning("worker_stopped")
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line.get("code") for line in lines] == ["bad_json"] * 20 + ["wrong_key", None]


async def test_a_retry_is_a_line_and_no_time_series(logged: io.StringIO) -> None:
    """It names the call and the error; endless retries must not grow the number of time series."""

    @stamina.retry(on=OSError, attempts=None, timeout=None)
    async def connect(failures: list[str]) -> None:
        if failures:
            raise OSError(failures.pop())

    with stamina.set_testing(True, attempts=3):
        await connect(["refused", "unreachable"])
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [(line["event"], line["attempt"], line["error"]) for line in lines] == [
        ("retry_scheduled", 1, "OSError('unreachable')"),
        ("retry_scheduled", 2, "OSError('refused')"),
    ]
    assert all("connect" in line["call"] for line in lines)
    assert lines[0]["call"] not in generate_latest().decode()


def test_a_traceback_holds_no_local_variables(logged: io.StringIO) -> None:
    """A local variable may be a password."""

    def connect(password: str) -> None:
        assert password
        raise ConnectionError("refused")

    try:
        connect("s3" + "cret")
    except ConnectionError:
        structlog.get_logger().exception("database_away")
    assert "refused" in logged.getvalue()
    assert "s3cret" not in logged.getvalue()


def test_the_console_obeys_no_text_from_outside() -> None:
    """Escape sequences, C1 controls and direction overrides are shown, in errors too."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hostile = "\x9b2J\x1b[2J\u202e\x85"
    try:
        configure_logging(TelemetrySettings(log_format="console"), process="test", stream=stream)
        structlog.get_logger("groupage.x").warning(f"read{hostile}", unit=hostile, units=[hostile])
        logging.getLogger("aiokafka").warning("lost %s", hostile)

        def fail() -> None:
            raise ValueError(hostile)

        try:
            fail()
        except ValueError:
            structlog.get_logger("groupage.x").exception("failed")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        stamina.instrumentation.set_on_retry_hooks(None)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    lines = stream.getvalue().split("\n")
    assert all(line.isprintable() for line in lines)
    assert sum("\\x9b2J" in line for line in lines) >= 3
    assert any(line.startswith("Traceback") for line in lines)


def test_metrics_are_prefixed_and_never_labelled_with_ids() -> None:
    """The number of time series must not grow with the freight."""
    allowed = {
        *("processor", "topic", "partition", "reason", "stage", "cause", "outcome"),
        *("container_type", "cutoff", "state"),
    }
    ours = [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]
    assert len(ours) > 25
    for metric in ours:
        name, labels = metric._name, set(metric._labelnames)
        assert re.fullmatch(r"groupage_[a-z_]+", name), name
        assert labels <= allowed, (name, labels)


async def get(address: str, path: str) -> httpx.Response:
    """Send one request."""
    async with httpx.AsyncClient(timeout=5) as client:
        return await client.get(address + path)


async def test_metrics_are_served_in_prometheus_form() -> None:
    """They include the build's version."""
    registry = CollectorRegistry()
    Counter("groupage_things", "Things", registry=registry).inc(3)
    async with TelemetryServer(TelemetrySettings(), registry=registry) as server:
        response = await get(server.address, "/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert "groupage_things_total 3.0" in response.text
    assert next(s for m in metrics.BUILD.collect() for s in m.samples).labels["version"]


async def test_ready_means_every_check_is_true() -> None:
    """503 names the checks that fail; /healthz does not depend on them."""
    checks: dict[str, bool | str] = {"kafka": True, "database": "no answer"}

    async def look() -> dict[str, bool | str]:
        return checks

    async with TelemetryServer(TelemetrySettings(), checks=look) as server:
        response = await get(server.address, "/readyz")
        assert response.status_code == 503
        assert response.json() == {"status": "not ready", "checks": checks}
        assert (await get(server.address, "/healthz")).status_code == 200
        checks["database"] = True
        assert (await get(server.address, "/readyz")).status_code == 200


async def test_a_check_that_hangs_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """The prober gets an answer within the budget, even when the database hangs."""
    monkeypatch.setattr(probes, "_CHECKS_TIMEOUT_S", 0.05)

    async def hang() -> dict[str, bool | str]:
        await asyncio.Event().wait()
        return {}

    async with TelemetryServer(TelemetrySettings(), checks=hang) as server:
        response = await get(server.address, "/readyz")
    assert response.status_code == 503


async def test_a_check_that_fails_is_not_ready() -> None:
    """A server that is just starting up answers with errors of its own."""

    async def check() -> dict[str, bool | str]:
        raise RuntimeError("the database system is starting up")

    async with TelemetryServer(TelemetrySettings(), checks=check) as server:
        answer = await get(server.address, "/readyz")
    assert answer.status_code == 503
    assert "the database system is starting up" in answer.json()["checks"]["checks"]


async def test_requests_at_once_share_one_check() -> None:
    """Whoever asks a thousand times at once does not ask Kafka a thousand times."""
    looks, go = 0, asyncio.Event()

    async def look() -> dict[str, bool | str]:
        nonlocal looks
        looks += 1
        await go.wait()
        return {"kafka": True}

    async with TelemetryServer(TelemetrySettings(), checks=look) as server:
        asking = [asyncio.create_task(get(server.address, "/readyz")) for _ in range(10)]
        async with asyncio.timeout(5):
            while not looks:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        # The last of the requests has been read when a later one is answered.
        await get(server.address, "/healthz")
        go.set()
        assert {(await each).status_code for each in asking} == {200}
        assert looks <= 2
        await get(server.address, "/readyz")
        assert looks <= 3


async def test_a_token_shows_why_a_process_is_not_ready() -> None:
    """Without it only that it is not; checks name servers and their errors."""
    token = "f00dfeed0123456789ab"

    async def look() -> dict[str, bool | str]:
        return {"database": "10.0.0.5 does not answer"}

    settings = TelemetrySettings(metrics_token=SecretStr(token))
    async with TelemetryServer(settings, checks=look) as server:
        response = await get(server.address, "/readyz")
        assert (response.status_code, response.json()) == (503, {"status": "not ready"})
        assert (await get(server.address, "/metrics")).status_code == 401
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}) as client:
            assert "10.0.0.5" in (await client.get(f"{server.address}/readyz")).text
            assert (await client.get(f"{server.address}/metrics")).status_code == 200


async def test_it_listens_on_loopback_and_ends_while_a_scraper_stays_connected() -> None:
    """Prometheus keeps its connection open between scrapes: the process does not wait for it."""
    server = TelemetryServer(TelemetrySettings())
    await server.start()
    async with httpx.AsyncClient(base_url=server.address) as scraper, asyncio.timeout(5):
        assert (await scraper.get("/metrics")).status_code == 200
        await server.stop()
        with pytest.raises(httpx.TransportError):
            await scraper.get("/metrics")
    assert server.address.startswith("http://127.0.0.1:")


async def test_stopping_is_harmless_before_the_start_and_twice() -> None:
    """Code around a failed start relies on it."""
    server = TelemetryServer(TelemetrySettings())
    await server.stop()
    await server.start()
    await server.stop()
    await server.stop()


async def test_a_taken_port_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("GROUPAGE_METRICS_PORT", str(port))
        with pytest.raises(Misconfigured, match=f"GROUPAGE_METRICS_PORT={port}"):
            await TelemetryServer(TelemetrySettings()).start()
