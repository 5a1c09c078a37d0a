"""Price a place in a container that is in use, for a consignment that a solution leaves out.

The price is that of one change to the solution, without a search. The best plan that must place the
consignment (`pins`) costs as much or less. A solve that ends before the best plan can miss that
change, and so can a plan in which the loader finds no room for it.
"""

from collections.abc import Sequence

import msgspec

from groupage.domain.instance import Demand
from groupage.domain.words import join_names, us_dollars
from optimizer.allocation.bins import Bin
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.rules.rule import SharingRule
from optimizer.allocation.sharing import NAMED_MAX
from optimizer.allocation.slots import Slot

TRIES_MAX = 240
"""Containers that are priced for all consignments of a solution together: each takes 0.1 ms."""
TRIES_MIN = 2
"""Containers that are priced for each consignment of a solution that leaves out many."""


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A container where a left-out consignment could still go."""

    slot: Slot
    in_use: bool
    """Whether the plan has cargo in the container; nobody sees one that it gives up."""
    added_cost: int
    """US cents that it would add to the plan, at most, without haulage."""
    hauled_anew: bool = False
    """Whether nothing is in it yet, so that its haulage is added, which the routing decides."""
    displaced: tuple[str, ...] = ()
    """Consignments that make way for it there."""


def price_as_is(solution: PartialSolution, demand: Demand, bin_: Bin) -> Option:
    """Price a container that has room for the consignment, or is empty."""
    opening = 0 if bin_.members else bin_.opening_cost
    return Option(
        slot=bin_.slot,
        in_use=bool(bin_.members),
        added_cost=_own_cost(solution, demand, bin_) - bin_.saving(demand) + opening,
        hauled_anew=not bin_.members,
    )


class Displacing:
    """Prices containers of which some cargo makes way, to another one of `bins` or to none."""

    def __init__(self, solution: PartialSolution, bins: Sequence[Bin]) -> None:
        self._solution = solution
        self._bins = [bin_ for bin_ in bins if bin_.members]
        left_out = len(solution.unassigned_demands())
        self._tries = max(TRIES_MIN, TRIES_MAX // max(1, left_out))

    def cheapest(self, demand: Demand, best: Option | None) -> Option | None:
        """Return the cheapest of the nearest containers if it is cheaper than `best`, else that."""
        candidates = []
        for bin_ in self._bins:
            if not self._solution.problem.allows(demand.consignment_id, bin_.slot):
                continue
            rule = bin_.binding_rule(demand)
            if rule is not None:
                cost = self._solution.assignment_cost(demand.consignment_id, bin_)
                free_cm3 = bin_.slot.usable_cm3 - bin_.volume_cm3
                near = isinstance(rule, SharingRule), cost, -free_cm3, bin_.slot.key
                candidates.append((near, bin_))
        for _, bin_ in sorted(candidates, key=lambda c: c[0])[: self._tries]:
            best = self._price(demand, bin_, best) or best
        return best

    def _price(self, demand: Demand, bin_: Bin, best: Option | None) -> Option | None:
        """Return None where fixed and required contents leave no room, or `best` costs no more."""
        solution, problem = self._solution, self._solution.problem
        own_cost = _own_cost(solution, demand, bin_) - bin_.dead_freight
        if best is not None and own_cost >= best.added_cost:
            return None
        must_stay = {c for c in bin_.members if c in problem.fixed or c in problem.required}
        refilled = Bin(bin_.slot, problem)
        for consignment_id in must_stay:
            refilled.add(bin_.members[consignment_id])
        if refilled.binding_rule(demand) is not None:
            return None
        refilled.add(demand)
        displaced = []
        others = [c for c in bin_.members if c not in must_stay]
        for consignment_id in sorted(others, key=lambda c: (-problem.unassigned_cost[c], c)):
            if refilled.binding_rule(bin_.members[consignment_id]) is None:
                refilled.add(bin_.members[consignment_id])
            else:
                displaced.append(consignment_id)
        removal_cost = _removal_cost(solution, displaced, bin_, self._bins)
        added_cost = own_cost + refilled.dead_freight + removal_cost
        if best is not None and added_cost >= best.added_cost:
            return None
        return Option(
            slot=bin_.slot, in_use=True, added_cost=added_cost, displaced=tuple(sorted(displaced))
        )


def _own_cost(solution: PartialSolution, demand: Demand, bin_: Bin) -> int:
    consignment_id = demand.consignment_id
    left_out_cost = solution.problem.unassigned_cost[consignment_id]
    return solution.assignment_cost(consignment_id, bin_) - left_out_cost


def _removal_cost(
    solution: PartialSolution, displaced: Sequence[str], bin_: Bin, bins: Sequence[Bin]
) -> int:
    """Return the US cents that it costs to move these out of the container.

    Each other container takes one of them at most, so that its room is not counted twice.
    """
    total = 0
    taken: set[str] = set()
    for consignment_id in displaced:
        demand = bin_.members[consignment_id]
        cost, key = solution.problem.unassigned_cost[consignment_id], ""
        for other in bins:
            if other is bin_ or other.slot.key in taken:
                continue
            if solution.can_assign(demand, other):
                there = solution.assignment_cost(consignment_id, other) - other.saving(demand)
                cost, key = min((cost, key), (there, other.slot.key))
        taken.add(key)
        total += cost - solution.assignment_cost(consignment_id, bin_)
    return total


def added_cost_text(option: Option) -> str:
    """Say how much more than leaving it out a consignment costs in a container, at most."""
    making_way = ""
    if option.displaced:
        verb = "makes" if len(option.displaced) == 1 else "make"
        making_way = f": {join_names(option.displaced, NAMED_MAX)} {verb} way"
    haulage = ", before its haulage" if option.hauled_anew else ""
    if option.added_cost <= 0:
        return f"no more than waiting{haulage}, which the search did not find{making_way}"
    return f"up to {us_dollars(option.added_cost)} more than waiting{haulage}{making_way}"
