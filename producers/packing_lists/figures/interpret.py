"""The interpretation of a table that its own figures confirm, or the questions that are left."""

from collections.abc import Iterator, Sequence
from itertools import islice, product

import msgspec

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.figures.articles import ArticleReader, HandlingReader, shared_fields
from producers.packing_lists.figures.cells import Style, is_blank, text_of
from producers.packing_lists.figures.counts import (
    Line,
    attach_edges,
    compare_pieces,
    count_cartons,
)
from producers.packing_lists.figures.declared import read_declared_totals
from producers.packing_lists.figures.masses import (
    MassColumn,
    MassReading,
    MassSolver,
    check_masses,
    compare_net,
    judge_masses,
    mass_bounds,
    mass_columns,
)
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.sizes import (
    Fit,
    SizeReading,
    SizeSolver,
    ask_about_volumes,
    describe_excess,
    judge_sizes,
)
from producers.packing_lists.figures.table import (
    EDGES,
    NUMERIC,
    Assignment,
    FigureTable,
    TableReading,
)
from producers.packing_lists.model import (
    CartonLine,
    Column,
    ColumnReading,
    Field,
    Meaning,
    Per,
    Totals,
    Unit,
)
from producers.sheets.workbook import CellError, Formula, cell_name

ASSIGNMENTS_MAX = 64
"""Combinations of fields that are tried: six columns with two meanings each."""


