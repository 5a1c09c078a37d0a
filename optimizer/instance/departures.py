"""Turn the voyages of a lane into the departures that a plan may use."""

from datetime import datetime, timedelta

from groupage.domain.containers import SPECS
from groupage.domain.events.base import Place
from groupage.domain.instance import ContainerOffer, Departure
from groupage.domain.places import canonical_place
from groupage.domain.state.voyage import VoyageState
from groupage.domain.units import us_cents

DEPARTURES_MAX = 12
"""A quarter of weekly sailings. More departures only make the model larger."""
_LCO_BEFORE_ETD = timedelta(hours=48)
"""LCO of a voyage that names none. Assumption: the usual cut-off of consolidators in Ningbo."""


def departures_of(
    voyages: tuple[VoyageState, ...], clock_at: datetime, terminals: tuple[Place, ...] = ()
) -> tuple[Departure, ...]:
    """Return the scheduled voyages that have not left by the clock, soonest first.

    A policy may name a terminal, and an old fact a port, by another code of the same place.
    """
    named = {canonical_place(place.place_id): place.place_id for place in terminals}
    departures = []
    for voyage in voyages:
        if voyage.status != "SCHEDULED" or voyage.etd_at is None or voyage.eta_at is None:
            continue
        if voyage.etd_at <= clock_at:
            continue
        gate_in_by_at = voyage.cutoff_at("PCO") or voyage.cutoff_at("FCO") or voyage.etd_at
        departures.append(
            Departure(
                voyage_id=voyage.key,
                service_id=voyage.service_id,
                mode=voyage.mode,
                etd_at=voyage.etd_at,
                eta_at=voyage.eta_at,
                lco_at=voyage.cutoff_at("LCO") or voyage.etd_at - _LCO_BEFORE_ETD,
                gate_in_by_at=gate_in_by_at,
                terminal_id=named.get(canonical_place(voyage.pol), voyage.pol),
                offers=_offers(voyage),
            )
        )
    departures.sort(key=lambda d: (d.etd_at, d.voyage_id))
    return tuple(departures[:DEPARTURES_MAX])


def _offers(voyage: VoyageState) -> tuple[ContainerOffer, ...]:
    offers: dict[str, ContainerOffer] = {}
    for offer in voyage.equipment:
        freight_cents = us_cents(offer.freight.amount_minor, offer.freight.currency)
        if offer.iso_type not in SPECS or offer.iso_type in offers or freight_cents is None:
            continue  # without a rate it has no price; the voyage raises an alert
        bookings = [b for b in voyage.bookings.values() if b.iso_type == offer.iso_type]
        rolled = sum(booking.rolled for booking in bookings)
        available = offer.available
        if rolled and available is None:
            available = sum(booking.confirmed for booking in bookings)
        offers[offer.iso_type] = ContainerOffer(
            iso_type=offer.iso_type,
            freight_usd_cents=freight_cents,
            available=None if available is None else max(0, available - rolled),
        )
    return tuple(offers[iso_type] for iso_type in sorted(offers))
