"""What a lane publishes: for planners, consolidations, consignments, itself, and people."""

from groupage.domain.codes import AlertCode
from groupage.domain.events.alerts import AlertRaised
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import (
    ConsignmentAllocated,
    ConsignmentDeallocated,
    ConsignmentRolled,
)
from groupage.domain.events.consolidation import ConsolidationOpened, ConsolidationPlanned
from groupage.domain.events.planning import (
    PlanApproved,
    PlanAsked,
    PlanRequested,
    PlanSuperseded,
)
from groupage.domain.state.lane import LaneState, PublishedAssignment, UnloadableWarning
from groupage.domain.words import cut, listed
from processors.aggregates.lane.plans import POLICY
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.outputs import Output, Publication

_NAMED = 10


def outputs(state: LaneState) -> dict[str, Publication]:
    """List all that holds now, by output id."""
    published = rejection_alerts("lane", state)
    _request(state, published)
    _plans(state, published)
    for name, box in state.open_consolidations.items():
        opened = ConsolidationOpened(
            consolidation_id=name,
            lane_id=state.key,
            voyage_id=box.voyage_id,
            iso_type=box.iso_type,
            policy=box.policy,
        )
        published[f"open:{name}"] = Output(opened, box.opened_at)
        planned = ConsolidationPlanned(
            consolidation_id=name,
            plan_id=box.plan_id,
            consignment_ids=box.consignment_ids,
            planned_volume_cm3=box.volume_cm3,
            planned_gross_g=box.gross_g,
            revision=0,
        )
        published[f"plan:{name}"] = Output(planned, box.planned_at)
    for name, seat in state.assignments.items():
        _seat(name, seat, published)
    _alerts(state, published)
    return published


def _request(state: LaneState, published: dict[str, Publication]) -> None:
    asking = state.pending_request
    if asking is None:
        return
    request = PlanRequested(
        request_id=asking.request_id,
        lane_id=state.key,
        sequence=asking.sequence,
        clock_at=asking.at,
        causes=asking.causes,
        about=asking.about,
    )
    published[f"request:{asking.sequence}"] = Output(request, asking.at)
    asked = PlanAsked(
        lane_id=state.key,
        request_id=asking.request_id,
        sequence=asking.sequence,
        wish_ids=asking.trigger_ids,
    )
    published[f"asked:{asking.sequence}"] = Output(asked, asking.at)


def _plans(state: LaneState, published: dict[str, Publication]) -> None:
    for name, note in state.plans.items():
        at = note.status_at or note.proposed_at
        if note.status == "published" and note.by == POLICY:
            approved = PlanApproved(lane_id=state.key, plan_id=name, by=POLICY)
            published[f"approved:{name}"] = Output(approved, at)
        elif note.status == "superseded" and state.published_plan_id:
            superseded = PlanSuperseded(
                lane_id=state.key, plan_id=name, by_plan_id=note.superseded_by
            )
            published[f"superseded:{name}"] = Output(superseded, at)


def _seat(name: str, seat: PublishedAssignment, published: dict[str, Publication]) -> None:
    rolled = seat.from_consolidation_id and seat.reason_code.startswith("roll")
    if rolled:
        event: Event = ConsignmentRolled(
            consignment_id=name,
            from_consolidation_id=seat.from_consolidation_id,
            to_consolidation_id=seat.consolidation_id or None,
            plan_id=seat.plan_id,
            reason_code=seat.reason_code,
        )
        published[f"rolled:{name}"] = Output(event, seat.since_at)
    if seat.consolidation_id:
        event = ConsignmentAllocated(
            consignment_id=name,
            consolidation_id=seat.consolidation_id,
            voyage_id=seat.voyage_id,
            plan_id=seat.plan_id,
            from_consolidation_id=seat.from_consolidation_id or None,
            reason_code=seat.reason_code,
        )
    elif not rolled:
        event = ConsignmentDeallocated(
            consignment_id=name,
            consolidation_id=seat.from_consolidation_id,
            plan_id=seat.plan_id,
            reason_code=seat.reason_code,
        )
    else:
        return
    published[f"seat:{name}"] = Output(event, seat.voyage_at or seat.since_at)


def _alerts(state: LaneState, published: dict[str, Publication]) -> None:
    newest = state.requests.get(str(state.sequence))
    if newest is not None and newest.answer == "failed" and newest.answered_at is not None:
        text = f"request {newest.request_id} gave no plan: {newest.detail}"
        published["alert:plan_failed"] = Output(
            alert("lane", state, AlertCode.PLAN_FAILED, text), newest.answered_at
        )
    for name, note in state.unloadable.items():
        published[f"alert:unloadable:{name}"] = Output(_unloadable(state, note), note.since_at)
    for name in state.proposals:
        text = f"plan {name} waits for a dispatcher"
        proposed_at = state.plans[name].proposed_at
        raised = alert("lane", state, AlertCode.PLAN_WAITS, text, severity="info", part=name)
        published[f"alert:plan_waits:{name}"] = Output(raised, proposed_at)


def _unloadable(state: LaneState, note: UnloadableWarning) -> AlertRaised:
    """About the container, not the lane: that is what a dispatcher looks for."""
    what = note.what
    ids = listed(what.consignment_ids, _NAMED)
    return AlertRaised(
        alert_id=f"lane/{state.key}/container_unloadable/{what.consolidation_id}",
        about=what.consolidation_id,
        about_kind="consolidation",
        code=f"unloadable_{what.code}",
        severity="critical",
        message=cut(
            f"{what.reason}. Consignments without a place: {ids}. The manifest and the load "
            "plan stay as they are: unfreeze it and plan again, or decide at the door"
        ),
    )
