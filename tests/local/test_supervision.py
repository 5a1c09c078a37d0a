"""The supervisor of a hub: processes started in stages and again, and a state that is written."""

import os
import signal
from pathlib import Path

import pytest

from groupage.app.commands.up import leap_warning
from groupage.app.local.child import Identity
from groupage.app.local.managed_process import (
    ManagedProcess,
    backoff_s,
)
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.app.local.process_specs import FILL, INTAKE, process_specs
from groupage.app.local.state import Clock, HubState, read_state, write_state
from groupage.app.local.supervisor import Supervisor
from groupage.settings import LocalSettings
from tests.local.children import python, wait_for

pytestmark = pytest.mark.slow


def test_patience_doubles_and_has_an_end() -> None:
    """Half a second, a second, two ... half a minute for ever."""
    assert [backoff_s(n, max_s=30.0) for n in range(5)] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert backoff_s(6, max_s=30.0) == backoff_s(10_000, max_s=30.0) == 30.0


def test_a_dead_process_is_started_again_after_its_backoff(tmp_path: Path) -> None:
    """Not before; each death costs a restart, and the delay grows."""
    managed = ManagedProcess(child=python(tmp_path, "raise SystemExit(1)"), stage=1, started_at=0)
    managed.child.start()
    wait_for(lambda: not managed.child.is_running())
    managed.watch(now=10.0)
    assert (managed.state, managed.restart_at) == ("restarting", 10.5)
    managed.watch(now=10.4)
    assert managed.restarts == 0
    managed.watch(now=10.5)
    assert (managed.state, managed.restarts) == ("running", 1)
    wait_for(lambda: not managed.child.is_running())
    managed.watch(now=11.0)
    assert managed.restart_at == 12.0


def test_a_process_that_ran_for_long_has_its_patience_back(tmp_path: Path) -> None:
    """One crash a day is not a crash loop."""
    managed = ManagedProcess(
        child=python(tmp_path, "raise SystemExit(1)"), stage=1, failures=7, started_at=0
    )
    managed.child.start()
    wait_for(lambda: not managed.child.is_running())
    managed.watch(now=3600.0)
    assert managed.restart_at == 3600.5


def test_facts_are_let_in_last(tmp_path: Path) -> None:
    """The gateway and the clock start after, and stop before, what digests their facts."""
    settings = LocalSettings(processor_workers=2, data_dir=tmp_path)
    table = process_specs(
        settings, PortBook(tmp_path / "p"), gateway_port=1, api_port=2, with_clock=True
    )
    stages = {spec.name: spec.stage for spec in table}
    assert stages == {
        "processors-1": FILL,
        "processors-2": FILL,
        "planner": FILL,
        "api": FILL,
        "clock": INTAKE,
        "gateway": INTAKE,
    }
    assert len({spec.metrics_port for spec in table}) == len(table)


def test_in_fast_motion_no_clock_runs(tmp_path: Path) -> None:
    """Two sources of time would contradict each other."""
    table = process_specs(
        LocalSettings(data_dir=tmp_path),
        PortBook(tmp_path / "p"),
        gateway_port=1,
        api_port=2,
        with_clock=False,
    )
    assert "clock" not in {spec.name for spec in table}


@pytest.mark.parametrize(
    ("before", "wanted", "servers_only", "chosen"),
    [
        (None, None, False, "wall"),
        (None, "external", False, "external"),
        ("wall", None, False, "wall"),
        ("external", None, False, "simulated"),
        ("simulated", None, False, "simulated"),
        ("simulated", "wall", False, "wall"),
        ("external", None, True, "external"),
    ],
)
def test_a_hub_keeps_its_kind_of_time(
    before: Clock | None, wanted: Clock | None, *, servers_only: bool, chosen: Clock, tmp_path: Path
) -> None:
    """The day of a demo or simulation goes on; the time of day would leap past every deadline."""
    supervisor = Supervisor(
        LocalSettings(data_dir=tmp_path), clock=wanted, servers_only=servers_only
    )
    identity = Identity(pid=1, started_at_s=0)
    earlier = HubState(phase="stopped", doing="", supervisor=identity, clock=before or "wall")
    assert supervisor._choose_clock(earlier if before else None) == chosen


@pytest.mark.parametrize(
    ("before", "wanted", "warns"),
    [("external", "wall", True), ("external", None, False), ("wall", "wall", False)],
)
def test_a_leap_to_the_time_of_day_is_announced(
    before: Clock, wanted: Clock | None, *, warns: bool, tmp_path: Path
) -> None:
    """It cannot be undone, so it is made only on request, and with a warning."""
    data = DataDir(tmp_path)
    data.prepare()
    assert not leap_warning(tmp_path, wanted)
    identity = Identity(pid=1, started_at_s=0)
    write_state(
        data.state_file, HubState(phase="stopped", doing="", supervisor=identity, clock=before)
    )
    assert ("every deadline between counts as missed" in leap_warning(tmp_path, wanted)) is warns


def test_a_full_disk_does_not_end_the_supervisor(tmp_path: Path) -> None:
    """It goes on watching, starts again what died, and stops all when asked."""
    supervisor = Supervisor(LocalSettings(data_dir=tmp_path))
    watched = ManagedProcess(child=python(tmp_path, "import time; time.sleep(60)"), stage=FILL)
    supervisor._managed.append(watched)
    supervisor._write("running", "")
    (tmp_path / "state.new").mkdir()  # as long as it is there, nothing can be written
    watched.child.start()
    first = watched.child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: not watched.child.is_running())

    def again() -> bool:
        supervisor.watch_once()
        return watched.child.is_running()

    wait_for(again)
    supervisor.stop()
    assert not watched.child.is_running()
    known = read_state(tmp_path / "state.json")
    assert known is not None
    assert known.phase == "running"  # whole, as it was written last


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_the_state_is_written_once_the_disk_has_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing changes any more: `status` must not go on saying what was true before."""
    monkeypatch.setattr("groupage.app.local.supervisor._WRITE_AGAIN_S", 0.0)
    supervisor = Supervisor(LocalSettings(data_dir=tmp_path))
    watched = ManagedProcess(
        child=python(tmp_path, "import time; time.sleep(60)"), stage=FILL, state="running"
    )
    supervisor._managed.append(watched)
    supervisor._write("starting", "")
    watched.child.start()
    (tmp_path / "state.new").symlink_to("/dev/full")
    supervisor._write("running", "")
    assert not (tmp_path / "state.new").is_symlink()  # no half of a file stays behind
    stale = read_state(tmp_path / "state.json")
    assert stale is not None
    assert stale.phase == "starting"
    supervisor.watch_once()
    written = read_state(tmp_path / "state.json")
    supervisor.stop()
    assert written is not None
    assert written.phase == "running"
    assert [row.identity for row in written.processes] == [watched.child.identity]
