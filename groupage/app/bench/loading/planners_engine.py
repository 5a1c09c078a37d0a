"""The construction pass of `optimizer.loading` used on boxes that need not be whole consignments.

Pass after pass with the engine's weights; the types that a pass leaves over get a higher priority
in the next, and from the fourth on a random factor, as `optimizer.loading.engine` does. Each pass
fully supports all boxes. Of the rules it keeps drop order, limits of mass on a box, and mostly the
centre of gravity; not pressures, layers and stack classes.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np

from groupage.app.bench.loading.problem import Balance, Box, BoxType, Edges, LoadPlan, Problem
from groupage.domain.instance import PreloadedCarton
from optimizer.deadline import unlimited
from optimizer.loading.blocks import BlockTable, Floats
from optimizer.loading.construction import ConstructionPass, ScoreWeights
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
    problem: Problem,
    *,
    seconds: float | None,
    work: int | None,
    seed: int,
    on_better: Callable[[LoadPlan], None],
) -> list[Box]:
    """Return the best load plan of all passes; at least one pass is made."""
    began = time.process_time()
    passes = _Passes(problem)
    rng = random.Random(seed)  # noqa: S311 - no secrets
    best: list[Box] = []
    best_worth = (False, -1)
    for number in count():
        if number and (
            (work is not None and number >= work)
            or (seconds is not None and time.process_time() - began >= seconds)
        ):
            break
        factors = [
            1.0 if number < PLAIN_PASSES else rng.lognormvariate(0.0, PRIORITY_SIGMA)
            for _ in problem.types
        ]
        boxes = passes.run(SCORE_WEIGHTS[number % len(SCORE_WEIGHTS)], np.array(factors))
        is_balanced = True
        if problem.rules.balance is not None:
            boxes, is_balanced = _balance(problem, problem.rules.balance, boxes)
        worth = (is_balanced, sum(box.volume for box in boxes))
        if worth > best_worth:
            best, best_worth = boxes, worth
            on_better(best)
        if passes.loaded_all:
            break
    return best


class _Passes:
    """Passes over one problem. Where stops matter, the boxes of the last stop go in first.

    Each box finds its way from the door free when it goes in, so none of a later stop is in its way
    when it comes out.
    """

    def __init__(self, problem: Problem) -> None:
        length, width, height = problem.container
        types = problem.types
        self._space = CargoSpace(
            x1=0, x2=length, y1=0, y2=width, height=height,
            door_width=width, door_height=height, payload_g=10**15,
        )  # fmt: skip
        bearing = problem.rules.bearing
        self._types = tuple(_carton_type(box_type, bearing=bearing) for box_type in types)
        stops = sorted({t.stop for t in types}, reverse=True) if problem.rules.stops else [0]
        self._loads = []
        for stop in stops:
            quantities = [t.quantity if stop in {0, t.stop} else 0 for t in types]
            table = BlockTable(self._types, quantities, self._space)
            self._loads.append((quantities, table))
        self._priority = np.ones(len(types))
        self.loaded_all = False

    def run(self, weights: ScoreWeights, factors: Floats) -> list[Box]:
        """Load the boxes of stop after stop; types with boxes left over gain priority."""
        boxes: list[Box] = []
        left_over = np.zeros(len(self._types), dtype=np.bool_)
        for quantities, table in self._loads:
            stock = Stock(
                types=self._types,
                units={},
                preloaded=tuple(_preloaded(index, box) for index, box in enumerate(boxes)),
                preloaded_types=tuple(self._types[box.type_index] for box in boxes),
            )
            construction = ConstructionPass(
                self._space, stock, quantities, table, weights, self._priority * factors
            )
            boxes += [Box(*carton) for carton in construction.run(unlimited("load"))]
            left_over |= np.array(construction.remaining) > 0
        self._priority[left_over] *= PRIORITY_FACTOR
        self._priority /= self._priority.max()
        self.loaded_all = not left_over.any()
        return boxes


def _preloaded(index: int, box: Box) -> PreloadedCarton:
    return PreloadedCarton(
        unit_id=f"{index:06d}", consignment_id="", x_mm=box.x, y_mm=box.y, z_mm=box.z,
        dx_mm=box.dx, dy_mm=box.dy, dz_mm=box.dz,
    )  # fmt: skip


def _balance(problem: Problem, balance: Balance, boxes: list[Box]) -> tuple[list[Box], bool]:
    """Move all boxes together so that their centre is near the middle; return whether it is."""
    masses = [problem.types[box.type_index].gross_g for box in boxes]
    mass = max(1, sum(masses))
    shifts, is_balanced = [], True
    for axis, permille in ((0, balance.length_permille), (1, balance.width_permille)):
        inner = problem.container[axis]
        centre = sum(
            grams * (box[1 + axis] + box[4 + axis] / 2)
            for grams, box in zip(masses, boxes, strict=True)
        )
        off = inner / 2 - centre / mass
        slack = inner - max((box[1 + axis] + box[4 + axis] for box in boxes), default=0)
        shift = min(slack, max(0, round(off)))
        shifts.append(shift)
        is_balanced &= abs(off - shift) * 1_000 <= permille * inner
    return [box._replace(x=box.x + shifts[0], y=box.y + shifts[1]) for box in boxes], is_balanced
