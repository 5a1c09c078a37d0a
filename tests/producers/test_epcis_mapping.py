from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Dimensions, Event
from groupage.domain.events.consignment import AsnReceived, HoldPlaced, HoldReleased
from groupage.domain.events.equipment import (
    ContainerGatedOut,
    ContainerInspected,
    ContainerOnBoard,
    ContainerResealed,
    ContainerSealed,
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
from groupage.domain.fact import Fact
from producers.epcis.document import entries_of, read_document
from producers.intake import Accepted, Entry, PutAside, Refused

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SSCC_URN = "urn:epc:id:sscc:0614141.1234567890"
SSCC = "106141412345678908"
CARTON_URN = "urn:epc:id:sgtin:0614141.107346.2017"
CARTON_LINK = "https://example.com/some/01/10614141073464/21/2017"
CARTON = "https://id.gs1.org/01/10614141073464/21/2017"
BOX_URN = "urn:epc:id:bic:CSQU3054383"
BOX = "CSQU3054383"


def event(kind: str = "ObjectEvent", **fields: Any) -> dict[str, Any]:
    """An EPCIS event with what every event needs."""
    base: dict[str, Any] = {
        "type": kind,
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        "eventTime": "2026-03-01T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
    }
    if kind != "TransformationEvent":
        base["action"] = "OBSERVE" if kind == "ObjectEvent" else "ADD"
    return base | fields


def document(*events: object, context: object = None) -> bytes:
    """A whole document."""
    return msgspec.json.encode(
        {
            "@context": [
                "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                context or {},
            ],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-03-01T08:00:00Z",
            "epcisBody": {"eventList": events},
        }
    )


def fates(*events: object) -> list[Entry]:
    """What becomes of each event."""
    return list(entries_of(read_document(document(*events)), recorded_at=NOW, found_by="test"))


def facts(*events: object) -> list[Fact]:
    """The facts of events that must all be accepted."""
    found = fates(*events)
    assert all(isinstance(entry, Accepted) for entry in found), found
    return [fact for entry in found if isinstance(entry, Accepted) for fact in entry.facts]


def said(*events: object) -> list[Event]:
    """The same, without envelopes."""
    return [fact.data for fact in facts(*events)]


def aside(one: object) -> str:
    """Why an event is put aside."""
    (entry,) = fates(one)
    assert isinstance(entry, PutAside), entry
    return entry.letter.code


def test_urn_and_digital_link_are_the_same_unit() -> None:
    """Whichever way a sender spells a carton, its facts go to one key."""
    one = event(bizStep="receiving", epcList=[CARTON_URN, SSCC_URN])
    two = event(bizStep="receiving", epcList=[CARTON_LINK, f"https://id.gs1.org/00/{SSCC}"])
    assert [fact.key for fact in facts(one)] == [fact.key for fact in facts(two)] == [CARTON, SSCC]


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
    """All forms of a CBV word mean the same; the envelope keeps both times and the original."""
    one = event(bizStep=step, disposition="damaged", epcList=[SSCC_URN])
    (fact,) = facts(one)
    assert fact.data == UnitReceived(unit_id=SSCC, condition="damaged")
    assert (fact.occurred_at, fact.recorded_at) == (datetime(2026, 3, 1, tzinfo=UTC), NOW)
    assert msgspec.json.decode(fact.original or b"") == one
    assert fact.event_id == f"{one['eventID']}#1"


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
    one = event(
        bizStep="inspecting",
        epcList=[SSCC_URN],
        sensorElementList=[element | {"sensorReport": reports}],
    )
    assert said(one) == [
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
    one = event(
        bizStep="inspecting", epcList=[SSCC_URN], sensorElementList=[{"sensorReport": reports}]
    )
    (entry,) = fates(one)
    assert isinstance(entry, PutAside)
    assert entry.letter.reason == "missing: length, width, height"


def test_packing_and_loading() -> None:
    """Into a pallet is packed, into a container is loaded, and out again by DELETE."""
    both = [CARTON_URN, SSCC_URN]
    pallet = "urn:epc:id:sscc:0614141.9999999999"
    pallet_id = "906141419999999997"
    packed = event("AggregationEvent", bizStep="packing", parentID=pallet, childEPCs=both)
    loaded = event("AggregationEvent", bizStep="loading", parentID=BOX_URN, childEPCs=both)
    assert said(packed) == [
        UnitPacked(unit_id=unit_id, parent_id=pallet_id) for unit_id in (CARTON, SSCC)
    ]
    assert said(loaded) == [
        UnitLoaded(unit_id=unit_id, equipment_ref=BOX) for unit_id in (CARTON, SSCC)
    ]
    assert said(packed | {"action": "DELETE", "bizStep": "unpacking"}) == [
        UnitUnpacked(unit_id=unit_id, parent_id=pallet_id) for unit_id in (CARTON, SSCC)
    ]
    assert said(loaded | {"action": "DELETE", "bizStep": "unloading"}) == [
        UnitUnloaded(unit_id=unit_id, equipment_ref=BOX) for unit_id in (CARTON, SSCC)
    ]


def test_shipping_storing_and_containers() -> None:
    """Units and containers of one event get each their own kind of fact."""
    place: dict[str, Any] = {"readPoint": {"id": "urn:epc:id:sgln:0614141.07346.0"}}
    link = "https://id.gs1.org/414/0614141073467"
    assert said(event(bizStep="shipping", epcList=[BOX_URN, SSCC_URN], **place)) == [
        ContainerGatedOut(equipment_ref=BOX),
        UnitShipped(unit_id=SSCC, place=link),
    ]
    assert said(event(bizStep="storing", epcList=[SSCC_URN], **place)) == [
        UnitStored(unit_id=SSCC, location=link)
    ]
    vessel = event(
        "AggregationEvent",
        bizStep="loading",
        parentID="https://id.gs1.org/8004/4000001IMO9321483",
        childEPCs=[BOX_URN],
    )
    assert said(vessel) == [ContainerOnBoard(equipment_ref=BOX)]


def test_container_inspection_and_weight() -> None:
    """Fit or unfit by disposition; a mass is a weight, and with a certificate the VGM."""
    seen = event(bizStep="inspecting", epcList=[BOX_URN])
    reports = [{"sensorReport": [{"type": "Mass", "value": 18.2, "uom": "TNE"}]}]
    assert said(seen | {"disposition": "non_conformant"}) == [
        ContainerInspected(equipment_ref=BOX, result="unfit", defects="non_conformant")
    ]
    assert said(seen | {"disposition": "conformant"}) == [
        ContainerInspected(equipment_ref=BOX, result="fit")
    ]
    assert aside(seen) == "inspection_without_result"
    assert said(seen | {"sensorElementList": reports}) == [
        ContainerWeighed(equipment_ref=BOX, gross_g=18_200_000)
    ]
    certified = {"certificationInfo": "https://example.com/cert", "sensorElementList": reports}
    assert said(seen | certified) == [
        VgmVerified(equipment_ref=BOX, gross_g=18_200_000, method="SM1")
    ]


def test_seals() -> None:
    """A seal goes on; after it came off, the next one replaces it."""
    on = event(
        "AssociationEvent",
        bizStep="installing",
        parentID=BOX_URN,
        childEPCs=["urn:example:seal:CN77"],
    )
    off = on | {"action": "DELETE", "eventID": "urn:uuid:2", "bizStep": "removing"}
    new = on | {"childEPCs": ["urn:example:seal:CN78"], "eventID": "urn:uuid:3"}
    first, second, third = fates(on, off, new)
    assert isinstance(first, Accepted)
    assert first.facts[0].data == ContainerSealed(
        equipment_ref=BOX, seal_no="urn:example:seal:CN77"
    )
    assert isinstance(second, PutAside)
    assert isinstance(third, Accepted)
    assert third.facts[0].data == ContainerResealed(
        equipment_ref=BOX,
        seal_no="urn:example:seal:CN78",
        old_seal_no="urn:example:seal:CN77",
        reason="installing",
    )


def test_transformation_is_a_repack() -> None:
    """Inputs ceased, outputs came to be; only classes of goods are nothing we follow."""
    one = event("TransformationEvent", inputEPCList=[CARTON_URN], outputEPCList=[SSCC_URN])
    assert said(one) == [UnitRepacked(unit_id=SSCC, inputs=(CARTON,), outputs=(SSCC,))]
    by_class = [{"epcClass": "urn:epc:class:lgtin:4012345.022222.87", "quantity": 5}]
    nothing = event("TransformationEvent", inputQuantityList=by_class, outputEPCList=[SSCC_URN])
    assert aside(nothing) == "inputs_or_outputs_only_by_class"


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
    """A desadv is an ASN of the consignment it names, else of its order, else of itself."""
    advice = {"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:0614141073467:1152"}
    one = event(
        "TransactionEvent",
        bizStep="shipping",
        bizTransactionList=[advice, *more],
        epcList=[SSCC_URN],
    )
    (announced,) = said(one)
    assert isinstance(announced, AsnReceived)
    assert announced.consignment_id == consignment_id
    assert [unit.unit_id for unit in announced.units] == [SSCC]


def test_holds_need_their_consignment() -> None:
    """Set places a hold, unset releases the same one; without a consignment nothing can be held."""
    named = [{"bizTransaction": "urn:groupage:consignment:CN-7"}]
    one = event(bizStep="holding", epcList=[SSCC_URN], bizTransactionList=named)
    (placed,) = said(one | {"persistentDisposition": {"set": ["damaged"]}})
    (released,) = said(one | {"persistentDisposition": {"unset": ["damaged"]}})
    assert isinstance(placed, HoldPlaced)
    assert isinstance(released, HoldReleased)
    assert (placed.hold, placed.hold_id) == ("DAMAGE", released.hold_id)
    assert aside(event(bizStep="holding", epcList=[SSCC_URN])) == "no_consignment"


def test_an_error_declaration_withdraws_what_the_event_made() -> None:
    """Each fact of the event gets a retraction under the same source, key and id."""
    one = event(bizStep="receiving", epcList=[CARTON_URN, SSCC_URN])
    declared = {
        "declarationTime": "2026-03-02T00:00:00Z",
        "reason": "did_not_occur",
        "correctiveEventIDs": ["urn:uuid:5"],
    }
    first = facts(one)
    withdrawn = facts(one | {"errorDeclaration": declared})
    assert [fact.correction_of for fact in withdrawn] == [fact.event_id for fact in first]
    assert [(fact.source, fact.key) for fact in withdrawn] == [
        (fact.source, fact.key) for fact in first
    ]
    assert all(fact.retracted for fact in withdrawn)
    assert {fact.event_id for fact in withdrawn}.isdisjoint(fact.event_id for fact in first)


def test_an_event_without_id_is_named_by_what_it_says() -> None:
    """The same content again has the same id, however it is written; another content another."""
    one = event(bizStep="receiving", epcList=[SSCC_URN])
    del one["eventID"]
    later = dict(reversed(one.items())) | {"recordTime": "2026-03-05T00:00:00Z"}
    in_utc = one | {"eventTime": "2026-03-01T00:00:00Z"}
    other = one | {"bizStep": "storing"}
    ids = [facts(each)[0].event_id for each in (one, later, in_utc, other)]
    assert ids[0] == ids[1] == ids[2] != ids[3]


def test_every_error_of_an_event_is_told() -> None:
    """Bad time, unknown step, wrong action and un-namespaced ilmd, with path and expectation."""
    wrong = event(
        eventTime="2026-03-01 08:00",
        bizStep="greeting",
        action="ADDED",
        epcList=["no uri"],
        ilmd={"bestBefore": "2026"},
        colour="red",
    )
    (entry,) = fates(wrong)
    assert isinstance(entry, Refused)
    found = {
        problem.field.removeprefix("epcisBody.eventList[0]."): problem for problem in entry.problems
    }
    assert set(found) == {
        "eventTime",
        "bizStep",
        "action",
        "epcList[0]",
        "ilmd.bestBefore",
        "colour",
    }
    assert "receiving" in found["bizStep"].expected
    assert found["eventTime"].value == "2026-03-01 08:00"


def test_names_that_the_context_defines_are_no_errors() -> None:
    """JSON-LD lets a document define its own terms."""
    one = event(bizStep="receiving", epcList=[SSCC_URN], dock="D4")
    body = document(one, context={"dock": "https://example.com/dock"})
    (entry,) = entries_of(read_document(body), recorded_at=NOW, found_by="test")
    assert isinstance(entry, Accepted)


def test_wrong_check_digits() -> None:
    """A wrong container number is put aside; a wrong SSCC only remarked upon."""
    box = event(bizStep="shipping", epcList=["urn:epc:id:bic:CSQU3054384"])
    assert aside(box) == "check_digit"
    (entry,) = fates(
        event(bizStep="shipping", epcList=["https://id.gs1.org/00/106141412345678909"])
    )
    assert isinstance(entry, Accepted)
    assert entry.notes == ("check_digit",)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"type": 5}', b'{"type":"EPCISDocument"}', b"[" * 50_000, b"\xff"]
)
def test_what_is_no_document_is_said_so(data: bytes) -> None:
    """Anything else ends in one clear error."""
    with pytest.raises(InvalidInput):
        read_document(data)


