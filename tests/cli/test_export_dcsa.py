"""``groupage export dcsa``: the hub's events as a file that `groupage import dcsa` reads."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
import typer

from groupage.app.commands.export import read_time
from producers.dcsa.document import read_bundle
from tests.api.hub import fact, store_facts
from tests.api.world import booked

COMMAND = [sys.executable, "-m", "groupage", "export", "dcsa"]
Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(database_url: str) -> Run:
    """Run the command on a hub with three bookings."""

    async def fill() -> None:
        async with asyncpg.create_pool(database_url, min_size=1, max_size=1) as pool:
            await store_facts(pool, [fact(booked(f"CN-{minute}"), minute) for minute in (1, 2, 3)])

    asyncio.run(fill())

    def start(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*COMMAND, *arguments],
            env=os.environ | {"GROUPAGE_DATABASE_URL": database_url},
            capture_output=True,
            timeout=60,
            check=False,
        )

    return start


@pytest.mark.integration
@pytest.mark.parametrize(
    ("options", "names"),
    [
        ((), ["CN-1", "CN-2", "CN-3"]),
        (("--from", "2026-03-02T16:02:03+08:00"), ["CN-2", "CN-3"]),
        (("--to", "2026-03-02T08:02:03Z"), ["CN-1"]),
        (("--from", "2026-03-02", "--to", "2026-03-03"), ["CN-1", "CN-2", "CN-3"]),
        (("--from", "2026-03-03"), []),
    ],
)
def test_the_events_of_a_time(
    run: Run, tmp_path: Path, options: tuple[str, ...], names: list[str]
) -> None:
    """In a file or on standard output: the same bytes, and a document that an import reads."""
    file = tmp_path / "events.json"
    file.write_text("older", encoding="utf-8")
    done = run(*options, "-o", str(file))
    assert done.returncode == 0, done.stderr
    assert f"{len(names)} events in".encode() in done.stderr
    document = file.read_bytes()
    assert run(*options).stdout == document
    assert len(read_bundle(document).events) == len(names)
    events = json.loads(document)["events"]
    found = [event["shipmentDetails"]["documentReference"]["reference"] for event in events]
    assert found == names
    assert [path.name for path in tmp_path.iterdir()] == ["events.json"]


@pytest.mark.integration
def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    """One sentence, and no part of a file."""
    done = run("-o", str(tmp_path / "no" / "folder" / "events.json"))
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"events.json" in done.stderr


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-03-02T08:00:00", "2026-13-02", "2300-01-01", ""]
)
def test_other_times_are_refused(text: str) -> None:
    """The message names the option, the value and what is right."""
    with pytest.raises(typer.BadParameter, match="--from is"):
        read_time("--from", text)
