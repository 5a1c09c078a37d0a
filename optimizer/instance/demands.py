"""Turn the consignments of a lane into the demands of an instance."""

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from groupage.domain.events.consignment import CartonLine
from groupage.domain.instance import (
    CartonGroup,
    Demand,
    Departure,
    OpenConsolidation,
    PickUpJob,
    VoyageForbid,
)
from groupage.domain.possible_pins import leaves_before, possible_pin
from groupage.domain.state.consignment import ConsignmentState, UnitPart
from groupage.domain.state.lane import LanePin
from groupage.domain.units import us_cents, volume_cm3
from optimizer.instance.consolidations import GONE
from optimizer.instance.snapshot import (
    AWAITED_STATUSES,
    PICKUP_STATUSES,
    PLANNED_STATUSES,
    UNFINISHED_STATUSES,
    Snapshot,
)

_COMMITTED = ("COMMITTED", "STAGED", "LOADED")
_LOADING_S_PER_CARTON = 20
"""Time to load a pick-up truck at the merchant's. Assumption."""
_LOADING_S_MIN = 600
_FRAGILE_BEARS = 3
_FRAGILE_BEARS_G_MIN = 20_000
"""So many times its own mass may stand on a fragile carton without a limit of its own, and at least
that. Assumption, the same as the simulator's."""


def demands_of(
    snapshot: Snapshot,
    consolidations: tuple[OpenConsolidation, ...],
    departures: tuple[Departure, ...],
    clock_at: datetime,
) -> tuple[Demand, ...]:
    """Return the consignments at the hub, and those that a truck must fetch first.

    A pinned consignment is among them before it is available: the plan must say why it does not go.
    """
    consolidation_ids = {consolidation.consolidation_id for consolidation in consolidations}
    manifest_of = {
        consignment_id: consolidation.consolidation_id
        for consolidation in consolidations
        if consolidation.stage != "slushy"
        for consignment_id in consolidation.consignment_ids
    }
    demands = []
    for state in snapshot.consignments:
        if state.booking is None or _has_left(state, snapshot):
            continue
        on_manifest = state.key in manifest_of and state.status in UNFINISHED_STATUSES
        if state.status in PLANNED_STATUSES or on_manifest:
            demands.append(
                _demand(state, snapshot, consolidation_ids, manifest_of, departures, clock_at)
            )
        elif state.status in PICKUP_STATUSES and state.booking.pickup and not state.received_units:
            demands.append(
                _with_commands(_pickup_demand(state, clock_at), state, snapshot, departures)
            )
        elif state.status in AWAITED_STATUSES and _pin_of(state, snapshot, departures) is not None:
            awaited = msgspec.structs.replace(
                _unplanned_demand(state, clock_at), blocked=True, awaited=True
            )
            demands.append(_with_commands(awaited, state, snapshot, departures))
    return tuple(demands)


def _has_left(state: ConsignmentState, snapshot: Snapshot) -> bool:
    """Return whether its container has left, although its own state does not say so yet."""
    if state.allocation is None or state.status not in _COMMITTED:
        return False
    consolidation = snapshot.consolidations.get(state.allocation.consolidation_id)
    return consolidation is not None and consolidation.status in GONE


def _demand(
    state: ConsignmentState,
    snapshot: Snapshot,
    consolidation_ids: Collection[str],
    manifest_of: Mapping[str, str],
    departures: tuple[Departure, ...],
    clock_at: datetime,
) -> Demand:
    current = manifest_of.get(state.key) or _published_consolidation_id(state, snapshot)
    committed = current in consolidation_ids and (
        state.key in manifest_of or state.status in _COMMITTED
    )
    demand = msgspec.structs.replace(
        _unplanned_demand(state, clock_at), current_consolidation_id=current, committed=committed
    )
    return _with_commands(demand, state, snapshot, departures)


def _with_commands(
    demand: Demand,
    state: ConsignmentState,
    snapshot: Snapshot,
    departures: tuple[Departure, ...],
) -> Demand:
    """Add the dispatcher's pin and the voyages that are forbidden for the consignment."""
    pin = _pin_of(state, snapshot, departures)
    forbids = _forbids(state, snapshot, departures, pin)
    other_services = _voyages_of_other_services(state, departures)
    return msgspec.structs.replace(
        demand,
        pinned_voyage_id=(pin.voyage_id or None) if pin else None,
        pinned_consolidation_id=(pin.consolidation_id or None) if pin else None,
        pinned_by=pin.by if pin else "",
        forbidden_voyage_ids=tuple(sorted({f.voyage_id for f in forbids} | other_services)),
        forbids=forbids,
    )


def _pin_of(
    state: ConsignmentState, snapshot: Snapshot, departures: tuple[Departure, ...]
) -> LanePin | None:
    etds = {departure.voyage_id: departure.etd_at for departure in departures}
    return possible_pin(snapshot.lane, state.key, snapshot.consolidations, etds)


