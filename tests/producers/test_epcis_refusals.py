"""Errors in EPCIS documents: each is reported, and none breaks the mapping."""

import contextlib
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupage.domain.errors import InvalidInput
from producers.entries import Accepted, Rejected
from producers.epcis.documents import read_document
from producers.epcis.importing import entries_of
from tests.producers.epcis_events import (
    BOX_URN,
    CARTON_URN,
    NOW,
    SSCC_URN,
    document,
    event,
    mutate,
    results_of,
    unmapped_code,
)


def test_every_error_of_an_event_is_reported() -> None:
    """Bad time, unknown step, wrong action and un-namespaced ilmd, with path and expectation."""
    wrong = event(
        eventTime="2026-03-01 08:00",
        bizStep="greeting",
        action="ADDED",
        epcList=["no uri"],
        ilmd={"bestBefore": "2026"},
        colour="red",
    )
    (entry,) = results_of(wrong)
    assert isinstance(entry, Rejected)
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
    assert found["action"].expected == "one of ADD, OBSERVE, DELETE; did you mean ADD?"
    assert found["eventTime"].value == "2026-03-01 08:00"


def test_names_that_the_context_defines_are_no_errors() -> None:
    """JSON-LD lets a document define its own terms."""
    raw_event = event(bizStep="receiving", epcList=[SSCC_URN], dock="D4")
    body = document(raw_event, context={"dock": "https://example.com/dock"})
    (entry,) = entries_of(read_document(body), recorded_at=NOW, found_by="test")
    assert isinstance(entry, Accepted)


REPORT = {"type": "Temperature"}


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [
        ("childEPCs", [SSCC_URN], "a member of ObjectEvent in EPCIS 2.0"),
        ("@id", "x", "a member of ObjectEvent in EPCIS 2.0"),
        ("bizSteps", "receiving", "did you mean bizStep?"),
        ("certificationInfo", ["https://a.example/1", "none"], "a URI"),
        ("certificationInfo", 5, "a URI"),
        ("eventID", "urn:" + "x" * 2_000, "at most 2000 characters"),
        ("readPoint", {"id": "a:b", "name": "D4"}, "a member of readPoint"),
        ("bizTransactionList", [{"bizTransaction": "a:b", "x:note": 1}], "no such member"),
        ("sourceList", [{"type": "location", "source": "a:b", "sources": 1}], "no such member"),
        ("persistentDisposition", {"set": ["damaged"], "sets": []}, "did you mean set?"),
        ("quantityList", [{"epcClass": "a:b", "uom": "kilo"}], "a unit of UN/CEFACT Rec 20"),
        ("quantityList", [{"epcClass": "a:b", "quantity": True}], "a number, 0 or more"),
        ("sensorElementList", [{"sensorReport": [{"type": "Heat"}]}], "measurement type"),
        ("sensorElementList", [{"sensorReport": [REPORT | {"value": "26"}]}], "a number"),
        (
            "sensorElementList",
            [{"sensorReport": [REPORT | {"booleanValue": "true"}]}],
            "true or false",
        ),
        ("sensorElementList", [{"sensorReport": [REPORT | {"hexBinaryValue": "0x"}]}], "in hex"),
        ("sensorElementList", [{"sensorReport": [REPORT | {"values": 1}]}], "did you mean value?"),
        ("sensorElementList", [{"sensorReport": [REPORT], "note": 1}], "a member of sensorElement"),
        (
            "sensorElementList",
            [{"sensorMetadata": {"startTime": "noon"}, "sensorReport": [REPORT]}],
            "a date and time",
        ),
        ("sensorElementList", [{"sensorReport": []}], "a list of sensor reports"),
        ("sensorElementList", [{"sensorReport": [{"value": 1}]}], "a measurement type"),
        ("persistentDisposition", {"set": []}, "set or unset"),
        ("ilmd", {"x:lot": "1"}, "only with action ADD"),
        ("readPoint", None, "leave the member out"),
        ("errorDeclaration", {"declarationTime": "2026-03-01T00:00:00Z", "by": 1}, "a member of"),
    ],
)
def test_members_that_the_standard_does_not_have(member: str, value: object, expected: str) -> None:
    """Unknown members and wrong values of GS1's types are named with their path."""
    (entry,) = results_of(event(bizStep="receiving", epcList=[SSCC_URN]) | {member: value})
    assert isinstance(entry, Rejected)
    (problem,) = entry.problems
    assert problem.field.startswith(f"epcisBody.eventList[0].{member}")
    assert expected in problem.expected


def test_extensions_and_certificates_are_no_errors() -> None:
    """Names with a namespace wherever the standard has a place for extensions; comments."""
    raw_event = event(
        bizStep="receiving",
        epcList=[SSCC_URN],
        certificationInfo=["https://a.example/1", "https://a.example/2"],
        readPoint={"id": "a:b", "x:name": "D4"},
        sensorElementList=[
            {
                "sensorMetadata": {"x:a": 1},
                "sensorReport": [{"type": "x:heat", "x:a": {"b": 1}}],
                "x:a": [1],
            }
        ],
        comment="a note",
    )
    (entry,) = results_of(raw_event)
    assert isinstance(entry, Accepted), entry
    assert unmapped_code(event("x:Inventory")) == "unknown_event_type"


