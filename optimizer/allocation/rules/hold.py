"""A hold stops cargo where it is."""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from optimizer.allocation.problem import Remedy, SlotRejection
from optimizer.allocation.rules.rule import SlotRule
from optimizer.allocation.slots import Slot


class Hold(SlotRule):
    """A held consignment keeps the container that it has and gets no new one."""

    codes = frozenset({LeftOutCode.BLOCKED_BY_HOLD})

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Reject held cargo in every slot but its own."""
        _ = instance
        if not demand.blocked or demand.current_consolidation_id == slot.key:
            return None
        return SlotRejection(
            code=LeftOutCode.BLOCKED_BY_HOLD,
            remedy=Remedy.RELEASE_HOLD,
            reason="a hold stands: it keeps a place it has but gets no new one",
        )
