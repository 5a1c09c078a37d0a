"""Which plan counts: the certified and approved one of the highest sequence. It moves seats."""

from datetime import datetime

from groupage.domain.events import planning as events
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
from processors.aggregates.lane.requests import answer
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection

_KEPT = 50
_CLOSED_KEPT = 200
POLICY = "policy"
_CODE_BY_STATUS: dict[PlanStatus, Code] = {
    "published": Code.PLAN_PUBLISHED,
    "superseded": Code.PLAN_SUPERSEDED,
    "rejected": Code.PLAN_REJECTED,
}


def proposed(
    state: LaneState, entry: Entry, event: events.PlanProposed, policy: Policy
) -> Rejection | None:
    """A certified plan: published at once when the policy says so, else it waits for a person."""
    if event.plan_id in state.plans:
        return Rejection(Code.ALREADY_PROPOSED, f"plan {event.plan_id} was proposed before")
    if not event.certificate:
        return Rejection(
            Code.NO_CERTIFICATE, "only a plan that the verifier passed may be proposed"
        )
    at = entry.fact.occurred_at
    answer(state, entry, sequence=event.sequence, word="proposed")
    note = PlanRecord(
        sequence=event.sequence,
        status="proposed",
        decided_at=event.decided_at,
        proposed_at=at,
        request_id=event.request_id,
        cost_minor=event.cost_minor,
        bound_minor=event.bound_minor,
        gap_ratio=event.gap_ratio,
        certificate=event.certificate,
        status_at=at,
    )
    state.plans[event.plan_id] = note
    if event.sequence <= state.published_sequence:
        note.status, note.superseded_by = "superseded", state.published_plan_id
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
            publish(state, proposal, note, at=at, by=POLICY)
        else:
            state.proposals[event.plan_id] = proposal
            _warn(state, proposal, at)
    _prune(state)
    return None


def approved(state: LaneState, entry: Entry, event: events.PlanApproved) -> Rejection | None:
    """A person (or the lane itself, heard again) accepts a plan."""
    note = state.plans.get(event.plan_id)
    if note is None:
        return Rejection(Code.UNKNOWN_PLAN, f"plan {event.plan_id} was never proposed to this lane")
    if event.by == POLICY:
        return None
    if note.status == "published":
        state.confirmed_at = entry.fact.occurred_at
        return None
    proposal = state.proposals.get(event.plan_id)
    if proposal is None or note.status != "proposed":
        return Rejection(_CODE_BY_STATUS[note.status], f"plan {event.plan_id} is {note.status}")
    publish(state, proposal, note, at=entry.fact.occurred_at, by=event.by)
    return None


def rejected(state: LaneState, entry: Entry, event: events.PlanRejected) -> Rejection | None:
    """A person refuses a plan that waits."""
    note = state.plans.get(event.plan_id)
    if note is None:
        return Rejection(Code.UNKNOWN_PLAN, f"plan {event.plan_id} was never proposed to this lane")
    if note.status != "proposed":
        return Rejection(
            _CODE_BY_STATUS[note.status], f"plan {event.plan_id} is {note.status} already"
        )
    note.status, note.by, note.reason = "rejected", event.by, event.reason
    note.status_at = entry.fact.occurred_at
    state.proposals.pop(event.plan_id, None)
    return None


def publish(
    state: LaneState, proposal: Proposal, note: PlanRecord, *, at: datetime, by: str
) -> None:
    """Make it the plan that counts. What stays where it was keeps its history."""
    _supersede(state, note.sequence, proposal.plan_id, at)
    note.status, note.by, note.status_at = "published", by, at
    state.published_plan_id, state.published_sequence = proposal.plan_id, note.sequence
    state.published_at = at
    state.proposals.pop(proposal.plan_id, None)
    _seat(state, proposal, at)
    _box(state, proposal, at)
    _settle_warnings(state, proposal, at)


def _supersede(state: LaneState, sequence: int, plan_id: str, at: datetime) -> None:
    for name, note in state.plans.items():
        older = note.sequence < sequence and note.status in ("proposed", "published")
        if older or (note.status == "published" and name != plan_id):
            note.status, note.superseded_by, note.status_at = "superseded", plan_id, at
            state.proposals.pop(name, None)


