"""``groupage demo``: start a hub and play a day in it."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

FAILED = 1
INTERRUPTED = 130

_FAST_MOTION = {
    # The day waits for the hub at every cut-off: short batches matter more than full ones.
    "GROUPAGE_PROCESSOR_BATCH_WAIT_S": "0.005",
    # The day stands still while the planner solves, so the solvers may use all cores.
    "GROUPAGE_PLANNER_SOLVER_PROCESSES": str(min(os.cpu_count() or 1, 8)),
    # Solves end by their work limits, not by time: a slow machine makes the same plans.
    "GROUPAGE_PLANNER_SOLVE_TIMEOUT_S": "240",
}
"""Settings of the hub's processes, unless the environment sets them."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    *,
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop after the summary; status 0 if all checks hold.")
    ] = False,
    scale: Annotated[
        Literal["t0", "small"],
        typer.Option(help="t0: a hub operator's day; small: under a minute."),
    ] = "t0",
    seed: Annotated[
        int, typer.Option(min=0, max=9_999, help="The same seed gives the same day.")
    ] = 1,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show each exception's stated and met rate.")
    ] = False,
) -> None:
    """Start Kafka, PostgreSQL and every process of groupage, and play a day in fast motion.

    The hub has a data directory of its own (or --data-dir), which each start empties. It runs until
    Ctrl-C.
    """
    from groupage.app.demo.home import default_home, fresh_home  # noqa: PLC0415 - not for `--help`
    from groupage.app.demo.policy import write_policy  # noqa: PLC0415
    from groupage.app.local.hub import start_in_background, stop, variables_of  # noqa: PLC0415

    console = Console(width=None if sys.stdout.isatty() else 120)
    named = os.environ.get("GROUPAGE_DATA_DIR")
    home = fresh_home(Path(named) if named else default_home())
    os.environ["GROUPAGE_DATA_DIR"] = str(home)
    os.environ.setdefault("GROUPAGE_POLICY_FILE", str(write_policy(home / "policy.toml")))
    for name, value in _FAST_MOTION.items():
        os.environ.setdefault(name, value)
    with console.status("starting") as status:
        state = start_in_background(home, clock="external", ends_with_us=True, report=status.update)
    os.environ.update(variables_of(home, state))
    try:
        good = _play(console, home, scale=scale, seed=seed, verbose=verbose)
        if not leave:
            _wait_for_ctrl_c(console, home)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        with console.status("stopping"):
            stop(home)
    raise typer.Exit(0 if good else FAILED)


def _play(console: Console, home: Path, *, scale: str, seed: int, verbose: bool) -> bool:
    import uvloop  # noqa: PLC0415 - as above

    from groupage.app.demo.day import play_day  # noqa: PLC0415
    from groupage.app.demo.summary import print_next, print_summary  # noqa: PLC0415
    from groupage.app.local.hub import running_hub  # noqa: PLC0415
    from groupage.process import relax_garbage_collection  # noqa: PLC0415
    from producers.simulator.parameters import parameters_for  # noqa: PLC0415
    from producers.simulator.simulation import Simulation  # noqa: PLC0415

    relax_garbage_collection()
    simulation = Simulation(parameters_for(scale, seed=seed))
    day = uvloop.run(play_day(simulation, console, scale=scale))
    print_summary(console, day, verbose=verbose)
    state = running_hub(home)
    if state is not None:
        print_next(console, state, day.report, home)
    return not day.report.problems and bool(day.report.departed)


def _wait_for_ctrl_c(console: Console, home: Path) -> None:
    from groupage.app.local.hub import running_hub  # noqa: PLC0415

    console.print("\nThe hub keeps running. Ctrl-C stops it.")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    while not ended.wait(1.0):
        if running_hub(home) is None:
            log = home / "logs" / "supervisor.log"
            console.print(f"The hub has stopped, by `groupage down` or by an error: see {log}")
            return
