"""Weights of a packing list: of a carton or of a row, and in which unit."""

from collections.abc import Mapping

import pytest

from producers.packing_lists.model import PackingList
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Area, Cell, CellError, Formula, Sheet, Workbook
from tests.producers.packing_lists.read_lists import (
    ANSWERS,
    CUPS,
    HEADER,
    Rows,
    asked,
    codes,
    figures,
    read,
)


def test_weight_per_carton_times_count_proves_the_weight_of_the_row() -> None:
    """Two columns of the same name; one has ten times the other."""
    found = read([[*HEADER, "G.W. (kg)", "G.W. (kg)"], ["Cups", 10, "60*40*35", 12.5, 125]])
    assert figures(found) == [CUPS]


@pytest.mark.parametrize(("stated", "total"), [(125, 125), (12.5, 125)])
def test_the_row_of_totals_says_of_what_the_weights_are(stated: float, total: float) -> None:
    """The total is the sum of rows, or of weight × count."""
    rows: Rows = [[*HEADER, "G.W. (kg)"], ["Cups", 10, "60*40*35", stated]]
    rows += [["Jugs", 4, "60*40*35", stated * 0.4 if stated == 125 else 12.5]]
    rows += [["TOTAL", 14, None, total + 50]]
    assert figures(read(rows))[0] == CUPS


def test_a_weight_that_nothing_explains_is_asked_about() -> None:
    """120 kg for ten cartons: each, or all?"""
    rows: Rows = [[*HEADER, "G.W. (kg)"], ["Cups", 10, "60*40*35", 120]]
    assert asked(read(rows)) == {"D1": ["D1.per=carton", "D1.per=row"]}
    assert figures(read(rows, answers={"D1.per": "row"}))[0][2] == 12_000


def test_density_decides_if_it_leaves_one_meaning() -> None:
    """1,250 kg in 84 litres do not exist."""
    found = read([[*HEADER, "G.W. (kg)"], ["Cups", 10, "60*40*35", 1250]])
    assert figures(found)[0][2] == 125_000
    assert "mass_by_limits" in codes(found)


def test_net_weights_exclude_units_under_which_they_exceed_the_gross() -> None:
    """12.5 lb gross would be below 11 kg net."""
    rows: Rows = [[*HEADER, "G.W. per carton", "N.W. per carton (kg)"]]
    found = read([*rows, ["Cups", 10, "60*40*35", 12.5, 11]])
    assert figures(found) == [CUPS]


def test_a_net_weight_above_the_gross_is_asked_about() -> None:
    """One of two rows."""
    rows: Rows = [
        [*HEADER, "G.W. per carton (kg)", "N.W. per carton (kg)"],
        ["Cups", 10, "60*40*35", 12.5, 11],
        ["Jugs", 10, "60*40*35", 12.5, 15],
        ["Pots", 10, "60*40*35", 12.5, 11],
    ]
    assert asked(read(rows)) == {"E3": ["E3.net=ignore"]}


def test_a_total_that_adds_up_figures_of_a_carton_proves_nothing() -> None:
    """The volumes in the row of totals are a plain SUM of those of a carton: the weights may be."""
    rows: Rows = [
        [*HEADER, "CBM", "G.W. (kg)"],
        ["Cups", 10, "60*40*35", 0.084, 30],
        ["Jugs", 4, "50*40*40", 0.08, 25],
        ["TOTAL", 14, None, 0.164, 55],
    ]
    assert asked(read(rows)) == {"E1": ["E1.per=carton", "E1.per=row"]}


def test_a_row_in_which_two_weights_differ_is_asked_about_by_its_cell() -> None:
    """The other rows prove both columns."""
    rows: Rows = [
        [*HEADER, "G.W./ctn (kg)", "Total G.W. (kg)"],
        ["Cups", 10, "60*40*35", 12.5, 125],
        ["Jugs", 4, "60*40*35", 10, 40],
        ["Pots", 4, "60*40*35", 10, 80],
    ]
    assert asked(read(rows)) == {"D4": ["D4.mass=D4", "D4.mass=E4"]}
    assert figures(read(rows, answers={"D4.mass": "E4"}))[2][2] == 20_000


def test_a_total_that_the_rows_do_not_give_is_asked_about_with_both_figures() -> None:
    """130 kg against 125 kg."""
    rows: Rows = [
        [*HEADER, "G.W./ctn (kg)"],
        ["Cups", 10, "60*40*35", 12.5],
        ["TOTAL", 10, None, 130],
    ]
    found = read(rows)
    assert asked(found) == {"D3": ["D3.total=rows"]}
    assert "130 kg" in found.questions[0].text
    assert "125 kg" in found.questions[0].text
    assert figures(read(rows, answers={"D3.total": "rows"})) == [CUPS]


