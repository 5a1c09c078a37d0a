"""Figures of a packing list prove one another: units, meanings, counts, and what is asked."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from groupage.domain.policy_file import load_policy
from producers.packing_lists.model import PackingList
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Area, Cell, CellError, Formula, Sheet, Workbook

Rows = list[list[Cell]]
ANSWERS: Mapping[str, str] = {}


def read(
    *tables: Rows,
    answers: Mapping[str, str] = ANSWERS,
    formats: dict[tuple[int, int], str] | None = None,
) -> PackingList:
    """Read sheets with these rows."""
    sheets = tuple(
        Sheet(name=f"S{number}", rows=tuple(map(tuple, rows)), number_formats=formats or {})
        for number, rows in enumerate(tables, 1)
    )
    return understand(Workbook(name="l.xlsx", sheets=sheets, format="xlsx"), answers=answers)


def asked(found: PackingList) -> dict[str, list[str]]:
    """Return the answers that each question offers, by cell."""
    return {q.cell: [choice.answer for choice in q.choices] for q in found.questions}


def figures(found: PackingList) -> list[tuple[int, tuple[int, int, int], int]]:
    """Return count, edges and mass of each line of a list without questions and errors."""
    assert (found.questions, found.errors) == ((), ())
    return [
        (line.cartons, (line.length_mm, line.width_mm, line.height_mm), line.gross_g)
        for line in found.lines
    ]


def codes(found: PackingList) -> list[str]:
    """Return the codes of the remarks."""
    return [remark.code for remark in found.remarks]


CUPS = (10, (600, 400, 350), 12_500)


# Edges and volumes


def test_the_volume_of_a_row_proves_the_unit_of_its_edges() -> None:
    """60 × 40 × 35 without a unit, ten cartons of 0.84 m³: centimetres."""
    found = read(
        [
            ["Goods", "Cartons", "Size", "CBM", "G.W. per carton (kg)"],
            ["Cups", 10, "60*40*35", 0.84, 12.5],
        ]
    )
    assert figures(found) == [CUPS]
    assert "D2 is 0.84" in next(c.why for c in found.columns if c.field == "size")


def test_the_volume_overrules_the_unit_in_the_header_and_a_remark_says_so() -> None:
    """The header says mm, and only centimetres give the volume."""
    found = read(
        [
            ["Goods", "Cartons", "Size (mm)", "Total CBM", "G.W. per carton (kg)"],
            ["Cups", 10, "60*40*35", 0.84, 12.5],
        ]
    )
    assert figures(found) == [CUPS]
    assert "unit_by_figures" in codes(found)


def test_the_volume_in_the_row_of_totals_is_enough() -> None:
    """No row has a volume of its own."""
    found = read(
        [
            ["Goods", "Cartons", "Size", "CBM", "G.W. per carton (kg)"],
            ["Cups", 10, "24*16*14", None, 12.5],
            ["Jugs", 5, "20*16*12", None, 9],
            ["TOTAL", 15, None, 1.195, None],
        ]
    )
    assert [edges for _, edges, _ in figures(found)] == [(610, 407, 356), (508, 407, 305)]


def test_edges_without_unit_and_volume_are_asked_about_with_what_follows() -> None:
    """Centimetres and inches both give possible cartons."""
    rows: Rows = [
        ["Goods", "Cartons", "Size", "G.W. per carton (kg)"],
        ["Cups", 10, "60*40*35", 25],
    ]
    found = read(rows)
    assert asked(found) == {"C1": ["C1.unit=cm", "C1.unit=in"]}
    assert found.questions[0].choices[0].text == "60 × 40 × 35 cm: 10 cartons, 0.840 m³"
    assert figures(read(rows, answers={"C1.unit": "cm"})) == [(10, (600, 400, 350), 25_000)]


def test_limits_decide_alone_if_they_leave_one_unit() -> None:
    """600 × 400 × 350 of anything but millimetres does not pass a container's door."""
    found = read(
        [["品名", "件数", "长宽高", "单箱毛重(kg)"], ["雨伞", 10, "600*400*350", 12.5]],
    )
    assert figures(found) == [CUPS]
    assert "unit_by_limits" in codes(found)


