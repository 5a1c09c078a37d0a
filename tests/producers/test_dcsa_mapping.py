"""DCSA Track & Trace in: what each event becomes, in all three dialects."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from groupage.contracts.encoding import encode
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import (
    ConsignmentCancelled,
    ConsignmentNoted,
    HoldPlaced,
    HoldReleased,
)
from groupage.domain.events.consolidation import StuffingCompleted
from groupage.domain.events.customs import CustomsReleased, CustomsSelected
from groupage.domain.events.equipment import (
    ContainerGatedIn,
    ContainerGatedOut,
    ContainerInspected,
    ContainerMoved,
    ContainerOnBoard,
    ContainerPickedUp,
    ContainerResealed,
    ContainerSealed,
)
from groupage.domain.events.schedule import (
    CarrierBookingRolled,
    EtaUpdated,
    LegArrived,
    LegDeparted,
    SailingChanged,
)
from groupage.domain.fact import Fact
from producers.dcsa import references
from producers.dcsa.document import entries_of, read_bundle
from producers.dcsa.references import References
from producers.dead_letters import QuarantineCode as Code
from producers.entries import Accepted, Entry, Quarantined, Rejected
from producers.screening import CheckDigitRules
from tests.producers.dcsa_events import (
    BOOKING,
    CONTAINER,
    DIALECTS,
    ETD,
    NOW,
    NUMBER,
    SOURCE,
    VOYAGE,
    Dialect,
    dcsa_event,
    hub_fact,
    known_hub,
    sailing,
)

CFS = "CONTAINER_FREIGHT_STATION"
LEG = {"number": NUMBER, "service": "FE4", "mode": "VESSEL"}


def take(
    *events: object, hub: References | None = None, containers: str = "quarantine"
) -> list[Entry]:
    """The entries of a bundle of events."""
    bundle = read_bundle(json.dumps(events).encode())
    rules = CheckDigitRules(containers=containers, units="warn")  # type: ignore[arg-type]
    hub = known_hub() if hub is None else hub
    return list(entries_of(bundle, hub, recorded_at=NOW, found_by="test", rules=rules))


def facts_of(*events: object, hub: References | None = None) -> list[Fact]:
    """The facts of events that are all accepted."""
    entries = take(*events, hub=hub)
    assert all(isinstance(entry, Accepted) for entry in entries), entries
    facts = [fact for entry in entries for fact in entry.facts]  # type: ignore[union-attr]
    for fact in facts:
        encode(fact)
    return facts


def dead_letter_of(*events: object, hub: References | None = None) -> tuple[Code, str]:
    """Code and reason of the last event's dead letter."""
    entry = take(*events, hub=hub)[-1]
    assert isinstance(entry, Quarantined), entry
    return entry.dead_letter.code, entry.dead_letter.reason


