"""Sizes and masses of cartons: a fit to real parcels, scaled to export master cartons.

The fit: quantiles of four quantities of 32,945 products with complete figures in the Olist
catalogue (Brazil, CC BY-NC-SA; only these summary figures are used), joined by a Gaussian copula:
the longest edge, middle ÷ longest, shortest ÷ middle, and density. Edges keep their order by
construction. Against the data the quartiles of each edge, of volume and of mass come out within a
fifth; the upper tail of volume is heavier, and the caps of `CartonRules` cut it. The test of the
fitted figures derives them from the catalogue.
"""

from bisect import bisect_right
from math import exp, log
from random import Random
from statistics import NormalDist

import msgspec

from groupage.domain.events.base import Dimensions

LEVELS = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
LONGEST_MM = (160.0, 160.0, 160.0, 200.0, 280.0, 410.0, 580.0, 690.0, 1000.0)
MIDDLE_TO_LONGEST = (0.1778, 0.3846, 0.5181, 0.6667, 0.7619, 0.9167, 1.0, 1.0, 1.0)
SHORTEST_TO_MIDDLE = (0.0833, 0.158, 0.2069, 0.3889, 0.65, 0.9, 1.0, 1.0, 1.0)
DENSITY_G_PER_L = (12.5, 25.64, 37.5, 66.2, 116.6, 195.9, 348.4, 516.3, 1219.0)
"""Values at `LEVELS`."""

CHOLESKY = (
    (1.0, 0.0, 0.0, 0.0),
    (-0.324, 0.946, 0.0, 0.0),
    (-0.134, -0.032, 0.990, 0.0),
    (-0.146, -0.162, -0.269, 0.938),
)
"""Of the normal scores' correlations, in the order longest, middle ratio, shortest ratio, density.
"""
_KNOTS = tuple(NormalDist().inv_cdf(level) for level in LEVELS)
_TABLES = tuple(
    tuple(log(value) for value in values)
    for values in (LONGEST_MM, MIDDLE_TO_LONGEST, SHORTEST_TO_MIDDLE, DENSITY_G_PER_L)
)


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One draw before rounding: edges in mm in falling order, mass in g."""

    longest_mm: float
    middle_mm: float
    shortest_mm: float
    gross_g: float


class CartonRules(msgspec.Struct, frozen=True, kw_only=True):
    """From a parcel to an export master carton."""

    scale: float = 1.7
    """Edges × 1.7: the mean carton is then about 0.088 m³, the 0.09 m³ that domain planning assumes
    (700 cartons in a 40HC)."""
    edge_min_mm: int = 60
    longest_max_mm: int = 1_150
    other_max_mm: int = 800
    """Beyond these a lot travels on a pallet or as a full load. Assumption."""
    gross_min_g: int = 400
    gross_max_g: int = 30_000
    """What two people lift all day. Assumption."""
    grid_mm: int = 10
    """Packing lists give whole centimetres."""


def _between(position: float, table: tuple[float, ...]) -> float:
    right = bisect_right(_KNOTS, position)
    if right == 0:
        return table[0]
    if right == len(_KNOTS):
        return table[-1]
    share = (position - _KNOTS[right - 1]) / (_KNOTS[right] - _KNOTS[right - 1])
    return table[right - 1] + share * (table[right] - table[right - 1])


def draw_parcel(random: Random) -> Parcel:
    """One parcel of the fitted distribution."""
    noise = [random.gauss(0.0, 1.0) for _ in range(4)]
    longest, middle, shortest, density = (
        exp(_between(sum(a * b for a, b in zip(row, noise, strict=True)), table))
        for row, table in zip(CHOLESKY, _TABLES, strict=True)
    )
    middle_mm = longest * min(middle, 1.0)
    shortest_mm = middle_mm * min(shortest, 1.0)
    return Parcel(
        longest_mm=longest,
        middle_mm=middle_mm,
        shortest_mm=shortest_mm,
        gross_g=density * longest * middle_mm * shortest_mm / 1e6,
    )


def draw_carton(random: Random, rules: CartonRules) -> tuple[Dimensions, int]:
    """Size and gross mass in g of one kind of master carton."""
    parcel = draw_parcel(random)

    def edge(value_mm: float, most_mm: int) -> int:
        scaled = min(max(value_mm * rules.scale, rules.edge_min_mm), most_mm)
        return round(scaled / rules.grid_mm) * rules.grid_mm

    size = Dimensions(
        length_mm=edge(parcel.longest_mm, rules.longest_max_mm),
        width_mm=edge(parcel.middle_mm, rules.other_max_mm),
        height_mm=edge(parcel.shortest_mm, rules.other_max_mm),
    )
    gross_g = parcel.gross_g * rules.scale**3
    return size, round(min(max(gross_g, rules.gross_min_g), rules.gross_max_g) / 10) * 10
