"""From a sheet to the layout of its table: header, meanings of columns, rows, sums, labels."""

from collections.abc import Iterator

from producers.packing_lists.columns import ABOUT_PALLETS, read_columns
from producers.packing_lists.grid import Grid
from producers.packing_lists.header import Header, find_header
from producers.packing_lists.labels import read_labels
from producers.packing_lists.model import Column, Finding, Layout
from producers.packing_lists.rows import RowReader
from producers.packing_lists.table_units import share_units
from producers.sheets.workbook import Sheet, cell_name

COLUMNS_MAX = 500
LABEL_ROWS_MAX = 200


def read_layout(sheet: Sheet) -> Layout | None:
    """Return the layout of a sheet's table of cartons; None for a sheet without one."""
    header = find_header(sheet)
    if header is None:
        return None
    columns = share_units(sheet, header, read_columns(sheet, header))
    grid = Grid(sheet, columns)
    reader = RowReader(grid, header, stop=len(sheet.rows))
    reader.read()
    if not reader.groups and not reader.errors and not reader.hidden:
        return None
    above = range(max(0, header.rows[0] - LABEL_ROWS_MAX), header.rows[0])
    labels = read_labels(sheet, [*above, *reader.text_rows[-LABEL_ROWS_MAX:]])
    errors, remarks = list(reader.errors), list(reader.remarks)
    remarks.extend(_pallet_remarks(sheet, header, columns))
    _tell_hidden(grid, header, reader, errors, remarks)
    return Layout(
        sheet=sheet.name,
        header_rows=header.rows,
        columns=columns,
        groups=tuple(reader.groups),
        totals=tuple(reader.totals),
        labels=labels,
        errors=tuple(errors),
        remarks=tuple(remarks),
    )


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