CASES: list[tuple[str, str, dict[str, Any], Event]] = [
    (
        "EQUIPMENT",
        "GATED_OUT",
        {"container": CONTAINER, "empty": "EMPTY", "facility_type": "DEPOT", "locode": "CNNGB"},
        ContainerPickedUp(equipment_ref=CONTAINER),
    ),
    (
        "EQUIPMENT",
        "GATED_IN",
        {"container": CONTAINER, "empty": "EMPTY", "facility_type": CFS, "locode": "CNYIW"},
        ContainerGatedIn(equipment_ref=CONTAINER, place="CNYIU"),
    ),
    (
        "EQUIPMENT",
        "GATED_OUT",
        {"container": CONTAINER, "facility_type": CFS, "locode": "CNYIU"},
        ContainerGatedOut(equipment_ref=CONTAINER),
    ),
    (
        "EQUIPMENT",
        "GATED_IN",
        {
            "container": CONTAINER,
            "facility_type": "PORT_TERMINAL",
            "locode": "CNNGB",
            "facility": "BLCT",
        },
        ContainerMoved(equipment_ref=CONTAINER, place="CNNGB/BLCT"),
    ),
    (
        "EQUIPMENT",
        "LOADED",
        {"container": CONTAINER, "locode": "CNNBO", **LEG},
        ContainerOnBoard(equipment_ref=CONTAINER, voyage_id=VOYAGE),
    ),
    (
        "EQUIPMENT",
        "LOADED",
        {"container": CONTAINER, "locode": "SGSIN", **LEG},
        ContainerMoved(equipment_ref=CONTAINER, place="SGSIN"),
    ),
    (
        "EQUIPMENT",
        "DISCHARGED",
        {"container": CONTAINER, "locode": "NLRTM"},
        ContainerMoved(equipment_ref=CONTAINER, place="NLRTM"),
    ),
    (
        "EQUIPMENT",
        "STUFFED",
        {"container": CONTAINER, "seals": [("S-1", "CUSTOMS")], "locode": "CNYIU"},
        ContainerSealed(equipment_ref=CONTAINER, seal_no="S-1", source="CUSTOMS", seal_type="BOLT"),
    ),
    (
        "EQUIPMENT",
        "RESEALED",
        {"container": CONTAINER, "seals": [("S-2", "CARRIER")], "reason": "cut"},
        ContainerResealed(
            equipment_ref=CONTAINER,
            seal_no="S-2",
            source="CARRIER",
            seal_type="BOLT",
            reason="cut",
        ),
    ),
    (
        "EQUIPMENT",
        "STUFFED",
        {"container": CONTAINER, "forwarder": "urn:groupage:consolidation:CSL-1"},
        StuffingCompleted(consolidation_id="CSL-1"),
    ),
    (
        "EQUIPMENT",
        "INSPECTED",
        {"container": CONTAINER, "reason": "unfit: hole in the roof"},
        ContainerInspected(equipment_ref=CONTAINER, result="unfit", defects="hole in the roof"),
    ),
    (
        "EQUIPMENT",
        "CUSTOMS_SELECTED_FOR_SCAN",
        {"container": CONTAINER, "document": ("CUSTOMS_CLEARANCE", "D-1")},
        CustomsSelected(declaration_id="D-1", selection="SCAN"),
    ),
    (
        "EQUIPMENT",
        "CUSTOMS_RELEASED",
        {"document": ("CUSTOMS_CLEARANCE", "D-1"), "reason": "R-9"},
        CustomsReleased(declaration_id="D-1", reference="R-9"),
    ),
    (
        "TRANSPORT",
        "DEPARTED",
        {"locode": "CNNGB", **LEG},
        LegDeparted(voyage_id=VOYAGE, leg_id=f"{VOYAGE}#1", mode="VESSEL", place="CNNGB"),
    ),
    (
        "TRANSPORT",
        "ARRIVED",
        {"locode": "NLRTM", "booking": BOOKING, "mode": "VESSEL"},
        LegArrived(voyage_id=VOYAGE, leg_id=f"{VOYAGE}#1", mode="VESSEL", place="NLRTM"),
    ),
    (
        "SHIPMENT",
        "CANCELLED",
        {"document": ("BOOKING", BOOKING), "reason": "no space"},
        CarrierBookingRolled(
            voyage_id=VOYAGE,
            carrier_booking_id=BOOKING,
            iso_type="45G1",
            count=3,
            reason="no space",
        ),
    ),
    (
        "SHIPMENT",
        "ON_HOLD",
        {
            "document": ("CUSTOMS_CLEARANCE", "H-1"),
            "forwarder": "urn:groupage:consignment:CN-1",
            "reason": "papers",
        },
        HoldPlaced(
            consignment_id="CN-1",
            hold_id="H-1",
            hold="CUSTOMS",
            by="DCSA Track & Trace",
            reason="papers",
        ),
    ),
    (
        "SHIPMENT",
        "RELEASED",
        {"document": ("CUSTOMS_CLEARANCE", "H-1"), "forwarder": "urn:groupage:consignment:CN-1"},
        HoldReleased(consignment_id="CN-1", hold_id="H-1", by="DCSA Track & Trace"),
    ),
    (
        "SHIPMENT",
        "CANCELLED",
        {
            "document": ("BOOKING", "CN-1"),
            "forwarder": "urn:groupage:consignment:CN-1",
            "reason": "sold",
        },
        ConsignmentCancelled(consignment_id="CN-1", reason="sold"),
    ),
    (
        "SHIPMENT",
        "ISSUED",
        {"document": ("TRANSPORT_DOCUMENT", "BL-1"), "forwarder": "urn:groupage:consignment:CN-1"},
        ConsignmentNoted(
            consignment_id="CN-1", milestone="transport_document_issued", references=("BL-1",)
        ),
    ),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("kind", "subtype", "details", "expected"), CASES)
