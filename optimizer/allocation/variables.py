"""The variables of the allocation model."""

from collections.abc import Iterator, Mapping, Sequence

from ortools.sat.python import cp_model

from groupage.domain.instance import Demand
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot


class Variables:
    """One Boolean for each consignment and slot that may meet, and a count for each slot."""

    def __init__(
        self,
        model: cp_model.CpModel,
        problem: Problem,
        slots: Sequence[Slot],
        fixed_contents: Mapping[str, Mapping[str, Demand]],
    ) -> None:
        self.slots = tuple(slots)
        self._fixed_contents = fixed_contents
        self.assigned: dict[tuple[str, str], cp_model.IntVar] = {
            (consignment_id, slot.key): model.new_bool_var(f"{consignment_id} in {slot.key}")
            for consignment_id in problem.free
            for slot in self.slots
            if problem.allows(consignment_id, slot)
        }
        self.unassigned = {c: model.new_bool_var(f"{c} left out") for c in problem.free}
        self.used = {
            slot.key: model.new_int_var(
                1 if fixed_contents[slot.key] else 0, slot.copies_max, f"{slot.key} used"
            )
            for slot in self.slots
        }
        self.dead_freight = {
            slot.key: model.new_int_var(0, 10**12, f"dead freight of {slot.key}")
            for slot in self.slots
        }
        self._by_slot: dict[str, list[tuple[Demand, cp_model.IntVar]]] = {
            slot.key: [] for slot in self.slots
        }
        self._by_consignment: dict[str, list[cp_model.IntVar]] = {c: [] for c in problem.free}
        for (consignment_id, key), variable in self.assigned.items():
            self._by_slot[key].append((problem.free[consignment_id], variable))
            self._by_consignment[consignment_id].append(variable)

    def candidates(self, slot: Slot) -> list[tuple[Demand, cp_model.IntVar]]:
        """Return the consignments that may be assigned to the slot, with their variables."""
        return self._by_slot[slot.key]

    def fixed_in(self, slot: Slot) -> list[Demand]:
        """Return the consignments that are in the slot in every solution."""
        return list(self._fixed_contents[slot.key].values())

    def by_consignment(self) -> Iterator[tuple[str, list[cp_model.IntVar]]]:
        """Yield each free consignment with its variables, one for each slot."""
        yield from self._by_consignment.items()
