"""The planner's rows in PostgreSQL: requests, plans, and the outbox rows that announce them."""

from collections.abc import Sequence
from typing import Literal

import asyncpg

from groupage.domain.events.planning import PlanRequested
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from groupage.store.plan_codec import PLAN_FORM, pack_document
from groupage.store.writers import OutboxRow, insert_outbox
from optimizer.canonical import canonical_json

_BEGIN_ATTEMPT = """
insert into plan_request (request_id, lane_id, sequence, asked_at, state, attempts)
values ($1, $2, $3, $4, 'running', 1)
on conflict (request_id) do update set attempts = plan_request.attempts + 1, updated_at = now()
    where plan_request.state = 'running'
returning attempts
"""
_END_REQUEST = """
update plan_request set state = $2, detail = $3, updated_at = now()
where request_id = $1 and state = 'running' returning request_id
"""
_SUPERSEDE = """
insert into plan_request (request_id, lane_id, sequence, asked_at, state, detail)
values ($1, $2, $3, $4, 'superseded', $5)
on conflict (request_id) do update set state = 'superseded', detail = excluded.detail,
    updated_at = now() where plan_request.state = 'running'
"""
_INSERT_PLAN = """
insert into plan (plan_id, request_id, lane_id, sequence, decided_at, containers, consignments,
    left_out, cost_minor, bound_minor, gap_ratio, form, body, instance)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict do nothing returning plan_id
"""
_NEWER_PLAN = "select max(sequence) from plan where lane_id = $1 and sequence > $2"
# Two planners must not store plans of one lane at the same time: the comparison with newer plans
# and the insert are one step.
_LOCK_LANE = "select pg_advisory_xact_lock(hashtextextended('plan ' || $1, 0))"

StoreOutcome = Literal["planned", "superseded", "duplicate"]


class PlanStore:
    """Requests and plans in the database; each method is one transaction."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def begin_attempt(self, request: PlanRequested) -> int | None:
        """Count an attempt and return their number; None: the request has ended already."""
        attempts: int | None = await self._pool.fetchval(
            _BEGIN_ATTEMPT, request.request_id, request.lane_id, request.sequence, request.clock_at
        )
        return attempts

    async def supersede(self, request: PlanRequested, detail: str) -> None:
        """End a request that is not solved because there is a newer one."""
        await self._pool.execute(
            _SUPERSEDE,
            request.request_id,
            request.lane_id,
            request.sequence,
            request.clock_at,
            detail,
        )

    async def announce(self, rows: Sequence[OutboxRow]) -> None:
        """Store outbox rows that end no request."""
        async with self._pool.acquire() as connection, connection.transaction():
            await insert_outbox(connection, rows)

    async def fail(self, request: PlanRequested, reason: str, rows: Sequence[OutboxRow]) -> bool:
        """End the request without a plan; False: it had ended already."""
        async with self._pool.acquire() as connection, connection.transaction():
            if (
                await connection.fetchval(_END_REQUEST, request.request_id, "failed", reason)
                is None
            ):
                return False
            await insert_outbox(connection, rows)
            return True

    async def store(
        self, instance: Instance, plan: Plan, rows: Sequence[OutboxRow]
    ) -> StoreOutcome:
        """Store a certified plan and its outbox rows, unless the lane has a newer plan."""
        assert plan.certificate is not None, plan.plan_id
        body = pack_document(canonical_json(plan))
        packed = pack_document(canonical_json(instance))
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK_LANE, plan.lane_id)
            newer = await connection.fetchval(_NEWER_PLAN, plan.lane_id, plan.sequence)
            if newer is not None:
                await connection.fetchval(
                    _END_REQUEST,
                    plan.request_id,
                    "superseded",
                    f"request {newer} has a plan already",
                )
                return "superseded"
            if (
                await connection.fetchval(_END_REQUEST, plan.request_id, "planned", plan.plan_id)
                is None
            ):
                return "duplicate"
            stored = await connection.fetchval(
                _INSERT_PLAN, *_plan_values(plan), PLAN_FORM, body, packed
            )
            if stored is None:
                return "duplicate"
            await insert_outbox(connection, rows)
            return "planned"


def _plan_values(plan: Plan) -> tuple[object, ...]:
    return (
        plan.plan_id,
        plan.request_id,
        plan.lane_id,
        plan.sequence,
        plan.decided_at,
        len(plan.containers),
        sum(len(container.consignment_ids) for container in plan.containers),
        len(plan.left_out),
        plan.cost.total,
        plan.lower_bound,
        plan.gap_ratio,
    )
