"""The hub's own facts as EPCIS events: valid by GS1's schema, and read again as the same facts."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from groupage.contracts.examples import example_fact
from groupage.contracts.texts import find_wrong_texts
from groupage.domain.catalogue import EVENTS
from groupage.domain.events import unit
from groupage.domain.events.base import Dimensions, Event
from groupage.domain.events.consignment import AnnouncedUnit, AsnReceived, ReceiptDiscrepancy
from groupage.domain.events.customs import CustomsReleased
from groupage.domain.fact import Fact
from groupage.domain.namespaces import Namespaces
from groupage.store.own_events import FORM
from producers.entries import Accepted, Quarantined
from producers.epcis import own_meanings
from producers.epcis.checks import check_event
from producers.epcis.importing import EVENT_BYTES_MAX, entries_of
from producers.epcis.outgoing import EPCS_MAX, HubPlace, event_id_of, events_of, has_meaning
from producers.epcis.own_meanings import MEANINGS, TYPES, WITHOUT_MEANING
from producers.epcis.own_parts import Around, container_epc, place_id, seal_urn, unit_epc
from producers.epcis.reading import read_json
from producers.screening import CheckDigitRules
from tests.producers.epcis_events import NOW, document
from tests.producers.test_epcis_schema import schema_of
from tests.random_events import facts_of

LENIENT = CheckDigitRules(containers="warn", units="warn")
HUB = HubPlace("hub", "Asia/Shanghai")
SSCC = "350000000000000013"
SSCC_LINK = "https://id.gs1.org/00/350000000000000013"
LOST: dict[str, dict[str, Any]] = {
    "unit.received": {"pieces": 1, "photo_ref": ""},
    "unit.measured": {
        "calibration_id": "",
        "declared_size": None,
        "declared_gross_g": None,
        "delta_permille": None,
    },
    "unit.stored": {"zone": ""},
    "unit.moved": {"zone": ""},
    "unit.repacked": {},
    "unit.packed": {},
    "unit.unpacked": {},
    "unit.staged": {"sequence": 0},
    "unit.loaded": {"standing": None, "as_planned": None, "deviation": ""},
    "unit.unloaded": {"reason": ""},
    "unit.shipped": {},
    "container.picked_up": {"plate": ""},
    "container.gated_in": {},
    "container.inspected": {"defects": ""},
    "container.sealed": {"source": "CONSOLIDATOR", "seal_type": ""},
    "container.resealed": {
        "source": "CONSOLIDATOR",
        "seal_type": "",
        "old_seal_no": "",
        "reason": "replacing",
    },
    "container.gated_out": {"plate": ""},
    "container.moved": {"move": None, "vessel_imo": "", "carrier_voyage_no": ""},
    "container.on_board": {},
    "vgm.verified": {"method": "SM1", "party": ""},
    "container.weighed": {},
}
"""Events that are read again as they were, with what is lost on the way."""


def occurred(event: Event, **envelope: Any) -> Fact:
    """A fact of the event, at eight in the morning at the hub."""
    made = Fact(
        event_id="e-1",
        source="/wms/yiwu-1",
        key=event.key,
        occurred_at=datetime(2026, 3, 2, tzinfo=UTC),
        recorded_at=datetime(2026, 3, 2, 0, 0, 3, tzinfo=UTC),
        data=event,
    )
    return msgspec.structs.replace(made, **envelope)


def made(event: Event, around: Around | None = None) -> list[dict[str, Any]]:
    """The EPCIS events of an event of the hub."""
    return events_of(occurred(event), HUB, around or Around())


def stated(fact: Fact) -> Fact:
    """The fact as a system outside states it."""
    return msgspec.structs.replace(fact, classifier="ACT", retracted=False, source="/wms/yiwu-1")


@pytest.mark.parametrize("name", TYPES)
def test_what_is_made_is_valid(name: str, foreign_data: Path) -> None:
    """By GS1's schema and by our own checks, whatever texts and figures the fact has."""
    schema = schema_of(foreign_data / "epcis" / "json-schema")

    @settings(max_examples=40, deadline=None)
    @given(fact=facts_of(EVENTS[name]))
    def check(fact: Fact) -> None:
        for event in events_of(stated(fact), HUB, Around()):
            schema.validate({**event, "eventID": event_id_of("0" * 32)})
            assert check_event(event, "", Namespaces()) == []

    check()


@pytest.mark.parametrize("name", LOST)
def test_what_is_made_is_read_as_the_same_fact(name: str) -> None:
    """But for the fields that EPCIS has no place for, and the sender's id and source."""

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
    @given(fact=facts_of(EVENTS[name]))
    def check(fact: Fact) -> None:
        fact = stated(fact)
        assume(not any(find_wrong_texts(fact.data)))  # the entrances take no such text
        expected = as_read(fact.data)
        events = events_of(fact, HUB, Around())
        if expected is None:
            return
        (entry,) = entries_of(
            read_json(document(*events)), recorded_at=NOW, found_by="test", rules=LENIENT
        )
        assert isinstance(entry, Accepted), (entry, events)
        (again,) = entry.facts
        assert again.data == expected, events
        assert again.occurred_at == fact.occurred_at

    check()


