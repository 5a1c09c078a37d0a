"""Workbooks of LibreOffice, SheetJS and others in OpenDocument (ods, and flat fods).

Read in one pass over the XML and not by odfpy, which builds the whole document in memory, nor by
calamine, which refuses indented documents and gives nothing for #N/A.
"""

import re
from collections.abc import Iterable
from datetime import time

from groupage.domain.errors import InvalidInput
from producers.sheets.archive import Archive
from producers.sheets.grid import Grid
from producers.sheets.limits import Budget
from producers.sheets.markup import BrokenMarkup, parse_markup
from producers.sheets.number_formats import NumberFormat, parse_moment, parse_number
from producers.sheets.workbook import Area, Cell, CellError, Formula, Remark, Sheet, Workbook

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE = f"{_NAMESPACE}office:1.0 "
_TABLE = f"{_NAMESPACE}table:1.0 "
_STYLE = f"{_NAMESPACE}style:1.0 "
_NUMBER = f"{_NAMESPACE}datastyle:1.0 "
_TEXT = f"{_NAMESPACE}text:1.0 "
_CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_SPACES = re.compile(r"[ \t\r\n]+")
_DURATION = re.compile(r"PT(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,4})(?:[.,]\d*)?S)?")
_SPACE, _TAB, _BREAK = "\x01", "\x02", "\x03"
"""Stand for text:s, text:tab and text:line-break; XML itself cannot hold these characters."""
_STANDS_FOR = str.maketrans({_SPACE: " ", _TAB: "\t", _BREAK: "\n"})
_SKIPPED = ("annotation", "frame", "shapes", "forms", "custom-shape", "control")
_REPEATED_MAX = 2**20


def read_ods(name: str, archive: Archive, budget: Budget) -> Workbook:
    """Read all sheets of an ods archive. Raises InvalidInput."""
    manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in archive else b""
    if b"encryption-data" in manifest:
        raise InvalidInput(f"{name} is protected by a password: save it without one")
    styles = archive.chunks("styles.xml") if "styles.xml" in archive else ()
    return _read(name, styles, archive.chunks("content.xml"), budget)


def read_flat_ods(name: str, data: bytes, budget: Budget) -> Workbook:
    """Read all sheets of a document in one XML file. Raises InvalidInput."""
    return _read(name, (), budget.slices(data), budget)


def _read(name: str, styles: Iterable[bytes], content: Iterable[bytes], budget: Budget) -> Workbook:
    reader = _Document(budget)
    try:
        for part in (styles, content):
            if part:
                parse_markup(part, reader.start, reader.end, reader.text)
    except BrokenMarkup as error:
        raise InvalidInput(
            f"{name} is not a readable OpenDocument sheet ({error}): save it as .xlsx, or as CSV"
        ) from error
    return Workbook(
        name=name, sheets=tuple(reader.sheets), format="ods", remarks=tuple(reader.remarks)
    )


class _Styles:
    """Number formats and hidden tables by the name of a style."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.data_styles: dict[str, str] = {}
        self.hidden: set[str] = set()
        self._style = ""
        self._data_style = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self._style = attributes.get(f"{_STYLE}name", "")
            if f"{_STYLE}data-style-name" in attributes:
                self.data_styles[self._style] = attributes[f"{_STYLE}data-style-name"]
        elif name == "table-properties" and attributes.get(f"{_TABLE}display") == "false":
            self.hidden.add(self._style)
        elif name in ("number-style", "currency-style", "percentage-style"):
            self._data_style = attributes.get(f"{_STYLE}name", "")
            self.codes[self._data_style] = ""
        elif name == "number" and self._data_style:
            places = attributes.get(f"{_NUMBER}decimal-places", "0")
            count = min(int(places), 20) if places.isascii() and places.isdigit() else 0
            self._add("0." + "0" * count if count else "0")

    def end(self, name: str, text: str) -> None:
        if name in ("number-style", "currency-style", "percentage-style"):
            self._data_style = ""
        elif self._data_style and name == "text" and text.strip():
            self._add('"' + text.replace('"', "") + '"')
        elif self._data_style and name == "currency-symbol":
            self._add("[$" + text.replace("]", "").replace("-", "") + "]")

    def unit_code(self, style: str) -> str:
        """Return the code of the style's number format when it shows a unit or a currency."""
        code = self.codes.get(self.data_styles.get(style, ""), "")
        return NumberFormat(code).unit_code if code else ""

    def _add(self, piece: str) -> None:
        self.codes[self._data_style] = (self.codes[self._data_style] + piece)[:200]


