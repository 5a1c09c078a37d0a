"""Find the consignments that fit together: pass after pass until all that are kept are loaded.

After a pass that leaves cartons over, whole consignments of about their volume are dropped. The
remaining effort then tries to load dropped ones after all. Deterministic.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from groupage.domain.plan import Placement
from optimizer.deadline import StageDeadline
from optimizer.loading.blocks import BlockTable, Floats
from optimizer.loading.construction import ConstructionPass, PlacedCarton, ScoreWeights
from optimizer.loading.floor.shortage import FloorShortage
from optimizer.loading.stock import CargoSpace, Stock

SCORE_WEIGHTS = (
    ScoreWeights(contact=3.0, count=0.4, loss=1.0, close_permille=60, low_first=True),
    ScoreWeights(contact=3.0, count=0.4, loss=1.0, close_permille=80, low_first=True),
    ScoreWeights(contact=2.0, count=0.2, loss=1.0, close_permille=40, low_first=True),
    ScoreWeights(contact=1.0, count=0.05, loss=2.0, close_permille=20, low_first=True),
    ScoreWeights(contact=3.0, count=0.6, loss=1.0, close_permille=60, low_first=True),
    ScoreWeights(contact=3.0, count=0.3, loss=1.0, close_permille=40, low_first=True),
)
"""Tried in this order. Of 17 weights the first loads most containers whole, and each further one
most of those that are left then (`docs/benchmarks.md`)."""
PRIORITY_FACTOR = 2.0
"""A carton type's priority rises by this factor after a pass that left some of it over."""
UNPLACED_WEIGHT = 4.0
"""Weight of a consignment's unplaced cartons against freed space when one is dropped."""
TYPES_USUAL = 80
"""Up to this many carton types the effort is made in full."""
PASSES_MIN = 8
PLAIN_PASSES = 3
"""Passes over one selection before priorities are randomized."""
PRIORITY_SIGMA = 0.2
"""Standard deviation of the logarithm of the random factor on priorities."""
HOPELESS_PERMILLE = 100
"""A pass that leaves over more than this share of the space needs fewer consignments first."""
EXCHANGE_TRIES = 3
"""Passes to load a dropped consignment in exchange for another."""
TOP_FILL_PERMILLE = 970
"""No dropped consignment is tried beyond this fill."""
PASSES_PER_SELECTION = 10
"""Variants tried on one selection of consignments before some are dropped. A consignment that does
not fit costs its lane far more than the second that they take."""


@dataclass(slots=True)
class SearchResult:
    """The load plan that a search ends with."""

    placements: tuple[Placement, ...]
    unplaced: tuple[str, ...]
    passes: int
    cut_short: bool
    shortages: tuple[FloorShortage, ...] = ()
    """Proofs that unplaced consignments have no place on the floor."""


@dataclass(slots=True)
class _Attempt:
    placed: list[PlacedCarton]
    unplaced_mm3: int
    """Volume of the cartons left over."""
    unplaced: list[int]
    """Cartons left over, by type."""


