"""Cells of one sheet of an xlsx workbook, in one pass over its XML."""

import re
from collections.abc import Callable, Sequence

from openpyxl.utils import column_index_from_string

from producers.sheets.grid import Grid
from producers.sheets.limits import Budget
from producers.sheets.markup import BrokenMarkup, attribute
from producers.sheets.number_formats import (
    GENERAL,
    NumberFormat,
    date_of,
    parse_moment,
    parse_number,
)
from producers.sheets.workbook import Area, Cell, CellError, Formula, cell_name

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_PICTURE_FORMULA = re.compile(r"(?i)\b(DISPIMG|IMAGE)\(")
_TRUE = ("1", "true", "on")


class Styles:
    """Number formats of a workbook by the style number of a cell, and its day 0."""

    def __init__(
        self,
        formats: Sequence[NumberFormat],
        *,
        since_1904: bool,
        calculated: bool,
        struck: frozenset[int] = frozenset(),
    ) -> None:
        self.formats = formats
        self.struck = {str(style) for style in struck}
        """Styles whose text is struck out."""
        self.since_1904 = since_1904
        self.calculated = calculated
        """False: the writer asks the reader to calculate, so a saved 0 may be no result.

        XlsxWriter saves 0 for each formula and sets `fullCalcOnLoad`.
        """

    def format_of(self, style: str) -> NumberFormat:
        """Return the number format of a style; General when the file has no such style."""
        number = int(style) if style.isdigit() and len(style) < 7 else 0
        return self.formats[number] if number < len(self.formats) else GENERAL


