"""Every carton passes the container's door and stands inside."""

from itertools import permutations

from groupage.domain.codes import LeftOutCode
from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import CartonGroup, Demand, Instance
from optimizer.allocation.problem import Remedy, SlotRejection
from optimizer.allocation.rules.rule import SlotRule
from optimizer.allocation.slots import Slot


class CartonSize(SlotRule):
    """A carton too large for a container type keeps its consignment out of it."""

    codes = frozenset({LeftOutCode.LARGER_THAN_CONTAINER})
    only_size = True

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Compare each carton size with door and inner space."""
        _ = instance
        for group in demand.cartons:
            if not carton_fits(group, slot.spec):
                size = f"{group.length_mm}x{group.width_mm}x{group.height_mm} mm"
                reason = f"a carton of {size} does not pass into a {slot.spec.iso_type}"
                return SlotRejection(
                    code=LeftOutCode.LARGER_THAN_CONTAINER,
                    remedy=Remedy.SPLIT_BY_SIZE,
                    reason=reason,
                )
        return None


def carton_fits(group: CartonGroup, spec: ContainerSpec) -> bool:
    """Return whether an allowed orientation goes through the door and stands inside."""
    width_mm = min(spec.width_mm, spec.door_width_mm)
    height_mm = min(spec.height_mm, spec.door_height_mm)
    edges = (group.length_mm, group.width_mm, group.height_mm)
    return any(
        along <= spec.length_mm and across <= width_mm and up <= height_mm
        for along, across, up in permutations(edges)
        if up == group.height_mm or not group.this_side_up
    )
