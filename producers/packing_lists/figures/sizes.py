"""Edges of cartons: which unit they have, proved by the volumes that the list states.

Edges × count is a volume. Each unit of length gives another one (cm instead of mm: a thousand times
more), so a volume in any row or total says which unit the edges have.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

import msgspec

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.figures.cells import decimals_shown
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import EDGES, TableReading, value_under
from producers.packing_lists.figures.units import LENGTHS, VOLUMES
from producers.packing_lists.model import Per, Unit
from producers.sheets.workbook import cell_name

TOLERANCE = Decimal("0.05")
"""Edges are rounded to whole centimetres, volumes to two or three decimals: 0.5 of 35 cm is 1.4 %,
three edges 4 %. The next wrong unit is off by a factor of 16."""
_STEP = Decimal("0.001")
EdgeUnits = tuple[Unit, Unit, Unit]


class Size(msgspec.Struct, frozen=True):
    """Edges of one carton in whole millimetres, rounded up."""

    length_mm: int
    width_mm: int
    height_mm: int

    @property
    def edges(self) -> tuple[int, int, int]:
        """All three."""
        return self.length_mm, self.width_mm, self.height_mm


class Volume(msgspec.Struct, frozen=True):
    """A volume that the list states for lines, still without unit and meaning."""

    value: Decimal
    unit: Unit | None
    lines: tuple[int, ...]
    cell: str
    is_total: bool


class VolumeColumn(msgspec.Struct, frozen=True):
    """A column of volumes, or the volumes beside labels."""

    header: str
    column: int | None
    units: tuple[Unit, ...]
    """Empty: the header names none."""
    pers: tuple[Per, ...]
    volumes: tuple[Volume, ...]
    step: Decimal


class Fit(msgspec.Struct, frozen=True):
    """How well a unit of the edges fits one reading of a column of volumes."""

    column: VolumeColumn
    unit: Unit
    per: Per
    strong: int
    """Volumes that it explains, each precise enough to exclude other units."""
    misfits: tuple[Volume, ...]
    is_stated: bool

    @property
    def proves(self) -> bool:
        """Whether every volume fits."""
        return self.strong > 0 and not self.misfits

    @property
    def mostly(self) -> bool:
        """Whether the volumes fit but for a few, which are then in doubt themselves."""
        return self.strong >= 2 and self.strong >= 2 * len(self.misfits)


class SizeReading(msgspec.Struct, frozen=True):
    """Edges under one unit."""

    units: EdgeUnits
    sizes: tuple[Size, ...]
    is_stated: bool
    fits: tuple[Fit, ...]
    beyond: tuple[int, ...]
    """Lines that are beyond the limits of the policy."""

    @property
    def is_possible(self) -> bool:
        """Whether most lines are within the limits; a single line beyond them may be a slip."""
        return 2 * len(self.beyond) < len(self.sizes)

    @property
    def proof(self) -> Fit | None:
        """The best fit that explains every volume of a column."""
        return next((fit for fit in self.fits if fit.proves), None)

    @property
    def near_proof(self) -> Fit | None:
        """The best fit that explains most volumes of a column."""
        return next((fit for fit in self.fits if fit.mostly), None)


def edge_mm(value: Decimal, unit: Unit) -> int:
    """Convert an edge to whole millimetres, rounded up; what formulas add to a figure is cut."""
    mm = (value * LENGTHS[unit]).quantize(_STEP, rounding=ROUND_HALF_EVEN)
    return int(mm.to_integral_value(rounding=ROUND_CEILING))


def volume_columns(reading: TableReading, lines: Sequence[Line]) -> list[VolumeColumn]:
    """Collect the volumes of rows, of rows of totals and of labels."""
    of_row = {row: index for index, line in enumerate(lines) for row in line.rows}
    found = []
    for column in reading.columns("volume"):
        volumes = [
            Volume(amount.value, amount.unit, (index,), cell_name(row, column), is_total=False)
            for row, index in of_row.items()
            if (amount := reading.amount(row, column)) is not None and amount.value > 0
        ]
        volumes = _merge_lines_of_group(volumes, lines)
        volumes += [
            Volume(
                total.amount.value,
                total.amount.unit,
                _lines_of(total.groups, lines),
                total.cell,
                is_total=True,
            )
            for total in reading.totals(column)
            if total.amount.value > 0
        ]
        header = reading.table.header_cell(column)
        found.append(_column(header, column, reading.units(column), reading.pers(column), volumes))
    labels = [
        Volume(
            total.amount.value,
            total.amount.unit,
            _lines_of(total.groups, lines),
            total.cell,
            is_total=True,
        )
        for total in reading.label_totals("volume")
        if total.amount.value > 0
    ]
    found += [_column(label.cell, None, (), ("row",), [label]) for label in labels]
    return [column for column in found if column.volumes]


def _column(
    header: str,
    column: int | None,
    units: tuple[Unit, ...],
    pers: tuple[Per, ...],
    volumes: list[Volume],
) -> VolumeColumn:
    step = decimals_shown([volume.value for volume in volumes])
    return VolumeColumn(header, column, units, pers, tuple(volumes), step)


def _merge_lines_of_group(volumes: list[Volume], lines: Sequence[Line]) -> list[Volume]:
    """Let the only volume of a group with several sizes stand for the first size or for all."""
    by_bundle: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        by_bundle.setdefault(line.bundle, []).append(index)
    stated = {volume.lines[0] for volume in volumes}
    merged = []
    for volume in volumes:
        whole = by_bundle[lines[volume.lines[0]].bundle]
        alone = len(whole) > 1 and len(stated & set(whole)) == 1
        merged.append(msgspec.structs.replace(volume, lines=tuple(whole)) if alone else volume)
    return merged


def _lines_of(groups: Sequence[int], lines: Sequence[Line]) -> tuple[int, ...]:
    wanted = set(groups)
    return tuple(index for index, line in enumerate(lines) if line.group in wanted)


class SizeSolver:
    """Reads the edges of all lines under each unit."""

    def __init__(
        self,
        reading: TableReading,
        lines: Sequence[Line],
        limits: CartonLimits,
        heaviest_g: Sequence[int],
        lightest_g: Sequence[int],
    ) -> None:
        self._reading = reading
        self._lines = lines
        self._limits = limits
        self._heaviest_g = heaviest_g
        self._lightest_g = lightest_g
        self.columns = volume_columns(reading, lines)
        self._values = [
            tuple(
                (value_under(edge, reading.style) or Decimal(0), edge.unit)
                for edge in line.edges or ()
            )
            for line in lines
        ]

    def edge_columns(self) -> tuple[int, ...]:
        """Return the columns of edges: one of sizes, or three."""
        sizes = self._reading.columns("size")
        return tuple(sizes[:1]) or tuple(self._reading.columns(name)[0] for name in EDGES)

    def stated_units(self) -> tuple[EdgeUnits, ...]:
        """Return the units that the headers name, for neighbours as well (``L | W | H (cm)``)."""
        named = [self._reading.units(column) for column in self.edge_columns()]
        named = [units or next(filter(None, named), ()) for units in named]
        if not all(named):
            return ()
        if len(named) == 1:
            return tuple((unit, unit, unit) for unit in named[0])
        shared = [unit for unit in named[0] if all(unit in other for other in named[1:])]
        if shared:
            return tuple((unit, unit, unit) for unit in shared)
        return ((named[0][0], named[1][0], named[2][0]),)

    def readings(self) -> list[SizeReading]:
        """Return a reading for each unit; those with equal results are one."""
        stated = self.stated_units()
        uniform: list[EdgeUnits] = [(unit, unit, unit) for unit in LENGTHS]
        found: dict[tuple[Size, ...], SizeReading] = {}
        for units in dict.fromkeys((*stated, *uniform)):
            reading = self._reading_of(units, is_stated=units in stated)
            found.setdefault(reading.sizes, reading)
        return list(found.values())

    def _reading_of(self, units: EdgeUnits, *, is_stated: bool) -> SizeReading:
        sizes, volumes = [], []
        for values in self._values:
            edges = [(value, own or unit) for (value, own), unit in zip(values, units, strict=True)]
            sizes.append(Size(*(edge_mm(value, unit) for value, unit in edges)))
            volume = Decimal(1)
            for value, unit in edges:
                volume *= value * LENGTHS[unit]
            volumes.append(volume / 1_000)
        fits = [fit for column in self.columns for fit in self._fits(column, volumes)]
        fits.sort(key=lambda fit: (len(fit.misfits), not fit.is_stated, -fit.strong))
        beyond = [index for index, size in enumerate(sizes) if self._is_beyond(index, size)]
        return SizeReading(units, tuple(sizes), is_stated, tuple(fits), tuple(beyond))

    def _fits(self, column: VolumeColumn, volumes: Sequence[Decimal]) -> Iterator[Fit]:
        counts = [line.count for line in self._lines]
        per_row = [volume * count for volume, count in zip(volumes, counts, strict=True)]
        for unit in column.units or tuple(VOLUMES):
            for per in ("row", "carton"):
                yield self._fit(column, unit, per, per_row, volumes)

    def _fit(
        self,
        column: VolumeColumn,
        unit: Unit,
        per: Per,
        per_row: Sequence[Decimal],
        per_carton: Sequence[Decimal],
    ) -> Fit:
        strong, misfits = 0, []
        for volume in column.volumes:
            factor = (
                VOLUMES[volume.unit or unit] if (volume.unit or unit) in VOLUMES else Decimal(1)
            )
            expected = [sum((per_row[index] for index in volume.lines), Decimal(0))]
            if per == "carton":
                first = per_carton[volume.lines[0]] if volume.lines else Decimal(0)
                each = sum((per_carton[index] for index in volume.lines), Decimal(0))
                expected = [expected[0], each] if volume.is_total else [first]
            elif len(volume.lines) > 1 and not volume.is_total:
                expected.append(per_row[volume.lines[0]])
            fits, is_strong = _compare(volume.value * factor, expected, column.step * factor)
            strong += is_strong
            if not fits:
                misfits.append(volume)
        is_stated = per in column.pers and bool(column.units)
        return Fit(column, unit, per, strong, tuple(misfits), is_stated)

    def _is_beyond(self, index: int, size: Size) -> bool:
        return bool(
            describe_excess(size, self._lightest_g[index], self._heaviest_g[index], self._limits)
        )

    def example(self, reading: SizeReading) -> str:
        """Say what a reading means for the first line, and for all lines together."""
        size, count = reading.sizes[0], sum(line.count for line in self._lines)
        edges = " × ".join(value_text(Decimal(edge) / 10) for edge in size.edges)
        volume = sum(
            Decimal(size.length_mm * size.width_mm * size.height_mm * line.count)
            for size, line in zip(reading.sizes, self._lines, strict=True)
        )
        return f"{edges} cm: {count} cartons, {volume / 10**9:.3f} m³"


def _compare(stated: Decimal, expected: Sequence[Decimal], step: Decimal) -> tuple[bool, bool]:
    """Return whether a stated volume fits an expected one, and whether that excludes others."""
    for value in expected:
        difference = abs(stated - value)
        if difference <= value * TOLERANCE:
            return True, step <= value * TOLERANCE * 4
        if difference <= step / 2 * Decimal("1.001"):
            return True, False
    return False, False


def describe_excess(size: Size, lightest_g: int, heaviest_g: int, limits: CartonLimits) -> str:
    """Say which limit a carton is beyond under every mass that it may have; empty: none."""
    edges = sorted(size.edges)
    door = sorted((limits.door_width_mm, limits.door_height_mm))
    if edges[2] > limits.edge_max_mm:
        return f"an edge of {edges[2]:,} mm, and a container is {limits.edge_max_mm:,} mm long"
    if edges[0] > door[0] or edges[1] > door[1]:
        return f"{edges[0]:,} × {edges[1]:,} mm do not pass a door of {door[0]:,} × {door[1]:,} mm"
    if edges[2] < limits.longest_edge_min_mm or edges[0] < limits.edge_min_mm:
        return (
            f"edges of {edges[0]} to {edges[2]} mm: the longest edge of a carton has at least "
            f"{limits.longest_edge_min_mm} mm, the shortest {limits.edge_min_mm} mm"
        )
    litres = Decimal(edges[0] * edges[1] * edges[2]) / 10**6
    if lightest_g and lightest_g > limits.density_max_g_per_l * litres:
        return f"{lightest_g / litres:,.0f} kg/m³, and {limits.density_max_g_per_l:,} is the limit"
    if heaviest_g and heaviest_g < limits.density_min_g_per_l * litres:
        return f"{heaviest_g / litres:,.1f} kg/m³, and {limits.density_min_g_per_l} is the least"
    return ""


def judge_sizes(
    solver: SizeSolver, reading: TableReading, notes: Notes, answers: Answers
) -> tuple[SizeReading | None, str]:
    """Return the reading of the edges that is taken, and why; None after a question."""
    readings = solver.readings()
    column = solver.edge_columns()[0]
    cell = reading.table.header_cell(column)
    names = {each.units[0]: each for each in readings if len(set(each.units)) == 1}
    answer = answers.find(f"{cell}.unit", reading.table.sheet.name, tuple(names))
    if answer is not None:
        return names[answer], f"answer {cell}.unit={answer}"  # type: ignore[index]
    if len(readings) == 1:
        return readings[0], "the cells name their units"
    stated = [each for each in readings if each.is_stated]
    judge = _Judge(solver, notes, cell)
    for found in (
        judge.proved(stated, readings),
        judge.nearly_proved(stated or readings),
        judge.alone(stated, readings),
    ):
        if found is not None:
            return found
    judge.ask(stated, readings)
    return None, ""


class _Judge:
    def __init__(self, solver: SizeSolver, notes: Notes, cell: str) -> None:
        self._solver = solver
        self._notes = notes
        self._cell = cell

    def proved(
        self, stated: list[SizeReading], readings: list[SizeReading]
    ) -> tuple[SizeReading, str] | None:
        """Take the only reading that the volumes prove; the header's own before any other."""
        proved = [each for each in stated if each.proof]
        proved = proved or [each for each in readings if each.proof and each.is_possible]
        if len(proved) > 1:
            proved = [each for each in proved if each.proof and each.proof.is_stated] or proved
        if len(proved) > 1:
            proved = [each for each in proved if each.is_possible] or proved
        if len(proved) != 1:
            return None
        taken = proved[0]
        why = self._describe(taken)
        self._notes.confirm(why)
        if stated and not taken.is_stated:
            self._notes.remark(
                self._cell,
                "unit_by_figures",
                f"the header says {stated[0].units[0]}; {why}: {taken.units[0]} is taken",
            )
        return taken, why

    def nearly_proved(self, readings: list[SizeReading]) -> tuple[SizeReading, str] | None:
        """Take a reading that explains most volumes; `ask_about_volumes` asks about the others."""
        near = [each for each in readings if each.near_proof]
        if len(near) != 1:
            return None
        return near[0], self._describe(near[0])

    def alone(
        self, stated: list[SizeReading], readings: list[SizeReading]
    ) -> tuple[SizeReading, str] | None:
        """Take the header's unit, or the only one that the limits leave, if no volume speaks."""
        speaks = bool(self._solver.columns)
        if len(stated) == 1 and stated[0].is_possible:
            return stated[0], "the header names the unit"
        if stated or speaks:
            return None
        possible = [each for each in readings if each.is_possible]
        if len(possible) != 1 or possible[0].beyond:
            return None
        unit = possible[0].units[0]
        self._notes.remark(
            self._cell,
            "unit_by_limits",
            f"no unit is named; {unit} is taken, because every other unit gives cartons beyond "
            f"the limits of the policy ({self._solver.example(possible[0])})",
        )
        return possible[0], f"only {unit} gives possible cartons"

    def ask(self, stated: list[SizeReading], readings: list[SizeReading]) -> None:
        """Ask for the unit, with what follows from each that is possible."""
        possible = [each for each in readings if each.is_possible]
        choices = list({each.sizes: each for each in (*stated, *possible)}.values())
        header_says = f"the header says {stated[0].units[0]}, but " if stated else ""
        reason = "no volume in the list proves a unit"
        if stated and stated[0].beyond:
            reason = f"cartons would be {self._solver.example(stated[0])}"
        elif self._solver.columns:
            reason = "the volumes of the list fit no unit, or several"
        self._notes.ask(
            self._cell,
            "unit_of_edges",
            f"{header_says}{reason}: which unit do the edges have?",
            [
                (f"{self._cell}.unit={each.units[0]}", self._solver.example(each))
                for each in choices
                if len(set(each.units)) == 1
            ],
        )

    def _describe(self, taken: SizeReading) -> str:
        fit = taken.proof or taken.near_proof
        if fit is None:
            return "the header names the unit"
        volume = next(each for each in fit.column.volumes if each not in fit.misfits)
        return (
            f"column {fit.column.header} ({fit.unit}) proves {taken.units[0]}: {volume.cell} is "
            f"{value_text(volume.value)}"
        )


