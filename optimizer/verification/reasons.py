"""The reasons of a plan are about this instance: a code needs the fact that it names.

Whether something would have cost more, or found no room, only another solve can tell.
"""

from collections.abc import Callable, Iterator
from itertools import permutations

from groupage.domain.containers import SPECS, ContainerSpec
from groupage.domain.instance import CartonGroup, Demand, Departure
from groupage.domain.plan import LeftOut
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken


def _is_late(case: Case, demand: Demand) -> bool:
    awaited = demand.pickup is not None and demand.blocked
    return awaited or any(demand.available_at > d.lco_at for d in case.instance.departures)


def _is_unjudged(_: Case, demand: Demand) -> bool:
    return demand.mode == "1039" and demand.value_usd_cents is None


def _is_bound(_: Case, demand: Demand) -> bool:
    pins = (demand.pinned_voyage_id, demand.pinned_consolidation_id)
    return bool(demand.forbidden_voyage_ids) or pins != (None, None)


def _nothing_departs(case: Case, _: Demand) -> bool:
    departures = case.instance.departures
    return not departures or any(case.instance.clock_at > d.lco_at for d in departures)


def _specs(case: Case) -> Iterator[ContainerSpec]:
    for departure in case.instance.departures:
        yield from (SPECS[o.iso_type] for o in departure.offers if o.iso_type in SPECS)
    yield from (one.spec for one in case.instance.consolidations)


def _is_heavy(case: Case, demand: Demand) -> bool:
    weighed = sum(group.gross_g * len(group.unit_ids) for group in demand.cartons)
    return any(max(demand.gross_g, weighed) > spec.payload_g for spec in _specs(case))


def _passes(group: CartonGroup, spec: ContainerSpec) -> bool:
    return any(
        along <= spec.length_mm
        and across <= min(spec.width_mm, spec.door_width_mm)
        and up <= min(spec.height_mm, spec.door_height_mm)
        for along, across, up in permutations((group.length_mm, group.width_mm, group.height_mm))
        if not group.this_side_up or up == group.height_mm
    )


def _is_large(case: Case, demand: Demand) -> bool:
    permille = case.instance.rules.plan_fill_permille
    return any(
        demand.volume_cm3 > spec.volume_cm3 * permille // 1_000
        or not all(_passes(group, spec) for group in demand.cartons)
        for spec in _specs(case)
    )


_FACTS: dict[str, tuple[str, Callable[[Case, Demand], bool]]] = {
    "customs_rejected": ("customs rejected it", lambda _, d: d.customs == "REJECTED"),
    "dangerous_goods": ("it is dangerous", lambda _, d: bool(d.dg_classes)),
    "blocked_by_hold": ("it is held", lambda _, d: d.blocked),
    "declaration_cap": ("it goes by mode 1039", lambda _, d: d.mode == "1039"),
    "cap_not_judged": ("it goes by mode 1039 and its value is not known", _is_unjudged),
    "mode_mix": ("there is a mode policy", lambda case, _: bool(case.instance.rules.mode_mix)),
    "forbidden": ("it is pinned or forbidden somewhere", _is_bound),
    "not_available_before_cutoff": ("it misses a cut-off", _is_late),
    "no_departure": ("a departure has closed, or there is none", _nothing_departs),
    "heavier_than_container": ("it is heavier than some container carries", _is_heavy),
    "larger_than_container": ("it is larger than some container", _is_large),
}
"""Code → what must be so, in words, and whether it is."""


def _takes(departure: Departure, demand: Demand) -> bool:
    return (
        demand.available_at <= departure.lco_at
        and departure.voyage_id not in demand.forbidden_voyage_ids
        and demand.pinned_voyage_id in (None, departure.voyage_id)
    )


def _check_left_out(case: Case, one: LeftOut, demand: Demand) -> Violations:
    where = f"consignment {one.consignment_id}"
    found: Violations = []
    fact = _FACTS.get(one.code)
    if fact is not None and not fact[1](case, demand):
        message = f"is left out by {one.code}, which is right only if {fact[0]}"
        found.append(broken("wrong_reason", where, message))
    if one.code == "costs_more_than_waiting" and one.next_voyage_id is None:
        found.append(broken("wrong_reason", where, "no voyage is named that would cost more"))
    following = case.departures.get(one.next_voyage_id or "")
    if following is not None and not _takes(following, demand):
        message = f"next voyage {one.next_voyage_id} cannot take it"
        found.append(broken("wrong_reason", where, message))
    return found


def check(case: Case) -> Violations:
    """Codes of what is left out, and that a move to nowhere says the same."""
    found: Violations = []
    said = {one.consignment_id: one for one in case.plan.left_out}
    for one in case.plan.left_out:
        if one.consignment_id in case.demands:
            found += _check_left_out(case, one, case.demands[one.consignment_id])
    for move in case.plan.moves:
        left = said.get(move.consignment_id)
        if left is not None and (move.code, move.reason) != (left.code, left.reason):
            where = f"move of consignment {move.consignment_id}"
            message = f"says {move.code} ({move.reason}), left out by {left.code} ({left.reason})"
            found.append(broken("wrong_reason", where, message))
    return found
