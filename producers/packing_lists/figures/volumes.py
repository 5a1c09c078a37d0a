"""Volumes that the list states: of rows, of rows of totals, beside labels."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from producers.packing_lists.figures.cells import decimals_shown
from producers.packing_lists.figures.lines import Line
from producers.packing_lists.figures.merged import merged_spans
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.model import Per, Unit
from producers.sheets.workbook import cell_name

TOLERANCE = Decimal("0.05")
"""Edges are rounded to whole centimetres, volumes to two or three decimals: 0.5 of 35 cm is 1.4 %,
three edges 4 %. The next wrong unit is off by a factor of 16."""


class Volume(msgspec.Struct, frozen=True):
    """A volume that the list states for lines, still without unit and meaning."""

    value: Decimal
    unit: Unit | None
    lines: tuple[int, ...]
    cell: str
    row: int
    is_total: bool


class VolumeColumn(msgspec.Struct, frozen=True):
    """A column of volumes, or the volumes beside labels."""

    header: str
    column: int | None
    units: tuple[Unit, ...]
    """Empty: the header names none."""
    pers: tuple[Per, ...]
    volumes: tuple[Volume, ...]
    step: Decimal


class Fit(msgspec.Struct, frozen=True):
    """How well a unit of the edges fits one reading of a column of volumes."""

    column: VolumeColumn
    unit: Unit
    per: Per
    strong: int
    """Volumes that it explains, each precise enough to exclude other units."""
    misfits: tuple[Volume, ...]
    is_stated: bool
    plain_sums: tuple[Volume, ...] = ()
    """Totals that add up volumes of a carton without their counts, as a mechanical SUM does."""

    @property
    def proves(self) -> bool:
        """Whether every volume fits."""
        return self.strong > 0 and not self.misfits

    @property
    def mostly(self) -> bool:
        """Whether the volumes fit but for a few, which are then in doubt themselves."""
        return self.strong >= 2 and self.strong >= 2 * len(self.misfits)


def volume_columns(reading: TableReading, lines: Sequence[Line]) -> list[VolumeColumn]:
    """Collect the volumes of rows, of rows of totals and of labels."""
    of_row = {row: index for index, line in enumerate(lines) for row in line.rows}
    found = []
    for column in reading.columns("volume"):
        volumes = [
            Volume(amount.value, amount.unit, (index,), cell_name(row, column), row, is_total=False)
            for row, index in of_row.items()
            if (amount := reading.amount(row, column)) is not None and amount.value > 0
        ]
        volumes = _merge_lines_of_group(volumes, lines)
        spans = {span[0]: span for span in merged_spans(reading, lines, column)}
        volumes = [
            msgspec.structs.replace(volume, lines=spans.get(volume.lines[0], volume.lines))
            for volume in volumes
        ]
        volumes += [
            Volume(
                total.amount.value,
                total.amount.unit,
                _lines_of(total.groups, lines),
                total.cell,
                total.amount.row,
                is_total=True,
            )
            for total in reading.totals(column)
            if total.amount.value > 0
        ]
        header = reading.table.header_cell(column)
        found.append(_column(header, column, reading.units(column), reading.pers(column), volumes))
    labels = [
        Volume(
            total.amount.value,
            total.amount.unit,
            _lines_of(total.groups, lines),
            total.cell,
            total.amount.row,
            is_total=True,
        )
        for total in reading.label_totals("volume")
        if total.amount.value > 0
    ]
    found += [_column(label.cell, None, (), ("row",), [label]) for label in labels]
    return [column for column in found if column.volumes]


def _column(
    header: str,
    column: int | None,
    units: tuple[Unit, ...],
    pers: tuple[Per, ...],
    volumes: list[Volume],
) -> VolumeColumn:
    step = decimals_shown([volume.value for volume in volumes])
    return VolumeColumn(header, column, units, pers, tuple(volumes), step)


def _merge_lines_of_group(volumes: list[Volume], lines: Sequence[Line]) -> list[Volume]:
    """Let the only volume of a group with several sizes stand for the first size or for all."""
    by_bundle: dict[int, list[int]] = {}
    for index, line in enumerate(lines):
        by_bundle.setdefault(line.bundle, []).append(index)
    stated = {volume.lines[0] for volume in volumes}
    merged = []
    for volume in volumes:
        whole = by_bundle[lines[volume.lines[0]].bundle]
        alone = len(whole) > 1 and len(stated & set(whole)) == 1
        merged.append(msgspec.structs.replace(volume, lines=tuple(whole)) if alone else volume)
    return merged


def _lines_of(groups: Sequence[int], lines: Sequence[Line]) -> tuple[int, ...]:
    wanted = set(groups)
    return tuple(index for index, line in enumerate(lines) if line.group in wanted)


def compare(stated: Decimal, expected: Sequence[Decimal], step: Decimal) -> tuple[bool, bool]:
    """Return whether a stated volume fits an expected one, and whether that excludes others."""
    for value in expected:
        difference = abs(stated - value)
        if difference <= value * TOLERANCE:
            return True, step <= value * TOLERANCE * 4
        if difference <= step / 2 * Decimal("1.001"):
            return True, False
    return False, False
