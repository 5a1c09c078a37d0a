"""A figure that is merged over several lines: of the lines together, or of each of them.

The weight of a carton that is merged over two lines is that of each carton. The weight of a row is
that of the rows together; how it is divided among cartons of different sizes nobody can know.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.table import TableReading
from producers.sheets.workbook import Area

Span = tuple[int, ...]
"""The lines over which a figure is merged, by their indices; it stands in the first one."""
WAYS = ("cartons", "volume", "lines")
"""Answers: the same for each carton, by the volume of the cartons, the figure for each line."""


def merged_spans(reading: TableReading, lines: Sequence[Line], column: int) -> list[Span]:
    """Return the lines over which cells of a column are merged, each with a blank from the second.

    Where the figure holds for each line, it was written into each of them before.
    """
    rows = [line.row for line in lines]
    found = []
    for area in reading.table.sheet.merged:
        if not _is_tall(area, column):
            continue
        first = bisect_left(rows, area.first_row)
        span = tuple(range(first, bisect_right(rows, area.last_row)))
        filled = [reading.is_filled(rows[index], column) for index in span]
        if len(span) > 1 and filled[0] and not any(filled[1:]):
            found.append(span)
    return found


def _is_tall(area: Area, column: int) -> bool:
    is_here = area.first_column <= column <= area.last_column
    return is_here and area.last_row > area.first_row


def shares_of(
    span: Span, way: str | None, lines: Sequence[Line], volumes: Sequence[int]
) -> dict[int, Decimal]:
    """Return the part of a merged weight that each line has; `volumes` are those of cartons."""
    if way == "lines":
        return dict.fromkeys(span, Decimal(1))
    parts = {index: Decimal(lines[index].count) for index in span}
    if way == "volume" and volumes:
        parts = {index: part * volumes[index] for index, part in parts.items()}
    whole = sum(parts.values(), Decimal(0))
    return {index: part / whole for index, part in parts.items()}
