"""Build the allocation problem of an instance."""

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from groupage.domain.codes import LeftOutCode
from groupage.domain.containers import ContainerSpec, spec_of
from groupage.domain.instance import Demand, Departure, Instance, OpenConsolidation, Rules
from optimizer.allocation import pricing
from optimizer.allocation.bulk import FAILED_PERMILLE, bulk_cm3, bulk_max_cm3
from optimizer.allocation.misfits import misfit
from optimizer.allocation.problem import (
    OUT_OF_TIME,
    NoGoods,
    Problem,
    Rejection,
    SlotRejection,
    sailing_cost,
)
from optimizer.allocation.rules.offers import containers_on_offer
from optimizer.allocation.rules.registry import find_placement_rule, reject, reject_in
from optimizer.allocation.slots import Slot, pool_key, usable_cm3
from optimizer.deadline import StageDeadline, unlimited
from optimizer.loading.floor.capacity import FloorLimit, floor_limits, floor_use


def build_problem(
    instance: Instance, no_goods: NoGoods, deadline: StageDeadline | None = None
) -> Problem:
    """Build the problem; `no_goods` is what loading ruled out in earlier rounds.

    After the deadline a consignment may only stay where the published plan has it.
    """
    deadline = deadline or unlimited("build")
    departures = {
        d.voyage_id: d for d in sorted(instance.departures, key=lambda d: (d.etd_at, d.voyage_id))
    }
    open_slots = existing_slots(instance, departures)
    on_offer = containers_on_offer(instance)
    pools = tuple(
        _cap_like_failed(pool, no_goods)
        for pool in pooled_slots(instance, departures.values(), on_offer)
    )
    slots = tuple(
        _reduce(slot, no_goods.caps_cm3.get(slot.key, slot.usable_cm3))
        for slot in (*open_slots, *no_goods.opened)
    )
    fixed = _fixed_assignments(instance, slots, no_goods)
    rejected: dict[str, Rejection] = {}
    unexplored: set[str] = set()
    free: dict[str, Demand] = {}
    unassigned_cost: dict[str, int] = {}
    assignment_cost: dict[str, dict[str, int]] = {}
    rejections: dict[str, dict[str, SlotRejection]] = {}
    demands = {
        d.consignment_id: d for d in sorted(instance.demands, key=lambda d: d.consignment_id)
    }
    for consignment_id, demand in demands.items():
        if consignment_id in fixed:
            continue
        rejection = _misfit_rejection(consignment_id, no_goods) or reject(demand, instance)
        candidates = (*open_slots, *pools)
        if rejection is None and deadline.is_over():
            unexplored.add(consignment_id)
            candidates = tuple(s for s in open_slots if s.key == demand.current_consolidation_id)
            rejection = None if candidates else OUT_OF_TIME
        if rejection is not None:
            rejected[consignment_id] = rejection
            continue
        free[consignment_id] = demand
        change = pricing.change_price(demand, instance)
        unassigned_cost[consignment_id] = pricing.left_out(demand, instance) + change
        assignment_cost[consignment_id], rejections[consignment_id] = _price_slots(
            demand, candidates, instance, change
        )
    required = frozenset(
        c for c, demand in free.items() if assignment_cost[c] and find_placement_rule(demand)
    )
    required_price = _price_of_leaving_out(
        required, unassigned_cost, assignment_cost, (*slots, *pools), instance
    )
    for consignment_id in required:
        unassigned_cost[consignment_id] += required_price
    return Problem(
        instance=instance,
        no_goods=no_goods,
        departures=departures,
        slots=slots,
        pools=pools,
        on_offer=on_offer,
        fixed=fixed,
        free=free,
        demands=demands,
        unassigned_cost=unassigned_cost,
        required=required,
        required_price=required_price,
        assignment_cost=assignment_cost,
        rejections=rejections,
        rejected=rejected,
        unexplored=frozenset(unexplored),
        bulk_cm3=_estimate_bulk(demands.values(), (*slots, *pools), no_goods),
        floor_limits=_limit_floors(demands.values(), (*slots, *pools), instance.rules),
    )