def test_what_an_event_becomes(
    dialect: Dialect, kind: str, subtype: str, details: dict[str, Any], expected: Event
) -> None:
    """The same in each dialect; its time, source and id are the sender's."""
    (fact,) = facts_of(dcsa_event(dialect, kind, subtype, **details))
    if isinstance(expected, ContainerSealed | ContainerResealed) and dialect == "2.2":
        assert fact.data.seal_type == "BLT"  # type: ignore[attr-defined]
    else:
        assert fact.data == expected
    assert fact.occurred_at == datetime(2026, 3, 5, 4, tzinfo=UTC)
    assert fact.source == ("/dcsa" if dialect == "2.2" else SOURCE)
    assert fact.event_id == "E1@2026-03-05T04:10:00.000000Z#1"
    assert fact.classifier == "ACT"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("word", "classifier"), [("ESTIMATED", "EST"), ("PLANNED", "PLN")])
def test_an_estimate_is_never_an_actual(dialect: Dialect, word: str, classifier: str) -> None:
    """Its fact keeps the classifier; it changes no state but those that hold estimates."""
    (fact,) = facts_of(
        dcsa_event(
            dialect,
            "EQUIPMENT",
            "LOADED",
            classifier=word,
            container=CONTAINER,
            locode="CNNGB",
            **LEG,
        )
    )
    assert (fact.data, fact.classifier) == (
        ContainerOnBoard(equipment_ref=CONTAINER, voyage_id=VOYAGE),
        classifier,
    )


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("subtype", "locode", "word", "expected"),
    [
        (
            "ARRIVED",
            "NLRTM",
            "ESTIMATED",
            EtaUpdated(
                voyage_id=VOYAGE,
                leg_id=f"{VOYAGE}#1",
                mode="VESSEL",
                place="NLRTM",
                eta_at=datetime(2026, 4, 7, 6, tzinfo=UTC),
            ),
        ),
        (
            "ARRIVED",
            "SGSIN",
            "ESTIMATED",
            EtaUpdated(
                voyage_id=VOYAGE,
                leg_id=f"{VOYAGE}#SGSIN",
                mode="VESSEL",
                place="SGSIN",
                eta_at=datetime(2026, 4, 7, 6, tzinfo=UTC),
            ),
        ),
        (
            "ARRIVED",
            "NLRTM",
            "PLANNED",
            SailingChanged(
                voyage_id=VOYAGE,
                reason="planned by the carrier (DCSA Track & Trace)",
                eta_at=datetime(2026, 4, 7, 6, tzinfo=UTC),
            ),
        ),
        (
            "DEPARTED",
            "CNNGB",
            "ESTIMATED",
            SailingChanged(
                voyage_id=VOYAGE,
                reason="estimated by the carrier (DCSA Track & Trace)",
                etd_at=datetime(2026, 4, 7, 6, tzinfo=UTC),
            ),
        ),
    ],
)
def test_estimates_of_a_voyage(
    dialect: Dialect, subtype: str, locode: str, word: str, expected: Event
) -> None:
    """They count from when they were made, not from when the ship is expected."""
    (fact,) = facts_of(
        dcsa_event(
            dialect,
            "TRANSPORT",
            subtype,
            classifier=word,
            at="2026-04-07T08:00:00+02:00",
            locode=locode,
            **LEG,
        )
    )
    assert fact.data == expected
    assert fact.occurred_at == datetime(2026, 3, 5, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_event_twice_is_the_same_fact(dialect: Dialect) -> None:
    """Also when the hub knows more by then."""
    event = dcsa_event(dialect, "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    hub = known_hub()
    (first,), (second,) = facts_of(event, hub=hub), facts_of(event, hub=hub)
    assert (first.event_id, first.data) == (second.event_id, second.data)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_newer_version_withdraws_the_older(dialect: Dialect) -> None:
    """Even if it is about another container; an older one that comes late changes nothing."""

    def version(container: str, updated: str) -> dict[str, Any]:
        return dcsa_event(
            dialect,
            "EQUIPMENT",
            "DISCHARGED",
            container=container,
            booking=BOOKING,
            locode="NLRTM",
            updated=updated,
        )

    hub = known_hub()
    other = "APZU4812090"
    (first,) = facts_of(version(CONTAINER, "2026-03-05T04:10:00Z"), hub=hub)
    withdrawal, second = facts_of(version(other, "2026-03-05T05:10:00Z"), hub=hub)
    assert (withdrawal.correction_of, withdrawal.retracted) == (first.event_id, True)
    assert (withdrawal.key, withdrawal.data) == (CONTAINER, first.data)
    assert (second.key, second.correction_of) == (other, None)
    (entry,) = take(version(CONTAINER, "2026-03-05T04:30:00Z"), hub=hub)
    assert entry == Accepted(facts=(), notes=("older_version",))
    # Again, as a sender that had no answer would: the same facts, and none besides.
    again = facts_of(version(other, "2026-03-05T05:10:00Z"), hub=hub)
    assert [(fact.event_id, fact.data) for fact in again] == [(second.event_id, second.data)]


def test_a_retraction_withdraws_all_versions() -> None:
    """It may carry nothing but the id; an event after it counts again."""
    hub = known_hub()
    times = ("2026-03-05T04:10:00Z", "2026-03-05T05:10:00Z")
    sent = [
        dcsa_event(
            "3.0.0 words",
            "EQUIPMENT",
            "DISCHARGED",
            container=CONTAINER,
            locode="NLRTM",
            updated=time,
        )
        for time in times
    ]
    facts_of(*sent, hub=hub)
    withdrawn = facts_of({"eventID": "E1", "isRetracted": True}, hub=hub)
    assert [fact.correction_of for fact in withdrawn] == [
        f"E1@2026-03-05T0{hour}:10:00.000000Z#1" for hour in (4, 5)
    ]
    assert all(fact.retracted and fact.source == SOURCE for fact in withdrawn)
    later = sent[0] | {"eventUpdatedDateTime": "2026-03-05T06:10:00Z"}
    (fact,) = facts_of(later, hub=hub)
    assert fact.correction_of is None


def test_a_retraction_before_version_3() -> None:
    """Event hubs named the retracted event in the metadata."""
    hub = known_hub()
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    (fact,) = facts_of(event, hub=hub)
    retraction = {
        "metadata": {
            "eventID": "E2",
            "eventType": "EQUIPMENT",
            "eventCreatedDateTime": "2026-03-05T05:10:00Z",
            "retractedEventID": "E1",
        }
    }
    (withdrawn,) = facts_of(retraction, hub=hub)
    assert withdrawn.correction_of == fact.event_id
    code, reason = dead_letter_of(retraction | {"metadata": {"retractedEventID": "E9"}}, hub=hub)
    assert code is Code.RETRACTS_UNKNOWN
    assert "'E9'" in reason


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_departure_reported_for_each_booking_is_one(dialect: Dialect) -> None:
    """Carriers send an event of the ship to each booking on it, under an id of its own."""
    hub = known_hub()
    first = dcsa_event(dialect, "TRANSPORT", "DEPARTED", locode="CNNGB", **LEG)
    assert len(facts_of(first, hub=hub)) == 1
    second = dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id="E2", locode="CNNGB", **LEG)
    assert take(second, hub=hub) == [Accepted(facts=(), notes=("reported_before",))]
    other = dcsa_event(
        dialect,
        "TRANSPORT",
        "DEPARTED",
        event_id="E3",
        at="2026-03-05T13:00:00+08:00",
        locode="CNNGB",
        **LEG,
    )
    assert len(facts_of(other, hub=hub)) == 1


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
            {"number": "999E", "booking": BOOKING, "mode": "VESSEL", "locode": "CNNGB"},
            Code.UNKNOWN_REFERENCE,
            f"carrier booking {BOOKING}",
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
            {"locode": "SGSIN", **LEG},
            Code.NO_HUB_EVENT,
            "its call at SGSIN",
        ),
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


