"""A line whose cartons are far heavier or lighter for their size than all others of the list.

Goods differ: 30 kg/m³ for quilts and 1,900 for bolts are both right. A decimal point that was
forgotten looks the same, and no sum of the list may show it. A remark is all that is due.
"""

from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.table import TableReading, size_columns
from producers.packing_lists.model import CartonLine
from producers.sheets.workbook import cell_name

_FACTOR = 8
"""Less than a decimal point (10), more than most goods of one list differ by (assumption)."""

_WATER_KG_PER_M3 = 1_000
"""Cartons are lighter, unless they hold tiles, stone or metal (assumption)."""


def remark_outliers(reading: TableReading, lines: Sequence[CartonLine], notes: Notes) -> None:
    """Add a remark for the densest line, or the least dense, if it is far from the next one."""
    rows = [(_kg_per_m3(line), line.rows[0]) for line in lines]
    _remark(reading, rows, size_columns(reading)[:1], notes)


def remark_dense(reading: TableReading, lines: Sequence[CartonLine], notes: Notes) -> None:
    """Add a remark for cartons denser than water, where no other figure proves their weight."""
    dense = [line for line in lines if _kg_per_m3(line) > _WATER_KG_PER_M3]
    if not dense:
        return
    line = max(dense, key=_kg_per_m3)
    more = f" ({len(dense)} rows)" if len(dense) > 1 else ""
    notes.remark(
        cell_name(line.rows[0], reading.columns("gross")[0]),
        "denser_than_water",
        f"a carton of {line.gross_g / 1_000:g} kg weighs {_kg_per_m3(line):,.0f} kg/m³, and no sum "
        f"proves it{more}: are weight and size right?",
        [cell_name(line.rows[0], each) for each in size_columns(reading)[:1]],
    )


def remark_declared_outliers(
    reading: TableReading,
    lines: Sequence[Line],
    volumes_cm3: Sequence[Decimal | None],
    masses_g: Sequence[Decimal | None],
    notes: Notes,
) -> None:
    """Add the same remark for a list that states volumes instead of sizes."""
    rows = [
        (float(mass * 1_000 / volume), line.row)
        for line, volume, mass in zip(lines, volumes_cm3, masses_g, strict=True)
        if volume and mass
    ]
    _remark(reading, rows, reading.columns("volume")[:1], notes)


def _remark(
    reading: TableReading,
    rows: Sequence[tuple[float, int]],
    beside: Sequence[int],
    notes: Notes,
) -> None:
    columns = reading.columns("gross")
    if len(rows) < 2 or not columns:
        return
    ranked = sorted(rows)
    for (density, row), (other, _) in ((ranked[-1], ranked[-2]), (ranked[0], ranked[1])):
        if other / _FACTOR < density < other * _FACTOR:
            continue
        sized = "weight and size" if size_columns(reading) else "weight and volume"
        notes.remark(
            cell_name(row, columns[0]),
            "density_unlike_others",
            f"these cartons weigh {density:,.0f} kg/m³, and the nearest others {other:,.0f}: "
            f"are {sized} right?",
            [cell_name(row, each) for each in beside],
        )
        return


def _kg_per_m3(line: CartonLine) -> float:
    return line.gross_g * 1e6 / (line.length_mm * line.width_mm * line.height_mm)
