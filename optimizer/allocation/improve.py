"""Large neighbourhood search: take a few containers out of an allocation and fill them again."""

import random
from collections.abc import Sequence

import msgspec

from optimizer.allocation.bins import Bin
from optimizer.allocation.constraints import WITH_GUESSES
from optimizer.allocation.draft import Draft
from optimizer.allocation.model import Effort, Hint, search
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot

CONTAINERS_AT_ONCE = 3
LEFT_OUT_AT_ONCE = 40
SPARES_AT_ONCE = 3
WORK_OF_ONE = 0.04
"""Deterministic time of one try."""
ENOUGH_PERMILLE = 1
"""A gap that is not worth further work."""
IDLE_MAX = 16
"""Tries without gain after which the search usually ends."""


def improve(
    draft: Draft, *, bound: int, effort: Effort, idle_max: int = IDLE_MAX
) -> tuple[Draft, float]:
    """A draft that is no worse, and the work done. Stops near the bound or when idle."""
    rng = random.Random(effort.seed)  # noqa: S311  # reproducible search, no secrets
    best = draft
    work = 0.0
    idle = 0
    enough = bound + bound * ENOUGH_PERMILLE // 1_000
    while work < effort.work and idle < idle_max and best.cost() > enough:
        found, spent = _refill(best, rng, effort)
        work += spent
        idle = 0 if found.cost() < best.cost() else idle + 1
        if found.cost() <= best.cost():
            best = found
    return best, work


def _refill(draft: Draft, rng: random.Random, effort: Effort) -> tuple[Draft, float]:
    problem = draft.problem
    chosen = _chosen(draft, rng)
    keys = {bin_.slot.key for bin_ in chosen}
    left = [demand.consignment_id for demand in draft.unplaced()]
    free = {one for one, key in draft.where.items() if key in keys and one in problem.free}
    free.update(rng.sample(left, min(LEFT_OUT_AT_ONCE, len(left))))
    slots = (*(bin_.slot for bin_ in chosen), *_spares(draft, rng))
    found = search(
        _part(draft, free, keys),
        slots,
        hint=Hint(
            wishes={one: draft.where[one] for one in free if one in draft.where},
            copies={bin_.slot.key: 1 for bin_ in chosen if bin_.members},
        ),
        effort=msgspec.structs.replace(effort, work=WORK_OF_ONE),
        rules=WITH_GUESSES,
        presolve=False,  # of a model this small it takes more than it gives
    )
    spent = max(found.work, 1e-4)
    if found.wishes is None:
        return draft, spent
    where = {one: key for one, key in draft.where.items() if one not in free}
    return draft.rearranged({**where, **found.wishes}, slots), spent


def _chosen(draft: Draft, rng: random.Random) -> list[Bin]:
    """Containers to empty, fullest first: some in use, and one unused of the published plan."""
    movable = [bin_ for bin_ in draft.bins.values() if not bin_.slot.fixed]
    movable.sort(key=lambda b: b.slot.key)
    used = [bin_ for bin_ in movable if bin_.members]
    unused = [b for b in movable if not b.members and b.slot.existing is not None]
    chosen = rng.sample(used, min(CONTAINERS_AT_ONCE, len(used)))
    chosen += rng.sample(unused, min(1, len(unused)))
    return sorted(chosen, key=lambda b: (-b.volume_cm3, b.slot.key))


def _spares(draft: Draft, rng: random.Random) -> Sequence[Slot]:
    """One further container of each of a few pools."""
    pools = [pool for pool in draft.problem.pools if draft.room(pool.pool) > 0]
    chosen = rng.sample(pools, min(SPARES_AT_ONCE, len(pools)))
    return [draft.fresh(pool).slot for pool in chosen]


def _part(draft: Draft, free: set[str], keys: set[str]) -> Problem:
    """The problem of these consignments alone, in what the others leave of the offers."""
    problem = draft.problem
    taken = dict.fromkeys(problem.room, 0)
    for key, bin_ in draft.bins.items():
        if key not in keys and bin_.members and not bin_.slot.fixed and bin_.slot.pool in taken:
            taken[bin_.slot.pool] += 1
    return msgspec.structs.replace(
        problem,
        free={one: demand for one, demand in problem.free.items() if one in free},
        behind={one: cost for one, cost in problem.behind.items() if one in free},
        room={pool: room - taken[pool] for pool, room in problem.room.items()},
    )
