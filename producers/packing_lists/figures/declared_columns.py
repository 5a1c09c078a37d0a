"""Columns of volumes or weights in a list without sizes: for each line, what they state together.

A column of one carton and a column of the row prove each other: the one times the count is the
other. Where they differ by more than they are rounded, somebody is asked which of them counts.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations, product

import msgspec

from producers.packing_lists.figures.cells import decimals_shown
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import Amount, TableReading, Total
from producers.packing_lists.model import Field, Per, Unit
from producers.sheets.workbook import cell_name

COLUMNS_MAX = 4
"""Columns of one field that are compared."""
_TOLERANCE = Decimal("0.01")
_ROUNDING_MAX = Decimal("0.25")
"""Figures that are rounded more coarsely prove nothing: 0.01 m³ may be 0.005 or 0.015."""


class DeclaredColumn(msgspec.Struct, frozen=True):
    """A column of volumes or weights; figures are in base units, as the cells state them."""

    column: int
    unit: Unit
    pers: tuple[Per, ...]
    values: tuple[Decimal | None, ...]
    """By line."""
    step: Decimal
    """The last decimal that the column shows."""
    totals: tuple[tuple[Total, Decimal], ...]

    def of_row(self, index: int, line: Line, per: Per) -> Decimal | None:
        """Return what all cartons of a line have together."""
        value = self.values[index]
        return value if value is None or per == "row" else value * line.count


def declared_column(
    reading: TableReading,
    lines: Sequence[Line],
    column: int,
    unit: Unit,
    factors: dict[Unit, Decimal],
    pers: Sequence[Per],
    totals: Sequence[Total],
) -> DeclaredColumn:
    """Convert the figures of a column to base units."""

    def base(amount: Amount) -> Decimal:
        own = amount.unit if amount.unit in factors else unit
        return amount.value * factors[own]

    values: list[Decimal | None] = []
    shown: list[Decimal] = []
    for line in lines:
        found = [reading.amount(row, column) for row in line.rows]
        amounts = [amount for amount in found if amount is not None and amount.value > 0]
        shown += [amount.value for amount in amounts]
        values.append(sum(map(base, amounts), Decimal(0)) if amounts else None)
    return DeclaredColumn(
        column,
        unit,
        tuple(pers),
        tuple(values),
        decimals_shown(shown) * factors[unit],
        tuple((total, base(total.amount)) for total in totals),
    )


def combine(
    columns: Sequence[DeclaredColumn],
    lines: Sequence[Line],
    reading: TableReading,
    field: Field,
    notes: Notes,
    answers: Answers,
) -> DeclaredColumn | None:
    """Return a column of the rows' figures that several columns state; None after a question.

    Where they fit several meanings that differ in the sum, the first column is returned as it is.
    """
    columns = _keep_chosen(columns, lines, field, answers, reading.table.sheet.name)
    ways = sorted(
        product(*(column.pers for column in columns)),
        key=lambda pers: len(_misfits(columns, lines, pers)) + _wrong_totals(columns, lines, pers),
    )
    taken = ways[0]
    misfits = _misfits(columns, lines, taken)
    for index, first, second in misfits:
        cells = [cell_name(lines[index].row, columns[each].column) for each in (first, second)]
        amounts = [
            reading.amount(lines[index].row, columns[each].column) for each in (first, second)
        ]
        shown = [value_text(amount.value) for amount in amounts if amount]
        stated = " and ".join(f"{cell}: {each}" for cell, each in zip(cells, shown, strict=False))
        notes.ask(
            cells[0],
            f"{field}_contradiction",
            f"{stated} for {lines[index].count} cartons",
            [
                (f"{cells[0]}.{field}={cell}", f"{each} is right")
                for cell, each in zip(cells, shown, strict=False)
            ],
            cells[1:],
        )
    if misfits:
        return None
    fitting = [pers for pers in ways if not _misfits(columns, lines, pers)]
    proved = [pers for pers in fitting if not _wrong_totals(columns, lines, pers)] or fitting
    if len({sum(_of_rows(columns, lines, pers, 0)) for pers in proved}) > 1:
        return columns[0]
    return _join(columns, lines, taken)


def _keep_chosen(
    columns: Sequence[DeclaredColumn],
    lines: Sequence[Line],
    field: Field,
    answers: Answers,
    sheet: str,
) -> Sequence[DeclaredColumn]:
    """Keep the only figure of a line that an answer names (``C2.volume=D2``)."""
    values = [list(column.values) for column in columns]
    for index, line in enumerate(lines):
        cells = [cell_name(line.row, column.column) for column in columns]
        for first in cells[:-1]:
            chosen = answers.find(f"{first}.{field}", sheet, cells)
            for position, cell in enumerate(cells):
                if chosen not in (None, cell):
                    values[position][index] = None
    return [
        msgspec.structs.replace(column, values=tuple(each))
        for column, each in zip(columns, values, strict=True)
    ]


def _misfits(
    columns: Sequence[DeclaredColumn], lines: Sequence[Line], pers: Sequence[Per]
) -> list[tuple[int, int, int]]:
    """List the lines in which two columns contradict each other: line and both positions."""
    found: list[tuple[int, int, int]] = []
    for first, second in combinations(range(len(columns)), 2):
        pair = [(columns[each], pers[each]) for each in (first, second)]
        for index, line in enumerate(lines):
            stated = [column.of_row(index, line, per) for column, per in pair]
            known = [value for value in stated if value is not None]
            if len(known) < 2:
                continue
            rounding = sum(
                column.step / 2 * (line.count if per == "carton" else 1) for column, per in pair
            )
            most = max(known)
            slack = max(most * _TOLERANCE, min(rounding, most * _ROUNDING_MAX))
            if most - min(known) > slack:
                found.append((index, first, second))
    return found


def _wrong_totals(
    columns: Sequence[DeclaredColumn], lines: Sequence[Line], pers: Sequence[Per]
) -> int:
    return sum(
        abs(stated - sum(_of_rows(columns, lines, pers, position))) > stated * _TOLERANCE
        for position, column in enumerate(columns)
        for _, stated in column.totals
    )


def _of_rows(
    columns: Sequence[DeclaredColumn], lines: Sequence[Line], pers: Sequence[Per], position: int
) -> list[Decimal]:
    return [
        columns[position].of_row(index, line, pers[position]) or Decimal(0)
        for index, line in enumerate(lines)
    ]


def _join(
    columns: Sequence[DeclaredColumn], lines: Sequence[Line], pers: Sequence[Per]
) -> DeclaredColumn:
    """Take the figures of rows where there are any: those of a carton are rounded more."""
    order = sorted(range(len(columns)), key=lambda position: pers[position] == "carton")
    values = [
        next(
            (
                value
                for position in order
                if (value := columns[position].of_row(index, line, pers[position])) is not None
            ),
            None,
        )
        for index, line in enumerate(lines)
    ]
    totals = [
        (total, stated)
        for position in order
        for total, stated in columns[position].totals
        if not (pers[position] == "carton" and _is_plain_sum(columns[position], stated))
    ]
    return msgspec.structs.replace(
        columns[order[0]], pers=("row",), values=tuple(values), totals=tuple(totals)
    )


def _is_plain_sum(column: DeclaredColumn, stated: Decimal) -> bool:
    """Tell whether a total adds up figures of a carton without their counts."""
    added = sum((value for value in column.values if value is not None), Decimal(0))
    return abs(stated - added) <= added * _TOLERANCE / 2
