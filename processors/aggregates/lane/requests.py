"""Plan requests of a lane: debounced, one at a time, again after a timeout.

trigger ──(debounce)──▶ pending ──(plan.asked comes back as a fact)──▶ outstanding ──▶ answered
   ▲                       │ timeout                                       │ timeout
   └───────────────────────┴───────────────────────────────────────────────┘

Requests are numbered 1, 2, 3 …: a fact with a number that the lane cannot have reached is rejected.
Otherwise one wrong number would be the highest for ever, and the lane would never plan again. Each
request is later than the one before it, also when the clock stands: the order of the facts is the
order of the numbers.
"""

from bisect import insort
from datetime import datetime, timedelta
from typing import Literal

from groupage.domain.events.planning import Cause, PlanAsked, PlanFailed, ReplanWanted
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.lane import LaneState, PendingRequest, ReplanTrigger, SentRequest
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection

_NEXT_INSTANT = timedelta(microseconds=1)
_STEP_BACK = timedelta(seconds=1)
"""A last request that is so far ahead of the clock was made at a tick that is void now."""
_OWN_CAUSES: frozenset[Cause] = frozenset({"command", "timer", "time_limit"})
"""Causes of triggers that no consignment, voyage or consolidation of the lane sends."""
_REQUESTS_MAX = 50
_ABOUT_MAX = 50


def note_trigger(state: LaneState, entry: Entry, event: ReplanWanted) -> None:
    """Add a replan trigger, unless a request answers it already."""
    if event.cause not in _OWN_CAUSES:
        state.known = True
    # A consolidation whose manifest a command withdrew gives that cause, too.
    commanded = entry.fact.relayed_by == "command"
    add_trigger(state, entry, cause=event.cause, about=event.about, commanded=commanded)


def add_trigger(
    state: LaneState, entry: Entry, *, cause: Cause, about: str, commanded: bool = False
) -> None:
    """Add a replan trigger with that cause."""
    if entry.fact_id in state.covered_triggers:
        state.covered_triggers.remove(entry.fact_id)
        return
    state.triggers[entry.fact_id] = ReplanTrigger(
        at=entry.fact.occurred_at, cause=cause, about=about, commanded=commanded
    )


def reject_jump(state: LaneState, sequence: int) -> Rejection | None:
    """Reject a sequence beyond the lane's next request."""
    if sequence <= state.sequence + 1:
        return None
    return Rejection(
        Code.SEQUENCE_JUMP,
        f"sequence is {sequence}; at most {state.sequence + 1} is right, because the lane has made "
        f"{state.sequence} requests",
    )


def is_due_sequence(state: LaneState, sequence: int, at: datetime) -> bool:
    """Tell whether the lane had made the request before it already at that time.

    If it had, the fact does not jump wherever it sorts after `at`, and it makes no rejected jump
    right.
    """
    before = state.requests.get(str(sequence - 1))
    known = sequence == 1 or (before is not None and before.at < at)
    return known and not any(each.code == Code.SEQUENCE_JUMP for each in state.rejected.values())


def note_request(state: LaneState, entry: Entry, event: PlanAsked) -> Rejection | None:
    """Note the sent request, and drop the triggers that it answers."""
    if rejection := reject_jump(state, event.sequence):
        return rejection
    at = entry.fact.occurred_at
    known = state.requests.setdefault(str(event.sequence), SentRequest(request_id="", at=at))
    is_earlier = known.request_id and (known.at, known.request_id) <= (at, event.request_id)
    if not is_earlier:
        known.request_id, known.at = event.request_id, at
    state.sequence = max(state.sequence, event.sequence)
    for name in event.wish_ids:
        if state.triggers.pop(name, None) is None and name not in state.covered_triggers:
            insort(state.covered_triggers, name)
    while len(state.requests) > _REQUESTS_MAX:
        del state.requests[min(state.requests, key=int)]
    return None


def note_failure(state: LaneState, entry: Entry, event: PlanFailed) -> Rejection | None:
    """Note that the request ended without a plan."""
    if rejection := reject_jump(state, event.sequence):
        return rejection
    answer(state, entry, sequence=event.sequence, outcome="failed", detail=event.reason)
    return None


