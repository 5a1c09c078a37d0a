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
