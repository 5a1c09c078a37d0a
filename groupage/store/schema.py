"""Whether the database has the schema that this program was written for."""

import hashlib
from importlib.resources import files

from groupage.domain.errors import Misconfigured
from groupage.store.pool import Connection

VERSION = "0001"
"""The newest migration. Stated here because asking Alembic costs a process half a second."""


async def require_schema(connection: Connection, *, place: str = "") -> None:
    """Raises Misconfigured when the database was not migrated to `VERSION` by these files."""
    found = await stored_version(connection, place=place)
    if found != VERSION:
        raise Misconfigured(
            f"the database's schema is {found or 'absent'}, this program needs {VERSION}: "
            "run `groupage migrate`"
        )


async def stored_version(connection: Connection, *, place: str = "") -> str:
    """Version of the database's schema; empty when it has none.

    `place` names the database for people. Raises Misconfigured when that version was made by other
    files than this program's.
    """
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return ""
    version = await connection.fetchval("select version_num from alembic_version") or ""
    made_by = await connection.fetchval("select obj_description('alembic_version'::regclass)")
    if version and version <= VERSION and made_by != checksum(version):
        database = f"the database {place}".strip()
        raise Misconfigured(
            f"{database} was made by another version of groupage, most likely an older "
            "one, and this one cannot read it; nothing was changed. Use the version that made it, "
            "or begin anew: with another --data-dir, or an empty database in GROUPAGE_DATABASE_URL"
        )
    return version


def checksum(version: str) -> str:
    """Of the files that make a schema of this version; kept as the comment of Alembic's table."""
    folder = files("groupage.store").joinpath("sql")
    steps = {file.name: file for file in folder.iterdir() if file.name.endswith(".up.sql")}
    content = b"".join(
        steps[name].read_bytes() for name in sorted(steps) if name.partition("_")[0] <= version
    )
    return hashlib.sha256(content).hexdigest()
