"""From the manifest to the closed container: stage and stow as planned."""

from datetime import datetime, timedelta
from functools import partial
from math import ceil

import msgspec

from groupage.domain.events.consignment import ConsignmentAmended, ConsignmentCancelled
from groupage.domain.events.consolidation import StuffingCompleted, StuffingStarted
from groupage.domain.events.unit import Standing, UnitLoaded, UnitStaged, UnitUnloaded
from groupage.domain.plan import Placement
from producers.simulator.boxes import Box
from producers.simulator.engine import Gate
from producers.simulator.event_emitter import BOOKING, DESK, WAREHOUSE
from producers.simulator.leaving import Gatekeepers
from producers.simulator.manifests import ManifestDesk
from producers.simulator.world import World


class StuffingCrew:
    """Stages and stows what the manifest lists, carton by carton in the plan's order."""

    def __init__(self, world: World, gate: Gatekeepers) -> None:
        self._world = world
        self._times = world.parameters.times
        self._gate = gate
        self.desk: ManifestDesk
        rates, boxes = world.parameters.rates, world.parameters.sizes.boxes_least
        self._cancel = world.quota(
            rates.cancelled_after_freeze, "cancelled_after_freeze", first_within=boxes
        )
        self._amend = world.quota(
            rates.amended_after_freeze, "amended_after_freeze", first_within=boxes
        )
        self._restow = world.quota(rates.restowed, "restowed", first_within=400)
        self._owed = 0
        """Cartons that will change places with the next alike carton."""
        self._take_out = world.quota(rates.taken_out, "taken_out", first_within=800)

    def take(self, box: Box) -> None:
        """Begin to stage: the manifest is filed."""
        times = self._times
        self._world.after(times.staging_s, partial(self._stage, box, box.manifests))
        if box.manifests > 1:
            return
        if len(box.lots) > 1 and self._cancel.hit():
            self._world.after(times.change_after_freeze_s, partial(self._withdraw, box))
        elif self._amend.hit():
            self._world.after(times.change_after_freeze_s, partial(self._rename, box))

    def _withdraw(self, box: Box) -> None:
        """Cancel a lot on a filed manifest: its dead freight is due."""
        lot = min(box.lots, key=lambda lot: len(lot.cartons))
        if box.stuffed or not box.frozen or lot.gone:
            return
        lot.gone = "cancelled"
        self._world.handled["cancelled_after_freeze"] += 1
        fee_cm3 = sum(carton.volume_cm3 for carton in lot.in_hand)
        cancelled = ConsignmentCancelled(
            consignment_id=lot.id, reason="letter of credit withdrawn", fee_basis_cm3=fee_cm3
        )
        self._world.emit(cancelled, BOOKING)

    def _rename(self, box: Box) -> None:
        """Amend the consignee of a lot, and file the manifest again."""
        if box.stuffed or not box.frozen:
            return
        lot = box.lots[0]
        self._world.handled["amended_after_freeze"] += 1
        amended = ConsignmentAmended(
            consignment_id=lot.id,
            reason="consignee changed after the manifest",
            consignee=f"{lot.booking.consignee}-B",
        )
        self._world.emit(amended, BOOKING)
        self.desk.reopen(box, f"consignee of {lot.id} changed")
        self._world.after(self._times.shut_out_retry_s, partial(self.desk.file, box))

    def _stage(self, box: Box, manifest: int) -> None:
        if not box.frozen or box.manifests != manifest:
            return
        world, times = self._world, self._times
        at = world.now
        for place in _in_order(box):
            at += timedelta(seconds=times.stage_s)
            staged = UnitStaged(
                unit_id=place.unit_id,
                consignment_id=place.consignment_id,
                door=_door(box),
                sequence=place.sequence,
            )
            world.emit(staged, WAREHOUSE, at=at)
        staged_s = (at - world.now).total_seconds()
        wait_s = max(staged_s + times.door_before_crew_s, times.door_least_s)
        world.engine.schedule(self._crew_at(wait_s), partial(self._begin, box, manifest))

    def _crew_at(self, least_s: float) -> datetime:
        """Return when a crew begins that is needed so long from now."""
        world = self._world
        grid_s = world.parameters.times.crews_begin_every_s
        since_s = (world.now - world.parameters.day_at).total_seconds() + least_s
        return world.parameters.day_at + timedelta(seconds=ceil(since_s / grid_s) * grid_s)

    def _begin(self, box: Box, manifest: int) -> None:
        """Stuff when customs has released all and nothing is held; shut out what stays blocked."""
        world = self._world
        if not box.frozen or box.manifests != manifest:
            return
        withdrawn = {lot.id: lot.gone for lot in box.lots if lot.gone}
        blocked = {
            lot.id: "blocked by customs" for lot in box.lots if lot.holds or not lot.released
        }
        retry_s = self._times.shut_out_retry_s
        too_late = world.now + timedelta(seconds=3 * retry_s) > self.desk.last_start_at(box)
        if withdrawn or (blocked and too_late):
            self._shut_out(box, withdrawn or blocked)
        elif blocked:
            world.after(retry_s, partial(self._begin, box, manifest))
        else:
            self._stuff(box)

    def _shut_out(self, box: Box, troubles: dict[str, str]) -> None:
        self._world.handled["shut_out"] += len(troubles)
        reason = "; ".join(f"{lot}: {why}" for lot, why in sorted(troubles.items()))
        self.desk.reopen(box, reason)
        self.desk.replan_without(box, troubles)

    def _stuff(self, box: Box) -> None:
        world, now = self._world, self._world.now
        box.stuffed = True
        started = StuffingStarted(
            consolidation_id=box.id, equipment_ref=box.equipment_ref, door=_door(box), crew="C1"
        )
        world.emit(started, DESK)
        first_at = now + timedelta(seconds=self._times.first_carton_after_s)
        # The hub must have stored these events before the crew loads the first carton.
        world.engine.schedule(first_at, partial(self._load, box), gate=Gate(at=first_at))

    def _load(self, box: Box) -> None:
        world, at = self._world, self._world.now
        for place, deviation in self._as_stowed(box):
            at += timedelta(seconds=self._times.stow_s)
            self._stow(box, place, deviation, at)
        completed_at = at + timedelta(seconds=self._times.doors_shut_after_s)
        completed = StuffingCompleted(
            consolidation_id=box.id,
            door=_door(box),
            crew="C1",
            dunnage_g=self._times.dunnage_g,
        )
        world.emit(completed, DESK, at=completed_at)
        world.engine.schedule(completed_at, partial(self._gate.seal, box))

    def _as_stowed(self, box: Box) -> list[tuple[Placement, str]]:
        """The plan's placements in order; now and then two alike cartons of a lot change places."""
        places = _in_order(box)
        notes = [""] * len(places)
        for index, place in enumerate(places):
            self._owed += self._restow.hit()
            if notes[index] or not self._owed:
                continue
            other = _find_alike(places, notes, index)
            if other is None:
                continue
            self._owed -= 1
            twin = places[other]
            places[index] = msgspec.structs.replace(place, unit_id=twin.unit_id)
            places[other] = msgspec.structs.replace(twin, unit_id=place.unit_id)
            notes[index] = f"changed places with {place.unit_id}, a carton alike"
            notes[other] = f"changed places with {twin.unit_id}, a carton alike"
            self._world.handled["restowed"] += 1
            box.deviations += 2
        return list(zip(places, notes, strict=True))

    def _stow(self, box: Box, place: Placement, deviation: str, at: datetime) -> None:
        world = self._world
        loaded = UnitLoaded(
            unit_id=place.unit_id,
            consignment_id=place.consignment_id,
            equipment_ref=box.equipment_ref,
            consolidation_id=box.id,
            standing=Standing(
                x_mm=place.x_mm,
                y_mm=place.y_mm,
                z_mm=place.z_mm,
                dx_mm=place.dx_mm,
                dy_mm=place.dy_mm,
                dz_mm=place.dz_mm,
            ),
            as_planned=not deviation,
            deviation=deviation,
        )
        world.emit(loaded, WAREHOUSE, at=at)
        if self._take_out.hit():
            world.handled["taken_out"] += 1
            out = UnitUnloaded(
                unit_id=place.unit_id,
                consignment_id=place.consignment_id,
                equipment_ref=box.equipment_ref,
                reason="marks read again",
            )
            looked_at = timedelta(seconds=self._times.taken_out_s)
            world.emit(out, WAREHOUSE, at=at + looked_at)
            world.emit(loaded, WAREHOUSE, at=at + 2 * looked_at)


def _door(box: Box) -> str:
    return f"DOOR-{1 + sum(box.id.encode()) % 16:02d}"


def _in_order(box: Box) -> list[Placement]:
    return sorted(box.plan.placements, key=lambda placement: placement.sequence)


def _find_alike(places: list[Placement], notes: list[str], index: int) -> int | None:
    """Return the next carton of the same lot and size that has kept its place so far."""

    def shape(place: Placement) -> tuple[str, int, int, int]:
        return (place.consignment_id, place.dx_mm, place.dy_mm, place.dz_mm)

    for other in range(index + 1, min(index + 40, len(places))):
        if not notes[other] and shape(places[other]) == shape(places[index]):
            return other
    return None
