"""Collect questions, errors and remarks, and name the cells that they are about."""

import re
from collections.abc import Iterable
from typing import Any

from producers.packing_lists.model import Choice, Field, Finding, PackingList
from producers.problems import abbreviate

_CELL = re.compile(r"([A-Z]{1,3})[1-9][0-9]*")


class Findings:
    """Questions, errors and remarks of one list, each once."""

    def __init__(self) -> None:
        self._questions: dict[Finding, None] = {}
        self._errors: dict[Finding, None] = {}
        self._remarks: dict[Finding, None] = {}

    @property
    def questions(self) -> tuple[Finding, ...]:
        """What somebody must decide."""
        return tuple(self._questions)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What must be changed in the list, or given beside it."""
        return tuple(self._errors)

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """What was assumed, and what else its reader should know."""
        return tuple(self._remarks)

    def ask(self, cell: str, code: str, text: str, choices: Iterable[Choice]) -> None:
        """Add a question."""
        self._questions[Finding(cell=cell, code=code, text=text, choices=tuple(choices))] = None

    def refuse(self, cell: str, code: str, value: Any, expected: str) -> None:
        """Add an error: the value, and what would be right."""
        shown = "" if value in (None, "") else f"{abbreviate(value)!r} is not right; "
        self._errors[Finding(cell=cell, code=code, text=f"{shown}expected {expected}")] = None

    def remark(self, cell: str, code: str, text: str) -> None:
        """Add a remark."""
        self._remarks[Finding(cell=cell, code=code, text=text)] = None


class Cells:
    """The cells of a list by row and field, as its columns say."""

    def __init__(self, packing_list: PackingList) -> None:
        self._columns: dict[Field, str] = {}
        self._headers: dict[Field, str] = {}
        for column in packing_list.columns:
            if match := _CELL.match(column.cell):
                self._columns.setdefault(column.field, match[1])
                self._headers.setdefault(column.field, column.header)

    def has(self, field: Field) -> bool:
        """Tell whether a column has the field."""
        return field in self._columns

    def header(self, field: Field) -> str:
        """Return the header of the field's first column; empty without one."""
        return self._headers.get(field, "")

    def name(self, field: Field, row: int) -> str:
        """Name the cell of a row, which counts from 0; ``row 7`` if no column has the field."""
        column = self._columns.get(field)
        return f"{column}{row + 1}" if column else f"row {row + 1}"