def as_read(event: Any) -> Any:
    """The event without what is lost; None: it has a value that EPCIS does not tell from others."""
    event = msgspec.structs.replace(event, **LOST[event.name])
    match event:
        case unit.UnitReceived(condition="wet"):
            return msgspec.structs.replace(event, condition="damaged")
        case unit.UnitRepacked():
            if not (event.inputs and event.outputs):
                return None
            single = len(event.outputs) == 1
            return msgspec.structs.replace(
                event,
                unit_id=event.outputs[0],
                inputs=tuple(dict.fromkeys(event.inputs)),
                outputs=tuple(dict.fromkeys(event.outputs)),
                size=event.size if single else None,
                gross_g=event.gross_g if single else None,
            )
    if event.name == "container.inspected" and event.result == "unfit":
        return msgspec.structs.replace(event, defects="non_conformant")
    if event.name == "container.weighed" and event.gross_g is None:
        return None
    return event


@pytest.mark.parametrize("name", sorted(set(TYPES) - set(LOST)))
def test_what_reads_otherwise_never_reads_as_something_that_did_not_happen(name: str) -> None:
    """Events that the reader cannot give back become the same event with less, or wait."""

    @settings(max_examples=40, deadline=None)
    @given(fact=facts_of(EVENTS[name]))
    def check(fact: Fact) -> None:
        for event in events_of(stated(fact), HUB, Around()):
            (entry,) = entries_of(read_json(document(event)), recorded_at=NOW, found_by="test")
            if isinstance(entry, Accepted):
                assert {each.type for each in entry.facts} == {name}

    check()


def test_a_measured_carton() -> None:
    """Edges and mass are reports of a sensor; times are the hub's clock's."""
    event = unit.UnitMeasured(
        unit_id=SSCC,
        consignment_id="CN 1",
        size=Dimensions(length_mm=500, width_mm=400, height_mm=300),
        gross_g=9_000,
        device="DIM-2",
    )
    assert made(event) == [
        {
            "type": "ObjectEvent",
            "eventTime": "2026-03-02T08:00:00+08:00",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "bizStep": "inspecting",
            "epcList": [SSCC_LINK],
            "bizTransactionList": [
                {
                    "type": "urn:groupage:btt:consignment",
                    "bizTransaction": "urn:groupage:consignment:CN%201",
                }
            ],
            "sensorElementList": [
                {
                    "sensorMetadata": {"deviceID": "urn:groupage:device:DIM-2"},
                    "sensorReport": [
                        {"type": "Length", "component": "x", "value": 500, "uom": "MMT"},
                        {"type": "Length", "component": "y", "value": 400, "uom": "MMT"},
                        {"type": "Length", "component": "z", "value": 300, "uom": "MMT"},
                        {"type": "Mass", "value": 9_000, "uom": "GRM"},
                    ],
                }
            ],
            "bizLocation": {"id": "urn:groupage:hub:hub"},
        }
    ]


def test_a_carton_in_its_container() -> None:
    """The container is the parent, by its BIC code; unloading takes the carton out."""
    ref = "CSQU3054383"
    (loaded,) = made(unit.UnitLoaded(unit_id="A-1", equipment_ref=ref, consolidation_id="C/1"))
    (unloaded,) = made(unit.UnitUnloaded(unit_id="A-1", equipment_ref=ref))
    for event, action, step in ((loaded, "ADD", "loading"), (unloaded, "DELETE", "unloading")):
        assert event["type"] == "AggregationEvent"
        assert (event["action"], event["bizStep"]) == (action, step)
        assert event["parentID"] == "urn:epc:id:bic:CSQU3054383"
        assert event["childEPCs"] == ["urn:groupage:unit:A-1"]
    assert loaded["bizTransactionList"][0]["bizTransaction"] == "urn:groupage:consolidation:C/1"


def test_customs_release_the_consignments_of_the_declaration() -> None:
    """Which these are another fact says; without it the declaration itself is the object."""
    event = CustomsReleased(declaration_id="D-1")
    (with_them,) = made(event, Around(consignment_ids=("CN-1", "CN-2")))
    assert with_them["epcList"] == [
        "urn:groupage:consignment:CN-1",
        "urn:groupage:consignment:CN-2",
    ]
    assert with_them["persistentDisposition"] == {"unset": ["unavailable"]}
    assert made(event)[0]["epcList"] == ["urn:groupage:declaration:D-1"]


def test_cartons_without_ids_are_a_number() -> None:
    """Damaged ones that the tally names are read again."""
    over = ReceiptDiscrepancy(consignment_id="CN-1", discrepancy="over", pieces=3)
    (event,) = made(over)
    assert event["quantityList"] == [{"epcClass": "urn:groupage:cartons:CN-1", "quantity": 3}]
    assert "epcList" not in event
    damaged = ReceiptDiscrepancy(
        consignment_id="CN-1", discrepancy="damaged", pieces=1, unit_ids=(SSCC,)
    )
    (entry,) = entries_of(read_json(document(*made(damaged))), recorded_at=NOW, found_by="test")
    assert isinstance(entry, Accepted)
    assert entry.facts[0].data == damaged


