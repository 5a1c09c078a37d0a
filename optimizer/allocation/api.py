"""The one door to the allocation engine."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import LeftOut
from optimizer.allocation.draft import Draft
from optimizer.allocation.given import given_cost
from optimizer.allocation.greedy import completed, greedy
from optimizer.allocation.improve import improve
from optimizer.allocation.model import Effort, Found, Hint, search
from optimizer.allocation.problem import Cuts, Problem, pose
from optimizer.allocation.reasons import Moved, left_out_reason, move_reason
from optimizer.allocation.slots import Slot, new_id

COUNTED_SHARE = 0.25
"""Of the work limit that goes to the relaxation, which also gives the bound."""
REPAIR_SHARE = 0.2
"""Of the work limit for an allocation that only finds places for what did not fit."""
REPAIR_IDLE_MAX = 3
"""It begins with a plan that can be kept: a few vain tries are enough."""


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """Who goes where."""

    assign: dict[str, str]
    """Consignment → consolidation."""
    slots: tuple[Slot, ...]
    """Containers with cargo, and fixed ones; in the order of their ids."""
    opened: tuple[Slot, ...]
    """Those of them that are not in the instance."""
    left_out: tuple[LeftOut, ...]
    moves: dict[str, Moved]
    """Consignment → why it is not where the published plan has it."""
    cost: int
    """All allocation terms, US cents."""
    lower_bound: int
    """0 when cuts are given: a bound must not rest on what the loader failed to do."""
    optimal: bool
    fallback: bool
    """The solver found nothing; the published plan was kept and filled up."""
    work: float


def allocate(instance: Instance) -> Allocation:
    """Decide about every demand of the instance.

    Always returns an allocation: when the solver finds nothing within its work limit, the greedy
    one that starts from the published plan. Deterministic for the instance's seed and limits.
    """
    problem = pose(instance, Cuts())
    draft = greedy(problem)
    if not problem.free:
        return _finished(problem, draft, bound=draft.cost(), optimal=True, fallback=False, work=0.0)
    counted = _search_counted(problem, draft)
    if counted.wishes is not None:
        draft = min(draft, completed(problem, counted.wishes, counted.copies), key=Draft.cost)
    bound = _open_slots_cost(problem) + counted.bound
    draft, work = improve(draft, bound=bound, effort=_effort(problem, 1 - COUNTED_SHARE))
    return _finished(
        problem,
        draft,
        bound=min(bound, draft.cost()),
        optimal=draft.cost() <= bound,
        fallback=counted.wishes is None and work == 0.0,
        work=counted.work + work,
    )


def repair(instance: Instance, cuts: Cuts, loads: Mapping[str, str]) -> Allocation:
    """Find places for what did not fit, beginning with an assignment that `loads`."""
    problem = pose(instance, cuts)
    draft = min(greedy(problem), Draft(problem).rearranged(loads, ()), key=Draft.cost)
    work = 0.0
    if problem.free and not cuts.closed:
        effort = _effort(problem, REPAIR_SHARE)
        draft, work = improve(draft, bound=0, effort=effort, idle_max=REPAIR_IDLE_MAX)
    return _finished(problem, draft, bound=0, optimal=False, fallback=False, work=work)


def _effort(problem: Problem, share: float) -> Effort:
    limits = problem.instance.limits
    return Effort(
        seed=limits.seed,
        work=limits.allocation_work * share,
        wall_s=limits.wall_s * share,
    )


def _open_slots_cost(problem: Problem) -> int:
    """Containers that no model contains because nothing about them can change."""
    bins = Draft(problem).bins.values()
    return sum(bin_.opening_cost for bin_ in bins if bin_.slot.fixed)


def _movable(problem: Problem) -> tuple[Slot, ...]:
    return tuple(slot for slot in problem.slots if not slot.fixed)


def _search_counted(problem: Problem, draft: Draft) -> Found:
    old = {slot.key for slot in problem.slots}
    copies = Counter(
        bin_.slot.key if bin_.slot.key in old else bin_.slot.place
        for bin_ in draft.bins.values()
        if bin_.members
    )
    wishes = {
        one: key if key in old else draft.bins[key].slot.place
        for one, key in draft.where.items()
        if one in problem.free
    }
    return search(
        problem,
        (*_movable(problem), *problem.pools),
        hint=Hint(wishes=wishes, copies=copies),
        effort=_effort(problem, COUNTED_SHARE),
    )


def _finished(
    problem: Problem, draft: Draft, *, bound: int, optimal: bool, fallback: bool, work: float
) -> Allocation:
    names, opened = _named(problem, draft)
    given = given_cost(problem)
    assign = {one: names[key] for one, key in sorted(draft.where.items())}
    kept = [b.slot for b in draft.bins.values() if b.members or b.slot.fixed]
    old = {slot.key for slot in problem.slots}
    return Allocation(
        assign=assign,
        slots=tuple(sorted((*(s for s in kept if s.key in old), *opened), key=lambda s: s.key)),
        opened=tuple(
            sorted(
                (*(s for s in kept if s.key in old and s.existing is None), *opened),
                key=lambda s: s.key,
            )
        ),
        left_out=tuple(
            left_out_reason(draft, one) for one in problem.demands if one not in draft.where
        ),
        moves={
            one: move_reason(draft, demand, assign.get(one))
            for one, demand in problem.demands.items()
            if demand.current_consolidation_id != assign.get(one)
        },
        cost=draft.cost() + given,
        lower_bound=0 if problem.cuts != Cuts() else bound + given,
        optimal=optimal,
        fallback=fallback,
        work=round(work, 6),
    )


def _named(problem: Problem, draft: Draft) -> tuple[dict[str, str], tuple[Slot, ...]]:
    """Final ids of new containers: numbered in each pool by their first consignment."""
    old = {slot.key for slot in problem.slots}
    names = {key: key for key in old}
    count = Counter(slot.pool for slot in problem.cuts.opened)
    opened = []
    new = [bin_ for key, bin_ in draft.bins.items() if key not in old and bin_.members]
    for bin_ in sorted(new, key=lambda b: min(b.members)):
        pool = bin_.slot.pool
        count[pool] += 1
        names[bin_.slot.key] = new_id(problem.instance, *pool, count[pool])
        opened.append(msgspec.structs.replace(bin_.slot, key=names[bin_.slot.key]))
    return names, tuple(opened)
