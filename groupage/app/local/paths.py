"""The layout of a data directory."""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from groupage.domain.errors import Misconfigured

# sun_path holds 108 bytes on Linux and 104 on macOS, terminator included.
_SOCKET_PATH_BYTES_MAX = 100
_SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True)
class DataDir:
    """One hub's folder: the data of both servers, logs, and the state of its processes."""

    root: Path

    @property
    def kafka(self) -> Path:
        """The broker's configuration and data."""
        return self.root / "kafka"

    @property
    def postgres(self) -> Path:
        """The database cluster."""
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        """One log file for each process."""
        return self.root / "logs"

    @property
    def lock_file(self) -> Path:
        """The file that the hub's only supervisor locks."""
        return self.root / "lock"

    @property
    def state_file(self) -> Path:
        """The running processes and their addresses."""
        return self.root / "state.json"

    @property
    def secret_file(self) -> Path:
        """The secret with which the hub's processes sign what only they may say."""
        return self.root / "hub.secret"

    @property
    def ports_file(self) -> Path:
        """The ports of the last start."""
        return self.root / "ports.json"

    def prepare(self) -> None:
        """Make the folders, readable for their owner only.

        Raises Misconfigured if they cannot be created.
        """
        try:
            for folder in (self.root, self.kafka, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.root.stat().st_mode & 0o066:
                self.root.chmod(0o700)
        except OSError as error:
            raise Misconfigured(
                f"the data directory {self.root} cannot be made ({error.strerror}); "
                "choose another with --data-dir or GROUPAGE_DATA_DIR"
            ) from error

    def socket_dir(self) -> Path:
        """Return a folder of mode 0700 for PostgreSQL's socket, short enough for the system."""
        inside = self.root / "run"
        if len(os.fsencode(inside / _SOCKET_NAME)) <= _SOCKET_PATH_BYTES_MAX:
            return _make_private(inside)
        digest = hashlib.sha256(os.fsencode(self.root.resolve())).hexdigest()[:12]
        base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        short = base / f"groupage-{os.getuid()}-{digest}"
        if len(os.fsencode(short / _SOCKET_NAME)) > _SOCKET_PATH_BYTES_MAX:
            short = Path("/tmp") / short.name  # noqa: S108 - checked to be ours and 0700 below
        return _make_private(short)


def _make_private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.getuid(), _nobody()):
        raise Misconfigured(
            f"{folder} belongs to somebody else; remove it, "
            "or set XDG_RUNTIME_DIR to a folder of yours"
        )
    folder.chmod(0o700)
    return folder


def _nobody() -> int:
    """Return the account of PostgreSQL under root without user namespaces."""
    return 65534 if os.getuid() == 0 else os.getuid()
