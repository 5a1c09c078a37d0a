"""Pieces: those in a carton × cartons are those of the row."""

from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.figures.lines import Line, first_amount, value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import TableReading
from producers.sheets.workbook import cell_name


def compare_pieces(
    reading: TableReading, lines: Sequence[Line], notes: Notes, answers: Answers
) -> None:
    """Compare pieces in a carton × cartons with the pieces; the last carton may be part-filled."""
    proved = 0
    for line in lines:
        rates = pieces_in_carton(reading, line.row)
        pieces = first_amount(reading, "pieces", line.row)
        if not rates or pieces is None or len(line.rows) > 1:
            continue
        if any((line.count - 1) * rate < pieces.value <= line.count * rate for rate in rates):
            proved += line.count > 1
            continue
        cell = cell_name(line.row, pieces.column)
        if answers.find(f"{cell}.pieces", reading.table.sheet.name, ("cartons",)) is None:
            notes.ask(
                cell,
                "pieces",
                f"{line.count} cartons of {value_text(rates[0])} are "
                f"{value_text(rates[0] * line.count)} pieces, and the list says "
                f"{value_text(pieces.value)}",
                [(f"{cell}.pieces=cartons", f"{line.count} cartons are right")],
                [cell_name(line.row, column) for column in reading.columns("cartons")[:1]],
            )
    if proved:
        notes.confirm(f"pieces in a carton × cartons = pieces in {proved} rows", counts=True)


def pieces_in_carton(reading: TableReading, row: int) -> list[Decimal]:
    """Return what the columns of pieces in a carton may mean: each alone, or all added.

    The sum comes last: a list of sizes S to XXL usually has a column of their sum, too.
    """
    columns = reading.columns("pieces_per_carton")
    found = [amount.value for each in columns if (amount := reading.amount(row, each)) is not None]
    rates = [value for value in reversed(found) if value > 0]
    return [*rates, sum(rates, Decimal(0))] if len(rates) > 1 else rates
