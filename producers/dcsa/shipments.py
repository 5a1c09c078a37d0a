"""Mapping of DCSA's shipment events: statuses of documents. Pure. Raises Unmapped.

A shipment event is about the hub's own consignment when a forwarder's reference names it by its
URN, and about a carrier's booking otherwise.
"""

from typing import Literal

from groupage.domain.events.base import Event
from groupage.domain.events.consignment import (
    ConsignmentAccepted,
    ConsignmentCancelled,
    ConsignmentNoted,
    ConsignmentRejected,
    HoldPlaced,
    HoldReleased,
    HoldType,
)
from groupage.domain.events.schedule import CarrierBookingRolled
from producers.dcsa.references import References
from producers.dcsa.report import CarrierReport
from producers.dead_letters import QuarantineCode
from producers.epcis.observation import CONSIGNMENT_URN
from producers.epcis.unmapped import Unmapped

CONSOLIDATION_URN = "urn:groupage:consolidation:"
FORWARDER = "FREIGHT_FORWARDERS_REFERENCE"
DOCUMENT_OF_HOLD: dict[HoldType, str] = {
    "CUSTOMS": "CUSTOMS_CLEARANCE",
    "DG": "DANGEROUS_GOODS_DECLARATION",
    "DAMAGE": "INSPECTION_CERTIFICATE",
    "DOCS": "SHIPPING_INSTRUCTIONS",
    "CREDIT": "INVOICE",
    "MEASURE": "CARGO_SURVEY",
    "DISPATCHER": "TRANSPORT_ORDER",
}
"""The document that a hold is about; its reference is the hold's id."""
_HOLD_OF_DOCUMENT = {document: hold for hold, document in DOCUMENT_OF_HOLD.items()}
_BY = "DCSA Track & Trace"
_LOST = frozenset(("CANCELLED", "CANCELLATION_CONFIRMED", "REJECTED", "DECLINED", "VOIDED"))
_Direction = Literal["placed", "released"]


def own_id(report: CarrierReport, urn: str) -> str | None:
    """Return the id of the hub's consignment or consolidation that a reference names."""
    for kind, text in report.references:
        if kind == FORWARDER and text.startswith(urn) and len(text) > len(urn):
            return text.removeprefix(urn)
    return None


def map_shipment(subtype: str, report: CarrierReport, references: References) -> tuple[Event, ...]:
    """Map a status of a document. Raises Unmapped."""
    consignment_id = own_id(report, CONSIGNMENT_URN)
    if consignment_id is not None:
        return (_map_consignment(subtype, report, consignment_id),)
    return (_map_booking(subtype, report, references),)


def _map_consignment(subtype: str, report: CarrierReport, consignment_id: str) -> Event:
    kind, number = report.document
    match subtype:
        case "ON_HOLD" | "RELEASED":
            return _hold(subtype, report, consignment_id)
        case "CONFIRMED" if kind == "BOOKING":
            return ConsignmentAccepted(consignment_id=consignment_id)
        case "REJECTED" if kind == "BOOKING":
            return ConsignmentRejected(consignment_id=consignment_id, reason=report.reason)
        case "CANCELLED" if kind == "BOOKING":
            return ConsignmentCancelled(consignment_id=consignment_id, reason=report.reason)
    milestone = f"{kind or 'document'}_{subtype}".lower()
    return ConsignmentNoted(
        consignment_id=consignment_id,
        milestone=milestone,
        references=(number,) if number else (),
    )


def _hold(subtype: str, report: CarrierReport, consignment_id: str) -> Event:
    kind, number = report.document
    hold = _HOLD_OF_DOCUMENT.get(kind)
    if hold is None or not number:
        documents = ", ".join(sorted(_HOLD_OF_DOCUMENT))
        raise Unmapped(
            QuarantineCode.NO_HUB_EVENT,
            f"{subtype} of consignment {consignment_id} is about {kind or 'no document'}; the hub "
            f"reads holds by a numbered document of one of these types: {documents}",
        )
    if subtype == "ON_HOLD":
        return HoldPlaced(
            consignment_id=consignment_id, hold_id=number, hold=hold, by=_BY, reason=report.reason
        )
    return HoldReleased(consignment_id=consignment_id, hold_id=number, by=_BY, reason=report.reason)


def _map_booking(subtype: str, report: CarrierReport, references: References) -> Event:
    kind, number = report.document
    numbers = (number,) if kind == "BOOKING" and number else report.documents_of("BOOKING")
    if not numbers:
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE,
            f"{subtype} is about {kind or 'no document'} {number}".rstrip()
            + " and names neither a carrier booking nor a consignment of the hub",
        )
    booking = references.find_booking(numbers[0])
    if booking is None:
        raise Unmapped(
            QuarantineCode.UNKNOWN_REFERENCE, f"the hub knows no carrier booking {numbers[0]}"
        )
    left = booking.left
    if kind != "BOOKING" or subtype not in _LOST or not left:
        raise Unmapped(
            QuarantineCode.NO_HUB_EVENT,
            f"the hub has no event for SHIPMENT {subtype} of {kind or 'no document'} "
            f"(carrier booking {numbers[0]}, {left} containers)",
        )
    return CarrierBookingRolled(
        voyage_id=booking.voyage_id,
        carrier_booking_id=numbers[0],
        iso_type=booking.iso_type,
        count=left,
        reason=report.reason or subtype.lower().replace("_", " "),
    )