class _Document:
    """Takes the elements of styles.xml and content.xml, and makes the sheets."""

    def __init__(self, budget: Budget) -> None:
        self.sheets: list[Sheet] = []
        self.remarks: list[Remark] = []
        self._budget = budget
        self._styles = _Styles()
        self._table: _Table | None = None
        self._nested = 0
        self._skipping = 0
        self._pieces: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if self._skipping or name in _SKIPPED:
            self._skipping += 1
            if name == "image" and self._table is not None:
                self._table.has_picture = True
        elif name == "table":
            self._nested += 1
            if self._table is None:
                self._budget.check_sheets(len(self.sheets) + 1)
                hidden = attributes.get(f"{_TABLE}style-name", "") in self._styles.hidden
                title = attributes.get(f"{_TABLE}name", "")
                self._table = _Table(self._budget, self._styles, title, hidden=hidden)
        elif self._table is not None:
            self._table.start(name, attributes)
        else:
            self._pieces = []
            self._styles.start(name, attributes)

    def text(self, text: str) -> None:
        if self._skipping:
            return
        if self._table is not None:
            self._table.text(text)
        else:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif name == "table":
            self._nested -= 1
            if self._table is not None and self._nested == 0:
                sheet, remarks = self._table.finish()
                self.sheets.append(sheet)
                self.remarks += remarks
                self._table = None
        elif self._table is not None:
            self._table.end(name)
        else:
            self._styles.end(name, "".join(self._pieces))


