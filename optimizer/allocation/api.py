"""The entry points of allocation: `allocate` an instance, `repair` what the loader rejected."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import LeftOut
from optimizer.allocation.build import build_problem
from optimizer.allocation.bundles import choose_greedily
from optimizer.allocation.dual import find_bound
from optimizer.allocation.greedy import (
    construct,
    expand,
    fill_by_choice,
    fill_mix,
    keep_published,
)
from optimizer.allocation.improve import improve
from optimizer.allocation.mix import find_mix
from optimizer.allocation.model import Hint, SearchResult, WorkLimit, search
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.pins import place_required, waive, waive_unplaced
from optimizer.allocation.problem import NoGoods, Problem, constant_cost
from optimizer.allocation.reasons import Explainer, MoveReason
from optimizer.allocation.rules.registry import find_placement_rule
from optimizer.allocation.slots import Slot, new_id
from optimizer.deadline import StageDeadline, unlimited

RELAXATION_SHARE = 0.25
"""Share of the work limit for the relaxation, which also gives the bound."""
IMPROVE_SHARE = 0.5
"""Share of the work limit for improving what the relaxation found."""
PROVABLE_PAIRS = 600
"""Up to so many pairs of consignment and slot CP-SAT can prove more than the cheapest mix does: it
does not divide consignments."""
LARGE_PAIRS = 6_000
"""Above so many pairs of consignment and slot the relaxation's model is too large for its share of
the work: CP-SAT ends in presolve. Lanes with a usual day's cargo have less than half of it."""
USEFUL_BOUND = 0.5
"""A bound below this share of the solution's cost calls for the dual bound."""
MANY_CONTAINERS = 40
"""Above so many containers a large lane is improved less: a neighbourhood is a few of them, and
loading them all takes the time."""
REQUIRED_SHARE = 0.25
"""Share of the work limit for placing what a plan must place, where the other searches did not."""
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
    required: frozenset[str]
    """Placed consignments that were to be placed before costs count, whatever they cost."""
    unplaced: int
    """How many consignments are left out that a plan must place if any container takes them."""
    cost: int
    """All allocation terms, US cents."""
    lower_bound: int
    """Of all allocations that place `required`. 0 after a repair: a bound must not rest on what the
    loader failed to do."""
    optimal: bool
    fallback: bool
    """CP-SAT found nothing; the published plan was kept and filled up."""
    work: float
    """CP-SAT deterministic time."""

    @property
    def rank(self) -> tuple[int, int]:
        """The order of preference: what must be placed comes before the cost."""
        return self.unplaced, self.cost


def allocate(instance: Instance, deadline: StageDeadline | None = None) -> Allocation:
    """Decide about every demand of the instance.

    Always returns an allocation: when CP-SAT finds nothing within its work limit, the greedy
    one that starts from the published plan. Deterministic for the instance's seed and limits.
    """
    deadline = deadline or unlimited("allocate")
    problem = build_problem(instance, NoGoods(), deadline.of("build"))
    if not problem.free and not problem.unexplored:
        solution = construct(problem, deadline)
        start = _Start(solution=solution, bound=solution.cost(), found=True)
    elif is_large(problem):
        start = _start_from_dual(problem, deadline)
    else:
        start = _start_from_relaxation(problem, deadline)
    solution, bound, work = _require(start, deadline)
    limit = _work_limit(problem, start.improve_share, deadline)
    if problem.free:
        solution, improving = improve(solution, bound=bound, limit=limit)
        work += improving
    return _finish(
        solution.problem,
        solution,
        deadline,
        bound=min(bound, solution.cost()),
        optimal=solution.cost() <= bound and not problem.unexplored,
        fallback=not start.found and work == 0.0,
        work=start.work + work,
    )


def is_large(problem: Problem) -> bool:
    """Return whether CP-SAT would end before it finds or proves anything about the problem."""
    slots = len(problem.slots) + len(problem.pools)
    return len(problem.free) * slots > LARGE_PAIRS


