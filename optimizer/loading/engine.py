"""Which consignments fit together: passes until everything that is left in goes in.

A pass that leaves cartons over drops whole consignments worth that volume, then tries again; what
is left of the effort afterwards tries to take dropped ones back. Deterministic.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from groupage.domain.plan import Placement
from optimizer.loading.blocks import BlockTable, Floats
from optimizer.loading.greedy import Pass, Set, Taste
from optimizer.loading.kinds import Hold, Stock

TASTES = (
    Taste(contact=2.0, count=0.2, loss=1.0, close_permille=40, low_first=True, crown=True),
    Taste(contact=4.0, count=0.2, loss=1.0, close_permille=40, low_first=True, crown=True),
    Taste(contact=1.0, count=0.05, loss=2.0, close_permille=20, low_first=True, crown=True),
    Taste(contact=3.0, count=0.4, loss=1.0, close_permille=80, low_first=True, crown=True),
    Taste(contact=2.0, count=0.2, loss=4.0, close_permille=40, low_first=True, crown=True),
    Taste(contact=2.0, count=0.0, loss=1.0, close_permille=40, low_first=False, crown=True),
)
"""Tried in this order, turned by the seed."""
FAVOUR = 2.0
"""How much more a kind is worth after a pass that left some of it over."""
OWNED = 4.0
"""How much a left over carton counts when its consignment is dropped, against free room."""
KINDS_USUAL = 80
"""Up to so many sizes the effort is made in full."""
PASSES_MIN = 8
CALM_PASSES = 3
"""Passes on one set before chance has a say in which kinds come first."""
UNREST = 0.2
"""Standard deviation of that chance (of a logarithm)."""
HOPELESS_PERMILLE = 100
"""A pass that leaves over more than this share of the room needs fewer consignments first."""
EXCHANGE_TRIES = 3
"""Passes to take one back in another's stead."""
TOP_FILL_PERMILLE = 970
"""Nothing is taken back beyond this fill."""
PASSES_PER_SET = 10
"""Variants tried on one set of consignments before something is dropped. A consignment that does
not fit costs its lane far more than the second that they take."""


@dataclass(slots=True)
class Found:
    """The outcome of a search."""

    placements: tuple[Placement, ...]
    misfits: tuple[str, ...]
    passes: int


@dataclass(slots=True)
class _Attempt:
    sets: list[Set]
    over_mm3: int
    """Volume of the cartons that found no place."""
    left: list[int]
    """How many of each kind found none."""


