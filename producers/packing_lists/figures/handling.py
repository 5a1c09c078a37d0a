"""Handling marks of cartons: columns with yes and no, a column of words, and masses on top."""

import re

from producers.packing_lists.figures.cells import is_blank, plain, text_of
from producers.packing_lists.figures.flags import CROSSES, FlagColumn
from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.remarks import RemarkReader
from producers.packing_lists.figures.stacking import StackingReader
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.model import Field, Handling
from producers.sheets.workbook import CellError, Formula, cell_name

_NEGATED = re.compile(r"\bnot?\b|\bnon\b|don'?t|never|不|禁|勿|非")
_STACKING = re.compile(r"stack|堆|叠|疊|码垛")


_WORDS: dict[Field, re.Pattern[str]] = {
    "fragile": re.compile(
        r"fragile|breakable|glass|(?:handle|lift|move) with care|易碎|小心轻放|轻放|小心搬运|玻璃"
    ),
    "this_side_up": re.compile(r"(?:side|way) up|up ?right|向上|朝上|不可倒置|勿倒"),
    "keep_dry": re.compile(
        r"(?<!no need to )keep (?:it )?dry|(?:keep|protect)\w* (?:away )?from (?:water|rain|moist)"
        r"|防潮|防水|防雨|怕雨|怕湿|怕水|怕潮|干燥"
    ),
    "not_stackable": re.compile(
        r"(?:do not|don'?t|not|no|non)[ -]?(?:be )?stack\w*"
        r"|no (?:heavy|load|weight|cargo|goods)\b.{0,20}on (?:top|it)"
        r"|(?:do not|don'?t) (?:press|crush|load on top)"
        r"|(?:不可|不能|禁止|勿|请勿|不得|不要)(?:堆|叠|码|压|重压|受压)\w*|[怕忌禁]压"
    ),
}
"""Words of a column of handling marks (ISO 780 names the marks)."""
_IN_REMARKS: dict[Field, re.Pattern[str]] = {
    "fragile": re.compile(
        r"(?<!not )(?<!non[ -])(?:fragile|breakable)|(?:handle|lift|move) with care"
        r"|(?<![不非])易碎|轻放|小心搬运"
    ),
    "this_side_up": _WORDS["this_side_up"],
    "keep_dry": re.compile(
        r"(?<!no need to )(?<!not )keep (?:it )?dry"
        r"|(?:keep|protect)\w* (?:away )?from (?:water|rain|moist)"
        r"|(?<![无不])(?:防潮|防雨|怕雨|怕湿|怕水|怕潮)"
    ),
    "not_stackable": re.compile(
        rf"(?:{_WORDS['not_stackable'].pattern})(?! (?:more|over|above|higher))"
    ),
}
"""Words that are handling marks among remarks of any kind, where glass may be a pattern's name."""
_ALL_CARTONS = re.compile(
    r"\b(?:all|each|every)\b.{0,20}(?:cartons?|ctns?|box(?:es)?|goods|cargo|pieces)"
    r"|(?:全部|所有|整批|本批|每箱|整柜|以上)"
)
"""A text beside the table that holds for all of its cartons."""
_MARK_NAMES: dict[Field, str] = {
    "fragile": "fragile",
    "this_side_up": "this side up",
    "keep_dry": "keep dry",
    "not_stackable": "not stackable",
}


