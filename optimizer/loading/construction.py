"""One construction pass: the deepest space takes its best block, until no block fits any more.

Block building on maximal spaces with the score of Araya, Guerrero and Nuñez (2017,
https://doi.org/10.1016/j.cor.2017.01.002): volume, space lost beside the block, contact with
neighbours, number of cartons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimizer.deadline import StageDeadline
from optimizer.loading.bearing import Bearing
from optimizer.loading.blocks import BlockTable, Bools, Floats, Ints
from optimizer.loading.spaces import Rect, Spaces
from optimizer.loading.stock import CargoSpace, Stock

_ROUNDING_G = 1.0
PRESSURE_BATCH = 128
"""Blocks filtered by pressure together, best first: mostly one of the first is taken."""
COMPACT_SHARE = 0.75
"""The arrays of blocks are made smaller when less than this share of them is available."""
CANDIDATES_MAX = 25
"""Blocks tried in one space when the best ones would crush the cartons below."""


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """Exponents of the block score, and choices, of one pass."""

    contact: float
    count: float
    loss: float
    close_permille: int
    """A face counts as touching when its gap is at most this share of the space."""
    low_first: bool
    """Among equally deep spaces fill the lowest (else the highest) first."""


class PlacedCarton(NamedTuple):
    """A carton in its place. `type_number` is its type's index in `Stock.types`."""

    type_number: int
    x: int
    y: int
    z: int
    dx: int
    dy: int
    dz: int


