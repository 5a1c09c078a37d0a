"""DCSA Track & Trace in: what is quarantined or rejected, and by which name."""

import json
from typing import Any

import pytest

from groupage.domain.errors import InvalidInput
from producers.dcsa.document import entries_of, read_bundle
from producers.dead_letters import QuarantineCode as Code
from producers.entries import Accepted, Entry, Quarantined, Rejected
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    DIALECTS,
    NOW,
    NUMBER,
    VOYAGE,
    Dialect,
    dcsa_event,
    known_hub,
)
from tests.producers.dcsa_results import LEG, dead_letter_of, take


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("kind", "subtype", "details", "code", "named"),
    [
        (
            "EQUIPMENT",
            "GTOO",
            {"container": CONTAINER},
            Code.UNKNOWN_CODE,
            "equipment event type 'GTOO' is not defined by DCSA",
        ),
        (
            "EQUIPMENT",
            "DISCHARGED",
            {"container": CONTAINER, "classifier": "MAYBE", "locode": "NLRTM"},
            Code.UNKNOWN_CODE,
            "event classifier 'MAYBE'",
        ),
        (
            "EQUIPMENT",
            "STUFFED",
            {"container": CONTAINER, "seals": [("S-1", "POLICE")]},
            Code.UNKNOWN_CODE,
            "seal source 'POLICE' of seal S-1",
        ),
        (
            "EQUIPMENT",
            "STRIPPED",
            {"container": CONTAINER},
            Code.NO_HUB_EVENT,
            "EQUIPMENT STRIPPED",
        ),
        ("REEFER", "MEASURED", {"container": CONTAINER}, Code.NO_HUB_EVENT, "REEFER MEASURED"),
        ("IOT", "DOOR_OPENED", {"container": CONTAINER}, Code.NO_HUB_EVENT, "IOT DOOR_OPENED"),
        (
            "EQUIPMENT",
            "DISCHARGED",
            {"container": "APZU4812090", "booking": "NONE-1", "locode": "NLRTM"},
            Code.UNKNOWN_REFERENCE,
            "no container APZU4812090 and no carrier booking NONE-1",
        ),
        (
            "EQUIPMENT",
            "DISCHARGED",
            {"container": CONTAINER},
            Code.NO_HUB_EVENT,
            "neither a UN/LOCODE nor a place",
        ),
        (
            "TRANSPORT",
            "DEPARTED",
            {"number": "999E", "service": "FE4", "mode": "VESSEL", "locode": "CNNGB"},
            Code.UNKNOWN_REFERENCE,
            "no voyage of the hub has voyage number 999E, service FE4",
        ),
        (
            "TRANSPORT",
            "DEPARTED",
            {"number": "999E", "booking": "NONE-1", "mode": "VESSEL", "locode": "CNNGB"},
            Code.UNKNOWN_REFERENCE,
            "no voyage of the hub has voyage number 999E, carrier booking NONE-1",
        ),
        (
            "TRANSPORT",
            "DEPARTED",
            {"number": NUMBER, "service": "AE1", "mode": "VESSEL", "locode": "CNNGB"},
            Code.UNKNOWN_REFERENCE,
            "service AE1",
        ),
        (
            "TRANSPORT",
            "ARRIVED",
            {"locode": "NLRTM", "classifier": "REQUESTED", **LEG},
            Code.NO_HUB_EVENT,
            "ARRIVED is requested",
        ),
        ("TRANSPORT", "ARRIVED", LEG, Code.UNKNOWN_REFERENCE, f"{VOYAGE} names no place"),
        (
            "TRANSPORT",
            "DEPARTED",
            {"locode": "CNNGB", **(LEG | {"mode": "BARGE"})},
            Code.NO_HUB_EVENT,
            "'BARGE'",
        ),
        (
            "SHIPMENT",
            "CANCELLED",
            {"document": ("BOOKING", "NONE-1")},
            Code.UNKNOWN_REFERENCE,
            "no carrier booking NONE-1",
        ),
        (
            "SHIPMENT",
            "CONFIRMED",
            {"document": ("BOOKING", BOOKING)},
            Code.NO_HUB_EVENT,
            "SHIPMENT CONFIRMED of BOOKING",
        ),
        (
            "EQUIPMENT",
            "CUSTOMS_RELEASED",
            {"container": CONTAINER},
            Code.UNKNOWN_REFERENCE,
            "names 0 declarations",
        ),
    ],
)
def test_what_is_quarantined_is_named(
    dialect: Dialect, kind: str, subtype: str, details: dict[str, Any], code: Code, named: str
) -> None:
    """The reason names the code or the reference; the event itself is kept."""
    event = dcsa_event(dialect, kind, subtype, **details)
    (entry,) = take(event)
    assert isinstance(entry, Quarantined), entry
    assert entry.dead_letter.code is code
    assert named in entry.dead_letter.reason
    assert json.loads(entry.dead_letter.value) == event
    assert entry.dead_letter.event_id == "E1"


