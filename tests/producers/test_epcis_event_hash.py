"""The CBV 2.0 event hash: the reference's, and what is decided where generators differ."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.domain.namespaces import Namespaces
from producers.entries import Accepted, Quarantined
from producers.epcis.documents import read_document
from producers.epcis.event_hash import event_hash, pre_hash
from producers.epcis.hashed_links import hashed_link
from producers.epcis.importing import entries_of
from tests.producers.epcis_events import NOW, SSCC_URN, document, event, facts, results_of
from tests.producers.epcis_hash_vectors import CONTEXT, DIGESTS, EVENTS
from tests.producers.epcis_reference import find_vectors, prehashes_of

PREFIXES = Namespaces().with_context(CONTEXT)
SENSED = EVENTS["sensors"]
EXTENDED = EVENTS["extensions of every element"]
EXAMPLES = Path(__file__).parent / "gs1_example_hashes.json"
"""SHA-256 of the events of GS1's example documents, by the development version of the reference;
null where its hash leaves out content of the event."""


def text_of(raw_event: dict[str, Any], context: object = CONTEXT) -> str:
    """The pre-hash string of an event."""
    return pre_hash(raw_event, Namespaces().with_context(context))


@pytest.mark.parametrize("name", EVENTS)
def test_the_reference_gives_the_same_hash(name: str) -> None:
    """Digests of GS1's reference implementation."""
    assert event_hash(EVENTS[name], PREFIXES) == f"ni:///sha-256;{DIGESTS[name]}?ver=CBV2.0"


def test_the_published_vectors_have_their_hashes(foreign_data: Path) -> None:
    """Those beside the tests of the reference's development version."""
    folder = foreign_data / "epcis" / "event-hash-vectors"
    if not folder.is_dir():
        pytest.skip(f"no vectors in {folder}: tests/examples of the reference")
    vectors = {document.name: digests for document, digests in find_vectors(folder)}
    assert vectors
    for name, digests in vectors.items():
        texts = prehashes_of(folder / "documents" / name)
        assert (name, [sha256(text.encode()).hexdigest() for text in texts]) == (name, digests)


def test_examples_of_the_standard_have_the_hashes_of_the_reference(foreign_data: Path) -> None:
    """All of GS1's examples that the reference reads, but two that docs/formats/epcis.md names."""
    expected = msgspec.json.decode(EXAMPLES.read_bytes(), type=dict[str, list[str | None]])
    for name, digests in expected.items():
        texts = prehashes_of(foreign_data / "epcis" / "gs1-json" / name)
        ours = [sha256(text.encode()).hexdigest() for text in texts]
        assert len(ours) == len(digests)
        pairs = zip(ours, digests, strict=True)
        assert [(name, a) for a, b in pairs if b is not None and a != b] == []


def test_order_prefixes_and_spellings_do_not_change_it() -> None:
    """Other order of members and items, another prefix, URNs for links, words in each form."""
    raw_event = EVENTS["master data and extensions"]
    other = {
        name.replace("ex:", "mine:"): value for name, value in reversed(list(raw_event.items()))
    }
    other["ilmd"] = {
        "mine:nested": {"mine:a": ["x", "y"], "mine:b": 2.5},
        "mine:lotNumber": "LOTABC",
    }
    other["eventTime"] = "2026-03-01T00:00:00.500000Z"
    assert text_of(other, {"mine": "https://ex.example/epcis/"}) == text_of(raw_event)


def test_recordings_and_declarations_do_not_change_it() -> None:
    """An event with an error declaration has the hash of the event that it corrects."""
    plain = EVENTS["error declaration"] | {"recordTime": "2026-03-01T00:00:01Z"}
    del plain["errorDeclaration"]
    assert text_of(plain) == text_of(EVENTS["error declaration"])


