"""Choose the consignments that go on a floor together, each whole.

CP-SAT chooses by worth among those that keep the bounds and the payload. What then finds no layout
is forbidden, with all that has as many pieces of each kind, and CP-SAT chooses again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from optimizer.loading.floor.bounds import Row
from optimizer.loading.floor.kinds import Kind

WORK = 0.05
"""CP-SAT deterministic time for one choice."""

Counts = Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A consignment: its pieces of each kind, its mass, and what it is worth."""

    consignment_id: str
    counts: Counts
    gross_g: int
    rank: int
    worth: int


@dataclass(slots=True)
class Selection:
    """The choice, and the choices that had no layout."""

    candidates: Sequence[Candidate]
    rows: Sequence[Row]
    payload_g: int
    no_goods: list[Counts] = field(default_factory=list)
    is_exact: bool = True
    """Whether every choice so far was the best within the work limit."""

    def best(self) -> list[Candidate]:
        """Return the consignments of most worth: first those of rank 0, then 1, then 2."""
        model = cp_model.CpModel()
        chosen = {c.consignment_id: model.new_bool_var(c.consignment_id) for c in self.candidates}
        model.add(
            sum(c.gross_g * chosen[c.consignment_id] for c in self.candidates) <= self.payload_g
        )
        for row in self.rows:
            takes = [
                (sum(row.takes.get(kind, 0) * n for kind, n in c.counts.items()), c)
                for c in self.candidates
            ]
            if sum(take for take, _ in takes) > row.most:
                model.add(sum(take * chosen[c.consignment_id] for take, c in takes) <= row.most)
        for number, counts in enumerate(self.no_goods):
            self._forbid(model, chosen, counts, number)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = WORK
        kept: set[str] = set()
        for rank in sorted({c.rank for c in self.candidates}):
            worth = sum(
                c.worth * chosen[c.consignment_id] for c in self.candidates if c.rank == rank
            )
            model.maximize(worth)
            status = solver.solve(model)
            self.is_exact = self.is_exact and status == cp_model.OPTIMAL
            if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
                break
            kept = {name for name, variable in chosen.items() if solver.value(variable)}
            model.add(worth >= round(solver.objective_value))
        return [c for c in self.candidates if c.consignment_id in kept]

    def _forbid(
        self,
        model: cp_model.CpModel,
        chosen: Mapping[str, cp_model.IntVar],
        counts: Counts,
        number: int,
    ) -> None:
        """Add the row that of some kind fewer pieces are chosen."""
        fewer = []
        for kind, count in counts.items():
            is_fewer = model.new_bool_var(f"{number} fewer {kind}")
            pieces = sum(c.counts.get(kind, 0) * chosen[c.consignment_id] for c in self.candidates)
            model.add(pieces <= count - 1).only_enforce_if(is_fewer)
            fewer.append(is_fewer)
        model.add_bool_or(fewer)
