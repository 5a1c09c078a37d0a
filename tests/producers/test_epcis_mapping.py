"""EPCIS events become facts: receiving, measuring, packing, loading, shipping, corrections."""

from datetime import UTC, datetime
from typing import Any

import pytest

from groupage.domain.events.base import Dimensions
from groupage.domain.events.consignment import AsnReceived, HoldPlaced, HoldReleased
from groupage.domain.events.equipment import (
    ContainerGatedOut,
    ContainerInspected,
    ContainerOnBoard,
    ContainerResealed,
    ContainerSealed,
    ContainerUnsealed,
    ContainerWeighed,
    VgmVerified,
)
from groupage.domain.events.unit import (
    UnitLoaded,
    UnitMeasured,
    UnitPacked,
    UnitReceived,
    UnitRepacked,
    UnitShipped,
    UnitStored,
    UnitUnloaded,
    UnitUnpacked,
)
from producers.entries import Accepted, Quarantined
from tests.producers.epcis_events import (
    BOX,
    BOX_URN,
    CARTON,
    CARTON_LINK,
    CARTON_URN,
    NOW,
    SSCC,
    SSCC_URN,
    event,
    facts,
    mapped_events,
    results_of,
    unmapped_code,
)


def test_urn_and_digital_link_are_the_same_unit() -> None:
    """All spellings of a carton's id give the same key."""
    raw_event = event(bizStep="receiving", epcList=[CARTON_URN, SSCC_URN])
    two = event(bizStep="receiving", epcList=[CARTON_LINK, f"https://id.gs1.org/00/{SSCC}"])
    assert (
        [fact.key for fact in facts(raw_event)]
        == [fact.key for fact in facts(two)]
        == [CARTON, SSCC]
    )


@pytest.mark.parametrize(
    "step",
    [
        "receiving",
        "urn:epcglobal:cbv:bizstep:receiving",
        "https://ref.gs1.org/cbv/BizStep-receiving",
        "cbv:BizStep-receiving",
    ],
)
def test_receiving_in_each_form_of_the_word(step: str) -> None:
    """All forms of a CBV word mean the same; the envelope keeps both times."""
    raw_event = event(bizStep=step, disposition="damaged", epcList=[SSCC_URN])
    (fact,) = facts(raw_event)
    assert fact.data == UnitReceived(unit_id=SSCC, condition="damaged")
    assert (fact.occurred_at, fact.recorded_at) == (datetime(2026, 3, 1, tzinfo=UTC), NOW)
    assert fact.event_id == f"{raw_event['eventID']}#1"


@pytest.mark.parametrize(
    ("uom", "edges", "mass_uom", "mass"),
    [
        ("MTR", (0.6, 0.4, 0.355), "KGM", 12.5),
        ("CMT", (60, 40, 35.5), "GRM", 12_500),
        ("MMT", (600, 400, 355), "TNE", 0.0125),
        ("INH", (23.622047, 15.748031, 13.976378), "LBR", 27.557783),
    ],
)
def test_dimensions_and_mass_in_any_unit(
    uom: str, edges: tuple[float, float, float], mass_uom: str, mass: float
) -> None:
    """Sensor reports in metres or inches, kilograms or pounds are the same mm and g."""
    reports = [
        {"type": "Length", "component": f"cbv:Comp-{axis}", "value": value, "uom": uom}
        for axis, value in zip("xyz", edges, strict=True)
    ]
    reports.append({"type": "Mass", "value": mass, "uom": mass_uom})
    element = {"sensorMetadata": {"deviceID": "urn:epc:id:giai:4000001.111"}}
    raw_event = event(
        bizStep="inspecting",
        epcList=[SSCC_URN],
        sensorElementList=[element | {"sensorReport": reports}],
    )
    assert mapped_events(raw_event) == [
        UnitMeasured(
            unit_id=SSCC,
            size=Dimensions(length_mm=600, width_mm=400, height_mm=355),
            gross_g=12_500,
            device="urn:epc:id:giai:4000001.111",
        )
    ]


def test_half_a_measurement_is_put_aside() -> None:
    """A mass without edges says what is missing instead of inventing it."""
    reports = [{"type": "Mass", "value": 3, "uom": "KGM"}]
    raw_event = event(
        bizStep="inspecting", epcList=[SSCC_URN], sensorElementList=[{"sensorReport": reports}]
    )
    (entry,) = results_of(raw_event)
    assert isinstance(entry, Quarantined)
    assert entry.dead_letter.reason == "missing: length, width, height"


