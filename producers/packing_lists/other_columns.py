"""Columns that say what others are about: sizes of garments, rows, pallets, units of counting."""

import re

import msgspec

from producers.packing_lists.cells import look, text_of
from producers.packing_lists.header import CARTON_FIELDS, HeaderColumn
from producers.packing_lists.model import Column, Field, Meaning
from producers.packing_lists.naming import DIMENSIONS
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Sheet

ABOUT_PALLETS = "is about pallets, and other columns are about cartons"
NOUN_FIELDS: tuple[tuple[str, Field], ...] = (("carton", "cartons"), ("piece", "pieces"))
"""Words for what is counted, and the fields of their counts."""
_FIRST = frozenset(("from", "start"))
_LAST = frozenset(("to", "end"))
_OF_NUMBERS = frozenset(("carton", "carton_no", "number", "packages", "mark", "filler", "serial"))
_NUMBERED = re.compile(r"[A-Za-z]{0,6}[-/#. ]?([0-9]{1,9})")
_GARMENT_SIZES = frozenset(
    ("xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl", "2xl", "3xl", "4xl", "5xl", "2x", "3x")
)

_WIDTHS = frozenset(("w", "width", "宽", "寬", "b"))
"""Beside these ``L`` is a length."""


def set_garments_aside(columns: list[Column], heads: dict[int, HeaderColumn]) -> list[Column]:
    """Take ``L`` for a garment's size, not for a length, beside ``S``, ``M`` or ``XL``."""
    names = {index: head.own[-1].strip().lower() for index, head in heads.items() if head.own}
    sized = {
        index
        for index, name in names.items()
        if name in _GARMENT_SIZES and not (name == "l" and names.get(index + 1) in _WIDTHS)
    }
    if len(sized) < 3 or all(names[index] == "l" for index in sized):
        return columns
    garment = Meaning(field="ignored", score=0.9, why="one of several sizes of garments (S, M, L)")
    return [
        msgspec.structs.replace(column, meanings=(garment,)) if column.index in sized else column
        for column in columns
    ]


def set_serials_aside(sheet: Sheet, columns: list[Column], rows: range) -> list[Column]:
    """Take ``No.`` with 1, 2, 3 … for the rows' numbers where another column counts cartons.

    Beside a column of carton numbers it is never one itself.
    """
    fields = {column.meanings[0].field for column in columns}
    numbered = any(
        column.meanings[0].field == "carton_no" and _names_cartons(column.header)
        for column in columns
    )
    serial = Meaning(field="ignored", score=0.9, why="counts the rows: 1, 2, 3")
    counted = bool(fields & {"cartons", "pieces_per_carton"})
    return [
        msgspec.structs.replace(column, meanings=(serial,))
        if column.meanings[0].field == "carton_no"
        and column.header
        and not _names_cartons(column.header)
        and (numbered or (counted and _counts_rows(sheet, column.index, rows)))
        else column
        for column in columns
    ]


def _names_cartons(header: str) -> bool:
    return any(token & {"carton", "carton_no", "packages"} for token in words_of(header).tokens)


def _counts_rows(sheet: Sheet, column: int, rows: range) -> bool:
    looks = [look(sheet.cell(row, column)) for row in rows]
    figures = [seen.figure for seen in looks if seen.kind == "number"]
    return bool(figures) and figures == list(range(1, len(figures) + 1))


def name_ranges(sheet: Sheet, columns: list[Column], rows: tuple[int, ...]) -> list[Column]:
    """Take ``From`` and ``To`` beside each other for the first and last carton number of a row.

    Ports stand under such names, too: the cells must be numbers.
    """
    ends: dict[int, str] = {}
    for place, first in enumerate(columns):
        if _names_cartons(first.header) and _names_end(first.header, _FIRST | _LAST):
            ends.setdefault(place, f'"{first.header}" is a number of a carton, not how many')
        later = next(
            (p for p in range(place + 1, len(columns)) if columns[p].header.strip("-~—–→ ")), None
        )
        if (
            later is not None
            and _names_end(first.header, _FIRST)
            and _names_end(columns[later].header, _LAST)
            and _are_ranges(sheet, rows, first.index, columns[later].index)
        ):
            names = f'"{first.header}" and "{columns[later].header}"'
            ends[place] = ends[later] = f"{names}: first and last carton number of a row"
    return [
        _as_number(column, ends[place]) if place in ends else column
        for place, column in enumerate(columns)
    ]


