"""Check that the instance has the fact that each reason names.

Only another solve could tell whether a consignment would have cost more or found no space.
"""

from collections.abc import Callable, Iterator
from itertools import permutations

from groupage.domain.codes import LeftOutCode
from groupage.domain.containers import SPECS, ContainerSpec
from groupage.domain.instance import CartonGroup, Demand, Departure
from groupage.domain.plan import LeftOut
from optimizer.verification import floor
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation


def _is_late(context: Context, demand: Demand) -> bool:
    awaited = demand.awaited or (demand.pickup is not None and demand.blocked)
    return awaited or any(demand.available_at > d.lco_at for d in context.instance.departures)


def _has_no_usd_value(_: Context, demand: Demand) -> bool:
    return demand.mode == "1039" and demand.value_usd_cents is None


def _is_pinned(_: Context, demand: Demand) -> bool:
    return (demand.pinned_voyage_id, demand.pinned_consolidation_id) != (None, None)


def _nothing_departs(context: Context, _: Demand) -> bool:
    departures = context.instance.departures
    return not departures or any(context.instance.clock_at > d.lco_at for d in departures)


def _specs(context: Context) -> Iterator[ContainerSpec]:
    for departure in context.instance.departures:
        yield from (SPECS[o.iso_type] for o in departure.offers if o.iso_type in SPECS)
    yield from (consolidation.spec for consolidation in context.instance.consolidations)


def _is_heavy(context: Context, demand: Demand) -> bool:
    weighed = sum(group.gross_g * len(group.unit_ids) for group in demand.cartons)
    return any(max(demand.gross_g, weighed) > spec.payload_g for spec in _specs(context))


def _fits(group: CartonGroup, spec: ContainerSpec) -> bool:
    return any(
        along <= spec.length_mm
        and across <= min(spec.width_mm, spec.door_width_mm)
        and up <= min(spec.height_mm, spec.door_height_mm)
        for along, across, up in permutations((group.length_mm, group.width_mm, group.height_mm))
        if not group.this_side_up or up == group.height_mm
    )


def _is_large(context: Context, demand: Demand) -> bool:
    permille = context.instance.rules.plan_fill_permille
    return any(
        demand.volume_cm3 > spec.volume_cm3 * permille // 1_000
        or not all(_fits(group, spec) for group in demand.cartons)
        for spec in _specs(context)
    )


def _is_closed(context: Context, demand: Demand) -> bool:
    return any(
        consolidation.stage != "slushy"
        and demand.pinned_consolidation_id in (None, consolidation.consolidation_id)
        for consolidation in context.instance.consolidations
    )


_FACTS: dict[LeftOutCode, tuple[str, Callable[[Context, Demand], bool]]] = {
    LeftOutCode.CUSTOMS_REJECTED: ("customs rejected it", lambda _, d: d.customs == "REJECTED"),
    LeftOutCode.DANGEROUS_GOODS: ("it is dangerous", lambda _, d: bool(d.dg_classes)),
    LeftOutCode.BLOCKED_BY_HOLD: ("it is held", lambda _, d: d.blocked),
    LeftOutCode.DECLARATION_CAP: ("it goes by mode 1039", lambda _, d: d.mode == "1039"),
    LeftOutCode.CAP_NOT_JUDGED: (
        "it goes by mode 1039 and its value is not known",
        _has_no_usd_value,
    ),
    LeftOutCode.MODE_MIX: (
        "there is a mode policy",
        lambda context, _: bool(context.instance.rules.mode_mix),
    ),
    LeftOutCode.FORBIDDEN: ("a voyage is forbidden", lambda _, d: bool(d.forbidden_voyage_ids)),
    LeftOutCode.ROLLED: ("it was rolled", lambda _, d: any(f.roll for f in d.forbids)),
    LeftOutCode.PINNED: ("it is pinned", _is_pinned),
    LeftOutCode.NOT_AVAILABLE_BEFORE_CUTOFF: ("it misses a cut-off", _is_late),
    LeftOutCode.NO_DEPARTURE: ("a departure has closed, or there is none", _nothing_departs),
    LeftOutCode.HEAVIER_THAN_CONTAINER: ("it is heavier than some container carries", _is_heavy),
    LeftOutCode.LARGER_THAN_CONTAINER: ("it is larger than some container", _is_large),
    LeftOutCode.FLOOR_AREA: (
        "its cargo needs floor of its own, and not all such cargo stands in rows in one container",
        floor.may_lack_floor,
    ),
    LeftOutCode.CLOSED_TO_CHANGES: ("its container is frozen or locked", _is_closed),
    LeftOutCode.TIME_LIMIT: (
        "the deadline cut a stage short",
        lambda context, _: bool(context.plan.stats.cut_short),
    ),
}
"""By left-out code: the fact that it needs, in words, and the test for it."""


def _can_take(departure: Departure, demand: Demand) -> bool:
    return (
        demand.available_at <= departure.lco_at
        and departure.voyage_id not in demand.forbidden_voyage_ids
        and demand.pinned_voyage_id in (None, departure.voyage_id)
    )


def _check_left_out(context: Context, left_out: LeftOut, demand: Demand) -> Violations:
    where = f"consignment {left_out.consignment_id}"
    violations: Violations = []
    fact = _FACTS.get(left_out.code)
    if fact is not None and not fact[1](context, demand):
        message = f"is left out by {left_out.code}, which is right only if {fact[0]}"
        violations.append(violation(Code.WRONG_REASON, where, message))
    if left_out.code == LeftOutCode.COSTS_MORE_THAN_WAITING and left_out.next_voyage_id is None:
        violations.append(
            violation(Code.WRONG_REASON, where, "names no voyage that would cost more")
        )
    following = context.departures.get(left_out.next_voyage_id or "")
    if following is not None and not _can_take(following, demand):
        message = f"next voyage {left_out.next_voyage_id} cannot take it"
        violations.append(violation(Code.WRONG_REASON, where, message))
    return violations


def check(context: Context) -> Violations:
    """Check the codes of left-outs, and that a move to no container gives the same reason."""
    violations: Violations = []
    for left_out in context.plan.left_out:
        if left_out.consignment_id in context.demands:
            demand = context.demands[left_out.consignment_id]
            violations += _check_left_out(context, left_out, demand)
    reasons = {
        left_out.consignment_id: (left_out.code, left_out.reason)
        for left_out in context.plan.left_out
    }
    for move in context.plan.moves:
        code, reason = reasons.get(move.consignment_id, (move.code, move.reason))
        if (move.code, move.reason) != (code, reason):
            where = f"move of consignment {move.consignment_id}"
            message = f"says {move.code} ({move.reason}), left_out says {code} ({reason})"
            violations.append(violation(Code.WRONG_REASON, where, message))
    return violations
