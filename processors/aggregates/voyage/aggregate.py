"""The voyage.

    UNKNOWN ─▶ SCHEDULED ─▶ DEPARTED ─▶ ARRIVED
                  ▲ │
                  │ ▼ blanked, or back again
               CANCELLED

Consolidations that follow it get a snapshot of each change; its lane is planned again.
"""

from bisect import insort
from datetime import datetime
from typing import ClassVar, Literal

from groupage.domain.codes import AlertCode
from groupage.domain.events import schedule as events
from groupage.domain.events.base import AggregateKind
from groupage.domain.events.consolidation import VoyageSnapshot
from groupage.domain.events.planning import Cause, ReplanWanted
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.columns import VoyageColumns
from groupage.domain.state.voyage import CarrierBooking, Leg, VoyageState
from groupage.domain.units import us_cents
from groupage.domain.words import when
from processors.kernel.aggregate import Aggregate
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.corrections import Entry
from processors.kernel.handlers import On, Rejection
from processors.kernel.outputs import Output, Publication

_WORDS: dict[str, Literal["SCHEDULED", "CANCELLED", "DEPARTED", "ARRIVED"]] = {
    "SCHEDULED": "SCHEDULED",
    "CANCELLED": "CANCELLED",
    "DEPARTED": "DEPARTED",
    "ARRIVED": "ARRIVED",
}


