"""A carton has one id, by whichever door and from whichever scanner its events come."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook

from groupage.contracts.decoding import decode_fast, decode_for_store
from groupage.contracts.encoding import encode, headers_of
from groupage.contracts.topics import topic_of
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.validation import InvalidData, event_from_sender
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import AsnReceived
from groupage.domain.events.unit import UnitLoaded, UnitPacked, UnitReceived, UnitRepacked
from groupage.domain.fact import Fact
from producers.entries import Accepted
from producers.epcis.documents import read_document
from producers.epcis.importing import entries_of as epcis_entries
from producers.gateway.cloudevents import check_event
from producers.packing_lists.importing import ListReading
from producers.publisher import new_fact
from tests.producers.epcis_events import document, event
from tests.producers.packing_lists.made_lists import events_of, imported

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SSCC = "106141412345678908"
SGTIN = "https://id.gs1.org/01/09506000134352/21/A&B"
FORMS = [
    (f"]C100{SSCC}", SSCC),
    (f"00{SSCC}", SSCC),
    (f"(00){SSCC}", SSCC),
    (f"\x1d00{SSCC}", SSCC),
    (f"00{SSCC}\x1d", SSCC),
    (f"]C100{SSCC}\x1d3710", SSCC),
    (f"{SSCC}\r\n", SSCC),
    (f"https://example.com/00/{SSCC}", SSCC),
    ("]d2010950600013435221A&B\x1d10LOT", SGTIN),
    ("https://id.gs1.org/01/09506000134352/21/A%26B", SGTIN),
]
RECEIVED = Fact(
    event_id="1",
    source="/wms",
    key="x",
    occurred_at=NOW,
    recorded_at=NOW,
    data=UnitReceived(unit_id="x"),
)


def headers(subject: str) -> list[tuple[str, bytes]]:
    """Headers of a record about that unit."""
    about = {"ce_subject": subject.encode()}
    return [(name, about.get(name, raw)) for name, raw in headers_of(RECEIVED)]


@pytest.mark.parametrize(("text", "unit_id"), FORMS)
@pytest.mark.parametrize("key", ["as the data", "the id", "none"])
def test_in_kafka(text: str, unit_id: str, key: str) -> None:
    """The key may have the form of the data, or the normal form, or be missing."""
    keys = {"as the data": text.encode(), "the id": unit_id.encode(), "none": None}
    value = msgspec.json.encode({"unit_id": text, "later": 1})
    fact, kind, data_json, *_ = decode_for_store(
        headers(text),
        keys[key],
        value,
        recorded_at=NOW,
        topic=topic_of(UnitReceived(unit_id="x")).name,
    )
    assert (fact.data, fact.key, fact.subject) == (UnitReceived(unit_id=unit_id), unit_id, unit_id)
    assert (kind, data_json) == ("unit", value)


@pytest.mark.parametrize(("text", "unit_id"), FORMS)
def test_in_a_log_of_an_older_version(text: str, unit_id: str) -> None:
    """A record that 0.2.0 may have stored keeps its key, so that it keeps its partition.

    What 0.2.0 refused stays refused.
    """
    value = msgspec.json.encode({"unit_id": text})
    if text.strip() != text:
        with pytest.raises(Undecodable):
            decode_for_store(headers(text), text.encode(), value, recorded_at=NOW, older=True)
        return
    fact = decode_for_store(headers(text), text.encode(), value, recorded_at=NOW, older=True)[0]
    assert (fact.data, fact.key) == (UnitReceived(unit_id=unit_id), text)
    without_key = decode_for_store(headers(text), None, value, recorded_at=NOW, older=True)[0]
    assert without_key == fact


@pytest.mark.parametrize(("text", "unit_id"), FORMS)
def test_over_http(text: str, unit_id: str) -> None:
    """The gateway publishes the normal form, and compares subject and partition key with it."""
    item: dict[str, Any] = {
        "specversion": "1.0",
        "id": "1",
        "source": "/wms",
        "type": "unit.received.v1",
        "time": "2026-03-02T08:00:00Z",
        "data": {"unit_id": text},
    }
    for about in ({}, {"partitionkey": unit_id, "subject": unit_id}):
        checked = check_event(item | about, recorded_at=NOW)
        assert checked.fact is not None, checked.problems
        assert checked.fact.data == UnitReceived(unit_id=unit_id)
        assert checked.fact.key == unit_id
        assert checked.data_json == msgspec.json.encode({"unit_id": unit_id})
    assert check_event(item | {"subject": "other"}, recorded_at=NOW).problems


@pytest.mark.parametrize(("text", "unit_id"), FORMS)
def test_from_python(text: str, unit_id: str) -> None:
    """A publisher's fact has the normal form; the caller's event stays as it is."""
    event_as_scanned = UnitReceived(unit_id=text)
    fact = new_fact(event_as_scanned, source="/wms", event_id="1", occurred_at=NOW)
    assert (fact.key, encode(fact).key) == (unit_id, unit_id.encode())
    assert event_as_scanned.unit_id == text


@pytest.mark.parametrize(("text", "unit_id"), FORMS)
def test_in_a_packing_list(text: str, unit_id: str) -> None:
    """As text in a cell; a workbook cannot hold GS, a CSV file can."""
    announced = events_of(list_of(text.strip("\r\n"), is_csv="\x1d" in text))[1]
    assert isinstance(announced, AsnReceived)
    assert [unit.unit_id for unit in announced.units] == [unit_id]


@pytest.mark.parametrize(
    ("cell", "is_csv"), [(int(SSCC), False), (float(SSCC), False), ("1.06141E+17", True)]
)
def test_an_sscc_in_a_cell_of_numbers_is_refused(cell: object, *, is_csv: bool) -> None:
    """Excel keeps 15 digits: the number is another carton's, or nobody's."""
    booking = list_of(cell, is_csv=is_csv).booking
    assert booking.facts == ()
    (error,) = booking.errors
    assert error.cell == "A2"
    assert "15 digits" in error.text


def test_a_short_number_in_a_cell_is_an_id() -> None:
    """It is exact."""
    assert events_of(list_of(4711))[1].units[0].unit_id == "4711"


def list_of(cell: object, *, is_csv: bool = False) -> ListReading:
    """Return the reading of a packing list with one carton."""
    head: list[object] = ["SSCC", "箱数", "尺寸cm", "毛重kg", "发货人", "目的港"]
    rows = [head, [cell, 1, "60*40*35", 5, "甲", "NLRTM"]]
    data = BytesIO()
    if is_csv:
        data.write("\n".join(",".join(map(str, row)) for row in rows).encode())
    else:
        book = Workbook()
        for row in rows:
            assert book.active is not None
            book.active.append(row)
        book.save(data)
    return imported(data.getvalue(), "list.csv" if is_csv else "list.xlsx")


def test_in_epcis() -> None:
    """Links with other escapes are the same carton."""
    for text in (SGTIN, SGTIN.replace("&", "%26"), SGTIN.replace("id.gs1.org", "example.com")):
        found = read_document(document(event(bizStep="receiving", epcList=[text])))
        (entry,) = epcis_entries(found, recorded_at=NOW, found_by="test")
        assert isinstance(entry, Accepted), entry
        assert entry.facts[0].key == SGTIN


def test_every_id_of_an_event_has_the_normal_form() -> None:
    """Also in lists, in structs inside, and for containers; over HTTP as in Kafka."""
    scanned = f"]C100{SSCC}"
    events: list[dict[str, Any]] = [
        {"unit_id": scanned, "inputs": ["A", scanned], "outputs": [f"(00){SSCC}"]},
        {"unit_id": scanned, "parent_id": f"(00){SSCC}"},
        {"unit_id": scanned, "equipment_ref": "urn:epc:id:bic:CSQU3054383"},
        {"consignment_id": "C", "units": [{"unit_id": scanned}, {"unit_id": "B", "line": 1}]},
    ]
    for data in events:
        kinds: dict[str, type[Event]] = {
            "inputs": UnitRepacked,
            "parent_id": UnitPacked,
            "equipment_ref": UnitLoaded,
        }
        kind = next((kind for name, kind in kinds.items() if name in data), AsnReceived)
        published, value = event_from_sender(kind, data)
        assert b"]C1" not in value
        assert b"(00)" not in value
        assert b"urn:" not in value
        raw = Fact(
            event_id="1",
            source="/wms",
            key=data.get("consignment_id", scanned),
            occurred_at=NOW,
            recorded_at=NOW,
            data=msgspec.convert(data, kind),
        )
        record = encode(raw, derived=True)
        decoded = decode_fast(record.headers, record.key, record.value)
        assert decoded is not None, "the usual headers take the fast path"
        assert decoded[0].data == published
        assert decoded[0].key == published.key


def test_white_space_that_no_scanner_adds_is_refused() -> None:
    """A blank in front of an id is a mistake that its sender should see."""
    for text in (" A", "A ", "\u3000A"):
        with pytest.raises(InvalidData):
            event_from_sender(UnitReceived, {"unit_id": text})
