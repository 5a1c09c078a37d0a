"""`groupage bench plan`: time from a plan request to its certified plan, for a lane of scale T0.

The solver runs in a warm child process as in the planner, the verifier in this process. The figures
do not include reading the lane from PostgreSQL and storing the plan.
"""

import asyncio
import time
from collections.abc import Callable
from statistics import median

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.allocation.build import build_problem
from optimizer.allocation.greedy import first_fit
from optimizer.allocation.problem import NoGoods, constant_cost
from optimizer.planner.child import SolveJob
from optimizer.planner.solver_process import SolverProcess
from optimizer.sample import an_hour_later, sample
from optimizer.verification.api import certify

_TIMEOUT_S = 600.0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Result of a lane. Costs in US dollars without haulage; seconds are medians of wall time."""

    name: str
    seconds: float
    """From the request to the certificate."""
    worst_s: float
    """The slowest run."""
    allocate_s: float
    load_s: float
    route_s: float
    verify_s: float
    consignments: int
    cartons: int
    containers: int
    left_out: int
    moved: int
    """Consignments that change their published consolidation."""
    cost_usd: int
    bound_usd: int
    gap_percent: float
    first_fit_usd: int
    """Cost of a first-fit allocation, without checking that it can be loaded."""
    same: bool
    """Whether every run gave the same plan."""


class _Run(msgspec.Struct, frozen=True, kw_only=True):
    plan: Plan
    seconds: float
    stages: dict[str, float]


def run(
    *, consignments: int, seeds: range, repeats: int, report: Callable[[str], None]
) -> list[Row]:
    """Plan the generated lane of each seed, new and an hour later."""
    return asyncio.run(_run(consignments, seeds, repeats, report))


async def _run(
    consignments: int, seeds: range, repeats: int, report: Callable[[str], None]
) -> list[Row]:
    solver = SolverProcess()
    rows = []
    try:
        # Start the solver process before the first measurement.
        await _solve(solver, sample(consignments=1, seed=1))
        for seed in seeds:
            report(f"lane {seed} of {seeds[0]} to {seeds[-1]}")
            fresh = sample(consignments=consignments, seed=seed)
            runs = [await _solve(solver, fresh) for _ in range(repeats)]
            rows.append(_row(f"lane {seed}, fresh", fresh, runs))
            later = an_hour_later(fresh, runs[0].plan, seed=seed)
            runs = [await _solve(solver, later) for _ in range(repeats)]
            rows.append(_row(f"lane {seed}, an hour later", later, runs))
        report(_summary(rows))
    finally:
        await solver.stop()
    return rows


def _summary(rows: list[Row]) -> str:
    """Summarize all lanes in a line."""
    usual = median(row.seconds for row in rows)
    slowest = max(rows, key=lambda row: row.worst_s)
    gap = sum(row.gap_percent for row in rows) / len(rows)
    return (
        f"request to certified plan: median {usual:.2f} s, worst {slowest.worst_s:.2f} s "
        f"({slowest.name}); mean gap {gap:.2f} %"
    )


async def _solve(solver: SolverProcess, instance: Instance) -> _Run:
    began = time.perf_counter()
    answer = await solver.solve(SolveJob(instance=instance), timeout_s=_TIMEOUT_S)
    assert answer.plan is not None, answer.message
    solved = time.perf_counter()
    plan, violations = certify(instance, answer.plan)
    ended = time.perf_counter()
    assert plan is not None, violations
    return _Run(
        plan=plan, seconds=ended - began, stages={**answer.stages, "verify": ended - solved}
    )


def _row(name: str, instance: Instance, runs: list[_Run]) -> Row:
    plan = runs[0].plan
    problem = build_problem(instance, NoGoods())
    first_fit_cents = first_fit(problem).cost() + constant_cost(problem)

    def stage_s(stage: str) -> float:
        return round(median(run.stages.get(stage, 0.0) for run in runs), 2)

    return Row(
        name=name,
        seconds=round(median(run.seconds for run in runs), 2),
        worst_s=round(max(run.seconds for run in runs), 2),
        allocate_s=stage_s("allocate"),
        load_s=stage_s("load"),
        route_s=stage_s("route"),
        verify_s=stage_s("verify"),
        consignments=len(instance.demands),
        cartons=sum(len(group.unit_ids) for d in instance.demands for group in d.cartons),
        containers=len(plan.containers),
        left_out=len(plan.left_out),
        moved=sum(move.from_consolidation_id is not None for move in plan.moves),
        cost_usd=round((plan.cost.total - plan.cost.haulage) / 100),
        bound_usd=round(plan.lower_bound / 100),
        gap_percent=round(plan.gap_ratio * 100, 2),
        first_fit_usd=round(first_fit_cents / 100),
        same=all(run.plan == plan for run in runs),
    )
