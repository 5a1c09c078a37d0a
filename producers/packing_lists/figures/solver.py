"""A table under one assignment of fields: counts, sizes, masses and goods check each other."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.figures.articles import ArticleReader, shared_fields
from producers.packing_lists.figures.cells import Style
from producers.packing_lists.figures.counts import count_cartons
from producers.packing_lists.figures.declared import read_declared_totals
from producers.packing_lists.figures.edges import attach_edges
from producers.packing_lists.figures.handling import HandlingReader
from producers.packing_lists.figures.inexact import remark_inexact_volumes
from producers.packing_lists.figures.limits import Size, describe_excess, excess_of_edges
from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.mass_columns import (
    MassColumn,
    check_masses,
    mass_bounds,
    mass_columns,
    widen,
)
from producers.packing_lists.figures.mass_evidence import MassReading
from producers.packing_lists.figures.mass_judging import compare_net, judge_masses
from producers.packing_lists.figures.masses import MassSolver
from producers.packing_lists.figures.merged_masses import settle_merged
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.outliers import remark_dense, remark_outliers
from producers.packing_lists.figures.pieces import compare_pieces
from producers.packing_lists.figures.remarks import RemarkReader
from producers.packing_lists.figures.size_judging import ask_about_volumes, judge_sizes
from producers.packing_lists.figures.sizes import SizeReading, SizeSolver
from producers.packing_lists.figures.swapped_masses import settle_swapped
from producers.packing_lists.figures.table import (
    EDGES,
    TableReading,
    size_columns,
    value_under,
)
from producers.packing_lists.figures.unreadable import (
    refuse_missing_masses,
    refuse_unreadable,
)
from producers.packing_lists.figures.volumes import Fit
from producers.packing_lists.model import (
    Article,
    CartonLine,
    ColumnReading,
    Meaning,
    Per,
    Totals,
    Unit,
)
from producers.sheets.workbook import cell_name


class Interpretation(msgspec.Struct, frozen=True, kw_only=True):
    """A table as it was understood, with its findings."""

    columns: tuple[ColumnReading, ...]
    lines: tuple[CartonLine, ...]
    declared_totals: Totals | None
    notes: Notes

    style: Style
    digits: int = 0
    """Significant digits of the edges: of two columns that agree, the rounder is the original."""
    uncounted: tuple[Line, ...] = ()
    """The lines of a table whose counts are in doubt."""
    reading: TableReading | None = None

    @property
    def totals(self) -> Totals | None:
        """Totals of a list without sizes."""
        return self.declared_totals


def solve(reading: TableReading, answers: Answers, limits: CartonLimits) -> Interpretation:
    """Read a table under one assignment of fields and one style of numbers."""
    notes = Notes(reading.table.sheet.name, answers)
    refuse_unreadable(reading, notes)
    if not _has_sizes(reading):
        declared = read_declared_totals(reading, notes, answers)
        columns = _column_readings(reading, {})
        return Interpretation(
            columns=columns, lines=(), declared_totals=declared, notes=notes, style=reading.style
        )
    return _Solver(reading, notes, answers, limits).solve()


def check_unread(found: Interpretation, answers: Answers) -> None:
    """Add what does not wait for the questions of a list without lines.

    Handling marks that nobody knows, and errors of sizes and weights beside counts in doubt.
    """
    reading, notes = found.reading, found.notes
    if reading is None or found.lines:
        return
    if not any(question.code == "handling" for question in notes.questions):
        handling = HandlingReader(reading, RemarkReader(reading), notes, answers)
        handling.refuse_unknown_words()
    if not found.uncounted:
        return
    lines = [
        msgspec.structs.replace(line, count=line.count or 1)
        for line in found.uncounted
        if line.count or _has_figures(reading, line.row)
    ]
    check_masses(reading, lines, notes)
    attach_edges(reading, lines, notes)
    aside = Notes(notes.sheet, Answers({}))
    gross = mass_columns(reading, lines, "gross", aside, Answers({}))
    refuse_missing_masses(reading, lines, gross, notes)


def _has_figures(reading: TableReading, row: int) -> bool:
    """Tell whether a row has a size or a weight: a row without is itself in doubt."""
    columns = (*size_columns(reading), *reading.columns("gross"))
    return any(reading.is_filled(row, column) for column in columns)


def _has_sizes(reading: TableReading) -> bool:
    columns = [*reading.columns("size"), *(c for name in EDGES for c in reading.columns(name))]
    return any(
        reading.is_filled(row, column)
        for group in reading.table.layout.groups
        for row in group.rows
        for column in columns
    )


class _Solver:
    def __init__(
        self, reading: TableReading, notes: Notes, answers: Answers, limits: CartonLimits
    ) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._limits = limits
        self._taken: dict[int, tuple[Unit | None, Per | None, str]] = {}
        self._open_sizes: list[tuple[Size, ...]] = []
        """Sizes that the cartons may have while the unit of their edges is asked."""

    def solve(self) -> Interpretation:
        """Read counts, sizes, masses and goods; each step needs the one before."""
        reading, notes, answers = self._reading, self._notes, self._answers
        counts = count_cartons(reading, notes, answers)
        counted = counts.lines
        lines: tuple[CartonLine, ...] = ()
        if counted is not None:
            compare_pieces(reading, counted, notes, answers)
            has_masses = check_masses(reading, counted, notes)
            has_edges = attach_edges(reading, counted, notes)
            gross = mass_columns(reading, counted, "gross", notes, answers)
            sizes = self._solve_sizes(counted, gross) if has_edges else None
            refuse_missing_masses(reading, counted, gross, notes)
            masses = self._solve_masses(counted, gross, sizes) if has_masses else None
            if sizes and masses:
                self._refuse_beyond_limits(counted, sizes, masses)
                lines = self._lines(counted, sizes, masses)
                remark_outliers(reading, lines, notes)
                if not masses.proofs:
                    remark_dense(reading, lines, notes)
        columns = _column_readings(reading, self._taken)
        return Interpretation(
            columns=columns,
            lines=lines,
            declared_totals=None,
            notes=notes,
            style=reading.style,
            digits=sum(_digits(line, reading.style) for line in counted or ()),
            uncounted=counts.found if counted is None else (),
            reading=reading,
        )

    def _solve_sizes(
        self, lines: Sequence[Line], gross: Sequence[MassColumn]
    ) -> SizeReading | None:
        least, most = mass_bounds(gross, lines)
        solver = SizeSolver(self._reading, lines, self._limits, most, least)
        taken, why = judge_sizes(solver, self._reading, self._notes, self._answers)
        if taken is None:
            self._open_sizes = [each.sizes for each in solver.readings() if each.is_possible]
            return None
        remark_inexact_volumes(taken, lines, self._notes)
        ask_about_volumes(taken, lines, self._reading, self._notes, self._answers)
        for position, column in enumerate(solver.edge_columns()):
            self._taken[column] = (taken.units[position], None, why)
        best: dict[int, Fit] = {}
        for fit in taken.fits:
            if fit.column.column is not None:
                best.setdefault(fit.column.column, fit)
            if fit is taken.fits[0] and fit.column.pers != ("carton",):
                cells = [volume.cell for volume in fit.plain_sums]
                self._notes.uncounted_totals += [f"{cell} adds up the volumes" for cell in cells]
        for index, fit in best.items():
            self._taken[index] = (fit.unit, fit.per, "size × count" if fit.proves else "")
        return taken

    def _solve_masses(
        self, lines: Sequence[Line], gross: Sequence[MassColumn], sizes: SizeReading | None
    ) -> MassReading | None:
        reading, notes = self._reading, self._notes
        if not gross:
            return None
        nets: Sequence[MassColumn] = mass_columns(reading, lines, "net", notes, self._answers)
        settled = settle_swapped(gross, nets, reading.table.sheet.name, notes, self._answers)
        if settled is None:
            return None
        gross, nets = settled
        solver = MassSolver(reading, gross, nets, lines, sizes, self._limits, self._answers)
        solver.open_sizes = self._open_sizes
        taken, why = judge_masses(solver, reading, notes, self._answers)
        if taken is None:
            return None
        known = sizes.sizes if sizes else None
        settle_merged(solver, taken, known, notes, self._answers)
        nets = nets if taken.is_stated else widen(nets)
        compare_net(reading, nets, taken.grams, lines, notes, self._answers)
        for position, column in enumerate(gross):
            if column.column is not None:
                self._taken[column.column] = (taken.units[position], taken.pers[position], why)
        return taken

    def _refuse_beyond_limits(
        self, lines: Sequence[Line], sizes: SizeReading, masses: MassReading
    ) -> None:
        """Ask about cartons beyond the limits of the policy, in one question."""
        reading = self._reading
        sized, weighed = size_columns(reading)[0], reading.columns("gross")[0]
        beyond: list[str] = []
        cells: list[str] = []
        for line, size, mass in zip(lines, sizes.sizes, masses.grams, strict=True):
            excess = describe_excess(size, mass, mass, self._limits)
            if not excess:
                continue
            of_size, of_mass = cell_name(line.row, sized), cell_name(line.row, weighed)
            if excess_of_edges(size, self._limits):
                cells += [of_size]
                beyond.append(f"{of_size}: {excess}")
            else:
                cells += [of_mass, of_size]
                edges = " × ".join(f"{edge:,}" for edge in size.edges)
                beyond.append(f"{of_mass}, {of_size}: {mass / 1_000:g} kg in {edges} mm: {excess}")
        if not beyond or self._answers.find(
            f"{cells[0]}.limits", reading.table.sheet.name, ("accept",)
        ):
            return
        more = f" ({len(beyond)} rows are beyond the limits)" if len(beyond) > 1 else ""
        self._notes.ask(
            cells[0],
            "limits",
            f"{beyond[0]}{more}",
            [(f"{cells[0]}.limits=accept", "the figures are right")],
            cells,
        )

    def _lines(
        self, lines: Sequence[Line], sizes: SizeReading, masses: MassReading
    ) -> tuple[CartonLine, ...]:
        reading = self._reading
        articles = ArticleReader(reading, self._notes, self._answers)
        remarks = RemarkReader(reading)
        handling = HandlingReader(reading, remarks, self._notes, self._answers)
        handling.refuse_unknown_words()
        handling.tell_texts()
        remarks.ask_about_cancelled(lines, self._notes, self._answers)
        found: list[CartonLine] = []
        listed: list[tuple[int, Article]] = []
        bundle = -1
        goods: tuple[Article, ...] = ()
        for line, size, mass in zip(lines, sizes.sizes, masses.grams, strict=True):
            if not mass:
                continue
            inside = articles.articles(line)
            listed += [(line.group, article) for article in inside]
            if line.bundle == bundle:
                inside = inside or goods
            bundle, goods = line.bundle, tuple(map(_name_only, inside))
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
                    articles=inside,
                    handling=handling.handling(line, mass),
                    remarks=tuple(remarks.texts(line)),
                    shared=shared_fields(reading, line.rows),
                )
            )
        articles.compare_totals(listed)
        return tuple(found)


def _name_only(article: Article) -> Article:
    """Return the goods of cartons of another size in the same rows, without counting them twice."""
    return msgspec.structs.replace(article, pieces=None, amount=None, currency="")


def _digits(line: Line, style: Style) -> int:
    values = [value_under(edge, style) or Decimal(0) for edge in line.edges or ()]
    return sum(len(value.normalize().as_tuple().digits) for value in values)


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
