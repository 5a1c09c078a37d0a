"""EPCIS in XML: versions 1.2 and 2.0 become the standard's JSON events; the rest is refused."""

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupage.domain.errors import InvalidInput
from producers.entries import Accepted, Entry, Quarantined, Rejected
from producers.epcis import xml_reading
from producers.epcis.documents import read_document
from producers.epcis.event_hash import pre_hash
from producers.epcis.importing import entries_of
from producers.epcis.reading import Document
from tests.producers.epcis_events import NOW, SSCC, event, facts, mutate

WHEN = (
    "<eventTime>2026-03-01T08:00:00+08:00</eventTime>"
    "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
)
RECEIVED = (
    f"<ObjectEvent>{WHEN}<epcList><epc> urn:epc:id:sscc:0614141.1234567890 </epc></epcList>"
    "<action>OBSERVE</action><bizStep>urn:epcglobal:cbv:bizstep:receiving</bizStep></ObjectEvent>"
)


def xml_of(
    *events: str, version: str = "2.0", header: str = "", namespaces: str = "", begin: str = ""
) -> bytes:
    """A document of these events."""
    number = version.partition(".")[0]
    return (
        f'{begin}<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:{number}" {namespaces} '
        f'schemaVersion="{version}" creationDate="2026-03-01T08:00:00Z">{header}'
        f"<EPCISBody><EventList>{''.join(events)}</EventList></EPCISBody></epcis:EPCISDocument>"
    ).encode()


def results_of(document: Document) -> list[Entry]:
    """Import the events of a document."""
    assert document.problems == ()
    return list(entries_of(document, recorded_at=NOW, found_by="test"))


def json_of(data: bytes) -> list[dict[str, Any]]:
    """The events in JSON; all of them valid."""
    document = read_document(data)
    assert not [entry for entry in results_of(document) if isinstance(entry, Rejected)]
    return [msgspec.json.decode(raw) for raw in document.events]


