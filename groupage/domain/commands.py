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
    """Id that the sender gives the command, new for each one; `groupage trace` and the read API
    show by it what came of the command. A hold keeps it as its hold_id."""
    by: Id
    """The person who decided, by name or login."""
    reason: Text = ""
    """Why, in words; people read it beside the command."""

    @property
    def verb(self) -> str:
        """The command in one word, for people: ``pin``."""
        return self.name.partition(".")[2].partition("_")[0]

    @property
    def about(self) -> str:
        """Id of the consignment, consolidation, plan or lane that it is about."""
        return self.key


class LaneCommand(Command, frozen=True, kw_only=True):
    """A command that a lane carries out."""

    key_field: ClassVar[str] = "lane_id"

    lane_id: Id
    """The trade lane: port of loading, hyphen, port of discharge, as UN/LOCODEs: CNNGB-NLRTM."""


class AcceptPlan(LaneCommand, frozen=True, kw_only=True):
    """Accept this proposed plan and publish it."""

    name: ClassVar[str] = "command.accept_plan"

    plan_id: Id
    """Id of a plan of the lane that waits for approval, as `groupage plans` shows it."""

    @property
    def about(self) -> str:
        """Id of the plan."""
        return self.plan_id


class RejectPlan(LaneCommand, frozen=True, kw_only=True):
    """Reject this proposed plan; `reason` should say why."""

    name: ClassVar[str] = "command.reject_plan"

    plan_id: Id
    """Id of a plan of the lane that waits for approval, as `groupage plans` shows it."""

    @property
    def about(self) -> str:
        """Id of the plan."""
        return self.plan_id


class PinConsignment(LaneCommand, frozen=True, kw_only=True):
    """Pin the consignment to a voyage, and to a consolidation if named; `unpin` ends it."""

    name: ClassVar[str] = "command.pin"

    consignment_id: Id
    """Id of a consignment that is booked on the lane and not loaded."""
    voyage_id: Id | None = None
    """Id of a published voyage of the lane that has not left. Required, unless `unpin`."""
    consolidation_id: Id | None = None
    """Id of an open consolidation on that voyage; leave it out to allow any."""
    unpin: bool = False
    """True: the pin of the consignment ends."""

    @property
    def verb(self) -> str:
        """The command in one word, for people."""
        return "unpin" if self.unpin else "pin"

    @property
    def about(self) -> str:
        """Id of the consignment."""
        return self.consignment_id


class ForbidConsignment(LaneCommand, frozen=True, kw_only=True):
    """Keep the consignment off this voyage; `lift` ends it."""

    name: ClassVar[str] = "command.forbid"

    consignment_id: Id
    """Id of a consignment that is booked on the lane and not loaded."""
    voyage_id: Id
    """Id of a published voyage of the lane that has not left."""
    lift: bool = False
    """True: the consignment may go with that voyage again, also after a roll."""

    @property
    def verb(self) -> str:
        """The command in one word, for people."""
        return "lift" if self.lift else "forbid"

    @property
    def about(self) -> str:
        """Id of the consignment."""
        return self.consignment_id


class RollConsignment(LaneCommand, frozen=True, kw_only=True):
    """Send the consignment with a later departure."""

    name: ClassVar[str] = "command.roll"

    consignment_id: Id
    """Id of a consignment that is booked on the lane and not loaded."""
    from_voyage_id: Id
    """Id of the voyage that it must not go with."""

    @property
    def about(self) -> str:
        """Id of the consignment."""
        return self.consignment_id


class ReplanLane(LaneCommand, frozen=True, kw_only=True):
    """Plan this lane now."""

    name: ClassVar[str] = "command.replan"


class HoldConsignment(Command, frozen=True, kw_only=True):
    """Place a hold on the consignment."""

    name: ClassVar[str] = "command.hold"
    key_field: ClassVar[str] = "consignment_id"

    consignment_id: Id
    """Id of a consignment that is booked or announced and has not left."""
    hold: HoldType = "DISPATCHER"


class ReleaseConsignment(Command, frozen=True, kw_only=True):
    """Release one hold by its id, or all open holds of a type."""

    name: ClassVar[str] = "command.release"
    key_field: ClassVar[str] = "consignment_id"

    consignment_id: Id
    """Id of the held consignment."""
    hold_id: Id | None = None
    """Id of the hold: the `command_id` of the command that placed it, or the `hold_id` of
    `hold.placed`. Leave it out to name the type."""
    hold: HoldType | None = None
    """Type of the holds. Leave it out to name one hold by its id."""


class UnfreezeConsolidation(Command, frozen=True, kw_only=True):
    """Re-open the manifest; this costs money, so `reason` should say why."""

    name: ClassVar[str] = "command.unfreeze"
    key_field: ClassVar[str] = "consolidation_id"

    consolidation_id: Id
    """Id of a consolidation with a filed manifest whose stuffing has not begun."""
