"""A hub on paper: answers every request for a plan by filling containers in turn.

It stands in for the whole hub where only the simulator is under test. It knows nothing but the
facts that the simulator sent; its placements differ by their place, not checked for fit.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import msgspec

from groupage.domain.commands import ReplanLane, RollConsignment
from groupage.domain.containers import spec_of
from groupage.domain.events.base import Event
from groupage.domain.events.consignment import (
    ConsignmentBooked,
    ConsignmentCancelled,
    ConsignmentRejected,
    PickUp,
)
from groupage.domain.events.consolidation import (
    ConsolidationBrokenUp,
    ConsolidationFrozen,
    ConsolidationRolled,
    ConsolidationUnfrozen,
)
from groupage.domain.events.planning import (
    ContainerPlanned,
    PlanApproved,
    PlannedConsolidation,
    PlanProposed,
    PlanRequested,
    RoutePlanned,
    RouteRevised,
)
from groupage.domain.events.schedule import SailingChanged, SailingPublished
from groupage.domain.events.unit import UnitReceived, UnitRepacked
from groupage.domain.fact import Fact
from groupage.domain.plan import Placement, PlannedContainer, Route, Stop

_LOTS_PER_BOX = 12
_CLOSED_AFTER = timedelta(hours=12)
_LOTS_PER_TRUCK = 2
_DRIVE = timedelta(minutes=30)
_HITCH = timedelta(minutes=20)


class PaperHub:
    """Keeps who is here and what sails, and writes plans."""

    def __init__(self) -> None:
        self._lane_of: dict[str, str] = {}
        self._pickups: dict[str, PickUp] = {}
        self._units: dict[str, dict[str, None]] = defaultdict(dict)
        self._voyages: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._forbidden: set[tuple[str, str]] = set()
        self._frozen: dict[str, PlannedContainer] = {}
        self._plans: dict[str, dict[str, PlannedContainer]] = defaultdict(dict)
        self._sequence: dict[str, int] = defaultdict(int)

    def take(self, facts: list[Fact]) -> list[Event]:
        """Take facts in; the plans that they ask for."""
        events: list[Event] = []
        for fact in facts:
            events += self._apply(fact.data, fact.recorded_at)
        return events

    def _apply(self, event: Event, at: datetime) -> list[Event]:
        if isinstance(event, ReplanLane):
            return self._plan(event.lane_id, at)
        self._apply_cargo(event)
        self._apply_departure(event)
        return []

    def _apply_cargo(self, event: Event) -> None:
        match event:
            case ConsignmentBooked():
                self._lane_of[event.consignment_id] = f"{event.pol}-{event.pod}"
                if event.pickup is not None:
                    self._pickups[event.consignment_id] = event.pickup
            case ConsignmentCancelled() | ConsignmentRejected():
                self._lane_of.pop(event.consignment_id, None)
            case UnitReceived():
                self._units[event.consignment_id or ""][event.unit_id] = None
                self._pickups.pop(event.consignment_id or "", None)
            case UnitRepacked():
                units = self._units[event.consignment_id or ""]
                for gone in event.inputs:
                    units.pop(gone, None)
                units[event.unit_id] = None
            case _:
                pass

    def _apply_departure(self, event: Event) -> None:
        match event:
            case SailingPublished():
                lane = f"{event.pol}-{event.pod}"
                self._voyages[lane].append((event.cutoffs[0].due_at, event.voyage_id))
            case SailingChanged() if event.cancelled:
                for voyages in self._voyages.values():
                    voyages[:] = [one for one in voyages if one[1] != event.voyage_id]
            case ConsolidationFrozen():
                self._keep(event.consolidation_id)
            case ConsolidationRolled():
                self._keep(event.consolidation_id, voyage_id=event.to_voyage_id)
            case ConsolidationBrokenUp():
                self._dissolve(event.consolidation_id)
            case ConsolidationUnfrozen():
                self._frozen.pop(event.consolidation_id, None)
            case RollConsignment():
                self._forbidden.add((event.consignment_id, event.from_voyage_id))
            case _:
                pass

    def _keep(self, name: str, *, voyage_id: str | None = None) -> None:
        """The box stays as it is in every plan to come; on another voyage, when one is named."""
        for containers in self._plans.values():
            if name in containers:
                box = containers[name]
                if voyage_id is not None:
                    box = msgspec.structs.replace(box, voyage_id=voyage_id)
                self._frozen[name] = containers[name] = box

    def _dissolve(self, name: str) -> None:
        """Its lots must go with a later departure."""
        self._frozen.pop(name, None)
        for containers in self._plans.values():
            if name in containers:
                box = containers.pop(name)
                self._forbidden |= {(lot, box.voyage_id) for lot in box.consignment_ids}

    def _plan(self, lane: str, at: datetime) -> list[Event]:
        self._sequence[lane] += 1
        number = self._sequence[lane]
        plan_id, request_id = f"PLAN-{lane}-{number}", f"REQ-{lane}-{number}"
        kept = {name: one for name, one in self._frozen.items() if name in self._plans[lane]}
        taken = {lot for one in kept.values() for lot in one.consignment_ids}
        waiting = [
            lot
            for lot, its_lane in self._lane_of.items()
            if its_lane == lane and self._units[lot] and lot not in taken
        ]
        containers = dict(kept)
        for lco_at, voyage in sorted(self._voyages[lane]):
            if at - lco_at > _CLOSED_AFTER:
                continue
            mine = [lot for lot in waiting if (lot, voyage) not in self._forbidden]
            waiting = [lot for lot in waiting if lot not in mine]
            for start in range(0, len(mine), _LOTS_PER_BOX):
                box = self._box(lane, voyage, start // _LOTS_PER_BOX, mine[start:][:_LOTS_PER_BOX])
                containers.setdefault(box.consolidation_id, box)
        before, self._plans[lane] = self._plans[lane], containers
        return [
            PlanRequested(
                request_id=request_id,
                lane_id=lane,
                sequence=number,
                clock_at=at,
                causes=("command",),
            ),
            PlanProposed(
                lane_id=lane,
                plan_id=plan_id,
                request_id=request_id,
                sequence=number,
                decided_at=at,
                assignments=(),
                moves=(),
                consolidations=tuple(
                    PlannedConsolidation(
                        consolidation_id=one.consolidation_id,
                        voyage_id=one.voyage_id,
                        iso_type=one.spec.iso_type,
                        consignment_ids=one.consignment_ids,
                        volume_cm3=one.cargo_volume_cm3,
                        gross_g=one.cargo_gross_g,
                    )
                    for one in containers.values()
                ),
                cost_minor=0,
                bound_minor=0,
                gap_ratio=0.0,
                certificate="paper",
            ),
            *(
                ContainerPlanned(lane_id=lane, plan_id=plan_id, container=one)
                for one in containers.values()
                if one != before.get(one.consolidation_id)
            ),
            *(
                RoutePlanned(lane_id=lane, plan_id=plan_id, route=route)
                if number == 1
                else RouteRevised(
                    lane_id=lane, plan_id=plan_id, route=route, revises=(route.route_id,)
                )
                for route in (
                    *self._tours(lane, number, at),
                    *self._hauls(lane, number, containers),
                )
            ),
            PlanApproved(lane_id=lane, plan_id=plan_id, by="paper"),
        ]

    def _tours(self, lane: str, number: int, at: datetime) -> list[Route]:
        """Two merchants a truck, each half an hour from the other and from the hub."""
        waiting = sorted(
            (pickup.ready_at, lot)
            for lot, pickup in self._pickups.items()
            if self._lane_of.get(lot) == lane and pickup.ready_at > at + _DRIVE
        )
        routes = []
        for start in range(0, len(waiting), _LOTS_PER_TRUCK):
            load = waiting[start:][:_LOTS_PER_TRUCK]
            truck = f"{lane}/van-{start:02d}"
            clock = load[0][0] - _DRIVE
            stops = [_stop("start", truck, clock, clock)]
            for ready_at, lot in load:
                here = clock + _DRIVE
                clock = max(here, ready_at) + _HITCH
                stops.append(_stop("pickup", lot, here, clock))
            stops.append(_stop("deliver", truck, clock + _DRIVE, clock + _DRIVE + _HITCH))
            routes.append(_route(f"RT-{lane}-{number}-{start}", truck, stops))
        return routes

    def _hauls(
        self, lane: str, number: int, containers: dict[str, PlannedContainer]
    ) -> list[Route]:
        """Each frozen box is taken ten hours after cargo close."""
        closes = {voyage: lco_at for lco_at, voyage in self._voyages[lane]}
        routes = []
        for name in sorted(containers.keys() & self._frozen.keys()):
            lco_at = closes.get(containers[name].voyage_id)
            if lco_at is None:
                continue
            at, truck = lco_at + timedelta(hours=10), f"{lane}/tractor-{name[-2:]}"
            stops = [
                _stop("start", truck, at - _DRIVE, at - _DRIVE),
                _stop("collect_container", name, at, at + _HITCH),
                _stop("drop_container", name, at + timedelta(hours=4), at + timedelta(hours=5)),
            ]
            routes.append(_route(f"RT-{lane}-{number}-{name}", truck, stops))
        return routes

    def _box(self, lane: str, voyage: str, number: int, lots: list[str]) -> PlannedContainer:
        units = [(lot, unit) for lot in lots for unit in self._units[lot]]
        name = f"CSL-{lane}-{voyage}-{number:02d}".replace("/", "_")
        while name in self._frozen:
            name += "+"
        return PlannedContainer(
            consolidation_id=name,
            voyage_id=voyage,
            spec=spec_of("45G1"),
            stage="slushy",
            consignment_ids=tuple(lots),
            placements=tuple(
                Placement(
                    unit_id=unit,
                    consignment_id=lot,
                    x_mm=place,
                    y_mm=0,
                    z_mm=0,
                    dx_mm=400,
                    dy_mm=300,
                    dz_mm=200,
                    sequence=place,
                )
                for place, (lot, unit) in enumerate(units, 1)
            ),
            cargo_volume_cm3=1,
            cargo_gross_g=1,
        )


def _stop(action: Any, reference: str, arrive_at: datetime, leave_at: datetime) -> Stop:
    return Stop(
        place_id="somewhere",
        action=action,
        reference=reference,
        arrive_at=arrive_at,
        leave_at=leave_at,
        load_g=0,
        load_cm3=0,
    )


def _route(name: str, truck: str, stops: list[Stop]) -> Route:
    return Route(route_id=name, truck_id=truck, stops=tuple(stops), distance_m=0, cost_usd_cents=0)