def _pickup_demand(state: ConsignmentState, clock_at: datetime) -> Demand:
    """Return a demand for a truck only: blocked, so that leaving it out of the plan is free."""
    assert state.booking is not None, state.key
    assert state.booking.pickup is not None, state.key
    pickup = state.booking.pickup
    return msgspec.structs.replace(
        _unplanned_demand(state, clock_at),
        blocked=True,
        available_at=max(clock_at, pickup.latest_at),
        pickup=PickUpJob(
            place_id=pickup.place.place_id,
            ready_at=pickup.ready_at,
            latest_at=pickup.latest_at,
            service_s=max(_LOADING_S_MIN, _LOADING_S_PER_CARTON * state.declared_pieces),
        ),
    )


def _unplanned_demand(state: ConsignmentState, clock_at: datetime) -> Demand:
    """Return the demand by the consignment's own state, without plans, pins and forbids."""
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


def _published_consolidation_id(state: ConsignmentState, snapshot: Snapshot) -> str | None:
    """Return where the published plan has it; the lane knows before the consignment does."""
    seat = snapshot.lane.assignments.get(state.key)
    if seat is not None:
        return seat.consolidation_id or None
    return state.allocation.consolidation_id if state.allocation else None


def _forbids(
    state: ConsignmentState,
    snapshot: Snapshot,
    departures: tuple[Departure, ...],
    pin: LanePin | None,
) -> tuple[VoyageForbid, ...]:
    """Return the voyages that a dispatcher forbade, and those up to a roll.

    A voyage's own forbid names the person before a roll of a later voyage does. A pin that counts
    is later than all that kept the consignment off its voyage.
    """
    etd = {departure.voyage_id: departure.etd_at for departure in departures}
    commands = snapshot.lane.forbids.get(state.key, {})
    forbids = {
        voyage_id: VoyageForbid(voyage_id=voyage_id, by=forbid.by, roll=forbid.roll)
        for voyage_id, forbid in commands.items()
    }
    for rolled_id, forbid in sorted(commands.items()):
        if forbid.roll:
            for voyage_id in etd:
                if leaves_before(voyage_id, rolled_id, etd):
                    forbids.setdefault(
                        voyage_id, VoyageForbid(voyage_id=voyage_id, by=forbid.by, roll=True)
                    )
    if pin is not None:
        forbids.pop(pin.voyage_id, None)
    return tuple(forbid for _, forbid in sorted(forbids.items()))


def _voyages_of_other_services(
    state: ConsignmentState, departures: tuple[Departure, ...]
) -> set[str]:
    """Return the voyages of other services than the booked one, if that one sails at all."""
    assert state.booking is not None, state.key
    booked = state.booking.service_id
    if not booked or all(departure.service_id != booked for departure in departures):
        return set()
    return {d.voyage_id for d in departures if d.service_id != booked}


def _dg_classes(state: ConsignmentState) -> tuple[str, ...]:
    assert state.booking is not None, state.key
    goods = (*state.booking.dangerous_goods, *state.dg_goods)
    return tuple(sorted({c for a in goods for c in (a.imo_class, *a.subsidiary_risks)}))


def _cartons(state: ConsignmentState) -> tuple[CartonGroup, ...]:
    """Return the cartons as measured, or before that as declared, with made-up unit ids."""
    groups: dict[tuple[int, int, int, int, bool, int | None], list[str]] = {}
    for unit_id, part in state.units.items():
        if part.gone or part.received_at is None or part.parent in state.units:
            continue
        groups.setdefault(_dimensions(state, part), []).append(unit_id)
    if not groups:
        for number, line in enumerate(state.lines):
            dimensions = (
                line.size.length_mm,
                line.size.width_mm,
                line.size.height_mm,
                line.gross_g,
                line.this_side_up,
                _top_load_g(line),
            )
            unit_ids = (f"{state.key}/{number}-{piece}" for piece in range(1, line.pieces + 1))
            groups.setdefault(dimensions, []).extend(unit_ids)
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


def _dimensions(
    state: ConsignmentState, part: UnitPart
) -> tuple[int, int, int, int, bool, int | None]:
    line = state.lines[part.line] if 0 <= part.line < len(state.lines) else state.lines[0]
    declared = (line.size.length_mm, line.size.width_mm, line.size.height_mm, line.gross_g)
    return (*(part.measured or declared), line.this_side_up, _top_load_g(line))


def _top_load_g(line: CartonLine) -> int | None:
    """Return the grams that may stand on a carton of the line; None: no limit."""
    if line.max_top_load_g is None and line.fragile:
        return max(_FRAGILE_BEARS * line.gross_g, _FRAGILE_BEARS_G_MIN)
    return line.max_top_load_g


def _volume_cm3(group: CartonGroup) -> int:
    each_cm3 = volume_cm3(
        length_mm=group.length_mm, width_mm=group.width_mm, height_mm=group.height_mm
    )
    return each_cm3 * len(group.unit_ids)
