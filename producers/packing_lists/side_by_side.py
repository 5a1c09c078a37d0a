"""Tables that stand side by side under the same names: each is read on its own, in its columns."""

import msgspec

from producers.packing_lists.header import CARTON_FIELDS, HeaderColumn, find_header
from producers.packing_lists.model import Field
from producers.packing_lists.naming import read_name
from producers.sheets.workbook import Sheet

_NAMES_MIN = 3
_TABLES_MAX = 6
_SIZE: frozenset[Field] = frozenset(("size", "length", "volume"))
_COUNT: frozenset[Field] = frozenset(("cartons", "carton_no", "unit_ids"))


def split_tables(sheet: Sheet) -> tuple[Sheet, ...]:
    """Return the sheet once for each of its tables, with the cells of the others left out.

    Rows above the header stay in the first one: their labels are about all tables.
    """
    header = find_header(sheet)
    if header is None:
        return (sheet,)
    named = [column for column in header.columns if column.text()]
    starts = _starts(named)
    if len(starts) < 2:
        return (sheet,)
    top = header.rows[0]
    ends = [*starts[1:], max(len(row) for row in sheet.rows)]
    return tuple(
        _part(sheet, top if place == 0 else 0, 0 if place == 0 else first, last)
        for place, (first, last) in enumerate(zip(starts, ends, strict=True))
    )


def _starts(named: list[HeaderColumn]) -> list[int]:
    """Return the first column of each table; a table repeats names of the first, in its order."""
    texts = [" ".join(column.text().lower().split()) for column in named]
    places = [place for place, text in enumerate(texts) if text == texts[0]]
    blocks = [texts[a:b] for a, b in zip(places, [*places[1:], len(texts)], strict=True)]
    if not 2 <= len(blocks) <= _TABLES_MAX or not all(_is_list(block) for block in blocks):
        return []
    if not all(_is_part(block, blocks[0]) for block in blocks):
        return []
    return [named[place].index for place in places]


def _is_part(block: list[str], whole: list[str]) -> bool:
    left = iter(whole)
    return all(text in left for text in block)


def _is_list(block: list[str]) -> bool:
    fields = {read_name(text).best() for text in block}
    return (
        len(block) >= _NAMES_MIN
        and len(fields & CARTON_FIELDS) >= 2
        and bool(fields & _SIZE)
        and bool(fields & _COUNT)
    )


def _part(sheet: Sheet, top: int, first: int, last: int) -> Sheet:
    """Return a sheet with the cells of some columns; whole rows above `top`."""
    rows = tuple(
        row
        if index < top
        else tuple(cell if first <= place < last else None for place, cell in enumerate(row[:last]))
        for index, row in enumerate(sheet.rows)
    )
    merged = tuple(
        area
        for area in sheet.merged
        if area.last_row < top or (first <= area.first_column and area.last_column < last)
    )
    return msgspec.structs.replace(sheet, rows=rows, merged=merged)
