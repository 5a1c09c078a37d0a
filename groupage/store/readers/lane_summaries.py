"""How a lane stands now: its plan in force, those that wait, and when it is planned next."""

from datetime import datetime

import msgspec

from groupage.domain.policy import Policy
from groupage.domain.state.lane import LaneState
from groupage.store.policies import hub_clock, read_history
from groupage.store.pool import Connection
from groupage.store.readers.plan_statuses import status_in
from groupage.store.readers.summary_views import LaneSummary, NextPlan, WaitingPlan
from groupage.store.state_codec import unpack


async def summarize_lane(connection: Connection, lane_id: str) -> LaneSummary | None:
    """Summarize how a lane stands; None: no event is known about it."""
    read = await _read(connection, lane_id)
    if read is None:
        return None
    lane, due_at = read
    history = await read_history(connection, assumed=Policy)
    now = await hub_clock(connection)
    policy, adoption = history.newest, history.adoptions[-1] if history.adoptions else None
    if now is not None:
        policy, adoption = history.at(now), history.adoption_at(now)
    plan_id = lane.published_plan_id
    record = lane.plans.get(plan_id)
    planned = [each for each in lane.assignments.values() if each.consolidation_id]
    left_out = await connection.fetchval("select left_out from plan where plan_id = $1", plan_id)
    waiting = [
        WaitingPlan(plan_id=name, sequence=each.sequence, since_at=each.proposed_at)
        for name, each in lane.plans.items()
        if each.status == "proposed"
    ]
    return LaneSummary(
        lane_id=lane_id,
        plan_id=plan_id,
        plan_sequence=lane.published_sequence,
        plan_decided_at=record.decided_at if record is not None else None,
        plan_status=status_in(lane, plan_id, in_force=bool(plan_id)),
        consolidations=len({each.consolidation_id for each in planned}),
        consignments=len(planned),
        left_out=left_out or 0,
        waiting=tuple(sorted(waiting, key=_sequence)),
        next=_next_plan(lane, due_at),
        policy=adoption.digest if adoption is not None else "",
        auto_approve=policy.auto_approve,
    )


async def read_next_plan(connection: Connection, lane_id: str) -> NextPlan:
    """Return when a lane is planned next."""
    read = await _read(connection, lane_id)
    return NextPlan() if read is None else _next_plan(*read)


async def _read(connection: Connection, lane_id: str) -> tuple[LaneState, datetime | None] | None:
    row = await connection.fetchrow("select body, deadline_at from lane where key = $1", lane_id)
    if row is None:
        return None
    return msgspec.json.decode(unpack(row["body"]), type=LaneState), row["deadline_at"]


def _next_plan(lane: LaneState, due_at: datetime | None) -> NextPlan:
    outstanding = lane.outstanding_request
    is_requested = outstanding is not None or lane.pending_request is not None
    newest = lane.requests.get(str(lane.sequence))
    failed = newest.detail if newest is not None and newest.answer == "failed" else ""
    waiting = [
        (each.sequence, name) for name, each in lane.plans.items() if each.status == "proposed"
    ]
    sequence, plan_id = max(waiting, default=(0, ""))
    return NextPlan(
        waiting_plan_id=plan_id,
        waiting_sequence=sequence,
        requested_at=outstanding.at if outstanding is not None else None,
        due_at=None if is_requested else due_at,
        changes=len(lane.triggers),
        failed=failed,
    )


def _sequence(plan: WaitingPlan) -> int:
    return plan.sequence
