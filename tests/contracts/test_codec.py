"""Facts survive the wire, and whatever is no fact is refused with a code."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from groupage.contracts.codec import (
    Undecodable,
    ce_type,
    decode,
    encode,
    envelope_json,
    fact_from_json,
    fact_id,
)
from groupage.contracts.topics import topic_of
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Event
from groupage.domain.events.clock import ClockTicked
from groupage.domain.events.consignment import ConsignmentCancelled
from groupage.domain.events.unit import UnitMeasured, UnitReceived
from groupage.domain.fact import Fact

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
Strategies = Callable[[type[Event]], st.SearchStrategy[Fact]]


def headers_of(fact: Fact, **changes: bytes | None) -> list[tuple[str, bytes]]:
    """The record's headers with some replaced, or left out (None)."""
    headers: dict[str, Any] = dict(encode(fact).headers) | changes
    return [(name, value) for name, value in headers.items() if value is not None]


def refused(**record: Any) -> Undecodable:
    """The refusal of a record."""
    record = {"recorded_at": NOW} | record
    headers, key, value = record.pop("headers"), record.pop("key", None), record.pop("value")
    with pytest.raises(Undecodable) as caught:
        decode(headers, key, value, **record)
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize("name", EVENTS)
def test_every_event_survives_both_modes(name: str, random_facts: Strategies) -> None:
    """Decode after encode is the identity, in binary and in structured mode, for every type."""

    @settings(
        max_examples=10,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(random_facts(EVENTS[name]))
    def check(fact: Fact) -> None:
        topic = "hub.consignment.v1" if isinstance(fact.data, ClockTicked) else None
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


def test_unknown_fields_are_passed_over(received: Fact) -> None:
    """A newer sender may say more than we understand."""
    value = b'{"unit_id":"u","consignment_id":"CN-1","humidity_permille":400,"more":{"x":[1]}}'
    fact = decode(headers_of(received, ce_subject=None), b"CN-1", value, recorded_at=NOW)
    assert fact.data == UnitReceived(unit_id="u", consignment_id="CN-1")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ce_specversion": None}, "not_cloudevents"),
        ({"ce_specversion": b"0.3"}, "not_cloudevents"),
        ({"ce_id": None}, "missing_attribute"),
        ({"ce_id": b""}, "missing_attribute"),
        ({"ce_source": None}, "missing_attribute"),
        ({"ce_type": None}, "missing_attribute"),
        ({"ce_time": None}, "missing_attribute"),
        ({"ce_id": b"\xff\xfe"}, "bad_attribute"),
        ({"ce_id": b"a\x00b"}, "bad_attribute"),
        ({"ce_source": b"x" * 1_001}, "bad_attribute"),
        ({"ce_subject": b"somebody else"}, "bad_attribute"),
        ({"ce_classifier": b"MAYBE"}, "bad_attribute"),
        ({"ce_retracted": b"yes"}, "bad_attribute"),
        ({"ce_retracted": b"true"}, "missing_attribute"),
        ({"ce_original": b"not base64!"}, "bad_attribute"),
        ({"content-type": b"application/xml"}, "bad_attribute"),
        ({"ce_type": b"unit.teleported.v1"}, "unknown_type"),
        ({"ce_type": b"unit.received"}, "unknown_type"),
        ({"ce_type": b"unit.received.v2"}, "wrong_version"),
        ({"ce_time": b"yesterday"}, "bad_time"),
        ({"ce_time": b"0001-01-01T00:00:00+08:00"}, "bad_time"),
        ({"ce_time": b"9999-12-31T23:59:59Z"}, "bad_time"),
        ({"ce_time": b"2200-01-01T00:00:00+08:00"}, "bad_time"),
        ({"ce_time": b"1899-12-31T23:59:59Z"}, "bad_time"),
        ({"ce_recordtime": b"9999-12-31T23:59:59Z"}, "bad_time"),
        ({"ce_time": b"2026-03-01T08:00:00"}, "naive_time"),
        ({"ce_recordtime": b"2026-03-01T08:00:00"}, "naive_time"),
    ],
)
def test_wrong_headers_have_a_code(
    received: Fact, changes: dict[str, bytes | None], code: str
) -> None:
    """Each way of getting the attributes wrong has its own answer."""
    error = refused(headers=headers_of(received, **changes), value=encode(received).value)
    assert error.code == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "no_data"),
        (b"", "no_data"),
        (b"{", "bad_json"),
        (b'{"unit_id":"\xff"}', "bad_json"),
        (b"[" * 100_000, "bad_data"),
        (b"[]", "bad_data"),
        (b"{}", "bad_data"),
        (b'{"unit_id":""}', "bad_data"),
        (b'{"unit_id":" padded"}', "bad_data"),
        (b'{"unit_id":"padded "}', "bad_data"),
        (b'{"unit_id":"padded\\t"}', "bad_data"),
        ('{"unit_id":"\u3000padded"}'.encode(), "bad_data"),
        (b'{"unit_id":"two\\nlines"}', "bad_data"),
        (b'{"unit_id":"u","pieces":0}', "bad_data"),
        (b'{"unit_id":"u","pieces":"1"}', "bad_data"),
        (b'{"unit_id":"u","condition":"lost"}', "bad_data"),
        (b'{"unit_id":"u\\u0000"}', "bad_data"),
    ],
)
def test_wrong_values_have_a_code(received: Fact, value: bytes | None, code: str) -> None:
    """No value, no JSON and wrong data are told apart."""
    assert refused(headers=headers_of(received, ce_subject=None), value=value).code == code


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00Z"]
)
def test_instants_in_the_data_lie_in_the_calendar(received: Fact, at: str) -> None:
    """A day later there would be no date any more, and a worker that reckons one would fail."""
    headers = headers_of(received, ce_subject=None, ce_type=b"clock.ticked.v1")
    error = refused(headers=headers, value=msgspec.json.encode({"at": at}))
    assert error.code == "bad_time"
    assert "from 1900 to 2199" in str(error)


