"""An instance made ready for allocation: in a fixed order, without what is decided already."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from groupage.domain.instance import (
    Demand,
    Departure,
    Instance,
    Weights,
)
from optimizer.allocation import pricing
from optimizer.allocation.bulk import FAILED_PERMILLE, bulk_cm3
from optimizer.allocation.options import Refusal, refusal_anywhere, refusal_in
from optimizer.allocation.slots import (
    Slot,
    existing_slots,
    pooled_slots,
    room_in_pools,
)


class Cuts(msgspec.Struct, frozen=True, kw_only=True):
    """What loading has taught about an earlier allocation of the same instance."""

    opened: tuple[Slot, ...] = ()
    """Containers that an earlier allocation opened, also emptied ones: their names are taken."""
    keep: Mapping[str, str] = {}
    """Consignment → container where all its cartons found room."""
    forbidden: frozenset[tuple[str, str]] = frozenset()
    """(consignment, container): did not fit."""
    caps_cm3: Mapping[str, int] = {}
    """Containers in which something did not fit → volume up to which they may be tried again."""
    out: frozenset[str] = frozenset()
    """Consignments that did not fit and stay out."""
    closed: bool = False
    """Nothing more is placed: what the plan is without those."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What an allocation decides about, and what it must take as given."""

    instance: Instance
    cuts: Cuts
    departures: dict[str, Departure]
    slots: tuple[Slot, ...]
    """Containers that are open: of the published plan, and of earlier rounds."""
    pools: tuple[Slot, ...]
    """New containers, counted."""
    room: dict[tuple[str, str], int]
    fixed: dict[str, str]
    """Consignment → container, where nothing is to be decided."""
    free: dict[str, Demand]
    """Consignments to decide about, in the order of their ids."""
    demands: dict[str, Demand]
    """All of them, by id."""
    behind: dict[str, int]
    """Free consignment → cost of leaving it out."""
    options: dict[str, dict[str, int]]
    """Free consignment → place → cost of being there."""
    refusals: dict[str, dict[str, Refusal]]
    """Free consignment → place → why not."""
    refused: dict[str, Refusal]
    """Consignments that no place can take."""

    bulk: dict[int, dict[str, int]]
    """Inner height → consignment → how much room it will take (`bulk.bulk_cm3`)."""

    def allows(self, consignment_id: str, slot: Slot) -> bool:
        """Whether the two may come together, other contents aside."""
        if self.cuts.closed or (consignment_id, slot.key) in self.cuts.forbidden:
            return False
        return slot.place in self.options[consignment_id]


def pose(instance: Instance, cuts: Cuts) -> Problem:
    """The allocation problem of an instance after what loading has said."""
    departures = {
        d.voyage_id: d for d in sorted(instance.departures, key=lambda d: (d.etd_at, d.voyage_id))
    }
    open_slots = existing_slots(instance, departures)
    room = room_in_pools(instance)
    pools = tuple(
        _like_failed(pool, cuts) for pool in pooled_slots(instance, departures.values(), room)
    )
    slots = tuple(_capped(slot, cuts) for slot in (*open_slots, *cuts.opened))
    fixed = _fixed(instance, slots, cuts)
    refused: dict[str, Refusal] = {}
    free: dict[str, Demand] = {}
    behind: dict[str, int] = {}
    options: dict[str, dict[str, int]] = {}
    refusals: dict[str, dict[str, Refusal]] = {}
    demands = {
        d.consignment_id: d for d in sorted(instance.demands, key=lambda d: d.consignment_id)
    }
    for demand in demands.values():
        if demand.consignment_id in fixed:
            continue
        refusal = _refusal(demand, instance, cuts)
        if refusal is not None:
            refused[demand.consignment_id] = refusal
            continue
        free[demand.consignment_id] = demand
        change = pricing.change_price(demand, instance)
        behind[demand.consignment_id] = pricing.left_out(demand, instance) + change
        allowed, denied = _places(demand, (*open_slots, *pools), instance, change)
        options[demand.consignment_id] = allowed
        refusals[demand.consignment_id] = denied
    return Problem(
        instance=instance,
        cuts=cuts,
        departures=departures,
        slots=slots,
        pools=pools,
        room=room,
        fixed=fixed,
        free=free,
        demands=demands,
        behind=behind,
        options=options,
        refusals=refusals,
        refused=refused,
        bulk=_bulk(demands.values(), (*slots, *pools), cuts),
    )


