"""Handlers of a voyage's events."""

from bisect import insort
from datetime import datetime
from typing import Literal

from groupage.domain.events import schedule as events
from groupage.domain.events.steering import VoyageSteered
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.voyage import CarrierBooking, Leg, NotedSteering, PortCall, VoyageState
from groupage.domain.words import when
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection


def publish(state: VoyageState, entry: Entry, event: events.SailingPublished) -> Rejection | None:
    """Take the published sailing, once."""
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
    _set_schedule_status(state, at, "SCHEDULED")
    return None


def _set_schedule_status(
    state: VoyageState, at: datetime, status: Literal["SCHEDULED", "CANCELLED"]
) -> None:
    state.schedule_changes += 1
    state.schedule_at = at
    if state.status in ("UNKNOWN", "SCHEDULED", "CANCELLED"):
        state.status, state.status_at = status, at


def change(state: VoyageState, entry: Entry, event: events.SailingChanged) -> Rejection | None:
    """Change the fields of the schedule that the event gives, or cancel the sailing."""
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
        _change_cutoffs(state, at, event.cutoffs)
    if event.equipment is not None:
        state.equipment = event.equipment
    state.reason = event.reason
    _set_schedule_status(state, at, "CANCELLED" if event.cancelled else "SCHEDULED")
    return None


def _change_cutoffs(state: VoyageState, at: datetime, cutoffs: tuple[events.Cutoff, ...]) -> None:
    """Take other cut-offs; of those before, keep the ones by which cargo and containers left."""
    before, after = (
        tuple(each for each in listed if each.code in ("PCO", "FCO"))
        for listed in (state.cutoffs, cutoffs)
    )
    if before != after:
        earlier = events.EarlierCutoffs(until_at=at, cutoffs=before)
        state.earlier_cutoffs = (*state.earlier_cutoffs, earlier)
    state.cutoffs = cutoffs


def confirm_booking(
    state: VoyageState, _entry: Entry, event: events.CarrierBookingConfirmed
) -> Rejection | None:
    """Note containers that the carrier confirmed."""
    if event.carrier_booking_id in state.bookings:
        return Rejection(Code.ALREADY_CONFIRMED, f"{event.carrier_booking_id} was confirmed before")
    state.bookings[event.carrier_booking_id] = CarrierBooking(
        iso_type=event.iso_type, confirmed=event.count
    )
    return None


def roll_booking(
    state: VoyageState, entry: Entry, event: events.CarrierBookingRolled
) -> Rejection | None:
    """Note containers that the carrier took back."""
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


def _is_main_leg(state: VoyageState, event: events.LegDeparted | events.LegArrived) -> bool:
    """Tell whether the leg is the voyage itself, not the way to or from its ports."""
    return not state.mode or event.mode == state.mode


def depart(state: VoyageState, entry: Entry, event: events.LegDeparted) -> Rejection | None:
    """Note the departure of a leg; the main leg's is the voyage's.

    Carriers report it for each booking: reports that agree are not rejected.
    """
    at = entry.fact.occurred_at
    if state.status == "CANCELLED":
        return Rejection(Code.CANCELLED, f"the voyage is cancelled since {when(state.status_at)}")
    leg = state.legs.setdefault(event.leg_id, Leg())
    if (leg.departed_at, leg.mode, leg.from_place) == (at, event.mode, event.place):
        return None
    if leg.departed_at is not None:
        return Rejection(
            Code.ALREADY_DEPARTED, f"leg {event.leg_id} left at {when(leg.departed_at)}"
        )
    leg.mode, leg.departed_at, leg.from_place = event.mode, at, event.place
    if state.departed_at is None and _is_main_leg(state, event):
        state.departed_at = at
        state.status, state.status_at = "DEPARTED", at
    return None


def arrive(state: VoyageState, entry: Entry, event: events.LegArrived) -> Rejection | None:
    """Note the arrival of a leg; at the port of discharge it is the voyage's."""
    at = entry.fact.occurred_at
    leg = state.legs.get(event.leg_id)
    if leg is None or leg.departed_at is None:
        return Rejection(Code.NOT_DEPARTED, f"leg {event.leg_id} never left")
    if (leg.arrived_at, leg.to_place) == (at, event.place):
        return None
    if leg.arrived_at is not None:
        return Rejection(
            Code.ALREADY_ARRIVED, f"leg {event.leg_id} arrived at {when(leg.arrived_at)}"
        )
    leg.arrived_at, leg.to_place = at, event.place
    if _is_main_leg(state, event) and event.place in ("", state.pod):
        state.arrived_at = at
        state.status, state.status_at = "ARRIVED", at
    return None


def update_eta(state: VoyageState, entry: Entry, event: events.EtaUpdated) -> Rejection | None:
    """Take the newest estimate of a leg's arrival."""
    at = entry.fact.occurred_at
    if state.arrived_at is not None:
        return Rejection(Code.ARRIVED, f"it arrived at {when(state.arrived_at)}")
    leg = state.legs.setdefault(event.leg_id, Leg())
    leg.eta_at, leg.eta_reported_at = event.eta_at, at
    if event.place in ("", state.pod):
        state.eta_at = event.eta_at
    return None


def note_call(state: VoyageState, entry: Entry, event: events.PortCallReported) -> None:
    """Note a call elsewhere: of estimates the newest, of what happened the last."""
    if entry.fact.classifier == "REQ":
        return
    ship = event.carrier_voyage_no or event.vessel_imo
    name = f"{event.place} {ship}".rstrip()
    call = state.calls.setdefault(name, PortCall(place=event.place, ship=ship))
    actual = entry.fact.classifier == "ACT"
    if event.movement == "ARRIVED":
        if actual:
            call.arrived_at = event.call_at
        else:
            call.eta_at = event.call_at
    elif actual:
        call.departed_at = event.call_at
    else:
        call.etd_at = event.call_at


def add_follower(state: VoyageState, _entry: Entry, event: events.VoyageFollowed) -> None:
    """Add a consolidation that counts on the voyage."""
    if event.consolidation_id not in state.followers:
        insort(state.followers, event.consolidation_id)


def steer(state: VoyageState, entry: Entry, event: VoyageSteered) -> Rejection | None:
    """Note a steering for a voyage of the lane that was published and had not left."""
    at = entry.fact.occurred_at
    if not state.schedule_changes:
        return Rejection(
            Code.NOT_PUBLISHED,
            f"no sailing was published as voyage {state.key} by {when(at)}; check the id",
        )
    if state.lane_id != event.lane_id:
        return Rejection(
            Code.OTHER_LANE,
            f"voyage {state.key} sails on lane {state.lane_id}, not on {event.lane_id}",
        )
    if state.status == "CANCELLED" and event.action == "pin":
        return Rejection(
            Code.CANCELLED, f"voyage {state.key} is cancelled since {when(state.status_at)}"
        )
    if state.departed_at is not None:
        return Rejection(Code.DEPARTED, f"voyage {state.key} left at {when(state.departed_at)}")
    state.steerings[f"{event.lane_id}/{event.consignment_id}/{event.command_id}"] = NotedSteering(
        at=at, event=event
    )
    return None
