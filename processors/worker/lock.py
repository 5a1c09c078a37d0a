"""A shared lock that each worker holds: a rebuild takes it exclusively, to run without workers.

The name of its session says how many policies the worker has read, for `groupage policy adopt`.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias

import asyncpg
import structlog

from groupage.domain.errors import Conflict, Unavailable
from groupage.settings import DatabaseSettings
from groupage.store.locks import WORKER_LOCK, WORKER_SESSION
from groupage.store.pool import TRANSIENT_ERRORS

_LOOK_EVERY_S = 5.0
_POLL_S = 0.25
_TIMEOUT_S = 10.0

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

log = structlog.get_logger(__name__)


class WorkerLock:
    """Holds the shared advisory lock on a connection of its own while the worker runs."""

    def __init__(self, settings: DatabaseSettings, *, policies: Callable[[], int]) -> None:
        """`policies` returns how many policies the worker has read."""
        self._settings = settings
        self._policies = policies
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            connection = await self._connect()
            acquired = await _acquire(connection)
        except TRANSIENT_ERRORS as error:
            raise Unavailable(
                f"PostgreSQL went away while the worker was starting: {error!r}"
            ) from error
        if not acquired:
            await connection.close(timeout=_TIMEOUT_S)
            raise Conflict(
                "a rebuild or an upgrade of this database is running: start workers after it"
            )
        self._task = asyncio.create_task(self._keep(connection))
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _connect(self) -> Connection:
        return await asyncpg.connect(
            self._settings.url.get_secret_value(),
            timeout=self._settings.connect_timeout_s,
            command_timeout=_TIMEOUT_S,
            server_settings={"application_name": WORKER_SESSION.format(self._policies())},
        )

    async def _keep(self, locked: Connection) -> None:
        """Take the lock again after a restart of the database. The fence does not depend on it."""
        connection: asyncpg.Connection[asyncpg.Record] | None = locked
        named, looked_s = -1, time.monotonic()
        try:
            while True:
                await asyncio.sleep(_POLL_S)
                policies = self._policies()
                if policies == named and time.monotonic() - looked_s < _LOOK_EVERY_S:
                    continue
                named, looked_s = policies, time.monotonic()
                try:
                    if connection is None:
                        connection = await self._connect()
                        await _acquire(connection)
                    await connection.execute(
                        "select set_config('application_name', $1, false)",
                        WORKER_SESSION.format(policies),
                    )
                except TRANSIENT_ERRORS as error:
                    log.info("worker_lock_lost", error=repr(error))
                    if connection is not None:
                        connection.terminate()
                    connection = None
        finally:
            if connection is not None:
                connection.terminate()


async def _acquire(connection: Connection) -> bool:
    acquired: bool = await connection.fetchval(
        "select pg_try_advisory_lock_shared($1)", WORKER_LOCK
    )
    return acquired