def test_two_voyages_with_one_number() -> None:
    """Service, place, time and booking tell them apart; else both are named."""
    hub = known_hub(
        sailing("AE1/260306", service_id="AE1"),
        sailing("FE4/260806", etd_at=ETD + timedelta(days=150)),
    )
    departed = dcsa_event("2.2", "TRANSPORT", "DEPARTED", locode="CNNGB", **LEG)
    (fact,) = facts_of(departed, hub=hub)
    assert fact.key == VOYAGE
    unclear = dcsa_event(
        "2.2", "TRANSPORT", "DEPARTED", event_id="E2", locode="CNNGB", number=NUMBER, mode="VESSEL"
    )
    code, reason = dead_letter_of(unclear, hub=hub)
    assert code is Code.AMBIGUOUS_REFERENCE
    assert f"AE1/260306, {VOYAGE}" in reason
    booked = unclear | {"documentReferences": [_booking()], "eventID": "E4"}
    booked["eventDateTime"] = "2026-03-05T12:30:00+08:00"
    (by_booking,) = facts_of(booked, hub=hub)
    assert by_booking.key == VOYAGE


def _booking() -> dict[str, str]:
    return {"documentReferenceType": "BKG", "documentReferenceValue": BOOKING}


def test_a_universal_voyage_reference() -> None:
    """It names the voyage as well as the carrier's number does."""
    event = dcsa_event("3.0.0 words", "TRANSPORT", "DEPARTED", locode="CNNGB", mode="VESSEL")
    call = event["transportDetails"]["transportCall"]
    call["importVoyageNumberOrReference"] = {"universalVoyageReference": "2613W"}
    (fact,) = facts_of(event)
    assert fact.key == VOYAGE


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


