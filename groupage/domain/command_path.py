"""The path of a command: the aggregates that get a message about it, one after the other.

    command.pin, forbid, roll ─▶ consignment ─▶ voyage ─▶ lane
    command.hold, release ─▶ consignment
    command.unfreeze ─▶ consolidation
    all others ─▶ lane

Readers find by it what became of a command.
"""

from typing import NamedTuple

from groupage.domain import commands
from groupage.domain.events.base import AggregateKind
from groupage.domain.events.planning import ReplanWanted
from groupage.domain.ids import series_of_output

ROUTE = "route:"
"""The output of the command router for a command begins so; its id follows."""
_STEER = "steer:"


class Step(NamedTuple):
    """A message about a command."""

    kind: AggregateKind
    key: str
    """Of the aggregate that gets it."""
    series: str
    """The series that the message is in; empty: it acts once."""
    type: str = ""
    """Its event, if it acts once."""


def steering_of_consignment(lane_id: str, command_id: str) -> str:
    """Return the output by which a consignment passes a steering on to the voyage."""
    return f"{_STEER}{lane_id}/{command_id}"


def steering_of_voyage(lane_id: str, consignment_id: str, command_id: str) -> str:
    """Return the output by which a voyage passes a steering on to the lane."""
    return f"{_STEER}{lane_id}/{consignment_id}/{command_id}"


def steps_of(command: commands.Command) -> tuple[Step, ...]:
    """List the messages about a command that nobody rejects, in their order."""
    routed = series_of_output("command", command.key, ROUTE + command.command_id)
    if isinstance(command, commands.ReplanLane):
        return (Step("lane", command.lane_id, "", ReplanWanted.name),)
    if isinstance(command, commands.HoldConsignment | commands.ReleaseConsignment):
        return (Step("consignment", command.consignment_id, routed),)
    if isinstance(command, commands.UnfreezeConsolidation):
        return (Step("consolidation", command.consolidation_id, routed),)
    steering = steering_of(command)
    if steering is None:
        return (Step("lane", command.key, routed),)
    lane_id, name = command.key, command.command_id
    consignment_id, voyage_id = steering
    passed_on = series_of_output(
        "consignment", consignment_id, steering_of_consignment(lane_id, name)
    )
    last = series_of_output("voyage", voyage_id, steering_of_voyage(lane_id, consignment_id, name))
    return (
        Step("consignment", consignment_id, routed),
        Step("voyage", voyage_id, passed_on),
        Step("lane", lane_id, last),
    )


def steering_of(command: commands.Command) -> tuple[str, str] | None:
    """Return consignment and voyage of a pin, forbid or roll; None: it is another command."""
    match command:
        case commands.PinConsignment(unpin=False, voyage_id=str() as voyage_id):
            return command.consignment_id, voyage_id
        case commands.ForbidConsignment(lift=False):
            return command.consignment_id, command.voyage_id
        case commands.RollConsignment():
            return command.consignment_id, command.from_voyage_id
    return None
