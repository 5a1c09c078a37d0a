"""From an understood list to bookings, notices and amendments."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from groupage.domain.events.base import Dimensions, Money
from groupage.domain.events.consignment import (
    AsnReceived,
    CartonLine,
    ConsignmentAmended,
    ConsignmentBooked,
    DangerousGoods,
    DeclaredTotals,
)
from producers.packing_lists.booking import Times
from producers.packing_lists.model import Finding, Handling, Totals
from producers.packing_lists.shared import Options
from producers.sheets.workbook import Sheet, Workbook
from tests.producers.packing_lists.made_lists import (
    NOW,
    OPTIONS,
    article,
    booked,
    errors,
    label,
    line,
    packing_list,
)


def booking_of(*lines: Any, **more: Any) -> ConsignmentBooked:
    """Return the booking of a list that must be right."""
    event = booked(packing_list(*lines, **more)).facts[0].data
    assert isinstance(event, ConsignmentBooked)
    return event


def test_a_list_becomes_a_booking_and_a_notice() -> None:
    """Cartons, sizes and masses as declared; the notice counts the cartons through."""
    found = booked(packing_list(line(), line(2, cartons=2)))
    assert (found.questions, found.errors) == ((), ())
    first, second = (fact.data for fact in found.facts)
    assert isinstance(first, ConsignmentBooked)
    assert isinstance(second, AsnReceived)
    assert first.lines[0] == CartonLine(
        pieces=10,
        size=Dimensions(length_mm=600, width_mm=400, height_mm=350),
        gross_g=12_500,
        hs6="950300",
        goods="玩具",
    )
    assert first.value == Money(amount_minor=240_000, currency="USD")
    assert (first.consignee, first.pol, first.pod, first.mode) == (
        "TO ORDER",
        "CNNGB",
        "NLRTM",
        "1039",
    )
    assert [unit.line for unit in second.units] == [0] * 10 + [1] * 2
    assert second.units[11].unit_id == "CN-1/0012"
    (consignment,) = found.consignments
    assert (consignment.cartons, consignment.volume_cm3) == (12, 12 * 84_000)


def test_the_same_list_gives_the_ids_that_it_always_had() -> None:
    """Ids of events stay those of earlier releases: importing an old list again changes nothing.

    The ids are from version 0.2.0, from a CSV file with these cells.
    """
    rows = (
        ("唛头", "品名", "HS编码", "件数", "尺寸cm", "单件毛重kg", "发货人", "目的港", "贸易方式"),
        ("A/1", "玩具", "950300", "3", "60*40*35", "12.5", "甲", "NLRTM", "1039"),
        ("A/2", "布娃娃", "950300", "2", "50*40*40", "8", "甲", "NLRTM", "1039"),
    )
    book = Workbook(name="list.csv", sheets=(Sheet(name="list", rows=rows),), format="csv")
    shared: dict[str, str] = {"shipper": "甲", "pod": "NLRTM", "mode": "1039"}
    toys = line(1, cartons=3, articles=(article(1, hs="950300", amount=None),), shared=shared)
    dolls = line(
        2,
        cartons=2,
        length_mm=500,
        height_mm=400,
        gross_g=8_000,
        articles=(article(2, goods="布娃娃", hs="950300", amount=None),),
        shared=shared,
    )
    found = booked(packing_list(toys, dolls, sheets=("list",)), Options(), workbook=book)
    assert [fact.event_id for fact in found.facts] == OLD_IDS
    later = Times(listed_at=NOW, recorded_at=datetime.now(UTC))
    again = booked(
        packing_list(toys, dolls, sheets=("list",)), Options(), workbook=book, times=later
    )
    assert [fact.event_id for fact in again.facts] == OLD_IDS


OLD_IDS = [
    "consignment.booked/PL-FAF7E4510B15/26f3c018b8be1bbb",
    "asn.received/PL-FAF7E4510B15/281f618b70dbabcb",
]


def test_a_changed_list_gives_another_booking() -> None:
    """A gram more is another booking under another id."""
    ids = [booked(packing_list(line(gross_g=grams))).facts[0].event_id for grams in (9, 9, 10)]
    assert ids[0] == ids[1] != ids[2]


def test_several_consignments_in_a_list() -> None:
    """Rows name their consignment; a row without its name follows the row above."""
    lines = (
        line(1, shared={"consignment_id": "CN-7", "pod": "NLRTM"}),
        line(2),
        line(3, shared={"consignment_id": "CN-8", "pod": "DEHAM"}),
    )
    found = booked(packing_list(*lines), Options(shipper="甲"))
    assert [(each.consignment_id, each.pod, each.cartons) for each in found.consignments] == [
        ("CN-7", "NLRTM", 20),
        ("CN-8", "DEHAM", 10),
    ]
    assert len(found.facts) == 4


def test_handling_marks_reach_the_booking() -> None:
    """Each mark has its field; dangerous goods name the line that they are in."""
    marks = Handling(
        this_side_up=True,
        max_top_load_g=0,
        fragile=True,
        keep_dry=True,
        un_number="UN 3481",
        imo_class="9",
        packing_group="PG II",
    )
    event = booking_of(line(), line(2, handling=marks))
    found = event.lines[1]
    assert (found.this_side_up, found.max_top_load_g, found.fragile, found.keep_dry) == (
        True,
        0,
        True,
        True,
    )
    assert event.dangerous_goods == (
        DangerousGoods(un_number="3481", imo_class="9", packing_group="II", line=1),
    )


CONTRADICTION = "danger_contradiction"


@pytest.mark.parametrize(
    ("handling", "code"),
    [
        ({"imo_class": "3"}, [("D2", "no_un_number")]),
        ({"un_number": "3481"}, [("D2", "no_imo_class")]),
        ({"un_number": "34", "imo_class": "3"}, [("C2", "bad_un_number")]),
        ({"imo_class": "普货"}, []),
        ({"un_number": "UN1263", "imo_class": "3", "dangerous": "N"}, [("E2", CONTRADICTION)]),
        ({"un_number": "UN9999", "imo_class": "9"}, [("C2", "bad_un_number")]),
        ({"un_number": "UN3480", "imo_class": "3"}, [("D2", "bad_imo_class")]),
        ({"un_number": "1993", "imo_class": "1.4S"}, [("D2", "bad_imo_class")]),
        ({"dangerous": "UN3480 class 3"}, [("E2", "bad_imo_class")]),
        ({"un_number": "UN3480", "imo_class": "9A", "dangerous": "Y"}, []),
        ({"un_number": "1950", "imo_class": "2"}, []),
    ],
)
def test_half_of_a_dangerous_goods_entry_is_an_error(
    handling: dict[str, Any], code: list[tuple[str, str]]
) -> None:
    """Number and class belong together; a word in the column of classes is not a class."""
    found = packing_list(
        line(handling=Handling(**handling)),
        columns={"C": "un_number", "D": "imo_class", "E": "dangerous"},
    )
    assert errors(booked(found)) == code


def test_totals_without_sizes_are_booked() -> None:
    """No lines, no notice: sizes follow."""
    totals = Totals(cartons=55, volume_cm3=4_130_000, gross_g=746_000)
    found = booked(packing_list(declared_totals=totals))
    (fact,) = found.facts
    event = fact.data
    assert isinstance(event, ConsignmentBooked)
    assert event.lines == ()
    assert event.totals == DeclaredTotals(pieces=55, volume_cm3=4_130_000, gross_g=746_000)
    assert "sizes_follow" in [each.code for each in found.remarks]
    assert not found.consignments[0].sizes


def test_a_later_list_amends_the_booking() -> None:
    """With `amend` the cargo changes, and nothing else of the booking."""
    options = msgspec.structs.replace(OPTIONS, amend=True)
    first, second = (fact.data for fact in booked(packing_list(line()), options).facts)
    assert isinstance(first, ConsignmentAmended)
    assert first.lines is not None
    assert (first.lines[0].pieces, first.danger_words, first.pod) == (10, (), None)
    assert isinstance(second, AsnReceived)


def test_an_amendment_of_another_day_is_another_event() -> None:
    """The list may be amended to something else in between, and back."""
    options = msgspec.structs.replace(OPTIONS, amend=True)
    later = Times(listed_at=datetime(2026, 3, 3, tzinfo=UTC), recorded_at=NOW)
    ids = {
        booked(packing_list(line()), options, times=times).facts[0].event_id
        for times in (Times(listed_at=NOW, recorded_at=NOW), later, later)
    }
    assert len(ids) == 2


def test_numbers_and_ids_name_the_cartons() -> None:
    """Numbers are filled up to four digits, ids are in the hub's form."""
    numbered = line(cartons=3, numbers=("7", "8", "F9"))
    labelled = line(2, cartons=1, unit_ids=("(00)350000000000000020",))
    counted = line(3, cartons=8)
    notice = booked(packing_list(numbered, labelled, counted)).facts[1].data
    assert isinstance(notice, AsnReceived)
    assert [unit.unit_id for unit in notice.units] == [
        "CN-1/0007",
        "CN-1/0008",
        "CN-1/F9",
        "350000000000000020",
        *(f"CN-1/{number:04d}" for number in (5, 6, 9, 10, 11, 12, 13, 14)),
    ]


