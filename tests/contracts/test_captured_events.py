"""Records of captured EPCIS events."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.contracts.captured_events import (
    CONTEXT_BYTES_MAX,
    EVENT_ID_LENGTH_MAX,
    CapturedEvent,
    decode_captured,
)
from groupage.contracts.undecodable import Undecodable

AT = datetime(2026, 3, 1, tzinfo=UTC)
EVENT = CapturedEvent(
    event_id="urn:uuid:1",
    declaration="0f",
    event_time=AT,
    recorded_at=AT,
    body=b'{ "eventTime": "2026-03-01T08:00:00.00+08:00", "x":1.0 }',
    context=b'[{"ex":"https://ex.org/"}]',
    format="xml",
)


def record_of(event: CapturedEvent, **changes: Any) -> Any:
    """The record as a consumer gets it; `changes` are fields, or headers by their names."""
    sent = event.record()
    headers = dict(sent.headers)
    for name in list(changes):
        if name.startswith("captured_"):
            headers[name] = changes.pop(name)
    read = {"key": sent.key, "value": sent.value, "timestamp": sent.timestamp_ms}
    return SimpleNamespace(**read | changes, headers=tuple(headers.items()))


def test_a_record_gives_the_event_back_byte_by_byte() -> None:
    """With its declaration, context and format."""
    assert decode_captured(record_of(EVENT)) == EVENT
    plain = msgspec.structs.replace(EVENT, declaration="", context=None, format="json")
    assert decode_captured(record_of(plain)) == plain
    assert plain.captured_id != EVENT.captured_id


@pytest.mark.parametrize(
    "changes",
    [
        {"key": b"other"},
        {"key": None},
        {"value": None},
        {"value": b"[]"},
        {"value": b"{"},
        {"value": b'{"eventTime": 1}'},
        {"value": b'{"eventTime": "today"}'},
        {"value": b'{"eventTime": "9999-01-01T00:00:00Z"}'},
        {"value": b"[" * 100_000},
        {"captured_id": b""},
        {"captured_id": b"\xff"},
        {"captured_id": b"a\0"},
        {"captured_id": b"a\nb", "key": b"a\nb"},
        {"captured_id": b"a" * (EVENT_ID_LENGTH_MAX + 1)},
        {"captured_format": b"csv"},
        {"captured_declaration": b"0" * 101},
        {"captured_context": b"0" * (CONTEXT_BYTES_MAX + 1)},
    ],
)
def test_any_other_record_is_undecodable(changes: dict[str, Any]) -> None:
    """Any sender may write to the topic."""
    with pytest.raises(Undecodable):
        decode_captured(record_of(EVENT, **changes))


@given(
    value=st.none() | st.binary(),
    headers=st.lists(
        st.tuples(st.sampled_from(["captured_id", "captured_format", "x"]), st.binary())
    ),
)
def test_random_records_raise_nothing_else(
    value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    """The worker makes dead letters of them."""
    record = SimpleNamespace(key=b"a", value=value, headers=headers, timestamp=0)
    try:
        decode_captured(record)
    except Undecodable:
        return
