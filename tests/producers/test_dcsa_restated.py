"""Carriers' events given out again: in the words of the information model, and unchanged."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from producers.dcsa.document import entries_of, read_bundle
from producers.dcsa.reading import read_report
from producers.dcsa.report import CarrierReport
from producers.dcsa.restated import restate
from producers.dcsa.vocabulary import (
    CLASSIFIERS,
    EVENT_TYPES,
    SEAL_SOURCES,
    SEAL_TYPES,
    SUBTYPES,
)
from producers.entries import Accepted, Quarantined
from tests.producers.dcsa_events import BOOKING, DIALECTS, NOW, dcsa_event, known_hub, sailing
from tests.producers.test_dcsa_hostile import EVENTS, JSON, mutated
from tests.producers.test_dcsa_mapping import CASES

FLAT: dict[str, Any] = {
    "eventID": "E1",
    "eventCreatedDateTime": "2026-03-05T04:10:00Z",
    "eventType": "EQUIPMENT",
    "eventClassifierCode": "EST",
    "eventDateTime": "2026-03-05T12:00:00+08:00",
    "equipmentEventTypeCode": "LOAD",
    "equipmentReference": "CSQU3054383",
    "ISOEquipmentCode": "45G1",
    "emptyIndicatorCode": "LADEN",
    "delayReasonCode": "WEA",
    "changeRemark": "storm",
    "eventLocation": {
        "locationName": "Beilun",
        "latitude": "29.9",
        "longitude": "121.8",
        "UNLocationCode": "CNNGB",
        "facilityCode": "BLCT",
        "facilityCodeListProvider": "SMDG",
        "address": {"name": "gate 3", "city": "Ningbo", "country": "China"},
    },
    "transportCall": {
        "transportCallID": "TC-1",
        "carrierServiceCode": "FE4",
        "exportVoyageNumber": "013W",
        "importVoyageNumber": "012E",
        "transportCallSequenceNumber": 2,
        "UNLocationCode": "CNNGB",
        "facilityCode": "BLCT",
        "facilityCodeListProvider": "SMDG",
        "facilityTypeCode": "POTE",
        "otherFacility": "quay 2",
        "modeOfTransport": "VESSEL",
        "vessel": {
            "vesselIMONumber": "9321483",
            "vesselName": "Queen of the Canals",
            "vesselFlag": "DE",
            "vesselCallSignNumber": "NCVX",
            "vesselOperatorCarrierCode": "EXCO",
            "vesselOperatorCarrierCodeListProvider": "SMDG",
        },
    },
    "documentReferences": [
        {"documentReferenceType": "BKG", "documentReferenceValue": BOOKING},
        {"documentReferenceType": "TRD", "documentReferenceValue": "BL-1"},
    ],
    "references": [{"referenceType": "FF", "referenceValue": "F-1"}],
    "seals": [{"sealNumber": "S-1", "sealSource": "CUS", "sealType": "WIR"}],
}
NESTED: dict[str, Any] = {
    "eventID": "E1",
    "eventUpdatedDateTime": "2026-03-05T04:10:00Z",
    "eventDateTime": "2026-03-05T12:00:00+08:00",
    "reason": "storm",
    "eventClassification": {
        "eventType": "EQUIPMENT",
        "eventClassifier": "ESTIMATED",
        "equipmentEventType": "LOADED",
    },
    "eventLocation": {
        "locationName": "Beilun",
        "geoCoordinate": {"latitude": "29.9", "longitude": "121.8"},
        "UNLocationCode": "CNNGB",
        "facilityType": "PORT_TERMINAL",
        "facility": {"facilityCode": "BLCT", "facilityCodeListProvider": "SMDG"},
        "address": {"city": "Ningbo"},
    },
    "transportDetails": {
        "delayReasonCodes": ["WEA"],
        "transportCall": {
            "transportCallReference": "TC-1",
            "serviceCodeOrReference": {"carrierServiceCode": "FE4"},
            "exportVoyageNumberOrReference": {"carrierVoyageNumber": "013W"},
            "importVoyageNumberOrReference": {"carrierVoyageNumber": "012E"},
            "transportCallSequenceNumber": 2,
            "modeOfTransport": "VESSEL",
            "vesselTransport": {
                "vesselIMONumber": "9321483",
                "vesselName": "Queen of the Canals",
                "vesselFlag": "DE",
                "vesselCallSign": "NCVX",
                "operatorCarrierCode": "EXCO",
                "operatorCarrierCodeListProvider": "SMDG",
            },
        },
    },
    "shipmentDetails": {
        "additionalDocumentReferences": [
            {"type": "BOOKING", "reference": BOOKING},
            {"type": "TRANSPORT_DOCUMENT", "reference": "BL-1"},
        ],
        "shipmentReferences": [{"type": "FREIGHT_FORWARDERS_REFERENCE", "reference": "F-1"}],
    },
    "equipmentDetails": {
        "equipmentReference": "CSQU3054383",
        "ISOEquipmentCode": "45G1",
        "emptyIndicator": "LADEN",
        "seals": [{"number": "S-1", "source": "CUSTOMS", "type": "WIRE"}],
    },
}


def report_of(event: dict[str, Any]) -> CarrierReport:
    """The event as the hub reads it, its codes as words."""
    report, problems = read_report(event, "")
    assert report is not None, problems
    kind = EVENT_TYPES.word_of(report.event_type) or report.event_type
    seals = tuple(
        msgspec.structs.replace(
            seal,
            source=SEAL_SOURCES.word_of(seal.source) or seal.source,
            kind=SEAL_TYPES.word_of(seal.kind) or seal.kind,
        )
        for seal in report.seals
    )
    subtypes = SUBTYPES.get(kind)
    return msgspec.structs.replace(
        report,
        event_type=kind,
        subtype=(subtypes.word_of(report.subtype) if subtypes else None) or report.subtype,
        classifier=CLASSIFIERS.word_of(report.classifier) or report.classifier,
        seals=seals,
    )


def test_an_event_of_2_2_in_the_words_of_3_0_0() -> None:
    """Each member has its place; the name and the country of an address have none."""
    assert restate(FLAT, event_id="E1") == NESTED
    assert restate(NESTED, event_id="E1") == NESTED
    assert restate({"metadata": FLAT, "payload": {}}, event_id="E1") == NESTED


@pytest.mark.parametrize(("kind", "subtype", "details"), [case[:3] for case in CASES])
def test_the_three_dialects_say_the_same(kind: str, subtype: str, details: dict[str, Any]) -> None:
    """The two forms of 3.0.0 give the same event; 2.2 has no parties."""
    flat, codes, words = (
        restate(dcsa_event(dialect, kind, subtype, **details), event_id="E1")
        for dialect in ("2.2", "3.0.0 codes", "3.0.0 words")
    )
    assert codes == words
    assert words == dcsa_event("3.0.0 words", kind, subtype, **details)
    assert report_of(flat) == msgspec.structs.replace(
        report_of(words),
        source="/dcsa",
        facility_type=report_of(flat).facility_type,
        document=report_of(flat).document,
    )


@given(EVENTS)
@settings(max_examples=300, deadline=None)
def test_the_hub_reads_the_same_again(event: dict[str, Any]) -> None:
    """Whatever a valid event has in whatever dialect: no meaning is lost or added."""
    report, problems = read_report(event, "")
    if report is None:
        assert problems
        return
    again = report_of(restate(event, event_id=report.event_id))
    assert again == report_of(event)


@given(EVENTS, JSON)
@settings(max_examples=300, deadline=None)
def test_strange_members_do_no_harm(event: dict[str, Any], value: object) -> None:
    """Another value at any place, of any type: what the hub could read, it gives out."""
    for path in ([0], [1, 0], [2, 0, 0], [3, 1], [4, 2], [5, 1, 1], [6]):
        strange = mutated(event, path, value)
        report, _ = read_report(strange, "")
        if report is not None:
            again = report_of(restate(strange, event_id=report.event_id))
            assert again == report_of(strange)


@given(st.sampled_from(CASES), st.data())
@settings(max_examples=300, deadline=None)
def test_mixtures_of_dialects(case: tuple[Any, ...], data: st.DataObject) -> None:
    """Members of all three dialects beside and inside each other, as they are in circulation."""
    kind, subtype, details, _ = case
    mixed: dict[str, Any] = {}
    for dialect in data.draw(st.permutations(DIALECTS)):
        event = dcsa_event(dialect, kind, subtype, **details)
        for name in data.draw(st.lists(st.sampled_from(sorted(event)), unique=True)):
            into, value = mixed.get(name), event[name]
            both = isinstance(into, dict) and isinstance(value, dict)
            mixed[name] = into | value if both else value
    report, _ = read_report(mixed, "")
    if report is not None:
        assert report_of(restate(mixed, event_id=report.event_id)) == report_of(mixed)


def test_a_retraction() -> None:
    """That of 2.2 names the event in another member."""
    event = restate(FLAT | {"eventID": "E2", "retractedEventID": "E1"}, event_id="E1")
    assert event == NESTED | {"isRetracted": True}


@pytest.fixture
def schemas(foreign_data: Path) -> dict[str, Any]:
    """DCSA's own schemas of Track & Trace 3.0.0, closed."""
    file = foreign_data / "dcsa" / "tnt-v3.0.0-openapi.yaml"
    found: dict[str, Any] = msgspec.yaml.decode(file.read_bytes())["components"]["schemas"]
    found = json.loads(json.dumps(found).replace("#/components/schemas/", "#/$defs/"))
    for schema in found.values():
        schema["additionalProperties"] = False
    return found