def test_escaped_backslash_is_no_nul(received: Fact) -> None:
    r"""The six characters \u0000 spelled out are an ordinary text."""
    value = rb'{"unit_id":"u","consignment_id":"CN-1","dock":"\\u0000"}'
    fact = decode(headers_of(received, ce_subject=None), b"CN-1", value, recorded_at=NOW)
    assert isinstance(fact.data, UnitReceived)
    assert fact.data.dock == r"\u0000"


def test_key_must_be_the_owners(received: Fact) -> None:
    """A fact under another key would change a state that another partition owns."""
    record = encode(received)
    error = refused(headers=record.headers, key=b"CN-2", value=record.value)
    assert error.code == "wrong_key"
    assert "'CN-1'" in str(error)


def test_topic_must_be_the_owners(received: Fact) -> None:
    """The same for another topic; ticks are at home everywhere."""
    record = encode(received)
    error = refused(headers=record.headers, value=record.value, topic="hub.unit.v1")
    assert error.code == "wrong_topic"
    assert "belongs on hub.consignment.v1" in str(error)
    tick = Fact(
        event_id="t-1",
        source="/clock",
        key="hub",
        occurred_at=NOW,
        recorded_at=NOW,
        data=ClockTicked(at=NOW),
    )
    record = encode(tick, topic="hub.plan.v1")
    assert (
        decode(record.headers, record.key, record.value, recorded_at=NOW, topic="hub.plan.v1")
        == tick
    )


