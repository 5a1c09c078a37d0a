"""Reader of CSV files and Excel sheets: cells as text, numbers and dates."""

import csv
import io
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import msgspec
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from groupage.domain.errors import InvalidInput

ROWS_MAX = 100_000
COLUMNS_MAX = 256
UNPACKED_BYTES_MAX = 512 * 2**20
_WORKBOOK_ERRORS = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    RuntimeError,
)
"""Errors that openpyxl and zipfile raise for a file that only looks like a workbook."""
_EXCEL = frozenset((".xlsx", ".xlsm"))

_TEXT_RESULT = "str"
"""The type of a formula with a text as result; without a saved value the text is empty."""

Cell = str | int | float | datetime | None


class Formula(str):
    """A formula without a saved value: the program that wrote the file did not calculate it."""

    __slots__ = ()


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of cells; `rows[0]` is row 1."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]

    def cell_name(self, *, row: int, column: int) -> str:
        """Name a cell as people do, ``row 7, column C``; both arguments count from 0."""
        return f"row {row + 1}, column {get_column_letter(column + 1)}"


def read_table(path: Path, data: bytes, *, sheet: str | None = None) -> Table:
    """Read the cells of the first visible sheet, or of the named one. Raises InvalidInput."""
    kind = path.suffix.lower()
    if kind == ".xls":
        raise InvalidInput(f"{path.name} is an old .xls workbook; save it as .xlsx or CSV")
    rows = _read_excel(path, data, sheet) if kind in _EXCEL else _read_csv(path, data)
    if len(rows) > ROWS_MAX:
        raise InvalidInput(f"{path.name} has {len(rows)} rows; {ROWS_MAX} is the most")
    return Table(name=path.name, rows=tuple(rows))


def plain_text(cell: Cell, *, keep: str = "") -> str:
    """Return a cell's text in narrow (NFKC) forms, without white space at its ends.

    White space inside is a space each, but for the character to `keep`.
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat()
    text = unicodedata.normalize("NFKC", str(cell))
    parts = text.split(keep) if keep else [text]
    return keep.join(" ".join(part.split()) for part in parts)


def _read_csv(path: Path, data: bytes) -> list[tuple[Cell, ...]]:
    text = _decode(path, data)
    first = "\n".join(text.splitlines()[:20])
    try:
        dialect: Any = csv.Sniffer().sniff(first, delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = csv.reader(io.StringIO(text, newline=""), dialect)
        return [tuple(cell for cell in row[:COLUMNS_MAX]) for row in rows]
    except csv.Error as error:
        raise InvalidInput(f"{path.name} is not a CSV file: {error}") from error


def _decode(path: Path, data: bytes) -> str:
    """Decode UTF-8, or GB 18030 as Chinese Windows writes it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(f"{path.name} is neither UTF-8 nor GB 18030 text")


def _read_excel(path: Path, data: bytes, sheet: str | None) -> list[tuple[Cell, ...]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > UNPACKED_BYTES_MAX:
            raise InvalidInput(
                f"{path.name} unpacks to {unpacked} bytes; at most {UNPACKED_BYTES_MAX} are read"
            )
        with (
            closing(load_workbook(io.BytesIO(data), read_only=True, data_only=True)) as book,
            closing(load_workbook(io.BytesIO(data), read_only=True)) as formulas,
        ):
            name = _sheet(path, book, sheet)
            return list(_rows(book[name], formulas[name]))
    except _WORKBOOK_ERRORS as error:
        raise InvalidInput(
            f"{path.name} is not a readable Excel workbook: save it as .xlsx again, or as CSV"
        ) from error


def _sheet(path: Path, book: Workbook, name: str | None) -> str:
    """Return the name of the sheet to read: the named one, or the first one that people see."""
    visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if name is not None and name in book.sheetnames:
        return name
    if name is not None or not visible:
        names = ", ".join(book.sheetnames) or "none"
        wanted = "visible sheet" if name is None else f"sheet {name!r}"
        raise InvalidInput(f"{path.name} has no {wanted}; it has {names}")
    return visible[0]


def _rows(values: Any, formulas: Any) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows. The formulas distinguish an empty cell from one without a saved value."""
    area = {"max_col": COLUMNS_MAX, "max_row": ROWS_MAX + 1}
    pairs = zip(values.iter_rows(**area), formulas.iter_rows(values_only=True, **area), strict=True)
    for found, written in pairs:
        cells = [_cell(*pair) for pair in zip(found, written, strict=True)]
        while cells and cells[-1] is None:
            cells.pop()
        yield tuple(cells)


def _cell(found: Any, written: object) -> Cell:
    value = found.value
    if value is None and written is not None and found.data_type != _TEXT_RESULT:
        return Formula(getattr(written, "text", written))
    if value is None or isinstance(value, str | int | float | datetime):
        return value
    return str(value)