class SheetCells:
    """Reads a worksheet part: pass `start`, `end` and `text` to `parse_markup`."""

    def __init__(self, budget: Budget, strings: Sequence[str], styles: Styles) -> None:
        self.grid = Grid(budget)
        self.number_formats: dict[tuple[int, int], str] = {}
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.pictures: set[tuple[int, int]] = set()
        self.drawing = ""
        """The relationship id of the sheet's drawing."""
        self._budget = budget
        self._strings = strings
        self._styles = styles
        self._columns: dict[str, int] = {}
        self._row = -1
        self._column = -1
        self._cell: dict[str, str] | None = None
        self._collecting: list[str] | None = None
        self._value: str | None = None
        self._formula: str | None = None
        self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        if name == "c":
            self._start_cell(attributes)
        elif name in ("v", "t", "f"):
            if self._cell is not None and not self._phonetic:
                self._collecting = []
        elif name == "row":
            self._start_row(attributes)
        elif name == "rPh":
            self._phonetic = True
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif name == "col":
            self._start_column(attributes)
        elif name == "drawing":
            self.drawing = attribute(attributes, "id")

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._collecting is not None:
            self._collecting.append(text)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name in ("v", "t", "f"):
            if self._collecting is not None:
                collected = "".join(self._collecting)
                self._collecting = None
                if name == "f":
                    self._formula = collected
                else:
                    self._value = (self._value or "") + collected
        elif name == "c":
            if self._cell is not None and (self._value is not None or self._formula is not None):
                self._store(self._cell)
            self._cell = None
        elif name == "rPh":
            self._phonetic = False

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r")
        self._row = _whole(number) - 1 if number else self._row + 1
        self._column = -1
        if self._row < self._budget.limits.rows and _is_hidden(attributes, "ht"):
            self.hidden_rows.add(self._row)
        self._budget.count_cells(1)

    def _start_column(self, attributes: dict[str, str]) -> None:
        if _is_hidden(attributes, "width"):
            first = _whole(attributes.get("min", "1"))
            last = min(_whole(attributes.get("max", "1")), self._budget.limits.columns)
            self.hidden_columns.update(range(first - 1, last))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            self._row, self._column = self._place(reference)
        self._cell = attributes
        self._value = self._formula = None

    def _place(self, reference: str) -> tuple[int, int]:
        """Return row and column of a cell's name, both from 0."""
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise BrokenMarkup(f"{reference[:20]!r} is not the name of a cell")
        name = match[1]
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = column_index_from_string(name) - 1
        return int(match[2]) - 1, column

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        first_row, first_column = self._place(first)
        last_row, last_column = self._place(last or first)
        area = Area(
            first_row=first_row,
            first_column=first_column,
            last_row=last_row,
            last_column=last_column,
        )
        self.grid.merge(area)

    def _store(self, cell: dict[str, str]) -> None:
        row, column = self._row, self._column
        if self._is_picture(cell):
            self._budget.check_cell(row, column)
            self.pictures.add((row, column))
            return
        value = self._cell_value(cell)
        self.grid.put(row, column, value)
        if "s" not in cell:
            return
        if isinstance(value, int | float):
            code = self._styles.format_of(cell["s"]).unit_code
            if code:
                self.number_formats[row, column] = code
        if cell["s"] in self._styles.struck and value is not None:
            self.grid.note("struck_out", row, column, struck_out(value))

    def _is_picture(self, cell: dict[str, str]) -> bool:
        """Tell WPS's pictures (DISPIMG) and Excel's, which show an error to older programs."""
        formula = self._formula or (self._value if (self._value or "").startswith("=") else "")
        if formula and _PICTURE_FORMULA.search(formula):
            return True
        return cell.get("t") == "e" and "vm" in cell and self._formula is None

    def _cell_value(self, cell: dict[str, str]) -> Cell:
        kind, text = cell.get("t", "n"), self._value
        if text is None or (text == "" and kind == "n"):
            return self._uncalculated() if self._formula is not None and kind != "str" else None
        if kind in ("n", ""):
            return self._number(cell, text)
        if kind == "s":
            return self._shared(text)
        return _CONVERTERS.get(kind, unescape)(text)

    def _number(self, cell: dict[str, str], text: str) -> Cell:
        value = parse_number(text)
        if value == 0 and self._formula is not None and not self._styles.calculated:
            return self._uncalculated()
        if isinstance(value, int | float) and self._styles.format_of(cell.get("s", "")).is_date:
            return date_of(value, since_1904=self._styles.since_1904)
        return value

    def _uncalculated(self) -> Formula:
        return Formula("=" + (self._formula or ""))

    def _shared(self, text: str) -> str:
        number = _whole(text)
        if number >= len(self._strings):
            where = cell_name(self._row, self._column)
            raise BrokenMarkup(f"{where} names text {number} of {len(self._strings)}")
        return self._strings[number]


class SharedStrings:
    """Reads the part with the texts that cells share."""

    def __init__(self, budget: Budget) -> None:
        self.strings: list[str] = []
        self._budget = budget
        self._pieces: list[str] = []
        self._collecting = self._phonetic = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic = True
        self._collecting = name == "t" and not self._phonetic

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._collecting:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        self._collecting = False
        if name == "si":
            self._budget.count_cells(1)
            self.strings.append(unescape("".join(self._pieces)))
        elif name == "rPh":
            self._phonetic = False


def struck_out(value: Cell) -> str:
    """Say that somebody struck a cell out: cancelled, or a mistake of the form."""
    return f"{str(value)[:60]!r} is struck out, and read all the same: take it out if it is void"


def unescape(text: str) -> str:
    """Return a text with the characters that XML cannot hold, written as ``_x000D_``."""
    return _ESCAPE.sub(_unescaped, text) if "_x" in text else text


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    return attributes.get("hidden") in _TRUE or attributes.get(size) == "0"


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BrokenMarkup(f"{text[:20]!r} is not a whole number")
    return int(text)


_CONVERTERS: dict[str, Callable[[str], Cell]] = {
    "b": _TRUE.__contains__,
    "e": CellError,
    "d": parse_moment,
    "str": unescape,
    "inlineStr": unescape,
}
