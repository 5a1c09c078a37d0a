"""A dispatcher's pin, forbid or roll on its way to the lane.

The consignment gets it first, then the voyage: each passes it on, or rejects it with the reason. So
the lane knows only of steerings that could be carried out when the dispatcher sent them.
"""

from typing import ClassVar, Literal

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.planning import LaneForbidden, LanePinned
from groupage.domain.events.quantities import Id, Text

SteeringAction = Literal["pin", "forbid", "roll"]


class Steering(Event, frozen=True, kw_only=True):
    """The fields of a steering."""

    subject_field: ClassVar[str] = "command_id"
    internal: ClassVar[bool] = True

    command_id: Id
    action: SteeringAction
    lane_id: Id
    consignment_id: Id
    voyage_id: Id
    consolidation_id: Id | None = None
    by: Id
    reason: Text = ""


class VoyageSteered(Steering, frozen=True, kw_only=True):
    """A dispatcher pins a consignment to this voyage, or keeps it off this voyage."""

    name: ClassVar[str] = "voyage.steered"
    kind: ClassVar[AggregateKind] = "voyage"
    key_field: ClassVar[str] = "voyage_id"

    def for_lane(self) -> LanePinned | LaneForbidden:
        """Return the event by which the lane carries it out."""
        if self.action == "pin":
            return LanePinned(
                lane_id=self.lane_id,
                consignment_id=self.consignment_id,
                by=self.by,
                reason=self.reason,
                voyage_id=self.voyage_id,
                consolidation_id=self.consolidation_id,
            )
        return LaneForbidden(
            lane_id=self.lane_id,
            consignment_id=self.consignment_id,
            by=self.by,
            reason=self.reason,
            voyage_id=self.voyage_id,
            roll=self.action == "roll",
        )


class ConsignmentSteered(Steering, frozen=True, kw_only=True):
    """A dispatcher pins the consignment to a voyage, or keeps it off a voyage."""

    name: ClassVar[str] = "consignment.steered"
    kind: ClassVar[AggregateKind] = "consignment"
    key_field: ClassVar[str] = "consignment_id"

    def for_voyage(self) -> VoyageSteered:
        """Return the event for the voyage that it names."""
        return VoyageSteered(**{name: getattr(self, name) for name in self.__struct_fields__})
