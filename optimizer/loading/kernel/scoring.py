"""Which space is filled next, and which blocks suit it.

A block's score is its volume, less what it makes unusable, times its contact with what is there
(Araya, Guerrero and Nuñez 2017, doi:10.1016/j.cor.2017.01.002), each with a power of its own:

    volume / boxes^0.2 · use^a · contact^b

`use` is the share of the space that the block and the boxes left can fill: along each axis, the
longest sum of edges of boxes left that fits beside the block. `contact` is the share of the block's
surface that touches walls or boxes, or nearly does.
"""

import numpy as np

from optimizer.loading.kernel.arrays import ALIVE, F64, I32, KEY_SCALE, U64, Blocks, Cargo
from optimizer.loading.kernel.compilation import compiled


@compiled
def choose_space(
    spaces: I32, count: int, container: I32, along: tuple[int, int, int], upper: bool
) -> int:
    """Return the space nearest to a corner of the container, the larger first; -1: none is left.

    `upper`: the container's upper corners count, too.
    """
    best = -1
    best_distance = 0
    best_volume = 0
    for i in range(count):
        if spaces[i, ALIVE] == 0:
            continue
        distance = 0
        volume = 1
        for axis in range(3):
            low = spaces[i, axis]
            high = container[axis] - spaces[i, axis + 3]
            distance += along[axis] * (high if high < low and (axis < 2 or upper) else low)
            volume *= spaces[i, axis + 3] - spaces[i, axis]
        if (
            best < 0
            or distance < best_distance
            or (distance == best_distance and volume > best_volume)
        ):
            best = i
            best_distance = distance
            best_volume = volume
    return best


