"""Labels that hold for a part of the list only: a sheet, or a block of rows under the label.

A sheet for each consignee, or ``Consignee: …`` before each block of cartons, says whose the cartons
below it are, as a column would. Labels that all stand before the first carton hold for all of them.
"""

import re
from collections.abc import Sequence

import msgspec

from producers.packing_lists.model import CartonLine, Field, Label, Layout
from producers.packing_lists.terms import plain_text
from producers.sheets.workbook import cell_name

_NAMES: tuple[Field, ...] = ("shipper", "consignee", "buyer", "consignment_id")
_PORTS: tuple[Field, ...] = ("pol", "pod", "ready_at", "latest_arrival_at")
"""Spread with the names: a block of another party may have a port and a date of its own."""
_LATIN = re.compile(r"[A-Za-z]{2}")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def spread_labels(
    layouts: Sequence[Layout], lines: Sequence[Sequence[CartonLine]]
) -> tuple[list[tuple[CartonLine, ...]], tuple[Label, ...]]:
    """Return the lines of each table with its labels, and the labels that hold for all tables."""
    spread = [field for field in _NAMES if _divides(field, layouts, lines)]
    if spread:
        spread += [field for field in _PORTS if _divides(field, layouts, lines)]
    found = [
        tuple(_labelled(line, layout.labels, spread) for line in table)
        for layout, table in zip(layouts, lines, strict=True)
    ]
    labels = (label for layout in layouts for label in layout.labels)
    return found, tuple(label for label in labels if label.field not in spread)


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return the names of different parties.

    A short form is the same party, and so is one name in Latin script and one in Chinese.
    """
    found: list[str] = []
    for name in names:
        if not any(_is_same(name, other) for other in found):
            found.append(name)
    return found


def folded(name: str) -> str:
    """Return a name without case, signs and spaces."""
    return re.sub(r"[\W_]+", "", plain_text(name).casefold())


def _is_same(first: str, second: str) -> bool:
    one, other = folded(first), folded(second)
    if one in other or other in one:
        return True
    scripts = [(bool(_LATIN.search(name)), bool(_HAN.search(name))) for name in (first, second)]
    return scripts in ([(True, False), (False, True)], [(False, True), (True, False)])


def _divides(
    field: Field, layouts: Sequence[Layout], lines: Sequence[Sequence[CartonLine]]
) -> bool:
    """Tell whether the labels of a field differ, and each of them has cartons of its own."""
    stated = [
        plain_text(label.value)
        for layout in layouts
        for label in layout.labels
        if label.field == field
    ]
    if len(_different(field, stated)) < 2:
        return False
    labelled = {
        plain_text(label.value)
        for layout, table in zip(layouts, lines, strict=True)
        for line in table
        if (label := _label_of(line, layout.labels, field)) is not None
    }
    return set(stated) <= labelled


def _different(field: Field, stated: Sequence[str]) -> Sequence[str]:
    exact = field not in ("shipper", "consignee", "buyer")
    return list(dict.fromkeys(stated)) if exact else distinct_names(stated)


def _label_of(line: CartonLine, labels: Sequence[Label], field: Field) -> Label | None:
    """Return the last label of a field above a line."""
    above = [label for label in labels if label.field == field and label.row <= line.rows[0]]
    return max(above, key=lambda label: label.row, default=None)


def _labelled(line: CartonLine, labels: Sequence[Label], fields: Sequence[Field]) -> CartonLine:
    shared, cells = dict(line.shared), dict(line.shared_cells)
    for field in fields:
        label = _label_of(line, labels, field)
        if label is not None and field not in shared:
            shared[field] = plain_text(label.value)
            cells[field] = cell_name(label.row, label.column)
    if shared == line.shared:
        return line
    return msgspec.structs.replace(line, shared=shared, shared_cells=cells)