class _Start(msgspec.Struct, frozen=True, kw_only=True):
    """A first solution, and a lower bound of all of them."""

    solution: PartialSolution
    bound: int
    found: bool
    """Whether a search found it, or at least guided the construction."""
    work: float = 0.0
    improve_share: float = IMPROVE_SHARE
    """Share of the work limit for improving it."""


def _require(start: _Start, deadline: StageDeadline) -> tuple[PartialSolution, int, float]:
    """Place what must be placed; return the solution, a bound and the work done.

    What finds no place is waived: the solution's problem no longer has its price, and the bound
    holds for all solutions that place what this one places.
    """
    solution, bound, problem = start.solution, start.bound, start.solution.problem
    if not problem.required:
        return solution, bound, 0.0
    limit = _work_limit(problem, REQUIRED_SHARE, deadline)
    solution, work = place_required(solution, limit)
    waived = problem.required - solution.assignment.keys()
    solution = waive_unplaced(solution)
    if waived:
        bound = max(
            bound - problem.required_price * len(waived), _dual_bound(solution.problem, deadline)
        )
    return solution, bound, work


def _dual_bound(problem: Problem, deadline: StageDeadline) -> int:
    dual = find_bound(problem, _movable_slots(problem), deadline)
    return _fixed_containers_cost(problem) + dual.bound


def lower_bound(instance: Instance, required: frozenset[str], deadline: StageDeadline) -> int:
    """Return a bound of all allocations that place these required consignments, US cents."""
    problem = build_problem(instance, NoGoods())
    problem = waive(problem, problem.required - required)
    return max(0, _dual_bound(problem, deadline)) + constant_cost(problem, proven=True)


def _start_from_relaxation(problem: Problem, deadline: StageDeadline) -> _Start:
    """Construct a solution, and search for the cheapest mix, for a better one and for the bound."""
    solution = construct(problem, deadline)
    fixed_cost = _fixed_containers_cost(problem)
    if deadline.is_over():
        dual = find_bound(problem, _movable_slots(problem), deadline)
        return _Start(solution=solution, bound=fixed_cost + dual.bound, found=False)
    solution, bound, found = _fill_cheapest_mix(problem, solution, deadline)
    work = 0.0
    pairs = len(problem.free) * len(_movable_slots(problem))
    if pairs <= PROVABLE_PAIRS and solution.cost() > bound:
        relaxed = _search_relaxation(problem, solution, deadline)
        work, found = relaxed.work, found or relaxed.assignment is not None
        bound = max(bound, fixed_cost + relaxed.bound)
        if relaxed.assignment is not None:
            expanded = expand(problem, relaxed.assignment, relaxed.used, deadline)
            solution = min(solution, expanded, key=PartialSolution.cost)
    if bound < solution.cost() * USEFUL_BOUND:
        # Neither came to a proof within its limit.
        dual = find_bound(problem, _movable_slots(problem), deadline)
        bound = max(bound, fixed_cost + dual.bound)
    return _Start(solution=solution, bound=bound, found=found, work=work)


def _fill_cheapest_mix(
    problem: Problem, solution: PartialSolution, deadline: StageDeadline
) -> tuple[PartialSolution, int, bool]:
    """Return the solution or one with the cheapest mix if it costs less; a bound; if it has a mix.

    The mix proves nothing about consignments of which not all slots were looked at.
    """
    bound = _fixed_containers_cost(problem)
    mix = find_mix(problem, _movable_slots(problem), deadline)
    if mix is None:
        return solution, bound, False
    if mix.used:
        filled = fill_mix(problem, mix.used, mix.voyages, mix.stay, deadline)
        solution = min(solution, filled, key=PartialSolution.cost)
    if not problem.unexplored:
        bound += mix.bound
    return solution, bound, bool(mix.used)


