"""Spaces for loads without support: the maximal cuboids that nothing occupies."""

from optimizer.loading.kernel.arrays import I32, SPACE_COLUMNS
from optimizer.loading.kernel.compilation import compiled


@compiled
def cut_spaces(spaces: I32, count: int, occupied: I32, least: I32, pieces: I32) -> int:
    """Take a cuboid out of all spaces that it meets. Return the number of spaces.

    Pieces into which no box goes are dropped; so are those for which an array has no row left.
    """
    found = 0
    kept = 0
    for i in range(count):
        if (
            spaces[i, 0] < occupied[3]
            and spaces[i, 3] > occupied[0]
            and spaces[i, 1] < occupied[4]
            and spaces[i, 4] > occupied[1]
            and spaces[i, 2] < occupied[5]
            and spaces[i, 5] > occupied[2]
        ):
            for axis in range(3):
                if occupied[axis] - spaces[i, axis] >= least[axis] and found < pieces.shape[0]:
                    for column in range(SPACE_COLUMNS):
                        pieces[found, column] = spaces[i, column]
                    pieces[found, axis + 3] = occupied[axis]
                    found += 1
                if (
                    spaces[i, axis + 3] - occupied[axis + 3] >= least[axis]
                    and found < pieces.shape[0]
                ):
                    for column in range(SPACE_COLUMNS):
                        pieces[found, column] = spaces[i, column]
                    pieces[found, axis] = occupied[axis + 3]
                    found += 1
        else:
            if kept != i:
                for column in range(SPACE_COLUMNS):
                    spaces[kept, column] = spaces[i, column]
            kept += 1
    count = kept
    for i in range(found):
        inside = False
        for j in range(count):
            if _contains(spaces, j, pieces, i):
                inside = True
                break
        if not inside:
            for j in range(found):
                # Of two equal pieces the first stays.
                if (
                    j != i
                    and _contains(pieces, j, pieces, i)
                    and (j < i or not _contains(pieces, i, pieces, j))
                ):
                    inside = True
                    break
        if not inside and count < spaces.shape[0]:
            for column in range(SPACE_COLUMNS):
                spaces[count, column] = pieces[i, column]
            count += 1
    return count


@compiled
def _contains(outer: I32, i: int, inner: I32, j: int) -> bool:
    return bool(
        outer[i, 0] <= inner[j, 0]
        and outer[i, 1] <= inner[j, 1]
        and outer[i, 2] <= inner[j, 2]
        and outer[i, 3] >= inner[j, 3]
        and outer[i, 4] >= inner[j, 4]
        and outer[i, 5] >= inner[j, 5]
    )
