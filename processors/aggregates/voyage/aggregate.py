"""The voyage's core.

    UNKNOWN ─▶ SCHEDULED ─▶ DEPARTED ─▶ ARRIVED
                  ▲ │
                  │ ▼ blanked, or back again
               CANCELLED

Consolidations that follow it hear of each change; its lane is planned again.
"""

from bisect import insort
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from groupage.domain.events import schedule as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.events.consolidation import VoyagePositionChanged
from groupage.domain.events.planning import Cause, ReplanWanted
from groupage.domain.policy import Policy
from groupage.domain.state.columns import VoyageColumns
from groupage.domain.state.voyage import CarrierBooking, Leg, VoyageState
from groupage.domain.units import us_cents
from groupage.domain.words import when
from processors.kernel.aggregate import BaseAggregate, Rejection
from processors.kernel.corrections import Entry
from processors.kernel.outputs import Output, alert, refusal_alerts

_WORDS: dict[str, Literal["SCHEDULED", "CANCELLED", "DEPARTED", "ARRIVED"]] = {
    "SCHEDULED": "SCHEDULED",
    "CANCELLED": "CANCELLED",
    "DEPARTED": "DEPARTED",
    "ARRIVED": "ARRIVED",
}


def _published(
    state: VoyageState, at: datetime, event: events.SailingPublished
) -> Rejection | None:
    if state.changes:
        return Rejection("already_published", "a published sailing changes by sailing.changed")
    if event.eta_at <= event.etd_at:
        return Rejection(
            "eta_before_etd", f"eta {when(event.eta_at)} must be after etd {when(event.etd_at)}"
        )
    state.service_id, state.mode, state.carrier = event.service_id, event.mode, event.carrier
    state.pol, state.pod = event.pol, event.pod
    state.etd_at, state.eta_at = event.etd_at, event.eta_at
    state.cutoffs, state.equipment = event.cutoffs, event.equipment
    _changed_schedule(state, at, "SCHEDULED")
    return None


def _changed_schedule(
    state: VoyageState, at: datetime, status: Literal["SCHEDULED", "CANCELLED"]
) -> None:
    state.changes += 1
    state.schedule_at = at
    if state.status in ("UNKNOWN", "SCHEDULED", "CANCELLED"):
        state.status, state.status_at = status, at


def _changed(state: VoyageState, at: datetime, event: events.SailingChanged) -> Rejection | None:
    if not state.changes:
        return Rejection("not_published", "no sailing was published under this id")
    if state.departed_at is not None:
        return Rejection("departed", f"it left at {when(state.departed_at)}")
    etd_at, eta_at = event.etd_at or state.etd_at, event.eta_at or state.eta_at
    if etd_at is not None and eta_at is not None and eta_at <= etd_at:
        return Rejection("eta_before_etd", f"eta {when(eta_at)} must be after etd {when(etd_at)}")
    state.etd_at, state.eta_at = etd_at, eta_at
    if event.cutoffs is not None:
        state.cutoffs = event.cutoffs
    if event.equipment is not None:
        state.equipment = event.equipment
    state.reason = event.reason
    _changed_schedule(state, at, "CANCELLED" if event.cancelled else "SCHEDULED")
    return None


def _confirmed(
    state: VoyageState, _at: datetime, event: events.CarrierBookingConfirmed
) -> Rejection | None:
    if event.carrier_booking_id in state.bookings:
        return Rejection("already_confirmed", f"{event.carrier_booking_id} was confirmed before")
    state.bookings[event.carrier_booking_id] = CarrierBooking(
        iso_type=event.iso_type, confirmed=event.count
    )
    return None


def _rolled(
    state: VoyageState, at: datetime, event: events.CarrierBookingRolled
) -> Rejection | None:
    booking = state.bookings.get(event.carrier_booking_id)
    if booking is None:
        return Rejection("no_such_booking", f"{event.carrier_booking_id} was never confirmed")
    left = booking.confirmed - booking.rolled
    if event.count > left:
        return Rejection("more_than_booked", f"{event.count} rolled of {left} confirmed")
    booking.rolled += event.count
    booking.rolled_at = at
    return None


def _is_main(state: VoyageState, event: events.LegDeparted | events.LegArrived) -> bool:
    """A leg of the voyage itself, not of the way to or from its ports."""
    return not state.mode or event.mode == state.mode


def _departed(state: VoyageState, at: datetime, event: events.LegDeparted) -> Rejection | None:
    if state.status == "CANCELLED":
        return Rejection("cancelled", f"the voyage is cancelled since {when(state.status_at)}")
    leg = state.legs.setdefault(event.leg_id, Leg())
    if leg.departed_at is not None:
        return Rejection("already_departed", f"leg {event.leg_id} left at {when(leg.departed_at)}")
    leg.mode, leg.departed_at, leg.from_place = event.mode, at, event.place
    if state.departed_at is None and _is_main(state, event):
        state.departed_at = at
        state.status, state.status_at = "DEPARTED", at
    return None


