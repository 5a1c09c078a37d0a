"""Carton numbers beside counts: they count the cartons, or number something else."""

import re
from collections.abc import Sequence
from itertools import pairwise

from producers.packing_lists.figures.cells import text_of
from producers.packing_lists.figures.ids import count_behind, read_numbers
from producers.packing_lists.figures.lines import Line, first_amount
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.row_counts import find_doubt, number_rows
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.words import words_of
from producers.sheets.workbook import cell_name

_CARTON_NAMES = frozenset(("carton", "carton_no", "packages"))


class Numbering:
    """The columns of carton numbers of a table."""

    def __init__(self, reading: TableReading, notes: Notes, answers: Answers) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._sheet = reading.table.sheet.name
        self._columns: Sequence[int] = reading.columns("carton_no")[:2]
        if self._columns and self._numbers_rows():
            self._columns = ()
        self._counts_through = self._is_counted_through()
        if self._columns and not reading.columns("cartons"):
            self._ask_about_counts()

    def _ask_about_counts(self) -> None:
        """Ask whether a column that may count cartons numbers them, unless the numbers ascend.

        ``6`` is six cartons in a column 箱数, carton 6 in a column 箱号, either beside ``10+1``.
        """
        table = self._reading.table
        column = self._columns[0]
        if all(meaning.field != "cartons" for meaning in table.columns[column].meanings):
            return
        places = [
            int("0" + re.sub(r"[^0-9]", "", number)[:9])
            for group in table.layout.groups
            for number in read_numbers(self._reading, group.rows[0], self._columns, None).numbers
        ]
        cell = table.header_cell(column)
        ascends = all(later > earlier for earlier, later in pairwise(places))
        if ascends or self._answers.find(f"{cell}.field", self._sheet, ("carton_no",)):
            return
        self._notes.ask(
            cell,
            "field",
            f"{table.columns[column].header!r} may number the cartons or count them",
            [
                (f"{cell}.field=carton_no", f"carton numbers: {len(places)} cartons"),
                (f"{cell}.field=cartons", "each cell is a number of cartons"),
            ],
        )

    def _numbers_rows(self) -> bool:
        """Tell whether the numbers are not used: they number rows, or contradict the counts.

        A contradiction is noted as a doubt, which `row_counts.py` settles or asks about.
        """
        doubted = find_doubt(self._reading, self._columns)
        if doubted is not None:
            cell = self._reading.table.header_cell(doubted)
            if not self._answers.find(f"{cell}.field", self._sheet, ("cartons",)):
                self._notes.doubted_counts = cell
        elif not number_rows(self._reading, self._columns):
            return False
        self._notes.remark(
            self._reading.table.header_cell(self._columns[0]),
            "row_numbers",
            "each row has a single number, and rows have several cartons: the numbers are "
            "those of rows or pallets, and are not used"
            if doubted is None
            else "the counts of cartons are taken, and the carton numbers are not used",
        )
        return True

    def _is_counted_through(self) -> bool:
        """Tell whether the numbers are 1/4, 2/4, 3/4 and 4/4: a row is one of four cartons."""
        groups = self._reading.table.layout.groups
        if not self._columns:
            return False
        texts = [text_of(self._reading.table.cell(g.rows[0], self._columns[0])) for g in groups]
        found = [re.fullmatch(r"\s*([0-9]{1,6})\s*/\s*([0-9]{1,6})\s*", text) for text in texts]
        places = [(int(match[1]), int(match[2])) for match in found if match]
        return len(groups) > 1 and places == [(n, len(groups)) for n in range(1, len(groups) + 1)]

    def numbers(self, row: int, count: int | None) -> tuple[str, ...]:
        """Return the row's carton numbers; numbers that cannot be read are an error or a remark."""
        if not self._columns:
            return ()
        behind = count_behind(self._reading, row, self._columns)
        one = 1 if self._counts_through else None
        found = read_numbers(self._reading, row, self._columns, count or behind or one)
        if behind not in (None, len(found.numbers)) and not found.unclear:
            cell = cell_name(row, self._columns[0])
            text = f"{len(found.numbers)} carton numbers, and {behind} cartons behind them"
            self._notes.error(cell, "carton_numbers", text)
        if found.unclear:
            cell = cell_name(row, self._columns[0])
            if count is None:
                self._notes.error(cell, "carton_numbers", found.unclear)
            else:
                self._notes.remark(cell, "carton_numbers", f"{found.unclear}; they are not used")
        return found.numbers

    def settle(self, row: int, count: int, numbers: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
        """Return the count and the numbers that an answer chose; ask without an answer."""
        cell = cell_name(row, self._columns[0])
        answer = self._answers.find(f"{cell}.count", self._sheet, ("cartons", "numbers"))
        if answer is not None:
            return (len(numbers), numbers) if answer == "numbers" else (count, ())
        shown = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else numbers[0]
        self._notes.ask(
            cell,
            "carton_numbers",
            f"carton numbers {shown} are {len(numbers)}, and the row says {count} cartons",
            [
                (f"{cell}.count=cartons", f"{count} cartons, without these numbers"),
                (f"{cell}.count=numbers", f"{len(numbers)} cartons, {shown}"),
            ],
            [cell_name(row, column) for column in self._reading.columns("cartons")[:1]],
        )
        return count, ()


def ask_about_single_numbers(
    reading: TableReading, lines: Sequence[Line], notes: Notes, answers: Answers
) -> bool:
    """Ask whether each row is one carton where only single numbers say so; False after a question.

    Under a name such as 箱号 consecutive numbers are those of cartons. ``No.`` may number rows of
    several cartons, and 1, 11, 26 may be the first numbers of ranges.
    """
    columns = reading.columns("carton_no")
    if not columns or any(len(line.numbers) != 1 or line.unit_ids for line in lines):
        return True
    if any(first_amount(reading, "cartons", line.row) for line in lines):
        return True
    header = reading.table.columns[columns[0]].header
    is_named = any(token & _CARTON_NAMES for token in words_of(header).tokens)
    if is_named and not _have_gaps([line.numbers[0] for line in lines]):
        return True
    totals = [*reading.label_totals("cartons")]
    totals += [t for column in reading.columns("carton_no") for t in reading.totals(column)]
    if any(total.amount.value == len(lines) for total in totals):
        return True
    cell = reading.table.header_cell(columns[0])
    if answers.find(f"{cell}.rows", reading.table.sheet.name, ("cartons",)):
        return True
    notes.ask(
        cell,
        "cartons_of_rows",
        f"{header!r} has one number in each row, and nothing counts cartons: is each row a carton? "
        "If not, add a column of cartons (件数 / Cartons)",
        [(f"{cell}.rows=cartons", f"{len(lines)} cartons, one in each row")],
    )
    return False


def _have_gaps(numbers: Sequence[str]) -> bool:
    digits = [re.sub(r"[^0-9]", "", number)[-9:] for number in numbers]
    values = [int(text) for text in digits if text]
    return any(later - earlier > 1 for earlier, later in pairwise(values))