def _price_of_leaving_out(
    required: Iterable[str],
    unassigned_cost: Mapping[str, int],
    assignment_cost: Mapping[str, Mapping[str, int]],
    slots: Iterable[Slot],
    instance: Instance,
) -> int:
    """Return US cents above what the dearest solution costs that places required ones alone.

    That one leaves out all others and gives each required consignment a container of its own, the
    dearest one. So no solution with one more of them left out can be cheaper.
    """
    count = len(tuple(required))
    if not count:
        return 0
    containers = (
        slot.open_cost + pricing.dead_freight(slot.spec.iso_type, 0, instance.weights)
        for slot in slots
    )
    assigned = sum(max(assignment_cost[c].values()) for c in required)
    return sum(unassigned_cost.values()) + assigned + count * max(containers, default=0) + 1


def existing_slots(instance: Instance, departures: Mapping[str, Departure]) -> tuple[Slot, ...]:
    """Return the open consolidations in the order of their ids.

    A slushy one that lost its voyage is dissolved; a frozen or locked one stays.
    """
    return tuple(
        _existing_slot(container, departures.get(container.voyage_id), instance)
        for container in sorted(instance.consolidations, key=lambda c: c.consolidation_id)
        if container.voyage_id in departures or container.stage != "slushy"
    )


def _existing_slot(
    container: OpenConsolidation, departure: Departure | None, instance: Instance
) -> Slot:
    spec = container.spec
    published = [
        demand
        for demand in instance.demands
        if demand.current_consolidation_id == container.consolidation_id
    ]
    committed = [demand for demand in published if demand.committed]
    usable = max(usable_cm3(spec, instance), sum(demand.volume_cm3 for demand in committed))
    return Slot(
        key=container.consolidation_id,
        cost_key=container.consolidation_id,
        departure=departure,
        spec=spec,
        existing=container,
        open_cost=(pricing.freight(departure, spec.iso_type) if departure else 0)
        + instance.weights.container_handling,
        usable_cm3=usable,
        bulk_max_cm3=max(
            bulk_max_cm3(spec, usable), sum(bulk_cm3(demand, spec) for demand in published)
        ),
        payload_g=max(spec.payload_g, sum(demand.gross_g for demand in committed)),
    )


def new_slot(
    instance: Instance, departure: Departure, iso_type: str, *, key: str, copies_max: int
) -> Slot:
    """Return new containers of one departure and type as one slot."""
    spec = spec_of(iso_type)
    usable = usable_cm3(spec, instance)
    return Slot(
        key=key,
        cost_key=pool_key(departure.voyage_id, iso_type),
        departure=departure,
        spec=spec,
        copies_max=copies_max,
        open_cost=pricing.freight(departure, iso_type) + instance.weights.container_handling,
        usable_cm3=usable,
        bulk_max_cm3=bulk_max_cm3(spec, usable),
        payload_g=spec.payload_g,
    )


def pooled_slots(
    instance: Instance, departures: Iterable[Departure], on_offer: Mapping[tuple[str, str], int]
) -> tuple[Slot, ...]:
    """Return the new containers of each pool as one counted slot."""
    return tuple(
        new_slot(
            instance,
            departure,
            offer.iso_type,
            key=pool_key(departure.voyage_id, offer.iso_type),
            copies_max=on_offer[departure.voyage_id, offer.iso_type],
        )
        for departure in departures
        for offer in sorted(departure.offers, key=lambda o: o.iso_type)
        if on_offer[departure.voyage_id, offer.iso_type] > 0
    )


def _cap_like_failed(pool: Slot, no_goods: NoGoods) -> Slot:
    """Fill a new container no more than others of its type in which something did not fit."""
    caps = [
        no_goods.caps_cm3[slot.key]
        for slot in no_goods.opened
        if slot.spec.iso_type == pool.spec.iso_type and slot.key in no_goods.caps_cm3
    ]
    return _reduce(pool, min([pool.usable_cm3, *caps]))


