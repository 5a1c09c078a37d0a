"""Allocations without search: the instant answer, the hint for the solver, and the fallback."""

from collections.abc import Iterable, Mapping

from groupage.domain.instance import Demand
from optimizer.allocation.bins import Bin
from optimizer.allocation.draft import Draft
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot


def greedy(problem: Problem) -> Draft:
    """Keep what is published, fill what is open, then open containers as long as that pays."""
    draft = Draft(problem)
    keep_published(draft)
    fill(draft)
    open_new(draft)
    return draft


def keep_published(draft: Draft) -> None:
    """Leave each consignment where the published plan has it, as far as that is still allowed."""
    for demand in draft.unplaced():
        key = demand.current_consolidation_id
        bin_ = draft.bins.get(key) if key is not None else None
        if bin_ is not None and draft.usable(bin_) and draft.accepts(demand, bin_):
            draft.put(demand, bin_)


def fill(draft: Draft) -> None:
    """Put each consignment into the cheapest container in use, where that beats staying."""
    for demand in draft.unplaced():
        one = demand.consignment_id
        open_bins = [b for b in draft.bins.values() if b.members and draft.accepts(demand, b)]
        if not open_bins:
            continue
        best = min(open_bins, key=lambda b: (draft.price(one, b) - b.saving(demand), b.slot.key))
        if draft.price(one, best) - best.saving(demand) < draft.problem.behind[one]:
            draft.put(demand, best)


def open_new(draft: Draft) -> None:
    """Open the container that saves most, fill it, and again, until none saves anything."""
    while True:
        waiting = draft.unplaced()
        candidates = [_filled(draft, bin_, waiting) for bin_ in _openable(draft)]
        best = max(candidates, key=lambda c: (c[0], c[1].slot.key), default=None)
        if best is None or best[0] <= 0:
            return
        draft.open(best[1])


def _openable(draft: Draft) -> Iterable[Bin]:
    for slot in draft.problem.slots:
        if (
            not draft.bins[slot.key].members
            and not slot.fixed
            and draft.usable(draft.bins[slot.key])
        ):
            yield Bin(slot, draft.problem)
    for pool in draft.problem.pools:
        if draft.room(pool.pool) > 0:
            yield draft.fresh(pool)


def _filled(draft: Draft, bin_: Bin, waiting: list[Demand]) -> tuple[int, Bin]:
    """Fill a new container with what gains most for its volume; what that saves in all."""
    problem = draft.problem
    gains = []
    for demand in waiting:
        one = demand.consignment_id
        if problem.allows(one, bin_.slot):
            gain = problem.behind[one] - problem.options[one][bin_.slot.place]
            if gain > 0:
                gains.append((-gain / max(1, demand.volume_cm3), one, gain, demand))
    saved = 0
    for _, _, gain, demand in sorted(gains, key=lambda g: g[:2]):
        if bin_.binding(demand) is None:
            bin_.add(demand)
            saved += gain
    return saved - bin_.opening_cost, bin_


def completed(problem: Problem, wishes: Mapping[str, str], copies: Mapping[str, int]) -> Draft:
    """Make whole containers of a solution that counted them.

    `wishes`: consignment → slot key; `copies`: key of a pool → how many of its containers.
    """
    draft = Draft(problem)
    pools = {pool.key: pool for pool in problem.pools}
    fresh = {
        key: _fresh_ones(draft, pools[key], count) for key, count in copies.items() if key in pools
    }
    for demand in draft.unplaced():
        key = wishes.get(demand.consignment_id)
        if key is None:
            continue
        choice = fresh[key] if key in fresh else [draft.bins[key]] if key in draft.bins else []
        target = next((b for b in choice if draft.accepts(demand, b)), None)
        if target is not None:
            draft.put(demand, target)
    for bins in fresh.values():
        for bin_ in bins:
            if not bin_.members:
                del draft.bins[bin_.slot.key]
    fill(draft)
    open_new(draft)
    return draft


def _fresh_ones(draft: Draft, pool: Slot, count: int) -> list[Bin]:
    bins = []
    for _ in range(count):
        bin_ = draft.fresh(pool)
        draft.open(bin_)
        bins.append(bin_)
    return bins


def first_fit(problem: Problem) -> Draft:
    """What a forwarder does by hand: in order of arrival, into the first departure it reaches.

    Opens the type that costs least for its volume. The baseline of benchmarks.
    """
    draft = Draft(problem)
    for demand in sorted(problem.free.values(), key=lambda d: (d.available_at, d.consignment_id)):
        for voyage_id in problem.departures:
            if _first_fit_on(draft, demand, voyage_id):
                break
    return draft


def _first_fit_on(draft: Draft, demand: Demand, voyage_id: str) -> bool:
    for bin_ in draft.bins.values():
        if bin_.slot.pool[0] == voyage_id and bin_.members and draft.accepts(demand, bin_):
            draft.put(demand, bin_)
            return True
    pools = [p for p in draft.problem.pools if p.pool[0] == voyage_id and draft.room(p.pool) > 0]
    for pool in sorted(pools, key=lambda p: (p.open_cost / p.usable_cm3, p.key)):
        bin_ = draft.fresh(pool)
        if draft.accepts(demand, bin_):
            draft.open(bin_)
            draft.put(demand, bin_)
            return True
    return False
