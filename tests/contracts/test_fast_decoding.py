"""The fast path of decoding gives the same result as the general path."""

from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest

from groupage.app.bench import workload
from groupage.contracts import decoding
from groupage.contracts.decoding import decode_fast
from groupage.contracts.encoding import encode
from groupage.contracts.normal_ids import is_thing_id
from groupage.contracts.provenance import OWN_EVENTS
from groupage.contracts.undecodable import Undecodable
from groupage.domain.catalogue import EVENTS
from groupage.domain.events import unit as units
from groupage.domain.events.base import Event
from groupage.domain.fact import Fact

AT = datetime(2026, 3, 2, tzinfo=UTC)
RECORD = encode(next(workload.facts(1, seed=1)))


def outcome(headers: dict[str, Any], value: bytes | None, key: bytes | None = RECORD.key) -> object:
    """Return the fact, or the code and the words of the error."""
    try:
        return decoding.decode(list(headers.items()), key, value, recorded_at=AT)
    except Undecodable as error:
        return (error.code, str(error))


def test_real_facts_decode_alike_on_both_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand facts of a life cycle."""
    records = [encode(fact) for fact in workload.facts(1_000, seed=2)]
    fast = [decoding.decode(r.headers, r.key, r.value, recorded_at=AT) for r in records]
    monkeypatch.setattr(decoding, "decode_fast", lambda *_: None)
    assert fast == [decoding.decode(r.headers, r.key, r.value, recorded_at=AT) for r in records]


def test_our_publishers_headers_take_the_fast_path() -> None:
    """The publisher writes its headers in the order that the fast path expects."""
    assert decoding.decode_for_store(
        RECORD.headers, RECORD.key, RECORD.value, recorded_at=AT
    ) == decode_fast(RECORD.headers, RECORD.key, RECORD.value)


@pytest.mark.parametrize(
    ("time", "stamped"),
    [
        ("2026-03-01T08:00:00Z", True),
        ("2026-03-01T08:00:00.123456Z", True),
        ("2026-03-01T08:00:00.1234567Z", False),
    ],
)
def test_instants_finer_than_microseconds_are_written_again(*, time: str, stamped: bool) -> None:
    """PostgreSQL rounds them differently than msgspec."""
    headers = [(n, time.encode() if n == "ce_time" else raw) for n, raw in RECORD.headers]
    columns = decoding.decode_for_store(headers, RECORD.key, RECORD.value, recorded_at=AT)[3]
    assert (columns is not None) == stamped


@pytest.mark.parametrize("name", [name for name, _ in RECORD.headers])
@pytest.mark.parametrize(
    "raw",
    [
        "absent",
        None,
        b"",
        b"\xff",
        b"a\x00b",
        b"a\tb",
        b"a\x7fb",
        b"x" * 2_000,
        b"2026-03-01T08:00:00+08:00",
        b"2026-03-01T08:00:00",
        b'2026-03-01T08:00:00Z","',
        b'2026-03-01T08:00:00Z","x',
        b'x","y',
        b'"',
        b"\\",
        b"\\u0041",
        b"\xc3\xa9",
        b"true",
    ],
)
def test_odd_headers_have_the_same_outcome_on_both_paths(
    monkeypatch: pytest.MonkeyPatch, name: str, raw: bytes | str | None
) -> None:
    """Each header absent, without value or strange: the same fact, or the same error."""
    headers: dict[str, Any] = dict(RECORD.headers)
    if raw == "absent":
        del headers[name]
    else:
        headers[name] = raw
    fast = outcome(headers, RECORD.value)
    monkeypatch.setattr(decoding, "decode_fast", lambda *_: None)
    assert fast == outcome(headers, RECORD.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, RECORD.value),
        (b"", RECORD.value),
        (RECORD.key + b'"', RECORD.value),
        (RECORD.key + b'","x', RECORD.value),
        (b"\\u0043" + RECORD.key[1:], RECORD.value),
        (RECORD.key, None),
        (RECORD.key, b""),
        (RECORD.key, b"null"),
        (RECORD.key, RECORD.value + b',"PLN"'),
        (RECORD.key, RECORD.value + b',{"a":1}'),
        (RECORD.key, RECORD.value + b"]"),
        (RECORD.key, b"null," + RECORD.value),
        (RECORD.key, b" " + RECORD.value + b"\n"),
        (RECORD.key, b'{"a":"' + b"x" * 10 + b"\tb" + b'",' + RECORD.value[1:]),
    ],
)
def test_odd_keys_and_values_have_the_same_outcome_on_both_paths(
    monkeypatch: pytest.MonkeyPatch, key: bytes | None, value: bytes | None
) -> None:
    """An addition to one part of a record never becomes another part."""
    fast = outcome(dict(RECORD.headers), value, key)
    monkeypatch.setattr(decoding, "decode_fast", lambda *_: None)
    assert fast == outcome(dict(RECORD.headers), value, key)


@pytest.mark.parametrize(
    ("name", "raw", "field", "value"),
    [
        ("ce_recordtime", b"2026-03-01T09:00:00+08:00", "recorded_at", AT.replace(day=1, hour=1)),
        ("ce_classifier", b"EST", "classifier", "EST"),
        ("ce_correctionof", b"scan-1", "correction_of", "scan-1"),
        ("ce_relayedby", b"unit", "relayed_by", "unit"),
        ("ce_traceparent", b"00-1", "traceparent", "00-1"),
        ("ce_original", b"e30=", "original", b"{}"),
    ],
)
def test_an_extension_beside_what_is_required_counts(
    name: str, raw: bytes, field: str, value: object
) -> None:
    """A foreign client sends the five required attributes and a single further one."""
    required = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time")
    headers = {key: sent for key, sent in RECORD.headers if key in required} | {name: raw}
    assert getattr(outcome(headers, RECORD.value), field) == value


@pytest.mark.parametrize("path", ["fast", "general"])
@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        (units.UnitReceived(unit_id="106141412345678908"), False),
        (units.UnitReceived(unit_id="106141412345678900"), True),
        (units.UnitReceived(unit_id="PALLET-7"), False),
        (units.UnitReceived(unit_id="(00)106141412345678900"), True),
        (units.UnitPacked(unit_id="C-1", parent_id="106141412345678900"), True),
        (units.UnitLoaded(unit_id="C-1", equipment_ref="CSQU3054383"), False),
        (units.UnitLoaded(unit_id="C-1", equipment_ref="CSQU3054380"), True),
        (units.UnitRepacked(unit_id="C", inputs=("106141412345678900",), outputs=("C",)), True),
        (units.UnitRepacked(unit_id="C", inputs=("106141412345678908",), outputs=("C",)), False),
    ],
)
def test_decoding_finds_wrong_check_digits(
    event: Event, *, wrong: bool, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks at each id once, for its form and its digit."""
    if path == "general":
        monkeypatch.setattr(decoding, "decode_fast", lambda *_: None)
    record = encode(
        Fact(
            event_id="1", source="/wms", key=event.key, occurred_at=AT, recorded_at=AT, data=event
        ),
        derived=True,
    )
    for _ in range(2):  # the second time from the cache
        decoded = decoding.decode_for_store(
            record.headers, record.key, record.value, recorded_at=AT
        )
        assert decoded[4] == wrong


def test_each_id_with_a_check_digit_has_a_normal_form() -> None:
    """So the fast path sees a wrong digit wherever the thorough search does."""
    for event in set(EVENTS.values()) - OWN_EVENTS:
        judged = {"unit_id", "parent_id", "equipment_ref"} & set(event.__struct_fields__)
        fields = {
            field.name
            for field in msgspec.structs.fields(event)
            if is_thing_id(field.type) or any(map(is_thing_id, get_args(field.type)))
        }
        assert judged <= fields, event.name
