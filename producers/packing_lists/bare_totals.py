"""Columns named TTL or 合计 alone, right of a weight or a volume: its total, by the figures."""

import msgspec

from producers.packing_lists.cells import look
from producers.packing_lists.grid import Grid
from producers.packing_lists.model import Column, Field, Meaning
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Sheet

_OF_CARTONS: frozenset[Field] = frozenset(("gross", "net", "volume"))
_ROWS_MAX = 200
"""Rows below the header that are looked at."""
_TOLERANCE = 100
"""A hundredth: figures of a carton are rounded."""


def name_bare_totals(
    sheet: Sheet, columns: tuple[Column, ...], first_row: int
) -> tuple[Column, ...]:
    """Give such a column the meaning of the one to its left, for all cartons of the row.

    In most rows, and in two at least, it is the figure on the left times the cartons.
    """
    bare = [place for place, column in enumerate(columns) if place and _is_bare(column)]
    if not bare:
        return columns
    grid = Grid(sheet, columns)
    named = list(columns)
    for place in bare:
        left = columns[place - 1].meanings[0]
        if left.field in _OF_CARTONS and left.per != "row":
            total = _total(grid, columns[place - 1], columns[place], first_row)
            named[place] = total or columns[place]
    return tuple(named)


def _is_bare(column: Column) -> bool:
    tokens = words_of(column.header).tokens
    is_total = bool(tokens) and all("total" in token for token in tokens)
    return is_total and column.meanings[0].field == "ignored"


def _total(grid: Grid, left: Column, column: Column, first_row: int) -> Column | None:
    agreeing = compared = 0
    for row in range(first_row, min(first_row + _ROWS_MAX, len(grid.sheet.rows))):
        count = grid.count(row)
        each, whole = (look(grid.sheet.cell(row, place.index)).figure for place in (left, column))
        if count is None or each is None or whole is None or count == 1:
            continue
        compared += 1
        agreeing += abs(each * count - whole) * _TOLERANCE <= whole
    if agreeing < 2 or agreeing * 2 <= compared:
        return None
    meaning = left.meanings[0]
    why = f'header "{column.header}" beside "{left.header}"'
    found = Meaning(field=meaning.field, unit=meaning.unit, per="row", score=0.6, why=why)
    return msgspec.structs.replace(column, meanings=(found, *column.meanings))
