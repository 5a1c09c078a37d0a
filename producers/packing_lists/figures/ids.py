"""Carton numbers and ids of units in cells, in the form that the hub uses at every entrance."""

import re
from collections.abc import Sequence
from datetime import date

from groupage.domain.checkdigits import unit_problem
from groupage.domain.gs1 import canonical_id
from groupage.domain.gs1_labels import GS
from producers.packing_lists.carton_numbers import CartonNumbers, read_carton_numbers
from producers.packing_lists.figures.cells import is_blank, text_of
from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Cell, CellError, Formula, cell_name

_ROUNDED_FROM = 10**15
"""A spreadsheet keeps 15 digits of a number, and a cell of numbers is a double."""
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{2}", re.IGNORECASE)
"""A long number as spreadsheets write it to a CSV file."""
_COUNT_BEHIND = re.compile(
    r"\s*[(=:]\s*[0-9]{1,6}\s*(?:ctns?|cartons?|pkgs?|箱|件)\.?\s*\)?$", re.IGNORECASE
)
"""A count behind a range of numbers: ``1-25 (25CTNS)``."""
_SINGLE = re.compile(r"[A-Za-z/.#-]*[0-9]{1,9}")
_DATE_LENGTH_MAX = 40
MADE_A_DATE = (
    "a spreadsheet made a date of a range such as 1-10: format the column as text and enter the "
    "carton numbers again"
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_DATE_TEXT = re.compile(
    rf"""(?: (?:[0-9]{{4}}年)? [0-9]{{1,2}}月 (?:[0-9]{{1,2}}[日号]?)?
    | [0-9]{{4}} (?P<sign>[-/.]) [0-9]{{1,2}} (?P=sign) [0-9]{{1,2}}
    | [0-9]{{1,2}} (?P<sep>[-/.]) [0-9]{{1,2}} (?P=sep) [0-9]{{4}}
    | [0-9]{{1,2}} / [0-9]{{1,2}} / [0-9]{{2}}
    | [0-9]{{1,2}} [-\ /.]{{1,2}} {_MONTH} (?:[-\ /.]{{1,2}} [0-9]{{2,4}})?
    | {_MONTH} [-\ /]{{1,2}} [0-9]{{1,2}} (?:[-\ /,]{{1,2}} [0-9]{{2,4}})?
    ) (?:[T\ ] [0-9]{{1,2}}:[0-9]{{2}} (?::[0-9]{{2}})?)?""",
    re.VERBOSE,
)
"""A date as spreadsheets write it to a CSV file: ``3月8日``, ``Jan-10``, ``2026/1/10``.

``MAR-10`` in capitals is left as a mark with a number.
"""
_DIGITS_EXPECTED = (
    "spreadsheets keep 15 digits of a number, and an SSCC has 18: format the column as text and "
    "enter the ids again"
)


def is_date(cell: Cell) -> bool:
    """Tell whether a cell is a date, or a text as a spreadsheet writes one."""
    if isinstance(cell, Formula | CellError):
        return False
    is_text = isinstance(cell, str) and len(cell) <= _DATE_LENGTH_MAX
    return isinstance(cell, date) or (
        is_text and _DATE_TEXT.fullmatch(text_of(cell).strip()) is not None
    )


def read_numbers(
    reading: TableReading, row: int, columns: Sequence[int], count: int | None
) -> CartonNumbers:
    """Return the carton numbers of a row: in one column, or from one column to the next."""
    cells = [reading.table.cell(row, column) for column in columns]
    cells = [None if isinstance(cell, Formula | CellError) else cell for cell in cells]
    if any(map(is_date, cells)):
        return CartonNumbers(unclear=MADE_A_DATE)
    filled = [_COUNT_BEHIND.sub("", text_of(cell)) for cell in cells if not is_blank(cell)]
    if len(filled) == 2 and all(map(_SINGLE.fullmatch, filled)):
        found = read_carton_numbers(f"{filled[0]}-{filled[1]}", count=count)
        if not found.unclear and (
            count in (None, len(found.numbers)) or _name_ends(reading, columns)
        ):
            return found
    return read_carton_numbers(filled[0] if filled else None, count=count)


def _name_ends(reading: TableReading, columns: Sequence[int]) -> bool:
    """Tell whether the columns are named ``from`` and ``to``, and not for two kinds of numbers."""
    meant = [
        frozenset().union(*words_of(reading.table.columns[column].header).tokens)
        for column in columns
    ]
    return bool(meant[0] & {"from", "start"} and meant[1] & {"to", "end"})


def count_behind(reading: TableReading, row: int, columns: Sequence[int]) -> int | None:
    """Return the count that stands behind carton numbers in their cell."""
    for column in columns:
        cell = reading.table.cell(row, column)
        if isinstance(cell, str) and (match := _COUNT_BEHIND.search(text_of(cell))):
            return int(re.sub(r"[^0-9]", "", match[0]))
    return None


def read_unit_ids(reading: TableReading, rows: Sequence[int], notes: Notes) -> tuple[str, ...]:
    """Return the ids of a line's units; an SSCC that a spreadsheet rounded is an error."""
    ids: list[str] = []
    for row in rows:
        for column in reading.columns("unit_ids"):
            cell = reading.table.cell(row, column)
            if cell is not None and not isinstance(cell, Formula | CellError):
                ids += _read_ids(cell, cell_name(row, column), notes)
    return tuple(ids)


def _read_ids(cell: Cell, where: str, notes: Notes) -> list[str]:
    is_long = isinstance(cell, int | float) and abs(cell) >= _ROUNDED_FROM
    text = str(cell).strip(" \t\r\n") if isinstance(cell, str) else text_of(cell)
    if is_long or _SCIENTIFIC.fullmatch(text):
        notes.error(where, "rounded_id", f"{text} is a number: {_DIGITS_EXPECTED}")
        return []
    ids = []
    joined = re.sub(r"[\s-]", "", text)
    is_spaced = re.fullmatch(r"(?:\(00\)|00)?[0-9]{18}", joined) is not None
    for word in [joined] if is_spaced else re.split("[ ,;、\n]+", text):
        if not word.strip(GS):
            continue
        unit_id = canonical_id(word)
        if problem := unit_problem(unit_id):
            notes.error(where, "check_digit", problem.message)
        ids.append(unit_id)
    return ids
