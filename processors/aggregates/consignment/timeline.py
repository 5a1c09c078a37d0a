"""Decisions that need other aggregates: allocations by the lane, loads into the container.

Handlers write down each reported change and move. Which of them are legal follows from the times at
which customs released, the manifest was filed and stuffing began, so it does not matter when the
snapshots that say so arrived.
"""

from datetime import datetime
from typing import NamedTuple

from groupage.domain.events.consignment import ConsolidationSnapshot
from groupage.domain.policy_history import PolicyHistory
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.consignment import (
    Allocation,
    AllocationChange,
    ConsignmentState,
    Exit,
    LoadMove,
    UnitPart,
)
from groupage.domain.words import when
from processors.aggregates.consignment import customs
from processors.aggregates.consignment.stays import Stay, find_earlier_spans
from processors.kernel.handlers import Rejection

_ENDED = frozenset({"BROKEN_UP", "CANCELLED"})
_UNREADY = {
    "not_measured": "it was not measured by then",
    "dg_not_cleared": "its dangerous goods were not approved by then",
}


AllocationHistory = list[tuple[datetime, str]]
"""(since when, consolidation id or empty) of each allocation, oldest first."""


def derive_allocation(state: ConsignmentState, leaving: Exit | None) -> AllocationHistory:
    """Derive the allocation from all changes by the lane; return its history.

    `leaving`: the exit that ended it, if there was any.
    """
    allocation: Allocation | None = None
    at_exit: Allocation | None = None
    history: AllocationHistory = []
    for change in state.allocation_changes:
        rejection = _reject_change(state, leaving, allocation, change)
        note_rejection(state, change.fact_id, rejection, f"consignment.{change.change}", change.at)
        if rejection is None:
            allocation = _apply_change(allocation, change)
            held = "" if allocation is None else allocation.consolidation_id
            history.append((change.at, held))
        if leaving is not None and change.at <= leaving.since_at:
            at_exit = allocation
    held_last = at_exit or allocation
    _note_assignment(state, "" if held_last is None else held_last.consolidation_id)
    if allocation is not None:
        consolidation = state.consolidations.get(allocation.consolidation_id)
        if consolidation is None or consolidation.withdrawn:
            pass  # it does not list the consignment, whether it has sent so or not
        elif consolidation.status in _ENDED:
            allocation = None
        elif consolidation.voyage_id:
            allocation.voyage_id = consolidation.voyage_id
    state.allocation = None if leaving is not None else allocation
    state.allocation_at_exit = at_exit
    return history


def derive_exit(state: ConsignmentState, leaving: Exit) -> None:
    """Reject an exit that was reported after the consignment had departed.

    The loadings are judged as if there had been no exit, and the consolidation sees the consignment
    as it was until then: else the exit would undo the departure that forbids it.
    """
    left_at = departed_at(state)
    late = left_at is not None and left_at < leaving.since_at
    state.departed_before_exit = late
    for report in leaving.reports:
        rejection = _reject_departed(left_at) if left_at is not None and late else None
        note_rejection(state, report.fact_id, rejection, report.type, report.at)


def departed_at(state: ConsignmentState) -> datetime | None:
    """Return when its container left the hub with all of its cartons, if it did."""
    consolidation = state.last_consolidation
    left_at = None if consolidation is None else consolidation.departed_at
    return left_at if left_at is not None and state.was_inside(left_at) else None


def _reject_departed(left_at: datetime) -> Rejection:
    return Rejection(Code.DEPARTED, f"its container left the hub at {when(left_at)}")


def _note_assignment(state: ConsignmentState, held: str) -> None:
    # Also after the lane took it away: its cut-off decides about dead freight.
    changes = reversed(state.allocation_changes)
    assigned = next((each.consolidation_id for each in changes if each.change == "allocated"), "")
    if assigned and held and assigned != held:
        state.assigned_to = (min(assigned, held), max(assigned, held))
    else:
        state.assigned_to = (assigned or held,) if assigned or held else ()


