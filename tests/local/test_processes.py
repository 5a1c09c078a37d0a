"""Child processes: started, stopped within a budget, started again with growing patience."""

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from groupage.app.commands.doctor_hub import _check_process
from groupage.app.local.child import Child, Identity
from groupage.app.local.managed_process import (
    HUNG_AFTER_S,
    RESTART_HUNG_AFTER_S,
    ManagedProcess,
    backoff_s,
)
from groupage.app.local.orphans import _PROCESS_BUDGET_S, end_orphans
from groupage.app.local.paths import DataDir
from groupage.app.local.ports import PortBook
from groupage.app.local.process_specs import FILL, INTAKE, process_specs
from groupage.app.local.readiness import Watch, ask_readiness
from groupage.app.local.state import HubState, ProcessState, read_state, write_state
from groupage.app.local.supervisor import Supervisor
from groupage.settings import LocalSettings

pytestmark = pytest.mark.slow

STUBBORN = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
)


def python(folder: Path, code: str, **options: object) -> Child:
    """A child that runs some Python."""
    return Child(
        name="child",
        program=[sys.executable, "-c", code],
        log_file=folder / "child.log",
        **options,  # type: ignore[arg-type]
    )


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it holds, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


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


class _Unready(BaseHTTPRequestHandler):
    """A process whose ``/readyz`` answers with the server's checks."""

    def do_GET(self) -> None:
        body = json.dumps({"status": "not ready", "checks": self.server.checks})  # type: ignore[attr-defined]
        self.send_response(503)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.parametrize(
    ("checks", "started"),
    [
        ({"database": True, "states": "400 are left"}, True),
        ({"database": "no answer", "states": "400 are left"}, False),
        ({"database": "no answer"}, False),
    ],
)
def test_a_start_does_not_wait_for_the_states_of_an_upgrade(
    checks: dict[str, bool | str],
    started: bool,  # noqa: FBT001 - a parameter
    tmp_path: Path,
) -> None:
    """Workers may derive the states of a large hub for hours: `up` goes on meanwhile."""
    with HTTPServer(("127.0.0.1", 0), _Unready) as server:
        server.checks = checks  # type: ignore[attr-defined]
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        found = ask_readiness(address)
        answering.join()
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        me = Identity.of(os.getpid())
        finding = _check_process(
            ProcessState(
                name="planner",
                state="running",
                identity=me,
                restarts=0,
                metrics=address,
                log_file="planner.log",
            )
        )
        answering.join()
    assert (finding.state, finding.todo) == (
        ("note", "") if started else ("problem", "read planner.log")
    )
    assert found.started is started
    assert not found.ready
    assert found.problem == "; ".join(f"{n}: {v}" for n, v in checks.items() if v is not True)


ANSWERING = (
    "import http.server, sys\n"
    "class H(http.server.BaseHTTPRequestHandler):\n"
    "    def do_GET(self): self.send_response(200); self.end_headers()\n"
    "http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()\n"
)


def test_a_process_that_hangs_is_shown_and_killed_at_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stopped process still runs for the operating system; only its silence gives it away."""
    monkeypatch.setattr("groupage.app.local.readiness._ASK_EVERY_S", 0.02)
    monkeypatch.setattr("groupage.app.local.readiness._TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    child = python(tmp_path, ANSWERING)
    child.program = [*child.program, str(port)]
    child.start()
    address = f"http://127.0.0.1:{port}"
    wait_for(lambda: ask_readiness(address).ready)
    managed = ManagedProcess(
        child=child, stage=1, metrics=address, state="running", watch_readiness=Watch(address)
    )
    watch, first = managed.watch_readiness, child.pid
    assert watch is not None
    assert first is not None
    try:
        managed.watch(time.monotonic())
        assert (managed.state, managed.snapshot().problem) == ("running", "")
        os.kill(first, signal.SIGSTOP)
        # By then no question is under way that it could still have answered.
        wait_for(lambda: time.monotonic() - watch.answered_at > 1)
        managed.watch(watch.answered_at + HUNG_AFTER_S + 1)
        assert (managed.state, managed.snapshot().problem) == ("hung", "no answer")
        os.kill(first, signal.SIGCONT)
        silent_at = watch.answered_at
        wait_for(lambda: watch.answered_at > silent_at)
        managed.watch(time.monotonic())
        assert (managed.state, managed.restarts) == ("running", 0)
        os.kill(first, signal.SIGSTOP)
        wait_for(lambda: time.monotonic() - watch.answered_at > 1)
        managed.watch(watch.answered_at + RESTART_HUNG_AFTER_S + 1)
        wait_for(lambda: not child.is_running())
        managed.watch(time.monotonic())
        assert managed.state == "restarting"
    finally:
        managed.stop_watching()
        child.kill()


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
