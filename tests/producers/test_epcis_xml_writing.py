"""JSON events written as XML: read back, they are the same events."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from groupage.app.epcis_events import xml_document
from groupage.domain.cbv import WORDS, word_of
from groupage.domain.errors import InvalidInput
from groupage.domain.namespaces import Namespaces
from producers.epcis.documents import read_document
from producers.epcis.event_hash import event_hash
from producers.epcis.members import COMMENTS
from producers.epcis.reading import Document
from producers.epcis.xml_reading import read_xml
from producers.epcis.xml_writing import NotInXml, WordForm, write_event
from tests.fetched import epcis_schemas

DOCUMENT = (
    '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" '
    'creationDate="2026-03-02T10:00:00Z"><EPCISBody><EventList>{}</EventList></EPCISBody>'
    "</e:EPCISDocument>"
)
CONTEXT = {"wms": "https://wms.example/ns/", "own": "https://own.example/field"}
EVENT: dict[str, Any] = {
    "@context": [CONTEXT],
    "type": "ObjectEvent",
    "eventTime": "2026-03-02T10:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "eventID": "urn:uuid:1",
    "certificationInfo": ["https://cert.example/1", "https://cert.example/2"],
    "errorDeclaration": {
        "declarationTime": "2026-03-03T00:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:2"],
        "wms:ticket": "T<1>",
    },
    "epcList": ["urn:epc:id:sscc:0614141.1234567890"],
    "quantityList": [{"epcClass": "urn:x:1", "quantity": 1.5, "uom": "KGM"}, {"epcClass": "u:2"}],
    "action": "ADD",
    "bizStep": "receiving",
    "disposition": "https://wms.example/ns/wet",
    "persistentDisposition": {"set": ["damaged"], "unset": ["in_transit"]},
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0", "wms:gate": "4"},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:po"}, {"bizTransaction": "b:1"}],
    "sourceList": [{"type": "owning_party", "source": "urn:x:pgln"}],
    "sensorElementList": [
        {
            "sensorMetadata": {"time": "2026-03-02T02:00:00Z", "wms:probe": "P&1"},
            "sensorReport": [
                {"type": "Temperature", "value": 26.125, "uom": "CEL", "booleanValue": True},
                {"type": "Length", "component": "x", "value": 1, "exception": "ALARM_CONDITION"},
            ],
            "wms:sealed": "true",
        }
    ],
    "ilmd": {"cbvmda:lotNumber": "007", "wms:quality": {"wms:grade": ["A", "B"], "plain": "p"}},
    "wms:shift": "night \"&' <x>",
    "own": "by a term",
    "wms:truck": {"#text": "big", "wms:plate": ["A", "B"]},
}


SINGLE = {"certificationInfo": "https://cert.example/1"}
"""GS1's XML schema has one certificate where its JSON schema has several."""
AT = "2026-03-02T10:00:00.000Z"
FORMS: tuple[WordForm | None, ...] = (None, "Always_URN")


def read_again(*events: str) -> Document:
    """A document with these events."""
    return read_xml(DOCUMENT.format("".join(events)).encode())


def plain(value: Any, names: Namespaces, *, free: bool = False) -> Any:
    """A value without what XML does not tell apart: names written out, numbers and words as texts.

    `free`: it is an extension, in which an array with one item is that item.
    """
    if isinstance(value, dict):
        members: dict[str, Any] = {}
        for name, item in value.items():
            if name == "@context" or item is None or item == []:
                continue
            key = "rdfs" if name in COMMENTS else names.expand_name(name)
            key = "rdfs" if "rdf-schema#" in key else key
            is_free = free or key.startswith("{") or name == "ilmd"
            members[key] = plain(item, names, free=is_free)
        return {key: item for key, item in members.items() if item not in ({}, [])}
    if isinstance(value, list):
        items = [plain(item, names, free=free) for item in value if item is not None]
        return items[0] if free and len(items) == 1 else items
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(Decimal(str(value)).normalize())
    text = value.strip() if isinstance(value, str) else value
    if free or not isinstance(text, str):
        return text
    text = names.expand_value(text)
    found = ((each, word_of(each, text)) for each in WORDS)
    return next((word for each, word in found if word in WORDS[each]), text)


def events_of(document: Document) -> Iterator[tuple[dict[str, Any], Namespaces]]:
    """The events with their prefixes."""
    for raw in document.events:
        event: dict[str, Any] = msgspec.json.decode(raw)
        yield event, document.namespaces.with_context(event.get("@context"))


@pytest.mark.parametrize("words", [None, "Always_Web_URI", "Always_URN"])
def test_an_event_comes_back_from_xml(words: WordForm | None) -> None:
    """With each kind of member; its hash stays, too."""
    names = Namespaces(CONTEXT)
    xml = write_event(msgspec.json.encode(EVENT), Namespaces(), words=words)
    ((event, bound),) = events_of(read_again(xml))
    assert plain(event, bound) == plain(EVENT, names)
    assert event_hash(event, bound) == event_hash(EVENT, names)