def _arrived(state: VoyageState, at: datetime, event: events.LegArrived) -> Rejection | None:
    leg = state.legs.get(event.leg_id)
    if leg is None or leg.departed_at is None:
        return Rejection("not_departed", f"leg {event.leg_id} never left")
    if leg.arrived_at is not None:
        return Rejection("already_arrived", f"leg {event.leg_id} arrived at {when(leg.arrived_at)}")
    leg.arrived_at, leg.to_place = at, event.place
    if _is_main(state, event) and event.place in ("", state.pod):
        state.arrived_at = at
        state.status, state.status_at = "ARRIVED", at
    return None


def _eta(state: VoyageState, at: datetime, event: events.EtaUpdated) -> Rejection | None:
    if state.arrived_at is not None:
        return Rejection("arrived", f"it arrived at {when(state.arrived_at)}")
    leg = state.legs.setdefault(event.leg_id, Leg())
    leg.eta_at, leg.eta_told_at = event.eta_at, at
    if event.place in ("", state.pod):
        state.eta_at = event.eta_at
    return None


def _followed(state: VoyageState, _at: datetime, event: events.VoyageFollowed) -> None:
    if event.consolidation_id not in state.followers:
        insort(state.followers, event.consolidation_id)


_HANDLERS: dict[str, Callable[[VoyageState, datetime, Any], Rejection | None]] = {
    "sailing.published": _published,
    "sailing.changed": _changed,
    "carrier.booking_confirmed": _confirmed,
    "carrier.booking_rolled": _rolled,
    "leg.departed": _departed,
    "leg.eta_updated": _eta,
    "leg.arrived": _arrived,
    "voyage.followed": _followed,
}


class VoyageAggregate(BaseAggregate[VoyageState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "voyage"
    state_type = VoyageState
    ranks: Mapping[str, int] = {name: rank for rank, name in enumerate(_HANDLERS)}
    commuting = frozenset({"voyage.followed"})
    estimates = frozenset({"sailing.published", "sailing.changed", "leg.eta_updated"})

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def new(self, key: str) -> VoyageState:
        """Nothing known yet."""
        return VoyageState(key=key)

    def apply(self, state: VoyageState, entry: Entry) -> Rejection | None:
        """One fact, in its order."""
        event = entry.fact.data
        handler = _HANDLERS.get(event.name)
        if handler is None:
            return Rejection("not_mine", f"a voyage does not own {event.name}")
        return handler(state, entry.fact.occurred_at, event)

    def outputs(self, state: VoyageState) -> dict[str, Output]:
        """Its position to its followers, wishes to its lane."""
        said = refusal_alerts("voyage", state)
        at = state.changed_at
        if not state.changes or state.etd_at is None or state.eta_at is None or at is None:
            return said
        for name in state.followers:
            event = VoyagePositionChanged(
                consolidation_id=name,
                voyage_id=state.key,
                revision=0,
                status=_WORDS[state.status],
                etd_at=state.etd_at,
                eta_at=state.eta_at,
                cutoffs=state.cutoffs,
                departed_at=state.departed_at,
            )
            said[f"position:{name}"] = Output(event, at)
        _wishes(state, state.schedule_at or at, said)
        unpriced = sorted({each.freight.currency for each in state.equipment if not _priced(each)})
        if unpriced and state.status == "SCHEDULED":
            text = (
                f"there is no rate for freight in {', '.join(unpriced)}: no plan opens such a "
                "container. Tell it in USD by sailing.changed"
            )
            warning = alert("voyage", state, "freight_not_priced", text)
            said["alert:freight_not_priced"] = Output(warning, state.schedule_at or at)
        if state.status == "CANCELLED" and state.followers:
            boxes = f"{len(state.followers)} boxes count on it"
            text = f"the voyage is cancelled ({state.reason}); {boxes}"
            warning = alert("voyage", state, "cancelled", text, severity="critical")
            said["alert:cancelled"] = Output(warning, state.status_at or at)
        return said

    def columns(self, state: VoyageState) -> VoyageColumns:
        """Its row of table `voyage`."""
        return VoyageColumns(
            status=state.status,
            lane_id=state.lane_id,
            etd_at=state.etd_at,
            lco_at=state.cutoff_at("LCO"),
        )


def _priced(offer: events.EquipmentOffer) -> bool:
    return us_cents(offer.freight.amount_minor, offer.freight.currency) is not None


def _wishes(state: VoyageState, at: datetime, said: dict[str, Output]) -> None:
    """Each change has the time at which it was made: a new one must not look like an old one."""
    if state.departed_at is not None:
        return
    carrier: Cause = "carrier"
    schedule: Cause = "carrier" if state.status == "CANCELLED" else "schedule"
    reasons = [(schedule, f"schedule:{state.changes}", at)]
    reasons += [
        (carrier, f"booking:{name}:{booking.rolled}", booking.rolled_at or at)
        for name, booking in state.bookings.items()
        if booking.rolled
    ]
    for cause, what, since in reasons:
        wish = ReplanWanted(lane_id=state.lane_id, cause=cause, about=state.key)
        said[f"wish:{what}"] = Output(wish, since)
