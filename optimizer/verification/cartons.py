"""Check that a load plan holds all cartons, once, the right way up, loaded ones unmoved."""

from itertools import permutations

from groupage.domain.instance import CartonGroup
from groupage.domain.plan import Placement, PlannedContainer
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation


def _broken_orientation(group: CartonGroup, size: tuple[int, int, int]) -> Code | None:
    """Return None if a carton of the group may stand like this, else the violated rule."""
    edges = (group.length_mm, group.width_mm, group.height_mm)
    if size not in set(permutations(edges)):
        return Code.WRONG_SIZE
    if group.this_side_up and size[2] != group.height_mm:
        return Code.WRONG_WAY_UP
    return None


def _expected_cartons(
    context: Context, container: PlannedContainer
) -> dict[str, tuple[str, CartonGroup]]:
    """Return consignment and group of each carton that belongs in the container."""
    return {
        unit_id: (demand.consignment_id, group)
        for demand in context.cargo(container)
        for unit_id, group in context.cartons[demand.consignment_id].items()
    }


def _check_carton(
    where: str, placement: Placement, consignment_id: str, group: CartonGroup
) -> Violations:
    violations: Violations = []
    if placement.consignment_id != consignment_id:
        message = f"belongs to {consignment_id}, the plan says {placement.consignment_id}"
        violations.append(violation(Code.WRONG_CONSIGNMENT, where, message))
    size = (placement.dx_mm, placement.dy_mm, placement.dz_mm)
    code = _broken_orientation(group, size)
    if code is not None:
        edges = (group.length_mm, group.width_mm, group.height_mm)
        message = f"stands as {size}, its edges are {edges}"
        violations.append(violation(code, where, message))
    return violations


def _check_complete(context: Context, container: PlannedContainer) -> Violations:
    expected = _expected_cartons(context, container)
    loaded_ids = context.standing_unit_ids(container)
    violations: Violations = []
    seen: set[str] = set()
    for placement in container.placements:
        where = f"carton {placement.unit_id} in {container.consolidation_id}"
        if placement.unit_id in seen:
            violations.append(violation(Code.CARTON_TWICE, where, "is placed twice"))
        seen.add(placement.unit_id)
        if placement.unit_id in loaded_ids:
            continue
        if placement.unit_id in expected:
            violations += _check_carton(where, placement, *expected[placement.unit_id])
        else:
            violations.append(
                violation(
                    Code.UNKNOWN_CARTON,
                    where,
                    "belongs to no consignment in the container",
                )
            )
    for unit_id in expected:
        if unit_id not in seen:
            where = f"carton {unit_id} in {container.consolidation_id}"
            violations.append(violation(Code.CARTON_MISSING, where, "has no place"))
    return violations


def _check_standing(context: Context, container: PlannedContainer) -> Violations:
    before = context.consolidations.get(container.consolidation_id)
    if before is None:
        return []
    violations: Violations = []
    placed = {placement.unit_id: placement for placement in container.placements}
    for number, carton in enumerate(before.standing, start=1):
        where = f"carton {carton.unit_id} in {container.consolidation_id}"
        placement = placed.get(carton.unit_id)
        if placement is None:
            violations.append(
                violation(Code.STANDING_LOST, where, "stands there but is not in the plan")
            )
            continue
        expected = (carton.x_mm, carton.y_mm, carton.z_mm, carton.dx_mm, carton.dy_mm, carton.dz_mm)
        stated = (
            placement.x_mm,
            placement.y_mm,
            placement.z_mm,
            placement.dx_mm,
            placement.dy_mm,
            placement.dz_mm,
        )
        if stated != expected or placement.consignment_id != carton.consignment_id:
            violations.append(
                violation(
                    Code.STANDING_MOVED,
                    where,
                    f"stands at {expected}, the plan has it at {stated}",
                )
            )
        if placement.sequence != number:
            message = (
                f"stands already as number {number}, the plan loads it as {placement.sequence}"
            )
            violations.append(violation(Code.WRONG_SEQUENCE, where, message))
    return violations


def _check_sequence(container: PlannedContainer) -> Violations:
    stated = sorted(placement.sequence for placement in container.placements)
    if stated == list(range(1, len(stated) + 1)):
        return []
    where = f"container {container.consolidation_id}"
    return [violation(Code.WRONG_SEQUENCE, where, f"sequence numbers are not 1 to {len(stated)}")]


def check_container(context: Context, container: PlannedContainer) -> Violations:
    """Check completeness, orientation, loaded cartons and sequence of one container."""
    return [
        *_check_complete(context, container),
        *_check_standing(context, container),
        *_check_sequence(container),
    ]


def check(context: Context) -> Violations:
    """Check all containers whose load plan must be valid."""
    return [
        v for container in context.loadable_containers for v in check_container(context, container)
    ]
