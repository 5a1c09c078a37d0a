"""The outputs of a consignment: for its consolidation, its lane, its units, and people."""

from collections.abc import Iterator
from datetime import datetime
from operator import itemgetter

from groupage.domain.codes import AlertCode
from groupage.domain.events.consignment import ConsignmentBooked
from groupage.domain.events.consolidation import ConsignmentSnapshot, Span
from groupage.domain.events.planning import Cause, ReplanWanted
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.states import ConsignmentStatus, CustomsStatus
from groupage.domain.words import cubic_metres, join_names, number_of, when
from processors.aggregates.consignment import customs, steering
from processors.aggregates.consignment.claims import UnitClaims
from processors.aggregates.consignment.progress import dead_freight_threshold, exceeds_booking
from processors.kernel.alerts import alert, rejection_alerts
from processors.kernel.outputs import Output, Publication

_NAMED_MAX = 3
_BEFORE_LEAVING = frozenset(ConsignmentStatus) - {
    ConsignmentStatus.DEPARTED,
    ConsignmentStatus.NEW,
    ConsignmentStatus.UNKNOWN,
}


def outputs(state: ConsignmentState, policies: PolicyHistory) -> dict[str, Publication]:
    """List the publications that hold now, by output id."""
    at = state.changed_at
    if at is None:
        return {}
    published: dict[str, Publication] = {}
    if state.asns:
        published["claims"] = _claims(state)
    for consolidation_id in state.assigned_to:
        published[f"snapshot:{consolidation_id}"] = Output(_snapshot(state, consolidation_id), at)
    if state.status in _BEFORE_LEAVING and state.booking is not None:
        _triggers(state, policies, published)
    _alerts(state, policies, at, published)
    if state.steerings:
        published.update(steering.outputs(state))
    if state.rejected:
        published.update(rejection_alerts("consignment", state))
    return published


def _claims(state: ConsignmentState) -> UnitClaims:
    """List its claims to units.

    Called only if there is a delivery note: without any, each carton would cost a message.
    """
    notes = list(state.asns)
    missing: tuple[str, ...] = ()
    units, announced = state.units, state.announced_units
    if len(units) > announced:
        # The copy of a scan claims nothing: the unit sends it because of a claim.
        forwarded = state.forwarded or {}
        announced_ids = {name for _, names in notes for name in names}
        # A claim by a scan is made with the first note at the earliest: it must not begin before.
        first_at = notes[0][0]
        notes += sorted(  # a cached state has them as they came, a stored one by id
            (max(since_at, first_at), (name,))
            for name, part in units.items()
            if name not in announced_ids
            and (since_at := forwarded.get(name, part.received_at)) is not None
        )
    if state.received_at is not None and state.received_units < announced:
        missing = tuple(
            sorted(name for _, names in notes for name in names if units[name].received_at is None)
        )
    return UnitClaims(
        consignment_id=state.key,
        notes=tuple(notes),
        over_at=None if state.ended is None else state.ended.since_at,
        missing=missing,
        missing_at=state.received_at if missing else None,
    )


def _snapshot(state: ConsignmentState, consolidation_id: str) -> ConsignmentSnapshot:
    """Return how it is in that consolidation, or was until its exit if cargo was in the container.

    Whether the container could leave with it may show after the exit was reported.
    """
    allocation, exited_at = state.allocation, None
    if allocation is None and state.ended is not None and state.loaded_at is not None:
        allocation, exited_at = state.allocation_at_exit, state.ended.since_at
    if allocation is None or allocation.consolidation_id != consolidation_id:
        return ConsignmentSnapshot.of_absent(
            consolidation_id=consolidation_id, consignment_id=state.key
        )
    return ConsignmentSnapshot(
        consolidation_id=consolidation_id,
        consignment_id=state.key,
        revision=0,
        member=exited_at is None,
        exited_at=exited_at,
        status=state.status,
        pieces=state.pieces,
        staged_pieces=state.staged_units,
        loaded_pieces=state.loaded_pieces,
        volume_cm3=state.volume_cm3,
        gross_g=state.gross_g,
        blocked=state.blocked,
        holds=tuple(
            Span(since_at=hold.placed_at, until_at=hold.released_at)
            for _, hold in sorted(state.holds.items(), key=itemgetter(0))
        ),
        customs=state.customs,
        declarations=tuple(span for _, span in customs.find_spans(state)),
        released_at=state.released_at,
        expected_at=_expected_at(state),
        received_at=state.received_at,
        loaded_at=state.loaded_at,
        unloaded_at=state.unloaded_at,
        loaded_gross_g=state.loaded_gross_g,
        earlier_inside=state.earlier_inside,
    )


def _expected_at(state: ConsignmentState) -> datetime | None:
    """Return when its cargo is expected: the delivery note's time, else the booking's."""
    if state.received_at is not None or state.booking is None:
        return None
    return state.eta_at or state.booking.ready_at


def _triggers(
    state: ConsignmentState, policies: PolicyHistory, published: dict[str, Publication]
) -> None:
    lane = state.lane_id
    for cause, what, at in _replan_reasons(state, policies):
        event = ReplanWanted(lane_id=lane, cause=cause, about=state.key)
        published[f"replan:{lane}:{cause}:{what}"] = Output(event, at)