def example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The example that the standard gives for a schema, members and items included."""
    if "allOf" in schema:
        return example_of(schema["allOf"][0], schemas)
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "example" in schema:
        return schema["example"]
    if schema["type"] == "array":
        return [example_of(schema["items"], schemas)]
    if schema["type"] != "object":
        return {"string": "text", "boolean": False, "integer": 1}[schema["type"]]
    return {name: example_of(member, schemas) for name, member in schema["properties"].items()}


def standards_examples(schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """The standard's example of an event, once for each type and subtype that it defines."""
    whole = example_of(schemas["Event"], schemas)
    found = []
    for kind, words in SUBTYPES.items():
        for word in sorted(words.words):
            event = json.loads(json.dumps(whole))
            name = f"{kind.lower()}EventType"
            event["eventClassification"] = {
                "eventType": kind,
                "eventClassifier": "ACTUAL",
                name: word,
            }
            event["eventID"] = f"{kind}-{word}"
            del event["isRetracted"]
            found.append(event)
    return found


TAKEN = {
    *("EQUIPMENT-LOADED", "EQUIPMENT-DISCHARGED", "EQUIPMENT-GATED_IN", "EQUIPMENT-GATED_OUT"),
    *("EQUIPMENT-STUFFED", "EQUIPMENT-RESEALED", "EQUIPMENT-PICKED_UP"),
    *("EQUIPMENT-DROPPED_OFF", "EQUIPMENT-CROSSED"),
    *("TRANSPORT-ARRIVED", "TRANSPORT-DEPARTED"),
}
"""The others have no event of the hub, or name a booking, a result or a declaration of nobody."""