def _apply_change(before: Allocation | None, change: AllocationChange) -> Allocation | None:
    if change.change == "allocated":
        same = before if before and before.consolidation_id == change.consolidation_id else None
        return Allocation(
            consolidation_id=change.consolidation_id,
            voyage_id=change.voyage_id,
            plan_id=change.plan_id,
            since_at=same.since_at if same else change.at,
        )
    if change.change == "rolled" and before is not None:
        # A roll ends the old allocation; the new one comes with `consignment.allocated`.
        return None if before.consolidation_id == change.consolidation_id else before
    return None


def _reject_change(
    state: ConsignmentState,
    leaving: Exit | None,
    before: Allocation | None,
    change: AllocationChange,
) -> Rejection | None:
    if leaving is not None and change.at > leaving.since_at:
        if change.change != "allocated":
            return None  # the lane may take away the allocation of what has left
        return Rejection(
            Code.EXITED, f"the consignment is {leaving.status} since {when(leaving.at)}"
        )
    held = None if before is None else before.consolidation_id
    if change.change == "deallocated" and held != change.consolidation_id:
        return Rejection(
            Code.NOT_ALLOCATED_THERE,
            f"it is in {held or 'no consolidation'}, not in {change.consolidation_id}",
        )
    stays = held == change.consolidation_id
    if held is None or stays == (change.change == "allocated"):
        return None
    consolidation = state.consolidations.get(held)
    if (
        consolidation is not None
        and consolidation.frozen_at is not None
        and consolidation.frozen_at <= change.at
        and consolidation.status not in _ENDED
    ):
        return Rejection(
            Code.COMMITTED, f"it is on the filed manifest of {held}; the manifest must be unfrozen"
        )
    return None


class _LoadingContext(NamedTuple):
    """The facts against which the moves of cartons are checked."""

    state: ConsignmentState
    history: AllocationHistory
    declarations: customs.CustomsSpans
    clear_since_at: datetime | None
    """From then on no declaration forbids a loading."""
    policies: PolicyHistory
    ended_stays: dict[str, list[Stay]]
    """Of units that were taken out again."""


def derive_loads(
    state: ConsignmentState, policies: PolicyHistory, history: AllocationHistory
) -> dict[str, list[Stay]]:
    """Derive which units are legally in their container, and since when.

    Return the stays of units that were taken out again.
    """
    declarations = customs.find_spans(state)
    context = _LoadingContext(
        state,
        history,
        declarations,
        customs.clear_since_at(declarations),
        policies,
        {},
    )
    units = pieces = gross_g = 0
    first: datetime | None = None
    last: datetime | None = None
    out: datetime | None = None
    for unit_id, part in state.units.items():
        outside_at = part.received_at
        if part.moves:
            into, out_at = _last_loading(context, unit_id, part)
            part.loaded_in = into.equipment_ref if into and out_at is None else ""
            part.loading = 0
            if into is not None:
                outside_at = out_at
                at = into.at
                if last is None or at > last:
                    last = at
                if first is None or at < first:
                    first = at
                if out_at is None:
                    gross_g += into.gross_g
                    part.loading = part.moves.index(into) if len(part.moves) > 1 else 0
        if part.loaded_in:
            units += 1
            pieces += part.pieces
        elif outside_at is not None and not part.gone and (out is None or outside_at < out):
            out = outside_at
    state.loaded_units, state.loaded_pieces = units, pieces
    state.loaded_at, state.unloaded_at, state.loaded_gross_g = last, out, gross_g
    state.earlier_inside = ()
    came_at = state.last_received_at
    if context.ended_stays or (first is not None and came_at is not None and came_at > first):
        state.earlier_inside = find_earlier_spans(state, context.ended_stays)
    return context.ended_stays


def _last_loading(
    context: _LoadingContext, unit_id: str, part: UnitPart
) -> tuple[LoadMove | None, datetime | None]:
    """Return the last legal move into a container, and when the unit was taken out again."""
    into: LoadMove | None = None
    out_at: datetime | None = None
    for move in part.moves:
        inside = None if out_at is not None else into
        if move.into:
            rejection = _reject_move(part, inside, move) or _reject_load(context, move)
            if rejection is None:
                into, out_at = move, None
        else:
            rejection = _reject_unload(context.state, inside, move)
            if rejection is None and inside is not None:
                out_at = move.at
                context.ended_stays.setdefault(unit_id, []).append(Stay(inside, out_at))
        if rejection is not None or context.state.rejected:  # for speed: mostly there are none
            name = "unit.loaded" if move.into else "unit.unloaded"
            note_rejection(context.state, move.fact_id, rejection, name, move.at, subject=unit_id)
    return into, out_at


