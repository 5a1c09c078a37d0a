"""``groupage run NAME``: a single process, as in a cluster."""

import importlib
from typing import Annotated

import typer

from groupage.domain.near_names import did_you_mean

PROCESSES = {
    "gateway": "producers.gateway.main",
    "processors": "processors.worker.main",
    "planner": "optimizer.planner.main",
    "clock": "processors.operations.clock",
    "api": "groupage.app.api.main",
}
"""Name → module whose ``main()`` reads its own settings and runs until SIGTERM."""


def main(
    name: Annotated[str, typer.Argument(help=f"Process: {', '.join(PROCESSES)}.")],
) -> None:
    """Run a process until SIGTERM or Ctrl-C, with its settings from the environment."""
    if name not in PROCESSES:
        raise typer.BadParameter(
            f"{name!r} is not a process; expected one of {', '.join(PROCESSES)}"
            f"{did_you_mean(name, PROCESSES)}"
        )
    importlib.import_module(PROCESSES[name]).main()
