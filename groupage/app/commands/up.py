"""``groupage up``: a hub on this machine."""

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from groupage.app.local.hub import start_in_background
from groupage.app.local.paths import DataDir
from groupage.app.local.state import Clock, HubState, read_state
from groupage.app.local.supervisor import StopRequested, Supervisor
from groupage.settings import (
    DatabaseSettings,
    KafkaSettings,
    LocalSettings,
    PolicySettings,
    TelemetrySettings,
)
from groupage.telemetry.logs import configure_logging

INTERRUPTED = 130
_SIMULATED = "simulated: it goes on from the hub's last tick (`groupage status` shows the time)"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def up(
    *,
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; `groupage down` stops it.")
    ] = False,
    clock: Annotated[
        Clock | None,
        typer.Option(
            help="wall: the time of day; external: a simulator sends the time; simulated: go on "
            "from the hub's last tick. Default: simulated on the folder of a demo or simulation, "
            "else wall."
        ),
    ] = None,
    servers_only: Annotated[
        bool,
        typer.Option(
            "--servers-only", help="Start only Kafka and PostgreSQL, with topics and tables."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Start Kafka, PostgreSQL and every process of groupage on this machine.

    Runs until Ctrl-C. Set GROUPAGE_KAFKA_BOOTSTRAP_SERVERS or GROUPAGE_DATABASE_URL to use existing
    servers instead.
    """
    console = Console(stderr=True, quiet=quiet)
    settings = LocalSettings()
    PolicySettings().load()  # reports an error in the policy before anything starts
    began = time.monotonic()
    if warning := leap_warning(settings.data_dir, clock):
        console.print(warning, soft_wrap=True)
    if detach:
        with console.status("starting") as status:
            state = start_in_background(
                settings.data_dir,
                clock=clock,
                servers_only=servers_only,
                report=status.update,
            )
        _announce(console, state, time.monotonic() - began)
        return
    configure_logging(TelemetrySettings(), process="supervisor")
    _foreground(settings, console, clock=clock, servers_only=servers_only)


def leap_warning(data_dir: Path, clock: Clock | None) -> str:
    """Warn that the hub's time will leap from a simulated one to the time of day, if it will.

    A clock never goes back, so nothing short of `groupage clock void` undoes it.
    """
    before = read_state(DataDir(data_dir).state_file)
    if clock != "wall" or before is None or before.clock == "wall":
        return ""
    return (
        "The hub's time leaps from that of a demo or simulation to the time of day: every deadline "
        "between counts as missed. Without --clock wall it goes on from the last tick."
    )


def _foreground(
    settings: LocalSettings, console: Console, *, clock: Clock | None, servers_only: bool
) -> None:
    began = time.monotonic()
    status = console.status("starting")
    supervisor = Supervisor(
        settings,
        kafka=KafkaSettings() if os.environ.get("GROUPAGE_KAFKA_BOOTSTRAP_SERVERS") else None,
        database=DatabaseSettings() if os.environ.get("GROUPAGE_DATABASE_URL") else None,
        clock=clock,
        servers_only=servers_only,
        report=status.update,
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: supervisor.request_stop())
    try:
        with status:
            supervisor.start()
    except StopRequested as error:
        raise typer.Exit(INTERRUPTED) from error
    _announce(console, supervisor.state, time.monotonic() - began)
    console.print("Ctrl-C stops the hub.")
    try:
        supervisor.run()
    finally:
        with console.status("stopping"):
            supervisor.stop()
    console.print("stopped")


def _announce(console: Console, state: HubState, seconds: float) -> None:
    console.print(f"The hub is up after {seconds:.1f} s.", highlight=False)
    for name, address in (
        ("Kafka", state.kafka_bootstrap_servers),
        ("PostgreSQL", state.database_url if state.database_is_local else "as configured"),
        ("gateway", state.gateway_url),
        ("API", state.api_url),
        ("policy", state.policy),
        ("clock", _SIMULATED if state.clock == "simulated" else ""),
    ):
        if address:
            console.print(f"  {name:<11} {address}", highlight=False, soft_wrap=True)
