"""What the hub knows by the names that carriers use: voyages, bookings, containers, their events.

Built from the hub's own facts (`References.note`), so the match is the same for every entrance:

| a DCSA event names | matches |
|---|---|
| an equipment reference | the container, if the hub has any event about it |
| a carrier booking reference | ``carrier.booking_confirmed`` (its voyage), ``container.released`` |
| a carrier's or universal voyage number | the sailing with that number, or whose id it is |
| service code, IMO number, place, time | tell sailings with one number apart |
"""

from collections import OrderedDict

from groupage.domain.events.equipment import ContainerBooked, ContainerEvent, ContainerReleased
from groupage.domain.events.schedule import (
    CarrierBookingConfirmed,
    CarrierBookingRolled,
    SailingPublished,
)
from groupage.domain.fact import Fact
from groupage.domain.places import canonical_place
from producers.dcsa.known import KnownBooking, KnownContainer, KnownVoyage, Passage, plain
from producers.dcsa.report import SOURCE, CarrierReport
from producers.dcsa.versions import TakenEvents, put
from producers.dead_letters import QuarantineCode
from producers.epcis.unmapped import Unmapped

CONTAINERS_MAX = 200_000
VOYAGES_MAX = 50_000
"""Beyond these numbers the oldest are forgotten."""
_NAMED_MAX = 5


