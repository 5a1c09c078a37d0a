"""Cells of a workbook, whatever format the file has."""

from datetime import date, datetime, time

import msgspec
from openpyxl.utils import get_column_letter


class Formula(str):
    """A formula without a saved value: the program that wrote the file did not calculate it."""

    __slots__ = ()


class CellError(str):
    """An error value that a spreadsheet shows, such as ``#N/A`` or ``#REF!``."""

    __slots__ = ()


Cell = str | int | float | bool | datetime | date | time | None
"""A cell's saved value. `Formula` and `CellError` are texts of their own kind."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A merged area. Rows and columns count from 0; the last ones belong to it."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something about the file that its reader should know: code and sentence."""

    code: str
    text: str
    cell: str = ""
    """Where it is, as `cell_name` gives it; empty: the whole file or sheet."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet; `rows[0][0]` is cell A1. Rows may differ in length: a missing cell is empty."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool = False
    merged: tuple[Area, ...] = ()
    """Merged areas: only the cell at the top left has the value, the others are None."""
    number_formats: dict[tuple[int, int], str] = {}
    """Number formats that show a unit or a currency (``0.00"kg"``), by row and column."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    pictures: tuple[tuple[int, int], ...] = ()
    """Cells (row, column) at which a picture is anchored or placed in the cell."""
    turned: Area | None = None
    """The area of the file whose rows and columns a reader has exchanged in place."""

    def cell(self, row: int, column: int) -> Cell:
        """Return the cell's value; None outside the rows."""
        if row >= len(self.rows) or column >= len(self.rows[row]):
            return None
        return self.rows[row][column]


class Workbook(msgspec.Struct, frozen=True, kw_only=True):
    """All sheets of a file, in their order; a text file has one."""

    name: str
    """The file's name, without its folder."""
    sheets: tuple[Sheet, ...]
    format: str
    """By the content, not the name: ``xlsx``, ``xls``, ``xlsb``, ``ods``, ``csv``, ``tsv``,
    ``html``, or ``xml`` for an XML Spreadsheet of 2003."""
    encoding: str = ""
    """The encoding of a text file, and why it was taken, are in `remarks`, too."""
    remarks: tuple[Remark, ...] = ()


def cell_name(row: int, column: int) -> str:
    """Name a cell as spreadsheets do (``C7``); both arguments count from 0."""
    return f"{get_column_letter(column + 1)}{row + 1}"
