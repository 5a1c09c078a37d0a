"""Blocks: arrangements of boxes that the search places as a whole.

Simple blocks are grids of one type in one orientation. Unions put two blocks side by side or one
upon the other, as the general blocks of Zhu and Lim (2012, doi:10.1016/j.ejor.2012.04.036) do. For
loads without support a union may have small gaps and counts as the cuboid around it. With full
support its cuboids without gaps are kept one by one, so that every base and every top is exact.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.loading.kernel.arrays import (
    I32,
    I64,
    KEY_SCALE,
    PARTS_IN_BLOCK,
    TYPES_IN_BLOCK,
    Blocks,
    Cargo,
)
from optimizer.loading.kernel.compilation import compiled

PERMUTATIONS = ((0, 1, 2), (1, 0, 2), (0, 2, 1), (2, 0, 1), (1, 2, 0), (2, 1, 0))
BOXES_POWER = 0.2
"""A block's volume counts less the more boxes it has: small ones leave nothing to build with."""


KEY_NOISE_PERMILLE = 20
"""Seeds other than 0 lower each block's key by up to as much."""


def orientations(
    edges: tuple[int, int, int], vertical: tuple[bool, bool, bool]
) -> list[tuple[int, int, int]]:
    """Return length, width and height of a box in each way it may stand, without repetition."""
    ways = [(edges[a], edges[b], edges[c]) for a, b, c in PERMUTATIONS if vertical[c]]
    return list(dict.fromkeys(ways))


