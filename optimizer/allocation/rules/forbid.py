"""Dispatchers forbid voyages to a consignment, or roll it to a later departure."""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from optimizer.allocation.problem import Remedy, SlotRejection
from optimizer.allocation.rules.rule import SlotRule
from optimizer.allocation.slots import Slot


class Forbid(SlotRule):
    """A consignment stays off the voyages that are forbidden for it."""

    codes = frozenset({LeftOutCode.FORBIDDEN, LeftOutCode.ROLLED})

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Reject the slots of a forbidden voyage; name the person who forbade or rolled."""
        voyage_id = slot.pool[0]
        if voyage_id not in demand.forbidden_voyage_ids:
            return None
        code = LeftOutCode.FORBIDDEN
        forbid = next((f for f in demand.forbids if f.voyage_id == voyage_id), None)
        if forbid is None:
            reason = f"voyage {voyage_id} is closed to it: forbidden, or not of the booked service"
        elif forbid.roll:
            code = LeftOutCode.ROLLED
            reason = f"rolled by {forbid.by}: not with {voyage_id}"
        else:
            reason = f"forbidden by {forbid.by}: not with {voyage_id}"
        if all(d.voyage_id in demand.forbidden_voyage_ids for d in instance.departures):
            reason += "; no voyage that it may go with can be planned"
        return SlotRejection(code=code, remedy=Remedy.CHANGE_COMMAND, reason=reason)
