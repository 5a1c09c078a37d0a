"""How many grams rest on each carton, exactly.

From the top down: each carton hands its own mass and what it carries to the cartons right under it,
in proportion to the areas of contact.
"""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from groupage.domain.plan import Placement, PlannedContainer
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken


def _contact_mm2(a: Placement, b: Placement) -> int:
    width = min(a.x_mm + a.dx_mm, b.x_mm + b.dx_mm) - max(a.x_mm, b.x_mm)
    depth = min(a.y_mm + a.dy_mm, b.y_mm + b.dy_mm) - max(a.y_mm, b.y_mm)
    return max(0, width) * max(0, depth)


def _loads(cartons: Iterable[Placement], mass_g: dict[str, int]) -> dict[str, Fraction]:
    """Grams on each carton."""
    by_top: dict[int, list[Placement]] = defaultdict(list)
    for one in cartons:
        by_top[one.z_mm + one.dz_mm].append(one)
    load: dict[str, Fraction] = defaultdict(Fraction)
    for one in sorted(cartons, key=lambda c: -c.z_mm):
        if one.z_mm <= 0:
            continue
        under = [(other, _contact_mm2(one, other)) for other in by_top.get(one.z_mm, ())]
        total = sum(area for _, area in under)
        passed = mass_g.get(one.unit_id, 0) + load[one.unit_id]
        for other, area in under:
            if area:
                load[other.unit_id] += passed * Fraction(area, total)
    return load


def check_container(case: Case, container: PlannedContainer) -> Violations:
    """What is too much for a carton of one container, but for what stood on it before."""
    groups = {
        unit_id: group
        for demand in case.cargo(container)
        for unit_id, group in case.cartons[demand.consignment_id].items()
    }
    limits = {
        unit_id: group.max_top_load_g
        for unit_id, group in groups.items()
        if group.max_top_load_g is not None
    }
    if not limits:
        return []
    standing = case.standing(container)
    mass_g = {unit_id: group.gross_g for unit_id, group in groups.items()}
    sane = [one for one in container.placements if one.dx_mm > 0 and one.dy_mm > 0]
    load = _loads(sane, mass_g)
    given = _loads([one for one in sane if one.unit_id in standing], mass_g)
    found: Violations = []
    for unit_id, limit in limits.items():
        if load[unit_id] > limit and load[unit_id] > given[unit_id]:
            where = f"carton {unit_id} in {container.consolidation_id}"
            message = f"{float(load[unit_id]):.1f} g rest on it, at most {limit}"
            found.append(broken("crushed", where, message))
    return found


def check(case: Case) -> Violations:
    """All containers that have a load plan."""
    return [wrong for container in case.loaded for wrong in check_container(case, container)]
