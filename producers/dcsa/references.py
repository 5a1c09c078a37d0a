"""What the hub knows by the names that carriers use: voyages, bookings, containers, their events.

Built from the hub's own facts (`References.note`), so the match is the same for every entrance:

| a DCSA event names | matches |
|---|---|
| an equipment reference | the container, if the hub has any event about it |
| a carrier booking reference | ``carrier.booking_confirmed`` (its voyage), ``container.released`` |
| a carrier's or universal voyage number | the sailing with that number, or whose id it is |
| service code, IMO number, place, time | tell sailings with one number apart |
"""

import re
from collections import OrderedDict
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

import msgspec

from groupage.domain.events.equipment import ContainerBooked, ContainerEvent, ContainerReleased
from groupage.domain.events.schedule import (
    CarrierBookingConfirmed,
    CarrierBookingRolled,
    LegArrived,
    LegDeparted,
    SailingPublished,
)
from groupage.domain.fact import Fact
from groupage.domain.places import canonical_place
from producers.dcsa.report import SOURCE, CarrierReport
from producers.dead_letters import QuarantineCode
from producers.epcis.unmapped import Unmapped

CONTAINERS_MAX = 200_000
REPORTS_MAX = 100_000
VOYAGES_MAX = 50_000
"""Beyond these numbers the oldest are forgotten."""
NEAR = timedelta(days=60)
"""Carriers use a voyage number again: a sailing whose departure is further away is another one."""
_EVENT_ID = re.compile(r"(.+)@(-|[0-9]{4}-[0-9T:.\-]+Z)#([0-9]+)", re.DOTALL)
_WITHDRAWN = "~withdrawn"
_NAMED_MAX = 5

K = TypeVar("K")
V = TypeVar("V")


class KnownVoyage(msgspec.Struct, kw_only=True):
    """A sailing of the hub."""

    voyage_id: str
    pol: str
    pod: str
    mode: str
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
            _agree(self.service_id, report.service)
            and _agree(self.vessel_imo, report.vessel_imo)
            and (at is None or abs(at - self.etd_at) <= NEAR)
        )


class KnownBooking(msgspec.Struct, kw_only=True):
    """A carrier's booking."""

    voyage_id: str
    iso_type: str
    count: int
    rolled: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    """Containers that the carrier took back, by source and event id of the fact."""

    @property
    def left(self) -> int:
        """Containers that the carrier has not taken back."""
        return max(self.count - sum(self.rolled.values()), 0)


class KnownContainer(msgspec.Struct, kw_only=True):
    """A container about which the hub has an event."""

    carrier_booking_id: str = ""
    voyage_id: str = ""


class Version(msgspec.Struct, kw_only=True):
    """A version of a DCSA event that the hub took."""

    stamp: str
    facts: dict[str, Fact]
    """By event id; without the original events, which would fill the memory."""
    content: bytes = b""
    """Digest of the original event."""
    withdrawn: bool = False


def event_id_of(report: CarrierReport, number: int) -> str:
    """Compose the id of a fact from the sender's event id, its version and the fact's number."""
    return f"{report.event_id}@{report.version or '-'}#{number}"


def content_digest(event_json: bytes) -> bytes:
    """Digest an event's content, in whatever order its members are written."""
    content = msgspec.json.encode(msgspec.json.decode(event_json), order="sorted")
    return blake2b(content, digest_size=16).digest()


def withdrawal_of(fact: Fact, *, recorded_at: datetime) -> Fact:
    """Return the retraction of a fact."""
    return msgspec.structs.replace(
        fact,
        event_id=f"{fact.event_id}{_WITHDRAWN}",
        correction_of=fact.event_id,
        retracted=True,
        recorded_at=recorded_at,
        original=None,
    )


