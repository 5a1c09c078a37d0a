"""From a sheet to the layout of its table: header, meanings of columns, rows, sums, labels."""

from collections.abc import Iterable, Iterator

import msgspec

from producers.packing_lists.bare_totals import name_bare_totals
from producers.packing_lists.cells import is_empty, text_of
from producers.packing_lists.columns import name_gross, read_columns
from producers.packing_lists.grid import SIZE, SUMMED, Grid
from producers.packing_lists.header import Header
from producers.packing_lists.labels import read_labels
from producers.packing_lists.model import Column, Field, Finding, Layout, Text
from producers.packing_lists.other_columns import ABOUT_PALLETS
from producers.packing_lists.rows import RowReader
from producers.packing_lists.stated_totals import StatedTotals
from producers.packing_lists.table_units import share_units
from producers.packing_lists.tables import TableArea, find_tables, is_doubled
from producers.sheets.workbook import Sheet, cell_name

LABEL_ROWS_MAX = 200
TEXT_LENGTH_MAX = 2_000
_OF_CARTONS: tuple[Field, ...] = ("gross", "net", "volume")


class _Table(msgspec.Struct, frozen=True):
    """A table with its columns and rows."""

    area: TableArea
    grid: Grid
    reader: RowReader

    def is_sized(self) -> bool:
        return self.grid.has(*SIZE)

    def is_list(self) -> bool:
        """Tell whether the table has cartons: lines, or rows that could not be read."""
        return bool(self.reader.groups or self.reader.findings.errors or self.reader.hidden)

    def is_invoice(self) -> bool:
        """Tell whether the table has prices, and neither sizes, weights nor volumes."""
        return self.grid.has("unit_price", "amount") and not self.grid.has(*SIZE, *_OF_CARTONS)

    def count(self) -> int:
        return sum(int(self.grid.count(group.rows[0]) or 0) for group in self.reader.groups)


def read_layout(sheet: Sheet, gross: frozenset[int] = frozenset()) -> Layout | None:
    """Return the layout of a sheet's table of cartons; None for a sheet without one.

    `gross` are columns of gross weights, whatever else their names say.

    Of several tables the first with sizes is read. The others are summaries that repeat its
    cartons, tables of something else, or an error.
    """
    tables = [_read_table(sheet, area, gross) for area in find_tables(sheet)]
    tables = [table for table in tables if table.is_list()]
    if not tables:
        return None
    listed = [table for table in tables if not table.is_invoice()] or tables
    main = next((table for table in tables if table.is_sized()), listed[0])
    header, reader = main.area.header, main.reader
    above = range(max(0, header.rows[0] - LABEL_ROWS_MAX), header.rows[0])
    labels = read_labels(sheet, [*above, *reader.text_rows[-LABEL_ROWS_MAX:]])
    stated = StatedTotals(sheet, set(main.grid.indices("carton_no")))
    stated.read([*above, *reader.text_rows[-LABEL_ROWS_MAX:]])
    stated.read((total.row for total in reader.totals), set(main.grid.indices(*SUMMED)))
    errors, remarks = list(reader.findings.errors), list(reader.findings.remarks)
    remarks.extend(stated.remarks)
    if is_doubled(header):
        text = "two tables stand side by side: put one below the other, or on a sheet of its own"
        errors.append(_finding(sheet, header.rows[0], header.columns[0].index, "two_tables", text))
    remarks.extend(_pallet_remarks(sheet, header, main.grid.columns))
    remarks.extend(_remarks_below_total(sheet, reader, main.grid.columns[0].index))
    _tell_hidden(main.grid, header, reader, errors, remarks)
    if (row := main.area.foreign) is not None:
        text = f"row {row + 1} begins an invoice, without sizes and weights: it is not read"
        remarks.append(_finding(sheet, row, main.grid.columns[0].index, "other_table", text))
    for table in tables:
        if table is not main:
            _tell_other_table(sheet, main, table, errors, remarks)
    return Layout(
        sheet=sheet.name,
        header_rows=header.rows,
        columns=main.grid.columns,
        groups=tuple(reader.groups),
        totals=tuple(reader.totals),
        labels=(*labels, *stated.labels),
        texts=tuple(_texts(sheet, [*above, *reader.text_rows[-LABEL_ROWS_MAX:]])),
        errors=tuple(errors),
        remarks=tuple(remarks),
    )


def _read_table(sheet: Sheet, area: TableArea, gross: frozenset[int]) -> _Table:
    columns = share_units(sheet, area.header, read_columns(sheet, area))
    columns = tuple(name_gross(column) if column.index in gross else column for column in columns)
    columns = name_bare_totals(sheet, columns, area.header.rows[-1] + 1)
    grid = Grid(sheet, columns)
    reader = RowReader(grid, area)
    reader.read()
    return _Table(area, grid, reader)


