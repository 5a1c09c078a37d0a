"""Lists whose names stand down the side, with a column for each line of cartons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.packing_lists.turned import turn_lists
from producers.sheets.workbook import Area, Cell, Sheet, Workbook
from tests.producers.packing_lists.made_lists import events_of, imported
from tests.producers.packing_lists.read_lists import Rows, asked, codes, figures, read

CUPS = (10, (600, 400, 350), 12_500)
MUGS = (4, (500, 400, 400), 8_000)
TENTS: Rows = [
    ["Item", "cups", "mugs"],
    ["Cartons", 10, 4],
    ["Size (cm)", "60*40*35", "50*40*40"],
    ["G.W. per carton (kg)", 12.5, 8],
]
CHINESE: Rows = [
    ["箱号", "1-10", "11-14"],
    ["品名", "杯子", "盘子"],
    ["长(cm)", 60, 50],
    ["宽(cm)", 40, 40],
    ["高(cm)", 35, 40],
    ["单箱毛重(kg)", 12.5, 8],
]
MIXED: Rows = [
    ["单箱毛重 G.W./ctn", "kg", 12.5, 8],
    ["外箱尺寸 Size", "cm", "60*40*35", "50*40*40"],
    ["件数 Ctns", None, 10, 4],
    ["品名 Goods", None, "cups", "mugs"],
]


@pytest.mark.parametrize("rows", [TENTS, CHINESE, MIXED])
@pytest.mark.parametrize("title", [False, True])
def test_a_turned_list_is_read(rows: Rows, *, title: bool) -> None:
    """In English, Chinese and both, with names in other orders; a remark says so."""
    above: Rows = [["PACKING LIST"], ["Shipper: ABC CO"]] if title else []
    found = read([*above, *rows])
    assert figures(found) == [CUPS, MUGS]
    assert "turned" in codes(found)
    assert bool(found.labels) == title


@pytest.mark.parametrize(("total", "is_right"), [(14, True), (15, False)])
def test_a_column_of_sums_and_a_total_below_are_compared(total: int, *, is_right: bool) -> None:
    """Beside the last line, or in a text."""
    summed: Rows = [["Item", "cups", "mugs", "TOTAL"], [*TENTS[1], total], *TENTS[2:]]
    stated: Rows = [*TENTS, [f"TOTAL CARTONS: {total}"]]
    beside: Rows = [*TENTS, ["Total cartons", total]]
    for rows in (summed, stated, beside):
        found = read(rows)
        if is_right:
            assert figures(found) == [CUPS, MUGS]
        else:
            assert [question.code for question in found.questions] == ["total_of_cartons"]


def test_what_the_figures_leave_open_is_asked_about() -> None:
    """Weights of a carton, or of the column."""
    rows: Rows = [*TENTS[:3], ["G.W. (kg)", 125, 32]]
    assert asked(read(rows)) == {"D1": ["D1.per=carton", "D1.per=row"]}
    found = read(rows, answers={"D1.per": "row"})
    assert figures(found) == [CUPS, MUGS]


@pytest.mark.parametrize("title", [0, 2])
def test_a_finding_says_where_its_cell_is_in_the_file(title: int) -> None:
    """The question is at D1 of what is read: A4 of the list; the error at C3: C3 of it."""
    above: Rows = [["PACKING LIST"]] * title
    (question,) = read([*above, *TENTS[:3], ["G.W. (kg)", 125, 32]]).questions
    assert question.text.endswith(f"(D{1 + title} is A{4 + title} of the list)")
    (error,) = read([*above, *TENTS[:2], ["Size (cm)", "60*40*35", "50*40"], TENTS[3]]).errors
    assert error.text.endswith(f"(C{3 + title} is C{3 + title} of the list)")
    (error,) = read([*above, *TENTS[:3], [TENTS[3][0], "x", 8]]).errors
    assert error.text.endswith(f"(D{2 + title} is B{4 + title} of the list)")


def test_a_form_with_one_column_may_have_colons() -> None:
    """Cartons: 10."""
    rows: Rows = [[f"{row[0]}:", row[1]] for row in TENTS]
    assert figures(read(rows)) == [CUPS]


def test_merged_cells_hold_for_each_column() -> None:
    """One size over two columns."""
    rows: Rows = [*TENTS[:2], ["Size (cm)", "60*40*35", None], TENTS[3]]
    merged = Area(first_row=2, last_row=2, first_column=1, last_column=2)
    sheet = Sheet(name="PL", rows=tuple(map(tuple, rows)), merged=(merged,))
    (turned,) = turn_lists(Workbook(name="l", sheets=(sheet,), format="xlsx")).sheets
    assert turned.rows[1:3] == (("cups", 10, "60*40*35", 12.5), ("mugs", 4, None, 8))
    assert turned.merged == (Area(first_row=1, last_row=2, first_column=2, last_column=2),)


def test_a_block_that_goes_on_below_is_read_too() -> None:
    """Names once more, for further columns."""
    more: Rows = [["Item", "pans"], ["Cartons", 2], ["Size (cm)", "30*30*30"], [TENTS[3][0], 4]]
    found = read([*TENTS, [], *more])
    assert [count for count, _, _ in figures(found)] == [10, 4, 2]


def test_beside_a_usual_list_nothing_is_turned() -> None:
    """A cover sheet may sum the list up."""
    usual: Rows = [list(row) for row in zip(*TENTS, strict=True)]
    assert figures(read(TENTS, usual)) == [CUPS, MUGS]
    workbook = Workbook(name="l", sheets=(), format="xlsx")
    assert turn_lists(workbook) is workbook


def test_a_turned_text_file_is_booked() -> None:
    """The whole way, with its events."""
    text = "\n".join(",".join(map(str, row)) for row in TENTS)
    booked, _ = events_of(imported(text, shipper="A", pod="NLRTM"))
    assert [line.pieces for line in booked.lines] == [10, 4]


_CELLS = st.sampled_from(
    [None, "Item", "Cartons", "Size (cm)", "G.W. (kg)", "长", "件数:", 3, "60*40*35", "x", "1-3"]
)


@given(st.lists(st.lists(_CELLS, max_size=6), max_size=9))
def test_no_cell_is_lost(rows: list[list[Cell]]) -> None:
    """Whatever is exchanged, each cell is there once; names lose their colon at most."""

    def cells(sheet: Sheet) -> list[str]:
        found = (str(cell).rstrip(":") for row in sheet.rows for cell in row if cell is not None)
        return sorted(found)

    sheet = Sheet(name="PL", rows=tuple(map(tuple, rows)))
    (turned,) = turn_lists(Workbook(name="l", sheets=(sheet,), format="xlsx")).sheets
    assert cells(turned) == cells(sheet)
