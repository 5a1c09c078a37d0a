"""Collect loadings by short searches over parts of the boxes, and cover all boxes with them."""

import time
from collections.abc import Callable, Sequence
from random import Random

from optimizer.loading.fewest_containers.covering import cover
from optimizer.loading.fewest_containers.patterns import Counts, Patterns
from optimizer.loading.fewest_containers.trimming import trim
from optimizer.loading.kernel.api import BoxType, Loading, Support, fill

EFFORTS = (100, 600, 600, 2_500)
"""Work of one search, in the kernel's units; drawn each time."""
FIRST_EFFORT = 600
REFILL_EFFORT = 2_500
PATTERNS_MAX = 2_500
"""Patterns in one covering problem."""
COVER_EFFORT = 0.1
LAST_COVER_EFFORT = 0.5
"""CP-SAT's deterministic time."""
FIRST_COVER = 20
COVER_GROWTH = 1.3
"""Searches before the first covering problem, and the growth of that number for the next."""
WHOLE_REST = 0.3
SOME_TYPES = 0.35
"""Shares of the searches over all boxes that are left, and over all boxes of some types. The others
are over some boxes of each type."""
TYPE_SHARE = 0.6
IDLE_MAX = 3_000
"""The search ends after so many searches in turn that find no pattern which is new."""


class Budget:
    """How long a search may last."""

    def __init__(self, ends_at_s: float | None, work: int | None) -> None:
        self._ends_at_s = ends_at_s
        self._work = work
        self.used = 0

    def is_over(self) -> bool:
        """Return whether CPU time or work is used up."""
        return (self._work is not None and self.used >= self._work) or (
            self._ends_at_s is not None and time.process_time() >= self._ends_at_s
        )


