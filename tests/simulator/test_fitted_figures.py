"""Fitted and copied figures against the public data they come from, when that is at hand.

``GROUPAGE_TEST_DATA`` names a folder with ``cartons/olist_products.csv`` and
``places/sea-ports.json``; neither is part of this project.
"""

import csv
import os
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from random import Random
from statistics import NormalDist, correlation

import msgspec
import pytest

from producers.simulator.cartons import (
    CHOLESKY,
    DENSITY_G_PER_L,
    LEVELS,
    LONGEST_MM,
    MIDDLE_TO_LONGEST,
    SHORTEST_TO_MIDDLE,
    CartonRules,
    draw_carton,
    draw_parcel,
)
from producers.simulator.geography import LINES

_COLUMNS = tuple(f"product_{name}" for name in ("length_cm", "width_cm", "height_cm", "weight_g"))
_FITTED = (LONGEST_MM, MIDDLE_TO_LONGEST, SHORTEST_TO_MIDDLE, DENSITY_G_PER_L)
_LEVELS = (0.25, 0.5, 0.75)
_TOLERANCE = 0.20
_DRAWS = 20_000


def _data(name: str) -> Path:
    path = Path(os.environ.get("GROUPAGE_TEST_DATA", "")) / name
    if not os.environ.get("GROUPAGE_TEST_DATA") or not path.exists():
        pytest.skip(f"GROUPAGE_TEST_DATA names no folder with {name}")
    return path


def _quantiles(values: list[float]) -> list[float]:
    ordered = sorted(values)
    return [ordered[int(level * (len(ordered) - 1))] for level in _LEVELS]


def _quantities(longest: float, middle: float, shortest: float, gross: float) -> list[float]:
    return [longest, middle, shortest, longest * middle * shortest, gross]


@pytest.fixture(scope="module")
def parcels() -> list[tuple[float, float, float, float]]:
    """Edges in falling order, mass: the catalogue's products with complete figures."""
    found = []
    with _data("cartons/olist_products.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if all(row[name] and float(row[name]) > 0 for name in _COLUMNS):
                edges = sorted((float(row[name]) * 10 for name in _COLUMNS[:3]), reverse=True)
                found.append((edges[0], edges[1], edges[2], float(row[_COLUMNS[3]])))
    assert len(found) == 32_945
    return found


def _scores(values: Sequence[float]) -> list[float]:
    """Normal scores of the ranks; equal values share the middle of theirs."""
    ordered, normal = sorted(values), NormalDist()
    return [
        normal.inv_cdf(
            (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2 / len(ordered)
        )
        for value in values
    ]


@pytest.mark.slow
def test_the_fit_is_the_data_s(parcels: list[tuple[float, float, float, float]]) -> None:
    """Derived again, the quantile tables are those of the module, and so are the correlations."""
    columns = list(
        zip(*((a, b / a, c / b, g / (a * b * c / 1e6)) for a, b, c, g in parcels), strict=True)
    )
    for column, table in zip(columns, _FITTED, strict=True):
        ordered = sorted(column)
        found = [ordered[round(level * (len(ordered) - 1))] for level in LEVELS]
        assert found == pytest.approx(table, rel=0.002)
    scores = [_scores(column) for column in columns]
    for one, other in combinations(range(4), 2):
        factors = zip(CHOLESKY[one], CHOLESKY[other], strict=True)
        fitted = sum(a * b for a, b in factors)
        assert correlation(scores[one], scores[other]) == pytest.approx(fitted, abs=0.02)


@pytest.mark.slow
def test_drawn_parcels_have_the_quartiles_of_real_ones(
    parcels: list[tuple[float, float, float, float]],
) -> None:
    """Edges, volume and mass of draws meet the catalogue's quartiles within a fifth."""
    real = [_quantities(*parcel) for parcel in parcels]
    random = Random(4)
    drawn = [
        _quantities(one.longest_mm, one.middle_mm, one.shortest_mm, one.gross_g)
        for one in (draw_parcel(random) for _ in range(_DRAWS))
    ]
    for index in range(5):
        wanted = _quantiles([one[index] for one in real])
        got = _quantiles([one[index] for one in drawn])
        assert got == pytest.approx(wanted, rel=_TOLERANCE)


@pytest.mark.slow
def test_master_cartons_have_the_planned_mean_volume() -> None:
    """About 0.09 m³ each, so that 700 fill a 40' high cube to its planning standard."""
    random, rules = Random(4), CartonRules()
    sizes = [draw_carton(random, rules)[0] for _ in range(_DRAWS)]
    volumes_m3 = [one.length_mm * one.width_mm * one.height_mm / 1e9 for one in sizes]
    assert sum(volumes_m3) / len(volumes_m3) == pytest.approx(0.09, rel=0.1)


def test_cartons_keep_their_rules() -> None:
    """Edges on the grid, between the bounds and in falling order; mass a person can lift."""
    random, rules = Random(1), CartonRules()
    for _ in range(500):
        size, gross_g = draw_carton(random, rules)
        assert size.length_mm <= rules.longest_max_mm
        assert size.length_mm >= size.width_mm >= size.height_mm >= rules.edge_min_mm
        assert not size.length_mm % rules.grid_mm
        assert rules.gross_min_g <= gross_g <= rules.gross_max_g


def test_ports_are_real() -> None:
    """Every sea port of the lanes is a UN/LOCODE of the public list."""
    ports = msgspec.json.decode(_data("places/sea-ports.json").read_bytes())
    inland = {"CNYIU", "ESMAD", "DEDUI"}
    assert {line.pod for line in LINES} | {line.pol for line in LINES} <= ports.keys() | inland