def test_a_volume_that_one_row_contradicts_is_asked_about_by_its_cell() -> None:
    """Two rows prove centimetres; the third has another volume than its edges."""
    rows: Rows = [
        ["Goods", "Cartons", "Size (cm)", "CBM", "G.W. per carton (kg)"],
        ["Cups", 10, "60*40*35", 0.84, 12.5],
        ["Jugs", 5, "50*40*40", 0.4, 8],
        ["Pots", 4, "50*50*40", 0.9, 9],
    ]
    assert asked(read(rows)) == {"D4": ["D4.volume=size"]}
    assert len(figures(read(rows, answers={"D4.volume": "size"}))) == 3


def test_a_unit_in_the_cell_counts_before_the_header() -> None:
    """``0.6m`` in a column that says cm."""
    found = read(
        [
            ["Goods", "Cartons", "L (cm)", "W (cm)", "H (cm)", "G.W. per carton (kg)"],
            ["Cups", 10, "0.6m", 40, 35, "12500 g"],
        ]
    )
    assert figures(found) == [CUPS]


def test_edges_in_the_order_of_the_header() -> None:
    """Height × width × length."""
    found = read(
        [
            ["Goods", "Cartons", "Carton size (H*W*L cm)", "G.W. per carton (kg)"],
            ["Cups", 10, "35*40*60", 12.5],
        ]
    )
    assert figures(found) == [CUPS]


def test_of_two_columns_of_sizes_that_agree_the_rounder_is_taken() -> None:
    """The inches are converted from centimetres."""
    found = read(
        [
            ["Goods", "Cartons", "Carton size (inch)", "Carton size (cm)", "G.W. per carton (kg)"],
            ["Cups", 10, "23.6*15.7*13.8", "60*40*35", 12.5],
        ]
    )
    assert figures(found) == [CUPS]


def test_edges_are_rounded_up_to_millimetres_and_masses_to_the_nearest_gram() -> None:
    """24 in is 609.6 mm, and 27.5 lb are 12,473.8 g."""
    found = read(
        [["Goods", "Cartons", "Size (in)", "G.W. per carton (lbs)"], ["Toys", 3, "24x16x14", 27.5]]
    )
    assert figures(found) == [(3, (610, 407, 356), 12_474)]


# Masses


HEADER: list[Cell] = ["Goods", "Cartons", "Size (cm)"]


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


# Counts


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


# Numbers


def test_one_decimal_comma_decides_for_the_whole_file() -> None:
    """``12,5`` shows that ``1.250`` has a separator of thousands."""
    found = read(
        [
            [*HEADER, "G.W. per carton (g)"],
            ["Cups", "10", "60,5*40*35", "12.500"],
            ["Jugs", "4", "60*40*35", "9.750"],
        ]
    )
    assert [mass for _, _, mass in figures(found)] == [12_500, 9_750]


def test_figures_decide_about_a_point_that_may_separate_thousands() -> None:
    """1.250 kg of the row are 12.5 kg × 100 only if the point separates thousands."""
    found = read(
        [[*HEADER, "G.W./ctn (kg)", "Total G.W. (kg)"], ["Cups", "100", "60*40*35", "13", "1.300"]]
    )
    assert figures(found)[0][2] == 13_000


def test_a_point_that_nothing_explains_is_asked_about() -> None:
    """1.250 may be a dollar and a quarter."""
    rows: Rows = [[*HEADER, "G.W./ctn (kg)", "Amount (USD)"]]
    rows.append(["Cups", "10", "60*40*35", 12, "1.250"])
    assert sorted(asked(read(rows))[""]) == ["numbers=comma", "numbers=point"]
    found = read(rows, answers={"numbers": "comma"})
    assert found.lines[0].articles[0].amount == 1250
    assert (found.questions, found.errors) == ((), ())


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


# Lists as a whole


def test_a_list_with_totals_only_declares_them() -> None:
    """Cubic metres and kilograms, no sizes: usual at booking."""
    found = read(
        [
            ["Goods", "Cartons", "CBM", "G.W. (kg)"],
            ["Cups", 10, 0.84, 125],
            ["TOTAL", 10, 0.84, 125],
        ]
    )
    assert (found.questions, found.errors, found.lines) == ((), (), ())
    assert found.declared_totals is not None
    assert (found.declared_totals.cartons, found.declared_totals.volume_cm3) == (10, 840_000)
    assert found.declared_totals.gross_g == 125_000


