"""Words beside the cargo of a line: columns of remarks, models, materials and the like."""

import re
from collections.abc import Iterator, Sequence

from producers.packing_lists.figures.cells import is_blank, text_of
from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.grid import tall_areas
from producers.packing_lists.model import Text
from producers.packing_lists.words import words_of
from producers.sheets.workbook import CellError, Formula, cell_name

TEXT_LENGTH_MAX = 2_000
_CANCELLED = re.compile(
    r"取消|作废|作廢|不出货|不出貨|不发货|不發貨|暂不发"
    r"|\bcancel|\bnot (?:be )?ship|\bdo(?:es)? not ship|\bvoid\b"
)
"""Words of a remark about cargo that does not ship."""
RowText = tuple[int, int, str]
"""Row, column and text; the row is the one where the text stands."""


class RemarkReader:
    """Reads the columns that have no figures of the cargo; a merged cell holds for all its rows."""

    def __init__(self, reading: TableReading) -> None:
        table = reading.table
        self._sheet = table.sheet
        self._columns = [index for index in table.columns if reading.assignment[index] == "ignored"]
        self._remarks = [
            index
            for index in self._columns
            if any("remark" in token for token in words_of(table.columns[index].header).tokens)
        ]
        self._areas = tall_areas(table.sheet.merged, set(self._columns))

    def remarks(self, line: Line) -> Iterator[RowText]:
        """Yield what columns of remarks say of a line."""
        yield from self._texts(line, self._remarks)

    def texts(self, line: Line) -> Iterator[Text]:
        """Yield what all these columns say of a line."""
        for row, column, text in self._texts(line, self._columns):
            yield Text(cell=cell_name(row, column), text=text, sheet=self._sheet.name)

    def ask_about_cancelled(self, lines: Sequence[Line], notes: Notes, answers: Answers) -> None:
        """Ask about lines of which a remark says that they do not ship."""
        for line in lines:
            for row, column, text in self.remarks(line):
                cell = cell_name(row, column)
                if not _CANCELLED.search(text.lower()):
                    continue
                if answers.find(f"{cell}.ships", self._sheet.name, ("yes",)):
                    continue
                notes.ask(
                    cell,
                    "cancelled",
                    f"{text[:60]!r}: do the {line.count} cartons of row {line.row + 1} ship? If "
                    "not, take the row out of the list",
                    [(f"{cell}.ships=yes", f"they ship: {line.count} cartons")],
                )

    def _texts(self, line: Line, columns: list[int]) -> Iterator[RowText]:
        for row in line.rows:
            for column in columns:
                cell, place = self._sheet.cell(row, column), row
                area = self._areas.get((row, column))
                if is_blank(cell) and area is not None and row == line.row:
                    place = area.first_row
                    cell = self._sheet.cell(place, area.first_column)
                if isinstance(cell, Formula | CellError) or is_blank(cell):
                    continue
                if isinstance(cell, str):
                    yield place, column, text_of(cell)[:TEXT_LENGTH_MAX]
