"""Cargo that takes floor of its own stays within the floor (`loading.floor.capacity`)."""

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from groupage.domain.words import square_metres
from optimizer.allocation.problem import Problem, Remedy, SlotRejection
from optimizer.allocation.rules.rule import CapacityRule, SlotRule
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables
from optimizer.loading.floor.capacity import FloorExcess, FloorLimit, find_excess


class FloorArea(SlotRule, CapacityRule):
    """Pieces that bear nothing, and those too high for a second layer, have a layout each.

    Proven by bounds: no load plan places more.
    """

    codes = frozenset({LeftOutCode.FLOOR_AREA})
    full_code = LeftOutCode.FLOOR_AREA
    only_size = True

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Reject a consignment that does not fit on the floor of an empty container."""
        excess = find_excess(demand.cartons, slot.spec, instance.rules)
        if excess is None:
            return None
        return SlotRejection(
            code=LeftOutCode.FLOOR_AREA,
            remedy=Remedy.SPLIT_BY_SIZE,
            reason=f"{_describe(excess, slot.spec.iso_type)}; split it",
        )

    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Add the limits of each slot that its candidates could break."""
        for slot in variables.slots:
            for limit in problem.floor_limits[slot.spec]:
                fixed = sum(limit.takes.get(d.consignment_id, 0) for d in variables.fixed_in(slot))
                free = [
                    limit.takes[demand.consignment_id] * variable
                    for demand, variable in variables.candidates(slot)
                    if demand.consignment_id in limit.takes
                ]
                if free:
                    most = max(limit.most, fixed)
                    model.add(fixed + sum(free) <= most * variables.used[slot.key])

    def start(self, slot: Slot, problem: Problem) -> "_Check":
        """Return the check of an empty container."""
        return _Check(problem.floor_limits[slot.spec])


class _Check:
    def __init__(self, limits: tuple[FloorLimit, ...]) -> None:
        self._limits = limits
        self._free = [limit.most for limit in limits]

    def admits(self, demand: Demand) -> bool:
        consignment_id = demand.consignment_id
        return all(
            (take := limit.takes.get(consignment_id, 0)) == 0 or take <= free
            for limit, free in zip(self._limits, self._free, strict=True)
        )

    def add(self, demand: Demand) -> None:
        for number, limit in enumerate(self._limits):
            self._free[number] -= limit.takes.get(demand.consignment_id, 0)


def _describe(excess: FloorExcess, iso_type: str) -> str:
    needed, floor = square_metres(excess.needed_mm2), square_metres(excess.floor_mm2)
    pieces = "pieces that bear nothing" if excess.is_weak else "pieces too high for a second layer"
    verb = "is more than" if excess.needed_mm2 > excess.floor_mm2 else "has no layout on"
    text = f"{needed} of {pieces} {verb} the floor of a {iso_type} ({floor})"
    if excess.most is None:
        return text
    (kind,) = excess.counts
    return f"{text}: at most {excess.most} of {kind.dx}x{kind.dy} mm"
