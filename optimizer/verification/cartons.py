"""The right cartons stand in a container: all, once, the right way up, the old ones unmoved."""

from itertools import permutations

from groupage.domain.instance import CartonGroup
from groupage.domain.plan import Placement, PlannedContainer
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken


def _allowed(group: CartonGroup, size: tuple[int, int, int]) -> str | None:
    """None if a carton of the group may stand like this, else the code of what is wrong."""
    edges = (group.length_mm, group.width_mm, group.height_mm)
    if size not in set(permutations(edges)):
        return "wrong_size"
    if group.this_side_up and size[2] != group.height_mm:
        return "wrong_way_up"
    return None


def _due(case: Case, container: PlannedContainer) -> dict[str, tuple[str, CartonGroup]]:
    """Consignment and group of each carton that belongs in the container."""
    return {
        unit_id: (demand.consignment_id, group)
        for demand in case.cargo(container)
        for unit_id, group in case.cartons[demand.consignment_id].items()
    }


def _check_carton(
    where: str, one: Placement, consignment_id: str, group: CartonGroup
) -> Violations:
    found: Violations = []
    if one.consignment_id != consignment_id:
        message = f"belongs to {consignment_id}, the plan says {one.consignment_id}"
        found.append(broken("wrong_consignment", where, message))
    wrong = _allowed(group, (one.dx_mm, one.dy_mm, one.dz_mm))
    if wrong:
        edges = (group.length_mm, group.width_mm, group.height_mm)
        message = f"stands as {(one.dx_mm, one.dy_mm, one.dz_mm)}, its edges are {edges}"
        found.append(broken(wrong, where, message))
    return found


def _check_complete(case: Case, container: PlannedContainer) -> Violations:
    due = _due(case, container)
    standing = case.standing(container)
    found: Violations = []
    seen: set[str] = set()
    for one in container.placements:
        where = f"carton {one.unit_id} in {container.consolidation_id}"
        if one.unit_id in seen:
            found.append(broken("carton_twice", where, "is placed twice"))
        seen.add(one.unit_id)
        if one.unit_id in standing:
            continue
        if one.unit_id in due:
            found += _check_carton(where, one, *due[one.unit_id])
        else:
            found.append(broken("unknown_carton", where, "belongs to nothing in here"))
    for unit_id in due:
        if unit_id not in seen:
            where = f"carton {unit_id} in {container.consolidation_id}"
            found.append(broken("carton_missing", where, "has no place"))
    return found


def _check_standing(case: Case, container: PlannedContainer) -> Violations:
    before = case.consolidations.get(container.consolidation_id)
    if before is None:
        return []
    found: Violations = []
    placed = {one.unit_id: one for one in container.placements}
    for number, box in enumerate(before.standing, start=1):
        where = f"carton {box.unit_id} in {container.consolidation_id}"
        one = placed.get(box.unit_id)
        if one is None:
            found.append(broken("standing_lost", where, "stands there but is not in the plan"))
            continue
        right = (box.x_mm, box.y_mm, box.z_mm, box.dx_mm, box.dy_mm, box.dz_mm)
        said = (one.x_mm, one.y_mm, one.z_mm, one.dx_mm, one.dy_mm, one.dz_mm)
        if said != right or one.consignment_id != box.consignment_id:
            found.append(broken("standing_moved", where, f"stands at {right}, the plan: {said}"))
        if one.sequence != number:
            message = f"stands already as number {number}, the plan loads it as {one.sequence}"
            found.append(broken("wrong_sequence", where, message))
    return found


def _check_sequence(container: PlannedContainer) -> Violations:
    said = sorted(one.sequence for one in container.placements)
    if said == list(range(1, len(said) + 1)):
        return []
    where = f"container {container.consolidation_id}"
    return [broken("wrong_sequence", where, f"sequence is not 1 to {len(said)}, each once")]


def check_container(case: Case, container: PlannedContainer) -> Violations:
    """Completeness, orientation, standing cartons and numbering of one container."""
    return [
        *_check_complete(case, container),
        *_check_standing(case, container),
        *_check_sequence(container),
    ]


def check(case: Case) -> Violations:
    """All containers that have a load plan."""
    return [wrong for container in case.loaded for wrong in check_container(case, container)]