def _reduce(slot: Slot, cap_cm3: int) -> Slot:
    less_cm3 = max(0, slot.usable_cm3 - cap_cm3)
    return msgspec.structs.replace(
        slot, usable_cm3=slot.usable_cm3 - less_cm3, bulk_max_cm3=slot.bulk_max_cm3 - less_cm3
    )


def _estimate_bulk(
    demands: Iterable[Demand], slots: Iterable[Slot], no_goods: NoGoods
) -> dict[int, dict[str, int]]:
    """Return the bulk of each consignment by inner height, raised for each failure to fit."""
    consignments = tuple(demands)
    failures = Counter(consignment_id for consignment_id, _ in no_goods.forbidden)
    permille = {c: 1_000 + FAILED_PERMILLE * count for c, count in failures.items()}
    specs = {slot.spec.height_mm: slot.spec for slot in slots}
    return {
        height_mm: {
            d.consignment_id: bulk_cm3(d, spec) * permille.get(d.consignment_id, 1_000) // 1_000
            for d in consignments
        }
        for height_mm, spec in specs.items()
    }


def _limit_floors(
    demands: Iterable[Demand], slots: Iterable[Slot], rules: Rules
) -> dict[ContainerSpec, tuple[FloorLimit, ...]]:
    """Return the limits of the floor of each container size."""
    consignments = tuple(demands)
    limits = {}
    for spec in {slot.spec: None for slot in slots}:
        uses = {d.consignment_id: floor_use(d.cartons, spec, rules) for d in consignments}
        limits[spec] = floor_limits(uses, spec, rules)
    return limits


def _fixed_assignments(
    instance: Instance, slots: tuple[Slot, ...], no_goods: NoGoods
) -> dict[str, str]:
    """Return consignment → container where the problem leaves no choice."""
    known = {demand.consignment_id for demand in instance.demands}
    keys = {slot.key for slot in slots}
    fixed = {
        demand.consignment_id: demand.current_consolidation_id
        for demand in instance.demands
        if demand.committed and demand.current_consolidation_id in keys
    }
    for slot in slots:
        if slot.existing is not None and slot.fixed:
            fixed.update({c: slot.key for c in slot.existing.consignment_ids if c in known})
    fixed.update({c: key for c, key in no_goods.keep.items() if c in known})
    gone = no_goods.left_out | {c for c, key in no_goods.forbidden if fixed.get(c) == key}
    return {c: key for c, key in sorted(fixed.items()) if c not in gone and key is not None}


def _misfit_rejection(consignment_id: str, no_goods: NoGoods) -> Rejection | None:
    if consignment_id not in no_goods.left_out:
        return None
    not_loaded = sorted(key for c, key in no_goods.not_loaded if c == consignment_id)
    if not_loaded:
        reason = f"the time limit ended the search before {', '.join(not_loaded)} was loaded"
        return Rejection(code=LeftOutCode.TIME_LIMIT, reason=reason)
    return misfit(consignment_id, no_goods, ", and every other place costs more")


def _price_slots(
    demand: Demand, slots: tuple[Slot, ...], instance: Instance, change: int
) -> tuple[dict[str, int], dict[str, SlotRejection]]:
    """Return cost key → cost where the consignment may be, and cost key → reason elsewhere."""
    costs: dict[str, int] = {}
    rejections: dict[str, SlotRejection] = {}
    by_type: dict[str, SlotRejection | None] = {}
    by_voyage: dict[str, int] = {}
    for slot in slots:
        rejection = reject_in(demand, slot, instance, by_type)
        if rejection is not None:
            rejections[slot.cost_key] = rejection
            continue
        voyage_id = slot.pool[0]
        if voyage_id not in by_voyage:
            by_voyage[voyage_id] = sailing_cost(demand, slot, instance.weights)
        costs[slot.cost_key] = by_voyage[voyage_id] + (
            0 if slot.key == demand.current_consolidation_id else change
        )
    return costs, rejections