class _Table:
    """Cells of one table:table element."""

    def __init__(self, budget: Budget, styles: _Styles, name: str, *, hidden: bool) -> None:
        self.has_picture = False
        self._budget = budget
        self._styles = styles
        self._name = name
        self._hidden = hidden
        self._grid = Grid(budget)
        self._formats: dict[tuple[int, int], str] = {}
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._pictures: list[tuple[int, int]] = []
        self._column_styles: dict[int, str] = {}
        self._columns = 0
        self._row = self._column = 0
        self._repeated = 1
        self._row_cells: list[tuple[int, Cell, str]] = []
        self._cell: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        self._pieces: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("table-cell", "covered-table-cell"):
            self._cell = attributes
            self._paragraphs = []
        elif name in ("p", "h") and self._cell is not None:
            self._pieces = []
        elif name == "table-row":
            self._start_row(attributes)
        elif name == "table-column":
            self._start_column(attributes)
        elif self._pieces is not None and name in ("s", "tab", "line-break"):
            count = _count(attributes, f"{_TEXT}c", 1_000)
            self._pieces.append({"s": _SPACE * count, "tab": _TAB}.get(name, _BREAK))

    def text(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        if name in ("p", "h"):
            if self._pieces is not None:
                joined = _SPACES.sub(" ", "".join(self._pieces)).strip(" ")
                self._paragraphs.append(joined.translate(_STANDS_FOR))
                self._pieces = None
        elif name in ("table-cell", "covered-table-cell"):
            if self._cell is not None:
                self._end_cell(self._cell, covered=name != "table-cell")
            self._cell = None
        elif name == "table-row":
            self._end_row()

    def finish(self) -> tuple[Sheet, list[Remark]]:
        """Return the sheet, and remarks about it."""
        remarks = self._grid.finish(self._name)
        sheet = Sheet(
            name=self._name,
            rows=self._grid.take_rows(),
            hidden=self._hidden,
            merged=self._grid.take_merged(),
            number_formats=self._formats,
            hidden_rows=frozenset(self._hidden_rows),
            hidden_columns=frozenset(self._hidden_columns),
            pictures=tuple(self._pictures),
        )
        return sheet, remarks

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._budget.count_cells(1)
        self._column = 0
        self._row_cells = []
        self._repeated = _count(attributes, f"{_TABLE}number-rows-repeated")
        if attributes.get(f"{_TABLE}visibility", "visible") != "visible":
            last = min(self._row + self._repeated, self._budget.limits.rows)
            self._hidden_rows.update(range(self._row, last))

    def _start_column(self, attributes: dict[str, str]) -> None:
        repeated = _count(attributes, f"{_TABLE}number-columns-repeated")
        columns = range(self._columns, min(self._columns + repeated, self._budget.limits.columns))
        if attributes.get(f"{_TABLE}visibility", "visible") != "visible":
            self._hidden_columns.update(columns)
        if style := attributes.get(f"{_TABLE}default-cell-style-name", ""):
            self._column_styles.update(dict.fromkeys(columns, style))
        self._columns += repeated

    def _end_cell(self, cell: dict[str, str], *, covered: bool) -> None:
        repeated = _count(cell, f"{_TABLE}number-columns-repeated")
        columns = _count(cell, f"{_TABLE}number-columns-spanned")
        rows = _count(cell, f"{_TABLE}number-rows-spanned")
        if self.has_picture:
            self._budget.check_cell(self._row, self._column)
            self._pictures.append((self._row, self._column))
            self.has_picture = False
        if not covered and columns * rows > 1:
            self._grid.merge(
                Area(
                    first_row=self._row,
                    first_column=self._column,
                    last_row=self._row + rows - 1,
                    last_column=self._column + columns - 1,
                )
            )
        value = _cell_value(cell, "\n".join(self._paragraphs))
        if value is not None and value != "":
            style = cell.get(f"{_TABLE}style-name", "")
            for column in range(self._column, self._column + repeated):
                self._budget.check_cell(self._row, column)
                self._row_cells.append((column, value, style))
        self._column += repeated

    def _end_row(self) -> None:
        if self._row_cells:
            for row in range(self._row, self._row + self._repeated):
                self._budget.count_cells(1)
                for column, value, style in self._row_cells:
                    self._grid.put(row, column, value)
                    self._keep_format(row, column, value, style)
        self._row += self._repeated

    def _keep_format(self, row: int, column: int, value: Cell, style: str) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            code = self._styles.unit_code(style or self._column_styles.get(column, ""))
            if code:
                self._formats[row, column] = code


def _cell_value(cell: dict[str, str], shown: str) -> Cell:
    kind = cell.get(f"{_OFFICE}value-type", "")
    if cell.get(f"{_CALCEXT}value-type") == "error" or (kind == "" and shown.startswith("#")):
        return CellError(shown or "#ERROR")
    if kind in ("float", "currency", "percentage"):
        return parse_number(cell.get(f"{_OFFICE}value", "").strip())
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true"
    if kind == "" and not shown and f"{_TABLE}formula" in cell:
        return Formula(cell[f"{_TABLE}formula"])
    moment: Cell = None
    if kind == "date":
        moment = parse_moment(cell.get(f"{_OFFICE}date-value", ""))
    elif kind == "time":
        moment = _time_of(cell.get(f"{_OFFICE}time-value", ""))
    return moment or cell.get(f"{_OFFICE}string-value", "") or shown


def _time_of(text: str) -> time | None:
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return time(hours, minutes, seconds)


def _count(attributes: dict[str, str], name: str, most: int = _REPEATED_MAX) -> int:
    text = attributes.get(name, "1")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BrokenMarkup(f"{text[:20]!r} is not a whole number")
    return min(max(int(text), 1), most)
