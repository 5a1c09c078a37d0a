"""The lane: replan triggers in, one request at a time out, plans in, assignments out.

    plan.wanted ─▶ triggers ─▶ plan.requested ─▶ (planner) ─▶ plan.proposed ─▶ published
                                   ▲ plan.failed, timeout        │                 │ newer plan
                                   └── a new trigger             ▼ rejected        ▼ superseded

`requests` decides when to request a plan, `plans` which plan counts, `outputs` lists what follows
from it for consignments and consolidations. The planner reads pins and forbids for its instance.
"""

from datetime import datetime
from typing import Any, ClassVar

from groupage.domain.events import planning as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.fact import Fact
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.columns import LaneColumns
from groupage.domain.state.lane import LaneForbid, LanePin, LaneState
from processors.aggregates.lane import outputs, plans, requests
from processors.kernel.aggregate import Aggregate
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On, OnWithPolicy, Rejection
from processors.kernel.outputs import Publication


def _pin(state: LaneState, entry: Entry, event: events.LanePinned) -> Rejection | None:
    if event.unpin and event.consignment_id not in state.pins:
        return Rejection(
            Code.NOT_PINNED, f"consignment {event.consignment_id} is not pinned on this lane"
        )
    requests.add_trigger(state, entry, cause="command", about=event.consignment_id)
    if event.unpin:
        del state.pins[event.consignment_id]
        return None
    state.pins[event.consignment_id] = LanePin(
        at=entry.fact.occurred_at,
        by=event.by,
        voyage_id=event.voyage_id or "",
        consolidation_id=event.consolidation_id or "",
        reason=event.reason,
    )
    return None


def _forbid(state: LaneState, entry: Entry, event: events.LaneForbidden) -> Rejection | None:
    if event.lift and event.voyage_id not in state.forbids.get(event.consignment_id, {}):
        return Rejection(
            Code.NOT_FORBIDDEN,
            f"consignment {event.consignment_id} is not kept off voyage {event.voyage_id}",
        )
    requests.add_trigger(state, entry, cause="command", about=event.consignment_id)
    voyages = state.forbids.setdefault(event.consignment_id, {})
    if event.lift:
        del voyages[event.voyage_id]
    else:
        voyages[event.voyage_id] = LaneForbid(
            at=entry.fact.occurred_at, by=event.by, reason=event.reason, roll=event.roll
        )
    if not voyages:
        del state.forbids[event.consignment_id]
    return None


_DECISIVE = (
    events.PlanProposed,
    events.PlanApproved,
    events.PlanRejected,
    events.LanePinned,
    events.LaneForbidden,
    events.ConsolidationClosed,
)
"""Events that decide what is planned."""


def _ignore(_state: LaneState, _entry: Entry, _event: Any) -> None:
    """Leave the state as it is: the event is for the warehouse, drivers and auditors."""


class LaneAggregate(Aggregate[LaneState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "lane"
    state_type = LaneState
    pending = ("pending_request",)
    audits = True
    handlers = (
        On(events.PlanAsked, requests.note_request, numbered=True),
        On(events.PlanFailed, requests.note_failure, numbered=True),
        OnWithPolicy(events.PlanProposed, plans.propose, numbered=True),
        On(events.PlanApproved, plans.approve),
        On(events.PlanRejected, plans.reject),
        On(events.LanePinned, _pin),
        On(events.LaneForbidden, _forbid),
        On(events.ConsolidationClosed, plans.close),
        On(events.ReplanWanted, requests.note_trigger, order_independent=True),
        On(events.ContainerPlanned, _ignore, order_independent=True),
        On(events.RoutePlanned, _ignore, order_independent=True),
        On(events.RouteRevised, _ignore, order_independent=True),
        On(events.PlanSuperseded, _ignore, order_independent=True),
    )

    def audit(self, state: LaneState, entry: Entry, *, effective: bool) -> None:  # noqa: ARG002
        """Plan again when a pin, a closing, an approval or a plan is taken back."""
        fact = entry.fact
        if fact.retracted and isinstance(fact.data, _DECISIVE):
            closed = isinstance(fact.data, events.ConsolidationClosed)
            cause: events.Cause = "container" if closed else "command"
            requests.add_trigger(state, entry, cause=cause, about=fact.subject)

    def applies_late(self, state: LaneState, fact: Fact) -> bool:
        """Accept a late plan or closing, if nothing that came in between depends on it.

        Solving takes time: a plan's time is before facts that reached the lane meanwhile. It must
        be the newest plan, nobody may have approved or rejected it before it came, and nothing may
        have closed since. A closing must not end pins. The number of a request must be the
        lane's next one at that time already. The lane's own approval of a late plan, which comes
        back, is late like the plan and changes nothing.
        """
        event = fact.data
        if isinstance(event, events.PlanAsked | events.PlanFailed):
            return requests.is_due_sequence(state, event.sequence, fact.occurred_at)
        pinned = bool(state.pins or state.forbids)
        if isinstance(event, events.PlanProposed):
            overtaken = any(
                note.sequence >= event.sequence or note.proposed_at >= fact.occurred_at
                for note in state.plans.values()
            )
            closed_since = any(at >= fact.occurred_at for at in state.closed_at.values())
            due = requests.is_due_sequence(state, event.sequence, fact.occurred_at)
            return due and not (overtaken or state.rejected or closed_since)
        if isinstance(event, events.PlanApproved):
            return plans.is_own_approval(fact)
        published_at = state.published_at
        before = published_at is not None and fact.occurred_at <= published_at
        return event.name == "lane.consolidation_closed" and not pinned and not before

    def derive(self, state: LaneState) -> None:
        """Drop the pending request once it was sent; reject commands to plan an unknown lane."""
        requests.derive(state)

    def on_clock(self, state: LaneState, clock_at: datetime) -> None:
        """Request a plan when it is due."""
        requests.on_clock(state, self._policies, clock_at)

    def deadline(self, state: LaneState) -> datetime | None:
        """Return when the next request is due."""
        return requests.due_at(state, self._policies)

    def outputs(self, state: LaneState) -> dict[str, Publication]:
        """List the request, and messages about the published plan."""
        return outputs.outputs(state)

    def columns(self, state: LaneState) -> LaneColumns:
        """Return the query columns of table `lane`."""
        return LaneColumns(
            published_plan_id=state.published_plan_id or None, sequence=state.sequence
        )
