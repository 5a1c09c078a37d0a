"""The plans of a lane that are or were in force: only these were carried out."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from groupage.domain.plan import Plan
from groupage.store.plan_codec import unpack_plan
from groupage.store.pool import Connection
from groupage.store.readers.facts import rejections_of

_PLANS = """
with approval as (
    select convert_from(data, 'UTF8')::json ->> 'plan_id' as plan_id from fact
    where kind = 'lane' and key = $1 and type = 'plan.approved' and not retracted
      and fact_id <> all ($4::uuid[]))
select plan.plan_id, coalesce(lane.published_plan_id = plan.plan_id, false) as in_force
from plan left join lane on lane.key = plan.lane_id
where plan.lane_id = $1
  and (lane.published_plan_id = plan.plan_id or plan.plan_id in (select plan_id from approval))
  and decided_at >= coalesce($2::timestamptz, '-infinity')
  and decided_at <= coalesce($3::timestamptz, 'infinity')
order by plan.sequence desc
"""


class ApprovedPlan(NamedTuple):
    """A plan that the lane published, by its policy or by a dispatcher's word."""

    plan: Plan
    in_force: bool
    """No newer one has replaced it."""


async def plan_in_force(connection: Connection, lane_id: str) -> Plan | None:
    """Load the plan in force of a lane; None: it has none."""
    row = await connection.fetchrow(
        "select plan.form, plan.body from plan join lane on lane.published_plan_id = plan.plan_id "
        "where lane.key = $1",
        lane_id,
    )
    return unpack_plan(row["form"], row["body"]) if row is not None else None


async def approved_plans(
    connection: Connection,
    lane_id: str,
    *,
    since_at: datetime | None = None,
    until_at: datetime | None = None,
) -> AsyncIterator[ApprovedPlan]:
    """Yield the lane's plans decided from `since_at` to `until_at`, the newest first.

    A plan is read when its turn comes: most readers need the first one or two.
    """
    rejected = [UUID(fact_id) for fact_id in await rejections_of(connection, "lane", lane_id)]
    rows = await connection.fetch(_PLANS, lane_id, since_at, until_at, rejected)
    for row in rows:
        stored = await connection.fetchrow(
            "select form, body from plan where plan_id = $1", row["plan_id"]
        )
        if stored is not None:
            yield ApprovedPlan(unpack_plan(stored["form"], stored["body"]), row["in_force"])
