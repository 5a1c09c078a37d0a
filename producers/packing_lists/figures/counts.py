"""Counts of cartons: their column, carton numbers, pieces in a carton, the list's own sums."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from producers.packing_lists.figures.cells import Quantity
from producers.packing_lists.figures.ids import read_numbers, read_unit_ids
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import EDGES, Amount, TableReading
from producers.packing_lists.model import Field, RowGroup
from producers.sheets.workbook import cell_name

CARTONS_MAX = 100_000
"""Limit per list: more than a large operator sends in a day."""
_PACKAGES = frozenset(
    [
        "ctn",
        "ctns",
        "ctn.",
        "carton",
        "cartons",
        "case",
        "cases",
        "box",
        "boxes",
        "pkg",
        "pkgs",
        "package",
        "packages",
        "pallet",
        "pallets",
        "plt",
        "plts",
        "colli",
        "kartons",
        "karton",
        "bultos",
        "cajas",
        "colis",
        "箱",
        "件",
        "包",
        "托",
        "袋",
        "桶",
        "卷",
        "捆",
    ]
)
"""Words behind a number of packages. Others (``pcs``) say that the column counts something else."""


class Line(msgspec.Struct, kw_only=True):
    """Cartons of one size in a group of rows; the first row has their figures."""

    group: int
    """The layout's group, to which rows of totals refer."""
    bundle: int
    """Groups that share a count and carton numbers: rows of several sizes have the same bundle."""
    rows: tuple[int, ...]
    count: int = 0
    edges: tuple[Quantity, Quantity, Quantity] | None = None
    numbers: tuple[str, ...] = ()
    unit_ids: tuple[str, ...] = ()

    @property
    def row(self) -> int:
        """The first row, with the cartons' figures."""
        return self.rows[0]


class Counts(msgspec.Struct, frozen=True):
    """The lines with their counts; None: a question or error has to be settled first."""

    lines: tuple[Line, ...] | None


def count_cartons(reading: TableReading, notes: Notes, answers: Answers) -> Counts:
    """Count the cartons of each group, and compare the counts with what else the list says."""
    counter = _Counter(reading, notes, answers)
    lines: list[Line] = []
    complete = True
    for first, groups in _bundles(reading.table.layout.groups):
        found = counter.lines_of(first, groups)
        complete = complete and found is not None
        lines += found or ()
    if complete:
        complete = _compare_with_totals(reading, lines, notes, answers)
    total = sum(line.count for line in lines)
    if total > CARTONS_MAX:
        notes.error(
            "", "too_many_cartons", f"{total:,} cartons; a list has {CARTONS_MAX:,} at most"
        )
        complete = False
    return Counts(tuple(lines) if complete else None)


def _bundles(groups: Sequence[RowGroup]) -> Iterator[tuple[int, Sequence[RowGroup]]]:
    """Yield groups with those that continue them, and the index of the first."""
    start = 0
    for index in range(1, len(groups) + 1):
        if index == len(groups) or not groups[index].continues:
            if start < len(groups):
                yield start, groups[start:index]
            start = index


