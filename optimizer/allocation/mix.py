"""The cheapest mix of containers: how many of each type leave on each departure.

A mixed-integer model in which consignments may be divided, but containers may not. Of a departure
it sees the volume and mass of all its containers together, and that a consignment stays where the
published plan has it or joins any of them. Only the numbers of containers are integers, so SCIP
solves a lane within tenths of a second. With some twenty consignments to a container hardly
anything is gained by dividing them: the bound is close to the best plan, which the linear
relaxation is not (a third of a container costs more than a third of its freight).
"""

import math
from collections.abc import Sequence

import msgspec
from ortools.linear_solver import pywraplp  # type: ignore[attr-defined]

from groupage.domain.containers import PLANNING_STANDARD_CM3
from groupage.domain.instance import Demand
from groupage.domain.units import CM3_PER_M3
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot
from optimizer.deadline import StageDeadline

NODES_MAX = 400
"""Nodes of SCIP's search. Most lanes need fewer than 50."""
GAP_ENOUGH = 0.0005
"""Share of the cost that SCIP need not close."""
_TOLERANCE = 1e-6
"""Relative error of SCIP's objective that the bound allows for."""
_G_PER_T = 1_000_000


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """A lower bound, and the mix behind it."""

    bound: int
    """No allocation costs less on what the model prices, US cents."""
    used: dict[str, int]
    """Slot key → containers in use; empty when SCIP found no mix."""
    voyages: dict[str, str]
    """Consignment → departure on which most of it goes; absent: it is left out."""
    stay: frozenset[str]
    """Consignments most of which stay where the published plan has them."""


def find_mix(problem: Problem, slots: Sequence[Slot], deadline: StageDeadline) -> Mix | None:
    """Return the cheapest mix of these slots, which are not fixed; None when SCIP fails."""
    model = _Model(problem, slots)
    status = model.solve(deadline)
    if status in (pywraplp.Solver.ABNORMAL, pywraplp.Solver.NOT_SOLVED):
        return None
    return model.read(found=status in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE))


