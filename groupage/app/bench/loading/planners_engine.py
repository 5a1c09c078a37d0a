"""The construction pass of `optimizer.loading` used on boxes that need not be whole consignments.

Pass after pass with the engine's weights; the types that a pass leaves over get a higher priority
in the next, and from the fourth on a random factor, as `optimizer.loading.engine` does. Each pass
fully supports all boxes.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from groupage.app.bench.loading.problem import Box, BoxType, Edges, LoadPlan
from optimizer.deadline import unlimited
from optimizer.loading.blocks import BlockTable
from optimizer.loading.construction import ConstructionPass
from optimizer.loading.engine import (
    PLAIN_PASSES,
    PRIORITY_FACTOR,
    PRIORITY_SIGMA,
    SCORE_WEIGHTS,
)
from optimizer.loading.stock import CargoSpace, CartonType, Stock


@dataclass(frozen=True, slots=True)
class _MarkedType(CartonType):
    """A carton type with a mark for each edge."""

    ways: tuple[Edges, ...] = ()

    def orientations(self, space: CargoSpace) -> list[Edges]:
        """Return the ways to stand that the marks allow and the space has room for."""
        return [
            (dx, dy, dz)
            for dx, dy, dz in self.ways
            if dx <= space.x2 and dy <= space.y2 and dz <= space.height
        ]


def _carton_type(box_type: BoxType, *, bearing: bool) -> _MarkedType:
    length, width, height = box_type.edges
    return _MarkedType(
        length=length,
        width=width,
        height=height,
        gross_g=max(1, box_type.gross_g),
        upright=False,
        top_load_g=box_type.top_load_g if bearing else None,
        ways=tuple(sorted(box_type.orientations())),
    )


def fill(
    container: Edges,
    types: Sequence[BoxType],
    *,
    bearing: bool,
    seconds: float | None,
    work: int | None,
    seed: int,
    on_better: Callable[[LoadPlan], None],
) -> list[Box]:
    """Return the best load plan of all passes; at least one pass is made."""
    began = time.process_time()
    length, width, height = container
    space = CargoSpace(
        x1=0, x2=length, y1=0, y2=width, height=height,
        door_width=width, door_height=height, payload_g=10**15,
    )  # fmt: skip
    stock = Stock(
        types=tuple(_carton_type(box_type, bearing=bearing) for box_type in types),
        units={},
        preloaded=(),
        preloaded_types=(),
    )
    quantities = [box_type.quantity for box_type in types]
    table = BlockTable(stock.types, quantities, space)
    priority = np.ones(len(types))
    rng = random.Random(seed)  # noqa: S311 - no secrets
    best: list[Box] = []
    best_volume = -1
    for number in count():
        if number and (
            (work is not None and number >= work)
            or (seconds is not None and time.process_time() - began >= seconds)
        ):
            break
        weights = SCORE_WEIGHTS[number % len(SCORE_WEIGHTS)]
        factors = [
            1.0 if number < PLAIN_PASSES else rng.lognormvariate(0.0, PRIORITY_SIGMA) for _ in types
        ]
        construction = ConstructionPass(
            space, stock, quantities, table, weights, priority * np.array(factors)
        )
        boxes = [Box(*carton) for carton in construction.run(unlimited("load"))]
        left_over = np.array(construction.remaining) > 0
        priority[left_over] *= PRIORITY_FACTOR
        priority /= priority.max()
        volume = sum(box.volume for box in boxes)
        if volume > best_volume:
            best, best_volume = boxes, volume
            on_better(best)
        if not left_over.any():
            break
    return best
