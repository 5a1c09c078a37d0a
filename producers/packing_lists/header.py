"""Where the header of a table is: one to three rows with names of columns, and their groups."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from producers.packing_lists.cells import is_empty, look, text_of
from producers.packing_lists.model import Field
from producers.packing_lists.naming import Name, read_name
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Area, Cell, Sheet

HEADER_SEARCH_ROWS = 120
"""Rows in which the header must begin."""
HEADER_ROWS_MAX = 3
NAME_SCORE = 0.6
"""A cell with a higher score counts as a name when rows are looked for."""
_LABEL = re.compile(r"[:：](?:\s*$|.*\d)", re.DOTALL)
_NAME_LENGTH_MAX = 120
_FIELDS_MIN = 3
CARTON_FIELDS: frozenset[Field] = frozenset(
    (
        "cartons",
        "carton_no",
        "unit_ids",
        "pieces_per_carton",
        "size",
        "length",
        "width",
        "height",
        "volume",
        "gross",
        "net",
    )
)
"""Fields of which a packing list has some, and an invoice few."""
_QUALIFIERS = frozenset(("total", "percarton", "perpiece", "filler", "from", "to", "each"))


class HeaderColumn(msgspec.Struct, frozen=True, kw_only=True):
    """The texts over a column: of groups (merged over several columns), and its own."""

    index: int
    groups: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    spread: bool = False
    """The column has no name of its own under its group."""

    def text(self) -> str:
        """Return all texts, joined by `` / ``."""
        return " / ".join((*self.groups, *self.own))


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a header and the texts over each column."""

    rows: tuple[int, ...]
    columns: tuple[HeaderColumn, ...]


def find_header(sheet: Sheet, *, start: int = 0, search: int = HEADER_SEARCH_ROWS) -> Header | None:
    """Find the first header in so many rows from a row on; None without a table of cartons."""
    areas = _areas_by_row(sheet.merged)
    while start < len(sheet.rows) and all(is_empty(cell) for cell in sheet.rows[start]):
        start += 1
    last = min(len(sheet.rows), start + search)
    for row in range(start, last):
        names = row_names(sheet, row)
        if len(names) >= 2 and _is_header(names):
            rows = _extend(sheet, row, areas)
            return Header(rows=rows, columns=tuple(_columns(sheet, rows, areas)))
        if len(names) < 2 or row + 1 >= last:
            continue
        below = row_names(sheet, row + 1)
        both = {**below, **names}
        if len(below) >= 2 and _is_header(both) and _is_header_row(sheet, row + 1, areas, {}):
            rows = _extend(sheet, row, areas)
            return Header(rows=rows, columns=tuple(_columns(sheet, rows, areas)))
    return None


def row_names(sheet: Sheet, row: int) -> dict[int, Name]:
    """Return the names in a row by column; empty when figures stand beside them."""
    names: dict[int, Name] = {}
    kinds = [look(cell).kind for cell in sheet.rows[row]]
    figures = sum(kind in ("number", "size", "date") for kind in kinds)
    figures -= _count_shoe_sizes(sheet.rows[row])
    texts = {
        column: cell
        for column, cell in enumerate(sheet.rows[row])
        if isinstance(cell, str) and kinds[column] not in ("number", "size", "date", "empty")
    }
    if figures > len(texts) // 4:
        return {}
    for column, cell in texts.items():
        if len(cell) <= _NAME_LENGTH_MAX and not _is_label(cell):
            name = read_name(cell)
            if name.score() >= NAME_SCORE:
                names[column] = name
    return names if figures <= len(names) // 4 and len(names) * 3 >= len(texts) else {}


def _count_shoe_sizes(cells: tuple[Cell, ...]) -> int:
    """Return how many cells are rising sizes of shoes: 36, 37, 38 as names of columns."""
    longest = run = 0
    before = Decimal(0)
    for cell in cells:
        figure = look(cell).figure
        if figure is not None and 15 <= figure <= 70 and (not run or 0 < figure - before <= 4):
            run, before = run + 1, figure
            longest = max(longest, run)
        else:
            run = 0
    return longest if longest >= 3 else 0


def _is_label(text: str) -> bool:
    """Tell whether a text is a label, with or without its value: ``Total G.W.: 185 KGS``."""
    return bool(_LABEL.search(text))


def _is_header(names: dict[int, Name]) -> bool:
    fields = {name.best() for name in names.values()} - {None, "ignored"}
    return len(fields) >= _FIELDS_MIN and bool(fields & CARTON_FIELDS)


def _areas_by_row(areas: Iterable[Area]) -> dict[int, list[Area]]:
    """Return areas that span columns, by the rows that they cover near the top of a table."""
    found: dict[int, list[Area]] = {}
    for area in areas:
        if (
            area.last_column > area.first_column
            and area.last_row - area.first_row < HEADER_ROWS_MAX
        ):
            for row in range(area.first_row, area.last_row + 1):
                found.setdefault(row, []).append(area)
    return found


