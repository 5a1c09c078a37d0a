"""Random choices, read from one string of bytes that Hypothesis draws."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
_BYTES = 256
"""More than the longest log needs; where they end, all choices are the first."""


class Choices:
    """Numbers, items and orders for one example.

    Hypothesis takes 20 to 60 µs to draw a number and as long as 256 numbers to draw 256 bytes at
    once. It shrinks bytes towards zero: towards the first item and the order as it was.
    """

    def __init__(self, drawn: bytes) -> None:
        self._drawn = drawn
        self._left = iter(drawn)

    def __repr__(self) -> str:
        return f"Choices({self._drawn!r})"

    def number(self, limit: int) -> int:
        """Return a number from zero to below the limit (65,536 at most)."""
        chosen = next(self._left, 0)
        if limit > 256:
            chosen = chosen * 256 + next(self._left, 0)
        return chosen % limit

    def yes(self) -> bool:
        """Return True or False."""
        return self.number(2) == 1

    def item(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.number(len(items))]

    def items(self, items: Sequence[T], *, most: int) -> list[T]:
        """Return up to so many of the items; each may come several times."""
        return [self.item(items) for _ in range(self.number(most + 1))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in another order."""
        keyed = [(self.number(256), number, item) for number, item in enumerate(items)]
        return [item for _, _, item in sorted(keyed, key=lambda each: each[:2])]

    def batches(self, items: Sequence[T], *, most: int) -> list[Sequence[T]]:
        """Cut the items into up to so many batches, some of them empty."""
        cuts = sorted(self.number(len(items) + 1) for _ in range(self.number(most)))
        return [items[start:end] for start, end in pairwise([0, *cuts, len(items)])]


CHOICES = st.binary(min_size=_BYTES, max_size=_BYTES).map(Choices)
