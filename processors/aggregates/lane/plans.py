"""Plans of a lane: the certified and approved one of the highest sequence counts."""

from datetime import datetime
from typing import Any

import msgspec

from groupage.domain.events import planning as events
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.lane import (
    LaneState,
    OpenedConsolidation,
    PlanRecord,
    PlanStatus,
    Proposal,
    PublishedAssignment,
    UnloadableWarning,
)
from groupage.domain.words import when
from processors.aggregates.lane import requests
from processors.aggregates.lane.history import keep_closed, with_history, with_list
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection

_PLANS_MAX = 50
_CONTINUED_MAX = 10
_CLOSED_MAX = 200
POLICY = "policy"
_CODE_BY_STATUS: dict[PlanStatus, Code] = {
    "published": Code.PLAN_PUBLISHED,
    "superseded": Code.PLAN_SUPERSEDED,
    "rejected": Code.PLAN_REJECTED,
}


def propose(
    state: LaneState, entry: Entry, event: events.PlanProposed, policy: Policy
) -> Rejection | None:
    """Publish a certified plan, or let it wait for a dispatcher, as the policy says."""
    if event.plan_id in state.plans:
        return Rejection(Code.ALREADY_PROPOSED, f"plan {event.plan_id} was proposed before")
    if not event.certificate:
        return Rejection(
            Code.NO_CERTIFICATE, "only a plan that the verifier passed may be proposed"
        )
    if rejection := requests.reject_jump(state, event.sequence):
        return rejection
    at = entry.fact.occurred_at
    requests.answer(state, entry, sequence=event.sequence, outcome="proposed")
    record = PlanRecord(
        sequence=event.sequence,
        status="proposed",
        decided_at=event.decided_at,
        proposed_at=at,
        request_id=event.request_id,
        cost_minor=event.cost_minor,
        bound_minor=event.bound_minor,
        gap_ratio=event.gap_ratio,
        certificate=event.certificate,
        out_of_time=event.out_of_time,
        status_at=at,
    )
    state.plans[event.plan_id] = record
    if event.sequence <= state.published_sequence:
        record.status, record.superseded_by = "superseded", state.published_plan_id
    else:
        reasons = tuple((move.consignment_id, move.reason_code) for move in event.moves)
        proposal = Proposal(
            plan_id=event.plan_id,
            assignments=event.assignments,
            consolidations=event.consolidations,
            reasons=reasons,
            unloadable=event.unloadable,
            policy=event.policy,
        )
        if policy.auto_approve:
            publish(state, entry, proposal, record, by=POLICY)
        else:
            state.proposals[event.plan_id] = proposal
            _add_warnings(state, proposal, at)
    _prune(state)
    return None


def approve(state: LaneState, entry: Entry, event: events.PlanApproved) -> Rejection | None:
    """Publish a plan that waits, and reject the approval of any other.

    The lane's own approval, which comes back, changes nothing. It may come back after its plan was
    retracted.
    """
    if is_own_approval(entry.fact):
        return None
    record = state.plans.get(event.plan_id)
    if record is None:
        return Rejection(Code.UNKNOWN_PLAN, f"plan {event.plan_id} was never proposed to this lane")
    if event.by == POLICY:
        return None
    proposal = state.proposals.get(event.plan_id)
    if proposal is None or record.status != "proposed":
        return _reject_decided(event.plan_id, record)
    publish(state, entry, proposal, record, by=event.by)
    return None


def is_own_approval(fact: Fact[Any]) -> bool:
    """Tell whether a lane published the approval, of a plan that its policy approved."""
    event = fact.data
    return (
        isinstance(event, events.PlanApproved) and event.by == POLICY and fact.relayed_by == "lane"
    )


def reject(state: LaneState, entry: Entry, event: events.PlanRejected) -> Rejection | None:
    """Reject a waiting plan."""
    record = state.plans.get(event.plan_id)
    if record is None:
        return Rejection(Code.UNKNOWN_PLAN, f"plan {event.plan_id} was never proposed to this lane")
    if record.status != "proposed":
        return _reject_decided(event.plan_id, record)
    record.status, record.by, record.reason = "rejected", event.by, event.reason
    record.status_at = entry.fact.occurred_at
    state.proposals.pop(event.plan_id, None)
    return None


