"""Masses: which unit, and whether of a carton or of the row, proved by the list's own sums.

Columns of gross weights are read together: weight of a carton × count is the weight of the row, and
a row of totals is the sum of the rows. Where neither is there, density may leave only one reading.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from itertools import product

import msgspec

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.figures.cells import decimals_shown
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.notes import Answers, Notes
from producers.packing_lists.figures.sizes import Size, describe_excess
from producers.packing_lists.figures.table import TableReading, Total
from producers.packing_lists.figures.units import MASSES
from producers.packing_lists.model import Field, Per, Unit
from producers.sheets.workbook import cell_name

TOLERANCE = Decimal("0.01")
"""Sums of rounded weights. A wrong unit is off by a factor of 1.1 (lb and jin) or more."""
COLUMNS_MAX = 4
"""Columns of one kind of weight that are compared."""


class Stated(msgspec.Struct, frozen=True):
    """A weight that a column states for a line."""

    value: Decimal
    unit: Unit | None
    cell: str


class MassColumn(msgspec.Struct, frozen=True):
    """A column of weights: for each line what it states, and the sums under it."""

    column: int | None
    cell: str
    units: tuple[Unit, ...]
    pers: tuple[Per, ...]
    values: tuple[Stated | None, ...]
    totals: tuple[Total, ...]
    step: Decimal


class Misfit(msgspec.Struct, frozen=True):
    """Two figures that contradict each other."""

    cell: str
    text: str
    choices: tuple[tuple[str, str], ...] = ()
    """Answers that settle it, and what follows from each."""


class MassReading(msgspec.Struct, frozen=True):
    """Masses under one unit and meaning for each column."""

    units: tuple[Unit, ...]
    pers: tuple[Per, ...]
    grams: tuple[int, ...]
    """Of one carton of each line."""
    proofs: tuple[str, ...]
    weak_proofs: int
    """Sums of a column that the header calls weights of a carton: such a sum proves little."""
    misfits: tuple[Misfit, ...]
    is_stated: bool
    beyond: tuple[int, ...]
    proved_lines: int = 0
    """Lines in which two columns prove each other."""

    @property
    def is_possible(self) -> bool:
        """Whether most lines are within the limits."""
        return 2 * len(self.beyond) < max(len(self.grams), 1)

    @property
    def is_nearly_proved(self) -> bool:
        """Whether figures prove it but for a few, which are then in doubt themselves."""
        return self.proved_lines >= 2 and self.proved_lines >= 2 * len(self.misfits)


def mass_columns(
    reading: TableReading, lines: Sequence[Line], field: Field, notes: Notes, answers: Answers
) -> list[MassColumn]:
    """Collect the columns of a kind of weight that have any figure.

    Totals and cells that an answer overrules are left out.
    """
    sheet = reading.table.sheet.name
    columns = reading.columns(field)[:COLUMNS_MAX]
    rows = [[_stated(reading, line, column) for column in columns] for line in lines]
    for stated in rows:
        _keep_chosen(stated, sheet, answers)
    found = []
    for position, column in enumerate(columns):
        values = [stated[position] for stated in rows]
        totals = tuple(
            total
            for total in reading.totals(column)
            if not answers.find(f"{total.cell}.total", sheet, ("rows",))
        )
        if not any(values):
            continue
        if field == "gross":
            is_sum = partial(_is_sum_shown, values=values, totals=totals, rows=rows)
            values = _with_articles(reading, column, lines, values, is_sum, notes, answers)
        found.append(
            MassColumn(
                column,
                reading.table.header_cell(column),
                reading.units(column),
                reading.pers(column),
                tuple(values),
                totals,
                decimals_shown([value.value for value in values if value]),
            )
        )
    return found


def _stated(reading: TableReading, line: Line, column: int) -> Stated | None:
    amount = reading.amount(line.row, column)
    if amount is None or amount.value <= 0:
        return None
    return Stated(amount.value, amount.unit, cell_name(line.row, column))


def _keep_chosen(stated: list[Stated | None], sheet: str, answers: Answers) -> None:
    """Keep the only weight of a line that an answer names (``G7.mass=H7``)."""
    cells = [each.cell for each in stated if each]
    if len(cells) < 2:
        return
    chosen = answers.find(f"{cells[0]}.mass", sheet, cells)
    if chosen is not None:
        stated[:] = [each if each and each.cell == chosen else None for each in stated]


def _with_articles(
    reading: TableReading,
    column: int,
    lines: Sequence[Line],
    values: list[Stated | None],
    is_sum_shown: Callable[[Sequence[Stated | None]], bool],
    notes: Notes,
    answers: Answers,
) -> list[Stated | None]:
    """Add the weights of further articles in a carton to the first, or ask whether to.

    Such weights are added when a sum in the list, or another column, shows that they have to be.
    """
    added = [
        _add_articles(reading, line, column, value)
        for line, value in zip(lines, values, strict=True)
    ]
    further = [
        first.cell
        for first, whole in zip(values, added, strict=True)
        if first and whole and first.value != whole.value
    ]
    if not further:
        return values
    cell = reading.table.header_cell(column)
    answer = answers.find(f"{cell}.articles", reading.table.sheet.name, ("first", "sum"))
    if answer is None and not is_sum_shown(added):
        place = next(index for index, value in enumerate(values) if value != added[index])
        first, whole = values[place], added[place]
        if first and whole:
            notes.ask(
                cell,
                "mass_of_articles",
                f"{', '.join(further[:3])}: further weights stand beside further articles of the "
                "same carton. Is the first the carton's weight, or the sum of all?",
                [
                    (f"{cell}.articles=first", f"{first.cell}: {value_text(first.value)}"),
                    (f"{cell}.articles=sum", f"{first.cell}: {value_text(whole.value)}"),
                ],
            )
            return values
    return values if answer == "first" else added


def _add_articles(
    reading: TableReading, line: Line, column: int, value: Stated | None
) -> Stated | None:
    """Add the weights beside further articles of a line to the first one."""
    more = [reading.amount(row, column) for row in line.rows[1:]]
    added = sum((amount.value for amount in more if amount), Decimal(0))
    if value is None or not added:
        return value
    return msgspec.structs.replace(value, value=value.value + added)


def _is_sum_shown(
    added: Sequence[Stated | None],
    *,
    values: Sequence[Stated | None],
    totals: Sequence[Total],
    rows: Sequence[Sequence[Stated | None]],
) -> bool:
    """Tell whether a total, or a column beside it, has the sum and not the first weight."""
    for index, (whole, first) in enumerate(zip(added, values, strict=True)):
        beside = [each for each in rows[index] if each and first and each.cell != first.cell]
        if whole and first and whole.value != first.value:
            if any(each.value == first.value for each in beside):
                return False
            if any(each.value == whole.value for each in beside):
                return True
    sums = [sum((each.value for each in of if each), Decimal(0)) for of in (added, values)]
    return any(total.amount.value == sums[0] != sums[1] for total in totals)


def check_masses(reading: TableReading, lines: Sequence[Line], notes: Notes) -> bool:
    """Add an error for each weight that is not above 0, or stands for no mass."""
    before = notes.problems
    for field in ("gross", "net"):
        for column in reading.columns(field):
            for line in lines:
                amount = reading.amount(line.row, column)
                if amount is None:
                    continue
                wrong_unit = amount.unit is not None and amount.unit not in MASSES
                if amount.value <= 0 or wrong_unit or amount.words:
                    shown = reading.table.cell(line.row, column)
                    notes.error(
                        cell_name(line.row, column), "mass", f"{shown!r} is not a weight above 0"
                    )
    return notes.problems == before


def mass_bounds(
    columns: Sequence[MassColumn], lines: Sequence[Line]
) -> tuple[list[int], list[int]]:
    """Return the least and the largest mass of a carton that headers allow, by line; 0: none."""
    least, most = [], []
    for index, line in enumerate(lines):
        grams = [
            value.value * MASSES[unit] / (line.count if per == "row" else 1)
            for column in columns
            if (value := column.values[index]) is not None
            for unit in ((value.unit,) if value.unit in MASSES else column.units or tuple(MASSES))
            for per in column.pers
            if unit in MASSES
        ]
        least.append(int(min(grams, default=Decimal(0))))
        most.append(int(max(grams, default=Decimal(0))))
    return least, most


class MassSolver:
    """Reads the masses of all lines under each unit and meaning of the columns."""

    def __init__(
        self,
        reading: TableReading,
        columns: Sequence[MassColumn],
        nets: Sequence[MassColumn],
        lines: Sequence[Line],
        sizes: Sequence[Size] | None,
        limits: CartonLimits,
        labels: Sequence[Total],
    ) -> None:
        self._reading = reading
        self.columns = columns
        self._lines = lines
        self._sizes = sizes
        self._limits = limits
        self._labels = labels
        self._least_net = _least_net(nets, lines)
        self._group_totals = self._find_group_totals()
        # Of two columns in different units, the rounder one is the original.
        self._digits = [
            sum(len(value.value.normalize().as_tuple().digits) for value in column.values if value)
            for column in columns
        ]

    def _find_group_totals(self) -> dict[tuple[int, int], list[int]]:
        """Find weights that stand for all sizes of a group, by column's position and first line."""
        groups: dict[int, list[int]] = {}
        for index, line in enumerate(self._lines):
            groups.setdefault(line.bundle, []).append(index)
        found = {}
        for indices in groups.values():
            if len(indices) < 2:
                continue
            filled = [[bool(column.values[each]) for each in indices] for column in self.columns]
            for position, has in enumerate(filled):
                if has[0] and not any(has[1:]) and any(all(other) for other in filled):
                    found[position, indices[0]] = indices
        return found

    def readings(self, *, beyond_headers: bool = False) -> list[MassReading]:
        """Return a reading for each combination; of equal results the best proved one.

        `beyond_headers` adds the units and meanings that the headers exclude.
        """
        found: dict[tuple[int, ...], MassReading] = {}
        for units, pers in self._combinations(beyond_headers=beyond_headers):
            reading = self._read(units, pers)
            other = found.get(reading.grams)
            if other is None or _rank(reading) < _rank(other):
                found[reading.grams] = reading
        return sorted(found.values(), key=_rank)

    def _combinations(
        self, *, beyond_headers: bool
    ) -> Iterator[tuple[tuple[Unit, ...], tuple[Per, ...]]]:
        """Yield units and meanings; columns whose headers name no unit share one."""
        shared: tuple[Unit | None, ...] = tuple(MASSES)
        if not beyond_headers and all(column.units for column in self.columns):
            shared = (None,)
        both: tuple[Per, ...] = ("carton", "row")
        pers = [both if beyond_headers else column.pers for column in self.columns]
        for unit in shared:
            units = [
                (unit,) if unit and (beyond_headers or not column.units) else column.units
                for column in self.columns
            ]
            for chosen in product(*units):
                yield from ((chosen, chosen_pers) for chosen_pers in product(*pers))

    def _read(self, units: tuple[Unit, ...], pers: tuple[Per, ...]) -> MassReading:
        masses = [
            self._masses(position, unit, per)
            for position, (unit, per) in enumerate(zip(units, pers, strict=True))
        ]
        order = sorted(
            range(len(pers)), key=lambda place: (pers[place] != "carton", self._digits[place])
        )
        grams = [
            next((mass for position in order if (mass := masses[position][index])), Decimal(0))
            for index in range(len(self._lines))
        ]
        evidence = _Evidence()
        for first in range(len(masses)):
            for second in range(first + 1, len(masses)):
                self._compare(first, second, masses, pers, evidence)
        self._compare_group_totals(grams, units, evidence)
        for position, column in enumerate(self.columns):
            self._compare_total(column, units[position], pers[position], grams, evidence)
        self._compare_labels(grams, evidence)
        self._compare_net(grams, evidence)
        is_stated = all(
            (not column.units or unit in column.units) and per in column.pers
            for column, unit, per in zip(self.columns, units, pers, strict=True)
        )
        if not evidence.proofs and any(len(column.pers) > 1 for column in self.columns):
            evidence.misfits += evidence.plain_sums
        rounded = tuple(max(1, _round(mass)) if mass else 0 for mass in grams)
        return MassReading(
            units,
            pers,
            rounded,
            tuple(evidence.proofs),
            evidence.weak,
            tuple(evidence.misfits),
            is_stated,
            self._beyond(rounded),
            evidence.proved_lines,
        )

    def _masses(self, position: int, unit: Unit, per: Per) -> list[Decimal | None]:
        """Return grams per carton."""
        found: list[Decimal | None] = []
        values = self.columns[position].values
        for index, (value, line) in enumerate(zip(values, self._lines, strict=True)):
            if value is None or (position, index) in self._group_totals:
                found.append(None)
            else:
                own = MASSES[value.unit if value.unit in MASSES else unit]
                found.append(value.value * own / (line.count if per == "row" else 1))
        return found

    def _compare(
        self,
        first: int,
        second: int,
        masses: Sequence[Sequence[Decimal | None]],
        pers: tuple[Per, ...],
        evidence: "_Evidence",
    ) -> None:
        """Compare two columns line by line; they prove each other where the count is above 1."""
        slack = max(self.columns[first].step, self.columns[second].step) * 500
        for index, line in enumerate(self._lines):
            mass, other = masses[first][index], masses[second][index]
            cells = self.columns[first].values[index], self.columns[second].values[index]
            if mass is None or other is None or cells[0] is None or cells[1] is None:
                continue
            text = " and ".join(f"{cell.cell}: {value_text(cell.value)}" for cell in cells if cell)
            larger = max(mass, other)
            if abs(mass - other) <= min(max(larger * TOLERANCE, slack), larger * TOLERANCE * 5):
                if pers[first] != pers[second] and line.count > 1:
                    if not evidence.proved_lines:
                        evidence.proofs.append(f"{text} for {line.count} cartons")
                    evidence.proved_lines += 1
                continue
            key = f"{cells[0].cell}.mass"
            choices = tuple(
                (f"{key}={cell.cell}", f"{value_text(_kg(each))} kg a carton")
                for cell, each in zip(cells, (mass, other), strict=True)
                if cell
            )
            evidence.misfits.append(
                Misfit(cells[0].cell, f"{text} for {line.count} cartons", choices)
            )

    def _compare_group_totals(
        self, grams: Sequence[Decimal], units: tuple[Unit, ...], evidence: "_Evidence"
    ) -> None:
        for (position, first), indices in self._group_totals.items():
            stated = self.columns[position].values[first]
            if stated is None:
                continue
            own = MASSES[stated.unit if stated.unit in MASSES else units[position]]
            added = sum((grams[each] * self._lines[each].count for each in indices), Decimal(0))
            text = f"{stated.cell}: {value_text(stated.value)}"
            if abs(stated.value * own - added) <= added * TOLERANCE:
                evidence.proofs.append(f"{text} is the sum of {len(indices)} sizes")
            else:
                evidence.misfits.append(
                    Misfit(stated.cell, f"{text}, and the sizes add up to {_kg(added):f} kg")
                )

    def _compare_total(
        self,
        column: MassColumn,
        unit: Unit,
        per: Per,
        grams: Sequence[Decimal],
        evidence: "_Evidence",
    ) -> None:
        for total in column.totals:
            factor = MASSES[total.amount.unit if total.amount.unit in MASSES else unit]
            stated = total.amount.value * factor
            counts = [
                (mass, line.count)
                for mass, line in zip(grams, self._lines, strict=True)
                if mass and line.group in total.groups
            ]
            added = sum((mass * count for mass, count in counts), Decimal(0))
            if not counts:
                continue
            steps = sum(count if per == "carton" else 1 for _, count in counts)
            slack = min(column.step * factor * steps, added * TOLERANCE)
            text = f"{total.cell}: {value_text(total.amount.value)}"
            if abs(stated - added) <= max(added * TOLERANCE / 5, slack):
                if any(count > 1 for _, count in counts):
                    evidence.proofs.append(f"{text} is the sum of the rows")
                    evidence.weak += per == "row"
                continue
            rows = f"{value_text(_kg(added))} kg"
            misfit = Misfit(
                total.cell,
                f"the list's total is {value_text(_kg(stated))} kg, the rows have {rows}",
                ((f"{total.cell}.total=rows", f"the rows count: {rows}"),),
            )
            plain_sum = sum((mass for mass, _ in counts), Decimal(0))
            is_plain = per == "carton" and abs(stated - plain_sum) <= plain_sum * TOLERANCE / 5
            (evidence.plain_sums if is_plain else evidence.misfits).append(misfit)

    def _compare_labels(self, grams: Sequence[Decimal], evidence: "_Evidence") -> None:
        added = sum(
            (mass * line.count for mass, line in zip(grams, self._lines, strict=True)), Decimal(0)
        )
        for total in self._labels:
            unit, value = total.amount.unit, total.amount.value
            factors = [MASSES[unit]] if unit in MASSES else list(MASSES.values())
            if any(abs(value * each - added) <= added * TOLERANCE / 5 for each in factors):
                if any(line.count > 1 for line in self._lines) or unit in MASSES:
                    evidence.proofs.append(
                        f"{total.cell}: {value_text(value)} is the sum of the rows"
                    )
                continue
            rows = f"{value_text(_kg(added))} kg"
            evidence.misfits.append(
                Misfit(
                    total.cell,
                    f"the list's total is {value_text(value)} {unit or ''}, the rows have {rows}",
                    ((f"{total.cell}.total=rows", f"the rows count: {rows}"),),
                )
            )

    def _compare_net(self, grams: Sequence[Decimal], evidence: "_Evidence") -> None:
        """A reading under which most gross weights are below the net weights is wrong."""
        compared = [
            (gross, net) for gross, net in zip(grams, self._least_net, strict=True) if gross and net
        ]
        below = sum(net > gross * (1 + TOLERANCE) + 1 for gross, net in compared)
        if compared and below * 2 > len(compared):
            text = f"{below} gross weights would be below the net weights"
            evidence.misfits.append(Misfit(self.columns[0].cell, text))

    def _beyond(self, grams: Sequence[int]) -> tuple[int, ...]:
        return tuple(
            index
            for index, mass in enumerate(grams)
            if mass > self._limits.gross_max_g
            or (
                self._sizes
                and mass
                and describe_excess(self._sizes[index], mass, mass, self._limits)
            )
        )

    def example(self, reading: MassReading) -> str:
        """Say what a reading means for the first line, and for all lines together."""
        total = sum(
            grams * line.count for grams, line in zip(reading.grams, self._lines, strict=True)
        )
        first, whole = _kg(Decimal(reading.grams[0])), _kg(Decimal(total))
        return f"{value_text(first)} kg a carton in the first row, {value_text(whole)} kg in all"