def test_weights_of_several_articles_in_a_carton_are_asked_about() -> None:
    """The first weight may be the carton's, or only that of its first article."""
    rows: Rows = [
        ["箱号", "品名", "数量", "件数", "外箱尺寸(cm)", "总毛重(KG)"],
        ["F02", "灯", 4, 1, "100*20*20", 2.5],
        [None, "插座", 2, None, None, 0.5],
    ]
    merged = tuple(
        Area(first_row=1, first_column=column, last_row=2, last_column=column)
        for column in (0, 3, 4)
    )

    def read_merged(answers: Mapping[str, str] = ANSWERS) -> PackingList:
        sheet = Sheet(name="S", rows=tuple(map(tuple, rows)), merged=merged)
        book = Workbook(name="l.xlsx", sheets=(sheet,), format="xlsx")
        return understand(book, answers=answers)

    assert asked(read_merged()) == {"F1": ["F1.articles=first", "F1.articles=sum"]}
    assert figures(read_merged({"F1.articles": "sum"}))[0][2] == 3_000
    assert figures(read_merged({"F1.articles": "first"}))[0][2] == 2_500


def test_a_number_format_gives_the_unit() -> None:
    """27.5 shown as 27.5 lb."""
    rows: Rows = [[*HEADER, "G.W. per carton"], ["Toys", 3, "60*40*35", 27.5]]
    assert figures(read(rows, formats={(1, 3): '0.0"lb"'}))[0][2] == 12_474


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (Formula("=B2*2"), "formula"),
        (CellError("#N/A"), "error_value"),
        ("twelve", "number"),
        ("about 12", "mass"),
        (-12.5, "mass"),
        (0, "mass"),
        (float("nan"), "number"),
        ("12 cm", "mass"),
    ],
)
def test_a_weight_that_is_no_weight_is_an_error_with_its_cell(cell: Cell, code: str) -> None:
    """It never counts as 0."""
    found = read([[*HEADER, "G.W. per carton (kg)"], ["Cups", 10, "60*40*35", cell]])
    assert (found.errors[0].cell, found.errors[0].code) == ("D2", code)


def test_cartons_that_are_far_denser_than_the_others_are_remarked() -> None:
    """125 kg instead of 12.5 kg, and no sum shows it; feathers beside cups are not remarked."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)"],
        ["Cups", 10, "60*40*35", 125],
        ["Mugs", 4, "50*40*40", 9],
        ["Feathers", 4, "60*40*40", 4],
    ]
    found = read(rows)
    (remark,) = [remark for remark in found.remarks if remark.code == "density_unlike_others"]
    assert remark.cell == "D2"
    assert "1,488 kg/m³, and the nearest others 112" in remark.text
    assert not found.questions
    assert "density_unlike_others" not in codes(read([*rows[:1], *rows[2:]]))


@pytest.mark.parametrize(("unit", "weight"), [("g", 12.5), ("kg", 12_500)])
def test_a_weight_that_no_size_explains_is_asked_about_itself(unit: str, weight: float) -> None:
    """60 × 40 × 35 cm are a carton; 12.5 g and 12.5 t are not its weight."""
    found = read(
        [["Goods", "Ctns", "Size (cm)", f"G.W./ctn ({unit})"], ["Cups", 10, "60*40*35", weight]]
    )
    assert list(asked(found)) == ["D1"]


def test_a_mere_sum_of_the_weights_does_not_say_of_what_they_are() -> None:
    """Five cartons of 16.5 kg, or of 3.3 kg: a spreadsheet's SUM is 48.7 in either case."""
    rows: Rows = [
        [*HEADER, "G.W. (kg)"],
        ["Cups", 5, "60*40*35", 16.5],
        ["Jugs", 4, "50*40*40", 14.2],
        ["Pots", 1, "60*40*40", 18],
        ["TOTAL", 10, None, 48.7],
    ]
    assert asked(read(rows)) == {"D1": ["D1.per=carton", "D1.per=row"]}
    for per, grams in (("carton", 16_500), ("row", 3_300)):
        assert figures(read(rows, answers={"D1.per": per}))[0][2] == grams


def test_a_sum_of_weights_counts_where_cartons_of_that_weight_do_not_exist() -> None:
    """165 kg are those of the row: no carton of 84 litres weighs them."""
    rows: Rows = [
        [*HEADER, "G.W. (kg)"],
        ["Cups", 10, "60*40*35", 165],
        ["Jugs", 4, "50*40*40", 60],
        ["TOTAL", 14, None, 225],
    ]
    assert [line[2] for line in figures(read(rows))] == [16_500, 15_000]


def test_a_question_shows_weights_in_the_usual_unit_while_the_unit_is_open() -> None:
    """18 under 毛重, with edges of an unknown unit: the choices are 18 kg and 1.8 kg, not 18 g."""
    found = read(
        [["品名", "件数", "尺寸", "毛重"], ["杯", 10, "60*40*35", 18], ["盘", 4, "50*40*40", 16]]
    )
    (question,) = [each for each in found.questions if each.cell == "D1"]
    assert [each.text.split(" a carton")[0] for each in question.choices] == ["18 kg", "1.8 kg"]
