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

from groupage.contracts.instants import in_calendar, read_instant
from producers.dcsa.report import SOURCE, CarrierReport, Seal
from producers.dcsa.vocabulary import DOCUMENTS, EVENT_TYPES, FACILITIES, REFERENCES
from producers.problems import FieldProblem, abbreviate

_EVENT_ID_LENGTH_MAX = 500
_TEXT_LENGTH_MAX = 500
_ITEMS_MAX = 200
_NESTED = ("eventClassification", "eventRouting", "isRetracted")
"""Members by which an event of 3.0.0 is known."""
_A_TIME = "a date and time with offset, like 2026-03-01T08:00:00+08:00"
_A_TEXT = f"a text of at most {_TEXT_LENGTH_MAX} characters"


class _Reader:
    """Looks members up under several names, and collects what is wrong."""

    def __init__(self, event: dict[str, Any], path: str) -> None:
        self.event = event
        self._path = path
        self.problems: list[FieldProblem] = []

    def add_problem(self, field: str, value: object, expected: str) -> None:
        path = f"{self._path}.{field}" if self._path else field
        if all(path != problem.field for problem in self.problems):
            problem = FieldProblem(field=path, value=abbreviate(value), expected=expected)
            self.problems.append(problem)

    def find(self, *names: str) -> tuple[str, Any]:
        """Return name and value of the first of these members that is present and not null."""
        for name in names:
            node: Any = self.event
            for part in name.split("."):
                if not isinstance(node, dict):
                    self.add_problem(name.rpartition(".")[0], node, "an object")
                    node = None
                    break
                node = node.get(part)
                if node is None:
                    break
            if node is not None:
                return name, node
        return names[0], None

    def text(self, *names: str, required: bool = False) -> str:
        name, value = self.find(*names)
        if value is None:
            if required:
                self.add_problem(name, None, _A_TEXT)
            return ""
        if isinstance(value, int) and not isinstance(value, bool) and "Sequence" in name:
            return str(value)
        if not isinstance(value, str) or len(value) > _TEXT_LENGTH_MAX:
            self.add_problem(name, value, _A_TEXT)
            return ""
        if required and not value.strip():
            self.add_problem(name, value, _A_TEXT)
        return value.strip()

    def instant(self, *names: str, required: bool) -> datetime | None:
        name, value = self.find(*names)
        if value is None and not required:
            return None
        at = read_instant(value) if isinstance(value, str) else None
        at = in_calendar(at) if at is not None and at.tzinfo is not None else None
        if at is None:
            self.add_problem(name, value, _A_TIME)
        return at

    def objects(self, *names: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the objects in a list with their paths."""
        name, value = self.find(*names)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > _ITEMS_MAX:
            self.add_problem(name, value, f"a list of at most {_ITEMS_MAX} objects")
            return []
        found = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found.append((f"{name}[{index}]", item))
            else:
                self.add_problem(f"{name}[{index}]", item, "an object")
        return found


def read_report(event: object, path: str) -> tuple[CarrierReport | None, list[FieldProblem]]:
    """Read an event; return it, or every error."""
    if not isinstance(event, dict):
        expected = "a Track & Trace event: a JSON object"
        return None, [FieldProblem(field=path, value=abbreviate(event), expected=expected)]
    reader = _Reader(_flatten(event), path)
    report = _read(reader)
    return (None, reader.problems) if reader.problems else (report, [])


def _flatten(event: dict[str, Any]) -> dict[str, Any]:
    """Lay the parts of an event hub's draft form beside each other."""
    metadata, payload = event.get("metadata"), event.get("payload")
    if isinstance(metadata, dict):
        return metadata | (payload if isinstance(payload, dict) else {})
    return event


def _read(reader: _Reader) -> CarrierReport:
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


def _read_retraction(reader: _Reader) -> tuple[bool, str]:
    """Return whether it is a retraction, and of which event."""
    _, flag = reader.find("isRetracted")
    if flag is not None and not isinstance(flag, bool):
        reader.add_problem("isRetracted", flag, "true or false")
    if flag is True:
        return True, reader.text("eventID")
    other = reader.text("retractedEventID")
    return bool(other), other


def _read_event_id(reader: _Reader, *, required: bool) -> str:
    """Return the event's id; of version 2.2, which leaves it open, one made from the content."""
    _, value = reader.find("eventID")
    if value is None and not required:
        content = msgspec.json.encode(reader.event, order="sorted")
        return f"sha-256:{sha256(content).hexdigest()}"
    event_id = reader.text("eventID", required=True)
    if len(event_id) > _EVENT_ID_LENGTH_MAX or any(not c.isprintable() for c in event_id):
        reader.add_problem("eventID", value, "printable text of at most 500 characters")
    return event_id


def _read_subtype(reader: _Reader, event_type: str, *, required: bool) -> str:
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


def _source(reader: _Reader) -> str:
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
    for party in value[:_ITEMS_MAX]:
        parts = [party.get(key) for key in ("codeListProvider", "codeListName", "partyCode")]
        texts = [part for part in parts if isinstance(part, str) and part.strip()]
        parties.add("/".join(quote(text.strip()[:150], safe="") for text in texts))
    listed = "+".join(sorted(parties - {""}))
    return f"{SOURCE}/{listed}" if listed and len(listed) <= _TEXT_LENGTH_MAX else SOURCE


def _stamp(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _read_place(reader: _Reader) -> dict[str, Any]:
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


def _read_equipment(reader: _Reader) -> dict[str, Any]:
    details = "equipmentDetails"
    seals = [
        Seal(
            number=_member(reader, path, item, "number", "sealNumber"),
            source=_member(reader, path, item, "source", "sealSource"),
            kind=_member(reader, path, item, "type", "sealType"),
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


def _read_transport(reader: _Reader) -> dict[str, Any]:
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


def _read_documents(reader: _Reader) -> tuple[tuple[str, str], tuple[tuple[str, str], ...]]:
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
            _member(reader, path, item, "type", "typeCode", "documentReferenceType"),
            _member(reader, path, item, "reference", "documentReferenceValue"),
        )
        for names in (
            ("shipmentDetails.additionalDocumentReferences",),
            ("documentReferences", "relatedDocumentReferences"),
        )
        for path, item in reader.objects(*names)
    ]
    words = [(DOCUMENTS.word_of(kind) or kind, number) for kind, number in listed if number]
    return document, tuple(([document] if number else []) + words)


def _read_references(reader: _Reader) -> Iterator[tuple[str, str]]:
    for path, item in reader.objects("shipmentDetails.shipmentReferences", "references"):
        kind = _member(reader, path, item, "type", "typeCode", "referenceType")
        yield (
            REFERENCES.word_of(kind) or kind,
            _member(reader, path, item, "reference", "referenceValue"),
        )


def _member(reader: _Reader, path: str, item: dict[str, Any], *names: str) -> str:
    for name in names:
        value = item.get(name)
        if value is None:
            continue
        if isinstance(value, str) and len(value) <= _TEXT_LENGTH_MAX:
            return value.strip()
        reader.add_problem(f"{path}.{name}", value, _A_TEXT)
    return ""
