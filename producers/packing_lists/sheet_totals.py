"""A total that sums up several sheets, or two tables side by side: 17 cartons under the last three.

A total that its own table contradicts is compared with the tables up to it, and with all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

import msgspec

from producers.packing_lists.figures.cells import read_quantity
from producers.packing_lists.figures.lines import value_text
from producers.packing_lists.figures.notes import Answers
from producers.packing_lists.figures.solver import Interpretation
from producers.packing_lists.figures.table import FigureTable, value_under
from producers.packing_lists.figures.units import MASSES, VOLUMES
from producers.packing_lists.figures.volumes import TOLERANCE as VOLUME_TOLERANCE
from producers.packing_lists.model import CartonLine, Field, Unit
from producers.packing_lists.words import words_of
from producers.sheets.workbook import cell_name

_SUMMED: tuple[Field, ...] = ("cartons", "gross", "volume")
_ROUNDS = 3
"""Counts, sizes and masses are compared one after the other."""
_UNSUMMED: tuple[Field, ...] = (*_SUMMED, "net", "pieces", "amount")
_TOLERANCES: dict[Field, Decimal] = {
    "cartons": Decimal(0),
    "gross": Decimal("0.002"),
    "volume": VOLUME_TOLERANCE,
}


class _Total(msgspec.Struct, frozen=True):
    """A figure of a row, or beside a label: what it sums, with the unit that the table has."""

    field: Field
    value: Decimal
    unit: Unit | None
    cell: str


def settle_sheet_totals(
    tables: Sequence[FigureTable],
    read: Sequence[Interpretation],
    answers: Answers,
    interpret: Callable[[FigureTable], Interpretation],
) -> list[Interpretation]:
    """Return the readings, without questions about totals that sum several tables."""
    settled, again = list(read), list(read)
    doubted: list[set[int]] = [set() for _ in tables]
    for _ in range(_ROUNDS if len(tables) > 1 else 0):
        new = [_doubted_rows(table, each) for table, each in zip(tables, again, strict=True)]
        if not any(new):
            break
        for index, rows in enumerate(new):
            doubted[index] |= rows
            if rows:
                again[index] = interpret(_without(tables[index], doubted[index]))
    if not any(doubted) or any(each.notes.problems or not each.lines for each in again):
        return settled
    for index, (table, rows) in enumerate(zip(tables, doubted, strict=True)):
        totals = {row: list(_totals(table, again[index], row)) for row in sorted(rows)}
        if not totals or not all(totals.values()):
            continue
        for tables_summed in (again[: index + 1], again):
            lines = [line for each in tables_summed for line in each.lines]
            if len(tables_summed) > 1 and all(_agree(each[:1], lines) for each in totals.values()):
                settled[index] = again[index]
                _compare(totals, lines, len(tables_summed), again[index], answers)
                break
    return settled


def _doubted_rows(table: FigureTable, read: Interpretation) -> set[int]:
    """Return the rows of totals at whose cells there is a question."""
    asked = {finding.cell for finding in read.notes.questions}
    rows = {total.row for total in table.layout.totals}
    rows |= {label.row for label in table.layout.labels if label.field in _SUMMED}
    return {
        row
        for row in rows
        if any(cell_name(row, column) in asked for column in range(len(table.sheet.rows[row])))
    }


def _without(table: FigureTable, rows: set[int]) -> FigureTable:
    layout = table.layout
    return FigureTable(
        table.sheet,
        msgspec.structs.replace(
            layout,
            totals=tuple(total for total in layout.totals if total.row not in rows),
            labels=tuple(
                label
                for label in layout.labels
                if label.row not in rows or label.field not in _UNSUMMED
            ),
        ),
    )


def _totals(table: FigureTable, read: Interpretation, row: int) -> Iterator[_Total]:
    """Yield the figures of a row of totals, counts first, then masses and volumes."""
    found = []
    if any(total.row == row for total in table.layout.totals):
        for index, column in zip(sorted(table.columns), read.columns, strict=True):
            quantity = table.quantity(row, index)
            value = None if quantity is None else value_under(quantity, read.style)
            if quantity and value is not None and column.field in (*_SUMMED, "carton_no"):
                field: Field = "cartons" if column.field == "carton_no" else column.field
                unit = quantity.unit or column.unit
                found.append(_Total(field, value, unit, cell_name(row, index)))
    for label in table.layout.labels:
        quantity = read_quantity(label.value)
        value = None if quantity is None else value_under(quantity, read.style)
        if label.row == row and label.field in _SUMMED and quantity and value is not None:
            units = (quantity.unit, *words_of(label.text).units, _unit_of(label.field, read))
            unit = next((each for each in units if each), None)
            found.append(_Total(label.field, value, unit, cell_name(row, label.column)))
    once = {(total.field, total.cell): total for total in found}
    yield from sorted(once.values(), key=lambda total: _SUMMED.index(total.field))


def _unit_of(field: Field, read: Interpretation) -> Unit | None:
    return next((column.unit for column in read.columns if column.field == field), None)


def _sum_of(total: _Total, lines: Sequence[CartonLine]) -> Decimal:
    """Return the sum of lines that a total should be, in its unit."""
    if total.field == "cartons":
        return Decimal(sum(line.cartons for line in lines))
    if total.field == "gross":
        grams = sum(line.cartons * line.gross_g for line in lines)
        return Decimal(grams) / MASSES.get(total.unit or "kg", MASSES["kg"])
    mm3 = sum(line.cartons * line.length_mm * line.width_mm * line.height_mm for line in lines)
    return Decimal(mm3) / 1_000 / VOLUMES.get(total.unit or "m3", VOLUMES["m3"])


def _agree(totals: Sequence[_Total], lines: Sequence[CartonLine]) -> bool:
    sums = [(total, _sum_of(total, lines)) for total in totals]
    return all(
        abs(total.value - added) <= added * _TOLERANCES[total.field] for total, added in sums
    )


def _compare(
    totals: dict[int, list[_Total]],
    lines: Sequence[CartonLine],
    tables: int,
    read: Interpretation,
    answers: Answers,
) -> None:
    """Confirm a total of several tables, or ask about those of its figures that differ."""
    for total in [total for row in totals.values() for total in row]:
        added = _sum_of(total, lines)
        unit = "" if total.field == "cartons" else f" {total.unit or ''}"
        if _agree([total], lines):
            words = "cartons" if total.field == "cartons" else f"{unit.strip()} {total.field}"
            text = (
                f"{total.cell}: {value_text(total.value)} {words}, as in {tables} tables together"
            )
            read.notes.confirm(text)
            continue
        key = f"{total.cell}.total"
        if answers.find(key, read.notes.sheet, ("rows",)):
            continue
        shown = f"{value_text(added.quantize(Decimal('0.001')))}{unit}"
        read.notes.ask(
            total.cell,
            f"total_of_{total.field}",
            f"the list's total is {value_text(total.value)}{unit}, and {tables} tables together "
            f"have {shown}",
            [(f"{key}=rows", f"the rows count: {shown}")],
        )