class HandlingReader:
    """Reads handling marks; a word that is neither yes nor no is an error."""

    def __init__(
        self, reading: TableReading, remarks: RemarkReader, notes: Notes, answers: Answers
    ) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._stacking = StackingReader(reading, notes, answers)
        self._flags: dict[int, FlagColumn] = {}
        self._remarks = remarks
        self._told: set[tuple[str, Field]] = set()
        self._of_all = [
            each for each in reading.table.layout.texts if _ALL_CARTONS.search(plain(each.text))
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

    def handling(self, line: Line, gross_g: int) -> Handling:
        """Return the marks of a line's cartons, of which one weighs so much."""
        reading, row = self._reading, line.row
        most, column = self._stacking.load(row, gross_g)
        not_stackable = self._mark(line, "not_stackable")
        if not_stackable:
            if most:
                fields: tuple[Field, ...] = ("not_stackable", "handling", "max_top_load")
                columns = [each for field in fields for each in reading.columns(field)]
                self._notes.error(
                    cell_name(row, next(iter(columns), column)),
                    "top_load",
                    f"not stackable, and {most / 1_000:g} kg may stand on top: which is right?",
                )
            most = 0
        return Handling(
            this_side_up=self._mark(line, "this_side_up"),
            max_top_load_g=most,
            fragile=self._mark(line, "fragile"),
            keep_dry=self._mark(line, "keep_dry"),
            dangerous=self._dangerous(row),
            un_number=reading.text(row, "un_number"),
            imo_class=reading.text(row, "imo_class"),
            packing_group=reading.text(row, "packing_group"),
        )

    def _mark(self, line: Line, field: Field) -> bool | None:
        """Return a mark from its column, from a column of marks, or from remarks."""
        stated = self._flag(line.row, field)
        if stated is not None:
            return stated
        for row, column, text in self._remarks.remarks(line):
            if _IN_REMARKS[field].search(plain(text)):
                self._tell_mark(cell_name(row, column), text, field)
                return True
        for each in self._of_all:
            if _IN_REMARKS[field].search(plain(each.text)):
                self._tell_mark(each.cell, each.text, field)
                return True
        return None

    def _tell_mark(self, cell: str, text: str, field: Field) -> None:
        if (cell, field) in self._told:  # a merged cell, or a text for all lines
            return
        self._told.add((cell, field))
        self._notes.remark(
            cell,
            "handling_in_remarks",
            f'{text[:60]!r} is read as the handling mark "{_MARK_NAMES[field]}"',
        )

    def tell_texts(self) -> None:
        """Tell of texts beside the table that name handling marks, and do not say of what."""
        for each in self._reading.table.layout.texts:
            text = plain(each.text)
            if each not in self._of_all and any(
                words.search(text) for words in _IN_REMARKS.values()
            ):
                self._notes.remark(
                    each.cell,
                    "handling_beside_table",
                    f"{each.text[:60]!r} names a handling mark and no cartons: it is not read; "
                    "write it beside the cartons, or that it holds for all of them",
                )

    def _dangerous(self, row: int) -> str:
        """Return what a column of dangerous goods says; a cross beside ticks is a no."""
        text = self._reading.text(row, "dangerous")
        if plain(text) not in CROSSES:
            return text
        column = next(
            each
            for each in self._reading.columns("dangerous")
            if self._reading.is_filled(row, each)
        )
        # Where it is open, the shipper is asked about the goods.
        return "no" if self._flag_column(column).is_yes(plain(text), "") is False else text

    def _flag_column(self, column: int) -> FlagColumn:
        if column not in self._flags:
            self._flags[column] = FlagColumn(self._reading, column, self._notes, self._answers)
        return self._flags[column]

    def _flag(self, row: int, field: Field) -> bool | None:
        """Return a mark from its own column, or from the words of a column of marks."""
        for column in self._reading.columns(field):
            cell = self._reading.table.cell(row, column)
            if is_blank(cell) or isinstance(cell, Formula | CellError):
                continue
            text = plain(cell)
            found = self._read_flag(text, column, field)
            if found is None and not self._flag_column(column).knows(text):
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
        name = "stackable" if inverted else _MARK_NAMES[field]
        is_yes = self._flag_column(column).is_yes(text, name)
        if is_yes is not None:
            return is_yes != inverted
        if field == "not_stackable" and _STACKING.search(text):
            return bool(_NEGATED.search(text))
        if text and text in header:
            return True  # 易碎 in a column 易碎
        return None
