"""Blocks: cartons of one type in one orientation, stacked to a cuboid without gaps."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from optimizer.loading.stock import CargoSpace, CartonType

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

BLOCKS_PER_ORIENTATION_MAX = 400
"""Blocks kept of one type and orientation: the largest ones and every single row."""


def _layers_max(carton_type: CartonType, dz: int, space: CargoSpace, quantity: int) -> int:
    """Return how many layers of the type may be stacked."""
    layers = min(quantity, space.height // dz)
    if carton_type.top_load_g is not None:
        layers = min(layers, 1 + carton_type.top_load_g // carton_type.gross_g)
    return layers


@lru_cache(maxsize=1024)
def _counts(
    carton_type: CartonType, orientation: tuple[int, int, int], space: CargoSpace, quantity: int
) -> Ints:
    """Return columns, rows and layers of every block of one type and orientation.

    Cached: the passes over one container ask for most of them repeatedly.
    """
    dx, dy, dz = orientation
    layers, rows, columns = (
        np.arange(1, 1 + most)
        for most in (
            _layers_max(carton_type, dz, space, quantity),
            min(quantity, (space.y2 - space.y1) // dy),
            min(quantity, (space.x2 - space.x1) // dx),
        )
    )
    cartons = layers[:, None, None] * rows[:, None] * columns
    layer, row, column = (cartons <= quantity).nonzero()
    counts: Ints = np.empty((len(layer), 3), dtype=np.int64)
    counts[:, 0], counts[:, 1], counts[:, 2] = columns[column], rows[row], layers[layer]
    if len(counts) > BLOCKS_PER_ORIENTATION_MAX:
        cartons = counts.prod(axis=1)
        order = np.lexsort((counts[:, 2], counts[:, 1], counts[:, 0], -cartons))
        counts, cartons = counts[order], cartons[order]
        keep = cartons <= counts.max(axis=1)
        keep[:BLOCKS_PER_ORIENTATION_MAX] = True
        counts = counts[keep]
    return counts


class BlockTable:
    """All blocks that the stock allows, a numpy column for each property."""

    def __init__(
        self, types: Sequence[CartonType], quantities: Sequence[int], space: CargoSpace
    ) -> None:
        families = [
            ((number, *orientation), _counts(carton_type, orientation, space, quantity))
            for number, (carton_type, quantity) in enumerate(zip(types, quantities, strict=True))
            if quantity
            for orientation in carton_type.orientations(space)
        ]
        lengths = [len(counts) for _, counts in families]
        keys: Ints = np.array([key for key, _ in families], dtype=np.int64).reshape(-1, 4)
        table = np.repeat(keys, lengths, axis=0)
        self.type_number: Ints = np.ascontiguousarray(table[:, 0])
        self.unit: Ints = np.ascontiguousarray(table[:, 1:4])
        self.counts: Ints = np.concatenate(
            [np.empty((0, 3), dtype=np.int64), *(counts for _, counts in families)]
        )
        self.size: Ints = np.ascontiguousarray((self.unit * self.counts).T)
        """Along x, y and z, in mm."""
        self.dx, self.dy, self.dz = self.size
        self.faces: Ints = np.array([self.dy * self.dz, self.dx * self.dz, self.dx * self.dy])
        """Front, side and top, in mm²."""
        self.surface: Ints = 2 * self.faces.sum(axis=0)
        self.quantity: Ints = self.counts.prod(axis=1)
        self.volume: Floats = self.size.astype(np.float64).prod(axis=0)
        self.headroom: Floats = self._headroom(types, quantities)
        mass = np.array([t.gross_g for t in types], dtype=np.float64)
        self.pressure: Floats = (
            mass[self.type_number] * self.counts[:, 2] / (self.unit[:, 0] * self.unit[:, 1])
        )
        """Grams per mm² of its base."""
        limits = (space.x2, space.y2, space.height)
        self.waste: tuple[Ints, ...] = tuple(
            np.arange(limit + 1) - _reachable_lengths(np.unique(self.unit[:, axis]).tolist(), limit)
            for axis, limit in enumerate(limits)
        )
        """For each axis and length, the mm that no row of cartons can fill."""

    def _headroom(self, types: Sequence[CartonType], quantities: Sequence[int]) -> Floats:
        """Return how many mm of average cargo each block can bear on its top."""
        pairs = list(zip(types, quantities, strict=True))
        volume = sum(t.volume_mm3 * quantity for t, quantity in pairs)
        density = sum(t.gross_g * quantity for t, quantity in pairs) / max(1, volume)
        strength = np.array([np.inf if t.top_load_g is None else t.top_load_g for t in types])
        mass = np.array([t.gross_g for t in types], dtype=np.float64)
        spare = strength[self.type_number] - (self.counts[:, 2] - 1) * mass[self.type_number]
        headroom: Floats = spare / (density * self.unit[:, 0] * self.unit[:, 1])
        return headroom


def _reachable_lengths(edges: Sequence[int], limit: int) -> Ints:
    """Return the longest row of cartons that fits into each length up to `limit`.

    `edges` are the carton edges along the axis, each usable any number of times.
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