def test_amounts_are_checked_against_price_times_pieces_and_their_total() -> None:
    """480 pieces of 1.5 are 720."""
    header: list[Cell] = [*HEADER, "G.W./ctn (kg)", "Total pcs", "Unit price (USD)", "Amount (USD)"]
    row: list[Cell] = ["Cups", 10, "60*40*35", 12.5, 480, 1.5]
    found = read([header, [*row, 720]])
    assert found.lines[0].articles[0].amount == 720
    assert found.lines[0].articles[0].currency == "USD"
    assert asked(read([header, [*row, 700]])) == {"G2": ["G2.amount=amount"]}
    total: list[Cell] = ["TOTAL", 10, None, None, None, None, 700]
    assert asked(read([header, [*row, 720], total])) == {"G3": ["G3.total=rows"]}


def test_a_rounded_sscc_and_a_wrong_check_digit_are_errors() -> None:
    """A spreadsheet keeps 15 digits of a number."""
    header: list[Cell] = ["SSCC", *HEADER, "G.W./ctn (kg)"]
    rest: list[Cell] = ["Cups", 1, "60*40*35", 12.5]
    found = read([header, [350000000000001000.0, *rest], ["350000000000000014", *rest]])
    assert [(error.cell, error.code) for error in found.errors] == [
        ("A2", "rounded_id"),
        ("A3", "check_digit"),
    ]
    found = read([header, ["(00)350000000000000013", *rest], ["00350000000000000020", *rest]])
    assert [line.unit_ids for line in found.lines] == [
        ("350000000000000013",),
        ("350000000000000020",),
    ]


def test_several_sheets_are_one_list_and_their_answers_name_the_sheet() -> None:
    """Each sheet may be asked about on its own."""
    first: Rows = [["C/No", *HEADER, "G.W./ctn (kg)"], ["1-10", "Cups", 10, "60*40*35", 12.5]]
    second: Rows = [
        ["C/No", "Goods", "Cartons", "Size", "G.W./ctn (kg)"],
        ["1-5", "Jugs", 5, "60*40*35", 25],
    ]
    assert asked(read(first, second)) == {"D1": ["S2!D1.unit=cm", "S2!D1.unit=in"]}
    assert len(figures(read(first, second, answers={"S2!D1.unit": "cm"}))) == 2


def test_a_copy_of_a_sheet_is_asked_about() -> None:
    """Two sheets with the same goods may be a list and its copy, or an older version."""
    rows: Rows = [[*HEADER, "G.W./ctn (kg)"], ["Cups", 10, "60*40*35", 12.5]]
    older: Rows = [rows[0], ["Cups", 8, "60*40*35", 12.5]]
    found = read(rows, older)
    assert [choice.answer for choice in found.questions[0].choices] == [
        "sheets=S1",
        "sheets=S2",
        "sheets=all",
    ]
    assert [n for n, *_ in figures(read(rows, older, answers={"sheets": "S2"}))] == [8]
    assert [n for n, *_ in figures(read(rows, older, answers={"sheets": "all"}))] == [10, 8]


def test_an_answer_that_fits_no_question_is_an_error() -> None:
    """A profile of another form, or a slip."""
    rows: Rows = [[*HEADER, "G.W./ctn (kg)"], ["Cups", 10, "60*40*35", 12.5]]
    assert [error.code for error in read(rows, answers={"Z9.unit": "cm"}).errors] == [
        "unknown_answer"
    ]


def test_cartons_beyond_the_limits_are_asked_about() -> None:
    """A mass that no goods have."""
    rows: Rows = [
        [*HEADER, "G.W./ctn (kg)", "Total G.W. (kg)"],
        ["Cups", 10, "60*40*35", 12.5, 125],
        ["Jugs", 10, "60*40*35", 12.5, 125],
        ["Lead", 10, "20*20*20", 90, 900],
    ]
    assert asked(read(rows)) == {"D4": ["D4.limits=accept"]}
    assert len(figures(read(rows, answers={"D4.limits": "accept"}))) == 3


