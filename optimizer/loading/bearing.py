"""What stands on what, and how many grams rest on each carton.

A carton passes its mass and what it carries to its supporters in proportion to the contact areas.
Whole shares are counted in integers. Parts are floats, and then a milligram of the limit is kept
back: far more than the rounding, so that nothing passes here that fails an exact check.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

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

    def bears(self, more_g: float) -> bool:
        """Whether it can take so much more."""
        if self.limit_g is None:
            return True
        load = self.carried_g + more_g
        return load <= self.limit_g if isinstance(load, int) else load + SAFETY_G <= self.limit_g


@dataclass(slots=True)
class Bearing:
    """The stack as it grows. `active` is false when nothing in the lot has a limit.

    Only cartons with a limit, or with one somewhere below them, are kept: on all others may rest
    what will.
    """

    active: bool
    standing: list[_Standing] = field(default_factory=list)
    _weak_tops: dict[int, list[int]] = field(default_factory=dict)
    _found_tops: dict[int, list[Rect]] = field(default_factory=dict)
    """Tops of the cartons that were found standing: these need not rest on their whole base."""

    def under(self, rect: Rect, z: int) -> list[int]:
        """Those that would feel something set down anywhere in `rect` at height `z`."""
        x1, y1, x2, y2 = rect
        found = []
        for index in self._weak_tops.get(z, ()):
            ox1, oy1, ox2, oy2 = self.standing[index].rect
            if ox1 < x2 and ox2 > x1 and oy1 < y2 and oy2 > y1:
                found.append(index)
        return found

    def spare_g(self, index: int) -> float:
        """More than this can not rest on it, by its own limit and by those below it."""
        one = self.standing[index]
        own = inf if one.limit_g is None else one.limit_g - one.carried_g
        return min([own, *(self.spare_g(lower) / share for lower, share in one.below)])

    def _shares(
        self, rect: Rect, among: Iterable[int], held_mm2: int
    ) -> tuple[tuple[int, float], ...]:
        """Who feels a carton with its base `rect`, with shares; `held_mm2` of it is supported."""
        x1, y1, x2, y2 = rect
        found: list[tuple[int, float]] = []
        for index in among:
            ox1, oy1, ox2, oy2 = self.standing[index].rect
            if ox1 < x2 and ox2 > x1 and oy1 < y2 and oy2 > y1:
                area = (min(x2, ox2) - max(x1, ox1)) * (min(y2, oy2) - max(y1, oy1))
                found.append((index, 1 if area == held_mm2 else area / held_mm2))
        return tuple(found)

    def allows(self, bases: Iterable[tuple[Rect, int]], among: Sequence[int]) -> bool:
        """Whether these masses may be set down at once.

        `among` are those `under` a rectangle that holds all of the bases.
        """
        added: dict[int, float] = {}
        for rect, mass_g in bases:
            for index, share in self._shares(rect, among, _area(rect)):
                added[index] = added.get(index, 0) + mass_g * share
        self._pass_down(added)
        return all(self.standing[index].bears(grams) for index, grams in added.items())

    def _pass_down(self, added: dict[int, float]) -> None:
        """Complete `added` with everything below; supporters always have lower numbers."""
        waiting = {index for index in added if self.standing[index].below}
        while waiting:
            index = max(waiting)
            waiting.remove(index)
            for lower, share in self.standing[index].below:
                added[lower] = added.get(lower, 0) + added[index] * share
                if self.standing[lower].below:
                    waiting.add(lower)

    def add_found(
        self, rect: Rect, *, z: int, top: int, gross_g: int, top_load_g: int | None
    ) -> None:
        """A carton that stands there already, perhaps on a part of its base only."""
        if not self.active:
            return
        held_mm2 = sum(_shared(rect, other) for other in self._found_tops.get(z, ()))
        self._add(rect, z=z, top=top, gross_g=gross_g, top_load_g=top_load_g, held_mm2=held_mm2)
        self._found_tops.setdefault(top, []).append(rect)

    def add(self, rect: Rect, *, z: int, top: int, gross_g: int, top_load_g: int | None) -> None:
        """A carton has been set down, its whole base supported."""
        if self.active:
            held_mm2 = _area(rect)
            self._add(rect, z=z, top=top, gross_g=gross_g, top_load_g=top_load_g, held_mm2=held_mm2)

    def _add(
        self,
        rect: Rect,
        *,
        z: int,
        top: int,
        gross_g: int,
        top_load_g: int | None,
        held_mm2: int,
    ) -> None:
        felt = self.under(rect, z) if z else ()
        below = self._shares(rect, felt, held_mm2) if felt else ()
        if below:
            added: dict[int, float] = {index: gross_g * share for index, share in below}
            self._pass_down(added)
            for index, grams in added.items():
                self.standing[index].carried_g += grams
        if below or top_load_g is not None:
            self._weak_tops.setdefault(top, []).append(len(self.standing))
            self.standing.append(_Standing(rect, top_load_g, below))


def _area(rect: Rect) -> int:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


def _shared(a: Rect, b: Rect) -> int:
    width = min(a[2], b[2]) - max(a[0], b[0])
    depth = min(a[3], b[3]) - max(a[1], b[1])
    return max(0, width) * max(0, depth)
