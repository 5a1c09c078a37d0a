"""The entry points of allocation: `allocate` an instance, `repair` what the loader rejected."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import LeftOut
from optimizer.allocation.build import build_problem
from optimizer.allocation.greedy import construct, expand
from optimizer.allocation.improve import improve
from optimizer.allocation.model import Hint, SearchResult, WorkLimit, search
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.problem import NoGoods, Problem, constant_cost
from optimizer.allocation.reasons import MoveReason, left_out_reason, move_reason
from optimizer.allocation.slots import Slot, new_id

RELAXATION_SHARE = 0.25
"""Share of the work limit for the relaxation, which also gives the bound."""
REPAIR_SHARE = 0.2
"""Share of the work limit for a repair, which only places what did not fit."""
REPAIR_IDLE_MAX = 3
"""A repair starts from a plan that loads: a few neighbourhoods without gain are enough."""


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """Consignments in containers, and reasons for what is left out or moved."""

    assignment: dict[str, str]
    """Consignment → consolidation."""
    slots: tuple[Slot, ...]
    """Containers with cargo, and fixed ones; in the order of their ids."""
    opened: tuple[Slot, ...]
    """Those of them that are not in the instance."""
    left_out: tuple[LeftOut, ...]
    moves: dict[str, MoveReason]
    """Consignment → why it is not where the published plan has it."""
    cost: int
    """All allocation terms, US cents."""
    lower_bound: int
    """0 after a repair: a bound must not rest on what the loader failed to do."""
    optimal: bool
    fallback: bool
    """CP-SAT found nothing; the published plan was kept and filled up."""
    work: float
    """CP-SAT deterministic time."""


def allocate(instance: Instance) -> Allocation:
    """Decide about every demand of the instance.

    Always returns an allocation: when CP-SAT finds nothing within its work limit, the greedy
    one that starts from the published plan. Deterministic for the instance's seed and limits.
    """
    problem = build_problem(instance, NoGoods())
    solution = construct(problem)
    if not problem.free:
        return _finish(
            problem, solution, bound=solution.cost(), optimal=True, fallback=False, work=0.0
        )
    relaxed = _search_relaxation(problem, solution)
    if relaxed.assignment is not None:
        expanded = expand(problem, relaxed.assignment, relaxed.used)
        solution = min(solution, expanded, key=PartialSolution.cost)
    bound = _fixed_containers_cost(problem) + relaxed.bound
    limit = _work_limit(problem, 1 - RELAXATION_SHARE)
    solution, work = improve(solution, bound=bound, limit=limit)
    return _finish(
        problem,
        solution,
        bound=min(bound, solution.cost()),
        optimal=solution.cost() <= bound,
        fallback=relaxed.assignment is None and work == 0.0,
        work=relaxed.work + work,
    )


def repair(instance: Instance, no_goods: NoGoods, loads: Mapping[str, str]) -> Allocation:
    """Find places for what did not fit, starting from `loads`, an assignment that loads."""
    problem = build_problem(instance, no_goods)
    start = PartialSolution(problem).reassign(loads, ())
    solution = min(construct(problem), start, key=PartialSolution.cost)
    work = 0.0
    if problem.free and not no_goods.final:
        limit = _work_limit(problem, REPAIR_SHARE)
        solution, work = improve(solution, bound=0, limit=limit, idle_max=REPAIR_IDLE_MAX)
    return _finish(problem, solution, bound=0, optimal=False, fallback=False, work=work)


def _work_limit(problem: Problem, share: float) -> WorkLimit:
    limits = problem.instance.limits
    return WorkLimit(
        seed=limits.seed,
        work=limits.allocation_work * share,
        wall_s=limits.wall_s * share,
    )


def _fixed_containers_cost(problem: Problem) -> int:
    """Return the cost of frozen and locked containers, which no model contains."""
    bins = PartialSolution(problem).bins.values()
    return sum(bin_.opening_cost for bin_ in bins if bin_.slot.fixed)


def _search_relaxation(problem: Problem, solution: PartialSolution) -> SearchResult:
    """Search with new containers counted by pool: cheap, and its bound holds for every plan."""
    old = {slot.key for slot in problem.slots}
    movable = [slot for slot in problem.slots if not slot.fixed]
    keys = {key: key if key in old else bin_.slot.cost_key for key, bin_ in solution.bins.items()}
    return search(
        problem,
        (*movable, *problem.pools),
        hint=Hint(
            assignment={
                c: keys[key] for c, key in solution.assignment.items() if c in problem.free
            },
            used=Counter(keys[key] for key, bin_ in solution.bins.items() if bin_.members),
        ),
        limit=_work_limit(problem, RELAXATION_SHARE),
    )


def _finish(
    problem: Problem,
    solution: PartialSolution,
    *,
    bound: int,
    optimal: bool,
    fallback: bool,
    work: float,
) -> Allocation:
    ids, new = _name_new_containers(problem, solution)
    constant = constant_cost(problem)
    assignment = {c: ids[key] for c, key in sorted(solution.assignment.items())}
    kept = [
        slot
        for slot in problem.slots
        if solution.bins[slot.key].members or solution.bins[slot.key].slot.fixed
    ]
    opened = (*(slot for slot in kept if slot.existing is None), *new)
    return Allocation(
        assignment=assignment,
        slots=tuple(sorted((*kept, *new), key=lambda slot: slot.key)),
        opened=tuple(sorted(opened, key=lambda slot: slot.key)),
        left_out=tuple(
            left_out_reason(solution, consignment_id)
            for consignment_id in problem.demands
            if consignment_id not in solution.assignment
        ),
        moves={
            consignment_id: move_reason(solution, demand, assignment.get(consignment_id))
            for consignment_id, demand in problem.demands.items()
            if demand.current_consolidation_id != assignment.get(consignment_id)
        },
        cost=solution.cost() + constant,
        lower_bound=0 if problem.no_goods != NoGoods() else bound + constant,
        optimal=optimal,
        fallback=fallback,
        work=round(work, 6),
    )


def _name_new_containers(
    problem: Problem, solution: PartialSolution
) -> tuple[dict[str, str], tuple[Slot, ...]]:
    """Return final ids by bin key, and the new containers with them.

    New containers of a pool are numbered by the lowest id among their consignments.
    """
    old = {slot.key for slot in problem.slots}
    ids = {key: key for key in old}
    count = Counter(slot.pool for slot in problem.no_goods.opened)
    opened = []
    new = [bin_ for key, bin_ in solution.bins.items() if key not in old and bin_.members]
    for bin_ in sorted(new, key=lambda b: min(b.members)):
        pool = bin_.slot.pool
        count[pool] += 1
        ids[bin_.slot.key] = new_id(problem.instance, *pool, count[pool])
        opened.append(msgspec.structs.replace(bin_.slot, key=ids[bin_.slot.key]))
    return ids, tuple(opened)