@pytest.mark.parametrize(
    ("time", "hashed"),
    [
        ("2026-03-01T08:00:00+08:00", "2026-03-01T00:00:00.000Z"),
        ("2026-03-01T00:00:00.0004999Z", "2026-03-01T00:00:00.000Z"),
        ("2026-03-01T00:00:00.0005Z", "2026-03-01T00:00:00.001Z"),
        ("2026-03-01T00:00:00.9994Z", "2026-03-01T00:00:00.999Z"),
        ("2026-03-01T00:00:00.9995Z", "2026-03-01T00:00:01.000Z"),
        ("2026-12-31T23:59:59.99951Z", "2027-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_rounded_to_milliseconds(time: str, hashed: str) -> None:
    """Half up, as the rule says, and over the end of a second; no event is left out."""
    assert f"eventTime={hashed}event" in text_of(event(eventTime=time))


@pytest.mark.parametrize(
    ("value", "hashed"),
    [
        (1, "1"),
        (26.0, "26"),
        ("26.10", "26.1"),
        ("+7", "7"),
        ("007.50", "7.5"),
        ("-0.0", "0"),
        (".5", "0.5"),
        ("1e3", "1000"),
        (1e-7, "0.0000001"),
        ("111100001111000011110000", "111100001111000011110000"),
        ("12345678901234567.125", "12345678901234567.125"),
        ("nan", "nan"),
        ("1_000", "1_000"),
        ("1e999999", "1e999999"),
        (True, "true"),
        ("true", "true"),
        (" x ", "x"),
    ],
)
def test_numbers_are_plain_and_exact(value: object, hashed: str) -> None:
    """Not by way of a binary fraction, which makes two long numbers one."""
    assert text_of(event() | {"ex:n": value}).endswith(f"}}n={hashed}")


def test_any_text_that_looks_like_a_number_is_one() -> None:
    """As both public generators have it: binary data and texts, too."""
    report = {"type": "Temperature", "stringValue": "007", "hexBinaryValue": "0010"}
    text = text_of(event(sensorElementList=[{"sensorReport": [report]}]))
    assert "stringValue=7hexBinaryValue=10" in text


def test_extensions_stand_at_the_end_of_the_event() -> None:
    """Under the names of their elements, whatever their namespace ends with."""
    text = text_of(EXTENDED)
    extensions = text[text.index("ilmd") :]
    ex = "{https://ex.example/epcis/}"
    probe_a = f"sensorElementsensorMetadata{ex}probe=A{ex}batch=true"
    assert extensions.startswith(f"ilmd{{urn:epcglobal:cbv:mda}}lotNumber=7readPoint{ex}gate=4")
    assert extensions.index("readPoint") < extensions.index("bizLocation")
    assert extensions.index("bizLocation") < extensions.index(probe_a)
    assert extensions.endswith(f"{ex}shift=night")
    other = text_of(EXTENDED, {"ex": "https://ex.example/epcis"})
    assert other == text.replace("https://ex.example/epcis/", "https://ex.example/epcis")
    assert "sensorElementList" not in text


@given(data=st.data())
def test_the_order_of_sensor_elements_and_reports_does_not_change_it(data: st.DataObject) -> None:
    """Extensions follow the order of their elements' content, not that of the document."""
    elements = []
    for element in data.draw(st.permutations(EXTENDED["sensorElementList"])):
        reports = data.draw(st.permutations(element["sensorReport"]))
        shuffled = element | {"sensorReport": reports}
        elements.append(dict(data.draw(st.permutations(list(shuffled.items())))))
    assert text_of(EXTENDED | {"sensorElementList": elements}) == text_of(EXTENDED)


def test_each_extension_counts_where_it_stands() -> None:
    """The same extension in another element, or of another report, is another event."""
    moved = event(readPoint={"id": "urn:x:1"}, bizLocation={"id": "urn:x:1", "ex:a": "1"})
    there = event(readPoint={"id": "urn:x:1", "ex:a": "1"}, bizLocation={"id": "urn:x:1"})
    assert text_of(moved) != text_of(there)
    lists = event(quantityList=[{"epcClass": "c:1", "ex:a": "1"}, {"epcClass": "c:2", "ex:a": "2"}])
    ex = "{https://ex.example/epcis/}"
    assert text_of(lists).endswith(f"quantityListquantityElement{ex}a=1quantityElement{ex}a=2")


def test_certificates_do_not_change_it() -> None:
    """CBV's order has no place for them."""
    certified = EVENTS["certification"]
    plain = {name: value for name, value in certified.items() if name != "certificationInfo"}
    assert text_of(plain) == text_of(certified)


def test_words_and_compact_iris_are_expanded_where_they_mean_that() -> None:
    """GS1's own prefixes without a declaration; a bare word in the field of its vocabulary only."""
    report = {"type": "gs1:Temperature", "exception": "ALARM_CONDITION", "component": "cbv:Comp-x"}
    raw_event = event(
        bizStep="receiving",
        sensorElementList=[{"sensorReport": [report]}],
        ilmd={"cbvmda:lotNumber": "receiving"},
    )
    text = text_of(raw_event, None)
    assert "bizStep=https://ref.gs1.org/cbv/BizStep-receiving" in text
    gs1 = "https://ref.gs1.org/voc/"
    assert f"type={gs1}Temperatureexception={gs1}ALARM" in text
    assert "component=https://ref.gs1.org/cbv/Comp-x" in text
    assert text.endswith("ilmd{urn:epcglobal:cbv:mda}lotNumber=receiving")
    assert text_of(raw_event, {"cbvmda": "urn:epcglobal:cbv:mda"}) == text
    # As the document binds it: in XML another namespace is another name.
    bound = text_of(raw_event, {"cbvmda": "urn:epcglobal:cbv:mda:"})
    assert bound.endswith("ilmd{urn:epcglobal:cbv:mda:}lotNumber=receiving")


def test_a_prefix_of_one_document_means_nothing_in_the_next() -> None:
    """The hash follows from the event and its own document."""
    raw_event = event() | {"ex:where": "ex:D4"}
    bound = text_of(raw_event, {"ex": "https://a.example/"})
    assert bound.endswith("{https://a.example/}where=ex:D4")
    assert text_of(raw_event, {"ex": "https://b.example/"}) != bound
    assert text_of(raw_event, None).endswith("ex:where=ex:D4")


@pytest.mark.parametrize("namespace", ["https://gs1.org/voc/", "https://ref.gs1.org/voc/"])
def test_both_namespaces_of_the_web_vocabulary_are_one(namespace: str) -> None:
    """GS1 moved it; a word in full, a compact IRI of any prefix, and names of members."""
    plain = event(sensorElementList=[{"sensorReport": [{"type": "Mass", "gs1:a": "gs1:b"}]}])
    report = {"type": f"{namespace}Mass", "g:a": "g:b"}
    other = event(sensorElementList=[{"sensorReport": [report]}])
    assert text_of(other, {"g": namespace}) == text_of(plain)


def test_a_prefix_of_a_long_namespace_is_not_expanded() -> None:
    """A small document would otherwise become a large one."""
    raw_event = event() | {"a:b": ["a:c"] * 9}
    assert text_of(raw_event, {"a": "https://" + "x" * 500}).endswith("a:b=a:c")
    assert len(text_of(raw_event, {"a": "b:", "b": "c:", "c": "a:"})) < 2_000


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://x.example/a/gtin/9521321000012/lot/L1/ser/S1?a=b", "01/09521321000012/21/S1"),
        ("http://id.gs1.org/01/09521321000012/22/V/10/L1", "01/09521321000012/10/L1"),
        ("https://id.gs1.org/01/09521321000012/22/V", "01/09521321000012"),
        ("https://id.gs1.org/414/4012345000054/254/400", "414/4012345000054/254/400"),
        ("https://id.gs1.org/8010/0614141123ABC/8011/7", "8010/0614141123ABC/8011/7"),
        ("https://id.gs1.org/01/09521321000012/21/a%2fb%21", "01/09521321000012/21/a%2Fb!"),
        ("urn:epc:id:sgtin:0614141.812345.%2F!()*+,:'", "01/80614141123458/21/%2F!()*%2B%2C%3A'"),
        ("urn:epc:id:sgln:4012345.00005.0", "414/4012345000054"),
        ("urn:epc:idpat:grai:4012345.55555.*", "8003/04012345555554"),
    ],
)
def test_keys_are_canonical_links_of_the_finest_level(text: str, link: str) -> None:
    """Any host, short names, query and coarser qualifiers make no difference."""
    assert hashed_link(text) == f"https://id.gs1.org/{link}"


@pytest.mark.parametrize(
    "text",
    [
        "urn:epc:id:bic:CSQU3054383",
        "urn:epc:id:sscc:0614141.123",
        "urn:epc:id:sgtin:4012345.011111",
        "https://example.com/",
        "https://[::1/01/09521321000012",
        "https://id.gs1.org/01/09521321000012/21/%ff",
        "geo:47.5,11.1",
        "urn:uuid:1",
    ],
)
def test_other_ids_stay(text: str) -> None:
    """A container's code and broken keys included: each event has a hash."""
    assert hashed_link(text) == text


@given(text=st.text() | st.from_regex(r"(urn:epc:(id|class|idpat):|https://a/)[a-z0-9.:/*%]*"))
def test_any_text_has_a_link_or_stays(text: str) -> None:
    """Nothing raises, and a canonical link is its own canonical form."""
    assert hashed_link(hashed_link(text)) == hashed_link(text)


def test_the_hash_identifies_an_event_without_id() -> None:
    """The facts and the captured event of both spellings; the sender's eventID comes first."""
    nameless = event(bizStep="receiving", epcList=[SSCC_URN])
    name = nameless.pop("eventID")
    (fact,) = facts(nameless)
    assert fact.event_id == event_hash(nameless, Namespaces()) + "#1"
    again = nameless | {"eventTime": "2026-03-01T00:00:00Z", "bizStep": "cbv:BizStep-receiving"}
    assert facts(again)[0].event_id == fact.event_id
    assert facts(nameless | {"eventID": name})[0].event_id == f"{name}#1"


def test_an_error_declaration_is_no_duplicate_of_what_it_corrects() -> None:
    """It has the same event id, and is another captured event; each declaration is one."""
    nameless = event(bizStep="receiving", epcList=[SSCC_URN])
    del nameless["eventID"]
    first = nameless | {"errorDeclaration": {"declarationTime": "2026-03-02T00:00:00Z"}}
    second = nameless | {"errorDeclaration": {"declarationTime": "2026-03-03T00:00:00Z"}}
    entries = results_of(nameless, first, second, first)
    captured = [
        entry.captured
        for entry in entries
        if isinstance(entry, Accepted | Quarantined) and entry.captured
    ]
    assert len({each.event_id for each in captured}) == 1
    assert len({each.captured_id for each in captured}) == 3
    (withdrawal,) = facts(first)
    assert (withdrawal.retracted, withdrawal.correction_of) == (True, facts(nameless)[0].event_id)


def test_an_event_may_bind_prefixes_of_its_own() -> None:
    """They count for it alone: in words, in ids and in names."""
    bound = event(
        bizStep="v:BizStep-receiving",
        epcList=["c:1234567890"],
    ) | {"@context": {"v": "https://ref.gs1.org/cbv/", "c": "urn:epc:id:sscc:0614141."}}
    plain = event(bizStep="receiving", epcList=["urn:epc:id:sscc:0614141.1234567890"])
    assert facts(bound)[0].data == facts(plain)[0].data
    # Its hash is that of the event as it came, in XML, too: GS1's words are written out, ids not.
    nameless = {name: value for name, value in bound.items() if name != "eventID"}
    digest = sha256(pre_hash(nameless, Namespaces(bound["@context"])).encode()).hexdigest()
    assert facts(nameless)[0].event_id == f"ni:///sha-256;{digest}?ver=CBV2.0#1"
    assert "epc=c:1234567890" in pre_hash(nameless, Namespaces(bound["@context"]))
    unbound = {name: value for name, value in bound.items() if name != "@context"}
    entries = list(
        entries_of(read_document(document(bound, unbound)), recorded_at=NOW, found_by="test")
    )
    assert isinstance(entries[0], Accepted)
    assert isinstance(entries[1], Quarantined)
    assert entries[1].dead_letter.code == "step_not_of_a_hub"
    captured = entries[0].captured
    assert captured is not None
    assert msgspec.json.decode(captured.body) == bound
