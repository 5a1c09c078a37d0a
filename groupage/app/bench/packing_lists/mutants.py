"""Lists of the corpus with something taken away: the figures stay right, or somebody is asked.

A person who fills in a form leaves out units and names, and whole columns. What is left may decide
less; it must never decide otherwise.
"""

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from groupage.app.bench.packing_lists.case import Case, SheetText, true_lines
from producers.packing_lists.model import PackingList

_UNIT = re.compile(
    r"[(（\[] ?(?:mm|cm|m|in\.?|inch|inches|g|kgs?|lbs?\.?|cbm|m³|厘米|公分|公斤|斤|吨) ?[)）\]]",
    re.IGNORECASE,
)
_SUM = re.compile(r"合(?!页)|总(?!成)|共|total|sum|итого", re.IGNORECASE)
"""A hinge (合页) and an assembly (总成) are goods."""
_TOLERANCE = 0.005
"""Inches and centimetres of one carton differ by their rounding."""


def mutants_of(case: Case) -> Iterator[tuple[str, Case]]:
    """Yield what was taken away, and the list without it.

    Lists that somebody is asked about anyway are left out, files that are not one plain sheet, and
    turned lists: a column of theirs is cargo.
    """
    sheets = case.sheets or (SheetText(rows=case.rows),)
    rows = sheets[0].rows.strip("\n").split("\n")
    headers = _header_rows(rows)
    plain = len(sheets) == 1 and not case.quirk and case.format in ("xlsx", "csv")
    plain = plain and not case.turned
    if not plain or not headers or not case.lines or case.asks or case.refuses:
        return
    for name, changed in _changes(rows, headers):
        if changed != rows:
            sheet = msgspec.structs.replace(sheets[0], rows="\n".join(changed))
            yield name, msgspec.structs.replace(case, rows="", sheets=(sheet,))


def contradictions(case: Case, read: PackingList) -> list[str]:
    """Return the figures of a mutant that differ from the truth; none after a question or error.

    Names are no figures. Without sizes, the totals are still those of the list. Which edge is the
    height may be unknown.
    """
    if read.questions or read.errors:
        return []
    true = [(line.cartons, sorted(line.edges_mm), line.gross_g) for line in true_lines(case)]
    if read.declared_totals is not None and not read.lines:
        cartons = sum(count for count, _, _ in true)
        declared = read.declared_totals.cartons
        return [] if declared == cartons else [f"{declared} cartons in all, true {cartons}"]
    left = Counter({index: count for index, (count, _, _) in enumerate(true)})
    wrong = []
    for line in read.lines:
        edges = sorted((line.length_mm, line.width_mm, line.height_mm))
        kind = next(
            (
                index
                for index, (_, true_edges, grams) in enumerate(true)
                if left[index] >= line.cartons
                and all(map(_near, edges, true_edges))
                and _near(line.gross_g, grams)
            ),
            None,
        )
        if kind is None:
            wrong.append(f"row {line.rows[0] + 1}: {line.cartons} × {edges}, {line.gross_g} g")
        else:
            left[kind] -= line.cartons
    return wrong + [
        f"{count} of {true[index]} are missing" for index, count in left.items() if count
    ]


def _near(found: int, true: int) -> bool:
    return abs(found - true) <= max(1, true * _TOLERANCE)


def _header_rows(rows: list[str]) -> range:
    """Return the rows of names above the first row with figures."""
    first = None
    for place, row in enumerate(rows):
        cells = [cell.strip() for cell in row.split("|")]
        figures = any(re.fullmatch(r"[\d.,]+", cell) for cell in cells)
        if len([cell for cell in cells if cell]) >= 3 and not figures:
            first = place if first is None else first
        elif first is not None:
            return range(first, place)
    return range(0)


def _changes(rows: list[str], headers: range) -> Iterator[tuple[str, list[str]]]:
    table = range(headers.start, len(rows))
    width = max(len(rows[place].split("|")) for place in headers)
    yield (
        "units",
        [_UNIT.sub("", row) if place in headers else row for place, row in enumerate(rows)],
    )
    yield (
        "sums",
        [row for place, row in enumerate(rows) if place in headers or not _SUM.search(row)],
    )
    for column in range(width):
        yield f"name of column {column + 1}", _map_cells(rows, headers, column, [" "])
    if any(sign in row for row in rows for sign in ("=", "<")):
        return
    for column in range(width):
        yield f"column {column + 1}", _map_cells(rows, table, column, [])


def _map_cells(rows: list[str], places: range, column: int, cells: list[str]) -> list[str]:
    changed = []
    for place, row in enumerate(rows):
        parts = row.split("|")
        if place in places and column < len(parts) and len(parts) > 1:
            parts[column : column + 1] = cells
        changed.append("|".join(parts))
    return changed
