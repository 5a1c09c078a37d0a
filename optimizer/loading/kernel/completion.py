"""Placing a block in a partial loading, and completing it greedily: the value of a node."""

import numpy as np

from optimizer.loading.kernel.arrays import (
    ALIVE,
    COUNT_COLUMNS,
    F64,
    GRAMS,
    I32,
    PARTS,
    SPACE_COLUMNS,
    SPACES,
    STEPS,
    VOLUME,
    Blocks,
    Cargo,
    Rule,
    States,
)
from optimizer.loading.kernel.compilation import compiled
from optimizer.loading.kernel.levels import cut_level, open_top
from optimizer.loading.kernel.maximal_spaces import cut_spaces
from optimizer.loading.kernel.scoring import best_blocks, choose_space, find_near


@compiled
def copy_state(source: States, i: int, target: States, j: int) -> None:
    """Copy row `i` of one set of states to row `j` of another."""
    for k in range(source.counts[i, SPACES]):
        for column in range(SPACE_COLUMNS):
            target.spaces[j, k, column] = source.spaces[i, k, column]
    for k in range(source.counts[i, PARTS]):
        for column in range(6):
            target.parts[j, k, column] = source.parts[i, k, column]
    for k in range(source.counts[i, STEPS]):
        for column in range(5):
            target.steps[j, k, column] = source.steps[i, k, column]
    for k in range(source.left.shape[1]):
        target.left[j, k] = source.left[i, k]
    for k in range(COUNT_COLUMNS):
        target.counts[j, k] = source.counts[i, k]


@compiled
def fits_stock(blocks: Blocks, block: int, left: I32, spare_g: int) -> bool:
    """Return whether enough boxes and payload are left for the block."""
    if blocks.grams[block] > spare_g:
        return False
    for k in range(blocks.kinds[block]):
        if blocks.counts[block, k] > left[blocks.types[block, k]]:
            return False
    return True


@compiled
def keep_active(
    blocks: Blocks, source: I32, count: int, left: I32, spare_g: int, target: I32
) -> int:
    """Copy the blocks for which enough boxes and payload are left; `target` may be `source`."""
    kept = 0
    for a in range(count):
        if fits_stock(blocks, source[a], left, spare_g):
            target[kept] = source[a]
            kept += 1
    return kept


@compiled
def place(
    blocks: Blocks, cargo: Cargo, states: States, i: int, space_index: int, block: int, pieces: I32
) -> None:
    """Place a block in the corner of a space that is nearest to the container's."""
    spaces = states.spaces[i]
    parts = states.parts[i]
    count = states.counts[i, SPACES]
    size = blocks.size[block]
    corner = np.zeros(3, np.int32)
    mirrored = 0
    for axis in range(3):
        low = spaces[space_index, axis]
        high = spaces[space_index, axis + 3]
        corner[axis] = low
        if low > cargo.container[axis] - high and not (axis == 2 and cargo.full_support):
            corner[axis] = high - size[axis]
            mirrored |= 1 << axis
    step = states.counts[i, STEPS]
    states.steps[i, step, 0] = block
    for axis in range(3):
        states.steps[i, step, axis + 1] = corner[axis]
    states.steps[i, step, 4] = mirrored
    for k in range(blocks.part_count[block]):
        row = parts[states.counts[i, PARTS]]
        for axis in range(3):
            low = blocks.parts[block, k, axis]
            high = blocks.parts[block, k, axis + 3]
            if mirrored & (1 << axis):
                low, high = size[axis] - high, size[axis] - low
            row[axis] = corner[axis] + low
            row[axis + 3] = corner[axis] + high
        states.counts[i, PARTS] += 1
        if cargo.full_support:
            roof = cargo.container[2]
            count = cut_level(spaces, count, row[0], row[1], row[3], row[4], row[2], roof, pieces)
            if row[5] + cargo.least[2] <= roof:
                count = open_top(
                    spaces, count, row[0], row[1], row[3], row[4], row[5], roof, pieces
                )
        else:
            count = cut_spaces(spaces, count, row, cargo.least, pieces)
    for k in range(blocks.kinds[block]):
        states.left[i, blocks.types[block, k]] -= blocks.counts[block, k]
    states.counts[i, SPACES] = count
    states.counts[i, STEPS] = step + 1
    states.counts[i, VOLUME] += blocks.volume[block]
    states.counts[i, GRAMS] += blocks.grams[block]


