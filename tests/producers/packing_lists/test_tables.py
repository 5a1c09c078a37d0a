"""Several tables in a sheet: one below the other, side by side, summaries."""

from producers.packing_lists.layout import read_layout
from producers.packing_lists.model import Layout
from producers.sheets.workbook import Cell, Sheet

Rows = list[list[Cell]]
HEADER: list[Cell] = ["C/NO.", "Goods", "Ctns", "Size (cm)", "G.W./ctn (kg)"]
LINE: list[Cell] = ["1-4", "Cup", 4, "60*40*30", 9]


def read(rows: Rows) -> Layout:
    """Read the layout of rows; there must be one."""
    found = read_layout(Sheet(name="PL", rows=tuple(tuple(row) for row in rows)))
    assert found is not None
    return found


def test_a_second_table_with_the_same_columns_goes_on() -> None:
    """Bulk goods and samples, each with header and sum."""
    total: list[Cell] = ["Total", None, 4, None, None]
    found = read([HEADER, LINE, total, [], ["Samples"], HEADER, ["5", "Pan", 1, "6*4*3", 9]])
    assert [group.rows for group in found.groups] == [(1,), (6,)]
    assert [total.scope for total in found.totals] == ["section"]


def test_a_second_table_with_other_columns_is_an_error() -> None:
    """Its rows would be read in the first one's columns: the weight as a count."""
    other: list[Cell] = ["Goods", "Size (cm)", "G.W./ctn (kg)", "C/NO.", "Ctns"]
    found = read([HEADER, LINE, [], other, ["Pan", "50*40*30", 8, "5-7", 3]])
    assert [group.rows for group in found.groups] == [(1,)]
    assert [(error.cell, error.code) for error in found.errors] == [("A4", "further_table")]


def test_a_summary_below_or_above_is_told_and_not_read() -> None:
    """It has no sizes, and as many cartons."""
    summary: Rows = [["HS code", "Cartons", "Total kg", "CBM"], ["691200", 4, 36, 0.288]]
    below = read([HEADER, LINE, [], *summary])
    above = read([*summary, [], HEADER, LINE])
    assert [remark.code for remark in (*below.remarks, *above.remarks)] == ["other_table"] * 2
    assert [group.rows for group in (*below.groups, *above.groups)] == [(1,), (4,)]
    assert not below.errors
    assert not above.errors


def test_a_table_without_sizes_and_with_other_counts_is_an_error() -> None:
    """It may be cargo."""
    found = read([HEADER, LINE, [], ["Goods", "Cartons", "Total kg"], ["Pan", 3, 24]])
    assert [error.code for error in found.errors] == ["further_table"]


def test_two_tables_side_by_side_are_an_error() -> None:
    """Half of the cartons would be lost."""
    found = read([[*HEADER, *HEADER], [*LINE, "5-8", "Pan", 4, "60*40*30", 9]])
    assert [error.code for error in found.errors] == ["two_tables"]
