"""XML Spreadsheet 2003, which older warehouse and shop systems write and name .xls."""

from groupage.domain.errors import InvalidInput
from producers.sheets.grid import Grid
from producers.sheets.limits import Budget
from producers.sheets.markup import BrokenMarkup, attribute, parse_markup
from producers.sheets.number_formats import (
    GENERAL,
    NumberFormat,
    date_of,
    parse_moment,
    parse_number,
)
from producers.sheets.workbook import Area, Cell, CellError, Formula, Remark, Sheet, Workbook

NAMESPACE = b"urn:schemas-microsoft-com:office:spreadsheet"
_NAMED = {
    **dict.fromkeys(("General Date", "Long Date", "Medium Date", "Short Date"), "yyyy-mm-dd"),
    **dict.fromkeys(("Long Time", "Medium Time", "Short Time"), "hh:mm"),
    **dict.fromkeys(("Standard", "Fixed", "Percent", "Scientific", "Currency"), "General"),
    **dict.fromkeys(("Yes/No", "True/False", "On/Off"), "General"),
    "Euro Currency": "[$€]#,##0.00",
}
"""Formats that have a name in place of a code."""


def read_spreadsheet_xml(name: str, data: bytes, budget: Budget) -> Workbook:
    """Read all worksheets. Raises InvalidInput."""
    book = _Book(budget)
    try:
        parse_markup(budget.slices(data), book.start, book.end, book.text)
    except BrokenMarkup as error:
        raise InvalidInput(
            f"{name} is not a readable XML spreadsheet ({error}): save it as .xlsx, or as CSV"
        ) from error
    return Workbook(name=name, sheets=tuple(book.sheets), format="xml", remarks=tuple(book.remarks))


class _Book:
    """Takes the elements; rows and cells count on unless they have an index."""

    def __init__(self, budget: Budget) -> None:
        self.sheets: list[Sheet] = []
        self.remarks: list[Remark] = []
        self._budget = budget
        self._looks: dict[str, NumberFormat] = {}
        self._since_1904 = False
        self._style = ""
        self._start_sheet("")

    def _start_sheet(self, name: str) -> None:
        self._name = name
        self._hidden = False
        self._grid = Grid(self._budget)
        self._formats: dict[tuple[int, int], str] = {}
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._row = self._last_row = self._column = self._table_column = -1
        self._first_column = 0
        self._cell: dict[str, str] | None = None
        self._kind = ""
        self._pieces: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""
        if name == "Cell":
            self._start_cell(attributes)
        elif name == "Data" and self._cell is not None:
            self._kind = attribute(attributes, "Type")
            self._pieces = []
        elif name == "Row":
            self._start_row(attributes)
        elif name == "Column":
            self._start_column(attributes)
        elif name == "Worksheet":
            self._budget.check_sheets(len(self.sheets) + 1)
            self._start_sheet(attribute(attributes, "Name"))
        elif name == "Style":
            self._style = attribute(attributes, "ID")
        elif name == "NumberFormat":
            self._budget.count_cells(1)
            code = attribute(attributes, "Format")
            self._looks[self._style] = NumberFormat(_NAMED.get(code, code))

    def text(self, text: str) -> None:
        """Take a piece of text."""
        if self._pieces is not None:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "Data":
            self._store("".join(self._pieces or ()))
            self._pieces = None
        elif name == "Cell":
            cell, self._cell = self._cell, None
            formula = attribute(cell or {}, "Formula")
            if formula and not self._kind:
                self._grid.put(self._row, self._first_column, Formula(formula))
        elif name == "Date1904":
            self._since_1904 = True
        elif name == "Visible":  # of WorksheetOptions: SheetHidden or SheetVeryHidden
            self._hidden = True
        elif name == "Worksheet":
            self._end_sheet()

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._budget.count_cells(1)
        self._row = _number(attributes, "Index", self._last_row + 2) - 1
        self._last_row = self._row + _number(attributes, "Span", 0)
        self._column = -1
        if attribute(attributes, "Hidden") == "1":
            last = min(self._last_row, self._budget.limits.rows)
            self._hidden_rows.update(range(self._row, last + 1))

    def _start_column(self, attributes: dict[str, str]) -> None:
        first = _number(attributes, "Index", self._table_column + 2) - 1
        self._table_column = first + _number(attributes, "Span", 0)
        if attribute(attributes, "Hidden") == "1":
            last = min(self._table_column, self._budget.limits.columns)
            self._hidden_columns.update(range(first, last + 1))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._first_column = _number(attributes, "Index", self._column + 2) - 1
        across, down = _number(attributes, "MergeAcross", 0), _number(attributes, "MergeDown", 0)
        self._column = self._first_column + across
        self._cell, self._kind = attributes, ""
        if across or down:
            self._grid.merge(
                Area(
                    first_row=self._row,
                    first_column=self._first_column,
                    last_row=self._row + down,
                    last_column=self._column,
                )
            )

    def _store(self, text: str) -> None:
        value = _value(self._kind, text)
        look = self._looks.get(attribute(self._cell or {}, "StyleID"), GENERAL)
        if self._kind == "Number" and isinstance(value, int | float):
            if look.is_date:
                value = date_of(value, since_1904=self._since_1904)
            elif look.unit_code:
                self._formats[self._row, self._first_column] = look.unit_code
        self._grid.put(self._row, self._first_column, value)

    def _end_sheet(self) -> None:
        self.remarks += self._grid.finish(self._name)
        self.sheets.append(
            Sheet(
                name=self._name,
                rows=self._grid.take_rows(),
                hidden=self._hidden,
                merged=self._grid.take_merged(),
                number_formats=self._formats,
                hidden_rows=frozenset(self._hidden_rows),
                hidden_columns=frozenset(self._hidden_columns),
            )
        )


def _value(kind: str, text: str) -> Cell:
    if kind == "Number":
        return parse_number(text.strip())
    if kind == "DateTime":
        return parse_moment(text.strip())
    if kind == "Boolean":
        return text.strip() == "1"
    return CellError(text) if kind == "Error" else text


def _number(attributes: dict[str, str], name: str, default: int) -> int:
    text = attribute(attributes, name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BrokenMarkup(f"{name} is {text[:20]!r}, not a whole number")
    return int(text)
