"""Labels of a sheet or a block of rows: whose cartons they are, and when that is open."""

import io
from typing import Any

import pytest
from openpyxl import Workbook

from groupage.domain.events.consignment import ConsignmentBooked
from producers.packing_lists.blocks import distinct_names
from producers.packing_lists.booking import Booking
from tests.producers.packing_lists.made_lists import imported

HEADER = ["C/NO", "Goods", "CTNS", "SIZE (CM)", "G.W. (KG)/CTN"]
CUPS = ["1-5", "cups", 5, "50*40*30", 12]
DOLLS = ["6-8", "dolls", 3, "60*40*30", 10]
Rows = list[list[Any]]


def booking_of(*sheets: Rows, answers: dict[str, str] | None = None, **options: Any) -> Booking:
    """Book a workbook with these sheets."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"S{number}")
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    given = {"shipper": "star", "pod": "ESVLC", **options}
    return imported(written.getvalue(), "l.xlsx", answers=answers, **given).booking


def bookings(found: Booking) -> list[ConsignmentBooked]:
    """Return the bookings of a list that must be right."""
    assert (found.questions, found.errors) == ((), ())
    return [fact.data for fact in found.facts if isinstance(fact.data, ConsignmentBooked)]


def block(label: str, *lines: list[Any]) -> Rows:
    """Return a label, and a table with its total."""
    return [[label], HEADER, *lines, ["TOTAL", None, sum(line[2] for line in lines)], []]


BLOCKS = [*block("Consignee: LOPEZ SL", CUPS), *block("Consignee: GARCIA SA", DOLLS)]
SHEETS = (block("Consignee: LOPEZ SL", CUPS), block("Consignee: GARCIA SA", ["1-3", *DOLLS[1:]]))


@pytest.mark.parametrize("sheets", [(BLOCKS,), SHEETS])
def test_the_cargo_of_two_consignees_is_no_single_consignment(sheets: tuple[Rows, ...]) -> None:
    """Neither takes the other's cartons: an error names both, and an answer makes two of them."""
    (error,) = booking_of(*sheets).errors
    assert error.code == "several_values"
    assert "LOPEZ SL" in error.text
    assert "GARCIA SA" in error.text
    split = bookings(booking_of(*sheets, answers={"consignments": "split"}))
    assert [(each.consignee, sum(line.pieces for line in each.lines)) for each in split] == [
        ("LOPEZ SL", 5),
        ("GARCIA SA", 3),
    ]


def test_each_block_has_its_own_port() -> None:
    """Together with its consignee."""
    blocks: Rows = [
        *block("Consignee: LOPEZ SL POD: VALENCIA", CUPS),
        *block("Consignee: GARCIA SA POD: ROTTERDAM", DOLLS),
    ]
    split = bookings(booking_of(blocks, answers={"consignments": "split"}, pod=None))
    assert [(each.consignee, each.pod) for each in split] == [
        ("LOPEZ SL", "ESVLC"),
        ("GARCIA SA", "NLRTM"),
    ]


@pytest.mark.parametrize(
    "sheets",
    [
        ([*block("入仓号：NB001", CUPS), *block("入仓号：NB002", DOLLS)],),
        (block("入仓号：NB001", CUPS), block("入仓号：NB002", DOLLS)),
    ],
)
def test_each_block_has_its_booking_number(sheets: tuple[Rows, ...]) -> None:
    """Two consignments, as with a column of such numbers."""
    assert [
        (each.consignment_id, each.lines[0].pieces) for each in bookings(booking_of(*sheets))
    ] == [
        ("NB001", 5),
        ("NB002", 3),
    ]


@pytest.mark.parametrize("field", ["Shipper", "Consignee", "入仓号"])
def test_two_names_before_all_cartons_are_a_question(field: str) -> None:
    """The first of them is not taken without a word."""
    rows: Rows = [[f"{field}: LOPEZ-1"], [f"{field}: GARCIA-2"], HEADER, CUPS, DOLLS]
    found = booking_of(rows, shipper=None if field == "Shipper" else "star")
    (question,) = found.questions
    assert question.code == "contradiction"
    assert ["LOPEZ-1" in choice.answer for choice in question.choices] == [True, False]
    key, _, name = question.choices[1].answer.partition("=")
    given = None if field == "Shipper" else "star"
    assert bookings(booking_of(rows, answers={key: name}, shipper=given))


def test_buyers_are_all_kept() -> None:
    """A consignment may have several."""
    blocks: Rows = [*block("Customer: 王先生", CUPS), *block("Customer: 李先生", DOLLS)]
    (booked,) = bookings(booking_of(blocks))
    assert booked.buyer == "王先生, 李先生"


def test_the_same_name_twice_is_one() -> None:
    """On each sheet, in short, or in Chinese beside English, which a remark says."""
    (booked,) = bookings(
        booking_of(block("Consignee: LOPEZ SL", CUPS), block("Consignee: Lopez", DOLLS))
    )
    assert booked.consignee == "LOPEZ SL"
    rows: Rows = [["Consignee: LOPEZ SL, MADRID"], ["收货人：洛佩斯公司"], HEADER, CUPS]
    found = booking_of(rows)
    assert [each.consignee for each in bookings(found)] == ["LOPEZ SL, MADRID"]
    assert [each.cell for each in found.remarks if each.code == "second_name"] == ["A2"]


def test_different_names() -> None:
    """What counts as another party."""
    assert distinct_names(["Star Co., Ltd", "STAR CO LTD", "星星公司", "Moon Ltd"]) == [
        "Star Co., Ltd",
        "Moon Ltd",
    ]
