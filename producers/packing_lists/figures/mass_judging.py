"""Which reading of the masses is taken, and when somebody is asked."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.mass_columns import MassColumn, least_net
from producers.packing_lists.figures.mass_comparison import TOLERANCE, kg
from producers.packing_lists.figures.mass_evidence import MassReading
from producers.packing_lists.figures.masses import MassSolver, rank
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.figures.units import MASSES
from producers.packing_lists.figures.unnamed_units import keep_kilograms, tell_assumed
from producers.packing_lists.model import Unit
from producers.sheets.workbook import cell_name

_USUAL: tuple[Unit, ...] = ("kg", "lb", "jin", "g", "t")


def judge_masses(
    solver: MassSolver, reading: TableReading, notes: Notes, answers: Answers
) -> tuple[MassReading | None, str]:
    """Return the reading of the masses that is taken, and why; None after a question."""
    readings = solver.readings()
    sheet = reading.table.sheet.name
    keys = [f"{column.cell}.unit" for column in solver.columns]
    answered = any(answers.find(key, sheet, tuple(MASSES)) for key in keys)
    kilograms = [] if answered else keep_kilograms(solver, reading, readings)
    taken, why = _judge_answered(solver, kilograms or readings, reading, notes, answers)
    if taken is not None and taken in kilograms:
        unnamed = next(column.cell for column in solver.columns if not column.units)
        tell_assumed(unnamed, solver.example(taken), notes)
    for cell, text in taken.inexact if taken else ():
        notes.remark(cell, "total_inexact", text)
    return taken, why


def _judge_answered(
    solver: MassSolver,
    readings: list[MassReading],
    reading: TableReading,
    notes: Notes,
    answers: Answers,
) -> tuple[MassReading | None, str]:
    sheet = reading.table.sheet.name
    answered = ""
    for position, column in enumerate(solver.columns):
        per = answers.find(f"{column.cell}.per", sheet, ("carton", "row"))
        unit = answers.find(f"{column.cell}.unit", sheet, tuple(MASSES))
        if per or unit:
            answered = answered or f"answer for {column.cell}: {per or unit}"
            wanted = readings
            if not _allows(column, per, unit):
                wanted = solver.readings(beyond_headers=True)
            readings = [
                each
                for each in wanted
                if per in (None, each.pers[position])
                and (
                    each.units[position] in column.units
                    if unit is None and column.units
                    else unit in (None, each.units[position])
                )
            ]
            if per == "carton":
                readings = [_without_plain_sums(each) for each in readings]
    if len(readings) == 1 and not readings[0].misfits and (answered or readings[0].is_possible):
        why = (readings[0].proofs and _why(readings[0])) or answered or _why(readings[0])
        if readings[0].proofs:
            notes.confirm(why, counts=readings[0].proves_counts)
        if answered or not _ask_about_header(solver, readings[0], notes):
            return readings[0], why
        return None, ""
    return _judge(solver, readings, notes)


def _ask_about_header(solver: MassSolver, taken: MassReading, notes: Notes) -> bool:
    """Ask whether weights are those of rows where a total adds them up uncounted.

    A header such as ``G.W./CTN`` remains in a form that somebody fills in with weights of rows.
    Weights of light cartons are taken as the header says, with a remark.
    """
    if not taken.header_sums:
        return False
    if not solver.is_doubtful(taken):
        text = f"{taken.header_sums[0].text}: it adds up weights of a carton, as the header says"
        notes.remark(taken.header_sums[0].cell, "uncounted_sum", text)
        return False
    rows = [
        each
        for each in solver.readings(beyond_headers=True)
        if each.units == taken.units and each.is_possible and not each.misfits and each.proofs
    ]
    if not rows:
        return False
    reason = f"the header says of a carton, but {taken.header_sums[0].text}"
    _ask(solver, [taken, *rows[:1]], notes, reason)
    return True


def _without_plain_sums(reading: MassReading) -> MassReading:
    """Drop the totals that add up weights of a carton: an answer says what these are."""
    misfits = tuple(each for each in reading.misfits if each not in reading.plain_sums)
    return msgspec.structs.replace(reading, misfits=misfits, plain_sums=())


def _allows(column: MassColumn, per: str | None, unit: str | None) -> bool:
    return (per is None or per in column.pers) and (
        unit is None or not column.units or unit in column.units
    )


def _why(taken: MassReading) -> str:
    return f"proved: {taken.proofs[0]}" if taken.proofs else "the header says so"


def _judge(
    solver: MassSolver, stated: list[MassReading], notes: Notes
) -> tuple[MassReading | None, str]:
    cell = solver.columns[0].cell
    proved = [each for each in stated if each.proofs and not each.misfits and each.is_possible]
    rivals = _rivals_of_sums(stated, proved)
    if rivals and all(map(solver.is_dense, rivals)) and not any(map(solver.is_dense, proved)):
        notes.remark(
            cell,
            "mass_by_sum",
            f"{proved[0].proofs[0]}, and cartons of these weights would be denser than water: the "
            "weights are taken for those of the rows",
        )
    elif rivals:
        reason = f"{proved[0].proofs[0]}, as a SUM is under any column"
        return _ask(solver, [*rivals, *proved], notes, reason)
    if len(proved) == 1:
        why = _why(proved[0])
        notes.confirm(why, counts=proved[0].proves_counts)
        return proved[0], why
    if len(proved) > 1:
        return _ask(solver, proved, notes, "the figures fit several readings")
    sound = [each for each in stated if not each.misfits]
    if not sound:
        return _judge_contradiction(solver, stated, notes)
    possible = [each for each in sound if each.is_possible]
    if len(possible) == 1 and not possible[0].beyond:
        notes.remark(
            cell,
            "mass_by_limits",
            f"{_name(solver, possible[0])} is taken, because every other reading gives cartons "
            f"beyond the limits of the policy ({solver.example(possible[0])})",
        )
        return possible[0], "every other reading is beyond the limits of the policy"
    reason = "no sum in the list says which weight is meant"
    if not possible:
        reason = f"the weights are beyond the limits of the policy ({solver.example(sound[0])})"
        possible = [each for each in solver.readings(beyond_headers=True) if each.is_possible]
        possible = [*sound, *possible]
    return _ask(solver, possible, notes, reason)


def _rivals_of_sums(stated: list[MassReading], proved: list[MassReading]) -> list[MassReading]:
    """Return the readings that are as good as those proved by a column's own sum alone."""
    if not proved or not all(each.is_proved_by_sums_alone for each in proved):
        return []
    return [each for each in stated if each.contradicts_only_sums]