@dataclass(slots=True)
class _Search:
    hold: Hold
    stock: Stock
    staying: frozenset[str]
    worth: Mapping[str, int]
    effort: int
    seed: int
    passes: int = 0
    best: list[Set] = field(default_factory=list)
    favour: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.favour = np.ones(len(self.stock.kinds))

    def attempt(self, consignments: list[str], tries: int) -> _Attempt:
        """The best of up to `tries` passes over these consignments; stops at a complete one.

        What a pass leaves over is favoured in the next one.
        """
        stock = self.stock
        quantities = stock.quantities(consignments)
        table = BlockTable(stock.kinds, quantities, self.hold)
        best: _Attempt | None = None
        for number in range(tries):
            taste = TASTES[(self.seed + number) % len(TASTES)]
            favour = self.favour if number < CALM_PASSES else self.shaken()
            one = Pass(self.hold, stock, quantities, table, taste, favour)
            sets = one.run()
            self.passes += 1
            pairs = zip(stock.kinds, one.remaining, strict=True)
            over = sum(kind.volume_mm3 * left for kind, left in pairs)
            self.favour[np.array(one.remaining) > 0] *= FAVOUR
            if best is None or over < best.over_mm3:
                best = _Attempt(sets, over, one.remaining)
            if over == 0 or over * 1_000 > HOPELESS_PERMILLE * self.hold.volume_mm3:
                break
        return best or _Attempt([], 0, [])

    def shaken(self) -> Floats:
        """The favours, each a little more or less by chance: passes that differ find more."""
        rng = random.Random(f"{self.seed} {self.passes}")  # noqa: S311 - no secrets
        chance = [rng.lognormvariate(0.0, UNREST) for _ in self.stock.kinds]
        found: Floats = self.favour * np.array(chance)
        return found

    def droppable(self, consignments: list[str]) -> list[str]:
        """Those that may be left out: what must stay only when nothing else is left."""
        free = [c for c in consignments if c not in self.staying]
        return free or consignments

    def drop(self, consignments: list[str], over_mm3: int, over: list[int]) -> list[str]:
        """Drop whole consignments of about `over_mm3`, those first that own what was left over."""
        kept, missing = list(consignments), list(over)
        dropped: list[str] = []
        freed_mm3 = 0
        while freed_mm3 < over_mm3 and kept:
            want_mm3 = over_mm3 - freed_mm3
            gone = min(self.droppable(kept), key=lambda c: self._regret(c, want_mm3, missing))
            kept.remove(gone)
            dropped.append(gone)
            freed_mm3 += max(1, self.stock.volume_mm3(gone))
            for kind, units in self.stock.units[gone].items():
                missing[kind] = max(0, missing[kind] - len(units))
        for early in sorted(dropped[:-1], key=lambda c: c not in self.staying):
            size = self.stock.volume_mm3(early)
            if freed_mm3 - size >= over_mm3:
                freed_mm3 -= size
                kept.append(early)
        return kept

    def _regret(
        self, consignment_id: str, over_mm3: int, missing: list[int]
    ) -> tuple[float, int, str]:
        """What dropping it costs for each mm³ that it gives back."""
        stock = self.stock
        size = stock.volume_mm3(consignment_id)
        owned = sum(
            min(missing[kind], len(units)) * stock.kinds[kind].volume_mm3
            for kind, units in stock.units[consignment_id].items()
        )
        gain = min(size, over_mm3) + OWNED * owned
        return self.worth[consignment_id] / max(1.0, gain), -size, consignment_id

    def possible(self) -> list[str]:
        """Consignments whose cartons fit one by one, as many as volume and payload allow."""
        stock, hold = self.stock, self.hold
        fits = [bool(kind.positions(hold)) for kind in stock.kinds]
        kept = [c for c, units in stock.units.items() if all(fits[kind] for kind in units)]
        standing_mm3 = sum(box.dx_mm * box.dy_mm * box.dz_mm for box in stock.fixed)
        standing_g = sum(kind.gross_g for kind in stock.fixed_kinds)
        volume = sum(stock.volume_mm3(c) for c in kept) + standing_mm3 - hold.volume_mm3
        if volume > 0:
            kept = self.drop(kept, volume, [0] * len(stock.kinds))
        while kept and sum(stock.gross_g(c) for c in kept) + standing_g > hold.payload_g:
            heaviest = max(self.droppable(kept), key=lambda c: (stock.gross_g(c), c))
            kept.remove(heaviest)
        return kept

    def shrink(self, kept: list[str]) -> list[str]:
        """Drop until a pass places everything; remembers that pass."""
        slack_permille = 1_000
        while True:
            spare = self.effort - self.passes
            found = self.attempt(kept, max(1, min(PASSES_PER_SET, spare)))
            if found.over_mm3 == 0:
                self.best = found.sets
                return kept
            kept = self.drop(kept, found.over_mm3 * slack_permille // 1_000, found.left)
            slack_permille += 150 if spare > 0 else 500

    def take_back(self, kept: list[str]) -> list[str]:
        """Use what is left of the effort to squeeze dropped ones in again, dearest first."""
        stock, hold = self.stock, self.hold
        fits = [bool(kind.positions(hold)) for kind in stock.kinds]
        dropped = sorted(
            (-self.worth[c], -stock.volume_mm3(c), c)
            for c, units in stock.units.items()
            if c not in kept and all(fits[kind] for kind in units)
        )
        standing_g = sum(kind.gross_g for kind in stock.fixed_kinds)
        for _, _, consignment_id in dropped:
            if kept and self.passes >= self.effort:
                break
            more = [*kept, consignment_id]
            volume_mm3 = sum(stock.volume_mm3(c) for c in more)
            gross_g = sum(stock.gross_g(c) for c in more) + standing_g
            if volume_mm3 * 1_000 > hold.volume_mm3 * TOP_FILL_PERMILLE:
                continue
            if gross_g > hold.payload_g:
                continue
            found = self.attempt(more, 1)
            if found.over_mm3 and self.passes < self.effort:
                more = self.exchanged(more, consignment_id, found.over_mm3)
                found = self.attempt(more, EXCHANGE_TRIES) if more != kept else found
            if found.over_mm3 == 0:
                self.best, kept = found.sets, more
        return kept

    def exchanged(self, more: list[str], dropped: str, over_mm3: int) -> list[str]:
        """Without the cheapest one that makes room for the dropped one, or without that again."""
        room = [c for c in self.droppable(more) if self.stock.volume_mm3(c) >= over_mm3]
        gone = min((self.worth[c], c != dropped, c) for c in (*room, dropped))[2]
        return [c for c in more if c != gone]


def _placements(stock: Stock, kept: list[str], sets: list[Set]) -> tuple[Placement, ...]:
    marks: list[list[tuple[str, str]]] = [[] for _ in stock.kinds]
    for consignment_id in sorted(kept, reverse=True):
        for kind, units in stock.units[consignment_id].items():
            marks[kind].extend((consignment_id, unit) for unit in reversed(units))
    placed = [
        Placement(
            unit_id=box.unit_id, consignment_id=box.consignment_id, x_mm=box.x_mm, y_mm=box.y_mm,
            z_mm=box.z_mm, dx_mm=box.dx_mm, dy_mm=box.dy_mm, dz_mm=box.dz_mm, sequence=number,
        )
        for number, box in enumerate(stock.fixed, start=1)
    ]  # fmt: skip
    for number, one in enumerate(sets, start=len(placed) + 1):
        consignment_id, unit_id = marks[one.kind].pop()
        placed.append(
            Placement(
                unit_id=unit_id,
                consignment_id=consignment_id,
                x_mm=one.x,
                y_mm=one.y,
                z_mm=one.z,
                dx_mm=one.dx,
                dy_mm=one.dy,
                dz_mm=one.dz,
                sequence=number,
            )
        )
    return tuple(placed)


def _affordable(effort: int, kinds: int) -> int:
    """Passes for that many sizes: each costs the more the more there are."""
    return max(min(effort, PASSES_MIN), effort * KINDS_USUAL // max(KINDS_USUAL, kinds))


def search(
    hold: Hold,
    stock: Stock,
    *,
    staying: frozenset[str],
    worth: Mapping[str, int],
    effort: int,
    seed: int,
) -> Found:
    """Load as many consignments as fit, each whole; those of the least `worth` stay out."""
    run = _Search(hold, stock, staying, worth, _affordable(effort, len(stock.kinds)), seed)
    kept = run.take_back(run.shrink(run.possible()))
    return Found(
        placements=_placements(stock, kept, run.best),
        misfits=tuple(sorted(set(stock.units) - set(kept))),
        passes=run.passes,
    )
