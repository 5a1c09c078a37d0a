"""`groupage bench plan --large`: lanes far above the usual size, within the hub's time limit.

The instances have the planner's deadline. Each has a solver process of its own, so that its
processor time and memory can be measured apart; both include the start of the process.
"""

import asyncio
import random
import resource
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import CartonGroup, Instance
from groupage.domain.plan import Plan
from groupage.domain.units import volume_cm3
from groupage.settings import PlannerSettings
from optimizer.deadline import PLANNER_SHARE
from optimizer.planner.child import SolveJob, SolveResult
from optimizer.planner.solver_process import SolverProcess
from optimizer.sample import sample
from optimizer.verification.api import certify

_TIMEOUT_S = 600.0
"""A solve that takes longer than the hub waits is measured to its end all the same."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Result of an instance. Seconds are wall time but for `cpu_s`."""

    name: str
    consignments: int
    cartons: int
    departures: int
    seconds: float
    """From the request to the certificate."""
    cpu_s: float
    """Processor time of the solver process; the verifier runs in this one."""
    allocate_s: float
    load_s: float
    route_s: float
    verify_s: float
    within_limit: bool
    """Whether the hub would have waited: `GROUPAGE_PLANNER_SOLVE_TIMEOUT_S`."""
    cut_short: str
    """Stages that the deadline ended."""
    gap_percent: float
    containers: int
    left_out: int
    out_of_time: int
    """Consignments left out with the code `time_limit`."""
    peak_mb: int
    """Memory of the largest solver process so far."""


def run(*, seed: int, report: Callable[[str], None]) -> list[Row]:
    """Plan each of the large instances once."""
    settings = PlannerSettings()
    rows = []
    for name, instance in large_instances(seed).items():
        report(name)
        limits = msgspec.structs.replace(
            instance.limits, wall_s=settings.solve_timeout_s * PLANNER_SHARE
        )
        limited = msgspec.structs.replace(instance, limits=limits)
        rows.append(asyncio.run(_measure(name, limited, settings.solve_timeout_s)))
    return rows


def large_instances(seed: int) -> dict[str, Instance]:
    """Make up the instances by name."""
    return {
        "2,000 consignments": sample(consignments=2_000, seed=seed),
        "4,000 consignments": sample(consignments=4_000, seed=seed),
        "300 departures": with_departures(sample(consignments=200, seed=seed), 300),
        "10,000 cartons": one_consignment(10_000, seed=seed),
    }


def with_departures(instance: Instance, count: int) -> Instance:
    """Return the lane with so many departures, two hours apart."""
    first = instance.departures[0]
    departures = []
    for number in range(count):
        later = timedelta(hours=2 * number)
        departures.append(
            msgspec.structs.replace(
                first,
                voyage_id=f"FE4/{number:04d}W",
                etd_at=first.etd_at + later,
                eta_at=first.eta_at + later,
                lco_at=first.lco_at + later,
                gate_in_by_at=first.gate_in_by_at + later,
            )
        )
    return msgspec.structs.replace(instance, departures=tuple(departures))


def one_consignment(cartons: int, *, seed: int) -> Instance:
    """Return a lane with one consignment of small cartons in ten sizes that fill a container."""
    instance = sample(consignments=1, seed=seed)
    rng = random.Random(seed)  # noqa: S311  # reproducible examples, no secrets
    groups = []
    for size in range(10):
        edges = ((180, 260), (140, 200), (130, 180))
        length_mm, width_mm, height_mm = (rng.randrange(*edge, 10) for edge in edges)
        first, last = cartons * size // 10 + 1, cartons * (size + 1) // 10
        groups.append(
            CartonGroup(
                unit_ids=tuple(f"CN-1/{n}" for n in range(first, last + 1)),
                length_mm=length_mm,
                width_mm=width_mm,
                height_mm=height_mm,
                gross_g=1_200,
            )
        )
    demand = msgspec.structs.replace(
        instance.demands[0],
        cartons=tuple(groups),
        volume_cm3=sum(
            volume_cm3(length_mm=g.length_mm, width_mm=g.width_mm, height_mm=g.height_mm)
            * len(g.unit_ids)
            for g in groups
        ),
        gross_g=sum(group.gross_g * len(group.unit_ids) for group in groups),
        blocked=False,
        available_at=instance.clock_at,
        pickup=None,
    )
    return msgspec.structs.replace(instance, demands=(demand,))


async def _measure(name: str, instance: Instance, limit_s: float) -> Row:
    solver = SolverProcess()
    before_s = _children_cpu_s()
    try:
        await solver.warm_up()
        began = time.perf_counter()
        result = await solver.solve(SolveJob(instance=instance), timeout_s=_TIMEOUT_S)
        assert result.plan is not None, result.message
        solved = time.perf_counter()
        plan, violations = certify(instance, result.plan)
        ended = time.perf_counter()
        assert plan is not None, violations
    finally:
        await solver.stop()
    return _row(
        name,
        instance,
        plan,
        result,
        seconds=ended - began,
        verify_s=ended - solved,
        cpu_s=_children_cpu_s() - before_s,
        within_limit=ended - began <= limit_s,
    )


def _row(  # noqa: PLR0913  # a measurement has that many parts
    name: str,
    instance: Instance,
    plan: Plan,
    result: SolveResult,
    *,
    seconds: float,
    verify_s: float,
    cpu_s: float,
    within_limit: bool,
) -> Row:
    codes = [left.code for left in plan.left_out]
    return Row(
        name=name,
        consignments=len(instance.demands),
        cartons=sum(len(group.unit_ids) for d in instance.demands for group in d.cartons),
        departures=len(instance.departures),
        seconds=round(seconds, 1),
        cpu_s=round(cpu_s, 1),
        allocate_s=round(result.stages.get("allocate", 0.0), 1),
        load_s=round(result.stages.get("load", 0.0), 1),
        route_s=round(result.stages.get("route", 0.0), 1),
        verify_s=round(verify_s, 1),
        within_limit=within_limit,
        cut_short=", ".join(plan.stats.cut_short) or "no",
        gap_percent=round(plan.gap_ratio * 100, 2),
        containers=len(plan.containers),
        left_out=len(plan.left_out),
        out_of_time=codes.count(LeftOutCode.TIME_LIMIT),
        peak_mb=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    )


def _children_cpu_s() -> float:
    """Return the processor time of all processes that this one has waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
