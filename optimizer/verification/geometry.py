"""Check where cartons stand: walls, door, overlap, support, and the way in.

Compares integers only, each carton with all that went in before it.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from groupage.domain.plan import Placement, PlannedContainer
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation

_SIZE_MAX_MM = 1_000_000
_BLOCK = 256
"""Cartons compared at once with all others: the tables of a full container stay in the cache."""
_CONFLICTS = (
    (Code.OVERLAP, "and {} overlap"),
    (Code.NOT_LOADABLE, "{} stands between it and the door when it is loaded"),
    (Code.NOT_LOADABLE, "{} stands above its place when it is loaded"),
)
"""In the order of `_Stack.conflicts`."""
_corner_and_size = attrgetter("x_mm", "y_mm", "z_mm", "dx_mm", "dy_mm", "dz_mm")


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
    """Corners of the cartons in loading order, as numpy columns.

    Millimetres below `_SIZE_MAX_MM` fit into 32 bits, which are compared faster; areas do not.
    """

    def __init__(self, cartons: Sequence[Placement]) -> None:
        table: npt.NDArray[np.int32] = np.array(
            [_corner_and_size(carton) for carton in cartons], dtype=np.int32
        ).reshape(-1, 6)
        self.x1, self.y1, self.z1 = (np.ascontiguousarray(table[:, axis]) for axis in range(3))
        ends = table[:, :3] + table[:, 3:]
        self.x2, self.y2, self.z2 = (np.ascontiguousarray(ends[:, axis]) for axis in range(3))
        self.base = table[:, 3].astype(np.int64) * table[:, 4]

    def blocks(self, first: int) -> Iterator[slice]:
        """Cut the cartons from `first` on into blocks: one numpy call then compares thousands."""
        for begin in range(first, len(self.base), _BLOCK):
            yield slice(begin, min(begin + _BLOCK, len(self.base)))

    def held_mm2(self, block: slice) -> npt.NDArray[np.int64]:
        """Return how many mm² of each base rest on the tops of other cartons."""
        rows, below = np.nonzero(self.z2 == self.z1[block, None])
        i = rows + block.start
        width = np.minimum(self.x2[below], self.x2[i]) - np.maximum(self.x1[below], self.x1[i])
        depth = np.minimum(self.y2[below], self.y2[i]) - np.maximum(self.y1[below], self.y1[i])
        held = np.zeros(block.stop - block.start, dtype=np.int64)
        np.add.at(held, rows, np.maximum(width, 0).astype(np.int64) * np.maximum(depth, 0))
        return held

    def conflicts(self, block: slice) -> tuple[npt.NDArray[np.bool_], ...]:
        """Return which earlier cartons overlap each one, bar its way to the door, stand above it.

        Rows are the cartons of the block, columns all cartons up to its end.
        """
        end = block.stop
        x1, y1, z1, x2, y2, z2 = (
            column[block, None] for column in (self.x1, self.y1, self.z1, self.x2, self.y2, self.z2)
        )
        earlier = np.arange(end) < np.arange(block.start, end)[:, None]
        x = (self.x1[:end] < x2) & (self.x2[:end] > x1)
        y = (self.y1[:end] < y2) & (self.y2[:end] > y1) & earlier
        z = (self.z1[:end] < z2) & (self.z2[:end] > z1)
        in_the_way = y & z & (self.x1[:end] >= x2)
        above = x & y & (self.z1[:end] >= z2)
        return x & y & z, in_the_way, above


def _check_pairs(
    container: PlannedContainer, cartons: Sequence[Placement], stack: _Stack, first_new: int
) -> Violations:
    violations: Violations = []
    for block in stack.blocks(first_new):
        conflicts = stack.conflicts(block)
        for row in np.flatnonzero(np.logical_or.reduce(conflicts).any(axis=1)).tolist():
            where = _where(container, cartons[block.start + row])
            for (code, words), hits in zip(_CONFLICTS, conflicts, strict=True):
                for j in np.flatnonzero(hits[row]).tolist()[:3]:
                    violations.append(violation(code, where, words.format(cartons[j].unit_id)))
    return violations


def _check_support(
    container: PlannedContainer, cartons: Sequence[Placement], stack: _Stack, first_new: int
) -> Violations:
    violations: Violations = []
    for block in stack.blocks(first_new):
        held, base = stack.held_mm2(block), stack.base[block]
        for row in np.flatnonzero((stack.z1[block] != 0) & (held < base)).tolist():
            where = _where(container, cartons[block.start + row])
            message = f"{held[row]} of {base[row]} mm² of its base rest on something, all must"
            violations.append(violation(Code.UNSUPPORTED, where, message))
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
        if all(-1 < value < _SIZE_MAX_MM for value in _corner_and_size(carton))
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
