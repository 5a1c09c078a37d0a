"""DCSA events in three dialects, written for these tests; and what a hub knows before them."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from groupage.domain.events.base import Event, Money
from groupage.domain.events.equipment import ContainerReleased
from groupage.domain.events.schedule import (
    CarrierBookingConfirmed,
    EquipmentOffer,
    SailingPublished,
)
from groupage.domain.fact import Fact
from producers.dcsa.references import References
from producers.dcsa.vocabulary import (
    CLASSIFIERS,
    DOCUMENTS,
    FACILITIES,
    REFERENCES,
    SEAL_SOURCES,
    SUBTYPES,
)

Dialect = Literal["2.2", "3.0.0 codes", "3.0.0 words"]
DIALECTS: tuple[Dialect, ...] = ("2.2", "3.0.0 codes", "3.0.0 words")
ETD = datetime(2026, 3, 5, 4, tzinfo=UTC)
VOYAGE, NUMBER, BOOKING, CONTAINER = "FE4/260305", "013W", "BKG-2288104", "CSQU3054383"
NOW = datetime(2026, 3, 6, tzinfo=UTC)
SOURCE = "/dcsa/SMDG/LCL/EXC"


def dcsa_event(
    dialect: Dialect,
    kind: str,
    subtype: str,
    *,
    event_id: str = "E1",
    at: str = "2026-03-05T12:00:00+08:00",
    updated: str = "2026-03-05T04:10:00Z",
    classifier: str = "ACTUAL",
    **details: Any,
) -> dict[str, Any]:
    """An event by the words of 3.0.0, written in a dialect.

    `details`: locode, facility, facility_type, container, empty, seals, number, service, imo, mode,
    booking, document (word, number), forwarder, reason.
    """
    build = _flat if dialect == "2.2" else _nested
    words = dialect == "3.0.0 words"
    event = build(kind, subtype, classifier, details, words=words)
    time = "eventCreatedDateTime" if dialect == "2.2" else "eventUpdatedDateTime"
    event |= {"eventID": event_id, "eventDateTime": at, time: updated}
    if "reason" in details:
        event["reason"] = details["reason"]
    return event


def _flat(
    kind: str, subtype: str, classifier: str, details: dict[str, Any], *, words: bool
) -> dict[str, Any]:
    assert not words, "version 2.2 has codes"
    event: dict[str, Any] = {
        "eventType": kind,
        "eventClassifierCode": CLASSIFIERS.code_of(classifier),
        f"{kind.lower()}EventTypeCode": SUBTYPES[kind].code_of(subtype),
    }
    call: dict[str, Any] = {"transportCallID": "TC-1", "modeOfTransport": details.get("mode")}
    call |= {
        "carrierServiceCode": details.get("service"),
        "exportVoyageNumber": details.get("number"),
        "UNLocationCode": details.get("locode"),
        "facilityCode": details.get("facility"),
        "facilityTypeCode": FACILITIES.code_of(details.get("facility_type", "PORT_TERMINAL")),
        "vessel": {"vesselIMONumber": details["imo"]} if "imo" in details else None,
    }
    event["transportCall"] = _without_nulls(call)
    if "container" in details:
        event["equipmentReference"] = details["container"]
        event["emptyIndicatorCode"] = details.get("empty", "LADEN")
    if "booking" in details:
        event["documentReferences"] = [
            {"documentReferenceType": "BKG", "documentReferenceValue": details["booking"]}
        ]
    if "document" in details:
        word, number = details["document"]
        event |= {"documentTypeCode": DOCUMENTS.code_of(word), "documentID": number}
    if "forwarder" in details:
        event["references"] = [{"referenceType": "FF", "referenceValue": details["forwarder"]}]
    if "seals" in details:
        event["seals"] = [
            {"sealNumber": number, "sealSource": SEAL_SOURCES.code_of(source), "sealType": "BLT"}
            for number, source in details["seals"]
        ]
    return event


def _nested(
    kind: str, subtype: str, classifier: str, details: dict[str, Any], *, words: bool
) -> dict[str, Any]:
    stem = kind.lower()
    end = "" if words else "Code"
    location = {
        "UNLocationCode": details.get("locode"),
        f"facilityType{end}": _said(FACILITIES, details.get("facility_type"), words=words),
    }
    if "facility" in details:
        facility = {"facilityCode": details["facility"], "facilityCodeListProvider": "SMDG"}
        location |= {"facility": facility} if words else facility
    event: dict[str, Any] = {
        "eventRouting": _routing(words=words),
        "eventClassification": {
            f"eventType{end}": kind,
            f"eventClassifier{end}": _said(CLASSIFIERS, classifier, words=words),
            f"{stem}EventType{end}": _said(SUBTYPES[kind], subtype, words=words),
        },
        "eventLocation": _without_nulls(location),
        "shipmentDetails": _shipment(details, words=words),
        "transportDetails": {"transportCall": _call(details, words=words)},
    }
    if "container" in details:
        event["equipmentDetails"] = {
            "equipmentReference": details["container"],
            f"emptyIndicator{end}": details.get("empty", "LADEN"),
            "seals": [
                {
                    "number": number,
                    "source": _said(SEAL_SOURCES, source, words=words),
                    "type": "BOLT",
                }
                for number, source in details.get("seals", ())
            ],
        }
    return event


def _routing(*, words: bool) -> dict[str, Any]:
    party = {"partyCode": "EXC", "codeListProvider": "SMDG", "codeListName": "LCL"}
    return {"originatingParties": [party]} if words else {"originatingParty": party}


def _shipment(details: dict[str, Any], *, words: bool) -> dict[str, Any]:
    name = "type" if words else "typeCode"
    document = details.get("document") or ("BOOKING", details.get("booking"))
    shipment: dict[str, Any] = {}
    if document[1]:
        kind = _said(DOCUMENTS, document[0], words=words)
        shipment["documentReference"] = {name: kind, "reference": document[1]}
    if "document" in details and "booking" in details:
        kind = _said(DOCUMENTS, "BOOKING", words=words)
        shipment["additionalDocumentReferences"] = [{name: kind, "reference": details["booking"]}]
    if "forwarder" in details:
        kind = _said(REFERENCES, "FREIGHT_FORWARDERS_REFERENCE", words=words)
        shipment["shipmentReferences"] = [{name: kind, "reference": details["forwarder"]}]
    return shipment


def _call(details: dict[str, Any], *, words: bool) -> dict[str, Any]:
    number, service = details.get("number"), details.get("service")
    call: dict[str, Any] = {"modeOfTransport": details.get("mode")}
    if words:
        call["exportVoyageNumberOrReference"] = number and {"carrierVoyageNumber": number}
        call["serviceCodeOrReference"] = service and {"carrierServiceCode": service}
    else:
        call |= {"exportVoyageNumber": number, "carrierServiceCode": service}
    if "imo" in details:
        call["vesselTransport" if words else "vessel"] = {"vesselIMONumber": details["imo"]}
    return _without_nulls(call)


def _said(vocabulary: Any, word: str | None, *, words: bool) -> str | None:
    return word if words or word is None else vocabulary.code_of(word)


def _without_nulls(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def hub_fact(event: Event, event_id: str = "h") -> Fact:
    """A fact that the hub had before the carrier's events."""
    at = ETD - timedelta(days=10)
    return Fact(
        event_id=f"{event_id}/{event.name}",
        source="/carrier/edi",
        key=event.key,
        occurred_at=at,
        recorded_at=at,
        data=event,
    )


