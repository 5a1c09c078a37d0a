"""The outputs of a voyage: for its consolidations, its lane, and people."""

from datetime import datetime
from typing import Literal

from groupage.domain.codes import AlertCode
from groupage.domain.command_path import steering_of_voyage
from groupage.domain.events import schedule as events
from groupage.domain.events.consolidation import VoyageSnapshot
from groupage.domain.events.planning import Cause, ReplanWanted
from groupage.domain.state.voyage import VoyageState
from groupage.domain.units import us_cents
from groupage.domain.words import join_names, number_of, when
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.outputs import Output, Publication

_NAMED_MAX = 5
"""Cut-offs that an alert names."""
_WORDS: dict[str, Literal["SCHEDULED", "CANCELLED", "DEPARTED", "ARRIVED"]] = {
    "SCHEDULED": "SCHEDULED",
    "CANCELLED": "CANCELLED",
    "DEPARTED": "DEPARTED",
    "ARRIVED": "ARRIVED",
}


def outputs(state: VoyageState) -> dict[str, Publication]:
    """List the publications that hold now, by output id."""
    published = rejection_alerts("voyage", state)
    at = state.changed_at
    if not state.schedule_changes or state.etd_at is None or state.eta_at is None or at is None:
        return published
    for name in state.followers:
        event = VoyageSnapshot(
            consolidation_id=name,
            voyage_id=state.key,
            revision=0,
            status=_WORDS[state.status],
            etd_at=state.etd_at,
            eta_at=state.eta_at,
            cutoffs=state.cutoffs,
            earlier_cutoffs=state.earlier_cutoffs,
            departed_at=state.departed_at,
        )
        published[f"snapshot:{name}"] = Output(event, at)
    for noted in state.steerings.values():
        steered = noted.event
        name = steering_of_voyage(steered.lane_id, steered.consignment_id, steered.command_id)
        published[name] = Output(steered.for_lane(), noted.at)
    _triggers(state, state.schedule_at or at, published)
    unpriced = sorted({offer.freight.currency for offer in state.equipment if not _has_rate(offer)})
    if unpriced and state.status == "SCHEDULED":
        text = (
            f"there is no rate for freight in {', '.join(unpriced)}: no plan opens such a "
            "container. Send the freight in USD by sailing.changed"
        )
        warning = alert("voyage", state, AlertCode.FREIGHT_NOT_PRICED, text)
        published["alert:freight_not_priced"] = Output(warning, state.schedule_at or at)
    late = [each for each in state.cutoffs if each.due_at > state.etd_at]
    if late and state.status == "SCHEDULED":
        named = join_names([f"{each.code} {when(each.due_at)}" for each in late], _NAMED_MAX)
        text = (
            f"cut-offs after the departure ({when(state.etd_at)}): {named}. Plans count on them: "
            "send the right times by sailing.changed"
        )
        warning = alert("voyage", state, AlertCode.CUTOFF_AFTER_DEPARTURE, text)
        published["alert:cutoff_after_departure"] = Output(warning, state.schedule_at or at)
    if state.status == "CANCELLED" and state.followers:
        consolidations = number_of(len(state.followers), "consolidation")
        text = f"the voyage is cancelled ({state.reason}), booked on it: {consolidations}"
        warning = alert("voyage", state, AlertCode.CANCELLED, text, severity="critical")
        published["alert:cancelled"] = Output(warning, state.status_at or at)
    return published


def _has_rate(offer: events.EquipmentOffer) -> bool:
    return us_cents(offer.freight.amount_minor, offer.freight.currency) is not None


def _triggers(state: VoyageState, at: datetime, published: dict[str, Publication]) -> None:
    """Add a replan trigger for each change, at the time of the change."""
    if state.departed_at is not None:
        return
    carrier: Cause = "carrier"
    schedule: Cause = "carrier" if state.status == "CANCELLED" else "schedule"
    reasons = [(schedule, f"schedule:{state.schedule_changes}", at)]
    reasons += [
        (carrier, f"booking:{name}:{booking.rolled}", booking.rolled_at or at)
        for name, booking in state.bookings.items()
        if booking.rolled
    ]
    for cause, what, since in reasons:
        trigger = ReplanWanted(lane_id=state.lane_id, cause=cause, about=state.key)
        published[f"replan:{what}"] = Output(trigger, since)
