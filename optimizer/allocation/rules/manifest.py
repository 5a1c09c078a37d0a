"""After the manifest is filed nothing comes into a container."""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from optimizer.allocation.problem import Remedy, SlotRejection
from optimizer.allocation.rules.rule import SlotRule
from optimizer.allocation.slots import Slot


class Manifest(SlotRule):
    """Frozen and locked containers take nothing new; their contents are fixed assignments."""

    codes = frozenset({LeftOutCode.CLOSED_TO_CHANGES})

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Reject every consignment that is not on the manifest."""
        _ = demand, instance
        if not slot.fixed:
            return None
        reason = f"{slot.key} is closed to changes (manifest filed)"
        return SlotRejection(
            code=LeftOutCode.CLOSED_TO_CHANGES, remedy=Remedy.OTHER_CONTAINER, reason=reason
        )
