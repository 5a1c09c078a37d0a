"""The database at the start of a process, which waits for a server that is coming back."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import asyncpg
import structlog

from groupage.domain.errors import Unavailable
from groupage.settings import DatabaseSettings
from groupage.store.pool import TRANSIENT_ERRORS, create_pool
from groupage.store.schema import require_schema

PATIENCE_S = 20.0
"""A restart of PostgreSQL takes seconds; after longer the address is probably wrong."""
_RETRY_S = 0.5
_AWAY: tuple[type[Exception], ...] = (Unavailable, *TRANSIENT_ERRORS)

log = structlog.get_logger(__name__)


async def migrated_pool(
    settings: DatabaseSettings,
    *,
    application_name: str,
    server_settings: Mapping[str, str] = MappingProxyType({}),
    patience_s: float = PATIENCE_S,
    older_forms: bool = False,
) -> asyncpg.Pool:
    """Make a pool on a database that answers and has this program's schema.

    A server that is away is tried again for `patience_s` seconds; `older_forms` as in
    `require_schema`. Raises Unavailable when the patience was not enough, Misconfigured at once
    when the server refuses us or has another schema.
    """
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    while True:
        try:
            async with asyncio.timeout_at(began_s + patience_s):
                pool = await create_pool(
                    settings, application_name=application_name, server_settings=server_settings
                )
                return await _checked(pool, settings.place, older_forms=older_forms)
        except _AWAY as error:
            waited_s = loop.time() - began_s
            if waited_s + _RETRY_S >= patience_s:
                raise Unavailable(
                    f"PostgreSQL did not answer within {patience_s:g} s "
                    f"({_cause(error)}); start it with `groupage up`, or correct "
                    "GROUPAGE_DATABASE_URL"
                ) from error
            log.warning("database_away", waited_s=round(waited_s, 1), error=_cause(error))
            await asyncio.sleep(_RETRY_S)


async def _checked(pool: asyncpg.Pool, place: str, *, older_forms: bool) -> asyncpg.Pool:
    try:
        await require_schema(pool, place=place, older_forms=older_forms)
    except BaseException:
        pool.terminate()
        raise
    return pool


def _cause(error: BaseException) -> str:
    """Name the error at the bottom: class and message."""
    origin = error.__cause__ if isinstance(error, Unavailable) and error.__cause__ else error
    return f"{type(origin).__name__}: {origin}".rstrip(": ")
