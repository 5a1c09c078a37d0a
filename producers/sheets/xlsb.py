"""Binary workbooks of Excel (xlsb): the records of [MS-XLSB] that hold cells and how they look.

calamine reads them, too, but makes room for every cell between the first and the last, so a file
of a few bytes can end the process, and it gives neither number formats nor error values.
"""

import math
import struct
from collections.abc import Iterator
from typing import ClassVar

from groupage.domain.errors import InvalidInput
from producers.sheets.archive import Archive
from producers.sheets.grid import Grid
from producers.sheets.limits import Budget
from producers.sheets.markup import BrokenMarkup
from producers.sheets.number_formats import GENERAL, NumberFormat, builtin_format, date_of
from producers.sheets.relations import Relation, main_part, relations
from producers.sheets.workbook import Area, Cell, CellError, Remark, Sheet, Workbook
from producers.sheets.xlsx_cells import Styles

_ROW, _BLANK = 0, 1
_SHORT_CELLS = range(12, 19)
_SHARED_STRING = 19
_FORMAT, _STYLE, _COLUMNS = 44, 47, 60
_WORKBOOK_PROPERTIES, _SHEET, _MERGED = 153, 156, 176
_STYLES_BEGIN, _STYLES_END = 617, 618
_EXACT = 2**53
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


class _Broken(Exception):
    """A record is shorter than its kind says."""


def read_xlsb(name: str, archive: Archive, budget: Budget) -> Workbook:
    """Read all worksheets. Raises InvalidInput."""
    try:
        return _read(name, archive, budget)
    except (_Broken, BrokenMarkup, struct.error) as error:
        raise InvalidInput(
            f"{name} is not a readable .xlsb workbook ({error}): save it as .xlsx, or as CSV"
        ) from error


def _read(name: str, archive: Archive, budget: Budget) -> Workbook:
    main = main_part(archive, "xl/workbook.bin")
    parts = relations(archive, main)
    strings: list[str] = []
    formats = [GENERAL]
    for relation in parts.values():
        if relation.kind == "sharedStrings" and relation.target in archive:
            for kind, body in _records(archive, relation.target):
                if kind == _SHARED_STRING:
                    budget.count_cells(1)
                    strings.append(_wide_text(body, 1)[0])
        elif relation.kind == "styles" and relation.target in archive:
            formats = _number_formats(archive, relation.target)
    entries, since_1904 = _workbook_part(archive, main, parts)
    budget.check_sheets(len(entries))
    styles = Styles(formats, since_1904=since_1904, calculated=True)
    sheets, remarks = [], []
    for title, found, hidden in entries:
        if found is None or found.kind != "worksheet":
            remarks.append(
                Remark(code="no_cells", text=f"sheet {title!r} is a chart or macro sheet")
            )
            continue
        cells = _SheetRecords(budget, strings, styles)
        for kind, body in _records(archive, found.target):
            cells.take(kind, body)
        sheets.append(cells.finish(title, hidden=hidden, remarks=remarks))
    return Workbook(name=name, sheets=tuple(sheets), format="xlsb", remarks=tuple(remarks))


_Entry = tuple[str, Relation | None, bool]
"""A sheet's name, its part, and whether it is hidden."""


def _workbook_part(
    archive: Archive, main: str, parts: dict[str, Relation]
) -> tuple[list[_Entry], bool]:
    """Return the sheets, and whether days count from 1904."""
    entries: list[_Entry] = []
    since_1904 = False
    for kind, body in _records(archive, main):
        if kind == _WORKBOOK_PROPERTIES:
            since_1904 = bool(body[:1] and body[0] & 1)
        elif kind == _SHEET:
            relation_id, end = _wide_text(body, 8)
            title, _ = _wide_text(body, end)
            entries.append((title, parts.get(relation_id), body[:4] != b"\0\0\0\0"))
    return entries, since_1904


def _records(archive: Archive, part: str) -> Iterator[tuple[int, bytes]]:
    """Yield number and body of each record; both length and number have 7 bits in a byte."""
    data = archive.read(part)
    position = 0
    while position < len(data):
        kind, position = _number(data, position, 2)
        length, position = _number(data, position, 4)
        if position + length > len(data):
            raise _Broken(f"record {kind} is cut off")
        yield kind, data[position : position + length]
        position += length


def _number(data: bytes, position: int, most: int) -> tuple[int, int]:
    value = 0
    for index in range(most):
        if position >= len(data):
            raise _Broken("it ends within a record")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            break
    return value, position


def _wide_text(body: bytes, start: int) -> tuple[str, int]:
    """Return a text with its length before it, and where it ends; -1 stands for none."""
    (length,) = struct.unpack_from("<I", body, start)
    if length == 0xFFFFFFFF:
        return "", start + 4
    end = start + 4 + 2 * length
    if end > len(body):
        raise _Broken("a text is cut off")
    return body[start + 4 : end].decode("utf-16-le", "replace"), end


