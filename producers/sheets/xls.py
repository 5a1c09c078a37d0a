"""Workbooks of Excel 97 to 2003 (xls), read by xlrd.

calamine is faster, but gives no number formats, so `12.5kg` loses its unit, nor error values.
"""

import io
import struct
from typing import Any

import xlrd

from groupage.domain.errors import InvalidInput
from producers.sheets.grid import Grid
from producers.sheets.limits import Budget
from producers.sheets.number_formats import NumberFormat, date_of
from producers.sheets.workbook import Area, Cell, CellError, Remark, Sheet, Workbook
from producers.sheets.xlsx_cells import struck_out

_EXACT = 2**53
"""Whole numbers beyond it were rounded when the file was written: they stay floats."""
_ERRORS = (
    xlrd.XLRDError,
    xlrd.compdoc.CompDocError,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Errors that xlrd raises for a file that only looks like a workbook."""


def read_xls(name: str, data: bytes, budget: Budget) -> Workbook:
    """Read all worksheets. Raises InvalidInput."""
    try:
        with xlrd.open_workbook(
            file_contents=data,
            formatting_info=True,
            on_demand=True,
            ragged_rows=True,
            logfile=io.StringIO(),
        ) as book:
            budget.check_sheets(book.nsheets)
            sheets, remarks = [], []
            for index in range(book.nsheets):
                sheet, found = _read_sheet(book, book.sheet_by_index(index), budget)
                book.unload_sheet(index)
                sheets.append(sheet)
                remarks += found
    except _ERRORS as error:
        if "encrypted" in str(error):
            raise InvalidInput(f"{name} is protected by a password: save it without one") from error
        raise InvalidInput(
            f"{name} is not a readable .xls workbook: save it as .xlsx, or as CSV"
        ) from error
    return Workbook(name=name, sheets=tuple(sheets), format="xls", remarks=tuple(remarks))


def _read_sheet(book: Any, page: Any, budget: Budget) -> tuple[Sheet, list[Remark]]:
    budget.check_time()
    grid = Grid(budget)
    codes: dict[tuple[int, int], str] = {}
    formats: dict[int, NumberFormat] = {}
    struck = {
        index
        for index, style in enumerate(book.xf_list)
        if style.font_index < len(book.font_list) and book.font_list[style.font_index].struck_out
    }
    for row in range(page.nrows):
        budget.count_cells(1)
        for column, cell in enumerate(page.row(row)):
            value = _value(book, cell)
            grid.put(row, column, value)
            if cell.xf_index in struck and value is not None and value != "":
                grid.note("struck_out", row, column, struck_out(value))
            if cell.ctype == xlrd.XL_CELL_NUMBER and cell.xf_index is not None:
                style = formats.get(cell.xf_index)
                if style is None:
                    style = formats[cell.xf_index] = _number_format(book, cell.xf_index)
                if style.unit_code:
                    codes[row, column] = style.unit_code
    for first_row, end_row, first_column, end_column in page.merged_cells:
        grid.merge(
            Area(
                first_row=first_row,
                first_column=first_column,
                last_row=end_row - 1,
                last_column=end_column - 1,
            )
        )
    remarks = grid.finish(page.name)
    sheet = Sheet(
        name=page.name,
        rows=grid.take_rows(),
        hidden=page.visibility != 0,
        merged=grid.take_merged(),
        number_formats=codes,
        hidden_rows=frozenset(row for row, info in page.rowinfo_map.items() if info.hidden),
        hidden_columns=frozenset(
            column for column, info in page.colinfo_map.items() if info.hidden
        ),
    )
    return sheet, remarks


def _value(book: Any, cell: Any) -> Cell:
    value = cell.value
    if cell.ctype == xlrd.XL_CELL_TEXT:
        return str(value)
    if cell.ctype == xlrd.XL_CELL_DATE:
        return date_of(value, since_1904=book.datemode == 1)
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        return int(value) if value.is_integer() and abs(value) < _EXACT else float(value)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return CellError(xlrd.error_text_from_code.get(value, "#ERROR"))
    return None


def _number_format(book: Any, style: int) -> NumberFormat:
    number = book.xf_list[style].format_key
    stored = book.format_map.get(number)
    return NumberFormat(stored.format_str if stored is not None else "", number)
