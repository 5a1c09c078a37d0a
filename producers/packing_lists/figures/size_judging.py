"""Which unit of the edges is taken, and when somebody is asked."""

from collections.abc import Sequence
from decimal import Decimal

from producers.packing_lists.figures.limits import Size
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.sizes import SizeReading, SizeSolver
from producers.packing_lists.figures.table import TableReading, size_columns
from producers.packing_lists.figures.units import VOLUMES
from producers.packing_lists.figures.volumes import Fit
from producers.sheets.workbook import cell_name

_SHOWN_MAX = 20
"""Cells that a question names beside its own."""


def judge_sizes(
    solver: SizeSolver, reading: TableReading, notes: Notes, answers: Answers
) -> tuple[SizeReading | None, str]:
    """Return the reading of the edges that is taken, and why; None after a question."""
    readings = solver.readings()
    column = solver.edge_columns()[0]
    cell = reading.table.header_cell(column)
    names = {each.units[0]: each for each in readings if len(set(each.units)) == 1}
    answer = answers.find(f"{cell}.unit", reading.table.sheet.name, tuple(names))
    if answer is not None:
        return names[answer], f"answer {cell}.unit={answer}"  # type: ignore[index]
    if len(readings) == 1:
        return readings[0], "the cells name their units"
    stated = [each for each in readings if each.is_stated]
    judge = _Judge(solver, notes, cell)
    for found in (
        judge.proved(stated, readings),
        judge.nearly_proved(stated or readings),
        judge.alone(stated, readings),
    ):
        if found is not None:
            return found
    judge.ask(stated, readings)
    return None, ""


class _Judge:
    def __init__(self, solver: SizeSolver, notes: Notes, cell: str) -> None:
        self._solver = solver
        self._notes = notes
        self._cell = cell

    def proved(
        self, stated: list[SizeReading], readings: list[SizeReading]
    ) -> tuple[SizeReading, str] | None:
        """Take the only reading that the volumes prove; the header's own before any other."""
        proved = [each for each in stated if each.proof]
        proved = proved or [each for each in readings if each.proof and each.is_possible]
        if len(proved) > 1:
            proved = [each for each in proved if each.proof and each.proof.is_stated] or proved
        if len(proved) > 1:
            proved = [each for each in proved if each.is_possible] or proved
        if len(proved) != 1 or _is_rivalled(proved[0], readings):
            return None
        taken = proved[0]
        why = self._describe(taken)
        self._notes.confirm(why, counts=bool(taken.proof and taken.proof.per == "row"))
        if stated and not taken.is_stated:
            self._notes.remark(
                self._cell,
                "unit_by_figures",
                f"the header says {stated[0].units[0]}; {why}: {taken.units[0]} is taken",
            )
        return taken, why

    def nearly_proved(self, readings: list[SizeReading]) -> tuple[SizeReading, str] | None:
        """Take a reading that explains most volumes; `ask_about_volumes` asks about the others."""
        near = [each for each in readings if each.near_proof]
        if len(near) != 1:
            return None
        return near[0], self._describe(near[0])

    def alone(
        self, stated: list[SizeReading], readings: list[SizeReading]
    ) -> tuple[SizeReading, str] | None:
        """Take the header's unit, or the only one that the limits leave, if no volume speaks."""
        speaks = bool(self._solver.columns)
        if len(stated) == 1 and stated[0].is_possible:
            return stated[0], "the header names the unit"
        blameless = len(stated) == 1 and self._solver.has_usual_edges(stated[0])
        if blameless and not speaks and not any(each.is_possible for each in readings):
            # No unit of the edges makes the weights possible: theirs is wrong.
            return stated[0], "the header names the unit"
        if speaks:
            return None
        possible = [each for each in stated or readings if each.is_possible]
        if len(possible) != 1 or possible[0].beyond or len(stated) == 1:
            return None
        unit = possible[0].units[0]
        if stated:
            if possible[0] is not stated[0]:
                self._notes.remark(
                    self._cell,
                    "unit_by_limits",
                    f"{unit}, beside some figures, is taken: {stated[0].units[0]} gives cartons "
                    f"beyond the limits of the policy ({self._solver.example(stated[0])})",
                )
            return possible[0], f"of the units that the list names, only {unit} gives cartons"
        self._notes.remark(
            self._cell,
            "unit_by_limits",
            f"no unit is named; {unit} is taken, because every other unit gives cartons beyond "
            f"the limits of the policy ({self._solver.example(possible[0])})",
        )
        return possible[0], f"only {unit} gives possible cartons"

    def ask(self, stated: list[SizeReading], readings: list[SizeReading]) -> None:
        """Ask for the unit, with what follows from each that is possible."""
        possible = [each for each in readings if each.is_possible]
        choices = list({each.sizes: each for each in (*stated, *possible)}.values())
        header_says = f"the header says {stated[0].units[0]}, but " if stated else ""
        reason = "no volume in the list proves a unit"
        beside: list[str] = []
        if stated and stated[0].beyond:
            rows, example = self._solver.rows_beyond(stated[0])
            reason = f"the cartons of row {rows[0] + 1} would be {example}"
            beside = [cell_name(row, self._solver.edge_columns()[0]) for row in rows[:_SHOWN_MAX]]
        elif self._solver.columns:
            reason = "the volumes of the list fit no unit, or several"
        self._notes.ask(
            self._cell,
            "unit_of_edges",
            f"{header_says}{reason}: which unit do the edges have?",
            [
                (f"{self._cell}.unit={each.units[0]}", self._solver.example(each))
                for each in choices
                if len(set(each.units)) == 1
            ],
            beside,
        )

    def _describe(self, taken: SizeReading) -> str:
        fit = taken.proof or taken.near_proof
        if fit is None:
            return "the header names the unit"
        volume = next(each for each in fit.column.volumes if each not in fit.misfits)
        return (
            f"column {fit.column.header} ({fit.unit}) proves {taken.units[0]}: {volume.cell} is "
            f"{value_text(volume.value)}"
        )


