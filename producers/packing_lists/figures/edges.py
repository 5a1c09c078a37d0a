"""Edges of cartons as they stand in the cells, still without a unit."""

import re
from collections.abc import Sequence
from functools import lru_cache

from producers.packing_lists.figures.cells import Quantity, plain
from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.table import EDGES, TableReading
from producers.sheets.workbook import cell_name

_EDGE = r"([lwhd长長宽寬高])(?:ength|idth|eight|epth|度)?"
_TIMES = r"\s*[x×*/·,-]?\s*"
_ORDER = re.compile(rf"(?<![a-z]){_EDGE}{_TIMES}{_EDGE}{_TIMES}{_EDGE}(?![a-z])")


def attach_edges(reading: TableReading, lines: Sequence[Line], notes: Notes) -> bool:
    """Set the lines' edges as they stand in the cells; False when a cell is wrong or missing."""
    for line in lines:
        line.edges = _edges_of(reading, line.row, notes)
    return all(line.edges is not None for line in lines)


def _edges_of(
    reading: TableReading, row: int, notes: Notes
) -> tuple[Quantity, Quantity, Quantity] | None:
    for column in reading.columns("size"):
        if not reading.is_filled(row, column):
            continue
        found = reading.table.edges(row, column)
        if found is None or not all(map(_is_edge, found.edges)):
            shown = reading.table.cell(row, column)
            notes.error(
                cell_name(row, column),
                "size",
                f"{shown!r} is not length × width × height, like 60*40*35 or 60×40×35 cm",
            )
            return None
        first, second, third = (found.edges[place] for place in _order(reading, column))
        return first, second, third
    if not all(reading.columns(name) for name in EDGES):
        _missing_size(reading, row, notes)
        return None
    found_edges = []
    for name in EDGES:
        column = reading.columns(name)[0]
        edge = reading.table.quantity(row, column)
        if edge is None or not _is_edge(edge):
            shown = reading.table.cell(row, column)
            if edge is not None or not reading.is_filled(row, column):
                notes.error(
                    cell_name(row, column), "size", f"{shown!r} is not a {name}: a number above 0"
                )
            continue
        found_edges.append(edge)
    if len(found_edges) < len(EDGES):
        return None
    return (found_edges[0], found_edges[1], found_edges[2])


@lru_cache(maxsize=1_024)
def _order_in(header: str) -> tuple[int, int, int]:
    """Return where length, width and height stand in a size, by the header (``H*W*L``)."""
    match = _ORDER.search(plain(header))
    initials = "".join(match.groups()) if match else ""
    initials = initials.translate(str.maketrans("长長宽寬高", "llwwh"))
    if sorted(initials) == ["d", "h", "w"]:
        initials = initials.replace("d", "l")  # width × depth × height
    if sorted(initials) != ["h", "l", "w"]:
        return (0, 1, 2)
    return initials.index("l"), initials.index("w"), initials.index("h")


def _order(reading: TableReading, column: int) -> tuple[int, int, int]:
    return _order_in(reading.table.columns[column].header)


def _is_edge(edge: Quantity) -> bool:
    values = [value for value in (edge.point, edge.comma) if value is not None]
    return bool(values) and all(value > 0 for value in values) and not edge.words


def _missing_size(reading: TableReading, row: int, notes: Notes) -> None:
    columns = reading.columns("size")
    where = cell_name(row, columns[0]) if columns else f"row {row + 1}"
    notes.error(where, "size", "the size of the cartons is missing")