def sailing(voyage_id: str = VOYAGE, **fields: Any) -> SailingPublished:
    """A sailing from Ningbo to Rotterdam."""
    offer = EquipmentOffer(iso_type="45G1", freight=Money(amount_minor=1, currency="USD"))
    defaults: dict[str, Any] = {
        "service_id": "FE4",
        "carrier_voyage_no": NUMBER,
        "universal_voyage_ref": "2613W",
        "vessel_imo": "9321483",
        "etd_at": ETD,
        "eta_at": ETD + timedelta(days=30),
    }
    return SailingPublished(
        voyage_id=voyage_id,
        mode="VESSEL",
        pol="CNNGB",
        pod="NLRTM",
        cutoffs=(),
        equipment=(offer,),
        **(defaults | fields),
    )


def hub_facts(*more: Event) -> list[Fact]:
    """A sailing, a booking on it and a container for the booking."""
    events = (
        sailing(),
        CarrierBookingConfirmed(
            voyage_id=VOYAGE, carrier_booking_id=BOOKING, iso_type="45G1", count=3
        ),
        ContainerReleased(
            equipment_ref=CONTAINER,
            iso_type="45G1",
            tare_g=3_900_000,
            max_gross_g=30_480_000,
            carrier_booking_id=BOOKING,
        ),
        *more,
    )
    return [hub_fact(event) for event in events]


def known_hub(*more: Event) -> References:
    """What a hub with these facts knows by the names of carriers."""
    references = References()
    for fact in hub_facts(*more):
        references.note(fact)
    return references