def _reject_unload(
    state: ConsignmentState, inside: LoadMove | None, move: LoadMove
) -> Rejection | None:
    if inside is None:
        # Taking out a unit whose loading was illegal corrects that.
        return None
    if inside.equipment_ref != move.equipment_ref:
        return Rejection(
            Code.NOT_LOADED_THERE, f"it is in {inside.equipment_ref}, not in {move.equipment_ref}"
        )
    return _reject_if_departed(state.last_consolidation, move)


def _reject_if_departed(
    consolidation: ConsolidationSnapshot | None, move: LoadMove
) -> Rejection | None:
    left_at = None if consolidation is None else consolidation.departed_at
    if left_at is None or move.at < left_at:
        return None
    return _reject_departed(left_at)


def _reject_move(part: UnitPart, inside: LoadMove | None, move: LoadMove) -> Rejection | None:
    if inside is not None:
        return Rejection(
            Code.ALREADY_LOADED, f"it is in {inside.equipment_ref} since {when(inside.at)}"
        )
    if part.received_at is None or part.received_at > move.at:
        return Rejection(Code.NOT_RECEIVED, "it was not received by then")
    if move.unready:
        return Rejection(Code[move.unready.upper()], _UNREADY[move.unready])
    return None


def _reject_load(context: _LoadingContext, move: LoadMove) -> Rejection | None:
    state = context.state
    if state.holds and any(
        hold.placed_at <= move.at and (hold.released_at is None or hold.released_at > move.at)
        for hold in state.holds.values()
    ):
        return Rejection(Code.BLOCKED, "the consignment was on hold")
    held = ""
    for since, held_since in reversed(context.history):
        if since <= move.at:
            held = held_since
            break
    consolidation = state.consolidations.get(held)
    if not held:
        return Rejection(Code.NO_PLACE, "the consignment was in no consolidation")
    if consolidation is None or consolidation.withdrawn:
        return Rejection(Code.NO_PLACE, f"{held} does not list the consignment")
    rejection = None
    if context.clear_since_at is None or move.at < context.clear_since_at:
        release_first = context.policies.at(move.at).release_before_stuffing
        rejection = customs.reject_loading(
            state, context.declarations, move.at, release_first=release_first
        )
    return (
        rejection
        or _reject_if_departed(consolidation, move)
        or _reject_container(held, consolidation, move)
    )


def _reject_container(
    held: str, consolidation: ConsolidationSnapshot, move: LoadMove
) -> Rejection | None:
    if move.consolidation_id not in (None, held):
        return Rejection(
            Code.OTHER_CONSOLIDATION, f"it is in {held}, not in {move.consolidation_id}"
        )
    if consolidation.equipment_ref != move.equipment_ref:
        right = consolidation.equipment_ref or "not known yet"
        return Rejection(Code.OTHER_CONTAINER, f"the container of {held} is {right}")
    began, ended = consolidation.stuffing_started_at, consolidation.stuffing_completed_at
    if began is None or began > move.at or (ended is not None and ended < move.at):
        return Rejection(Code.STUFFING_NOT_OPEN, f"stuffing of {held} was not open")
    close_at = consolidation.door_close_at
    if consolidation.earlier_doors:  # rare, and each batch judges all loadings again
        close_at = consolidation.doors_close_at(move.at)
    if close_at is not None and move.at >= close_at:
        return Rejection(Code.DOORS_CLOSED, f"the doors of {held} closed at {when(close_at)}")
    return None


def note_rejection(
    state: ConsignmentState,
    fact_id: str,
    rejection: Rejection | None,
    name: str,
    at: datetime,
    *,
    subject: str = "",
) -> None:
    """Note that a fact is rejected, or (None) that it is not any more."""
    if rejection is not None:
        state.rejected[fact_id] = RejectedEvent(
            code=rejection.code,
            reason=rejection.reason,
            type=name,
            subject=subject or state.key,
            at=at,
        )
    elif fact_id in state.rejected:
        del state.rejected[fact_id]
