"""Reader of a row of a packing list; each error names its row and column."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TypeVar

import msgspec

from groupage.domain import currencies
from groupage.domain.events.base import Dimensions
from groupage.domain.events.consignment import CartonLine, DangerousGoods
from groupage.domain.gs1 import canonical_id
from groupage.domain.gs1_labels import GS
from groupage.domain.units import volume_cm3
from producers.files import values
from producers.files.columns import Column, Field, Header
from producers.files.table import Cell, Formula, Table, plain_text
from producers.problems import FieldProblem, abbreviate

T = TypeVar("T")
VALUE_EXPECTED = (
    "a value; this is a formula without a saved one: open the file in a spreadsheet program and "
    "save it"
)
ROUNDED_FROM = 10**15
"""A spreadsheet keeps 15 digits of a number, and a cell of numbers is a double."""
DIGITS_EXPECTED = (
    "the digits as text: the cell holds a number, of which spreadsheets keep 15 digits, and an "
    "SSCC has 18. Format the column as text and enter the ids again"
)
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{2}")
"""A number as spreadsheets write it to a CSV file."""
AMOUNT_EXPECTED = (
    "an amount, 0 or more, alone or with a currency of ISO 4217 (or its usual name) beside it"
)
_COUNT_EXPECTED = f"a whole number of cartons, 1 to {values.CARTONS_MAX:,}"
_VOLUME_TOLERANCE = Decimal("0.05")
_VOLUME_SLACK_CM3 = 10_000
_IMO_CLASS = re.compile(r"[1-9](\.[1-6])?[A-S]?")
_DENSITY_MAX_G_PER_CM3 = 4
"""Iron has 7.9. A denser carton means that the figure is the row's total."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a row."""

    row: int
    texts: dict[Field, str]
    """Texts of fields that the whole consignment shares."""
    carton: CartonLine
    value: Decimal | None
    currency: str
    unit_ids: tuple[str, ...]
    numbers: range | None
    """Carton numbers, which the list gives as a range (``1-10``)."""
    dangerous: DangerousGoods | None
    where: str


class RowReader:
    """Reads the cells of a row and appends each error to `problems`."""

    def __init__(
        self, table: Table, header: Header, row: int, problems: list[FieldProblem]
    ) -> None:
        self._table = table
        self._header = header
        self._row = row
        self._problems = problems

    def add_problem(self, column: Column, cell: object, expected: str) -> None:
        """Add an error of a cell."""
        place = self._table.cell_name(row=self._row, column=column.index)
        self._problems.append(
            FieldProblem(
                field=f"{place} ({column.header})", value=abbreviate(cell), expected=expected
            )
        )

    def cell(self, field: Field) -> tuple[Column, Cell] | None:
        """Return the first cell of a field that is not empty."""
        cells = self._table.rows[self._row]
        for column in self._header.of(field):
            value = cells[column.index] if column.index < len(cells) else None
            if plain_text(value):
                return column, value
        return None

    def has_formulas(self) -> bool:
        """Add an error for each formula without a saved value; return whether there is any."""
        cells = self._table.rows[self._row]
        found = [
            column
            for column in self._header.columns
            if column.index < len(cells) and isinstance(cells[column.index], Formula)
        ]
        for column in found:
            self.add_problem(column, cells[column.index], VALUE_EXPECTED)
        return bool(found)

    def refuse_rounded(self, field: Field) -> None:
        """Add an error for an id that a spreadsheet holds as a number and has rounded."""
        found = self.cell(field)
        if found is None:
            return
        column, value = found
        is_long = isinstance(value, int | float) and abs(value) >= ROUNDED_FROM
        if is_long or _SCIENTIFIC.fullmatch(plain_text(value)):
            self.add_problem(column, value, DIGITS_EXPECTED)

    def text(self, field: Field) -> str:
        """Return a cell's text; empty when there is none."""
        found = self.cell(field)
        return plain_text(found[1]) if found else ""

    def parse(self, field: Field, parse: Callable[[Cell], T | None], expected: str) -> T | None:
        """Parse a cell; add an error when that fails. None for an empty cell."""
        found = self.cell(field)
        if found is None:
            return None
        value = parse(found[1])
        if value is None:
            self.add_problem(*found, expected)
        return value

    def parse_required(
        self, field: Field, parse: Callable[[Cell], T | None], expected: str
    ) -> T | None:
        """Parse a cell; an empty one is an error as well."""
        columns = self._header.of(field)
        if columns and self.cell(field) is None:
            self.add_problem(columns[0], None, expected)
        return self.parse(field, parse, expected)


