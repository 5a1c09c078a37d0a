"""The status of a consignment, derived from everything that its handlers wrote down.

    BOOKED ─▶ ACCEPTED ─▶ ARRIVING ─▶ RECEIVING ─▶ RECEIVED ─▶ MEASURED ─▶ AVAILABLE
           ─▶ ALLOCATED ─▶ COMMITTED ─▶ STAGED ─▶ LOADED ─▶ DEPARTED

A step counts only when all before it do: cargo that arrives before the booking is accepted leaves
the consignment BOOKED.
"""

from datetime import datetime

from groupage.domain.dead_freight import Threshold, threshold_of
from groupage.domain.places import canonical_place
from groupage.domain.policy import Policy
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.state.consignment import ConsignmentState, Exit
from groupage.domain.states import ConsignmentStatus
from processors.aggregates.consignment import customs, exits, holds, steering, timeline
from processors.aggregates.consignment.stays import Stay

Status = ConsignmentStatus


def derive(state: ConsignmentState, policies: PolicyHistory) -> None:
    """Derive customs, allocation, loads, receipt and status."""
    if state.declarations:
        customs.derive(state)
    leaving = state.exit
    ended_stays = _derive_loads(state, policies, leaving)
    if state.contested_exits:
        settled = exits.settle(state, ended_stays)
        if settled is not leaving:
            leaving = settled
            _derive_loads(state, policies, leaving)
    if leaving is not None:
        timeline.derive_exit(state, leaving)
        if state.departed_before_exit:
            _derive_loads(state, policies, None)
    state.departed_at = None if state.ended is not None else timeline.departed_at(state)
    if state.holds or state.late_holds:
        holds.derive(state)  # before the milestones, which go by the holds that count
    _milestones(state, policies)
    if state.steerings:
        steering.derive(state)
    _derive_fee(state, policies)
    state.status = _status(state, policies)


def _derive_loads(
    state: ConsignmentState, policies: PolicyHistory, leaving: Exit | None
) -> dict[str, list[Stay]]:
    """Judge allocations and loadings; return the stays of units that were taken out again."""
    history = timeline.derive_allocation(state, leaving) if state.allocation_changes else []
    return timeline.derive_loads(state, policies, history) if state.load_moves else {}


def _milestones(state: ConsignmentState, policies: PolicyHistory) -> None:
    state.received_at = receipt_completed_at(state)
    whole = state.received_at is not None and state.fully_measured
    state.measured_at = _latest_time(state.received_at, state.last_measured_at) if whole else None
    state.needs_rerate = False
    if state.measured_at is not None:
        policy = policies.only or policies.at(state.measured_at)
        state.needs_rerate = exceeds_booking(state, policy) and not _rerate_covers(state, policy)
    state.available_at = None if state.needs_rerate else _available_since(state)


def _latest_time(*times: datetime | None) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def receipt_completed_at(state: ConsignmentState) -> datetime | None:
    """Return when the receipt was complete: all pieces came, or the shipper accepted the count."""
    declared, received = state.declared_pieces, state.received_pieces
    if not received or not declared:
        return None
    if received == declared:
        return state.last_received_at
    decision = "ship_short" if received < declared else "accept_over"
    if state.decision != decision:
        return None
    return _latest_time(state.last_received_at, state.decision_at)


def exceeds_booking(state: ConsignmentState, policy: Policy) -> bool:
    """Tell whether measured volume or mass exceeds the booking by more than the tolerance."""
    received, declared = state.received_pieces, state.declared_pieces
    limit = received * (1_000 + policy.measure_tolerance_permille)
    scale = declared * 1_000
    return (
        state.measured_volume_cm3 * scale > state.declared_volume_cm3 * limit
        or state.measured_gross_g * scale > state.declared_gross_g * limit
    )


def _rerate_covers(state: ConsignmentState, policy: Policy) -> bool:
    """Tell whether the shipper accepted these figures, within the tolerance."""
    if state.rerate is None:
        return False
    _, volume_cm3, gross_g = state.rerate
    share = 1_000 + policy.measure_tolerance_permille
    return (
        state.measured_volume_cm3 * 1_000 <= volume_cm3 * share
        and state.measured_gross_g * 1_000 <= gross_g * share
    )


