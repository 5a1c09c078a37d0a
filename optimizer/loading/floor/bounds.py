"""Prove without a search that pieces of several kinds do not fit on a floor.

Scaled edges: a function with f(a) + f(b) + ... <= f(whole) wherever a + b + ... <= whole (a dual
feasible function) turns a layout into one of scaled pieces whose area is within the scaled floor
(Fekete and Schepers, https://arxiv.org/abs/cs/0402044). Each piece counts with the way to
stand that takes least. What stands at the far end counts as a piece that stays where it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from optimizer.loading.floor.kinds import Floor, Kind, Rectangle
from optimizer.loading.floor.one_kind import WORK, most_pieces

Scale = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Row:
    """An inequality that every layout keeps: the pieces take at most `most` together."""

    takes: dict[Kind, int]
    most: int

    def is_broken(self, counts: Mapping[Kind, int]) -> bool:
        """Return whether so many pieces take more."""
        return self.take(counts) > self.most

    def take(self, counts: Mapping[Kind, int]) -> int:
        """Return how much so many pieces take."""
        return sum(self.takes.get(kind, 0) * count for kind, count in counts.items())


def area_row(floor: Floor, kinds: Iterable[Kind]) -> Row:
    """Return the inequality of the area."""
    return Row({kind: kind.area_mm2 for kind in kinds}, floor.area_mm2)


def rows(floor: Floor, counts: Mapping[Kind, int], *, work: float = WORK) -> list[Row]:
    """Return inequalities for these pieces, the area first, then each kind alone, then scales.

    `work` is that of CP-SAT on a kind alone.
    """
    alone = [
        Row({kind: 1}, most_pieces(floor.length, floor.width, kind, work))
        for kind, count in counts.items()
        if count * kind.area_mm2 * 2 > floor.area_mm2
    ]
    taken = [Rectangle(0, y1, x, y2 - y1) for y1, y2, x in floor.steps if x]
    edges = sorted({edge for kind in counts for edge in (kind.dx, kind.dy)})
    scaled = [
        Row(
            {
                kind: min(along(dx) * across(dy) for dx, dy in kind.ways())
                for kind in counts
            },
            along(floor.length) * across(floor.width)
            - sum(along(place.dx) * across(place.dy) for place in taken),
        )
        for across in _scales(floor.width, edges)
        for along in (_unscaled, *_scales(floor.length, edges))
    ]  # fmt: skip
    return [area_row(floor, counts), *alone, *scaled]


def _unscaled(edge: int) -> int:
    return edge


def _scales(whole: int, edges: list[int]) -> Iterator[Scale]:
    yield _unscaled
    for least in edges:
        if 2 * least <= whole:
            yield _drop_shorter(whole, least)
    for parts in range(1, 7):
        yield _round_to_parts(whole, parts)


def _drop_shorter(whole: int, least: int) -> Scale:
    """Count edges shorter than `least` as nothing, and those that leave less than it as all."""

    def scale(edge: int) -> int:
        if edge > whole - least:
            return whole
        return edge if edge >= least else 0

    return scale


def _round_to_parts(whole: int, parts: int) -> Scale:
    """Count an edge as the share of its place: with it, fewer than `parts` + 1 are on a line."""

    def scale(edge: int) -> int:
        number, rest = divmod((parts + 1) * edge, whole)
        return parts * edge if not rest else number * whole

    return scale
