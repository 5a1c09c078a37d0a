"""The outputs of a consolidation: for its members, voyage, container, lane, and people."""

from collections.abc import Iterator
from datetime import datetime

from groupage.domain.codes import AlertCode
from groupage.domain.cutoff_lacks import deadline_text, lacks_of
from groupage.domain.events.alerts import Severity
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import ConsolidationSnapshot
from groupage.domain.events.consolidation import CutoffAtRisk, CutoffMissed
from groupage.domain.events.equipment import ContainerAssigned
from groupage.domain.events.planning import Cause, ConsolidationClosed, ReplanWanted
from groupage.domain.events.schedule import CutoffCode, VoyageFollowed
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.state.consolidation import ConsolidationState, CutoffWatch
from groupage.domain.states import ConsolidationStatus
from groupage.domain.words import cubic_metres, cut
from processors.aggregates.consolidation.deadlines import (
    dead_freight_cm3,
    dead_freight_threshold,
    standing_since,
)
from processors.aggregates.consolidation.terminal import door_close_at, earlier_doors
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.outputs import Output, Publication

_CODES: dict[str, CutoffCode] = {
    "LCO": "LCO",
    "DCO": "DCO",
    "AFC": "AFC",
    "VCO": "VCO",
    "CUA": "CUA",
    "PCO": "PCO",
}
_CLOSED = frozenset(
    {
        ConsolidationStatus.GATED_OUT,
        ConsolidationStatus.ON_BOARD,
        ConsolidationStatus.BROKEN_UP,
        ConsolidationStatus.CANCELLED,
    }
)
_BEFORE_STUFFING = frozenset({ConsolidationStatus.FROZEN, ConsolidationStatus.STAGING})
_CRITICAL = frozenset({AlertCode.GATED_OUT_UNCLEARED, AlertCode.CONTAINER_UNFIT})


def outputs(state: ConsolidationState, policies: PolicyHistory) -> dict[str, Publication]:
    """List the publications that hold now, by output id."""
    published = rejection_alerts("consolidation", state)
    at = state.changed_at
    if state.opened_at is None or at is None:
        return published
    _members(state, policies, at, published)
    follow = VoyageFollowed(voyage_id=state.voyage_id, consolidation_id=state.key)
    published[f"follow:{state.voyage_id}"] = Output(follow, state.rolled_at or state.opened_at)
    if state.assigned is not None:
        equipment_ref, filed_at = state.assigned
        assign = ContainerAssigned(equipment_ref=equipment_ref, consolidation_id=state.key)
        published[f"assign:{equipment_ref}"] = Output(assign, filed_at)
    for cause, what, since in _replan_reasons(state, policies, at):
        trigger = ReplanWanted(lane_id=state.lane_id, cause=cause, about=state.key)
        published[f"replan:{what}"] = Output(trigger, since)
    if state.status in _CLOSED:
        published["closed"] = _closed(state, at)
    _cutoffs(state, policies, at, published)
    _alerts(state, policies, at, published)
    return published


def _closed(state: ConsolidationState, at: datetime) -> Output:
    """Tell the lane; what happens on board makes no difference to it."""
    left_at = state.gated_out_at
    status = state.status if left_at is None else ConsolidationStatus.GATED_OUT
    closed = ConsolidationClosed(lane_id=state.lane_id, consolidation_id=state.key, status=status)
    return Output(closed, left_at or state.status_at or at)


def _members(
    state: ConsolidationState,
    policies: PolicyHistory,
    at: datetime,
    published: dict[str, Publication],
) -> None:
    """Add a snapshot for each member; one that is not on the manifest gets no container.

    Consignments that left learn the cut-off, which decides about dead freight.
    """
    voyage, manifest = state.voyage, state.manifest
    cutoffs = {cutoff.code: cutoff.due_at for cutoff in voyage.cutoffs} if voyage else {}
    usable = state.status not in _BEFORE_STUFFING
    ended_at = _stuffing_ended_at(state)
    earlier = tuple(earlier_doors(state, policies))
    for name in sorted({*state.planned_ids, *state.member_ids}):
        listed_on = manifest if manifest is not None and name in manifest.consignment_ids else None
        began = state.stuffing_started_at if listed_on is not None and usable else None
        event = ConsolidationSnapshot(
            consignment_id=name,
            consolidation_id=state.key,
            status=state.status,
            revision=0,
            equipment_ref=listed_on.equipment_ref if listed_on else "",
            voyage_id=state.voyage_id,
            manifest_ref=listed_on.manifest_ref if listed_on else "",
            frozen_at=listed_on.filed_at if listed_on else None,
            stuffing_open=began is not None and ended_at is None,
            stuffing_started_at=began,
            stuffing_completed_at=ended_at if began is not None else None,
            door_close_at=door_close_at(state, policies),
            earlier_doors=earlier,
            lco_at=cutoffs.get("LCO"),
            departed_at=state.gated_out_at if listed_on else None,
        )
        published[f"snapshot:{name}"] = Output(event, at)
    for name, member in state.members.items():
        if not member.member and f"snapshot:{name}" not in published:
            event = ConsolidationSnapshot(
                consignment_id=name,
                consolidation_id=state.key,
                status=state.status,
                revision=0,
                voyage_id=state.voyage_id,
                lco_at=cutoffs.get("LCO"),
                withdrawn=True,
            )
            published[f"snapshot:{name}"] = Output(event, at)


