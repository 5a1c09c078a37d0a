"""What stands on what, and how many grams rest on each carton.

A carton passes its mass and what it carries to its supporters in proportion to the contact areas.
Whole shares are counted in integers. Parts are floats, and then a milligram of the limit is kept
back: far more than the rounding, so that nothing passes here that fails an exact check.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from optimizer.loading.spaces import Rect

SAFETY_G = 0.001
"""Kept back where a load is not a whole number."""


@dataclass(slots=True)
class _Standing:
    rect: Rect
    limit_g: int | None
    below: tuple[tuple[int, float], ...]
    """(supporter, share of what is passed down), only those that lead to a limit."""
    carried_g: float = 0

    @property
    def matters(self) -> bool:
        """Whether it or anything under it has a limit."""
        return self.limit_g is not None or bool(self.below)

    def bears(self, more_g: float) -> bool:
        """Whether it can take so much more."""
        if self.limit_g is None:
            return True
        load = self.carried_g + more_g
        return load <= self.limit_g if isinstance(load, int) else load + SAFETY_G <= self.limit_g


@dataclass(slots=True)
class Bearing:
    """The stack as it grows. `active` is false when nothing in the lot has a limit."""

    active: bool
    standing: list[_Standing] = field(default_factory=list)
    _tops: dict[int, list[int]] = field(default_factory=dict)

    def _supporters(self, rect: Rect, z: int) -> tuple[tuple[int, float], ...]:
        """Who carries a carton with its base `rect` at height `z`, with shares."""
        x1, y1, x2, y2 = rect
        areas: list[tuple[int, int]] = []
        for index in self._tops.get(z, ()):
            ox1, oy1, ox2, oy2 = self.standing[index].rect
            if ox1 < x2 and ox2 > x1 and oy1 < y2 and oy2 > y1:
                area = (min(x2, ox2) - max(x1, ox1)) * (min(y2, oy2) - max(y1, oy1))
                areas.append((index, area))
        total = sum(area for _, area in areas)
        return tuple(
            (index, 1 if area == total else area / total)
            for index, area in areas
            if self.standing[index].matters
        )

    def allows(self, bases: Iterable[tuple[Rect, int]], z: int) -> bool:
        """Whether these masses may be set down at height `z` at once."""
        if not self.active or z == 0:
            return True
        added: dict[int, float] = {}
        for rect, mass_g in bases:
            for index, share in self._supporters(rect, z):
                added[index] = added.get(index, 0) + mass_g * share
        self._pass_down(added)
        return all(self.standing[index].bears(grams) for index, grams in added.items())

    def _pass_down(self, added: dict[int, float]) -> None:
        """Complete `added` with everything below; supporters always have lower numbers."""
        waiting = set(added)
        while waiting:
            index = max(waiting)
            waiting.remove(index)
            for lower, share in self.standing[index].below:
                added[lower] = added.get(lower, 0) + added[index] * share
                waiting.add(lower)

    def add(self, rect: Rect, *, z: int, top: int, gross_g: int, top_load_g: int | None) -> None:
        """A carton has been set down."""
        if not self.active:
            return
        below = self._supporters(rect, z) if z else ()
        added: dict[int, float] = {}
        for index, share in below:
            added[index] = gross_g * share
        self._pass_down(added)
        for index, grams in added.items():
            self.standing[index].carried_g += grams
        self._tops.setdefault(top, []).append(len(self.standing))
        self.standing.append(_Standing(rect, top_load_g, below))
