"""Assembly: unknowns, rules, objective, search."""

import math
from collections.abc import Mapping, Sequence

import msgspec
from ortools.sat.python import cp_model

from optimizer.allocation import constraints
from optimizer.allocation.constraints import Constraint
from optimizer.allocation.draft import Draft
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot
from optimizer.allocation.variables import Variables


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What CP-SAT said."""

    optimal: bool
    wishes: dict[str, str] | None
    """Consignment → slot key; None: nothing found."""
    copies: dict[str, int]
    """Slot key → containers in use."""
    bound: int
    """No allocation costs less on what the model prices, US cents."""
    work: float
    """Deterministic time."""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """How long CP-SAT may search."""

    seed: int
    work: float
    wall_s: float


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """A solution to start from."""

    wishes: Mapping[str, str]
    copies: Mapping[str, int]


def search(
    problem: Problem,
    slots: Sequence[Slot],
    *,
    hint: Hint,
    effort: Effort,
    rules: Sequence[Constraint] = constraints.ALL,
    presolve: bool = True,
) -> Found:
    """The cheapest allocation of the free consignments to these slots, and a bound if `rules` are.

    With guesses among the rules the bound is one for those who share them.
    """
    model = cp_model.CpModel()
    unknown = Variables(model, problem, slots, Draft(problem, extra=slots).bins)
    for rule in rules:
        rule.add(model, unknown, problem)
    model.minimize(_objective(unknown, problem, slots))
    _suggest(model, unknown, hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.cp_model_probing_level = 0  # costs half the time and finds little here
    solver.parameters.cp_model_presolve = presolve
    # The whole model as linear relaxation: on lanes with tight offers the bound is a fifth higher.
    # A model too small for presolve is searched faster without.
    solver.parameters.linearization_level = 2 if presolve else 1
    solver.parameters.random_seed = effort.seed % 2**31
    solver.parameters.max_deterministic_time = max(0.01, effort.work)
    solver.parameters.max_time_in_seconds = effort.wall_s
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return Found(
        optimal=status == cp_model.OPTIMAL,
        wishes=_wishes(solver, unknown) if found else None,
        copies={k: solver.value(v) for k, v in unknown.used.items()} if found else {},
        bound=_rounded_up(solver.best_objective_bound),
        work=round(solver.response_proto.deterministic_time, 6),
    )


def _objective(unknown: Variables, problem: Problem, slots: Sequence[Slot]) -> cp_model.LinearExprT:
    places = {slot.key: slot.place for slot in slots}
    return (
        sum(slot.open_cost * unknown.used[slot.key] for slot in slots)
        + sum(unknown.dead.values())
        + sum(
            problem.options[one][places[key]] * variable
            for (one, key), variable in unknown.inside.items()
        )
        + sum(problem.behind[one] * variable for one, variable in unknown.behind.items())
    )


def _suggest(model: cp_model.CpModel, unknown: Variables, hint: Hint) -> None:
    for (one, key), variable in unknown.inside.items():
        model.add_hint(variable, int(hint.wishes.get(one) == key))
    for one, variable in unknown.behind.items():
        model.add_hint(variable, int(one not in hint.wishes))
    for key, used in unknown.used.items():
        model.add_hint(used, hint.copies.get(key, 0))


def _wishes(solver: cp_model.CpSolver, unknown: Variables) -> dict[str, str]:
    return {one: key for (one, key), v in unknown.inside.items() if solver.value(v)}


def _rounded_up(bound: float) -> int:
    # Costs are integers; a hair above one is the rounding of doubles, not a proof of the next.
    return math.ceil(bound - 1e-3) if math.isfinite(bound) else 0
