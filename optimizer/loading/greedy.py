"""One pass: the deepest space takes its best block, until nothing fits any more.

Block building on maximal spaces with the score of Araya, Guerrero and Nuñez (2017,
https://doi.org/10.1016/j.cor.2017.01.002): volume, room lost beside the block, contact with what
stands, number of cartons.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.loading.bearing import Bearing
from optimizer.loading.blocks import BlockTable, Bools, Floats, Ints
from optimizer.loading.kinds import Hold, Stock
from optimizer.loading.spaces import Rect, Spaces

_ROUNDING_G = 1.0
AT_ONCE = 128
"""Blocks weighed at once, best first: mostly one of the first goes."""
CANDIDATES_MAX = 25
"""Blocks tried in one space when the best ones would crush what is below."""


@dataclass(frozen=True, slots=True)
class Taste:
    """Weights of a pass."""

    contact: float
    count: float
    loss: float
    close_permille: int
    """A face this near to its neighbour counts as touching, in permille of the space."""
    low_first: bool
    """Among equally deep spaces take the lowest (else the highest) first."""
    crown: bool
    """Keep the room under the roof for cartons that bear nothing, as long as there are any."""


@dataclass(frozen=True, slots=True)
class Set:
    """One carton set down, in the order of loading."""

    kind: int
    x: int
    y: int
    z: int
    dx: int
    dy: int
    dz: int


class Pass:
    """The state of one pass."""

    def __init__(
        self,
        hold: Hold,
        stock: Stock,
        quantities: Sequence[int],
        table: BlockTable,
        taste: Taste,
        favour: Floats,
    ) -> None:
        self.hold = hold
        self.kinds = stock.kinds
        self.remaining = list(quantities)
        self.table = table
        self.taste = taste
        self.sets: list[Set] = []
        self.spaces = Spaces((hold.x1, hold.y1, hold.x2, hold.y2))
        self.towers: list[tuple[int, int, int, int, int, int]] = []
        limits = [kind.top_load_g for kind in (*stock.kinds, *stock.fixed_kinds)]
        self.bearing = Bearing(active=any(limit is not None for limit in limits))
        self._keep_alive(np.arange(len(table.kind)))
        self._edge_min = self._shortest_edge()
        self._crowns = self._crown_heights() if taste.crown else {}
        self._is_crown: Bools = np.isin(table.kind, list(self._crowns))
        fewer = table.quantity.astype(np.float64) ** -taste.count
        self._worth: Floats = table.volume * fewer * favour[table.kind]
        self._set_fixed(stock)

    def _keep_alive(self, alive: Ints) -> None:
        """Only these blocks can still be had."""
        table = self.table
        self.alive = alive
        self._alive_size = table.size.take(alive, axis=1)

    def _shortest_edge(self) -> int:
        """Of all cartons that are left: nothing goes where there is less room in any direction."""
        pairs = zip(self.kinds, self.remaining, strict=True)
        return min((min(k.length, k.width, k.height) for k, left in pairs if left), default=0)

    def _crown_heights(self) -> dict[int, int]:
        """Kinds that cannot bear an average carton, and how high they stand at least."""
        mass = sum(k.gross_g * n for k, n in zip(self.kinds, self.remaining, strict=True))
        mean_g = mass / max(1, sum(self.remaining))
        return {
            number: min(position[2] for position in kind.positions(self.hold))
            for number, kind in enumerate(self.kinds)
            if self.remaining[number] and kind.top_load_g is not None and kind.top_load_g < mean_g
        }

    def _set_fixed(self, stock: Stock) -> None:
        pairs = zip(stock.fixed, stock.fixed_kinds, strict=True)
        for box, kind in sorted(pairs, key=lambda pair: (pair[0].z_mm, pair[0].unit_id)):
            rect = (box.x_mm, box.y_mm, box.x_mm + box.dx_mm, box.y_mm + box.dy_mm)
            top = box.z_mm + box.dz_mm
            self.bearing.add_found(
                rect, z=box.z_mm, top=top, gross_g=kind.gross_g, top_load_g=kind.top_load_g
            )
            self._close_column(rect, box.z_mm, top, strong=kind.top_load_g != 0)

    def _close_column(self, rect: Rect, z: int, top: int, *, strong: bool) -> None:
        self.towers.append((*rect, z, top))
        self.spaces.occupy(rect, top)
        hold = self.hold
        x1, y1, x2, y2 = rect
        usable = (max(x1, hold.x1), max(y1, hold.y1), min(x2, hold.x2), min(y2, hold.y2))
        if strong and top < hold.height and usable[0] < usable[2] and usable[1] < usable[3]:
            self.spaces.add_top(usable, top)

    def run(self) -> list[Set]:
        """Fill the container; the sets in loading order."""
        while len(self.alive):
            spot = self._deepest()
            if spot is None:
                break
            z, rect = spot
            block = self._best(z, rect)
            if block is None:
                self.spaces.close(z, rect)
            else:
                self._place(block, z, rect)
        return self.sets

    def _deepest(self) -> tuple[int, Rect] | None:
        """The space that is filled next: far from the door, by height, by a wall."""
        y1, y2, up = self.hold.y1, self.hold.y2, 1 if self.taste.low_first else -1
        depths = [
            (rect[0], up * z, min(rect[1] - y1, y2 - rect[3]), rect)
            for z, rect in self.spaces.all_open()
        ]
        if not depths:
            return None
        _, height, _, rect = min(depths)
        return up * height, rect

    def _corner_right(self, rect: Rect) -> bool:
        """Whether blocks go to the right end of the space: that side is nearer to a wall."""
        return rect[1] - self.hold.y1 > self.hold.y2 - rect[3]

    def _best(self, z: int, rect: Rect) -> int | None:
        size = (rect[2] - rect[0], rect[3] - rect[1], self.hold.height - z)
        if min(size) < self._edge_min:
            return None
        dx, dy, dz = self._alive_size
        fits = self.alive[(dx <= size[0]) & (dy <= size[1]) & (dz <= size[2])]
        fits = self._under_crowns(self._reachable_from_door(fits, z, rect), z)
        if not len(fits):
            return None
        below = self.bearing.under(rect, z) if z else []
        return self._strong_enough(fits, self._scores(fits, rect, size), rect, below)

    def _under_crowns(self, fits: Ints, z: int) -> Ints:
        """Strong blocks stay below the weak cartons that are still to come, where they can."""
        if not self._crowns:
            return fits
        roof = self.hold.height - max(self._crowns.values())
        below = fits[self._is_crown[fits] | (z + self.table.dz[fits] <= roof)]
        return below if len(below) else fits

    def _scores(self, fits: Ints, rect: Rect, size: tuple[int, int, int]) -> Floats:
        taste, table = self.taste, self.table
        surface = table.surface.take(fits)
        touching = surface // 2
        used = np.ones(len(fits))
        for axis, edges in enumerate(table.size.take(fits, axis=1)):
            room = size[axis]
            beside = room - edges
            lost = table.waste[axis].take(beside)
            if axis == 2 and self.bearing.active:
                lost = np.maximum(lost, beside - table.headroom.take(fits))
            used *= 1.0 - lost / room
            if axis or rect[2] < self.hold.x2:
                close = beside <= taste.close_permille * room // 1_000
                touching += table.faces[axis].take(fits) * close
        scores: Floats = self._worth.take(fits) * used**taste.loss
        return scores * (touching / surface) ** taste.contact

    def _reachable_from_door(self, fits: Ints, z: int, rect: Rect) -> Ints:
        """Drop blocks with something in the straight corridor between them and the door."""
        right = self._corner_right(rect)
        for x1, y1, _, y2, low, top in self.towers:
            if x1 < rect[2] or top <= z or y2 <= rect[1] or y1 >= rect[3]:
                continue
            dy, dz = self.table.dy[fits], self.table.dz[fits]
            meets = low < z + dz
            meets &= (rect[3] - dy < y2) if right else (rect[1] + dy > y1)
            fits = fits[~meets]
            if not len(fits):
                break
        return fits

    def _strong_enough(
        self, fits: Ints, scores: Floats, rect: Rect, below: Sequence[int]
    ) -> int | None:
        """The best block that what is below bears; after some tries only single cartons."""
        if not below:
            return int(fits[int(np.argmax(scores))])
        tried = 0
        ranked = fits[np.argsort(-scores, kind="stable")]
        spare = [(self.bearing.standing[one].rect, self.bearing.spare_g(one)) for one in below]
        for at_once in (ranked[:AT_ONCE], ranked[AT_ONCE:]):
            some = self._not_too_heavy(at_once, rect, spare)
            if tried >= CANDIDATES_MAX:
                some = some[self.table.quantity[some] == 1]
            for block in some.tolist():
                tried += 1
                if tried > CANDIDATES_MAX and self.table.quantity[block] != 1:
                    continue
                if self._bears(block, rect, below):
                    return int(block)
        return None

    def _not_too_heavy(self, blocks: Ints, rect: Rect, spare: Sequence[tuple[Rect, float]]) -> Ints:
        """Drop blocks whose pressure alone is too much for a carton right under them.

        `spare` are the cartons below with the grams that may still rest on each.
        """
        table, (x, y1, _, y2) = self.table, rect
        right = self._corner_right(rect)
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
        kind = self.kinds[int(self.table.kind[block])]
        columns, rows, layers = self.table.counts[block].tolist()
        dx, dy, _ = self.table.unit[block].tolist()
        x, y = self._origin(block, rect)
        bases = [
            ((x + i * dx, y + j * dy, x + (i + 1) * dx, y + (j + 1) * dy), kind.gross_g * layers)
            for i in range(columns)
            for j in range(rows)
        ]
        return self.bearing.allows(bases, below)

    def _origin(self, block: int, rect: Rect) -> tuple[int, int]:
        if self._corner_right(rect):
            return rect[0], rect[3] - int(self.table.dy[block])
        return rect[0], rect[1]

    def _place(self, block: int, z: int, space: Rect) -> None:
        number = int(self.table.kind[block])
        kind = self.kinds[number]
        columns, rows, layers = self.table.counts[block].tolist()
        dx, dy, dz = self.table.unit[block].tolist()
        x0, y0 = self._origin(block, space)
        rect = (x0, y0, x0 + columns * dx, y0 + rows * dy)
        felt = kind.top_load_g is not None or bool(self.bearing.under(rect, z))
        for i in range(columns):
            for k in range(layers):
                for j in range(rows):
                    x, y, low = x0 + i * dx, y0 + j * dy, z + k * dz
                    self.sets.append(Set(number, x, y, low, dx, dy, dz))
                    if felt:
                        self.bearing.add(
                            (x, y, x + dx, y + dy),
                            z=low,
                            top=low + dz,
                            gross_g=kind.gross_g,
                            top_load_g=kind.top_load_g,
                        )
        self.remaining[number] -= columns * rows * layers
        self._retire(number)
        strong = kind.top_load_g is None or kind.top_load_g > 0
        self._close_column(rect, z, z + layers * dz, strong=strong)

    def _retire(self, number: int) -> None:
        """Drop blocks that need more cartons of the kind than are left."""
        table, alive = self.table, self.alive
        # Blocks are in the order of their kinds.
        first, last = np.searchsorted(table.kind[alive], (number, number + 1)).tolist()
        stays = table.quantity[alive[first:last]] <= self.remaining[number]
        if not stays.all():
            kept = alive[first:last][stays]
            self._keep_alive(np.concatenate((alive[:first], kept, alive[last:])))
        if not self.remaining[number]:
            self._crowns.pop(number, None)
            self._edge_min = self._shortest_edge()
