"""The dock: trucks, tally, dimensioner, put-away."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from groupage.domain.events.consignment import ConsignmentCancelled, TallyCompleted
from groupage.domain.events.equipment import TruckArrived
from groupage.domain.events.unit import UnitMeasured, UnitReceived, UnitStored
from producers.simulator.event_emitter import BOOKING, DESK, WAREHOUSE
from producers.simulator.lots import Carton, Lot, sscc
from producers.simulator.tally import TallyDesk
from producers.simulator.trucks import Trucks
from producers.simulator.world import World

Condition = Literal["good", "damaged", "wet", "wrong_marks"]


class Dock:
    """Receives lots, and calls `on_received` with each lot that is complete and measured."""

    def __init__(self, world: World, *, on_received: Callable[[Lot], None]) -> None:
        self._world = world
        self._desk = TallyDesk(
            world, on_received=on_received, expect=lambda lot: self.arrive([lot], "")
        )

    def start(self, trucks: Trucks) -> None:
        """Put all arrivals on the agenda."""
        fetched: list[Lot] = []
        for lot in sorted(self._world.lots.values(), key=lambda lot: (lot.arrives_at, lot.id)):
            if "no_show" in lot.exceptions:
                late_s = self._world.parameters.times.no_show_after_s
                at = lot.arrives_at + timedelta(seconds=late_s)
                self._world.engine.schedule(at, partial(self._cancel_no_show, lot))
            elif lot.booking.pickup is None:
                self._world.engine.schedule(lot.arrives_at, partial(self.arrive, [lot], ""))
            else:
                fetched.append(lot)
        trucks.start(fetched)

    def _cancel_no_show(self, lot: Lot) -> None:
        if lot.gone:
            return
        lot.gone = "never came"
        self._world.handled["no_show"] += 1
        reason = "cargo never came"
        self._world.emit(ConsignmentCancelled(consignment_id=lot.id, reason=reason), BOOKING)

    def arrive(self, lots: list[Lot], plate: str) -> None:
        """Receive a truck; `plate` empty: the merchants' own."""
        world = self._world
        coming = [lot for lot in lots if not lot.gone]
        if not coming:
            return
        first = coming[0].id
        dock = f"D{1 + int(world.span(0, 24, 'dock', first)):02d}"
        visit = TruckArrived(
            visit_id=f"V-{first}-2" if coming[0].arrived else f"V-{first}",
            plate=plate or f"ZG{int(world.span(10_000, 99_999, 'plate', first))}",
            dock=dock,
            consignment_ids=tuple(lot.id for lot in coming),
        )
        world.emit(visit, DESK)
        wait_s = world.span(*world.parameters.times.dock_wait_s, "wait", first)
        at = world.now + timedelta(seconds=wait_s)
        for lot in coming:
            if "late_truck" in lot.exceptions:
                world.handled["late_truck"] += 1
            at = self._unload(lot, at, dock=dock, visit_id=visit.visit_id)

    def _unload(self, lot: Lot, at: datetime, *, dock: str, visit_id: str) -> datetime:
        """Count, measure and store the cargo; return when the dock is free."""
        lot.arrived = True
        self._add_extra_carton(lot)
        missing = self._missing_units(lot)
        spoilt, condition = self._spoilt_units(lot)
        times, ended_at = self._world.parameters.times, at
        for carton in lot.cartons:
            if carton.in_hand or carton.unit_id in missing:
                continue
            at += timedelta(seconds=times.unload_s)
            bad = condition if carton.unit_id in spoilt else "good"
            ended_at = self._take_in(lot, carton, at, bad, dock=dock, visit_id=visit_id)
        counted = TallyCompleted(consignment_id=lot.id, pieces=len(lot.in_hand))
        closed_at = at + timedelta(seconds=times.tally_closed_after_s)
        self._world.emit(counted, WAREHOUSE, at=closed_at)
        done_at = max(ended_at, at) + timedelta(seconds=times.tally_settled_after_s)
        self._world.engine.schedule(
            done_at, lambda: self._desk.handle_differences(lot, missing=missing, spoilt=spoilt)
        )
        return at

    def _take_in(
        self,
        lot: Lot,
        carton: Carton,
        at: datetime,
        condition: Condition,
        *,
        dock: str,
        visit_id: str,
    ) -> datetime:
        world, times = self._world, self._world.parameters.times
        carton.in_hand = True
        unit, owner = carton.unit_id, lot.id
        received = UnitReceived(
            unit_id=unit, consignment_id=owner, condition=condition, dock=dock, visit_id=visit_id
        )
        world.emit(received, WAREHOUSE, at=at)
        measured_at = at + timedelta(seconds=times.measure_s)
        world.emit(_measurement(carton, owner), WAREHOUSE, at=measured_at)
        stored_at = at + timedelta(seconds=times.store_s)
        place = world.span(0, 4_000, "shelf", owner)
        location = f"{'ABCDEFGH'[int(place) % 8]}-{int(place) // 100:02d}-{int(place) % 100:02d}"
        stored = UnitStored(unit_id=unit, consignment_id=owner, location=location, zone="export")
        world.emit(stored, WAREHOUSE, at=stored_at)
        return stored_at

    def _add_extra_carton(self, lot: Lot) -> None:
        if "over" not in lot.exceptions:
            return
        like = lot.cartons[-1]
        unit_id = sscc(seed=self._world.parameters.seed, lot=lot.number, carton=len(lot.cartons))
        lot.cartons.append(Carton(unit_id, like.line, like.size, like.gross_g))

    def _missing_units(self, lot: Lot) -> frozenset[str]:
        if "short" not in lot.exceptions or len(lot.cartons) < 2 or lot.in_hand:
            return frozenset()
        count = max(1, len(lot.cartons) // 12)
        return frozenset(carton.unit_id for carton in lot.cartons[-count:])

    def _spoilt_units(self, lot: Lot) -> tuple[frozenset[str], Condition]:
        first = frozenset(carton.unit_id for carton in lot.cartons[:2])
        if "damaged" in lot.exceptions:
            wet = "wet" in lot.exceptions
            self._world.handled["wet"] += wet
            return first, "wet" if wet else "damaged"
        if "wrong_marks" in lot.exceptions:
            return first, "wrong_marks"
        return frozenset(), "good"


def _measurement(carton: Carton, owner: str) -> UnitMeasured:
    return UnitMeasured(
        unit_id=carton.unit_id,
        consignment_id=owner,
        size=carton.size,
        gross_g=carton.gross_g,
        device="DWS-1",
        calibration_id="CAL-2026-02",
    )
