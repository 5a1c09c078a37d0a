"""What the demonstration tells at its end."""

import io
import shlex
from pathlib import Path

import pytest
from rich.console import Console

from groupage.app.cli import COMMANDS
from groupage.app.demo.checks import DayReport
from groupage.app.demo.summary import print_next
from groupage.app.local.child import Identity
from groupage.app.local.state import HubState

EMPTY_DAY = DayReport(
    departed=(),
    consignments={},
    plans_certified=0,
    plans_verified_again=0,
    alerts_raised=0,
    alerts_open={},
    dead_letters={},
    checks=(),
    problems=(),
)


def test_what_to_try_next_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the environment on the path, and with a directory that has a space in its name."""
    monkeypatch.setenv("PATH", "/usr/bin")
    supervisor = Identity(pid=1, started_at_s=0.0)
    output = io.StringIO()
    print_next(
        Console(file=output, width=200),
        HubState(phase="running", doing="", supervisor=supervisor),
        EMPTY_DAY,
        Path("/a folder/hub"),
    )
    commands = [line for line in output.getvalue().splitlines() if "--data-dir" in line]
    assert commands
    known = {name for group in COMMANDS.values() for name in group}
    for line in commands:
        program, option, folder, name, *_ = shlex.split(line)
        assert Path(program).is_file()
        assert (option, folder) == ("--data-dir", "/a folder/hub")
        assert name in known - {"rebuild"}, "a rebuild wants the hub stopped"
