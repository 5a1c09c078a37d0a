"""Units that a list names once: at one of its edges, or above the table."""

import re
from collections.abc import Iterable

import msgspec

from producers.packing_lists.header import Header
from producers.packing_lists.model import Column, Field, Unit
from producers.packing_lists.naming import DIMENSIONS, dimension_of
from producers.packing_lists.spellings import plain, unit_of
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Sheet, cell_name

_ROWS_ABOVE = 30
_TEXT_LENGTH_MAX = 200
_EDGES: frozenset[Field] = frozenset(("length", "width", "height"))
_ABOUT_UNITS = frozenset(("size", "measurement", "weight", "gross", "net", "volume", "uom"))
_WORD = re.compile(r"[^\W\d_]+[³3]?")


def share_units(sheet: Sheet, header: Header, columns: Iterable[Column]) -> tuple[Column, ...]:
    """Give columns without a unit the one that the edge beside them or a line above names."""
    found = tuple(columns)
    beside = {
        meaning.unit: f'the unit of "{column.header}"'
        for column in found
        if (meaning := column.meanings[0]).field in _EDGES and meaning.unit is not None
    }
    above = _units_above(sheet, header)
    shared: list[Column] = []
    for column in found:
        meaning = column.meanings[0]
        lacks = meaning.unit is None and dimension_of(meaning.field)
        if lacks and meaning.field in _EDGES and len(beside) == 1:
            column = _with_unit(column, *next(iter(beside.items())))  # noqa: PLW2901 - a new one
        elif lacks and dimension_of(meaning.field) in above:
            column = _with_unit(column, *above[dimension_of(meaning.field)])  # noqa: PLW2901
        shared.append(column)
    return tuple(shared)


def _with_unit(column: Column, unit: Unit, why: str) -> Column:
    first = column.meanings[0]
    meanings = [
        msgspec.structs.replace(meaning, unit=unit, why=f"{meaning.why}, {why}")
        if meaning.unit is None and dimension_of(meaning.field) == DIMENSIONS[unit]
        else meaning
        for meaning in (first, *column.meanings[1:])
    ]
    return msgspec.structs.replace(column, meanings=tuple(meanings))


def _units_above(sheet: Sheet, header: Header) -> dict[str, tuple[Unit, str]]:
    """Return the unit of each dimension that lines above the table name once for all columns."""
    named: dict[str, dict[Unit, str]] = {}
    for row in range(max(0, header.rows[0] - _ROWS_ABOVE), header.rows[0]):
        for column, cell in enumerate(sheet.rows[row]):
            if not isinstance(cell, str) or len(cell) > _TEXT_LENGTH_MAX:
                continue
            concepts = frozenset().union(*words_of(cell).tokens)
            if not concepts & _ABOUT_UNITS or any(sign.isdigit() for sign in cell):
                continue
            for unit in _units_in(cell):
                why = f"{cell_name(row, column)} names it for the whole table"
                named.setdefault(DIMENSIONS[unit], {}).setdefault(unit, why)
    return {
        dimension: next(iter(units.items()))
        for dimension, units in named.items()
        if len(units) == 1
    }


def _units_in(text: str) -> list[Unit]:
    words = [word for word in _WORD.findall(plain(text)) if len(word) > 1]
    units = [unit for word in words if (unit := unit_of(word)) is not None and word != "in"]
    return [*units, *(unit for unit in words_of(text).units if unit not in units)]
