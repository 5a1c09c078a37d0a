"""Large neighbourhood search: empty a few containers of an allocation and fill them again."""

import random
from collections.abc import Sequence

import msgspec

from optimizer.allocation.bins import Bin
from optimizer.allocation.model import Hint, WorkLimit, search
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot

CONTAINERS_AT_ONCE = 3
FEW_CONTAINERS = 6
"""In a plan of no more containers a neighbourhood is two of them: CP-SAT nearly always proves its
optimum within `NEIGHBOURHOOD_WORK`, and the plans of a day cost less."""
LEFT_OUT_AT_ONCE = 40
NEW_AT_ONCE = 3
"""New containers that a neighbourhood may open."""
NEIGHBOURHOOD_WORK = 0.04
"""Deterministic time of one neighbourhood."""
ENOUGH_PERMILLE = 1
"""The search stops at this gap: closing it is not worth further work."""
IDLE_MAX = 16
"""The search stops after this many neighbourhoods without gain, or earlier:"""
IDLE_PER_CONTAINER = 2
"""A lane of a few containers has few neighbourhoods."""


def improve(
    solution: PartialSolution, *, bound: int, limit: WorkLimit, idle_max: int = IDLE_MAX
) -> tuple[PartialSolution, float]:
    """Return a solution that costs no more, and the work done. Stops near the bound or when idle.

    `bound` is a lower bound of the solution's cost in US cents.
    """
    rng = random.Random(limit.seed)  # noqa: S311  # reproducible search, no secrets
    best = solution
    work = 0.0
    idle = 0
    enough = bound + bound * ENOUGH_PERMILLE // 1_000
    containers = sum(bool(bin_.members) for bin_ in solution.bins.values())
    idle_max = min(idle_max, IDLE_PER_CONTAINER * max(1, containers))
    while (
        work < limit.work
        and idle < idle_max
        and best.cost() > enough
        and not limit.deadline.is_over()
    ):
        candidate, spent = _refill(best, rng, limit)
        work += spent
        idle = 0 if candidate.cost() < best.cost() else idle + 1
        if candidate.cost() <= best.cost():
            best = candidate
    return best, work


def _refill(
    solution: PartialSolution, rng: random.Random, limit: WorkLimit
) -> tuple[PartialSolution, float]:
    """Search one neighbourhood: a few containers, their cargo, and some of what is left out."""
    problem = solution.problem
    bins = _choose_bins(solution, rng)
    keys = {bin_.slot.key for bin_ in bins}
    left_out = [demand.consignment_id for demand in solution.unassigned_demands()]
    free = {c for c, key in solution.assignment.items() if key in keys and c in problem.free}
    free.update(rng.sample(left_out, min(LEFT_OUT_AT_ONCE, len(left_out))))
    slots = (*(bin_.slot for bin_ in bins), *_new_slots(solution, rng))
    result = search(
        _restrict(solution, free, keys),
        slots,
        hint=Hint(
            assignment={c: solution.assignment[c] for c in free if c in solution.assignment},
            used={bin_.slot.key: 1 for bin_ in bins if bin_.members},
        ),
        limit=msgspec.structs.replace(limit, work=NEIGHBOURHOOD_WORK),
        with_estimates=True,
        presolve=False,  # of a model this small it takes more than it gives
    )
    spent = max(result.work, 1e-4)
    if result.assignment is None:
        return solution, spent
    others = {c: key for c, key in solution.assignment.items() if c not in free}
    return solution.reassign({**others, **result.assignment}, slots), spent


def _choose_bins(solution: PartialSolution, rng: random.Random) -> list[Bin]:
    """Choose some bins in use and one unused of the published plan; return the fullest first."""
    movable = [bin_ for bin_ in solution.bins.values() if not bin_.slot.fixed]
    movable.sort(key=lambda b: b.slot.key)
    used = [bin_ for bin_ in movable if bin_.members]
    unused = [b for b in movable if not b.members and b.slot.existing is not None]
    at_once = CONTAINERS_AT_ONCE if len(used) > FEW_CONTAINERS else 2
    chosen = rng.sample(used, min(at_once, len(used)))
    chosen += rng.sample(unused, min(1, len(unused)))
    return sorted(chosen, key=lambda b: (-b.volume_cm3, b.slot.key))


def _new_slots(solution: PartialSolution, rng: random.Random) -> Sequence[Slot]:
    """Return one further container of each of a few pools."""
    pools = [
        pool for pool in solution.problem.pools if solution.remaining_containers(pool.pool) > 0
    ]
    chosen = rng.sample(pools, min(NEW_AT_ONCE, len(pools)))
    return [solution.new_bin(pool).slot for pool in chosen]


def _restrict(solution: PartialSolution, free: set[str], keys: set[str]) -> Problem:
    """Return the problem of these consignments, with the offers that the other bins leave."""
    problem = solution.problem
    taken = dict.fromkeys(problem.on_offer, 0)
    for key, bin_ in solution.bins.items():
        if key not in keys and bin_.members and not bin_.slot.fixed and bin_.slot.pool in taken:
            taken[bin_.slot.pool] += 1
    return msgspec.structs.replace(
        problem,
        free={c: demand for c, demand in problem.free.items() if c in free},
        unassigned_cost={c: cost for c, cost in problem.unassigned_cost.items() if c in free},
        on_offer={pool: count - taken[pool] for pool, count in problem.on_offer.items()},
    )
