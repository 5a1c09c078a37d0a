"""What the hub does, as DCSA Track & Trace 3.0.0 events: the words of the information model.

| groupage | DCSA |
|---|---|
| consignment.booked, accepted | SHIPMENT RECEIVED, CONFIRMED of BOOKING |
| consignment.rejected, cancelled | SHIPMENT REJECTED, CANCELLED of BOOKING |
| consignment.amended | SHIPMENT AMENDMENT_RECEIVED of BOOKING |
| hold.placed, hold.released | SHIPMENT ON_HOLD, RELEASED; the kind of hold gives the document |
| customs.declared, customs.rejected | SHIPMENT SUBMITTED, REJECTED of CUSTOMS_CLEARANCE |
| customs.selected, customs.released | EQUIPMENT CUSTOMS_SELECTED_FOR_…, CUSTOMS_RELEASED |
| container.picked_up, gated_in, gated_out | EQUIPMENT PICKED_UP, GATED_IN, GATED_OUT |
| container.inspected | EQUIPMENT INSPECTED, the result as reason |
| stuffing.completed | EQUIPMENT STUFFED |
| container.sealed, resealed | EQUIPMENT STUFFED, RESEALED with the seal |

`mapping.py` reads these events again. What is lost on the way is listed in docs/formats/dcsa.md.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from groupage.domain.fact import Classifier, Fact
from producers.dcsa.outgoing_parts import Outgoing, Surroundings, parts_of

_CLASSIFIERS: dict[Classifier, str] = {
    "ACT": "ACTUAL",
    "EST": "ESTIMATED",
    "PLN": "PLANNED",
    "REQ": "REQUESTED",
}
_CFS = "CONTAINER_FREIGHT_STATION"
_PLACE = re.compile(r"([A-Z]{2}[A-Z2-9]{3})(?:/([A-Z0-9]{1,6}))?")
_REASON_LENGTH_MAX = 250
_NAME_LENGTH_MAX = 100
_EQUIPMENT_LENGTH_MAX = 11
_PLATE_LENGTH_MAX = 15


def event_of(fact: Fact, *, event_id: str, around: Surroundings) -> dict[str, Any]:
    """Return a fact of a type in `EVENT_TYPE_OF` as a DCSA event.

    A retraction has the content of the event that it retracts, which DCSA lets readers ignore.
    """
    parts = parts_of(fact.data, around)
    event: dict[str, Any] = {
        "eventID": event_id,
        "eventDateTime": instant_text(fact.occurred_at),
        "eventUpdatedDateTime": instant_text(fact.recorded_at),
        "eventClassification": {
            "eventType": parts.event_type,
            "eventClassifier": _CLASSIFIERS[fact.classifier],
            f"{parts.event_type.lower()}EventType": parts.subtype,
        },
        "eventLocation": _location(parts),
        "shipmentDetails": _shipment(parts, around),
        "transportDetails": _transport(parts),
        "equipmentDetails": _equipment(parts),
        "reason": parts.reason[:_REASON_LENGTH_MAX],
    }
    if fact.retracted:
        event["isRetracted"] = True
    return {name: value for name, value in event.items() if value}


def classification_of(event: dict[str, Any]) -> tuple[str, str, str]:
    """Return event type, subtype and document type of an event in these words."""
    parts = event.get("eventClassification", {})
    event_type: str = parts.get("eventType", "")
    subtype: str = parts.get(f"{event_type.lower()}EventType", "")
    document = event.get("shipmentDetails", {}).get("documentReference", {})
    return event_type, subtype, document.get("type", "")


def bookings_of(event: dict[str, Any]) -> list[str]:
    """Return the bookings that an event names."""
    shipment = event.get("shipmentDetails", {})
    documents = [shipment.get("documentReference", {})]
    documents += shipment.get("additionalDocumentReferences", [])
    return [each.get("reference", "") for each in documents if each.get("type") == "BOOKING"]


def instant_text(at: datetime) -> str:
    """Write an instant as DCSA does."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _location(parts: Outgoing) -> dict[str, Any]:
    location: dict[str, Any] = {"facilityType": _CFS} if parts.at_hub else {}
    if match := _PLACE.fullmatch(parts.place):
        location["UNLocationCode"] = match[1]
        if match[2]:
            location["facility"] = {"facilityCode": match[2], "facilityCodeListProvider": "SMDG"}
    elif parts.place:
        location["locationName"] = parts.place[:_NAME_LENGTH_MAX]
    return location


def _shipment(parts: Outgoing, around: Surroundings) -> dict[str, Any]:
    shipment: dict[str, Any] = {}
    if parts.document is not None and len(parts.document[1]) <= _NAME_LENGTH_MAX:
        kind, number = parts.document
        shipment["documentReference"] = _typed(kind, number)
    if around.carrier_booking_id and len(around.carrier_booking_id) <= _NAME_LENGTH_MAX:
        booking = _typed("BOOKING", around.carrier_booking_id)
        if parts.document is None:
            shipment["documentReference"] = booking
        else:
            shipment["additionalDocumentReferences"] = [booking]
    references = [
        _typed(kind, text) for kind, text in parts.references if len(text) <= _NAME_LENGTH_MAX
    ]
    if len(parts.equipment_ref) > _EQUIPMENT_LENGTH_MAX:
        references.append(_typed("EQUIPMENT_REFERENCE", parts.equipment_ref[:_NAME_LENGTH_MAX]))
    if references:
        shipment["shipmentReferences"] = references
    return shipment


def _typed(kind: str, reference: str) -> dict[str, str]:
    return {"type": kind, "reference": reference} if reference else {"type": kind}


def _transport(parts: Outgoing) -> dict[str, Any]:
    if not parts.plate:
        return {}
    truck = {"tractorDetails": {"licensePlate": parts.plate[:_PLATE_LENGTH_MAX]}}
    return {"transportCall": {"modeOfTransport": "TRUCK", "truckTransport": truck}}


def _equipment(parts: Outgoing) -> Mapping[str, Any]:
    equipment: dict[str, Any] = {}
    if parts.equipment_ref and len(parts.equipment_ref) <= _EQUIPMENT_LENGTH_MAX:
        equipment["equipmentReference"] = parts.equipment_ref
    if parts.empty_or_laden:
        equipment["emptyIndicator"] = parts.empty_or_laden
    if parts.seal:
        equipment["seals"] = [parts.seal]
    return equipment
