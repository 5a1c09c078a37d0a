"""The lane: replan triggers in, one request at a time out, plans in, assignments out.

    plan.wanted ─▶ wishes ─▶ plan.requested ─▶ (planner) ─▶ plan.proposed ─▶ published
                                   ▲ plan.failed, timeout      │                 │ newer one
                                   └── a new wish              ▼ rejected        ▼ superseded

`requests` says when to ask, `plans` which plan counts, `outputs` what follows from it for
consignments and consolidations. Pins and forbids wait here for whoever builds the next instance.
"""

from datetime import datetime
from typing import Any, ClassVar

from groupage.domain.events import planning as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.domain.state.columns import LaneColumns
from groupage.domain.state.lane import LaneForbid, LanePin, LaneState
from processors.aggregates.lane import outputs, plans, requests
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On, OnWithPolicy
from processors.kernel.outputs import Publication


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


def _for_others(_state: LaneState, _entry: Entry, _event: Any) -> None:
    """Leave the state as it is: the warehouse, drivers and auditors consume the event."""


class LaneAggregate(Aggregate[LaneState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "lane"
    state_type = LaneState
    pending = ("pending_request",)
    handlers = (
        OnWithPolicy(events.PlanProposed, plans.proposed),
        On(events.PlanApproved, plans.approved),
        On(events.PlanRejected, plans.rejected),
        On(events.LanePinned, _pinned),
        On(events.LaneForbidden, _forbidden),
        On(events.ConsolidationClosed, plans.closed),
        On(events.ReplanWanted, requests.wanted, order_independent=True),
        On(events.PlanAsked, requests.asked, order_independent=True),
        On(events.PlanFailed, requests.failed, order_independent=True),
        On(events.ContainerPlanned, _for_others, order_independent=True),
        On(events.RoutePlanned, _for_others, order_independent=True),
        On(events.RouteRevised, _for_others, order_independent=True),
        On(events.PlanSuperseded, _for_others, order_independent=True),
    )

    def applies_late(self, state: LaneState, fact: Fact) -> bool:
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
            closed_since = any(at >= fact.occurred_at for at in state.closed_at.values())
            ended = state.pins_ended_at is not None and state.pins_ended_at >= fact.occurred_at
            return not (
                overtaken or confirmed or state.rejected or ended or (pinned and closed_since)
            )
        published_at = state.published_at
        before = published_at is not None and fact.occurred_at <= published_at
        return event.name == "lane.consolidation_closed" and not pinned and not before

    def derive(self, state: LaneState) -> None:
        """Stop asking what was asked."""
        requests.derive(state)

    def on_clock(self, state: LaneState, clock_at: datetime) -> None:
        """Ask for a plan when it is due."""
        requests.on_clock(state, self._policy, clock_at)

    def deadline(self, state: LaneState) -> datetime | None:
        """When the next request is due."""
        return requests.due_at(state, self._policy)

    def outputs(self, state: LaneState) -> dict[str, Publication]:
        """The request, and what the published plan means for whom."""
        return outputs.outputs(state)

    def columns(self, state: LaneState) -> LaneColumns:
        """Its row of table `lane`."""
        return LaneColumns(
            published_plan_id=state.published_plan_id or None, sequence=state.sequence
        )
