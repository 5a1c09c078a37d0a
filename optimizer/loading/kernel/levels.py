"""Spaces for loads in which each base is supported whole: free tops, as rectangles on levels.

The surface of a load is a height map: the floor and the tops of what stands on it. A space is a
maximal rectangle of one level and reaches from there to the roof. Placing a cuboid cuts the
rectangles of the level on which it stands and opens its own top; tops at the same height that touch
become one surface, so that a box may stand across several.
"""

from optimizer.loading.kernel.arrays import ALIVE, I32, SPACE_COLUMNS
from optimizer.loading.kernel.compilation import compiled


@compiled
def add_rectangle(
    spaces: I32, count: int, x0: int, y0: int, x1: int, y1: int, z: int, roof: int, alive: int
) -> int:
    """Add a rectangle unless another contains it; remove those that it contains.

    Return the number of spaces. A rectangle for which the array has no row left is lost: the space
    stays empty, the load stays valid.
    """
    for i in range(count):
        if (
            spaces[i, 2] == z
            and spaces[i, 0] <= x0
            and spaces[i, 1] <= y0
            and spaces[i, 3] >= x1
            and spaces[i, 4] >= y1
        ):
            return count
    kept = 0
    for i in range(count):
        if (
            spaces[i, 2] == z
            and x0 <= spaces[i, 0]
            and y0 <= spaces[i, 1]
            and x1 >= spaces[i, 3]
            and y1 >= spaces[i, 4]
        ):
            continue
        if kept != i:
            for column in range(SPACE_COLUMNS):
                spaces[kept, column] = spaces[i, column]
        kept += 1
    if kept >= spaces.shape[0]:
        return kept
    spaces[kept, 0] = x0
    spaces[kept, 1] = y0
    spaces[kept, 2] = z
    spaces[kept, 3] = x1
    spaces[kept, 4] = y1
    spaces[kept, 5] = roof
    spaces[kept, ALIVE] = alive
    return kept + 1


@compiled
def cut_level(
    spaces: I32, count: int, x0: int, y0: int, x1: int, y1: int, z: int, roof: int, pieces: I32
) -> int:
    """Take a footprint out of the rectangles of its level. Return the number of spaces."""
    found = 0
    kept = 0
    for i in range(count):
        a0 = spaces[i, 0]
        b0 = spaces[i, 1]
        a1 = spaces[i, 3]
        b1 = spaces[i, 4]
        if spaces[i, 2] == z and a0 < x1 and a1 > x0 and b0 < y1 and b1 > y0:
            for side in range(4):
                if found >= pieces.shape[0]:
                    break
                c0, e0, c1, e1 = a0, b0, a1, b1
                if side == 0:
                    c1 = x0
                elif side == 1:
                    c0 = x1
                elif side == 2:
                    e1 = y0
                else:
                    e0 = y1
                if c0 < c1 and e0 < e1:
                    pieces[found, 0] = c0
                    pieces[found, 1] = e0
                    pieces[found, 2] = c1
                    pieces[found, 3] = e1
                    pieces[found, 4] = spaces[i, ALIVE]
                    found += 1
        else:
            if kept != i:
                for column in range(SPACE_COLUMNS):
                    spaces[kept, column] = spaces[i, column]
            kept += 1
    count = kept
    for i in range(found):
        count = add_rectangle(
            spaces,
            count,
            pieces[i, 0],
            pieces[i, 1],
            pieces[i, 2],
            pieces[i, 3],
            z,
            roof,
            pieces[i, 4],
        )
    return count


@compiled
def open_top(
    spaces: I32, count: int, x0: int, y0: int, x1: int, y1: int, z: int, roof: int, pieces: I32
) -> int:
    """Add a top, and the maximal rectangles that it forms with the tops it touches."""
    first = 0
    level = 1
    # Rectangles of this level come first in `pieces`, so that the closure scans only them.
    pieces[0, 0] = x0
    pieces[0, 1] = y0
    pieces[0, 2] = x1
    pieces[0, 3] = y1
    for i in range(count):
        if (
            spaces[i, 2] == z
            and spaces[i, 0] <= x1
            and spaces[i, 3] >= x0
            and spaces[i, 1] <= y1
            and spaces[i, 4] >= y0
        ):
            first += 1
    if first == 0:
        return add_rectangle(spaces, count, x0, y0, x1, y1, z, roof, 1)
    i = 0
    while i < level:
        for j in range(count + level):
            if j < count:
                if spaces[j, 2] != z:
                    continue
                a0 = spaces[j, 0]
                b0 = spaces[j, 1]
                a1 = spaces[j, 3]
                b1 = spaces[j, 4]
            else:
                k = j - count
                if k == i:
                    continue
                a0 = pieces[k, 0]
                b0 = pieces[k, 1]
                a1 = pieces[k, 2]
                b1 = pieces[k, 3]
            n0 = pieces[i, 0]
            m0 = pieces[i, 1]
            n1 = pieces[i, 2]
            m1 = pieces[i, 3]
            if a1 < n0 or a0 > n1 or b1 < m0 or b0 > m1:
                continue
            for way in range(2):
                if way == 0:
                    c0, e0 = min(a0, n0), max(b0, m0)
                    c1, e1 = max(a1, n1), min(b1, m1)
                else:
                    c0, e0 = max(a0, n0), min(b0, m0)
                    c1, e1 = min(a1, n1), max(b1, m1)
                if c0 >= c1 or e0 >= e1 or level >= pieces.shape[0]:
                    continue
                if not _is_known(spaces, count, pieces, level, c0, e0, c1, e1, z):
                    pieces[level, 0] = c0
                    pieces[level, 1] = e0
                    pieces[level, 2] = c1
                    pieces[level, 3] = e1
                    level += 1
        i += 1
    for k in range(level):
        count = add_rectangle(
            spaces, count, pieces[k, 0], pieces[k, 1], pieces[k, 2], pieces[k, 3], z, roof, 1
        )
    return count


@compiled
def _is_known(
    spaces: I32, count: int, pieces: I32, level: int, x0: int, y0: int, x1: int, y1: int, z: int
) -> bool:
    for k in range(level):
        if pieces[k, 0] <= x0 and pieces[k, 1] <= y0 and pieces[k, 2] >= x1 and pieces[k, 3] >= y1:
            return True
    for k in range(count):
        if (
            spaces[k, 2] == z
            and spaces[k, 0] <= x0
            and spaces[k, 1] <= y0
            and spaces[k, 3] >= x1
            and spaces[k, 4] >= y1
        ):
            return True
    return False
