"""Handlers of events about the whole: booking, acceptance, exits, dangerous goods."""

import msgspec

from groupage.domain.events import consignment as events
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.consignment import (
    ConsignmentState,
    Discrepancy,
    Exit,
    ExitReport,
    UnitPart,
)
from groupage.domain.states import ConsignmentStatus
from groupage.domain.units import volume_cm3
from groupage.domain.words import when
from processors.aggregates.consignment import progress
from processors.aggregates.consignment.exits import add_return, may_be_returned
from processors.kernel.corrections import Entry
from processors.kernel.handlers import Rejection

_AMENDABLE = tuple(
    name
    for name in events.ConsignmentAmended.__struct_fields__
    if name in events.ConsignmentBooked.__struct_fields__ and name != "consignment_id"
)


def reject_if_exited(state: ConsignmentState) -> Rejection | None:
    """Reject what may not happen after a rejection, cancellation, return or split."""
    if state.exit is None:
        return None
    return Rejection(
        Code.EXITED, f"the consignment is {state.exit.status} since {when(state.exit.at)}"
    )


def _reject_if_locked(state: ConsignmentState) -> Rejection | None:
    """Reject what may not happen while a unit is in a container, or after an exit."""
    if state.exit is None and (unit := find_loaded_unit(state)):
        return Rejection(Code.LOADED, f"unit {unit} is in a container; unload it first")
    return reject_if_exited(state)


def find_loaded_unit(state: ConsignmentState) -> str:
    """Return a unit that was loaded and not unloaded since; empty: there is none."""
    if not state.load_moves:
        return ""
    inside = [name for name, part in state.units.items() if part.moves and part.moves[-1].into]
    return min(inside, default="")


def book(
    state: ConsignmentState, entry: Entry, event: events.ConsignmentBooked
) -> Rejection | None:
    """Take the booking; a second one is rejected, unless it brings the sizes of the first."""
    if state.booking is not None and not state.booking.lines and event.lines:
        return amend(state, entry, _sizes_of(event))
    if state.booked is not None:
        return Rejection(
            Code.ALREADY_BOOKED, f"it was booked at {when(state.booked_at)}; amend it instead"
        )
    if not event.lines and event.totals is None:
        return Rejection(Code.NO_LINES, "a booking needs at least one carton line, or totals")
    state.booked = event
    _book(state, event)
    state.booked_at = entry.fact.occurred_at
    return None


def _sizes_of(event: events.ConsignmentBooked) -> events.ConsignmentAmended:
    """Return the cargo of a booking as an amendment of one with totals only.

    Merchants send their list twice: at booking with totals, and again when the goods are packed.
    """
    return events.ConsignmentAmended(
        consignment_id=event.consignment_id,
        reason="booked again, with sizes",
        lines=event.lines,
        value=event.value if event.value.amount_minor else None,
        dangerous_goods=event.dangerous_goods or None,
        danger_words=event.danger_words,
    )


def amend(
    state: ConsignmentState, entry: Entry, event: events.ConsignmentAmended
) -> Rejection | None:
    """Change the fields that the amendment gives."""
    if state.booking is None:
        return Rejection(Code.NOT_BOOKED, "there is no booking to amend")
    if state.exit is not None:
        return reject_if_exited(state)
    version = 1 + len(state.amendments)
    if event.base_version not in (0, version):
        return Rejection(
            Code.STALE_VERSION, f"base_version is {event.base_version}, the booking's is {version}"
        )
    if unit := find_loaded_unit(state):
        return Rejection(Code.LOADED, f"unit {unit} is in a container already")
    if event.lines == ():
        return Rejection(Code.NO_LINES, "an amendment of the lines needs at least one")
    state.amendments.append((entry.fact.occurred_at, entry.fact_id, event))
    given = {name: getattr(event, name) for name in _AMENDABLE}
    changed = {name: value for name, value in given.items() if value is not None}
    _book(state, msgspec.structs.replace(state.booking, **changed))
    return None


