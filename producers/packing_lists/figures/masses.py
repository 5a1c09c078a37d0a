"""Masses: which unit, and whether of a carton or of the row, proved by the list's own sums.

Columns of gross weights are read together: weight of a carton × count is the weight of the row, and
a row of totals is the sum of the rows. Where neither is there, density may leave only one reading.
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

from groupage.domain.carton_limits import CartonLimits
from producers.packing_lists.figures.joint_masses import JointMasses
from producers.packing_lists.figures.limits import Size, describe_excess
from producers.packing_lists.figures.lines import Line, value_text
from producers.packing_lists.figures.mass_columns import MassColumn, least_net, widen
from producers.packing_lists.figures.mass_comparison import TOLERANCE, MassComparison, kg
from producers.packing_lists.figures.mass_evidence import MassReading, Misfit
from producers.packing_lists.figures.merged import Span
from producers.packing_lists.figures.notes import Answers
from producers.packing_lists.figures.sizes import SizeReading
from producers.packing_lists.figures.table import TableReading
from producers.packing_lists.figures.units import MASSES
from producers.packing_lists.model import Per, Unit

_DENSE_G_PER_L = 1_000
"""Cartons are lighter than water, unless they hold tiles or metal (assumption)."""
_DOUBTFUL_G_PER_L = 400
"""Cartons of everyday goods are lighter (assumption): denser ones under a sum without counts may
be rows."""
_SAMPLE = 50
"""Lines that are looked at before a combination is computed for all."""
_KEPT = 8
"""Combinations that are computed in any case."""
_Combination = tuple[tuple[Unit, ...], tuple[Per, ...]]


class MassSolver:
    """Reads the masses of all lines under each unit and meaning of the columns."""

    def __init__(
        self,
        reading: TableReading,
        columns: Sequence[MassColumn],
        nets: Sequence[MassColumn],
        lines: Sequence[Line],
        sizes: SizeReading | None,
        limits: CartonLimits,
        answers: Answers,
    ) -> None:
        self.columns = columns
        self._lines = lines
        self._sizes = sizes.sizes if sizes else None
        self.open_sizes: Sequence[Sequence[Size]] = ()
        """Sizes that the cartons may have while the unit of their edges is asked."""
        self.edge_units: tuple[Unit | None, ...] = tuple(sizes.units) if sizes else ()
        self._limits = limits
        sheet = reading.table.sheet.name
        self._labels = [
            total
            for total in reading.label_totals("gross")
            if not answers.find(total.key, sheet, ("rows",))
        ]
        self._least_net = least_net(nets, lines)
        self._least_net_beyond_headers = least_net(widen(nets), lines)
        self.joint = JointMasses(columns, lines, self._sizes, answers, sheet)
        plain_rows = sizes.plain_rows if sizes else frozenset()
        self._comparison = MassComparison(columns, lines, self._labels, plain_rows, self.joint)
        # Of two columns in different units, the rounder one is the original.
        self._digits = [
            sum(len(value.value.normalize().as_tuple().digits) for value in column.values if value)
            for column in columns
        ]

    def has_total_over(self, position: int, span: Span) -> bool:
        """Tell whether the list states a sum that includes a merged weight."""
        groups = {self._lines[index].group for index in span}
        totals = (*self.columns[position].totals, *self._labels)
        return any(groups <= set(total.groups) for total in totals)

    def examples_of(self, position: int, span: Span, way: str, unit: Unit) -> str:
        """Say what the cartons of each line of a span would weigh if it were divided so."""
        value = self.columns[position].values[span[0]]
        if value is None:
            return ""
        grams = value.value * MASSES[value.unit if value.unit in MASSES else unit]
        shares = self.joint.shares(span, way)
        masses = [grams * shares[index] / self._lines[index].count for index in span]
        return f"{', '.join(value_text(kg(mass)) for mass in masses[:4])} kg a carton"

    def readings(self, *, beyond_headers: bool = False) -> list[MassReading]:
        """Return a reading for each combination; of equal results the best proved one.

        `beyond_headers` adds the units and meanings that the headers exclude.
        """
        found: dict[tuple[int, ...], MassReading] = {}
        for units, pers in self._promising(list(self._combinations(beyond_headers=beyond_headers))):
            reading = self._read(units, pers)
            other = found.get(reading.grams)
            if other is None or rank(reading) < rank(other):
                found[reading.grams] = reading
        return sorted(found.values(), key=rank)

    def _promising(self, combinations: list[_Combination]) -> list[_Combination]:
        """Drop combinations under which most of a sample of lines contradict themselves.

        They are neither sound nor nearly proved; the best few are kept for the question. So a long
        list of many columns is not computed in each of a hundred ways.
        """
        lines = range(0, len(self._lines), max(1, len(self._lines) // _SAMPLE))
        if len(combinations) <= _KEPT:
            return combinations
        doubts: list[int] = []
        compared = 1
        for units, pers in combinations:
            doubt = 0
            for index in lines:
                masses = [
                    mass
                    for position, (unit, per) in enumerate(zip(units, pers, strict=True))
                    if (mass := self._mass(position, index, unit, per)) is not None
                ]
                doubt += bool(masses) and max(masses) > min(masses) * (1 + TOLERANCE * 5)
            compared = len(lines)
            doubts.append(doubt)
        order = sorted(range(len(combinations)), key=doubts.__getitem__)
        return [
            combinations[place]
            for rank_of, place in enumerate(order)
            if rank_of < _KEPT or 2 * doubts[place] <= compared
        ]

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
        evidence = self._comparison.compare(masses, grams, units, pers)
        is_stated = all(
            (not column.units or unit in column.units) and per in column.pers
            for column, unit, per in zip(self.columns, units, pers, strict=True)
        )
        nets = self._least_net if is_stated else self._least_net_beyond_headers
        self._comparison.compare_net(grams, nets, evidence)
        plain_sums: tuple[Misfit, ...] = ()
        header_sums = tuple(evidence.plain_sums)
        if not evidence.proofs and any(len(column.pers) > 1 for column in self.columns):
            plain_sums = tuple(evidence.plain_sums)
            evidence.misfits += plain_sums
            header_sums = ()
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
            plain_sums,
            header_sums,
            tuple(evidence.inexact),
        )

    def _masses(self, position: int, unit: Unit, per: Per) -> list[Decimal | None]:
        """Return grams per carton."""
        return [self._mass(position, index, unit, per) for index in range(len(self._lines))]

    def _mass(self, position: int, index: int, unit: Unit, per: Per) -> Decimal | None:
        value = self.columns[position].values[index]
        if value is None or self.joint.is_summed(position, index):
            return None
        own = MASSES[value.unit if value.unit in MASSES else unit]
        if per == "carton":
            return value.value * own
        return value.value * own * self.joint.share(position, index) / self._lines[index].count

    def _beyond(self, grams: Sequence[int]) -> tuple[int, ...]:
        return tuple(
            index
            for index, mass in enumerate(grams)
            if mass > self._limits.gross_max_g or (mass and self._is_beyond(index, mass))
        )

    def _is_beyond(self, index: int, mass: int) -> bool:
        """Tell whether a carton of this mass is beyond the limits with each size it may have."""
        known = (self._sizes,) if self._sizes else self.open_sizes
        excess = [describe_excess(sizes[index], mass, mass, self._limits) for sizes in known]
        return bool(excess) and all(excess)

    def is_dense(self, reading: MassReading) -> bool:
        """Tell whether the cartons would be denser than water on average."""
        return self._is_denser(reading, _DENSE_G_PER_L)

    def is_doubtful(self, reading: MassReading) -> bool:
        """Tell whether the weights may be those of rows, although the header says of a carton.

        A total adds them up without the counts, and the cartons would be dense.
        """
        is_sum = bool(reading.header_sums) and not reading.proofs and self._sizes is not None
        return is_sum and self._is_denser(reading, _DOUBTFUL_G_PER_L)

    def _is_denser(self, reading: MassReading, limit_g_per_l: int) -> bool:
        counted = list(zip(reading.grams, self._sizes or (), self._lines, strict=False))
        grams = sum(mass * line.count for mass, _, line in counted)
        litres = (
            sum(
                size.length_mm * size.width_mm * size.height_mm * line.count
                for _, size, line in counted
            )
            / 10**6
        )
        return grams > limit_g_per_l * litres

    def example(self, reading: MassReading) -> str:
        """Say what a reading means for the first line, and for all lines together."""
        total = sum(
            grams * line.count for grams, line in zip(reading.grams, self._lines, strict=True)
        )
        first, whole = kg(Decimal(reading.grams[0])), kg(Decimal(total))
        return f"{value_text(first)} kg a carton in the first row, {value_text(whole)} kg in all"


def rank(reading: MassReading) -> tuple[int, bool, int]:
    """Order readings: fewest contradictions, the header's own, most proofs."""
    return len(reading.misfits), not reading.is_stated, -len(reading.proofs)


def _round(mass: Decimal) -> int:
    return int(mass.to_integral_value(rounding=ROUND_HALF_UP))
