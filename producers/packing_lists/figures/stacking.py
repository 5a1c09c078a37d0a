"""How much may stand on a carton: a mass, or a number of layers of the same cartons."""

import re

from producers.packing_lists.figures.cells import is_blank, plain, text_of
from producers.packing_lists.figures.lines import value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import Amount, TableReading
from producers.packing_lists.figures.units import MASSES
from producers.packing_lists.model import Unit
from producers.sheets.workbook import CellError, Formula, cell_name

LAYERS_MAX = 50
_LAYERS = re.compile(
    r"(?:max\.?|maximum|up to|≤|<=|最多|最高|不超过)? ?([0-9]{1,2}) ?"
    r"(?:层|層|layers?|tiers?|high|cartons?|ctns?|箱)?\.?(?: ?max\.?| ?以下| ?以内)?"
)
_UNLIMITED = re.compile(r"不限.{0,2}|无限.{0,2}|no (?:limit|max)\w*|unlimited|any|none")


class StackingReader:
    """Reads the limits of what may stand on a carton."""

    def __init__(self, reading: TableReading, notes: Notes, answers: Answers) -> None:
        self._reading = reading
        self._notes = notes
        self._answers = answers

    def load(self, row: int, gross_g: int) -> tuple[int | None, int]:
        """Return the grams that may stand on a carton, and the column that says so."""
        limits = [*self._masses(row), *self._layers(row, gross_g)]
        return min(limits) if limits else (None, 0)

    def _layers(self, row: int, gross_g: int) -> list[tuple[int, int]]:
        """Return the mass of the cartons that may stand on the lowest of so many layers.

        Lists count the lowest layer; where one does not, the limit is on the safe side.
        """
        limits = []
        for column in self._reading.columns("max_layers"):
            cell = self._reading.table.cell(row, column)
            if is_blank(cell) or isinstance(cell, Formula | CellError):
                continue
            text = plain(text_of(cell))
            if _UNLIMITED.fullmatch(text):
                continue
            match = _LAYERS.fullmatch(text)
            if match is None or not 1 <= int(match[1]) <= LAYERS_MAX:
                self._notes.error(
                    cell_name(row, column),
                    "max_layers",
                    f"{text_of(cell)[:60]!r} is not a number of layers, 1 to {LAYERS_MAX}",
                )
                continue
            limits.append(((int(match[1]) - 1) * gross_g, column))
            self._remark(column)
        return limits

    def _remark(self, column: int) -> None:
        cell = self._reading.table.header_cell(column)
        if any(remark.cell == cell for remark in self._notes.remarks):
            return
        header = self._reading.table.columns[column].header
        self._notes.remark(
            cell,
            "stacking_layers",
            f"{header!r} limits the layers of a stack, the lowest among them: on a carton may "
            "stand the weight of those above it, and nothing where there is one layer",
        )

    def _masses(self, row: int) -> list[tuple[int, int]]:
        for column in self._reading.columns("max_top_load"):
            amount = self._reading.amount(row, column)
            if amount is None:
                continue
            unit = amount.unit or self._unit(column)
            if amount.value < 0 or (unit is not None and unit not in MASSES):
                shown = self._reading.table.cell(row, column)
                self._notes.error(
                    cell_name(row, column), "max_top_load", f"{shown!r} is not a weight, 0 or more"
                )
                return []
            if amount.value == 0:
                return [(0, column)]
            if unit is None:
                self._ask_for_unit(column, amount)
                return []
            return [(int((amount.value * MASSES[unit]).to_integral_value()), column)]
        return []

    def _unit(self, column: int) -> Unit | None:
        units = self._reading.units(column)
        if len(units) == 1:
            return units[0]
        cell = self._reading.table.header_cell(column)
        answer = self._answers.find(f"{cell}.unit", self._reading.table.sheet.name, tuple(MASSES))
        return next((unit for unit in MASSES if unit == answer), None)

    def _ask_for_unit(self, column: int, amount: Amount) -> None:
        cell = self._reading.table.header_cell(column)
        if any(question.cell == cell for question in self._notes.questions):
            return
        self._notes.ask(
            cell,
            "mass_unit",
            "in which unit is the load that may stand on a carton?",
            [
                (f"{cell}.unit={unit}", f"{value_text(amount.value * factor / 1_000)} kg")
                for unit, factor in MASSES.items()
            ],
        )
