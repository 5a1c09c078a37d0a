"""Migrations: the numbered files of ``store/sql``, each run once and in one transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

from groupage import __version__
from groupage.domain.state.forms import FORMS
from groupage.settings import without_password
from groupage.store.captured_events import derive_terms
from groupage.store.locks import Session, migration_lock, without_workers
from groupage.store.older_states import count_left
from groupage.store.pool import refusals_in_words
from groupage.store.schema import Schema, migrations, read_schema

_CONNECT_TIMEOUT_S = 20.0
_STEPS: dict[int, Callable[[Session], Awaitable[None]]] = {14: derive_terms}
"""Derivations that SQL cannot do, each in the transaction of its migration."""


async def upgrade(url: str, *, schema: str | None = None) -> Schema:
    """Bring the database to the newest schema, and return how far it is then.

    Safe to repeat, and from several processes at once. `url` is a ``postgresql://`` URL, over TCP
    or a Unix socket. With `schema` the tables go there (it must exist) instead of into ``public``.
    States of older forms stay as they are (`processors.worker.older_states` derives them).

    Raises Unavailable when the server does not answer, Misconfigured when this program cannot
    upgrade the database, Conflict when a worker uses a database that must be changed.
    """
    async with _session(url, schema) as connection, migration_lock(connection):
        place = without_password(url)
        before = await read_schema(connection, place=place)
        if before.is_migrated:
            return before
        if before.number:
            async with without_workers(connection):
                await _upgrade(connection, before)
        else:
            await _upgrade(connection, before)
        return await read_schema(connection, place=place)


async def current(url: str) -> Schema:
    """Read how far the database is. Raises as `upgrade` does."""
    async with _session(url, None) as connection:
        return await read_schema(connection, place=without_password(url))


async def current_with_count(url: str) -> tuple[Schema, int]:
    """Read how far the database is, and how many states of older forms are left."""
    async with _session(url, None) as connection:
        schema = await read_schema(connection, place=without_password(url))
        # Older tables may lack what counting needs.
        migrated = schema.number == len(migrations())
        return schema, await count_left(connection, schema.underived) if migrated else 0


async def _upgrade(connection: Session, before: Schema) -> None:
    for migration in migrations()[before.number :]:
        async with connection.transaction():
            await connection.execute(migration.sql)
            if migration.number in _STEPS:
                await _STEPS[migration.number](connection)
            await connection.execute(
                "insert into schema_migration (number, name, checksum, version) "
                "values ($1, $2, $3, $4)",
                migration.number,
                migration.name,
                migration.checksum,
                __version__,
            )
    await _announce_forms(connection)


async def _announce_forms(connection: Session) -> None:
    """Note the forms that are written from now on: an older program must not read them."""
    for kind, form in FORMS.items():
        await connection.execute(
            "insert into state_form as old (kind, form, version, derived_at) "  # noqa: S608 - our names
            f"select $1, $2, $3, case when exists (select from {kind} where form <> $2) "
            "then null else now() end "
            "on conflict (kind) do update set form = excluded.form, version = excluded.version, "
            "derived_at = excluded.derived_at where old.form <> excluded.form",
            kind,
            form,
            __version__,
        )


@asynccontextmanager
async def _session(url: str, schema: str | None) -> AsyncIterator[Session]:
    settings = {"application_name": "groupage migrate"}
    if schema:
        settings["search_path"] = schema
    with refusals_in_words():
        connection = await asyncpg.connect(
            url, timeout=_CONNECT_TIMEOUT_S, server_settings=settings
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=5)