def _book(state: ConsignmentState, booking: events.ConsignmentBooked) -> None:
    state.booking = booking
    if not booking.lines and booking.totals is not None:
        state.declared_pieces = booking.totals.pieces
        state.declared_gross_g = booking.totals.gross_g
        state.declared_volume_cm3 = booking.totals.volume_cm3
        return
    state.declared_pieces = sum(line.pieces for line in booking.lines)
    state.declared_gross_g = sum(line.pieces * line.gross_g for line in booking.lines)
    state.declared_volume_cm3 = sum(
        line.pieces
        * volume_cm3(
            length_mm=line.size.length_mm,
            width_mm=line.size.width_mm,
            height_mm=line.size.height_mm,
        )
        for line in booking.lines
    )


def accept(
    state: ConsignmentState, entry: Entry, _event: events.ConsignmentAccepted
) -> Rejection | None:
    """Accept the booking, whatever its guards say, but not with rejected dangerous goods."""
    if state.booking is None:
        return Rejection(Code.NOT_BOOKED, "there is no booking to accept")
    if state.exit is not None:
        return reject_if_exited(state)
    if state.dg_status == "rejected":
        return Rejection(Code.DG_REJECTED, "its dangerous goods were rejected")
    if state.accepted_at is None:
        state.accepted_at = entry.fact.occurred_at
    return None


def reject(
    state: ConsignmentState, entry: Entry, event: events.ConsignmentRejected
) -> Rejection | None:
    """End the consignment, unless its cargo is received and measured."""
    if state.fully_measured and progress.receipt_completed_at(state) is not None:
        return Rejection(Code.TOO_LATE, "it is received and measured; cancel or return it")
    return _leave(state, _exit(entry, ConsignmentStatus.REJECTED, event.reason))


def cancel(
    state: ConsignmentState, entry: Entry, event: events.ConsignmentCancelled
) -> Rejection | None:
    """End the consignment, unless a unit is in a container."""
    leaving = _exit(entry, ConsignmentStatus.CANCELLED, event.reason)
    leaving.cancelled_at = leaving.at
    leaving.fee_basis_cm3 = event.fee_basis_cm3 or state.volume_cm3
    return _leave(state, leaving)


def return_to_shipper(
    state: ConsignmentState, entry: Entry, event: events.ConsignmentReturned
) -> Rejection | None:
    """Note the return of the cargo; legal after a cancellation or rejection, too."""
    returned = _exit(entry, ConsignmentStatus.RETURNED, event.reason)
    if state.exit is not None and may_be_returned(state.exit):
        state.exit = add_return(state.exit, returned)
        return None
    return _leave(state, returned)


def split(
    state: ConsignmentState, entry: Entry, event: events.ConsignmentSplit
) -> Rejection | None:
    """End the consignment; its children continue."""
    if not event.children:
        return Rejection(Code.NO_CHILDREN, "children must name the consignments that continue")
    leaving = _exit(entry, ConsignmentStatus.SPLIT, event.reason)
    leaving.children = event.children
    return _leave(state, leaving)


def _leave(state: ConsignmentState, leaving: Exit) -> Rejection | None:
    """Note the exit; `derive` decides whether a unit that was reported inside forbids it."""
    if state.exit is not None:
        return reject_if_exited(state)
    if find_loaded_unit(state):
        state.contested_exits.append(leaving)
    else:
        state.exit = leaving
    return None


def _exit(entry: Entry, status: ConsignmentStatus, reason: str) -> Exit:
    at = entry.fact.occurred_at
    return Exit(status=status, at=at, reason=reason, reports=(_report(entry),))


def _report(entry: Entry) -> ExitReport:
    fact = entry.fact
    return ExitReport(fact.occurred_at, entry.fact_id, fact.data.name)