def _extend(sheet: Sheet, row: int, areas: dict[int, list[Area]]) -> tuple[int, ...]:
    """Add the rows above with names of groups, and the rows below with further names."""
    rows = [row]
    while len(rows) < HEADER_ROWS_MAX and rows[-1] + 1 < len(sheet.rows):
        over = {
            column: area
            for above in rows
            for area in areas.get(above, ())
            for column in range(area.first_column, area.last_column + 1)
        }
        if not _is_header_row(sheet, rows[-1] + 1, areas, over):
            break
        rows.append(rows[-1] + 1)
    while len(rows) < HEADER_ROWS_MAX and rows[0] > 0 and _is_group_row(sheet, rows, areas):
        rows.insert(0, rows[0] - 1)
    return tuple(rows)


def _is_header_row(
    sheet: Sheet, row: int, areas: dict[int, list[Area]], over: dict[int, Area]
) -> bool:
    """Tell whether a row below a header's row goes on with names, units or parts of groups."""
    named = texts = grouped = 0
    for column, cell in enumerate(sheet.rows[row]):
        kind = look(cell).kind
        if kind == "empty":
            continue
        if kind != "text" or not isinstance(cell, str) or len(cell) > _NAME_LENGTH_MAX:
            return False
        texts += 1
        name = read_name(cell)
        is_name = name.score() >= NAME_SCORE or bool(name.units) or _is_qualifier(cell)
        named += is_name
        grouped += is_name and column in over
    if any(area.last_column - area.first_column > 5 for area in areas.get(row, ())):
        return False
    return bool(texts) and named * 2 > texts and (named >= 2 or grouped > 0)


def _is_qualifier(text: str) -> bool:
    tokens = words_of(text).tokens
    return bool(tokens) and all(token & _QUALIFIERS for token in tokens)


def _is_group_row(sheet: Sheet, rows: list[int], areas: dict[int, list[Area]]) -> bool:
    """Tell whether the row above a header names columns or groups of columns."""
    row = rows[0] - 1
    cells = sheet.rows[row]
    width = len(sheet.rows[rows[0]])
    texts = [(column, cell) for column, cell in enumerate(cells) if look(cell).kind != "empty"]
    if not texts or any(look(cell).kind != "text" for _, cell in texts):
        return False
    if any(len(str(cell)) > _NAME_LENGTH_MAX or _is_label(str(cell)) for _, cell in texts):
        return False
    named = [column for column, cell in texts if read_name(str(cell)).score() >= NAME_SCORE]
    starts = {
        area.first_column
        for area in areas.get(row, ())
        if area.last_column - area.first_column + 1 <= max(2, width * 0.6)
    }
    grouping = [column for column in named if column in starts]
    return len(named) * 2 > len(texts) and (len(named) >= 3 or bool(grouping))


def _columns(
    sheet: Sheet, rows: tuple[int, ...], areas: dict[int, list[Area]]
) -> Iterator[HeaderColumn]:
    width = max((len(sheet.rows[row]) for row in rows), default=0)
    for row in rows:
        width = max([width, *(area.last_column + 1 for area in areas.get(row, ()))])
    for column in range(min(width, 500)):
        groups: list[str] = []
        own: list[str] = []
        for row in rows:
            area = next(
                (a for a in areas.get(row, ()) if a.first_column <= column <= a.last_column), None
            )
            if area is not None:
                if area.first_row == row or row == rows[0]:
                    groups.append(text_of(sheet.cell(area.first_row, area.first_column)))
                continue
            text = text_of(sheet.cell(row, column))
            if text.endswith((":", "：")):
                continue  # a label that stands beside the table
            if text:
                own.append(text)
            elif group := _unmerged_group(sheet, row, column, rows):
                groups.append(group)
        yield HeaderColumn(
            index=column,
            groups=tuple(text for text in dict.fromkeys(groups) if text),
            own=tuple(own),
            spread=bool(groups) and not own,
        )


def _unmerged_group(sheet: Sheet, row: int, column: int, rows: tuple[int, ...]) -> str:
    """Return the group's name to the left in a sheet without merged cells (a text file).

    The name above ``L``, ``W`` and ``H`` stands over the first of them only.
    """
    if sheet.merged or row == rows[-1] or not text_of(sheet.cell(rows[-1], column)):
        return ""
    left = column
    while left > 0 and column - left < 4 and not text_of(sheet.cell(row, left)):
        left -= 1
        if not text_of(sheet.cell(rows[-1], left)):
            return ""
    return text_of(sheet.cell(row, left))
