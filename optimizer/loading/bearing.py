"""What stands on what, and how many grams rest on each carton.

A carton passes its mass and what it carries to its supporters in proportion to the contact areas.
Whole numbers stay integers; shares make them fractions. Nothing is rounded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from optimizer.loading.spaces import Rect

Grams = int | Fraction


@dataclass(slots=True)
class _Standing:
    rect: Rect
    top_load_g: int | None
    below: tuple[tuple[int, Grams], ...]
    """(supporter, share of what is passed down)."""
    carried_g: Grams = 0


@dataclass(slots=True)
class Bearing:
    """The stack as it grows. `active` is false when nothing in the lot has a limit."""

    active: bool
    standing: list[_Standing] = field(default_factory=list)
    _tops: dict[int, list[int]] = field(default_factory=dict)

    def supporters(self, rect: Rect, z: int) -> tuple[tuple[int, Grams], ...]:
        """Who carries a carton with its base `rect` at height `z`, with shares."""
        if z == 0:
            return ()
        areas: list[tuple[int, int]] = []
        for index in self._tops.get(z, ()):
            other = self.standing[index].rect
            width = min(rect[2], other[2]) - max(rect[0], other[0])
            depth = min(rect[3], other[3]) - max(rect[1], other[1])
            if width > 0 and depth > 0:
                areas.append((index, width * depth))
        total = sum(area for _, area in areas)
        if len(areas) == 1:
            return ((areas[0][0], 1),)
        return tuple((index, Fraction(area, total)) for index, area in areas)

    def allows(self, bases: Iterable[tuple[Rect, Grams]], z: int) -> bool:
        """Whether these masses may be set down at height `z` at once."""
        if not self.active or z == 0:
            return True
        added: dict[int, Grams] = {}
        for rect, mass_g in bases:
            self._pass_down(self.supporters(rect, z), mass_g, added)
        for index, grams in added.items():
            limit = self.standing[index].top_load_g
            if limit is not None and self.standing[index].carried_g + grams > limit:
                return False
        return True

    def _pass_down(
        self, below: Sequence[tuple[int, Grams]], mass_g: Grams, added: dict[int, Grams]
    ) -> None:
        open_ends: list[tuple[int, Grams]] = [(index, mass_g * share) for index, share in below]
        while open_ends:
            index, grams = open_ends.pop()
            added[index] = added.get(index, 0) + grams
            for lower, share in self.standing[index].below:
                open_ends.append((lower, grams * share))

    def add(self, rect: Rect, *, z: int, top: int, gross_g: int, top_load_g: int | None) -> None:
        """A carton has been set down."""
        if not self.active:
            return
        below = self.supporters(rect, z)
        added: dict[int, Grams] = {}
        self._pass_down(below, gross_g, added)
        for index, grams in added.items():
            self.standing[index].carried_g += grams
        self._tops.setdefault(top, []).append(len(self.standing))
        self.standing.append(_Standing(rect, top_load_g, below))
