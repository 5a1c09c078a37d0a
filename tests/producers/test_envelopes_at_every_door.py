"""One CloudEvent, one fact: over HTTP in both modes, over Kafka in both modes, and as a line."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from groupage.contracts.cloudevents import fact_from_json
from groupage.contracts.decoding import decode
from groupage.contracts.undecodable import Undecodable
from groupage.domain.errors import InvalidInput
from groupage.domain.fact import Fact
from producers.gateway.cloudevents import check_event, event_of_headers
from tests.producers.gateway_process import event

_NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
Take = Callable[[dict[str, Any]], Fact]


def _http_structured(item: dict[str, Any]) -> Fact:
    checked = check_event(msgspec.json.decode(msgspec.json.encode(item)), recorded_at=_NOW)
    if checked.fact is None:
        raise InvalidInput("; ".join(problem.message for problem in checked.problems))
    return checked.fact


def _http_binary(item: dict[str, Any]) -> Fact:
    headers = {f"ce-{name}": str(value) for name, value in item.items() if name != "data"}
    return _http_structured(event_of_headers(headers, item["data"]))


def _kafka_structured(item: dict[str, Any]) -> Fact:
    headers = [("content-type", b"application/cloudevents+json; charset=utf-8")]
    value = msgspec.json.encode(item)
    return decode(headers, None, value, recorded_at=_NOW, topic="hub.unit.v1")


def _kafka_binary(item: dict[str, Any]) -> Fact:
    headers = [
        (f"ce_{name}", str(value).encode()) for name, value in item.items() if name != "data"
    ]
    headers.append(("content-type", b"application/json; charset=utf-8"))
    return decode(headers, None, msgspec.json.encode(item["data"]), recorded_at=_NOW)


def _line(item: dict[str, Any]) -> Fact:
    return fact_from_json(msgspec.json.encode(item), recorded_at=_NOW)


_STRUCTURED = [_http_structured, _kafka_structured, _line]
_ALL = [*_STRUCTURED, _http_binary, _kafka_binary]

_OF_MIDDLEMEN = {
    "knativearrivaltime": "2026-11-23T10:00:00.1Z",
    "knativehistory": "default-kne-trigger",
    "traceid": "00-1",
    "pubsubname": "kafka",
    "topic": "wms",
    "recordedtime": "2026-11-23T10:00:00Z",
    "sequence": "7",
    "sampledrate": 30,
    "correlationid": "order-7",
    "dssematerial": "aGk=",
    "tracestate": "a=b",
}
"""Extensions that Knative, Dapr and the registry of CloudEvents name."""


@pytest.mark.parametrize("take", _ALL)
def test_extensions_of_middlemen_change_nothing(take: Take) -> None:
    """Brokers and gateways add attributes; the fact is the one that the sender stated."""
    assert take(event() | _OF_MIDDLEMEN) == take(event())


@pytest.mark.parametrize("take", _STRUCTURED)
def test_an_attribute_that_is_null_is_absent(take: Take) -> None:
    """The JSON format of CloudEvents, 2.2, lets writers write null for an unset attribute."""
    unset = dict.fromkeys(
        ("subject", "classifier", "retracted", "correctionof", "traceparent", "datacontenttype")
    )
    assert take(event() | unset) == take(event())


@pytest.mark.parametrize("take", _STRUCTURED)
def test_data_may_be_base64_of_its_json(take: Take) -> None:
    """The SDKs write bytes in this way, whatever their content type."""
    item = event() | {"datacontenttype": "application/json; charset=utf-8"}
    data = msgspec.json.encode(item.pop("data"))
    encoded = item | {"data_base64": base64.b64encode(data).decode()}
    assert take(encoded) == take(event())


@pytest.mark.parametrize("take", _STRUCTURED)
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data_base64": "%%%"}, "Base64"),
        ({"data_base64": 7}, "Base64|str"),
        ({"data_base64": "aGk="}, "JSON"),
        ({"data_base64": "e30=", "data": {}}, "not both"),
    ],
)
def test_data_base64_that_is_wrong(take: Take, changes: dict[str, object], words: str) -> None:
    """The sender learns what was expected."""
    item = event()
    del item["data"]
    with pytest.raises((InvalidInput, Undecodable), match=words):
        take(item | changes)


@pytest.mark.parametrize("take", [_http_structured, _http_binary])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unit_id", "a to z and 0 to 9"),
        ("retract", "did you mean retracted"),
        ("clasifier", "did you mean classifier"),
        ("original", "only the hub"),
    ],
)
def test_a_misspelled_attribute_is_an_error_where_the_sender_can_be_answered(
    take: Take, name: str, words: str
) -> None:
    """A retraction that loses its attribute would become a second fact."""
    with pytest.raises(InvalidInput, match=words):
        take(event() | {name: "x"})
