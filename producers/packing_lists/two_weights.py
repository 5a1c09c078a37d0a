"""Gross and net weight in one cell: ``12.5/11.8`` under G.W./N.W., ``G.W 12.5 N.W 11.8``.

The gross weight is left in the cell. No carton weighs less than its goods, so the larger is gross.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from producers.packing_lists.cells import is_empty, text_of
from producers.packing_lists.figures.cells import Quantity, read_quantity
from producers.packing_lists.header import find_header
from producers.packing_lists.model import Finding
from producers.packing_lists.spellings import plain
from producers.packing_lists.words import words_of
from producers.sheets.workbook import Cell, CellError, Formula, Sheet, cell_name

_LENGTH_MAX = 80
_GROSS = r"(?:g\.?/? ?w\.?(?:t\.?)?|gross(?: ?(?:weight|wt\.?))?|bruto|brutto|毛重?量?)"
_NET = r"(?:n\.?/? ?w\.?(?:t\.?)?|nett?(?: ?(?:weight|wt\.?))?|neto|netto|净重?量?)"
_FIGURE = r"[0-9][0-9.,]*(?: ?(?:kgs?|kilos?|lbs?|g|公斤|千克|斤|磅|克))?\.?"
_JOINT = r"[\s/\\|,;:、，；()（）\[\]-]*"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_GROSS}{_JOINT}=?(?P<gross>{_FIGURE}){_JOINT}{_NET}{_JOINT}=?(?P<net>{_FIGURE})\)?",
        rf"{_NET}{_JOINT}=?(?P<net>{_FIGURE}){_JOINT}{_GROSS}{_JOINT}=?(?P<gross>{_FIGURE})\)?",
        rf"(?P<gross>{_FIGURE}){_JOINT}{_GROSS}{_JOINT}(?P<net>{_FIGURE}){_JOINT}{_NET}\)?",
        rf"(?P<net>{_FIGURE}){_JOINT}{_NET}{_JOINT}(?P<gross>{_FIGURE}){_JOINT}{_GROSS}\)?",
    )
)
"""A cell that names both of its figures."""
_UNNAMED = re.compile(rf"(?P<first>{_FIGURE}) ?(?:[/\\|;；]|\(|（|\n) ?(?P<second>{_FIGURE})[)）]?")
_UNIT = re.compile(r"[^0-9.,\s].*$")


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet with the gross weights alone in its cells, and the columns that had both."""

    sheet: Sheet
    columns: frozenset[int] = frozenset()
    remarks: tuple[Finding, ...] = ()
    singles: tuple[tuple[int, Finding], ...] = ()
    """Rows with one weight where others have two, and the error if the row is one of cartons."""


class _Pair(msgspec.Struct, frozen=True):
    row: int
    gross: str
    net: str

    def is_reversed(self) -> bool | None:
        """Tell whether the gross weight is less than the net weight; None: they are equal."""
        gross, net = (_value(text) for text in (self.gross, self.net))
        return None if gross == net else gross < net


def split_weights(sheet: Sheet) -> Split:
    """Leave the gross weights in the columns of a table whose cells have gross and net weight."""
    header = find_header(sheet)
    if header is None:
        return Split(sheet=sheet)
    changed: dict[int, list[Cell]] = {}
    columns: set[int] = set()
    remarks: list[Finding] = []
    singles: list[tuple[int, Finding]] = []
    for column in header.columns:
        order = _order_of(column.text())
        if order is None and not _is_weight(column.text()):
            continue
        pairs = list(_pairs(sheet, header.rows[-1] + 1, column.index, order))
        orders = {pair.is_reversed() for pair in pairs} - {None}
        is_reversed = orders == {True}
        if not pairs or len(orders) > 1:
            continue  # not one order: each cell is an error of its own
        columns.add(column.index)
        for pair in pairs:
            cells = changed.setdefault(pair.row, list(sheet.rows[pair.row]))
            cells[column.index] = pair.net if is_reversed else pair.gross
        singles += _find_singles(sheet, header.rows[-1] + 1, column.index, pairs)
        remarks.append(
            _remark(sheet, column.index, pairs[0], column.text(), is_reversed=is_reversed)
        )
    if not columns:
        return Split(sheet=sheet)
    rows = tuple(tuple(changed.get(row, cells)) for row, cells in enumerate(sheet.rows))
    return Split(
        sheet=msgspec.structs.replace(sheet, rows=rows),
        columns=frozenset(columns),
        remarks=tuple(remarks),
        singles=tuple(singles),
    )


def _find_singles(
    sheet: Sheet, start: int, column: int, pairs: list[_Pair]
) -> Iterator[tuple[int, Finding]]:
    split = {pair.row for pair in pairs}
    for row in range(start, len(sheet.rows)):
        cell = sheet.cell(row, column)
        if row not in split and read_quantity(cell) is not None:
            text = f"{text_of(cell)!r} is one weight where others are gross and net: give both"
            where = cell_name(row, column)
            yield row, Finding(cell=where, code="two_weights", text=text, sheet=sheet.name)


def _remark(sheet: Sheet, column: int, pair: _Pair, header: str, *, is_reversed: bool) -> Finding:
    cell = cell_name(pair.row, column)
    taken = pair.net if is_reversed else pair.gross
    against = f", though {header!r} or the cell names them the other way round"
    return Finding(
        cell=cell,
        code="two_weights",
        text=f"{text_of(sheet.cell(pair.row, column))!r} has two weights: the larger, {taken}, is "
        f"the gross weight{against if is_reversed else ''}; so in the whole column",
        sheet=sheet.name,
    )


def _order_of(header: str) -> tuple[str, str] | None:
    """Return in which order a header names gross and net weight; None unless it names both."""
    found: list[str] = []
    for token in words_of(header).tokens:
        found += [name for name in ("gross", "net") if name in token and name not in found]
    return (found[0], found[1]) if len(found) == 2 else None


def _is_weight(header: str) -> bool:
    return any(token & {"weight", "gross", "net"} for token in words_of(header).tokens)


def _pairs(sheet: Sheet, start: int, column: int, order: tuple[str, str] | None) -> Iterator[_Pair]:
    for row in range(start, len(sheet.rows)):
        cell = sheet.cell(row, column)
        is_text = isinstance(cell, str) and not isinstance(cell, Formula | CellError)
        if not is_text or is_empty(cell) or len(str(cell)) > _LENGTH_MAX:
            continue
        if pair := _read(str(cell), row, order):
            yield pair


def _read(cell: str, row: int, order: tuple[str, str] | None) -> _Pair | None:
    text = plain(cell)
    for pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            return _pair(match["gross"], match["net"], row)
    match = _UNNAMED.fullmatch(plain("/".join(cell.splitlines())))
    if match is None or order is None:
        return None
    first, second = match["first"], match["second"]
    gross, net = (first, second) if order[0] == "gross" else (second, first)
    return _pair(gross, net, row)


def _pair(gross: str, net: str, row: int) -> _Pair | None:
    """Return two weights, both with the unit that stands behind one of them."""
    units = [match[0] for text in (gross, net) if (match := _UNIT.search(text.strip(" .")))]
    texts = [text.strip(" .") for text in (gross, net)]
    if len(set(units)) == 1:
        texts = [text if _UNIT.search(text) else f"{text} {units[0]}" for text in texts]
    if any(read_quantity(text) is None for text in texts) or len(set(units)) > 1:
        return None
    return _Pair(row, texts[0], texts[1])


def _value(text: str) -> Decimal:
    found: Quantity | None = read_quantity(text)
    values = (found.point, found.comma) if found else ()
    return next((value for value in values if value is not None), Decimal(0))
