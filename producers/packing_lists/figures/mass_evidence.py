"""What speaks for and against one reading of the masses."""

import msgspec

from producers.packing_lists.model import Per, Unit


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
    plain_sums: tuple[Misfit, ...] = ()
    """Those of `misfits` that are a mechanical SUM of weights of a carton, without their counts."""
    header_sums: tuple[Misfit, ...] = ()
    """Such sums where the header says that the weights are those of a carton."""
    inexact: tuple[tuple[str, str], ...] = ()
    """Cells of totals that agree within the tolerance, but not to the last digit; by how much."""

    @property
    def proves_counts(self) -> bool:
        """Whether a proof would not hold with other counts of cartons."""
        is_counted = self.proved_lines > 0 or all(per == "carton" for per in self.pers)
        return bool(self.proofs) and is_counted

    @property
    def is_proved_by_sums_alone(self) -> bool:
        """Whether all proofs are sums of a column of weights of rows: a SUM stands under any."""
        return bool(self.proofs) and self.weak_proofs == len(self.proofs)

    @property
    def contradicts_only_sums(self) -> bool:
        """Whether nothing speaks against it but that a total adds its weights up uncounted."""
        return bool(self.plain_sums) and self.misfits == self.plain_sums and not self.beyond

    @property
    def is_possible(self) -> bool:
        """Whether most lines are within the limits."""
        return 2 * len(self.beyond) < max(len(self.grams), 1)

    @property
    def is_nearly_proved(self) -> bool:
        """Whether figures prove it but for a few, which are then in doubt themselves."""
        return self.proved_lines >= 2 and self.proved_lines >= 2 * len(self.misfits)


class Evidence:
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
        self.inexact: list[tuple[str, str]] = []