class _Evidence:
    """Proofs and contradictions of one reading."""

    def __init__(self) -> None:
        self.proofs: list[str] = []
        self.weak = 0
        self.misfits: list[Misfit] = []
        self.plain_sums: list[Misfit] = []
        """Totals that add up weights of a carton without their counts, as a mechanical SUM does.

        They contradict nothing where the header calls the weights those of a carton.
        """
        self.proved_lines = 0


def _least_net(nets: Sequence[MassColumn], lines: Sequence[Line]) -> list[Decimal]:
    """Return the least net mass of a carton that the headers allow, by line; 0: unknown."""
    least = [Decimal(0)] * len(lines)
    for column in nets:
        for index, (value, line) in enumerate(zip(column.values, lines, strict=True)):
            if value is None:
                continue
            units = (value.unit,) if value.unit in MASSES else column.units or tuple(MASSES)
            found = min(
                value.value * MASSES[unit] / (line.count if per == "row" else 1)
                for unit in units
                if unit in MASSES
                for per in column.pers
            )
            least[index] = max(least[index], found)
    return least


def _kg(grams: Decimal) -> Decimal:
    return (grams / 1_000).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)


def _rank(reading: MassReading) -> tuple[int, bool, int]:
    return len(reading.misfits), not reading.is_stated, -len(reading.proofs)


