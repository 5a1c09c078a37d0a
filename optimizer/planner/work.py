"""One plan request from its arrival to its stored answer."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import asyncpg
import msgspec
import structlog

from groupage.domain.events.planning import PlanRequested
from groupage.domain.instance import Instance, Limits
from groupage.domain.plan import Plan, Route
from groupage.domain.policy import Policy
from groupage.settings import PlannerSettings
from groupage.telemetry import metrics
from optimizer.doubts import Certification
from optimizer.instance.build import build_instance
from optimizer.instance.snapshot import read_snapshot
from optimizer.planner.announce import failed, outbox_rows, plan_events
from optimizer.planner.child import Answer, Job
from optimizer.planner.records import Records
from optimizer.planner.solver import Solver, SolverDied, SolverOverran
from optimizer.verification.violation import Violation

_SHOWN_VIOLATIONS = 5

log = structlog.get_logger(__name__)


class Certified(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that the verifier passed, and the instance that it answers."""

    instance: Instance
    plan: Plan
    published_routes: tuple[Route, ...]
    """Of the plan in force."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """No plan, and why; `outcome` is the metric's label."""

    outcome: str
    reason: str


class Work:
    """Answers requests with one solver."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        solver: Solver,
        settings: PlannerSettings,
        policy: Policy,
        announced: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._records = Records(pool)
        self._solver = solver
        self._settings = settings
        self._policy = policy
        self._announced = announced

    async def answer(self, request: PlanRequested, *, partition: int, asked_s: float) -> None:
        """Plan, certify, store and announce. Doing it twice is harmless.

        `asked_s` is the time of the request, in seconds of the event loop's clock. A solver that
        dies or overruns costs an attempt, and so does a planner that was killed at this request:
        attempts are counted in the database.
        """
        for cause in request.causes:
            metrics.PLAN_REQUESTS.labels(cause=cause).inc()
        while True:
            attempts = await self._records.begin(request)
            if attempts is None:
                log.info("plan_request_known", request_id=request.request_id)
                return
            if attempts > self._settings.attempts_max:
                reason = f"gave up after {self._settings.attempts_max} attempts"
                await self._refuse(request, Rejected(outcome="failed", reason=reason), partition)
                return
            try:
                result = await self._attempt(request)
            except (SolverDied, SolverOverran) as error:
                end = "died" if isinstance(error, SolverDied) else "overran"
                metrics.SOLVER_DEATHS.labels(cause=end).inc()
                log.warning(
                    "solve_failed",
                    request_id=request.request_id,
                    lane_id=request.lane_id,
                    attempts=attempts,
                    error=str(error),
                )
                if attempts == self._settings.attempts_max:
                    reason = f"{error} ({attempts} attempts)"
                    await self._refuse(
                        request, Rejected(outcome="failed", reason=reason), partition
                    )
                    return
                continue
            if isinstance(result, Certified):
                await self._store(result, partition=partition, asked_s=asked_s)
            else:
                await self._refuse(request, result, partition)
            return

    async def _attempt(self, request: PlanRequested) -> Certified | Rejected:
        """Read the lane and solve until the verifier certifies a plan or another solve is useless.

        Raises SolverDied, SolverOverran.
        """
        snapshot = await read_snapshot(self._pool, request.lane_id)
        instance = build_instance(snapshot, request, self._policy, self._limits(request))
        certification = Certification(instance)
        while certification.doubts is not None:
            job = Job(instance=instance, doubts=certification.doubts)
            answer = await self._solver.solve(job, timeout_s=self._settings.solve_timeout_s)
            if answer.kind == "invalid" or answer.plan is None:
                return Rejected(outcome="infeasible", reason=answer.message)
            _observe_stages(answer)
            plan = msgspec.structs.replace(answer.plan, inputs=snapshot.inputs)
            certified = await asyncio.to_thread(certification.certify, plan)
            if certified is not None:
                routes = snapshot.published_routes
                return Certified(instance=instance, plan=certified, published_routes=routes)
            _log_violations(request, certification.violations)
        shown = "; ".join(map(str, certification.violations[:_SHOWN_VIOLATIONS]))
        return Rejected(outcome="refuted", reason=f"the verifier rejects the plan: {shown}")

    def _limits(self, request: PlanRequested) -> Limits:
        return Limits(
            seed=request.seed or self._settings.seed, wall_s=self._settings.solve_timeout_s / 4
        )

    async def _store(self, result: Certified, *, partition: int, asked_s: float) -> None:
        plan = result.plan
        rows = outbox_rows(
            plan_events(result.instance, plan, result.published_routes),
            about=plan.plan_id,
            occurred_at=plan.decided_at,
            recorded_at=datetime.now(UTC),
            partition=partition,
        )
        ending = await self._records.finish(result.instance, plan, rows)
        took_s = asyncio.get_running_loop().time() - asked_s
        if ending == "planned":
            self._announced()
            _observe_plan(plan, took_s)
        elif ending == "superseded":
            metrics.PLAN_OUTCOMES.labels(outcome="superseded").inc()
        log.info(
            "plan_stored" if ending == "planned" else "plan_dropped",
            ending=ending,
            plan_id=plan.plan_id,
            lane_id=plan.lane_id,
            sequence=plan.sequence,
            containers=len(plan.containers),
            left_out=len(plan.left_out),
            unloadable=[one.consolidation_id for one in plan.unloadable],
            cost_usd_cents=plan.cost.total,
            gap_ratio=round(plan.gap_ratio, 4),
            request_to_certified_s=round(took_s, 3),
        )

    async def _refuse(self, request: PlanRequested, rejected: Rejected, partition: int) -> None:
        rows = outbox_rows(
            [("failed", failed(request, rejected.reason))],
            about=request.request_id,
            occurred_at=request.clock_at,
            recorded_at=datetime.now(UTC),
            partition=partition,
        )
        if await self._records.fail(request, rejected.reason, rows):
            self._announced()
            metrics.PLAN_OUTCOMES.labels(outcome=rejected.outcome).inc()
        log.error(
            "plan_failed",
            request_id=request.request_id,
            lane_id=request.lane_id,
            sequence=request.sequence,
            reason=rejected.reason,
        )


def _log_violations(request: PlanRequested, violations: Sequence[Violation]) -> None:
    log.warning(
        "plan_refuted",
        request_id=request.request_id,
        lane_id=request.lane_id,
        violations=[f"{v.code}: {v.where}" for v in violations[:_SHOWN_VIOLATIONS]],
        count=len(violations),
    )


def _observe_stages(answer: Answer) -> None:
    for stage, seconds in answer.stages.items():
        metrics.SOLVE_S.labels(stage=stage).observe(seconds)


def _observe_plan(plan: Plan, took_s: float) -> None:
    metrics.PLAN_OUTCOMES.labels(outcome="certified").inc()
    metrics.PLAN_REQUEST_TO_CERTIFIED_S.observe(took_s)
    metrics.SOLVE_GAP_RATIO.labels(stage="allocation").observe(plan.gap_ratio)
    for box in plan.containers:
        metrics.FILL_RATIO.labels(container_type=box.spec.iso_type).observe(
            box.cargo_volume_cm3 / box.spec.volume_cm3
        )
