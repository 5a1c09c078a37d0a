"""What binds: for each consignment that stays or moves, the reason as code and in words."""

import msgspec

from groupage.domain.instance import Demand
from groupage.domain.plan import LeftOut, LeftOutCode
from optimizer.allocation.bins import Bin
from optimizer.allocation.draft import Draft
from optimizer.allocation.options import Refusal, first_binding, usd
from optimizer.allocation.slots import Slot, usable_cm3


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Why a consignment is not where the published plan has it."""

    code: str
    reason: str


class _Way(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a consignment could still go, and what that would add to the plan's cost."""

    slot: Slot
    extra: int


def left_out_reason(draft: Draft, consignment_id: str) -> LeftOut:
    """The binding reason of one that is in no container."""
    problem = draft.problem
    refusal = problem.refused.get(consignment_id)
    if refusal is not None:
        return LeftOut(consignment_id=consignment_id, code=refusal.code, reason=refusal.reason)
    missed = _missed(draft, consignment_id)
    if not problem.options[consignment_id]:
        refusals = tuple(problem.refusals[consignment_id].values())
        binding = first_binding(problem.free[consignment_id], refusals)
        return LeftOut(consignment_id=consignment_id, code=binding.code, reason=binding.reason)
    ways = _ways(draft, problem.free[consignment_id])
    if ways:
        return _too_dear(consignment_id, min(ways, key=lambda w: (w.extra, w.slot.key)), missed)
    code, words = _binding_limit(draft, problem.free[consignment_id])
    reason = f"{missed.reason}; {words}" if missed else words
    return LeftOut(consignment_id=consignment_id, code=code, reason=reason)


def _too_dear(consignment_id: str, way: _Way, missed: Refusal | None) -> LeftOut:
    voyage_id = way.slot.pool[0]
    container = way.slot.key if way.slot.existing else f"another {way.slot.spec.iso_type}"
    if missed:
        reason = f"{missed.reason}; next departure {voyage_id} costs +{usd(way.extra)}"
    else:
        reason = f"{container} on {voyage_id} would cost {usd(way.extra)} more than waiting"
    return LeftOut(
        consignment_id=consignment_id,
        code="not_available_before_cutoff" if missed else "costs_more_than_waiting",
        reason=reason,
        next_voyage_id=voyage_id,
    )


def _missed(draft: Draft, consignment_id: str) -> Refusal | None:
    """The cut-off that keeps it off a departure before the first one that it can reach."""
    problem = draft.problem
    reachable = {
        slot.pool[0]
        for slot in (*problem.slots, *problem.pools)
        if slot.place in problem.options[consignment_id]
    }
    for voyage_id in problem.departures:
        if voyage_id in reachable:
            return None
        for slot in (*problem.slots, *problem.pools):
            refusal = problem.refusals[consignment_id].get(slot.place)
            if (
                slot.pool[0] == voyage_id
                and refusal
                and refusal.code == "not_available_before_cutoff"
            ):
                return refusal
    return None


def _ways(draft: Draft, demand: Demand) -> list[_Way]:
    one = demand.consignment_id
    problem = draft.problem
    stay = problem.behind[one]
    ways = []
    for bin_ in draft.bins.values():
        if not bin_.slot.fixed and draft.usable(bin_) and draft.accepts(demand, bin_):
            extra = draft.price(one, bin_) - bin_.saving(demand) - stay
            ways.append(_Way(slot=bin_.slot, extra=extra + _opening(bin_)))
    for pool in problem.pools:
        if draft.room(pool.pool) > 0 and problem.allows(one, pool):
            bin_ = draft.fresh(pool)
            if bin_.binding(demand) is None:
                extra = draft.price(one, bin_) - bin_.saving(demand) - stay
                ways.append(_Way(slot=pool, extra=extra + _opening(bin_)))
    return ways


def _opening(bin_: Bin) -> int:
    return 0 if bin_.members else bin_.opening_cost


def _binding_limit(draft: Draft, demand: Demand) -> tuple[LeftOutCode, str]:
    one = demand.consignment_id
    refused_by_loader = sorted(key for c, key in draft.problem.cuts.forbidden if c == one)
    if refused_by_loader:
        boxes = ", ".join(refused_by_loader)
        return "did_not_fit", f"its cartons found no room in {boxes}, and nothing else has room"
    codes = [
        bin_.binding(demand) for bin_ in draft.bins.values() if draft.problem.allows(one, bin_.slot)
    ]
    for code, words in (
        ("declaration_cap", "the 1039 value of its consignee is at the cap in each container"),
        ("mode_mix", f"mode {demand.mode} may not join what is in the containers with room"),
        ("dangerous_goods", "it must be segregated from what is in the containers with room"),
    ):
        if code in codes:
            return code, f"{words}, and no further container is on offer"
    if any(_loads_less(draft, bin_, demand) for bin_ in draft.bins.values()):
        return "did_not_fit", (
            "the containers with room for its volume did not load so full, and none is on offer"
        )
    return "no_capacity", "every container that it could go with is full, and none is on offer"


def _loads_less(draft: Draft, bin_: Bin, demand: Demand) -> bool:
    """Whether only what the loader failed to do keeps it out of a container."""
    usable = usable_cm3(bin_.slot.spec, draft.problem.instance)
    return (
        draft.problem.allows(demand.consignment_id, bin_.slot)
        and bin_.slot.usable_cm3 < bin_.volume_cm3 + demand.volume_cm3 <= usable
    )


def move_reason(  # noqa: PLR0911 - one return for each reason
    draft: Draft, demand: Demand, to_key: str | None
) -> Moved:
    """Why one is in `to_key` and not where the published plan has it."""
    problem = draft.problem
    one = demand.consignment_id
    current = demand.current_consolidation_id
    if to_key is None:
        left = left_out_reason(draft, one)
        return Moved(code=left.code, reason=left.reason)
    if current is None:
        missed = _missed(draft, one) if one in problem.free else None
        return Moved(code="placed", reason=missed.reason if missed else "room on this departure")
    if (one, current) in problem.cuts.forbidden:
        return Moved(code="did_not_fit", reason=f"its cartons found no room in {current}")
    refusal = problem.refusals.get(one, {}).get(current)
    if refusal is not None:
        return Moved(code=refusal.code, reason=refusal.reason)
    here = draft.bins.get(current)
    if here is None:
        return Moved(code="dissolved", reason=f"{current} can be planned no more")
    if not here.members:
        return Moved(code="dissolved", reason=f"{current} is given up: its cargo goes with others")
    code = here.binding(demand)
    if code is not None:
        return Moved(code=code, reason=f"{current} is filled with others that cannot go elsewhere")
    return Moved(code="cheaper", reason="the lane as a whole costs less this way")
