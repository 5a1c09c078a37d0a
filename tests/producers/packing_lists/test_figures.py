"""Figures of a packing list prove one another: units, meanings, counts, and what is asked."""

from pathlib import Path

from groupage.domain.policy_file import load_policy
from producers.packing_lists.reading import understand
from producers.sheets.workbook import Cell, Sheet, Workbook
from tests.producers.packing_lists.read_lists import HEADER, Rows, asked, figures, read


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


def test_ticked_boxes_are_yes_and_empty_ones_no() -> None:
    """A crossed box is ticked, too."""
    rows: Rows = [["Goods", "Ctns", "Size (cm)", "G.W. per carton (kg)", "Fragile"]]
    rows += [["Cups", 10, "60*40*35", 12.5, box] for box in "☑☒☐"]
    assert [line.handling.fragile for line in read(rows).lines] == [True, True, False]


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
