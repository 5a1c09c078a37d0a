"""Plan requests of a lane: debounced, one at a time, again after a timeout.

trigger ──(debounce)──▶ pending ──(plan.asked comes back as a fact)──▶ outstanding ──▶ answered
   ▲                                                                       │ timeout
   └───────────────────────────────────────────────────────────────────────┘
"""

from bisect import insort
from datetime import datetime, timedelta
from typing import Literal

from groupage.domain.events.planning import Cause, PlanAsked, PlanFailed, ReplanWanted
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.state.lane import LaneState, PendingRequest, ReplanTrigger, SentRequest
from processors.kernel.corrections import Entry

_REQUESTS_MAX = 50
_ABOUT_MAX = 50


def note_trigger(state: LaneState, entry: Entry, event: ReplanWanted) -> None:
    """Add a replan trigger, unless a request answers it already."""
    add_trigger(state, entry, cause=event.cause, about=event.about)


def add_trigger(state: LaneState, entry: Entry, *, cause: Cause, about: str) -> None:
    """Add a replan trigger with that cause."""
    if entry.fact_id in state.covered_triggers:
        state.covered_triggers.remove(entry.fact_id)
        return
    state.triggers[entry.fact_id] = ReplanTrigger(
        at=entry.fact.occurred_at, cause=cause, about=about
    )


def note_request(state: LaneState, entry: Entry, event: PlanAsked) -> None:
    """Note the sent request, and drop the triggers that it answers."""
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


def note_failure(state: LaneState, entry: Entry, event: PlanFailed) -> None:
    """Note that the request ended without a plan."""
    answer(state, entry, sequence=event.sequence, outcome="failed", detail=event.reason)


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
    if state.pending_request is not None:
        return None
    outstanding = state.outstanding_request
    if outstanding is not None:
        patience_s = policies.at(outstanding.at).request_timeout_s
        return outstanding.at + timedelta(seconds=patience_s)
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
    """Drop the pending request once it came back as a fact."""
    if state.pending_request is not None and state.pending_request.sequence <= state.sequence:
        state.pending_request = None


def on_clock(state: LaneState, policies: PolicyHistory, clock_at: datetime) -> None:
    """Make the pending request when it is due; it stays as it is until it comes back."""
    due = due_at(state, policies)
    if due is None or clock_at < due:
        return
    sequence = state.sequence + 1
    triggers = sorted(state.triggers.items(), key=lambda item: (item[1].at, item[0]))
    causes: list[Cause] = sorted({each.cause for _, each in triggers})
    if state.outstanding_request is not None:
        causes.append("timer")
    state.pending_request = PendingRequest(
        request_id=f"REQ-{state.key}-{sequence:06d}",
        sequence=sequence,
        at=clock_at,
        causes=tuple(causes),
        about=tuple(dict.fromkeys(each.about for _, each in triggers))[:_ABOUT_MAX],
        trigger_ids=tuple(name for name, _ in triggers),
    )
