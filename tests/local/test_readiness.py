"""Readiness of the processes of a hub: not ready yet, or silent."""

import json
import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from groupage.app.commands.doctor_hub import _check_process
from groupage.app.local.child import Identity
from groupage.app.local.managed_process import (
    HUNG_AFTER_S,
    RESTART_HUNG_AFTER_S,
    ManagedProcess,
)
from groupage.app.local.readiness import Watch, ask_readiness
from groupage.app.local.state import ProcessState
from tests.local.children import python, wait_for

pytestmark = pytest.mark.slow


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
