"""Entry point of the loading engine.

The engine may change; its contract may not: a load plan keeps every rule in the docstring of
`groupage.domain.plan.Placement`, consignments are kept whole, and the same input and effort give
the same result.
"""

from collections.abc import Sequence

import msgspec

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import (
    Demand,
    PreloadedCarton,
    Rules,
)
from groupage.domain.plan import Placement
from optimizer.deadline import StageDeadline, unlimited
from optimizer.loading.engines import search_with_best_engine
from optimizer.loading.floor.shortage import FloorShortage
from optimizer.loading.stock import Cargo, CargoSpace, stock_of
from optimizer.loading.validity import check_input

DEFAULT_EFFORT = 24
"""Passes over one container, about 0.03 s each for 700 cartons of 60 sizes. Most need one."""


class LoadResult(msgspec.Struct, frozen=True, kw_only=True):
    """A load plan, and the consignments that it leaves out."""

    placements: tuple[Placement, ...]
    """In loading sequence, preloaded cartons first."""
    unplaced: tuple[str, ...]
    """Consignments that did not fit, sorted. Only their preloaded cartons are in the plan."""
    fill_permille: int
    """Volume of the placed cartons against the inner volume."""
    passes: int
    """Passes made."""
    cut_short: bool = False
    """The deadline ended the search before any consignment was loaded."""
    shortages: tuple[FloorShortage, ...] = ()
    """Of those `unplaced` for which the loader proved that the floor does not suffice."""


def cargo_of(demand: Demand, *, must_go: bool = False, worth: int | None = None) -> Cargo:
    """Return the cartons of a demand."""
    return Cargo(
        consignment_id=demand.consignment_id,
        cartons=demand.cartons,
        must_stay=demand.committed,
        must_go=must_go,
        worth=worth,
    )


def load(
    spec: ContainerSpec,
    cargo: Sequence[Cargo],
    preloaded: Sequence[PreloadedCarton],
    rules: Rules,
    *,
    effort: int = DEFAULT_EFFORT,
    seed: int = 0,
    deadline: StageDeadline | None = None,
) -> LoadResult:
    """Load `cargo` into one container around the cartons that stand there already.

    Args:
        spec: inner size, door and masses of the container.
        cargo: consignments; each is loaded whole or listed in `unplaced`.
        preloaded: cartons in the container; they keep their place and may bear others.
        rules: margins at walls and door.
        effort: passes to make (at least one); the best plan of all of them is taken.
        seed: of the random priorities that later passes give to carton types.
        deadline: when it is over, the best load plan so far is returned; none of the consignments
            is loaded if there is no complete pass yet. None: no limit.

    Raises:
        InvalidInput: a size, mass or id is invalid; names the item and the field.
    """
    check_input(spec, cargo, preloaded, rules, effort=effort)
    space = CargoSpace.of(spec, rules)
    stock = stock_of({c.consignment_id: c.cartons for c in cargo}, preloaded)
    ranks = {c.consignment_id: 0 if c.must_stay else 1 if c.must_go else 2 for c in cargo}
    worth = {
        c.consignment_id: (
            stock.volume_mm3(c.consignment_id) if c.worth is None else max(1, c.worth)
        )
        for c in cargo
    }
    result = search_with_best_engine(
        space,
        stock,
        ranks=ranks,
        worth=worth,
        effort=effort,
        seed=seed,
        deadline=deadline or unlimited("load"),
    )
    placed_mm3 = sum(p.dx_mm * p.dy_mm * p.dz_mm for p in result.placements)
    return LoadResult(
        placements=result.placements,
        unplaced=result.unplaced,
        fill_permille=placed_mm3 * 1_000 // (spec.length_mm * spec.width_mm * spec.height_mm),
        passes=result.passes,
        cut_short=result.cut_short,
        shortages=result.shortages,
    )
