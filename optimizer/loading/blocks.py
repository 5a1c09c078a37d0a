"""Blocks: cartons of one kind, standing alike, stacked to a box without gaps."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from optimizer.loading.kinds import Hold, Kind

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BLOCKS_PER_POSITION_MAX = 400
"""Blocks kept of one kind and position, the biggest ones and every single row."""


def _layers_max(kind: Kind, dz: int, hold: Hold, quantity: int) -> int:
    """How high the kind may be stacked on itself."""
    layers = min(quantity, hold.height // dz)
    if kind.top_load_g is not None:
        layers = min(layers, 1 + kind.top_load_g // kind.gross_g)
    return layers


@lru_cache(maxsize=1024)
def _counts(kind: Kind, position: tuple[int, int, int], hold: Hold, quantity: int) -> Ints:
    """Columns, rows and layers of every block of one kind and position.

    Passes over one container ask for most of them again and again.
    """
    dx, dy, dz = position
    layers, rows, columns = (
        1 + axis.ravel()
        for axis in np.indices(
            (
                _layers_max(kind, dz, hold, quantity),
                min(quantity, (hold.y2 - hold.y1) // dy),
                min(quantity, (hold.x2 - hold.x1) // dx),
            )
        )
    )
    cartons = layers * rows * columns
    enough = cartons <= quantity
    found: Ints = np.column_stack((columns, rows, layers))[enough]
    if len(found) > BLOCKS_PER_POSITION_MAX:
        cartons = cartons[enough]
        order = np.lexsort((found[:, 2], found[:, 1], found[:, 0], -cartons))
        found, cartons = found[order], cartons[order]
        keep = cartons <= found.max(axis=1)
        keep[:BLOCKS_PER_POSITION_MAX] = True
        found = found[keep]
    return found


class BlockTable:
    """All blocks that the stock allows, as columns of numbers."""

    def __init__(self, kinds: Sequence[Kind], quantities: Sequence[int], hold: Hold) -> None:
        stands = [
            ((number, *position), _counts(kind, position, hold, quantity))
            for number, (kind, quantity) in enumerate(zip(kinds, quantities, strict=True))
            if quantity
            for position in kind.positions(hold)
        ]
        lengths = [len(counts) for _, counts in stands]
        alike: Ints = np.array([stand for stand, _ in stands], dtype=np.int64).reshape(-1, 4)
        table = np.repeat(alike, lengths, axis=0)
        self.kind: Ints = np.ascontiguousarray(table[:, 0])
        self.unit: Ints = np.ascontiguousarray(table[:, 1:4])
        self.counts: Ints = np.concatenate(
            [np.empty((0, 3), dtype=np.int64), *(counts for _, counts in stands)]
        )
        self.size: Ints = np.ascontiguousarray((self.unit * self.counts).T)
        """Along each axis."""
        self.dx, self.dy, self.dz = self.size
        self.faces: Ints = np.array([self.dy * self.dz, self.dx * self.dz, self.dx * self.dy])
        """Front, side and top."""
        self.surface: Ints = 2 * self.faces.sum(axis=0)
        self.quantity: Ints = self.counts.prod(axis=1)
        self.volume: Floats = self.size.astype(np.float64).prod(axis=0)
        self.headroom: Floats = self._headroom(kinds, quantities)
        mass = np.array([kind.gross_g for kind in kinds], dtype=np.float64)
        self.pressure: Floats = (
            mass[self.kind] * self.counts[:, 2] / (self.unit[:, 0] * self.unit[:, 1])
        )
        """Grams on each mm² of its base."""
        limits = (hold.x2, hold.y2, hold.height)
        self.waste: tuple[Ints, ...] = tuple(
            np.arange(limit + 1) - _reachable(np.unique(self.unit[:, axis]).tolist(), limit)
            for axis, limit in enumerate(limits)
        )
        """Of each length along each axis, what no row of cartons can fill."""

    def _headroom(self, kinds: Sequence[Kind], quantities: Sequence[int]) -> Floats:
        """How many mm of average cargo each block can bear on its top."""
        pairs = list(zip(kinds, quantities, strict=True))
        volume = sum(kind.volume_mm3 * quantity for kind, quantity in pairs)
        density = sum(kind.gross_g * quantity for kind, quantity in pairs) / max(1, volume)
        strength = np.array(
            [np.inf if kind.top_load_g is None else kind.top_load_g for kind in kinds]
        )
        mass = np.array([kind.gross_g for kind in kinds], dtype=np.float64)
        spare = strength[self.kind] - (self.counts[:, 2] - 1) * mass[self.kind]
        headroom: Floats = spare / (density * self.unit[:, 0] * self.unit[:, 1])
        return headroom


def _reachable(edges: Sequence[int], limit: int) -> Ints:
    """For each length up to `limit`, the longest row of cartons that fits into it.

    `edges` are the lengths that may stand along the axis, each usable any number of times.
    """
    bits = 1
    full = (1 << (limit + 1)) - 1
    for edge in edges:
        step = edge
        while step <= limit:
            bits |= (bits << step) & full
            step *= 2
    packed = np.frombuffer(bits.to_bytes(limit // 8 + 1, "little"), dtype=np.uint8)
    hits = np.unpackbits(packed, bitorder="little")[: limit + 1].astype(np.int64)
    lengths: Ints = np.maximum.accumulate(hits * np.arange(limit + 1))
    return lengths
