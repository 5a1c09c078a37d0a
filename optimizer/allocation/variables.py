"""The unknowns of the allocation model."""

from collections.abc import Iterator, Sequence

from ortools.sat.python import cp_model

from groupage.domain.instance import Demand
from optimizer.allocation.bins import Bin
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot


class Variables:
    """One unknown for each consignment and container that may meet, and one for each container."""

    def __init__(
        self,
        model: cp_model.CpModel,
        problem: Problem,
        slots: Sequence[Slot],
        given: dict[str, Bin],
    ) -> None:
        self.slots = tuple(slots)
        self.given = given
        """What is in a slot whatever the solver says."""
        self.inside: dict[tuple[str, str], cp_model.IntVar] = {
            (one, slot.key): model.new_bool_var(f"{one} in {slot.key}")
            for one in problem.free
            for slot in self.slots
            if problem.allows(one, slot)
        }
        self.behind = {one: model.new_bool_var(f"{one} stays") for one in problem.free}
        self.used = {
            slot.key: model.new_int_var(
                1 if given[slot.key].members else 0, slot.copies_max, f"{slot.key} used"
            )
            for slot in self.slots
        }
        self.dead = {
            slot.key: model.new_int_var(0, 10**12, f"dead freight of {slot.key}")
            for slot in self.slots
        }
        self._by_slot: dict[str, list[tuple[Demand, cp_model.IntVar]]] = {
            slot.key: [] for slot in self.slots
        }
        self._by_consignment: dict[str, list[cp_model.IntVar]] = {one: [] for one in problem.free}
        for (one, key), variable in self.inside.items():
            self._by_slot[key].append((problem.free[one], variable))
            self._by_consignment[one].append(variable)

    def candidates(self, slot: Slot) -> list[tuple[Demand, cp_model.IntVar]]:
        """Who may be in a slot."""
        return self._by_slot[slot.key]

    def places(self) -> Iterator[tuple[str, list[cp_model.IntVar]]]:
        """Each consignment with its possible places."""
        yield from self._by_consignment.items()
