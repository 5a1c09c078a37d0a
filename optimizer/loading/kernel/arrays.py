"""Flat arrays that the compiled functions share. Lengths are in the caller's unit, all integers."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]
F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TYPES_IN_BLOCK = 6
"""Box types in one block at most."""
PARTS_IN_BLOCK = 6
"""Cuboids without gaps that one block consists of at most."""

KEY_SCALE = 16
"""Keys are whole multiples of a sixteenth of a unit of volume."""

# Columns of `States.spaces`: two corners, and whether a block may still fit.
ALIVE = 6
SPACE_COLUMNS = 7
# Columns of `States.counts`.
SPACES, PARTS, STEPS, VOLUME, GRAMS = 0, 1, 2, 3, 4
COUNT_COLUMNS = 5


class Cargo(NamedTuple):
    """The container and the boxes that may go into it."""

    container: I32
    """Length, width, height."""
    edges: I32
    """Type → its three edges."""
    vertical: Bools
    """Type → which of its edges may stand vertical."""
    quantity: I32
    grams: I64
    """Of one box of each type."""
    payload_g: int
    least: I32
    """Shortest edge that may lie along the floor (twice), and that may stand vertical."""
    full_support: bool


class Blocks(NamedTuple):
    """Arrangements of boxes that the search places as a whole, in descending order of `key`."""

    size: I32
    """Block → length, width, height of the cuboid around it."""
    volume: I64
    """Of its boxes."""
    grams: I64
    boxes: I32
    kinds: I32
    """How many types are in it."""
    types: I32
    counts: I32
    """Boxes of each of `types`."""
    part_count: I32
    parts: I32
    """Cuboids without gaps, from the bottom to the top: two corners, seen from the block's own."""
    top: I32
    """Length and width of the flat top at the block's own corner."""
    origin: I32
    """Union: axis, block, block. Simple: -1, type, then the box's length, width, height (see
    `boxes`)."""
    key: F64


class States(NamedTuple):
    """Partial loadings, a row for each."""

    spaces: I32
    """Cuboids into which a block may go; they overlap."""
    parts: I32
    """Cuboids that are occupied: two corners."""
    steps: I32
    """The blocks placed so far: block, corner, and by bits the axes along which it is mirrored."""
    left: I32
    """Boxes left of each type."""
    counts: I64
    """Spaces, parts, steps, volume, grams."""


class Rule(NamedTuple):
    """The weights by which the search chooses a space and a block."""

    along: tuple[int, int, int]
    """Weights of a space's distances from its nearest corner of the container."""
    use_power: int
    contact_power: int
    tolerance_permille: int
    """Faces not farther apart than this share of the container's edge count as touching."""
    flush_percent: int
    """How much more a touching side counts whose upper edge is level with its neighbour's."""


def empty_states(rows: int, spaces: int, parts: int, types: int) -> States:
    """Return arrays for as many states."""
    return States(
        spaces=np.zeros((rows, spaces, SPACE_COLUMNS), np.int32),
        parts=np.zeros((rows, parts, 6), np.int32),
        steps=np.zeros((rows, parts, 5), np.int32),
        left=np.zeros((rows, types), np.int32),
        counts=np.zeros((rows, COUNT_COLUMNS), np.int64),
    )
