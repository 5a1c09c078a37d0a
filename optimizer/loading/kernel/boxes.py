"""The boxes of a loading: blocks taken apart, in a sequence in which they can be loaded."""

from collections.abc import Iterator

from optimizer.loading.kernel.api import Box
from optimizer.loading.kernel.arrays import I32, Blocks

Cuboid = tuple[int, int, int, int, int, int, int]
"""Type, corner, length, width, height."""


def boxes_of(blocks: Blocks, steps: I32) -> list[Box]:
    """Return the boxes of the placed blocks, each after those on which it stands."""
    boxes = []
    for block, x, y, z, mirrored in steps.tolist():
        size = blocks.size[block].tolist()
        for kind, *corner, dx, dy, dz in _boxes_in(blocks, block, 0, 0, 0):
            edges = (dx, dy, dz)
            for axis in range(3):
                if mirrored & (1 << axis):
                    corner[axis] = size[axis] - corner[axis] - edges[axis]
            boxes.append(Box(kind, x + corner[0], y + corner[1], z + corner[2], dx, dy, dz))
    return boxes


def _boxes_in(blocks: Blocks, block: int, x: int, y: int, z: int) -> Iterator[Cuboid]:
    origin = blocks.origin[block].tolist()
    if origin[0] < 0:
        kind, dx, dy, dz = origin[1:]
        nx, ny, nz = (blocks.size[block] // (dx, dy, dz)).tolist()
        for layer in range(nz):
            for row in range(ny):
                for column in range(nx):
                    yield kind, x + column * dx, y + row * dy, z + layer * dz, dx, dy, dz
        return
    axis, first, second = origin[:3]
    yield from _boxes_in(blocks, first, x, y, z)
    corner = [x, y, z]
    corner[axis] += int(blocks.size[first, axis])
    yield from _boxes_in(blocks, second, *corner)
