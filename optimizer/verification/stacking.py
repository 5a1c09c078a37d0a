"""Check how many grams rest on each carton, in exact fractions.

From the top down, each carton passes its own mass and its load to the cartons directly under it, in
proportion to the areas of contact.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import TypeAlias

from groupage.domain.plan import Placement, PlannedContainer
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation

_Top: TypeAlias = tuple[int, int, int, int, str]
"""Where a carton's top lies: x from and to, y from and to, unit id."""
_Grams: TypeAlias = tuple[int, int]
"""Numerator and denominator: sums of pairs take half the time of sums of `Fraction`."""
_NOTHING: _Grams = (0, 1)


def _top(carton: Placement) -> _Top:
    x, y = carton.x_mm, carton.y_mm
    return x, x + carton.dx_mm, y, y + carton.dy_mm, carton.unit_id


def _contacts(carton: Placement, tops: Iterable[_Top]) -> list[tuple[str, int]]:
    """Return which tops the carton's base touches, and over how many mm²."""
    x1, x2, y1, y2, _ = _top(carton)
    return [
        (unit_id, (min(x2, right) - max(x1, left)) * (min(y2, far) - max(y1, near)))
        for left, right, near, far, unit_id in tops
        if left < x2 and right > x1 and near < y2 and far > y1
    ]


def _add(load: _Grams, more: _Grams) -> _Grams:
    """Return the exact sum; it is reduced when a share of it is passed on."""
    (grams, parts), (more_grams, more_parts) = load, more
    if parts == more_parts:
        return grams + more_grams, parts
    common = lcm(parts, more_parts)
    return grams * (common // parts) + more_grams * (common // more_parts), common


def _loads(cartons: Sequence[Placement], mass_g: Mapping[str, int]) -> dict[str, int | Fraction]:
    """Return the grams on each carton by unit id; a carton that bears nothing is left out."""
    tops: dict[int, list[_Top]] = defaultdict(list)
    for carton in cartons:
        tops[carton.z_mm + carton.dz_mm].append(_top(carton))
    loads: dict[str, _Grams] = {}
    for carton in sorted(cartons, key=lambda c: -c.z_mm):
        if carton.z_mm <= 0:
            continue
        contacts = _contacts(carton, tops.get(carton.z_mm, ()))
        total = sum(area for _, area in contacts)
        own = (mass_g.get(carton.unit_id, 0), 1)
        grams, parts = _add(loads.get(carton.unit_id, _NOTHING), own)
        for unit_id, area in contacts:
            share = (grams, parts)
            if area != total:
                reduce = gcd(grams * area, parts * total)
                share = (grams * area // reduce, parts * total // reduce)
            loads[unit_id] = _add(loads.get(unit_id, _NOTHING), share)
    return {
        unit_id: grams if parts == 1 else Fraction(grams, parts)
        for unit_id, (grams, parts) in loads.items()
    }


def check_container(context: Context, container: PlannedContainer) -> Violations:
    """Check one container. A load that was there before the plan is not the plan's fault."""
    groups = {
        unit_id: group
        for demand in context.cargo(container)
        for unit_id, group in context.cartons[demand.consignment_id].items()
    }
    limits = {
        unit_id: group.max_top_load_g
        for unit_id, group in groups.items()
        if group.max_top_load_g is not None
    }
    if not limits:
        return []
    loaded_ids = context.standing_unit_ids(container)
    mass_g = {unit_id: group.gross_g for unit_id, group in groups.items()}
    measurable = [
        carton for carton in container.placements if carton.dx_mm > 0 and carton.dy_mm > 0
    ]
    loads = _loads(measurable, mass_g)
    crushed = [unit_id for unit_id, limit in limits.items() if loads.get(unit_id, 0) > limit]
    if not crushed:
        return []
    loads_before = _loads([c for c in measurable if c.unit_id in loaded_ids], mass_g)
    violations: Violations = []
    for unit_id in crushed:
        if loads[unit_id] > loads_before.get(unit_id, 0):
            where = f"carton {unit_id} in {container.consolidation_id}"
            message = f"{float(loads[unit_id]):.1f} g rest on it, at most {limits[unit_id]}"
            violations.append(violation(Code.CRUSHED, where, message))
    return violations


def check(context: Context) -> Violations:
    """Check all containers whose load plan must be valid."""
    return [
        v for container in context.loadable_containers for v in check_container(context, container)
    ]