def _judge_contradiction(
    solver: MassSolver, stated: list[MassReading], notes: Notes
) -> tuple[MassReading | None, str]:
    """Take another meaning than the header's if the figures prove it alone, or ask."""
    cell = solver.columns[0].cell
    others = [
        each
        for each in solver.readings(beyond_headers=True)
        if each.proofs and not each.misfits and each.is_possible
    ]
    if len(others) == 1 and len(others[0].proofs) > others[0].weak_proofs:
        why = _why(others[0])
        notes.confirm(why, counts=others[0].proves_counts)
        notes.remark(
            cell,
            "mass_by_figures",
            f"the header says otherwise, but {why}: {_name(solver, others[0])} is taken",
        )
        return others[0], why
    least = min(stated, key=rank)
    near = [each for each in stated if each.is_nearly_proved]
    if not others and (len(near) == 1 or len(stated) == 1 or least.proofs):
        taken = near[0] if len(near) == 1 else least
        for misfit in taken.misfits:
            cells = [answer.partition("=")[2] for answer, _ in misfit.choices]
            beside = [cell for cell in cells if cell != "rows"]
            notes.ask(misfit.cell, "mass_contradiction", misfit.text, misfit.choices, beside)
        return None, ""
    reason = (
        f"the weights contradict each other ({'; '.join(each.text for each in least.misfits[:3])})"
    )
    return _ask(solver, [least, *others] if others else stated, notes, reason)


def _ask(
    solver: MassSolver, readings: Sequence[MassReading], notes: Notes, reason: str
) -> tuple[None, str]:
    """Ask for the meaning or the unit of the first column in which the readings differ."""
    position, aspect = _difference(readings)
    cell = solver.columns[position].cell
    choices: dict[str, str] = {}
    # While the unit is open, too, the figures are shown in the unit that most lists have.
    usual = sorted(readings, key=lambda each: _USUAL.index(each.units[position]))
    values = {
        each: each.pers[position] if aspect == "per" else each.units[position] for each in usual
    }
    for value in dict.fromkeys(values[each] for each in readings):
        shown = next(each for each in usual if values[each] == value)
        choices[f"{cell}.{aspect}={value}"] = solver.example(shown)
    wanted = (
        "are the weights of a carton, or of the whole row?"
        if aspect == "per"
        else "in which unit are the weights?"
    )
    notes.ask(
        cell,
        f"mass_{aspect}",
        f"{reason}: {wanted}",
        list(choices.items()),
    )
    return None, ""


def _difference(readings: Sequence[MassReading]) -> tuple[int, str]:
    for aspect in ("per", "unit"):
        for position in range(len(readings[0].pers)):
            values = {
                each.pers[position] if aspect == "per" else each.units[position]
                for each in readings
            }
            if len(values) > 1:
                return position, aspect
    return 0, "per"


def _name(solver: MassSolver, reading: MassReading) -> str:
    parts = [
        f"{column.cell} in {unit} per {per}"
        for column, unit, per in zip(solver.columns, reading.units, reading.pers, strict=True)
    ]
    return ", ".join(parts)


def compare_net(
    reading: TableReading,
    nets: Sequence[MassColumn],
    gross: Sequence[int],
    lines: Sequence[Line],
    notes: Notes,
    answers: Answers,
) -> None:
    """Ask about net weights above the gross weight under every meaning of their column."""
    for column in nets:
        least = least_net([column], lines)
        for index, value in enumerate(column.values):
            if value is None or least[index] <= gross[index] * (1 + TOLERANCE) + 1:
                continue
            key = f"{value.cell}.net"
            if answers.find(key, reading.table.sheet.name, ("ignore",)) is None:
                shown, net = (
                    value_text(kg(Decimal(each))) for each in (gross[index], least[index])
                )
                notes.ask(
                    value.cell,
                    "net_above_gross",
                    f"net {value_text(value.value)} is at least {net} kg a carton, above the gross "
                    f"weight of {shown} kg a carton",
                    [(f"{key}=ignore", f"the gross weight is right: {shown} kg")],
                    [cell_name(lines[index].row, each) for each in reading.columns("gross")[:1]],
                )
