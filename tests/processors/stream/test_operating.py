"""The worker and the clock as processes, and the commands for operators."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from groupage.app.bench import workload
from groupage.contracts.encoding import encode
from groupage.domain.events.unit import UnitReceived
from tests.hub_key import SECRET
from tests.processors.stream.facts import fact_of
from tests.processors.stream.hub import StreamHub

pytestmark = pytest.mark.integration

STOP_S_MAX = 15.0


def environment(hub: StreamHub) -> dict[str, str]:
    """Return the environment of this hub's processes."""
    return {
        "GROUPAGE_POLICY_FILE": str(Path(__file__).with_name("policy.toml")),
        **os.environ,
        **hub.settings.kafka.child_environment(),
        "GROUPAGE_DATABASE_URL": hub.settings.database.url.get_secret_value(),
        "GROUPAGE_TOPIC_PREFIX": hub.prefix,
        "GROUPAGE_HUB_SECRET": SECRET,
        "GROUPAGE_METRICS_PORT": "0",
        "GROUPAGE_LOG_FORMAT": "json",
    }


def _start(name: str, variables: dict[str, str], log_file: Path) -> "subprocess.Popen[bytes]":
    with log_file.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "groupage", "run", name],
            env=variables,
            stdout=output,
            stderr=output,
        )


def _text(log_file: Path) -> str:
    return log_file.read_text(encoding="utf-8")


@asynccontextmanager
async def running(
    hub: StreamHub, name: str, log_file: Path, **settings: str
) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """Run ``groupage run NAME`` until the end of the block; it must end with status 0 in time."""
    process = _start(name, {**environment(hub), **settings}, log_file)
    try:
        yield process
        process.terminate()
        begun_s = time.monotonic()
        status = await asyncio.to_thread(process.wait, 30)
        assert status == 0, _text(log_file)[-3_000:]
        assert time.monotonic() - begun_s < STOP_S_MAX
    finally:
        process.kill()
        process.wait(10)


async def groupage(hub: StreamHub, *arguments: str, **settings: str) -> tuple[int, str, str]:
    """Run a command; return its status, output and errors."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "groupage", *arguments],
        env={**environment(hub), **settings},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


async def metrics_address(hub: StreamHub, log_file: Path) -> str:
    """Return the address of the process's metrics, from its log."""

    async def found() -> Any:
        return re.search(r"http://127\.0\.0\.1:\d+", _text(log_file))

    match = await hub.until("metrics address in the log", found)
    return str(match[0])


async def test_a_worker_process_folds_and_reports(stream_hub: StreamHub, tmp_path: Path) -> None:
    """A worker folds, is ready, has metrics of lag, latency and dead letters, and ends cleanly."""
    log_file = tmp_path / "worker.log"
    async with running(stream_hub, "processors", log_file):
        address = await metrics_address(stream_hub, log_file)
        await stream_hub.send(*workload.facts(500, seed=3))
        await stream_hub.send_raw("hub.consignment.v1", b"?", key=b"C")
        await stream_hub.until_committed()
        async with httpx.AsyncClient(base_url=address) as client:
            ready = await client.get("/readyz")

            async def metrics_without_lag() -> str:
                text = (await client.get("/metrics")).text
                lags = re.findall(r"consumer_lag_events\{.*\} (.*)", text)
                return text if lags and not any(map(float, lags)) else ""

            # Measured now and then; what the worker sends itself is read after that.
            text = await stream_hub.until("no lag is left", metrics_without_lag)
    assert ready.status_code == 200, ready.text
    assert "groupage_event_to_state_seconds_count" in text
    assert re.search(r'dead_lettered_total\{.*reason="not_cloudevents"\} 1\.0', text)
    consumed = re.search(r'consumed_total\{processor="hub\.consignment\.v1"\} (\d+)', text)
    assert consumed is not None
    assert int(consumed[1]) >= 501


async def test_a_busy_worker_ends_in_time(stream_hub: StreamHub, tmp_path: Path) -> None:
    """After SIGTERM in a long log it ends with status 0, and the next worker continues."""
    facts = list(workload.facts(6_000, seed=4))
    await stream_hub.send(*facts)
    async with running(stream_hub, "processors", tmp_path / "first.log"):

        async def begun() -> Any:
            return await stream_hub.pool.fetchval("select count(*) from fact")

        await stream_hub.until("first facts", begun)
    async with running(stream_hub, "processors", tmp_path / "second.log"):
        await stream_hub.until_committed()
    count = await stream_hub.pool.fetchval("select count(*) from fact where source = '/bench/wms'")
    assert count == len(facts)