def test_the_limits_are_those_of_the_policy(tmp_path: Path) -> None:
    """A hub that takes no carton above 60 kg asks about one of 90."""
    file = tmp_path / "policy.toml"
    file.write_text("[cartons]\ngross_max_g = 60_000\n")
    rows: Rows = [
        [*HEADER, "G.W./ctn (kg)", "Total G.W. (kg)"],
        ["Cups", 10, "60*40*35", 12.5, 125],
        ["Jugs", 10, "60*40*35", 12.5, 125],
        ["Safe", 10, "60*40*35", 90, 900],
    ]
    sheet = Sheet(name="S", rows=tuple(map(tuple, rows)))
    book = Workbook(name="l.xlsx", sheets=(sheet,), format="xlsx")
    assert understand(book).questions == ()
    assert asked(understand(book, limits=load_policy(file).cartons)) == {"D4": ["D4.limits=accept"]}


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


def test_ticked_boxes_are_yes_and_empty_ones_no() -> None:
    """A crossed box is ticked, too."""
    rows: Rows = [["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)", "Fragile"]]
    rows += [["Cups", 10, "60*40*35", 12.5, box] for box in "☑☒☐"]
    assert [line.handling.fragile for line in read(rows).lines] == [True, True, False]


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


def test_a_rough_volume_of_a_carton_does_not_prove_edges_in_feet() -> None:
    """0.006 m³ fits 12 cm roughly; that it also is 32 cartons of edges in feet proves nothing."""
    found = read(
        [
            ["Description", "Cartons", "L", "W", "H", "G.W.", "CBM/CTN"],
            ["Cups", 32, 0.12, 0.12, 0.44, 2, 0.006],
        ]
    )
    assert "C1" in asked(found)


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


def test_handling_words_among_remarks_are_marks_and_a_remark_says_so() -> None:
    """Columns of remarks are not kept, but nothing may stand on what must not be stacked."""
    rows: Rows = [["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)", "Remarks"]]
    for text in ("不可堆叠", "Do not stack! This side up", "not fragile, glass look", "易碎"):
        rows.append(["Cups", 10, "60*40*35", 12.5, text])
    found = read(rows)
    assert not found.questions
    marks = [
        (line.handling.max_top_load_g, line.handling.this_side_up, line.handling.fragile)
        for line in found.lines
    ]
    assert marks == [(0, None, None), (0, True, None), (None, None, None), (None, None, True)]
    remarked = [each.cell for each in found.remarks if each.code == "handling_in_remarks"]
    assert sorted(remarked) == ["E2", "E3", "E3", "E5"]


def test_handling_words_against_a_load_on_top_are_an_error_at_their_cell() -> None:
    """A column of marks says that nothing may stand on the carton, another names 50 kg."""
    rows: Rows = [
        ["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)", "Handling", "Max top load (kg)"],
        ["Cups", 10, "60*40*35", 12.5, "Do not stack", 50],
    ]
    assert [(each.cell, each.code) for each in read(rows).errors] == [("E2", "top_load")]


def test_a_question_shows_weights_in_the_usual_unit_while_the_unit_is_open() -> None:
    """18 under 毛重, with edges of an unknown unit: the choices are 18 kg and 1.8 kg, not 18 g."""
    found = read(
        [["品名", "件数", "尺寸", "毛重"], ["杯", 10, "60*40*35", 18], ["盘", 4, "50*40*40", 16]]
    )
    (question,) = [each for each in found.questions if each.cell == "D1"]
    assert [each.text.split(" a carton")[0] for each in question.choices] == ["18 kg", "1.8 kg"]


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


def test_a_cell_with_a_unit_of_its_own_says_nothing_of_the_column() -> None:
    """600*400*500mm under cm: the other cells in mm would be cartons of 6 × 4 × 5 cm and 12 kg."""
    rows: Rows = [
        ["Goods", "Cartons", "Size (cm)", "G.W. per carton (kg)"],
        ["cups", 5, "60*40*50", 12],
        ["cups", 5, "600*400*500mm", 12],
        ["mugs", 5, "50*40*30", 12],
    ]
    assert figures(read(rows))[:2] == [(5, (600, 400, 500), 12_000)] * 2
    rows[1] = ["cups", 5, "200*150*100", 1.5]
    rows[3] = ["mugs", 5, "220*160*110", 1.5]
    found = read(rows)
    assert figures(found)[0] == (5, (200, 150, 100), 1_500)
    assert "unit_by_limits" in codes(found)
