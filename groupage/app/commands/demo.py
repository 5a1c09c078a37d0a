"""``groupage demo``: start a hub and play a day in it."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

if TYPE_CHECKING:
    from groupage.app.demo.day import Day
    from producers.simulator.simulation import Simulation

FAILED = 1
INTERRUPTED = 130

_FAST_MOTION = {
    # The day waits for the hub at every cut-off: short batches matter more than full ones.
    "GROUPAGE_PROCESSOR_BATCH_WAIT_S": "0.002",
    # The states of a whole day stay in memory: with the default they are read thousands of times.
    "GROUPAGE_PROCESSOR_CACHED_BYTES_MAX": str(256 * 2**20),
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
    Ctrl-C; after the day its time goes on in real time. `groupage up` on the directory starts it
    again at the time at which it stopped.
    """
    from groupage.app.demo.home import default_home, fresh_home  # noqa: PLC0415 - not for `--help`
    from groupage.app.demo.policy import write_policy  # noqa: PLC0415
    from groupage.app.local.hub import start_in_background, stop, variables_of  # noqa: PLC0415

    console = Console(width=None if sys.stdout.isatty() else 120)
    named = os.environ.get("GROUPAGE_DATA_DIR")
    home = fresh_home(Path(named) if named else default_home())
    os.environ["GROUPAGE_DATA_DIR"] = str(home)
    own_policy = None
    if "GROUPAGE_POLICY_FILE" not in os.environ:
        own_policy = write_policy(home / "policy.toml")
        os.environ["GROUPAGE_POLICY_FILE"] = str(own_policy)
    for name, value in _FAST_MOTION.items():
        os.environ.setdefault(name, value)
    with console.status("starting") as status, ThreadPoolExecutor(max_workers=1) as thread:
        # The hub's start is mostly waiting: the day is made meanwhile.
        simulation = thread.submit(_make_simulation, scale, seed)
        state = start_in_background(home, clock="external", ends_with_us=True, report=status.update)
    os.environ.update(variables_of(home, state))
    try:
        day = _play(console, simulation.result(), scale=scale, verbose=verbose)
        _go_on(console, home, day, own_policy, leave=leave)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        with console.status("stopping"):
            stop(home)
    good = not day.report.problems and bool(day.report.departed)
    raise typer.Exit(0 if good else FAILED)


def _make_simulation(scale: str, seed: int) -> "Simulation":
    """Return the day, and import what plays it."""
    import groupage.app.demo.day  # noqa: PLC0415
    import groupage.app.demo.summary  # noqa: PLC0415, F401 - takes a second
    from producers.simulator.parameters import parameters_for  # noqa: PLC0415
    from producers.simulator.simulation import Simulation  # noqa: PLC0415

    return Simulation(parameters_for(scale, seed=seed))


def _play(console: Console, simulation: "Simulation", *, scale: str, verbose: bool) -> "Day":
    import uvloop  # noqa: PLC0415 - as above

    from groupage.app.demo.day import play_day  # noqa: PLC0415
    from groupage.app.demo.summary import print_summary  # noqa: PLC0415
    from groupage.process import relax_garbage_collection  # noqa: PLC0415

    relax_garbage_collection()
    day = uvloop.run(play_day(simulation, console, scale=scale))
    print_summary(console, day, verbose=verbose)
    return day


def _go_on(
    console: Console, home: Path, day: "Day", own_policy: Path | None, *, leave: bool
) -> None:
    """Say what to try next, and let the hub live on until Ctrl-C unless the demo ends."""
    import uvloop  # noqa: PLC0415 - as above

    from groupage.app.demo.afterwards import live_on  # noqa: PLC0415
    from groupage.app.demo.policy import write_policy_afterwards  # noqa: PLC0415
    from groupage.app.demo.summary import print_next  # noqa: PLC0415
    from groupage.app.local.hub import running_hub  # noqa: PLC0415

    if own_policy is not None:
        write_policy_afterwards(own_policy)
    state = None if leave else running_hub(home)
    print_next(console, state, day.report, home)
    if not leave:
        uvloop.run(live_on(console, home, own_policy))
