"""The outputs of a lane: for planners, consolidations, consignments, itself, and people."""

from groupage.domain.codes import AlertCode
from groupage.domain.events.alerts import AlertRaised
from groupage.domain.events.planning import (
    PlanApproved,
    PlanAsked,
    PlanRequested,
    PlanSuperseded,
)
from groupage.domain.state.lane import LaneState, UnloadableWarning
from groupage.domain.words import cut, join_names
from processors.aggregates.lane.books import LaneBooks
from processors.aggregates.lane.plans import POLICY
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.outputs import Once, Output, Publication

_NAMED_MAX = 10


def outputs(state: LaneState) -> dict[str, Publication]:
    """List the publications that hold now, by output id."""
    published = rejection_alerts("lane", state)
    _request(state, published)
    _plans(state, published)
    published["books"] = LaneBooks(state)
    _alerts(state, published)
    return published


def _request(state: LaneState, published: dict[str, Publication]) -> None:
    pending = state.pending_request
    if pending is None:
        return
    request = PlanRequested(
        request_id=pending.request_id,
        lane_id=state.key,
        sequence=pending.sequence,
        clock_at=pending.at,
        causes=pending.causes,
        about=pending.about,
    )
    published[f"request:{pending.sequence}"] = Output(request, pending.at)
    sent = PlanAsked(
        lane_id=state.key,
        request_id=pending.request_id,
        sequence=pending.sequence,
        wish_ids=pending.trigger_ids,
    )
    published[f"asked:{pending.sequence}"] = Output(sent, pending.at)


def _plans(state: LaneState, published: dict[str, Publication]) -> None:
    for name, record in state.plans.items():
        at = record.status_at or record.proposed_at
        if record.status == "published" and record.by == POLICY:
            approved = PlanApproved(lane_id=state.key, plan_id=name, by=POLICY)
            published[f"approved:{name}"] = Once(approved, at)
        elif record.status == "superseded" and state.published_plan_id:
            superseded = PlanSuperseded(
                lane_id=state.key, plan_id=name, by_plan_id=record.superseded_by
            )
            published[f"superseded:{name}"] = Output(superseded, at)


def _alerts(state: LaneState, published: dict[str, Publication]) -> None:
    newest = state.requests.get(str(state.sequence))
    if newest is not None and newest.answer == "failed" and newest.answered_at is not None:
        text = f"request {newest.request_id} ended without a plan: {newest.detail}"
        published["alert:plan_failed"] = Output(
            alert("lane", state, AlertCode.PLAN_FAILED, text), newest.answered_at
        )
    for name, warning in state.unloadable.items():
        published[f"alert:unloadable:{name}"] = Output(
            _unloadable_alert(state, warning), warning.since_at
        )
    for name in state.proposals:
        text = f"plan {name} waits for a dispatcher"
        proposed_at = state.plans[name].proposed_at
        raised = alert("lane", state, AlertCode.PLAN_WAITS, text, severity="info", part=name)
        published[f"alert:plan_waits:{name}"] = Output(raised, proposed_at)


def _unloadable_alert(state: LaneState, warning: UnloadableWarning) -> AlertRaised:
    """Make an alert about the consolidation, not the lane: dispatchers look there."""
    unloadable = warning.unloadable
    ids = join_names(unloadable.consignment_ids, _NAMED_MAX)
    return AlertRaised(
        alert_id=f"lane/{state.key}/container_unloadable/{unloadable.consolidation_id}",
        about=unloadable.consolidation_id,
        about_kind="consolidation",
        code=f"unloadable_{unloadable.code}",
        severity="critical",
        message=cut(
            f"{unloadable.reason}. Consignments without a place: {ids}. The manifest and the "
            "load plan stay as they are: unfreeze it and plan again, or decide at the dock"
        ),
    )
