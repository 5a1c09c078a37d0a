"""Layouts of as many pieces of one kind as possible on a rectangular floor, and their proof.

The pallet loading problem. First rows, columns and all layouts that straight cuts divide into them;
then four such rectangles around a fifth, a pinwheel (R. Morabito and S. Morales, A simple and
effective recursive procedure for the manufacturer's pallet loading problem, Journal of the
Operational Research Society 49 (1998) 819-828). Only positions that are sums of edges count. The
bound is that of the patterns; where a layout has fewer pieces, a sweep or CP-SAT lowers the bound
or finds a better layout.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from optimizer.loading.floor.exact import Decision, decide, sums_from
from optimizer.loading.floor.kinds import Floor, Kind, Rectangle
from optimizer.loading.floor.pattern_bound import pattern_bound
from optimizer.loading.floor.sweep import refutes

PROVEN_MAX = 60
"""More pieces than this are laid out, and their bound is that of the patterns."""
PINWHEELS_MAX = 20_000_000
"""Pinwheels looked at; each takes some 10 ns."""
WORK = 0.1
"""CP-SAT deterministic time for all numbers of pieces, about half a second."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OneKindLayout:
    """The best layout that was found."""

    rectangles: tuple[Rectangle, ...]
    bound: int
    """No layout has more pieces."""

    @property
    def is_optimal(self) -> bool:
        """Whether it is proven that no layout has more pieces."""
        return len(self.rectangles) == self.bound


@lru_cache(maxsize=1024)
def lay_out(length: int, width: int, kind: Kind, work: float = WORK) -> OneKindLayout:
    """Return the layout with most pieces. Cached: a lane asks for the same floors repeatedly."""
    bound = pattern_bound(length, width, kind).pieces
    if not kind.turns:
        rows, columns = width // kind.dy, length // kind.dx
        return OneKindLayout(_grid(Rectangle(0, 0, length, width), *kind.ways()[0]), rows * columns)
    cuts = _Cuts(length, width, kind)
    rectangles = cuts.layout(length, width, 0, 0)
    if len(rectangles) < bound:
        rectangles = max(rectangles, cuts.pinwheel(bound), key=len)
    if bound > PROVEN_MAX:
        return OneKindLayout(tuple(rectangles), bound)
    while len(rectangles) < bound and refutes(length, width, kind, bound):
        bound -= 1
    floor = Floor(length, width, ((0, width, 0),))
    while len(rectangles) < bound and work > 0:
        answer = decide(floor, {kind: bound}, work=work)
        work -= answer.work
        if answer.decision == Decision.UNKNOWN:
            break
        if answer.decision == Decision.FITS:
            rectangles = list(answer.rectangles)
        else:
            bound -= 1
    return OneKindLayout(tuple(rectangles), bound)


def most_pieces(length: int, width: int, kind: Kind, work: float = WORK) -> int:
    """Return a bound on the pieces: of many small ones that of the patterns, without a layout."""
    bound = pattern_bound(length, width, kind).pieces
    return bound if bound > PROVEN_MAX else lay_out(length, width, kind, work).bound