def test_packing_and_loading() -> None:
    """ADD to a pallet packs, ADD to a container loads, DELETE takes out again."""
    both = [CARTON_URN, SSCC_URN]
    pallet = "urn:epc:id:sscc:0614141.9999999999"
    pallet_id = "906141419999999997"
    packed = event("AggregationEvent", bizStep="packing", parentID=pallet, childEPCs=both)
    loaded = event("AggregationEvent", bizStep="loading", parentID=BOX_URN, childEPCs=both)
    assert mapped_events(packed) == [
        UnitPacked(unit_id=unit_id, parent_id=pallet_id) for unit_id in (CARTON, SSCC)
    ]
    assert mapped_events(loaded) == [
        UnitLoaded(unit_id=unit_id, equipment_ref=BOX) for unit_id in (CARTON, SSCC)
    ]
    assert mapped_events(packed | {"action": "DELETE", "bizStep": "unpacking"}) == [
        UnitUnpacked(unit_id=unit_id, parent_id=pallet_id) for unit_id in (CARTON, SSCC)
    ]
    assert mapped_events(loaded | {"action": "DELETE", "bizStep": "unloading"}) == [
        UnitUnloaded(unit_id=unit_id, equipment_ref=BOX) for unit_id in (CARTON, SSCC)
    ]


def test_shipping_storing_and_containers() -> None:
    """Units and containers in the same event give different events."""
    place: dict[str, Any] = {"readPoint": {"id": "urn:epc:id:sgln:0614141.07346.0"}}
    link = "https://id.gs1.org/414/0614141073467"
    assert mapped_events(event(bizStep="shipping", epcList=[BOX_URN, SSCC_URN], **place)) == [
        ContainerGatedOut(equipment_ref=BOX),
        UnitShipped(unit_id=SSCC, place=link),
    ]
    assert mapped_events(event(bizStep="storing", epcList=[SSCC_URN], **place)) == [
        UnitStored(unit_id=SSCC, location=link)
    ]
    vessel = event(
        "AggregationEvent",
        bizStep="loading",
        parentID="https://id.gs1.org/8004/4000001IMO9321483",
        childEPCs=[BOX_URN],
    )
    assert mapped_events(vessel) == [ContainerOnBoard(equipment_ref=BOX)]


def test_container_inspection_and_weight() -> None:
    """The disposition says fit or unfit; a mass is a weight, and with a certificate the VGM."""
    seen = event(bizStep="inspecting", epcList=[BOX_URN])
    reports = [{"sensorReport": [{"type": "Mass", "value": 18.2, "uom": "TNE"}]}]
    assert mapped_events(seen | {"disposition": "non_conformant"}) == [
        ContainerInspected(equipment_ref=BOX, result="unfit", defects="non_conformant")
    ]
    assert mapped_events(seen | {"disposition": "conformant"}) == [
        ContainerInspected(equipment_ref=BOX, result="fit")
    ]
    assert unmapped_code(seen) == "inspection_without_result"
    assert mapped_events(seen | {"sensorElementList": reports}) == [
        ContainerWeighed(equipment_ref=BOX, gross_g=18_200_000)
    ]
    certified = {"certificationInfo": "https://example.com/cert", "sensorElementList": reports}
    assert mapped_events(seen | certified) == [
        VgmVerified(equipment_ref=BOX, gross_g=18_200_000, method="SM1")
    ]


def test_seals() -> None:
    """A seal is put on and removed, then another seal is put on; OBSERVE puts nothing on.

    Each event means the same in whichever document it comes.
    """
    on = event(
        "AssociationEvent",
        bizStep="installing",
        parentID=BOX_URN,
        childEPCs=["urn:example:seal:CN77"],
    )
    off = on | {"action": "DELETE", "eventID": "urn:uuid:2", "bizStep": "removing"}
    new = on | {"childEPCs": ["urn:example:seal:CN78"], "eventID": "urn:uuid:3"}
    seen = on | {"action": "OBSERVE", "eventID": "urn:uuid:4", "bizStep": "inspecting"}
    replaced = new | {"eventID": "urn:uuid:5", "bizStep": "replacing"}
    first, second, third, fourth, fifth = results_of(on, off, new, seen, replaced)
    assert isinstance(fourth, Quarantined)
    assert fourth.dead_letter.code == "seal_only_seen"
    assert isinstance(first, Accepted)
    assert first.facts[0].data == ContainerSealed(equipment_ref=BOX, seal_no="CN77")
    assert isinstance(second, Accepted)
    assert second.facts[0].data == ContainerUnsealed(
        equipment_ref=BOX, seal_no="CN77", reason="removing"
    )
    assert isinstance(third, Accepted)
    assert third.facts[0].data == ContainerSealed(equipment_ref=BOX, seal_no="CN78")
    assert isinstance(fifth, Accepted)
    assert fifth.facts[0].data == ContainerResealed(
        equipment_ref=BOX, seal_no="CN78", reason="replacing"
    )


