"""Cells that say the same of several lines: merged over them, or a ditto mark.

A size that is merged over two lines with a count each is the size of both. A weight of the row, a
count or a number is not: it is of the lines together.
"""

from collections.abc import Iterable

import msgspec

from producers.packing_lists.cells import is_empty
from producers.packing_lists.grid import GOODS, is_ditto, tall_areas
from producers.packing_lists.model import Column, Field, Layout
from producers.sheets.workbook import Cell, Sheet

_OF_EACH: frozenset[Field] = frozenset(
    (
        *("size", "length", "width", "height", "pieces_per_carton", "unit_price", "currency"),
        *("goods", "article", "hs", "marks", "this_side_up", "not_stackable", "max_top_load"),
        *("max_layers",),
        *("handling", "fragile", "keep_dry", "dangerous", "un_number", "imo_class"),
        *("packing_group", "consignment_id", "shipper", "consignee", "pol", "pod", "mode"),
        *("ready_at", "vehicle"),
    )
)
"""Fields whose value holds for each line under a merged cell."""
_PER_CARTON: frozenset[Field] = frozenset(("gross", "net", "volume"))


def fill_shared_cells(sheet: Sheet, layout: Layout) -> Sheet:
    """Return the sheet with the values of merged cells and ditto marks in each line's first row."""
    areas = tall_areas(sheet.merged, {column.index for column in layout.columns})
    columns = [column for column in layout.columns if _is_of_each(column)]
    repeated = [
        column for column in layout.columns if column not in columns and _may_repeat(column)
    ]
    figures = {
        column.index
        for column in layout.columns
        if column.meanings[0].field == "cartons" or column.meanings[0].field in _PER_CARTON
    }
    changed: dict[int, list[Cell]] = {}
    above: dict[int, Cell] = {}
    for group in layout.groups:
        row = group.rows[0]
        for column in columns:
            cell = sheet.cell(row, column.index)
            area = areas.get((row, column.index))
            value = cell
            if is_empty(cell) and area is not None and area.first_row < row:
                value = sheet.cell(area.first_row, area.first_column)
            elif is_ditto(cell):
                value = above.get(column.index, cell)
            if group.continues and is_empty(value) and column.meanings[0].field in GOODS:
                value = above.get(column.index, value)  # the same goods in another size
            if value is not cell:
                _set(changed, sheet, row, column.index, value)
            if not is_empty(value):
                above[column.index] = value
        _fill_dittos(changed, sheet, group.rows[1:], above, figures)
        _repeat_figures(changed, sheet, row, repeated, above)
    if not changed:
        return sheet
    rows = tuple(tuple(changed.get(row, cells)) for row, cells in enumerate(sheet.rows))
    return msgspec.structs.replace(sheet, rows=rows)


def _fill_dittos(
    changed: dict[int, list[Cell]],
    sheet: Sheet,
    rows: Iterable[int],
    above: dict[int, Cell],
    figures: Iterable[int],
) -> None:
    """Write the values above into the ditto marks of further articles.

    Those under figures of cartons are emptied: the carton above has the count and the weight.
    """
    values: dict[int, Cell] = above | dict.fromkeys(figures)
    for row in rows:
        for column, value in values.items():
            if is_ditto(sheet.cell(row, column)):
                _set(changed, sheet, row, column, value)


def _repeat_figures(
    changed: dict[int, list[Cell]],
    sheet: Sheet,
    row: int,
    columns: Iterable[Column],
    above: dict[int, Cell],
) -> None:
    """Write the figure above into ditto marks of columns that may be of one carton."""
    for column in columns:
        cell = sheet.cell(row, column.index)
        if is_ditto(cell):
            _set(changed, sheet, row, column.index, above.get(column.index, cell))
        elif not is_empty(cell):
            above[column.index] = cell


def _may_repeat(column: Column) -> bool:
    """Tell whether a ditto mark may stand for the figure of one carton above it.

    Whatever the figures are of, the mark says that the same one stands here, too.
    """
    meaning = column.meanings[0]
    return meaning.field in _PER_CARTON and any(m.per != "row" for m in column.meanings)


def _is_of_each(column: Column) -> bool:
    meaning = column.meanings[0]
    return meaning.field in _OF_EACH or (
        meaning.field in _PER_CARTON and all(m.per == "carton" for m in column.meanings)
    )


def _set(changed: dict[int, list[Cell]], sheet: Sheet, row: int, column: int, value: Cell) -> None:
    cells = changed.setdefault(row, list(sheet.rows[row]))
    cells.extend([None] * (column + 1 - len(cells)))
    cells[column] = value
