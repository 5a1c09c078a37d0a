"""Consignments of a lane as demands on a plan."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from groupage.domain.instance import (
    CartonGroup,
    Demand,
    Departure,
    OpenConsolidation,
    PickUpJob,
)
from groupage.domain.state.consignment import ConsignmentState, UnitPart
from groupage.domain.units import us_cents, volume_cm3
from optimizer.instance.boxes import GONE
from optimizer.instance.snapshot import FETCHED, PLANNED, UNSETTLED, Snapshot

_COMMITTED = ("COMMITTED", "STAGED", "LOADED")
_LOADING_S_PER_CARTON = 20
"""Of a pick-up truck at the merchant's door. Assumption."""
_LOADING_S_MIN = 600


def demands_of(
    snapshot: Snapshot,
    boxes: tuple[OpenConsolidation, ...],
    departures: tuple[Departure, ...],
    clock_at: datetime,
) -> tuple[Demand, ...]:
    """Consignments at the hub that have not left, and those that a truck must fetch first."""
    by_id = {box.consolidation_id: box for box in boxes}
    fixed = {
        one: box.consolidation_id
        for box in boxes
        if box.stage != "slushy"
        for one in box.consignment_ids
    }
    found = []
    for state in snapshot.consignments:
        if state.booking is None or _left_with_its_container(state, snapshot):
            continue
        on_manifest = state.key in fixed and state.status in UNSETTLED
        if state.status in PLANNED or on_manifest:
            found.append(_demand(state, snapshot, by_id, fixed, departures, clock_at))
        elif state.status in FETCHED and state.booking.pickup and not state.received_units:
            found.append(_to_fetch(state, clock_at))
    return tuple(found)


def _left_with_its_container(state: ConsignmentState, snapshot: Snapshot) -> bool:
    """Its container is gone; only the consignment has not heard of it yet."""
    if state.allocation is None or state.status not in _COMMITTED:
        return False
    held = snapshot.consolidations.get(state.allocation.consolidation_id)
    return held is not None and held.status in GONE


def _demand(  # what the whole lane knows of one consignment
    state: ConsignmentState,
    snapshot: Snapshot,
    boxes: Mapping[str, OpenConsolidation],
    fixed: Mapping[str, str],
    departures: tuple[Departure, ...],
    clock_at: datetime,
) -> Demand:
    current = fixed.get(state.key) or _seat(state, snapshot)
    committed = current in boxes and (state.key in fixed or state.status in _COMMITTED)
    pin = snapshot.lane.pins.get(state.key)
    return msgspec.structs.replace(
        _alone(state, clock_at),
        current_consolidation_id=current,
        pinned_voyage_id=(pin.voyage_id or None) if pin else None,
        pinned_consolidation_id=(pin.consolidation_id or None) if pin else None,
        forbidden_voyage_ids=_forbidden(state, snapshot, departures),
        committed=committed,
    )


def _to_fetch(state: ConsignmentState, clock_at: datetime) -> Demand:
    """Not at the hub: a truck, but no place. Blocked, so that leaving it out costs nothing."""
    assert state.booking is not None, state.key
    assert state.booking.pickup is not None, state.key
    pickup = state.booking.pickup
    return msgspec.structs.replace(
        _alone(state, clock_at),
        blocked=True,
        available_at=max(clock_at, pickup.latest_at),
        pickup=PickUpJob(
            place_id=pickup.place.place_id,
            ready_at=pickup.ready_at,
            latest_at=pickup.latest_at,
            service_s=max(_LOADING_S_MIN, _LOADING_S_PER_CARTON * state.declared_pieces),
        ),
    )