def _reject_decided(plan_id: str, record: PlanRecord) -> Rejection:
    """Say what became of a plan that does not wait for approval."""
    since = f" since {when(record.status_at)}" if record.status_at is not None else ""
    by = f" by {record.by}" if record.by and record.status != "superseded" else ""
    what = {"published": "in force", "superseded": f"replaced by plan {record.superseded_by}"}
    return Rejection(
        _CODE_BY_STATUS[record.status],
        f"plan {plan_id} does not wait for approval: it is "
        f"{what.get(record.status, record.status)}{since}{by}",
    )


def publish(
    state: LaneState, entry: Entry, proposal: Proposal, record: PlanRecord, *, by: str
) -> None:
    """Make it the plan that counts. Assignments that do not change keep their history."""
    at = entry.fact.occurred_at
    _continue(state, entry, record, proposal.plan_id)
    _supersede(state, record.sequence, proposal.plan_id, at)
    record.status, record.by, record.status_at = "published", by, at
    state.published_plan_id, state.published_sequence = proposal.plan_id, record.sequence
    state.published_at = at
    state.proposals.pop(proposal.plan_id, None)
    _assign(state, proposal, at)
    _open_consolidations(state, proposal, at)
    _update_warnings(state, proposal, at)


def _continue(state: LaneState, entry: Entry, record: PlanRecord, plan_id: str) -> None:
    """Want another plan if the time limit left consignments out of this one.

    The planner starts from the published plan, so the next one goes on where this one ended. The
    lane stops wanting more after a plan that is not better than the one before, and after
    `_CONTINUED_MAX` plans.
    """
    if not record.out_of_time:
        return
    before = state.plans.get(state.published_plan_id)
    if before is not None and before.out_of_time:
        record.continued = before.continued + 1
        fewer = record.out_of_time < before.out_of_time
        is_better = fewer or record.cost_minor < before.cost_minor
        if not is_better or record.continued >= _CONTINUED_MAX:
            return
    requests.add_trigger(state, entry, cause="time_limit", about=plan_id)


def _supersede(state: LaneState, sequence: int, plan_id: str, at: datetime) -> None:
    for name, record in state.plans.items():
        older = record.sequence < sequence and record.status in ("proposed", "published")
        if older or (record.status == "published" and name != plan_id):
            record.status, record.superseded_by, record.status_at = "superseded", plan_id, at
            state.proposals.pop(name, None)


def _assign(state: LaneState, proposal: Proposal, at: datetime) -> None:
    reasons = dict(proposal.reasons)
    left_out = {
        name: assignment
        for name, assignment in state.assignments.items()
        if assignment.consolidation_id
    }
    for each in proposal.assignments:
        name = each.consignment_id
        old = state.assignments.get(name)
        if each.consolidation_id in state.closed_at:
            continue
        left_out.pop(name, None)
        if old is not None and old.consolidation_id == each.consolidation_id:
            if old.voyage_id != each.voyage_id:
                changed = msgspec.structs.replace(old, voyage_id=each.voyage_id, voyage_at=at)
                state.assignments[name] = with_history(changed, old)
            continue
        new = PublishedAssignment(
            consolidation_id=each.consolidation_id,
            voyage_id=each.voyage_id,
            plan_id=proposal.plan_id,
            since_at=at,
            reason_code=each.reason_code or reasons.get(name, ""),
            from_consolidation_id=old.consolidation_id if old else "",
        )
        state.assignments[name] = with_history(new, old)
    for name, old in left_out.items():
        new = PublishedAssignment(
            consolidation_id="",
            voyage_id="",
            plan_id=proposal.plan_id,
            since_at=at,
            reason_code=reasons.get(name, "") or "not_in_plan",
            from_consolidation_id=old.consolidation_id,
        )
        state.assignments[name] = with_history(new, old)