_LEAVES = st.sampled_from([None, True, 0, -1, 1.5, "", "x", "a:b", "\u0000", "urn:epc:id:sscc:1.2"])
_JSON = st.one_of(
    _LEAVES,
    st.lists(_LEAVES, max_size=2),
    st.dictionaries(
        st.sampled_from(["id", "type", "set", "source", "a:b", ""]), _LEAVES, max_size=3
    ),
    st.lists(
        st.dictionaries(
            st.sampled_from(["type", "bizTransaction", "epcClass", "quantity", "sensorReport"]),
            _LEAVES | st.lists(st.dictionaries(st.sampled_from(["type", "value", "uom"]), _LEAVES)),
            max_size=3,
        ),
        max_size=2,
    ),
)
_FIELDS = st.sampled_from(
    [
        *("type", "eventTime", "action", "bizStep", "disposition", "persistentDisposition"),
        *("readPoint", "bizLocation", "bizTransactionList", "sourceList", "sensorElementList"),
        *("ilmd", "epcList", "quantityList", "parentID", "childEPCs", "inputEPCList"),
        *("outputEPCList", "errorDeclaration", "eventID", "recordTime", "eventTimeZoneOffset"),
    ]
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(
        ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent"]
    ),
    fields=st.dictionaries(_FIELDS, _JSON, max_size=4),
)
def test_no_event_breaks_the_mapping(kind: str, fields: dict[str, Any]) -> None:
    """Whatever stands in an event, it becomes facts, is put aside or is refused; nothing raises."""
    base = event(
        kind,
        bizStep="receiving",
        epcList=[SSCC_URN],
        parentID=BOX_URN,
        childEPCs=[CARTON_URN],
        sensorElementList=[{"sensorReport": [{"type": "Mass", "value": 1, "uom": "KGM"}]}],
    )
    assert len(fates(base | fields)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"readPoint": None},
        {"eventTime": "0001-01-01T00:00:00+14:00"},
        {"eventTime": "9999-12-31T23:59:59-14:00"},
        {"eventID": "x:" + "y" * 2_000},
        {"epcList": ["a:" + "b" * 500]},
        {"epcList": ["a:\x00b"]},
        {"ilmd": {"a:b": [[[[]]]]}},
    ],
)
def test_odd_events_have_a_fate(odd: dict[str, Any]) -> None:
    """Nulls, times beyond the calendar, endless ids: accepted or refused, never an exception."""
    assert len(fates(event(bizStep="receiving", epcList=[SSCC_URN]) | odd)) == 1


def test_a_deep_event_is_refused() -> None:
    """Nesting beyond the parser's patience costs that event, not the process."""
    deep = b'{"type":"ObjectEvent","a:b":' + b"[" * 3_000 + b"]" * 3_000 + b"}"
    body = document().replace(b'"eventList":[]', b'"eventList":[' + deep + b"]")
    try:
        entries = list(entries_of(read_document(body), recorded_at=NOW, found_by="test"))
    except InvalidInput:
        return
    assert isinstance(entries[0], Refused)