@dataclass(slots=True)
class _Search:
    space: CargoSpace
    stock: Stock
    ranks: Mapping[str, int]
    worth: Mapping[str, int]
    effort: int
    seed: int
    deadline: StageDeadline
    passes: int = 0
    best: list[PlacedCarton] = field(default_factory=list)
    priority: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.priority = np.ones(len(self.stock.types))

    def attempt(self, consignments: list[str], tries: int) -> _Attempt:
        """Return the best of up to `tries` passes over these consignments; a complete one ends it.

        Carton types that a pass leaves over have a higher priority in the next one.
        """
        stock = self.stock
        quantities = stock.quantities(consignments)
        table = BlockTable(stock.types, quantities, self.space)
        best: _Attempt | None = None
        for number in range(tries):
            weights = SCORE_WEIGHTS[number % len(SCORE_WEIGHTS)]
            priority = self.priority if number < PLAIN_PASSES else self.randomized_priority()
            construction = ConstructionPass(self.space, stock, quantities, table, weights, priority)
            placed = construction.run(self.deadline)
            self.passes += 1
            unplaced = construction.remaining
            unplaced_mm3 = sum(
                t.volume_mm3 * count for t, count in zip(stock.types, unplaced, strict=True)
            )
            self.priority[np.array(unplaced) > 0] *= PRIORITY_FACTOR
            if best is None or unplaced_mm3 < best.unplaced_mm3:
                best = _Attempt(placed, unplaced_mm3, unplaced)
            hopeless = unplaced_mm3 * 1_000 > HOPELESS_PERMILLE * self.space.volume_mm3
            if unplaced_mm3 == 0 or hopeless or self.deadline.is_over():
                break
        return best or _Attempt([], 0, [])

    def randomized_priority(self) -> Floats:
        """Return the priorities times a random factor: passes that differ find more."""
        rng = random.Random(f"{self.seed} {self.passes}")  # noqa: S311 - no secrets
        factors = [rng.lognormvariate(0.0, PRIORITY_SIGMA) for _ in self.stock.types]
        priority: Floats = self.priority * np.array(factors)
        return priority

    def drop_candidates(self, consignments: list[str]) -> list[str]:
        """Return those that may be dropped: those of the last rank that is left."""
        last = max((self.ranks[c] for c in consignments), default=0)
        return [c for c in consignments if self.ranks[c] == last]

    def drop(self, consignments: list[str], unplaced_mm3: int, unplaced: list[int]) -> list[str]:
        """Drop whole consignments of about this volume, first those with unplaced cartons."""
        kept, unplaced = list(consignments), list(unplaced)
        dropped: list[str] = []
        freed_mm3 = 0
        while freed_mm3 < unplaced_mm3 and kept:
            missing_mm3 = unplaced_mm3 - freed_mm3
            cheapest = min(
                self.drop_candidates(kept), key=lambda c: self._drop_cost(c, missing_mm3, unplaced)
            )
            kept.remove(cheapest)
            dropped.append(cheapest)
            freed_mm3 += max(1, self.stock.volume_mm3(cheapest))
            for number, unit_ids in self.stock.units[cheapest].items():
                unplaced[number] = max(0, unplaced[number] - len(unit_ids))
        # A large consignment dropped last may have made earlier drops unnecessary.
        for consignment_id in sorted(dropped[:-1], key=self.ranks.__getitem__):
            volume_mm3 = self.stock.volume_mm3(consignment_id)
            if freed_mm3 - volume_mm3 >= unplaced_mm3:
                freed_mm3 -= volume_mm3
                kept.append(consignment_id)
        return kept

    def _drop_cost(
        self, consignment_id: str, missing_mm3: int, unplaced: list[int]
    ) -> tuple[float, int, str]:
        """Return the cost of dropping it per mm³ gained, with tie breakers."""
        stock = self.stock
        volume_mm3 = stock.volume_mm3(consignment_id)
        own_unplaced_mm3 = sum(
            min(unplaced[number], len(unit_ids)) * stock.types[number].volume_mm3
            for number, unit_ids in stock.units[consignment_id].items()
        )
        gain = min(volume_mm3, missing_mm3) + UNPLACED_WEIGHT * own_unplaced_mm3
        return self.worth[consignment_id] / max(1.0, gain), -volume_mm3, consignment_id

    def select_feasible(self) -> list[str]:
        """Return consignments whose cartons fit singly, as many as volume and payload allow."""
        stock, space = self.stock, self.space
        fits = [bool(t.orientations(space)) for t in stock.types]
        kept = [c for c, units in stock.units.items() if all(fits[number] for number in units)]
        preloaded_mm3 = sum(c.dx_mm * c.dy_mm * c.dz_mm for c in stock.preloaded)
        preloaded_g = sum(t.gross_g for t in stock.preloaded_types)
        excess_mm3 = sum(stock.volume_mm3(c) for c in kept) + preloaded_mm3 - space.volume_mm3
        if excess_mm3 > 0:
            kept = self.drop(kept, excess_mm3, [0] * len(stock.types))
        while kept and sum(stock.gross_g(c) for c in kept) + preloaded_g > space.payload_g:
            heaviest = max(self.drop_candidates(kept), key=lambda c: (stock.gross_g(c), c))
            kept.remove(heaviest)
        return kept

    def load_what_fits(self, kept: list[str]) -> list[str]:
        """Drop consignments until a pass loads all that are kept; `best` is that pass.

        After the deadline all are dropped: the placements of a broken pass make no load plan.
        """
        slack_permille = 1_000
        while True:
            spare = self.effort - self.passes
            attempt = self.attempt(kept, max(1, min(PASSES_PER_SELECTION, spare)))
            if attempt.unplaced_mm3 == 0:
                self.best = attempt.placed
                return kept
            if self.deadline.is_over():
                return []
            target_mm3 = attempt.unplaced_mm3 * slack_permille // 1_000
            kept = self.drop(kept, target_mm3, attempt.unplaced)
            slack_permille += 150 if spare > 0 else 500

    def try_dropped(self, kept: list[str]) -> list[str]:
        """Use the remaining effort to load dropped consignments after all, most expensive first."""
        stock, space = self.stock, self.space
        fits = [bool(t.orientations(space)) for t in stock.types]
        dropped = sorted(
            (-self.worth[c], -stock.volume_mm3(c), c)
            for c, units in stock.units.items()
            if c not in kept and all(fits[number] for number in units)
        )
        preloaded_g = sum(t.gross_g for t in stock.preloaded_types)
        for _, _, consignment_id in dropped:
            if (kept and self.passes >= self.effort) or self.deadline.is_over():
                break
            more = [*kept, consignment_id]
            volume_mm3 = sum(stock.volume_mm3(c) for c in more)
            gross_g = sum(stock.gross_g(c) for c in more) + preloaded_g
            if volume_mm3 * 1_000 > space.volume_mm3 * TOP_FILL_PERMILLE:
                continue
            if gross_g > space.payload_g:
                continue
            attempt = self.attempt(more, 1)
            if attempt.unplaced_mm3 and self.passes < self.effort:
                more = self.exchange(more, consignment_id, attempt.unplaced_mm3)
                attempt = self.attempt(more, EXCHANGE_TRIES) if more != kept else attempt
            if attempt.unplaced_mm3 == 0:
                self.best, kept = attempt.placed, more
        return kept

    def exchange(self, more: list[str], dropped: str, unplaced_mm3: int) -> list[str]:
        """Remove the cheapest consignment that frees this volume, or the dropped one again."""
        others = [c for c in self.drop_candidates(more) if self.stock.volume_mm3(c) >= unplaced_mm3]
        removed = min((self.worth[c], c != dropped, c) for c in (*others, dropped))[2]
        return [c for c in more if c != removed]


