"""What the day came to, and what to try next."""

import os
import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from groupage.app.demo.checks import DayReport
from groupage.app.demo.day import Day
from groupage.app.local.state import HubState
from producers.simulator.simulation import Outcome

_PROBLEMS_SHOWN = 20


def print_summary(console: Console, day: Day) -> None:
    """The day in figures."""
    report, outcome = day.report, day.outcome
    table = Table(title="The day", show_header=False, box=None, padding=(0, 1))
    boxes = report.departed
    fill = sum(one.fill_ratio for one in boxes) / max(len(boxes), 1)
    statuses = ", ".join(f"{n} {name}" for name, n in sorted(report.consignments.items()))
    handled = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in outcome.handled.items())
    dirt = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in outcome.dirt.items())
    alerts_open = sum(report.alerts_open.values())
    letters = ", ".join(f"{name} {n}" for name, n in sorted(report.dead_letters.items()))
    for name, value in (
        ("events", f"{day.facts:,} sent, {day.events:,} taken in, in {day.took_s:.0f} s"),
        ("waited", ", ".join(f"{s:.0f} s for {what}" for what, s in day.waited_s.items())),
        ("consignments", statuses),
        ("containers left", f"{len(boxes)}, filled to {fill:.1%} of their inner volume on average"),
        ("cartons left", f"{sum(one.cartons for one in boxes):,}"),
        ("deviations named", f"{sum(one.deviations for one in boxes):,}"),
        ("plans certified", f"{report.plans_certified}"),
        ("plans verified again", f"{report.plans_verified_again}"),
        ("alerts", f"{report.alerts_raised} raised, {alerts_open} still open"),
        ("exceptions handled", handled),
        ("trucks", ", ".join(f"{name} {n}" for name, n in outcome.transport.items())),
        ("dirt in the data", dirt),
        ("dead letters", letters or "none"),
        *([("plans wanted, not asked for", str(day.unplanned))] if day.unplanned else []),
        *([("plans asked for out of turn", str(day.unforeseen))] if day.unforeseen else []),
    ):
        table.add_row(name, value)
    console.print(table)
    _print_rates(console, day.outcome)
    _print_boxes(console, report)
    _print_checks(console, report)


def _print_rates(console: Console, outcome: Outcome) -> None:
    table = Table(title="Exceptions as stated and as met")
    for name in ("exception", "stated", "met", "times", "of"):
        table.add_column(name, justify="left" if name == "exception" else "right")
    for name, met in outcome.rates.items():
        share = f"{met.times / met.of:.2%}" if met.of else ""
        row = (f"{met.rate:.2%}", share, str(met.times), f"{met.of:,}")
        table.add_row(name.replace("_", " "), *row)
    console.print(table)


def _print_boxes(console: Console, report: DayReport) -> None:
    table = Table(title="Containers that left")
    for name in ("container", "consolidation", "lots", "cartons", "fill", "deviations"):
        table.add_column(name, justify="left" if name.startswith("con") else "right")
    for one in report.departed[:15]:
        table.add_row(
            one.equipment_ref,
            one.consolidation_id,
            str(one.consignments),
            str(one.cartons),
            f"{one.fill_ratio:.1%}",
            str(one.deviations),
        )
    console.print(table)
    if len(report.departed) > 15:
        console.print(f"… and {len(report.departed) - 15} more")


def _print_checks(console: Console, report: DayReport) -> None:
    for check in report.checks:
        console.print(f"  checked: {check}", highlight=False, soft_wrap=True)
    if not report.problems:
        console.print("[green]All checks hold.[/]")
        return
    console.print(f"[red]{len(report.problems)} problems:[/]")
    for problem in report.problems[:_PROBLEMS_SHOWN]:
        console.print(f"  {problem}", highlight=False, soft_wrap=True, markup=False)


def print_next(console: Console, state: HubState, report: DayReport, data_dir: Path) -> None:
    """Addresses and commands."""
    hub = f"{_program()} --data-dir {shlex.quote(str(data_dir))}"
    first = report.departed[0] if report.departed else None
    console.print("\n[bold]What to try next[/] (in another terminal)")
    for command, about in (
        (f"{hub} status", "what runs, and where"),
        (f"{hub} consolidations", "boxes, fill, cut-offs"),
        (f"{hub} plans", "plans by lane"),
        (f"{hub} plan show {first.plan_id}" if first else "", "one plan, with its reasons"),
        (f"{hub} trace {first.equipment_ref}" if first else "", "every fact about a container"),
        (f"{hub} alerts", "what needs a person"),
        (f"{hub} deadletters list", "what was refused, and why"),
        (f"{hub} routes", "which truck drives where"),
    ):
        if command:
            console.print(f"  {command:<60}  {about}", highlight=False, soft_wrap=True)
    for name, address in (
        ("API", state.api_url),
        ("gateway", state.gateway_url),
        ("Kafka", state.kafka_bootstrap_servers),
        ("PostgreSQL", state.database_url if state.database_is_local else ""),
        *((f"metrics of {one.name}", one.metrics or "") for one in state.processes),
    ):
        if address:
            console.print(f"  {name:<26} {address}", highlight=False, soft_wrap=True)


def _program() -> str:
    """What to type for this program, here: its name where the shell finds it, else its path."""
    own = Path(sys.executable).with_name("groupage")
    if shutil.which("groupage") == str(own):
        return "groupage"
    here = Path(os.path.relpath(own))
    return shlex.quote(str(own if ".." in here.parts else here))
