"""Columns of yes and no. A cross is a no beside ticks, and a yes where people cross boxes.

The other signs of the column show which it is. Where they do not, somebody is asked.
"""

import re
from collections.abc import Iterator

from producers.packing_lists.figures.cells import is_blank, plain
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import TableReading
from producers.sheets.workbook import CellError, Formula

CROSSES = frozenset(("x", "×", "х", "✕", "✖", "✗", "✘", "╳", "☒", "⨯"))
_CIRCLES = frozenset(("o", "○", "〇", "◯"))
_FILLED = frozenset(("●", "■", "◆"))
_TICKS = frozenset(("√", "✓", "✔", "☑", "v"))
_EMPTY_BOXES = frozenset(("☐", "□"))
_YES = frozenset(
    ("y", "yes", "true", "1", "是", "ok", "要", "需", "有", "↑", "s", "si", "sí", "да")
)
_NO = frozenset(("n", "no", "false", "0", "否", "不", "无", "無", "none", "нет")) | _EMPTY_BOXES
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class FlagColumn:
    """The signs of a column of yes and no."""

    def __init__(self, reading: TableReading, column: int, notes: Notes, answers: Answers) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._column = column
        self._is_asked = False
        texts = list(self._texts())
        self._signs = frozenset(texts)
        self._is_full = len(texts) == len(reading.table.layout.groups)

    def _texts(self) -> Iterator[str]:
        for group in self._reading.table.layout.groups:
            cell = self._reading.table.cell(group.rows[0], self._column)
            if not is_blank(cell) and not isinstance(cell, Formula | CellError):
                yield plain(cell)

    def is_yes(self, text: str, name: str) -> bool | None:
        """Return what a sign means; None for other words, and while a cross may mean either.

        `name` is what the cartons are then; empty: nobody is asked what a cross means.
        """
        if text in CROSSES:
            return self._cross(text, name)
        if text in _CIRCLES:
            return not self._signs & _FILLED
        if text in _YES | _TICKS | _FILLED:
            return True
        return False if text in _NO else None

    def knows(self, text: str) -> bool:
        """Tell whether a text is a sign."""
        return text in CROSSES | _CIRCLES | _FILLED | _TICKS | _YES | _NO

    def _cross(self, text: str, name: str) -> bool | None:
        """Return what a cross means beside the column's other signs, or ask."""
        answer = self._answers.find(f"{self._cell}.cross", self._reading.table.sheet.name, _WAYS)
        if answer is not None:
            return answer == "yes"
        is_yes = bool(self._signs & (_YES | _TICKS | _FILLED | _CIRCLES))
        is_no = bool(self._signs & _NO)
        if text == "☒" and self._signs & _EMPTY_BOXES:
            return True
        if self._signs & _TICKS:
            return False
        if is_yes != is_no:
            return is_no
        header = self._reading.table.columns[self._column].header
        if not is_no and text == "x" and not self._is_full and not _CHINESE.search(header):
            self._notes.remark(
                self._cell, "cross", f"x is read as yes: {header!r} has no other sign"
            )
            return True
        self._ask(text, name)
        return None

    def _ask(self, text: str, name: str) -> None:
        if self._is_asked or not name:
            return
        self._is_asked = True
        self._notes.ask(
            self._cell,
            "cross",
            f"{text} under {self._reading.table.columns[self._column].header!r} may mean yes or "
            f"no, and no other sign of the column shows which",
            [
                (f"{self._cell}.cross=yes", f"{text} stands for yes ({name})"),
                (f"{self._cell}.cross=no", f"{text} stands for no (not {name})"),
            ],
        )

    @property
    def _cell(self) -> str:
        return self._reading.table.header_cell(self._column)


_WAYS = ("yes", "no")
