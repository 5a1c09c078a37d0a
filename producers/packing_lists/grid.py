"""Cells of a table by what their columns mean, with merged areas."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from producers.packing_lists.cells import is_empty, look, text_of
from producers.packing_lists.model import Column, Field
from producers.sheets.workbook import Area, Cell, Sheet

SIZE: tuple[Field, ...] = ("size", "length", "width", "height")
GOODS: tuple[Field, ...] = ("goods", "article", "marks", "hs")
SUMMED: tuple[Field, ...] = ("cartons", "pieces", "volume", "gross", "net", "amount")
"""Fields whose figures totals rows add up."""
CARGO: tuple[Field, ...] = ("cartons", "pieces", "pieces_per_carton", "volume", "gross", "net")

_DASHES = frozenset(("-", "--", "—", "——", "–"))
_DITTO_LENGTH_MAX = 30
_EDGES = re.compile(r"\d\D{0,6}[x×*хX✕/]\D{0,4}\d|\d{2}[- ,，] ?\d{2,4}[- ,，] ?\d{2}")
"""A part of a size in words: ``about 60*40*35``, ``60-40-30``."""
_DITTO_WORDS = frozenset(
    (
        *(
            "同上",
            "同前",
            "同上品",
            "同上货",
            "同上款",
            "同上项",
            "同上行",
            "如上",
            "ditto",
            "dto",
            "do",
        ),
        *(
            "idem",
            "same",
            "asabove",
            "sameasabove",
            "тоже",
            "igual",
            "aynı",
            "aynısı",
            "نفسه",
            "كذلك",
        ),
    )
)
_DITTO_SIGNS = re.compile(r"-*(?:[\"″〃“”„]|''|//)[\"″〃“”„'/-]*")


def is_ditto(cell: Cell) -> bool:
    """Tell whether a cell is a mark for "the same as above": ``〃``, ``-do-``, 同上."""
    if not isinstance(cell, str) or len(cell) > _DITTO_LENGTH_MAX:
        return False
    text = re.sub(r"[\s.()]", "", cell).lower()
    return text.strip("-–—") in _DITTO_WORDS or bool(_DITTO_SIGNS.fullmatch(text))


def _is_label(cell: Cell) -> bool:
    return isinstance(cell, str) and (":" in cell or "：" in cell)


class Grid:
    """The table's cells. A column counts as the field of its best meaning."""

    def __init__(self, sheet: Sheet, columns: tuple[Column, ...]) -> None:
        self.sheet = sheet
        self.columns = columns
        self._by_field: dict[Field, list[int]] = {}
        for column in columns:
            self._by_field.setdefault(column.meanings[0].field, []).append(column.index)
        self._filled_row = -1
        self._filled: list[tuple[int, Cell]] = []
        self._tall = tall_areas(sheet.merged, {column.index for column in columns})

    def has(self, *fields: Field) -> bool:
        """Tell whether the table has a column of any of the fields."""
        return any(field in self._by_field for field in fields)

    def indices(self, *fields: Field) -> Iterator[int]:
        """Yield the columns of the fields."""
        for field in fields:
            yield from self._by_field.get(field, ())

    def cells(self, row: int, *fields: Field) -> Iterator[tuple[int, Cell]]:
        """Yield the filled cells of the fields in a row, with their columns."""
        for column in self.indices(*fields):
            cell = self.sheet.cell(row, column)
            if not is_empty(cell):
                yield column, cell

    def own(self, row: int, *fields: Field) -> bool:
        """Tell whether a row has a filled cell of any of the fields."""
        return any(True for _ in self.cells(row, *fields))

    def dashed(self, row: int, *fields: Field) -> bool:
        """Tell whether a dash stands in a cell of the fields: none, and not forgotten."""
        cells = (self.sheet.cell(row, column) for column in self.indices(*fields))
        return any(isinstance(cell, str) and cell.strip() in _DASHES for cell in cells)

    def sized(self, row: int) -> bool:
        """Tell whether a row has a size of its own: a cell with a figure, or a ditto mark."""
        return any(
            look(cell).kind in ("number", "size", "unknown")
            or (look(cell).kind != "date" and _EDGES.search(text_of(cell)[:80]))
            or is_ditto(cell)
            for _, cell in self.cells(row, *SIZE)
            if not _is_label(cell)
        )

    def text(self, row: int, *fields: Field) -> str:
        """Return the texts of the fields in a row, joined by spaces."""
        return " ".join(text_of(cell) for _, cell in self.cells(row, *fields))

    def figures(self, row: int, *fields: Field) -> dict[int, Decimal | None]:
        """Return the figures of the fields in a row by column; None: it has two readings."""
        found = {}
        for column, cell in self.cells(row, *fields):
            seen = look(cell)
            if seen.kind == "number":
                found[column] = seen.figure
        return found

    def count(self, row: int) -> Decimal | None:
        """Return the row's count of cartons; None without one, and for 0."""
        return next((figure for figure in self.figures(row, "cartons").values() if figure), None)

    def counted(self, row: int) -> bool:
        """Tell whether a row has a count of cartons other than 0: ``1,000`` is one, too."""
        counts = self.figures(row, "cartons").values()
        return any(figure is None or figure for figure in counts)

    def covered(self, row: int, *fields: Field) -> bool:
        """Tell whether a merged area that begins in a row above covers a cell of the fields."""
        return any(
            area.first_row < row
            for column in self.indices(*fields)
            if (area := self._tall.get((row, column))) is not None
        )

    def filled(self, row: int) -> list[tuple[int, Cell]]:
        """Return all filled cells of the sheet's row in visible columns."""
        if row != self._filled_row:
            cells = self.sheet.rows[row] if row < len(self.sheet.rows) else ()
            hidden = self.sheet.hidden_columns
            self._filled_row = row
            self._filled = [
                (column, cell)
                for column, cell in enumerate(cells)
                if cell is not None and column not in hidden and not is_empty(cell)
            ]
        return self._filled


def tall_areas(areas: Iterable[Area], columns: set[int]) -> dict[tuple[int, int], Area]:
    """Return the areas that span rows by each of their cells in the table's columns."""
    found: dict[tuple[int, int], Area] = {}
    for area in areas:
        if area.last_row == area.first_row:
            continue
        for column in range(area.first_column, min(area.last_column, area.first_column + 8) + 1):
            if column not in columns:
                continue
            for row in range(area.first_row, min(area.last_row, area.first_row + 20_000) + 1):
                found[row, column] = area
                if len(found) > 500_000:
                    return found
    return found


class Sums(msgspec.Struct):
    """Sums of figures by column."""

    by_column: dict[int, Decimal] = {}

    def add(self, figures: dict[int, Decimal | None]) -> None:
        """Add a row's figures."""
        for column, figure in figures.items():
            if figure is not None:
                self.by_column[column] = self.by_column.get(column, Decimal(0)) + figure

    def agreeing(self, figures: dict[int, Decimal | None]) -> int:
        """Return how many of a row's figures, other than 0, equal the sums."""
        return sum(
            1
            for column, figure in figures.items()
            if figure and abs(figure - self.by_column.get(column, Decimal(0))) <= abs(figure) / 200
        )
