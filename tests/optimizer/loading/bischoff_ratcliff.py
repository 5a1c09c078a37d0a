"""The container loading instances of Bischoff and Ratcliff (1995), Davies and Bischoff (1999).

Made by the published generator (a Lehmer generator with multiplier 16,807), so that no data file is
needed; they equal the files of the OR-Library (thpack1 to thpack7, BR8 to BR15).
"""

from collections.abc import Iterator
from typing import NamedTuple

LENGTH, WIDTH, HEIGHT = 587, 233, 220
"""The container, cm."""
TYPES = (1, 3, 5, 8, 10, 12, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100)
"""Number of box types in class BR0, BR1, ... BR15."""
_LOW, _HIGH = (30, 25, 20), (120, 100, 80)
_STABILITY = 2


class BoxType(NamedTuple):
    """Edges in cm, which of them may stand upright, and how many boxes."""

    edges: tuple[int, int, int]
    upright: tuple[bool, bool, bool]
    quantity: int


def _draws(seed: int) -> Iterator[float]:
    while True:
        seed = 16_807 * seed % 2_147_483_647
        yield seed / 2_147_483_647


def instance(br: int, number: int) -> list[BoxType]:
    """Instance `number` (from 1) of class `br`."""
    draws = _draws(2_502_505 + 100 * (number - 1))
    for _ in range(10):
        next(draws)
    edges = [
        tuple(
            sorted(
                (low + int(next(draws) * (high - low + 1)) for low, high in zip(_LOW, _HIGH)),  # noqa: B905
                reverse=True,
            )
        )
        for _ in range(TYPES[br])
    ]
    counts = [1] * len(edges)
    volumes = [a * b * c for a, b, c in edges]
    filled = sum(volumes)
    while True:
        pick = int(next(draws) * len(edges))
        if filled + volumes[pick] > LENGTH * WIDTH * HEIGHT:
            break
        filled += volumes[pick]
        counts[pick] += 1
    return [
        BoxType((a, b, c), (a < _STABILITY * c, b < _STABILITY * c, True), count)
        for (a, b, c), count in zip(edges, counts, strict=True)
    ]


def read(text: str) -> list[list[BoxType]]:
    """The instances of a file in the OR-Library's format."""
    numbers = iter(text.split())

    def take(count: int) -> list[int]:
        return [int(next(numbers)) for _ in range(count)]

    instances = []
    for _ in range(*take(1)):
        take(5)  # number, seed, container
        rows = [take(8) for _ in range(*take(1))]
        instances.append(
            [
                BoxType(
                    (row[1], row[3], row[5]), (bool(row[2]), bool(row[4]), bool(row[6])), row[7]
                )
                for row in rows
            ]
        )
    return instances
