"""Counts that carton numbers contradict: 24 beside carton 1 counts cartons, or pieces in it.

A column such as 件数 or ``Bags`` may count pieces where each row is one carton, or the cartons of
a row whose number is that of the row. Figures that hold under one of the two only decide.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from producers.packing_lists.figures.cells import is_blank
from producers.packing_lists.figures.ids import read_numbers
from producers.packing_lists.figures.lines import first_amount
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.words import words_of

_CARTON_NAMES = frozenset(("carton", "carton_no", "packages"))
_CLEAR_NAME = re.compile(
    r"(?<![^\W_])(?:ctns?|crtns?|cartons?|boxes|cajas|bultos|cartones|colis|caixas)(?![^\W_])|箱"
)
"""Names that count cartons and nothing else; 件, ``Bags`` and ``Rolls`` may be pieces."""
_ONE_CARTON = re.compile(r"ctn|carton|box|case|parcel|package|caja|bulto|caixa|karton|colis|箱")
"""Names of one carton, of which the column may hold the number."""
_PIECES = frozenset(("piece", "inside", "packrate"))


def number_rows(reading: TableReading, columns: Sequence[int]) -> bool:
    """Tell whether carton numbers may be those of rows: ascending, a single one in each."""
    counted = _counted_rows(reading)
    numbers = [read_numbers(reading, row, columns, int(count)).numbers for row, count in counted]
    if not counted or any(len(found) != 1 for found in numbers):
        return False
    places = [_place(found[0]) for found in numbers]
    return _ascend(places) and max(count for _, count in counted) > 1


def find_doubt(reading: TableReading, columns: Sequence[int]) -> int | None:
    """Return the column of counts that the carton numbers contradict in most rows; None: none.

    Numbers under a name of rows or pallets contradict nothing, nor do the first numbers of
    ranges, and a few wrong counts of cartons are asked about one by one.
    """
    counts = reading.columns("cartons")
    if not counts or not columns or not _name_cartons(reading, columns[0]):
        return None
    counted = _counted_rows(reading)
    numbers = [read_numbers(reading, row, columns, int(count)).numbers for row, count in counted]
    if not counted or not all(numbers):
        return None
    wrong = sum(len(found) != count for found, (_, count) in zip(numbers, counted, strict=True))
    if 2 * wrong <= len(counted) or column_of_numbers(reading, columns, counts) is not None:
        return None
    places = [_place(found[0]) for found in numbers]
    if not _ascend(places) or _are_first_numbers(places, [count for _, count in counted]):
        return None
    is_single = all(len(found) == 1 for found in numbers)
    return counts[0] if is_single or not is_clear(reading, counts[0]) else None


def column_of_numbers(
    reading: TableReading, numbers: Sequence[int], columns: Sequence[int]
) -> int | None:
    """Return the column that has as many cartons in each row as there are carton numbers."""
    rows = [group.rows[0] for group in reading.table.layout.groups]
    if not numbers or not _name_cartons(reading, numbers[0]):
        return None
    for column in columns:
        counts = [reading.amount(row, column) for row in rows]
        if all(
            count is not None
            and len(read_numbers(reading, row, numbers, int(count.value)).numbers) == count.value
            for row, count in zip(rows, counts, strict=True)
        ):
            return column
    return None


def _counted_rows(reading: TableReading) -> list[tuple[int, Decimal]]:
    rows = [group.rows[0] for group in reading.table.layout.groups]
    found = [(row, first_amount(reading, "cartons", row)) for row in rows]
    return [(row, amount.value) for row, amount in found if amount is not None]


def _name_cartons(reading: TableReading, column: int) -> bool:
    tokens = words_of(reading.table.columns[column].header).tokens
    meant = frozenset().union(*tokens)
    return bool(meant & _CARTON_NAMES) and "pallet" not in meant


def number_cartons(reading: TableReading, column: int) -> bool:
    """Tell whether a column such as ``Carton`` or 箱 may number the cartons from 1 on."""
    header = reading.table.columns[column].header.strip().lower()
    values = [count for _, count in _counted_rows(reading)]
    return (
        len(values) > 1
        and not reading.columns("carton_no")
        and _ONE_CARTON.fullmatch(header) is not None
        and values == [Decimal(place) for place in range(1, len(values) + 1)]
    )


def is_clear(reading: TableReading, column: int) -> bool:
    """Tell whether a name counts cartons, and can count nothing else."""
    header = reading.table.columns[column].header.lower()
    return bool(_CLEAR_NAME.search(header)) and not names_pieces(reading, column)


def names_pieces(reading: TableReading, column: int) -> bool:
    """Tell whether a name has a word for pieces, or for the inside of a carton."""
    tokens = words_of(reading.table.columns[column].header).tokens
    return bool(frozenset().union(*tokens) & _PIECES)


def _place(number: str) -> int:
    return int("0" + re.sub(r"[^0-9]", "", number)[-9:])


def _ascend(places: Sequence[int]) -> bool:
    return all(later > earlier for earlier, later in pairwise(places))


def _are_first_numbers(places: Sequence[int], counts: Sequence[Decimal]) -> bool:
    """Tell whether each number is the one before it plus the count there: 1, 25, 45."""
    steps = [later - earlier for earlier, later in pairwise(places)]
    return bool(steps) and all(step == count for step, count in zip(steps, counts, strict=False))


def sums_of_sizes(reading: TableReading, column: int) -> str:
    """Return the header cells of columns whose figures add up to a count in each row: S, M, L.

    Such a count is one of pieces.
    """
    rows = [row for row, _ in _counted_rows(reading)]
    run: list[int] = []
    for index in sorted(reading.table.columns):
        is_part = reading.assignment[index] in ("ignored", "pieces_per_carton") and _is_numeric(
            reading, index, rows
        )
        if is_part:
            run.append(index)
            continue
        if _add_up(reading, run, column, rows):
            break
        run = []
    if not _add_up(reading, run, column, rows):
        return ""
    return f"{reading.table.header_cell(run[0])} to {reading.table.header_cell(run[-1])}"


def _is_numeric(reading: TableReading, column: int, rows: Sequence[int]) -> bool:
    filled = [row for row in rows if not is_blank(reading.table.cell(row, column))]
    return bool(filled) and all(reading.amount(row, column) is not None for row in filled)


def _add_up(reading: TableReading, parts: Sequence[int], column: int, rows: Sequence[int]) -> bool:
    if len(parts) < 2:
        return False
    for row in rows:
        whole = reading.amount(row, column)
        values = [amount.value for part in parts if (amount := reading.amount(row, part))]
        if whole is None or sum(values, Decimal(0)) != whole.value:
            return False
    return True
