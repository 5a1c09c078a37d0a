"""The generator of the BR instances, which gives BR0 to BR15 as published, and others of the kind.

E. E. Bischoff and M. S. W. Ratcliff, Omega 23 (1995), https://doi.org/10.1016/0305-0483(95)00015-G;
A. P. Davies and E. E. Bischoff, EJOR 114 (1999), https://doi.org/10.1016/S0377-2217(98)00139-8.
All numbers come from a Lehmer generator with multiplier 16,807 and modulus 2^31 - 1.
"""

from collections.abc import Iterator

from groupage.app.bench.loading.problem import BoxType, Edges, Problem

CONTAINER: Edges = (587, 233, 220)
"""cm."""
TYPES = (1, 3, 5, 8, 10, 12, 15, 20, 30, 40, 50, 60, 70, 80, 90, 100)
"""Number of box types in class BR0, BR1, ... BR15."""
SEED_BASE = 2_502_505
"""Seed of the first published problem; each further one adds `SEED_STEP`."""
SEED_STEP = 100
_MODULUS = 2_147_483_647
_LOW, _HIGH = (30, 25, 20), (120, 100, 80)
_STABILITY = 2
"""An edge may stand vertical if it is shorter than this many times the shortest."""


def draws(seed: int) -> Iterator[float]:
    """Yield numbers above 0 and below 1; the first ten after the seed are left out."""
    state = (seed - 1) % (_MODULUS - 1) + 1
    for count in range(_MODULUS):
        state = 16_807 * state % _MODULUS
        if count >= 10:
            yield state / _MODULUS


def generate(br: int, number: int, *, seed_base: int = SEED_BASE) -> Problem:
    """Return problem `number` (from 1) of class `br` (0 to 15)."""
    draw = draws(seed_base + SEED_STEP * (number - 1))
    sizes: list[Edges] = []
    for _ in range(TYPES[br]):
        a, b, c = (
            low + int(next(draw) * (high - low + 1)) for low, high in zip(_LOW, _HIGH, strict=True)
        )
        longest, middle, shortest = sorted((a, b, c), reverse=True)
        sizes.append((longest, middle, shortest))
    volumes = [a * b * c for a, b, c in sizes]
    counts = [1] * len(sizes)
    filled = sum(volumes)
    while True:
        pick = int(next(draw) * len(sizes))
        if filled + volumes[pick] > CONTAINER[0] * CONTAINER[1] * CONTAINER[2]:
            break
        filled += volumes[pick]
        counts[pick] += 1
    return Problem(
        family=f"BR{br}" if seed_base == SEED_BASE else f"BR{br} from {seed_base}",
        number=number,
        container=CONTAINER,
        types=tuple(
            BoxType(
                number=index,
                edges=(a, b, c),
                vertical=(a < _STABILITY * c, b < _STABILITY * c, True),
                quantity=count,
            )
            for index, ((a, b, c), count) in enumerate(zip(sizes, counts, strict=True), start=1)
        ),
    )
