"""Units that a list without sizes does not name: cubic metres and kilograms, if plausible.

Cubic feet are 35 times smaller: the same figures would be cartons denser than water, or tiny ones.
Where both are plausible, or the list names another unit anywhere, somebody is asked.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import product

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.figures.units import MASSES, VOLUMES
from producers.packing_lists.figures.unnamed_units import is_metric, tell_assumed
from producers.packing_lists.model import Field, Per, Unit

_DENSE_G_PER_L = 1_000
"""Cartons are lighter than water, unless they hold tiles or metal (assumption)."""
_TOLERANCE = Decimal("0.005")
_CARTON_CM3 = (Decimal(1_000), Decimal(4_000_000))
"""From a litre, less than a shoe box, to a crate of 4 m³ (assumption)."""


class DeclaredUnits:
    """Units of volumes and weights by what cartons weigh for their volume."""

    def __init__(self, reading: TableReading, lines: Sequence[Line], notes: Notes) -> None:
        self._reading = reading
        self._lines = lines
        self._notes = notes
        self._known: dict[Field, Unit] = {}

    def note(self, field: Field, unit: Unit) -> None:
        """Remember the unit that the list or an answer names."""
        self._known[field] = unit

    def find(self, field: Field, column: int) -> Unit | None:
        """Return the usual unit of a column that names none, with a remark; None: ask."""
        if field == "volume":
            return self._find_volume(column)
        if self._known.get("volume") != "m3" or not is_metric(self._reading, ("m3",)):
            return None
        if not self._is_plausible("m3", "kg"):
            return None
        cell = self._reading.table.header_cell(column)
        first = next((value for line in self._lines if (value := self._amount(line, column))), 0)
        tell_assumed(cell, f"{first:f} kg in the first row", self._notes)
        return "kg"

    def _find_volume(self, column: int) -> Unit | None:
        units = [unit for each in self._reading.columns("gross") for unit in self._units(each)]
        masses = tuple(dict.fromkeys(units)) or ("kg",)
        if not is_metric(self._reading, ("m3",)):
            return None
        if not all(self._is_plausible("m3", unit) for unit in masses):
            return None
        if any(self._is_plausible("ft3", unit) for unit in (*masses, "lb")):
            return None
        self._notes.remark(
            self._reading.table.header_cell(column),
            "volume_unit_assumed",
            "no unit is named: m³ is taken, as cartons of these cubic feet would be denser than "
            "water or very small",
        )
        return "m3"

    def _units(self, column: int) -> tuple[Unit, ...]:
        in_cells = {
            amount.unit
            for line in self._lines
            if (amount := self._reading.amount(line.row, column)) is not None
        }
        named = [unit for unit in MASSES if unit in in_cells]
        return self._reading.units(column) or tuple(named)

    def _amount(self, line: Line, column: int) -> Decimal | None:
        found = self._reading.amount(line.row, column)
        return found.value if found is not None and found.value > 0 else None

    def _is_plausible(self, volume: Unit, mass: Unit) -> bool:
        """Tell whether all cartons are plausible under some meaning of the first columns."""
        volumes, masses = self._column("volume"), self._column("gross")
        if volumes is None or masses is None:
            return False
        pers = self._pers(volumes), self._pers(masses)
        return any(
            self._is_plausible_as(volumes, VOLUMES[volume], masses, MASSES[mass], way)
            for way in product(*pers)
        )

    def _column(self, field: Field) -> int | None:
        """Return the column of a field that has a total, or else the first."""
        columns = self._reading.columns(field)
        summed = (column for column in columns if any(True for _ in self._reading.totals(column)))
        return next(summed, next(iter(columns), None))

    def _pers(self, column: int) -> Sequence[Per]:
        """Return the meanings that the header allows and, if there is one, the total proves."""
        stated = {total.amount.value for total in self._reading.totals(column)}
        known = [(line.count, self._amount(line, column) or Decimal(0)) for line in self._lines]
        sums: dict[Per, Decimal] = {
            "row": sum((value for _, value in known), Decimal(0)),
            "carton": sum((value * count for count, value in known), Decimal(0)),
        }
        allowed = self._reading.pers(column)
        proved = [
            per
            for per in allowed
            if any(abs(sums[per] - total) <= total * _TOLERANCE for total in stated)
        ]
        return proved or allowed

    def _is_plausible_as(
        self,
        volumes: int,
        cm3: Decimal,
        masses: int,
        grams: Decimal,
        pers: tuple[Per, ...],
    ) -> bool:
        least, most = _CARTON_CM3
        known = 0
        for line in self._lines:
            volume, mass = self._amount(line, volumes), self._amount(line, masses)
            if volume is None or mass is None:
                continue
            known += 1
            volume *= cm3 / (line.count if pers[0] == "row" else 1)
            mass *= grams / (line.count if pers[1] == "row" else 1)
            litres = volume / 1_000
            floor = CartonLimits().density_min_g_per_l * litres
            if not (least <= volume <= most and floor <= mass <= _DENSE_G_PER_L * litres):
                return False
        return known > 0
