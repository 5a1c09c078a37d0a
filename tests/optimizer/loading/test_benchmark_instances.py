"""The instances of the literature: the verifier checks every placement; the fill keeps a floor."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from groupage.app.bench.loading.generator import CONTAINER, generate
from groupage.app.bench.loading.problem import BoxType
from groupage.domain.containers import ContainerSpec
from optimizer.deadline import unlimited
from optimizer.loading.blocks import BlockTable
from optimizer.loading.construction import ConstructionPass
from optimizer.loading.engine import SCORE_WEIGHTS
from optimizer.loading.stock import Cargo, CargoSpace, stock_of
from tests.optimizer.loading.load_plans import RULES, load_and_verify
from tests.optimizer.world import group

LENGTH, WIDTH, HEIGHT = CONTAINER
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


def _cargo(types: Sequence[BoxType]) -> list[Cargo]:
    """One consignment for each box; those with one upright edge only keep it upright."""
    cargo = []
    for number, box_type in enumerate(types):
        length, width, height = box_type.edges
        size = (length * 10, width * 10, height * 10)
        for unit in range(box_type.quantity):
            name = f"T{number:03d}-{unit:03d}"
            cartons = group(name, 1, size, this_side_up=sum(box_type.vertical) == 1)
            cargo.append(Cargo(consignment_id=name, cartons=(cartons,)))
    return cargo


@pytest.mark.slow
@pytest.mark.parametrize("br", [1, 3, 5, 7, 8, 10, 12, 15])
def test_loaded_and_verified(br: int) -> None:
    """Single boxes as consignments: the load plan is valid and holds whatever is not named."""
    for number in (1, 2):
        cargo = _cargo(generate(br, number).types)
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
        cargo = _cargo(generate(br, number).types)
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
