"""Handle one plan request, from its arrival to its stored plan or failure."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import asyncpg
import msgspec
import structlog

from groupage.contracts.undecodable import Undecodable
from groupage.domain.events.planning import PlanRequested
from groupage.domain.instance import Instance, Limits
from groupage.domain.plan import Plan, Route
from groupage.domain.policy import Policy
from groupage.settings import PlannerSettings
from groupage.store.policies import read_history
from groupage.telemetry import metrics
from optimizer.certification import Certification
from optimizer.deadline import PLANNER_SHARE
from optimizer.instance.build import build_instance
from optimizer.instance.snapshot import read_snapshot
from optimizer.planner.announce import outbox_rows, plan_events, plan_failed
from optimizer.planner.child import SolveJob, SolveResult
from optimizer.planner.plan_store import PlanStore
from optimizer.planner.solver_process import SolverDied, SolverOverran, SolverProcess
from optimizer.verification.violation import Violation

_SHOWN_VIOLATIONS = 5

log = structlog.get_logger(__name__)


class CertifiedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A certified plan, and the instance that it answers."""

    instance: Instance
    plan: Plan
    published_routes: tuple[Route, ...]
    """Routes of the plan in force."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request gave no plan; `outcome` is the label of the metric."""

    outcome: str
    reason: str


