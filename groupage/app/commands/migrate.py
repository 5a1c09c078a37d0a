"""``groupage migrate``: upgrade of the database of an older version."""

import asyncio
import time
from typing import Annotated

import typer

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
    derive: Annotated[
        bool,
        typer.Option(
            "--derive",
            help="Derive states of older forms now; without it the workers do, once they run.",
        ),
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
        schema, left = asyncio.run(migrations.current_with_count(url))
        typer.echo(f"schema {schema.number or 'none'}, newest {len(known())}")
        if schema.underived:
            kinds = ", ".join(schema.underived)
            typer.echo(f"states of an older form: {kinds} ({left:,} left)")
        raise typer.Exit(int(not schema.is_current))
    try:
        schema = asyncio.run(migrations.upgrade(url))
        typer.echo(f"schema {schema.number}")
        if schema.underived and derive:
            _derive_states()
        elif schema.underived:
            typer.echo(
                f"the workers derive the states of {', '.join(schema.underived)} again while they "
                "run; `groupage migrate --check` says how many are left"
            )
    except TRANSIENT_ERRORS as error:
        raise Unavailable(
            f"PostgreSQL went away during the upgrade ({type(error).__name__}: {error}); "
            "run the command again: it continues where it was"
        ) from error


def _derive_states() -> None:
    from groupage.app.commands.reading import query  # noqa: PLC0415
    from groupage.store.policies import read_history  # noqa: PLC0415
    from processors.aggregates.registry import all_aggregates  # noqa: PLC0415 - seldom needed, slow
    from processors.operations.upgrade import derive_older_states  # noqa: PLC0415

    assumed = PolicySettings().load
    history = query(lambda pool: read_history(pool, assumed=assumed), older_forms=True)
    derived = asyncio.run(
        derive_older_states(DatabaseSettings(), all_aggregates(history), progress=_Progress())
    )
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
            line = f"{kind}: {done:,} of {total:,} states derived"
            typer.echo(line, err=True)