def _available_since(state: ConsignmentState) -> datetime | None:
    """Return the first moment with all measured, dangerous goods cleared and no hold open.

    A later hold blocks the consignment, but it stays available.
    """
    if state.measured_at is None or state.dg_status in ("declared", "rejected"):
        return None
    rerated_at = state.rerate[0] if state.rerate is not None else None
    at = _latest_time(state.measured_at, rerated_at, state.dg_at)
    while at is not None:
        open_then = [
            hold.released_at
            for hold in state.holds.values()
            if hold.placed_at <= at and (hold.released_at is None or hold.released_at > at)
        ]
        if not open_then:
            return at
        at = None if None in open_then else _latest_time(*open_then)
    return None


def _derive_fee(state: ConsignmentState, policies: PolicyHistory) -> None:
    leaving = state.settled_exit or state.exit
    if leaving is None or leaving.cancelled_at is None:
        return
    threshold = dead_freight_threshold(state, policies)
    leaving.fee_due = threshold is not None and leaving.cancelled_at > threshold.at


def dead_freight_threshold(state: ConsignmentState, policies: PolicyHistory) -> Threshold | None:
    """Return from when on its cancellation cost dead freight, by its last consolidation's LCO."""
    if state.ended is None or state.ended.cancelled_at is None:
        return None
    allocated = [change for change in state.allocation_changes if change.change == "allocated"]
    consolidation = state.consolidations.get(allocated[-1].consolidation_id) if allocated else None
    if consolidation is None or consolidation.lco_at is None:
        return None
    return threshold_of(policies, consolidation.lco_at, given_up_at=state.ended.cancelled_at)


def failed_acceptance_guard(state: ConsignmentState, policies: PolicyHistory) -> str:
    """Say which guard of the acceptance fails; empty: none."""
    booking = state.booking
    if booking is None:
        return "there is no booking"
    terminals = (policies.only or policies.at(_booked_so_since(state))).terminals
    if canonical_place(booking.pol) not in {canonical_place(each.place_id) for each in terminals}:
        return f"this hub does not deliver to port of loading {booking.pol}"
    if state.dg_status == "rejected":
        return "its dangerous goods were rejected"
    if booking.dangerous_goods and state.dg_status != "approved":
        return f"dangerous goods need their papers approved; they are {state.dg_status}"
    if not booking.credit_ok:
        return "the shipper's credit is not good"
    return ""


def _booked_so_since(state: ConsignmentState) -> datetime:
    if state.amendments:
        return state.amendments[-1][0]
    assert state.booked_at is not None, "there is a booking"
    return state.booked_at


def _status(state: ConsignmentState, policies: PolicyHistory) -> ConsignmentStatus:
    state.not_accepted = ""
    if state.ended is not None:
        return state.ended.status
    if state.departed_at is not None:
        return Status.DEPARTED
    if state.booking is None:
        return Status.NEW if state.is_known else Status.UNKNOWN
    if state.accepted_at is None:
        state.not_accepted = failed_acceptance_guard(state, policies)
    if state.not_accepted:
        return Status.BOOKED
    return (
        _status_until_measured(state)
        if state.available_at is None
        else _status_from_available(state)
    )


def _status_until_measured(state: ConsignmentState) -> ConsignmentStatus:
    if state.measured_at is not None:
        return Status.MEASURED
    if state.received_at is not None:
        return Status.RECEIVED
    if state.received_units:
        return Status.RECEIVING
    return Status.ARRIVING if state.arrived_at is not None else Status.ACCEPTED


def _status_from_available(state: ConsignmentState) -> ConsignmentStatus:
    if state.allocation is None:
        return Status.AVAILABLE
    if not state.committed:
        return Status.ALLOCATED
    if state.inside:
        return Status.LOADED
    return Status.STAGED if _all_ready(state) else Status.COMMITTED


def _all_ready(state: ConsignmentState) -> bool:
    ready = sum(
        1
        for part in state.units.values()
        if part.received_at is not None
        and not part.gone
        and (part.staged_at is not None or part.loaded_in)
    )
    return ready == state.received_units
