"""``groupage down``: stop the hub of a data directory."""

import typer

from groupage.app.local.hub import stop
from groupage.settings import LocalSettings


def main() -> None:
    """Stop the hub: the gateway first, Kafka and PostgreSQL last.

    Also ends processes that a killed hub left behind.
    """
    data_dir = LocalSettings().data_dir
    if stop(data_dir):
        typer.echo(f"stopped the hub on {data_dir}")
    else:
        typer.echo(f"no hub runs on {data_dir}")
