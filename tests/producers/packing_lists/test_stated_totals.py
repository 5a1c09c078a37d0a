"""Totals in words, beside labels and in one cell are compared with the rows."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.packing_lists.model import Totals
from producers.packing_lists.numerals import write_numerals
from producers.packing_lists.stated_totals import STATED_MAX, StatedTotals
from producers.sheets.workbook import Cell, Formula, Sheet
from tests.producers.packing_lists.made_lists import imported
from tests.producers.packing_lists.read_lists import asked, codes, figures, read

HEADER: list[Cell] = ["No.", "Goods", "Cartons", "Size (cm)", "G.W. per carton (kg)"]
CARGO: list[list[Cell]] = [
    [1, "cups", 20, "60*40*35", 12],
    [2, "mugs", 15, "50*40*30", 11],
]
LINES = [(20, (600, 400, 350), 12_000), (15, (500, 400, 300), 11_000)]
NUMBERED: list[list[Cell]] = [
    ["C/No.", "Goods", "Size (cm)", "G.W. (kg) per carton"],
    ["1-20", "cups", "60*40*35", 12],
    ["21-35", "mugs", "50*40*30", 11],
]


def stated(*rows: Sequence[Cell]) -> list[tuple[str, Cell]]:
    """Return fields and values of the totals in rows of texts."""
    found = StatedTotals(Sheet(name="PL", rows=tuple(map(tuple, rows))))
    found.read(range(len(rows)))
    return [(label.field, label.value) for label in found.labels]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("TOTAL CARTONS: 36", "total"),
        ("总箱数：36", "total"),
        ("总件数 36件", "total"),
        ("共36箱", "total"),
        ("合计叁拾陆箱", "total"),
        ("SAY TOTAL THIRTY-SIX (36) CARTONS ONLY", "total"),
        ("SAY TOTAL THIRTY-SIX CARTONS ONLY.", "total"),
        ("TOTAL: 36 CTNS 405 KGS", "total"),
        ("TOTAL CBM: 2.37", "volume"),
        ("总毛重：450KGS", "total_gross"),
    ],
)
def test_a_total_in_a_text_contradicts_the_rows_above_and_below(text: str, answer: str) -> None:
    """35 cartons, 405 kg, 2.58 m³ in the rows; whoever answers lets the rows count."""
    tables: list[tuple[str, list[list[Cell]]]] = [
        ("A1", [[text], HEADER, *CARGO]),
        ("A4", [HEADER, *CARGO, [text]]),
    ]
    for cell, rows in tables:
        key = f"{cell}.{answer}"
        value = "size" if answer == "volume" else "rows"
        assert asked(read(rows)) == {cell: [f"{key}={value}"]}
        assert figures(read(rows, answers={key: value})) == LINES


@pytest.mark.parametrize(
    ("name", "value", "is_right"),
    [
        ("总箱数", 35, True),
        ("Total cartons:", "36 CTNS", False),
        ("Total G.W. (KGS)", 405, True),
        ("TOTAL G.W.", "450 KGS", False),
        ("Total CBM", 2.58, True),
        ("总体积：", 2.37, False),
    ],
)
def test_the_figure_stands_in_the_next_cell_or_below(
    name: str, value: Cell, *, is_right: bool
) -> None:
    """Agreement confirms, and a contradiction is asked about at the figure's cell."""
    beside = read([[name, value], HEADER, *CARGO])
    below = read([[name], [value], [], HEADER, *CARGO])
    for found, cell in ((beside, "B1"), (below, "A2")):
        if is_right:
            assert figures(found) == LINES
            assert any(cell in text for text in found.confirmed)
        else:
            assert list(asked(found)) == [cell]


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (["TOTAL 36 CTNS", None, None, 405], "A4"),
        (["TOTAL: 36 CTNS 405 KGS"], "A4"),
        (["TOTAL", "36 CTNS", None, 405], "B4"),
    ],
)
def test_a_row_of_totals_states_its_count_in_words(row: list[Cell], cell: str) -> None:
    """Carton numbers 1 to 35, and no column of counts."""
    assert asked(read([*NUMBERED, row])) == {cell: [f"{cell}.total=rows"]}


def test_each_figure_of_a_text_has_an_answer_of_its_own() -> None:
    """Letting the rows' cartons count says nothing of the mass."""
    rows: list[list[Cell]] = [HEADER, *CARGO, ["TOTAL: 36 CTNS 450 KGS"]]
    assert asked(read(rows, answers={"A4.total": "rows"})) == {"A4": ["A4.total_gross=rows"]}


def test_sub_totals_in_words_sum_their_section() -> None:
    """Of 20 cartons and of 15."""
    rows: list[list[Cell]] = [
        HEADER,
        CARGO[0],
        ["小计：20箱"],
        CARGO[1],
        ["小计：15箱"],
        ["合计：35箱 405公斤"],
    ]
    assert figures(read(rows)) == LINES
    rows[4] = ["小计：16箱"]
    assert list(asked(read(rows))) == ["A5"]


@pytest.mark.parametrize(
    "row",
    [
        ["TOTAL CARTONS: see below"],
        ["TOTAL: 20 CTNS + 16 CTNS"],
        ["SAY TOTAL MANY CARTONS ONLY"],
        ["Total cartons", Formula("=SUM(C2:C3)")],
        ["Total cartons:", "as above"],
    ],
)
def test_a_total_that_nobody_can_read_is_a_remark(row: list[Cell]) -> None:
    """Nothing was compared, and the list says so."""
    found = read([HEADER, *CARGO, row])
    assert figures(found) == LINES
    assert codes(found) == ["stated_total_unread"]


