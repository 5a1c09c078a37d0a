"""Counts of cartons: their column, carton numbers, pieces in a carton, the list's own sums."""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations

import msgspec

from producers.packing_lists.figures.ids import is_date, read_unit_ids
from producers.packing_lists.figures.lines import Line, bundles, first_amount
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.numbering import Numbering, ask_about_single_numbers
from producers.packing_lists.figures.pieces import pieces_in_carton
from producers.packing_lists.figures.repeats import join_repeated
from producers.packing_lists.figures.row_counts import column_of_numbers
from producers.packing_lists.figures.table import Amount, TableReading, Total
from producers.packing_lists.model import RowGroup
from producers.sheets.workbook import cell_name

CARTONS_MAX = 100_000
"""Limit per list: more than a large operator sends in a day."""
_PACKAGES = re.compile(
    r"(?:ctn|carton|case|pkg|package|pallet|plt|karton|bulto|caja|drum|roll|crate|bag|bundle|sack|pail)"
    r"s?\.?|box(?:es)?|bales?|colli|colis|[箱件包托袋桶卷捆板]|木箱|纸箱"
)
"""Words behind a number of packages. Others (``pcs``) say that the column counts something else."""


class Counts(msgspec.Struct, frozen=True):
    """The lines with their counts; None: a question or error has to be settled first."""

    lines: tuple[Line, ...] | None
    found: tuple[Line, ...] = ()
    """All lines, those without a count as well."""


def count_cartons(reading: TableReading, notes: Notes, answers: Answers) -> Counts:
    """Count the cartons of each group, and compare the counts with what else the list says."""
    counter = _Counter(reading, notes, answers)
    lines: list[Line] = []
    complete = True
    for first, groups in bundles(reading.table.layout.groups):
        found = counter.lines_of(first, groups)
        complete = counter.count(groups, found) and complete
        lines += found
    if complete and not counter.is_open:
        complete = _compare_with_totals(reading, counter.columns, lines, notes, answers)
        complete = ask_about_single_numbers(reading, lines, notes, answers) and complete
    total = sum(line.count for line in lines)
    if total > CARTONS_MAX:
        notes.error(
            "", "too_many_cartons", f"{total:,} cartons; a list has {CARTONS_MAX:,} at most"
        )
        complete = False
    return Counts(tuple(lines) if complete else None, tuple(lines))


