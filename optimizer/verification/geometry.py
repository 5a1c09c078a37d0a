"""Check where cartons stand: walls, door, overlap, support, and the way in.

Compares integers only, each carton with all that went in before it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from groupage.domain.plan import Placement, PlannedContainer
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation

_SIZE_MAX_MM = 1_000_000
_AXES = ("x_mm", "y_mm", "z_mm", "dx_mm", "dy_mm", "dz_mm")


def _where(container: PlannedContainer, carton: Placement) -> str:
    return f"carton {carton.unit_id} in {container.consolidation_id}"


def _check_walls(context: Context, container: PlannedContainer, carton: Placement) -> Violations:
    spec, rules = container.spec, context.instance.rules
    violations: Violations = []
    limits = (
        (
            "x",
            carton.x_mm,
            carton.dx_mm,
            rules.wall_margin_mm,
            spec.length_mm - rules.door_margin_mm,
        ),
        (
            "y",
            carton.y_mm,
            carton.dy_mm,
            rules.wall_margin_mm,
            spec.width_mm - rules.wall_margin_mm,
        ),
        ("z", carton.z_mm, carton.dz_mm, 0, spec.height_mm),
    )
    for axis, start, size, low, high in limits:
        if start < low or start + size > high or size < 1:
            message = f"{axis} from {start} to {start + size} mm, allowed is {low} to {high}"
            violations.append(violation(Code.OUTSIDE_WALLS, _where(container, carton), message))
    if carton.dy_mm > spec.door_width_mm or carton.dz_mm > spec.door_height_mm:
        message = (
            f"{carton.dy_mm} x {carton.dz_mm} mm does not pass the door "
            f"({spec.door_width_mm} x {spec.door_height_mm})"
        )
        violations.append(violation(Code.LARGER_THAN_DOOR, _where(container, carton), message))
    return violations


class _Stack:
    """Corners of the cartons in loading order, as numpy columns."""

    def __init__(self, cartons: Sequence[Placement]) -> None:
        table: npt.NDArray[np.int64] = np.array(
            [[getattr(carton, axis) for axis in _AXES] for carton in cartons], dtype=np.int64
        ).reshape(-1, 6)
        self.x1, self.y1, self.z1 = (np.ascontiguousarray(table[:, axis]) for axis in range(3))
        ends = table[:, :3] + table[:, 3:]
        self.x2, self.y2, self.z2 = (np.ascontiguousarray(ends[:, axis]) for axis in range(3))
        self.base = table[:, 3] * table[:, 4]

    def shared_base(self, i: int) -> npt.NDArray[np.int64]:
        """Return the mm² of carton i's base that lie over each other carton."""
        width = np.minimum(self.x2, self.x2[i]) - np.maximum(self.x1, self.x1[i])
        depth = np.minimum(self.y2, self.y2[i]) - np.maximum(self.y1, self.y1[i])
        area: npt.NDArray[np.int64] = width.clip(min=0) * depth.clip(min=0)
        return area

    def conflicts(self, i: int) -> tuple[npt.NDArray[np.intp], ...]:
        """Return the earlier cartons that overlap i, bar its way to the door, or stand above it."""
        x = (self.x1[:i] < self.x2[i]) & (self.x2[:i] > self.x1[i])
        y = (self.y1[:i] < self.y2[i]) & (self.y2[:i] > self.y1[i])
        z = (self.z1[:i] < self.z2[i]) & (self.z2[:i] > self.z1[i])
        in_the_way = y & z & (self.x1[:i] >= self.x2[i])
        above = x & y & (self.z1[:i] >= self.z2[i])
        return tuple(np.flatnonzero(mask) for mask in (x & y & z, in_the_way, above))


def _check_pairs(
    container: PlannedContainer, cartons: Sequence[Placement], stack: _Stack, first_new: int
) -> Violations:
    violations: Violations = []
    for i in range(first_new, len(cartons)):
        for conflict, hits in zip(("overlap", "barred", "under"), stack.conflicts(i), strict=True):
            for j in hits.tolist()[:3]:
                where, other = _where(container, cartons[i]), cartons[j].unit_id
                if conflict == "overlap":
                    violations.append(violation(Code.OVERLAP, where, f"and {other} overlap"))
                elif conflict == "barred":
                    message = f"{other} stands between it and the door when it is loaded"
                    violations.append(violation(Code.NOT_LOADABLE, where, message))
                else:
                    message = f"{other} stands above its place when it is loaded"
                    violations.append(violation(Code.NOT_LOADABLE, where, message))
    return violations


def _check_support(
    container: PlannedContainer, cartons: Sequence[Placement], stack: _Stack, first_new: int
) -> Violations:
    violations: Violations = []
    for i in range(first_new, len(cartons)):
        if stack.z1[i] == 0:
            continue
        held = int(stack.shared_base(i)[stack.z2 == stack.z1[i]].sum())
        base = int(stack.base[i])
        if held < base:
            message = f"{held} of {base} mm² of its base rest on something, all must"
            violations.append(violation(Code.UNSUPPORTED, _where(container, cartons[i]), message))
    return violations


def check_container(context: Context, container: PlannedContainer) -> Violations:
    """Check one container; cartons that stand in it already only against new ones."""
    violations: Violations = []
    loaded_ids = context.standing_unit_ids(container)
    for carton in container.placements:
        if carton.unit_id not in loaded_ids:
            violations += _check_walls(context, container, carton)
    measurable = [
        carton
        for carton in container.placements
        if all(-1 < getattr(carton, axis) < _SIZE_MAX_MM for axis in _AXES)
    ]
    measurable.sort(
        key=lambda carton: (carton.unit_id not in loaded_ids, carton.sequence, carton.unit_id)
    )
    stack = _Stack(measurable)
    first_new = sum(carton.unit_id in loaded_ids for carton in measurable)
    violations += _check_pairs(container, measurable, stack, first_new)
    violations += _check_support(container, measurable, stack, first_new)
    return violations


def check(context: Context) -> Violations:
    """Check all containers whose load plan must be valid."""
    return [
        v for container in context.loadable_containers for v in check_container(context, container)
    ]