def test_numbers_that_begin_at_1_again_are_told_apart() -> None:
    """Under another mark by the mark, in another sheet by the number of the series."""
    lines = [
        line(row, cartons=2, numbers=numbers, marks=marks)
        for row, numbers, marks in (
            (1, ("1", "2"), ""),
            (2, ("2", "3"), ""),
            (3, ("1", "2"), "KARIM"),
            (4, ("3", "4"), "KARIM"),
        )
    ]
    notice = booked(packing_list(*lines)).facts[1].data
    assert isinstance(notice, AsnReceived)
    assert [unit.unit_id.removeprefix("CN-1/") for unit in notice.units] == [
        *("0001", "0002"),
        *("2-0002", "2-0003"),
        *("KARIM-0001", "KARIM-0002"),
        *("0003", "0004"),
    ]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([{"numbers": ("1", "2")}], [("C2", "count")]),
        ([{"cartons": 2, "numbers": ("1", "1")}], [("C2", "repeated_carton")]),
        ([{"cartons": 1, "unit_ids": ("350000000000000021",)}], [("D2", "check_digit")]),
        ([{"cartons": 100_001}], [("", "too_many_cartons")]),
        ([{"cartons": 60_000}], [("", "too_large")]),
        ([{"articles": (article(hs="95"),)}], [("E2", "bad_hs")]),
        ([{"articles": (article(goods="a\u202eb"),)}], [("", "bad_data")]),
        (
            [{"articles": (article(currency="USD"), article(currency="EUR"))}],
            [("F2", "several_currencies")],
        ),
    ],
)
def test_what_is_wrong_is_an_error_at_its_cell(
    lines: list[dict[str, Any]], found: list[tuple[str, str]]
) -> None:
    """And nothing is published."""
    columns: Any = {"C": "carton_no", "D": "unit_ids", "E": "hs", "F": "amount"}
    made = [line(number, **more) for number, more in enumerate(lines, 1)]
    booking = booked(packing_list(*made, columns=columns))
    assert errors(booking) == found
    assert booking.facts == ()