def ask_about_volumes(
    taken: SizeReading, lines: Sequence[Line], reading: TableReading, notes: Notes, answers: Answers
) -> None:
    """Ask about each volume that the edges of its lines do not give."""
    for fit in _best_fits(taken):
        for volume in fit.misfits:
            key = f"{volume.cell}.volume"
            if answers.find(key, reading.table.sheet.name, ("size",)) is not None:
                continue
            expected = sum(
                Decimal(lines[index].count if fit.per == "row" or volume.is_total else 1)
                * _volume_cm3(taken.sizes[index])
                for index in volume.lines
            )
            unit = volume.unit or fit.unit
            shown = Decimal(expected) / VOLUMES[unit] if unit in VOLUMES else Decimal(expected)
            notes.ask(
                volume.cell,
                "volume",
                f"the list says {value_text(volume.value)} {unit}, the edges give {shown:.3f}",
                [(f"{key}=size", f"the edges are right: {shown:.3f} {unit}")],
            )


def _best_fits(taken: SizeReading) -> list[Fit]:
    best: dict[str, Fit] = {}
    for fit in taken.fits:
        best.setdefault(fit.column.header, fit)
    return list(best.values())


def _volume_cm3(size: Size) -> Decimal:
    return Decimal(size.length_mm * size.width_mm * size.height_mm) / 1_000