def _seat(state: LaneState, proposal: Proposal, at: datetime) -> None:
    reasons = dict(proposal.reasons)
    before = {name: seat for name, seat in state.assignments.items() if seat.consolidation_id}
    seats: dict[str, PublishedAssignment] = {}
    for each in proposal.assignments:
        name = each.consignment_id
        old = before.pop(name, None)
        if each.consolidation_id in state.closed_at:
            continue
        if old is not None and old.consolidation_id == each.consolidation_id:
            seats[name] = old
            if old.voyage_id != each.voyage_id:
                old.voyage_id, old.voyage_at = each.voyage_id, at
            continue
        seats[name] = PublishedAssignment(
            consolidation_id=each.consolidation_id,
            voyage_id=each.voyage_id,
            plan_id=proposal.plan_id,
            since_at=at,
            reason_code=each.reason_code or reasons.get(name, ""),
            from_consolidation_id=old.consolidation_id if old else "",
        )
    for name, old in before.items():
        seats[name] = PublishedAssignment(
            consolidation_id="",
            voyage_id="",
            plan_id=proposal.plan_id,
            since_at=at,
            reason_code=reasons.get(name, "") or "not_in_plan",
            from_consolidation_id=old.consolidation_id,
        )
    state.assignments = seats


def _box(state: LaneState, proposal: Proposal, at: datetime) -> None:
    planned = {each.consolidation_id: each for each in proposal.consolidations}
    for name, box in state.open_consolidations.items():
        if name not in planned and box.consignment_ids:
            box.consignment_ids, box.volume_cm3, box.gross_g = (), 0, 0
            box.plan_id, box.planned_at = proposal.plan_id, at
    for name, each in planned.items():
        if name in state.closed_at:
            continue
        ids = tuple(sorted(each.consignment_ids))
        known = state.open_consolidations.get(name)
        if known is None:
            known = state.open_consolidations[name] = OpenedConsolidation(
                voyage_id=each.voyage_id,
                iso_type=each.iso_type,
                opened_at=at,
                policy=proposal.policy,
                plan_id=proposal.plan_id,
                planned_at=at,
            )
        elif (known.consignment_ids, known.volume_cm3, known.gross_g) != (
            ids,
            each.volume_cm3,
            each.gross_g,
        ):
            known.plan_id, known.planned_at = proposal.plan_id, at
        known.consignment_ids = ids
        known.volume_cm3, known.gross_g = each.volume_cm3, each.gross_g


def _warn(state: LaneState, proposal: Proposal, at: datetime) -> None:
    """What does not load is true before anybody approves of the plan that says so.

    Not so the other way round: a plan that finds a way must be in force for the warning to end.
    """
    for what in proposal.unloadable:
        name = what.consolidation_id
        known = state.unloadable.get(name)
        if name not in state.closed_at and (known is None or known.what != what):
            note = UnloadableWarning(since_at=at, plan_id=proposal.plan_id, what=what)
            state.unloadable[name] = note


def _settle_warnings(state: LaneState, published: Proposal, at: datetime) -> None:
    """Those of the plan in force, and of newer ones that wait."""
    newer = sorted(state.proposals.values(), key=lambda p: state.plans[p.plan_id].sequence)
    said = {
        what.consolidation_id: (one, what) for one in (published, *newer) for what in one.unloadable
    }
    before, state.unloadable = state.unloadable, {}
    for name, (proposal, what) in said.items():
        known = before.get(name)
        if name in state.closed_at:
            continue
        if known is None or known.what != what:
            known = UnloadableWarning(since_at=at, plan_id=proposal.plan_id, what=what)
        state.unloadable[name] = known


def closed(state: LaneState, entry: Entry, event: events.ConsolidationClosed) -> None:
    """It left, or is no more: the lane plans it no longer."""
    name = event.consolidation_id
    at = entry.fact.occurred_at
    state.closed_at[name] = min(at, state.closed_at.get(name, at))
    state.open_consolidations.pop(name, None)
    state.unloadable.pop(name, None)
    left = event.status in ("GATED_OUT", "ON_BOARD")
    for each, seat in list(state.assignments.items()):
        if seat.consolidation_id == name:
            del state.assignments[each]
            if left and (each in state.pins or each in state.forbids):
                state.pins.pop(each, None)
                state.forbids.pop(each, None)
                state.pins_ended_at = max(at, state.pins_ended_at or at)
        elif seat.from_consolidation_id == name:
            seat.from_consolidation_id = ""
            if not seat.consolidation_id:
                del state.assignments[each]
    while len(state.closed_at) > _CLOSED_KEPT:
        del state.closed_at[min(state.closed_at, key=lambda each: (state.closed_at[each], each))]


def _prune(state: LaneState) -> None:
    while len(state.plans) > _KEPT:
        oldest = min(state.plans, key=lambda name: (state.plans[name].sequence, name))
        if oldest == state.published_plan_id:
            return
        del state.plans[oldest]
        state.proposals.pop(oldest, None)
