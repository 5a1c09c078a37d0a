"""Cargo is at the hub by the departure's cut-off for cargo (LCO)."""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from groupage.domain.words import when
from optimizer.allocation.problem import Rejection, Remedy, SlotRejection
from optimizer.allocation.rules.rule import ConsignmentRule, SlotRule
from optimizer.allocation.slots import Slot


class AwaitedCargo(ConsignmentRule):
    """Cargo that is not available at the hub yet has no date to plan with."""

    codes = frozenset({LeftOutCode.NOT_AVAILABLE_BEFORE_CUTOFF})

    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Reject cargo that waits for its pick-up or is not counted and measured."""
        _ = instance
        if demand.awaited:
            return Rejection(
                code=LeftOutCode.NOT_AVAILABLE_BEFORE_CUTOFF,
                reason=f"it is {demand.status}: not available at the hub yet",
            )
        if demand.pickup is None or not demand.blocked:
            return None
        return Rejection(
            code=LeftOutCode.NOT_AVAILABLE_BEFORE_CUTOFF,
            reason=f"not at the hub yet; expected by {when(demand.available_at)}",
        )


class Cutoff(SlotRule):
    """Cargo that comes after the LCO misses the departure."""

    codes = frozenset({LeftOutCode.NOT_AVAILABLE_BEFORE_CUTOFF})

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Compare the cargo's date with the departure's LCO."""
        departure = slot.departure
        if departure is None or demand.available_at <= departure.lco_at:
            return None
        tense = "was" if departure.lco_at <= instance.clock_at else "is"
        return SlotRejection(
            code=LeftOutCode.NOT_AVAILABLE_BEFORE_CUTOFF,
            remedy=Remedy.ARRIVE_EARLIER,
            reason=(
                f"available {when(demand.available_at)}, LCO of {departure.voyage_id} "
                f"{tense} {when(departure.lco_at)}"
            ),
        )
