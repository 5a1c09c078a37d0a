"""Errors, remarks and doubts about the rows of a table."""

from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.grid import Grid
from producers.packing_lists.model import Finding, RowGroup, TotalsRow
from producers.packing_lists.totals import shorten
from producers.sheets.workbook import cell_name

FINDINGS_MAX = 200
"""Errors and remarks of a table that are kept, each."""


class RowFindings:
    """Collects what there is to say of a table's rows.

    A doubt is an error unless the list's own sum of cartons agrees with the rows as they were read.
    """

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._doubts: list[Finding] = []
        self.errors: list[Finding] = []
        self.remarks: list[Finding] = []

    def add_error(self, code: str, row: int, text: str) -> None:
        """Add an error at a row's first cell."""
        if len(self.errors) < FINDINGS_MAX:
            self.errors.append(self._finding(code, row, text))

    def add_remark(self, code: str, row: int, text: str, column: int | None = None) -> None:
        """Add a remark at a cell of a row, the first by default."""
        if len(self.remarks) < FINDINGS_MAX:
            self.remarks.append(self._finding(code, row, text, column))

    def add_doubt(self, code: str, row: int, text: str) -> None:
        """Add an error that an agreeing sum of cartons takes back."""
        if len(self._doubts) < FINDINGS_MAX:
            self._doubts.append(self._finding(code, row, text))

    def add_unplaced(self, row: int) -> None:
        """Add the error of a row that looks like cargo and belongs to no carton."""
        filled = ", ".join(
            f"{cell_name(row, column)}: {shorten(cell, 20)}"
            for column, cell in self._grid.filled(row)[:6]
        )
        text = (
            f"row {row + 1} looks like cargo ({filled}), but belongs to no carton: give a carton "
            "number, a size or a count, or take the row out"
        )
        self.add_error("row_unplaced", row, text)

    def remark_shared(self, row: int, number: str, first: int) -> None:
        """Tell of goods in one of several cartons above."""
        text = f"carton {number} is one of those in row {first + 1}: it has these goods, too"
        self.add_remark("carton_shared", row, text)

    def remark_repeated(self, row: int, number: str, first: int) -> None:
        """Tell of a row that repeats the number and the size of the carton above."""
        text = (
            f"carton {number} stands in rows {first + 1} and {row + 1} with the same size: one "
            "carton with several articles"
        )
        self.add_remark("carton_repeated", row, text)

    def doubt_repeated(self, row: int, number: str, first: int) -> None:
        """Doubt a row that repeats a carton's number with figures of its own."""
        self.add_doubt(
            "carton_number_repeated",
            row,
            f"carton {number} stands in rows {first + 1} and {row + 1}, both with a count or "
            f"size: if it is one carton, write count, size and weight in row {first + 1} "
            "only; if not, give each its own number",
        )

    def doubt_count(self, row: int, above: int) -> None:
        """Doubt a row with goods and a size that shares the count of the row above."""
        missing = "a count of cartons" if self._grid.has("cartons") else "a carton number"
        self.add_doubt(
            "count_missing",
            row,
            f"row {row + 1} has goods and a size, but lacks {missing}: give it, or merge it with "
            f"row {above + 1} if it is one of that row's cartons",
        )

    def tell_own_mass(self, row: int, first: int, *, covered: bool) -> None:
        """Tell of an article with a weight or volume of its own, or doubt that it is one."""
        figures = self._grid.figures(row, "gross", "volume")
        beside = ", ".join(
            f"{cell_name(row, column)}: {figure}" for column, figure in figures.items()
        )
        if covered:
            text = f"row {row + 1} is an article in the carton of row {first + 1}; it has figures"
            self.add_remark("article_with_mass", row, f"{text} of its own ({beside})")
            return
        self.add_doubt(
            "row_unplaced",
            row,
            f"row {row + 1} has a weight or volume ({beside}), but no carton number, size or "
            f"count: if it is a further article in the carton of row {first + 1}, leave the "
            "weight empty or merge it with the row above; if it is a carton, give the others",
        )

    def settle(self, groups: Sequence[RowGroup], totals: Sequence[TotalsRow]) -> None:
        """Make errors of the doubts that the sum of cartons does not take back."""
        counts = (self._grid.count(group.rows[0]) or Decimal(0) for group in groups)
        counted = sum(counts, Decimal(0))
        declared = [
            count
            for total in totals
            if total.scope == "table" and (count := self._grid.count(total.row)) is not None
        ]
        if not declared or declared[-1] != counted:
            self.errors.extend(self._doubts)

    def _finding(self, code: str, row: int, text: str, column: int | None = None) -> Finding:
        if column is None:
            column = next((column for column, _ in self._grid.filled(row)), 0)
        return Finding(
            cell=cell_name(row, column), code=code, text=text, sheet=self._grid.sheet.name
        )