def _number_formats(archive: Archive, part: str) -> list[NumberFormat]:
    codes: dict[int, str] = {}
    numbers: list[int] = []
    inside = False
    for kind, body in _records(archive, part):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide_text(body, 2)[0]
        elif kind in (_STYLES_BEGIN, _STYLES_END):
            inside = kind == _STYLES_BEGIN
        elif kind == _STYLE and inside:
            numbers.append(struct.unpack_from("<H", body, 2)[0])
    formats = {
        number: NumberFormat(codes[number]) if number in codes else builtin_format(number)
        for number in set(numbers)
    }
    return [formats[number] for number in numbers] or [GENERAL]


class _SheetRecords:
    """Takes the records of a worksheet part."""

    def __init__(self, budget: Budget, strings: list[str], styles: Styles) -> None:
        self._budget = budget
        self._strings = strings
        self._styles = styles
        self._grid = Grid(budget)
        self._row = self._column = -1
        self._formats: dict[tuple[int, int], str] = {}
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()

    def take(self, kind: int, body: bytes) -> None:
        """Take one record; those of no interest are passed by."""
        if kind == _ROW:
            self._budget.count_cells(1)
            (self._row,) = struct.unpack_from("<I", body)
            if len(body) > 11 and body[11] & 0x10 and self._row < self._budget.limits.rows:
                self._hidden_rows.add(self._row)
            self._column = -1
        elif kind in _SHORT_CELLS:
            # As the cell eleven numbers before, but without a column: it follows the last one.
            self._take_cell(kind - 11, struct.pack("<I", self._column + 1) + body)
        elif kind == _BLANK or kind in self._VALUES:
            self._take_cell(kind, body)
        elif kind == _MERGED:
            first_row, last_row, first_column, last_column = struct.unpack_from("<4I", body)
            self._grid.merge(
                Area(
                    first_row=first_row,
                    first_column=first_column,
                    last_row=last_row,
                    last_column=last_column,
                )
            )
        elif kind == _COLUMNS:
            first, last, _, _, flags = struct.unpack_from("<4IH", body)
            if flags & 1:
                end = min(last + 1, self._budget.limits.columns)
                self._hidden_columns.update(range(first, end))

    def _take_cell(self, kind: int, body: bytes) -> None:
        self._column, style = struct.unpack_from("<II", body)
        if kind != _BLANK:
            self._store(self._column, str(style & 0xFFFFFF), self._VALUES[kind](self, body))

    def finish(self, title: str, *, hidden: bool, remarks: list[Remark]) -> Sheet:
        """Return the sheet, and add remarks about it."""
        remarks += self._grid.finish(title)
        return Sheet(
            name=title,
            rows=self._grid.take_rows(),
            hidden=hidden,
            merged=self._grid.take_merged(),
            number_formats=self._formats,
            hidden_rows=frozenset(self._hidden_rows),
            hidden_columns=frozenset(self._hidden_columns),
        )

    def _store(self, column: int, style: str, value: Cell) -> None:
        if isinstance(value, float):
            look = self._styles.format_of(style)
            if look.is_date:
                value = date_of(value, since_1904=self._styles.since_1904)
            else:
                if value.is_integer() and abs(value) < _EXACT:
                    value = int(value)
                if look.unit_code:
                    self._budget.check_cell(self._row, column)
                    self._formats[self._row, column] = look.unit_code
        self._grid.put(self._row, column, value)

    def _rk(self, body: bytes) -> Cell:
        """Return a number of 30 bits: an integer or upper bits of a double, maybe hundredths."""
        (raw,) = struct.unpack_from("<I", body, 8)
        if raw & 2:
            value = float((raw >> 2) - (2**30 if raw & 0x80000000 else 0))
        else:
            (value,) = struct.unpack("<d", struct.pack("<Q", (raw & 0xFFFFFFFC) << 32))
        return float(value / 100 if raw & 1 else value)

    def _real(self, body: bytes) -> Cell:
        (value,) = struct.unpack_from("<d", body, 8)
        return float(value) if math.isfinite(value) else str(value)

    def _error(self, body: bytes) -> Cell:
        return CellError(_ERRORS.get(_byte(body), "#ERROR"))

    def _boolean(self, body: bytes) -> Cell:
        return _byte(body) == 1

    def _text(self, body: bytes) -> Cell:
        return _wide_text(body, 8)[0]

    def _rich_text(self, body: bytes) -> Cell:
        return _wide_text(body, 9)[0]

    def _shared(self, body: bytes) -> Cell:
        index: int = struct.unpack_from("<I", body, 8)[0]
        if index >= len(self._strings):
            raise _Broken(f"a cell names text {index} of {len(self._strings)}")
        return self._strings[index]

    _VALUES: ClassVar = {
        2: _rk,
        3: _error,
        4: _boolean,
        5: _real,
        6: _text,
        7: _shared,
        8: _text,
        9: _real,
        10: _boolean,
        11: _error,
        62: _rich_text,
    }
    """Cells by the number of their record; 8 to 11 are formulas with their saved values."""


def _byte(body: bytes) -> int:
    if len(body) < 9:
        raise _Broken("a cell is cut off")
    return body[8]
