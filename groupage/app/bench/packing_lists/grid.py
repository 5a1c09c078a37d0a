r"""The notation of the corpus's sheets: a line is a row, ``|`` parts its cells.

| cell | means |
|---|---|
| empty | nothing |
| ``^`` | merged with the cell above |
| ``<`` | merged with the cell on the left |
| ``12.5`` | a number; ``12.5 {0.0"kg"}`` with a number format |
| ``'12.5`` | the text 12.5 |
| ``@2026-03-05`` | a date |
| ``=A1*2 -> 24`` | a formula with its saved value; without ``->`` it has none |
| anything else | a text, with ``\n`` for a new line and ``\p`` for the bar |
"""

import re
from datetime import date

import msgspec

Value = str | int | float | date | None

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_FORMATTED = re.compile(r"(-?\d+(?:\.\d+)?) \{(.+)\}")


class GridCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as a program writes it; row and column count from 0."""

    row: int
    column: int
    value: Value
    text: str
    """As a text file has it."""
    formula: str = ""
    number_format: str = ""
    last_row: int
    last_column: int
    """The merged area's last cell, or the cell itself."""


def cells_of(rows: str, at: str = "A1") -> tuple[GridCell, ...]:
    """Return the cells that have something in them, row by row."""
    first_row, first_column = position(at)
    table = [_split(line) for line in rows.strip("\n").split("\n")]
    cells: list[GridCell] = []
    for row, texts in enumerate(table):
        for column, text in enumerate(texts):
            if text in {"", "^", "<"}:
                continue
            last_column = column
            while _at(table, row, last_column + 1) == "<":
                last_column += 1
            last_row = row
            while _at(table, last_row + 1, column) == "^":
                last_row += 1
            cells.append(
                _cell(
                    text,
                    (first_row + row, first_column + column),
                    (first_row + last_row, first_column + last_column),
                )
            )
    return tuple(cells)


def position(name: str) -> tuple[int, int]:
    """Return row and column, from 0, of a cell name such as ``D10``."""
    found = re.fullmatch(r"([A-Z]+)(\d+)", name)
    assert found is not None, f"{name} names no cell"
    column = 0
    for character in found[1]:
        column = column * 26 + ord(character) - 64
    return int(found[2]) - 1, column - 1


def _split(line: str) -> list[str]:
    return [part.strip(" ") for part in line.split("|")]


def _at(table: list[list[str]], row: int, column: int) -> str:
    if row >= len(table) or column >= len(table[row]):
        return ""
    return table[row][column]


def _cell(text: str, first: tuple[int, int], last: tuple[int, int]) -> GridCell:
    formula = number_format = ""
    value: Value
    if text.startswith("="):
        formula, _, text = (part.strip() for part in text.partition("->"))
        value = _number_or_text(text) if text else None
    elif text.startswith("'"):
        text = value = _unescape(text[1:])
    elif text.startswith("@"):
        text = text[1:]
        value = date.fromisoformat(text)
    elif formatted := _FORMATTED.fullmatch(text):
        text, number_format = formatted.groups()
        value = _number_or_text(text)
    else:
        text = _unescape(text)
        value = _number_or_text(text)
    return GridCell(
        row=first[0],
        column=first[1],
        value=value,
        text=text,
        formula=formula,
        number_format=number_format,
        last_row=last[0],
        last_column=last[1],
    )


def _number_or_text(text: str) -> Value:
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _unescape(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\p", "|")
