"""Lists that are turned: names stand down the side, and each column is a line of cartons.

Rows and columns of the table are exchanged, and it is read as any other. Titles above and totals
below stay where they are.
"""

import re

import msgspec
from openpyxl.utils.cell import column_index_from_string

from producers.packing_lists.cells import is_empty, look
from producers.packing_lists.header import CARTON_FIELDS, NAME_SCORE, find_header
from producers.packing_lists.model import Field, Finding
from producers.packing_lists.naming import read_name
from producers.packing_lists.words import words_of
from producers.sheets.workbook import (
    Area,
    Cell,
    CellError,
    Formula,
    Remark,
    Sheet,
    Workbook,
    cell_name,
)

_NAME_COLUMNS = 3
"""Columns in which the names may stand."""
_NAME_LENGTH_MAX = 120
_ROWS_MAX = 200
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NAMES_MIN = 3
_FIGURED_MIN = 2
_SIZE: frozenset[Field] = frozenset(("size", "length", "width", "height"))


class _Block(msgspec.Struct, frozen=True):
    """The area of a turned table; the last row and column belong to it."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def has(self, area: Area) -> bool:
        return (
            self.first_row <= area.first_row
            and area.last_row <= self.last_row
            and self.first_column <= area.first_column
            and area.last_column <= self.last_column
        )

    def turn(self, row: int, column: int) -> tuple[int, int]:
        """Return where a cell of the block is after the exchange."""
        return self.first_row + column - self.first_column, row - self.first_row

    @property
    def shift(self) -> int:
        """By how many rows what is below moves down; an empty row parts it from the table."""
        height = self.last_row - self.first_row
        return self.last_column - self.first_column - height + 1


def turn_lists(workbook: Workbook) -> Workbook:
    """Exchange rows and columns of turned tables, if no visible sheet has a usual one."""
    visible = [sheet for sheet in workbook.sheets if not sheet.hidden]
    if any(find_header(sheet) for sheet in visible):
        return workbook
    turned: dict[str, tuple[Sheet, _Block]] = {}
    for sheet in visible:
        block = _find_block(sheet)
        exchanged = _turn(sheet, block) if block else sheet
        if block and find_header(exchanged):
            turned[sheet.name] = exchanged, block
    if not turned:
        return workbook
    remarks = [_remark(name, block) for name, (_, block) in turned.items()]
    sheets = tuple(
        turned[sheet.name][0] if sheet in visible and sheet.name in turned else sheet
        for sheet in workbook.sheets
    )
    return msgspec.structs.replace(workbook, sheets=sheets, remarks=(*workbook.remarks, *remarks))


def _remark(name: str, block: _Block) -> Remark:
    row, column = block.last_row, block.first_column + 1
    here = cell_name(*block.turn(row, column))
    return Remark(
        code="turned",
        text=f"names stand down the side of sheet {name!r}: rows and columns are exchanged, and "
        f"cells are named as after that ({here} is {cell_name(row, column)} of the list); "
        "--explain writes the list so",
    )


def name_original(finding: Finding, sheet: Sheet) -> Finding:
    """Say where the cell of a finding is in the file, if rows and columns were exchanged."""
    match = _CELL.fullmatch(finding.cell)
    area = sheet.turned
    if match is None or area is None:
        return finding
    row = int(match[2]) - 1 - area.first_row
    column = column_index_from_string(match[1]) - 1
    width, height = area.last_column - area.first_column, area.last_row - area.first_row
    if not (0 <= row <= width and column <= height):
        return finding
    original = cell_name(area.first_row + column, area.first_column + row)
    text = f"{finding.text} ({finding.cell} is {original} of the list)"
    return msgspec.structs.replace(finding, text=text)


def _find_block(sheet: Sheet) -> _Block | None:
    for column in range(_NAME_COLUMNS):
        names = {
            row: field
            for row, cells in enumerate(sheet.rows[:_ROWS_MAX])
            if column < len(cells) and (field := _field_of(cells[column]))
        }
        block = _block_of(sheet, column, names)
        if block is not None:
            return block
    return None


def _field_of(cell: Cell) -> Field | None:
    if not isinstance(cell, str) or len(cell) > _NAME_LENGTH_MAX or look(cell).kind != "text":
        return None
    name = read_name(cell.strip().rstrip(":："))
    return name.best() if name.score() >= NAME_SCORE else None


def _block_of(sheet: Sheet, column: int, names: dict[int, Field]) -> _Block | None:
    """Return the block beside a column of names: figures stand beside most of them."""
    rows = [row for row in names if _figures(sheet, row, column) or names[row] not in CARTON_FIELDS]
    fields = {names[row] for row in rows}
    if len(fields) < _NAMES_MIN or len(fields & CARTON_FIELDS) < 2 or not fields & _SIZE:
        return None
    figured = [row for row in rows if _figures(sheet, row, column)]
    if len(figured) < _FIGURED_MIN:
        return None
    most = max(len(_filled(sheet, row, column)) for row in figured)
    while most > 1 and _is_total(sheet, figured[-1], column):
        names.pop(figured.pop())
    first, last = figured[0], figured[-1]
    # Names of goods and marks stand right above or below the figures.
    while first - 1 in names and len(_filled(sheet, first - 1, column)) >= 1:
        first -= 1
    while last + 1 in names and len(_filled(sheet, last + 1, column)) >= 1:
        last += 1
    width = max(max(_filled(sheet, row, column), default=0) for row in range(first, last + 1))
    rows_left = (sheet.rows[row][:column] for row in range(first, last + 1))
    if width <= column or any(cell is not None for cells in rows_left for cell in cells):
        return None
    return _Block(first, last, column, width)


def _is_total(sheet: Sheet, row: int, column: int) -> bool:
    """Tell whether a row below the block states a sum: one figure beside 总件数."""
    words = words_of(str(sheet.cell(row, column))).tokens
    is_sum = any(token & {"total", "packages"} for token in words)
    return is_sum and len(_filled(sheet, row, column)) == 1


def _filled(sheet: Sheet, row: int, column: int) -> list[int]:
    """Return the filled columns of a row behind the names."""
    cells = sheet.rows[row]
    return [place for place in range(column + 1, len(cells)) if not is_empty(cells[place])]


def _figures(sheet: Sheet, row: int, column: int) -> bool:
    """Tell whether half of the filled cells of a row are figures, or more."""
    kinds = [look(sheet.cell(row, place)).kind for place in _filled(sheet, row, column)]
    figures = sum(kind in ("number", "size", "range", "unknown") for kind in kinds)
    return 2 * figures >= len(kinds) > 0


def _turn(sheet: Sheet, block: _Block) -> Sheet:
    turned = tuple(
        tuple(
            _without_colon(sheet.cell(row, column), is_name=column == block.first_column)
            for row in range(block.first_row, block.last_row + 1)
        )
        for column in range(block.first_column, block.last_column + 1)
    )
    rows = (*sheet.rows[: block.first_row], *turned, (), *sheet.rows[block.last_row + 1 :])
    inside = range(block.first_row, block.last_row + 1)
    columns = range(block.first_column, block.last_column + 1)
    return msgspec.structs.replace(
        sheet,
        rows=rows,
        merged=tuple(area for each in sheet.merged if (area := _turn_area(each, block))),
        number_formats={
            _place(block, row, column): shown
            for (row, column), shown in sheet.number_formats.items()
        },
        hidden_rows=frozenset(
            [_below(block, row) for row in sheet.hidden_rows if row not in inside]
            + [block.turn(0, each)[0] for each in sheet.hidden_columns if each in columns]
        ),
        hidden_columns=frozenset(
            block.turn(row, 0)[1] for row in sheet.hidden_rows if row in inside
        ),
        pictures=(),
        turned=Area(
            first_row=block.first_row,
            first_column=block.first_column,
            last_row=block.last_row,
            last_column=block.last_column,
        ),
    )


def _without_colon(cell: Cell, *, is_name: bool) -> Cell:
    """Return the name of a column without the colon that it has as a label."""
    is_label = is_name and isinstance(cell, str) and not isinstance(cell, Formula | CellError)
    return str(cell).rstrip(":： ") if is_label else cell


def _below(block: _Block, row: int) -> int:
    return row if row < block.first_row else row + block.shift


def _place(block: _Block, row: int, column: int) -> tuple[int, int]:
    if block.has(Area(first_row=row, last_row=row, first_column=column, last_column=column)):
        return block.turn(row, column)
    return _below(block, row), column


def _turn_area(area: Area, block: _Block) -> Area | None:
    """Return a merged area after the exchange; None for one that crosses the block's border."""
    if block.has(area):
        first_row, first_column = block.turn(area.first_row, area.first_column)
        last_row, last_column = block.turn(area.last_row, area.last_column)
    elif area.last_row < block.first_row or area.first_row > block.last_row:
        first_row, last_row = _below(block, area.first_row), _below(block, area.last_row)
        first_column, last_column = area.first_column, area.last_column
    else:
        return None
    return Area(
        first_row=first_row,
        last_row=last_row,
        first_column=first_column,
        last_column=last_column,
    )
