"""``groupage demo`` as somebody types it, installed from the wheel."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from groupage import __version__
from groupage.app.local.hub import running_hub, stop
from tests.e2e.commanded import CommandedHub, show
from tests.e2e.wheel import ROOT, install_wheel

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(700)]

START_S = 300.0
DAY_S = 330.0


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
