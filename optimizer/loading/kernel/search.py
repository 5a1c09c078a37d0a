"""The search for a loading: beams of growing width until a limit ends it."""

from collections.abc import Callable, Sequence

import numpy as np

from optimizer.loading.kernel.api import BoxType, Loading
from optimizer.loading.kernel.arrays import (
    ALIVE,
    PARTS_IN_BLOCK,
    SPACES,
    STEPS,
    VOLUME,
    Cargo,
    Rule,
    States,
    empty_states,
)
from optimizer.loading.kernel.beam import extend, make_scratch, next_level, open_node
from optimizer.loading.kernel.blocks import generate_blocks
from optimizer.loading.kernel.boxes import boxes_of

BLOCKS_MAX = 5_000
SPACES_MAX = 1_000
"""Spaces of one state at most; further ones stay empty."""
WIDTH_FIRST = 4
WIDTH_GROWTH = 2**0.5
WIDTH_MAX = 512
SLICE = 200
"""Placed blocks after which the limits are looked at again: a few milliseconds."""


def cargo_of(
    container: tuple[int, int, int], types: Sequence[BoxType], *, full_support: bool
) -> Cargo:
    """Return the arrays of the container and the box types."""
    upright = [
        e for t in types for e, v in zip(t.edges, t.vertical, strict=True) if v and t.quantity
    ]
    lying = [e for t in types for e in t.edges if t.quantity]
    return Cargo(
        container=np.array(container, np.int32),
        edges=np.array([t.edges for t in types], np.int32).reshape(-1, 3),
        vertical=np.array([t.vertical for t in types], np.bool_).reshape(-1, 3),
        quantity=np.array([t.quantity for t in types], np.int32),
        least=np.array(
            [min(lying, default=1), min(lying, default=1), min(upright, default=1)], np.int32
        ),
        full_support=full_support,
    )


class Search:
    """One search: the arrays, the best loading so far, and the work done."""

    def __init__(
        self,
        container: tuple[int, int, int],
        types: Sequence[BoxType],
        *,
        full_support: bool,
        seed: int = 0,
        on_better: Callable[[Loading], None] | None = None,
        fill_permille: int | None = None,
        rule: Rule | None = None,
        blocks_max: int = BLOCKS_MAX,
    ) -> None:
        self.cargo = cargo_of(container, types, full_support=full_support)
        permille = fill_permille or (1000 if full_support else 980)
        self.blocks = generate_blocks(self.cargo, blocks_max, permille, seed)
        self.rule = rule or Rule(
            along=(1, 1, 0 if full_support else 1),
            use_power=1,
            contact_power=4,
            tolerance_permille=40,
        )
        edges = self.cargo.edges.astype(np.int64)
        self._volume_max = int((edges.prod(axis=1) * self.cargo.quantity).sum())
        boxes = int(self.cargo.quantity.sum())
        self._parts_max = boxes + PARTS_IN_BLOCK
        self._best = self._states(1)
        self._on_better = on_better
        self._reported = 0
        self.work = 0

    def _states(self, rows: int) -> States:
        return empty_states(rows, SPACES_MAX, self._parts_max, len(self.cargo.quantity))

    def run(self, must_stop: Callable[[int], bool]) -> Loading:
        """Search until the limit."""
        width = float(WIDTH_FIRST)
        if len(self.blocks.key) > 0:
            while width <= WIDTH_MAX and not (self._is_complete() or must_stop(self.work)):
                if not self._run_beam(int(width), must_stop):
                    break
                width *= WIDTH_GROWTH
        return self._loading()

    def _is_complete(self) -> bool:
        return int(self._best.counts[0, VOLUME]) == self._volume_max

    def _loading(self) -> Loading:
        steps = self._best.steps[0, : self._best.counts[0, STEPS]]
        boxes = boxes_of(self.blocks, steps)
        if not self.cargo.full_support:
            boxes.sort(key=lambda box: (box.z, box.x, box.y))
        return Loading(boxes=boxes, volume=int(self._best.counts[0, VOLUME]), work=self.work)

    def _report(self) -> None:
        volume = int(self._best.counts[0, VOLUME])
        if volume > self._reported:
            self._reported = volume
            if self._on_better is not None:
                self._on_better(self._loading())

    def _run_beam(self, width: int, must_stop: Callable[[int], bool]) -> bool:
        """Run one beam. Return whether it came to its end."""
        cargo, blocks, rule = self.cargo, self.blocks, self.rule
        nodes, following, trial = self._states(width), self._states(width), self._states(1)
        scratch = make_scratch(len(blocks.key), self._parts_max, width, cargo.container)
        candidates = np.zeros((width * width, 4), np.int64)
        nodes.spaces[0, 0, 3:6] = cargo.container
        nodes.spaces[0, 0, ALIVE] = 1
        nodes.left[0] = cargo.quantity
        nodes.counts[0, SPACES] = 1
        count = 1
        while count > 0:
            found = 0
            for i in range(count):
                space, last, active = open_node(blocks, cargo, rule, nodes, i, width, scratch)
                first = 0
                while first < last:
                    first, found, work = extend(
                        blocks,
                        cargo,
                        rule,
                        nodes,
                        i,
                        space,
                        active,
                        first,
                        last,
                        SLICE,
                        scratch,
                        trial,
                        self._best,
                        candidates,
                        found,
                    )
                    self.work += work
                    self._report()
                    if self._is_complete() or must_stop(self.work):
                        return False
            count = next_level(blocks, cargo, nodes, following, candidates, found, scratch.pieces)
            nodes, following = following, nodes
        return True
