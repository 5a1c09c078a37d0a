"""``groupage demo`` as somebody types it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from groupage.app.local.hub import running_hub, stop
from tests.e2e.commanded import CommandedHub, tell

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(700)]

START_S = 300.0
DAY_S = 330.0


@pytest.fixture
def hub(short_tmp_path: Path) -> Iterator[CommandedHub]:
    """A directory for a demonstration; whatever it starts is ended."""
    hub = CommandedHub(short_tmp_path / "hub", {})
    yield hub
    stop(hub.folder)


def test_a_small_day_ends_well_and_keeps_its_directory_for_itself(
    hub: CommandedHub, tmp_path: Path
) -> None:
    """Status 0, a summary, all checks; a second one beside it is refused and harms nothing."""
    said = tmp_path / "said.txt"
    began_s = time.monotonic()
    with said.open("w") as output:
        demo = subprocess.Popen(
            hub.arguments("demo", "--exit", "--scale", "small", "--seed", "7"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=hub.environment,
        )
    try:
        while (state := running_hub(hub.folder)) is None or state.phase != "running":
            assert demo.poll() is None, said.read_text()
            assert time.monotonic() - began_s < START_S
            time.sleep(0.2)
        second = hub.command("demo", "--exit", "--scale", "small")
        assert second.returncode == 1
        assert "already runs" in second.stderr
        assert "--data-dir" in second.stderr
        assert demo.wait(DAY_S) == 0, said.read_text()[-4_000:]
    finally:
        demo.terminate()
        demo.wait(60)
    text = said.read_text()
    tell(f"\nthe demonstration took {time.monotonic() - began_s:.0f} s")
    for words in ("The day", "Containers that left", "plans certified", "All checks hold."):
        assert words in text
    assert "What to try next" in text
    assert running_hub(hub.folder) is None


def test_a_directory_that_no_demo_made_is_left_alone(hub: CommandedHub) -> None:
    """A demo empties its directory, so it takes none that holds something else."""
    hub.folder.mkdir(parents=True)
    mine = hub.folder / "mine.txt"
    mine.write_text("kept")
    refused = hub.command("demo", "--exit", "--scale", "small")
    assert refused.returncode == 1
    assert "--data-dir" in refused.stderr
    assert mine.read_text() == "kept"