def _grid(place: Rectangle, dx: int, dy: int) -> tuple[Rectangle, ...]:
    """Return equal rectangles in rows and columns, the farthest first."""
    return tuple(
        Rectangle(place.x + i * dx, place.y + j * dy, dx, dy)
        for i in range(place.dx // dx)
        for j in range(place.dy // dy)
    )


@dataclass
class _Cuts:
    """The best layouts by straight cuts of all rectangles up to a size."""

    length: int
    width: int
    kind: Kind
    xs: Ints = field(init=False)
    ys: Ints = field(init=False)
    counts: Ints = field(init=False)
    """Pieces on a rectangle that ends at these indexes of `xs` and `ys`."""

    def __post_init__(self) -> None:
        edges = (self.kind.dx, self.kind.dy)
        self.xs = np.array(sums_from([0], edges, self.length), dtype=np.int64)
        self.ys = np.array(sums_from([0], edges, self.width), dtype=np.int64)
        self._x_index = np.searchsorted(self.xs, np.arange(self.length + 1), side="right") - 1
        self._y_index = np.searchsorted(self.ys, np.arange(self.width + 1), side="right") - 1
        self.counts = np.zeros((len(self.xs), len(self.ys)), dtype=np.int64)
        for i, x in enumerate(self.xs.tolist()):
            for j, y in enumerate(self.ys.tolist()):
                self.counts[i, j] = max(
                    self._grid_count(x, y),
                    self._count(*self._cuts_across(x), y).max(initial=0),
                    self._count(*self._cuts_along(y), x, swap=True).max(initial=0),
                )

    def _grid_count(self, x: int, y: int) -> int:
        return max((x // dx) * (y // dy) for dx, dy in self.kind.ways())

    def _cuts_across(self, x: int) -> tuple[Ints, Ints]:
        cuts = self.xs[(self.xs > 0) & (2 * self.xs <= x)]
        return self._x_index[cuts], self._x_index[x - cuts]

    def _cuts_along(self, y: int) -> tuple[Ints, Ints]:
        cuts = self.ys[(self.ys > 0) & (2 * self.ys <= y)]
        return self._y_index[cuts], self._y_index[y - cuts]

    def _count(self, near: Ints, far: Ints, other: int, *, swap: bool = False) -> Ints:
        """Return the pieces on both sides of each cut."""
        if swap:
            row = self.counts[self._x_index[other]]
            return np.asarray(row[near] + row[far])
        column = self.counts[:, self._y_index[other]]
        return np.asarray(column[near] + column[far])

    def layout(self, dx: int, dy: int, x: int, y: int) -> list[Rectangle]:
        """Return the layout of a rectangle at a place, as counted."""
        i, j = self._x_index[dx], self._y_index[dy]
        most = int(self.counts[i, j])
        inner_x, inner_y = int(self.xs[i]), int(self.ys[j])
        place = Rectangle(x, y, inner_x, inner_y)
        for way in self.kind.ways():
            if (inner_x // way[0]) * (inner_y // way[1]) == most:
                return list(_grid(place, *way))
        near, far = self._cuts_across(inner_x)
        hits = np.flatnonzero(self._count(near, far, inner_y) == most)
        if len(hits):
            cut = int(self.xs[near[hits[0]]])
            return [
                *self.layout(cut, inner_y, x, y),
                *self.layout(inner_x - cut, inner_y, x + cut, y),
            ]
        near, far = self._cuts_along(inner_y)
        hits = np.flatnonzero(self._count(near, far, inner_x, swap=True) == most)
        cut = int(self.ys[near[hits[0]]])
        return [
            *self.layout(inner_x, cut, x, y),
            *self.layout(inner_x, inner_y - cut, x, y + cut),
        ]

    def pinwheel(self, enough: int) -> list[Rectangle]:
        """Return the best layout of four rectangles around a fifth.

        (x1, y1) and (x2, y2) are the corners of the one in the middle.
        """
        length, width, counts = self.length, self.width, self.counts
        xi, yi = self._x_index, self._y_index
        before, after = xi[self.xs], xi[length - self.xs]
        if len(self.xs) ** 2 * len(self.ys) ** 2 > 4 * PINWHEELS_MAX:
            return []
        middle = xi[np.maximum(self.xs[None, :] - self.xs[:, None], 0)]
        is_order = self.xs[:, None] <= self.xs[None, :]
        best: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
        for y1 in self.ys.tolist():
            for y2 in self.ys[self.ys >= y1].tolist():
                by_x2 = counts[before, yi[y1]] + counts[after, yi[y2]]
                by_x1 = counts[after, yi[width - y2]] + counts[before, yi[width - y1]]
                total = by_x1[:, None] + by_x2[None, :] + counts[middle, yi[y2 - y1]]
                total = np.where(is_order, total, 0)
                if total.max() > best[0]:
                    i, j = np.unravel_index(int(total.argmax()), total.shape)
                    best = (int(total.max()), int(self.xs[i]), int(self.xs[j]), y1, y2)
                if best[0] >= enough:
                    break
        _, x1, x2, y1, y2 = best
        return [
            *self.layout(x2, y1, 0, 0),
            *self.layout(length - x2, y2, x2, 0),
            *self.layout(length - x1, width - y2, x1, y2),
            *self.layout(x1, width - y1, 0, y1),
            *self.layout(x2 - x1, y2 - y1, x1, y1),
        ]
