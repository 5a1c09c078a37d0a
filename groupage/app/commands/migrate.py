"""``groupage migrate``: the database at the newest schema."""

from typing import Annotated

import typer

from groupage.settings import DatabaseSettings, TelemetrySettings
from groupage.telemetry.logs import configure_logging


def main(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; status 1 when behind.")
    ] = False,
) -> None:
    """Bring the database to the newest schema. Safe to repeat, and from several places at once."""
    from groupage.store import migrations  # noqa: PLC0415 - brings SQLAlchemy

    configure_logging(TelemetrySettings(), process="migrate")
    url = DatabaseSettings().url.get_secret_value()
    if check:
        found, wanted = migrations.current(url), migrations.newest()
        typer.echo(f"schema {found or 'none'}, newest {wanted}")
        raise typer.Exit(int(found != wanted))
    typer.echo(f"schema {migrations.upgrade(url)}")