def test_wrong_check_digits_follow_the_policy() -> None:
    """A policy that only warns lets them pass with a remark."""
    found = packing_list(line(cartons=1, unit_ids=("350000000000000021",)))
    booking = booked(found, units="warn")
    assert booking.facts
    assert "check_digit" in [each.code for each in booking.remarks]


def test_a_question_of_the_list_keeps_everything_back() -> None:
    """All or nothing; what else is wrong is listed, too."""
    question = Finding(cell="B1", code="unit", text="cm or mm?")
    options = Options(consignment_id="CN-1")
    booking = booked(packing_list(line(), questions=(question,)), options)
    assert booking.facts == ()
    assert booking.questions == (question,)
    assert errors(booking) == [("", "no_shipper"), ("", "no_pod")]


def test_goods_that_may_be_dangerous_are_told() -> None:
    """The words reach the booking; an answer or a UN number settles the question."""
    toy = (article(goods="玩具枪(带锂电池)"),)
    found = booked(packing_list(line(articles=toy)))
    event = found.facts[0].data
    assert isinstance(event, ConsignmentBooked)
    assert event.danger_words == ("battery (锂电): 玩具枪(带锂电池)",)
    assert [(each.cell, each.code) for each in found.remarks if "danger" in each.code] == [
        ("A2", "is_this_dangerous")
    ]
    answered = booked(packing_list(line(articles=toy)), answers={"dangerous": "no"}).facts[0].data
    declared = booking_of(line(articles=toy, handling=Handling(un_number="3481", imo_class="9")))
    for event in (answered, declared):
        assert isinstance(event, ConsignmentBooked)
        assert event.danger_words == ()