def test_wrong_check_digits() -> None:
    """A wrong container number is quarantined; a wrong SSCC only adds a note."""
    box = event(bizStep="shipping", epcList=["urn:epc:id:bic:CSQU3054384"])
    assert unmapped_code(box) == "check_digit"
    (entry,) = results_of(
        event(bizStep="shipping", epcList=["https://id.gs1.org/00/106141412345678909"])
    )
    assert isinstance(entry, Accepted)
    assert entry.notes == ("check_digit",)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"type": 5}', b'{"type":"EPCISDocument"}', b"[" * 50_000, b"\xff"]
)
def test_other_content_is_not_a_document(data: bytes) -> None:
    """The error says so."""
    with pytest.raises(InvalidInput):
        read_document(data)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"a": 1,\n "b": x}', "invalid character in line 2, column 7"),
        ('{"货": 1,,'.encode(), "in line 1, column 9"),
        (b'{"a": 1,\n', "it ends too early in line 2, column 1"),
        (document().replace(b"[]", b'[{"a":"\xe9"}]'), "not an EPCIS document in JSON: 'utf-8'"),
        (b'{"type": 5}', "Expected `str | null`, got `int` - at `$.type`"),
    ],
)
def test_where_it_is_no_json(data: bytes, place: str) -> None:
    """By line and column, as editors count them; else by the field."""
    with pytest.raises(InvalidInput) as caught:
        read_document(data)
    assert place in str(caught.value)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"UNB+UNOC:3+A+B+260302:0800+1'UNH+1+DESADV:D:96A:UN'", "EDIFACT DESADV D.96A"),
        (b"PK\x03\x04", "a ZIP archive"),
    ],
)
def test_other_formats_are_named(data: bytes, name: str) -> None:
    """And what is read in their place."""
    with pytest.raises(InvalidInput, match=re.escape(name)) as caught:
        read_document(data)
    assert "EPCIS is read, 2.0 in JSON, 1.x and 2.0 in XML" in str(caught.value)


def test_the_drafts_form_for_a_single_event() -> None:
    """The body has `event` in place of the list."""
    parsed, single = json.loads(document()), event()
    parsed["epcisBody"] = {"event": single}
    (found,) = read_document(json.dumps(parsed).encode()).events
    assert json.loads(bytes(found)) == single
    parsed["epcisBody"] = {"event": None}
    with pytest.raises(InvalidInput, match="eventList is missing"):
        read_document(json.dumps(parsed).encode())


def test_a_byte_order_mark_is_no_error() -> None:
    """Windows programs write it before JSON, too."""
    body = document(event(bizStep="receiving", epcList=[SSCC_URN]))
    assert len(read_document(b"\xef\xbb\xbf" + body).events) == 1


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
    """Any event is accepted, quarantined or rejected; none raises."""
    base = event(
        kind,
        bizStep="receiving",
        epcList=[SSCC_URN],
        parentID=BOX_URN,
        childEPCs=[CARTON_URN],
        sensorElementList=[{"sensorReport": [{"type": "Mass", "value": 1, "uom": "KGM"}]}],
    )
    assert len(results_of(base | fields)) == 1


_WHOLE = document(
    event(
        bizStep="x:BizStep-receiving",
        epcList=[SSCC_URN],
        sensorElementList=[{"sensorReport": [{"type": "Mass", "value": 1, "uom": "KGM"}]}],
        ilmd={"x:lot": {"x:a": ["b", 1.5, None, True]}},
    ),
    context={"x": "https://ref.gs1.org/cbv/", "y": {"@id": "x:y"}},
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 6))
def test_mutated_documents_have_a_fate(seed: int, changes: int) -> None:
    """Bytes changed, removed, doubled: a document with results, or one clear error."""
    marks = [b"null", b"[", b"{}", b'"', b'"@id":1,', b"\\u0000"]
    data = mutate(_WHOLE, seed, changes, marks)
    with contextlib.suppress(InvalidInput):
        found = read_document(data)
        if not found.problems:
            entries = list(entries_of(found, recorded_at=NOW, found_by="test"))
            assert len(entries) == len(found.events)


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
    """Nulls, times outside the calendar and long ids are accepted or rejected; none raises."""
    assert len(results_of(event(bizStep="receiving", epcList=[SSCC_URN]) | odd)) == 1


@pytest.mark.parametrize("member", ["ilmd", "errorDeclaration", "x:tree"])
@pytest.mark.parametrize("levels", range(700, 1_000, 7))
def test_a_deep_extension_has_a_fate(member: str, levels: int) -> None:
    """Whatever fits the parser's limit is accepted or rejected, and nothing raises."""
    value = {"x:a": "TREE", "declarationTime": "2026-03-01T00:00:00Z"}
    value = {"x:a": "TREE"} if member == "ilmd" else value
    deep = event(bizStep="receiving", epcList=[SSCC_URN]) | {member: value}
    del deep["eventID"]
    body = document(deep).replace(b'"TREE"', b"[" * levels + b"]" * levels)
    with contextlib.suppress(InvalidInput):
        entries = list(entries_of(read_document(body), recorded_at=NOW, found_by="test"))
        assert len(entries) == 1


@pytest.mark.parametrize("levels", [3_000, *range(900, 1_000, 3)])
def test_a_deep_event_is_rejected(levels: int) -> None:
    """Nesting beyond or just within the parser's limit rejects that event alone."""
    deep = b'{"type":"ObjectEvent","parentID":' + b"[" * levels + b"]" * levels + b"}"
    body = document().replace(b'"eventList":[]', b'"eventList":[' + deep + b"]")
    try:
        entries = list(entries_of(read_document(body), recorded_at=NOW, found_by="test"))
    except InvalidInput:
        return
    assert isinstance(entries[0], Rejected)
