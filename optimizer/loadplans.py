"""Load plans of an allocation's containers; one that still holds is kept."""

from collections.abc import Mapping, Sequence

import msgspec

from groupage.domain.instance import (
    CartonGroup,
    Demand,
    Instance,
    OpenConsolidation,
)
from groupage.domain.plan import Placement, Unloadable
from optimizer.allocation import pricing
from optimizer.allocation.slots import Slot
from optimizer.closed import load_closed
from optimizer.doubts import Doubts
from optimizer.loading.api import cargo_of, load

PASSES_FULL = 24
"""For one container. What does not fit should be the least that can not: it may be left out."""
PASSES_CLOSED = 30
"""For one whose contents may not give way: what is said of it calls a person."""
PASSES_LEAST = 12


class Passes:
    """What is left of a solve's loading work."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def granted(self, *, full: int, least: int) -> int:
        """How many a container may take."""
        return max(least, min(full, self._left))

    def spend(self, count: int) -> None:
        """So many were made."""
        self._left -= count


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where the cartons of a container stand."""

    members: tuple[str, ...]
    placements: tuple[Placement, ...]
    misfits: tuple[str, ...] = ()
    """Members that did not fit and must go elsewhere."""
    unloadable: Unloadable | None = None
    """Its members may not go elsewhere and have no load plan; `placements` is the one in force."""


def load_plan(
    instance: Instance,
    slot: Slot,
    members: Sequence[str],
    *,
    doubts: Doubts,
    passes: Passes,
) -> LoadPlan:
    """The load plan of one container: the one in force if it fits the contents, else a new one."""
    demands = {demand.consignment_id: demand for demand in instance.demands}
    every = tuple(sorted(members))
    cargo = [demands[one] for one in every]
    box = slot.existing
    if box is not None and slot.key not in doubts.anew:
        kept = still_holds(box, cargo)
        if kept is not None:
            return LoadPlan(members=every, placements=kept)
    if box is not None and slot.fixed:
        effort = passes.granted(full=PASSES_CLOSED, least=PASSES_LEAST)
        closed = load_closed(
            instance, box, cargo, refuted=doubts.refuted.get(slot.key, ""), effort=effort
        )
        passes.spend(closed.passes)
        if isinstance(closed.found, Unloadable):
            return LoadPlan(members=every, placements=box.planned, unloadable=closed.found)
        return LoadPlan(members=every, placements=closed.found)
    loaded = load(
        slot.spec,
        [cargo_of(demand, worth=_worth(demand, slot, instance)) for demand in cargo],
        box.standing if box else (),
        instance.rules,
        effort=passes.granted(full=PASSES_FULL, least=PASSES_LEAST),
        seed=instance.limits.seed,
    )
    passes.spend(loaded.passes)
    return LoadPlan(members=every, placements=loaded.placements, misfits=loaded.unplaced)


def _worth(demand: Demand, slot: Slot, instance: Instance) -> int:
    """US cents that it costs when it does not go in."""
    moved = pricing.change_price(demand, instance)
    stays = demand.current_consolidation_id == slot.key
    return pricing.left_out(demand, instance) + (moved if stays else 0)


def still_holds(
    container: OpenConsolidation, cargo: Sequence[Demand]
) -> tuple[Placement, ...] | None:
    """The load plan in force, its numbering begun with what stands; None when it does not fit.

    It fits when it places exactly the cartons of the cargo in their sizes, and the cartons that
    stand already are its first ones and stand where it says.
    """
    groups = {
        unit: group for demand in cargo for group in demand.cartons for unit in group.unit_ids
    }
    owner = {
        unit: demand.consignment_id
        for demand in cargo
        for group in demand.cartons
        for unit in group.unit_ids
    }
    planned = sorted(container.planned, key=lambda p: p.sequence)
    if not planned or {p.unit_id for p in planned} != set(groups) or len(planned) != len(groups):
        return None
    if any(p.consignment_id != owner[p.unit_id] or not _same_size(p, groups) for p in planned):
        return None
    standing = {box.unit_id: box for box in container.standing}
    first = {p.unit_id: p for p in planned[: len(standing)]}
    if first.keys() != standing.keys() or any(
        _corners(standing[unit]) != _corners(first[unit]) for unit in first
    ):
        return None
    ordered = [first[box.unit_id] for box in container.standing] + planned[len(standing) :]
    return tuple(
        msgspec.structs.replace(p, sequence=number) for number, p in enumerate(ordered, start=1)
    )


def _same_size(placement: Placement, groups: Mapping[str, CartonGroup]) -> bool:
    group = groups[placement.unit_id]
    if group.this_side_up and placement.dz_mm != group.height_mm:
        return False
    return sorted((placement.dx_mm, placement.dy_mm, placement.dz_mm)) == sorted(
        (group.length_mm, group.width_mm, group.height_mm)
    )


def _corners(box: object) -> tuple[int, ...]:
    return tuple(getattr(box, f"{edge}_mm") for edge in ("x", "y", "z", "dx", "dy", "dz"))