def _as_number(column: Column, why: str) -> Column:
    meaning = Meaning(field="carton_no", score=0.95, why=why)
    return msgspec.structs.replace(column, meanings=(meaning,))


def _names_end(header: str, ends: frozenset[str]) -> bool:
    tokens = words_of(header).tokens
    return (
        bool(tokens)
        and any(token & ends for token in tokens)
        and all(token & (ends | _OF_NUMBERS) and "pallet" not in token for token in tokens)
    )


def _are_ranges(sheet: Sheet, rows: tuple[int, ...], first: int, last: int) -> bool:
    """Tell whether rows have numbers in both columns, which ascend in most of them.

    The last number of a single carton may be left out.
    """
    numbered = ascending = filled = 0
    for row in rows:
        ends = [text_of(sheet.cell(row, column)) for column in (first, last)]
        start, end = (_NUMBERED.fullmatch(text) for text in ends)
        filled += any(ends)
        numbered += bool(start and (end or not ends[1]))
        ascending += bool(start and end and int(end[1]) >= int(start[1]))
    return numbered * 5 >= filled * 4 and ascending * 2 > filled > 0


def name_depths(columns: list[Column]) -> list[Column]:
    """Take a depth for the edge that is missing: the width in ``L, D, H``."""
    fields = {column.meanings[0].field for column in columns}
    if "height" not in fields or {"length", "width"} <= fields:
        return columns
    missing: Field = "width" if "length" in fields else "length"
    named = []
    for column in columns:
        words = words_of(column.header)
        if any("depth" in token for token in words.tokens):
            unit = next((unit for unit in words.units if DIMENSIONS[unit] == "length"), None)
            why = f'header "{column.header}", beside the other two edges'
            edge = Meaning(field=missing, unit=unit, per="carton", score=0.9, why=why)
            named.append(msgspec.structs.replace(column, meanings=(edge,)))
        else:
            named.append(column)
    return named


def set_pallets_aside(columns: list[Column]) -> tuple[Column, ...]:
    """Ignore columns about pallets where other columns say the same of cartons."""
    about_pallets = {
        column.index
        for column in columns
        if any("pallet" in token for token in words_of(column.header).tokens)
    }
    fields = {c.meanings[0].field for c in columns if c.index not in about_pallets}
    if not fields & {"cartons", "carton_no", "pieces_per_carton"}:
        return tuple(columns)
    pallet = Meaning(field="ignored", score=0.9, why=ABOUT_PALLETS)
    return tuple(
        msgspec.structs.replace(column, meanings=(pallet,))
        if column.index in about_pallets and column.meanings[0].field in CARTON_FIELDS
        else column
        for column in columns
    )


def settle_quantities(sheet: Sheet, columns: list[Column], rows: tuple[int, ...]) -> list[Column]:
    """Take ``数量`` for cartons or for pieces where the column of its unit says 箱, or 个, only."""
    settled: list[Column] = []
    for column, after in zip(columns, [*columns[1:], None], strict=True):
        noun = _noun_of_units(sheet, after, rows) if after else ""
        field = dict(NOUN_FIELDS).get(noun)
        kept = tuple(meaning for meaning in column.meanings if meaning.field == field)
        why = f"{kept[0].why}, {noun}s in the next column" if kept else ""
        if kept and any("quantity" in token for token in words_of(column.header).tokens):
            meanings = tuple(msgspec.structs.replace(meaning, why=why) for meaning in kept)
            settled.append(msgspec.structs.replace(column, meanings=meanings))
        else:
            settled.append(column)
    return settled


def _noun_of_units(sheet: Sheet, column: Column, rows: tuple[int, ...]) -> str:
    """Return what all cells of a column of units of counting name: carton or piece."""
    if not any("uom" in token for token in words_of(column.header).tokens):
        return ""
    cells = [sheet.cell(row, column.index) for row in rows]
    texts = {cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()}
    concepts = [frozenset().union(*words_of(text).tokens) for text in texts]
    for noun, _ in NOUN_FIELDS:
        # 件 counts cartons at a forwarder's, and pieces of clothing.
        if texts and all(noun in found and "packages" not in found for found in concepts):
            return noun
    return ""