@pytest.mark.parametrize(
    ("uri", "seal_no"),
    [
        ("urn:example:seal:CN77", "CN77"),
        ("https://carrier.example/seals/CN77/", "CN77"),
        ("https://carrier.example/seals/CN%2F77", "CN/77"),
        ("urn:epc:id:giai:0614141.CN77", "0614141CN77"),
        ("https://id.gs1.org/8004/0614141CN77", "0614141CN77"),
    ],
)
def test_a_seal_is_called_by_its_number(uri: str, seal_no: str) -> None:
    """The seal's number is that of the manifest, although EPCIS writes it as a URI."""
    (fate,) = results_of(event("AssociationEvent", parentID=BOX_URN, childEPCs=[uri]))
    assert isinstance(fate, Accepted)
    assert fate.facts[0].data == ContainerSealed(equipment_ref=BOX, seal_no=seal_no)


def test_transformation_is_a_repack() -> None:
    """Inputs end and outputs begin; classes of goods alone are quarantined."""
    raw_event = event("TransformationEvent", inputEPCList=[CARTON_URN], outputEPCList=[SSCC_URN])
    assert mapped_events(raw_event) == [
        UnitRepacked(unit_id=SSCC, inputs=(CARTON,), outputs=(SSCC,))
    ]
    by_class = [{"epcClass": "urn:epc:class:lgtin:4012345.022222.87", "quantity": 5}]
    nothing = event("TransformationEvent", inputQuantityList=by_class, outputEPCList=[SSCC_URN])
    assert unmapped_code(nothing) == "inputs_or_outputs_only_by_class"


@pytest.mark.parametrize(
    ("more", "consignment_id"),
    [
        ([{"bizTransaction": "urn:groupage:consignment:CN-7"}], "CN-7"),
        (
            [{"bizTransaction": "urn:epc:id:ginc:0614141.xyz47"}],
            "https://id.gs1.org/401/0614141xyz47",
        ),
        ([{"type": "po", "bizTransaction": "http://example.com/po/12345678"}], "12345678"),
        ([], "1152"),
    ],
)
def test_despatch_advice_announces_units(more: list[dict[str, str]], consignment_id: str) -> None:
    """A desadv is an ASN of the consignment it names, else of its order, else of its own number."""
    advice = {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:0614141073467:1152"}
    raw_event = event(
        "TransactionEvent",
        bizStep="shipping",
        bizTransactionList=[advice, *more],
        epcList=[SSCC_URN],
    )
    (announced,) = mapped_events(raw_event)
    assert isinstance(announced, AsnReceived)
    assert announced.consignment_id == consignment_id
    assert [unit.unit_id for unit in announced.units] == [SSCC]


def test_holds_need_their_consignment() -> None:
    """Set places a hold, unset releases the same hold; both need a consignment."""
    named = [{"bizTransaction": "urn:groupage:consignment:CN-7"}]
    raw_event = event(bizStep="holding", epcList=[SSCC_URN], bizTransactionList=named)
    (placed,) = mapped_events(raw_event | {"persistentDisposition": {"set": ["damaged"]}})
    (released,) = mapped_events(raw_event | {"persistentDisposition": {"unset": ["damaged"]}})
    assert isinstance(placed, HoldPlaced)
    assert isinstance(released, HoldReleased)
    assert (placed.hold, placed.hold_id) == ("DAMAGE", released.hold_id)
    assert unmapped_code(event(bizStep="holding", epcList=[SSCC_URN])) == "no_consignment"


def test_an_error_declaration_withdraws_what_the_event_made() -> None:
    """Each fact of the event gets a retraction under the same source, key and id."""
    raw_event = event(bizStep="receiving", epcList=[CARTON_URN, SSCC_URN])
    declared = {
        "declarationTime": "2026-03-02T00:00:00Z",
        "reason": "did_not_occur",
        "correctiveEventIDs": ["urn:uuid:5"],
    }
    first = facts(raw_event)
    withdrawn = facts(raw_event | {"errorDeclaration": declared})
    assert [fact.correction_of for fact in withdrawn] == [fact.event_id for fact in first]
    assert [(fact.source, fact.key) for fact in withdrawn] == [
        (fact.source, fact.key) for fact in first
    ]
    assert all(fact.retracted for fact in withdrawn)
    assert {fact.event_id for fact in withdrawn}.isdisjoint(fact.event_id for fact in first)


def test_an_event_without_id_is_named_by_what_it_says() -> None:
    """The same content has the same id in any notation; other content has another id."""
    raw_event = event(bizStep="receiving", epcList=[SSCC_URN])
    del raw_event["eventID"]
    later = dict(reversed(raw_event.items())) | {"recordTime": "2026-03-05T00:00:00Z"}
    in_utc = raw_event | {"eventTime": "2026-03-01T00:00:00Z"}
    other = raw_event | {"bizStep": "storing"}
    ids = [facts(each)[0].event_id for each in (raw_event, later, in_utc, other)]
    assert ids[0] == ids[1] == ids[2] != ids[3]
