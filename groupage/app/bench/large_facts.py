"""Facts that bring a made-up lane into a hub: sailings, bookings, and cartons at the dock."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import cast

from groupage.domain.events.base import Dimensions, Event, Money
from groupage.domain.events.consignment import CartonLine, ConsignmentBooked, CustomsMode
from groupage.domain.events.schedule import Cutoff, EquipmentOffer, SailingPublished
from groupage.domain.events.unit import UnitMeasured, UnitReceived
from groupage.domain.fact import Fact
from groupage.domain.instance import CartonGroup, Demand, Departure, Instance

_SOURCE = "/bench/wms"
_BEFORE = timedelta(days=1)


def facts_of(instance: Instance) -> Iterator[Fact]:
    """Yield the facts after which all consignments of the lane are available at the hub."""
    at = instance.clock_at - _BEFORE
    pol, pod = instance.lane_id.split("-")
    for departure in instance.departures:
        yield _fact(_sailing(departure, pol, pod), departure.voyage_id, at)
    for demand in instance.demands:
        yield _fact(_booking(demand, pol, pod, at), f"{demand.consignment_id} booked", at)
        for group in demand.cartons:
            yield from _cartons(demand.consignment_id, group, at)


def _fact(event: Event, event_id: str, at: datetime) -> Fact:
    return Fact(
        event_id=event_id,
        source=_SOURCE,
        key=event.key,
        occurred_at=at,
        recorded_at=at,
        data=event,
    )


def _sailing(departure: Departure, pol: str, pod: str) -> SailingPublished:
    return SailingPublished(
        voyage_id=departure.voyage_id,
        service_id=departure.service_id,
        mode="VESSEL",
        pol=pol,
        pod=pod,
        etd_at=departure.etd_at,
        eta_at=departure.eta_at,
        cutoffs=(
            Cutoff(code="LCO", due_at=departure.lco_at),
            Cutoff(code="PCO", due_at=departure.gate_in_by_at),
        ),
        equipment=tuple(
            EquipmentOffer(
                iso_type=offer.iso_type,
                freight=Money(amount_minor=offer.freight_usd_cents, currency="USD"),
                available=offer.available,
            )
            for offer in departure.offers
        ),
    )


def _booking(demand: Demand, pol: str, pod: str, at: datetime) -> ConsignmentBooked:
    return ConsignmentBooked(
        consignment_id=demand.consignment_id,
        shipper="SHIPPER-1",
        consignee=demand.consignee,
        pol=pol,
        pod=pod,
        mode=cast("CustomsMode", demand.mode),
        lines=tuple(
            CartonLine(
                pieces=len(group.unit_ids),
                size=_size(group),
                gross_g=group.gross_g,
                this_side_up=group.this_side_up,
                max_top_load_g=group.max_top_load_g,
            )
            for group in demand.cartons
        ),
        value=Money(amount_minor=demand.value_usd_cents or 0, currency="USD"),
        ready_at=at,
        latest_arrival_at=demand.latest_arrival_at,
        priority=demand.priority,
    )


def _size(group: CartonGroup) -> Dimensions:
    return Dimensions(length_mm=group.length_mm, width_mm=group.width_mm, height_mm=group.height_mm)


def _cartons(consignment_id: str, group: CartonGroup, at: datetime) -> Iterator[Fact]:
    received_at, measured_at = at + timedelta(hours=1), at + timedelta(hours=2)
    for unit_id in group.unit_ids:
        received = UnitReceived(unit_id=unit_id, consignment_id=consignment_id)
        yield _fact(received, f"{unit_id} received", received_at)
        measured = UnitMeasured(
            unit_id=unit_id,
            consignment_id=consignment_id,
            size=_size(group),
            gross_g=group.gross_g,
        )
        yield _fact(measured, f"{unit_id} measured", measured_at)
