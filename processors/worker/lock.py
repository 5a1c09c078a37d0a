"""Says to other processes that a worker is here: a rebuild must not run beside one."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self, TypeAlias

import asyncpg
import structlog

from groupage.domain.errors import Conflict, Unavailable
from groupage.settings import DatabaseSettings
from groupage.store.locks import WORKER_LOCK
from groupage.store.pool import TRANSIENT_ERRORS

_LOOK_EVERY_S = 5.0
_TIMEOUT_S = 10.0

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

log = structlog.get_logger(__name__)


class Presence:
    """Holds a shared lock in PostgreSQL, on a connection of its own, while the worker lives."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            connection = await self._connect()
            shared = await _share(connection)
        except TRANSIENT_ERRORS as error:
            raise Unavailable(
                f"PostgreSQL went away while the worker was starting: {error!r}"
            ) from error
        if not shared:
            await connection.close(timeout=_TIMEOUT_S)
            raise Conflict(
                "a rebuild or an upgrade of this database is running: start workers after it"
            )
        self._task = asyncio.create_task(self._stay(connection))
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
            server_settings={"application_name": "groupage processors (presence)"},
        )

    async def _stay(self, held: Connection) -> None:
        """Take the lock again after the database restarted. The offsets' fence does not need it."""
        connection: asyncpg.Connection[asyncpg.Record] | None = held
        try:
            while True:
                await asyncio.sleep(_LOOK_EVERY_S)
                try:
                    if connection is None:
                        connection = await self._connect()
                        await _share(connection)
                    await connection.execute("select 1")
                except TRANSIENT_ERRORS as error:
                    log.info("presence_lost", error=repr(error))
                    if connection is not None:
                        connection.terminate()
                    connection = None
        finally:
            if connection is not None:
                connection.terminate()


async def _share(connection: Connection) -> bool:
    taken: bool = await connection.fetchval("select pg_try_advisory_lock_shared($1)", WORKER_LOCK)
    return taken
