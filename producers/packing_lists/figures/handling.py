"""Handling marks of cartons: columns with yes and no, a column of words, and masses on top."""

import re

from producers.packing_lists.figures.cells import is_blank, plain, text_of
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import Amount, TableReading
from producers.packing_lists.figures.units import MASSES
from producers.packing_lists.model import Field, Handling, Unit
from producers.packing_lists.words import words_of
from producers.sheets.workbook import CellError, Formula, cell_name

_YES = frozenset(
    [
        "y",
        "yes",
        "true",
        "1",
        "是",
        "√",
        "✓",
        "✔",
        "x",
        "ok",
        "要",
        "需",
        "有",
        "o",
        "●",
        "○",
        "↑",
        "☑",
        "☒",
        "■",
    ]
)
_NO = frozenset(["n", "no", "false", "0", "否", "不", "无", "×", "✗", "✘", "none", "☐", "□"])
_NEGATED = re.compile(r"\bnot?\b|\bnon\b|don'?t|never|不|禁|勿|非")
_STACKING = re.compile(r"stack|堆|叠|疊|码垛")


_WORDS: dict[Field, re.Pattern[str]] = {
    "fragile": re.compile(r"fragile|breakable|glass|易碎|小心轻放|轻放|玻璃"),
    "this_side_up": re.compile(r"(?:side|way) up|up ?right|向上|朝上|不可倒置|勿倒"),
    "keep_dry": re.compile(r"keep dry|防潮|防水|防雨|怕雨|怕湿|干燥"),
    "not_stackable": re.compile(
        r"(?:do not|don'?t|not|no|non)[ -]?(?:be )?stack\w*"
        r"|(?:不可|不能|禁止|勿|请勿|不得)(?:堆|叠|码|重压)\w*"
    ),
}
"""Words of a column of handling marks (ISO 780 names the marks)."""
_IN_REMARKS: dict[Field, re.Pattern[str]] = {
    "fragile": re.compile(r"(?<!not )(?<!non[ -])(?:fragile|breakable)|(?<![不非])易碎|轻放"),
    "this_side_up": _WORDS["this_side_up"],
    "keep_dry": re.compile(r"keep dry|防潮|防雨|怕雨|怕湿"),
    "not_stackable": re.compile(
        rf"(?:{_WORDS['not_stackable'].pattern})(?! (?:more|over|above|higher))"
    ),
}
"""Words that are handling marks among remarks of any kind, where glass may be a pattern's name."""
_MARK_NAMES: dict[Field, str] = {
    "fragile": "fragile",
    "this_side_up": "this side up",
    "keep_dry": "keep dry",
    "not_stackable": "not stackable",
}


