"""A DCSA event as its sender wrote it, in any of three dialects, read into one form.

- 2.2: a flat object. The event hubs' draft form with ``metadata`` and ``payload`` is read, too.
- 3.0.0 as in the conformance examples of January 2026: nested, codes of four characters.
- 3.0.0 as in the information model of June 2026: nested, words.

Mixtures of the two forms of 3.0.0 are in circulation (``emptyIndicatorCode`` beside words), so each
member is looked up under all its names. A member of the wrong JSON type is an error; a code that
DCSA does not define is not: the mapping quarantines it by its name.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import msgspec

from producers.dcsa.members import ITEMS_MAX, TEXT_LENGTH_MAX, MemberReader
from producers.dcsa.report import SOURCE, CarrierReport, Seal
from producers.dcsa.vocabulary import DOCUMENTS, EVENT_TYPES, FACILITIES, REFERENCES
from producers.problems import FieldProblem, abbreviate

_EVENT_ID_LENGTH_MAX = 500
DEPTH_MAX = 50
"""The standard's own events nest eight objects and lists at most."""
_NESTED = ("eventClassification", "eventRouting", "isRetracted")
"""Members by which an event of 3.0.0 is known."""


def read_report(event: object, path: str) -> tuple[CarrierReport | None, list[FieldProblem]]:
    """Read an event; return it, or every error."""
    if not isinstance(event, dict):
        expected = "a Track & Trace event: a JSON object"
        return None, [FieldProblem(field=path, value=abbreviate(event), expected=expected)]
    if _is_deeper(event, DEPTH_MAX):
        expected = f"an event that nests at most {DEPTH_MAX} objects and lists"
        return None, [FieldProblem(field=path, value="a deeper one", expected=expected)]
    reader = MemberReader(flatten_event(event), path)
    report = _read(reader)
    return (None, reader.problems) if reader.problems else (report, [])


