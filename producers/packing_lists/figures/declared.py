"""Totals of a list without sizes, as merchants send it at booking: cartons, m³ and kg."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from groupage.domain.carton_limits import CartonLimits
from groupage.domain.containers import SPECS
from producers.packing_lists.figures.counts import count_cartons
from producers.packing_lists.figures.declared_columns import (
    COLUMNS_MAX,
    DeclaredColumn,
    combine,
    declared_column,
)
from producers.packing_lists.figures.declared_units import DeclaredUnits
from producers.packing_lists.figures.inexact import describe_inexact
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.outliers import remark_declared_outliers
from producers.packing_lists.figures.table import Amount, TableReading, Total
from producers.packing_lists.figures.units import MASSES, VOLUMES
from producers.packing_lists.model import Field, Per, Totals, Unit
from producers.sheets.workbook import cell_name

_TOLERANCE = Decimal("0.005")
_SPEC = SPECS["45G1"]
_CONTAINER: dict[Field, Decimal] = {
    "volume": Decimal(_SPEC.length_mm * _SPEC.width_mm * _SPEC.height_mm) / 1_000,
    "gross": Decimal(CartonLimits().gross_max_g),
}
"""Content of a container, in base units: cubic centimetres and grams."""
_CARTON_MIN: dict[Field, Decimal] = {"volume": Decimal(1_000), "gross": Decimal(100)}
"""A litre and 100 g: less in a carton is more likely a figure of one carton."""
_CONTAINERS_MAX = 10
"""No shipper sends more with one list to a hub that consolidates less than container loads."""


def read_declared_totals(reading: TableReading, notes: Notes, answers: Answers) -> Totals | None:
    """Add up cartons, volume and mass of a list without sizes; None after an error or question."""
    before = notes.problems
    lines = count_cartons(reading, notes, answers).lines
    if lines is None:
        return None
    if not reading.columns("volume") and not list(reading.label_totals("volume")):
        rows = reading.table.layout.header_rows
        notes.error(
            cell_name(rows[-1] if rows else 0, 0),
            "size",
            "the list has neither sizes (尺寸 / Size) nor volumes (体积 / CBM)",
        )
        return None
    units = DeclaredUnits(reading, lines, notes)
    volumes = _Adder("volume", VOLUMES, reading, lines, notes, answers, units)
    masses = _Adder("gross", MASSES, reading, lines, notes, answers, units)
    volume, mass = volumes.add_up(), masses.add_up()
    if volume is None or mass is None or notes.problems > before:
        return None
    remark_declared_outliers(reading, lines, volumes.of_rows, masses.of_rows, notes)
    notes.remark(
        "", "sizes_to_follow", "the list has no sizes: its totals are declared, sizes are to follow"
    )
    return Totals(
        cartons=sum(line.count for line in lines),
        volume_cm3=int(volume.to_integral_value(rounding=ROUND_CEILING)),
        gross_g=max(1, int(mass.to_integral_value(rounding=ROUND_HALF_UP))),
    )


class _Adder:
    """Adds up a field in base units: of the rows, checked against the list's totals."""

    def __init__(
        self,
        field: Field,
        factors: dict[Unit, Decimal],
        reading: TableReading,
        lines: Sequence[Line],
        notes: Notes,
        answers: Answers,
        units: DeclaredUnits,
    ) -> None:
        self._units = units
        self._field = field
        self._factors = factors
        self._reading = reading
        self._lines = lines
        self._notes = notes
        self._answers = answers
        self._sheet = reading.table.sheet.name
        self.of_rows: Sequence[Decimal | None] = [None] * len(lines)
        """What the cartons of each line have together, once it is added up."""

    def add_up(self) -> Decimal | None:
        """Return the sum; None after a question or an error."""
        columns = self._reading.columns(self._field)[:COLUMNS_MAX]
        labels = list(self._reading.label_totals(self._field))
        if not columns:
            return self._of_label(labels)
        read = [self._read(column, labels) for column in columns]
        known = [column for column in read if column is not None]
        if len(known) < len(read):
            return None
        filled = [column for column in known if any(column.values)] or known[:1]
        joined: DeclaredColumn | None = filled[0]
        if len(filled) > 1:
            joined = combine(
                filled, self._lines, self._reading, self._field, self._notes, self._answers
            )
        return None if joined is None else self._judge(joined)

    def _read(self, column: int, labels: Sequence[Total]) -> DeclaredColumn | None:
        """Return a column in base units; None after a question about its unit."""
        amounts = [
            amount
            for line in self._lines
            for row in line.rows
            if (amount := self._reading.amount(row, column)) is not None and amount.value > 0
        ]
        totals = [*self._reading.totals(column)] or labels
        unit = self._unit(column, amounts, totals)
        if unit is None:
            return None
        pers = self._pers(column)
        return declared_column(
            self._reading, self._lines, column, unit, self._factors, pers, totals
        )

    def _unit(self, column: int, amounts: Sequence[Amount], totals: Sequence[Total]) -> Unit | None:
        """Return the unit of the header, of all cells or of an answer; ask without one."""
        cell = self._reading.table.header_cell(column)
        answer = self._answers.find(f"{cell}.unit", self._sheet, tuple(self._factors))
        named = [unit for unit in self._reading.units(column) if unit in self._factors]
        in_cells = {amount.unit for amount in (*amounts, *(total.amount for total in totals))}
        if not named and None not in in_cells:
            named = [unit for unit in self._factors if unit in in_cells][:1]
        units = [unit for unit in self._factors if unit == answer] or named
        if len(units) == 1:
            self._units.note(self._field, units[0])
            return units[0]
        usual = self._units.find(self._field, column) if not units else None
        if usual is not None:
            self._units.note(self._field, usual)
            return usual
        example = next((amount.value for amount in amounts), Decimal(1))
        self._notes.ask(
            cell,
            f"{self._field}_unit",
            "no unit is named, and a list without sizes has nothing that proves it",
            [
                (f"{cell}.unit={unit}", f"{value_text(example)} {unit} in the first row")
                for unit in named or self._factors
            ],
        )
        return None

    def _judge(self, column: DeclaredColumn) -> Decimal | None:
        """Return the sum per row or per carton, as header, totals or an answer say."""
        pers = list(column.pers)
        sums: dict[Per, Decimal] = {"row": Decimal(0), "carton": Decimal(0)}
        for line, value in zip(self._lines, column.values, strict=True):
            sums["row"] += value or 0
            sums["carton"] += (value or 0) * line.count
        every = len(self._reading.table.layout.groups)
        whole = [(total, base) for total, base in column.totals if len(total.groups) == every]
        stated = [base for _, base in whole]
        missing = [
            line for line, value in zip(self._lines, column.values, strict=True) if value is None
        ]
        if len(missing) == len(self._lines) and stated:
            return stated[0]
        if missing:
            cell = cell_name(missing[0].row, column.column)
            self._notes.error(cell, self._field, f"the {self._field} is missing")
            return None
        cell = self._reading.table.header_cell(column.column)
        if len(pers) > 1 and not stated and self._is_beyond_containers(sums):
            self._notes.remark(
                cell,
                f"{self._field}_of_rows",
                f"the {self._field} is taken for that of the whole row: as that of each carton it "
                f"would fill more than {_CONTAINERS_MAX} containers",
            )
            pers = ["row"]
        fitting: Sequence[Per] = [
            per
            for per in pers
            if all(abs(sums[per] - each) <= each * _TOLERANCE for each in stated)
        ]
        factor = self._factors[column.unit]
        shown = {per: f"{value_text(sums[per] / factor)} {column.unit}" for per in sums}
        if stated and not fitting:
            beyond = [
                (f"{cell}.per={per}", f"{shown[per]} in all, as the total says")
                for per in sums
                if per not in pers and all(abs(sums[per] - s) <= s * _TOLERANCE for s in stated)
            ]
            fitting = self._settle_total(whole[0][0], pers, shown, beyond)
        if len({sums[per] for per in fitting}) > 1:
            self._notes.ask(
                cell,
                f"{self._field}_per",
                f"is the {self._field} that of a carton, or of the whole row?",
                [(f"{cell}.per={per}", f"{shown[per]} in all") for per in fitting],
            )
            return None
        if not fitting:
            return None
        for total, base in whole:
            rows = sums[fitting[0]] / factor
            if abs(base - sums[fitting[0]]) <= base * _TOLERANCE and (
                text := describe_inexact(base / factor, rows, column.step / factor, column.unit)
            ):
                self._notes.remark(total.cell, "total_inexact", text)
        self.of_rows = [
            column.of_row(index, line, fitting[0]) for index, line in enumerate(self._lines)
        ]
        return sums[fitting[0]]

    def _is_beyond_containers(self, sums: dict[Per, Decimal]) -> bool:
        """Tell whether only the figures of rows give what a hub consolidates.

        The cartons fit in a container and are as large as cartons are; times the count they would
        fill ten of them.
        """
        most, least = _CONTAINER[self._field], _CARTON_MIN[self._field]
        count = sum(line.count for line in self._lines)
        is_usual = count * least <= sums["row"] <= most
        return is_usual and sums["carton"] > most * _CONTAINERS_MAX

    def _pers(self, column: int) -> list[Per]:
        cell = self._reading.table.header_cell(column)
        both: tuple[Per, Per] = ("row", "carton")
        answer = self._answers.find(f"{cell}.per", self._sheet, both)
        chosen = [per for per in both if per == answer]
        return chosen or list(self._reading.pers(column))

    def _settle_total(
        self,
        total: Total,
        pers: Sequence[Per],
        shown: dict[Per, str],
        beyond: Sequence[tuple[str, str]],
    ) -> Sequence[Per]:
        """Ask about a total that the rows do not give; an answer lets the rows count.

        `beyond`: answers that read the column against its header, as the total proves it.
        """
        key = f"{total.cell}.total"
        if self._answers.find(key, self._sheet, ("rows",)):
            return pers
        rows = " or ".join(shown[per] for per in pers)
        self._notes.ask(
            total.cell,
            f"total_of_{self._field}",
            f"the list's total is {value_text(total.amount.value)}, the rows have {rows}",
            [(f"{key}=rows", f"the rows count: {rows}"), *beyond],
        )
        return ()

    def _of_label(self, labels: Sequence[Total]) -> Decimal | None:
        """Return the sum beside a label, where the table has no such column."""
        if not labels:
            self._notes.error("", self._field, f"the list states no {self._field}")
            return None
        total = labels[0]
        answer = self._answers.find(f"{total.cell}.unit", self._sheet, tuple(self._factors))
        for unit, factor in self._factors.items():
            if unit == (total.amount.unit or answer):
                return total.amount.value * factor
        self._notes.ask(
            total.cell,
            f"{self._field}_unit",
            f"in which unit is {value_text(total.amount.value)}?",
            [
                (f"{total.cell}.unit={unit}", f"{value_text(total.amount.value)} {unit}")
                for unit in self._factors
            ],
        )
        return None
