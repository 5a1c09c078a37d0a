"""Facts survive Kafka and files, in both modes of CloudEvents."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from groupage.contracts.attributes import ce_type
from groupage.contracts.cloudevents import fact_from_json
from groupage.contracts.decoding import decode
from groupage.contracts.encoding import check_size, encode, envelope_json, fact_digest, fact_id
from groupage.contracts.schemas import writer_schema
from groupage.contracts.texts import find_wrong_texts
from groupage.contracts.topics import topic_of
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.validation import validate_for_writing
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.events.clock import ClockTicked, ClockVoided
from groupage.domain.events.consignment import ConsignmentCancelled
from groupage.domain.events.unit import UnitMeasured, UnitReceived
from groupage.domain.fact import Fact
from tests.contracts.records import NOW, headers_of

Strategies = Callable[[type[Event]], st.SearchStrategy[Fact]]


@pytest.mark.slow
@pytest.mark.parametrize("name", EVENTS)
def test_every_event_survives_both_modes(name: str, random_facts: Strategies) -> None:
    """Decode after encode is the identity, in binary and in structured mode, for every type.

    What is encoded passes the schema, and the writing check unless it has a text that the entrances
    refuse.
    """
    schema = Draft202012Validator(writer_schema(EVENTS[name]))

    @settings(
        max_examples=10,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(random_facts(EVENTS[name]))
    def check(fact: Fact) -> None:
        topic = "hub.consignment.v1" if isinstance(fact.data, ClockTicked | ClockVoided) else None
        record = encode(fact, topic=topic)
        again = decode(record.headers, record.key, record.value, recorded_at=NOW)
        assert again == fact
        assert fact_id(again) == fact_id(fact)
        envelope = envelope_json(fact)
        stored = fact_from_json(envelope)
        assert stored == fact
        assert envelope_json(stored) == envelope_json(again)
        structured = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
        assert decode(structured, record.key, envelope, recorded_at=NOW) == fact
        data = json.loads(envelope)["data"]
        refused = {pointer for pointer, _, _ in find_wrong_texts(fact.data)}
        assert {each.pointer for each in validate_for_writing(ce_type(fact.data), data)} == refused
        schema.validate(data)

    check()


def test_record_of_a_fact(received: Fact) -> None:
    """Topic, key, headers and value are what the contract says."""
    record = encode(received, prefix="test.")
    assert (record.topic, record.key) == ("test.hub.consignment.v1", b"CN-1")
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e-1",
        "ce_source": b"/wms/yiwu-1",
        "ce_type": b"unit.received.v1",
        "ce_subject": b"106141412345678908",
        "ce_time": b"2026-03-01T08:00:00Z",
        "ce_recordtime": b"2026-03-01T08:00:05.250000Z",
        "content-type": b"application/json",
    }
    assert json.loads(record.value) == {
        "unit_id": "106141412345678908",
        "consignment_id": "CN-1",
    }
    assert record.timestamp_ms == 1_772_352_005_250


def test_least_a_foreign_client_must_send(received: Fact) -> None:
    """Id, source, type, time and specversion are enough; the broker's time is the record time."""
    headers = headers_of(received, ce_subject=None, ce_recordtime=None, **{"content-type": None})
    fact = decode(
        headers, None, encode(received).value, recorded_at=NOW, topic="hub.consignment.v1"
    )
    assert fact == msgspec.structs.replace(received, recorded_at=NOW)


def test_time_with_any_offset_becomes_utc(received: Fact) -> None:
    """Eight hours east of Greenwich is the same instant."""
    headers = headers_of(received, ce_time=b"2026-03-01T16:00:00+08:00")
    fact = decode(headers, b"CN-1", encode(received).value, recorded_at=NOW)
    assert fact.occurred_at == received.occurred_at
    assert fact.occurred_at.tzinfo is UTC