def test_new_containers_are_taken_where_wanted() -> None:
    """An import into a hub that does not know them yet."""
    hub = References(takes_new_containers=True)
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    assert len(facts_of(event, hub=hub)) == 1


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


def test_an_event_that_is_too_large_is_kept() -> None:
    """A fact carries its event, and a Kafka record is not that large."""
    event = dcsa_event("2.2", "EQUIPMENT", "DISCHARGED", container=CONTAINER, locode="NLRTM")
    event["padding"] = "x" * 300_000
    assert dead_letter_of(event)[0] is Code.TOO_LARGE


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten: sailings with their numbers, containers, events."""
    for name in ("VOYAGES_MAX", "CONTAINERS_MAX", "REPORTS_MAX"):
        monkeypatch.setattr(references, name, 3)
    hub = References(takes_new_containers=True)
    for number in range(10):
        hub.note(hub_fact(sailing(f"V{number}", carrier_voyage_no=f"{number}E"), f"{number}"))
        event = dcsa_event(
            "2.2",
            "EQUIPMENT",
            "DISCHARGED",
            event_id=f"E{number}",
            container=f"C{number}",
            locode="NLRTM",
        )
        take(event, hub=hub, containers="warn")
    assert list(hub.voyages) == ["V7", "V8", "V9"]
    assert list(hub.containers) == ["C7", "C8", "C9"]
    assert [bool(hub.versions_of("/dcsa", f"E{n}")) for n in range(10)] == [False] * 7 + [True] * 3
    gone = dcsa_event("2.2", "TRANSPORT", "DEPARTED", number="1E", mode="VESSEL", locode="CNNGB")
    assert dead_letter_of(gone, hub=hub)[0] is Code.UNKNOWN_REFERENCE
    (version,) = hub.versions_of("/dcsa", "E9").values()
    assert all(fact.original is None for fact in version.facts.values())


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("word", ["PLANNED", "ESTIMATED"])
def test_a_plan_does_not_hide_what_happened(dialect: Dialect, word: str) -> None:
    """Even if it happened at the planned time."""
    hub = known_hub()
    departure = {"locode": "SGSIN", **LEG}
    facts_of(dcsa_event(dialect, "TRANSPORT", "DEPARTED", classifier=word, **departure), hub=hub)
    (fact,) = facts_of(
        dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id="E2", **departure), hub=hub
    )
    assert fact.classifier == "ACT"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_retracted_report_may_be_made_again(dialect: Dialect) -> None:
    """Under another id: nothing says so any more."""
    hub = known_hub()
    first = dcsa_event(dialect, "TRANSPORT", "DEPARTED", locode="CNNGB", **LEG)
    facts_of(first, hub=hub)
    retraction = {"eventID": "E1", "isRetracted": True}
    facts_of(retraction, hub=hub)
    second = dcsa_event(dialect, "TRANSPORT", "DEPARTED", event_id="E2", locode="CNNGB", **LEG)
    assert len(facts_of(second, hub=hub)) == 1
