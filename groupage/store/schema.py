"""Whether the database has the schema that this program was written for."""

import asyncpg

from groupage.domain.errors import Misconfigured

VERSION = "0001"
"""The newest migration. Stated here because asking Alembic costs a process half a second."""


async def require_schema(pool: asyncpg.Pool) -> None:
    """Raises Misconfigured when the database was not migrated to `VERSION`."""
    found = None
    if await pool.fetchval("select to_regclass('alembic_version')") is not None:
        found = await pool.fetchval("select version_num from alembic_version")
    if found != VERSION:
        raise Misconfigured(
            f"the database's schema is {found or 'absent'}, this program needs {VERSION}: "
            "run `groupage migrate`"
        )