@pytest.mark.parametrize(
    ("goods", "stated", "words", "numbers"),
    [
        ("toys", "Yes", ("the list says Yes: toys",), ()),
        ("toys", "否", (), ()),
        ("toys with battery", "No", (), ()),
        ("toys with battery", "是", ("battery (battery): toys with battery",), ()),
        ("toys", "UN3481, class 9", (), ("3481",)),
        ("toys", "UN 3481 / 第9类", (), ("3481",)),
        ("toys", "", (), ()),
    ],
)
def test_a_column_that_says_whether_goods_are_dangerous(
    goods: str, stated: str, words: tuple[str, ...], numbers: tuple[str, ...]
) -> None:
    """A yes without a number is a question for the shipper; a no settles the words."""
    made = line(articles=(article(goods=goods),), handling=Handling(dangerous=stated))
    event = booking_of(made)
    assert event.danger_words == words
    assert tuple(each.un_number for each in event.dangerous_goods) == numbers


def test_goods_with_several_words_get_one_remark() -> None:
    """Aerosol spray paint is a gas and a liquid: the shipper is asked once."""
    found = booked(packing_list(line(articles=(article(goods="Aerosol spray paint"),))))
    assert [each.code for each in found.remarks].count("is_this_dangerous") == 1
    event = found.facts[0].data
    assert isinstance(event, ConsignmentBooked)
    assert len(event.danger_words) == 2


def test_many_goods_that_may_be_dangerous_are_told_once_each() -> None:
    """A list of 5,000 rows with batteries has not 5,000 remarks."""
    rows = [
        line(row, cartons=1, articles=(article(row, goods=f"battery {row % 70}"),))
        for row in range(1, 200)
    ]
    found = booked(packing_list(*rows))
    assert [each.code for each in found.remarks].count("is_this_dangerous") == 50


def test_labels_say_what_holds_for_all() -> None:
    """Names, ports by their name, dates as dates or text."""
    labels = (
        label("shipper", "义乌市星辰玩具商行"),
        label("pod", "目的港 鹿特丹"),
        label("ready_at", datetime(2026, 3, 5)),  # noqa: DTZ001 - as a sheet has it
        label("vehicle", "浙G12345"),
    )
    first, second = (
        fact.data for fact in booked(packing_list(line(), labels=labels), Options()).facts
    )
    assert isinstance(first, ConsignmentBooked)
    assert isinstance(second, AsnReceived)
    assert (first.shipper, first.pod) == ("义乌市星辰玩具商行", "NLRTM")
    assert first.ready_at == datetime(2026, 3, 4, 16, tzinfo=UTC)
    assert second.vehicle == "浙G12345"
    assert first.consignment_id.startswith("PL-")


YEN = "¥"


@pytest.mark.parametrize(
    ("currencies", "options", "value"),
    [
        (("$", "$"), {}, Money(amount_minor=240_000, currency="USD")),
        ((YEN, YEN), {}, Money(amount_minor=240_000, currency="CNY")),
        ((YEN, ""), {}, Money(amount_minor=240_000, currency="CNY")),
        ((YEN, YEN), {"currency": "JPY"}, Money(amount_minor=2_400, currency="JPY")),
        ((YEN, "CNY"), {}, Money(amount_minor=240_000, currency="CNY")),
        (("$", "$"), {"currency": "HKD"}, Money(amount_minor=240_000, currency="HKD")),
        (("$", YEN), {}, None),
        ((YEN, "USD"), {}, None),
        ((YEN, YEN), {"currency": "USD"}, None),
        (("$", "$"), {"currency": "CNY"}, None),
    ],
)
def test_a_sign_of_several_currencies(
    currencies: tuple[str, str], options: dict[str, str], value: Money | None
) -> None:
    """It excludes the default where that has another sign, and contradicts what is named."""
    lines = [
        line(row, articles=(article(row, currency=currency),))
        for row, currency in enumerate(currencies, 1)
    ]
    given = msgspec.structs.replace(OPTIONS, **options)
    found = booked(packing_list(*lines, columns={"C": "amount"}), given)
    if value is None:
        assert [code for _, code in errors(found)] == ["several_currencies"]
    else:
        assert found.facts[0].data.value == value  # type: ignore[attr-defined]