def _is_deeper(event: dict[str, Any], limit: int) -> bool:
    """Tell whether an event nests deeper: it is given out again, and programs recurse."""
    level: list[Any] = [event]
    for _ in range(limit):
        level = [
            inner
            for node in level
            for inner in (node.values() if isinstance(node, dict) else node)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def flatten_event(event: dict[str, Any]) -> dict[str, Any]:
    """Lay the parts of an event hub's draft form beside each other."""
    metadata, payload = event.get("metadata"), event.get("payload")
    if isinstance(metadata, dict):
        return metadata | (payload if isinstance(payload, dict) else {})
    return event


def _read(reader: MemberReader) -> CarrierReport:
    retracted, retracts = _read_retraction(reader)
    nested = any(name in reader.event for name in _NESTED)
    event_id = _read_event_id(reader, required=nested)
    event_type = reader.text(
        "eventClassification.eventType",
        "eventClassification.eventTypeCode",
        "eventType",
        required=not retracted,
    )
    stated_at = reader.instant(
        "eventUpdatedDateTime", "eventCreatedDateTime", required=not nested and not retracted
    )
    at = reader.instant("eventDateTime", required=not retracted)
    document, documents = _read_documents(reader)
    return CarrierReport(
        event_id=event_id,
        source=_source(reader),
        version=_stamp(stated_at),
        retracts=retracts,
        event_type=event_type,
        subtype=_read_subtype(reader, event_type, required=not retracted),
        classifier=reader.text(
            "eventClassification.eventClassifier",
            "eventClassification.eventClassifierCode",
            "eventClassifierCode",
            required=not retracted,
        ),
        at=at,
        stated_at=stated_at,
        reason=reader.text("reason", "changeRemark", "vesselScheduleChangeRemark"),
        document=document,
        documents=documents,
        references=tuple(_read_references(reader)),
        **_read_place(reader),
        **_read_equipment(reader),
        **_read_transport(reader),
    )


def _read_retraction(reader: MemberReader) -> tuple[bool, str]:
    """Return whether it is a retraction, and of which event."""
    _, flag = reader.find("isRetracted")
    if flag is not None and not isinstance(flag, bool):
        reader.add_problem("isRetracted", flag, "true or false")
    if flag is True:
        return True, reader.text("eventID")
    other = reader.text("retractedEventID")
    return bool(other), other


def _read_event_id(reader: MemberReader, *, required: bool) -> str:
    """Return the event's id; of version 2.2, which leaves it open, one made from the content."""
    _, value = reader.find("eventID")
    if value is None and not required:
        content = msgspec.json.encode(reader.event, order="sorted")
        return f"sha-256:{sha256(content).hexdigest()}"
    event_id = reader.text("eventID", required=True)
    if len(event_id) > _EVENT_ID_LENGTH_MAX or any(not c.isprintable() for c in event_id):
        reader.add_problem("eventID", value, "printable text of at most 500 characters")
    return event_id


def _read_subtype(reader: MemberReader, event_type: str, *, required: bool) -> str:
    known = EVENT_TYPES.word_of(event_type)
    if known is None:
        return ""
    stem = known.lower()
    return reader.text(
        f"eventClassification.{stem}EventType",
        f"eventClassification.{stem}EventTypeCode",
        f"{stem}EventTypeCode",
        "eventTypeCode",
        required=required,
    )


def _source(reader: MemberReader) -> str:
    """Name the originating parties: each numbers its events."""
    name, value = reader.find("eventRouting.originatingParties")
    if value is None:
        name, value = reader.find("eventRouting.originatingParty")
        value = None if value is None else [value]
    if value is None:
        return SOURCE
    if not isinstance(value, list) or not all(isinstance(party, dict) for party in value):
        reader.add_problem(name, value, "a list of parties")
        return SOURCE
    parties = set()
    for party in value[:ITEMS_MAX]:
        parts = [party.get(key) for key in ("codeListProvider", "codeListName", "partyCode")]
        texts = [part for part in parts if isinstance(part, str) and part.strip()]
        parties.add("/".join(quote(text.strip()[:150], safe="") for text in texts))
    listed = "+".join(sorted(parties - {""}))
    return f"{SOURCE}/{listed}" if listed and len(listed) <= TEXT_LENGTH_MAX else SOURCE


def _stamp(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _read_place(reader: MemberReader) -> dict[str, Any]:
    call = ("transportDetails.transportCall", "transportCall")
    locode = reader.text(
        "eventLocation.UNLocationCode",
        *(f"{each}.UNLocationCode" for each in call),
        *(f"{each}.location.UNLocationCode" for each in call),
    )
    facility_type = reader.text(
        "eventLocation.facilityType",
        "eventLocation.facilityTypeCode",
        *(f"{each}.facilityTypeCode" for each in call),
    )
    return {
        "locode": locode.upper(),
        "facility": reader.text(
            "eventLocation.facility.facilityCode",
            "eventLocation.facilityCode",
            *(f"{each}.facilityCode" for each in call),
        ),
        "facility_type": FACILITIES.word_of(facility_type) or facility_type,
        "place_name": reader.text(
            "eventLocation.locationName",
            *(f"{each}.location.locationName" for each in call),
            *(f"{each}.otherFacility" for each in call),
        ),
    }


def _read_equipment(reader: MemberReader) -> dict[str, Any]:
    details = "equipmentDetails"
    seals = [
        Seal(
            number=reader.member(path, item, "number", "sealNumber"),
            source=reader.member(path, item, "source", "sealSource"),
            kind=reader.member(path, item, "type", "sealType"),
        )
        for path, item in reader.objects(f"{details}.seals", "seals")
    ]
    return {
        "equipment_ref": reader.text(f"{details}.equipmentReference", "equipmentReference"),
        "iso_type": reader.text(f"{details}.ISOEquipmentCode", "ISOEquipmentCode"),
        "empty_or_laden": reader.text(
            f"{details}.emptyIndicator", f"{details}.emptyIndicatorCode", "emptyIndicatorCode"
        ).upper(),
        "phase": reader.text(f"{details}.transportPhase", f"{details}.movementType").upper(),
        "seals": tuple(seal for seal in seals if seal.number),
    }


def _read_transport(reader: MemberReader) -> dict[str, Any]:
    calls = ("transportDetails.transportCall", "transportCall")

    def text(*names: str) -> str:
        return reader.text(*(f"{call}.{name}" for call in calls for name in names))

    numbers = [
        text("exportVoyageNumberOrReference.carrierVoyageNumber", "exportVoyageNumber"),
        text("importVoyageNumberOrReference.carrierVoyageNumber", "importVoyageNumber"),
        text("carrierVoyageNumber", "carrierExportVoyageNumber"),
        text("carrierImportVoyageNumber"),
        text("exportVoyageNumberOrReference.universalVoyageReference"),
        text("importVoyageNumberOrReference.universalVoyageReference"),
        text("universalExportVoyageReference"),
        text("universalImportVoyageReference"),
    ]
    return {
        "mode": text("modeOfTransport").upper(),
        "service": text("serviceCodeOrReference.carrierServiceCode", "carrierServiceCode"),
        "voyage_numbers": tuple(dict.fromkeys(number for number in numbers if number)),
        "vessel_imo": text("vesselTransport.vesselIMONumber", "vessel.vesselIMONumber"),
        "plate": text("truckTransport.tractorDetails.licensePlate"),
    }


def _read_documents(reader: MemberReader) -> tuple[tuple[str, str], tuple[tuple[str, str], ...]]:
    kind = reader.text(
        "shipmentDetails.documentReference.type",
        "shipmentDetails.documentReference.typeCode",
        "documentTypeCode",
        "shipmentInformationTypeCode",
    )
    number = reader.text(
        "shipmentDetails.documentReference.reference", "documentReference", "documentID"
    )
    document = (DOCUMENTS.word_of(kind) or kind, number)
    listed = [
        (
            reader.member(path, item, "type", "typeCode", "documentReferenceType"),
            reader.member(path, item, "reference", "documentReferenceValue"),
        )
        for names in (
            ("shipmentDetails.additionalDocumentReferences",),
            ("documentReferences", "relatedDocumentReferences"),
        )
        for path, item in reader.objects(*names)
    ]
    words = [(DOCUMENTS.word_of(kind) or kind, number) for kind, number in listed if number]
    return document, tuple(([document] if number else []) + words)


def _read_references(reader: MemberReader) -> Iterator[tuple[str, str]]:
    for path, item in reader.objects("shipmentDetails.shipmentReferences", "references"):
        kind = reader.member(path, item, "type", "typeCode", "referenceType")
        yield (
            REFERENCES.word_of(kind) or kind,
            reader.member(path, item, "reference", "referenceValue"),
        )
