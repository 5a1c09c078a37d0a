"""Amounts have the minor units of their currency, and unknown currencies are refused by name."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from groupage.contracts.decoding import decode_for_store
from groupage.contracts.encoding import encode
from groupage.contracts.event_data import event_from_json
from groupage.contracts.undecodable import Undecodable
from groupage.contracts.validation import validate_for_writing
from groupage.domain.currencies import DECIMALS, amount_text, minor_units
from groupage.domain.errors import InvalidInput
from groupage.domain.events.base import Money
from groupage.domain.events.consignment import ConsignmentBooked
from groupage.domain.fact import Fact
from producers.packing_lists.importing import ListReading
from tests.producers.packing_lists.made_lists import errors, events_of, imported

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *[(code, 0) for code in ("JPY", "VND", "ISK", "CLP", "KRW", "XAF")],
        *[(code, 3) for code in ("KWD", "IQD", "BHD", "OMR", "TND", "JOD", "LYD")],
        *[(code, 2) for code in ("USD", "EUR", "CNY", "HUF", "IDR", "TWD", "MGA")],
        ("CLF", 4),
    ],
)
def test_minor_units_are_those_of_iso_4217(currency: str, decimals: int) -> None:
    """CLDR has other figures for HUF, IDR and IQD: it says how people write prices."""
    assert DECIMALS[currency] == decimals
    assert minor_units(Decimal(10000), currency) == 10_000 * 10**decimals


def test_amounts_for_people() -> None:
    """An old fact's code that ISO 4217 does not know is printed as it is."""
    assert amount_text(1_000_000, "JPY") == "1,000,000 JPY"
    assert amount_text(1_234_567, "USD") == "12,345.67 USD"
    assert amount_text(1_500, "KWD") == "1.500 KWD"
    assert amount_text(1_500, "ZZZ") == "1,500 minor units of ZZZ"
    assert minor_units(Decimal("0.005"), "USD") == 1


@pytest.mark.parametrize(
    ("header", "cell", "money"),
    [
        ("货值(JPY)", "10000", Money(amount_minor=10_000, currency="JPY")),
        ("Value JPY", '"10,000.0"', Money(amount_minor=10_000, currency="JPY")),
        ("货值（日元）", "10000", Money(amount_minor=10_000, currency="JPY")),
        ("Amount (KWD)", "1.5", Money(amount_minor=1_500, currency="KWD")),
        ("货值", "10000 JPY", Money(amount_minor=10_000, currency="JPY")),
        ("货值", "EUR 12.50", Money(amount_minor=1_250, currency="EUR")),
        ("货值(EUR)", "12.50 EUR", Money(amount_minor=1_250, currency="EUR")),
        ("货值", "12.5元", Money(amount_minor=1_250, currency="CNY")),
        ("金额", "12.5", Money(amount_minor=1_250, currency="USD")),
    ],
)
def test_the_currency_of_a_packing_list(header: str, cell: str, money: Money) -> None:
    """Beside the amount, or in the header; else the one that the command names."""
    booked = events_of(list_of(header, cell))[0]
    assert isinstance(booked, ConsignmentBooked)
    assert booked.value == money


@pytest.mark.parametrize(
    ("header", "cell", "more", "field"),
    [
        ("货值", "10 ZZZ", {}, "F2"),
        ("货值", "-1", {}, "F2"),
        ("货值(USD)", "12.50 EUR", {}, "F2"),
        ("货值", "10 EUR", {"币种": "USD"}, "F2"),
        ("货值", "10", {"币种": "ZZZ"}, "G2"),
    ],
)
def test_a_currency_that_cannot_be(
    header: str, cell: str, more: dict[str, str], field: str
) -> None:
    """The error names the cell and its value."""
    booking = list_of(header, cell, more).booking
    assert booking.facts == ()
    assert [place for place, _ in errors(booking)] == [field]


def test_a_comma_that_nothing_explains_is_a_question() -> None:
    """10,000 is ten or ten thousand; the answer says which."""
    (question,) = list_of("Value JPY", '"10,000"').booking.questions
    answers = [choice.answer for choice in question.choices]
    assert answers == ["numbers=point", "numbers=comma"]
    booked = events_of(list_of("Value JPY", '"10,000"', answers={"numbers": "point"}))[0]
    assert booked.value == Money(amount_minor=10_000, currency="JPY")


def test_an_unknown_default_currency() -> None:
    """The option of the command."""
    booking = list_of("货值", "10", currency="ZZZ").booking
    assert errors(booking) == [("", "bad_currency")]
    assert "'ZZZ'" in booking.errors[0].text


def list_of(
    header: str, cell: str, more: dict[str, str] | None = None, **given: Any
) -> ListReading:
    """Return the reading of a packing list with one carton."""
    more = more or {}
    head = ",".join(["件数", "尺寸cm", "毛重kg", "发货人", "目的港", header, *more])
    row = ",".join(["1", "60*40*35", "5", "甲", "NLRTM", cell, *more.values()])
    return imported(f"{head}\n{row}\n", **given)


BOOKED: dict[str, Any] = {
    "consignment_id": "C",
    "shipper": "S",
    "consignee": "T",
    "pol": "CNNGB",
    "pod": "NLRTM",
    "mode": "1039",
    "lines": [{"pieces": 1, "size": {"length_mm": 1, "width_mm": 1, "height_mm": 1}, "gross_g": 1}],
    "value": {"amount_minor": 1, "currency": "ZZZ"},
    "ready_at": "2026-03-02T08:00:00Z",
}


def test_an_unknown_currency_is_refused_by_http_kafka_and_python() -> None:
    """By its name; a fact that an older version took is read."""
    (error,) = validate_for_writing("consignment.booked", BOOKED)
    assert (error.pointer, error.value) == ("/value/currency", "ZZZ")
    old = Fact(
        event_id="1",
        source="/s",
        key="C",
        occurred_at=NOW,
        recorded_at=NOW,
        data=event_from_json("consignment.booked", msgspec.json.encode(BOOKED)),
    )
    with pytest.raises(InvalidInput, match="ZZZ"):
        encode(old)
    record = encode(old, derived=True)
    sent = (record.headers, record.key, record.value)
    with pytest.raises(Undecodable, match=r"/value/currency.*ZZZ.*ISO 4217"):
        decode_for_store(*sent, recorded_at=NOW)
    assert decode_for_store(*sent, recorded_at=NOW, older=True)[0] == old
