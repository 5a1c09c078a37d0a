"""Edges of cartons: which unit they have, proved by the volumes that the list states.

Edges × count is a volume. Each unit of length gives another one (cm instead of mm: a thousand times
more), so a volume in any row or total says which unit the edges have.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

import msgspec

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.figures.limits import Size, describe_excess, excess_of_edges
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.table import EDGES, TableReading, value_under
from producers.packing_lists.figures.units import LENGTHS, VOLUMES
from producers.packing_lists.figures.volumes import (
    Fit,
    VolumeColumn,
    compare,
    volume_columns,
)
from producers.packing_lists.model import Per, Unit

_STEP = Decimal("0.001")
EdgeUnits = tuple[Unit, Unit, Unit]


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
    def plain_rows(self) -> frozenset[int]:
        """Rows of totals that add up figures of a carton: their sums of weights prove nothing."""
        return frozenset(volume.row for fit in self.fits[:1] for volume in fit.plain_sums)

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
    return max(1, int(mm.to_integral_value(rounding=ROUND_CEILING)))


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
        strong, misfits, plain_sums = 0, [], []
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
            fits, is_strong = compare(volume.value * factor, expected, column.step * factor)
            strong += is_strong
            if not fits:
                misfits.append(volume)
            elif is_strong and volume.is_total and len(expected) > 1:
                fits_counted, _ = compare(volume.value * factor, expected[:1], column.step * factor)
                plain_sums += [] if fits_counted else [volume]
        is_stated = per in column.pers and bool(column.units)
        return Fit(column, unit, per, strong, tuple(misfits), is_stated, tuple(plain_sums))

    def _is_beyond(self, index: int, size: Size) -> bool:
        return bool(
            describe_excess(size, self._lightest_g[index], self._heaviest_g[index], self._limits)
        )

    def has_usual_edges(self, reading: SizeReading) -> bool:
        """Tell whether all edges are within the limits, whatever the cartons weigh."""
        return not any(excess_of_edges(size, self._limits) for size in reading.sizes)

    def rows_beyond(self, reading: SizeReading) -> tuple[list[int], str]:
        """Return the rows whose cartons are beyond the limits, and the edges of the first."""
        rows = [self._lines[index].row for index in reading.beyond]
        return rows, f"{_edges_text(reading.sizes[reading.beyond[0]])} cm"

    def example(self, reading: SizeReading) -> str:
        """Say what a reading means for the first line, and for all lines together."""
        count, edges = sum(line.count for line in self._lines), _edges_text(reading.sizes[0])
        volume = sum(
            Decimal(size.length_mm * size.width_mm * size.height_mm * line.count)
            for size, line in zip(reading.sizes, self._lines, strict=True)
        )
        return f"{edges} cm: {count} cartons, {volume / 10**9:.3f} m³"


def _edges_text(size: Size) -> str:
    return " × ".join(value_text(Decimal(edge) / 10) for edge in size.edges)