def _published(
    state: VoyageState, entry: Entry, event: events.SailingPublished
) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.schedule_changes:
        return Rejection(Code.ALREADY_PUBLISHED, "a published sailing changes by sailing.changed")
    if event.eta_at <= event.etd_at:
        return Rejection(
            Code.ETA_BEFORE_ETD, f"eta {when(event.eta_at)} must be after etd {when(event.etd_at)}"
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
    state.schedule_changes += 1
    state.schedule_at = at
    if state.status in ("UNKNOWN", "SCHEDULED", "CANCELLED"):
        state.status, state.status_at = status, at


def _changed(state: VoyageState, entry: Entry, event: events.SailingChanged) -> Rejection | None:
    at = entry.fact.occurred_at
    if not state.schedule_changes:
        return Rejection(Code.NOT_PUBLISHED, "no sailing was published under this id")
    if state.departed_at is not None:
        return Rejection(Code.DEPARTED, f"it left at {when(state.departed_at)}")
    etd_at, eta_at = event.etd_at or state.etd_at, event.eta_at or state.eta_at
    if etd_at is not None and eta_at is not None and eta_at <= etd_at:
        return Rejection(
            Code.ETA_BEFORE_ETD, f"eta {when(eta_at)} must be after etd {when(etd_at)}"
        )
    state.etd_at, state.eta_at = etd_at, eta_at
    if event.cutoffs is not None:
        state.cutoffs = event.cutoffs
    if event.equipment is not None:
        state.equipment = event.equipment
    state.reason = event.reason
    _changed_schedule(state, at, "CANCELLED" if event.cancelled else "SCHEDULED")
    return None


def _confirmed(
    state: VoyageState, _entry: Entry, event: events.CarrierBookingConfirmed
) -> Rejection | None:
    if event.carrier_booking_id in state.bookings:
        return Rejection(Code.ALREADY_CONFIRMED, f"{event.carrier_booking_id} was confirmed before")
    state.bookings[event.carrier_booking_id] = CarrierBooking(
        iso_type=event.iso_type, confirmed=event.count
    )
    return None


def _rolled(
    state: VoyageState, entry: Entry, event: events.CarrierBookingRolled
) -> Rejection | None:
    at = entry.fact.occurred_at
    booking = state.bookings.get(event.carrier_booking_id)
    if booking is None:
        return Rejection(Code.NO_SUCH_BOOKING, f"{event.carrier_booking_id} was never confirmed")
    left = booking.confirmed - booking.rolled
    if event.count > left:
        return Rejection(Code.MORE_THAN_BOOKED, f"{event.count} rolled of {left} confirmed")
    booking.rolled += event.count
    booking.rolled_at = at
    return None


def _is_main(state: VoyageState, event: events.LegDeparted | events.LegArrived) -> bool:
    """A leg of the voyage itself, not of the way to or from its ports."""
    return not state.mode or event.mode == state.mode


def _departed(state: VoyageState, entry: Entry, event: events.LegDeparted) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.status == "CANCELLED":
        return Rejection(Code.CANCELLED, f"the voyage is cancelled since {when(state.status_at)}")
    leg = state.legs.setdefault(event.leg_id, Leg())
    if leg.departed_at is not None:
        return Rejection(
            Code.ALREADY_DEPARTED, f"leg {event.leg_id} left at {when(leg.departed_at)}"
        )
    leg.mode, leg.departed_at, leg.from_place = event.mode, at, event.place
    if state.departed_at is None and _is_main(state, event):
        state.departed_at = at
        state.status, state.status_at = "DEPARTED", at
    return None


def _arrived(state: VoyageState, entry: Entry, event: events.LegArrived) -> Rejection | None:
    at = entry.fact.occurred_at
    leg = state.legs.get(event.leg_id)
    if leg is None or leg.departed_at is None:
        return Rejection(Code.NOT_DEPARTED, f"leg {event.leg_id} never left")
    if leg.arrived_at is not None:
        return Rejection(
            Code.ALREADY_ARRIVED, f"leg {event.leg_id} arrived at {when(leg.arrived_at)}"
        )
    leg.arrived_at, leg.to_place = at, event.place
    if _is_main(state, event) and event.place in ("", state.pod):
        state.arrived_at = at
        state.status, state.status_at = "ARRIVED", at
    return None


def _eta(state: VoyageState, entry: Entry, event: events.EtaUpdated) -> Rejection | None:
    at = entry.fact.occurred_at
    if state.arrived_at is not None:
        return Rejection(Code.ARRIVED, f"it arrived at {when(state.arrived_at)}")
    leg = state.legs.setdefault(event.leg_id, Leg())
    leg.eta_at, leg.eta_reported_at = event.eta_at, at
    if event.place in ("", state.pod):
        state.eta_at = event.eta_at
    return None


def _followed(state: VoyageState, _entry: Entry, event: events.VoyageFollowed) -> None:
    if event.consolidation_id not in state.followers:
        insort(state.followers, event.consolidation_id)


class VoyageAggregate(Aggregate[VoyageState]):
    """See the module's diagram."""

    kind: ClassVar[AggregateKind] = "voyage"
    state_type = VoyageState
    handlers = (
        On(events.SailingPublished, _published, non_actual=True),
        On(events.SailingChanged, _changed, non_actual=True),
        On(events.CarrierBookingConfirmed, _confirmed),
        On(events.CarrierBookingRolled, _rolled),
        On(events.LegDeparted, _departed),
        On(events.EtaUpdated, _eta, non_actual=True),
        On(events.LegArrived, _arrived),
        On(events.VoyageFollowed, _followed, order_independent=True),
    )

    def outputs(self, state: VoyageState) -> dict[str, Publication]:
        """Its position to its followers, wishes to its lane."""
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
                departed_at=state.departed_at,
            )
            published[f"position:{name}"] = Output(event, at)
        _wishes(state, state.schedule_at or at, published)
        unpriced = sorted({each.freight.currency for each in state.equipment if not _priced(each)})
        if unpriced and state.status == "SCHEDULED":
            text = (
                f"there is no rate for freight in {', '.join(unpriced)}: no plan opens such a "
                "container. Tell it in USD by sailing.changed"
            )
            warning = alert("voyage", state, AlertCode.FREIGHT_NOT_PRICED, text)
            published["alert:freight_not_priced"] = Output(warning, state.schedule_at or at)
        if state.status == "CANCELLED" and state.followers:
            boxes = f"{len(state.followers)} boxes count on it"
            text = f"the voyage is cancelled ({state.reason}); {boxes}"
            warning = alert("voyage", state, AlertCode.CANCELLED, text, severity="critical")
            published["alert:cancelled"] = Output(warning, state.status_at or at)
        return published

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


def _wishes(state: VoyageState, at: datetime, published: dict[str, Publication]) -> None:
    """Each change has the time at which it was made: a new one must not look like an old one."""
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
        wish = ReplanWanted(lane_id=state.lane_id, cause=cause, about=state.key)
        published[f"wish:{what}"] = Output(wish, since)
