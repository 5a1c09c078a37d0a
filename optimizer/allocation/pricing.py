"""Compute the cost terms of a plan in US cents, by the definitions of `plan.Cost`."""

from datetime import timedelta

from groupage.domain.containers import PLANNING_STANDARD_CM3
from groupage.domain.instance import (
    Demand,
    Departure,
    Instance,
    Weights,
)
from groupage.domain.units import CM3_PER_M3

_CM3_S_PER_M3_DAY = CM3_PER_M3 * 86_400


def _seconds(span: timedelta) -> int:
    return max(0, span.days * 86_400 + span.seconds)


def lateness(demand: Demand, departure: Departure, weights: Weights) -> int:
    """Return the cost of arriving after `latest_arrival_at`."""
    if demand.latest_arrival_at is None:
        return 0
    late_s = _seconds(departure.eta_at - demand.latest_arrival_at)
    return demand.volume_cm3 * weights.late_per_m3_day * late_s // _CM3_S_PER_M3_DAY


def waiting(demand: Demand, departure: Departure, weights: Weights) -> int:
    """Return the cost of the floor space until departure."""
    wait_s = _seconds(departure.etd_at - demand.available_at)
    return demand.volume_cm3 * weights.wait_per_m3_day * wait_s // _CM3_S_PER_M3_DAY


def left_out(demand: Demand, instance: Instance) -> int:
    """Return the cost of leaving the consignment out: its price, and what is lost in any case.

    Without the latter a plan would never take a consignment that is overdue by more than a
    fortnight: leaving it out would save the lateness.
    """
    if demand.blocked and demand.current_consolidation_id is None:
        return 0
    weights = instance.weights
    price = {
        "must_go": weights.left_out_must_go_per_m3,
        "preferred": weights.left_out_per_m3,
        "filler": weights.left_out_filler_per_m3,
    }[demand.priority]
    lost = [
        lateness(demand, departure, weights) + waiting(demand, departure, weights)
        for departure in instance.departures
        if _may_go(demand, departure, instance)
    ]
    return demand.volume_cm3 * price // CM3_PER_M3 + min(lost, default=0)


def _may_go(demand: Demand, departure: Departure, instance: Instance) -> bool:
    return (
        max(demand.available_at, instance.clock_at) <= departure.lco_at
        and demand.pinned_voyage_id in (None, departure.voyage_id)
        and departure.voyage_id not in demand.forbidden_voyage_ids
    )


def dead_freight(iso_type: str, cargo_cm3: int, weights: Weights) -> int:
    """Return the cost of the unused part of the planning standard."""
    unused_cm3 = max(0, PLANNING_STANDARD_CM3.get(iso_type, 0) - cargo_cm3)
    return -(-unused_cm3 * weights.dead_freight_per_m3 // CM3_PER_M3)


def freight(departure: Departure, iso_type: str) -> int:
    """Return the freight of one container; 0 when the departure does not offer the type."""
    return next((o.freight_usd_cents for o in departure.offers if o.iso_type == iso_type), 0)


def change_price(demand: Demand, instance: Instance) -> int:
    """Return the cost of moving the consignment out of its current container; 0 when forced."""
    current = demand.current_consolidation_id
    container = next((c for c in instance.consolidations if c.consolidation_id == current), None)
    if container is None:
        return 0
    departure = next((d for d in instance.departures if d.voyage_id == container.voyage_id), None)
    if departure is None:
        return 0
    forced = not demand.committed and (
        demand.pinned_consolidation_id not in (None, current)
        or demand.pinned_voyage_id not in (None, container.voyage_id)
        or container.voyage_id in demand.forbidden_voyage_ids
        or demand.customs == "REJECTED"
        or demand.available_at > departure.lco_at
    )
    return 0 if forced else _change_price_at(instance, departure)


def _change_price_at(instance: Instance, departure: Departure) -> int:
    """Return the price of one change to a container of this departure at the instance's clock.

    It is flat up to the freeze fence and rises evenly until LCO: the later the change, the more
    documents and bookings it voids.
    """
    low = instance.weights.change
    rise = max(0, instance.weights.change_at_cutoff - low)
    fence_s = instance.rules.freeze_before_lco_s
    if instance.clock_at >= departure.lco_at:
        return low + rise
    past_s = _seconds(instance.clock_at - departure.lco_at + timedelta(seconds=fence_s))
    return low + rise * past_s // max(1, fence_s)