class References:
    """The hub's voyages, bookings and containers, and the DCSA events that it took."""

    def __init__(self, *, takes_new_containers: bool = False) -> None:
        """`takes_new_containers`: a container number that the hub does not know is a match."""
        self.takes_new_containers = takes_new_containers
        self.voyages: OrderedDict[str, KnownVoyage] = OrderedDict()
        self.bookings: OrderedDict[str, KnownBooking] = OrderedDict()
        self.containers: OrderedDict[str, KnownContainer] = OrderedDict()
        self._voyages_by_number: dict[str, set[str]] = {}
        self._versions: OrderedDict[tuple[str, str], dict[str, Version]] = OrderedDict()
        self._statements: OrderedDict[bytes, None] = OrderedDict()
        self._sources: dict[str, set[str]] = {}

    def note(self, fact: Fact) -> None:
        """Learn from a fact of the hub; those about nothing that carriers name change nothing."""
        event = fact.data
        of_carrier = fact.source == SOURCE or fact.source.startswith(f"{SOURCE}/")
        if of_carrier:
            self._note_version(fact)
        if fact.retracted:
            return
        if fact.classifier == "ACT" and (of_carrier or isinstance(event, LegDeparted | LegArrived)):
            _put(self._statements, _statement_digest(fact), None, REPORTS_MAX)
        match event:
            case SailingPublished():
                self._note_sailing(event)
            case CarrierBookingConfirmed() if fact.classifier == "ACT":
                booking = KnownBooking(
                    voyage_id=event.voyage_id, iso_type=event.iso_type, count=event.count
                )
                _put(self.bookings, event.carrier_booking_id, booking, VOYAGES_MAX)
            case CarrierBookingRolled() if fact.classifier == "ACT":
                if known := self.bookings.get(event.carrier_booking_id):
                    known.rolled[fact.source, fact.event_id] = event.count
            case ContainerEvent():
                self._note_container(event)

    def note_container(self, equipment_ref: str) -> None:
        """Learn that the hub has an event about a container."""
        if equipment_ref not in self.containers:
            _put(self.containers, equipment_ref, KnownContainer(), CONTAINERS_MAX)

    def versions_of(self, source: str, event_id: str) -> dict[str, Version]:
        """Return the versions of a DCSA event that the hub took, by their stamps."""
        return self._versions.get((source, event_id), {})

    def versions_to_retract(self, source: str, event_id: str) -> dict[str, Version]:
        """Return the versions of an event; a retraction may leave out the originating parties."""
        found = self.versions_of(source, event_id)
        sources = self._sources.get(event_id, set())
        if not found and source == SOURCE and len(sources) == 1:
            return self.versions_of(next(iter(sources)), event_id)
        return found

    def has_statement(self, fact: Fact) -> bool:
        """Tell whether the same was reported before of the same thing, at the same time."""
        return fact.classifier == "ACT" and _statement_digest(fact) in self._statements

    def find_voyage(self, report: CarrierReport) -> KnownVoyage | None:
        """Return the voyage that a report names; None: it names none. Raises Unmapped."""
        booking_ids = self._booking_ids(report)
        if report.voyage_numbers:
            if found := self._by_number(report):
                return self._single(found, report, booking_ids)
        elif not booking_ids:
            return None
        by_booking = {
            booking.voyage_id for name in booking_ids if (booking := self.bookings.get(name))
        }
        container = self.containers.get(report.equipment_ref)
        if container is not None and container.voyage_id:
            by_booking = {container.voyage_id}
        voyages = [self.voyages[name] for name in sorted(by_booking) if name in self.voyages]
        if report.voyage_numbers:
            # Of a feeder, or of the ship that the booking was rolled to.
            voyages = [voyage for voyage in voyages if not voyage.carrier_voyage_no]
        if voyages:
            return self._single(voyages, report, booking_ids)
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE,
            f"no voyage of the hub has {_voyage_words(report, booking_ids)}",
        )

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
            numbers=tuple(_plain(number) for number in numbers if number),
        )
        for number in known.numbers:
            self._voyages_by_number.setdefault(number, set()).add(event.voyage_id)
        if gone := _put(self.voyages, event.voyage_id, known, VOYAGES_MAX):
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

    def _note_version(self, fact: Fact) -> None:
        event_id, _, withdrawn = fact.event_id.partition(_WITHDRAWN)
        match = _EVENT_ID.fullmatch(event_id)
        if match is None:
            return
        key, stamp = (fact.source, match[1]), match[2]
        versions = self._versions.get(key)
        if versions is None:
            versions = {}
            self._sources.setdefault(match[1], set()).add(fact.source)
            if gone := _put(self._versions, key, versions, REPORTS_MAX):
                source, forgotten = gone[0]
                self._sources[forgotten].discard(source)
                if not self._sources[forgotten]:
                    del self._sources[forgotten]
        version = versions.setdefault(stamp, Version(stamp=stamp, facts={}))
        if _WITHDRAWN in fact.event_id and withdrawn == "":
            version.withdrawn = True
            self._forget(fact, event_id)
        else:
            version.facts[fact.event_id] = msgspec.structs.replace(fact, original=None)
            if fact.original is not None:
                version.content = content_digest(fact.original)

    def _forget(self, fact: Fact, event_id: str) -> None:
        """Take back what a withdrawn fact stated."""
        self._statements.pop(_statement_digest(fact), None)
        if isinstance(fact.data, CarrierBookingRolled):
            known = self.bookings.get(fact.data.carrier_booking_id)
            if known is not None:
                known.rolled.pop((fact.source, event_id), None)

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
            for name in self._voyages_by_number.get(_plain(number), ())
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


def _put(table: OrderedDict[K, V], key: K, value: V, most: int) -> tuple[K, V] | None:
    """Add an item; return the oldest one if there is no room for that."""
    table[key] = value
    table.move_to_end(key)
    return table.popitem(last=False) if len(table) > most else None


def _plain(number: str) -> str:
    return number.strip().upper()


def _agree(known: str, given: str) -> bool:
    return not known or not given or _plain(known) == _plain(given)


def _statement_digest(fact: Fact) -> bytes:
    at = fact.occurred_at.isoformat()
    statement = msgspec.json.encode((fact.data.name, fact.key, at, fact.data))
    return blake2b(statement, digest_size=16).digest()


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
