"""The instances of the literature: the verifier checks every placement; the fill keeps a floor.

The files themselves are compared when ``GROUPAGE_TEST_LOADING_DATA`` names their folder.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from groupage.domain.containers import ContainerSpec
from optimizer.deadline import unlimited
from optimizer.loading.blocks import BlockTable
from optimizer.loading.construction import ConstructionPass
from optimizer.loading.engine import SCORE_WEIGHTS
from optimizer.loading.stock import Cargo, CargoSpace, stock_of
from tests.optimizer.loading.bischoff_ratcliff import (
    HEIGHT,
    LENGTH,
    WIDTH,
    BoxType,
    instance,
    read,
)
from tests.optimizer.loading.load_plans import RULES, load_and_verify
from tests.optimizer.world import group

DATA = os.environ.get("GROUPAGE_TEST_LOADING_DATA", "")
BOX = ContainerSpec(
    iso_type="22G1",
    length_mm=LENGTH * 10,
    width_mm=WIDTH * 10,
    height_mm=HEIGHT * 10,
    door_width_mm=WIDTH * 10,
    door_height_mm=HEIGHT * 10,
    tare_g=0,
    max_gross_g=10**12,
)


def _cargo(boxes: list[BoxType]) -> list[Cargo]:
    """One consignment for each box; those with one upright edge only keep it upright."""
    cargo = []
    for number, (edges, upright, quantity) in enumerate(boxes):
        size = (edges[0] * 10, edges[1] * 10, edges[2] * 10)
        for unit in range(quantity):
            name = f"T{number:03d}-{unit:03d}"
            cartons = group(name, 1, size, this_side_up=sum(upright) == 1)
            cargo.append(Cargo(consignment_id=name, cartons=(cartons,)))
    return cargo


@pytest.mark.skipif(not DATA, reason="GROUPAGE_TEST_LOADING_DATA names no folder")
@pytest.mark.parametrize("br", range(16))
def test_generator_equals_the_files(br: int) -> None:
    """The instances made here are those of the files, number by number."""
    text = (Path(DATA) / f"BR{br}_01-20.txt").read_text(encoding="utf-8")
    for number, boxes in enumerate(read(text), start=1):
        assert boxes == instance(br, number)


@pytest.mark.slow
@pytest.mark.parametrize("br", [1, 3, 5, 7, 8, 10, 12, 15])
def test_loaded_and_verified(br: int) -> None:
    """Single boxes as consignments: the load plan is valid and holds whatever is not named."""
    for number in (1, 2):
        cargo = _cargo(instance(br, number))
        loaded = load_and_verify(BOX, cargo, effort=2)
        assert len(loaded.placements) + len(loaded.unplaced) == len(cargo)


FLOOR = {1: 0.85, 3: 0.87, 5: 0.86, 7: 0.85, 8: 0.83, 10: 0.82, 15: 0.76}
"""Mean fill of the best of six passes must not fall below this (full support)."""


@pytest.mark.slow
@pytest.mark.parametrize("br", FLOOR)
def test_fill_does_not_fall(br: int, record_property: Callable[[str, object], None]) -> None:
    """The pass itself, with all boxes on offer: the mean fill of ten instances."""
    space = CargoSpace.of(BOX, RULES)
    fills = []
    for number in range(1, 11):
        cargo = _cargo(instance(br, number))
        stock = stock_of({c.consignment_id: c.cartons for c in cargo}, ())
        quantities = stock.quantities(list(stock.units))
        table = BlockTable(stock.types, quantities, space)
        best = 0
        for weights in SCORE_WEIGHTS:
            placed = ConstructionPass(
                space, stock, quantities, table, weights, np.ones(len(stock.types))
            ).run(unlimited("load"))
            best = max(best, sum(c.dx * c.dy * c.dz for c in placed))
        fills.append(best / space.volume_mm3)
    mean = sum(fills) / len(fills)
    record_property("mean_fill", round(mean, 4))
    assert mean >= FLOOR[br]
