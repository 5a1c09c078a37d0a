"""Advisory locks of PostgreSQL that groupage's processes hold against each other.

A session lock ends with its connection: a process that is killed leaves none behind.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

from groupage.domain.errors import Conflict

WORKER_LOCK = 0x67726F75_00000001
"""Workers share it; a rebuild or an upgrade of a database in use holds it alone."""
WORKER_SESSION = "groupage processors (worker lock, {} policies)"
"""Name of the session that holds a worker's lock, with the number of policies it has read."""
DELIVERY_LOCK = 0x67726F75_00000003
"""The process that delivers subscriptions holds it, so that one alone does."""
MIGRATION_LOCK = 0x67726F7570616765
"""Two upgrades of one database run one after the other."""
OWN_EVENTS_LOCK = 0x67726F75_00000002
"""A step that makes EPCIS events of the hub's facts holds it; a rebuild, while it swaps tables."""
_MIGRATION_TIMEOUT_S = 86_400.0
"""The other upgrade may derive the states of a large hub: longer than other statements may take."""

Session: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)
"""One session: locks belong to it, so a pool will not do."""


@asynccontextmanager
async def without_workers(connection: Session) -> AsyncIterator[None]:
    """Keep workers away. Raises Conflict when one is connected."""
    if not await connection.fetchval("select pg_try_advisory_lock($1)", WORKER_LOCK):
        raise Conflict(
            "a processor worker, a rebuild or an upgrade is connected to this database: "
            "stop it first; on one machine: `groupage down`, then `groupage up --servers-only`"
        )
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("select pg_advisory_unlock($1)", WORKER_LOCK)


@asynccontextmanager
async def migration_lock(connection: Session) -> AsyncIterator[None]:
    """Wait until no other process upgrades this database, and keep others waiting."""
    await connection.execute(
        "select pg_advisory_lock($1)", MIGRATION_LOCK, timeout=_MIGRATION_TIMEOUT_S
    )
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("select pg_advisory_unlock($1)", MIGRATION_LOCK)
