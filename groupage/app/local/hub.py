"""Find the hub that runs on a data directory, start one in the background, or stop it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from groupage.app.local.child import Child, Identity
from groupage.app.local.hub_secret import secret_variables
from groupage.app.local.orphans import end_orphans
from groupage.app.local.paths import DataDir
from groupage.app.local.process_specs import groupage
from groupage.app.local.state import Clock, HubLock, HubState, read_state
from groupage.domain.errors import Misconfigured, Unavailable

START_TIMEOUT_S = 3_600.0
"""A first start downloads Kafka, perhaps over a slow line; an upgrade derives states again."""
STOP_TIMEOUT_S = 120.0
_POLL_S = 0.1


def running_hub(data_dir: Path) -> HubState | None:
    """Return the state of the hub that runs on this data directory; ``None`` without one."""
    data = DataDir(data_dir)
    if not HubLock(data.lock_file).is_held():
        return None
    state = read_state(data.state_file)
    # A supervisor that has just begun still finds the state its predecessor wrote.
    return state if state and state.supervisor.process() else None


def variables_of(data_dir: Path, state: HubState) -> dict[str, str]:
    """Return the addresses of the hub's servers, and its secret, as environment variables.

    What this process has set already counts for the secret. Empty are the settings of an outer
    broker, if the hub has its own.
    """
    found = {
        "GROUPAGE_DATABASE_URL": state.database_url,
        "GROUPAGE_GATEWAY_URL": state.gateway_url,
        "GROUPAGE_API_URL": state.api_url,
    }
    found |= secret_variables(DataDir(data_dir), os.environ)
    return {name: value for name, value in found.items() if value} | state.kafka_variables()


def start_in_background(
    data_dir: Path,
    *,
    clock: Clock | None = None,
    servers_only: bool = False,
    ends_with_us: bool = False,
    report: Callable[[str], None] = lambda _text: None,
) -> HubState:
    """Start a hub and wait until it runs. Settings come from this process's environment.

    With ``ends_with_us`` the hub stops when this process is gone, however it went (Linux).
    ``report`` gets each step of the start in words. Raises Conflict when one runs already,
    Unavailable with the reason when it does not come up.
    """
    data = DataDir(data_dir)
    data.prepare()
    HubLock(data.lock_file).acquire().release()  # says at once who runs here
    child = Child(
        name="supervisor",
        program=groupage(
            *("--data-dir", str(data.root), "up", "--quiet"),
            *(["--clock", clock] if clock else []),
            *(["--servers-only"] if servers_only else []),
        ),
        log_file=data.logs / "supervisor.log",
        ends_with_us=ends_with_us,
    )
    child.start()
    try:
        state = _await_running(data, child, report)
    except BaseException:
        child.stop()
        raise
    if state:
        return state
    child.stop()
    raise Unavailable(f"the hub did not start; {child.log_file} ends with:\n{child.log_tail()}")


def _await_running(data: DataDir, child: Child, report: Callable[[str], None]) -> HubState | None:
    reported = ""
    deadline = time.monotonic() + START_TIMEOUT_S
    while child.is_running() and time.monotonic() < deadline:
        state = read_state(data.state_file)
        if state and state.supervisor.pid == child.pid:
            if state.phase == "running":
                return state
            if state.doing != reported:
                reported = state.doing
                report(reported)
        time.sleep(_POLL_S)
    return None


def stop(data_dir: Path) -> bool:
    """Stop the hub of this data directory, or its orphans. Return False if nothing ran.

    Raises Unavailable when the supervisor does not end in time.
    """
    data = DataDir(data_dir)
    lock = HubLock(data.lock_file)
    if not lock.is_held():
        return _end_rest(data)
    signalled: Identity | None = None
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while lock.is_held():
        state = running_hub(data_dir)
        if state and state.supervisor != signalled and (process := state.supervisor.process()):
            signalled = state.supervisor
            process.terminate()
        if time.monotonic() >= deadline:
            pid = signalled.pid if signalled else "unknown"
            raise Unavailable(
                f"the hub's supervisor (process {pid}) did not end within {STOP_TIMEOUT_S:g} s; "
                f"see {data.logs / 'supervisor.log'}, or kill it: the next start recovers"
            )
        time.sleep(_POLL_S)
    return True


def _end_rest(data: DataDir) -> bool:
    if not data.root.is_dir():
        return False
    lock = HubLock(data.lock_file).acquire()
    try:
        return end_orphans(data) > 0
    finally:
        lock.release()


def use_running_hub(data_dir: Path) -> HubState | None:
    """Point this process's unset settings at the hub that runs on this data directory."""
    try:
        state = running_hub(data_dir)
    except Misconfigured:  # somebody else's hub is none for us: what is set must do
        return None
    if state:
        uses_other_broker = bool(os.environ.get("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS"))
        for name, value in variables_of(data_dir, state).items():
            if value:
                os.environ[name] = os.environ.get(name) or value
            elif not uses_other_broker:
                os.environ[name] = ""
        os.environ.setdefault("GROUPAGE_CLOCK_SOURCE", state.clock)
    return state
