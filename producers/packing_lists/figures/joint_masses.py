"""Weights that stand for several lines: of all sizes of a group, or merged over rows."""

from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.figures.limits import Size
from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.mass_columns import MassColumn
from producers.packing_lists.figures.merged import WAYS, Span, shares_of
from producers.packing_lists.figures.notes import Answers


class JointMasses:
    """Which weights of a table's columns stand for several lines, and how these share them."""

    def __init__(
        self,
        columns: Sequence[MassColumn],
        lines: Sequence[Line],
        sizes: Sequence[Size] | None,
        answers: Answers,
        sheet: str,
    ) -> None:
        self._columns = columns
        self._lines = lines
        self._volumes = [size.length_mm * size.width_mm * size.height_mm for size in sizes or ()]
        self.sums = self._find_sums()
        """Weights of lines that have their own in another column, by column and first line."""
        self._summed = {
            (position, index) for (position, _), indices in self.sums.items() for index in indices
        }
        self._shares: list[dict[int, Decimal]] = []
        for column in columns:
            shares: dict[int, Decimal] = {}
            for span in column.merged:
                stated = column.values[span[0]]
                way = answers.find(f"{stated.cell}.merged", sheet, WAYS) if stated else None
                shares |= self.shares(span, way)
            self._shares.append(shares)

    def _find_sums(self) -> dict[tuple[int, int], Sequence[int]]:
        groups: dict[int, list[int]] = {}
        for index, line in enumerate(self._lines):
            groups.setdefault(line.bundle, []).append(index)
        found: dict[tuple[int, int], Sequence[int]] = {}
        for indices in groups.values():
            if len(indices) < 2:
                continue
            filled = [[bool(column.values[each]) for each in indices] for column in self._columns]
            for position, has in enumerate(filled):
                if has[0] and not any(has[1:]) and any(all(other) for other in filled):
                    found[position, indices[0]] = indices
        for position, column in enumerate(self._columns):
            others = [other for other in self._columns if other is not column]
            for span in column.merged:
                if any(
                    all(other.values[index] for index in span) and span not in other.merged
                    for other in others
                ):
                    found[position, span[0]] = span
        return found

    def is_summed(self, position: int, index: int) -> bool:
        """Tell whether a column has a line's weight only within a sum."""
        return (position, index) in self._summed

    def share(self, position: int, index: int) -> Decimal:
        """Return which part of the weight of its row, or of merged rows, a line has."""
        return self._shares[position].get(index, Decimal(1))

    def shares(self, span: Span, way: str | None) -> dict[int, Decimal]:
        """Return the parts that the lines of a span have of their weight."""
        return shares_of(span, way, self._lines, self._volumes)