ALL_MEMBERS_2_0 = f"""<ObjectEvent>{WHEN}
  <recordTime>2026-03-01T00:00:01Z</recordTime>
  <eventID>urn:uuid:1</eventID>
  <errorDeclaration><declarationTime>2026-03-02T00:00:00Z</declarationTime>
    <reason>urn:epcglobal:cbv:er:incorrect_data</reason>
    <correctiveEventIDs><correctiveEventID>urn:uuid:2</correctiveEventID></correctiveEventIDs>
    <ex:by>anna</ex:by></errorDeclaration>
  <certificationInfo>https://a.example/1</certificationInfo>
  <certificationInfo>https://a.example/2</certificationInfo>
  <epcList/>
  <action>ADD</action>
  <bizStep>cbv:BizStep-receiving</bizStep>
  <disposition>https://ref.gs1.org/cbv/Disp-in_progress</disposition>
  <persistentDisposition><set>urn:epcglobal:cbv:disp:damaged</set></persistentDisposition>
  <readPoint><id>urn:epc:id:sgln:4012345.00005.0</id><ex:gate>4</ex:gate></readPoint>
  <bizTransactionList>
    <bizTransaction type="urn:epcglobal:cbv:btt:po">urn:x:1</bizTransaction>
    <bizTransaction>urn:x:2</bizTransaction>
  </bizTransactionList>
  <quantityList><quantityElement><epcClass>urn:epc:class:lgtin:4012345.012345.9</epcClass>
    <quantity>+0.50</quantity><uom>KGM</uom></quantityElement></quantityList>
  <sourceList><source type="urn:epcglobal:cbv:sdt:location">urn:x:3</source></sourceList>
  <sensorElementList><sensorElement>
    <sensorMetadata time="2026-03-01T00:00:00Z" deviceID="urn:x:4" ex:firmware="4.1"/>
    <sensorReport type="gs1:Temperature" value="26.0" uom="CEL" booleanValue="1"/>
    <sensorReport type="ex:Wind" component="cbv:Comp-x" stringValue="007"/>
    <ex:batch unit="pc">7</ex:batch>
  </sensorElement></sensorElementList>
  <ilmd><cbvmda:lotNumber>L1</cbvmda:lotNumber></ilmd>
  <ex:note lang="en">text</ex:note><ex:list>1</ex:list><ex:list>2</ex:list>
  <ex:tree xsi:type="ex:t"><ex:leaf xsi:nil="true"/><plain>x</plain></ex:tree>
</ObjectEvent>"""
NAMESPACES = (
    'xmlns:ex="https://ex.example/" xmlns:cbvmda="urn:epcglobal:cbv:mda" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


def test_each_member_has_its_place_in_json() -> None:
    """The whole of an event, extensions with attributes included."""
    (found,) = json_of(xml_of(ALL_MEMBERS_2_0, namespaces=NAMESPACES))
    assert found == {
        "type": "ObjectEvent",
        "eventTime": "2026-03-01T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "recordTime": "2026-03-01T00:00:01Z",
        "eventID": "urn:uuid:1",
        "errorDeclaration": {
            "declarationTime": "2026-03-02T00:00:00Z",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:2"],
            "ex:by": "anna",
        },
        "certificationInfo": ["https://a.example/1", "https://a.example/2"],
        "epcList": [],
        "action": "ADD",
        "bizStep": "receiving",
        "disposition": "in_progress",
        "persistentDisposition": {"set": ["damaged"]},
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0", "ex:gate": "4"},
        "bizTransactionList": [
            {"type": "po", "bizTransaction": "urn:x:1"},
            {"bizTransaction": "urn:x:2"},
        ],
        "quantityList": [
            {"epcClass": "urn:epc:class:lgtin:4012345.012345.9", "quantity": 0.5, "uom": "KGM"}
        ],
        "sourceList": [{"type": "location", "source": "urn:x:3"}],
        "sensorElementList": [
            {
                "sensorMetadata": {
                    "time": "2026-03-01T00:00:00Z",
                    "deviceID": "urn:x:4",
                    "ex:firmware": "4.1",
                },
                "sensorReport": [
                    {"type": "Temperature", "value": 26, "uom": "CEL", "booleanValue": True},
                    {"type": "ex:Wind", "component": "x", "stringValue": "007"},
                ],
                "ex:batch": {"unit": "pc", "#text": "7"},
            }
        ],
        "ilmd": {"cbvmda:lotNumber": "L1"},
        "ex:note": {"lang": "en", "#text": "text"},
        "ex:list": ["1", "2"],
        "ex:tree": {"ex:leaf": "", "plain": "x"},
    }


def test_version_1_2_is_the_same_event_in_wrappers() -> None:
    """Its extension and baseExtension elements disappear; transformations are in the list."""
    aggregation = f"""<AggregationEvent>{WHEN}
      <baseExtension><eventID>urn:uuid:7</eventID></baseExtension>
      <parentID>urn:epc:id:sscc:0614141.1234567890</parentID><childEPCs/><action>DELETE</action>
      <bizLocation><id>urn:x:1</id><extension><ex:gate>4</ex:gate></extension></bizLocation>
      <extension><childQuantityList><quantityElement><epcClass>urn:x:2</epcClass><quantity>3
      </quantity></quantityElement></childQuantityList><extension><ex:more>1</ex:more></extension>
      </extension></AggregationEvent>"""
    transformation = f"""<extension><TransformationEvent>{WHEN}
      <inputEPCList><epc>urn:x:3</epc></inputEPCList><outputEPCList><epc>urn:x:4</epc>
      </outputEPCList><ilmd><extension><ex:best>2027</ex:best></extension></ilmd>
      </TransformationEvent></extension>"""
    first, second = json_of(
        xml_of(aggregation, transformation, version="1.2", namespaces=NAMESPACES)
    )
    assert first["eventID"] == "urn:uuid:7"
    assert first["childQuantityList"] == [{"epcClass": "urn:x:2", "quantity": 3}]
    assert (first["bizLocation"], first["ex:more"]) == ({"id": "urn:x:1", "ex:gate": "4"}, "1")
    assert (second["type"], second["ilmd"]) == ("TransformationEvent", {"ex:best": "2027"})


def test_a_quantity_event_is_an_object_event() -> None:
    """As EPCIS 1.1 declares, which deprecates it."""
    quantity = f"""<QuantityEvent>{WHEN}<epcClass>urn:epc:idpat:sgtin:4012345.012345.*</epcClass>
      <quantity>007</quantity><bizStep>urn:epcglobal:cbv:bizstep:storing</bizStep></QuantityEvent>"""
    (found,) = json_of(xml_of(quantity, version="1.0"))
    assert (found["type"], found["action"], found["bizStep"]) == (
        "ObjectEvent",
        "OBSERVE",
        "storing",
    )
    assert found["quantityList"] == [
        {"epcClass": "urn:epc:idpat:sgtin:4012345.012345.*", "quantity": 7}
    ]


def test_xml_and_json_are_the_same_facts() -> None:
    """With the same ids, whatever the prefix: an event without eventID included."""
    (entry,) = results_of(read_document(xml_of(RECEIVED)))
    assert isinstance(entry, Accepted)
    in_json = event(bizStep="receiving", epcList=["urn:epc:id:sscc:0614141.1234567890"])
    del in_json["eventID"]
    assert [fact.event_id for fact in entry.facts] == [facts(in_json)[0].event_id]
    assert entry.facts[0].data == facts(in_json)[0].data
    assert entry.facts[0].key == SSCC
    assert entry.captured is not None
    assert entry.captured.format == "xml"


def test_the_hash_is_that_of_the_json_event() -> None:
    """Of a whole event; compact IRIs in values are GS1's own only, as the reference has it."""
    document = read_document(xml_of(ALL_MEMBERS_2_0, namespaces=NAMESPACES))
    text = pre_hash(msgspec.json.decode(document.events[0]), document.namespaces)
    assert "type=ex:Windcomponent=https://ref.gs1.org/cbv/Comp-xstringValue=7" in text


def test_namespaces_keep_apart_under_one_prefix_each() -> None:
    """The same prefix for two namespaces, no prefix, a prefix of GS1's for something else."""
    note = '<{0}note xmlns{1}="https://{2}.example/">x</{0}note>'
    data = xml_of(
        RECEIVED.replace("</ObjectEvent>", note.format("a:", ":a", "one") + "</ObjectEvent>"),
        RECEIVED.replace("</ObjectEvent>", note.format("a:", ":a", "two") + "</ObjectEvent>"),
        RECEIVED.replace("</ObjectEvent>", note.format("", "", "three") + "</ObjectEvent>"),
        RECEIVED.replace("</ObjectEvent>", note.format("gs1:", ":gs1", "four") + "</ObjectEvent>"),
    )
    document = read_document(data)
    names = [[name for name in found if ":" in name] for found in json_of(data)]
    assert len({name for (name,) in names}) == 4
    bound = [document.namespaces.expand_name(name) for (name,) in names]
    assert bound == [f"{{https://{n}.example/}}note" for n in ("one", "two", "three", "four")]
    assert document.context is not None
    assert "https://two.example/" in document.context.decode()


def test_documents_with_a_default_namespace_and_in_utf_16() -> None:
    """All names in EPCIS's namespace; another encoding that XML names itself."""
    data = xml_of(RECEIVED).replace(b"epcis:EPCISDocument", b"EPCISDocument")
    assert len(json_of(data.replace(b"xmlns:epcis", b"xmlns"))) == 1
    assert len(json_of(xml_of(RECEIVED).decode().encode("utf-16"))) == 1


@pytest.mark.parametrize(
    "data",
    [
        f"""<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0"
        creationDate="2026-03-01T08:00:00Z"><EPCISBody><q:QueryResults><queryName>all</queryName>
        <resultsBody><EventList>{RECEIVED}</EventList></resultsBody></q:QueryResults></EPCISBody>
        </q:EPCISQueryDocument>""",
        f"""<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><q:QueryResults
        xmlns:q="urn:epcglobal:epcis-query:xsd:1"><queryName>all</queryName><resultsBody>
        <EventList>{RECEIVED}</EventList></resultsBody></q:QueryResults></s:Body></s:Envelope>""",
        RECEIVED.replace(
            "<ObjectEvent>", '<ObjectEvent schemaVersion="2.0" creationDate="2026-03-01T00:00:00Z">'
        ),
    ],
)
def test_answers_to_queries_and_single_events(data: str) -> None:
    """Query documents of 1.2 and 2.0, a SOAP answer to a poll, an event alone."""
    (found,) = json_of(data.encode())
    assert found["bizStep"] == "receiving"


def test_headers_and_master_data_are_not_read_and_noted() -> None:
    """The events are."""
    header = """<EPCISHeader><sbdh:StandardBusinessDocumentHeader xmlns:sbdh="urn:x:sbdh">
      <sbdh:HeaderVersion>1.0</sbdh:HeaderVersion></sbdh:StandardBusinessDocumentHeader>
      <extension><EPCISMasterData><VocabularyList/></EPCISMasterData></extension></EPCISHeader>"""
    document = read_document(xml_of(RECEIVED, header=header))
    assert document.notes == ("header_not_read", "master_data_not_read")
    assert len(document.events) == 1


def test_events_of_a_senders_own_type_and_unknown_members() -> None:
    """The former are kept and quarantined; the latter are named with the event's place."""
    own = f"<ex:Inventory>{WHEN}<ex:count>7</ex:count></ex:Inventory>"
    wrong = RECEIVED.replace("<action>", "<colour>red</colour><action>")
    entries = results_of(read_document(xml_of(own, wrong, namespaces=NAMESPACES)))
    assert isinstance(entries[0], Quarantined)
    assert entries[0].dead_letter.code == "unknown_event_type"
    assert entries[0].captured is not None
    assert isinstance(entries[1], Rejected)
    assert entries[1].problems[0].field == "EventList[1].colour"


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"<html><body/></html>", "the XML is html; expected an EPCISDocument"),
        (b'<a:b xmlns:a="urn:x"/>', "the XML is {urn:x}b; expected"),
        (b"<EPCISDocument", "unclosed token in line 1, column 1"),
        (b"<EPCISDocument>\n<a></b>", "mismatched tag in line 2, column 6"),
        (b"<EPCISDocument/>", "EventList is missing"),
        (b"<EPCISDocument><x:a/></EPCISDocument>", "unbound prefix in line 1"),
        (b"<EPCISDocument>&a;</EPCISDocument>", "undefined entity in line 1"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "unknown encoding: x-none"),
        (b'<?xml version="1.0" encoding="gb18030"?><a/>', "encoding"),
        (b"<\xff", "not well-formed"),
        (b"< ", "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<!DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>', "without document type and entities"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16"), "<!DOCTYPE"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode("utf-16-be"), "<!DOCTYPE"),
    ],
)
def test_anything_else_is_named(data: bytes, complaint: str) -> None:
    """Other documents, broken ones with the place, and all with a document type."""
    with pytest.raises(InvalidInput) as caught:
        read_document(data)
    assert complaint in str(caught.value)