def _stuffing_ended_at(state: ConsolidationState) -> datetime | None:
    """Return when stuffing was completed, the doors were sealed or it ended; the first of these."""
    container, began_at = state.container, state.reopened_at or state.stuffing_started_at
    ends = [state.stuffing_completed_at, state.ended_at if state.over else None]
    if container is not None and container.fit is False:
        ends.append(container.inspected_at)
    if (
        container is not None
        and container.sealed_at
        and began_at
        and container.sealed_at >= began_at
    ):
        ends.append(container.sealed_at)
    return min((at for at in ends if at is not None), default=None)


def _replan_reasons(
    state: ConsolidationState, policies: PolicyHistory, at: datetime
) -> Iterator[tuple[Cause, str, datetime]]:
    """Yield the changes that the lane must plan for: cause, a name for the change, since when."""
    if state.over:
        yield "container", f"ended:{state.ended}", state.ended_at or at
        return
    if state.status in _CLOSED:
        return
    if state.unfrozen_at is not None:
        yield "command", f"unfrozen:{state.unfreeze_count}", state.unfrozen_at
    if state.rolled_at is not None:
        yield "carrier", f"rolled:{state.voyage_id}", state.rolled_at
    if AlertCode.SEALED_INCOMPLETE in state.failed_guards:
        yield "did_not_fit", "sealed_incomplete", at
    for name, container in state.containers.items():
        if container.status == "UNFIT" and name == state.equipment_ref:
            yield "container", f"unfit:{name}", at
        elif container.iso_type not in ("", state.iso_type) and name == state.equipment_ref:
            yield "container", f"type:{name}:{container.iso_type}", at
    lco = state.cutoffs.get("LCO")
    if lco is not None and lco.state in ("at_risk", "missed") and lco.met_at is None:
        since = standing_since(lco, policies, changed_at=at)
        yield "cutoff_near", f"cutoff:LCO:{lco.due_at.isoformat()}:{lco.state}", since


def _cutoffs(
    state: ConsolidationState,
    policies: PolicyHistory,
    at: datetime,
    published: dict[str, Publication],
) -> None:
    if state.status in _CLOSED:
        return
    for name, watched in state.cutoffs.items():
        code = _CODES[name]
        since = standing_since(watched, policies, changed_at=at)
        if watched.state == "at_risk":
            event: Event = _at_risk(state, policies.at(since), code, watched)
            warning: Severity = "warning"
            text = f"{deadline_text(state, code)} is at risk"
        elif watched.state == "missed":
            event = CutoffMissed(
                consolidation_id=state.key,
                code=code,
                due_at=watched.due_at,
                consignment_ids=watched.waits_for,
            )
            warning = "critical"
            text = f"{deadline_text(state, code)} was missed"
        else:
            continue
        text += "".join(f"; {lack}" for lack in lacks_of(state, code))
        raised = alert(
            "consolidation",
            state,
            AlertCode[f"CUTOFF_{code}"],
            cut(text),
            severity=warning,
            due_at=watched.due_at,
        )
        published[f"cutoff:{code}:{watched.state}"] = Output(event, since)
        published[f"alert:cutoff:{code}"] = Output(raised, since)


def _at_risk(
    state: ConsolidationState, policy: Policy, code: CutoffCode, watched: CutoffWatch
) -> CutoffAtRisk:
    slack_s = policy.at_risk_before_s
    if watched.projected_at is not None:
        slack_s = int((watched.due_at - watched.projected_at).total_seconds())
    return CutoffAtRisk(
        consolidation_id=state.key,
        code=code,
        due_at=watched.due_at,
        projected_at=watched.projected_at,
        slack_s=slack_s,
        consignment_ids=watched.waits_for,
    )


def _alerts(
    state: ConsolidationState,
    policies: PolicyHistory,
    at: datetime,
    published: dict[str, Publication],
) -> None:
    troubles = {AlertCode[code.upper()]: text for code, text in state.failed_guards.items()}
    if empty_cm3 := dead_freight_cm3(state):
        threshold = dead_freight_threshold(state, policies)
        troubles[AlertCode.DEAD_FREIGHT] = (
            f"{state.ended} ({state.ended_reason}) after the threshold, {threshold}: dead freight "
            f"on {cubic_metres(empty_cm3)} of voyage {state.voyage_id}"
        )
    container, manifest = state.container, state.manifest
    if manifest is not None and container is not None and state.status not in _CLOSED:
        if container.seal_no and container.seal_no != manifest.seal_no:
            troubles[AlertCode.SEAL_MISMATCH] = (
                f"seal {container.seal_no}, on the manifest {manifest.seal_no}"
            )
        left = [name for name in manifest.consignment_ids if state.find_member(name) is None]
        if left:
            troubles[AlertCode.MANIFEST_OUTDATED] = (
                f"on the manifest but gone: {', '.join(sorted(left))}"
            )
    for code, message in troubles.items():
        severity: Severity = "critical" if code in _CRITICAL else "warning"
        raised = alert("consolidation", state, code, cut(message), severity=severity)
        published[f"alert:{code}"] = Output(raised, at)
