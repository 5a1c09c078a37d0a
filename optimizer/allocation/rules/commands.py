"""Dispatchers pin consignments to a voyage or container, and forbid voyages."""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from optimizer.allocation.problem import Rejection, Remedy, SlotRejection
from optimizer.allocation.rules.rule import ConsignmentRule, SlotRule
from optimizer.allocation.slots import Slot

_CODES = frozenset({LeftOutCode.FORBIDDEN})


class PinTarget(ConsignmentRule):
    """A pin names a voyage or container that can be planned and is not forbidden."""

    codes = _CODES

    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Reject a pin that no plan can follow."""
        voyage_id, consolidation_id = demand.pinned_voyage_id, demand.pinned_consolidation_id
        if voyage_id in demand.forbidden_voyage_ids:
            target = f"voyage {voyage_id}, which is forbidden for it"
        elif voyage_id not in (None, *(d.voyage_id for d in instance.departures)):
            target = f"voyage {voyage_id}, which cannot be planned"
        elif consolidation_id not in (None, *(c.consolidation_id for c in instance.consolidations)):
            target = f"{consolidation_id}, which cannot be planned"
        else:
            return None
        return Rejection(code=LeftOutCode.FORBIDDEN, reason=f"pinned to {target}")


class Commands(SlotRule):
    """A consignment stays off forbidden voyages and goes where it is pinned to."""

    codes = _CODES

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Compare pins and forbids with the slot."""
        _ = instance
        voyage_id = slot.pool[0]
        if voyage_id in demand.forbidden_voyage_ids:
            reason = f"a dispatcher forbade voyage {voyage_id}"
        elif demand.pinned_consolidation_id not in (None, slot.key):
            reason = f"pinned to {demand.pinned_consolidation_id}"
        elif demand.pinned_voyage_id not in (None, voyage_id):
            reason = f"pinned to voyage {demand.pinned_voyage_id}"
        else:
            return None
        return SlotRejection(
            code=LeftOutCode.FORBIDDEN, remedy=Remedy.CHANGE_COMMAND, reason=reason
        )
