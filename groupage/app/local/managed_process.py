"""A process that the supervisor manages: its readiness, and its restarts after a backoff."""

import http
import http.client
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from groupage.app.local.child import Child
from groupage.app.local.state import ProcessPhase, ProcessState
from groupage.domain.state.forms import DERIVATION_CHECK
from groupage.settings import LOOPBACK

_BACKOFF_FIRST_S = 0.5
_BACKOFF_MAX_S = 30.0
_PROVEN_AFTER_S = 60.0
"""After a run of this length the backoff begins from its first step again."""
_READYZ_TIMEOUT_S = 6.0
"""A little longer than the process allows its own checks."""

log = structlog.get_logger(__name__)


def backoff_s(failures: int) -> float:
    """Return the seconds before the next start, after so many failures in a row."""
    return float(min(_BACKOFF_MAX_S, _BACKOFF_FIRST_S * 2 ** min(failures, 16)))


def _waits_for_states(answer: str) -> bool:
    """Whether the workers' derivation of states is the only check that fails."""
    try:
        checks = json.loads(answer)["checks"]
    except (ValueError, KeyError, TypeError):
        return False
    return [name for name, value in checks.items() if value is not True] == [DERIVATION_CHECK]


@dataclass
class ManagedProcess:
    """A child process, its phase and its restarts."""

    child: Child
    stage: int
    metrics: str | None = None
    state: ProcessPhase = "starting"
    restarts: int = 0
    failures: int = 0
    started_at: float = field(default_factory=time.monotonic)
    restart_at: float | None = None
    """Monotonic seconds; `None` while it runs."""

    def snapshot(self) -> ProcessState:
        """Return its entry in ``state.json``."""
        return ProcessState(
            name=self.child.name,
            state=self.state,
            identity=self.child.identity if self.child.is_running() else None,
            restarts=self.restarts,
            metrics=self.metrics,
            log_file=str(self.child.log_file),
        )

    def watch(self, now: float) -> None:
        """Schedule a restart if it has ended, or restart it once the backoff is over.

        ``now`` in monotonic seconds.
        """
        if self.restart_at is not None:
            if now >= self.restart_at:
                self._restart(now)
            return
        status = self.child.poll()
        if status is None:
            return
        if now - self.started_at > _PROVEN_AFTER_S:
            self.failures = 0
        delay_s = backoff_s(self.failures)
        self.failures += 1
        self.restart_at = now + delay_s
        self.state = "restarting"
        log.warning(
            "process_died",
            name=self.child.name,
            status=status,
            restart_in_s=delay_s,
            log_file=str(self.child.log_file),
        )

    def _restart(self, now: float) -> None:
        self.restart_at = None
        self.started_at = now
        self.restarts += 1
        self.child.start()
        self.state = "running"

    def readiness(self) -> tuple[bool, str]:
        """Return whether the process has started, and the answer of its ``/readyz``.

        A process that only waits for the states of an upgrade has started: this may take hours.
        """
        target = urlsplit(self.metrics or "")
        connection = http.client.HTTPConnection(
            target.hostname or LOOPBACK, target.port, timeout=_READYZ_TIMEOUT_S
        )
        try:
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            answer = response.read(2000).decode("utf-8", "replace")
            return response.status == http.HTTPStatus.OK or _waits_for_states(answer), answer
        except OSError as error:
            return False, str(error)
        finally:
            connection.close()