def find_formulas_above(table: Table, header: Header) -> Iterator[FieldProblem]:
    """Yield an error for each formula without a value in or above the row of column names."""
    for row, cells in enumerate(table.rows[: header.row + 1]):
        for index, cell in enumerate(cells):
            if isinstance(cell, Formula):
                place = table.cell_name(row=row, column=index)
                yield FieldProblem(field=place, value=cell, expected=VALUE_EXPECTED)


def read_line(reader: RowReader, header: Header, row: int, place: str) -> Line | None:
    """Return the row's values; None when a value is wrong."""
    pieces = reader.parse_required("pieces", values.count, _COUNT_EXPECTED)
    size = _read_size(reader, header)
    gross_g = _read_gross_g(reader, pieces, size)
    hs6 = reader.parse("hs", values.hs6, "an HS code of 6, 8, 10 or 13 digits")
    upright = reader.parse("this_side_up", values.flag, "是/yes or 否/no")
    value = reader.parse("value", values.amount, AMOUNT_EXPECTED)
    currency = _read_currency(reader, value[1] if value else "")
    dangerous = _read_dangerous_goods(reader)
    reader.refuse_rounded("consignment_id")
    for field, (parse, expected) in _SHARED_CHECKS.items():
        reader.parse(field, parse, expected)
    unit_ids = _read_unit_ids(reader)
    numbers = reader.parse(
        "carton_no", _parse_carton_numbers, "a carton number or a range like 1-10"
    )
    if pieces is None or size is None or gross_g is None:
        return None
    _check_volume(reader, pieces, size)
    _check_count(reader, "unit_ids", len(unit_ids), pieces)
    _check_count(reader, "carton_no", len(numbers or ()), pieces)
    return Line(
        row=row,
        texts={field: text for field in _SHARED if (text := reader.text(field))},
        carton=CartonLine(
            pieces=pieces,
            size=size,
            gross_g=gross_g,
            this_side_up=bool(upright),
            hs6=hs6,
            goods=reader.text("goods"),
        ),
        value=value[0] if value else None,
        currency=currency,
        unit_ids=unit_ids,
        numbers=numbers,
        dangerous=dangerous,
        where=place,
    )


_SHARED: tuple[Field, ...] = (
    "consignment_id",
    "shipper",
    "consignee",
    "buyer",
    "pol",
    "pod",
    "mode",
    "incoterm",
    "ready_at",
    "latest_arrival_at",
    "vehicle",
    "marks",
)

_SHARED_CHECKS: dict[Field, tuple[Callable[[Cell], object], str]] = {
    "pol": (values.port, "a UN/LOCODE such as CNNGB, or a port's usual name"),
    "pod": (values.port, "a UN/LOCODE such as NLRTM, or a port's usual name"),
    "mode": (values.mode, "1039 市场采购, 0110 一般贸易, 9610, 9710, 9810 or 1210"),
    "ready_at": (values.instant, "a date like 2026-03-01"),
    "latest_arrival_at": (values.instant, "a date like 2026-03-01"),
}


def _read_unit_ids(reader: RowReader) -> tuple[str, ...]:
    """Return the ids of the row's units in the form that the hub uses."""
    reader.refuse_rounded("unit_ids")
    found = reader.cell("unit_ids")
    text = plain_text(found[1], keep=GS) if found else ""
    return tuple(canonical_id(word) for word in re.split("[ ,;]+", text) if word.strip(GS))


def _read_currency(reader: RowReader, beside_amount: str) -> str:
    """Return the row's currency by its own column, the cell of the amount, or that one's header."""
    named = reader.parse("currency", values.currency, currencies.EXPECTED) or ""
    found = reader.cell("value")
    if named and beside_amount and found and named != beside_amount:
        reader.add_problem(*found, f"an amount in {named}, as the column of currencies says")
    in_header = found[0].unit if found else ""
    return named or beside_amount or in_header


def _parse_positive(cell: Cell) -> Decimal | None:
    found = values.number(cell)
    return found if found is not None and found > 0 else None


def _parse_carton_numbers(cell: Cell) -> range | None:
    text = plain_text(cell).upper().removeprefix("C/NO").strip(" .#")
    match = re.fullmatch(r"([0-9]{1,9})(?: ?- ?([0-9]{1,9}))?", text)
    if match is None or (match[2] and int(match[1]) > int(match[2])):
        return None
    return range(int(match[1]), int(match[2] or match[1]) + 1)


