"""Which cartons rest on which, and how many grams rest on each.

A carton passes its mass and its load to its supporters in proportion to the contact areas. Loads
are integers where one supporter takes all of a load, else floats; a float load stays a milligram
below the limit. That is far more than the rounding error: nothing passes here that fails the exact
check of the verifier.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

from optimizer.loading.spaces import Rect

SAFETY_G = 0.001
"""Margin below the limit where a load is a float."""


@dataclass(slots=True)
class _Carton:
    rect: Rect
    limit_g: int | None
    below: tuple[tuple[int, float], ...]
    """(supporter, its share of the load), only supporters with a limit at or below them."""
    carried_g: float = 0

    def bears(self, more_g: float) -> bool:
        """Return whether it can take so much more."""
        if self.limit_g is None:
            return True
        load = self.carried_g + more_g
        return load <= self.limit_g if isinstance(load, int) else load + SAFETY_G <= self.limit_g


@dataclass(slots=True)
class Bearing:
    """The cartons loaded so far. `active` is False when no carton has a limit.

    Only cartons with a limit at or below them are kept; all others bear anything.
    """

    active: bool
    cartons: list[_Carton] = field(default_factory=list)
    _limited_tops: dict[int, list[int]] = field(default_factory=dict)
    _preloaded_tops: dict[int, list[Rect]] = field(default_factory=dict)
    """Tops of preloaded cartons, by height. Their bases need not be supported everywhere."""

    def supporters(self, rect: Rect, z: int) -> list[int]:
        """Return the cartons that would bear a carton set down anywhere in `rect` at height `z`."""
        x1, y1, x2, y2 = rect
        supporters = []
        for index in self._limited_tops.get(z, ()):
            ox1, oy1, ox2, oy2 = self.cartons[index].rect
            if ox1 < x2 and ox2 > x1 and oy1 < y2 and oy2 > y1:
                supporters.append(index)
        return supporters

    def spare_g(self, index: int) -> float:
        """Return the grams that may still rest on it, by its own limit and those below it."""
        carton = self.cartons[index]
        least = inf if carton.limit_g is None else carton.limit_g - carton.carried_g
        for lower, share in carton.below:
            spare = self.spare_g(lower) / share
            if spare < least:  # noqa: PLR1730 - for speed only: half the time of `min`
                least = spare
        return least

    def _shares(
        self, rect: Rect, among: Iterable[int], supported_mm2: int
    ) -> tuple[tuple[int, float], ...]:
        """Return the bearing cartons and their shares; `supported_mm2` of the base rest on them."""
        x1, y1, x2, y2 = rect
        shares: list[tuple[int, float]] = []
        for index in among:
            ox1, oy1, ox2, oy2 = self.cartons[index].rect
            if ox1 < x2 and ox2 > x1 and oy1 < y2 and oy2 > y1:
                area = (min(x2, ox2) - max(x1, ox1)) * (min(y2, oy2) - max(y1, oy1))
                shares.append((index, 1 if area == supported_mm2 else area / supported_mm2))
        return tuple(shares)

    def allows(self, bases: Iterable[tuple[Rect, int]], among: Sequence[int]) -> bool:
        """Return whether these masses may be set down together.

        `among` are the `supporters` of a rectangle that holds all of the bases.
        """
        added: dict[int, float] = {}
        for rect, mass_g in bases:
            for index, share in self._shares(rect, among, _area(rect)):
                added[index] = added.get(index, 0) + mass_g * share
        self._pass_down(added)
        return all(self.cartons[index].bears(grams) for index, grams in added.items())

    def _pass_down(self, added: dict[int, float]) -> None:
        """Add to `added` the loads of all cartons below; supporters always have lower numbers."""
        pending = {index for index in added if self.cartons[index].below}
        while pending:
            index = max(pending)
            pending.remove(index)
            for lower, share in self.cartons[index].below:
                added[lower] = added.get(lower, 0) + added[index] * share
                if self.cartons[lower].below:
                    pending.add(lower)

    def add_preloaded(
        self, rect: Rect, *, z: int, top: int, gross_g: int, top_load_g: int | None
    ) -> None:
        """Add a carton that is loaded already, perhaps resting on a part of its base only."""
        if not self.active:
            return
        supported_mm2 = sum(_overlap_mm2(rect, other) for other in self._preloaded_tops.get(z, ()))
        self._add(
            rect, z=z, top=top, gross_g=gross_g, top_load_g=top_load_g, supported_mm2=supported_mm2
        )
        self._preloaded_tops.setdefault(top, []).append(rect)

    def add(self, rect: Rect, *, z: int, top: int, gross_g: int, top_load_g: int | None) -> None:
        """Add a carton whose whole base is supported."""
        if self.active:
            supported_mm2 = _area(rect)
            self._add(
                rect,
                z=z,
                top=top,
                gross_g=gross_g,
                top_load_g=top_load_g,
                supported_mm2=supported_mm2,
            )

    def _add(
        self,
        rect: Rect,
        *,
        z: int,
        top: int,
        gross_g: int,
        top_load_g: int | None,
        supported_mm2: int,
    ) -> None:
        supporters = self.supporters(rect, z) if z else ()
        below = self._shares(rect, supporters, supported_mm2) if supporters else ()
        if below:
            added: dict[int, float] = {index: gross_g * share for index, share in below}
            self._pass_down(added)
            for index, grams in added.items():
                self.cartons[index].carried_g += grams
        if below or top_load_g is not None:
            self._limited_tops.setdefault(top, []).append(len(self.cartons))
            self.cartons.append(_Carton(rect, top_load_g, below))


def _area(rect: Rect) -> int:
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


def _overlap_mm2(a: Rect, b: Rect) -> int:
    width = min(a[2], b[2]) - max(a[0], b[0])
    depth = min(a[3], b[3]) - max(a[1], b[1])
    return max(0, width) * max(0, depth)
