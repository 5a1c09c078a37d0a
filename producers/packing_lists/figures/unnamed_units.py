"""Weights whose unit nobody names, in a list that measures in metres: kilograms, with a remark.

A figure cannot tell 24 kg from 24 斤 or 24 lb, and most merchants write 毛重 or G.W. alone. Those
who mean another unit than the kilogram name it: customs declarations ask for kilograms (gross mass:
China 毛重(千克), EU data element 18 04 000 000), 斤 has not been a legal unit since 1990
(State Council of China, order of 27 February 1984 on legal units), and pounds go with inches.
A list that names 斤, pounds or inches, or whose figures speak for another unit, is asked about.
"""

import re
from collections.abc import Iterable, Sequence

from producers.packing_lists.figures.mass_evidence import MassReading
from producers.packing_lists.figures.masses import MassSolver
from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.model import Unit

_METRIC: frozenset[Unit] = frozenset(("mm", "cm", "m", "m3", "cm3", "l"))
_CUSTOMARY: frozenset[Unit] = frozenset(("in", "ft", "ft3", "lb", "jin"))
_OTHER_MASS = re.compile(
    r"(?<!公)斤|磅|фунт|libras?\b|رطل|(?<![a-z])(?:lbs?|pounds?|jin|ounces?|oz)(?![a-z])",
    re.IGNORECASE,
)


def keep_kilograms(
    solver: MassSolver, reading: TableReading, readings: Sequence[MassReading]
) -> list[MassReading]:
    """Return the readings in kilograms where nobody names a unit and nothing contradicts them.

    Empty: the unit of the weights is named, or is to be asked about.
    """
    unnamed = [position for position, column in enumerate(solver.columns) if not column.units]
    if not unnamed or not is_metric(reading, solver.edge_units):
        return []
    kept = [each for each in readings if all(each.units[place] == "kg" for place in unnamed)]
    others = [each for each in readings if each not in kept]
    if not kept or not others:
        return []
    best, rival = min(kept, key=_order), min(others, key=_order)
    if _order(rival) < _order(best) or best.beyond:
        return []
    lighter = [each for each in others if each.is_possible and not solver.is_dense(each)]
    return [] if solver.is_dense(best) and lighter else kept


def is_metric(reading: TableReading, units: Iterable[Unit | None]) -> bool:
    """Tell whether the list measures in metres, and names no unit of another system."""
    measured = set(units)
    if not measured or not measured <= _METRIC:
        return False
    columns = reading.table.columns.values()
    named = {meaning.unit for column in columns for meaning in column.meanings}
    if named & _CUSTOMARY:
        return False
    sheet = reading.table.sheet
    return not any(
        isinstance(cell, str) and _OTHER_MASS.search(cell) for row in sheet.rows for cell in row
    )


def tell_assumed(cell: str, example: str, notes: Notes) -> None:
    """Add the remark that kilograms were taken."""
    key = notes.key(f"{cell}.unit")
    notes.remark(
        cell,
        "mass_unit_assumed",
        f"no unit is named, and the list measures in metres: kg is taken ({example}). If the "
        f"weights are in another unit, answer {key}=jin or {key}=lb",
    )


def _order(reading: MassReading) -> tuple[int, int]:
    return len(reading.misfits), -len(reading.proofs)
