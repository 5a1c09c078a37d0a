"""The mass of the cargo is within the container's payload.

The mass that was declared for a consignment and the mass of its cartons can differ: both must be.
"""

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from optimizer.allocation.problem import Problem, Remedy, SlotRejection
from optimizer.allocation.rules.rule import CapacityRule, SlotRule
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables


class Payload(SlotRule, CapacityRule):
    """Declared masses and carton masses in a container are each within its payload."""

    codes = frozenset({LeftOutCode.HEAVIER_THAN_CONTAINER, LeftOutCode.NO_CAPACITY})
    only_size = True

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Reject a consignment that is too heavy even for an empty container."""
        _ = instance
        mass_g = max(demand.gross_g, cartons_g(demand))
        if mass_g <= slot.payload_g:
            return None
        return SlotRejection(
            code=LeftOutCode.HEAVIER_THAN_CONTAINER,
            remedy=Remedy.SPLIT_BY_MASS,
            reason=(
                f"{mass_g // 1_000} kg is more than a {slot.spec.iso_type} carries "
                f"({slot.payload_g // 1_000} kg); split it"
            ),
        )

    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Add two rows for each slot, one where both masses of all candidates agree."""
        _ = problem
        for slot in variables.slots:
            fixed = variables.fixed_in(slot)
            candidates = variables.candidates(slot)
            declared = [demand.gross_g for demand, _ in candidates]
            weighed = [cartons_g(demand) for demand, _ in candidates]
            rows = [(sum(demand.gross_g for demand in fixed), declared)]
            if weighed != declared:
                rows.append((sum(cartons_g(demand) for demand in fixed), weighed))
            for fixed_g, masses_g in rows:
                free_g = sum(g * v for g, (_, v) in zip(masses_g, candidates, strict=True))
                limit_g = max(slot.payload_g, fixed_g)
                model.add(fixed_g + free_g <= limit_g * variables.used[slot.key])

    def start(self, slot: Slot, problem: Problem) -> "_Check":
        """Return the check of an empty container."""
        _ = problem
        return _Check(slot.payload_g)


class _Check:
    def __init__(self, payload_g: int) -> None:
        self._declared_free_g = payload_g
        self._weighed_free_g = payload_g

    def admits(self, demand: Demand) -> bool:
        return demand.gross_g <= self._declared_free_g and cartons_g(demand) <= self._weighed_free_g

    def add(self, demand: Demand) -> None:
        self._declared_free_g -= demand.gross_g
        self._weighed_free_g -= cartons_g(demand)


def cartons_g(demand: Demand) -> int:
    """Return the mass of all cartons of a consignment."""
    return sum(group.gross_g * len(group.unit_ids) for group in demand.cartons)
