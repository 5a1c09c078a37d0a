"""Child processes: their output and logs, and their end."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from groupage.app.local.child import Child, Identity
from groupage.app.local.orphans import _PROCESS_BUDGET_S, end_orphans
from groupage.app.local.paths import DataDir
from groupage.app.local.state import HubState, ProcessState, write_state
from tests.local.children import STUBBORN, python, wait_for

pytestmark = pytest.mark.slow


def test_output_goes_to_the_log_and_settings_come_by_environment(tmp_path: Path) -> None:
    """Both streams, appended; the child's own variables beside the inherited ones."""
    child = python(
        tmp_path,
        "import os, sys; print(os.environ['X']); print('wrong', file=sys.stderr); sys.exit(3)",
        environment={"X": "set"},
    )
    for _ in range(2):
        child.start()
        wait_for(lambda: not child.is_running())
    assert child.poll() == 3
    written = child.log_file.read_text(encoding="utf-8").splitlines()
    assert sorted(written) == ["set", "set", "wrong", "wrong"]


def test_the_end_of_a_log_is_of_the_last_start(tmp_path: Path) -> None:
    """What an earlier run complained of is not what is wrong now."""
    child = python(tmp_path, "import os; print(os.environ['TEXT'])", environment={"TEXT": "old"})
    child.start()
    wait_for(lambda: not child.is_running())
    later = python(tmp_path, "import os; print(os.environ['TEXT'])", environment={"TEXT": "new"})
    later.start()
    wait_for(lambda: not later.is_running())
    assert later.log_tail() == "new"


def test_a_program_that_is_not_there_is_said_in_the_log(tmp_path: Path) -> None:
    """The launcher has become nobody; its log must tell why."""
    child = Child(name="x", program=["/no/such/program"], log_file=tmp_path / "x.log")
    child.start()
    wait_for(lambda: not child.is_running())
    assert child.poll() == 126
    assert "/no/such/program cannot be started" in child.log_tail()


def test_who_does_not_stop_in_its_budget_is_killed(tmp_path: Path) -> None:
    """A hanging process cannot hold up the end of a hub."""
    child = python(tmp_path, STUBBORN, stop_budget_s=0.3)
    child.start()
    wait_for(lambda: "1" in child.log_tail())
    assert child.stop() is False
    assert child.poll() == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends left-overs")
def test_a_child_ends_with_its_parent_even_if_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the parent reaches the child as the signal it stops by."""
    parent = python(
        tmp_path,
        "import pathlib, sys, time\n"
        "from groupage.app.local.child import Child\n"
        f"log = pathlib.Path({str(tmp_path / 'grandchild.log')!r})\n"
        "code = \"print('up', flush=True); import time; time.sleep(60)\"\n"
        "child = Child(name='g', program=[sys.executable, '-c', code], log_file=log)\n"
        "child.start(); print(child.pid, flush=True); time.sleep(60)\n",
    )
    parent.start()
    wait_for(lambda: (tmp_path / "grandchild.log").exists() and parent.log_tail() != "")
    wait_for(lambda: "up" in (tmp_path / "grandchild.log").read_text())
    grandchild = int(parent.log_tail())
    assert parent.pid
    os.kill(parent.pid, signal.SIGKILL)
    wait_for(lambda: not psutil.pid_exists(grandchild))


def test_a_large_log_is_rolled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One older file is kept, so that logs do not fill the disk."""
    monkeypatch.setattr("groupage.app.local.child._LOG_BYTES_MAX", 10)
    child = python(tmp_path, "print('0123456789ab')")
    for _ in range(3):
        child.start()
        wait_for(lambda: not child.is_running())
    assert child.log_tail() == "0123456789ab"
    assert (tmp_path / "child.log.1").read_text() == "0123456789ab\n"


def test_a_log_is_bounded_while_its_process_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process goes on writing: what it writes next begins the file."""
    monkeypatch.setattr("groupage.app.local.child._LOG_BYTES_MAX", 10)
    child = python(
        tmp_path,
        "import pathlib, time; print('0123456789ab', flush=True)\n"
        f"go = pathlib.Path({str(tmp_path / 'go')!r})\n"
        "while not go.exists(): time.sleep(0.01)\n"
        "print('after', flush=True); time.sleep(60)\n",
    )
    child.start()
    try:
        wait_for(lambda: child.log_tail() != "")
        child.bound_log()
        assert child.log_file.read_text() == ""
        assert (tmp_path / "child.log.1").read_text() == "0123456789ab\n"
        (tmp_path / "go").touch()
        wait_for(lambda: child.log_file.read_text() == "after\n")
        assert child.log_tail() == "after"
    finally:
        child.kill()


def test_a_leftover_that_waits_for_a_server_does_not_hold_up_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Kafka went with the same supervisor: it would wait for it as long as it may."""
    assert _PROCESS_BUDGET_S < 6
    monkeypatch.setattr("groupage.app.local.orphans._PROCESS_BUDGET_S", 0.2)
    left, data, me = python(tmp_path, STUBBORN), DataDir(tmp_path), Identity.of(os.getpid())
    left.start()
    wait_for(lambda: left.log_file.read_text() != "")
    assert me
    row = ProcessState(
        name="planner",
        state="running",
        identity=left.identity,
        restarts=0,
        metrics=None,
        log_file="",
    )
    write_state(
        data.state_file, HubState(phase="running", doing="", supervisor=me, processes=(row,))
    )
    assert end_orphans(data) == 1
    assert not left.is_running()