class Search:
    """The state of a search."""

    def __init__(
        self,
        container: tuple[int, int, int],
        types: Sequence[BoxType],
        *,
        support: Support,
        budget: Budget,
        seed: int,
    ) -> None:
        self._container = container
        self._types = types
        self._support = support
        self._budget = budget
        self._rng = Random(seed)  # noqa: S311 - no secrets
        self._quantities = [box_type.quantity for box_type in types]
        self._volumes = [a * b * c for a, b, c in (box_type.edges for box_type in types)]
        self._inner = container[0] * container[1] * container[2]
        self._patterns = Patterns(self._volumes)
        self._known: dict[tuple[Counts, int], Counts] = {}
        self._fills = 0
        self._idle = 0
        self._best: list[Loading] = []
        cargo = sum(q * v for q, v in zip(self._quantities, self._volumes, strict=True))
        self._bound = -(-cargo // self._inner)

    def run(self, on_better: Callable[[list[Loading]], None]) -> list[Loading]:
        """Search until the budget is over, the bound is reached, or nothing new is found."""
        self._best = self._load_all(self._quantities)
        on_better(self._best)
        next_cover = FIRST_COVER
        while not self._has_ended():
            if self._rng.random() < 0.5:
                self._sample(self._quantities)
            else:
                self._sample(self._boxes_of_some())
            if self._fills >= next_cover:
                next_cover = max(self._fills + FIRST_COVER, int(self._fills * COVER_GROWTH))
                self._cover(COVER_EFFORT, on_better)
        self._cover(LAST_COVER_EFFORT, on_better)
        return self._best

    def _has_ended(self) -> bool:
        return len(self._best) <= self._bound or self._idle > IDLE_MAX or self._budget.is_over()

    def _load_all(self, quantities: Sequence[int]) -> list[Loading]:
        """Fill container after container with all that is left; repeat what fits again."""
        left = list(quantities)
        plan: list[Loading] = []
        while any(left):
            counts = self._fill(tuple(left), FIRST_EFFORT)
            plan += [self._patterns[counts]] * self._take(left, counts, most=True)
        return plan

    def _sample(self, quantities: Sequence[int]) -> None:
        """Collect patterns of parts of the boxes until all of them are used up."""
        left = list(quantities)
        while any(left) and not self._has_ended():
            counts = self._fill(self._offer(left), self._rng.choice(EFFORTS))
            self._take(left, counts, most=False)

    def _take(self, left: list[int], counts: Counts, *, most: bool) -> int:
        """Take a pattern's boxes off those left, as often as possible or by chance fewer times."""
        times = min(have // count for have, count in zip(left, counts, strict=True) if count)
        if not most:
            times = self._rng.randint(1, times)
        for index, count in enumerate(counts):
            left[index] -= times * count
        return times

    def _offer(self, left: Sequence[int]) -> Counts:
        """Choose the boxes that one search may load."""
        kind = self._rng.random()
        if kind < WHOLE_REST:
            return tuple(left)
        if kind < WHOLE_REST + SOME_TYPES:
            offer = [have if self._rng.random() < TYPE_SHARE else 0 for have in left]
        else:
            offer = [
                self._rng.randint(0, min(have, self._inner // volume))
                for have, volume in zip(left, self._volumes, strict=True)
            ]
        return tuple(offer) if any(offer) else tuple(left)

    def _boxes_of_some(self) -> list[int]:
        """Return the boxes of two to four containers of the best plan."""
        chosen = self._rng.sample(self._best, min(len(self._best), self._rng.randint(2, 4)))
        quantities = [0] * len(self._types)
        for loading in chosen:
            for box in loading.boxes:
                quantities[box.type] += 1
        return quantities

    def _fill(self, offer: Counts, effort: int) -> Counts:
        """Return the pattern of a search over these boxes; all better ones on its way are kept."""
        known = self._known.get((offer, effort))
        if known is not None:
            self._idle += 1
            return known
        indices = [index for index, quantity in enumerate(offer) if quantity]
        before = self._patterns.found

        def keep(loading: Loading) -> None:
            self._patterns.add(loading, indices)

        loading = fill(
            self._container,
            [BoxType(self._types[i].edges, self._types[i].vertical, offer[i]) for i in indices],
            support=self._support,
            seconds=None,
            work=effort,
            seed=self._rng.randrange(2**30),
            on_better=keep,
        )
        counts = self._patterns.add(loading, indices)
        self._budget.used += max(1, loading.work)
        self._fills += 1
        self._idle = 0 if self._patterns.found > before else self._idle + 1
        self._known[offer, effort] = counts
        return counts

    def _cover(self, effort: float, on_better: Callable[[list[Loading]], None]) -> None:
        """Adopt a cover by fewer containers, if there is one."""
        chosen = cover(
            self._patterns.best(PATTERNS_MAX),
            self._quantities,
            fewer_than=len(self._best),
            at_least=self._bound,
            effort=effort,
        )
        if chosen is None:
            return
        surplus = [
            sum(counts[index] for counts in chosen) - quantity
            for index, quantity in enumerate(self._quantities)
        ]
        plan = trim([self._patterns[counts] for counts in chosen], surplus, self._support)
        if any(surplus):
            plan = self._fill_with_less(plan, surplus)
        if not any(surplus):
            self._best = [loading for loading in plan if loading.boxes]
            on_better(self._best)

    def _fill_with_less(self, plan: Sequence[Loading], surplus: list[int]) -> list[Loading]:
        """Fill containers again without surplus boxes that bear others; count those down."""
        filled = list(plan)
        for place, loading in enumerate(plan):
            counts = [0] * len(self._types)
            for box in loading.boxes:
                counts[box.type] += 1
            fewer = tuple(max(0, c - more) for c, more in zip(counts, surplus, strict=True))
            if sum(fewer) == len(loading.boxes) or self._budget.is_over():
                continue
            if not any(fewer) or self._fill(fewer, REFILL_EFFORT) == fewer:
                filled[place] = self._patterns[fewer] if any(fewer) else Loading([], 0, 0)
                for index, count in enumerate(counts):
                    surplus[index] -= count - fewer[index]
        return filled