def _is_rivalled(taken: SizeReading, readings: list[SizeReading]) -> bool:
    """Tell whether a reading reads the volumes against their header, and another one with it.

    Volumes such as 0.006 are too rough to prove a unit; they still contradict nothing.
    """
    if taken.proof is None or taken.proof.is_stated:
        return False
    return any(
        fit.is_stated and not fit.misfits and fit.column is taken.proof.column
        for each in readings
        if each is not taken and each.is_possible
        for fit in each.fits
    )


def ask_about_volumes(
    taken: SizeReading, lines: Sequence[Line], reading: TableReading, notes: Notes, answers: Answers
) -> None:
    """Ask about each volume that the edges of its lines do not give."""
    for fit in _best_fits(taken):
        for volume in fit.misfits:
            key = f"{volume.cell}.volume"
            if answers.find(key, reading.table.sheet.name, ("size",)) is not None:
                continue
            expected = sum(
                Decimal(lines[index].count if fit.per == "row" or volume.is_total else 1)
                * _volume_cm3(taken.sizes[index])
                for index in volume.lines
            )
            unit = volume.unit or fit.unit
            shown = Decimal(expected) / VOLUMES[unit] if unit in VOLUMES else Decimal(expected)
            notes.ask(
                volume.cell,
                "volume",
                f"the list says {value_text(volume.value)} {unit}, the edges give {shown:.3f}",
                [(f"{key}=size", f"the edges are right: {shown:.3f} {unit}")],
                [
                    cell_name(lines[index].row, column)
                    for index in volume.lines
                    for column in size_columns(reading)[:1]
                    if not volume.is_total
                ],
            )


def _best_fits(taken: SizeReading) -> list[Fit]:
    best: dict[str, Fit] = {}
    for fit in taken.fits:
        best.setdefault(fit.column.header, fit)
    return list(best.values())


def _volume_cm3(size: Size) -> Decimal:
    return Decimal(size.length_mm * size.width_mm * size.height_mm) / 1_000
