"""The lane's core: wishes in, one request at a time out, plans in, places out.

    plan.wanted ─▶ wishes ─▶ plan.requested ─▶ (planner) ─▶ plan.proposed ─▶ published
                                   ▲ plan.failed, timeout      │                 │ newer one
                                   └── a new wish              ▼ rejected        ▼ superseded

`requests` says when to ask, `plans` which plan counts, `speech` what follows from it for
consignments and consolidations. Pins and forbids wait here for whoever builds the next instance.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from groupage.domain.events import planning as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.domain.policy import Policy
from groupage.domain.state.columns import LaneColumns
from groupage.domain.state.lane import LaneForbid, LanePin, LaneState
from processors.aggregates.lane import plans, requests, speech
from processors.kernel.aggregate import BaseAggregate, Rejection
from processors.kernel.corrections import Entry
from processors.kernel.outputs import Output


def _pinned(state: LaneState, entry: Entry, event: events.LanePinned) -> None:
    requests.wish(state, entry, cause="command", about=event.consignment_id)
    if event.unpin:
        state.pins.pop(event.consignment_id, None)
        return
    state.pins[event.consignment_id] = LanePin(
        at=entry.fact.occurred_at,
        by=event.by,
        voyage_id=event.voyage_id or "",
        consolidation_id=event.consolidation_id or "",
        reason=event.reason,
    )


def _forbidden(state: LaneState, entry: Entry, event: events.LaneForbidden) -> None:
    requests.wish(state, entry, cause="command", about=event.consignment_id)
    voyages = state.forbids.setdefault(event.consignment_id, {})
    if event.lift:
        voyages.pop(event.voyage_id, None)
    else:
        voyages[event.voyage_id] = LaneForbid(
            at=entry.fact.occurred_at, by=event.by, reason=event.reason, roll=event.roll
        )
    if not voyages:
        del state.forbids[event.consignment_id]


def _told(_state: LaneState, _entry: Entry, _event: Any) -> None:
    """For the warehouse, the drivers and the record: the lane knows it."""


_COMMUTING: dict[str, Callable[[LaneState, Entry, Any], None]] = {
    "plan.wanted": requests.wanted,
    "plan.asked": requests.asked,
    "plan.failed": requests.failed,
    "container.planned": _told,
    "route.planned": _told,
    "route.revised": _told,
    "plan.superseded": _told,
}
_ORDERED: dict[str, Callable[[LaneState, Entry, Any], Rejection | None]] = {
    "plan.approved": plans.approved,
    "plan.rejected": plans.rejected,
    "lane.pinned": _pinned,
    "lane.forbidden": _forbidden,
    "lane.consolidation_closed": plans.closed,
}


class LaneAggregate(BaseAggregate[LaneState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "lane"
    state_type = LaneState
    ranks: Mapping[str, int] = {
        name: rank for rank, name in enumerate(("plan.proposed", *_ORDERED))
    }
    commuting = frozenset(_COMMUTING)

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def new(self, key: str) -> LaneState:
        """Nothing planned yet."""
        return LaneState(key=key)

    def apply(self, state: LaneState, entry: Entry) -> Rejection | None:
        """One fact, in its order."""
        event = entry.fact.data
        if isinstance(event, events.PlanProposed):
            return plans.proposed(state, entry, event, self._policy)
        commuting = _COMMUTING.get(event.name)
        if commuting is not None:
            commuting(state, entry, event)
            return None
        ordered = _ORDERED.get(event.name)
        if ordered is None:
            return Rejection("not_mine", f"a lane does not own {event.name}")
        return ordered(state, entry, event)

    def passes(self, state: LaneState, fact: Fact) -> bool:
        """Solving takes time: a plan is decided before what the lane heard meanwhile.

        The newest plan may come late, and a closing; not so when somebody spoke of the plan before
        it came, or when there are pins that a closing ends, or has ended since.
        """
        event = fact.data
        pinned = bool(state.pins or state.forbids)
        if isinstance(event, events.PlanProposed):
            overtaken = any(
                note.sequence >= event.sequence or note.proposed_at >= fact.occurred_at
                for note in state.plans.values()
            )
            confirmed = state.confirmed_at is not None and state.confirmed_at >= fact.occurred_at
            closed_since = any(at >= fact.occurred_at for at in state.closed.values())
            ended = state.pins_ended_at is not None and state.pins_ended_at >= fact.occurred_at
            return not (
                overtaken or confirmed or state.refused or ended or (pinned and closed_since)
            )
        published_at = state.published_at
        before = published_at is not None and fact.occurred_at <= published_at
        return event.name == "lane.consolidation_closed" and not pinned and not before

    def settle(self, state: LaneState) -> None:
        """Stop asking what was asked."""
        requests.settle(state)

    def observe(self, state: LaneState, clock_at: datetime) -> None:
        """Ask for a plan when it is due."""
        requests.observe(state, self._policy, clock_at)

    def deadline(self, state: LaneState) -> datetime | None:
        """When the next request is due."""
        return requests.due_at(state, self._policy)

    def carry(self, old: LaneState, new: LaneState) -> None:
        """A request that is out stays as it was asked."""
        new.asking = old.asking
        requests.settle(new)

    def outputs(self, state: LaneState) -> dict[str, Output]:
        """The request, and what the published plan means for whom."""
        return speech.outputs(state)

    def columns(self, state: LaneState) -> LaneColumns:
        """Its row of table `lane`."""
        return LaneColumns(
            published_plan_id=state.published_plan_id or None, sequence=state.sequence
        )