@pytest.mark.parametrize(
    ("words", "step", "kind"),
    [
        (None, "https://ref.gs1.org/cbv/BizStep-receiving", "urn:epcglobal:cbv:btt:po"),
        (
            "Always_Web_URI",
            "https://ref.gs1.org/cbv/BizStep-receiving",
            "https://ref.gs1.org/cbv/BTT-po",
        ),
        ("Always_URN", "urn:epcglobal:cbv:bizstep:receiving", "urn:epcglobal:cbv:btt:po"),
    ],
)
def test_words_have_the_form_that_is_asked_for(
    words: WordForm | None, step: str, kind: str
) -> None:
    """Without a preference bare words become web URIs, and the others stay."""
    transaction = {"type": "urn:epcglobal:cbv:btt:po", "bizTransaction": "urn:x:1"}
    event = {"type": "ObjectEvent", "bizStep": "receiving", "bizTransactionList": [transaction]}
    xml = write_event(msgspec.json.encode(event), Namespaces(), words=words)
    assert f"<bizStep>{step}</bizStep>" in xml
    assert f'<bizTransaction type="{kind}">' in xml


def test_all_public_documents_come_back_from_xml(foreign_data: Path) -> None:
    """GS1's examples and a packing tree: XML can hold each of their events."""
    files = sorted((foreign_data / "epcis" / "gs1-json").rglob("*.jsonld"))
    same = 0
    for file in (*files, foreign_data / "epcis" / "packing-hierarchy-932-events.json"):
        try:
            document = read_document(file.read_bytes())
        except InvalidInput as error:
            assert "'eventID' comes twice" in str(error)  # noqa: PT017 - the others are right
            continue
        for raw, (event, names) in zip(document.events, events_of(document), strict=True):
            xml = write_event(bytes(raw), document.namespaces)
            ((again, bound),) = events_of(read_again(xml))
            assert plain(again, bound) == plain(event, names), file.name
            same += 1
    assert same == 55 + 932


@pytest.mark.slow
def test_answers_are_valid_by_gs1s_xml_schema(foreign_data: Path) -> None:
    """Each event of GS1's examples and of the packing tree, with words in both forms."""
    schema = etree.XMLSchema(etree.parse(epcis_schemas() / "EPCglobal-epcis-query-2_0.xsd"))
    files = sorted((foreign_data / "epcis" / "gs1-json").rglob("*.jsonld"))
    written: list[str] = [write_event(msgspec.json.encode(EVENT | SINGLE), Namespaces())]
    for file in (*files, foreign_data / "epcis" / "packing-hierarchy-932-events.json"):
        with suppress(InvalidInput):  # one has two eventIDs in an event
            document = read_document(file.read_bytes())
            written += [
                write_event(bytes(raw), document.namespaces, record_time=AT, words=words)
                for raw in document.events
                for words in FORMS
            ]
    assert len(written) > 1_900
    text = xml_document(written, query_name="all & <some>", created_at=datetime.now(UTC))
    schema.assertValid(etree.fromstring(text.encode()))


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"unbound:field": "x"}, "unbound:field"),
        ({"field": "x"}, "field"),
        ({"wms:a b": "x"}, "wms:a b"),
        ({"wms:shift": "a\x00b"}, "wms:shift"),
        ({"wms:rows": [["a"]]}, "wms:rows"),
        ({"wms:rows": {"@type": "x"}}, "@type"),
        (
            {"sensorElementList": [{"sensorReport": [{"wms:parts": {"wms:a": "x"}}]}]},
            "sensorReport.wms:parts",
        ),
        ({"readPoint": "urn:x:1"}, "readPoint"),
    ],
)
def test_a_member_that_xml_cannot_hold_is_named(members: dict[str, Any], member: str) -> None:
    """Nothing is left out in silence."""
    event = {"@context": [CONTEXT], "type": "ObjectEvent", **members}
    with pytest.raises(NotInXml) as caught:
        write_event(msgspec.json.encode(event), Namespaces())
    assert member in caught.value.member


def test_an_event_of_a_type_of_its_senders(foreign_data: Path) -> None:
    """It stands under its own name."""
    event = {"type": "wms:Counted", "eventTime": "2026-03-02T10:00:00Z", "wms:n": 3}
    xml = write_event(msgspec.json.encode(event), Namespaces(CONTEXT))
    ((again, _),) = events_of(read_again(xml))
    assert again["type"] == "wms:Counted"
    assert again["wms:n"] == "3"


MEMBERS = st.sampled_from([*EVENT, "wms:x", "wms:y", "set", "id", "sensorReport", "#text"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(MEMBERS | st.text(max_size=6), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(MEMBERS | st.text(max_size=8), JSON), st.sampled_from([None, "Always_URN"]))
def test_any_event_is_written_or_refused(members: dict[str, Any], words: WordForm | None) -> None:
    """What is written is XML that our reader takes as an event."""
    try:
        body = msgspec.json.encode({**members, "type": "ObjectEvent", "@context": [CONTEXT]})
    except (OverflowError, UnicodeEncodeError):
        return
    try:
        xml = write_event(body, Namespaces(), words=words, record_time="2026-03-02T10:00:00.000Z")
    except NotInXml:
        return
    assert len(read_again(xml).events) == 1
