"""Columns of gross and net weights with their names swapped: gross weights below net weights."""

from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.figures.lines import value_text
from producers.packing_lists.figures.mass_columns import MassColumn
from producers.packing_lists.figures.notes import Answers, Notes

Columns = Sequence[MassColumn]
_RATIO_MAX = Decimal("1.6")
"""Net weights above it are those of rows, beside gross weights of a carton."""


def settle_swapped(
    gross: Columns, nets: Columns, sheet: str, notes: Notes, answers: Answers
) -> tuple[Columns, Columns] | None:
    """Return the columns of gross and net weights, as an answer says; None after a question."""
    if len(gross) != 1 or len(nets) != 1 or not _are_swapped(gross[0], nets[0]):
        return gross, nets
    key = f"{nets[0].cell}.net"
    answer = answers.find(key, sheet, ("gross", "ignore"))
    if answer == "gross":
        return nets, gross
    if answer == "ignore":
        return gross, ()
    first, net = next(
        (one, other)
        for one, other in zip(gross[0].values, nets[0].values, strict=True)
        if one and other and one.value < other.value
    )
    notes.ask(
        gross[0].cell,
        "mass_contradiction",
        f"most gross weights are below the net weights ({first.cell}: {value_text(first.value)}, "
        f"{net.cell}: {value_text(net.value)}): are the names of the two columns swapped?",
        [
            (f"{key}=gross", f"swapped: {net.cell}, {value_text(net.value)}, is a gross weight"),
            (
                f"{key}=ignore",
                f"{first.cell}, {value_text(first.value)}, is right, and the net weights are wrong",
            ),
        ],
        [nets[0].cell, first.cell, net.cell],
    )
    return None


def _are_swapped(gross: MassColumn, net: MassColumn) -> bool:
    """Tell whether most gross weights are below the net weights of the same unit and meaning."""
    if gross.units != net.units or gross.pers != net.pers:
        return False
    ratios = [
        other.value / one.value
        for one, other in zip(gross.values, net.values, strict=True)
        if one and other and one.unit == other.unit
    ]
    above = [ratio for ratio in ratios if ratio > 1]
    if len(gross.pers) > 1:
        above = [ratio for ratio in above if ratio <= _RATIO_MAX]
    return len(above) * 2 > len(ratios) > 0
