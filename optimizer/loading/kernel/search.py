"""The search for a loading: beams of growing width until a limit ends it."""

from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np

from optimizer.loading.kernel.api import BoxType, Cuboid, Loading
from optimizer.loading.kernel.arrays import (
    ALIVE,
    PARTS_IN_BLOCK,
    SPACES,
    STEPS,
    VOLUME,
    Blocks,
    Cargo,
    States,
    empty_states,
)
from optimizer.loading.kernel.beam import extend, make_scratch, next_level, open_node
from optimizer.loading.kernel.blocks import generate_blocks
from optimizer.loading.kernel.boxes import boxes_of
from optimizer.loading.kernel.completion import copy_state, place_fixed
from optimizer.loading.kernel.portfolio import FULL_SUPPORT, NO_SUPPORT, Variant

VARIANTS_KEPT = 2
"""Variants that are searched to the end."""
BLOCKS_MAX = 5_000
SPACES_MAX = 1_000
"""Spaces of one state at most; further ones stay empty."""
WIDTH_FIRST = 4
WIDTH_GROWTH = 2**0.5
WIDTH_MAX = 512
BYTES_MAX = 50 * 2**20
"""Bytes of the parts of one level at most; a search has about four times as much."""
SLICE = 200
"""Placed blocks after which the limits are looked at again: a few milliseconds."""


def cargo_of(
    container: tuple[int, int, int],
    types: Sequence[BoxType],
    *,
    full_support: bool,
    payload_g: int | None = None,
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
        grams=np.array([t.grams for t in types], np.int64),
        payload_g=np.iinfo(np.int64).max // 2 if payload_g is None else payload_g,
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
        payload_g: int | None = None,
        fixed: Sequence[Cuboid] = (),
        seed: int = 0,
        on_better: Callable[[Loading], None] | None = None,
        variants: Sequence[Variant] | None = None,
        blocks_max: int = BLOCKS_MAX,
    ) -> None:
        self._cargo = cargo_of(container, types, full_support=full_support, payload_g=payload_g)
        edges = self._cargo.edges.astype(np.int64)
        self._volume_max = int((edges.prod(axis=1) * self._cargo.quantity).sum())
        self._parts_max = int(self._cargo.quantity.sum()) + PARTS_IN_BLOCK + len(fixed)
        self._root = self._root_around(fixed)
        self._seed = seed
        self._on_better = on_better
        self._variants = variants or (FULL_SUPPORT if full_support else NO_SUPPORT)
        self._blocks_max = blocks_max
        self._blocks: dict[int, Blocks] = {}
        self.best = Loading(boxes=[], volume=0, work=0)
        self.work = 0
        self._last_volume = 0

    def run(self, must_stop: Callable[[int], bool]) -> Loading:
        """Search until the limit."""
        if self._volume_max > 0:
            for variant, width in self._schedule():
                if not self._run_beam(variant, width, must_stop):
                    break
        return msgspec.structs.replace(self.best, work=self.work)

    def _schedule(self) -> Iterator[tuple[Variant, int]]:
        """Yield the beams to run. Which variants remain depends on what the beams found."""
        remaining = list(self._variants)
        volumes = dict.fromkeys(remaining, 0)
        width = float(WIDTH_FIRST)
        while width <= WIDTH_MAX and width * self._root.parts.nbytes <= BYTES_MAX:
            for variant in remaining:
                yield variant, int(width)
                volumes[variant] = max(volumes[variant], self._last_volume)
            remaining.sort(key=lambda variant: -volumes[variant])
            remaining = remaining[: max(VARIANTS_KEPT, (len(remaining) + 1) // 2)]
            width *= WIDTH_GROWTH

    def _blocks_of(self, fill_permille: int) -> Blocks:
        if fill_permille not in self._blocks:
            self._blocks[fill_permille] = generate_blocks(
                self._cargo, self._blocks_max, fill_permille, self._seed
            )
        return self._blocks[fill_permille]

    def _states(self, rows: int) -> States:
        return empty_states(rows, SPACES_MAX, self._parts_max, len(self._cargo.quantity))

    def _root_around(self, fixed: Sequence[Cuboid]) -> States:
        """Return the state from which all beams start: nothing is loaded but what is fixed."""
        root = self._states(1)
        root.spaces[0, 0, 3:6] = self._cargo.container
        root.spaces[0, 0, ALIVE] = 1
        root.left[0] = self._cargo.quantity
        root.counts[0, SPACES] = 1
        pieces = make_scratch(0, 0, 0, self._cargo.container).pieces
        for x, y, z, dx, dy, dz in sorted(fixed, key=lambda cuboid: (cuboid.z, cuboid)):
            cuboid = np.array((x, y, z, x + dx, y + dy, z + dz), np.int32)
            place_fixed(self._cargo, root, 0, cuboid, pieces)
        return root

    def _keep_if_better(self, blocks: Blocks, best: States) -> None:
        volume = int(best.counts[0, VOLUME])
        if volume <= self.best.volume:
            return
        boxes = boxes_of(blocks, best.steps[0, : best.counts[0, STEPS]])
        if not self._cargo.full_support:
            boxes.sort(key=lambda box: (box.z, box.x, box.y))
        self.best = Loading(boxes=boxes, volume=volume, work=self.work)
        if self._on_better is not None:
            self._on_better(self.best)

    def _run_beam(self, variant: Variant, width: int, must_stop: Callable[[int], bool]) -> bool:
        """Run one beam. Return whether the search goes on."""
        cargo, rule = self._cargo, variant.rule
        blocks = self._blocks_of(variant.fill_permille)
        nodes, following = self._states(width), self._states(width)
        trial, best = self._states(1), self._states(1)
        scratch = make_scratch(len(blocks.key), self._parts_max, width, cargo.container)
        candidates = np.zeros((width * width, 4), np.int64)
        copy_state(self._root, 0, nodes, 0)
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
                        best,
                        candidates,
                        found,
                    )
                    self.work += work
                    self._keep_if_better(blocks, best)
                    self._last_volume = int(best.counts[0, VOLUME])
                    if self.best.volume == self._volume_max or must_stop(self.work):
                        return False
            count = next_level(blocks, cargo, nodes, following, candidates, found, scratch.pieces)
            nodes, following = following, nodes
        return True