def test_a_document_type_ends_the_parsing() -> None:
    """What is behind its name is not read: no entity, no element, no error."""
    data = b'<!DOCTYPE a [<!ENTITY b "c"> <wrong' + b"<a>" * 100
    with pytest.raises(InvalidInput, match="DOCTYPE"):
        read_document(data)
    text = RECEIVED.replace("</ObjectEvent>", "<x:a xmlns:x='u:x'><![CDATA[<!DOCTYPE]]></x:a>")
    (found,) = json_of(xml_of(f"{text}</ObjectEvent>"))
    assert found["x:a"] == "<!DOCTYPE"


def test_wrong_fields_of_the_document() -> None:
    """Version and date."""
    data = xml_of(RECEIVED).replace(b'"2.0"', b'"3.0"').replace(b"01T08:00:00Z", b"01")
    assert [problem.field for problem in read_document(data).problems] == [
        "schemaVersion",
        "creationDate",
    ]


@pytest.mark.parametrize(
    ("limit", "value", "data", "complaint"),
    [
        ("BYTES_MAX", 100, xml_of(RECEIVED), "at most 100"),
        ("DEPTH_MAX", 8, xml_of(RECEIVED.replace("<epcList>", "<a>" * 9)), "8 elements deep"),
        (
            "ATTRIBUTES_MAX",
            2,
            xml_of(RECEIVED.replace("<epcList>", '<epcList a="" b="" c="">')),
            "3 attributes",
        ),
        ("ELEMENTS_MAX", 10, xml_of(RECEIVED, RECEIVED), "more than 10 elements"),
        ("ELEMENTS_OF_EVENT_MAX", 4, xml_of(RECEIVED), "event 0 has more than 4 elements"),
        ("SECONDS_MAX", -1.0, xml_of(RECEIVED * 300), "more than -1 s"),
    ],
)
def test_size_depth_and_time_are_limited(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: float, data: bytes, complaint: str
) -> None:
    """Each limit with a small document."""
    monkeypatch.setattr(xml_reading, limit, value)
    with pytest.raises(InvalidInput, match=complaint):
        read_document(data)


