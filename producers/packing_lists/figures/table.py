"""The cells of a table by field: quantities, edges and texts, under one style of numbers."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from producers.packing_lists.figures.cells import (
    STYLES,
    Edges,
    Quantity,
    Style,
    is_blank,
    read_edges,
    read_quantity,
    text_of,
)
from producers.packing_lists.figures.units import unit_named
from producers.packing_lists.model import (
    Column,
    Field,
    Label,
    Layout,
    Meaning,
    Per,
    Unit,
)
from producers.packing_lists.naming import DIMENSIONS
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Cell, CellError, Formula, Sheet, cell_name

NUMERIC: frozenset[Field] = frozenset(
    (
        "cartons",
        "pieces_per_carton",
        "pieces",
        "length",
        "width",
        "height",
        "volume",
        "gross",
        "net",
        "unit_price",
        "amount",
        "max_top_load",
    )
)
_LABEL_DIMENSIONS = ("mass", "volume")
EDGES: tuple[Field, Field, Field] = ("length", "width", "height")
Assignment = dict[int, Field]
"""The field that is taken for each column, by the column's index."""


class Amount(msgspec.Struct, frozen=True):
    """A number in a cell, under the style of the list."""

    value: Decimal
    unit: Unit | None
    words: str
    row: int
    column: int


class Total(msgspec.Struct, frozen=True):
    """A sum that the list states: in a row of totals, or beside a label."""

    amount: Amount
    groups: tuple[int, ...]
    cell: str
    key: str
    """The key of an answer that lets the rows count."""
    name: str = ""
    """The words of a label."""


class FigureTable:
    """A sheet's table; reads each cell once."""

    def __init__(self, sheet: Sheet, layout: Layout) -> None:
        self.sheet = sheet
        self.layout = layout
        self.columns: dict[int, Column] = {column.index: column for column in layout.columns}
        self._quantities: dict[tuple[int, int], Quantity | None] = {}

    def cell(self, row: int, column: int) -> Cell:
        """Return a cell's value."""
        return self.sheet.cell(row, column)

    def header_cell(self, column: int) -> str:
        """Name the lowest cell of the column's header that has a text."""
        rows = self.layout.header_rows or (0,)
        named = [row for row in rows if not is_blank(self.cell(row, column))]
        return cell_name(named[-1] if named else rows[-1], column)

    def quantity(self, row: int, column: int) -> Quantity | None:
        """Return the number in a cell; a number format such as ``0.0"kg"`` gives its unit."""
        place = (row, column)
        if place not in self._quantities:
            found = read_quantity(self.cell(row, column))
            unit = self._unit_of_format(place) if found and not found.unit else None
            if found and unit:
                found = msgspec.structs.replace(found, unit=unit)
            self._quantities[place] = found
        return self._quantities[place]

    def _unit_of_format(self, place: tuple[int, int]) -> Unit | None:
        pattern = self.sheet.number_formats.get(place)
        if not pattern:
            return None
        quoted = pattern.split(";")[0].split('"')[1::2]
        return next((unit for text in quoted if (unit := unit_named(text.strip().lower()))), None)

    def edges(self, row: int, column: int) -> Edges | None:
        """Return the three edges in a cell."""
        return read_edges(self.cell(row, column))

    def numbers(self) -> Iterator[tuple[int, int, Quantity]]:
        """Yield every number of the table's numeric columns, those of sizes and totals, too."""
        rows = [row for group in self.layout.groups for row in group.rows]
        rows += [total.row for total in self.layout.totals]
        for column in self.layout.columns:
            fields = {meaning.field for meaning in column.meanings}
            for row in rows:
                if fields & NUMERIC and (found := self.quantity(row, column.index)):
                    yield row, column.index, found
                if "size" in fields and (edges := self.edges(row, column.index)):
                    for edge in edges.edges:
                        yield row, column.index, edge
        for label in self.layout.labels:
            if label.field in NUMERIC and (found := read_quantity(label.value)):
                yield label.row, label.column, found