class _Model:
    """Variables and rows. Volumes are in m³ and masses in t: near to 1, as SCIP likes them."""

    def __init__(self, problem: Problem, slots: Sequence[Slot]) -> None:
        self.problem = problem
        self.solver = pywraplp.Solver.CreateSolver("SCIP")
        self.objective = self.solver.Objective()
        self.objective.SetMinimization()
        self._constant = sum(problem.unassigned_cost.values())
        self.contents = PartialSolution(problem, extra=slots).bins
        self._placed = {c: self.row(upper=1) for c in problem.free}
        self._stay: dict[str, pywraplp.Variable] = {}
        self._join: dict[tuple[str, str], pywraplp.Variable] = {}
        self.used = {slot.key: self._count(slot) for slot in slots}
        self._limit_offers(slots)
        by_voyage: dict[str, list[Slot]] = {}
        for slot in slots:
            by_voyage.setdefault(slot.pool[0], []).append(slot)
        for voyage_id, together in by_voyage.items():
            self._add_departure(voyage_id, together)

    def row(self, lower: float = -math.inf, upper: float = math.inf) -> pywraplp.Constraint:
        """Add an empty row."""
        infinity = self.solver.infinity()
        return self.solver.RowConstraint(max(lower, -infinity), min(upper, infinity), "")

    def _count(self, slot: Slot) -> pywraplp.Variable:
        least = 1 if self.contents[slot.key].members else 0
        variable = self.solver.IntVar(least, max(least, slot.copies_max), slot.key)
        self.objective.SetCoefficient(variable, slot.open_cost)
        return variable

    def _limit_offers(self, slots: Sequence[Slot]) -> None:
        rows = {pool: self.row(upper=count) for pool, count in self.problem.on_offer.items()}
        for slot in slots:
            if slot.pool in rows:
                rows[slot.pool].SetCoefficient(self.used[slot.key], 1)

    def _add_departure(self, voyage_id: str, slots: Sequence[Slot]) -> None:
        """Add the room of a departure's containers, and the consignments that may take it."""
        room = _Room(self, slots, joint=True)
        for slot in slots:
            if slot.existing is not None:
                self._add_staying(slot, room)
        for consignment_id, demand in self.problem.free.items():
            costs = self.problem.assignment_cost[consignment_id]
            joining = [
                costs[slot.cost_key]
                for slot in slots
                if slot.cost_key in costs and slot.key != demand.current_consolidation_id
            ]
            if joining:
                variable = self._share(consignment_id, min(joining))
                self._join[consignment_id, voyage_id] = variable
                room.take(demand, variable)

    def _add_staying(self, slot: Slot, room: "_Room") -> None:
        own = _Room(self, (slot,), joint=False)
        for consignment_id, demand in self.problem.free.items():
            costs = self.problem.assignment_cost[consignment_id]
            if demand.current_consolidation_id == slot.key and slot.cost_key in costs:
                variable = self._share(consignment_id, costs[slot.cost_key])
                self._stay[consignment_id] = variable
                room.take(demand, variable)
                own.take(demand, variable)

    def _share(self, consignment_id: str, cost: int) -> pywraplp.Variable:
        variable = self.solver.NumVar(0, 1, "")
        gain = cost - self.problem.unassigned_cost[consignment_id]
        self.objective.SetCoefficient(variable, gain)
        self._placed[consignment_id].SetCoefficient(variable, 1)
        return variable

    def solve(self, deadline: StageDeadline) -> int:
        """Search; return the status."""
        self.solver.SetSolverSpecificParametersAsString(
            f"limits/nodes = {NODES_MAX}\nlimits/gap = {GAP_ENOUGH}\n"
        )
        self.solver.SetTimeLimit(max(10, int(deadline.left_s() * 1_000)))
        status: int = self.solver.Solve()
        return status

    def read(self, *, found: bool) -> Mix:
        """Return the bound, and the mix if SCIP found one."""
        bound = self.objective.BestBound() + self._constant
        bound = math.floor(bound - abs(bound) * _TOLERANCE) if math.isfinite(bound) else 0
        if not found:
            return Mix(bound=max(0, bound), used={}, voyages={}, stay=frozenset())
        best: dict[str, tuple[float, str]] = {}
        for (consignment_id, voyage_id), variable in self._join.items():
            share = variable.solution_value()
            if share > best.get(consignment_id, (0.5, ""))[0]:
                best[consignment_id] = share, voyage_id
        return Mix(
            bound=max(0, bound),
            used={key: round(v.solution_value()) for key, v in self.used.items()},
            voyages={c: voyage_id for c, (_, voyage_id) in best.items()},
            stay=frozenset(c for c, v in self._stay.items() if v.solution_value() > 0.5),
        )


class _Room:
    """Rows for the volume, mass and dead freight of some containers together."""

    def __init__(self, model: _Model, slots: Sequence[Slot], *, joint: bool) -> None:
        price = model.problem.instance.weights.dead_freight_per_m3
        fixed = [d for slot in slots for d in model.contents[slot.key].members.values()]
        volume = sum(d.volume_cm3 for d in fixed) / CM3_PER_M3
        mass = sum(d.gross_g for d in fixed) / _G_PER_T
        self._volume = model.row(upper=-volume)
        self._mass = model.row(upper=-mass)
        for slot in slots:
            used = model.used[slot.key]
            inside = model.contents[slot.key].members.values()
            usable = max(slot.usable_cm3, sum(d.volume_cm3 for d in inside))
            payload = max(slot.payload_g, sum(d.gross_g for d in inside))
            self._volume.SetCoefficient(used, -usable / CM3_PER_M3)
            self._mass.SetCoefficient(used, -payload / _G_PER_T)
        self._dead = model.row(lower=-price * volume) if joint and price else None
        self._price = price
        if self._dead is not None:
            unused = model.solver.NumVar(0, model.solver.infinity(), "")
            model.objective.SetCoefficient(unused, 1)
            self._dead.SetCoefficient(unused, 1)
            for slot in slots:
                standard = PLANNING_STANDARD_CM3.get(slot.spec.iso_type, 0) / CM3_PER_M3
                self._dead.SetCoefficient(model.used[slot.key], -price * standard)

    def take(self, demand: Demand, variable: pywraplp.Variable) -> None:
        """Let the share of a consignment take its room."""
        volume = demand.volume_cm3 / CM3_PER_M3
        self._volume.SetCoefficient(variable, volume)
        self._mass.SetCoefficient(variable, demand.gross_g / _G_PER_T)
        if self._dead is not None:
            self._dead.SetCoefficient(variable, self._price * volume)