@compiled
def reachable(cargo: Cargo, left: I32, along_floor: I32, upright: I32) -> None:
    """Fill tables: length → the longest sum of edges of the boxes left that is not longer."""
    for pass_ in range(2):
        table = along_floor if pass_ == 0 else upright
        longest = table.shape[0] - 1
        words = (longest >> 6) + 1
        sums = np.zeros(words, np.uint64)
        sums[0] = np.uint64(1)
        for kind in range(left.shape[0]):
            for e in range(3):
                edge = cargo.edges[kind, e]
                if pass_ == 0:
                    allowed = cargo.vertical[kind, (e + 1) % 3] or cargo.vertical[kind, (e + 2) % 3]
                else:
                    allowed = cargo.vertical[kind, e]
                for earlier in range(e):
                    if cargo.edges[kind, earlier] == edge:
                        allowed = False
                if not allowed:
                    continue
                # Doubling chunks reach each number of boxes in a logarithmic number of shifts.
                boxes = min(left[kind], longest // edge)
                chunk = 1
                while boxes > 0:
                    taken = min(chunk, boxes)
                    _or_shifted(sums, words, taken * edge)
                    boxes -= taken
                    chunk *= 2
        last = 0
        for length in range(longest + 1):
            if (sums[length >> 6] >> np.uint64(length & 63)) & np.uint64(1):
                last = length
            table[length] = last


@compiled
def _or_shifted(sums: U64, words: int, shift: int) -> None:
    """Add `shift` to each sum in the set, and keep those that were in it."""
    whole = shift >> 6
    bits = shift & 63
    for i in range(words - 1, whole - 1, -1):
        moved = sums[i - whole] << np.uint64(bits)
        if bits > 0 and i - whole > 0:
            moved |= sums[i - whole - 1] >> np.uint64(64 - bits)
        sums[i] |= moved


@compiled
def find_near(parts: I32, count: int, space: I32, reach: I32, near: I32) -> int:
    """Collect the parts that a block in this space may touch. Return how many."""
    found = 0
    for i in range(count):
        if (
            parts[i, 0] - space[3] <= reach[0]
            and space[0] - parts[i, 3] <= reach[0]
            and parts[i, 1] - space[4] <= reach[1]
            and space[1] - parts[i, 4] <= reach[1]
            and parts[i, 2] - space[5] <= reach[2]
            and space[2] - parts[i, 5] <= reach[2]
        ):
            for column in range(6):
                near[found, column] = parts[i, column]
            found += 1
    return found


@compiled
def contact(
    near: I32,
    count: int,
    x0: int,
    y0: int,
    z0: int,
    x1: int,
    y1: int,
    z1: int,
    container: I32,
    reach: I32,
    on_base: bool,
    flush_percent: int,
) -> float:
    """Return the share of a cuboid's surface that touches walls or parts, or nearly does.

    `on_base`: its whole base is known to be supported, and nothing can be above it. Then a side
    that is level with its neighbour's counts more, for their tops make one surface.
    """
    side_x = (y1 - y0) * (z1 - z0)
    side_y = (x1 - x0) * (z1 - z0)
    base = (x1 - x0) * (y1 - y0)
    low_x = x0 <= reach[0]
    high_x = container[0] - x1 <= reach[0]
    low_y = y0 <= reach[1]
    high_y = container[1] - y1 <= reach[1]
    low_z = on_base or z0 <= reach[2]
    high_z = container[2] - z1 <= reach[2]
    area = 0
    flush = 0
    if low_x:
        area += side_x
    if high_x:
        area += side_x
    if low_y:
        area += side_y
    if high_y:
        area += side_y
    if low_z:
        area += base
    if high_z:
        area += base
    for i in range(count):
        along_z = min(z1, near[i, 5]) - max(z0, near[i, 2])
        along_y = min(y1, near[i, 4]) - max(y0, near[i, 1])
        along_x = min(x1, near[i, 3]) - max(x0, near[i, 0])
        if along_z > 0:
            if along_y > 0:
                if along_x <= 0 and -along_x <= reach[0]:
                    if near[i, 0] < x0:
                        if not low_x:
                            area += along_y * along_z
                    elif not high_x:
                        area += along_y * along_z
                    if along_x == 0 and near[i, 5] == z1:
                        flush += along_y * along_z
            elif along_x > 0 and -along_y <= reach[1]:
                if near[i, 1] < y0:
                    if not low_y:
                        area += along_x * along_z
                elif not high_y:
                    area += along_x * along_z
                if along_y == 0 and near[i, 5] == z1:
                    flush += along_x * along_z
        elif not on_base and along_y > 0 and along_x > 0 and -along_z <= reach[2]:
            if near[i, 2] < z0:
                if not low_z:
                    area += along_x * along_y
            elif not high_z:
                area += along_x * along_y
    whole = 2.0 * (side_x + side_y + base)
    return min(1.0, area / whole) + flush * flush_percent / (100.0 * whole)


@compiled
def power(base: float, exponent: int) -> float:
    """Return a power by multiplications alone, which are the same on every machine."""
    result = 1.0
    for _ in range(exponent):
        result *= base
    return result


@compiled
def best_blocks(
    blocks: Blocks,
    cargo: Cargo,
    active: I32,
    active_count: int,
    space: I32,
    near: I32,
    near_count: int,
    reach: I32,
    along_floor: I32,
    upright: I32,
    use_power: int,
    contact_power: int,
    flush_percent: int,
    wanted: int,
    chosen: I32,
    scores: F64,
) -> int:
    """Put the best blocks for a space into `chosen`, best first. Return how many.

    `active` holds blocks in descending order of their key, which bounds the score: the scan ends
    where no later block can be among the wanted.
    """
    sx = space[3] - space[0]
    sy = space[4] - space[1]
    sz = space[5] - space[2]
    volume = float(sx) * sy * sz
    high_x = space[0] > cargo.container[0] - space[3]
    high_y = space[1] > cargo.container[1] - space[4]
    high_z = not cargo.full_support and space[2] > cargo.container[2] - space[5]
    found = 0
    worst = 0.0
    # A block is not larger than its space, and its key not larger than its volume.
    begin = 0
    end = active_count
    while begin < end:
        middle = (begin + end) >> 1
        if blocks.key[active[middle]] > KEY_SCALE * volume:
            begin = middle + 1
        else:
            end = middle
    for a in range(begin, active_count):
        block = active[a]
        key = blocks.key[block]
        if found == wanted and key <= worst:
            break
        dx = blocks.size[block, 0]
        if dx > sx:
            continue
        dy = blocks.size[block, 1]
        if dy > sy:
            continue
        dz = blocks.size[block, 2]
        if dz > sz:
            continue
        use = (
            float(dx + along_floor[sx - dx])
            * (dy + along_floor[sy - dy])
            * (dz + upright[sz - dz])
            / volume
        )
        score = key * power(use, use_power)
        if found == wanted:
            # Beyond the block, its space is empty: a far face touches nothing unless it is near
            # the end of the space.
            side_x = dy * dz
            side_y = dx * dz
            base = dx * dy
            sides = side_x + side_y
            if sx - dx <= reach[0]:
                sides += side_x
            if sy - dy <= reach[1]:
                sides += side_y
            ends = base
            if sz - dz <= reach[2]:
                ends += base
            most = (ends + sides * (1.0 + flush_percent / 100.0)) / (2.0 * (side_x + side_y + base))
            if score * power(most, contact_power) <= worst:
                continue
        x0 = space[3] - dx if high_x else space[0]
        y0 = space[4] - dy if high_y else space[1]
        z0 = space[5] - dz if high_z else space[2]
        score *= power(
            contact(
                near,
                near_count,
                x0,
                y0,
                z0,
                x0 + dx,
                y0 + dy,
                z0 + dz,
                cargo.container,
                reach,
                cargo.full_support,
                flush_percent,
            ),
            contact_power,
        )
        if found < wanted:
            i = found
            found += 1
        elif score > worst:
            i = found - 1
        else:
            continue
        while i > 0 and scores[i - 1] < score:
            scores[i] = scores[i - 1]
            chosen[i] = chosen[i - 1]
            i -= 1
        scores[i] = score
        chosen[i] = block
        if found == wanted:
            worst = scores[found - 1]
    return found
