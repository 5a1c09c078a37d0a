"""End the processes that a killed supervisor left running, and no others."""

import signal

import psutil
import structlog

from groupage.app.local.child import Identity
from groupage.app.local.paths import DataDir
from groupage.app.local.state import read_state

_SERVER_BUDGET_S = 15.0
_PROCESS_BUDGET_S = 3.0
"""A process may wait for a Kafka that is gone: kill it early. Its data is safe in Kafka."""

log = structlog.get_logger(__name__)


def end_orphans(data: DataDir) -> int:
    """End recorded processes that still run, newest first, then servers on this data directory.

    A recorded process is ended only when its id and its start time agree; a server only when its
    command line names this data directory. Return how many there were. Call with the lock held.
    """
    found = _recorded_processes(data) + _servers(data)
    ended: set[int] = set()
    for name, identity in found:
        if identity.pid in ended or identity.process() is None:
            continue
        log.warning("orphan_ended", name=name, pid=identity.pid)
        first = signal.SIGINT if name == "postgres" else signal.SIGTERM
        is_server = name in ("postgres", "kafka")
        identity.end(first=first, budget_s=_SERVER_BUDGET_S if is_server else _PROCESS_BUDGET_S)
        ended.add(identity.pid)
    return len(ended)


def _recorded_processes(data: DataDir) -> list[tuple[str, Identity]]:
    state = read_state(data.state_file)
    if not state:
        return []
    return [(p.name, p.identity) for p in reversed(state.processes) if p.identity]


def _servers(data: DataDir) -> list[tuple[str, Identity]]:
    """Find servers that a supervisor started and did not live to record."""
    marks = {
        "kafka": str(data.kafka / "server.properties"),
        "postgres": str(data.postgres / "data"),
    }
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "create_time"]):
        arguments = process.info["cmdline"] or []
        for name, mark in marks.items():
            if mark in arguments:
                identity = Identity(process.info["pid"], process.info["create_time"])
                found.append((name, identity))
    return found
