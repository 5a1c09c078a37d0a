"""Figures that agree within the tolerance of a proof, and not to their last digit.

Edges are rounded to centimetres, and weights of rows to kilograms, so a proof allows for more than
an exact list needs. A slip as small as that changes little: it is a remark.
"""

from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.notes import Notes
from producers.packing_lists.figures.sizes import SizeReading
from producers.packing_lists.figures.units import VOLUMES
from producers.packing_lists.figures.volumes import Volume

_ROUNDED_UP = Decimal("0.003")
"""Edges are rounded up to whole millimetres: three of 300 mm give up to 1 % in inches, and most
far less."""
_SHOWN = 5


def remark_inexact_volumes(taken: SizeReading, lines: Sequence[Line], notes: Notes) -> None:
    """Tell of lines whose volume is not that of their size, where it is in most lines."""
    fit = taken.proof
    if fit is None:
        return
    exact = 0
    others: list[tuple[Volume, Decimal]] = []
    for volume in fit.column.volumes:
        if volume.is_total or len(volume.lines) != 1:
            continue
        index = volume.lines[0]
        size, line = taken.sizes[index], lines[index]
        unit = volume.unit if volume.unit in VOLUMES else fit.unit
        count = line.count if fit.per == "row" else 1
        mm3 = size.length_mm * size.width_mm * size.height_mm * count
        expected = Decimal(mm3) / 1_000 / VOLUMES[unit]
        slack = fit.column.step * Decimal("0.51") + expected * _ROUNDED_UP
        if abs(expected - volume.value) <= slack:
            exact += 1
        else:
            others.append((volume, expected))
    if not others or exact < 2 * len(others):
        return
    shown = ", ".join(
        f"{volume.cell}: {value_text(volume.value)}, and the edges give "
        f"{value_text(expected.quantize(fit.column.step))}"
        for volume, expected in others[:_SHOWN]
    )
    notes.remark(
        others[0][0].cell,
        "volume_inexact",
        f"{shown}; in the other rows size and volume agree",
        [volume.cell for volume, _ in others[1:_SHOWN]],
    )


def describe_inexact(stated: Decimal, added: Decimal, step: Decimal, unit: str) -> str:
    """Say by how much a total differs from its rows, both in one unit; empty: to the last digit."""
    if abs(stated - added) <= step * Decimal("0.51"):
        return ""
    return (
        f"the list's total is {value_text(stated)} {unit}, the rows add up to "
        f"{value_text(added)} {unit}: rounded, or a slip in a row"
    )
