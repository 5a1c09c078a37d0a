"""A search for a layout of several kinds: piece after piece at the deepest step of the free floor.

A beam search: of the partial layouts with equally many pieces those are kept that lose least floor.
It proves nothing. Deterministic.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from optimizer.loading.floor.kinds import Floor, Kind, Rectangle

WIDTHS = (4, 40)
"""Partial layouts kept, in the first and in the second search."""

Steps = tuple[tuple[int, int, int], ...]


class _Partial(NamedTuple):
    """A partial layout. `lost_mm2` is the floor behind the steps that no piece stands on."""

    lost_mm2: int
    reach: int
    """The step nearest to the door."""
    steps: Steps
    left: tuple[int, ...]
    """Pieces left, by kind."""
    placed: tuple[Rectangle, ...]


def find_layout(
    floor: Floor, counts: Mapping[Kind, int], is_over: Callable[[], bool]
) -> tuple[Rectangle, ...] | None:
    """Return a layout of all pieces; None if the search finds none or `is_over` ends it."""
    kinds = sorted(counts, key=lambda kind: (-kind.area_mm2, kind))
    spare_mm2 = floor.area_mm2 - sum(kind.area_mm2 * counts[kind] for kind in kinds)
    for width in WIDTHS:
        beam = [_Partial(0, 0, floor.steps, tuple(counts[kind] for kind in kinds), ())]
        while beam and not is_over():
            following: dict[tuple[Steps, tuple[int, ...]], _Partial] = {}
            for partial in beam:
                for child in _children(partial, floor.length, kinds):
                    if child.lost_mm2 > spare_mm2:
                        continue
                    if not any(child.left):
                        return child.placed
                    following.setdefault((child.steps, child.left), child)
            beam = sorted(following.values())[:width]
    return None


def _children(partial: _Partial, length: int, kinds: list[Kind]) -> Iterator[_Partial]:
    """Yield the layouts with one more piece at the deepest step, and at the one after it.

    Steps on which no piece fits are closed first. Where some fit, the step may yet be worth more
    without a piece of its own.
    """
    fits: list[_Partial] = []
    rest: _Partial | None = partial
    while rest is not None:
        number = _deepest(rest.steps)
        is_second = bool(fits)
        fits = list(_stand(rest, number, length, kinds))
        yield from fits
        if is_second:
            return
        rest = _close(rest, number)


def _deepest(steps: Steps) -> int:
    return min(range(len(steps)), key=lambda number: steps[number][2])


def _stand(partial: _Partial, number: int, length: int, kinds: list[Kind]) -> Iterator[_Partial]:
    """Yield the layouts with one more piece at either end of a step."""
    y1, y2, x = partial.steps[number]
    for index, kind in enumerate(kinds):
        for dx, dy in kind.ways() if partial.left[index] else ():
            if dy <= y2 - y1 and x + dx <= length:
                for y in sorted({y1, y2 - dy}):
                    yield _place(partial, number, index, Rectangle(x, y, dx, dy))


def _place(partial: _Partial, number: int, index: int, place: Rectangle) -> _Partial:
    y1, y2, x = partial.steps[number]
    end = place.x + place.dx
    parts = ((y1, place.y, x), (place.y, place.y + place.dy, end), (place.y + place.dy, y2, x))
    steps = _joined(
        (*partial.steps[:number], *(p for p in parts if p[0] < p[1]), *partial.steps[number + 1 :])
    )
    left = (*partial.left[:index], partial.left[index] - 1, *partial.left[index + 1 :])
    return _Partial(
        partial.lost_mm2, max(partial.reach, end), steps, left, (*partial.placed, place)
    )


def _close(partial: _Partial, number: int) -> _Partial | None:
    """Give up the floor of a step as far as its deeper neighbour; None if it has none."""
    steps = partial.steps
    y1, y2, x = steps[number]
    neighbours = [steps[n][2] for n in (number - 1, number + 1) if 0 <= n < len(steps)]
    if not neighbours:
        return None
    to = min(neighbours)
    lost_mm2 = partial.lost_mm2 + (y2 - y1) * (to - x)
    closed = _joined((*steps[:number], (y1, y2, to), *steps[number + 1 :]))
    return partial._replace(lost_mm2=lost_mm2, steps=closed)


def _joined(steps: Steps) -> Steps:
    joined: list[tuple[int, int, int]] = []
    for step in steps:
        if joined and joined[-1][2] == step[2]:
            joined[-1] = (joined[-1][0], step[1], step[2])
        else:
            joined.append(step)
    return tuple(joined)