def test_missing_cartons_are_not_seen() -> None:
    """Their consignment is: a reader would take a carton that is named for one that is there."""
    short = ReceiptDiscrepancy(
        consignment_id="CN-1", discrepancy="short", pieces=1, unit_ids=(SSCC,)
    )
    (event,) = made(short)
    assert event["epcList"] == ["urn:groupage:consignment:CN-1"]
    assert event["disposition"] == "mismatch_quantity"


def test_a_long_announcement_is_several_events() -> None:
    """Each is small enough for any hub, and together they name each carton once."""
    names = [f"{number:018}" for number in range(EPCS_MAX + 1)]
    units = tuple(AnnouncedUnit(unit_id=name) for name in (*names, names[0]))
    events = made(AsnReceived(consignment_id="CN-1", units=units))
    assert [len(event["epcList"]) for event in events] == [EPCS_MAX, 1]
    assert all(len(msgspec.json.encode(event)) < EVENT_BYTES_MAX for event in events)
    assert len({epc for event in events for epc in event["epcList"]}) == len(names)


@pytest.mark.parametrize(
    ("unit_id", "epc"),
    [
        (SSCC, SSCC_LINK),
        (
            "https://id.gs1.org/01/04012345111118/21/9876",
            "https://id.gs1.org/01/04012345111118/21/9876",
        ),
        ("CARTON 7/å", "urn:groupage:unit:CARTON%207/%C3%A5"),
        ("CSQU3054383", "urn:groupage:unit:CSQU3054383"),
        (
            "https://id.gs1.org/414/4012345000054",
            "urn:groupage:unit:https://id.gs1.org/414/4012345000054",
        ),
        ("urn:example:7", "urn:example:7"),
        ("a:b c", "urn:groupage:unit:a:b%20c"),
    ],
)
def test_names_of_cartons(unit_id: str, epc: str) -> None:
    """GS1 keys by their Digital Link, URIs as they are, all others by a URN of the hub."""
    assert unit_epc(unit_id) == epc


def test_names_of_other_things() -> None:
    """SGLN and BIC codes where there are any."""
    assert container_epc("TRAILER 1") == "urn:groupage:container:TRAILER%201"
    assert place_id("DOCK-3") == "urn:groupage:location:DOCK-3"
    assert place_id("urn:epc:id:sgln:4012345.00005.0") == "https://id.gs1.org/414/4012345000054"
    assert seal_urn("CN:1/2") == "urn:groupage:seal:CN%3A1%2F2"
    assert HubPlace("https://id.gs1.org/414/4012345000054", "UTC").id.startswith("https://")


@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_have_an_offset_of_epcis(at: datetime) -> None:
    """The hub's own, but for the odd ones of long ago."""
    text, offset = HUB.local_times(at)
    assert datetime.fromisoformat(text) == at
    assert text.endswith(offset)
    assert offset in ("+08:00", "+09:00", "+00:00")


@pytest.mark.parametrize(
    "envelope",
    [
        {"classifier": "PLN"},
        {"classifier": "EST"},
        {"retracted": True, "correction_of": "e-0"},
        {"source": "/epcis"},
    ],
)
def test_what_did_not_happen_or_came_as_epcis_is_not_made(envelope: dict[str, Any]) -> None:
    """A plan is not an observation, and a captured event goes out as it came."""
    fact = occurred(unit.UnitReceived(unit_id=SSCC), **envelope)
    assert not has_meaning(fact)
    assert events_of(fact, HUB, Around()) == []


def test_each_public_event_has_a_meaning_or_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new event class without a declaration is an error when the module is imported."""
    assert not MEANINGS.keys() & WITHOUT_MEANING.keys()

    class Forgotten(unit.UnitEvent, frozen=True, kw_only=True):
        """An event that nobody thought of."""

        name = "unit.forgotten"

    monkeypatch.setattr(own_meanings, "EVENTS", {**EVENTS, "unit.forgotten": Forgotten})
    with pytest.raises(TypeError, match=r"unit\.forgotten"):
        own_meanings._complete()


def test_only_quarantined_where_the_reader_has_no_event() -> None:
    """A truck's arrival is kept for queries, and changes nothing at the hub that reads it."""
    event = EVENTS["truck.arrived"](visit_id="V-1", consignment_ids=("CN-1",))
    (entry,) = entries_of(read_json(document(*made(event))), recorded_at=NOW, found_by="test")
    assert isinstance(entry, Quarantined)
    assert entry.captured is not None


def test_other_events_have_another_form() -> None:
    """Events that an older version made are made again only if the form's number rises."""
    made_of_examples = {
        name: events_of(stated(example_fact(EVENTS[name])), HUB, Around()) for name in TYPES
    }
    digest = sha256(msgspec.json.encode(made_of_examples, order="sorted")).hexdigest()[:16]
    assert {FORM: digest} == {1: "313437d13bf731a6"}, (
        "facts become other EPCIS events than before: raise FORM in groupage/store/own_events.py "
        "unless no release has it, and enter number and digest here"
    )
