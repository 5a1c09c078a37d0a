"""Random numbers that stay put: each stream and thing has its own generator."""

import random
from hashlib import blake2b
from math import ceil


class Streams:
    """Generators named by what they decide.

    The same seed and name give the same numbers, whatever was drawn before.
    """

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(8, "big", signed=True)

    def _number(self, names: tuple[str | int, ...]) -> int:
        text = "\0".join(map(str, names)).encode()
        return int.from_bytes(blake2b(text, digest_size=8, key=self._key).digest(), "big")

    def of(self, *names: str | int) -> random.Random:
        """Return the generator of `names`."""
        return random.Random(self._number(names))  # noqa: S311 - a simulation, no secret

    def uniform(self, *names: str | int) -> float:
        """Return a number in [0, 1) for `names`."""
        return self._number(names) / 2**64

    def pick(self, count: int, ids: list[str], *names: str | int) -> set[str]:
        """Draw `count` of the ids, each with equal chance."""
        return set(sorted(ids, key=lambda id_: self._number((*names, id_)))[:count])


class Quota:
    """Answers yes at a rate, evenly: early for the first time, then every 1 ÷ rate questions.

    An even spread keeps a stated rate in a small day too, where throwing dice would often give
    none at all. The first yes comes within `first_within` questions.
    """

    def __init__(self, rate: float, *, first_within: int, offset: float) -> None:
        self.rate = rate
        self._first = int(offset * min(first_within, 1 / rate)) if rate > 0 else 0
        self.asked = 0
        """Occasions so far."""
        self.hits = 0

    def hit(self) -> bool:
        """Return whether it happens this time."""
        self.asked += 1
        if self.rate <= 0:
            return False
        hit = self.asked > self._first + ceil(self.hits / self.rate)
        self.hits += hit
        return hit
