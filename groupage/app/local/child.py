"""One child process: started through :mod:`groupage.app.local.launch`, its output in a file."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import psutil
import structlog

_LOG_BYTES_MAX = 50 * 2**20
_POLL_S = 0.05
# psutil's start times of one process differ by rounding only.
_SAME_START_S = 0.1

log = structlog.get_logger(__name__)


class Identity(msgspec.Struct, frozen=True):
    """A process that cannot be mistaken for a later one with the same id."""

    pid: int
    started_at_s: float
    """Seconds since the epoch, by the operating system."""

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Return the identity of a running process; ``None`` without one."""
        try:
            return cls(pid=pid, started_at_s=psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def process(self) -> psutil.Process | None:
        """Return the process if it still runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started_at_s) < _SAME_START_S
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def end(self, *, first: signal.Signals = signal.SIGTERM, budget_s: float) -> None:
        """Send ``first``, wait for the budget, then kill. Do nothing if the process has ended."""
        if not (process := self.process()):
            return
        try:
            process.send_signal(first)
            process.wait(budget_s)
        except psutil.TimeoutExpired:
            log.warning("process_killed", pid=self.pid, after_s=budget_s)
            process.kill()
            process.wait(10)
        except psutil.NoSuchProcess:
            return


@dataclass
class Child:
    """A program to run; :meth:`start` it, :meth:`poll` it, :meth:`stop` it."""

    name: str
    program: Sequence[str]
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_budget_s: float = 20.0
    ordinary_user: bool = False
    """Give up root first: PostgreSQL refuses to run as root."""
    ends_with_us: bool = True
    """Whether Linux ends it when this process ends, by whatever cause."""
    _popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _log_begins: int = field(default=0, repr=False)
    """Byte offset in the log file where the output of this start begins."""
    identity: Identity | None = None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches only the supervisor."""
        _roll(self.log_file)
        launcher = [
            *(sys.executable, "-m", "groupage.app.local.launch"),
            *("--signal", str(int(self.stop_signal))),
            *(["--parent", str(os.getpid())] if self.ends_with_us else []),
            *(["--ordinary-user"] if self.ordinary_user else []),
            "--",
        ]
        with self.log_file.open("ab") as output:
            self._log_begins = output.tell()
            self._popen = subprocess.Popen(
                [*launcher, *self.program],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.identity = Identity.of(self._popen.pid)

    @property
    def pid(self) -> int | None:
        """The process id, from the first start on."""
        return self._popen.pid if self._popen else None

    def poll(self) -> int | None:
        """Return the exit status; ``None`` while it runs or before its first start."""
        return self._popen.poll() if self._popen else None

    def is_running(self) -> bool:
        """Return whether it runs."""
        return self._popen is not None and self._popen.poll() is None

    def signal_stop(self) -> None:
        """Send the stop signal, without waiting."""
        if self._popen and self._popen.poll() is None:
            self._popen.send_signal(self.stop_signal)

    def kill(self) -> None:
        """Kill it, without waiting: it does not answer."""
        if self._popen and self._popen.poll() is None:
            self._popen.kill()

    def wait_stopped(self, deadline: float) -> bool:
        """Wait until ``deadline`` (monotonic seconds), then kill. Return False if it was killed."""
        if not self._popen:
            return True
        while self._popen.poll() is None:
            if time.monotonic() >= deadline:
                log.warning("process_killed", name=self.name, pid=self._popen.pid)
                self._popen.kill()
                self._popen.wait(10)
                return False
            time.sleep(_POLL_S)
        return True

    def stop(self) -> bool:
        """Send the stop signal and wait for the budget. Return False if it was killed."""
        self.signal_stop()
        return self.wait_stopped(time.monotonic() + self.stop_budget_s)

    def bound_log(self) -> None:
        """Copy a large log aside and empty it, while the process goes on writing to it.

        The process appends (O_APPEND), so its next line begins the file. Lines that it writes
        between the copy and the emptying are lost.
        """
        try:
            if self.log_file.stat().st_size > _LOG_BYTES_MAX:
                shutil.copyfile(self.log_file, _older(self.log_file))
                os.truncate(self.log_file, 0)
                self._log_begins = 0
        except OSError as error:
            # Without room for a copy, the emptied log makes room.
            log.warning("log_not_kept", log_file=str(self.log_file), error=error.strerror)
            with contextlib.suppress(OSError):
                _older(self.log_file).unlink(missing_ok=True)
                os.truncate(self.log_file, 0)

    def log_tail(self, lines: int = 15) -> str:
        """Return the end of this start's output, for an error message."""
        return tail(self.log_file, lines, begin=self._log_begins)


def tail(file: Path, lines: int, *, begin: int = 0) -> str:
    """Return the last lines of a file from byte `begin` on, at most 8 KiB."""
    try:
        with file.open("rb") as opened:
            opened.seek(0, os.SEEK_END)
            opened.seek(max(begin, opened.tell() - 8192))
            text = opened.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _roll(file: Path) -> None:
    """Move a large log aside and keep one, so that logs do not fill the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > _LOG_BYTES_MAX:
        file.replace(_older(file))


def _older(file: Path) -> Path:
    return file.with_suffix(file.suffix + ".1")
