"""Which field each column is taken for: combinations that the headers allow, best first."""

from collections.abc import Iterator, Sequence
from itertools import islice, product

import msgspec

from producers.packing_lists.figures.notes import Answers
from producers.packing_lists.figures.table import EDGES, NUMERIC, Assignment, FigureTable
from producers.packing_lists.figures.units import dimension_of
from producers.packing_lists.model import Column, Field

ASSIGNMENTS_MAX = 64
"""Combinations of fields that are tried: six columns with two meanings each."""
SOLVED_GROUPS_MAX = 40_000
"""Groups × combinations, so that a long list is tried in fewer combinations."""
NEAR = 0.85
"""A meaning whose score is below this share of the best one is taken only if figures prove it."""
_ONCE = frozenset(("cartons", "pieces", "amount", "size", *EDGES))
_COUNTED: tuple[Field, ...] = ("cartons", "pieces_per_carton", "pieces")
_COUNTS = frozenset((*_COUNTED, "carton_no"))


class Assignments(msgspec.Struct, frozen=True):
    """Combinations to try, and whether there were more of them."""

    tried: tuple[Assignment, ...]
    is_cut: bool


def list_assignments(table: FigureTable, answers: Answers, *, far: bool) -> Assignments:
    """List combinations of meanings that headers fit well; `far`: of those they fit less, too."""
    columns = sorted(table.columns.values(), key=lambda column: column.index)
    options = [_fields(table, column, answers, far=far) for column in columns]
    most = max(1, min(ASSIGNMENTS_MAX, SOLVED_GROUPS_MAX // max(1, len(table.layout.groups))))
    sizes = _size_columns(table, answers)
    kept: list[Assignment] = []
    for assignment in _combinations(columns, options, sizes):
        if assignment in kept or (kept and not _is_sensible(assignment)):
            continue
        if len(kept) == most:
            return Assignments(tuple(kept), is_cut=True)
        kept.append(assignment)
    return Assignments(tuple(kept), is_cut=False)


def _combinations(
    columns: Sequence[Column], options: Sequence[tuple[Field, ...]], sizes: Sequence[int]
) -> Iterator[Assignment]:
    for chosen in islice(product(*options), ASSIGNMENTS_MAX * 8):
        assignment = dict(zip((column.index for column in columns), chosen, strict=True))
        others = [index for index, field in assignment.items() if field == "size"]
        if len(others) < 2:
            yield assignment
            continue
        for size in [index for index in sizes if index in others] or others[:1]:
            rest: Assignment = {index: "ignored" for index in others if index != size}
            yield {**assignment, **rest}


def _size_columns(table: FigureTable, answers: Answers) -> list[int]:
    """Return the columns of sizes whose headers fit best; of several only one is the carton's."""
    scores = {
        column.index: max(meaning.score for meaning in column.meanings if meaning.field == "size")
        for column in table.columns.values()
        if any(meaning.field == "size" for meaning in column.meanings)
    }
    best = max(scores.values(), default=0)
    kept = [index for index, score in sorted(scores.items()) if score > best - 0.05]
    for index in kept:
        cell = table.header_cell(index)
        if answers.find(f"{cell}.field", table.sheet.name, ("size",)):
            return [index]
    return kept


def _fields(
    table: FigureTable, column: Column, answers: Answers, *, far: bool
) -> tuple[Field, ...]:
    """Return the fields that a column may have; only those with figures are worth a trial."""
    scores: dict[Field, float] = {}
    for meaning in column.meanings:
        scores.setdefault(meaning.field, meaning.score)
    cell = table.header_cell(column.index)
    # A column that may count cartons may count pieces, whatever its name says.
    further: tuple[Field, ...] = (*_COUNTED, "carton_no") if "cartons" in scores else ()
    allowed = tuple(dict.fromkeys((*scores, *further)))
    answer = answers.find(f"{cell}.field", table.sheet.name, allowed)
    if answer is not None:
        return tuple(field for field in allowed if field == answer)
    if further and answers.find(f"{cell}.rows", table.sheet.name, ("cartons",)):
        return ("pieces_per_carton",)
    if any(meaning.unit and dimension_of(meaning.unit) for meaning in column.meanings):
        # A column that names a unit has measures, whatever else its words recall.
        scores = {field: score for field, score in scores.items() if field not in _COUNTS} or scores
    first, best = next(iter(scores.items()))
    near = [
        field
        for field, score in scores.items()
        if field == first
        or ((field in NUMERIC or field == "size") and (far or score >= best * NEAR))
    ]
    numeric = [
        field
        for field in near
        if field in NUMERIC or field == "size" or field == first == "carton_no"
    ]
    return tuple(near if far else numeric or near)


def _is_sensible(assignment: Assignment) -> bool:
    """Whether no field that a table has once is assigned twice."""
    once = [field for field in assignment.values() if field in _ONCE]
    return len(once) == len(set(once))
