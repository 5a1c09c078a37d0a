"""Where a carton stands in its container, in the words of the people who load it. Pure.

Coordinates are those of a `Placement`: from the far left floor corner, x towards the door, y to the
right, z up. Rows, columns and layers count cartons: a carton is in row 4 if the longest chain of
cartons that stand behind one another between the far wall and it has three. Layers count the
cartons under it in the same way, columns those to its left.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate
from operator import itemgetter, or_

import msgspec

from groupage.domain.plan import Placement

Interval = tuple[int, int]


class Stowage(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a carton in a container, by coordinates, among its neighbours and in time."""

    unit_id: str
    consignment_id: str
    row: int
    """1 at the far wall."""
    column: int
    """1 at the left wall, seen from the door."""
    layer: int
    """1 on the floor."""
    sequence: int
    """1, 2, 3 … in the order of loading, by the plan; 0: the plan does not have the carton."""
    cartons: int
    """So many cartons the container holds."""
    x_mm: int
    y_mm: int
    z_mm: int
    dx_mm: int
    dy_mm: int
    dz_mm: int
    reported: bool
    """Those who loaded it reported this place; false: it is the plan's."""


class _Axis:
    """Intervals on one axis, with sets of them as bits of integers: a container has a thousand."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        self.intervals = intervals
        self._starts, self._starting = _prefixes([start for start, _ in intervals])
        self._ends, self._ending = _prefixes([end for _, end in intervals])

    def ending_by(self, at: int) -> int:
        """Return the intervals that end there or before."""
        return self._ending[bisect_right(self._ends, at)]

    def overlapping(self, number: int) -> int:
        """Return the intervals that share more than an end with this one, and itself."""
        start, end = self.intervals[number]
        return self._starting[bisect_left(self._starts, end)] & ~self.ending_by(start)


def stowage_of(
    placements: Iterable[Placement], *, reported: Collection[str] = ()
) -> tuple[Stowage, ...]:
    """Describe where each carton of a container stands, in the order of loading.

    `reported`: the cartons whose placement is a report of those who loaded them.
    """
    placements = sorted(placements, key=lambda placement: placement.sequence)
    x = _Axis([(each.x_mm, each.x_mm + each.dx_mm) for each in placements])
    y = _Axis([(each.y_mm, each.y_mm + each.dy_mm) for each in placements])
    z = _Axis([(each.z_mm, each.z_mm + each.dz_mm) for each in placements])
    counted = zip(placements, _ranks(x, y, z), _ranks(y, x, z), _ranks(z, x, y), strict=True)
    return tuple(
        Stowage(
            unit_id=placement.unit_id,
            consignment_id=placement.consignment_id,
            row=row,
            column=column,
            layer=layer,
            sequence=placement.sequence,
            cartons=len(placements),
            x_mm=placement.x_mm,
            y_mm=placement.y_mm,
            z_mm=placement.z_mm,
            dx_mm=placement.dx_mm,
            dy_mm=placement.dy_mm,
            dz_mm=placement.dz_mm,
            reported=placement.unit_id in reported,
        )
        for placement, row, column, layer in counted
    )


def row_text(stowage: Stowage) -> str:
    """``row 4, column 1, layer 2``: counted from the far left floor corner, seen from the door."""
    return f"row {stowage.row}, column {stowage.column}, layer {stowage.layer}"


def corner_text(stowage: Stowage) -> str:
    """``1480 0 310``: x, y and z in mm of its far left lower corner."""
    return f"{stowage.x_mm} {stowage.y_mm} {stowage.z_mm}"


def size_text(stowage: Stowage) -> str:
    """``600 400 350``: its extent in mm along x, y and z, as it stands."""
    return f"{stowage.dx_mm} {stowage.dy_mm} {stowage.dz_mm}"


def stowage_text(stowage: Stowage) -> str:
    """Say in a line where it stands, and when it is loaded."""
    order = f"no. {stowage.sequence:,} of {stowage.cartons:,} in the order of loading"
    return (
        f"{row_text(stowage)} from the far left floor corner; x y z {corner_text(stowage)} mm; "
        f"{order if stowage.sequence else 'in no plan'}"
    )


def _ranks(along: _Axis, across: _Axis, over: _Axis) -> list[int]:
    """Return how many cartons stand before each one along an axis in the longest chain, and it."""
    ranks = [0] * len(along.intervals)
    levels: list[int] = []
    """The cartons of rank 1, 2, 3 …"""
    for number in sorted(range(len(ranks)), key=lambda number: along.intervals[number][0]):
        before = along.ending_by(along.intervals[number][0])
        before &= across.overlapping(number) & over.overlapping(number)
        rank = next((at for at in range(len(levels), 0, -1) if levels[at - 1] & before), 0) + 1
        if rank > len(levels):
            levels.append(0)
        levels[rank - 1] |= 1 << number
        ranks[number] = rank
    return ranks


def _prefixes(values: Sequence[int]) -> tuple[list[int], list[int]]:
    """Sort values; return them, and the set of the first n of them for each n."""
    ordered = sorted(enumerate(values), key=itemgetter(1))
    sets = accumulate((1 << number for number, _ in ordered), or_, initial=0)
    return [value for _, value in ordered], list(sets)
