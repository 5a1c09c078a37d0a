"""Which known name a mistyped one stands for."""

import pytest

from groupage.contracts.event_data import EVENT_DECODERS
from groupage.domain.near_names import did_you_mean, find_near_name, no_such


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("unit.reeived.v1", "unit.received.v1"),
        ("unit.stored", "unit.stored.v1"),
        ("UnitReceived", "unit.received.v1"),
        ("unit_received_v1", "unit.received.v1"),
        ("unit.received.v2", "unit.received.v1"),
        ("consignment.book.v1", "consignment.booked.v1"),
        ("shipment.created.v1", None),
        ("", None),
        (7, None),
    ],
)
def test_types_of_events(name: object, meant: str | None) -> None:
    """Typing errors, another case, other signs, no version; not what is alike by chance."""
    assert find_near_name(name, EVENT_DECODERS) == meant


def test_a_number_is_another_code_and_no_typing_error() -> None:
    """9811 is as far from 9810 as from 9710: a guess would name a wrong customs mode."""
    assert find_near_name("9811", ["9810", "9710"]) is None


def test_a_long_text_takes_no_longer() -> None:
    """It is compared by its beginning."""
    assert find_near_name("unit.received" + "x" * 1_000_000, EVENT_DECODERS) is None


def test_phrases() -> None:
    """As errors show them."""
    names = ["length_mm", "width_mm"]
    assert did_you_mean("lenght_mm", names) == "; did you mean length_mm?"
    assert did_you_mean("colour", names) == ""
    assert no_such("field", "colour", names) == "no such field; known are length_mm, width_mm"
    assert no_such("field", "length_cm", names, note=" (Millimetres)") == (
        "no such field; did you mean length_mm (Millimetres)? Known are length_mm, width_mm"
    )
