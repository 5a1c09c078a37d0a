"""The layout of a table: header, columns, lines of cartons, sums."""

from producers.packing_lists.layout import read_layout
from producers.packing_lists.model import Column, Layout, Meaning
from producers.sheets.workbook import Area, Cell, Sheet

Rows = list[list[Cell]]


def sheet(rows: Rows, *merged: str) -> Sheet:
    """Return a sheet; merged areas are named as in spreadsheets: ``A1:C1``."""
    return Sheet(name="PL", rows=tuple(tuple(row) for row in rows), merged=tuple(map(area, merged)))


def area(name: str) -> Area:
    """Return the area of a name; columns A to Z."""
    first, last = name.split(":")
    return Area(
        first_row=int(first[1:]) - 1,
        first_column=ord(first[0]) - 65,
        last_row=int(last[1:]) - 1,
        last_column=ord(last[0]) - 65,
    )


def layout(rows: Rows, *merged: str) -> Layout:
    """Read a layout that must be there."""
    found = read_layout(sheet(rows, *merged))
    assert found is not None
    return found


def column(found: Layout, index: int) -> Column:
    """Return a column by its index in the sheet."""
    return next(column for column in found.columns if column.index == index)


def best(found: Layout, index: int) -> Meaning:
    """Return the best meaning of a column."""
    return column(found, index).meanings[0]


def groups(found: Layout) -> list[tuple[int, ...]]:
    """Return the rows of each line of cartons."""
    return [group.rows for group in found.groups]


BILINGUAL: Rows = [
    ["装箱单", None, None, "编号：", "PO-1"],
    [
        *("S/N", "Description", "Quantity", "Carton Size (mm)", "Total Volume (CBM)"),
        *("Total Gross Weight (kg)", "Quantity per Carton", "Total Carton Quantity"),
        "Carton Number",
    ],
    ["序号", "品名", "数量", "纸箱尺寸", "总体积", "总毛重", "每箱数量", "总件数", "箱号"],
    [1, "Brush", 400, "30*20*10", 0.006, 3, 400, 1, "F01"],
    [2, "Lamp", 4, "100*20*20", 0.04, 2.5, 4, 1, "F02"],
    [3, "Socket", 2, None, None, None, 2, None, None],
    [4, "Switch", 1, None, None, None, 1, None, None],
    [5, "Shelf", 3, "180*25*12", 0.054, 62, 3, 3, "F134-F136"],
    [6, None, None, "180*15*12", None, 18, None, None, None],
    [7, None, None, "175*20*12", None, 14, None, None, None],
]
MERGED = ("D5:D7", "E5:E7", "H5:H7", "I5:I7", "H8:H10", "I8:I10")


def test_an_english_and_a_chinese_row_together_name_the_columns() -> None:
    """Both rows are the header, and neither is cargo."""
    found = layout(BILINGUAL, *MERGED)
    assert found.header_rows == (1, 2)
    assert [best(found, index).field for index in range(9)] == [
        "ignored",
        "goods",
        "pieces",
        "size",
        "volume",
        "gross",
        "pieces_per_carton",
        "cartons",
        "carton_no",
    ]
    assert best(found, 3).unit == "mm"
    assert best(found, 5).per == "row"
    assert column(found, 7).header == "Total Carton Quantity / 总件数"


def test_rows_under_merged_cells_are_articles_in_the_carton_above() -> None:
    """A size of its own begins a line, which shares the number and the count above it."""
    found = layout(BILINGUAL, *MERGED)
    assert groups(found) == [(3,), (4, 5, 6), (7,), (8,), (9,)]
    assert [group.continues for group in found.groups] == [False, False, False, True, True]


def test_a_spaced_word_for_a_sum_is_a_totals_row() -> None:
    """``合 计`` ends no list with an error: it sums the lines above."""
    found = layout(
        [
            ["品名", "箱数", "外箱尺寸(cm)", "单箱毛重(KG)", "体积"],
            ["杯子", "10", "60*40*35", "12.5", "0.84"],
            ["合 计", "10", None, "125", "0.84"],
            ["制单：", "王"],
        ]
    )
    assert groups(found) == [(1,)]
    (total,) = found.totals
    assert (total.row, total.scope, total.groups) == (2, "table", (0,))
    assert found.errors == ()
