"""Make the load plan of each container; keep the one in force where it still fits the contents."""

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
from optimizer.allocation.rules.registry import find_placement_rule
from optimizer.allocation.slots import Slot
from optimizer.certification import Exclusions
from optimizer.deadline import StageDeadline
from optimizer.frozen_containers import load_frozen
from optimizer.loading.api import cargo_of, load
from optimizer.loading.floor.shortage import FloorShortage
from optimizer.loading.stock import Cargo

PASSES_FULL = 24
"""Construction passes for a container whose cargo may go elsewhere; the loader then leaves out as
little as it can."""
PASSES_FROZEN = 30
"""Construction passes for a frozen or locked container: a failure calls a person."""
PASSES_MIN = 12
"""Construction passes for a container when the budget of the solve is spent."""
PASSES_MIN_MANY = 4
MANY_CONTAINERS = 40
"""In a plan of more containers than this each has only `PASSES_MIN_MANY`: a pass takes some 30 ms,
and what does not fit has many other containers to go to."""


class PassBudget:
    """The construction passes and the time that a solve has left for loading."""

    def __init__(self, passes: int, deadline: StageDeadline, *, containers: int) -> None:
        self._left = passes
        self._least = PASSES_MIN if containers <= MANY_CONTAINERS else PASSES_MIN_MANY
        self.deadline = deadline

    def grant(self, passes: int) -> int:
        """Return how many of the wanted passes a container may take."""
        return max(self._least, min(passes, self._left))

    def spend(self, passes: int) -> None:
        """Take off the passes that the loader made."""
        self._left -= passes


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The placements of one container's cartons."""

    members: tuple[str, ...]
    placements: tuple[Placement, ...]
    unplaced: tuple[str, ...] = ()
    """Members that did not fit and must go elsewhere."""
    cut_short: bool = False
    """The deadline ended the loading: none of the members is placed."""
    shortages: tuple[FloorShortage, ...] = ()
    """Of those `unplaced` for which the floor provably does not suffice."""
    unloadable: Unloadable | None = None
    """The members may not go elsewhere and do not load; `placements` is the load plan in force."""


def make_load_plan(
    instance: Instance,
    slot: Slot,
    members: Sequence[str],
    *,
    exclusions: Exclusions,
    budget: PassBudget,
) -> LoadPlan:
    """Return the load plan in force if it fits the contents, else a new one."""
    demands = {demand.consignment_id: demand for demand in instance.demands}
    ids = tuple(sorted(members))
    cargo = [demands[consignment_id] for consignment_id in ids]
    container = slot.existing
    if container is not None and slot.key not in exclusions.discarded:
        kept = keep_load_plan(container, cargo)
        if kept is not None:
            return LoadPlan(members=ids, placements=kept)
    if container is not None and slot.fixed:
        passes = budget.grant(PASSES_FROZEN)
        violation = exclusions.given_up.get(slot.key, "")
        frozen = load_frozen(instance, container, cargo, violation=violation, passes=passes)
        budget.spend(frozen.passes)
        return LoadPlan(members=ids, placements=frozen.placements, unloadable=frozen.unloadable)
    # A container whose cargo must stay is part of every plan: also after the deadline.
    must_load = any(demand.committed for demand in cargo)
    loaded = load(
        slot.spec,
        _cargo_by_worth(cargo, slot, instance),
        container.standing if container else (),
        instance.rules,
        effort=budget.grant(PASSES_FULL),
        seed=instance.limits.seed,
        deadline=None if must_load else budget.deadline,
    )
    budget.spend(loaded.passes)
    return LoadPlan(
        members=ids,
        placements=loaded.placements,
        unplaced=loaded.unplaced,
        cut_short=loaded.cut_short,
        shortages=loaded.shortages,
    )


def _cargo_by_worth(cargo: Sequence[Demand], slot: Slot, instance: Instance) -> list[Cargo]:
    """Return the cargo; what a plan must place is worth more than all others together."""
    worths = [_worth(demand, slot, instance) for demand in cargo]
    required = [find_placement_rule(demand) is not None for demand in cargo]
    return [
        cargo_of(demand, must_go=must_go, worth=worth + sum(worths) * must_go)
        for demand, worth, must_go in zip(cargo, worths, required, strict=True)
    ]


def _worth(demand: Demand, slot: Slot, instance: Instance) -> int:
    """Return the US cents that it costs when the consignment does not fit."""
    change = pricing.change_price(demand, instance)
    stays = demand.current_consolidation_id == slot.key
    return pricing.left_out(demand, instance) + (change if stays else 0)


def keep_load_plan(
    container: OpenConsolidation, cargo: Sequence[Demand]
) -> tuple[Placement, ...] | None:
    """Return the load plan in force, or None when it does not fit the cargo any more.

    It fits when it places exactly the cartons of the cargo in their sizes, and when the cartons
    that stand in the container are its first ones and stand where it says. The sequence numbers
    then begin with these cartons.
    """
    groups = {
        unit: group for demand in cargo for group in demand.cartons for unit in group.unit_ids
    }
    consignment_of = {
        unit: demand.consignment_id
        for demand in cargo
        for group in demand.cartons
        for unit in group.unit_ids
    }
    planned = sorted(container.planned, key=lambda p: p.sequence)
    if not planned or {p.unit_id for p in planned} != set(groups) or len(planned) != len(groups):
        return None
    if any(
        p.consignment_id != consignment_of[p.unit_id] or not _same_size(p, groups) for p in planned
    ):
        return None
    standing = {carton.unit_id: carton for carton in container.standing}
    first = {p.unit_id: p for p in planned[: len(standing)]}
    if first.keys() != standing.keys() or any(
        _corners(standing[unit]) != _corners(first[unit]) for unit in first
    ):
        return None
    ordered = [first[carton.unit_id] for carton in container.standing] + planned[len(standing) :]
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


def _corners(carton: object) -> tuple[int, ...]:
    return tuple(getattr(carton, f"{edge}_mm") for edge in ("x", "y", "z", "dx", "dy", "dz"))