def _start_from_dual(problem: Problem, deadline: StageDeadline) -> _Start:
    """Construct a solution from the choices behind the dual bound, and from greedy ones."""
    dual = find_bound(problem, _movable_slots(problem), deadline)
    by_price, by_greed = PartialSolution(problem), PartialSolution(problem)
    keep_published(by_price)
    fill_by_choice(by_price, dual.choices, deadline)
    keep_published(by_greed)
    fill_by_choice(by_greed, choose_greedily(by_greed, deadline), deadline)
    solution = min(by_price, by_greed, key=PartialSolution.cost)
    bound = _fixed_containers_cost(problem) + dual.bound
    share = (1 - RELAXATION_SHARE) * min(1, MANY_CONTAINERS / max(1, len(solution.bins)))
    return _Start(solution=solution, bound=bound, found=True, improve_share=share)


def repair(
    instance: Instance,
    no_goods: NoGoods,
    loads: Mapping[str, str],
    deadline: StageDeadline | None = None,
) -> Allocation:
    """Find places for what did not fit, starting from `loads`, an assignment that loads."""
    deadline = deadline or unlimited("load")
    problem = build_problem(instance, no_goods, deadline)
    start = PartialSolution(problem).reassign(loads, ())
    solution = min(construct(problem, deadline), start, key=PartialSolution.cost)
    work = 0.0
    if problem.free and not no_goods.final:
        limit = _work_limit(problem, REPAIR_SHARE, deadline)
        solution, work = place_required(solution, limit)
        solution, improving = improve(solution, bound=0, limit=limit, idle_max=REPAIR_IDLE_MAX)
        work += improving
    solution = waive_unplaced(solution)
    return _finish(
        solution.problem, solution, deadline, bound=0, optimal=False, fallback=False, work=work
    )


def _work_limit(problem: Problem, share: float, deadline: StageDeadline) -> WorkLimit:
    limits = problem.instance.limits
    return WorkLimit(
        seed=limits.seed,
        work=limits.allocation_work * share,
        deadline=deadline,
    )


def _fixed_containers_cost(problem: Problem) -> int:
    """Return the cost of frozen and locked containers, which no model contains."""
    bins = PartialSolution(problem).bins.values()
    return sum(bin_.opening_cost for bin_ in bins if bin_.slot.fixed)


def _movable_slots(problem: Problem) -> tuple[Slot, ...]:
    """Return the slots of the relaxation: new containers are counted by pool."""
    return (*(slot for slot in problem.slots if not slot.fixed), *problem.pools)


def _search_relaxation(
    problem: Problem, solution: PartialSolution, deadline: StageDeadline
) -> SearchResult:
    """Search with new containers counted by pool: cheap, and its bound holds for every plan."""
    old = {slot.key for slot in problem.slots}
    keys = {key: key if key in old else bin_.slot.cost_key for key, bin_ in solution.bins.items()}
    return search(
        problem,
        _movable_slots(problem),
        hint=Hint(
            assignment={
                c: keys[key] for c, key in solution.assignment.items() if c in problem.free
            },
            used=Counter(keys[key] for key, bin_ in solution.bins.items() if bin_.members),
        ),
        limit=_work_limit(problem, RELAXATION_SHARE, deadline),
    )


def _finish(
    problem: Problem,
    solution: PartialSolution,
    deadline: StageDeadline,
    *,
    bound: int,
    optimal: bool,
    fallback: bool,
    work: float,
) -> Allocation:
    ids, new = _name_new_containers(problem, solution)
    if problem.no_goods != NoGoods():
        bound = 0
    else:
        bound += constant_cost(problem, proven=True)
    # A repair explains little: the allocation before it has explained the rest.
    explain = deadline.of("explain") if problem.no_goods == NoGoods() else deadline
    explainer = Explainer(solution, ids, search=deadline, deadline=explain)
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
            explainer.left_out_reason(consignment_id)
            for consignment_id in problem.demands
            if consignment_id not in solution.assignment
        ),
        moves={
            consignment_id: explainer.move_reason(demand, assignment.get(consignment_id))
            for consignment_id, demand in problem.demands.items()
            if demand.current_consolidation_id != assignment.get(consignment_id)
        },
        required=problem.required,
        unplaced=sum(
            find_placement_rule(demand) is not None
            for c, demand in problem.demands.items()
            if c not in solution.assignment
        ),
        cost=solution.cost() + constant_cost(problem),
        lower_bound=bound,
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