class RequestHandler:
    """Handles plan requests with one solver process."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        solver: SolverProcess,
        settings: PlannerSettings,
        policy: Policy,
        wake_relay: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._store = PlanStore(pool)
        self._solver = solver
        self._settings = settings
        self._policy = policy
        self._wake_relay = wake_relay

    async def handle(self, request: PlanRequested, *, partition: int, requested_s: float) -> None:
        """Plan, certify, store and announce. Handling a request twice is harmless.

        `requested_s` is the time of the request on the event loop's clock. A solver that dies or
        overruns costs an attempt, and so does a planner that is killed while it handles the
        request: the database counts the attempts.
        """
        for cause in request.causes:
            metrics.PLAN_REQUESTS.labels(cause=cause).inc()
        while True:
            attempts = await self._store.begin_attempt(request)
            if attempts is None:
                log.info("plan_request_known", request_id=request.request_id)
                return
            if attempts > self._settings.attempts_max:
                reason = f"gave up after {self._settings.attempts_max} attempts"
                await self._fail(request, Failure(outcome="failed", reason=reason), partition)
                return
            try:
                result = await self._attempt(request)
            except (SolverDied, SolverOverran) as error:
                _report_solver_death(request, error, attempts)
                if attempts == self._settings.attempts_max:
                    reason = f"{error} ({attempts} attempts)"
                    await self._fail(request, Failure(outcome="failed", reason=reason), partition)
                    return
                continue
            if isinstance(result, CertifiedPlan):
                try:
                    await self._store_plan(result, partition=partition, requested_s=requested_s)
                except Undecodable as error:
                    result = Failure(
                        outcome="failed", reason=f"nobody could read its plan: {error}"
                    )
            if isinstance(result, Failure):
                await self._fail(request, result, partition)
            return

    async def _attempt(self, request: PlanRequested) -> CertifiedPlan | Failure:
        """Read the lane and solve until the verifier certifies a plan or another solve is useless.

        Reading and all solves share one deadline. Raises SolverDied, SolverOverran.
        """
        began_s = time.monotonic()
        snapshot = await read_snapshot(self._pool, request.lane_id)
        policies = await read_history(self._pool, assumed=lambda: self._policy)
        instance = build_instance(snapshot, request, policies, self._limits(request))
        certification = Certification(instance)
        while certification.exclusions is not None:
            left_s = instance.limits.wall_s - (time.monotonic() - began_s)
            job = SolveJob(instance=instance, exclusions=certification.exclusions, wall_s=left_s)
            result = await self._solver.solve(job, timeout_s=self._settings.solve_timeout_s)
            if result.kind == "invalid" or result.plan is None:
                return Failure(outcome="infeasible", reason=result.message)
            _observe_stages(result)
            plan = msgspec.structs.replace(result.plan, inputs=snapshot.inputs)
            certified = await asyncio.to_thread(certification.certify, plan)
            if certified is not None:
                routes = snapshot.published_routes
                return CertifiedPlan(instance=instance, plan=certified, published_routes=routes)
            _log_violations(request, certification.violations)
        shown = "; ".join(map(str, certification.violations[:_SHOWN_VIOLATIONS]))
        return Failure(outcome="refuted", reason=f"the verifier rejects the plan: {shown}")

    def _limits(self, request: PlanRequested) -> Limits:
        return Limits(
            seed=request.seed or self._settings.seed,
            wall_s=self._settings.solve_timeout_s * PLANNER_SHARE,
        )

    async def _store_plan(
        self, certified: CertifiedPlan, *, partition: int, requested_s: float
    ) -> None:
        plan = certified.plan
        rows = outbox_rows(
            plan_events(certified.instance, plan, certified.published_routes),
            about=plan.plan_id,
            occurred_at=plan.decided_at,
            recorded_at=datetime.now(UTC),
            partition=partition,
        )
        outcome = await self._store.store(certified.instance, plan, rows)
        took_s = asyncio.get_running_loop().time() - requested_s
        if outcome == "planned":
            self._wake_relay()
            _observe_plan(plan, took_s)
        elif outcome == "superseded":
            metrics.PLAN_OUTCOMES.labels(outcome="superseded").inc()
        log.info(
            "plan_stored" if outcome == "planned" else "plan_dropped",
            outcome=outcome,
            plan_id=plan.plan_id,
            lane_id=plan.lane_id,
            sequence=plan.sequence,
            containers=len(plan.containers),
            left_out=len(plan.left_out),
            unloadable=[container.consolidation_id for container in plan.unloadable],
            cost_usd_cents=plan.cost.total,
            gap_ratio=round(plan.gap_ratio, 4),
            cut_short=list(plan.stats.cut_short),
            request_to_certified_s=round(took_s, 3),
        )

    async def _fail(self, request: PlanRequested, failure: Failure, partition: int) -> None:
        rows = outbox_rows(
            [("failed", plan_failed(request, failure.reason))],
            about=request.request_id,
            occurred_at=request.clock_at,
            recorded_at=datetime.now(UTC),
            partition=partition,
        )
        if await self._store.fail(request, failure.reason, rows):
            self._wake_relay()
            metrics.PLAN_OUTCOMES.labels(outcome=failure.outcome).inc()
        log.error(
            "plan_failed",
            request_id=request.request_id,
            lane_id=request.lane_id,
            sequence=request.sequence,
            reason=failure.reason,
        )


def _report_solver_death(
    request: PlanRequested, error: SolverDied | SolverOverran, attempts: int
) -> None:
    cause = "died" if isinstance(error, SolverDied) else "overran"
    metrics.SOLVER_DEATHS.labels(cause=cause).inc()
    log.warning(
        "solve_failed",
        request_id=request.request_id,
        lane_id=request.lane_id,
        attempts=attempts,
        error=str(error),
    )


def _log_violations(request: PlanRequested, violations: Sequence[Violation]) -> None:
    log.warning(
        "plan_refuted",
        request_id=request.request_id,
        lane_id=request.lane_id,
        violations=[f"{v.code}: {v.where}" for v in violations[:_SHOWN_VIOLATIONS]],
        count=len(violations),
    )


def _observe_stages(result: SolveResult) -> None:
    for stage, seconds in result.stages.items():
        metrics.SOLVE_S.labels(stage=stage).observe(seconds)


def _observe_plan(plan: Plan, took_s: float) -> None:
    metrics.PLAN_OUTCOMES.labels(outcome="certified").inc()
    metrics.PLAN_REQUEST_TO_CERTIFIED_S.observe(took_s)
    metrics.SOLVE_GAP_RATIO.labels(stage="allocation").observe(plan.gap_ratio)
    for container in plan.containers:
        metrics.FILL_RATIO.labels(container_type=container.spec.iso_type).observe(
            container.cargo_volume_cm3 / container.spec.volume_cm3
        )
