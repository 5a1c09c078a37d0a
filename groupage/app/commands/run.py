"""``groupage run NAME``: one process by itself, as in a cluster."""

import importlib
from typing import Annotated

import typer

PROCESSES = {
    "gateway": "producers.gateway.main",
    "processors": "processors.worker.main",
    "planner": "optimizer.planner.main",
    "clock": "processors.operations.clock",
    "api": "groupage.app.api.main",
}
"""Name → module whose ``main()`` reads its own settings and runs until SIGTERM."""


def main(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(PROCESSES)}.")],
) -> None:
    """Run one process until SIGTERM or Ctrl-C; its settings come from the environment."""
    if name not in PROCESSES:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(PROCESSES)}")
    importlib.import_module(PROCESSES[name]).main()
