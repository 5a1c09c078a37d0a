"""A place has one code, by whichever door an event comes."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from groupage.contracts.decoding import decode_for_store
from groupage.contracts.encoding import encode
from groupage.contracts.event_data import event_from_json
from groupage.contracts.validation import event_from_sender
from groupage.domain.events.base import Place
from groupage.domain.events.consignment import ConsignmentBooked
from groupage.domain.fact import Fact
from groupage.domain.state.voyage import VoyageState
from optimizer.instance.departures import departures_of
from producers.publisher import new_fact

NOW = datetime(2026, 3, 2, tzinfo=UTC)
BOOKED: dict[str, Any] = {
    "consignment_id": "C",
    "shipper": "S",
    "consignee": "T",
    "pod": "NLRTM",
    "mode": "1039",
    "lines": [{"pieces": 1, "size": {"length_mm": 1, "width_mm": 1, "height_mm": 1}, "gross_g": 1}],
    "value": {"amount_minor": 1, "currency": "USD"},
    "ready_at": "2026-03-02T08:00:00Z",
}


@pytest.mark.parametrize(
    ("alias", "code"),
    [("CNYIW", "CNYIU"), ("CNNBO", "CNNGB"), ("CNSGH", "CNSHA"), ("CNNGB", "CNNGB")],
)
def test_an_alias_is_taken_at_every_door(alias: str, code: str) -> None:
    """HTTP, Kafka and Python; the fact of an older version keeps its code, and so its lane."""
    as_sent = event_from_json("consignment.booked", msgspec.json.encode(BOOKED | {"pol": alias}))
    assert isinstance(as_sent, ConsignmentBooked)
    assert as_sent.pol == alias, "as the database has it"
    over_http, value = event_from_sender(ConsignmentBooked, BOOKED | {"pol": alias})
    assert msgspec.json.decode(value)["pol"] == code
    fact = Fact(event_id="1", source="/s", key="C", occurred_at=NOW, recorded_at=NOW, data=as_sent)
    record = encode(fact, derived=True)
    sent = (record.headers, record.key, record.value)
    in_kafka, _, stored, *_ = decode_for_store(*sent, recorded_at=NOW)
    assert in_kafka.data == over_http
    assert event_from_json("consignment.booked", stored) == over_http
    older = decode_for_store(*sent, recorded_at=NOW, older=True)[0].data
    assert older == event_from_json("consignment.booked", record.value)
    from_python = new_fact(as_sent, source="/s", event_id="1", occurred_at=NOW).data
    assert from_python == over_http


def test_a_terminal_may_have_another_code_of_the_same_place() -> None:
    """A policy or a voyage of an older version: trucks find their terminal."""
    voyage = VoyageState(
        key="V",
        pol="CNYIU",
        pod="ESMAD",
        status="SCHEDULED",
        etd_at=datetime(2026, 3, 9, tzinfo=UTC),
        eta_at=datetime(2026, 3, 29, tzinfo=UTC),
    )
    terminal = Place(place_id="CNYIW", latitude_udeg=1, longitude_udeg=1)
    (departure,) = departures_of((voyage,), NOW, (terminal,))
    assert departure.terminal_id == "CNYIW"
    assert departures_of((voyage,), NOW)[0].terminal_id == "CNYIU"
