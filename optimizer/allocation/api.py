"""The one door to the allocation engine."""

from collections import Counter

import msgspec

from groupage.domain.plans import Instance, LeftOut
from optimizer.allocation.draft import Draft
from optimizer.allocation.given import given_cost
from optimizer.allocation.greedy import completed, greedy
from optimizer.allocation.model import Effort, Found, Hint, search
from optimizer.allocation.problem import Cuts, Problem, pose
from optimizer.allocation.reasons import Moved, left_out_reason, move_reason
from optimizer.allocation.slots import Slot, new_id, new_slot

COUNTED_SHARE = 0.5
"""Of the work limit that goes to the relaxation, which also gives the bound."""


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


def allocate(instance: Instance, cuts: Cuts | None = None) -> Allocation:
    """Decide about every demand of the instance.

    Always returns an allocation: when the solver finds nothing within its work limit, the greedy
    one that starts from the published plan. Deterministic for the instance's seed and limits.
    """
    problem = pose(instance, cuts or Cuts())
    draft = greedy(problem)
    if not problem.free:
        return _finished(problem, draft, bound=draft.cost(), optimal=True, fallback=False, work=0.0)
    counted = _search_counted(problem, draft)
    if counted.wishes is not None:
        draft = min(draft, completed(problem, counted.wishes, counted.copies), key=Draft.cost)
    bound = _open_slots_cost(problem) + counted.bound
    work = counted.work
    single: Found | None = None
    if draft.cost() > bound:
        single = _search_single(problem, draft)
        work += single.work
        if single.wishes is not None:
            draft = min(draft, _as_said(problem, draft, single), key=Draft.cost)
    return _finished(
        problem,
        draft,
        bound=min(bound, draft.cost()),
        optimal=draft.cost() <= bound,
        fallback=counted.wishes is None and (single is None or single.wishes is None),
        work=work,
    )


def _effort(problem: Problem, share: float) -> Effort:
    limits = problem.instance.limits
    return Effort(
        seed=limits.seed, work=limits.allocation_work * share, wall_s=limits.wall_s * share
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


def _single_slots(problem: Problem, draft: Draft) -> tuple[dict[str, str], tuple[Slot, ...]]:
    """Every new container of the draft as a slot of its own, heaviest first, and one spare of each pool.

    Also says which key each container of the draft has among them.
    """
    old = {slot.key for slot in problem.slots}
    renamed = {key: key for key in old}
    slots = []
    for pool in problem.pools:
        mine = [
            bin_
            for key, bin_ in draft.bins.items()
            if key not in old and bin_.slot.pool == pool.pool and bin_.members
        ]
        mine.sort(key=lambda b: (-b.volume_cm3, min(b.members)))
        spare = draft.room(pool.pool) > 0
        for number in range(len(mine) + spare):
            assert pool.departure is not None
            key = f"{pool.key} #{number + 1}"
            slots.append(
                new_slot(
                    problem.instance, pool.departure, pool.spec.iso_type, key=key, copies_max=1
                )
            )
            if number < len(mine):
                renamed[mine[number].slot.key] = key
    return renamed, tuple(slots)


def _search_single(problem: Problem, draft: Draft) -> Found:
    renamed, new = _single_slots(problem, draft)
    return search(
        problem,
        (*_movable(problem), *new),
        hint=Hint(
            wishes={o: renamed[k] for o, k in draft.where.items() if o in problem.free},
            copies={renamed[k]: 1 for k, bin_ in draft.bins.items() if bin_.members},
        ),
        effort=_effort(problem, 1 - COUNTED_SHARE),
    )


def _as_said(problem: Problem, draft: Draft, found: Found) -> Draft:
    """The draft that the solver describes with containers told apart."""
    _, new = _single_slots(problem, draft)
    said = Draft(problem, extra=new)
    assert found.wishes is not None
    for one, key in found.wishes.items():
        demand = problem.free[one]
        assert said.accepts(demand, said.bins[key]), (one, key)
        said.put(demand, said.bins[key])
    return said


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
