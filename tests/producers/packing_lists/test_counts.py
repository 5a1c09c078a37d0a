"""What counts the cartons of a packing list: counts, carton numbers, pieces."""

from datetime import datetime

import pytest

from producers.sheets.workbook import Cell
from tests.producers.packing_lists.read_lists import CUPS, HEADER, Rows, asked, codes, figures, read


def test_carton_numbers_alone_count_the_cartons() -> None:
    """A number and no count is one carton; a range is several."""
    found = read(
        [
            ["C/No", "Goods", "Size (cm)", "G.W. per carton (kg)"],
            ["1-10", "Cups", "60*40*35", 12.5],
            ["11", "Jugs", "60*40*35", 12.5],
        ]
    )
    assert [line.cartons for line in found.lines] == [10, 1]
    assert found.lines[1].numbers == ("11",)


def test_carton_numbers_against_the_count_are_asked_about() -> None:
    """Twelve numbers for ten cartons."""
    rows: Rows = [
        ["C/No", "Goods", "Cartons", "Size (cm)", "G.W. per carton (kg)"],
        ["1-12", "Cups", 10, "60*40*35", 12.5],
        ["13-20", "Jugs", 8, "60*40*35", 12.5],
    ]
    assert asked(read(rows)) == {"A2": ["A2.count=cartons", "A2.count=numbers"]}
    assert figures(read(rows, answers={"A2.count": "numbers"}))[0][0] == 12


def test_counts_that_look_like_carton_numbers_are_asked_about() -> None:
    """``10+1`` is not a range, and 6 may be six cartons or carton 6."""
    rows: Rows = [
        ["品名", "箱数", "外箱尺寸(cm)", "单箱毛重(kg)"],
        ["水杯", "10+1", "52*40*36", 10.4],
    ]
    found = read([*rows, ["餐具", 6, "46*38*40", 11.6]])
    assert found.questions or found.errors


def test_pieces_divided_by_pieces_in_a_carton_are_cartons() -> None:
    """Nothing else counts them."""
    found = read(
        [
            ["Goods", "Total pcs", "Pcs/ctn", "Size (cm)", "G.W. per carton (kg)"],
            ["Cups", 480, 48, "60*40*35", 12.5],
        ]
    )
    assert figures(found) == [CUPS]
    assert "cartons_of_pieces" in codes(found)


def test_pieces_that_the_cartons_do_not_hold_are_asked_about() -> None:
    """Ten cartons of 48 hold 433 to 480 pieces."""
    rows: Rows = [["Goods", "Total pcs", "Pcs/ctn", "Cartons", "Size (cm)", "G.W. per carton (kg)"]]
    assert asked(read([*rows, ["Cups", 4800, 48, 10, "60*40*35", 12.5]])) == {
        "B2": ["B2.pieces=cartons"]
    }
    assert figures(read([*rows, ["Cups", 440, 48, 10, "60*40*35", 12.5]])) == [CUPS]


def test_a_count_that_the_total_contradicts_is_asked_about() -> None:
    """The total says twelve."""
    rows: Rows = [
        [*HEADER, "G.W./ctn (kg)"],
        ["Cups", 10, "60*40*35", 12.5],
        ["TOTAL", 12, None, None],
    ]
    assert asked(read(rows)) == {"B3": ["B3.total=rows"]}


def test_a_second_meaning_of_a_header_needs_a_proof() -> None:
    """``Qty`` is pieces by name; carton numbers and volumes prove that it counts cartons."""
    header: list[Cell] = ["Goods", "Qty", "Size (cm)", "CBM", "G.W./ctn (kg)", "Total G.W. (kg)"]
    proved = read([header, ["Cups", 10, "60*40*35", 0.84, 12.5, 125]])
    assert figures(proved) == [CUPS]
    assert "field_by_figures" in codes(proved)
    unproved = read(
        [["Goods", "Qty", "Size (cm)", "G.W./ctn (kg)"], ["Cups", 10, "60*40*35", 12.5]]
    )
    assert list(asked(unproved)) == ["B1"]


def test_sizes_that_share_a_count_are_a_carton_each() -> None:
    """Three sizes beside F134-F136; the weight of all three stands in the first row."""
    found = read(
        [
            ["箱号", "品名", "件数", "外箱尺寸(cm)", "单件毛重(kg)", "总毛重(kg)"],
            ["F134-F136", "货架", 3, "180*25*12", 30, 62],
            [None, None, None, "180*15*12", 18, None],
            [None, None, None, "175*20*12", 14, None],
        ]
    )
    assert [(n, mass) for n, _, mass in figures(found)] == [(1, 30_000), (1, 18_000), (1, 14_000)]
    assert [line.numbers for line in found.lines] == [("F134",), ("F135",), ("F136",)]
    assert found.lines[2].articles[0].goods == "货架"