class _Counter:
    def __init__(self, reading: TableReading, notes: Notes, answers: Answers) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers
        self._size_columns = (*reading.columns("size"), *reading.columns("length"))
        self._numbers_count = self._judge_number_columns()

    def _judge_number_columns(self) -> bool:
        """Tell whether carton numbers count cartons; in some lists they only count the rows."""
        reading, table = self._reading, self._reading.table
        columns = reading.columns("carton_no")
        if not columns:
            return False
        if not reading.columns("cartons"):
            return True
        compared = unequal = 0
        for group in table.layout.groups:
            row = group.rows[0]
            count = _first_amount(reading, "cartons", row)
            numbers = read_numbers(table.cell(row, columns[0]))
            if count is not None and numbers:
                compared += 1
                unequal += len(numbers) != count.value
        if unequal * 2 <= compared or unequal < 2:
            return True
        cell = table.header_cell(columns[0])
        answer = self._answers.find(f"{cell}.numbers", table.sheet.name, ("ignore",))
        if answer is None:
            self._notes.ask(
                cell,
                "carton_numbers",
                f"{unequal} of {compared} rows have more or fewer carton numbers than cartons",
                [(f"{cell}.numbers=ignore", "the column numbers something else than cartons")],
            )
        return False

    def lines_of(self, first: int, groups: Sequence[RowGroup]) -> list[Line] | None:
        """Return the lines of a bundle of groups: one for each size in it."""
        lines = []
        for index, group in enumerate(groups, start=first):
            sized = [row for row in group.rows if self._has_size(row)]
            starts = [group.rows[0], *sized[1:]]
            for start, later in zip(starts, [*starts[1:], None], strict=True):
                rows = [
                    row for row in group.rows if row >= start and (later is None or row < later)
                ]
                lines.append(Line(group=index, bundle=first, rows=tuple(rows)))
        return (
            lines if self._count([row for group in groups for row in group.rows], lines) else None
        )

    def _has_size(self, row: int) -> bool:
        return any(self._reading.is_filled(row, column) for column in self._size_columns)

    def _count(self, rows: Sequence[int], lines: list[Line]) -> bool:
        """Set the counts, carton numbers and unit ids of a bundle's lines."""
        reading, notes, row = self._reading, self._notes, rows[0]
        own = [_first_amount(reading, "cartons", line.row) for line in lines]
        if len(lines) > 1 and all(amount is not None for amount in own):
            counted = [self._count_line(line, line.rows) for line in lines]
            return all(counted)
        whole = Line(group=lines[0].group, bundle=lines[0].bundle, rows=tuple(rows))
        if not self._count_line(whole, rows):
            return False
        if len(lines) == 1:
            lines[0].count, lines[0].numbers = whole.count, whole.numbers
            lines[0].unit_ids = whole.unit_ids
            return True
        if whole.count != len(lines):
            notes.error(
                cell_name(row, self._count_column()),
                "sizes_of_mixed_cartons",
                f"{whole.count} cartons of {len(lines)} sizes: each size needs its own count",
            )
            return False
        for position, line in enumerate(lines):
            line.count = 1
            line.numbers = whole.numbers[position : position + 1]
            line.unit_ids = whole.unit_ids[position : position + 1]
        return True

    def _count_column(self) -> int:
        for field in ("cartons", "carton_no", "unit_ids", "size", "length"):
            if columns := self._reading.columns(field):
                return columns[0]
        return 0

    def _count_line(self, line: Line, rows: Sequence[int]) -> bool:
        reading, notes = self._reading, self._notes
        before = notes.problems
        count = self._stated_count(line.row)
        ids = read_unit_ids(reading, rows, notes)
        numbers: tuple[str, ...] = ()
        column = next(iter(reading.columns("carton_no")), None)
        if self._numbers_count and column is not None:
            numbers = read_numbers(reading.table.cell(line.row, column)) or ()
        if count is None and notes.problems == before:
            count = len(numbers) or len(ids) or self._count_of_pieces(rows)
            if not count:
                self._ask_for_count(line.row)
                return False
        if count is None:
            return False
        if numbers and len(numbers) != count:
            settled = self._settle_numbers(line.row, column or 0, count, numbers)
            if settled is not None:
                count, numbers = settled
        if ids and len(ids) != count:
            cell = cell_name(line.row, reading.columns("unit_ids")[0])
            notes.error(cell, "unit_ids", f"{len(ids)} ids of units for {count} cartons")
        line.count, line.numbers, line.unit_ids = count, numbers, ids
        return notes.problems == before

    def _settle_numbers(
        self, row: int, column: int, count: int, numbers: tuple[str, ...]
    ) -> tuple[int, tuple[str, ...]] | None:
        """Return the count and the numbers that an answer chose; ask without an answer."""
        cell = cell_name(row, column)
        answer = self._answers.find(
            f"{cell}.count", self._reading.table.sheet.name, ("cartons", "numbers")
        )
        if answer is not None:
            return (len(numbers), numbers) if answer == "numbers" else (count, ())
        shown = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else numbers[0]
        self._notes.ask(
            cell,
            "carton_numbers",
            f"carton numbers {shown} are {len(numbers)}, and the row says {count} cartons",
            [
                (f"{cell}.count=cartons", f"{count} cartons, without these numbers"),
                (f"{cell}.count=numbers", f"{len(numbers)} cartons, {shown}"),
            ],
        )
        return None

    def _stated_count(self, row: int) -> int | None:
        """Return the count in the column of cartons; several such columns have to agree."""
        reading, notes = self._reading, self._notes
        found: dict[int, int] = {}
        for column in reading.columns("cartons"):
            if not reading.is_filled(row, column):
                continue
            amount = reading.amount(row, column)
            cell = cell_name(row, column)
            if amount is None:
                continue  # an error of its own (interpret.py): no number
            value = amount.value
            is_count = value == value.to_integral_value() and 1 <= value <= CARTONS_MAX
            is_package = amount.unit is None and (not amount.words or amount.words in _PACKAGES)
            if not is_count or not is_package:
                shown = reading.table.cell(row, column)
                notes.error(
                    cell,
                    "cartons",
                    f"{shown!r} is not a whole number of cartons, 1 to {CARTONS_MAX:,}",
                )
                continue
            found[column] = int(value)
        if len(set(found.values())) > 1:
            cells = ", ".join(
                f"{cell_name(row, column)}: {count}" for column, count in found.items()
            )
            notes.error(
                cell_name(row, next(iter(found))),
                "cartons",
                f"two counts of cartons differ: {cells}",
            )
            return None
        return next(iter(found.values()), None)

    def _count_of_pieces(self, rows: Sequence[int]) -> int:
        """Return pieces ÷ pieces in a carton, for a list that states nothing else."""
        pieces = _first_amount(self._reading, "pieces", rows[0])
        each = _first_amount(self._reading, "pieces_per_carton", rows[0])
        if self._reading.columns("cartons") or pieces is None or each is None or each.value <= 0:
            return 0
        count = pieces.value / each.value
        if count != count.to_integral_value() or not 1 <= count <= CARTONS_MAX:
            return 0
        self._notes.remark(
            cell_name(rows[0], pieces.column),
            "cartons_of_pieces",
            f"{pieces.value} pieces, {each.value} in a carton: {count:f} cartons",
        )
        return int(count)

    def _ask_for_count(self, row: int) -> None:
        reading = self._reading
        if reading.columns("cartons"):
            cell = cell_name(row, reading.columns("cartons")[0])
            self._notes.error(cell, "cartons", "the number of cartons is missing")
            return
        self._notes.error(
            cell_name(row, self._count_column()),
            "cartons",
            "nothing says how many cartons the row is: a column of cartons (件数 / Cartons) or "
            "carton numbers (箱号 / Carton no)",
        )


