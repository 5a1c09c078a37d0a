"""The allocation model for CP-SAT: variables, rows, objective, search."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec
from ortools.sat.python import cp_model

from groupage.domain.containers import PLANNING_STANDARD_CM3
from groupage.domain.units import CM3_PER_M3
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.problem import Problem
from optimizer.allocation.rules.registry import ESTIMATES, PROVEN_RULES
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables
from optimizer.deadline import StageDeadline


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one CP-SAT search."""

    optimal: bool
    assignment: dict[str, str] | None
    """Consignment → slot key; None when CP-SAT found no solution."""
    used: dict[str, int]
    """Slot key → containers in use."""
    bound: int
    """No allocation costs less on what the model prices, US cents."""
    work: float
    """Deterministic time."""


class WorkLimit(msgspec.Struct, frozen=True, kw_only=True):
    """How long CP-SAT may search."""

    seed: int
    work: float
    """Deterministic time."""
    deadline: StageDeadline


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """A solution to start from."""

    assignment: Mapping[str, str]
    used: Mapping[str, int]


def search(
    problem: Problem,
    slots: Sequence[Slot],
    *,
    hint: Hint,
    limit: WorkLimit,
    with_estimates: bool = False,
    presolve: bool = True,
) -> SearchResult:
    """Search the cheapest assignment of the free consignments to these slots, and a lower bound.

    With estimates the bound holds only for plans that keep them.
    """
    model = cp_model.CpModel()
    bins = PartialSolution(problem, extra=slots).bins
    variables = Variables(model, problem, slots, {key: bin_.members for key, bin_ in bins.items()})
    add_rows(model, variables, problem, with_estimates=with_estimates)
    model.minimize(_objective(variables, problem, slots))
    _add_hint(model, variables, hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.cp_model_probing_level = 0  # costs half the time and finds little here
    solver.parameters.symmetry_level = 0  # equal consignments are rare: it finds nothing
    solver.parameters.cp_model_presolve = presolve
    # The whole model as linear relaxation: on lanes with tight offers the bound is a fifth higher.
    # A model too small for presolve is searched faster without.
    solver.parameters.linearization_level = 2 if presolve else 1
    # Cuts slow the search down; within the work of these searches they lift no bound.
    solver.parameters.cut_level = 0
    solver.parameters.random_seed = limit.seed % 2**31
    solver.parameters.max_deterministic_time = max(0.01, limit.work)
    solver.parameters.max_time_in_seconds = limit.deadline.left_s()
    status = solver.solve(model)
    solved = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return SearchResult(
        optimal=status == cp_model.OPTIMAL,
        assignment=_read_assignment(solver, variables) if solved else None,
        used={k: solver.value(v) for k, v in variables.used.items()} if solved else {},
        bound=_round_up(solver.best_objective_bound),
        work=round(solver.response_proto.deterministic_time, 6),
    )


def add_rows(
    model: cp_model.CpModel, variables: Variables, problem: Problem, *, with_estimates: bool = False
) -> None:
    """Add every constraint. The order of the rows steers the search: it is part of the plan."""
    add_single_assignment(model, variables)
    _link_use_and_contents(model, variables)
    for rule in PROVEN_RULES:
        rule.add_rows(model, variables, problem)
    _price_dead_freight(model, variables, problem)
    _break_symmetry(model, variables, problem)
    if with_estimates:
        for estimate in ESTIMATES:
            estimate.add_rows(model, variables, problem)


def add_single_assignment(model: cp_model.CpModel, variables: Variables) -> None:
    """Put each consignment into exactly one slot, or leave it out."""
    for consignment_id, choices in variables.by_consignment():
        model.add_exactly_one([*choices, variables.unassigned[consignment_id]])


def _link_use_and_contents(model: cp_model.CpModel, variables: Variables) -> None:
    """Pay for a slot with cargo, and use no slot without. The tight form also lifts the bound."""
    for slot in variables.slots:
        inside = [variable for _, variable in variables.candidates(slot)]
        used = variables.used[slot.key]
        for variable in inside:
            if slot.copies_max == 1:
                model.add_implication(variable, used)
            else:
                model.add(variable <= used)
        if not variables.fixed_in(slot):
            model.add(used <= sum(inside))


def _price_dead_freight(model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
    """Price the unused part of each container's planning standard.

    Rounded so that the model's cost is at most the exact one: the bound stays a bound.
    """
    price_per_m3 = problem.instance.weights.dead_freight_per_m3
    for slot in variables.slots:
        standard_cm3 = PLANNING_STANDARD_CM3.get(slot.spec.iso_type, 0)
        empty = standard_cm3 * price_per_m3 // CM3_PER_M3
        fixed = sum(_credit(d.volume_cm3, price_per_m3) for d in variables.fixed_in(slot))
        free = sum(
            _credit(demand.volume_cm3, price_per_m3) * variable
            for demand, variable in variables.candidates(slot)
        )
        used = variables.used[slot.key]
        model.add(variables.dead_freight[slot.key] >= empty * used - fixed - free)


def _credit(volume_cm3: int, price_per_m3: int) -> int:
    """Return what a consignment takes off the dead freight, US cents, rounded up."""
    return -(-volume_cm3 * price_per_m3 // CM3_PER_M3)


def _break_symmetry(model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
    """Of identical new containers use the first ones first, and fill them more."""
    old = {slot.key for slot in problem.slots}
    pools: dict[tuple[str, str], list[Slot]] = {}
    for slot in variables.slots:
        if slot.key not in old and slot.copies_max == 1:
            pools.setdefault(slot.pool, []).append(slot)
    for identical in pools.values():
        for first, second in pairwise(identical):
            model.add(variables.used[first.key] >= variables.used[second.key])
            loads = [
                sum(d.volume_cm3 * v for d, v in variables.candidates(slot))
                for slot in (first, second)
            ]
            model.add(loads[0] >= loads[1])


def _objective(
    variables: Variables, problem: Problem, slots: Sequence[Slot]
) -> cp_model.LinearExprT:
    cost_keys = {slot.key: slot.cost_key for slot in slots}
    return (
        sum(slot.open_cost * variables.used[slot.key] for slot in slots)
        + sum(variables.dead_freight.values())
        + sum(
            problem.assignment_cost[consignment_id][cost_keys[key]] * variable
            for (consignment_id, key), variable in variables.assigned.items()
        )
        + sum(problem.unassigned_cost[c] * variable for c, variable in variables.unassigned.items())
    )


def _add_hint(model: cp_model.CpModel, variables: Variables, hint: Hint) -> None:
    for (consignment_id, key), variable in variables.assigned.items():
        model.add_hint(variable, int(hint.assignment.get(consignment_id) == key))
    for consignment_id, variable in variables.unassigned.items():
        model.add_hint(variable, int(consignment_id not in hint.assignment))
    for key, used in variables.used.items():
        model.add_hint(used, hint.used.get(key, 0))


def _read_assignment(solver: cp_model.CpSolver, variables: Variables) -> dict[str, str]:
    return {c: key for (c, key), variable in variables.assigned.items() if solver.value(variable)}


def _round_up(bound: float) -> int:
    # Costs are integers; a hair above one is the rounding of doubles, not a proof of the next.
    return math.ceil(bound - 1e-3) if math.isfinite(bound) else 0
