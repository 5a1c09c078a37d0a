"""What became of plans: which one is in force, which wait for approval, which never counted."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.errors import NotFound
from groupage.domain.plan import Plan
from groupage.domain.state.lane import LaneState
from groupage.domain.words import when
from groupage.store.pool import Connection
from groupage.store.readers.approved_plans import approved_plans
from groupage.store.state_codec import unpack

PlanStatusName = Literal["waiting", "in_force", "replaced", "overtaken", "rejected", "unknown"]


class PlanStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a plan."""

    status: PlanStatusName = "unknown"
    """waiting: for approval; in_force; replaced: it was in force; overtaken: a newer plan came
    before anybody had approved it; rejected: by a dispatcher; unknown: the lane has not received
    it yet, or knows it no longer (it keeps the last 50)."""
    status_at: datetime | None = None
    """Since when it is so."""
    status_by: str = ""
    """The person who approved or rejected it, or ``policy``."""
    status_reason: str = ""
    replaced_by: str = ""
    """The plan that is newer."""


_UNKNOWN = PlanStatus()
_WORDS: Mapping[PlanStatusName, str] = {
    "waiting": "waits for approval",
    "in_force": "in force",
    "replaced": "was in force",
    "overtaken": "never in force: a newer plan came before anybody had approved it",
    "rejected": "rejected",
    "unknown": "the lane does not know it",
}


def status_text(plan: PlanStatus) -> str:
    """Say in words what became of a plan."""
    by = f" by {plan.status_by}" if plan.status_by else ""
    if plan.status_at is None:
        return _WORDS[plan.status]
    at = when(plan.status_at)
    if plan.status == "in_force":
        return f"in force since {at}, approved{by}"
    if plan.status == "waiting":
        return f"waits for approval since {at}"
    if plan.status == "rejected":
        because = f": {plan.status_reason}" if plan.status_reason else ""
        return f"rejected at {at}{by}{because}"
    newer = plan.replaced_by or "a newer plan"
    if plan.status == "replaced":
        return f"in force until {at}, replaced by {newer}; approved{by}"
    return f"never in force: {newer} came at {at}, before anybody had approved it"


def status_in(lane: LaneState | None, plan_id: str, *, in_force: bool) -> PlanStatus:
    """Return what became of a plan, by the state of its lane."""
    record = lane.plans.get(plan_id) if lane is not None else None
    if record is None:
        return PlanStatus(status="in_force") if in_force else _UNKNOWN
    status: PlanStatusName
    if record.status == "superseded":
        status = "replaced" if record.by else "overtaken"
    elif record.status == "proposed":
        status = "waiting"
    else:
        status = "in_force" if record.status == "published" else "rejected"
    return PlanStatus(
        status=status,
        status_at=record.status_at,
        status_by=record.by,
        status_reason=record.reason,
        replaced_by=record.superseded_by,
    )


async def read_statuses(
    connection: Connection, plans: Collection[tuple[str, str]]
) -> dict[str, PlanStatus]:
    """Return what became of each plan; they are named by their lane's id and their own."""
    rows = await connection.fetch(
        "select key, published_plan_id, body from lane where key = any($1::text[])",
        sorted({lane_id for lane_id, _ in plans}),
    )
    published = {row["key"]: row["published_plan_id"] for row in rows}
    lanes = {row["key"]: msgspec.json.decode(unpack(row["body"]), type=LaneState) for row in rows}
    return {
        plan_id: status_in(lanes.get(lane_id), plan_id, in_force=published.get(lane_id) == plan_id)
        for lane_id, plan_id in plans
    }


async def read_status(connection: Connection, plan: Plan) -> PlanStatus:
    """Return what became of a plan."""
    return (await read_statuses(connection, [(plan.lane_id, plan.plan_id)]))[plan.plan_id]


async def plan_before(connection: Connection, plan: Plan) -> Plan:
    """Load the plan that a plan changes: the one that was in force before it. Raises NotFound."""
    async for earlier, _ in approved_plans(connection, plan.lane_id):
        if earlier.sequence < plan.sequence and earlier.plan_id != plan.plan_id:
            return earlier
    raise NotFound(
        f"no plan of lane {plan.lane_id} was in force before {plan.plan_id}; name the plan to "
        "compare with (`groupage plans` lists them)"
    )


async def waiting_plan_ids(connection: Connection) -> list[str]:
    """Return the ids of the plans that wait for approval, on all lanes."""
    rows = await connection.fetch("select body from lane")
    lanes = (msgspec.json.decode(unpack(row["body"]), type=LaneState) for row in rows)
    return [
        plan_id
        for lane in lanes
        for plan_id, record in lane.plans.items()
        if record.status == "proposed"
    ]


async def newest_waiting_or_in_force(connection: Connection, lane_id: str) -> str:
    """Return the id of the lane's newest plan that waits for approval, or the one in force.

    Raises NotFound.
    """
    row = await connection.fetchrow(
        "select published_plan_id, body from lane where key = $1", lane_id
    )
    lane = msgspec.json.decode(unpack(row["body"]), type=LaneState) if row else LaneState(key="")
    waiting = [
        (record.sequence, plan_id)
        for plan_id, record in lane.plans.items()
        if record.status == "proposed"
    ]
    in_force = row["published_plan_id"] if row else None
    found: str | None = max(waiting)[1] if waiting else in_force
    if found is None:
        raise NotFound(
            f"lane {lane_id} has no plan in force and none that waits for approval; "
            "`groupage plans` lists plans and lanes"
        )
    return found