def _round(mass: Decimal) -> int:
    return int(mass.to_integral_value(rounding=ROUND_HALF_UP))


def judge_masses(
    solver: MassSolver, reading: TableReading, notes: Notes, answers: Answers
) -> tuple[MassReading | None, str]:
    """Return the reading of the masses that is taken, and why; None after a question."""
    readings = solver.readings()
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
                if per in (None, each.pers[position]) and unit in (None, each.units[position])
            ]
    if len(readings) == 1 and not readings[0].misfits and (answered or readings[0].is_possible):
        why = (readings[0].proofs and _why(readings[0])) or answered or _why(readings[0])
        if readings[0].proofs:
            notes.confirm(why)
        return readings[0], why
    return _judge(solver, readings, notes)


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
    if len(proved) == 1:
        why = _why(proved[0])
        notes.confirm(why)
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
        notes.confirm(why)
        notes.remark(
            cell,
            "mass_by_figures",
            f"the header says otherwise, but {why}: {_name(solver, others[0])} is taken",
        )
        return others[0], why
    least = min(stated, key=_rank)
    near = [each for each in stated if each.is_nearly_proved]
    if not others and (len(near) == 1 or len(stated) == 1 or least.proofs):
        taken = near[0] if len(near) == 1 else least
        for misfit in taken.misfits:
            notes.ask(misfit.cell, "mass_contradiction", misfit.text, misfit.choices)
        return None, ""
    reason = (
        f"the weights contradict each other ({'; '.join(each.text for each in least.misfits[:3])})"
    )
    return _ask(solver, [least, *others], notes, reason)


