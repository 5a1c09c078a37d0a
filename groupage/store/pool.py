"""Connections to PostgreSQL: one pool for each process, every wait with a budget."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TypeAlias

import asyncpg

from groupage.domain.errors import Misconfigured, Unavailable
from groupage.settings import DatabaseSettings

# A process that hangs between two statements must not keep its locks.
_IDLE_IN_TRANSACTION_TIMEOUT = "60s"

Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
    " | asyncpg.Pool[asyncpg.Record]"
)
"""Runs a statement. For several in one transaction a caller needs a connection, not a pool."""

TRANSIENT_ERRORS: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InterfaceError,
    # A connection that breaks while it is given back to the pool: asyncpg calls that its own error.
    asyncpg.InternalClientError,
)
"""Worth another try: a server that restarts, a full connection table, a deadlock.

Everything else that asyncpg raises is a bug or bad data."""


async def _nothing_to_reset(_connection: object) -> None:
    """Spare a round trip after each use: nobody here leaves settings, cursors or locks behind.

    asyncpg itself rolls back what was left open before it calls this.
    """


async def create_pool(
    settings: DatabaseSettings,
    *,
    application_name: str,
    server_settings: Mapping[str, str] = MappingProxyType({}),
) -> asyncpg.Pool:
    """Make a pool on the configured database; ``pg_stat_activity`` shows `application_name`.

    `server_settings` are set in each session. Raises Unavailable when the server does not answer
    in time, Misconfigured when it refuses us.
    """
    with refusals_in_words():
        return await asyncpg.create_pool(
            settings.url.get_secret_value(),
            min_size=settings.pool_size_min,
            max_size=settings.pool_size_max,
            timeout=settings.connect_timeout_s,
            command_timeout=settings.command_timeout_s,
            reset=_nothing_to_reset,
            server_settings={
                "application_name": application_name,
                "timezone": "UTC",
                # Thousands of short statements: compiling one costs more than running it.
                "jit": "off",
                "idle_in_transaction_session_timeout": _IDLE_IN_TRANSACTION_TIMEOUT,
                **server_settings,
            },
        )


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Turn PostgreSQL's refusal in the block into Misconfigured, its absence into Unavailable."""
    try:
        yield
    except (
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.InsufficientPrivilegeError,
    ) as error:
        raise Misconfigured(f"GROUPAGE_DATABASE_URL: PostgreSQL refuses: {error}") from error
    except asyncpg.exceptions.ClientConfigurationError as error:
        # asyncpg calls it an InterfaceError, but waiting does not correct an address.
        raise Misconfigured(f"GROUPAGE_DATABASE_URL cannot be used: {error}") from error
    except TRANSIENT_ERRORS as error:
        raise Unavailable(
            f"PostgreSQL does not answer ({type(error).__name__}: {error}); "
            "start it with `groupage up`, or correct GROUPAGE_DATABASE_URL"
        ) from error