class _Counter:
    def __init__(self, reading: TableReading, notes: Notes, answers: Answers) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._size_columns = (*reading.columns("size"), *reading.columns("length"))
        before = notes.problems
        self.columns = self._choose_columns()
        self.is_open = notes.problems > before
        """Which column counts is asked: nothing can be compared with the counts before that."""
        self._numbering = Numbering(reading, notes, answers)
        self._is_one_a_row = reading.one_a_row or (
            not self.columns
            and any(
                answers.find(
                    f"{reading.table.header_cell(column)}.rows",
                    reading.table.sheet.name,
                    ("cartons",),
                )
                for column in reading.columns("pieces_per_carton")
            )
        )
        """An answer says that each row is a carton, and that the column counts pieces in it."""

    def lines_of(self, first: int, groups: Sequence[RowGroup]) -> list[Line]:
        """Return the lines of a bundle of groups: one for each size in it."""
        lines = []
        for index, group in enumerate(groups, start=first):
            sized = [row for row in group.rows if self._has_size(row)]
            starts = [group.rows[0], *sized[1:]]
            for start, later in zip(starts, [*starts[1:], None], strict=True):
                rows = [
                    row for row in group.rows if row >= start and (later is None or row < later)
                ]
                lines.append(Line(group=index, bundle=first, rows=tuple(rows)))
        return lines

    def _has_size(self, row: int) -> bool:
        return any(self._reading.is_filled(row, column) for column in self._size_columns)

    def count(self, groups: Sequence[RowGroup], lines: list[Line]) -> bool:
        """Set the counts, carton numbers and unit ids of a bundle's lines."""
        rows = [row for group in groups for row in group.rows]
        reading, notes, row = self._reading, self._notes, rows[0]
        own = [first_amount(reading, "cartons", line.row) for line in lines]
        if len(lines) > 1 and all(amount is not None for amount in own):
            counted = [self._count_line(line, line.rows) for line in lines]
            return all(counted)
        whole = Line(group=lines[0].group, bundle=lines[0].bundle, rows=tuple(rows))
        if not self._count_line(whole, rows):
            return False
        if whole.count != len(lines):
            lines[:] = join_repeated(reading, lines)
        if len(lines) == 1:
            lines[0].count, lines[0].numbers = whole.count, whole.numbers
            lines[0].unit_ids = whole.unit_ids
            return True
        if whole.count != len(lines):
            notes.error(
                cell_name(row, self._count_column()),
                "sizes_of_mixed_cartons",
                f"{whole.count} cartons of {len(lines)} sizes: each size needs its own count",
            )
            return False
        for position, line in enumerate(lines):
            line.count = 1
            line.numbers = whole.numbers[position : position + 1]
            line.unit_ids = whole.unit_ids[position : position + 1]
        return True

    def _count_column(self) -> int:
        for field in ("cartons", "carton_no", "unit_ids", "size", "length"):
            if columns := self._reading.columns(field):
                return columns[0]
        return 0

    def _count_line(self, line: Line, rows: Sequence[int]) -> bool:
        """Count a line's cartons; False after an error or a question."""
        reading, notes = self._reading, self._notes
        before = notes.problems
        count = self._stated_count(line.row)
        ids = read_unit_ids(reading, rows, notes)
        numbers = self._numbering.numbers(line.row, count)
        if count is None and notes.problems == before:
            count = len(numbers) or len(ids) or self._count_of_pieces(rows)
            count = count or int(self._is_one_a_row)
            if not count:
                self._refuse_missing_count(line.row)
        if count is None:
            return False
        if numbers and len(numbers) != count:
            count, numbers = self._numbering.settle(line.row, count, numbers)
        if ids and len(ids) != count:
            cell = cell_name(line.row, reading.columns("unit_ids")[0])
            notes.error(cell, "unit_ids", f"{len(ids)} ids of units for {count} cartons")
        line.count, line.numbers, line.unit_ids = count, numbers, ids
        return notes.problems == before

    def _stated_count(self, row: int) -> int | None:
        """Return the count in the column of cartons."""
        reading, notes = self._reading, self._notes
        found: dict[int, int] = {}
        for column in self.columns:
            if not reading.is_filled(row, column):
                continue
            amount = reading.amount(row, column)
            cell = cell_name(row, column)
            if amount is None or is_date(reading.table.cell(row, column)):
                continue  # an error of its own (interpret.py): no number
            value = amount.value
            is_count = value == value.to_integral_value() and 1 <= value <= CARTONS_MAX
            is_package = amount.unit is None and (
                not amount.words or _PACKAGES.fullmatch(amount.words.removeprefix("共").strip())
            )
            if not is_count or not is_package:
                shown = reading.table.cell(row, column)
                notes.error(
                    cell,
                    "cartons",
                    f"{shown!r} is not a whole number of cartons, 1 to {CARTONS_MAX:,}",
                )
                continue
            found[column] = int(value)
        return next(iter(found.values()), None)

    def _choose_columns(self) -> Sequence[int]:
        """Return the columns of counts: all if they agree, else the one that an answer names."""
        reading = self._reading
        columns = reading.columns("cartons")
        cells = [reading.table.header_cell(column) for column in columns]
        sheet = reading.table.sheet.name
        answer = self._answers.find(f"{cells[0]}.cartons", sheet, cells) if cells else None
        if answer is not None:
            return [columns[cells.index(answer)]]
        rows = [group.rows[0] for group in reading.table.layout.groups]
        by_column = [[reading.amount(row, column) for row in rows] for column in columns]
        differ = next(filter(_differ, zip(*by_column, strict=True)), None)
        if differ is None:
            if len(columns) == 1:
                self._ask_whether_pieces(columns[0], rows)
            return columns
        counted = self._column_times_rates(columns, rows)
        if counted is not None:
            return [counted]
        numbered = column_of_numbers(reading, reading.columns("carton_no")[:2], columns)
        if numbered is not None:
            text = f"{reading.table.header_cell(numbered)} has as many cartons as carton numbers"
            self._notes.confirm(text, counts=True)
            for cell in cells:
                if cell != reading.table.header_cell(numbered):
                    self._notes.remark(cell, "pieces_by_figures", f"{cell} is not used: {text}")
            return [numbered]
        shown = " and ".join(f"{cell_name(a.row, a.column)}: {a.value}" for a in differ if a)
        sums = [sum(amount.value for amount in amounts if amount) for amounts in by_column]
        self._notes.ask(
            cells[0],
            "cartons",
            f"{len(columns)} columns count cartons, and they differ ({shown}): which counts?",
            [
                (f"{cells[0]}.cartons={cell}", f"{added} cartons")
                for cell, added in zip(cells, sums, strict=True)
            ],
        )
        return columns[:1]

    def _ask_whether_pieces(self, column: int, rows: Sequence[int]) -> None:
        """Ask about a count that may be of pieces: 件数 480 beside 24 pieces in a carton.

        Nothing else states the pieces, and each count is a multiple of those in a carton.
        """
        reading = self._reading
        may_be_pieces = any(
            meaning.field == "pieces" for meaning in reading.table.columns[column].meanings
        )
        cell, fields = reading.table.header_cell(column), ("cartons", "pieces")
        if (
            not may_be_pieces
            or reading.columns("pieces")
            or self._answers.find(f"{cell}.field", reading.table.sheet.name, fields)
        ):
            return
        found = [
            (amount.value, rates[0])
            for row in rows
            if (amount := reading.amount(row, column)) and (rates := pieces_in_carton(reading, row))
        ]
        if not found or any(rate <= 1 or value % rate for value, rate in found):
            return
        total = sum(value for value, _ in found)
        cartons = sum(value / rate for value, rate in found)
        self._notes.ask(
            cell,
            "cartons",
            "every figure is a multiple of the pieces in a carton: are they cartons, or pieces?",
            [
                (f"{cell}.field=cartons", f"{total} cartons"),
                (f"{cell}.field=pieces", f"{total} pieces, {cartons:f} cartons"),
            ],
        )

    def _column_times_rates(self, columns: Sequence[int], rows: Sequence[int]) -> int | None:
        """Return the column that gives another one times the pieces in a carton: 20 × 24 = 480."""
        reading = self._reading
        for count, pieces in permutations(columns, 2):
            found = [
                (counted.value, stated.value, pieces_in_carton(reading, row))
                for row in rows
                if (counted := reading.amount(row, count))
                and (stated := reading.amount(row, pieces))
            ]
            fits = [
                any(counted * rate == stated for rate in rates) for counted, stated, rates in found
            ]
            telling = any(1 < counted < stated for counted, stated, _ in found)
            if telling and len(found) == len(rows) and all(fits):
                cell = reading.table.header_cell(pieces)
                text = f"cartons × pieces in a carton = {cell} in each row"
                self._notes.confirm(text, counts=True)
                self._notes.remark(cell, "pieces_by_figures", f"{cell} counts pieces: {text}")
                return count
        return None

    def _count_of_pieces(self, rows: Sequence[int]) -> int:
        """Return pieces ÷ pieces in a carton, for a list that states nothing else."""
        pieces = first_amount(self._reading, "pieces", rows[0])
        rates = pieces_in_carton(self._reading, rows[0])
        if self._reading.columns("cartons") or pieces is None or not rates:
            return 0
        each = rates[0]
        count = pieces.value / each
        if count != count.to_integral_value() or not 1 <= count <= CARTONS_MAX:
            return 0
        self._notes.remark(
            cell_name(rows[0], pieces.column),
            "cartons_of_pieces",
            f"{pieces.value} pieces, {each} in a carton: {count:f} cartons",
        )
        return int(count)

    def _refuse_missing_count(self, row: int) -> None:
        reading = self._reading
        if reading.columns("cartons"):
            cell = cell_name(row, reading.columns("cartons")[0])
            self._notes.error(cell, "cartons", "the number of cartons is missing")
            return
        self._notes.error(
            cell_name(row, self._count_column()),
            "cartons",
            "nothing says how many cartons the row is: a column of cartons (件数 / Cartons) or "
            "carton numbers (箱号 / Carton no)",
        )


