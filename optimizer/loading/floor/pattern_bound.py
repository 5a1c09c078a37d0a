"""An upper bound on the pieces of one kind that stand on a rectangular floor.

Each line across the floor crosses some pieces that stand lengthwise and some that stand crosswise;
together they are no wider than the floor: a pattern. The same holds for lines along the floor. The
linear programme over the lengths of all patterns bounds the number of pieces. A. N. Letchford and
A. Amaral, Analysis of upper bounds for the Pallet Loading Problem, European Journal of Operational
Research 132 (2001) 582-593, compare such bounds.

The solution of the dual programme is rounded to integers, so that the bound is exact.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from ortools.linear_solver.python import model_builder

from optimizer.loading.floor.kinds import Kind

SCALE = 10**12
"""Value of one piece."""

Pattern = tuple[int, int]
"""Pieces that a line crosses: lengthwise and crosswise ones."""


@dataclass(frozen=True, slots=True)
class PatternBound:
    """Prices in units of `SCALE`, with which no layout is worth more than the floor.

    A piece that stands lengthwise takes `dx` lines across the floor, and costs `across[0]` on each
    of them; it takes `dy` lines along the floor, and costs `along[0]` on each. Crosswise it is
    `across[1]` on `dy` lines and `along[1]` on `dx` lines. Both cost at least `SCALE` in all.
    """

    across: tuple[int, int]
    along: tuple[int, int]
    line_across: int
    """The most that the pieces on one line across the floor may cost."""
    line_along: int
    worth: int
    """The most that all pieces on the floor may cost."""

    @property
    def pieces(self) -> int:
        """No layout has more pieces."""
        return self.worth // SCALE


def patterns(room: int, lengthwise: int, crosswise: int) -> list[Pattern]:
    """Return the patterns to which no further piece can be added."""
    return [
        (count, (room - count * lengthwise) // crosswise) for count in range(room // lengthwise + 1)
    ]


@lru_cache(maxsize=4096)
def pattern_bound(length: int, width: int, kind: Kind) -> PatternBound:
    """Return the bound of the linear programme for a floor of this size."""
    return price_lines(length, width, kind, _dual_prices(length, width, kind))


def _patterns_across_and_along(
    length: int, width: int, kind: Kind
) -> tuple[list[Pattern], list[Pattern]]:
    dx, dy = kind.dx, kind.dy
    if not kind.turns:
        return [(width // dy, 0)], [(length // dx, 0)]
    return patterns(width, dy, dx), patterns(length, dx, dy)


def price_lines(
    length: int, width: int, kind: Kind, across_prices: tuple[float, float]
) -> PatternBound:
    """Return the bound for what lines across the floor charge a piece that stands either way.

    Rounded so that each piece still costs its full value; then the lines are priced exactly.
    """
    dx, dy = kind.dx, kind.dy
    across, along = _patterns_across_and_along(length, width, kind)
    cost_across = tuple(max(0, math.ceil(price * SCALE)) for price in across_prices)
    cost_along = (
        max(0, -(-(SCALE - dx * cost_across[0]) // dy)),
        max(0, -(-(SCALE - dy * cost_across[1]) // dx)),
    )
    line_across = max(cost_across[0] * i + cost_across[1] * j for i, j in across)
    line_along = max(cost_along[0] * i + cost_along[1] * j for i, j in along)
    return PatternBound(
        across=(cost_across[0], cost_across[1]),
        along=cost_along,
        line_across=line_across,
        line_along=line_along,
        worth=length * line_across + width * line_along,
    )


def _dual_prices(length: int, width: int, kind: Kind) -> tuple[float, float]:
    """Return what a line across the floor should charge a piece that stands length- or crosswise.

    The edges are measured in shares of the floor, so that all coefficients are about one.
    """
    across, along = _patterns_across_and_along(length, width, kind)
    model = model_builder.Model()  # type: ignore[no-untyped-call]
    a = [model.new_num_var(0, math.inf, f"across {way}") for way in range(2)]
    b = [model.new_num_var(0, math.inf, f"along {way}") for way in range(2)]
    line_a = model.new_num_var(0, math.inf, "line across")
    line_b = model.new_num_var(0, math.inf, "line along")
    model.add(kind.dx / length * a[0] + kind.dy / width * b[0] >= 1)
    model.add(kind.dy / length * a[1] + kind.dx / width * b[1] >= 1)
    for i, j in across:
        model.add(i * a[0] + j * a[1] <= line_a)
    for i, j in along:
        model.add(i * b[0] + j * b[1] <= line_b)
    model.minimize(line_a + line_b)
    solver = model_builder.Solver("GLOP")
    if solver.solve(model) != model_builder.SolveStatus.OPTIMAL:
        return 0.0, 0.0  # Any prices give a bound.
    return solver.value(a[0]) / length, solver.value(a[1]) / length
