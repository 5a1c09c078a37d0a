"""Allocate and load in rounds, until the loader places all cargo of the allocation.

The loader tells what does not fit. The next round may not put that cargo into the same container,
and fills the container less. Each round also yields a plan that loads: the allocation without what
did not fit. The result is the one of these that places most of what a plan must place, and of
several the cheapest.
"""

from collections.abc import Mapping

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import LeftOut, Move
from optimizer.allocation.api import Allocation, repair
from optimizer.allocation.misfits import LOADER_CODES, describe_shortage
from optimizer.allocation.problem import NoGoods
from optimizer.allocation.reasons import MoveReason
from optimizer.allocation.rules.registry import reject_in
from optimizer.certification import Exclusions
from optimizer.deadline import StageDeadline
from optimizer.load_plans import LoadPlan, PassBudget, make_load_plan
from optimizer.stages import Stages


class LoadedAllocation(msgspec.Struct, frozen=True, kw_only=True):
    """An allocation of which everything loads."""

    allocation: Allocation
    loads: dict[str, LoadPlan]
    """By consolidation."""
    history: tuple[Allocation, ...]
    """The allocations of all rounds that led to it; the last one is `allocation`."""
    rounds: int
    work: float
    """CP-SAT deterministic time."""

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return the reasons of the consignments that the allocation leaves out."""
        reasons = self._left_out_reasons()
        return tuple(reasons[left.consignment_id] for left in self.allocation.left_out)

    def moves(self, instance: Instance) -> tuple[Move, ...]:
        """Return all changes to the published plan, in the order of the consignments' ids."""
        current = {d.consignment_id: d.current_consolidation_id for d in instance.demands}
        left_out, moved = self._left_out_reasons(), self._move_reasons()
        moves = []
        for consignment_id in sorted(self.allocation.moves):
            target = self.allocation.assignment.get(consignment_id)
            reason = left_out[consignment_id] if target is None else moved[consignment_id, target]
            moves.append(
                Move(
                    consignment_id=consignment_id,
                    from_consolidation_id=current[consignment_id],
                    to_consolidation_id=target,
                    code=reason.code,
                    reason=reason.reason,
                )
            )
        return tuple(moves)

    def _left_out_reasons(self) -> dict[str, LeftOut]:
        """Return the first reason of all rounds, unless the loader gave a later one."""
        reasons: dict[str, LeftOut] = {}
        for allocation in self.history:
            for left in allocation.left_out:
                if left.consignment_id not in reasons or left.code in LOADER_CODES:
                    reasons[left.consignment_id] = left
        return reasons

    def _move_reasons(self) -> dict[tuple[str, str | None], MoveReason]:
        """Return the first reason for each consignment and target, unless the loader gave one."""
        reasons: dict[tuple[str, str | None], MoveReason] = {}
        for allocation in self.history:
            for consignment_id, reason in allocation.moves.items():
                key = (consignment_id, allocation.assignment.get(consignment_id))
                if key not in reasons or reason.code in LOADER_CODES:
                    reasons[key] = reason
        return reasons


def allocate_and_load(
    instance: Instance,
    first: Allocation,
    stages: Stages,
    exclusions: Exclusions,
    deadline: StageDeadline,
) -> LoadedAllocation:
    """Return the best allocation that loads (`Allocation.rank`), starting from `first`.

    The rounds end when everything fits, when an allocation is not better than one that loads, or at
    the deadline: what is not loaded then is left out.
    """
    allocation, work = first, first.work
    history: tuple[Allocation, ...] = ()
    loads: dict[str, LoadPlan] = {}
    no_goods = NoGoods()
    budget = PassBudget(instance.limits.loading_passes, deadline, containers=len(first.slots))
    best: LoadedAllocation | None = None
    for number in range(1, instance.limits.loading_rounds + 2):
        history = (*history, allocation)
        with stages.stage("load"):
            loads = _load(instance, allocation, loads, exclusions=exclusions, budget=budget)
        unplaced = frozenset((c, key) for key, load in loads.items() for c in load.unplaced)
        reduced, kept = allocation, loads
        if unplaced:
            # In the first round a container that did not load whole may be filled again.
            refill = number == 1
            freed = _containers_to_refill(instance, allocation, unplaced, refill=refill)
            no_goods = _add_no_goods(instance, no_goods, allocation, unplaced, freed, loads)
            with stages.stage("allocate"):
                without = _leave_out(no_goods, allocation, unplaced, loads)
                reduced = repair(instance, without, {}, deadline)
            with stages.stage("load"):
                kept = _load(instance, reduced, loads, exclusions=exclusions, budget=budget)
        if best is None or reduced.rank < best.allocation.rank:
            best = LoadedAllocation(
                allocation=reduced,
                loads=kept,
                history=history if reduced is allocation else (*history, reduced),
                rounds=number,
                work=work,
            )
        if not unplaced or number > instance.limits.loading_rounds or deadline.is_over():
            break
        with stages.stage("allocate"):
            allocation = repair(instance, no_goods, best.allocation.assignment, deadline)
        work += allocation.work
        if allocation.rank >= best.allocation.rank:
            break
    assert best is not None
    return msgspec.structs.replace(best, work=work)


