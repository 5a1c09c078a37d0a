"""One instance in, one plan out: allocate ▸ load ▸ misfits back ▸ route ▸ assemble.

Pure and deterministic: the same instance (its seed and limits are part of it) gives the same plan,
byte for byte, unless `limits.wall_s` no_goods a search short.
"""

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.allocation.api import Allocation, allocate, repair
from optimizer.allocation.problem import NoGoods
from optimizer.assemble import assemble, planned_containers
from optimizer.check_instance import check_instance
from optimizer.doubts import NONE, Certification, Doubts
from optimizer.loadplans import LoadPlan, Passes, load_plan
from optimizer.reasons import Reasons
from optimizer.routing.api import route
from optimizer.stages import Stages
from optimizer.verification.violation import Violation


class Solved(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and what the verifier says of it."""

    plan: Plan
    """Certified when `violations` is empty."""
    violations: tuple[Violation, ...]


def solve_certified(instance: Instance, stages: Stages | None = None) -> Solved:
    """Solve and certify; what the verifier refuses is solved again with the doubts that it raised.

    Raises InvalidInput for an instance that makes no sense.
    """
    stages = stages or Stages()
    certification = Certification(instance)
    while certification.doubts is not None:
        plan = solve(instance, stages, doubts=certification.doubts)
        with stages.stage("verify"):
            certified = certification.certify(plan)
    return Solved(plan=certified or plan, violations=certification.violations)


def solve(instance: Instance, stages: Stages | None = None, *, doubts: Doubts = NONE) -> Plan:
    """The plan of an instance, not yet certified. Raises InvalidInput."""
    stages = stages or Stages()
    check_instance(instance)
    with stages.stage("allocate"):
        first = allocate(instance)
    found = _loaded(instance, first, stages, doubts)
    allocation, loads, reasons = found.allocation, found.loads, Reasons()
    for one in found.trail:
        reasons.note(one)
    with stages.stage("route"):
        containers = planned_containers(instance, allocation, loads)
        routes, unrouted = route(instance, containers)
    return assemble(
        instance,
        containers,
        left_out=reasons.left_out(allocation),
        moves=reasons.moves(instance, allocation),
        routing=(routes, unrouted),
        unloadable=tuple(
            one.unloadable for _, one in sorted(loads.items()) if one.unloadable is not None
        ),
        bound=first.lower_bound,
        fallback=first.fallback,
        rounds=found.rounds,
        work=found.work,
    )


class _Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """An allocation of which everything loads."""

    allocation: Allocation
    loads: dict[str, LoadPlan]
    trail: tuple[Allocation, ...]
    """Those that led to it, itself the last one: the reasons come from all of them."""
    rounds: int
    work: float


def _loaded(instance: Instance, first: Allocation, stages: Stages, doubts: Doubts) -> _Outcome:
    """The cheapest that loads: without what did not fit, or with other places for it.

    A round that costs as much as one before that loads is the last: nothing is gained by loading.
    """
    allocation, work = first, first.work
    trail: tuple[Allocation, ...] = ()
    loads: dict[str, LoadPlan] = {}
    no_goods, passes = NoGoods(), Passes(instance.limits.loading_passes)
    best: _Outcome | None = None
    for number in range(1, instance.limits.loading_rounds + 2):
        trail = (*trail, allocation)
        with stages.stage("load"):
            loads = _load(instance, allocation, loads, doubts=doubts, passes=passes)
        misfits = _misfits(loads)
        closed, kept = allocation, loads
        if misfits:
            no_goods = _cut(instance, no_goods, allocation, misfits, loose=number == 1)
            with stages.stage("allocate"):
                closed = repair(instance, _closed(no_goods, allocation, misfits), {})
            kept = _load(instance, closed, loads, doubts=doubts, passes=passes)
        if best is None or closed.cost < best.allocation.cost:
            ways = trail if closed is allocation else (*trail, closed)
            best = _Outcome(allocation=closed, loads=kept, trail=ways, rounds=number, work=work)
        if not misfits or number > instance.limits.loading_rounds:
            break
        with stages.stage("allocate"):
            allocation = repair(instance, no_goods, best.allocation.assignment)
        work += allocation.work
        if allocation.cost >= best.allocation.cost:
            break
    assert best is not None
    return msgspec.structs.replace(best, work=work)


def _load(
    instance: Instance,
    allocation: Allocation,
    before: dict[str, LoadPlan],
    *,
    doubts: Doubts,
    passes: Passes,
) -> dict[str, LoadPlan]:
    """Load plans of all containers; those whose contents did not change keep theirs."""
    loads = {}
    for slot in allocation.slots:
        members = tuple(sorted(o for o, key in allocation.assignment.items() if key == slot.key))
        known = before.get(slot.key)
        if known is not None:
            placed = tuple(one for one in known.members if one not in known.misfits)
            if placed == members:
                loads[slot.key] = msgspec.structs.replace(known, members=members, misfits=())
                continue
        loads[slot.key] = load_plan(instance, slot, members, doubts=doubts, passes=passes)
    return loads


def _misfits(loads: dict[str, LoadPlan]) -> frozenset[tuple[str, str]]:
    """(consignment, container) that allocation must answer."""
    return frozenset((one, key) for key, plan in loads.items() for one in plan.misfits)


def _caps(
    instance: Instance, allocation: Allocation, misfits: frozenset[tuple[str, str]]
) -> dict[str, int]:
    """Halfway between what went in and what did not: others may be of a better shape."""
    volume = {demand.consignment_id: demand.volume_cm3 for demand in instance.demands}
    caps = {}
    for key in {key for _, key in misfits}:
        out = sum(volume[one] for one, where in misfits if where == key)
        tried = sum(volume[one] for one, where in allocation.assignment.items() if where == key)
        caps[key] = tried - out // 2
    return caps


def _cut(
    instance: Instance,
    no_goods: NoGoods,
    allocation: Allocation,
    misfits: frozenset[tuple[str, str]],
    *,
    loose: bool,
) -> NoGoods:
    """What the next allocation must keep to; `loose`: it may also empty what did not load whole."""
    out = frozenset(one for one, _ in misfits)
    failed = frozenset(key for _, key in misfits) if loose else frozenset[str]()
    return NoGoods(
        opened=tuple({slot.key: slot for slot in (*no_goods.opened, *allocation.opened)}.values()),
        keep={
            one: key
            for one, key in allocation.assignment.items()
            if one not in out and key not in failed
        },
        forbidden=no_goods.forbidden | misfits,
        caps_cm3={**no_goods.caps_cm3, **_caps(instance, allocation, misfits)},
    )


def _closed(
    no_goods: NoGoods, allocation: Allocation, misfits: frozenset[tuple[str, str]]
) -> NoGoods:
    """The no_goods that leave out what did not fit and change nothing else."""
    out = frozenset(one for one, _ in misfits)
    keep = {one: key for one, key in allocation.assignment.items() if one not in out}
    return msgspec.structs.replace(no_goods, keep=keep, left_out=out, final=True)
