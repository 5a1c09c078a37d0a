"""Where a carton can be set down: rectangles of one height that are free up to the roof.

The rectangles of a level are maximal: tops of equal height that touch are merged, so that a carton
may stand across several cartons with its whole base supported.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

Rect = tuple[int, int, int, int]
"""x1, y1, x2, y2 in mm."""


@dataclass(slots=True)
class Level:
    """The free rectangles of one height."""

    open: list[Rect] = field(default_factory=list)
    closed: set[Rect] = field(default_factory=set)
    """Rectangles in which nothing fits; kept, because a later neighbour may extend them."""


def _is_inside(inner: Rect, outer: Rect) -> bool:
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
    )


def _crop(rect: Rect, hole: Rect) -> list[Rect]:
    """Return the maximal rectangles of `rect` outside `hole`; they overlap."""
    x1, y1, x2, y2 = rect
    hx1, hy1, hx2, hy2 = hole
    parts = []
    if hx1 > x1:
        parts.append((x1, y1, hx1, y2))
    if hx2 < x2:
        parts.append((hx2, y1, x2, y2))
    if hy1 > y1:
        parts.append((x1, y1, x2, hy1))
    if hy2 < y2:
        parts.append((x1, hy2, x2, y2))
    return parts


def _bridges(a: Rect, b: Rect) -> list[Rect]:
    """Return the rectangles that two touching or overlapping rectangles cover together."""
    x1, x2 = max(a[0], b[0]), min(a[2], b[2])
    y1, y2 = max(a[1], b[1]), min(a[3], b[3])
    bridges = []
    if y1 < y2 and x1 <= x2:
        bridges.append((min(a[0], b[0]), y1, max(a[2], b[2]), y2))
    if x1 < x2 and y1 <= y2:
        bridges.append((x1, min(a[1], b[1]), x2, max(a[3], b[3])))
    return bridges


def _keep_maximal(rects: list[Rect]) -> list[Rect]:
    kept: list[Rect] = []
    for rect in sorted(set(rects), key=lambda r: ((r[2] - r[0]) * (r[3] - r[1]), r), reverse=True):
        if not any(_is_inside(rect, other) for other in kept):
            kept.append(rect)
    return kept


def _crop_all(rects: Iterable[Rect], hole: Rect) -> list[Rect]:
    return [part for rect in rects for part in _crop(rect, hole)]


class Spaces:
    """The free rectangles of a container by height."""

    def __init__(self, floor: Rect) -> None:
        self.levels: dict[int, Level] = {0: Level(open=[floor])}

    def find_deepest(self) -> list[tuple[int, Rect]]:
        """Return height and rectangle of each open space that begins farthest from the door."""
        spaces: list[tuple[int, Rect]] = []
        least: float = inf
        for z, level in self.levels.items():
            for rect in level.open:
                if rect[0] > least:
                    continue
                if rect[0] < least:
                    least = rect[0]
                    spaces.clear()
                spaces.append((z, rect))
        return spaces

    def close(self, z: int, rect: Rect) -> None:
        """Mark a rectangle in which none of the remaining cartons fits."""
        level = self.levels[z]
        level.open.remove(rect)
        level.closed.add(rect)

    def occupy(self, rect: Rect, top: int) -> None:
        """Remove the column over `rect` from every space below `top`."""
        x1, y1, x2, y2 = rect
        empty_levels = []
        for z, level in self.levels.items():
            if z >= top:
                continue
            hit = [r for r in level.open if r[0] < x2 and r[2] > x1 and r[1] < y2 and r[3] > y1]
            if hit:
                overlapped = set(hit)
                rest = [other for other in level.open if other not in overlapped]
                level.open = _keep_maximal(rest + _crop_all(hit, rect))
            hit = [r for r in level.closed if r[0] < x2 and r[2] > x1 and r[1] < y2 and r[3] > y1]
            if hit:
                level.closed.difference_update(hit)
                level.closed.update(_keep_maximal(_crop_all(hit, rect)))
            if not level.open and not level.closed:
                empty_levels.append(z)
        for z in empty_levels:
            del self.levels[z]

    def add_top(self, rect: Rect, z: int) -> None:
        """Add a surface at height `z`, joined with surfaces of the same height beside it."""
        level = self.levels.setdefault(z, Level())
        rects = set(level.open) | level.closed
        pending = [rect]
        rects.add(rect)
        while pending:
            new = pending.pop()
            for other in sorted(rects):
                for joined in _bridges(new, other):
                    if joined not in rects and not any(_is_inside(joined, r) for r in rects):
                        rects.add(joined)
                        pending.append(joined)
        level.open = [r for r in _keep_maximal(list(rects)) if r not in level.closed]
