"""Judgements that need what other owners said: places given by the lane, loads into the container.

Moves and places are written down as told; which of them count is worked out from the times at which
customs released, the manifest was filed, stuffing began. So it does not matter when that news came.
"""

from datetime import datetime

from groupage.domain.policy import Policy
from groupage.domain.state.base import Refusal
from groupage.domain.state.consignment import (
    Allocation,
    ConsignmentState,
    ConsolidationPosition,
    LoadMove,
    SeatChange,
    UnitPart,
)
from groupage.domain.states import CustomsStatus
from processors.core import Verdict

_ENDED = frozenset({"BROKEN_UP", "CANCELLED"})


Places = list[tuple[datetime, str]]
"""Since when which consolidation (empty: none) was its place, oldest first."""


def seat(state: ConsignmentState) -> Places:
    """The place that the consignment has, from all that the lane gave and took."""
    place: Allocation | None = None
    places: Places = []
    for change in state.seats:
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


def _after(place: Allocation | None, change: SeatChange) -> Allocation | None:
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
    state: ConsignmentState, place: Allocation | None, change: SeatChange
) -> Verdict | None:
    if state.exit is not None and change.change == "allocated" and change.at > state.exit.at:
        return Verdict("exited", f"the consignment is {state.exit.status} since {state.exit.at}")
    held = None if place is None else place.consolidation_id
    if change.change == "deallocated" and held != change.consolidation_id:
        return Verdict(
            "not_allocated_there", f"its place is {held or 'none'}, not {change.consolidation_id}"
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
        return Verdict(
            "committed", f"it is on the filed manifest of {held}; the manifest must be unfrozen"
        )
    return None


def loads(state: ConsignmentState, policy: Policy, places: Places) -> None:
    """Which units stand in their container, legally."""
    units = pieces = 0
    last: datetime | None = None
    for unit_id, part in state.units.items():
        if not part.moves:
            continue
        inside = _inside(state, policy, places, unit_id, part)
        part.loaded_in = "" if inside is None else inside.equipment_ref
        if inside is not None:
            units += 1
            pieces += part.pieces
            last = inside.at if last is None else max(last, inside.at)
    state.loaded_units, state.loaded_pieces = units, pieces
    whole = 0 < units == state.received_units
    state.loaded_at = last if whole else None


def _inside(
    state: ConsignmentState, policy: Policy, places: Places, unit_id: str, part: UnitPart
) -> LoadMove | None:
    inside: LoadMove | None = None
    for move in part.moves:
        if move.into:
            verdict = _move_verdict(part, inside, move) or _load_verdict(
                state, policy, places, move
            )
            if verdict is None:
                inside = move
        elif inside is None:
            # Taking out what was never rightly in puts things right.
            verdict = None
        elif inside.equipment_ref != move.equipment_ref:
            verdict = Verdict(
                "not_loaded_there", f"it is in {inside.equipment_ref}, not in {move.equipment_ref}"
            )
        else:
            verdict, inside = None, None
        name = "unit.loaded" if move.into else "unit.unloaded"
        _remember(state, move.fact_id, verdict, name, move.at, subject=unit_id)
    return inside


def _move_verdict(part: UnitPart, inside: LoadMove | None, move: LoadMove) -> Verdict | None:
    if inside is not None:
        return Verdict("already_loaded", f"it is in {inside.equipment_ref} since {inside.at}")
    if part.received_at is None or part.received_at > move.at:
        return Verdict("not_received", "it was not received by then")
    return None


def _load_verdict(
    state: ConsignmentState, policy: Policy, places: Places, move: LoadMove
) -> Verdict | None:
    if any(
        hold.placed_at <= move.at and (hold.released_at is None or hold.released_at > move.at)
        for hold in state.holds.values()
    ):
        return Verdict("blocked", "the consignment was on hold")
    home = next((place for since, place in reversed(places) if since <= move.at), "")
    position = state.consolidations.get(home)
    if not home or position is None:
        return Verdict("no_place", "the consignment had no place in a consolidation")
    return _customs_verdict(state, policy, move) or _position_verdict(home, position, move)


def _customs_verdict(state: ConsignmentState, policy: Policy, move: LoadMove) -> Verdict | None:
    if policy.release_before_stuffing:
        if state.released_at is None or state.released_at > move.at:
            return Verdict("customs_not_released", f"customs is at {state.customs}")
        return None
    refused = state.customs == CustomsStatus.REJECTED
    if refused or state.declared_at is None or state.declared_at > move.at:
        return Verdict("customs_not_declared", f"customs is at {state.customs}")
    return None


def _position_verdict(home: str, position: ConsolidationPosition, move: LoadMove) -> Verdict | None:
    if move.consolidation_id not in (None, home):
        return Verdict("other_consolidation", f"its place is {home}, not {move.consolidation_id}")
    if position.equipment_ref != move.equipment_ref:
        right = position.equipment_ref or "not known yet"
        return Verdict("other_container", f"the container of {home} is {right}")
    began, ended = position.stuffing_started_at, position.stuffing_completed_at
    if began is None or began > move.at or (ended is not None and ended < move.at):
        return Verdict("stuffing_not_open", f"stuffing of {home} was not open")
    if position.door_close_at is not None and move.at >= position.door_close_at:
        return Verdict("doors_closed", f"the doors of {home} closed at {position.door_close_at}")
    return None


def _remember(
    state: ConsignmentState,
    fact_id: str,
    verdict: Verdict | None,
    name: str,
    at: datetime,
    *,
    subject: str = "",
) -> None:
    if verdict is not None:
        state.refused[fact_id] = Refusal(
            code=verdict.code, reason=verdict.reason, type=name, subject=subject or state.key, at=at
        )
    elif fact_id in state.refused:
        del state.refused[fact_id]