def _grids(box: tuple[int, int, int], container: I32, quantity: int, most: int) -> I32:
    """Return how many boxes simple blocks have along each axis: of `most`, the largest ones."""
    nx, ny, nz = (min(quantity, int(container[axis]) // box[axis]) for axis in range(3))
    if min(nx, ny, nz) == 0:
        return np.empty((0, 3), np.int32)
    section = np.arange(1, ny + 1)[:, None] * np.arange(1, nz + 1)
    y, z = (section <= quantity).nonzero()
    columns = np.minimum(nx, quantity // section[y, z])
    ends = np.cumsum(columns)
    x = np.arange(ends[-1]) - np.repeat(ends - columns, columns)
    grids = np.stack([x + 1, np.repeat(y + 1, columns), np.repeat(z + 1, columns)], axis=1).astype(
        np.int32
    )
    if len(grids) > most:
        boxes = grids.prod(axis=1)
        # Single boxes and rows first, since they fit anywhere; then the largest.
        order = np.argsort(np.where(boxes == 1, -(2**31), -boxes), kind="stable")
        grids = grids[np.sort(order[:most])]
    return grids


def generate_blocks(cargo: Cargo, limit: int, fill_permille: int, seed: int = 0) -> Blocks:
    """Return up to about `limit` blocks that fill the cuboid around them to the given share.

    They come in descending order of their key.
    """
    ways = [
        (kind, way)
        for kind in range(len(cargo.quantity))
        for way in orientations(
            tuple(cargo.edges[kind].tolist()), tuple(cargo.vertical[kind].tolist())
        )
    ]
    most = max(1, limit // (2 * max(1, len(ways))))
    rows = [
        (kind, *way, *grid)
        for kind, way in ways
        for grid in _grids(way, cargo.container, int(cargo.quantity[kind]), most).tolist()
    ]
    # Small ones first: where the limit ends the unions, those of few boxes have been built.
    rows.sort(key=lambda row: (row[4] * row[5] * row[6], row[0]))
    blocks = _allocate(max(limit, len(rows)))
    _fill_simple(blocks, np.array(rows, np.int32).reshape(-1, 7), cargo.grams)
    slots = 1 << (len(blocks.key) * 2).bit_length()
    table = np.full(slots, -1, np.int32)
    count = len(rows)
    for permille in sorted({1000, fill_permille}, reverse=True):
        count = add_unions(blocks, count, cargo, permille, table)
    blocks = _rows(blocks, np.arange(count))
    # Whole numbers, since powers may differ in the last digit from machine to machine.
    blocks.key[:] = np.floor(KEY_SCALE * blocks.volume * blocks.boxes.astype(float) ** -BOXES_POWER)
    if seed:
        noise = np.random.default_rng(seed).integers(0, KEY_NOISE_PERMILLE, len(blocks.key))
        blocks.key[:] = np.floor(blocks.key * (1000 - noise) / 1000)
    order = np.argsort(-blocks.key, kind="stable")
    return _in_order(blocks, order)


def _allocate(rows: int) -> Blocks:
    return Blocks(
        size=np.zeros((rows, 3), np.int32),
        volume=np.zeros(rows, np.int64),
        grams=np.zeros(rows, np.int64),
        boxes=np.zeros(rows, np.int32),
        kinds=np.zeros(rows, np.int32),
        types=np.zeros((rows, TYPES_IN_BLOCK), np.int32),
        counts=np.zeros((rows, TYPES_IN_BLOCK), np.int32),
        part_count=np.zeros(rows, np.int32),
        parts=np.zeros((rows, PARTS_IN_BLOCK, 6), np.int32),
        top=np.zeros((rows, 2), np.int32),
        origin=np.full((rows, 5), -1, np.int32),
        key=np.zeros(rows, np.float64),
    )


def _fill_simple(blocks: Blocks, rows: I32, grams: I64) -> None:
    count = len(rows)
    kind, box, grid = rows[:, 0], rows[:, 1:4], rows[:, 4:7]
    blocks.size[:count] = box * grid
    blocks.boxes[:count] = grid.prod(axis=1)
    blocks.volume[:count] = blocks.boxes[:count] * box.astype(np.int64).prod(axis=1)
    blocks.grams[:count] = blocks.boxes[:count] * grams[kind]
    blocks.kinds[:count] = 1
    blocks.types[:count, 0] = kind
    blocks.counts[:count, 0] = blocks.boxes[:count]
    blocks.part_count[:count] = 1
    blocks.parts[:count, 0, 3:] = blocks.size[:count]
    blocks.top[:count] = blocks.size[:count, :2]
    blocks.origin[:count, 1] = kind
    blocks.origin[:count, 2:] = box


def _rows(blocks: Blocks, rows: npt.NDArray[np.intp]) -> Blocks:
    columns: list[Any] = [column[rows] for column in blocks]
    return Blocks(*columns)


def _in_order(blocks: Blocks, order: npt.NDArray[np.intp]) -> Blocks:
    place_of = np.empty(len(order), np.int32)
    place_of[order] = np.arange(len(order))
    blocks = _rows(blocks, order)
    unions = blocks.origin[:, 0] >= 0
    blocks.origin[unions, 1:3] = place_of[blocks.origin[unions, 1:3]]
    return blocks


@compiled
def _hash(size: I32, types: I32, counts: I32, kinds: int) -> int:
    value = 1469598103934665603
    for axis in range(3):
        value = (value ^ size[axis]) * 1099511628211
    for k in range(kinds):
        value = (value ^ types[k]) * 1099511628211
        value = (value ^ counts[k]) * 1099511628211
    return value ^ (value >> 29)


@compiled
def _find_slot(blocks: Blocks, table: I32, size: I32, types: I32, counts: I32, kinds: int) -> int:
    """Return the slot of an equal block, or the free one where it belongs."""
    mask = table.shape[0] - 1
    slot: int = _hash(size, types, counts, kinds) & mask
    while table[slot] >= 0:
        other = table[slot]
        same = blocks.kinds[other] == kinds
        for axis in range(3):
            same = same and blocks.size[other, axis] == size[axis]
        for k in range(kinds):
            same = same and blocks.types[other, k] == types[k]
            same = same and blocks.counts[other, k] == counts[k]
        if same:
            return slot
        slot = (slot + 1) & mask
    return slot


@compiled
def _merge_counts(blocks: Blocks, a: int, b: int, quantity: I32, types: I32, counts: I32) -> int:
    """Merge the boxes of two blocks, types ascending. Return how many types; -1: too many."""
    i = 0
    j = 0
    kinds = 0
    while i < blocks.kinds[a] or j < blocks.kinds[b]:
        if kinds == TYPES_IN_BLOCK:
            return -1
        total = 0
        take_a = j == blocks.kinds[b] or (
            i < blocks.kinds[a] and blocks.types[a, i] <= blocks.types[b, j]
        )
        take_b = i == blocks.kinds[a] or (
            j < blocks.kinds[b] and blocks.types[b, j] <= blocks.types[a, i]
        )
        if take_a:
            types[kinds] = blocks.types[a, i]
            total += blocks.counts[a, i]
            i += 1
        if take_b:
            types[kinds] = blocks.types[b, j]
            total += blocks.counts[b, j]
            j += 1
        if total > quantity[types[kinds]]:
            return -1
        counts[kinds] = total
        kinds += 1
    return kinds


@compiled
def _join(blocks: Blocks, a: int, b: int, n: int, axis: int, apart: bool) -> bool:
    """Write size, top and parts of a union into row `n`. Return whether they can be written."""
    size = blocks.size[n]
    for k in range(3):
        size[k] = max(blocks.size[a, k], blocks.size[b, k])
    size[axis] = blocks.size[a, axis] + blocks.size[b, axis]
    flush = True
    for k in range(3):
        flush = flush and (k == axis or blocks.size[a, k] == blocks.size[b, k])
    single = blocks.part_count[a] == 1 and blocks.part_count[b] == 1
    if not apart or (flush and single):
        blocks.part_count[n] = 1
        for k in range(3):
            blocks.parts[n, 0, k] = 0
            blocks.parts[n, 0, k + 3] = size[k]
        blocks.top[n, 0] = size[0]
        blocks.top[n, 1] = size[1]
        return True
    if blocks.part_count[a] + blocks.part_count[b] > PARTS_IN_BLOCK:
        return False
    if axis == 2:
        if blocks.size[b, 0] > blocks.top[a, 0] or blocks.size[b, 1] > blocks.top[a, 1]:
            return False
        blocks.top[n, 0] = blocks.top[b, 0]
        blocks.top[n, 1] = blocks.top[b, 1]
    else:
        higher = a if blocks.size[a, 2] >= blocks.size[b, 2] else b
        blocks.top[n, 0] = blocks.top[higher, 0] if higher == a else 0
        blocks.top[n, 1] = blocks.top[higher, 1] if higher == a else 0
        if blocks.size[a, 2] == blocks.size[b, 2] and blocks.top[a, axis] == blocks.size[a, axis]:
            other = 1 - axis
            blocks.top[n, axis] = blocks.top[a, axis] + blocks.top[b, axis]
            blocks.top[n, other] = min(blocks.top[a, other], blocks.top[b, other])
    count = 0
    for which in range(2):
        source = a if which == 0 else b
        for k in range(blocks.part_count[source]):
            for column in range(6):
                blocks.parts[n, count, column] = blocks.parts[source, k, column]
                if which == 1 and column % 3 == axis:
                    blocks.parts[n, count, column] += blocks.size[a, axis]
            count += 1
    blocks.part_count[n] = count
    return True


@compiled
def add_unions(blocks: Blocks, count: int, cargo: Cargo, fill_permille: int, table: I32) -> int:
    """Add unions of all pairs until nothing is new or the arrays are full. Return the number."""
    types = np.zeros(TYPES_IN_BLOCK, np.int32)
    counts = np.zeros(TYPES_IN_BLOCK, np.int32)
    size = np.zeros(3, np.int32)
    for i in range(count):
        slot = _find_slot(
            blocks, table, blocks.size[i], blocks.types[i], blocks.counts[i], blocks.kinds[i]
        )
        table[slot] = i
    i = 0
    while i < count < blocks.key.shape[0]:
        for j in range(i + 1):
            volume = blocks.volume[i] + blocks.volume[j]
            for way in range(4):
                # Side by side along two axes, and each upon the other.
                axis = min(way, 2)
                a = j if way == 3 else i
                b = i if way == 3 else j
                around = np.int64(1)
                inside = True
                for k in range(3):
                    if k == axis:
                        size[k] = blocks.size[a, k] + blocks.size[b, k]
                    else:
                        size[k] = max(blocks.size[a, k], blocks.size[b, k])
                    inside = inside and size[k] <= cargo.container[k]
                    around *= size[k]
                if not inside or volume * 1000 < around * fill_permille:
                    continue
                kinds = _merge_counts(blocks, a, b, cargo.quantity, types, counts)
                if kinds < 0:
                    continue
                slot = _find_slot(blocks, table, size, types, counts, kinds)
                if table[slot] >= 0:
                    continue
                if not _join(blocks, a, b, count, axis, cargo.full_support):
                    continue
                table[slot] = count
                blocks.volume[count] = volume
                blocks.grams[count] = blocks.grams[a] + blocks.grams[b]
                blocks.boxes[count] = blocks.boxes[a] + blocks.boxes[b]
                blocks.kinds[count] = kinds
                for k in range(kinds):
                    blocks.types[count, k] = types[k]
                    blocks.counts[count, k] = counts[k]
                blocks.origin[count, 0] = axis
                blocks.origin[count, 1] = a
                blocks.origin[count, 2] = b
                count += 1
                if count == blocks.key.shape[0]:
                    return count
        i += 1
    return count
