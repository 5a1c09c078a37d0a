"""Check how many grams rest on each carton, in exact fractions.

From the top down, each carton passes its own mass and its load to the cartons directly under it, in
proportion to the areas of contact.
"""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from groupage.domain.plan import Placement, PlannedContainer
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation


def _contact_mm2(a: Placement, b: Placement) -> int:
    width = min(a.x_mm + a.dx_mm, b.x_mm + b.dx_mm) - max(a.x_mm, b.x_mm)
    depth = min(a.y_mm + a.dy_mm, b.y_mm + b.dy_mm) - max(a.y_mm, b.y_mm)
    return max(0, width) * max(0, depth)


def _loads(cartons: Iterable[Placement], mass_g: dict[str, int]) -> dict[str, Fraction]:
    """Return the grams on each carton by unit id."""
    by_top: dict[int, list[Placement]] = defaultdict(list)
    for carton in cartons:
        by_top[carton.z_mm + carton.dz_mm].append(carton)
    load: dict[str, Fraction] = defaultdict(Fraction)
    for carton in sorted(cartons, key=lambda c: -c.z_mm):
        if carton.z_mm <= 0:
            continue
        under = [(other, _contact_mm2(carton, other)) for other in by_top.get(carton.z_mm, ())]
        total = sum(area for _, area in under)
        passed = mass_g.get(carton.unit_id, 0) + load[carton.unit_id]
        for other, area in under:
            if area:
                load[other.unit_id] += passed * Fraction(area, total)
    return load


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
    load = _loads(measurable, mass_g)
    load_before = _loads([carton for carton in measurable if carton.unit_id in loaded_ids], mass_g)
    violations: Violations = []
    for unit_id, limit in limits.items():
        if load[unit_id] > limit and load[unit_id] > load_before[unit_id]:
            where = f"carton {unit_id} in {container.consolidation_id}"
            message = f"{float(load[unit_id]):.1f} g rest on it, at most {limit}"
            violations.append(violation(Code.CRUSHED, where, message))
    return violations


def check(context: Context) -> Violations:
    """Check all containers whose load plan must be valid."""
    return [
        v for container in context.loadable_containers for v in check_container(context, container)
    ]
