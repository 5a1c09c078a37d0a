"""Price a place in a container that is in use, for a consignment that a solution leaves out.

The price is what making room once costs, without a search: a plan that must place the consignment
(`pins`) costs as much or less, unless the loader finds no room.
"""

from collections.abc import Sequence

import msgspec

from groupage.domain.instance import Demand
from optimizer.allocation.bins import Bin
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.slots import Slot


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """A container where a left-out consignment could still go."""

    slot: Slot
    in_use: bool
    """Whether the plan has the container."""
    added_cost: int
    """US cents that it would add to the plan, at most."""
    displaced: tuple[str, ...] = ()
    """Consignments that make way for it there."""


def price_as_is(solution: PartialSolution, demand: Demand, bin_: Bin) -> Option:
    """Price a container that has room for the consignment, or is empty."""
    opening = 0 if bin_.members else bin_.opening_cost
    return Option(
        slot=bin_.slot,
        in_use=bool(bin_.members) or bin_.slot.existing is not None,
        added_cost=_own_cost(solution, demand, bin_) - bin_.saving(demand) + opening,
    )


def price_displacing(
    solution: PartialSolution, demand: Demand, bin_: Bin, bins: Sequence[Bin], below: int
) -> Option | None:
    """Price a container of which some cargo makes way, to one of `bins` with room or to none.

    Fixed and required contents stay. None: they leave no room for it, or it costs `below` or more.
    """
    problem = solution.problem
    own_cost = _own_cost(solution, demand, bin_) - bin_.dead_freight
    if own_cost >= below:
        return None
    must_stay = {c for c in bin_.members if c in problem.fixed or c in problem.required}
    refilled = Bin(bin_.slot, problem)
    for consignment_id in must_stay:
        refilled.add(bin_.members[consignment_id])
    if refilled.binding_rule(demand) is not None:
        return None
    refilled.add(demand)
    others = [c for c in bin_.members if c not in must_stay]
    displaced = []
    for consignment_id in sorted(others, key=lambda c: (-problem.unassigned_cost[c], c)):
        if refilled.binding_rule(bin_.members[consignment_id]) is None:
            refilled.add(bin_.members[consignment_id])
        else:
            displaced.append(consignment_id)
    added_cost = own_cost + refilled.dead_freight + _removal_cost(solution, displaced, bin_, bins)
    if added_cost >= below:
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
            if other is bin_ or not other.members or other.slot.key in taken:
                continue
            if solution.can_assign(demand, other):
                there = solution.assignment_cost(consignment_id, other) - other.saving(demand)
                cost, key = min((cost, key), (there, other.slot.key))
        taken.add(key)
        total += cost - solution.assignment_cost(consignment_id, bin_)
    return total
