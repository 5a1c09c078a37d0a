"""The loadings of single containers that were found, by the number of boxes of each type."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from optimizer.loading.kernel.api import Box, Loading

Counts: TypeAlias = tuple[int, ...]
"""Boxes of each type."""

BOXES_MAX = 400_000
"""Boxes in all loadings kept, some 100 MB."""


class Patterns:
    """Loadings that no other one contains, as far as they were compared."""

    def __init__(self, volumes: Sequence[int]) -> None:
        self._volumes = volumes
        self._loadings: dict[Counts, Loading] = {}
        self._boxes = 0
        self.found = 0
        """Loadings added so far, those that were dropped included."""

    def __getitem__(self, counts: Counts) -> Loading:
        return self._loadings[counts]

    def add(self, loading: Loading, type_indices: Sequence[int]) -> Counts:
        """Add a loading of some of the types; `type_indices` are these types' numbers."""
        counts = [0] * len(self._volumes)
        for box in loading.boxes:
            counts[type_indices[box.type]] += 1
        key = tuple(counts)
        if key not in self._loadings:
            boxes = [Box(type_indices[box.type], *box[1:]) for box in loading.boxes]
            self._loadings[key] = Loading(boxes, loading.volume, loading.work)
            self._boxes += len(boxes)
            self.found += 1
        return key

    def best(self, limit: int) -> list[Counts]:
        """Return up to `limit` patterns by falling volume, none contained in another one.

        All others are forgotten when they take too much memory.
        """
        order = sorted(self._loadings, key=lambda counts: (-self._volume(counts), counts))
        shape = (min(limit, len(order)), len(self._volumes))
        kept: npt.NDArray[np.int64] = np.empty(shape, dtype=np.int64)
        size = 0
        for counts in order:
            if size == len(kept):
                break
            if not (kept[:size] >= np.array(counts)).all(axis=1).any():
                kept[size] = counts
                size += 1
        best: list[Counts] = [tuple(row) for row in kept[:size].tolist()]
        if self._boxes > BOXES_MAX:
            best = best[: max(1, size // 2)]
            self._loadings = {counts: self._loadings[counts] for counts in best}
            self._boxes = sum(len(loading.boxes) for loading in self._loadings.values())
        return best

    def _volume(self, counts: Counts) -> int:
        return sum(count * volume for count, volume in zip(counts, self._volumes, strict=True))
