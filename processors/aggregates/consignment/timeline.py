"""Judgements that need what other owners said: places given by the lane, loads into the container.

Moves and places are written down as told; which of them count is worked out from the times at which
customs released, the manifest was filed, stuffing began. So it does not matter when that news came.
"""

from datetime import datetime
from typing import NamedTuple

from groupage.domain.events.consignment import ConsolidationSnapshot
from groupage.domain.policy import Policy
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.consignment import (
    Allocation,
    AllocationChange,
    ConsignmentState,
    LoadMove,
    UnitPart,
)
from groupage.domain.words import when
from processors.aggregates.consignment import customs
from processors.kernel.handlers import Rejection

_ENDED = frozenset({"BROKEN_UP", "CANCELLED"})
_UNREADY = {
    "not_measured": "it was not measured by then",
    "dg_not_cleared": "its dangerous goods were not approved by then",
}


Places = list[tuple[datetime, str]]
"""Since when which consolidation (empty: none) was its place, oldest first."""


def assign(state: ConsignmentState) -> Places:
    """The place that the consignment has, from all that the lane gave and took."""
    place: Allocation | None = None
    places: Places = []
    for change in state.allocation_changes:
        verdict = _seat_verdict(state, place, change)
        _remember(state, change.fact_id, verdict, f"consignment.{change.change}", change.at)
        if verdict is None:
            place = _after(place, change)
            places.append((change.at, "" if place is None else place.consolidation_id))
    position = None if place is None else state.consolidations.get(place.consolidation_id)
    if place is not None and position is not None:
        if position.status in _ENDED:
            place = None
        elif position.voyage_id:
            place.voyage_id = position.voyage_id
    state.allocation = None if state.exit is not None else place
    return places


def _after(place: Allocation | None, change: AllocationChange) -> Allocation | None:
    if change.change == "allocated":
        same = place if place and place.consolidation_id == change.consolidation_id else None
        return Allocation(
            consolidation_id=change.consolidation_id,
            voyage_id=change.voyage_id,
            plan_id=change.plan_id,
            since_at=same.since_at if same else change.at,
        )
    if change.change == "rolled" and place is not None:
        # A roll ends the old place; the new one comes with `consignment.allocated`.
        return None if place.consolidation_id == change.consolidation_id else place
    return None


def _seat_verdict(
    state: ConsignmentState, place: Allocation | None, change: AllocationChange
) -> Rejection | None:
    if state.exit is not None and change.at > state.exit.at:
        if change.change != "allocated":
            return None  # the lane lets go of what has left
        return Rejection(
            Code.EXITED, f"the consignment is {state.exit.status} since {when(state.exit.at)}"
        )
    held = None if place is None else place.consolidation_id
    if change.change == "deallocated" and held != change.consolidation_id:
        return Rejection(
            Code.NOT_ALLOCATED_THERE,
            f"its place is {held or 'none'}, not {change.consolidation_id}",
        )
    stays = held == change.consolidation_id
    if held is None or stays == (change.change == "allocated"):
        return None
    position = state.consolidations.get(held)
    if (
        position is not None
        and position.frozen_at is not None
        and position.frozen_at <= change.at
        and position.status not in _ENDED
    ):
        return Rejection(
            Code.COMMITTED, f"it is on the filed manifest of {held}; the manifest must be unfrozen"
        )
    return None


class _Scene(NamedTuple):
    """What a move of a carton is judged by."""

    state: ConsignmentState
    places: Places
    declarations: customs.Bound
    clear_since_at: datetime | None
    """From then on customs speaks against nothing."""
    release_first: bool


def load(state: ConsignmentState, policy: Policy, places: Places) -> None:
    """Which units stand in their container, legally."""
    declarations = customs.bound(state)
    scene = _Scene(
        state,
        places,
        declarations,
        customs.clear_since_at(declarations),
        policy.release_before_stuffing,
    )
    units = pieces = 0
    last: datetime | None = None
    out: datetime | None = None
    for unit_id, part in state.units.items():
        outside_at = part.received_at
        if part.moves:
            into, out_at = _last_in(scene, unit_id, part)
            part.loaded_in = into.equipment_ref if into and out_at is None else ""
            if into is not None:
                outside_at = out_at
                last = into.at if last is None else max(last, into.at)
        if part.loaded_in:
            units += 1
            pieces += part.pieces
        elif outside_at is not None and not part.gone and (out is None or outside_at < out):
            out = outside_at
    state.loaded_units, state.loaded_pieces = units, pieces
    state.loaded_at, state.unloaded_at = last, out