def _load(
    instance: Instance,
    allocation: Allocation,
    before: dict[str, LoadPlan],
    *,
    exclusions: Exclusions,
    budget: PassBudget,
) -> dict[str, LoadPlan]:
    """Load all containers; those whose contents did not change keep their load plans."""
    loads = {}
    for slot in allocation.slots:
        members = tuple(sorted(c for c, key in allocation.assignment.items() if key == slot.key))
        known = before.get(slot.key)
        if known is not None:
            placed = tuple(c for c in known.members if c not in known.unplaced)
            if placed == members:
                loads[slot.key] = msgspec.structs.replace(known, members=members, unplaced=())
                continue
        loads[slot.key] = make_load_plan(
            instance, slot, members, exclusions=exclusions, budget=budget
        )
    return loads


def _caps_cm3(
    instance: Instance, allocation: Allocation, unplaced: frozenset[tuple[str, str]]
) -> dict[str, int]:
    """Return new volume caps: halfway between what went in and what was tried.

    Other cargo may be of a better shape, so the cap is not what went in.
    """
    volume_cm3 = {demand.consignment_id: demand.volume_cm3 for demand in instance.demands}
    caps = {}
    for key in {key for _, key in unplaced}:
        out = sum(volume_cm3[c] for c, container in unplaced if container == key)
        tried = sum(volume_cm3[c] for c, slot in allocation.assignment.items() if slot == key)
        caps[key] = tried - out // 2
    return caps


def _containers_to_refill(
    instance: Instance,
    allocation: Allocation,
    unplaced: frozenset[tuple[str, str]],
    *,
    refill: bool,
) -> frozenset[str]:
    """Return containers whose contents the next round may change.

    Those that did not load, if `refill`, and those where other cargo may make way for a consignment
    that must be placed and did not load.
    """
    failed = frozenset(key for _, key in unplaced) if refill else frozenset[str]()
    out = {consignment_id for consignment_id, _ in unplaced}
    demands = [d for d in instance.demands if d.consignment_id in out & allocation.required]
    return failed.union(
        slot.key
        for slot in allocation.slots
        if not slot.fixed and any(reject_in(demand, slot, instance) is None for demand in demands)
    )


def _add_no_goods(
    instance: Instance,
    no_goods: NoGoods,
    allocation: Allocation,
    unplaced: frozenset[tuple[str, str]],
    freed: frozenset[str],
    loads: Mapping[str, LoadPlan],
) -> NoGoods:
    """Return the no-goods of the next round; the contents of `freed` containers may go elsewhere.

    All other consignments keep their containers.
    """
    out = frozenset(consignment_id for consignment_id, _ in unplaced)
    return NoGoods(
        opened=tuple({slot.key: slot for slot in (*no_goods.opened, *allocation.opened)}.values()),
        keep={
            c: key for c, key in allocation.assignment.items() if c not in out and key not in freed
        },
        forbidden=no_goods.forbidden | unplaced,
        shortages={
            **no_goods.shortages,
            **{
                (shortage.consignment_id, key): describe_shortage(shortage)
                for key, load in loads.items()
                for shortage in load.shortages
            },
        },
        caps_cm3={**no_goods.caps_cm3, **_caps_cm3(instance, allocation, unplaced)},
    )


def _leave_out(
    no_goods: NoGoods,
    allocation: Allocation,
    unplaced: frozenset[tuple[str, str]],
    loads: Mapping[str, LoadPlan],
) -> NoGoods:
    """Return no-goods that leave out what did not fit and change nothing else."""
    out = frozenset(consignment_id for consignment_id, _ in unplaced)
    keep = {c: key for c, key in allocation.assignment.items() if c not in out}
    not_loaded = frozenset((c, key) for c, key in unplaced if loads[key].cut_short)
    return msgspec.structs.replace(
        no_goods, keep=keep, left_out=out, not_loaded=not_loaded, final=True
    )