def _read_size(reader: RowReader, header: Header) -> Dimensions | None:
    if header.of("size"):
        edges = reader.parse_required("size", values.size, "length × width × height, like 60*40*35")
        column = reader.cell("size")
        if edges is None or column is None:
            return None
        unit = values.unit_in(column[1]) or column[0].unit
        units = (unit, unit, unit)
    else:
        found = [
            reader.parse_required(name, _parse_positive, "a number above 0") for name in _EDGES
        ]
        length, width, height = found
        if length is None or width is None or height is None:
            return None
        edges = (length, width, height)
        columns = [reader.cell(name) for name in _EDGES]
        units = tuple(column[0].unit if column else "" for column in columns)  # type: ignore[assignment]
    mm = [values.millimetres(edge, unit) for edge, unit in zip(edges, units, strict=True)]
    if all(1 <= edge <= 100_000 for edge in mm):
        return Dimensions(length_mm=mm[0], width_mm=mm[1], height_mm=mm[2])
    for name in ("size", *_EDGES):
        if cell := reader.cell(name):
            reader.add_problem(*cell, "edges between 1 mm and 100 m")
    return None


_EDGES: tuple[Field, Field, Field] = ("length", "width", "height")


def _read_gross_g(reader: RowReader, pieces: int | None, size: Dimensions | None) -> int | None:
    """Return grams per carton. A plain 毛重 is that of a carton; 总毛重 is that of the row."""
    shares: dict[Field, int | None] = {"gross_each": 1, "gross_total": pieces, "gross": 1}
    for field, share in shares.items():
        cell = reader.cell(field)
        if cell is None:
            continue
        value = reader.parse(field, _parse_positive, "a weight above 0")
        if value is None or share is None:
            return None
        gross_g = values.grams(value / share, cell[0].unit)
        if not 1 <= gross_g <= 1_000_000_000:
            reader.add_problem(*cell, "between 1 g and 1,000 t")
            return None
        if field == "gross" and size is not None and _is_too_dense(gross_g, size):
            reader.add_problem(
                *cell,
                "the weight of one carton (call the column 总毛重 when it is the row's total)",
            )
            return None
        return gross_g
    reader.parse_required("gross", _parse_positive, "a weight above 0")
    reader.parse_required("gross_each", _parse_positive, "a weight above 0")
    reader.parse_required("gross_total", _parse_positive, "a weight above 0")
    return None


def _is_too_dense(gross_g: int, size: Dimensions) -> bool:
    volume = volume_cm3(length_mm=size.length_mm, width_mm=size.width_mm, height_mm=size.height_mm)
    return gross_g > volume * _DENSITY_MAX_G_PER_CM3


def _check_volume(reader: RowReader, pieces: int, size: Dimensions) -> None:
    """Compare the list's own m³, of the row or of a carton, with the edges."""
    declared = reader.parse("volume", _parse_positive, "a volume in m³ above 0")
    cell = reader.cell("volume")
    if declared is None or cell is None:
        return
    each = volume_cm3(length_mm=size.length_mm, width_mm=size.width_mm, height_mm=size.height_mm)
    declared_cm3 = values.cubic_centimetres(declared)
    for exact in (each * pieces, each):
        if abs(declared_cm3 - exact) <= max(int(exact * _VOLUME_TOLERANCE), _VOLUME_SLACK_CM3):
            return
    expected = f"{Decimal(each * pieces) / 1_000_000:.3f} m³ (cartons × length × width × height)"
    reader.add_problem(*cell, expected)


def _check_count(reader: RowReader, field: Field, given: int, pieces: int) -> None:
    cell = reader.cell(field)
    if cell is not None and given and given != pieces:
        reader.add_problem(*cell, f"{pieces} of them, as many as cartons; found {given}")


def _read_dangerous_goods(reader: RowReader) -> DangerousGoods | None:
    number = reader.parse("un_number", values.un_number, "a UN number of four digits")
    found = reader.cell("imo_class")
    if number is not None:
        return DangerousGoods(un_number=number, imo_class=plain_text(found[1]) if found else "")
    if found and _IMO_CLASS.fullmatch(plain_text(found[1])) and reader.cell("un_number") is None:
        reader.add_problem(*found, "a UN number beside the class")
    return None
