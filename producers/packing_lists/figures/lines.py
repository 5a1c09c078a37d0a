"""Lines of equal cartons while they are being read."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from producers.packing_lists.figures.cells import Quantity
from producers.packing_lists.figures.table import Amount, TableReading
from producers.packing_lists.model import Field, RowGroup


class Line(msgspec.Struct, kw_only=True):
    """Cartons of one size in a group of rows; the first row has their figures."""

    group: int
    """The layout's group, to which rows of totals refer."""
    bundle: int
    """Groups that share a count and carton numbers: rows of several sizes have the same bundle."""
    rows: tuple[int, ...]
    count: int = 0
    edges: tuple[Quantity, Quantity, Quantity] | None = None
    numbers: tuple[str, ...] = ()
    unit_ids: tuple[str, ...] = ()

    @property
    def row(self) -> int:
        """The first row, with the cartons' figures."""
        return self.rows[0]


def bundles(groups: Sequence[RowGroup]) -> Iterator[tuple[int, Sequence[RowGroup]]]:
    """Yield groups with those that continue them, and the index of the first."""
    start = 0
    for index in range(1, len(groups) + 1):
        if index == len(groups) or not groups[index].continues:
            if start < len(groups):
                yield start, groups[start:index]
            start = index


def first_amount(reading: TableReading, field: Field, row: int) -> Amount | None:
    """Return the number in the first filled column of a field."""
    for column in reading.columns(field):
        if (found := reading.amount(row, column)) is not None:
            return found
    return None


def value_text(value: Decimal) -> str:
    """Write a number for people, without an exponent and without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
