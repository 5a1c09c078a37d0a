"""Migrations: Alembic keeps order and version, the files in ``store/sql`` say what is done.

Alembic writes the script from the database's version to the newest one; asyncpg, the driver that
everything else here uses, runs it in one transaction. So no second driver is needed.
"""

import asyncio
import io
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from groupage.domain.errors import Conflict, Unavailable
from groupage.settings import without_password
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import checksum, stored_version

_CONNECT_TIMEOUT_S = 20.0
_MIGRATE_TIMEOUT_S = 600.0
# One number for all groupage: two processes that migrate at once wait for one another.
_LOCK_ID = 0x67726F7570616765

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_T = TypeVar("_T")


def upgrade(url: str, *, schema: str | None = None) -> str:
    """Bring the database to the newest schema and return its version.

    Safe to repeat, and from several processes at once. `url` is a ``postgresql://`` URL, over TCP
    or a Unix socket. With `schema` the tables go there (it must exist) instead of into ``public``.
    Raises Unavailable when the server does not answer, Conflict when the database is newer than
    this program, Misconfigured when other files made what it has.
    """

    async def work(connection: Connection) -> str:
        version = await stored_version(connection, place=without_password(url))
        if not version:
            # A script from the very start makes Alembic's table, which a full downgrade leaves.
            await connection.execute("drop table if exists alembic_version")
        if version != newest():
            await connection.execute(_script(command.upgrade, version or "base", "head"))
            made_by = checksum(newest())
            await connection.execute(f"comment on table alembic_version is '{made_by}'")
        return newest()

    return _run(url, schema, work)


def downgrade(url: str, revision: str = "base") -> None:
    """Take the schema back to `revision`: drops what later migrations made, contents included."""

    async def work(connection: Connection) -> None:
        if version := await stored_version(connection, place=without_password(url)):
            await connection.execute(_script(command.downgrade, version, revision))

    _run(url, None, work)


def current(url: str) -> str:
    """Version of the database's schema; empty when it has none.

    Raises Misconfigured when other files than this program's made it.
    """

    async def work(connection: Connection) -> str:
        return await stored_version(connection, place=without_password(url))

    return _run(url, None, work)


def newest() -> str:
    """Version that this program expects."""
    return ScriptDirectory.from_config(_config(io.StringIO())).get_current_head() or ""


def _config(output: io.StringIO) -> Config:
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _script(step: Callable[..., None], start: str, end: str) -> str:
    """The statements from one version to another, the version table's own included."""
    output = io.StringIO()
    try:
        step(_config(output), f"{start}:{end}", sql=True)
    except CommandError as error:
        raise Conflict(
            f"the database's schema {start!r} is unknown to this version of groupage ({error}); "
            "install the version that made it, or a newer one"
        ) from error
    return output.getvalue()


def _run(url: str, schema: str | None, work: Callable[[Connection], Awaitable[_T]]) -> _T:
    """Run `work(connection)` in a transaction, in a thread with an event loop of its own.

    The thread lets a caller that already runs in an event loop (a test, a command) use this module.
    """
    outcome: list[_T] = []
    failure: list[BaseException] = []

    def thread() -> None:
        try:
            outcome.append(asyncio.run(_transacted(url, schema, work)))
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failure.append(error)

    worker = threading.Thread(target=thread, name="groupage-migrate", daemon=True)
    worker.start()
    worker.join(_MIGRATE_TIMEOUT_S)
    if failure:
        raise failure[0]
    if not outcome:
        raise Unavailable(f"the migration did not end within {_MIGRATE_TIMEOUT_S:g} s")
    return outcome[0]


async def _transacted(
    url: str, schema: str | None, work: Callable[[Connection], Awaitable[_T]]
) -> _T:
    settings = {"application_name": "groupage migrate"}
    if schema:
        settings["search_path"] = schema
    try:
        connection = await asyncpg.connect(
            url, timeout=_CONNECT_TIMEOUT_S, server_settings=settings
        )
    except TRANSIENT_ERRORS as error:
        raise Unavailable(
            f"PostgreSQL does not answer ({type(error).__name__}: {error}); "
            "start it with `groupage up`, or correct GROUPAGE_DATABASE_URL"
        ) from error
    try:
        async with connection.transaction():
            await connection.execute(f"select pg_advisory_xact_lock({_LOCK_ID})")
            return await work(connection)
    finally:
        await connection.close(timeout=5)