def test_naive_time_inside_the_data_is_refused() -> None:
    """Instants in the data need an offset too, and the answer names the field."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"1"),
        ("ce_source", b"/booking"),
        ("ce_type", b"sailing.published.v1"),
        ("ce_time", b"2026-03-01T08:00:00Z"),
    ]
    data = {
        "voyage_id": "FE4/2610W",
        "service_id": "FE4",
        "mode": "VESSEL",
        "pol": "CNNGB",
        "pod": "NLRTM",
        "etd_at": "2026-03-05T08:00:00Z",
        "eta_at": "2026-04-05T08:00:00Z",
        "cutoffs": [{"code": "LCO", "due_at": "2026-03-04T08:00:00"}],
        "equipment": [],
    }
    error = refused(headers=headers, value=json.dumps(data).encode())
    assert error.code == "naive_time"
    assert "$.cutoffs[0].due_at" in str(error)


@pytest.mark.parametrize("value", [b"{", b"[]", b'{"specversion":"1.0"}', b"\xff"])
def test_broken_envelopes_are_refused(value: bytes) -> None:
    """Structured mode has the same answers."""
    error = refused(headers=[("content-type", b"application/cloudevents+json")], value=value)
    assert error.code in {"bad_json", "bad_attribute", "missing_attribute"}


def test_envelope_without_record_time_needs_one(received: Fact) -> None:
    """A line written by hand has no recordtime: whoever reads it says when."""
    attributes = json.loads(envelope_json(received))
    del attributes["recordtime"]
    line = json.dumps(attributes).encode()
    with pytest.raises(Undecodable, match="recordtime"):
        fact_from_json(line)
    assert fact_from_json(line, recorded_at=NOW).recorded_at == NOW


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": ""},
        {"source": "a\nb"},
        {"key": "CN-2"},
        {"occurred_at": datetime(2026, 3, 1)},  # noqa: DTZ001 - the mistake that is refused
        {"retracted": True},
        {"data": UnitReceived(unit_id="")},
        {"data": UnitReceived(unit_id="u", consignment_id="CN-1", pieces=0)},
        {"data": UnitReceived(unit_id="u", consignment_id="CN-1", condition="lost")},  # type: ignore[arg-type]
        {"data": UnitMeasured(unit_id="u", consignment_id="CN-1", size=None, gross_g=1)},  # type: ignore[arg-type]
        {"data": UnitReceived(unit_id="u", consignment_id="CN-1", dock="a\x00")},
    ],
)
def test_nothing_is_written_that_cannot_be_read(received: Fact, changes: dict[str, Any]) -> None:
    """Writing checks what construction does not."""
    with pytest.raises(InvalidInput):
        encode(msgspec.structs.replace(received, **changes))


def test_identity_is_owner_source_and_event(received: Fact) -> None:
    """A handed-over copy under another owner is another row; nothing else makes a difference."""
    later = msgspec.structs.replace(received, occurred_at=NOW, recorded_at=NOW)
    assert fact_id(later) == fact_id(received)
    for changes in ({"event_id": "e-2"}, {"source": "/wms/yiwu-2"}):
        assert fact_id(msgspec.structs.replace(received, **changes)) != fact_id(received)
    unit = UnitReceived(unit_id="106141412345678908")
    alone = msgspec.structs.replace(received, key=unit.unit_id, data=unit)
    assert fact_id(alone) != fact_id(received)


def test_owner_decides_the_topic(received: Fact) -> None:
    """A unit whose consignment is unknown travels under its own key on its own topic."""
    alone = UnitReceived(unit_id="u")
    assert encode(msgspec.structs.replace(received, key="u", data=alone)).topic == "hub.unit.v1"
    cancelled = ConsignmentCancelled(consignment_id="CN-1", reason="no cargo")
    assert topic_of(cancelled).name == "hub.consignment.v1"


def test_types_are_versioned_names() -> None:
    """CloudEvents type: name and version."""
    assert ce_type(UnitReceived) == "unit.received.v1"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"]
            ),
            st.sampled_from(
                [b"1.0", b"unit.received.v1", b"2026-03-01T08:00:00Z", b"application/json"]
            )
            | st.binary(max_size=8),
        )
    ),
    st.none() | st.binary(max_size=8),
    st.none() | st.binary(max_size=30) | st.sampled_from([b'{"unit_id":"u"}', b"null", b"1"]),
)
def test_rubbish_never_crashes(
    headers: list[tuple[str, bytes]], key: bytes | None, value: bytes | None
) -> None:
    """Whatever arrives is a fact or Undecodable."""
    try:
        fact = decode(headers, key, value, recorded_at=NOW)
    except Undecodable:
        return
    assert isinstance(fact.data, Event)


def test_writing_converts_to_utc(received: Fact) -> None:
    """Aware times in other zones are written in UTC."""
    yiwu = timezone(timedelta(hours=8))
    record = encode(
        msgspec.structs.replace(received, occurred_at=datetime(2026, 3, 1, 16, tzinfo=yiwu))
    )
    assert dict(record.headers)["ce_time"] == b"2026-03-01T08:00:00Z"