@pytest.mark.parametrize(
    ("header", "numbers", "is_asked"),
    [
        ("箱号", (1, 2, 3), False),
        ("Carton", ("1/3", "2/3", "3/3"), False),
        ("No.", (1, 2, 3), True),
        ("箱号", (1, 11, 26), True),
    ],
)
def test_single_numbers_are_cartons_only_where_their_name_says_so(
    header: str, numbers: tuple[Cell, ...], *, is_asked: bool
) -> None:
    """``No.`` may number rows of many cartons, and numbers with gaps may begin ranges."""
    rows: Rows = [[header, "Goods", "Size (cm)", "G.W. per carton (kg)"]]
    rows += [[number, "Cups", "60*40*35", 12.5] for number in numbers]
    found = read(rows)
    assert asked(found) == ({"A1": ["A1.rows=cartons"]} if is_asked else {})
    answers = {"A1.rows": "cartons"} if is_asked else {}
    assert len(figures(read(rows, answers=answers))) == 3


def test_what_a_spreadsheet_made_a_date_of_is_no_carton_number() -> None:
    """1-10 became the 10th of January: without a count the row is an error, with one it is read."""
    rows: Rows = [
        ["C/NO.", "Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"],
        [datetime(2026, 1, 10), "Cups", 10, "60*40*35", 12.5],  # noqa: DTZ001 - as a sheet has it
    ]
    assert figures(read(rows)) == [CUPS]
    uncounted = read([[*row[:2], *row[3:]] for row in rows])
    assert [error.cell for error in uncounted.errors] == ["A2"]
    assert "made a date of a range" in uncounted.errors[0].text


@pytest.mark.parametrize(
    "date",
    ["3月8日", "Jan-10", "10-Jan", "2026/1/10", "1/10/2026", "10.01.2026", "2026年1月10日"],
)
def test_a_date_as_a_text_is_neither_a_carton_number_nor_a_count(date: str) -> None:
    """A spreadsheet writes 1-10 to a CSV file in one of these forms: ten cartons, not one."""
    rows: Rows = [
        ["C/NO.", "Goods", "Size (cm)", "G.W. per carton (kg)"],
        [date, "Cups", "60*40*35", 12.5],
    ]
    for header in ("C/NO.", "Ctns"):
        rows[0][0] = header
        found = read(rows)
        assert found.errors[0].cell == "A2"
        assert "made a date of a range" in found.errors[0].text
    counted = read([["C/NO.", "Ctns", *rows[0][1:]], [date, 10, *rows[1][1:]]])
    assert figures(counted) == [CUPS]
    assert "A2" in [remark.cell for remark in counted.remarks]


def test_a_quantity_that_may_count_cartons_is_asked_about_beside_other_questions() -> None:
    """Without a count, and with weights of a carton or of a row: both are asked about at once."""
    rows: Rows = [["Item", "Qty", "Size cm", "Weight kg"], ["Cups", 20, "60*40*35", 240]]
    found = read(rows)
    assert found.errors == ()
    assert asked(found) == {
        "B1": ["B1.field=cartons", "B1.field=pieces"],
        "D1": ["D1.per=carton", "D1.per=row"],
    }
    answers = {"B1.field": "cartons", "D1.per": "row"}
    assert figures(read(rows, answers=answers)) == [(20, (600, 400, 350), 12_000)]


def test_cartons_times_pieces_in_a_carton_say_which_column_counts_cartons() -> None:
    """件数 480, 箱数 20, 装箱数 24: 件数 are pieces, in the totals and in a label, too."""
    rows: Rows = [
        ["品名", "件数", "箱数", "装箱数", "外箱尺寸cm", "单箱毛重kg"],
        ["杯", 480, 20, 24, "60*40*35", 12],
        ["壶", 120, 10, 12, "50*40*30", 11],
        ["合计", 600, 30],
        ["总件数：600"],
    ]
    found = read(rows)
    assert figures(found) == [(20, (600, 400, 350), 12_000), (10, (500, 400, 300), 11_000)]
    assert "pieces_by_figures" in codes(found)
    rows[2] = ["壶", 121, 10, 12, "50*40*30", 11]
    assert list(asked(read(rows))) == ["B1"]
