"""When a lane asks for a plan: debounced, one request at a time, asked again when nobody answers.

wish ──(debounce)──▶ asking ──(plan.asked comes back as a fact)──▶ outstanding ──▶ answered
  ▲                                                                    │ timeout
  └────────────────────────────────────────────────────────────────────┘
"""

from bisect import insort
from datetime import datetime, timedelta
from typing import Literal

from groupage.domain.events.planning import Cause, PlanAsked, PlanFailed, ReplanWanted
from groupage.domain.policy import Policy
from groupage.domain.state.lane import LaneState, PendingRequest, ReplanTrigger, SentRequest
from processors.kernel.corrections import Entry

_KEPT = 50
_NAMED = 50


def wanted(state: LaneState, entry: Entry, event: ReplanWanted) -> None:
    """One more reason, unless a request answers it already."""
    wish(state, entry, cause=event.cause, about=event.about)


def wish(state: LaneState, entry: Entry, *, cause: Cause, about: str) -> None:
    """Remember a reason to plan again."""
    if entry.fact_id in state.covered_triggers:
        state.covered_triggers.remove(entry.fact_id)
        return
    state.triggers[entry.fact_id] = ReplanTrigger(
        at=entry.fact.occurred_at, cause=cause, about=about
    )


def asked(state: LaneState, entry: Entry, event: PlanAsked) -> None:
    """The request is out: its wishes need no other."""
    at = entry.fact.occurred_at
    known = state.requests.setdefault(str(event.sequence), SentRequest(request_id="", at=at))
    told_before = known.request_id and (known.at, known.request_id) <= (at, event.request_id)
    if not told_before:
        known.request_id, known.at = event.request_id, at
    state.sequence = max(state.sequence, event.sequence)
    for name in event.wish_ids:
        if state.triggers.pop(name, None) is None and name not in state.covered_triggers:
            insort(state.covered_triggers, name)
    while len(state.requests) > _KEPT:
        del state.requests[min(state.requests, key=int)]


def failed(state: LaneState, entry: Entry, event: PlanFailed) -> None:
    """An answer, though no plan."""
    answer(state, entry, sequence=event.sequence, word="failed", detail=event.reason)


def answer(
    state: LaneState,
    entry: Entry,
    *,
    sequence: int,
    word: Literal["proposed", "failed"],
    detail: str = "",
) -> None:
    """Close the request of that number. A plan outweighs a failure; else the first word counts."""
    at = entry.fact.occurred_at
    known = state.requests.setdefault(str(sequence), SentRequest(request_id="", at=at))
    if not known.request_id:
        known.at = min(known.at, at)
    state.sequence = max(state.sequence, sequence)
    mine, theirs = word == "proposed", known.answer == "proposed"
    first = known.answered_at is None or (at, detail) < (known.answered_at, known.detail)
    if mine > theirs or (mine == theirs and first):
        known.answer, known.answered_at, known.detail = word, at, detail


def due_at(state: LaneState, policy: Policy) -> datetime | None:
    """When the next request is due; None: none is wanted."""
    if state.pending_request is not None:
        return None
    outstanding = state.outstanding_request
    if outstanding is not None:
        return outstanding.at + timedelta(seconds=policy.request_timeout_s)
    patient = timedelta(seconds=policy.replan_debounce_s)
    urgent = timedelta(seconds=policy.replan_urgent_s)
    return min(
        (
            each.at + (urgent if each.cause in policy.urgent_causes else patient)
            for each in state.triggers.values()
        ),
        default=None,
    )


def derive(state: LaneState) -> None:
    """The lane heard of its own request: it is not asking any more."""
    if state.pending_request is not None and state.pending_request.sequence <= state.sequence:
        state.pending_request = None


def on_clock(state: LaneState, policy: Policy, clock_at: datetime) -> None:
    """Ask when it is due. What is asked stays as it is until the lane hears of it."""
    due = due_at(state, policy)
    if due is None or clock_at < due:
        return
    sequence = state.sequence + 1
    wishes = sorted(state.triggers.items(), key=lambda item: (item[1].at, item[0]))
    causes: list[Cause] = sorted({each.cause for _, each in wishes})
    if state.outstanding_request is not None:
        causes.append("timer")
    state.pending_request = PendingRequest(
        request_id=f"REQ-{state.key}-{sequence:06d}",
        sequence=sequence,
        at=clock_at,
        causes=tuple(causes),
        about=tuple(dict.fromkeys(each.about for _, each in wishes))[:_NAMED],
        trigger_ids=tuple(name for name, _ in wishes),
    )