def answer(
    state: LaneState,
    entry: Entry,
    *,
    sequence: int,
    outcome: Literal["proposed", "failed"],
    detail: str = "",
) -> None:
    """Close that request. A plan outweighs a failure; otherwise the first answer counts."""
    at = entry.fact.occurred_at
    known = state.requests.setdefault(str(sequence), SentRequest(request_id="", at=at))
    if not known.request_id:
        known.at = min(known.at, at)
    state.sequence = max(state.sequence, sequence)
    is_plan, was_plan = outcome == "proposed", known.answer == "proposed"
    first = known.answered_at is None or (at, detail) < (known.answered_at, known.detail)
    if is_plan > was_plan or (is_plan == was_plan and first):
        known.answer, known.answered_at, known.detail = outcome, at, detail


def due_at(state: LaneState, policies: PolicyHistory) -> datetime | None:
    """Return when the next request is due; None: there is no trigger."""
    pending = state.pending_request
    if pending is not None:
        return pending.at + timedelta(seconds=policies.at(pending.at).request_timeout_s)
    outstanding = state.outstanding_request
    if outstanding is not None:
        patience_s = policies.at(outstanding.at).request_timeout_s
        return outstanding.at + timedelta(seconds=patience_s)
    if not state.known:
        return None
    return min(
        (
            trigger.at + _debounce(trigger, policies.at(trigger.at))
            for trigger in state.triggers.values()
        ),
        default=None,
    )


def _debounce(trigger: ReplanTrigger, policy: Policy) -> timedelta:
    urgent = trigger.cause in policy.urgent_causes
    return timedelta(seconds=policy.replan_urgent_s if urgent else policy.replan_debounce_s)


def derive(state: LaneState) -> None:
    """Drop the pending request once it came back as a fact, or is not the next one any more.

    Reject the triggers of a lane that has no consignment and no voyage.
    """
    pending = state.pending_request
    if pending is not None and pending.sequence != state.sequence + 1:
        state.pending_request = None
    if state.known and not state.rejected:
        return
    unknown: dict[str, ReplanTrigger] = {}
    if not state.known:
        unknown = {name: each for name, each in state.triggers.items() if each.commanded}
    for name, rejected in list(state.rejected.items()):
        if rejected.code == Code.UNKNOWN_LANE and name not in unknown:
            del state.rejected[name]
    for name, trigger in unknown.items():
        state.rejected[name] = RejectedEvent(
            code=Code.UNKNOWN_LANE,
            reason=f"no consignment is booked on lane {state.key} and no voyage sails it; check "
            "the id: port of loading, a hyphen, port of discharge, like CNNGB-NLRTM",
            type=ReplanWanted.name,
            subject=state.key,
            at=trigger.at,
        )


def on_clock(state: LaneState, policies: PolicyHistory, clock_at: datetime) -> None:
    """Make the pending request when it is due.

    It stays as it is until it comes back. When it does not, nobody can read it, and the lane sends
    it again under another id.
    """
    due = due_at(state, policies)
    if due is None or clock_at < due:
        return
    sequence = state.sequence + 1
    triggers = sorted(state.triggers.items(), key=lambda item: (item[1].at, item[0]))
    causes: list[Cause] = sorted({each.cause for _, each in triggers})
    lost = state.pending_request
    if lost is not None or state.outstanding_request is not None:
        causes.append("timer")
    attempt = lost.attempt + 1 if lost is not None else 1
    request_id = f"REQ-{state.key}-{sequence:06d}"
    state.pending_request = PendingRequest(
        request_id=request_id if attempt == 1 else f"{request_id}-{attempt}",
        sequence=sequence,
        attempt=attempt,
        at=_request_at(state, clock_at),
        causes=tuple(causes),
        about=tuple(dict.fromkeys(each.about for _, each in triggers))[:_ABOUT_MAX],
        trigger_ids=tuple(name for name, _ in triggers),
    )


def _request_at(state: LaneState, clock_at: datetime) -> datetime:
    """Return the instant of the next request: the clock's, or the next one if that is taken."""
    previous = state.requests.get(str(state.sequence))
    if previous is not None and clock_at <= previous.at < clock_at + _STEP_BACK:
        return previous.at + _NEXT_INSTANT
    return clock_at
