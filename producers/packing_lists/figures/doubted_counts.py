"""The decision about a column of counts that carton numbers contradict: by figures, or a question.

Two interpretations are compared: the column counts the cartons of each row, or each carton number
is one carton and the column counts pieces. Figures that hold under one of them only decide.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.row_counts import (
    is_clear,
    names_pieces,
    number_cartons,
    sums_of_sizes,
)
from producers.packing_lists.figures.solver import Interpretation
from producers.packing_lists.figures.table import (
    Assignment,
    FigureTable,
    TableReading,
)
from producers.packing_lists.model import Field, Finding

_ROUNDING = Decimal("0.002")


def settle_doubted_counts(
    table: FigureTable,
    doubted: Interpretation,
    cell: str,
    answers: Answers,
    solve: Callable[[TableReading], Interpretation],
    summarize: Callable[[Interpretation], str],
) -> Interpretation:
    """Return the interpretation that figures prove, or one that asks what the column counts."""
    fields = _fields(table, doubted)
    counts = [index for index, field in fields.items() if field == "cartons"]
    reading = TableReading(table, fields, doubted.style)
    counted = solve(reading)
    pieces: Field = "pieces_per_carton"
    if number_cartons(reading, counts[0]):
        pieces = "carton_no"
    is_numbered = bool(doubted.notes.doubted_counts) or pieces == "carton_no"
    numbered = solve(_read_as(pieces, reading, counts, one_a_row=not is_numbered))
    if "pieces" not in fields.values() and any(len(line.numbers) > 1 for line in numbered.lines):
        pieces = "pieces"
        numbered = solve(_read_as(pieces, reading, counts, one_a_row=False))
    is_counted = counted.notes.counts_proved and not counted.notes.problems
    proof = ""
    if is_numbered and pieces != "carton_no" and not numbered.notes.problems:
        proof = _prove_numbers(reading, counts[0], counted, numbered)
    if is_counted and not proof:
        return counted
    header = table.columns[counts[0]].header
    if proof and not is_counted:
        numbered.notes.confirm(proof)
        numbered.notes.remark(cell, "pieces_by_figures", f"{header!r} is taken for pieces: {proof}")
        return numbered
    notes = Notes(table.sheet.name, answers)
    text = f"{header!r} contradicts the carton numbers: does it count cartons, or pieces in them?"
    if pieces == "carton_no":
        text = f"{header!r} may number the cartons or count them"
    elif not is_numbered:
        text = f"{header!r} may count cartons, or pieces where each row is one carton"
    notes.ask(
        cell,
        "field",
        text,
        [
            (f"{cell}.field=cartons", summarize(counted)),
            (
                f"{cell}.field={pieces}" if is_numbered else f"{cell}.rows=cartons",
                summarize(numbered),
            ),
        ],
    )
    return msgspec.structs.replace(counted, lines=(), notes=notes)


def _fields(table: FigureTable, found: Interpretation) -> Assignment:
    columns = zip(sorted(table.columns), found.columns, strict=True)
    return {index: column.field for index, column in columns}


def _read_as(
    field: Field, reading: TableReading, columns: list[int], *, one_a_row: bool
) -> TableReading:
    fields = {**reading.assignment, **dict.fromkeys(columns, field)}
    return TableReading(reading.table, fields, reading.style, one_a_row=one_a_row)


def doubt_by_figures(table: FigureTable, found: Interpretation, answers: Answers) -> str:
    """Return the header of a count that may be of pieces, by totals or sizes; empty: none.

    A list without carton numbers may have a carton in each row, too. Totals that add up
    volumes without the counts, and sizes S, M, L that add up to the count, say so together with a
    name that may mean pieces.
    """
    fields = _fields(table, found)
    counts = [index for index, field in fields.items() if field == "cartons"]
    if not counts or found.notes.counts_proved:
        return ""
    reading = TableReading(table, fields, found.style)
    cell = table.header_cell(counts[0])
    is_answered = answers.find(f"{cell}.field", table.sheet.name, ("cartons",)) is not None
    if number_cartons(reading, counts[0]):
        return "" if is_answered else cell
    if found.notes.problems or not found.lines or is_answered:
        return ""
    is_doubted = bool(found.notes.uncounted_totals) and not is_clear(reading, counts[0])
    if not is_doubted and not sums_of_sizes(reading, counts[0]):
        return ""
    if max(line.cartons for line in found.lines) == 1:
        return ""
    return cell


def _prove_numbers(
    reading: TableReading, column: int, counted: Interpretation, numbered: Interpretation
) -> str:
    """Say which figures prove that the carton numbers count; empty: none do.

    A sum of volumes or weights without the counts is proof only under a name that may mean pieces:
    a spreadsheet's SUM stands under figures of one carton, too.
    """
    if numbered.notes.counts_labelled:
        return numbered.notes.counts_labelled
    if sizes := sums_of_sizes(reading, column):
        return f"{sizes} add up to {reading.table.header_cell(column)} in each row"
    if names_pieces(reading, column):
        return f"{reading.table.header_cell(column)} names pieces, and each carton has a number"
    if is_clear(reading, column):
        return ""
    if counted.notes.uncounted_totals:
        return f"{counted.notes.uncounted_totals[0]} with the carton numbers"
    findings = (*counted.notes.questions, *counted.notes.errors)
    return _sum_of_weights(reading) if any(map(_is_about_weights, findings)) else ""


def _is_about_weights(finding: Finding) -> bool:
    return finding.code.startswith("mass_") or finding.code == "limits"


def _sum_of_weights(reading: TableReading) -> str:
    """Return a total of weights that adds them up without counts."""
    groups = reading.table.layout.groups
    for column in reading.columns("gross"):
        for total in reading.totals(column):
            rows = [groups[index].rows[0] for index in total.groups]
            values = [amount.value for row in rows if (amount := reading.amount(row, column))]
            added = sum(values, Decimal(0))
            if abs(total.amount.value - added) <= added * _ROUNDING:
                return f"{total.cell} is the sum of the weights of the numbered cartons"
    return ""
