"""Whether a database has the schema, and states in the forms, that this program was written for."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from groupage import __version__
from groupage.domain.errors import Misconfigured
from groupage.domain.events.base import AggregateKind
from groupage.domain.state.forms import FORMS
from groupage.store.pool import Connection


class Migration(NamedTuple):
    """One file of ``store/sql``: ``NNNN_name.sql``, numbered from 1 without a gap."""

    number: int
    name: str
    sql: str
    checksum: str
    """SHA-256 of the file, in hex."""


class Schema(NamedTuple):
    """How far a database has been upgraded."""

    number: int
    """Of its newest migration; 0: it has none of groupage's tables."""
    underived: tuple[AggregateKind, ...]
    """Kinds of which states of an older form may be stored."""
    forms_announced: bool
    """The database says that states are written in this program's forms from now on."""

    @property
    def is_migrated(self) -> bool:
        """Nothing is left for `groupage migrate`; workers may have states to derive."""
        return self.number == len(migrations()) and self.forms_announced

    @property
    def is_current(self) -> bool:
        """Nothing is left of an upgrade."""
        return self.is_migrated and not self.underived


@cache
def migrations() -> tuple[Migration, ...]:
    """All migrations of this program, in their order."""
    folder = files("groupage.store").joinpath("sql")
    found = []
    for file in folder.iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        content = file.read_bytes()
        checksum = hashlib.sha256(content).hexdigest()
        found.append(Migration(int(number), name, content.decode(), checksum))
    return tuple(sorted(found))


async def require_schema(
    connection: Connection, *, place: str = "", older_forms: bool = False
) -> Schema:
    """Read how far the database is; raise Misconfigured unless this program can use it.

    `place` names the database for people. With `older_forms` the caller copes with states that the
    workers have yet to derive.
    """
    schema = await read_schema(connection, place=place)
    newest = len(migrations())
    if schema.number != newest:
        raise Misconfigured(
            f"the database's schema is {schema.number or 'absent'}, this program needs {newest}: "
            "run `groupage migrate`"
        )
    if not schema.forms_announced:
        raise Misconfigured(
            "an older version wrote the states of the database last: run `groupage migrate`"
        )
    if schema.underived and not older_forms:
        raise Misconfigured(
            f"states of {', '.join(schema.underived)} are stored in a form of an older version: "
            "the workers derive them, and `groupage migrate --check` says how many are left"
        )
    return schema


async def read_schema(connection: Connection, *, place: str = "") -> Schema:
    """Read how far the database has been upgraded.

    Raises Misconfigured when this program cannot upgrade it: a newer version has upgraded it, other
    files than this program's made it, or a version before 0.2.0 did.
    """
    database = f"the database {place}".strip()
    if await connection.fetchval("select to_regclass('schema_migration')") is None:
        if await connection.fetchval("select to_regclass('alembic_version')") is not None:
            raise Misconfigured(
                f"{database} was made by a version of groupage before 0.2.0, and this one cannot "
                "upgrade it; nothing was changed. Use that version, or start with an empty "
                "database: another --data-dir, or another one in GROUPAGE_DATABASE_URL"
            )
        return Schema(0, (), forms_announced=False)
    rows = await connection.fetch(
        "select number, checksum, version from schema_migration order by number"
    )
    known = migrations()
    for number, checksum, version in rows:
        if number > len(known):
            raise _newer_version_error(database, rows[-1]["version"])
        if checksum != known[number - 1].checksum:
            raise Misconfigured(
                f"{database} was made by groupage {version} with another migration "
                f"{number:04}_{known[number - 1].name}.sql than this program's (a released "
                "migration is never edited); nothing was changed. Use the version that made it, or "
                "start with an empty database"
            )
    stored = await connection.fetch("select kind, form, version, derived_at from state_form")
    for kind, form, version, _ in stored:
        if form > FORMS.get(kind, 0):
            raise _newer_version_error(database, version)
    derived = {row["kind"]: row["form"] for row in stored if row["derived_at"] is not None}
    announced = {row["kind"]: row["form"] for row in stored}
    return Schema(
        len(rows),
        _other_forms(derived),
        forms_announced=not _other_forms(announced),
    )


def _other_forms(forms: Mapping[str, int]) -> tuple[AggregateKind, ...]:
    """List the kinds whose form is not this program's."""
    return tuple(kind for kind, form in FORMS.items() if forms.get(kind) != form)


def _newer_version_error(database: str, version: str) -> Misconfigured:
    return Misconfigured(
        f"{database} was upgraded by groupage {version}, which is newer than this one "
        f"({__version__}); nothing was changed. Install groupage {version} or newer"
    )
