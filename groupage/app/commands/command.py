"""``groupage command``: send a dispatcher's command, and wait for what comes of it."""

import getpass
from typing import Annotated, Any

import typer

from groupage.app.commands.command_sending import (
    SentCommand,
    Wanted,
    send_and_wait,
    withdraw_and_wait,
)
from groupage.app.commands.command_words import describe
from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, print_json, print_line
from groupage.app.commands.reading import query
from groupage.app.hub_time import time_text
from groupage.domain import commands
from groupage.domain.events.consignment import HoldType

REFUSED = 3
"""Exit status: the hub refused the command."""
UNKNOWN = 4
"""Exit status: the outcome was not known when the time to wait had passed."""
SUPERSEDED = 5
"""Exit status: something later has taken the command's place, so it is not in force."""

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Send a dispatcher's command. Exit status with --wait: 0 the hub carried it out, 3 it "
    "refused, 4 the outcome is not known yet, 5 something later has taken its place.",
)

Consignment = Annotated[str, typer.Argument(metavar="CONSIGNMENT", help="Id of the consignment.")]
Voyage = Annotated[str, typer.Argument(metavar="VOYAGE", help="Id of a voyage of its lane.")]
Plan = Annotated[
    str, typer.Argument(metavar="PLAN", help="Id of the plan, or its first characters.")
]
Lane = Annotated[
    str | None, typer.Option(help="Its lane, like CNNGB-NLRTM. Default: where it is booked.")
]
By = Annotated[str, typer.Option(help="Who decided. Default: the name of this account.")]
Reason = Annotated[str, typer.Option(help="Why, in words.")]
CommandId = Annotated[
    str,
    typer.Option(
        "--id", help="Id of the command, not used before. Default: a new one, which is printed."
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the outcome is known.")]
Timeout = Annotated[float, typer.Option(min=0.1, max=3_600, help="Wait at most so many seconds.")]
TypeOfHold = Annotated[HoldType, typer.Option("--type", help="Why it is on hold.")]


@app.callback()
def _root() -> None:
    quiet_logs("command")


@app.command()
def pin(  # noqa: PLR0913 - the options of a command
    consignment: Consignment,
    voyage: Annotated[
        str | None, typer.Argument(metavar="VOYAGE", help="Id of a voyage of its lane.")
    ] = None,
    *,
    consolidation: Annotated[
        str | None, typer.Option(help="Only into this consolidation on the voyage.")
    ] = None,
    unpin: Annotated[bool, typer.Option("--unpin", help="End the pin.")] = False,
    lane: Lane = None,
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Keep a consignment on a voyage (`--unpin` ends that)."""
    if unpin == (voyage is not None):
        raise typer.BadParameter("name the voyage, or --unpin")
    fields = {"voyage_id": voyage, "consolidation_id": consolidation, "unpin": unpin}
    wanted = Wanted(commands.PinConsignment, consignment=consignment, lane=lane, fields=fields)
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def forbid(  # noqa: PLR0913 - the options of a command
    consignment: Consignment,
    voyage: Voyage,
    *,
    lift: Annotated[bool, typer.Option("--lift", help="Allow the voyage again.")] = False,
    lane: Lane = None,
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Keep a consignment off a voyage (`--lift` ends that, also after a roll)."""
    fields = {"voyage_id": voyage, "lift": lift}
    wanted = Wanted(commands.ForbidConsignment, consignment=consignment, lane=lane, fields=fields)
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def roll(  # noqa: PLR0913 - the options of a command
    consignment: Consignment,
    voyage: Annotated[
        str | None,
        typer.Argument(metavar="VOYAGE", help="Voyage that it leaves. Default: as it is planned."),
    ] = None,
    *,
    lane: Lane = None,
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Send a consignment with a later departure."""
    fields = {} if voyage is None else {"from_voyage_id": voyage}
    wanted = Wanted(commands.RollConsignment, consignment=consignment, lane=lane, fields=fields)
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def replan(
    lane: Annotated[str, typer.Argument(metavar="LANE", help="Id of the lane, like CNNGB-NLRTM.")],
    *,
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 300,
    as_json: AsJson = False,
) -> None:
    """Plan a lane now; with --wait until the plan is there."""
    wanted = Wanted(commands.ReplanLane, lane=lane)
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def accept(
    plan: Plan,
    *,
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Accept a plan that waits for approval."""
    wanted = Wanted(commands.AcceptPlan, plan=plan)
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def reject(
    plan: Plan,
    *,
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Reject a plan that waits for approval."""
    wanted = Wanted(commands.RejectPlan, plan=plan)
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def hold(  # noqa: PLR0913 - the options of a command
    consignment: Consignment,
    *,
    hold_type: TypeOfHold = "DISPATCHER",
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Place a hold on a consignment; the id of the command is the id of the hold."""
    fields = {"consignment_id": consignment, "hold": hold_type}
    wanted = Wanted(commands.HoldConsignment, fields=fields)
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def release(  # noqa: PLR0913 - the options of a command
    consignment: Consignment,
    hold: Annotated[
        str | None, typer.Argument(metavar="HOLD", help="Id of the hold: of its command.")
    ] = None,
    *,
    hold_type: Annotated[
        HoldType | None, typer.Option("--type", help="Release all open holds of this type.")
    ] = None,
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Release a hold by its id, or all holds of a type."""
    if (hold is None) == (hold_type is None):
        raise typer.BadParameter("name the hold by its id, or the type of the holds by --type")
    fields = {"consignment_id": consignment, "hold_id": hold, "hold": hold_type}
    wanted = Wanted(commands.ReleaseConsignment, fields=fields)
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def unfreeze(
    consolidation: Annotated[
        str, typer.Argument(metavar="CONSOLIDATION", help="Id of the consolidation.")
    ],
    *,
    reason: Reason = "",
    by: By = "",
    command_id: CommandId = "",
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Open a filed manifest again, so that plans may change the container."""
    wanted = Wanted(commands.UnfreezeConsolidation, fields={"consolidation_id": consolidation})
    _send(wanted, by, reason, command_id, wait=wait, timeout_s=timeout, as_json=as_json)


@app.command()
def withdraw(
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="Id of the command.")],
    *,
    about: Annotated[
        str | None,
        typer.Option(
            help="Of several commands with that id, the one about this consignment, consolidation, "
            "plan or lane."
        ),
    ] = None,
    wait: Wait = False,
    timeout: Timeout = 60,
    as_json: AsJson = False,
) -> None:
    """Take a command back, as if nobody had given it; the alert of a refused one ends, too."""
    timeout_s = timeout if wait else None
    sent = query(lambda pool: withdraw_and_wait(pool, command, about=about, timeout_s=timeout_s))
    _report(sent, as_json=as_json)
    if wait and (sent.outcome is None or sent.outcome.state != "superseded"):
        raise typer.Exit(UNKNOWN)


def _send(
    wanted: Wanted,
    by: str,
    reason: str,
    command_id: str,
    *,
    wait: bool,
    timeout_s: float,
    as_json: bool,
) -> None:
    """Send it and print what came of it. Raises typer.Exit with the status."""
    common: dict[str, Any] = {"by": by or getpass.getuser(), "reason": reason}
    if command_id:
        common["command_id"] = command_id
    wanted = wanted._replace(fields={**wanted.fields, **common})
    sent = query(lambda pool: send_and_wait(pool, wanted, timeout_s=timeout_s if wait else None))
    view = sent.outcome
    _report(sent, as_json=as_json)
    if not wait:
        return
    if view is None or view.state == "received":
        if not as_json:
            print_line(f"its outcome was not known within {timeout_s:g} s")
        raise typer.Exit(UNKNOWN)
    if view.state != "applied":
        raise typer.Exit(REFUSED if view.state == "refused" else SUPERSEDED)


def _report(sent: SentCommand, *, as_json: bool) -> None:
    if sent.given_before and not as_json:
        given_at = time_text(sent.given_at, exact=True)
        print_line(f"{sent.command_id}: the same command was given {given_at}; nothing was sent")
    if as_json:
        print_json(sent)
    elif sent.given_before and sent.outcome is None:
        print_line(f"`groupage trace {sent.command_id}` shows its outcome")
    elif sent.outcome is not None:
        print_line(f"{sent.command_id}: {describe(sent.outcome)}")
    else:
        print_line(f"{sent.command_id}: sent; `groupage trace {sent.command_id}` shows its outcome")
    if sent.hint and not as_json:
        print_line(sent.hint)
