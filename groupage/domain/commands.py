"""Commands of a dispatcher, named in the imperative.

A command is an event on the command topic; groupage forwards it to the aggregate that it concerns.
"""

from typing import ClassVar

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.consignment import HoldType
from groupage.domain.events.quantities import Id, Text


class Command(Event, frozen=True, kw_only=True):
    """A person's request. The same `command_id` again is the same request."""

    kind: ClassVar[AggregateKind] = "command"
    subject_field: ClassVar[str] = "command_id"

    command_id: Id
    by: Id
    reason: Text = ""


class LaneCommand(Command, frozen=True, kw_only=True):
    """A command that a lane carries out."""

    key_field: ClassVar[str] = "lane_id"

    lane_id: Id


class AcceptPlan(LaneCommand, frozen=True, kw_only=True):
    """Accept this proposed plan and publish it."""

    name: ClassVar[str] = "command.accept_plan"

    plan_id: Id


class RejectPlan(LaneCommand, frozen=True, kw_only=True):
    """Reject this proposed plan; `reason` should say why."""

    name: ClassVar[str] = "command.reject_plan"

    plan_id: Id


class PinConsignment(LaneCommand, frozen=True, kw_only=True):
    """Pin the consignment to a voyage, and to a consolidation if named; `unpin` ends it."""

    name: ClassVar[str] = "command.pin"

    consignment_id: Id
    voyage_id: Id | None = None
    consolidation_id: Id | None = None
    unpin: bool = False


class ForbidConsignment(LaneCommand, frozen=True, kw_only=True):
    """Keep the consignment off this voyage; `lift` ends it."""

    name: ClassVar[str] = "command.forbid"

    consignment_id: Id
    voyage_id: Id
    lift: bool = False


class RollConsignment(LaneCommand, frozen=True, kw_only=True):
    """Send the consignment with a later departure."""

    name: ClassVar[str] = "command.roll"

    consignment_id: Id
    from_voyage_id: Id


class ReplanLane(LaneCommand, frozen=True, kw_only=True):
    """Plan this lane now."""

    name: ClassVar[str] = "command.replan"


class HoldConsignment(Command, frozen=True, kw_only=True):
    """Place a hold on the consignment."""

    name: ClassVar[str] = "command.hold"
    key_field: ClassVar[str] = "consignment_id"

    consignment_id: Id
    hold: HoldType = "DISPATCHER"


class ReleaseConsignment(Command, frozen=True, kw_only=True):
    """Release the hold that the command `hold_id` placed."""

    name: ClassVar[str] = "command.release"
    key_field: ClassVar[str] = "consignment_id"

    consignment_id: Id
    hold_id: Id


class UnfreezeConsolidation(Command, frozen=True, kw_only=True):
    """Re-open the manifest; this costs money and needs a reason."""

    name: ClassVar[str] = "command.unfreeze"
    key_field: ClassVar[str] = "consolidation_id"

    consolidation_id: Id
