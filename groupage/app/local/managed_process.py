"""A process that the supervisor manages: whether it answers, and its restarts after a backoff."""

import time
from dataclasses import dataclass, field

import structlog

from groupage.app.local.child import Child
from groupage.app.local.readiness import Watch
from groupage.app.local.state import ProcessPhase, ProcessState

_BACKOFF_FIRST_S = 0.5
_PROVEN_AFTER_S = 60.0
"""After a run of this length the backoff begins from its first step again."""
HUNG_AFTER_S = 20.0
"""Longer than two questions to ``/readyz`` that time out."""
RESTART_HUNG_AFTER_S = 120.0
"""No process of groupage blocks its event loop that long: such a silence does not end."""

log = structlog.get_logger(__name__)


def backoff_s(failures: int, *, max_s: float) -> float:
    """Return the seconds before the next start, after so many failures in a row."""
    return float(min(max_s, _BACKOFF_FIRST_S * 2 ** min(failures, 16)))


@dataclass
class ManagedProcess:
    """A child process, its phase and its restarts."""

    child: Child
    stage: int
    metrics: str | None = None
    state: ProcessPhase = "starting"
    restart_wait_max_s: float = 30.0
    restarts: int = 0
    failures: int = 0
    started_at: float = field(default_factory=time.monotonic)
    restart_at: float | None = None
    """Monotonic seconds; `None` while it runs."""
    watch_readiness: Watch | None = None
    """None: nobody asks it, as with servers and during the start."""

    def snapshot(self) -> ProcessState:
        """Return its entry in ``state.json``."""
        return ProcessState(
            name=self.child.name,
            state=self.state,
            identity=self.child.identity if self.child.is_running() else None,
            restarts=self.restarts,
            metrics=self.metrics,
            log_file=str(self.child.log_file),
            problem=self._problem(),
        )

    def _problem(self) -> str:
        if self.watch_readiness is None or self.state not in ("running", "hung"):
            return ""
        return "no answer" if self.state == "hung" else self.watch_readiness.problem

    def watch(self, now: float) -> None:
        """Schedule a restart if it has ended, or restart it once the backoff is over.

        A process that does not answer is ``hung``; the supervisor kills it if that lasts.
        ``now`` in monotonic seconds.
        """
        if self.restart_at is not None:
            if now >= self.restart_at:
                self._restart(now)
            return
        status = self.child.poll()
        if status is None:
            self._watch_readiness(now)
            return
        if now - self.started_at > _PROVEN_AFTER_S:
            self.failures = 0
        delay_s = backoff_s(self.failures, max_s=self.restart_wait_max_s)
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
        if self.watch_readiness:
            self.watch_readiness.note_start(now)

    def _watch_readiness(self, now: float) -> None:
        if self.watch_readiness is None:
            return
        silent_s = now - self.watch_readiness.answered_at
        was, self.state = self.state, "hung" if silent_s > HUNG_AFTER_S else "running"
        if was != self.state:
            log.warning(
                "process_hung" if self.state == "hung" else "process_answers_again",
                name=self.child.name,
                log_file=str(self.child.log_file),
            )
        if silent_s > RESTART_HUNG_AFTER_S:
            log.warning("hung_process_killed", name=self.child.name, silent_s=round(silent_s))
            self.child.kill()

    def stop_watching(self) -> None:
        """Ask it no more: it is about to stop."""
        if self.watch_readiness:
            self.watch_readiness.stop()
