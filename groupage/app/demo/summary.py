"""The summary of the demo's day, and what to try next."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from groupage.app.demo.checks import DayReport
from groupage.app.demo.day import Day
from groupage.app.local.state import HubState
from groupage.domain.value_names import cutoff_legend
from producers.simulator.simulation import Outcome

_CONTAINERS_SHOWN = 15
_PROBLEMS_SHOWN = 20


def print_summary(console: Console, day: Day, *, verbose: bool = False) -> None:
    """Print containers, checks and figures; `verbose` adds each exception's stated and met rate."""
    _print_containers(console, day.report)
    _print_checks(console, day.report)
    _print_figures(console, day)
    if verbose:
        _print_rates(console, day.outcome)


def _print_figures(console: Console, day: Day) -> None:
    report, outcome = day.report, day.outcome
    departed = report.departed
    fill = sum(container.fill_ratio for container in departed) / max(len(departed), 1)
    alerts_open = sum(report.alerts_open.values())
    table = Table(title="The day", show_header=False, box=None, padding=(0, 1))
    for name, value in (
        ("events", f"{day.facts:,} sent, {day.events:,} taken in, in {day.took_s:.0f} s"),
        ("waited", ", ".join(f"{s:.0f} s for {what}" for what, s in day.waited_s.items())),
        (
            "consignments",
            ", ".join(f"{n} {status}" for status, n in sorted(report.consignments.items())),
        ),
        ("containers left", f"{len(departed)}, filled to {fill:.1%} of their volume on average"),
        ("cartons left", f"{sum(container.cartons for container in departed):,}"),
        ("deviations named", f"{sum(container.deviations for container in departed):,}"),
        ("plans certified", f"{report.plans_certified}"),
        ("plans verified again", f"{report.plans_verified_again}"),
        ("alerts", f"{report.alerts_raised} raised, {alerts_open} still open"),
        ("cut-off codes", cutoff_legend()),
        ("exceptions handled", _counts(outcome.handled)),
        ("trucks", _counts(outcome.transport)),
        ("dirt in the data", _counts(outcome.dirt)),
        ("dead letters", _counts(dict(sorted(report.dead_letters.items()))) or "none"),
        *([("plans expected, not requested", str(day.unplanned))] if day.unplanned else []),
        *([("plans requested between gates", str(day.unforeseen))] if day.unforeseen else []),
    ):
        table.add_row(name, value)
    console.print(table)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())


def _print_rates(console: Console, outcome: Outcome) -> None:
    table = Table(title="Exceptions as stated and as met")
    for name in ("exception", "stated", "met", "times", "of"):
        table.add_column(name, justify="left" if name == "exception" else "right")
    for name, met in outcome.rates.items():
        share = f"{met.times / met.of:.2%}" if met.of else ""
        row = (f"{met.rate:.2%}", share, str(met.times), f"{met.of:,}")
        table.add_row(name.replace("_", " "), *row)
    console.print(table)


def _print_containers(console: Console, report: DayReport) -> None:
    table = Table(title="Containers that left")
    for name in ("container", "consolidation", "lots", "cartons", "fill", "deviations"):
        table.add_column(name, justify="left" if name.startswith("con") else "right")
    for container in report.departed[:_CONTAINERS_SHOWN]:
        table.add_row(
            container.equipment_ref,
            container.consolidation_id,
            str(container.consignments),
            str(container.cartons),
            f"{container.fill_ratio:.1%}",
            str(container.deviations),
        )
    console.print(table)
    if len(report.departed) > _CONTAINERS_SHOWN:
        console.print(f"… and {len(report.departed) - _CONTAINERS_SHOWN} more")


def _print_checks(console: Console, report: DayReport) -> None:
    for check in report.checks:
        console.print(f"  checked: {check}", highlight=False, soft_wrap=True)
    if not report.problems:
        console.print("[green]All checks hold.[/]")
        return
    console.print(f"[red]{len(report.problems)} problems:[/]")
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        console.print(f"  {problem}", highlight=False, soft_wrap=True, markup=False)


def print_next(console: Console, state: HubState | None, report: DayReport, data_dir: Path) -> None:
    """Print commands and addresses of the running hub; None: how to start it again first."""
    hub = f"{_program()} --data-dir {shlex.quote(str(data_dir))}"
    first = report.departed[0] if report.departed else None
    where = "in another terminal" if state else "the hub is stopped; the first command starts it"
    console.print(f"\n[bold]What to try next[/] ({where})")
    for command, about in (
        ("" if state else f"{hub} up --detach", "go on from the end of the day"),
        (f"{hub} status", "what runs and where, and what time it is there"),
        (f"{hub} consolidations", "containers, fill, cut-offs"),
        (f"{hub} plans", "plans by lane"),
        (f"{hub} plan show {first.plan_id}" if first else "", "one plan, with its reasons"),
        (f"{hub} trace {first.equipment_ref}" if first else "", "all events of a container"),
        (f"{hub} alerts", "what needs a person"),
        (f"{hub} deadletters list", "rejected records, and why"),
        (f"{hub} routes", "which truck drives where"),
        ("" if state else f"{hub} down", "stop it"),
    ):
        if command:
            console.print(f"  {command:<60}  {about}", highlight=False, soft_wrap=True)
    if state is None:
        return
    for name, address in (
        ("API", state.api_url),
        ("gateway", state.gateway_url),
        ("Kafka", state.kafka_bootstrap_servers),
        ("PostgreSQL", state.database_url if state.database_is_local else ""),
        *((f"metrics of {process.name}", process.metrics or "") for process in state.processes),
    ):
        if address:
            console.print(f"  {name:<26} {address}", highlight=False, soft_wrap=True)


def _program() -> str:
    """Return what to type for this program: its name if the shell finds it, else its path."""
    own = Path(sys.executable).with_name("groupage")
    if shutil.which("groupage") == str(own):
        return "groupage"
    here = Path(os.path.relpath(own))
    return shlex.quote(str(own if ".." in here.parts else here))
