"""Dangerous goods: shipped only if the hub allows them, and apart as the table demands.

The table is `groupage.domain.segregation` (IMDG Code 7.2.4). A class that it does not know shares a
container with no other dangerous class.
"""

from collections.abc import Sequence
from itertools import combinations, product

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance, Rules
from groupage.domain.segregation import TABLE
from optimizer.allocation.problem import Problem, Rejection
from optimizer.allocation.rules.rule import ConsignmentRule, SharingRule
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables

_CODES = frozenset({LeftOutCode.DANGEROUS_GOODS})


class DangerousGoodsAllowed(ConsignmentRule):
    """The hub's policy says whether dangerous goods go into shared containers."""

    codes = _CODES

    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Reject dangerous goods where the policy does not allow them."""
        if not demand.dg_classes or instance.rules.allow_dangerous:
            return None
        classes = ", ".join(demand.dg_classes)
        reason = f"dangerous goods of class {classes} do not go into a shared container here"
        return Rejection(code=LeftOutCode.DANGEROUS_GOODS, reason=reason)


class Segregation(SharingRule):
    """Classes that must be segregated do not share a container."""

    codes = _CODES
    full_code = LeftOutCode.DANGEROUS_GOODS

    def conflicting_cargo(self, demand: Demand, members: Sequence[Demand], rules: Rules) -> str:
        """Name the classes from which the consignment must be segregated."""
        _ = rules
        apart = {c for m in members if not may_share(demand, m) for c in m.dg_classes}
        return (
            f"dangerous goods of class {', '.join(sorted(apart))}, from which class "
            f"{', '.join(demand.dg_classes)} must be segregated"
        )

    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Add one clause for each segregated pair in a single container.

        Counted containers are left alone: which of them a consignment is in is not known.
        """
        _ = problem
        for slot in variables.slots:
            if slot.copies_max > 1:
                continue
            dangerous = [(d, v) for d, v in variables.candidates(slot) if d.dg_classes]
            for (first, first_in), (second, second_in) in combinations(dangerous, 2):
                if not may_share(first, second):
                    model.add_at_most_one([first_in, second_in])
            for demand, variable in dangerous:
                if not all(may_share(demand, fixed) for fixed in variables.fixed_in(slot)):
                    model.add(variable == 0)

    def start(self, slot: Slot, problem: Problem) -> "_Check":
        """Return the check of an empty container."""
        _ = slot, problem
        return _Check()


class _Check:
    def __init__(self) -> None:
        self._dangerous: list[Demand] = []

    def admits(self, demand: Demand) -> bool:
        if not demand.dg_classes:
            return True
        return all(may_share(demand, member) for member in self._dangerous)

    def add(self, demand: Demand) -> None:
        if demand.dg_classes:
            self._dangerous.append(demand)


def may_share(first: Demand, second: Demand) -> bool:
    """Return whether no class of the first must be segregated from a class of the second."""
    return not any(_must_segregate(*pair) for pair in product(first.dg_classes, second.dg_classes))


def _must_segregate(first: str, second: str) -> bool:
    try:
        return TABLE.code(first, second) != "X"
    except KeyError:
        return True
