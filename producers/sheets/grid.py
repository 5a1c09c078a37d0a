"""Builder of a sheet: takes cells in any order, gives rows without what merged areas cover."""

from groupage.domain.errors import InvalidInput
from producers.sheets.limits import Budget
from producers.sheets.workbook import Area, Cell, Remark, cell_name

_REMARKS_MAX = 20
"""Of one kind about one sheet."""


class Grid:
    """Cells of one sheet while its file is read."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._rows: list[list[Cell]] = []
        self._merged: list[Area] = []
        self._remarks: list[Remark] = []
        self._noted: dict[str, int] = {}

    def put(self, row: int, column: int, value: Cell) -> None:
        """Store a cell's value; an empty one, or one of white space alone, takes no room."""
        if value is None or (isinstance(value, str) and (not value or value.isspace())):
            return
        self._budget.check_cell(row, column)
        rows = self._rows
        if row >= len(rows):
            self._budget.count_cells(row + 1 - len(rows))
            rows.extend([] for _ in range(row + 1 - len(rows)))
        cells = rows[row]
        if column >= len(cells):
            self._budget.count_cells(column + 1 - len(cells))
            cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = value

    def merge(self, area: Area) -> None:
        """Store a merged area; one of a single cell says nothing."""
        if area.first_row == area.last_row and area.first_column == area.last_column:
            return
        self._merged.append(area)
        if len(self._merged) > self._budget.limits.merged_areas:
            raise InvalidInput(
                f"{self._budget.name} has more than {self._budget.limits.merged_areas} "
                "merged areas, the most that is read"
            )

    def note(self, code: str, row: int, column: int, text: str) -> None:
        """Keep a remark about a cell: the first ones of each code, and the number of all."""
        count = self._noted[code] = self._noted.get(code, 0) + 1
        if count <= _REMARKS_MAX:
            self._remarks.append(Remark(code=code, text=text, cell=cell_name(row, column)))

    def finish(self, sheet: str) -> list[Remark]:
        """Empty the cells that merged areas cover, as people see them; return the remarks.

        Excel keeps one value in a merged area; other programs may leave values that nobody sees.
        """
        for area in self._merged:
            for row in range(area.first_row, min(area.last_row + 1, len(self._rows))):
                cells = self._rows[row]
                last = min(area.last_column + 1, len(cells))
                self._budget.count_cells(max(1, last - area.first_column))
                for column in range(area.first_column, last):
                    if (row, column) == (area.first_row, area.first_column):
                        continue
                    if (value := cells[column]) is not None:
                        text = f"{str(value)[:60]!r} lies under a merged cell, where nobody sees it"
                        self.note("covered_value", row, column, f"{text}: not read")
                        cells[column] = None
        more = [
            Remark(code=code, text=f"{count - _REMARKS_MAX} more of this kind")
            for code, count in self._noted.items()
            if count > _REMARKS_MAX
        ]
        return [
            Remark(code=remark.code, text=f"sheet {sheet!r}: {remark.text}", cell=remark.cell)
            for remark in (*self._remarks, *more)
        ]

    def take_rows(self) -> tuple[tuple[Cell, ...], ...]:
        """Return the rows, without empty cells at their ends and empty rows below."""
        rows = self._rows
        for cells in rows:
            while cells and cells[-1] is None:
                cells.pop()
        while rows and not rows[-1]:
            rows.pop()
        return tuple(map(tuple, rows))

    def take_merged(self) -> tuple[Area, ...]:
        """Return the merged areas that reach into the rows, cut at the limits."""
        rows, columns = self._budget.limits.rows, self._budget.limits.columns
        return tuple(
            Area(
                first_row=area.first_row,
                first_column=area.first_column,
                last_row=min(area.last_row, rows - 1),
                last_column=min(area.last_column, columns - 1),
            )
            for area in self._merged
            if area.first_row < rows and area.first_column < columns
        )
