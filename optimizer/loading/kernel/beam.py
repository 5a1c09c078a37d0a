"""Beam search over blocks: each node's value is the volume of its greedy completion.

The method of Araya and Riff (2014, doi:10.1016/j.cor.2013.09.003): `width` states are kept on each
level; each is extended by the `width` best blocks for its next space; the extensions whose greedy
completions load most make the next level, of equal volumes one only.
"""

from typing import NamedTuple

import numpy as np

from optimizer.loading.kernel.arrays import (
    F64,
    GRAMS,
    I32,
    I64,
    VOLUME,
    Blocks,
    Cargo,
    Rule,
    States,
)
from optimizer.loading.kernel.compilation import compiled
from optimizer.loading.kernel.completion import (
    complete,
    copy_state,
    find_blocks,
    keep_active,
    place,
)
from optimizer.loading.kernel.scoring import reachable


class Scratch(NamedTuple):
    """Arrays that the compiled functions write over."""

    active: I32
    narrowed: I32
    near: I32
    pieces: I32
    along_floor: I32
    upright: I32
    chosen: I32
    scores: F64


def make_scratch(blocks: int, parts: int, width: int, container: I32) -> Scratch:
    """Return arrays for a search of this size."""
    return Scratch(
        active=np.zeros(blocks, np.int32),
        narrowed=np.zeros(blocks, np.int32),
        near=np.zeros((parts, 6), np.int32),
        pieces=np.zeros((1024, 7), np.int32),
        along_floor=np.zeros(int(max(container[0], container[1])) + 1, np.int32),
        upright=np.zeros(int(container[2]) + 1, np.int32),
        chosen=np.zeros(width, np.int32),
        scores=np.zeros(width, np.float64),
    )


@compiled
def open_node(
    blocks: Blocks, cargo: Cargo, rule: Rule, nodes: States, i: int, width: int, scratch: Scratch
) -> tuple[int, int, int]:
    """Find the blocks by which a node is extended.

    Return the space, the number of blocks in `scratch.chosen` and of those in `scratch.active`.
    """
    reachable(cargo, nodes.left[i], scratch.along_floor, scratch.upright)
    everything = np.arange(blocks.key.shape[0]).astype(np.int32)
    active_count = keep_active(
        blocks,
        everything,
        everything.shape[0],
        nodes.left[i],
        cargo.payload_g - nodes.counts[i, GRAMS],
        scratch.active,
    )
    if active_count == 0:
        return -1, 0, 0
    space_index, found = find_blocks(
        blocks,
        cargo,
        rule,
        nodes,
        i,
        scratch.active,
        active_count,
        scratch.along_floor,
        scratch.upright,
        width,
        scratch.near,
        scratch.chosen,
        scratch.scores,
    )
    return space_index, found, active_count


@compiled
def extend(
    blocks: Blocks,
    cargo: Cargo,
    rule: Rule,
    nodes: States,
    i: int,
    space_index: int,
    active_count: int,
    first: int,
    last: int,
    work_limit: int,
    scratch: Scratch,
    trial: States,
    best: States,
    candidates: I64,
    count: int,
) -> tuple[int, int, int]:
    """Complete the extensions of a node from `first` on, until `last` or the work limit.

    Return the next extension, the number of candidates and the blocks placed.
    """
    work = 0
    while first < last and work < work_limit:
        block = scratch.chosen[first]
        copy_state(nodes, i, trial, 0)
        place(blocks, cargo, trial, 0, space_index, block, scratch.pieces)
        for a in range(active_count):
            scratch.narrowed[a] = scratch.active[a]
        work += 1 + complete(
            blocks,
            cargo,
            rule,
            trial,
            0,
            scratch.narrowed,
            active_count,
            scratch.along_floor,
            scratch.upright,
            scratch.near,
            scratch.pieces,
        )
        volume = trial.counts[0, VOLUME]
        candidates[count, 0] = volume
        candidates[count, 1] = i
        candidates[count, 2] = space_index
        candidates[count, 3] = block
        count += 1
        if volume > best.counts[0, VOLUME]:
            copy_state(trial, 0, best, 0)
        first += 1
    return first, count, work


@compiled
def next_level(
    blocks: Blocks,
    cargo: Cargo,
    nodes: States,
    following: States,
    candidates: I64,
    count: int,
    pieces: I32,
) -> int:
    """Place the best candidates, of equal volumes one only. Return how many."""
    order = np.argsort(-candidates[:count, 0], kind="mergesort")
    kept = 0
    last = np.int64(-1)
    for k in range(count):
        row = candidates[order[k]]
        if row[0] == last:
            continue
        last = row[0]
        copy_state(nodes, row[1], following, kept)
        place(blocks, cargo, following, kept, row[2], row[3], pieces)
        kept += 1
        if kept == following.counts.shape[0]:
            break
    return kept
