"""Where the cartons stand: walls, door, overlap, support, and the way in.

Plain comparisons of integers, each carton against all that went in before it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from groupage.domain.plan import Placement, PlannedContainer
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken

_SIZE_MAX_MM = 1_000_000
_AXES = ("x_mm", "y_mm", "z_mm", "dx_mm", "dy_mm", "dz_mm")


def _where(container: PlannedContainer, one: Placement) -> str:
    return f"carton {one.unit_id} in {container.consolidation_id}"


def _check_walls(case: Case, container: PlannedContainer, one: Placement) -> Violations:
    spec, rules = container.spec, case.instance.rules
    found: Violations = []
    limits = (
        ("x", one.x_mm, one.dx_mm, rules.wall_margin_mm, spec.length_mm - rules.door_margin_mm),
        ("y", one.y_mm, one.dy_mm, rules.wall_margin_mm, spec.width_mm - rules.wall_margin_mm),
        ("z", one.z_mm, one.dz_mm, 0, spec.height_mm),
    )
    for axis, start, size, low, high in limits:
        if start < low or start + size > high or size < 1:
            message = f"{axis} from {start} to {start + size} mm, room is {low} to {high}"
            found.append(broken("outside_walls", _where(container, one), message))
    if one.dy_mm > spec.door_width_mm or one.dz_mm > spec.door_height_mm:
        message = (
            f"{one.dy_mm} x {one.dz_mm} mm does not pass the door "
            f"({spec.door_width_mm} x {spec.door_height_mm})"
        )
        found.append(broken("larger_than_door", _where(container, one), message))
    return found


class _Stack:
    """Corners of the cartons in loading order, as columns."""

    def __init__(self, cartons: Sequence[Placement]) -> None:
        table: npt.NDArray[np.int64] = np.array(
            [[getattr(one, axis) for axis in _AXES] for one in cartons], dtype=np.int64
        ).reshape(-1, 6)
        self.x1, self.y1, self.z1 = (np.ascontiguousarray(table[:, axis]) for axis in range(3))
        ends = table[:, :3] + table[:, 3:]
        self.x2, self.y2, self.z2 = (np.ascontiguousarray(ends[:, axis]) for axis in range(3))
        self.base = table[:, 3] * table[:, 4]

    def shared_base(self, i: int) -> npt.NDArray[np.int64]:
        """mm² of carton i's base over each other carton."""
        width = np.minimum(self.x2, self.x2[i]) - np.maximum(self.x1, self.x1[i])
        depth = np.minimum(self.y2, self.y2[i]) - np.maximum(self.y1, self.y1[i])
        area: npt.NDArray[np.int64] = width.clip(min=0) * depth.clip(min=0)
        return area

    def conflicts(self, i: int) -> tuple[npt.NDArray[np.intp], ...]:
        """Earlier cartons that overlap i, bar its way to the door, or stand over it."""
        x = (self.x1[:i] < self.x2[i]) & (self.x2[:i] > self.x1[i])
        y = (self.y1[:i] < self.y2[i]) & (self.y2[:i] > self.y1[i])
        z = (self.z1[:i] < self.z2[i]) & (self.z2[:i] > self.z1[i])
        in_the_way = y & z & (self.x1[:i] >= self.x2[i])
        above = x & y & (self.z1[:i] >= self.z2[i])
        return tuple(np.flatnonzero(mask) for mask in (x & y & z, in_the_way, above))


def _check_pairs(
    container: PlannedContainer, cartons: Sequence[Placement], stack: _Stack, first_new: int
) -> Violations:
    found: Violations = []
    for i in range(first_new, len(cartons)):
        for what, hits in zip(("overlap", "barred", "under"), stack.conflicts(i), strict=True):
            for j in hits.tolist()[:3]:
                where, other = _where(container, cartons[i]), cartons[j].unit_id
                if what == "overlap":
                    found.append(broken("overlap", where, f"and {other} overlap"))
                elif what == "barred":
                    message = f"{other} stands in its way to the door when it comes"
                    found.append(broken("not_loadable", where, message))
                else:
                    message = f"{other} stands over its place when it comes"
                    found.append(broken("not_loadable", where, message))
    return found


def _check_support(
    container: PlannedContainer, cartons: Sequence[Placement], stack: _Stack, first_new: int
) -> Violations:
    found: Violations = []
    for i in range(first_new, len(cartons)):
        if stack.z1[i] == 0:
            continue
        held = int(stack.shared_base(i)[stack.z2 == stack.z1[i]].sum())
        base = int(stack.base[i])
        if held < base:
            message = f"{held} of {base} mm² of its base rest on something, all must"
            found.append(broken("unsupported", _where(container, cartons[i]), message))
    return found


def check_container(case: Case, container: PlannedContainer) -> Violations:
    """One container; what stands there already is judged only against what is new."""
    found: Violations = []
    standing = case.standing(container)
    for one in container.placements:
        if one.unit_id not in standing:
            found += _check_walls(case, container, one)
    sane = [
        one
        for one in container.placements
        if all(-1 < getattr(one, axis) < _SIZE_MAX_MM for axis in _AXES)
    ]
    sane.sort(key=lambda one: (one.unit_id not in standing, one.sequence, one.unit_id))
    stack = _Stack(sane)
    first_new = sum(one.unit_id in standing for one in sane)
    found += _check_pairs(container, sane, stack, first_new)
    found += _check_support(container, sane, stack, first_new)
    return found


def check(case: Case) -> Violations:
    """All containers that have a load plan."""
    return [wrong for container in case.loaded for wrong in check_container(case, container)]