class TableReading:
    """A table under one assignment of fields and one style of numbers."""

    def __init__(
        self,
        table: FigureTable,
        assignment: Assignment,
        style: Style,
        *,
        one_a_row: bool = False,
    ) -> None:
        self.table = table
        self.one_a_row = one_a_row
        """Each row is taken for one carton where nothing counts or numbers the cartons."""
        self.assignment = assignment
        self.style: Style = style
        self._columns: dict[Field, list[int]] = {}
        for index, field in sorted(assignment.items()):
            self._columns.setdefault(field, []).append(index)

    def columns(self, field: Field) -> Sequence[int]:
        """Return the indices of a field's columns, from left to right."""
        return self._columns.get(field, ())

    def meanings(self, column: int) -> tuple[Meaning, ...]:
        """Return the meanings of a column that have the assigned field."""
        field = self.assignment[column]
        return tuple(each for each in self.table.columns[column].meanings if each.field == field)

    def units(self, column: int) -> tuple[Unit, ...]:
        """Return the units that the header names; empty when none is named in some meaning."""
        units = [meaning.unit for meaning in self.meanings(column)]
        if None in units:
            return ()
        return tuple(dict.fromkeys(unit for unit in units if unit))

    def pers(self, column: int) -> tuple[Per, ...]:
        """Return of what the header allows a figure to be: of a carton, of a row, or both."""
        pers = [meaning.per for meaning in self.meanings(column)]
        if None in pers or not pers:
            return ("carton", "row")
        return tuple(dict.fromkeys(per for per in pers if per))

    def amount(self, row: int, column: int) -> Amount | None:
        """Return a cell's number under the style; None for a blank or unreadable cell."""
        found = self.table.quantity(row, column)
        value = None if found is None else value_under(found, self.style)
        if found is None or value is None:
            return None
        return Amount(value, found.unit, found.words, row, column)

    def is_filled(self, row: int, column: int) -> bool:
        """Tell whether a cell says anything."""
        return not is_blank(self.table.cell(row, column))

    def text(self, row: int, field: Field) -> str:
        """Return the text of the first filled cell of a field in the row."""
        for column in self.columns(field):
            cell = self.table.cell(row, column)
            if not is_blank(cell) and not isinstance(cell, Formula | CellError):
                return text_of(cell)
        return ""

    def totals(self, column: int) -> Iterator[Total]:
        """Yield the sums of a column in rows of totals, and of its field beside labels."""
        for row in self.table.layout.totals:
            found = self.amount(row.row, column)
            if found is not None:
                cell = cell_name(row.row, column)
                yield Total(found, row.groups, cell, f"{cell}.total")

    def label_totals(self, field: Field) -> Iterator[Total]:
        """Yield the sums of a field that stand beside labels: ``TOTAL CBM: 1.68``."""
        layout = self.table.layout
        every = tuple(range(len(layout.groups)))
        of_row = {total.row: total.groups for total in layout.totals}
        for label in layout.labels:
            if label.field == field and (found := _label_amount(label, self.style)):
                cell = cell_name(label.row, label.column)
                aspect = "total" if field == "cartons" else f"total_{field}"
                groups = of_row.get(label.row, every)
                yield Total(found, groups, cell, f"{cell}.{aspect}", label.text)


def size_columns(reading: TableReading) -> Sequence[int]:
    """Return the columns of sizes, or of lengths."""
    return (*reading.columns("size"), *reading.columns("length"))


def _label_amount(label: Label, style: Style) -> Amount | None:
    found = read_quantity(label.value)
    value = None if found is None else value_under(found, style)
    if found is None or value is None:
        return None
    units = (unit for unit in words_of(label.text).units if DIMENSIONS[unit] in _LABEL_DIMENSIONS)
    unit = found.unit or next(units, None)
    return Amount(value, unit, found.words, label.row, label.column)


def value_under(quantity: Quantity, style: Style) -> Decimal | None:
    """Return the value under a style, or the only one that the cell has."""
    value = quantity.value(style)
    if value is None:
        value = quantity.point if quantity.comma is None else quantity.comma
    return value


def styles_shown(tables: Sequence[FigureTable]) -> tuple[tuple[Style, ...], str, str]:
    """Return the styles that the file's cells allow, a cell that decides, and one in doubt."""
    allowed: set[Style] = set(STYLES)
    decides = doubtful = ""
    for table in tables:
        for row, column, found in table.numbers():
            possible = {style for style in STYLES if found.value(style) is not None}
            if possible < allowed or (len(possible) == 1 and not possible & allowed):
                decides = decides or cell_name(row, column)
            allowed &= possible
            if found.is_ambiguous and len(possible) == 2:
                doubtful = doubtful or cell_name(row, column)
    return tuple(style for style in STYLES if style in allowed), decides, doubtful