def test_readers_ignore_unknown_fields(received: Fact) -> None:
    """A newer sender may add fields."""
    value = b'{"unit_id":"u","consignment_id":"CN-1","humidity_permille":400,"more":{"x":[1]}}'
    fact = decode(headers_of(received, ce_subject=None), b"CN-1", value, recorded_at=NOW)
    assert fact.data == UnitReceived(unit_id="u", consignment_id="CN-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": ""},
        {"source": "a\nb"},
        {"key": "CN-2"},
        {"occurred_at": datetime(2026, 3, 1)},  # noqa: DTZ001 - the error to find
        {"retracted": True},
        {"data": UnitReceived(unit_id="")},
        {"data": UnitReceived(unit_id="u", consignment_id="CN-1", pieces=0)},
        {"data": UnitReceived(unit_id="u", consignment_id="CN-1", condition="lost")},  # type: ignore[arg-type]
        {"data": UnitMeasured(unit_id="u", consignment_id="CN-1", size=None, gross_g=1)},  # type: ignore[arg-type]
        {"data": UnitReceived(unit_id="u", consignment_id="CN-1", dock="a\x00")},
    ],
)
def test_nothing_is_written_that_cannot_be_read(received: Fact, changes: dict[str, Any]) -> None:
    """Encoding checks what msgspec does not check in `__init__`."""
    with pytest.raises(InvalidInput):
        encode(msgspec.structs.replace(received, **changes))


def test_identity_is_aggregate_source_and_event(received: Fact) -> None:
    """A copy that is forwarded to another aggregate is another fact; times make no difference."""
    later = msgspec.structs.replace(received, occurred_at=NOW, recorded_at=NOW)
    assert fact_id(later) == fact_id(received)
    for changes in ({"event_id": "e-2"}, {"source": "/wms/yiwu-2"}):
        assert fact_id(msgspec.structs.replace(received, **changes)) != fact_id(received)
    unit = UnitReceived(unit_id="106141412345678908")
    alone = msgspec.structs.replace(received, key=unit.unit_id, data=unit)
    assert fact_id(alone) != fact_id(received)


def test_the_aggregate_decides_the_topic(received: Fact) -> None:
    """A unit whose consignment is unknown travels under its own key on its own topic."""
    alone = UnitReceived(unit_id="u")
    assert encode(msgspec.structs.replace(received, key="u", data=alone)).topic == "hub.unit.v1"
    cancelled = ConsignmentCancelled(consignment_id="CN-1", reason="no cargo")
    assert topic_of(cancelled).name == "hub.consignment.v1"


def test_types_are_versioned_names() -> None:
    """CloudEvents type: name and version."""
    assert ce_type(UnitReceived) == "unit.received.v1"


def test_writing_converts_to_utc(received: Fact) -> None:
    """Aware times in other zones are written in UTC."""
    yiwu = timezone(timedelta(hours=8))
    record = encode(
        msgspec.structs.replace(received, occurred_at=datetime(2026, 3, 1, 16, tzinfo=yiwu))
    )
    assert dict(record.headers)["ce_time"] == b"2026-03-01T08:00:00Z"


def test_a_worker_computes_the_identity_that_the_store_keeps(received: Fact) -> None:
    """The digest's bytes are the UUID's."""
    assert fact_digest(received, "consignment") == fact_id(received).bytes
    assert fact_digest(received, "unit") != fact_id(received).bytes


def test_what_kafka_would_refuse_is_found_before_it_is_sent() -> None:
    """The error names the size and the most that is right on the topic."""
    event = ConsignmentCancelled(consignment_id="CN-1", reason="x")
    fact = Fact(event_id="e", source="/s", key="CN-1", occurred_at=NOW, recorded_at=NOW, data=event)
    record = encode(fact)
    check_size(record)
    large = msgspec.structs.replace(record, value=b"x" * 1_048_576)
    with pytest.raises(Undecodable, match=r"1,048,576 bytes; at most 1,032,192 are right on hub\."):
        check_size(large)
    check_size(msgspec.structs.replace(large, topic="hub.plan.v1"))