def _remarks_below_total(sheet: Sheet, reader: RowReader, column: int) -> Iterator[Finding]:
    """Tell of lines below the last total: they may have come late, or be no cargo."""
    last = max((total.row for total in reader.totals), default=None)
    if last is None:
        return
    below = [group.rows[0] for group in reader.groups if group.rows[0] > last]
    if below and len(below) < len(reader.groups):
        rows = ", ".join(str(row + 1) for row in below[:20])
        text = f"rows below the total in row {last + 1} are read as cartons: {rows}"
        yield _finding(sheet, below[0], column, "below_total", text)


def _texts(sheet: Sheet, rows: Iterable[int]) -> Iterator[Text]:
    """Yield the texts in rows above and below the table."""
    for row in rows:
        for column, cell in enumerate(sheet.rows[row] if row < len(sheet.rows) else ()):
            if isinstance(cell, str) and not is_empty(cell):
                where = cell_name(row, column)
                yield Text(cell=where, text=text_of(cell)[:TEXT_LENGTH_MAX], sheet=sheet.name)


def _finding(sheet: Sheet, row: int, column: int, code: str, text: str) -> Finding:
    return Finding(cell=cell_name(row, column), code=code, text=text, sheet=sheet.name)


def _tell_other_table(
    sheet: Sheet, main: _Table, other: _Table, errors: list[Finding], remarks: list[Finding]
) -> None:
    """Tell of a further table: a summary, a table of something else, or cartons left out."""
    row = other.area.header.rows[0]
    column = other.grid.columns[0].index
    if other.is_invoice():
        text = f"row {row + 1} begins an invoice, without sizes and weights: it is not read"
        remarks.append(_finding(sheet, row, column, "other_table", text))
        return
    counts = other.grid.has("cartons", "carton_no")
    if other.is_sized() or (counts and other.count() != main.count()):
        text = (
            f"row {row + 1} begins a further table with other columns: give it the same columns, "
            "or put it on a sheet of its own"
        )
        errors.append(_finding(sheet, row, column, "further_table", text))
        return
    what = "repeats the cartons" if counts else "has no cartons"
    text = f"the table that begins in row {row + 1} {what} and is not read"
    remarks.append(_finding(sheet, row, column, "other_table", text))


def _tell_hidden(
    grid: Grid,
    header: Header,
    reader: RowReader,
    errors: list[Finding],
    remarks: list[Finding],
) -> None:
    """Tell of hidden rows and columns: people do not see them, so they are not read.

    Hidden rows that the sum of the cartons includes are an error: the list says that they count.
    """
    sheet = grid.sheet
    hidden = [c for c in sorted(sheet.hidden_columns) if _has_header(sheet, header, c)]
    if hidden:
        names = ", ".join(cell_name(header.rows[0], c).rstrip("0123456789") for c in hidden[:20])
        remarks.append(
            Finding(
                cell=cell_name(header.rows[0], hidden[0]),
                code="hidden_columns",
                text=f"hidden columns are not read: {names}",
                sheet=sheet.name,
            )
        )
    if not reader.hidden:
        return
    rows = ", ".join(str(row + 1) for row in reader.hidden[:20])
    shown = sum(int(grid.count(group.rows[0]) or 0) for group in reader.groups)
    behind = sum(int(grid.count(row) or 0) for row in reader.hidden)
    declared = {int(grid.count(total.row) or 0) for total in reader.totals}
    counted = behind > 0 and shown + behind in declared and shown not in declared
    finding = Finding(
        cell=cell_name(reader.hidden[0], 0),
        code="hidden_rows_in_sum" if counted else "hidden_rows",
        text=(
            f"hidden rows look like cargo ({rows}; {behind} cartons), and the sum includes them: "
            "show them, or take them out"
            if counted
            else f"hidden rows look like cargo and are not read: {rows}; show them to include them"
        ),
        sheet=sheet.name,
    )
    (errors if counted else remarks).append(finding)


def _pallet_remarks(sheet: Sheet, header: Header, columns: tuple[Column, ...]) -> Iterator[Finding]:
    for column in columns:
        if column.meanings[0].why == ABOUT_PALLETS:
            yield Finding(
                cell=cell_name(header.rows[0], column.index),
                code="pallet_column",
                text=f'column "{column.header}" {ABOUT_PALLETS}: it is not read',
                sheet=sheet.name,
            )


def _has_header(sheet: Sheet, header: Header, column: int) -> bool:
    return any(sheet.cell(row, column) is not None for row in header.rows)
