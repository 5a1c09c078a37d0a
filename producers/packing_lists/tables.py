"""Tables of a sheet, one below the other: each from its header to the next one that differs."""

import msgspec

from producers.packing_lists.cells import look, text_of
from producers.packing_lists.header import Header, find_header, row_names
from producers.packing_lists.model import Field
from producers.packing_lists.naming import Name
from producers.sheets.workbook import Sheet

TABLES_MAX = 12
"""Tables of a sheet that are looked at; rows below them belong to the last one."""
_NAMES_MIN = 3
_OF_INVOICES: frozenset[Field | None] = frozenset(("pieces", "unit_price", "amount"))


class TableArea(msgspec.Struct, frozen=True, kw_only=True):
    """A header, the row at which the table ends, and the rows that repeat the header."""

    header: Header
    stop: int
    repeated: frozenset[int]
    foreign: int | None = None
    """The row with the names of a table without cartons, at which this one ends: an invoice."""


def find_tables(sheet: Sheet) -> list[TableArea]:
    """Return the tables of a sheet from the top down; empty for a sheet without any."""
    tables: list[TableArea] = []
    header = find_header(sheet)
    while header is not None:
        names = _names(sheet, header)
        repeated: set[int] = set()
        stop = len(sheet.rows)
        following: Header | None = None
        foreign: int | None = None
        for row in range(header.rows[-1] + 1, len(sheet.rows)):
            kind = _compare(sheet, header, names, row)
            if kind == "same":
                repeated.add(row)
            elif kind == "other" and len(tables) + 1 < TABLES_MAX:
                following = find_header(sheet, start=row, search=1)
                if following is not None and following.rows[0] <= row:
                    stop = following.rows[0]
                    break
                following = None
                if _begins_invoice(sheet, row):
                    stop = foreign = row
                    following = _next_header(sheet, header, names, row + 1)
                    break
        tables.append(
            TableArea(header=header, stop=stop, repeated=frozenset(repeated), foreign=foreign)
        )
        header = following
    return tables


def _next_header(sheet: Sheet, header: Header, names: dict[int, Name], start: int) -> Header | None:
    """Return the header of a table of cartons below an invoice."""
    for row in range(start, len(sheet.rows)):
        if _compare(sheet, header, names, row):
            found = find_header(sheet, start=row, search=1)
            if found is not None and found.rows[0] <= row:
                return found
    return None


def is_doubled(header: Header) -> bool:
    """Tell whether two tables stand side by side: the names come twice, in the same order."""
    texts = [column.text().lower() for column in header.columns if column.own]
    half = len(texts) // 2
    return len(texts) % 2 == 0 and half >= _NAMES_MIN and texts[:half] == texts[half:]


def _begins_invoice(sheet: Sheet, row: int) -> bool:
    """Tell whether a row has the names of prices or amounts, and figures stand below them."""
    fields = {name.best() for name in row_names(sheet, row).values()}
    below = sheet.rows[row + 1] if row + 1 < len(sheet.rows) else ()
    figures = sum(look(cell).kind == "number" for cell in below)
    return len(fields & _OF_INVOICES) >= 2 and figures >= 2


def _names(sheet: Sheet, header: Header) -> dict[int, Name]:
    names: dict[int, Name] = {}
    for row in reversed(header.rows):
        names.update(row_names(sheet, row))
    return names


def _compare(sheet: Sheet, header: Header, names: dict[int, Name], row: int) -> str:
    """Return whether a row repeats the header (``same``), is another one, or none (empty)."""
    cells = [
        (column, cell)
        for column, cell in enumerate(sheet.rows[row])
        if cell is not None and look(cell).kind != "empty"
    ]
    figures = sum(look(cell).kind in ("number", "size") for _, cell in cells)
    if not cells or figures * 3 > len(cells):
        return ""
    for header_row in header.rows:
        alike = sum(
            text_of(sheet.cell(header_row, column)) == text_of(cell) for column, cell in cells
        )
        if alike and alike * 5 >= len(cells) * 3:
            return "same"
    found = row_names(sheet, row)
    if len(found) < _NAMES_MIN or len(found) * 3 < len(cells) * 2:
        return ""
    agreeing = sum(
        column in names and names[column].best() == name.best() for column, name in found.items()
    )
    return "same" if agreeing * 5 >= len(found) * 4 else "other"