def _replan_reasons(
    state: ConsignmentState, policies: PolicyHistory
) -> Iterator[tuple[Cause, str, datetime]]:
    """Yield the changes that the lane must plan for: cause, a name for the change, since when."""
    if state.ended is not None:
        yield "cancelled", state.ended.status, state.ended.at
        return
    if state.status != ConsignmentStatus.BOOKED and state.booked_at is not None:
        yield "booked", "accepted", state.accepted_at or state.booked_at
    for number, (at, _, _) in enumerate(state.amendments, 1):
        yield "amended", str(number), at
    for name, hold in state.holds.items():
        yield "hold_placed", name, hold.placed_at
        if hold.released_at is not None:
            yield "hold_released", name, hold.released_at
    if state.customs not in (CustomsStatus.NONE, CustomsStatus.DECLARED):
        status = state.declarations[state.declaration_id]
        yield "customs", f"{state.declaration_id}/{state.customs}", status.at
    yield from _cargo_replan_reasons(state, policies)


def _cargo_replan_reasons(
    state: ConsignmentState, policies: PolicyHistory
) -> Iterator[tuple[Cause, str, datetime]]:
    if state.measured_at is not None and exceeds_booking(state, policies.at(state.measured_at)):
        figures = f"{state.measured_volume_cm3}/{state.measured_gross_g}"
        yield "measured", figures, state.measured_at
    if state.available_at is not None:
        yield "available", "yes", state.available_at
    if state.received_at is not None and state.received_pieces < state.declared_pieces:
        yield "short", str(state.received_pieces), state.received_at
    if state.unloads and state.changed_at is not None:
        yield "did_not_fit", str(state.unloads), state.changed_at


def _alerts(
    state: ConsignmentState,
    policies: PolicyHistory,
    at: datetime,
    published: dict[str, Publication],
) -> None:
    troubles = _papers(state) if state.ended is None else _fee(state, policies)
    for code, message in troubles:
        published[f"alert:{code}"] = Output(alert("consignment", state, code, message), at)


def _fee(state: ConsignmentState, policies: PolicyHistory) -> Iterator[tuple[AlertCode, str]]:
    if state.ended is not None and state.ended.fee_due:
        threshold = dead_freight_threshold(state, policies)
        basis = cubic_metres(state.ended.fee_basis_cm3)
        yield (
            AlertCode.DEAD_FREIGHT,
            f"cancelled after the threshold, {threshold}: dead freight on {basis}",
        )


def _amount(volume_cm3: int, gross_g: int) -> str:
    return f"{cubic_metres(volume_cm3)} and {gross_g / 1_000:,.1f} kg"


def _papers(state: ConsignmentState) -> Iterator[tuple[AlertCode, str]]:
    if state.not_accepted:
        yield AlertCode.NOT_ACCEPTED, state.not_accepted
    if state.customs == CustomsStatus.REJECTED:
        yield AlertCode.CUSTOMS_REJECTED, f"customs rejected declaration {state.declaration_id}"
    if state.dg_status == "rejected":
        yield AlertCode.DG_REJECTED, "the dangerous goods were rejected"
    booking = state.booking
    if booking is not None and (booking.danger_words or not booking.lines):
        yield from _questions_of_booking(state, booking)
    consolidation = state.consolidation
    filed_at = None if consolidation is None else consolidation.frozen_at
    if filed_at is not None and any(at > filed_at for at, _, _ in state.amendments):
        yield AlertCode.MANIFEST_OUTDATED, "amended after its consolidation's manifest was filed"
    yield from _receipt(state)


def _questions_of_booking(
    state: ConsignmentState, booking: ConsignmentBooked
) -> Iterator[tuple[AlertCode, str]]:
    """Yield what the shipper has left open: whether goods are dangerous, sizes of cartons."""
    if booking.danger_words and not booking.dangerous_goods and state.dg_status == "none":
        message = (
            f"is this dangerous? {join_names(booking.danger_words, _NAMED_MAX)}: ask the shipper, "
            "then declare the goods (dg.declared) or amend the booking with no danger_words"
        )
        yield AlertCode.DANGEROUS_QUESTION, message
    if not booking.lines and state.sizes_missing:
        booked = _amount(state.declared_volume_cm3, state.declared_gross_g)
        message = (
            f"booked with totals only ({number_of(state.declared_pieces, 'carton')}, {booked}): "
            "sizes are missing until a packing list amends it or the hub has measured it"
        )
        yield AlertCode.SIZES_MISSING, message


def _receipt(state: ConsignmentState) -> Iterator[tuple[AlertCode, str]]:
    declared, received = state.declared_pieces, state.received_pieces
    if received > declared > 0 and state.decision != "accept_over":
        yield (
            AlertCode.OVER_RECEIPT,
            f"{number_of(received, 'piece')} received, {declared:,} booked",
        )
    elif state.tally is not None and received < declared and state.received_at is None:
        yield AlertCode.SHORT_RECEIPT, f"{received} of {declared} pieces at the closed tally"
    if state.tally is not None and state.tally[1] != received:
        counted, closed_at = number_of(state.tally[1], "piece"), when(state.tally[0])
        message = (
            f"{counted} on the tally sheet of {closed_at}, {received:,} scanned: count again, then "
            "scan the rest or close a corrected sheet"
        )
        yield AlertCode.TALLY_DIFFERS, message
    if state.damaged_units:
        units = number_of(state.damaged_units, "carton")
        yield AlertCode.DAMAGED, f"{units} came damaged, wet or with wrong marks"
    if state.needs_rerate:
        measured = _amount(state.measured_volume_cm3, state.measured_gross_g)
        booked = _amount(state.declared_volume_cm3, state.declared_gross_g)
        pieces = number_of(declared, "piece")
        yield AlertCode.NEEDS_RERATE, f"{measured} measured, {booked} booked for {pieces}"
    if state.staged_units and state.allocation is None:
        units = number_of(state.staged_units, "carton")
        yield AlertCode.STAGED_WITHOUT_PLACE, f"staged without a place in a container: {units}"