async def test_dead_letters_are_listed_shown_and_replayed(
    stream_hub: StreamHub, tmp_path: Path
) -> None:
    """Lists count by code, `show` prints a whole record, a replay settles what gives a fact.

    Settled dead letters are listed on request.
    """
    misplaced = encode(fact_of(UnitReceived(unit_id="U1", consignment_id="C1"), event_id="1"))
    async with running(stream_hub, "processors", tmp_path / "worker.log"):
        await stream_hub.send_raw("hub.consignment.v1", b"?", key=b"C")
        await stream_hub.until_committed()
        _, listed, _ = await groupage(stream_hub, "deadletters", "list", "--json")
        found = json.loads(listed)
        assert found["counts"] == {"not_cloudevents": 1}
        letter_id = found["letters"][0]["letter_id"]  # codespell:ignore letters
        _, shown, _ = await groupage(stream_hub, "deadletters", "show", letter_id[:8], "--json")
        assert json.loads(shown)["value"] == "?"
        _, replayed, _ = await groupage(stream_hub, "deadletters", "replay", letter_id, "--json")
        assert json.loads(replayed) == {"replayed": 1}
        await stream_hub.send_raw(
            misplaced.topic, misplaced.value, key=b"?", headers=misplaced.headers
        )
        await stream_hub.until_committed()
        await groupage(stream_hub, "deadletters", "replay", "--code=wrong_key", "--without-key")
        await stream_hub.until_committed()
    status, listed, _ = await groupage(stream_hub, "deadletters", "list")
    assert status == 0
    assert "2 dead letters: 2 not_cloudevents" in listed
    assert "(replayed)" in listed
    assert "wrong_key" not in listed
    _, listed, _ = await groupage(stream_hub, "deadletters", "list", "--settled")
    assert "3 dead letters: 2 not_cloudevents, 1 wrong_key" in listed
    assert re.search(r"settled .*Z.*: the record was taken in when it was replayed", listed)
    _, listed, _ = await groupage(stream_hub, "deadletters", "list", "--settled", "--json")
    found = {row["code"]: row for row in json.loads(listed)["letters"]}  # codespell:ignore letters
    assert found["wrong_key"]["settled_as"] == "taken_in"
    assert found["wrong_key"]["settled_at"] is not None
    assert found["not_cloudevents"]["settled_at"] is None
    status, _, errors = await groupage(stream_hub, "deadletters", "show", "ffff")
    assert status == 1
    assert "no dead letter begins with 'ffff'" in errors


async def test_rebuild_without_the_owners_rights_ends_with_a_sentence(
    stream_hub: StreamHub,
) -> None:
    """PostgreSQL lets the account in, and refuses the schema that a rebuild makes."""
    role = f"reader_{stream_hub.prefix.rstrip('.')}"
    await stream_hub.pool.execute(f"create role {role} login in role pg_read_all_data")
    try:
        url = urlsplit(stream_hub.settings.database.url.get_secret_value())
        reader = url._replace(netloc=f"{role}@{url.netloc.rpartition('@')[2]}").geturl()
        status, _, errors = await groupage(
            stream_hub, "rebuild", "--verify", GROUPAGE_DATABASE_URL=reader
        )
    finally:
        await stream_hub.pool.execute(f"drop role {role}")
    assert status == 1
    assert errors.count("\n") == 1, errors
    assert "GROUPAGE_DATABASE_URL: PostgreSQL refuses: permission denied" in errors


async def test_rebuild_refuses_beside_a_worker(stream_hub: StreamHub, tmp_path: Path) -> None:
    """With a worker it prints an error; without, it compares the tables."""
    async with running(stream_hub, "processors", tmp_path / "worker.log"):
        await stream_hub.send(*workload.facts(800, seed=6))
        await stream_hub.until_committed()
        status, _, errors = await groupage(stream_hub, "rebuild", "--verify")
        assert status == 1
        assert "stop it first" in errors
    status, output, errors = await groupage(stream_hub, "rebuild", "--verify", "--json")
    assert status == 0, errors
    report = json.loads(output)
    assert report["equal"]
    assert {table["table"]: table["rows"] for table in report["tables"]}["fact"] >= 800


async def test_the_clock_process_ticks(stream_hub: StreamHub, tmp_path: Path) -> None:
    """A tick with the wall time arrives in every partition with deadlines."""
    async with (
        running(stream_hub, "processors", tmp_path / "worker.log"),
        running(stream_hub, "clock", tmp_path / "clock.log", GROUPAGE_CLOCK_TICK_S="0.3"),
    ):

        async def ticked() -> bool:
            count = await stream_hub.pool.fetchval(
                "select count(*) from intake_offset where clock_at > now() - interval '1 minute' "
                "and next_offset >= 3"
            )
            return bool(count == 16)

        await stream_hub.until("three ticks in sixteen partitions", ticked)
