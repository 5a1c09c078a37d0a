"""Errors in the rows of a list whose figures could not be read.

Without counts, sizes and weights there are no lines. A merchant who corrects these should learn of
a wrong port in the same row at once, so this module reads the cells of such rows one by one.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from openpyxl.utils.cell import column_index_from_string

from producers.packing_lists import terms
from producers.packing_lists.dangerous import declared_goods
from producers.packing_lists.findings import Cells, Findings
from producers.packing_lists.model import CartonLine, Field, Handling, PackingList
from producers.packing_lists.shared import PARSERS
from producers.packing_lists.terms import plain_text
from producers.sheets.workbook import CellError, Formula, Sheet, Workbook, cell_name

_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")
_ROWS_MAX = 5_000
_FILLED_MIN = 3
"""A row of cargo has a value in at least so many columns; signatures and notes have fewer."""
_HS: tuple[Callable[[Any], Any], str] = (terms.hs6, "an HS code of 6, 8, 10 or 13 digits")
_CHECKED: dict[Field, tuple[Callable[[Any], Any], str]] = {**PARSERS, "hs": _HS}


def check_unread_rows(packing_list: PackingList, workbook: Workbook, findings: Findings) -> None:
    """Add an error for each cell of ports, dates, modes, codes and UN numbers that is wrong."""
    if len(packing_list.sheets) != 1:
        return  # the columns do not say of which sheet they are
    sheets = [sheet for sheet in workbook.sheets if sheet.name == packing_list.sheets[0]]
    columns = dict(_columns(packing_list))
    if not sheets or not columns:
        return
    first = max(packing_list.header_rows, default=-1) + 1
    rows = list(_rows_of_cargo(sheets[0], first, columns))
    declared_goods(
        tuple(_line_of(sheets[0], row, columns) for row in rows), Cells(packing_list), findings
    )
    for row in rows:
        for field, column in columns.items():
            value = sheets[0].cell(row, column)
            if field not in _CHECKED or isinstance(value, Formula | CellError):
                continue
            parse, expected = _CHECKED[field]
            if plain_text(value) and parse(value) is None:
                text = plain_text(value)
                findings.refuse(cell_name(row, column), f"bad_{field}", text, expected)


def _line_of(sheet: Sheet, row: int, columns: dict[Field, int]) -> CartonLine:
    """Return a line with what a row says of dangerous goods; its figures stand for nothing."""

    def text(field: Field) -> str:
        cell = sheet.cell(row, columns[field]) if field in columns else None
        return "" if isinstance(cell, Formula | CellError) else plain_text(cell)

    handling = Handling(
        dangerous=text("dangerous"),
        un_number=text("un_number"),
        imo_class=text("imo_class"),
        packing_group=text("packing_group"),
    )
    return CartonLine(
        rows=(row,),
        cartons=1,
        length_mm=1,
        width_mm=1,
        height_mm=1,
        gross_g=1,
        handling=handling,
    )


def _columns(packing_list: PackingList) -> Iterator[tuple[Field, int]]:
    for column in packing_list.columns:
        if match := _CELL.fullmatch(column.cell):
            yield column.field, column_index_from_string(match[1]) - 1


def _rows_of_cargo(sheet: Sheet, first: int, columns: dict[Field, int]) -> Iterator[int]:
    """Yield the rows below the header that name goods and have values in several columns."""
    names = [columns[field] for field in ("goods", "article", "marks") if field in columns]
    for row in range(first, min(len(sheet.rows), first + _ROWS_MAX)):
        filled = sum(1 for column in columns.values() if plain_text(sheet.cell(row, column)))
        if filled >= _FILLED_MIN and any(plain_text(sheet.cell(row, column)) for column in names):
            yield row