class ConstructionPass:
    """The state of one pass."""

    def __init__(
        self,
        space: CargoSpace,
        stock: Stock,
        quantities: Sequence[int],
        table: BlockTable,
        weights: ScoreWeights,
        priority: Floats,
    ) -> None:
        self.cargo_space = space
        self.types = stock.types
        self.remaining = list(quantities)
        self.table = table
        self.weights = weights
        self.placed: list[PlacedCarton] = []
        self.spaces = Spaces((space.x1, space.y1, space.x2, space.y2))
        self.obstacles: list[tuple[int, int, int, int, int, int]] = []
        limits = [t.top_load_g for t in (*stock.types, *stock.preloaded_types)]
        self.bearing = Bearing(active=any(limit is not None for limit in limits))
        self._shortest_edges = [min(t.length, t.width, t.height) for t in stock.types]
        self._set_blocks(np.arange(len(table.type_number)))
        self._edge_min = self._shortest_edge()
        self._top_only = self._top_only_heights()
        self._is_top_only: Bools = np.isin(table.type_number, list(self._top_only))
        by_count = table.quantity.astype(np.float64) ** -weights.count
        self._worth: Floats = table.volume * by_count * priority[table.type_number]
        self._add_preloaded(stock)

    def _set_blocks(self, blocks: Ints) -> None:
        """Keep only these blocks, sorted by type: there are cartons enough for them."""
        table = self.table
        self._blocks = blocks
        dx, dy, dz = table.size.take(blocks, axis=1).astype(np.int32)
        self._size = (dx, dy, dz)
        self._quantity = table.quantity.take(blocks)
        self._available: Bools = np.ones(len(blocks), dtype=np.bool_)
        self._available_count = len(blocks)
        numbers = np.arange(len(self.types) + 1)
        self._first_of_type = np.searchsorted(table.type_number.take(blocks), numbers).tolist()

    def _shortest_edge(self) -> int:
        """Return the shortest edge of the remaining cartons: no carton fits into less."""
        edges = zip(self._shortest_edges, self.remaining, strict=True)
        return min([edge for edge, left in edges if left], default=0)

    def _top_only_heights(self) -> dict[int, int]:
        """Return the types that cannot bear an average carton, with their least height.

        The space under the roof is kept for them as long as any are left.
        """
        mass = sum(t.gross_g * n for t, n in zip(self.types, self.remaining, strict=True))
        mean_g = mass / max(1, sum(self.remaining))
        return {
            number: min(height for _, _, height in t.orientations(self.cargo_space))
            for number, t in enumerate(self.types)
            if self.remaining[number] and t.top_load_g is not None and t.top_load_g < mean_g
        }

    def _add_preloaded(self, stock: Stock) -> None:
        pairs = zip(stock.preloaded, stock.preloaded_types, strict=True)
        for carton, t in sorted(pairs, key=lambda pair: (pair[0].z_mm, pair[0].unit_id)):
            rect = (
                carton.x_mm, carton.y_mm,
                carton.x_mm + carton.dx_mm, carton.y_mm + carton.dy_mm,
            )  # fmt: skip
            top = carton.z_mm + carton.dz_mm
            self.bearing.add_preloaded(
                rect, z=carton.z_mm, top=top, gross_g=t.gross_g, top_load_g=t.top_load_g
            )
            self._occupy_column(rect, carton.z_mm, top, strong=t.top_load_g != 0)

    def _occupy_column(self, rect: Rect, z: int, top: int, *, strong: bool) -> None:
        self.obstacles.append((*rect, z, top))
        self.spaces.occupy(rect, top)
        space = self.cargo_space
        x1, y1, x2, y2 = rect
        usable = (max(x1, space.x1), max(y1, space.y1), min(x2, space.x2), min(y2, space.y2))
        if strong and top < space.height and usable[0] < usable[2] and usable[1] < usable[3]:
            self.spaces.add_top(usable, top)

    def run(self, deadline: StageDeadline) -> list[PlacedCarton]:
        """Fill the container until the deadline; return the cartons in loading order."""
        while self._available_count and not deadline.is_over():
            deepest = self._deepest_space()
            if deepest is None:
                break
            z, rect = deepest
            block = self._best_block(z, rect)
            if block is None:
                self.spaces.close(z, rect)
            else:
                self._place(block, z, rect)
        return self.placed

    def _deepest_space(self) -> tuple[int, Rect] | None:
        """Return the space to fill next: farthest from the door, then by height, then by a wall."""
        deepest = self.spaces.find_deepest()
        if not deepest:
            return None
        y1, y2, up = self.cargo_space.y1, self.cargo_space.y2, 1 if self.weights.low_first else -1
        height, _, rect = min(
            [(up * z, min(rect[1] - y1, y2 - rect[3]), rect) for z, rect in deepest]
        )
        return up * height, rect

    def _fills_from_right(self, rect: Rect) -> bool:
        """Return whether blocks go to the right end of the space, the side nearer to a wall."""
        return rect[1] - self.cargo_space.y1 > self.cargo_space.y2 - rect[3]

    def _best_block(self, z: int, rect: Rect) -> int | None:
        size = (rect[2] - rect[0], rect[3] - rect[1], self.cargo_space.height - z)
        if min(size) < self._edge_min:
            return None
        dx, dy, dz = self._size
        fits = self._blocks[self._available & (dx <= size[0]) & (dy <= size[1]) & (dz <= size[2])]
        fits = self._below_top_only(self._reachable_from_door(fits, z, rect), z)
        if not len(fits):
            return None
        below = self.bearing.supporters(rect, z) if z else []
        return self._best_supported(fits, self._scores(fits, rect, size), rect, below)

    def _below_top_only(self, fits: Ints, z: int) -> Ints:
        """Keep strong blocks below the height that top-only cartons need, if any fit there."""
        if not self._top_only:
            return fits
        roof = self.cargo_space.height - max(self._top_only.values())
        below = fits[self._is_top_only[fits] | (z + self.table.dz[fits] <= roof)]
        return below if len(below) else fits

    def _scores(self, fits: Ints, rect: Rect, size: tuple[int, int, int]) -> Floats:
        weights, table = self.weights, self.table
        surface = table.surface.take(fits)
        touching = surface // 2
        faces = table.faces.take(fits, axis=1)
        used: Floats | float = 1.0
        for axis, edges in enumerate(table.size.take(fits, axis=1)):
            length = size[axis]
            beside = length - edges
            lost = table.waste[axis].take(beside)
            if axis == 2 and self.bearing.active:
                lost = np.maximum(lost, beside - table.headroom.take(fits))
            used = used * (1.0 - lost / length)
            if axis or rect[2] < self.cargo_space.x2:
                close = beside <= weights.close_permille * length // 1_000
                touching += faces[axis] * close
        scores: Floats = self._worth.take(fits) * used**weights.loss
        return scores * (touching / surface) ** weights.contact

    def _reachable_from_door(self, fits: Ints, z: int, rect: Rect) -> Ints:
        """Drop blocks that a carton would bar on the straight way in from the door."""
        right = self._fills_from_right(rect)
        for x1, y1, _, y2, low, top in self.obstacles:
            if x1 < rect[2] or top <= z or y2 <= rect[1] or y1 >= rect[3]:
                continue
            dy, dz = self.table.dy[fits], self.table.dz[fits]
            blocked = low < z + dz
            blocked &= (rect[3] - dy < y2) if right else (rect[1] + dy > y1)
            fits = fits[~blocked]
            if not len(fits):
                break
        return fits

    def _best_supported(
        self, fits: Ints, scores: Floats, rect: Rect, below: Sequence[int]
    ) -> int | None:
        """Return the best block that the cartons below bear; after some tries a single carton."""
        if not below:
            return int(fits[int(np.argmax(scores))])
        tries = 0
        ranked = fits[np.argsort(-scores, kind="stable")]
        spare = [(self.bearing.cartons[i].rect, self.bearing.spare_g(i)) for i in below]
        for batch in (ranked[:PRESSURE_BATCH], ranked[PRESSURE_BATCH:]):
            blocks = self._within_pressure(batch, rect, spare)
            if tries >= CANDIDATES_MAX:
                blocks = blocks[self.table.quantity[blocks] == 1]
            for block in blocks.tolist():
                tries += 1
                if tries > CANDIDATES_MAX and self.table.quantity[block] != 1:
                    continue
                if self._bears(block, rect, below):
                    return int(block)
        return None

    def _within_pressure(
        self, blocks: Ints, rect: Rect, spare: Sequence[tuple[Rect, float]]
    ) -> Ints:
        """Drop blocks whose pressure alone is too much for a carton directly below.

        `spare` holds the cartons below with the grams that may still rest on each.
        """
        table, (x, y1, _, y2) = self.table, rect
        right = self._fills_from_right(rect)
        for (ox1, oy1, ox2, oy2), grams in spare:
            dx, dy = table.dx[blocks], table.dy[blocks]
            width = np.minimum(dx, ox2 - x) - max(0, ox1 - x)
            if right:
                depth = np.minimum(dy, y2 - oy1) - max(0, y2 - oy2)
            else:
                depth = np.minimum(dy, oy2 - y1) - max(0, oy1 - y1)
            area = np.maximum(width, 0) * np.maximum(depth, 0)
            blocks = blocks[table.pressure[blocks] * area <= grams + _ROUNDING_G]
            if not len(blocks):
                break
        return blocks

    def _bears(self, block: int, rect: Rect, below: Sequence[int]) -> bool:
        carton_type = self.types[int(self.table.type_number[block])]
        columns, rows, layers = self.table.counts[block].tolist()
        dx, dy, _ = self.table.unit[block].tolist()
        x, y = self._origin(block, rect)
        bases = [
            (
                (x + i * dx, y + j * dy, x + (i + 1) * dx, y + (j + 1) * dy),
                carton_type.gross_g * layers,
            )
            for i in range(columns)
            for j in range(rows)
        ]
        return self.bearing.allows(bases, below)

    def _origin(self, block: int, rect: Rect) -> tuple[int, int]:
        if self._fills_from_right(rect):
            return rect[0], rect[3] - int(self.table.dy[block])
        return rect[0], rect[1]

    def _place(self, block: int, z: int, space: Rect) -> None:
        number = int(self.table.type_number[block])
        carton_type = self.types[number]
        columns, rows, layers = self.table.counts[block].tolist()
        dx, dy, dz = self.table.unit[block].tolist()
        x0, y0 = self._origin(block, space)
        rect = (x0, y0, x0 + columns * dx, y0 + rows * dy)
        in_bearing = carton_type.top_load_g is not None or bool(self.bearing.supporters(rect, z))
        for i in range(columns):
            for k in range(layers):
                for j in range(rows):
                    x, y, low = x0 + i * dx, y0 + j * dy, z + k * dz
                    self.placed.append(PlacedCarton(number, x, y, low, dx, dy, dz))
                    if in_bearing:
                        self.bearing.add(
                            (x, y, x + dx, y + dy),
                            z=low,
                            top=low + dz,
                            gross_g=carton_type.gross_g,
                            top_load_g=carton_type.top_load_g,
                        )
        self.remaining[number] -= columns * rows * layers
        self._drop_oversized_blocks(number)
        strong = carton_type.top_load_g is None or carton_type.top_load_g > 0
        self._occupy_column(rect, z, z + layers * dz, strong=strong)

    def _drop_oversized_blocks(self, number: int) -> None:
        """Drop blocks that need more cartons of the type than are left."""
        first, last = self._first_of_type[number : number + 2]
        available = self._available[first:last]
        before = int(np.count_nonzero(available))
        available &= self._quantity[first:last] <= self.remaining[number]
        self._available_count -= before - int(np.count_nonzero(available))
        if self._available_count < len(self._blocks) * COMPACT_SHARE:
            self._set_blocks(self._blocks[self._available])
        if not self.remaining[number]:
            self._top_only.pop(number, None)
            self._edge_min = self._shortest_edge()