WRONG_DIGIT = "APZU4812091"


@pytest.mark.parametrize(
    ("policy", "result"), [("reject", Rejected), ("quarantine", Quarantined), ("warn", Accepted)]
)
def test_check_digits_by_policy(policy: str, result: type[Entry]) -> None:
    """Most container numbers in DCSA's own examples fail ISO 6346."""
    event = dcsa_event(
        "2.2", "EQUIPMENT", "DISCHARGED", container=WRONG_DIGIT, booking=BOOKING, locode="NLRTM"
    )
    (entry,) = take(event, containers=policy)
    assert isinstance(entry, result)
    if isinstance(entry, Quarantined):
        assert entry.dead_letter.code is Code.CHECK_DIGIT


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"eventID": 123456789}, "eventID"),
        ({"eventDateTime": None}, "eventDateTime"),
        ({"eventDateTime": "2019/11/12 07:41:00 +08:30"}, "eventDateTime"),
        ({"eventDateTime": "2019-11-12T07:41:00"}, "eventDateTime"),
        ({"eventCreatedDateTime": None}, "eventUpdatedDateTime"),
        ({"eventCreatedDateTime": "2021 01 01 14:12:56"}, "eventCreatedDateTime"),
        ({"eventType": None}, "eventClassification.eventType"),
        ({"equipmentEventTypeCode": None}, "eventClassification.equipmentEventType"),
        ({"eventClassifierCode": 7}, "eventClassifierCode"),
        ({"eventLocation": "KRPUS"}, "eventLocation"),
        ({"seals": {"sealNumber": "1"}}, "seals"),
        ({"seals": ["1"]}, "seals[0]"),
        ({"isRetracted": "yes"}, "isRetracted"),
        ({"equipmentReference": "x" * 501}, "equipmentReference"),
    ],
)
def test_what_breaks_the_standard_is_rejected(changes: dict[str, Any], field: str) -> None:
    """With the field, its value and what is right."""
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    event |= changes
    (entry,) = take({name: value for name, value in event.items() if value is not None})
    assert isinstance(entry, Rejected)
    assert f"[0].{field}" in [problem.field for problem in entry.problems]


def test_an_event_inside_another_list_is_rejected() -> None:
    """As in the conformance suite's wrong structure."""
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    (entry,) = take({"someEvents": [event]})
    assert isinstance(entry, Rejected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "7",
        '"text"',
        "{}",
        '{"event": []}',
        '{"events": 7}',
        "[" * 50_000,
        '{"events": [' + "[" * 50_000,
        '{"events": [], "events": [{}]}',
        r'{"events": [], "\u0065vents": [{}]}',
    ],
)
def test_other_documents_are_refused(text: str) -> None:
    """A sentence says what is wrong."""
    with pytest.raises(InvalidInput):
        read_bundle(text.encode())


@pytest.mark.parametrize(
    "event", [b'{"eventID": "1", "eventID": "2"}', b'{"eventID": "\xff"}', b"[]", b"7"]
)
def test_one_broken_event_does_not_spoil_the_others(event: bytes) -> None:
    """It is rejected with its path."""
    good = json.dumps(
        dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    ).encode()
    bundle = read_bundle(b"[" + event + b"," + good + b"]")
    first, second = entries_of(bundle, known_hub(), recorded_at=NOW, found_by="test")
    assert isinstance(first, Rejected)
    assert first.problems[0].field.startswith("[0]")
    assert isinstance(second, Accepted)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_event_without_a_list_around_it(dialect: Dialect) -> None:
    """It is taken as a list of one, or rejected by what is wrong with it."""
    event = dcsa_event(dialect, "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    for given in (event, {"metadata": event, "payload": {}}):
        bundle = read_bundle(json.dumps(given).encode())
        (entry,) = entries_of(bundle, known_hub(), recorded_at=NOW, found_by="test")
        assert isinstance(entry, Accepted)
    bundle = read_bundle(json.dumps(event | {"eventDateTime": 7}).encode())
    (entry,) = entries_of(bundle, known_hub(), recorded_at=NOW, found_by="test")
    assert isinstance(entry, Rejected)


@pytest.mark.parametrize(("depth", "result"), [(49, Accepted), (50, Rejected), (900, Rejected)])
def test_an_event_that_nests_deeply_is_rejected(depth: int, result: type[Entry]) -> None:
    """It is given out again, by programs that recurse."""
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    text = json.dumps(event)[:-1] + ', "padding": ' + "[" * depth + "]" * depth + "}"
    (entry,) = entries_of(read_bundle(text.encode()), known_hub(), recorded_at=NOW, found_by="test")
    assert isinstance(entry, result)
    if isinstance(entry, Rejected):
        assert "at most 50" in entry.problems[0].message


def test_an_event_that_is_too_large_is_kept() -> None:
    """A fact carries its event, and a Kafka record is not that large."""
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    event["padding"] = "x" * 300_000
    assert dead_letter_of(event)[0] is Code.TOO_LARGE