def _differ(amounts: Sequence[Amount | None]) -> bool:
    return len({amount.value for amount in amounts if amount}) > 1


def _compare_with_totals(
    reading: TableReading,
    columns: Sequence[int],
    lines: Sequence[Line],
    notes: Notes,
    answers: Answers,
) -> bool:
    """Compare the sum of the counts with rows of totals and with labels."""
    before = notes.problems
    totals = [total for column in columns for total in reading.totals(column)]
    labels = list(reading.label_totals("cartons"))
    for total in [*totals, *labels, *_totals_of_numbers(reading, lines, labels)]:
        count = sum(line.count for line in lines if line.group in total.groups)
        stated = total.amount.value
        if stated == count:
            text = f"{total.cell}: {count} cartons, as the rows"
            notes.confirm(text, counts=total in labels)
            if total in labels:
                notes.counts_labelled = notes.counts_labelled or text
            continue
        if total.name and stated in _sums_of_others(reading, columns, lines):
            continue  # 总件数 may count pieces
        key = total.key
        if answers.find(key, reading.table.sheet.name, ("rows",)) is None:
            notes.ask(
                total.cell,
                "total_of_cartons",
                f"the list's total is {stated:f} cartons, the rows have {count}",
                [(f"{key}=rows", f"the rows count: {count} cartons")],
            )
    return notes.problems == before


def _totals_of_numbers(
    reading: TableReading, lines: Sequence[Line], labels: Sequence[Total]
) -> list[Total]:
    """Return the sums under carton numbers, but for those that may count or number the rows."""
    cells = {label.cell for label in labels}
    return [
        total
        for column in reading.columns("carton_no")[:2]
        for total in reading.totals(column)
        if total.cell not in cells
        and not total.amount.words
        and total.amount.value not in (len(lines), len(lines) + 1)
    ]


def _sums_of_others(
    reading: TableReading, columns: Sequence[int], lines: Sequence[Line]
) -> list[Decimal]:
    """Return the sums of the columns that count pieces, by their names or by their figures."""
    others = [column for column in reading.columns("cartons") if column not in columns]
    rows = [row for line in lines for row in line.rows]
    sums = []
    for column in (*reading.columns("pieces"), *others):
        amounts = [amount.value for row in rows if (amount := reading.amount(row, column))]
        sums.append(sum(amounts, Decimal(0)))
    return sums