@compiled
def place_fixed(cargo: Cargo, states: States, i: int, cuboid: I32, pieces: I32) -> None:
    """Occupy a cuboid that is none of the cargo's: fixed cuboids from the lowest to the highest.

    With full support, a gap below it is lost, too: spaces reach to the roof.
    """
    spaces = states.spaces[i]
    count = states.counts[i, SPACES]
    for column in range(6):
        states.parts[i, states.counts[i, PARTS], column] = cuboid[column]
    states.counts[i, PARTS] += 1
    x0, y0, x1, y1, z1 = cuboid[0], cuboid[1], cuboid[3], cuboid[4], cuboid[5]
    if not cargo.full_support:
        states.counts[i, SPACES] = cut_spaces(spaces, count, cuboid, cargo.least, pieces)
        return
    roof = cargo.container[2]
    k = 0
    while k < count:
        if (
            spaces[k, 2] < z1
            and spaces[k, 0] < x1
            and spaces[k, 3] > x0
            and spaces[k, 1] < y1
            and spaces[k, 4] > y0
        ):
            count = cut_level(spaces, count, x0, y0, x1, y1, spaces[k, 2], roof, pieces)
            k = 0
        else:
            k += 1
    if z1 + cargo.least[2] <= roof:
        count = open_top(spaces, count, x0, y0, x1, y1, z1, roof, pieces)
    states.counts[i, SPACES] = count


@compiled
def find_blocks(
    blocks: Blocks,
    cargo: Cargo,
    rule: Rule,
    states: States,
    i: int,
    active: I32,
    active_count: int,
    along_floor: I32,
    upright: I32,
    wanted: int,
    near: I32,
    chosen: I32,
    scores: F64,
) -> tuple[int, int]:
    """Return the next space into which a block fits, and how many blocks `chosen` holds for it.

    Spaces into which none fits are marked. No such space: -1, 0.
    """
    spaces = states.spaces[i]
    reach = np.empty(3, np.int32)
    for axis in range(3):
        reach[axis] = cargo.container[axis] * rule.tolerance_permille // 1000
    while True:
        space_index = choose_space(
            spaces, states.counts[i, SPACES], cargo.container, rule.along, not cargo.full_support
        )
        if space_index < 0:
            return -1, 0
        space = spaces[space_index]
        near_count = find_near(states.parts[i], states.counts[i, PARTS], space, reach, near)
        found = best_blocks(
            blocks,
            cargo,
            active,
            active_count,
            space,
            near,
            near_count,
            reach,
            along_floor,
            upright,
            rule.use_power,
            rule.contact_power,
            rule.flush_percent if cargo.full_support else 0,
            wanted,
            chosen,
            scores,
        )
        if found > 0:
            return space_index, found
        spaces[space_index, ALIVE] = 0


@compiled
def complete(
    blocks: Blocks,
    cargo: Cargo,
    rule: Rule,
    states: States,
    i: int,
    active: I32,
    active_count: int,
    along_floor: I32,
    upright: I32,
    near: I32,
    pieces: I32,
) -> int:
    """Place the best block for the next space until none fits. Return how many were placed."""
    chosen = np.empty(1, np.int32)
    scores = np.empty(1, np.float64)
    placed = 0
    active_count = keep_active(
        blocks,
        active,
        active_count,
        states.left[i],
        cargo.payload_g - states.counts[i, GRAMS],
        active,
    )
    while active_count > 0:
        space_index, _ = find_blocks(
            blocks,
            cargo,
            rule,
            states,
            i,
            active,
            active_count,
            along_floor,
            upright,
            1,
            near,
            chosen,
            scores,
        )
        if space_index < 0:
            break
        place(blocks, cargo, states, i, space_index, chosen[0], pieces)
        placed += 1
        active_count = keep_active(
            blocks,
            active,
            active_count,
            states.left[i],
            cargo.payload_g - states.counts[i, GRAMS],
            active,
        )
    return placed
