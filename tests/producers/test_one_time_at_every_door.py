"""An instant has one reading, and a whole number is one however it is written, at every door."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from groupage.contracts.decoding import decode_for_store
from groupage.contracts.encoding import headers_of
from groupage.contracts.event_data import event_from_json
from groupage.contracts.instants import read_instant
from groupage.contracts.undecodable import Undecodable
from groupage.domain.events.consignment import AsnReceived, ConsignmentBooked
from groupage.domain.events.unit import UnitMeasured, UnitReceived
from groupage.domain.fact import Fact
from producers.entries import Accepted
from producers.epcis.documents import read_document
from producers.epcis.importing import entries_of
from producers.gateway.cloudevents import check_event
from producers.ocel.log import read_log
from producers.packing_lists.terms import instant
from tests.producers.epcis_events import document, event

NOW = datetime(2026, 3, 2, tzinfo=UTC)
RECEIVED = Fact(
    event_id="1",
    source="/wms",
    key="U",
    occurred_at=NOW,
    recorded_at=NOW,
    data=UnitReceived(unit_id="U"),
)
READINGS = [
    ("2026-03-02T23:59:59.9999999Z", datetime(2026, 3, 2, 23, 59, 59, 999_999, UTC)),
    ("2026-03-02T23:59:59.99999999999Z", datetime(2026, 3, 2, 23, 59, 59, 999_999, UTC)),
    ("2026-03-02T07:00:00.0000007Z", datetime(2026, 3, 2, 7, tzinfo=UTC)),
    ("2026-03-02T07:00:00.0000000+08:00", datetime(2026, 3, 1, 23, tzinfo=UTC)),
    ("2026-03-02T24:00:00+08:00", datetime(2026, 3, 2, 16, tzinfo=UTC)),
    ("2026-03-02T24:00:00.000Z", datetime(2026, 3, 3, tzinfo=UTC)),
    ("2026-12-31T23:59:60Z", datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC)),
    ("2027-01-01T07:59:60.25+08:00", datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC)),
]


@pytest.mark.parametrize(("text", "at"), READINGS)
def test_in_kafka(text: str, at: datetime) -> None:
    """As the time of the event, and inside its data."""
    fact = decode_for_store(
        [(name, text.encode() if name == "ce_time" else raw) for name, raw in headers_of(RECEIVED)],
        b"U",
        b'{"unit_id":"U"}',
        recorded_at=NOW,
    )[0]
    assert fact.occurred_at == at
    announced = Fact(
        event_id="1",
        source="/wms",
        key="C",
        occurred_at=NOW,
        recorded_at=NOW,
        data=AsnReceived(consignment_id="C", units=()),
    )
    value = msgspec.json.encode({"consignment_id": "C", "units": [], "eta_at": text})
    data = decode_for_store(headers_of(announced), b"C", value, recorded_at=NOW)[0].data
    assert isinstance(data, AsnReceived)
    assert data.eta_at == at


@pytest.mark.parametrize(("text", "at"), READINGS)
def test_over_http(text: str, at: datetime) -> None:
    """As the time of the event, and inside its data."""
    item = http_event("asn.received.v1", {"consignment_id": "C", "units": [], "eta_at": text})
    checked = check_event(item | {"time": text}, recorded_at=NOW)
    assert checked.fact is not None, checked.problems
    assert checked.fact.occurred_at == at
    assert isinstance(checked.fact.data, AsnReceived)
    assert checked.fact.data.eta_at == at


@pytest.mark.parametrize(("text", "at"), READINGS)
def test_in_epcis(text: str, at: datetime) -> None:
    """As eventTime."""
    found = read_document(
        document(event(bizStep="receiving", epcList=["urn:epc:id:bic:CSQU3054383"], eventTime=text))
    )
    (entry,) = entries_of(found, recorded_at=NOW, found_by="test")
    assert isinstance(entry, Accepted), entry
    assert entry.facts[0].occurred_at == at


@pytest.mark.parametrize(("text", "at"), READINGS)
def test_in_files(tmp_path: Path, text: str, at: datetime) -> None:
    """In a cell of a packing list, and in an OCEL log."""
    assert instant(text) == at
    path = tmp_path / "log.csv"
    path.write_text(f"id,type,time,Container\n1,Weigh,{text},C1\n")
    (row,) = read_log(path, zone=UTC)
    assert row.at == at


@pytest.mark.parametrize("text", ["2026-03-02 24:00", "2026/03/02 24:00", "2026-03-02T24:00:00"])
def test_a_list_may_end_a_day_at_24(text: str) -> None:
    """As Chinese lists do, in hub time."""
    assert instant(text) == datetime(2026, 3, 3, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T24:00:01Z",
        "2026-03-02T24:30:00Z",
        "2026-03-02T24:00:00.1Z",
        "2026-03-02T25:00:00Z",
        "2026-03-02T12:00:60Z",
        "2026-03-02T23:59:60+08:00",
        "2026-03-02T23:59:61Z",
        "2026-02-30T00:00:00Z",
        "2026-03-02T00:00:00+08:60",
        "2026-03-02",
        "9999-12-31T24:00:00Z",
    ],
)
def test_what_is_no_instant(text: str) -> None:
    """Only midnight may be 24:00, and only the last minute of a day in UTC has a leap second."""
    assert read_instant(text) is None
    assert check_event(
        http_event("unit.received.v1", {"unit_id": "U"}) | {"time": text}, recorded_at=NOW
    ).problems


def test_records_of_an_older_version_keep_their_time() -> None:
    """0.2.0 rounded: a rebuild must come to the facts that are stored."""
    fact = decode_for_store(
        [
            (name, b"2026-03-02T23:59:59.9999999Z" if name == "ce_time" else raw)
            for name, raw in headers_of(RECEIVED)
        ],
        b"U",
        b'{"unit_id":"U"}',
        recorded_at=NOW,
        older=True,
    )[0]
    assert fact.occurred_at == datetime(2026, 3, 3, tzinfo=UTC)


SIZE = {"length_mm": 1, "width_mm": 1, "height_mm": 1}


@pytest.mark.parametrize("number", [b"12500.0", b"1.25e4", b"125E+2", b"12500", b"12500.000"])
def test_a_whole_number_may_have_a_point_or_an_exponent(number: bytes) -> None:
    """By the published schema 12500.0 is an integer."""
    value = b'{"unit_id":"U","gross_g":%b,"size":{"length_mm":1.0,"width_mm":1,"height_mm":1}}'
    data = event_from_json("unit.measured", value % number)
    assert isinstance(data, UnitMeasured)
    assert (data.gross_g, type(data.gross_g)) == (12_500, int)
    assert type(data.size.length_mm) is int
    item = http_event("unit.measured.v1", msgspec.json.decode(value % number))
    checked = check_event(item, recorded_at=NOW)
    assert checked.fact is not None, checked.problems
    assert checked.fact.data == data
    assert b'"gross_g":12500}' in checked.data_json


@pytest.mark.parametrize("number", [b"12500.5", b"1.25e1", b"1e300", b'"12500"', b"true"])
def test_other_numbers_are_refused_with_field_and_value(number: bytes) -> None:
    """At both doors."""
    value = (
        b'{"unit_id":"U","gross_g":%b,"size":{"length_mm":1,"width_mm":1,"height_mm":1}}' % number
    )
    shown = msgspec.json.decode(number)
    with pytest.raises(Undecodable) as raised:
        event_from_json("unit.measured", value)
    assert f"/gross_g: {shown!r}" in str(raised.value)
    item = http_event("unit.measured.v1", msgspec.json.decode(value))
    (problem,) = check_event(item, recorded_at=NOW).problems
    assert (problem.field, problem.value) == ("data.gross_g", shown)


def test_a_booking_has_whole_numbers_in_lists_and_structs() -> None:
    """At every depth."""
    booked: dict[str, Any] = {
        "consignment_id": "C",
        "shipper": "S",
        "consignee": "T",
        "pol": "CNNGB",
        "pod": "NLRTM",
        "mode": "1039",
        "lines": [{"pieces": 2.0, "size": dict.fromkeys(SIZE, 10.0), "gross_g": 5e3}],
        "value": {"amount_minor": 1e6, "currency": "USD"},
        "ready_at": "2026-03-02T24:00:00+08:00",
    }
    data = event_from_json("consignment.booked", msgspec.json.encode(booked))
    assert isinstance(data, ConsignmentBooked)
    assert data.lines[0].gross_g == 5_000
    assert data.value.amount_minor == 1_000_000
    assert b"." not in msgspec.json.encode(data)


def http_event(ce_type: str, data: object) -> dict[str, Any]:
    """Return a structured CloudEvent."""
    return {
        "specversion": "1.0",
        "id": "1",
        "source": "/wms",
        "type": ce_type,
        "time": "2026-03-02T08:00:00Z",
        "data": data,
    }