class HandlingReader:
    """Reads handling marks; a word that is neither yes nor no is an error."""

    def __init__(self, reading: TableReading, notes: Notes, answers: Answers) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._remark_columns = [
            index
            for index, column in reading.table.columns.items()
            if reading.assignment[index] == "ignored"
            and any("remark" in token for token in words_of(column.header).tokens)
        ]

    def refuse_unknown_words(self) -> None:
        """Ask about handling marks of which no word is known."""
        reading = self._reading
        for column in reading.columns("handling"):
            for group in reading.table.layout.groups:
                cell = reading.table.cell(group.rows[0], column)
                if is_blank(cell) or any(words.search(plain(cell)) for words in _WORDS.values()):
                    continue
                where = cell_name(group.rows[0], column)
                key = f"{where}.handling"
                if self._answers.find(key, reading.table.sheet.name, ("none",)) is None:
                    text = f"{text_of(cell)[:60]!r} is not a handling mark that the hub knows"
                    self._notes.ask(
                        where, "handling", text, [(f"{key}=none", "it needs no handling mark")]
                    )

    def handling(self, line: Line) -> Handling:
        """Return the marks of a line's cartons."""
        reading, row = self._reading, line.row
        most = self._max_top_load(row)
        not_stackable = self._mark(line, "not_stackable")
        if not_stackable:
            if most:
                fields: tuple[Field, ...] = ("not_stackable", "handling", "max_top_load")
                column = next(each for field in fields for each in reading.columns(field))
                cell = cell_name(row, column)
                self._notes.error(
                    cell,
                    "top_load",
                    f"not stackable, and {most / 1_000:g} kg may stand on top: which is right?",
                )
            most = 0
        return Handling(
            this_side_up=self._mark(line, "this_side_up"),
            max_top_load_g=most,
            fragile=self._mark(line, "fragile"),
            keep_dry=self._mark(line, "keep_dry"),
            dangerous=reading.text(row, "dangerous"),
            un_number=reading.text(row, "un_number"),
            imo_class=reading.text(row, "imo_class"),
            packing_group=reading.text(row, "packing_group"),
        )

    def _mark(self, line: Line, field: Field) -> bool | None:
        """Return a mark from its column, from a column of marks, or from remarks."""
        stated = self._flag(line.row, field)
        if stated is not None:
            return stated
        for row in line.rows:
            for column in self._remark_columns:
                cell = self._reading.table.cell(row, column)
                if not isinstance(cell, str) or isinstance(cell, Formula | CellError):
                    continue
                if _IN_REMARKS[field].search(plain(cell)):
                    self._notes.remark(
                        cell_name(row, column),
                        "handling_in_remarks",
                        f"{text_of(cell)[:60]!r} is read as the handling mark "
                        f'"{_MARK_NAMES[field]}"',
                    )
                    return True
        return None

    def _flag(self, row: int, field: Field) -> bool | None:
        """Return a mark from its own column, or from the words of a column of marks."""
        for column in self._reading.columns(field):
            cell = self._reading.table.cell(row, column)
            if is_blank(cell) or isinstance(cell, Formula | CellError):
                continue
            found = self._read_flag(plain(cell), column, field)
            if found is None:
                self._notes.error(
                    cell_name(row, column),
                    field,
                    f"{text_of(cell)!r} is neither yes nor no (是, 否)",
                )
            return found
        for column in self._reading.columns("handling"):
            text = plain(self._reading.table.cell(row, column))
            if field in _WORDS and _WORDS[field].search(text):
                return True
        return None

    def _read_flag(self, text: str, column: int, field: Field) -> bool | None:
        header = self._reading.table.columns[column].header.lower()
        inverted = field == "not_stackable" and not _NEGATED.search(header)
        if text in _YES or text in _NO:
            return (text in _YES) != inverted
        if field == "not_stackable" and _STACKING.search(text):
            return bool(_NEGATED.search(text))
        if text and text in header:
            return True  # 易碎 in a column 易碎
        return None

    def _max_top_load(self, row: int) -> int | None:
        """Return the mass that may stand on a carton in grams."""
        for column in self._reading.columns("max_top_load"):
            amount = self._reading.amount(row, column)
            if amount is None:
                continue
            unit = amount.unit or self._unit(column)
            if amount.value < 0 or (unit is not None and unit not in MASSES):
                shown = self._reading.table.cell(row, column)
                self._notes.error(
                    cell_name(row, column), "max_top_load", f"{shown!r} is not a weight, 0 or more"
                )
                return None
            if amount.value == 0:
                return 0
            if unit is None:
                self._ask_for_unit(column, amount)
                return None
            return int((amount.value * MASSES[unit]).to_integral_value())
        return None

    def _unit(self, column: int) -> Unit | None:
        units = self._reading.units(column)
        if len(units) == 1:
            return units[0]
        cell = self._reading.table.header_cell(column)
        answer = self._answers.find(f"{cell}.unit", self._reading.table.sheet.name, tuple(MASSES))
        return next((unit for unit in MASSES if unit == answer), None)

    def _ask_for_unit(self, column: int, amount: Amount) -> None:
        cell = self._reading.table.header_cell(column)
        if any(question.cell == cell for question in self._notes.questions):
            return
        self._notes.ask(
            cell,
            "mass_unit",
            "in which unit is the load that may stand on a carton?",
            [
                (f"{cell}.unit={unit}", f"{value_text(amount.value * factor / 1_000)} kg")
                for unit, factor in MASSES.items()
            ],
        )
