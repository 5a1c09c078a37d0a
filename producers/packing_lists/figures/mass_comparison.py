"""Figures of weights against one another: column with column, rows with totals, gross with net."""

from collections.abc import Collection, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

from producers.packing_lists.figures.inexact import describe_inexact
from producers.packing_lists.figures.joint_masses import JointMasses
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.mass_columns import MassColumn
from producers.packing_lists.figures.mass_evidence import Evidence, Misfit
from producers.packing_lists.figures.table import Total
from producers.packing_lists.figures.units import MASSES
from producers.packing_lists.model import Per, Unit

TOLERANCE = Decimal("0.01")
"""Sums of rounded weights. A wrong unit is off by a factor of 1.1 (lb and jin) or more."""


class MassComparison:
    """Compares the masses under one reading with all that the list states about them."""

    def __init__(
        self,
        columns: Sequence[MassColumn],
        lines: Sequence[Line],
        labels: Sequence[Total],
        plain_rows: Collection[int],
        joint: JointMasses,
    ) -> None:
        """`plain_rows`: rows of totals that add up volumes of a carton without their counts."""
        self._columns = columns
        self._lines = lines
        self._labels = labels
        self._plain_rows = plain_rows
        self._joint = joint

    def compare(
        self,
        masses: Sequence[Sequence[Decimal | None]],
        grams: Sequence[Decimal],
        units: tuple[Unit, ...],
        pers: tuple[Per, ...],
    ) -> Evidence:
        """Return what speaks for and against masses (by column) and the grams that follow."""
        evidence = Evidence()
        for first, second in combinations(range(len(masses)), 2):
            self._compare_columns(first, second, masses, pers, evidence)
        self._compare_group_totals(grams, units, evidence)
        for position in range(len(self._columns)):
            self._compare_total(position, units[position], pers[position], grams, evidence)
        self._compare_labels(grams, evidence)
        return evidence

    def _compare_columns(
        self,
        first: int,
        second: int,
        masses: Sequence[Sequence[Decimal | None]],
        pers: tuple[Per, ...],
        evidence: Evidence,
    ) -> None:
        """Compare two columns line by line; they prove each other where the count is above 1."""
        slack = max(self._columns[first].step, self._columns[second].step) * 500
        for index, line in enumerate(self._lines):
            mass, other = masses[first][index], masses[second][index]
            cells = self._columns[first].values[index], self._columns[second].values[index]
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
                (f"{key}={cell.cell}", f"{value_text(kg(each))} kg a carton")
                for cell, each in zip(cells, (mass, other), strict=True)
                if cell
            )
            evidence.misfits.append(
                Misfit(cells[0].cell, f"{text} for {line.count} cartons", choices)
            )

    def _compare_group_totals(
        self, grams: Sequence[Decimal], units: tuple[Unit, ...], evidence: Evidence
    ) -> None:
        for (position, first), indices in self._joint.sums.items():
            stated = self._columns[position].values[first]
            if stated is None:
                continue
            own = MASSES[stated.unit if stated.unit in MASSES else units[position]]
            added = sum((grams[each] * self._lines[each].count for each in indices), Decimal(0))
            text = f"{stated.cell}: {value_text(stated.value)}"
            if abs(stated.value * own - added) <= added * TOLERANCE:
                evidence.proofs.append(f"{text} is the sum of {len(indices)} sizes")
            else:
                evidence.misfits.append(
                    Misfit(stated.cell, f"{text}, and the sizes add up to {kg(added):f} kg")
                )

    def _compare_total(
        self,
        position: int,
        unit: Unit,
        per: Per,
        grams: Sequence[Decimal],
        evidence: Evidence,
    ) -> None:
        column = self._columns[position]
        repeated = {index for span in column.merged for index in span[1:]}
        for total in column.totals:
            if total.amount.row in self._plain_rows:
                continue  # volumes of a carton are added up there without their counts
            factor = MASSES[total.amount.unit if total.amount.unit in MASSES else unit]
            stated = total.amount.value * factor
            summed = [
                index
                for index, line in enumerate(self._lines)
                if grams[index] and line.group in total.groups
            ]
            counts = [(grams[index], self._lines[index].count) for index in summed]
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
                rounding = max(column.step * factor * (1 if per == "row" else steps), Decimal(1))
                if text := describe_inexact(kg(stated), kg(added), kg(rounding), "kg"):
                    evidence.inexact.append((total.cell, text))
                continue
            rows = f"{value_text(kg(added))} kg"
            misfit = Misfit(
                total.cell,
                f"the list's total is {value_text(kg(stated))} kg, the rows have {rows}",
                ((f"{total.cell}.total=rows", f"the rows count: {rows}"),),
            )
            plain_sum = sum((grams[index] for index in summed if index not in repeated), Decimal(0))
            is_plain = per == "carton" and abs(stated - plain_sum) <= plain_sum * TOLERANCE / 5
            (evidence.plain_sums if is_plain else evidence.misfits).append(misfit)

    def _compare_labels(self, grams: Sequence[Decimal], evidence: Evidence) -> None:
        for total in self._labels:
            counted = [
                mass * line.count
                for mass, line in zip(grams, self._lines, strict=True)
                if line.group in total.groups
            ]
            added = sum(counted, Decimal(0))
            unit, value = total.amount.unit, total.amount.value
            factors = [MASSES[unit]] if unit in MASSES else list(MASSES.values())
            if any(abs(value * each - added) <= added * TOLERANCE / 5 for each in factors):
                if any(line.count > 1 for line in self._lines) or unit in MASSES:
                    evidence.proofs.append(
                        f"{total.cell}: {value_text(value)} is the sum of the rows"
                    )
                continue
            rows = f"{value_text(kg(added))} kg"
            evidence.misfits.append(
                Misfit(
                    total.cell,
                    f"the list's total is {value_text(value)} {unit or ''}, the rows have {rows}",
                    ((f"{total.key}=rows", f"the rows count: {rows}"),),
                )
            )

    def compare_net(
        self, grams: Sequence[Decimal], nets: Sequence[Decimal], evidence: Evidence
    ) -> None:
        """A reading under which most gross weights are below the net weights is wrong."""
        compared = [(gross, net) for gross, net in zip(grams, nets, strict=True) if gross and net]
        below = sum(net > gross * (1 + TOLERANCE) + 1 for gross, net in compared)
        if compared and below * 2 > len(compared):
            text = f"{below} gross weights would be below the net weights"
            evidence.misfits.append(Misfit(self._columns[0].cell, text))


def kg(grams: Decimal) -> Decimal:
    """Return kilograms, to the gram."""
    return (grams / 1_000).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