def _last_in(
    scene: _Scene, unit_id: str, part: UnitPart
) -> tuple[LoadMove | None, datetime | None]:
    """The last move into a container that counts, and when it was taken out again, if it was."""
    into: LoadMove | None = None
    out_at: datetime | None = None
    for move in part.moves:
        inside = None if out_at is not None else into
        if move.into:
            verdict = _move_verdict(part, inside, move) or _load_verdict(scene, move)
            if verdict is None:
                into, out_at = move, None
        else:
            verdict = _unload_verdict(scene.state, inside, move)
            if verdict is None and inside is not None:
                out_at = move.at
        name = "unit.loaded" if move.into else "unit.unloaded"
        _remember(scene.state, move.fact_id, verdict, name, move.at, subject=unit_id)
    return into, out_at


def _unload_verdict(
    state: ConsignmentState, inside: LoadMove | None, move: LoadMove
) -> Rejection | None:
    if inside is None:
        # Taking out what was never rightly in puts things right.
        return None
    if inside.equipment_ref != move.equipment_ref:
        return Rejection(
            Code.NOT_LOADED_THERE, f"it is in {inside.equipment_ref}, not in {move.equipment_ref}"
        )
    return _departed(state.consolidation, move)


def _departed(position: ConsolidationSnapshot | None, move: LoadMove) -> Rejection | None:
    left_at = None if position is None else position.departed_at
    if left_at is None or move.at < left_at:
        return None
    return Rejection(
        Code.DEPARTED, f"its container left the hub at {when(left_at)}; it cannot change here"
    )


def _move_verdict(part: UnitPart, inside: LoadMove | None, move: LoadMove) -> Rejection | None:
    if inside is not None:
        return Rejection(
            Code.ALREADY_LOADED, f"it is in {inside.equipment_ref} since {when(inside.at)}"
        )
    if part.received_at is None or part.received_at > move.at:
        return Rejection(Code.NOT_RECEIVED, "it was not received by then")
    if move.unready:
        return Rejection(Code[move.unready.upper()], _UNREADY[move.unready])
    return None


def _load_verdict(scene: _Scene, move: LoadMove) -> Rejection | None:
    state = scene.state
    if state.holds and any(
        hold.placed_at <= move.at and (hold.released_at is None or hold.released_at > move.at)
        for hold in state.holds.values()
    ):
        return Rejection(Code.BLOCKED, "the consignment was on hold")
    home = next((place for since, place in reversed(scene.places) if since <= move.at), "")
    position = state.consolidations.get(home)
    if not home or position is None:
        return Rejection(Code.NO_PLACE, "the consignment had no place in a consolidation")
    verdict = None
    if scene.clear_since_at is None or move.at < scene.clear_since_at:
        verdict = customs.against_loading(
            state, scene.declarations, move.at, release_first=scene.release_first
        )
    return verdict or _departed(position, move) or _position_verdict(home, position, move)


def _position_verdict(
    home: str, position: ConsolidationSnapshot, move: LoadMove
) -> Rejection | None:
    if move.consolidation_id not in (None, home):
        return Rejection(
            Code.OTHER_CONSOLIDATION, f"its place is {home}, not {move.consolidation_id}"
        )
    if position.equipment_ref != move.equipment_ref:
        right = position.equipment_ref or "not known yet"
        return Rejection(Code.OTHER_CONTAINER, f"the container of {home} is {right}")
    began, ended = position.stuffing_started_at, position.stuffing_completed_at
    if began is None or began > move.at or (ended is not None and ended < move.at):
        return Rejection(Code.STUFFING_NOT_OPEN, f"stuffing of {home} was not open")
    if position.door_close_at is not None and move.at >= position.door_close_at:
        return Rejection(
            Code.DOORS_CLOSED, f"the doors of {home} closed at {when(position.door_close_at)}"
        )
    return None


def _remember(
    state: ConsignmentState,
    fact_id: str,
    verdict: Rejection | None,
    name: str,
    at: datetime,
    *,
    subject: str = "",
) -> None:
    if verdict is not None:
        state.rejected[fact_id] = RejectedEvent(
            code=verdict.code, reason=verdict.reason, type=name, subject=subject or state.key, at=at
        )
    elif fact_id in state.rejected:
        del state.rejected[fact_id]