def _placements(stock: Stock, kept: list[str], placed: list[PlacedCarton]) -> tuple[Placement, ...]:
    """Give each placed carton a unit id of its type; preloaded cartons come first."""
    unit_ids: list[list[tuple[str, str]]] = [[] for _ in stock.types]
    for consignment_id in sorted(kept, reverse=True):
        for number, ids in stock.units[consignment_id].items():
            unit_ids[number].extend((consignment_id, unit_id) for unit_id in reversed(ids))
    placements = stock.preloaded_placements()
    for sequence, loaded in enumerate(placed, start=len(placements) + 1):
        consignment_id, unit_id = unit_ids[loaded.type_number].pop()
        placements.append(
            Placement(
                unit_id=unit_id, consignment_id=consignment_id, x_mm=loaded.x, y_mm=loaded.y,
                z_mm=loaded.z, dx_mm=loaded.dx, dy_mm=loaded.dy, dz_mm=loaded.dz,
                sequence=sequence,
            )
        )  # fmt: skip
    return tuple(placements)


def _pass_budget(effort: int, types: int) -> int:
    """Return how many passes to make: fewer for more carton types, as each pass takes longer."""
    return max(min(effort, PASSES_MIN), effort * TYPES_USUAL // max(TYPES_USUAL, types))


def search(
    space: CargoSpace,
    stock: Stock,
    *,
    ranks: Mapping[str, int],
    worth: Mapping[str, int],
    effort: int,
    seed: int,
    deadline: StageDeadline,
) -> SearchResult:
    """Load as many consignments as fit, each whole; those of the least `worth` stay out.

    `ranks` is 0 for what must stay, 1 for what must go and 2 for the rest: of each rank something
    stays out only when all of the later ranks does.
    """
    budget = _pass_budget(effort, len(stock.types))
    run = _Search(space, stock, ranks, worth, budget, seed, deadline)
    feasible = run.select_feasible()
    loaded = run.load_what_fits(feasible)
    kept = run.try_dropped(loaded)
    return SearchResult(
        placements=_placements(stock, kept, run.best),
        unplaced=tuple(sorted(set(stock.units) - set(kept))),
        passes=run.passes,
        cut_short=bool(feasible) and not kept and deadline.has_cut,
    )
