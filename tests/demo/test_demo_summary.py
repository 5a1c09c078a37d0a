"""The demo's summary, and the commands that it suggests."""

import io
import shlex
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from groupage.app.cli import COMMANDS
from groupage.app.demo.checks import DayReport, Departed
from groupage.app.demo.day import Day
from groupage.app.demo.summary import print_next, print_summary
from groupage.app.local.child import Identity
from groupage.app.local.state import HubState
from producers.simulator.parameters import parameters_for
from producers.simulator.simulation import Simulation

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


RUNNING = HubState(
    phase="running",
    doing="",
    supervisor=Identity(pid=1, started_at_s=0.0),
    api_url="http://127.0.0.1:1",
)


@pytest.mark.parametrize("state", [RUNNING, None], ids=["left up", "stopped"])
def test_what_to_try_next_can_be_typed(
    state: HubState | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the environment on the path, and with a directory that has a space in its name.

    After `--exit` the first command starts the hub again, and no address is shown.
    """
    monkeypatch.setenv("PATH", "/usr/bin")
    output = io.StringIO()
    print_next(Console(file=output, width=200), state, EMPTY_DAY, Path("/a folder/hub"))
    commands = [line for line in output.getvalue().splitlines() if "--data-dir" in line]
    assert ("up --detach" in commands[0]) is (state is None)
    assert ("http://127.0.0.1:1" in output.getvalue()) is (state is not None)
    known = {name for group in COMMANDS.values() for name in group}
    for line in commands:
        program, option, folder, name, *_ = shlex.split(line)
        assert Path(program).is_file()
        assert (option, folder) == ("--data-dir", "/a folder/hub")
        assert name in known - {"rebuild"}, "a rebuild wants the hub stopped"


def _day() -> Day:
    left = Departed(
        consolidation_id="CSL-1",
        equipment_ref="MSKU6011672",
        consignments=3,
        cartons=120,
        deviations=0,
        fill_ratio=0.875,
        plan_id="PLN-1",
    )
    report = msgspec.structs.replace(
        EMPTY_DAY, departed=(left,), checks=("every container has a seal",)
    )
    return Day(
        report=report,
        outcome=Simulation(parameters_for("small", seed=1)).outcome(),
        facts=10,
        events=12,
        unplanned=0,
        unforeseen=0,
        took_s=1.5,
        waited_s={"the planner": 0.5},
    )


@pytest.mark.parametrize("verbose", [False, True])
def test_containers_and_checks_come_first(*, verbose: bool) -> None:
    """The figures of the day follow, and the long table of exceptions only on request."""
    printed = io.StringIO()
    print_summary(Console(file=printed, width=120), _day(), verbose=verbose)
    text = printed.getvalue()
    parts = ["MSKU6011672", "every container has a seal", "All checks hold", "10 sent, 12 taken in"]
    assert "DCO documents" in text
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert ("Exceptions as stated and as met" in text) is verbose
    assert ("credit hold" in text) is verbose


def test_a_problem_takes_the_place_of_the_all_clear() -> None:
    """A day that breaks an invariant says which."""
    printed = io.StringIO()
    day = _day()
    report = msgspec.structs.replace(day.report, problems=("CSL-1: left without a manifest",))
    print_summary(Console(file=printed, width=120), day._replace(report=report))
    assert "CSL-1: left without a manifest" in printed.getvalue()
    assert "All checks hold" not in printed.getvalue()