def test_a_long_namespace_is_refused() -> None:
    """Each use of its prefix writes it out."""
    note = f'<a:n xmlns:a="https://{"x" * 500}/"/></ObjectEvent>'
    with pytest.raises(InvalidInput, match="509 characters"):
        read_document(xml_of(RECEIVED.replace("</ObjectEvent>", note)))


def test_many_namespaces_are_a_problem_of_the_document() -> None:
    """They lie beside each event."""
    notes = "".join(f'<a:n xmlns:a="https://{"x" * 90}{n}/"/>' for n in range(200))
    document = read_document(xml_of(RECEIVED.replace("</ObjectEvent>", f"{notes}</ObjectEvent>")))
    assert [problem.field for problem in document.problems] == ["xmlns"]


WHOLE = xml_of(ALL_MEMBERS_2_0, RECEIVED, namespaces=NAMESPACES)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 8))
def test_mutated_documents_have_a_fate(seed: int, changes: int) -> None:
    """Bytes changed, removed, doubled: a document with results, or one clear error."""
    marks = [b"<", b">", b"&", b'"', b"<a>", b"]]>", b"&#0;", b"\0"]
    data = mutate(WHOLE, seed, changes, marks)
    with contextlib.suppress(InvalidInput):
        document = read_document(data)
        _check_results(document)


def _check_results(document: Document) -> None:
    if not document.problems:
        assert len(results_of(document)) == len(document.events)


@given(st.text() | st.from_regex(r"<[a-zA-Z:<>/= \"'!?\[\]&;#-]*"))
def test_random_text_is_refused_in_words(text: str) -> None:
    """In XML or not."""
    with contextlib.suppress(InvalidInput):
        read_document(text.encode("utf-8", "surrogatepass"))
