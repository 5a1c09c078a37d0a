"""Carton numbers and ids of units in cells, in the form that the hub uses at every entrance."""

import re
from collections.abc import Sequence

from groupage.domain.checkdigits import unit_problem
from groupage.domain.gs1 import canonical_id
from groupage.domain.gs1_labels import GS
from producers.packing_lists.figures.cells import text_of
from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.table import TableReading
from producers.sheets.workbook import Cell, CellError, Formula, cell_name

NUMBERS_MAX = 100_000
_ROUNDED_FROM = 10**15
"""A spreadsheet keeps 15 digits of a number, and a cell of numbers is a double."""
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{2}", re.IGNORECASE)
"""A long number as spreadsheets write it to a CSV file."""
_DIGITS_EXPECTED = (
    "spreadsheets keep 15 digits of a number, and an SSCC has 18: format the column as text and "
    "enter the ids again"
)
_RANGE = re.compile(r"([a-z/.#]*?)([0-9]{1,9})\s*(?:-|~|—|–|to|至|到)\s*([a-z/.#]*?)([0-9]{1,9})")
_SPLIT = re.compile(r"[,;、,;&+]|\s+and\s+")


def read_numbers(cell: Cell) -> tuple[str, ...] | None:
    """Return the carton numbers that a cell lists: ``F134-F136``, ``137~138``, ``145,147,149``.

    None when the text is not a list of carton numbers, or open at its end (``154-UP``).
    """
    if isinstance(cell, Formula | CellError | bool):
        return None
    text = re.sub(r"^(?:c/?no|ctn|case|no|#|第)[.:# ]*", "", text_of(cell).lower())
    text = text.replace("—", "-").replace("--", "-").rstrip("号箱#. ")
    numbers: list[str] = []
    for part in _SPLIT.split(text):
        found = _expand(part.strip())
        if not found:
            return None
        numbers += found
        if len(numbers) > NUMBERS_MAX:
            return None
    return tuple(number.upper() for number in numbers)


def _expand(part: str) -> list[str]:
    match = _RANGE.fullmatch(part)
    if match is None:
        return [part] if re.fullmatch(r"[a-z/.#]*[0-9]{1,9}[a-z]?", part) else []
    first, last = int(match[2]), int(match[4])
    if (match[3] and match[3] != match[1]) or first > last or last - first >= NUMBERS_MAX:
        return []
    width = len(match[2]) if match[2].startswith("0") else 0
    return [f"{match[1]}{number:0{width}d}" for number in range(first, last + 1)]


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
    for word in re.split("[ ,;、\n]+", text):
        if not word.strip(GS):
            continue
        unit_id = canonical_id(word)
        if problem := unit_problem(unit_id):
            notes.error(where, "check_digit", problem.message)
        ids.append(unit_id)
    return ids