def test_the_standards_own_examples_go_in_and_out(schemas: dict[str, Any]) -> None:
    """Each is taken or quarantined by name, and goes out as it came, all members included."""
    whole = example_of(schemas["Event"], schemas)
    call = whole["transportDetails"]["transportCall"]
    number = call["exportVoyageNumberOrReference"]["carrierVoyageNumber"]
    hub = known_hub(
        sailing(
            "V9",
            carrier_voyage_no=number,
            service_id="",
            vessel_imo="",
            etd_at=NOW.replace(year=2025, month=1),
        )
    )
    hub.takes_new_containers = True
    events = standards_examples(schemas)
    document = json.dumps({"events": events}).encode()
    entries = list(entries_of(read_bundle(document), hub, recorded_at=NOW, found_by="test"))
    taken = set()
    validator = Draft202012Validator(
        {"$ref": "#/$defs/Event", "$defs": schemas}, format_checker=FormatChecker()
    )
    for event, entry in zip(events, entries, strict=True):
        assert isinstance(entry, Accepted | Quarantined), entry
        if isinstance(entry, Accepted):
            taken.add(event["eventID"])
            (fact,) = entry.facts
            assert fact.original is not None
            out = restate(msgspec.json.decode(fact.original), event_id=event["eventID"])
            assert out == event
            validator.validate(out)
        else:
            assert entry.dead_letter.reason
    assert taken == TAKEN


def test_what_is_restated_keeps_to_the_standard(schemas: dict[str, Any]) -> None:
    """Closed schemas: an event of 2.2 leaves no member behind that 3.0.0 does not know."""
    validator = Draft202012Validator(
        {"$ref": "#/$defs/Event", "$defs": schemas}, format_checker=FormatChecker()
    )
    validator.validate(restate(FLAT | {"unknown": 1}, event_id="E1"))
    for kind, subtype, details, _ in CASES:
        for dialect in ("2.2", "3.0.0 codes", "3.0.0 words"):
            event = dcsa_event(dialect, kind, subtype, **details)
            validator.validate(restate(event, event_id="E1"))