def _ask(
    solver: MassSolver, readings: Sequence[MassReading], notes: Notes, reason: str
) -> tuple[None, str]:
    """Ask for the meaning or the unit of the first column in which the readings differ."""
    position, aspect = _difference(readings)
    cell = solver.columns[position].cell
    choices: dict[str, str] = {}
    for each in readings:
        value = each.pers[position] if aspect == "per" else each.units[position]
        choices.setdefault(f"{cell}.{aspect}={value}", solver.example(each))
    wanted = "of a carton, or of the whole row" if aspect == "per" else "in which unit"
    notes.ask(
        cell,
        f"mass_{aspect}",
        f"{reason}: are the weights {wanted}?",
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
        least = _least_net([column], lines)
        for index, value in enumerate(column.values):
            if value is None or least[index] <= gross[index] * (1 + TOLERANCE) + 1:
                continue
            key = f"{value.cell}.net"
            if answers.find(key, reading.table.sheet.name, ("ignore",)) is None:
                kg = value_text(_kg(Decimal(gross[index])))
                notes.ask(
                    value.cell,
                    "net_above_gross",
                    f"net {value_text(value.value)}, above the gross weight of {kg} kg a carton",
                    [(f"{key}=ignore", f"the gross weight is right: {kg} kg")],
                )
