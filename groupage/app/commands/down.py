"""``groupage down``: stop the hub of a data directory."""

import typer

from groupage.app.local.hub import stop
from groupage.settings import LocalSettings


def main() -> None:
    """Stop the hub in order: intake first, servers last. Also ends what a killed one left over."""
    data_dir = LocalSettings().data_dir
    if stop(data_dir):
        typer.echo(f"stopped the hub on {data_dir}")
    else:
        typer.echo(f"no hub runs on {data_dir}")
