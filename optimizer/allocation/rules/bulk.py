"""Contents stay within what the loader can probably place (`allocation.bulk`)."""

from collections.abc import Mapping

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand
from optimizer.allocation.problem import Problem
from optimizer.allocation.rules.rule import CapacityRule
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables


class Bulk(CapacityRule):
    """The estimated bulk of all cargo in a container is within its limit.

    An estimate must not keep a consignment out of an empty container.
    """

    codes = frozenset({LeftOutCode.NO_CAPACITY})
    is_estimate = True

    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Add one row for each slot; a consignment that is too bulky may go alone."""
        for slot in variables.slots:
            bulk_cm3 = problem.bulk_cm3[slot.spec.height_mm]
            fixed = sum(bulk_cm3[demand.consignment_id] for demand in variables.fixed_in(slot))
            limit = max(slot.bulk_max_cm3, fixed)
            free = sum(
                min(bulk_cm3[demand.consignment_id], limit) * variable
                for demand, variable in variables.candidates(slot)
            )
            model.add(fixed + free <= limit * variables.used[slot.key])

    def start(self, slot: Slot, problem: Problem) -> "_Check":
        """Return the check of an empty container."""
        return _Check(slot.bulk_max_cm3, problem.bulk_cm3[slot.spec.height_mm])


class _Check:
    def __init__(self, limit_cm3: int, bulk_cm3: Mapping[str, int]) -> None:
        self._limit_cm3 = limit_cm3
        self._bulk_cm3 = bulk_cm3
        self._sum_cm3 = 0
        self._is_empty = True

    def admits(self, demand: Demand) -> bool:
        total_cm3 = self._sum_cm3 + self._bulk_cm3[demand.consignment_id]
        return self._is_empty or total_cm3 <= self._limit_cm3

    def add(self, demand: Demand) -> None:
        self._is_empty = False
        self._sum_cm3 += self._bulk_cm3[demand.consignment_id]
