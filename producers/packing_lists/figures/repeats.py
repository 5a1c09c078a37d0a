"""Rows that repeat the figures of the carton above: shops export a row for each article."""

from collections.abc import Sequence

from producers.packing_lists.figures.cells import text_of
from producers.packing_lists.figures.lines import Line, first_amount
from producers.packing_lists.figures.table import EDGES, TableReading

_CARTONS_MIN = 2
"""Cartons whose articles all have the same weight; in one of them it may be chance."""


def join_repeated(reading: TableReading, lines: Sequence[Line]) -> list[Line]:
    """Join lines that share a count and carton numbers, and have the same size."""
    columns = [column for field in ("size", *EDGES) for column in reading.columns(field)]
    joined: list[Line] = []
    size: list[str] = []
    for line in lines:
        found = [text_of(reading.table.cell(line.row, column)) for column in columns]
        if joined and found == size:
            joined[-1].rows += line.rows
        else:
            joined.append(line)
        size = found
    return joined


def are_repeated_masses(reading: TableReading, lines: Sequence[Line], column: int) -> bool:
    """Tell whether weights beside further articles are the carton's again, and none of their own.

    They are equal in each row, and the header says that they are of a carton, or articles of
    different pieces have them in several cartons.
    """
    is_of_carton = tuple(reading.pers(column)) == ("carton",)
    unlike = 0
    for line in lines:
        found = [reading.amount(row, column) for row in line.rows]
        values = [amount.value for amount in found if amount]
        if len(values) < 2:
            continue
        if len(set(values)) > 1 or (len(values) < len(line.rows) and not is_of_carton):
            return False
        pieces = [first_amount(reading, "pieces", row) for row in line.rows]
        each = [first_amount(reading, "pieces_per_carton", row) for row in line.rows]
        unlike += any(
            all(amounts) and len({amount.value for amount in amounts if amount}) > 1
            for amounts in (pieces, each)
        )
    return is_of_carton or unlike >= _CARTONS_MIN