class References:
    """The hub's voyages, bookings and containers, and the DCSA events that it took."""

    def __init__(self, *, takes_new_containers: bool = False) -> None:
        """`takes_new_containers`: a container number that the hub does not know is a match."""
        self.takes_new_containers = takes_new_containers
        self.voyages: OrderedDict[str, KnownVoyage] = OrderedDict()
        self.bookings: OrderedDict[str, KnownBooking] = OrderedDict()
        self.containers: OrderedDict[str, KnownContainer] = OrderedDict()
        self.taken = TakenEvents()
        self._voyages_by_number: dict[str, set[str]] = {}

    def note(self, fact: Fact) -> None:
        """Learn from a fact of the hub; those about nothing that carriers name change nothing."""
        event = fact.data
        of_carrier = fact.source == SOURCE or fact.source.startswith(f"{SOURCE}/")
        if of_carrier:
            self.taken.note(fact)
        elif isinstance(event, CarrierBookingRolled):
            self._note_rolled(fact, event)
        if fact.retracted:
            return
        match event:
            case SailingPublished():
                self._note_sailing(event)
            case CarrierBookingConfirmed() if fact.classifier == "ACT":
                booking = KnownBooking(
                    voyage_id=event.voyage_id, iso_type=event.iso_type, count=event.count
                )
                put(self.bookings, event.carrier_booking_id, booking, VOYAGES_MAX)
            case ContainerEvent():
                self._note_container(event)

    def note_container(self, equipment_ref: str) -> None:
        """Learn that the hub has an event about a container."""
        if equipment_ref not in self.containers:
            put(self.containers, equipment_ref, KnownContainer(), CONTAINERS_MAX)

    def find_passage(self, report: CarrierReport) -> Passage | None:
        """Return the voyage that a report names, and whether it is about the ship of that voyage.

        None: it names no voyage. A ship that the hub does not know, and a booking that it does:
        the report is about a feeder, the ship after a transshipment, or one that the booking was
        rolled to. Raises Unmapped.
        """
        booking_ids = self._booking_ids(report)
        if report.voyage_numbers:
            if found := self._by_number(report):
                return Passage(voyage=self._single(found, report, booking_ids))
        elif not booking_ids:
            return None
        by_booking = {
            booking.voyage_id for name in booking_ids if (booking := self.bookings.get(name))
        }
        container = self.containers.get(report.equipment_ref)
        if container is not None and container.voyage_id:
            by_booking = {container.voyage_id}
        voyages = [self.voyages[name] for name in sorted(by_booking) if name in self.voyages]
        if not voyages:
            raise Unmapped(
                QuarantineCode.UNKNOWN_REFERENCE,
                f"no voyage of the hub has {_voyage_words(report, booking_ids)}",
            )
        voyage = self._single(voyages, report, booking_ids)
        return Passage(voyage=voyage, by_other_ship=voyage.is_of_other_ship(report))

    def find_booking(self, carrier_booking_id: str) -> KnownBooking | None:
        """Return a carrier's booking."""
        return self.bookings.get(carrier_booking_id)

    def require_container(self, report: CarrierReport) -> None:
        """Raise Unmapped unless the hub knows the container, or the booking that it is for."""
        if self.takes_new_containers or report.equipment_ref in self.containers:
            return
        booking_ids = report.documents_of("BOOKING")
        if any(name in self.bookings for name in booking_ids):
            return
        named = f" and no carrier booking {', '.join(booking_ids)}" if booking_ids else ""
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE,
            f"the hub knows no container {report.equipment_ref}{named}",
        )

    def _note_sailing(self, event: SailingPublished) -> None:
        numbers = (event.voyage_id, event.carrier_voyage_no, event.universal_voyage_ref)
        known = KnownVoyage(
            voyage_id=event.voyage_id,
            pol=canonical_place(event.pol),
            pod=canonical_place(event.pod),
            mode=event.mode,
            service_id=event.service_id,
            carrier_voyage_no=event.carrier_voyage_no,
            vessel_imo=event.vessel_imo,
            etd_at=event.etd_at,
            numbers=tuple(plain(number) for number in numbers if number),
        )
        for number in known.numbers:
            self._voyages_by_number.setdefault(number, set()).add(event.voyage_id)
        if gone := put(self.voyages, event.voyage_id, known, VOYAGES_MAX):
            for number in gone[1].numbers:
                self._voyages_by_number[number].discard(gone[0])

    def _note_container(self, event: ContainerEvent) -> None:
        self.note_container(event.equipment_ref)
        known = self.containers[event.equipment_ref]
        if isinstance(event, ContainerReleased):
            known.carrier_booking_id = event.carrier_booking_id or ""
            known.voyage_id = ""
        elif isinstance(event, ContainerBooked):
            known.voyage_id = event.voyage_id or ""

    def _note_rolled(self, fact: Fact, event: CarrierBookingRolled) -> None:
        """Count what others than DCSA events say; these cancel all that is left besides."""
        booking = self.bookings.get(event.carrier_booking_id)
        if booking is None:
            return
        if fact.correction_of is not None:
            booking.rolled.pop((fact.source, fact.correction_of), None)
        if not fact.retracted and fact.classifier == "ACT":
            booking.rolled[fact.source, fact.event_id] = event.count

    def _booking_ids(self, report: CarrierReport) -> tuple[str, ...]:
        named = report.documents_of("BOOKING")
        container = self.containers.get(report.equipment_ref)
        if not named and container is not None and container.carrier_booking_id:
            return (container.carrier_booking_id,)
        return named

    def _by_number(self, report: CarrierReport) -> list[KnownVoyage]:
        names = {
            name
            for number in report.voyage_numbers
            for name in self._voyages_by_number.get(plain(number), ())
        }
        known = [self.voyages[name] for name in sorted(names) if name in self.voyages]
        return [voyage for voyage in known if voyage.may_be_of(report)]

    def _single(
        self, voyages: list[KnownVoyage], report: CarrierReport, booking_ids: tuple[str, ...]
    ) -> KnownVoyage:
        """Return the only voyage; of several, the one of the booking, or of the place."""
        booked = {booking.voyage_id for name in booking_ids if (booking := self.bookings.get(name))}
        place = canonical_place(report.locode)
        voyages = [voyage for voyage in voyages if voyage.voyage_id in booked] or voyages
        voyages = [voyage for voyage in voyages if place in (voyage.pol, voyage.pod)] or voyages
        if len(voyages) == 1:
            return voyages[0]
        named = ", ".join(voyage.voyage_id for voyage in voyages[:_NAMED_MAX])
        raise Unmapped(
            QuarantineCode.AMBIGUOUS_REFERENCE,
            f"{len(voyages)} voyages of the hub have {_voyage_words(report, booking_ids)}: {named}",
        )


def _voyage_words(report: CarrierReport, booking_ids: tuple[str, ...]) -> str:
    """Say by which references the voyage was looked for."""
    words = []
    if report.voyage_numbers:
        words.append(f"voyage number {' or '.join(report.voyage_numbers)}")
    for name, value in (("service", report.service), ("IMO number", report.vessel_imo)):
        if value and report.voyage_numbers:
            words.append(f"{name} {value}")
    if booking_ids:
        words.append(f"carrier booking {' or '.join(booking_ids)}")
    return ", ".join(words)
