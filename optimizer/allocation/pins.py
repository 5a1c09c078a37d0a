"""Place the consignments that a plan must place (`PlacementRule`: pinned ones), whatever it costs.

The price of leaving one of them out makes every search prefer them. Searches that add one
consignment after the other or that look at a few containers can still miss a way to place them
all: `place_required` looks again, first by making way for each of them, then with an exact model
of these consignments alone. All others can be left out, so none of them can be in the way.
"""

import msgspec

from groupage.domain.instance import Demand
from optimizer.allocation.bins import Bin
from optimizer.allocation.greedy import fill_up
from optimizer.allocation.model import Hint, WorkLimit, search
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot


def count_unplaced(solution: PartialSolution) -> int:
    """Return how many consignments the solution leaves out that it must place."""
    return len(solution.problem.required - solution.assignment.keys())


def place_required(solution: PartialSolution, limit: WorkLimit) -> tuple[PartialSolution, float]:
    """Return a solution that places as many required consignments as can be, and the work done."""
    best = solution
    if not count_unplaced(best):
        return best, 0.0
    candidate = _make_way(best)
    fill_up(candidate, limit.deadline)
    best = min(best, candidate, key=PartialSolution.cost)
    if not count_unplaced(best) or limit.deadline.is_over():
        return best, 0.0
    exact, work = _place_alone(best.problem, limit)
    fill_up(exact, limit.deadline)
    return min(best, exact, key=PartialSolution.cost), work


def waive_unplaced(solution: PartialSolution) -> PartialSolution:
    """Return the solution of a problem that requires only what the solution places.

    Consignments that find no place beside the others must not hide the cost that is left to save.
    """
    problem = solution.problem
    waived = problem.required - solution.assignment.keys()
    if not waived:
        return solution
    slots = [bin_.slot for bin_ in solution.bins.values()]
    without = waive(problem, waived)
    return PartialSolution(without).reassign(solution.assignment, slots)


def waive(problem: Problem, waived: frozenset[str]) -> Problem:
    """Return the problem in which these consignments cost what any others cost when left out."""
    waived &= problem.required
    costs = {
        consignment_id: cost - problem.required_price * (consignment_id in waived)
        for consignment_id, cost in problem.unassigned_cost.items()
    }
    return msgspec.structs.replace(
        problem, required=problem.required - waived, unassigned_cost=costs
    )


def _make_way(solution: PartialSolution) -> PartialSolution:
    """Place each required consignment where the least other cargo has to make way for it."""
    required = solution.problem.required
    for demand in solution.unassigned_demands():
        if demand.consignment_id not in required:
            continue
        options = [
            option
            for slot in _slots_for(solution, demand)
            if (option := _displace(solution, demand, slot)) is not None
        ]
        solution = min((solution, *options), key=PartialSolution.cost)
    return solution


def _slots_for(solution: PartialSolution, demand: Demand) -> list[Slot]:
    """Return the containers that may take the consignment, and a new one of each pool."""
    problem = solution.problem
    bins = [bin_ for bin_ in solution.bins.values() if solution.can_use(bin_)]
    new = [
        solution.new_bin(pool)
        for pool in problem.pools
        if solution.remaining_containers(pool.pool) > 0
    ]
    allowed = (b.slot for b in (*bins, *new) if problem.allows(demand.consignment_id, b.slot))
    return [slot for slot in allowed if not slot.fixed]


def _displace(solution: PartialSolution, demand: Demand, slot: Slot) -> PartialSolution | None:
    """Put the consignment into the slot, and back as much of the other cargo as has room then.

    Fixed and required contents stay. None: they leave no room for it.
    """
    problem = solution.problem
    members = tuple(solution.bins[slot.key].members) if slot.key in solution.bins else ()
    staying = [c for c in members if c in problem.fixed or c in problem.required]
    bin_ = Bin(slot, problem)
    for consignment_id in sorted(staying, key=lambda c: (c not in problem.fixed, c)):
        bin_.add(problem.demands[consignment_id])
    if bin_.binding_rule(demand) is not None:
        return None
    others = [c for c in members if c not in staying]
    kept = {c: key for c, key in solution.assignment.items() if c not in others}
    slots = [b.slot for b in solution.bins.values()]
    moved = solution.reassign({**kept, demand.consignment_id: slot.key}, [*slots, slot])
    for consignment_id in sorted(others, key=lambda c: (-problem.unassigned_cost[c], c)):
        other = problem.demands[consignment_id]
        if moved.can_assign(other, moved.bins[slot.key]):
            moved.assign(other, moved.bins[slot.key])
    return moved


def _place_alone(problem: Problem, limit: WorkLimit) -> tuple[PartialSolution, float]:
    """Return the cheapest way to place as many required consignments as can be, and nothing else.

    The model tells new containers apart, so that every rule binds in them too.
    """
    blank = PartialSolution(problem)
    slots = [slot for slot in problem.slots if not slot.fixed]
    for pool in problem.pools:
        wanted = sum(problem.allows(c, pool) for c in problem.required)
        for _ in range(min(wanted, blank.remaining_containers(pool.pool))):
            bin_ = blank.new_bin(pool)
            blank.bins[bin_.slot.key] = bin_
            slots.append(bin_.slot)
    alone = msgspec.structs.replace(
        problem,
        free={c: demand for c, demand in problem.free.items() if c in problem.required},
        unassigned_cost={c: problem.unassigned_cost[c] for c in sorted(problem.required)},
    )
    hint = Hint(assignment={}, used={})
    result = search(alone, slots, hint=hint, limit=limit, with_estimates=True)
    return PartialSolution(problem).reassign(result.assignment or {}, slots), result.work
