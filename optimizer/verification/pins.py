"""Check that a pinned consignment is left out only where no container could take it.

`allocation.check` finds pinned consignments in a wrong container. What the loader found about
several consignments in one container, only another solve could tell; but an empty container, or
one of which the cargo may make way, takes a consignment that breaks no rule alone.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import permutations

from groupage.domain.codes import LeftOutCode
from groupage.domain.containers import SPECS, ContainerSpec
from groupage.domain.instance import CartonGroup, Demand, Departure, Rules
from groupage.domain.plan import LeftOut, PlannedContainer
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation

_UNPROVEN = (LeftOutCode.DID_NOT_FIT, LeftOutCode.FLOOR_AREA, LeftOutCode.TIME_LIMIT)
"""What the loader, a layout or the deadline ruled out: the instance does not show it."""
_CAPPED_MODE = "1039"


def _target(demand: Demand) -> tuple[str | None, str | None]:
    return demand.pinned_voyage_id, demand.pinned_consolidation_id


def _voyage_id(context: Context, demand: Demand) -> str | None:
    """Return the voyage of the pin; None: no plan can follow it."""
    voyage_id, consolidation_id = _target(demand)
    if consolidation_id is not None:
        consolidation = context.consolidations.get(consolidation_id)
        if consolidation is None or voyage_id not in (None, consolidation.voyage_id):
            return None
        voyage_id = consolidation.voyage_id
    return voyage_id if voyage_id in context.departures else None


def _may_go(context: Context, demand: Demand, departure: Departure) -> bool:
    """Return whether the consignment breaks no rule on this departure, alone in a container."""
    rules, value = context.instance.rules, demand.value_usd_cents
    capped = demand.mode == _CAPPED_MODE
    return (
        not demand.blocked
        and demand.customs != "REJECTED"
        and departure.voyage_id not in demand.forbidden_voyage_ids
        and max(demand.available_at, context.instance.clock_at) <= departure.lco_at
        and (rules.allow_dangerous or not demand.dg_classes)
        and (not rules.mode_mix or any(demand.mode in allowed for allowed in rules.mode_mix))
        and (not capped or (value is not None and value <= rules.declaration_cap_usd_cents))
    )


def _goes_in(group: CartonGroup, spec: ContainerSpec, rules: Rules) -> bool:
    length_mm = spec.length_mm - rules.wall_margin_mm - rules.door_margin_mm
    width_mm = min(spec.width_mm - 2 * rules.wall_margin_mm, spec.door_width_mm)
    height_mm = min(spec.height_mm, spec.door_height_mm)
    edges = (group.length_mm, group.width_mm, group.height_mm)
    return any(
        (x <= length_mm and y <= width_mm and z <= height_mm)
        and (z == group.height_mm or not group.this_side_up)
        for x, y, z in permutations(edges)
    )


def _takes(context: Context, demand: Demand, spec: ContainerSpec) -> bool:
    """Return whether an empty container of this spec takes the consignment by size and mass."""
    rules = context.instance.rules
    weighed_g = sum(group.gross_g * len(group.unit_ids) for group in demand.cartons)
    return (
        demand.volume_cm3 <= spec.volume_cm3 * rules.plan_fill_permille // 1_000
        and max(demand.gross_g, weighed_g) <= spec.payload_g
        and all(_goes_in(group, spec, rules) for group in demand.cartons)
    )


def _on_offer(context: Context, departure: Departure) -> Iterator[str]:
    """Yield the types of which the departure has a container left beside those of the plan."""
    used = Counter(
        c.spec.iso_type for c in context.plan.containers if c.voyage_id == departure.voyage_id
    )
    for offer in departure.offers:
        if offer.available is None or used[offer.iso_type] < offer.available:
            yield offer.iso_type


def _can_make_way(context: Context, container: PlannedContainer) -> bool:
    """Return whether all cargo of the container may leave it for a pinned consignment."""
    return container.stage == "slushy" and not any(
        member.committed or _target(member) != (None, None) for member in context.cargo(container)
    )


def _places_for(context: Context, demand: Demand, departure: Departure) -> Iterator[str]:
    """Yield the containers at the pin that could take the consignment."""
    pinned_id = demand.pinned_consolidation_id
    if pinned_id is None:
        for iso_type in _on_offer(context, departure):
            if iso_type in SPECS and _takes(context, demand, SPECS[iso_type]):
                yield f"another {iso_type}"
    for container in context.plan.containers:
        here = container.voyage_id == departure.voyage_id
        if (
            here
            and pinned_id in (None, container.consolidation_id)
            and _can_make_way(context, container)
            and _takes(context, demand, container.spec)
        ):
            yield container.consolidation_id


def _check_left_out(
    context: Context, left_out: LeftOut, demand: Demand, unproven: set[str | None]
) -> Violations:
    where = f"consignment {left_out.consignment_id}"
    voyage_id = _voyage_id(context, demand)
    if left_out.code == LeftOutCode.COSTS_MORE_THAN_WAITING:
        return [violation(Code.PIN_LEFT_OUT, where, "is pinned and left out to save cost")]
    departure = context.departures.get(voyage_id or "")
    if left_out.code == LeftOutCode.PINNED and departure is not None:
        if departure.voyage_id in demand.forbidden_voyage_ids:
            return []
        message = f"is left out by {left_out.code}, although {voyage_id} can be planned"
        return [violation(Code.WRONG_REASON, where, message)]
    if departure is None or voyage_id in unproven or not _may_go(context, demand, departure):
        return []
    place = next(_places_for(context, demand, departure), None)
    if place is None:
        return []
    message = f"is pinned, left out by {left_out.code}, and {place} on {voyage_id} can take it"
    return [violation(Code.PIN_LEFT_OUT, where, message)]


def check(context: Context) -> Violations:
    """Check each pinned consignment that the plan leaves out.

    Where the loader or the deadline kept a pinned consignment off a voyage, it kept others off too:
    its container may have emptied after they were left out.
    """
    pinned = [
        (entry, context.demands[entry.consignment_id])
        for entry in context.plan.left_out
        if entry.consignment_id in context.demands
        and _target(context.demands[entry.consignment_id]) != (None, None)
    ]
    unproven = {_voyage_id(context, d) for entry, d in pinned if entry.code in _UNPROVEN}
    return [
        found
        for entry, demand in pinned
        for found in _check_left_out(context, entry, demand, unproven)
    ]
