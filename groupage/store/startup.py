"""The database at the start of a process, which waits for a server that is coming back."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import asyncpg
import stamina

from groupage.domain.errors import Unavailable
from groupage.settings import DatabaseSettings
from groupage.store.pool import TRANSIENT_ERRORS, create_pool
from groupage.store.schema import require_schema

PATIENCE_S = 20.0
"""A restart of PostgreSQL takes seconds; after longer the address is probably wrong."""
_RETRY_S = 0.5
_AWAY: tuple[type[Exception], ...] = (Unavailable, *TRANSIENT_ERRORS)


async def migrated_pool(
    settings: DatabaseSettings,
    *,
    application_name: str,
    server_settings: Mapping[str, str] = MappingProxyType({}),
    patience_s: float = PATIENCE_S,
    older_forms: bool = False,
) -> asyncpg.Pool:
    """Make a pool on a database that answers and has this program's schema.

    While the server is away, this retries for `patience_s` seconds; `older_forms` as in
    `require_schema`. Raises Unavailable when the patience was not enough, Misconfigured at once
    when the server refuses us or has another schema.
    """
    ends_at_s = asyncio.get_running_loop().time() + patience_s
    # Even steps, the last attempt within the patience.
    retry = stamina.AsyncRetryingCaller(
        attempts=None,
        timeout=max(_RETRY_S, patience_s - _RETRY_S),
        wait_initial=_RETRY_S,
        wait_max=_RETRY_S,
        wait_jitter=0,
    )

    async def open_pool() -> asyncpg.Pool:
        async with asyncio.timeout_at(ends_at_s):
            pool = await create_pool(
                settings, application_name=application_name, server_settings=server_settings
            )
            return await _check_schema(pool, settings.address, older_forms=older_forms)

    try:
        return await retry(_AWAY, open_pool)
    except _AWAY as error:
        raise Unavailable(
            f"PostgreSQL did not answer within {patience_s:g} s ({_cause(error)}); start it with "
            "`groupage up`, or correct GROUPAGE_DATABASE_URL"
        ) from error


async def _check_schema(pool: asyncpg.Pool, place: str, *, older_forms: bool) -> asyncpg.Pool:
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