class Interpretation(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it was understood, with its findings."""

    columns: tuple[ColumnReading, ...]
    lines: tuple[CartonLine, ...]
    declared_totals: Totals | None
    notes: Notes

    @property
    def result(self) -> tuple[object, ...]:
        """What follows from it: two interpretations with equal results need no question.

        Pieces are no part of it: nothing in the hub depends on them.
        """
        return tuple(_figures_of(line) for line in self.lines), self.declared_totals


def interpret(
    table: FigureTable,
    styles: Sequence[Style],
    *,
    answers: Answers,
    limits: CartonLimits,
) -> Interpretation:
    """Try the meanings that headers and cells allow, and take the one that the figures confirm."""
    found = [
        _solve(TableReading(table, assignment, style), answers, limits)
        for assignment in _assignments(table, answers)
        for style in styles or ("point",)
    ]
    return _choose(found)


def _figures_of(line: CartonLine) -> tuple[object, ...]:
    amounts = [(article.amount, article.currency) for article in line.articles if article.amount]
    edges = (line.length_mm, line.width_mm, line.height_mm)
    return (line.rows, line.cartons, edges, line.gross_g, line.handling, amounts)


def _choose(found: Sequence[Interpretation]) -> Interpretation:
    """Take the interpretation with the fewest contradictions and most proofs; ask on a draw."""
    best = min(found, key=_rank)
    rivals = [each for each in found if _rank(each) == _rank(best) and each.result != best.result]
    if rivals:
        first = rivals[0]
        for one, other in zip(best.columns, first.columns, strict=False):
            if one.cell == other.cell and one.field != other.field:
                best.notes.ask(
                    one.cell,
                    "field",
                    f"{one.header!r} may be {one.field} or {other.field}, and nothing decides",
                    [
                        (f"{each.cell}.field={each.field}", _summary(of))
                        for each, of in ((one, best), (other, first))
                    ],
                )
                return best
        best.notes.ask(
            "",
            "numbers",
            "a comma or a point in numbers may separate thousands or decimals, and nothing decides",
            [("numbers=point", _summary(best)), ("numbers=comma", _summary(first))],
        )
    return best


def _summary(found: Interpretation) -> str:
    cartons = sum(line.cartons for line in found.lines)
    grams = sum(line.cartons * line.gross_g for line in found.lines)
    mm3 = sum(
        line.cartons * line.length_mm * line.width_mm * line.height_mm for line in found.lines
    )
    return f"{cartons} cartons, {mm3 / 10**9:.3f} m³, {grams / 1_000:g} kg"


def _rank(found: Interpretation) -> tuple[int, int]:
    return found.notes.problems, -len(found.notes.confirmed)


def _assignments(table: FigureTable, answers: Answers) -> Iterator[Assignment]:
    """Yield combinations of fields, those that the headers fit best first."""
    columns = sorted(table.columns.values(), key=lambda column: column.index)
    options = [_fields(table, column, answers) for column in columns]
    combinations = islice(product(*options), ASSIGNMENTS_MAX * 8)
    kept = 0
    for chosen in combinations:
        assignment = dict(zip((column.index for column in columns), chosen, strict=True))
        if kept == 0 or _is_sensible(assignment):
            kept += 1
            yield assignment
        if kept >= ASSIGNMENTS_MAX:
            return


def _fields(table: FigureTable, column: Column, answers: Answers) -> tuple[Field, ...]:
    """Return the fields that a column may have; only those with figures are worth a trial."""
    fields = tuple(dict.fromkeys(meaning.field for meaning in column.meanings))
    cell = table.header_cell(column.index)
    answer = answers.find(f"{cell}.field", table.sheet.name, fields)
    if answer is not None:
        return tuple(field for field in fields if field == answer)
    numeric = tuple(field for field in fields if field in NUMERIC or field == "size")
    return fields[:1] if len(numeric) < 2 and fields[0] not in numeric else numeric or fields[:1]


def _is_sensible(assignment: Assignment) -> bool:
    """Whether no field that a table has once is assigned twice."""
    once = [
        field
        for field in assignment.values()
        if field in ("cartons", "pieces", "pieces_per_carton", "size", *EDGES)
    ]
    return len(once) == len(set(once))


def _solve(reading: TableReading, answers: Answers, limits: CartonLimits) -> Interpretation:
    notes = Notes(reading.table.sheet.name, answers)
    _refuse_unreadable(reading, notes)
    if not _has_sizes(reading):
        declared = read_declared_totals(reading, notes, answers)
        columns = _column_readings(reading, {})
        return Interpretation(columns=columns, lines=(), declared_totals=declared, notes=notes)
    return _Solver(reading, notes, answers, limits).solve()


def _has_sizes(reading: TableReading) -> bool:
    columns = [*reading.columns("size"), *(c for name in EDGES for c in reading.columns(name))]
    return any(
        reading.is_filled(row, column)
        for group in reading.table.layout.groups
        for row in group.rows
        for column in columns
    )


def _refuse_unreadable(reading: TableReading, notes: Notes) -> None:
    """Add an error for each formula without a value, error value and unreadable number."""
    for column, field in reading.assignment.items():
        if field == "ignored":
            continue
        for group in reading.table.layout.groups:
            for row in group.rows:
                _refuse_cell(reading, row, column, field, notes)


def _refuse_cell(reading: TableReading, row: int, column: int, field: Field, notes: Notes) -> None:
    cell = reading.table.cell(row, column)
    where = cell_name(row, column)
    if isinstance(cell, Formula):
        notes.error(
            where,
            "formula",
            f"{cell} is a formula without a saved value: open the file in a spreadsheet program "
            "and save it",
        )
    elif isinstance(cell, CellError):
        notes.error(where, "error_value", f"{cell} is an error value: correct the formula")
    elif field in NUMERIC and not is_blank(cell) and reading.amount(row, column) is None:
        notes.error(where, "number", f"{text_of(cell)[:60]!r} is not a number")


class _Solver:
    def __init__(
        self, reading: TableReading, notes: Notes, answers: Answers, limits: CartonLimits
    ) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._limits = limits
        self._taken: dict[int, tuple[Unit | None, Per | None, str]] = {}

    def solve(self) -> Interpretation:
        """Read counts, sizes, masses and goods; each step needs the one before."""
        reading, notes, answers = self._reading, self._notes, self._answers
        counted = count_cartons(reading, notes, answers).lines
        lines: tuple[CartonLine, ...] = ()
        if counted is not None:
            compare_pieces(reading, counted, notes, answers)
            has_masses = check_masses(reading, counted, notes)
            has_edges = attach_edges(reading, counted, notes)
            gross = mass_columns(reading, counted, "gross", notes, answers)
            sizes = self._solve_sizes(counted, gross) if has_edges else None
            masses = self._solve_masses(counted, gross, sizes) if has_masses else None
            if sizes and masses:
                self._refuse_beyond_limits(counted, sizes, masses)
                lines = self._lines(counted, sizes, masses)
        columns = _column_readings(reading, self._taken)
        return Interpretation(columns=columns, lines=lines, declared_totals=None, notes=notes)

    def _solve_sizes(
        self, lines: Sequence[Line], gross: Sequence[MassColumn]
    ) -> SizeReading | None:
        least, most = mass_bounds(gross, lines)
        solver = SizeSolver(self._reading, lines, self._limits, most, least)
        taken, why = judge_sizes(solver, self._reading, self._notes, self._answers)
        if taken is None:
            return None
        ask_about_volumes(taken, lines, self._reading, self._notes, self._answers)
        for position, column in enumerate(solver.edge_columns()):
            self._taken[column] = (taken.units[position], None, why)
        best: dict[int, Fit] = {}
        for fit in taken.fits:
            if fit.column.column is not None:
                best.setdefault(fit.column.column, fit)
        for index, fit in best.items():
            self._taken[index] = (fit.unit, fit.per, "size × count" if fit.proves else "")
        return taken

    def _solve_masses(
        self, lines: Sequence[Line], gross: Sequence[MassColumn], sizes: SizeReading | None
    ) -> MassReading | None:
        reading, notes = self._reading, self._notes
        self._refuse_missing_masses(lines, gross)
        if not gross:
            return None
        nets = mass_columns(reading, lines, "net", notes, self._answers)
        labels = [
            total
            for total in reading.label_totals("gross")
            if not self._answers.find(f"{total.cell}.total", reading.table.sheet.name, ("rows",))
        ]
        solver = MassSolver(
            reading, gross, nets, lines, sizes.sizes if sizes else None, self._limits, labels
        )
        taken, why = judge_masses(solver, reading, notes, self._answers)
        if taken is None:
            return None
        compare_net(reading, nets, taken.grams, lines, notes, self._answers)
        for position, column in enumerate(gross):
            if column.column is not None:
                self._taken[column.column] = (taken.units[position], taken.pers[position], why)
        return taken

    def _refuse_missing_masses(self, lines: Sequence[Line], gross: Sequence[MassColumn]) -> None:
        columns = self._reading.columns("gross")
        if not columns:
            cell = cell_name(self._reading.table.layout.header_rows[-1], 0)
            self._notes.error(cell, "mass", "the list has no gross weights (毛重 / G.W.)")
            return
        for index, line in enumerate(lines):
            if not any(column.values[index] for column in gross):
                cell = cell_name(line.row, columns[0])
                if not self._reading.is_filled(line.row, columns[0]):
                    self._notes.error(cell, "mass", "the gross weight is missing")

    def _refuse_beyond_limits(
        self, lines: Sequence[Line], sizes: SizeReading, masses: MassReading
    ) -> None:
        """Ask about cartons beyond the limits of the policy, in one question."""
        beyond = [
            (line, excess)
            for line, size, mass in zip(lines, sizes.sizes, masses.grams, strict=True)
            if (excess := describe_excess(size, mass, mass, self._limits))
        ]
        if not beyond:
            return
        reading = self._reading
        column = (*reading.columns("size"), *reading.columns("length"))[0]
        cell = cell_name(beyond[0][0].row, column)
        if self._answers.find(f"{cell}.limits", reading.table.sheet.name, ("accept",)):
            return
        more = f" ({len(beyond)} rows are beyond the limits)" if len(beyond) > 1 else ""
        self._notes.ask(
            cell,
            "limits",
            f"{beyond[0][1]}{more}",
            [(f"{cell}.limits=accept", "the figures are right")],
        )

    def _lines(
        self, lines: Sequence[Line], sizes: SizeReading, masses: MassReading
    ) -> tuple[CartonLine, ...]:
        reading = self._reading
        articles = ArticleReader(reading, self._notes, self._answers)
        handling = HandlingReader(reading, self._notes, self._answers)
        found = []
        for line, size, mass in zip(lines, sizes.sizes, masses.grams, strict=True):
            if not mass:
                continue
            found.append(
                CartonLine(
                    rows=line.rows,
                    cartons=line.count,
                    length_mm=size.length_mm,
                    width_mm=size.width_mm,
                    height_mm=size.height_mm,
                    gross_g=mass,
                    numbers=line.numbers,
                    unit_ids=line.unit_ids,
                    marks=reading.text(line.row, "marks"),
                    articles=articles.articles(line),
                    handling=handling.handling(line),
                    shared=shared_fields(reading, line.rows),
                )
            )
        articles.confirm()
        return tuple(found)


def _column_readings(
    reading: TableReading, taken: dict[int, tuple[Unit | None, Per | None, str]]
) -> tuple[ColumnReading, ...]:
    """Describe each column: the meaning that was taken, and why."""
    found = []
    for index, column in sorted(reading.table.columns.items()):
        field = reading.assignment[index]
        meaning = next(iter(reading.meanings(index)), None) or Meaning(field=field, score=0)
        unit, per, why = taken.get(index, (meaning.unit, meaning.per, ""))
        found.append(
            ColumnReading(
                cell=reading.table.header_cell(index),
                header=column.header,
                field=field,
                unit=unit,
                per=per,
                why="; ".join(text for text in (meaning.why, why) if text),
            )
        )
    return tuple(found)