def add_delivery_note(
    state: ConsignmentState, entry: Entry, event: events.AsnReceived
) -> Rejection | None:
    """Add the units of a delivery note (ASN).

    One that is rejected, because it comes after the exit, claims its units nevertheless. The claim
    brings older facts of them, by which the exit may be legal or not: a claim that depended on the
    exit would come and go in circles.
    """
    fact = entry.fact
    state.asns.append((fact.occurred_at, tuple(unit.unit_id for unit in event.units)))
    state.announced_units = len({name for _, names in state.asns for name in names})
    for unit in event.units:
        part = state.units.get(unit.unit_id)
        if part is None:
            state.units[unit.unit_id] = UnitPart(line=unit.line)
        elif part.line < 0:
            part.line = unit.line
    if state.exit is not None:
        return reject_if_exited(state)
    state.vehicle = event.vehicle or state.vehicle
    state.eta_at = event.eta_at or state.eta_at
    return None


def add_discrepancy(
    state: ConsignmentState, entry: Entry, event: events.ReceiptDiscrepancy
) -> Rejection | None:
    """Note what the dock found missing, too much, damaged or wrongly marked."""
    if state.exit is not None:
        return reject_if_exited(state)
    state.discrepancies.append(
        Discrepancy(
            kind=event.discrepancy,
            pieces=event.pieces,
            at=entry.fact.occurred_at,
            unit_ids=event.unit_ids,
        )
    )
    return None


def decide_discrepancy(
    state: ConsignmentState, entry: Entry, event: events.DiscrepancyAccepted
) -> Rejection | None:
    """Take the shipper's decision on a discrepancy."""
    reported = state.discrepancies or (state.tally and state.tally[1] != state.declared_pieces)
    if not reported and state.received_pieces == state.declared_pieces:
        return Rejection(Code.NO_DISCREPANCY, "what was received is what was booked")
    rejection = _reject_if_locked(state) if event.decision == "wait" else reject_if_exited(state)
    if rejection is not None:
        return rejection
    state.decision = event.decision
    state.decision_at = entry.fact.occurred_at
    return None


def close_tally(
    state: ConsignmentState, entry: Entry, event: events.TallyCompleted
) -> Rejection | None:
    """Note the pieces on the closed tally sheet; a later sheet replaces it."""
    if state.exit is not None:
        return reject_if_exited(state)
    state.tally = (entry.fact.occurred_at, event.pieces)
    return None


def accept_rerate(
    state: ConsignmentState, entry: Entry, event: events.RerateAccepted
) -> Rejection | None:
    """Note the measured figures that the shipper accepts."""
    if not state.measured_units:
        return Rejection(Code.NOT_MEASURED, "nothing of it has been measured yet")
    if state.exit is not None:
        return reject_if_exited(state)
    state.rerate = (entry.fact.occurred_at, event.volume_cm3, event.gross_g)
    return None


def declare_dangerous_goods(
    state: ConsignmentState, entry: Entry, event: events.DgDeclared
) -> Rejection | None:
    """Take a declaration of dangerous goods, which waits for approval."""
    if rejection := _reject_if_locked(state):
        return rejection
    state.dg_goods = event.goods
    state.dg_status = "declared"
    state.dg_at = entry.fact.occurred_at
    return None


def approve_dangerous_goods(
    state: ConsignmentState, entry: Entry, _event: events.DgApproved
) -> Rejection | None:
    """Approve the declared dangerous goods."""
    return _decide_dangerous_goods(state, entry, approved=True)


def reject_dangerous_goods(
    state: ConsignmentState, entry: Entry, _event: events.DgRejected
) -> Rejection | None:
    """Reject the declared dangerous goods."""
    return _decide_dangerous_goods(state, entry, approved=False)


def _decide_dangerous_goods(
    state: ConsignmentState, entry: Entry, *, approved: bool
) -> Rejection | None:
    if state.dg_status == "none":
        return Rejection(Code.DG_NOT_DECLARED, "no dangerous goods were declared with their papers")
    rejection = reject_if_exited(state) if approved else _reject_if_locked(state)
    if rejection is not None:
        return rejection
    state.dg_status = "approved" if approved else "rejected"
    state.dg_at = entry.fact.occurred_at
    return None