def _capped(slot: Slot, cuts: Cuts) -> Slot:
    """A container in which something did not fit is tried with less."""
    return _with_less(slot, cuts.caps_cm3.get(slot.key, slot.usable_cm3))


def _like_failed(pool: Slot, cuts: Cuts) -> Slot:
    """A new container takes no more than others of its type in which something did not fit."""
    caps = [
        cuts.caps_cm3[slot.key]
        for slot in cuts.opened
        if slot.spec.iso_type == pool.spec.iso_type and slot.key in cuts.caps_cm3
    ]
    return _with_less(pool, min([pool.usable_cm3, *caps]))


def _with_less(slot: Slot, cap_cm3: int) -> Slot:
    less_cm3 = max(0, slot.usable_cm3 - cap_cm3)
    return msgspec.structs.replace(
        slot, usable_cm3=slot.usable_cm3 - less_cm3, bulk_max_cm3=slot.bulk_max_cm3 - less_cm3
    )


def _bulk(
    demands: Iterable[Demand], slots: Iterable[Slot], cuts: Cuts
) -> dict[int, dict[str, int]]:
    """What was a misfit once counts for more than it seems, each time it was."""
    every = tuple(demands)
    failures = Counter(one for one, _ in cuts.forbidden)
    weight = {one: 1_000 + FAILED_PERMILLE * count for one, count in failures.items()}
    specs = {slot.spec.height_mm: slot.spec for slot in slots}
    return {
        height_mm: {
            d.consignment_id: bulk_cm3(d, spec) * weight.get(d.consignment_id, 1_000) // 1_000
            for d in every
        }
        for height_mm, spec in specs.items()
    }


def sailing_cost(demand: Demand, slot: Slot, weights: Weights) -> int:
    """Lateness and waiting of a consignment in this container; 0 when its voyage is not known."""
    if slot.departure is None:
        return 0
    return pricing.lateness(demand, slot.departure, weights) + pricing.waiting(
        demand, slot.departure, weights
    )


def _fixed(instance: Instance, slots: tuple[Slot, ...], cuts: Cuts) -> dict[str, str]:
    wanted = {demand.consignment_id: demand for demand in instance.demands}
    keys = {slot.key for slot in slots}
    fixed = {
        demand.consignment_id: demand.current_consolidation_id
        for demand in instance.demands
        if demand.committed and demand.current_consolidation_id in keys
    }
    for slot in slots:
        if slot.existing is not None and slot.fixed:
            fixed.update(
                dict.fromkeys(
                    (one for one in slot.existing.consignment_ids if one in wanted), slot.key
                )
            )
    fixed.update({one: key for one, key in cuts.keep.items() if one in wanted})
    gone = cuts.out | {one for one, key in cuts.forbidden if fixed.get(one) == key}
    return {one: key for one, key in sorted(fixed.items()) if one not in gone and key is not None}


def _refusal(demand: Demand, instance: Instance, cuts: Cuts) -> Refusal | None:
    if demand.consignment_id in cuts.out:
        one_id = demand.consignment_id
        tried = ", ".join(sorted(key for one, key in cuts.forbidden if one == one_id))
        return Refusal(
            code="did_not_fit",
            reason=f"its cartons found no room in {tried}, and every other place costs more",
        )
    return refusal_anywhere(demand, instance)


def _places(
    demand: Demand, slots: tuple[Slot, ...], instance: Instance, change: int
) -> tuple[dict[str, int], dict[str, Refusal]]:
    allowed: dict[str, int] = {}
    denied: dict[str, Refusal] = {}
    for slot in slots:
        refusal = refusal_in(demand, slot, instance)
        if refusal is not None:
            denied[slot.place] = refusal
            continue
        allowed[slot.place] = sailing_cost(demand, slot, instance.weights) + (
            0 if slot.key == demand.current_consolidation_id else change
        )
    return allowed, denied
