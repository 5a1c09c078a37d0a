"""Cells of figures that cannot be read, and weights that are missing: errors at their cells."""

from collections.abc import Sequence

from producers.packing_lists.figures.cells import is_blank, text_of
from producers.packing_lists.figures.ids import MADE_A_DATE, is_date
from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.mass_columns import MassColumn
from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.table import NUMERIC, TableReading
from producers.packing_lists.model import Field
from producers.packing_lists.words import words_of
from producers.sheets.workbook import CellError, Formula, cell_name

_CHECKS: frozenset[Field] = frozenset(
    ("volume", "net", "unit_price", "pieces", "pieces_per_carton", "article", "invoice_no")
)
"""Fields that only confirm others, or that nothing in the hub depends on."""


def refuse_unreadable(reading: TableReading, notes: Notes) -> None:
    """Add an error for each formula without a value, error value and unreadable number."""
    for column, field in reading.assignment.items():
        if field == "ignored":
            continue
        for group in reading.table.layout.groups:
            for row in group.rows:
                _refuse_cell(reading, row, column, field, notes)


def _refuse_cell(reading: TableReading, row: int, column: int, field: Field, notes: Notes) -> None:
    cell = reading.table.cell(row, column)
    where = cell_name(row, column)
    tell = notes.remark if field in _CHECKS else notes.error
    more = "; it is not used" if field in _CHECKS else ""
    if isinstance(cell, Formula):
        tell(
            where,
            "formula",
            f"{cell[:60]} is a formula without a saved value: open the file in a spreadsheet "
            f"program and save it{more}",
        )
    elif isinstance(cell, CellError):
        tell(where, "error_value", f"{cell} is an error value: correct the formula{more}")
    elif field == "cartons" and is_date(cell):
        tell(where, "cartons", MADE_A_DATE)
    elif field in NUMERIC and not is_blank(cell) and reading.amount(row, column) is None:
        tell(where, "number", f"{text_of(cell)[:60]!r} is not a number{more}")


def refuse_missing_masses(
    reading: TableReading, lines: Sequence[Line], gross: Sequence[MassColumn], notes: Notes
) -> None:
    """Add an error for each line without a gross weight, or for the list without any."""
    columns = reading.columns("gross")
    if not columns:
        cell = cell_name(reading.table.layout.header_rows[-1], 0)
        text = "the list has no gross weights (毛重 / G.W.)"
        for column in reading.table.columns.values():
            named = frozenset().union(*words_of(column.header).tokens)
            if {"gross", "net"} <= named:
                cell = reading.table.header_cell(column.index)
                text = f"{column.header!r}: give gross and net weights a column each"
        notes.error(cell, "mass", text)
        return
    for index, line in enumerate(lines):
        if not any(column.values[index] for column in gross):
            cell = cell_name(line.row, columns[0])
            if not reading.is_filled(line.row, columns[0]):
                notes.error(cell, "mass", "the gross weight is missing")
