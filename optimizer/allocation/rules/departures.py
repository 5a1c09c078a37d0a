"""A consignment needs a departure that still takes cargo."""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from groupage.domain.words import when
from optimizer.allocation.problem import Rejection, Remedy, SlotRejection
from optimizer.allocation.rules.rule import ConsignmentRule, SlotRule
from optimizer.allocation.slots import Slot


class AnyDeparture(ConsignmentRule):
    """A lane without departures ships nothing."""

    codes = frozenset({LeftOutCode.NO_DEPARTURE})

    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Reject every consignment of a lane without departures."""
        _ = demand
        if instance.departures:
            return None
        return Rejection(
            code=LeftOutCode.NO_DEPARTURE, reason="no departure of the lane can be planned"
        )


class OpenDeparture(SlotRule):
    """After its LCO a departure takes nothing new; what is in its containers may stay."""

    codes = frozenset({LeftOutCode.NO_DEPARTURE})

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Reject a slot without a voyage, and newcomers after the LCO."""
        departure = slot.departure
        if departure is None:
            reason = f"{slot.key} has lost its voyage"
        elif demand.current_consolidation_id != slot.key and instance.clock_at > departure.lco_at:
            lco = when(departure.lco_at)
            reason = f"{departure.voyage_id} takes nothing new: its LCO was {lco}"
        else:
            return None
        return SlotRejection(
            code=LeftOutCode.NO_DEPARTURE, remedy=Remedy.OTHER_DEPARTURE, reason=reason
        )
