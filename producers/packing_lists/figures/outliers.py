"""A line whose cartons are far heavier or lighter for their size than all others of the list.

Goods differ: 30 kg/m³ for quilts and 1,900 for bolts are both right. A decimal point that was
forgotten looks the same, and no sum of the list may show it. A remark is all that is due.
"""

from collections.abc import Sequence

from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.table import TableReading, size_columns
from producers.packing_lists.model import CartonLine
from producers.sheets.workbook import cell_name

_FACTOR = 8
"""Less than a decimal point (10), more than most goods of one list differ by (assumption)."""


def remark_outliers(reading: TableReading, lines: Sequence[CartonLine], notes: Notes) -> None:
    """Add a remark for the densest line, or the least dense, if it is far from the next one."""
    columns = reading.columns("gross")
    if len(lines) < 2 or not columns:
        return
    ranked = sorted(lines, key=_kg_per_m3)
    for line, following in ((ranked[-1], ranked[-2]), (ranked[0], ranked[1])):
        density, other = _kg_per_m3(line), _kg_per_m3(following)
        if other / _FACTOR < density < other * _FACTOR:
            continue
        notes.remark(
            cell_name(line.rows[0], columns[0]),
            "density_unlike_others",
            f"these cartons weigh {density:,.0f} kg/m³, and the nearest others {other:,.0f}: "
            "are weight and size right?",
            [cell_name(line.rows[0], each) for each in size_columns(reading)[:1]],
        )
        return


def _kg_per_m3(line: CartonLine) -> float:
    return line.gross_g * 1e6 / (line.length_mm * line.width_mm * line.height_mm)
