"""Records that cannot be decoded get a code and a reason."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.contracts.cloudevents import fact_from_json
from groupage.contracts.decoding import decode
from groupage.contracts.encoding import encode, envelope_json
from groupage.contracts.event_data import decoder_of, event_from_json
from groupage.contracts.undecodable import Undecodable, UndecodableCode
from groupage.domain.events.base import Event
from groupage.domain.events.clock import ClockTicked
from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from tests.contracts.records import NOW, decode_error, headers_of


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
        ({"ce_time": b"2200-01-01T00:00:00Z"}, "bad_time"),
        ({"ce_time": b"1899-12-31T23:59:59Z"}, "bad_time"),
        ({"ce_recordtime": b"9999-12-31T23:59:59Z"}, "bad_time"),
        ({"ce_time": b"2026-03-01T08:00:00"}, "naive_time"),
        ({"ce_recordtime": b"2026-03-01T08:00:00"}, "naive_time"),
    ],
)
def test_wrong_headers_have_a_code(
    received: Fact, changes: dict[str, bytes | None], code: str
) -> None:
    """Each wrong attribute has its code."""
    error = decode_error(headers=headers_of(received, **changes), value=encode(received).value)
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
        (b'{"unit_id":"u","consignment_id":"padded\\t"}', "bad_data"),
        ('{"unit_id":"\u3000padded"}'.encode(), "bad_data"),
        (b'{"unit_id":"two\\nlines"}', "bad_data"),
        (b'{"unit_id":"u","pieces":0}', "bad_data"),
        (b'{"unit_id":"u","pieces":"1"}', "bad_data"),
        (b'{"unit_id":"u","condition":"lost"}', "bad_data"),
        (b'{"unit_id":"u\\u0000"}', "bad_data"),
    ],
)
def test_wrong_values_have_a_code(received: Fact, value: bytes | None, code: str) -> None:
    """A missing value, invalid JSON and wrong data have different codes."""
    assert decode_error(headers=headers_of(received, ce_subject=None), value=value).code == code


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00Z"]
)
def test_instants_in_the_data_lie_in_the_calendar(received: Fact, at: str) -> None:
    """Python has no later date, and a worker that computes a deadline would fail."""
    headers = headers_of(received, ce_subject=None, ce_type=b"clock.ticked.v1")
    error = decode_error(headers=headers, value=msgspec.json.encode({"at": at}))
    assert error.code == "bad_time"
    assert "from 1900 to 2199" in str(error)


@pytest.mark.parametrize("time", [b"1900-01-01T00:00:00Z", b"2199-12-31T23:59:59.999999Z"])
def test_the_calendar_has_its_first_and_last_moment(received: Fact, time: bytes) -> None:
    """From 1900 to 2199, as the error says: both years whole."""
    headers = headers_of(received, ce_time=time)
    fact = decode(headers, received.key.encode(), encode(received).value, recorded_at=NOW)
    assert fact.occurred_at.year == int(time[:4])


def test_an_escaped_backslash_is_not_nul(received: Fact) -> None:
    r"""The six characters \u0000 spelled out are an ordinary text."""
    value = rb'{"unit_id":"u","consignment_id":"CN-1","dock":"\\u0000"}'
    fact = decode(headers_of(received, ce_subject=None), b"CN-1", value, recorded_at=NOW)
    assert isinstance(fact.data, UnitReceived)
    assert fact.data.dock == r"\u0000"


def test_the_key_must_be_that_of_the_aggregate(received: Fact) -> None:
    """Under another key the fact would change a state that belongs to another partition."""
    record = encode(received)
    error = decode_error(headers=record.headers, key=b"CN-2", value=record.value)
    assert error.code == "wrong_key"
    assert "'CN-1'" in str(error)


def test_the_topic_must_be_that_of_the_aggregate(received: Fact) -> None:
    """The same for another topic; ticks may be on any."""
    record = encode(received)
    error = decode_error(headers=record.headers, value=record.value, topic="hub.unit.v1")
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


def test_a_naive_time_inside_the_data_is_an_error() -> None:
    """Instants in the data need an offset too, and the reason names the field."""
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
    error = decode_error(headers=headers, value=json.dumps(data).encode())
    assert error.code == "naive_time"
    assert "$.cutoffs[0].due_at" in str(error)


@pytest.mark.parametrize("value", [b"{", b"[]", b'{"specversion":"1.0"}', b"\xff"])
def test_broken_envelopes_have_a_code(value: bytes) -> None:
    """Structured mode has the same codes."""
    error = decode_error(headers=[("content-type", b"application/cloudevents+json")], value=value)
    assert error.code in {"bad_json", "bad_attribute", "missing_attribute"}


def test_an_envelope_without_recordtime_needs_it_from_the_reader(received: Fact) -> None:
    """A line that somebody wrote by hand has no recordtime."""
    attributes = json.loads(envelope_json(received))
    del attributes["recordtime"]
    line = json.dumps(attributes).encode()
    with pytest.raises(Undecodable, match="recordtime"):
        fact_from_json(line)
    assert fact_from_json(line, recorded_at=NOW).recorded_at == NOW


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


def test_the_reason_names_every_wrong_field() -> None:
    """With its value and what would be right; unknown fields are allowed."""
    value = b'{"unit_id":"u","size":{"length_mm":"12","width_mm":0,"height_mm":1},"later":1}'
    with pytest.raises(Undecodable) as raised:
        event_from_json("unit.measured", value)
    assert str(raised.value) == (
        "/size/length_mm: '12' is not right; expected a whole number; "
        "/size/width_mm: 0 is not right; expected at least 1; "
        "/gross_g: nothing found; expected a field that is required: Gross mass. Grams"
    )


def test_the_reason_names_the_first_five_of_many_wrong_fields() -> None:
    """And says how many more there are."""
    value = b'{"consignment_id":"C","units":[' + b",".join([b"{}"] * 9) + b"]}"
    with pytest.raises(Undecodable) as raised:
        event_from_json("asn.received", value)
    assert str(raised.value).endswith("(and 4 more)")


def test_every_code_has_its_meaning_in_a_sentence() -> None:
    """The documentation lists them from here."""
    assert all(code.meaning.endswith(".") for code in UndecodableCode)
    with pytest.raises(Undecodable) as raised:
        event_from_json("unit.received", b"{}")
    assert raised.value.code is UndecodableCode.BAD_DATA
    assert raised.value.code.meaning == "The data breaks the schema of its event."


def test_the_reason_of_white_space_names_field_and_value() -> None:
    """And no pattern, which holds the characters themselves."""
    with pytest.raises(Undecodable) as raised:
        event_from_json("unit.received", b'{"unit_id":"u","visit_id":"V "}')
    assert str(raised.value) == (
        "/visit_id: 'V ' is not right; expected Id of the truck's visit to the hub. 1 to 200 "
        "characters, no white space at either end"
    )


@pytest.mark.parametrize(
    ("type_name", "hint"),
    [
        ("unit.received", "did you mean unit.received.v1?"),
        ("unit.reeived.v1", "did you mean unit.received.v1?"),
        ("shipment.created.v1", "`groupage events` lists the types"),
    ],
)
def test_an_unknown_type_is_answered_with_the_one_that_is_meant(type_name: str, hint: str) -> None:
    """In the reason of the dead letter, as by HTTP."""
    with pytest.raises(Undecodable) as raised:
        decoder_of(type_name)
    assert raised.value.code is UndecodableCode.UNKNOWN_TYPE
    assert str(raised.value).endswith(hint)
