"""Columns of weights as they stand in the cells, and the sums under them."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

import msgspec

from producers.packing_lists.figures.cells import decimals_shown
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.merged import Span, merged_spans
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.repeats import are_repeated_masses
from producers.packing_lists.figures.table import TableReading, Total
from producers.packing_lists.figures.units import MASSES
from producers.packing_lists.model import Field, Per, Unit
from producers.sheets.workbook import cell_name

COLUMNS_MAX = 4
"""Columns of one kind of weight that are compared."""


class Stated(msgspec.Struct, frozen=True):
    """A weight that a column states for a line."""

    value: Decimal
    unit: Unit | None
    cell: str


class MassColumn(msgspec.Struct, frozen=True):
    """A column of weights: for each line what it states, and the sums under it."""

    column: int | None
    cell: str
    units: tuple[Unit, ...]
    pers: tuple[Per, ...]
    values: tuple[Stated | None, ...]
    totals: tuple[Total, ...]
    step: Decimal
    merged: tuple[Span, ...] = ()
    """Lines over which a weight is merged; each has it in `values`."""


def mass_columns(
    reading: TableReading, lines: Sequence[Line], field: Field, notes: Notes, answers: Answers
) -> list[MassColumn]:
    """Collect the columns of a kind of weight that have any figure.

    Totals and cells that an answer overrules are left out.
    """
    sheet = reading.table.sheet.name
    columns = reading.columns(field)[:COLUMNS_MAX]
    rows = [[_stated(reading, line, column) for column in columns] for line in lines]
    for stated in rows:
        _keep_chosen(stated, sheet, answers)
    found = []
    for position, column in enumerate(columns):
        values = [stated[position] for stated in rows]
        totals = tuple(
            total
            for total in reading.totals(column)
            if not answers.find(f"{total.cell}.total", sheet, ("rows",))
        )
        if not any(values):
            continue
        if field == "gross":
            shown = partial(_find_shown, values=values, totals=totals, rows=rows, lines=lines)
            values = _with_articles(reading, column, lines, values, shown, notes, answers)
        merged = merged_spans(reading, lines, column)
        for span in merged:
            # Of a net weight nobody needs to know which carton has how much of it.
            value = values[span[0]] if field == "gross" else None
            for index in span:
                values[index] = value
        found.append(
            MassColumn(
                column,
                reading.table.header_cell(column),
                reading.units(column),
                reading.pers(column),
                tuple(values),
                totals,
                decimals_shown([value.value for value in values if value]),
                tuple(merged),
            )
        )
    return found


def _stated(reading: TableReading, line: Line, column: int) -> Stated | None:
    amount = reading.amount(line.row, column)
    if amount is None or amount.value <= 0:
        return None
    return Stated(amount.value, amount.unit, cell_name(line.row, column))


def _keep_chosen(stated: list[Stated | None], sheet: str, answers: Answers) -> None:
    """Keep the only weight of a line that an answer names (``G7.mass=H7``)."""
    cells = [each.cell for each in stated if each]
    if len(cells) < 2:
        return
    chosen = answers.find(f"{cells[0]}.mass", sheet, cells)
    if chosen is not None:
        stated[:] = [each if each and each.cell == chosen else None for each in stated]


def _with_articles(
    reading: TableReading,
    column: int,
    lines: Sequence[Line],
    values: list[Stated | None],
    find_shown: Callable[[Sequence[Stated | None]], str],
    notes: Notes,
    answers: Answers,
) -> list[Stated | None]:
    """Add the weights of further articles in a carton to the first, or ask whether to."""
    added = [
        _add_articles(reading, line, column, value)
        for line, value in zip(lines, values, strict=True)
    ]
    further = [
        first.cell
        for first, whole in zip(values, added, strict=True)
        if first and whole and first.value != whole.value
    ]
    if not further:
        return values
    cell = reading.table.header_cell(column)
    answer = answers.find(f"{cell}.articles", reading.table.sheet.name, ("first", "sum"))
    shown = answer or find_shown(added)
    repeated = not answer and are_repeated_masses(reading, lines, column)
    if repeated and shown == "sum":
        shown = ""  # a mechanical SUM adds what is written twice, too
    elif repeated and not shown:
        shown = "first"
        notes.remark(
            cell,
            "mass_repeated",
            f"{', '.join(further[:3])}: each further article of the carton has the same weight "
            "again: it is the carton's, and counts once",
        )
    elif shown == "first" and not answer:
        notes.remark(
            cell,
            "mass_of_articles",
            f"{', '.join(further[:3])}: another column has the first weight as the carton's; those "
            "beside further articles are not added",
        )
    if not shown:
        place = next(index for index, value in enumerate(values) if value != added[index])
        first, whole = values[place], added[place]
        if first and whole:
            notes.ask(
                cell,
                "mass_of_articles",
                f"{', '.join(further[:3])}: further weights stand beside further articles of the "
                "same carton. Is the first the carton's weight, or the sum of all?",
                [
                    (f"{cell}.articles=first", f"{first.cell}: {value_text(first.value)}"),
                    (f"{cell}.articles=sum", f"{first.cell}: {value_text(whole.value)}"),
                ],
            )
            return values
    return values if shown == "first" else added


def _add_articles(
    reading: TableReading, line: Line, column: int, value: Stated | None
) -> Stated | None:
    """Add the weights beside further articles of a line to the first one."""
    more = [reading.amount(row, column) for row in line.rows[1:]]
    added = sum((amount.value for amount in more if amount), Decimal(0))
    if value is None or not added:
        return value
    return msgspec.structs.replace(value, value=value.value + added)


def _find_shown(
    added: Sequence[Stated | None],
    *,
    values: Sequence[Stated | None],
    totals: Sequence[Total],
    rows: Sequence[Sequence[Stated | None]],
    lines: Sequence[Line],
) -> str:
    """Return what the figures show: the ``sum`` of all weights, the ``first``, or nothing.

    A total has one of them, or a column beside has one of them for the carton or all of the line's.
    """
    shown: set[str] = set()
    for index, (whole, first) in enumerate(zip(added, values, strict=True)):
        if not whole or not first or whole.value == first.value:
            continue
        count = lines[index].count
        beside = [each.value for each in rows[index] if each and each.cell != first.cell]
        equal = {each * factor for each in beside for factor in (1, count, Decimal(1) / count)}
        shown |= {"sum"} if whole.value in equal else set()
        shown |= {"first"} if first.value in equal else set()
    sums = {
        "sum": sum((each.value for each in added if each), Decimal(0)),
        "first": sum((each.value for each in values if each), Decimal(0)),
    }
    shown |= {
        name for name, of_all in sums.items() for each in totals if each.amount.value == of_all
    }
    return shown.pop() if len(shown) == 1 else ""


def check_masses(reading: TableReading, lines: Sequence[Line], notes: Notes) -> bool:
    """Add an error for each weight that is not above 0, or stands for no mass."""
    before = notes.problems
    for field in ("gross", "net"):
        for column in reading.columns(field):
            for line in lines:
                amount = reading.amount(line.row, column)
                if amount is None:
                    continue
                wrong_unit = amount.unit is not None and amount.unit not in MASSES
                if amount.value <= 0 or wrong_unit or amount.words:
                    shown = reading.table.cell(line.row, column)
                    notes.error(
                        cell_name(line.row, column), "mass", f"{shown!r} is not a weight above 0"
                    )
    return notes.problems == before


def mass_bounds(
    columns: Sequence[MassColumn], lines: Sequence[Line]
) -> tuple[list[int], list[int]]:
    """Return the least and the largest mass of a carton that headers allow, by line; 0: none."""
    least, most = [], []
    together = [_counts_together(column, lines) for column in columns]
    for index, line in enumerate(lines):
        grams = [
            value.value * MASSES[unit] / (counts.get(index, line.count) if per == "row" else 1)
            for column, counts in zip(columns, together, strict=True)
            if (value := column.values[index]) is not None
            for unit in ((value.unit,) if value.unit in MASSES else column.units or tuple(MASSES))
            for per in column.pers
            if unit in MASSES
        ]
        least.append(int(min(grams, default=Decimal(0))))
        most.append(int(max(grams, default=Decimal(0))))
    return least, most


def _counts_together(column: MassColumn, lines: Sequence[Line]) -> dict[int, int]:
    """Return, for each line of a merged weight, the cartons of all of them."""
    return {
        index: sum(lines[each].count for each in span) for span in column.merged for index in span
    }


def widen(nets: Sequence[MassColumn]) -> list[MassColumn]:
    """Let net weights be of a carton or of a row, where the gross weights contradict a header."""
    return [msgspec.structs.replace(column, pers=("carton", "row")) for column in nets]


def least_net(nets: Sequence[MassColumn], lines: Sequence[Line]) -> list[Decimal]:
    """Return the least net mass of a carton that the headers allow, by line; 0: unknown."""
    least = [Decimal(0)] * len(lines)
    for column in nets:
        for index, (value, line) in enumerate(zip(column.values, lines, strict=True)):
            if value is None:
                continue
            units = (value.unit,) if value.unit in MASSES else column.units or tuple(MASSES)
            found = min(
                value.value * MASSES[unit] / (line.count if per == "row" else 1)
                for unit in units
                if unit in MASSES
                for per in column.pers
            )
            least[index] = max(least[index], found)
    return least
