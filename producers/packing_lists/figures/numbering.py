"""Carton numbers beside counts: they count the cartons, or number something else."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from producers.packing_lists.figures.cells import text_of
from producers.packing_lists.figures.ids import count_behind, read_numbers
from producers.packing_lists.figures.lines import first_amount
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import TableReading
from producers.sheets.workbook import cell_name


class Numbering:
    """The columns of carton numbers of a table."""

    def __init__(self, reading: TableReading, notes: Notes, answers: Answers) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._sheet = reading.table.sheet.name
        self._columns: Sequence[int] = reading.columns("carton_no")[:2]
        if self._columns and self._numbers_rows():
            cell = reading.table.header_cell(self._columns[0])
            notes.remark(
                cell,
                "row_numbers",
                "each row has a single number, and rows have several cartons: the numbers are "
                "those of rows or pallets, and are not used",
            )
            self._columns = ()
        self._counts_through = self._is_counted_through()

    def _numbers_rows(self) -> bool:
        """Tell whether the numbers are those of rows: ascending, a single one each."""
        counts: list[Decimal] = []
        seen: list[int] = []
        for group in self._reading.table.layout.groups:
            count = first_amount(self._reading, "cartons", group.rows[0])
            if count is None:
                continue
            numbers = read_numbers(self._reading, group.rows[0], self._columns, int(count.value))
            if len(numbers.numbers) != 1:
                return False
            counts.append(count.value)
            seen.append(int("0" + re.sub(r"[^0-9]", "", numbers.numbers[0])[:9]))
        is_ascending = all(later > earlier for earlier, later in pairwise(seen))
        return bool(counts) and is_ascending and max(counts) > 1

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
        )
        return count, ()