def _first_amount(reading: TableReading, field: Field, row: int) -> Amount | None:
    for column in reading.columns(field):
        if (found := reading.amount(row, column)) is not None:
            return found
    return None


def _compare_with_totals(
    reading: TableReading, lines: Sequence[Line], notes: Notes, answers: Answers
) -> bool:
    """Compare the sum of the counts with rows of totals and with labels."""
    before = notes.problems
    totals = [total for column in reading.columns("cartons") for total in reading.totals(column)]
    for total in [*totals, *reading.label_totals("cartons")]:
        count = sum(line.count for line in lines if line.group in total.groups)
        stated = total.amount.value
        if stated == count:
            notes.confirm(f"{total.cell}: {count} cartons, as the rows")
            continue
        key = f"{total.cell}.total"
        if answers.find(key, reading.table.sheet.name, ("rows",)) is None:
            notes.ask(
                total.cell,
                "total_of_cartons",
                f"the list's total is {stated:f} cartons, the rows have {count}",
                [(f"{key}=rows", f"the rows count: {count} cartons")],
            )
    return notes.problems == before


def compare_pieces(
    reading: TableReading, lines: Sequence[Line], notes: Notes, answers: Answers
) -> None:
    """Compare pieces in a carton × cartons with the pieces; the last carton may be part-filled."""
    proved = 0
    for line in lines:
        each = _first_amount(reading, "pieces_per_carton", line.row)
        pieces = _first_amount(reading, "pieces", line.row)
        if each is None or pieces is None or len(line.rows) > 1:
            continue
        most = each.value * line.count
        if most - each.value < pieces.value <= most:
            proved += pieces.value == most and line.count > 1
            continue
        cell = cell_name(line.row, pieces.column)
        if answers.find(f"{cell}.pieces", reading.table.sheet.name, ("cartons",)) is None:
            notes.ask(
                cell,
                "pieces",
                f"{line.count} cartons of {each.value:f} are {most:f} pieces, and the list says "
                f"{pieces.value:f}",
                [(f"{cell}.pieces=cartons", f"{line.count} cartons are right")],
            )
    if proved:
        notes.confirm(f"pieces in a carton × cartons = pieces in {proved} rows")


def attach_edges(reading: TableReading, lines: Sequence[Line], notes: Notes) -> bool:
    """Set the lines' edges as they stand in the cells; False when a cell is wrong or missing."""
    before = notes.problems
    for line in lines:
        line.edges = _edges_of(reading, line.row, notes)
    return notes.problems == before


def _edges_of(
    reading: TableReading, row: int, notes: Notes
) -> tuple[Quantity, Quantity, Quantity] | None:
    for column in reading.columns("size"):
        if not reading.is_filled(row, column):
            continue
        found = reading.table.edges(row, column)
        if found is None or not all(map(_is_edge, found.edges)):
            shown = reading.table.cell(row, column)
            notes.error(
                cell_name(row, column),
                "size",
                f"{shown!r} is not length × width × height, like 60*40*35 or 60×40×35 cm",
            )
            return None
        return found.edges
    if not all(reading.columns(name) for name in EDGES):
        _missing_size(reading, row, notes)
        return None
    found_edges = []
    for name in EDGES:
        column = reading.columns(name)[0]
        edge = reading.table.quantity(row, column)
        if edge is None or not _is_edge(edge):
            shown = reading.table.cell(row, column)
            if edge is not None or not reading.is_filled(row, column):
                notes.error(
                    cell_name(row, column), "size", f"{shown!r} is not a {name}: a number above 0"
                )
            return None
        found_edges.append(edge)
    return (found_edges[0], found_edges[1], found_edges[2])


def _is_edge(edge: Quantity) -> bool:
    values = [value for value in (edge.point, edge.comma) if value is not None]
    return bool(values) and all(value > 0 for value in values) and not edge.words


def _missing_size(reading: TableReading, row: int, notes: Notes) -> None:
    columns = reading.columns("size")
    where = cell_name(row, columns[0]) if columns else f"row {row + 1}"
    notes.error(where, "size", "the size of the cartons is missing")


def total_count(lines: Sequence[Line]) -> int:
    """Return the number of cartons."""
    return sum(line.count for line in lines)


def value_text(value: Decimal) -> str:
    """Write a number for people, without an exponent and without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
