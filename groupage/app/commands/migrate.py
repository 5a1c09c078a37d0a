"""``groupage migrate``: what an older version stored becomes what this one reads."""

import asyncio
from typing import Annotated

import typer

from groupage.settings import DatabaseSettings, TelemetrySettings
from groupage.telemetry.logs import configure_logging


def main(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; status 1 when there is work to do.")
    ] = False,
) -> None:
    """Upgrade the database in place. Safe to repeat, to interrupt, and from several places.

    A database in use is changed only while no processor worker is connected.
    """
    from groupage.store import migrations  # noqa: PLC0415 - `--help` needs none of it
    from groupage.store.schema import migrations as known  # noqa: PLC0415

    configure_logging(TelemetrySettings(), process="migrate")
    url = DatabaseSettings().url.get_secret_value()
    if check:
        schema = asyncio.run(migrations.current(url))
        typer.echo(f"schema {schema.number or 'none'}, newest {len(known())}")
        if schema.underived:
            typer.echo(f"states of an older form: {', '.join(schema.underived)}")
        raise typer.Exit(int(not schema.is_current))
    schema = asyncio.run(migrations.upgrade(url))
    typer.echo(f"schema {schema.number}")
