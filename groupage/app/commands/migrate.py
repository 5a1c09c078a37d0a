"""``groupage migrate``: upgrade of the database of an older version."""

import asyncio
import time
from typing import Annotated

import typer

from groupage.app.local.process_specs import MIGRATE_PROGRESS
from groupage.domain.errors import Unavailable
from groupage.domain.events.base import AggregateKind
from groupage.settings import DatabaseSettings, PolicySettings, TelemetrySettings
from groupage.telemetry.logs import configure_logging

_PROGRESS_EVERY_S = 2.0


def main(
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Change nothing; status 1 if there is something to upgrade."),
    ] = False,
) -> None:
    """Upgrade the database in place. Safe to repeat, to interrupt and to run twice at a time.

    Stop the processor workers first: a migration refuses to run while a worker is connected.
    """
    from groupage.store import migrations  # noqa: PLC0415 - not for `--help`
    from groupage.store.pool import TRANSIENT_ERRORS  # noqa: PLC0415
    from groupage.store.schema import migrations as known  # noqa: PLC0415

    configure_logging(TelemetrySettings(), process="migrate")
    url = DatabaseSettings().url.get_secret_value()
    if check:
        schema = asyncio.run(migrations.current(url))
        typer.echo(f"schema {schema.number or 'none'}, newest {len(known())}")
        if schema.underived:
            typer.echo(f"states of an older form: {', '.join(schema.underived)}")
        raise typer.Exit(int(not schema.is_current))
    try:
        schema = asyncio.run(migrations.upgrade(url))
        typer.echo(f"schema {schema.number}")
        if schema.underived:
            _derive_states()
    except TRANSIENT_ERRORS as error:
        raise Unavailable(
            f"PostgreSQL went away during the upgrade ({type(error).__name__}: {error}); "
            "run `groupage migrate` again: it continues where it was"
        ) from error


def _derive_states() -> None:
    from processors.aggregates.registry import all_aggregates  # noqa: PLC0415 - seldom needed, slow
    from processors.operations.upgrade import derive_older_states  # noqa: PLC0415

    aggregates = all_aggregates(PolicySettings().load())
    derived = asyncio.run(derive_older_states(DatabaseSettings(), aggregates, progress=_Progress()))
    for kind, states in derived.items():
        typer.echo(f"{kind}: {states:,} states derived again from their facts")


class _Progress:
    """Writes a line to stderr every few seconds."""

    def __init__(self) -> None:
        self._written_s = time.monotonic()

    def __call__(self, kind: AggregateKind, done: int, total: int) -> None:
        now_s = time.monotonic()
        if now_s - self._written_s >= _PROGRESS_EVERY_S:
            self._written_s = now_s
            line = f"{kind}: {done:,} of {total:,} {MIGRATE_PROGRESS}"
            typer.echo(line, err=True)
