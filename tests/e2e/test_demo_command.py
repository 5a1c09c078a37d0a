"""``groupage demo`` as somebody types it, installed from the wheel."""

import asyncio
import io
import os
import shlex
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from rich.console import Console

from groupage import __version__
from groupage.app.demo.afterwards import live_on
from groupage.app.local.hub import running_hub, stop, variables_of
from tests.e2e.commanded import CommandedHub, show
from tests.e2e.wheel import ROOT, install_wheel

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(700)]

START_S = 300.0
DAY_S = 330.0
REPLAN_S = 120.0
DAYS_END = datetime(2026, 3, 4, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, in an environment that has the wheel and what it names, and nothing else."""
    return install_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def hub(program: Path, short_tmp_path: Path) -> Iterator[CommandedHub]:
    """A directory for a demonstration; whatever it starts is ended."""
    hub = CommandedHub(short_tmp_path / "hub", {}, program=program)
    yield hub
    stop(hub.folder)


def test_the_wheel_brings_all_that_it_needs(program: Path, hub: CommandedHub) -> None:
    """Its version, its own files, and no tool of developers beside it."""
    assert hub.command("--version").stdout.split() == ["groupage", __version__]
    installed = program.parent.parent
    assert not installed.is_relative_to(ROOT)
    packages = {folder.name for folder in installed.glob("lib/python*/site-packages/*")}
    assert {"groupage", "producers", "processors", "optimizer"} <= packages
    assert packages.isdisjoint({"pytest", "hypothesis", "mypy", "quixstreams", "tests"})


def test_a_small_day_ends_well_and_keeps_its_directory_for_itself(
    hub: CommandedHub, tmp_path: Path
) -> None:
    """Status 0, a summary, all checks; a second one beside it is refused and harms nothing."""
    printed = tmp_path / "printed.txt"
    began_s = time.monotonic()
    with printed.open("w") as output:
        demo = hub.start("demo", "--exit", "--scale", "small", "--seed", "7", output=output)
    try:
        while (state := running_hub(hub.folder)) is None or state.phase != "running":
            assert demo.poll() is None, printed.read_text()
            assert time.monotonic() - began_s < START_S
            time.sleep(0.2)
        second = hub.command("demo", "--exit", "--scale", "small")
        assert second.returncode == 1
        assert "already runs" in second.stderr
        assert "--data-dir" in second.stderr
        assert demo.wait(DAY_S) == 0, printed.read_text()[-4_000:]
    finally:
        demo.terminate()
        demo.wait(60)
    text = printed.read_text()
    show(f"\nthe demonstration took {time.monotonic() - began_s:.0f} s")
    for words in ("The day", "Containers that left", "plans certified", "All checks hold."):
        assert words in text
    assert running_hub(hub.folder) is None
    what_it_proposes_works(hub, text)
    asyncio.run(a_demo_that_is_left_up_lives_on(hub))


def what_it_proposes_works(hub: CommandedHub, printed: str) -> None:
    """Each command that the summary proposes ends with status 0, in the printed order.

    The first one starts the hub again: its time goes on from the end of the day, and no deadline
    between that and today is missed.
    """
    _, proposals = printed.split("What to try next")
    commands = [
        shlex.split(line.rsplit("  ", 1)[0])
        for line in proposals.splitlines()
        if str(hub.folder) in line
    ]
    assert [command[3] for command in commands][:: len(commands) - 1] == ["up", "down"]
    missed = "select count(*) from alert where message like '% was missed%' and cleared_at is null"
    for _, _, folder, *command in commands:
        assert folder == str(hub.folder)
        hub.output_of(*command)
        if command == ["status"]:
            status = hub.status()
            assert status["hub_time"]["simulated"]
            assert datetime.fromisoformat(status["hub_time"]["at"]) < DAYS_END + timedelta(hours=1)
            assert asyncio.run(_value(status["database"]["url"], missed)) == 0


async def a_demo_that_is_left_up_lives_on(hub: CommandedHub) -> None:
    """Its time goes on, and a lane plans within a minute of a dispatcher's command."""
    hub.output_of("up", "--detach", "--clock", "external")
    state = running_hub(hub.folder)
    assert state is not None
    variables = variables_of(hub.folder, state) | {"GROUPAGE_CLOCK_TICK_S": "0.5"}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    newest = "select max(sequence) from plan where lane_id = 'CNNGB-NLRTM'"
    output = io.StringIO()
    living = asyncio.create_task(live_on(Console(file=output), hub.folder, None))
    try:
        sequence = await _value(state.database_url, newest)
        at = await _value(state.database_url, "select max(clock_at) from intake_offset")
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                f"{state.gateway_url}/v1/events",
                json=_replan(at),
                headers={"content-type": "application/cloudevents+json"},
            )
        assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
        deadline_s = time.monotonic() + REPLAN_S
        while await _value(state.database_url, newest) == sequence:
            assert time.monotonic() < deadline_s, "the lane did not plan"
            await asyncio.sleep(0.5)
        assert "goes on from 2026-" in output.getvalue()
    finally:
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        hub.output_of("down")


async def _value(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def _replan(at: datetime) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "replan-1",
        "source": "/dispatch",
        "type": "command.replan.v1",
        "time": at.isoformat(),
        "data": {
            "command_id": "replan-1",
            "lane_id": "CNNGB-NLRTM",
            "by": "anna",
            "reason": "a try",
        },
    }


def test_a_directory_that_no_demo_made_is_left_alone(hub: CommandedHub) -> None:
    """A demo empties its directory, so it takes none that holds something else."""
    hub.folder.mkdir(parents=True)
    mine = hub.folder / "mine.txt"
    mine.write_text("kept")
    refused = hub.command("demo", "--exit", "--scale", "small")
    assert refused.returncode == 1
    assert "--data-dir" in refused.stderr
    assert mine.read_text() == "kept"