@pytest.mark.parametrize(
    "text",
    [
        "TOTAL 1X40HQ",
        "TOTAL 500 PCS",
        "TOTAL: 2 PALLETS",
        "Total weight per carton: 12 kg",
        "Max. total load 500 kg",
        "Total amount: USD 4,512.00",
        "Stack 5 cartons only",
    ],
)
def test_other_totals_are_no_totals_of_cartons(text: str) -> None:
    """Containers, pieces, pallets, limits and money."""
    assert stated([text]) == []
    assert figures(read([HEADER, *CARGO, [text]])) == LINES


def test_a_line_states_several_totals() -> None:
    """With names before the figures, with nouns behind them, or with both."""
    expected = [("cartons", "35"), ("gross", "405 kg"), ("net", "360 kg"), ("volume", "2.58")]
    assert stated(["TOTAL CARTONS: 35 G.W.: 405 KGS N.W.: 360 KGS CBM: 2.58"]) == expected
    assert stated(["合计:2托(35箱) 405公斤"]) == [("cartons", "35"), ("gross", "405 kg")]


def test_a_total_of_pieces_is_none_of_cartons() -> None:
    """总件数 counts cartons in one list and pieces in another."""
    rows: list[list[Cell]] = [
        [*HEADER, "数量"],
        [*CARGO[0], 200],
        [*CARGO[1], 300],
        ["总件数：500"],
    ]
    assert figures(read(rows)) == LINES


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("one hundred and five cartons", "105 cartons"),
        ("thirty-six cartons", "36 cartons"),
        ("two thousand three hundred cartons", "2300 cartons"),
        ("一百零五箱", "105箱"),
        ("thirty-six (36) cartons", "thirty-six (36) cartons"),
    ],
)
def test_numerals_are_written_in_digits(text: str, written: str) -> None:
    """Unless the text has digits of its own."""
    assert write_numerals(text) == written


def test_totals_without_a_table_are_refused_with_what_to_write() -> None:
    """Beside labels, in one cell or two."""
    found = read([["总件数", "120 CTNS"], ["总毛重：1560 KGS"], ["总体积", 9.85]])
    assert [(error.cell, error.code) for error in found.errors] == [("B1", "no_packing_list")]
    for text in ("总件数 120 CTNS", "1560 kg", "总体积 9.85", "Total G.W. (kg)"):
        assert text in found.errors[0].text


def test_declared_figures_that_would_fill_containers_are_those_of_the_row() -> None:
    """320 cartons of 28.6 m³ and 4,150 kg each are no groupage."""
    header: list[Cell] = ["品名", "件数", "毛重(KGS)", "体积(CBM)"]
    found = read([header, ["日用百货", "320箱", 4150, 28.6]])
    assert (found.questions, found.errors) == ((), ())
    assert found.declared_totals == Totals(cartons=320, volume_cm3=28_600_000, gross_g=4_150_000)
    assert {"volume_of_rows", "gross_of_rows"} <= set(codes(found))
    rows: list[list[Cell]] = [["日用百货", 20, 15, 0.3], ["螺丝", 3000, 100, 0.3]]
    for doubtful in rows:
        assert list(asked(read([header, doubtful]))) == ["D1", "C1"]


def test_the_totals_of_a_sheet_are_bounded() -> None:
    """And the list says from which row on they are not compared."""
    rows = tuple((f"TOTAL: {row} CTNS",) for row in range(1, STATED_MAX + 50))
    found = StatedTotals(Sheet(name="PL", rows=rows))
    found.read(range(len(rows)))
    assert len(found.labels) == STATED_MAX
    assert [remark.cell for remark in found.remarks] == [f"A{STATED_MAX + 1}"]


@given(st.lists(st.text("TOTAL总箱数共合计 36.,:()=/CTNSKG叁拾-", max_size=60), max_size=6))
def test_any_text_is_read(texts: list[str]) -> None:
    """Without a traceback."""
    stated(texts, texts)


COUNTED_THROUGH = ("Goods,C/NO,PCS,SIZE(CM),G.W./CTN(KG)", "cup,1-5,100,50*40*30,12")


@pytest.mark.parametrize(
    "total", [",Total 14,,,", "Total,14,,,90", ",合计：14,,,", ",TOTAL: 14,,,"]
)
def test_a_bare_total_under_carton_numbers_counts_cartons(total: str) -> None:
    """It has no noun, and stands where the cartons are counted through."""
    rows = (*COUNTED_THROUGH, "doll,6-8,60,60*40*30,10", total)
    found = imported("\n".join(rows), shipper="star", pod="ESVLC").booking
    assert [(each.cell[1:], each.code) for each in found.questions] == [("4", "total_of_cartons")]
    right = imported("\n".join(rows).replace("14", "8"), shipper="star", pod="ESVLC").booking
    assert (right.questions, right.errors) == ((), ())


def test_a_bare_total_may_count_pieces() -> None:
    """160 are the pieces."""
    rows = (*COUNTED_THROUGH, "doll,6-8,60,60*40*30,10", ",Total 160,,,")
    assert imported("\n".join(rows), shipper="star", pod="ESVLC").booking.questions == ()
