"""Choose the engine that loads a cargo.

Cargo of one layer gets a floor layout, all other cargo the search over blocks. Where that leaves
something out and cargo that bears nothing covers much of the floor, such cargo is laid out first
and the rest is loaded around it; the better load plan counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from groupage.domain.plan import Placement
from optimizer.deadline import StageDeadline
from optimizer.loading.engine import SearchResult, search
from optimizer.loading.floor.engine import floor_kinds, search_floor
from optimizer.loading.floor.first import LaidOut, lay_out_weak
from optimizer.loading.stock import CargoSpace, Stock

FLOOR_FIRST_PERMILLE = 400
"""Cargo that bears nothing and covers this share of the floor may be laid out first."""


def search_with_best_engine(
    space: CargoSpace,
    stock: Stock,
    *,
    ranks: Mapping[str, int],
    worth: Mapping[str, int],
    effort: int,
    seed: int,
    deadline: StageDeadline,
) -> SearchResult:
    """Load as `engine.search` does, with the engine that is right for the cargo."""
    run = _Run(space, stock, ranks, worth, effort, seed, deadline)
    kinds = floor_kinds(space, stock)
    if kinds is None:
        result = run.search_blocks(stock)
        return run.better(result, run.lay_out_first()) if result.unplaced else result
    result, is_proven = search_floor(
        space, stock, kinds, ranks=ranks, worth=worth, deadline=deadline
    )
    if is_proven or not result.unplaced or result.cut_short:
        return result
    return run.better(result, run.search_blocks(stock))


@dataclass(frozen=True, slots=True)
class _Run:
    space: CargoSpace
    stock: Stock
    ranks: Mapping[str, int]
    worth: Mapping[str, int]
    effort: int
    seed: int
    deadline: StageDeadline

    def search_blocks(self, stock: Stock) -> SearchResult:
        return search(
            self.space,
            stock,
            ranks=self.ranks,
            worth=self.worth,
            effort=self.effort,
            seed=self.seed,
            deadline=self.deadline,
        )

    def better(self, first: SearchResult, second: SearchResult | None) -> SearchResult:
        """Return the load plan with more worth, the consignments of rank 0 first."""
        if second is None or self._worth_of(second) <= self._worth_of(first):
            return first
        return second

    def _worth_of(self, result: SearchResult) -> tuple[int, ...]:
        placed = set(self.stock.units) - set(result.unplaced)
        return tuple(sum(self.worth[c] for c in placed if self.ranks[c] == r) for r in range(3))

    def lay_out_first(self) -> SearchResult | None:
        """Lay out the cargo that bears nothing, and load the rest around it.

        None where that cargo covers too little of the floor, or where time is over.
        """
        stock = self.stock
        weak = {number for number, t in enumerate(stock.types) if t.top_load_g == 0}
        order = sorted(stock.units, key=lambda c: (self.ranks[c], -self.worth[c], c))
        if not weak or self.deadline.is_over():
            return None
        laid_out = lay_out_weak(
            self.space, stock, weak, order, self.deadline, least_permille=FLOOR_FIRST_PERMILLE
        )
        if laid_out is None:
            return None
        result = self.search_blocks(_with_preloaded(stock, weak, laid_out))
        # Nothing stands on what was laid out: that of consignments left out can be taken away.
        unplaced = (set(stock.units) - set(laid_out.consignments)) | set(result.unplaced)
        standing = {carton.unit_id for carton in stock.preloaded}
        kept = [
            placement
            for placement in result.placements
            if placement.unit_id in standing or placement.consignment_id not in unplaced
        ]
        return SearchResult(
            placements=_renumber(kept),
            unplaced=tuple(sorted(unplaced)),
            passes=result.passes,
            cut_short=result.cut_short,
        )


def _with_preloaded(stock: Stock, weak: Iterable[int], laid_out: LaidOut) -> Stock:
    """Return the stock of the consignments laid out, with their weak cartons as preloaded."""
    numbers = set(weak)
    return Stock(
        types=stock.types,
        units={
            c: {n: ids for n, ids in stock.units[c].items() if n not in numbers}
            for c in laid_out.consignments
        },
        preloaded=(*stock.preloaded, *laid_out.cartons),
        preloaded_types=(*stock.preloaded_types, *(stock.types[n] for n in laid_out.types)),
    )


def _renumber(placements: Iterable[Placement]) -> tuple[Placement, ...]:
    return tuple(
        msgspec.structs.replace(placement, sequence=number)
        for number, placement in enumerate(placements, start=1)
    )