def _alone(state: ConsignmentState, clock_at: datetime) -> Demand:
    """What the consignment itself tells."""
    assert state.booking is not None, state.key
    cartons, value = _cartons(state), state.booking.value
    return Demand(
        consignment_id=state.key,
        status=str(state.status),
        cartons=cartons,
        volume_cm3=sum(_volume_cm3(group) for group in cartons),
        gross_g=sum(group.gross_g * len(group.unit_ids) for group in cartons),
        mode=state.booking.mode,
        customs=str(state.customs),
        blocked=state.blocked,
        value_usd_cents=us_cents(value.amount_minor, value.currency),
        value_currency=value.currency,
        dg_classes=_dg_classes(state),
        available_at=state.available_at or state.received_at or clock_at,
        latest_arrival_at=state.booking.latest_arrival_at,
        priority=state.booking.priority,
        consignee=state.booking.consignee,
    )


def _seat(state: ConsignmentState, snapshot: Snapshot) -> str | None:
    """Where the published plan has it; the lane knows first."""
    seat = snapshot.lane.assignments.get(state.key)
    if seat is not None:
        return seat.consolidation_id or None
    return state.allocation.consolidation_id if state.allocation else None


def _forbidden(
    state: ConsignmentState, snapshot: Snapshot, departures: tuple[Departure, ...]
) -> tuple[str, ...]:
    """Forbidden by a dispatcher, rolled from it or a later one, or of another service."""
    assert state.booking is not None, state.key
    etd = {departure.voyage_id: departure.etd_at for departure in departures}
    forbidden = set()
    for voyage_id, forbid in snapshot.lane.forbids.get(state.key, {}).items():
        forbidden.add(voyage_id)
        if forbid.roll and voyage_id in etd:
            forbidden.update(v for v, etd_at in etd.items() if etd_at <= etd[voyage_id])
    wanted = state.booking.service_id
    if wanted and any(departure.service_id == wanted for departure in departures):
        forbidden.update(d.voyage_id for d in departures if d.service_id != wanted)
    return tuple(sorted(forbidden))


def _dg_classes(state: ConsignmentState) -> tuple[str, ...]:
    assert state.booking is not None, state.key
    goods = (*state.booking.dangerous_goods, *state.dg_goods)
    return tuple(sorted({c for a in goods for c in (a.imo_class, *a.subsidiary_risks)}))


def _cartons(state: ConsignmentState) -> tuple[CartonGroup, ...]:
    """Cartons as measured; before that as declared, with made-up marks."""
    groups: dict[tuple[int, int, int, int, bool, int | None], list[str]] = {}
    for unit_id, part in state.units.items():
        if part.gone or part.received_at is None or part.parent in state.units:
            continue
        groups.setdefault(_kind(state, part), []).append(unit_id)
    if not groups:
        for number, line in enumerate(state.lines):
            kind = (
                line.size.length_mm,
                line.size.width_mm,
                line.size.height_mm,
                line.gross_g,
                line.this_side_up,
                line.max_top_load_g,
            )
            marks = (f"{state.key}/{number}-{piece}" for piece in range(1, line.pieces + 1))
            groups.setdefault(kind, []).extend(marks)
    return tuple(
        CartonGroup(
            unit_ids=tuple(sorted(unit_ids)),
            length_mm=length_mm,
            width_mm=width_mm,
            height_mm=height_mm,
            gross_g=gross_g,
            this_side_up=up,
            max_top_load_g=top_g,
        )
        for (length_mm, width_mm, height_mm, gross_g, up, top_g), unit_ids in sorted(
            groups.items(), key=lambda item: min(item[1])
        )
    )


def _kind(state: ConsignmentState, part: UnitPart) -> tuple[int, int, int, int, bool, int | None]:
    line = state.lines[part.line] if 0 <= part.line < len(state.lines) else state.lines[0]
    declared = (line.size.length_mm, line.size.width_mm, line.size.height_mm, line.gross_g)
    return (*(part.measured or declared), line.this_side_up, line.max_top_load_g)


def _volume_cm3(group: CartonGroup) -> int:
    one = volume_cm3(length_mm=group.length_mm, width_mm=group.width_mm, height_mm=group.height_mm)
    return one * len(group.unit_ids)
