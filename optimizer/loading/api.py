"""The one door to the loading engine.

The engine behind it may change; what it promises may not: a load plan keeps every rule in the
docstring of `groupage.domain.plan.Placement`, consignments are kept whole, and the same input and
effort give the same answer.
"""

from collections.abc import Sequence

import msgspec

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import (
    CartonGroup,
    Demand,
    FixedStanding,
    Rules,
)
from groupage.domain.plan import Placement
from optimizer.loading.engine import search
from optimizer.loading.kinds import Hold, stock_of
from optimizer.loading.validity import check_input

DEFAULT_EFFORT = 24
"""Passes over one container, about 0.03 s each for 700 cartons of 60 sizes. Most need one."""


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """The cartons of one consignment, to be loaded whole or not at all."""

    consignment_id: str
    cartons: tuple[CartonGroup, ...]
    must_stay: bool = False
    """On the manifest or standing already: the last to be left out."""
    worth: int | None = None
    """What leaving it out costs, against the others: the cheap give way. None: its volume."""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A load plan."""

    placements: tuple[Placement, ...]
    """In loading sequence; what stood there comes first."""
    misfits: tuple[str, ...]
    """Consignments that did not fit, sorted; of their cartons only those that stood there are."""
    fill_permille: int
    """Volume of the placed cartons against the inner volume."""
    passes: int
    """How many passes were made."""


def lot_of(demand: Demand, *, worth: int | None = None) -> Lot:
    """The cartons of a demand."""
    return Lot(
        consignment_id=demand.consignment_id,
        cartons=demand.cartons,
        must_stay=demand.committed,
        worth=worth,
    )


def load(
    spec: ContainerSpec,
    lots: Sequence[Lot],
    fixed: Sequence[FixedStanding],
    rules: Rules,
    *,
    effort: int = DEFAULT_EFFORT,
    seed: int = 0,
) -> Loaded:
    """Load `lots` into one container around what stands there already.

    Args:
        spec: inner size, door and masses of the container.
        lots: consignments, each loaded whole or named in `misfits`.
        fixed: cartons that stand in it; they keep their place and may bear others.
        rules: margins at walls and door.
        effort: passes to make (at least one); the best plan of all of them is taken.
        seed: turns the order in which variants are tried.

    Raises:
        InvalidInput: a size, mass or id that makes no sense; names the item and the field.
    """
    check_input(spec, lots, fixed, rules, effort=effort)
    hold = Hold.of(spec, rules)
    stock = stock_of({lot.consignment_id: lot.cartons for lot in lots}, fixed)
    staying = frozenset(lot.consignment_id for lot in lots if lot.must_stay)
    worth = {
        one: stock.volume_mm3(one) if lot.worth is None else max(1, lot.worth)
        for lot in lots
        for one in [lot.consignment_id]
    }
    found = search(hold, stock, staying=staying, worth=worth, effort=effort, seed=seed)
    placed_mm3 = sum(p.dx_mm * p.dy_mm * p.dz_mm for p in found.placements)
    return Loaded(
        placements=found.placements,
        misfits=found.misfits,
        fill_permille=placed_mm3 * 1_000 // (spec.length_mm * spec.width_mm * spec.height_mm),
        passes=found.passes,
    )
