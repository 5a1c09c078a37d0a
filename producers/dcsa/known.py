"""A voyage, a carrier's booking and a container, as carriers may name them."""

from datetime import datetime, timedelta

import msgspec

from groupage.domain.events.schedule import TransportMode
from producers.dcsa.report import CarrierReport

NEAR = timedelta(days=60)
"""Carriers use a voyage number again: a sailing whose departure is further away is another one."""


class KnownVoyage(msgspec.Struct, kw_only=True):
    """A sailing of the hub."""

    voyage_id: str
    pol: str
    pod: str
    mode: TransportMode
    service_id: str
    carrier_voyage_no: str
    vessel_imo: str
    etd_at: datetime
    numbers: tuple[str, ...]
    """By which carriers may name it, its id among them."""

    def may_be_of(self, report: CarrierReport) -> bool:
        """Tell whether nothing that the report says about its voyage speaks against this one."""
        at = report.at or report.stated_at
        return (
            agree(self.service_id, report.service)
            and agree(self.vessel_imo, report.vessel_imo)
            and (at is None or abs(at - self.etd_at) <= NEAR)
        )

    def is_of_other_ship(self, report: CarrierReport) -> bool:
        """Tell whether the report, which names a booking on this voyage, is about another ship.

        A sailing without a carrier's number may have any, unless the IMO numbers differ.
        """
        given = {plain(number) for number in report.voyage_numbers}
        other_number = bool(self.carrier_voyage_no and given and given.isdisjoint(self.numbers))
        return other_number or not agree(self.vessel_imo, report.vessel_imo)


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """The voyage that a report is about."""

    voyage: KnownVoyage
    by_other_ship: bool = False
    """On a ship that is not the voyage's."""


class KnownBooking(msgspec.Struct, kw_only=True):
    """A carrier's booking."""

    voyage_id: str
    iso_type: str
    count: int
    rolled: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    """Containers that the carrier took back, by source and event id of the fact."""

    @property
    def left(self) -> int:
        """Containers that the carrier has not taken back, but for DCSA's cancellations."""
        return max(self.count - sum(self.rolled.values()), 0)


class KnownContainer(msgspec.Struct, kw_only=True):
    """A container about which the hub has an event."""

    carrier_booking_id: str = ""
    voyage_id: str = ""


def plain(number: str) -> str:
    """Return a number as it is compared."""
    return number.strip().upper()


def agree(known: str, given: str) -> bool:
    """Tell whether two texts are the same, or one of them is missing."""
    return not known or not given or plain(known) == plain(given)
