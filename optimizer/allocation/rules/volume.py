"""Contents stay within the share of the inner volume that a plan may fill."""

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from groupage.domain.words import cubic_metres
from optimizer.allocation.problem import Problem, Remedy, SlotRejection
from optimizer.allocation.rules.rule import CapacityRule, SlotRule
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables


class Volume(SlotRule, CapacityRule):
    """The volume of all cargo in a container is within its usable volume."""

    codes = frozenset({LeftOutCode.LARGER_THAN_CONTAINER, LeftOutCode.NO_CAPACITY})
    only_size = True

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Reject a consignment that is too large even for an empty container."""
        _ = instance
        if demand.volume_cm3 <= slot.usable_cm3:
            return None
        return SlotRejection(
            code=LeftOutCode.LARGER_THAN_CONTAINER,
            remedy=Remedy.SPLIT_BY_SIZE,
            reason=(
                f"{cubic_metres(demand.volume_cm3)} is more than a {slot.spec.iso_type} may take "
                f"({cubic_metres(slot.usable_cm3)}); split it"
            ),
        )

    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Add one row for each slot."""
        _ = problem
        for slot in variables.slots:
            fixed = sum(demand.volume_cm3 for demand in variables.fixed_in(slot))
            free = sum(d.volume_cm3 * variable for d, variable in variables.candidates(slot))
            model.add(fixed + free <= max(slot.usable_cm3, fixed) * variables.used[slot.key])

    def start(self, slot: Slot, problem: Problem) -> "_Check":
        """Return the check of an empty container."""
        _ = problem
        return _Check(slot.usable_cm3)


class _Check:
    def __init__(self, free_cm3: int) -> None:
        self._free_cm3 = free_cm3

    def admits(self, demand: Demand) -> bool:
        return demand.volume_cm3 <= self._free_cm3

    def add(self, demand: Demand) -> None:
        self._free_cm3 -= demand.volume_cm3
