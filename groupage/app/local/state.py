"""The lock and ``state.json`` of the hub on a data directory."""

import fcntl
import os
from pathlib import Path
from typing import Literal, Self

import msgspec

from groupage.app.local.child import Identity
from groupage.domain.errors import Conflict, Misconfigured
from groupage.settings import own_broker_environment

Clock = Literal["wall", "external", "simulated"]
"""Whose ticks: the clock process sends the time of day; a simulator or the demo sends its own; the
clock process goes on from the last of these."""
Phase = Literal["starting", "running", "stopping", "stopped"]
ProcessPhase = Literal["starting", "running", "hung", "restarting", "stopped", "failed"]


class ProcessState(msgspec.Struct, frozen=True, kw_only=True):
    """One managed process as the supervisor last saw it."""

    name: str
    state: ProcessPhase
    identity: Identity | None
    restarts: int
    metrics: str | None
    """``http://host:port`` of its ``/metrics``; servers have none."""
    log_file: str
    problem: str = ""
    """Why it is not ready, by its own last answer, or that it does not answer."""


class HubState(msgspec.Struct, frozen=True, kw_only=True):
    """The whole hub as the supervisor last wrote it. The file is readable for its owner only."""

    phase: Phase
    doing: str
    """The present step of a start, in words."""
    supervisor: Identity
    kafka_bootstrap_servers: str = ""
    kafka_is_local: bool = True
    database_url: str = ""
    database_is_local: bool = True
    gateway_url: str = ""
    api_url: str = ""
    clock: Clock = "wall"
    policy: str = ""
    """What this start did about a changed policy file, in words."""
    processes: tuple[ProcessState, ...] = ()

    def kafka_variables(self) -> dict[str, str]:
        """Return the variables by which a process reaches Kafka; an empty value is not set.

        Account and certificates of an outer broker come from the process's own environment.
        """
        if self.kafka_is_local and self.kafka_bootstrap_servers:
            return own_broker_environment(self.kafka_bootstrap_servers)
        return {"GROUPAGE_KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers}


def write_state(file: Path, state: HubState) -> None:
    """Replace the file atomically, so that no reader sees half of it."""
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(msgspec.json.format(msgspec.json.encode(state), indent=1))
    except OSError:
        fresh.unlink(missing_ok=True)  # half of it, or nothing: the disk is full
        raise
    fresh.replace(file)


def read_state(file: Path) -> HubState | None:
    """Return the last written state; ``None`` without one or if an older version wrote it."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=HubState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


class HubLock:
    """A file lock for the supervisor of a data directory; the system drops it with its holder."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._descriptor: int | None = None

    def acquire(self) -> Self:
        """Take the lock. Raises Conflict, naming the holder, if another process has it."""
        descriptor = self._open(os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", errors="replace").strip()
            os.close(descriptor)
            raise Conflict(
                f"a hub already runs on {self._file.parent} (process {holder or 'unknown'}); "
                "see it with `groupage status`, end it with `groupage down`, "
                "or start another beside it with --data-dir"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Release the lock, if this process holds it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_held(self) -> bool:
        """Return whether a process supervises the data directory now.

        Raises Misconfigured if this user may not open the lock file.
        """
        try:
            descriptor = self._open(os.O_RDWR)
        except (FileNotFoundError, NotADirectoryError):
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _open(self, flags: int) -> int:
        try:
            return os.open(self._file, flags, 0o600)
        except PermissionError as error:
            raise Misconfigured(
                f"the data directory {self._file.parent} is somebody else's ({error.strerror}); "
                "choose another with --data-dir or GROUPAGE_DATA_DIR"
            ) from error