def _open_consolidations(state: LaneState, proposal: Proposal, at: datetime) -> None:
    planned = {each.consolidation_id: each for each in proposal.consolidations}
    for name, opened in state.open_consolidations.items():
        if name not in planned and opened.consignment_ids:
            state.open_consolidations[name] = with_list(opened, proposal.plan_id, at)
    for name, each in planned.items():
        if name in state.closed_at:
            continue
        ids = tuple(sorted(each.consignment_ids))
        known = state.open_consolidations.get(name)
        if known is None:
            state.open_consolidations[name] = OpenedConsolidation(
                voyage_id=each.voyage_id,
                iso_type=each.iso_type,
                opened_at=at,
                policy=proposal.policy,
                plan_id=proposal.plan_id,
                planned_at=at,
                consignment_ids=ids,
                volume_cm3=each.volume_cm3,
                gross_g=each.gross_g,
            )
        elif (known.consignment_ids, known.volume_cm3, known.gross_g) != (
            ids,
            each.volume_cm3,
            each.gross_g,
        ):
            state.open_consolidations[name] = with_list(
                known, proposal.plan_id, at, ids, volume_cm3=each.volume_cm3, gross_g=each.gross_g
            )


def _add_warnings(state: LaneState, proposal: Proposal, at: datetime) -> None:
    """Warn of containers that a waiting plan finds unloadable, before anybody approves it.

    A warning ends only with a published plan that loads the container.
    """
    for unloadable in proposal.unloadable:
        name = unloadable.consolidation_id
        known = state.unloadable.get(name)
        if name not in state.closed_at and (known is None or known.unloadable != unloadable):
            record = UnloadableWarning(since_at=at, plan_id=proposal.plan_id, unloadable=unloadable)
            state.unloadable[name] = record


def _update_warnings(state: LaneState, published: Proposal, at: datetime) -> None:
    """Keep the warnings of the published plan, and of newer plans that wait."""
    newer = sorted(state.proposals.values(), key=lambda p: state.plans[p.plan_id].sequence)
    latest = {
        unloadable.consolidation_id: (proposal, unloadable)
        for proposal in (published, *newer)
        for unloadable in proposal.unloadable
    }
    before, state.unloadable = state.unloadable, {}
    for name, (proposal, unloadable) in latest.items():
        known = before.get(name)
        if name in state.closed_at:
            continue
        if known is None or known.unloadable != unloadable:
            known = UnloadableWarning(since_at=at, plan_id=proposal.plan_id, unloadable=unloadable)
        state.unloadable[name] = known


def close(state: LaneState, entry: Entry, event: events.ConsolidationClosed) -> None:
    """Drop a consolidation that left or ended, with its assignments and their pins."""
    name = event.consolidation_id
    at = entry.fact.occurred_at
    state.closed_at[name] = min(at, state.closed_at.get(name, at))
    state.unloadable.pop(name, None)
    assignments = {
        consignment_id: assignment
        for consignment_id, assignment in state.assignments.items()
        if assignment.home_id == name
    }
    left = event.status in ("GATED_OUT", "ON_BOARD")
    for consignment_id, assignment in assignments.items():
        del state.assignments[consignment_id]
        pinned = consignment_id in state.pins or consignment_id in state.forbids
        if left and pinned and assignment.consolidation_id:
            state.pins.pop(consignment_id, None)
            state.forbids.pop(consignment_id, None)
    keep_closed(state, name, state.open_consolidations.pop(name, None), assignments)
    while len(state.closed_at) > _CLOSED_MAX:
        del state.closed_at[min(state.closed_at, key=lambda each: (state.closed_at[each], each))]


def _prune(state: LaneState) -> None:
    while len(state.plans) > _PLANS_MAX:
        oldest = min(state.plans, key=lambda name: (state.plans[name].sequence, name))
        if oldest == state.published_plan_id:
            return
        del state.plans[oldest]
        state.proposals.pop(oldest, None)
