"""Rectangles that pieces take on the floor, and the part of the floor that is free for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from groupage.domain.instance import PreloadedCarton
from optimizer.loading.stock import CargoSpace, CartonType


class Rectangle(NamedTuple):
    """A place on the floor: `x` from the far end, `y` from the left, in mm."""

    x: int
    y: int
    dx: int
    dy: int


class Kind(NamedTuple):
    """The rectangle of a piece: `dx` along the container, `dy` across it.

    A kind that `turns` may stand either way; its `dx` is then the longer edge.
    """

    dx: int
    dy: int
    turns: bool

    @property
    def area_mm2(self) -> int:
        """Floor under one piece."""
        return self.dx * self.dy

    def ways(self) -> tuple[tuple[int, int], ...]:
        """Return the ways to stand, as edges along and across the container."""
        if self.turns:
            return ((self.dx, self.dy), (self.dy, self.dx))
        return ((self.dx, self.dy),)


NO_KIND = Kind(0, 0, turns=False)
"""Of a carton that does not go into the container."""


def kind_of(carton_type: CartonType, space: CargoSpace) -> Kind | None:
    """Return the least rectangle that a carton of this type can stand on.

    `NO_KIND` if it does not go into the container; None if no rectangle is least both along and
    across.
    """
    ways = {(dx, dy) for dx, dy, _ in carton_type.orientations(space)}
    least = sorted(
        way
        for way in ways
        if not any(other != way and other[0] <= way[0] and other[1] <= way[1] for other in ways)
    )
    if not least:
        return NO_KIND
    if len(least) == 1:
        return Kind(*least[0], turns=False)
    if len(least) == 2 and least[0] == least[1][::-1]:
        return Kind(*least[1], turns=True)
    return None


@dataclass(frozen=True, slots=True)
class Floor:
    """The free floor: all of it before what stands at its far end.

    `steps` are (y1, y2, x): between y1 and y2 the floor is free from x on. They cover the width
    from left to right, neighbours differ in x. Pieces come straight from the door, so that nothing
    can stand behind a piece that is loaded already.
    """

    length: int
    width: int
    steps: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, space: CargoSpace, preloaded: Iterable[PreloadedCarton] = ()) -> Self:
        """Return the floor inside the margins that the preloaded cartons leave free."""
        length, width = space.x2 - space.x1, space.y2 - space.y1
        return cls(length, width, ((0, width, 0),)).behind(
            Rectangle(c.x_mm - space.x1, c.y_mm - space.y1, c.dx_mm, c.dy_mm) for c in preloaded
        )

    def behind(self, taken: Iterable[Rectangle]) -> Self:
        """Return the floor that is free before these rectangles."""
        steps = list(self.steps)
        for x, y, dx, dy in taken:
            steps = [
                part
                for y1, y2, begin in steps
                for part in (
                    (y1, min(y2, y), begin),
                    (max(y1, y), min(y2, y + dy), max(begin, min(x + dx, self.length))),
                    (max(y1, y + dy), y2, begin),
                )
                if part[0] < part[1]
            ]
        return type(self)(self.length, self.width, _join(steps))

    @property
    def area_mm2(self) -> int:
        """Free floor."""
        return sum((y2 - y1) * (self.length - x) for y1, y2, x in self.steps)

    @property
    def is_rectangle(self) -> bool:
        """Whether nothing but the far wall bounds the free floor at its far end."""
        return len(self.steps) == 1


def _join(steps: Sequence[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
    joined: list[tuple[int, int, int]] = []
    for y1, y2, x in sorted(steps):
        if joined and joined[-1][2] == x:
            joined[-1] = (joined[-1][0], y2, x)
        else:
            joined.append((y1, y2, x))
    return tuple(joined)
