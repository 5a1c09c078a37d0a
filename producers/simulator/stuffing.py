"""From the manifest to the ship: stage, stow as planned, seal, weigh, gate out, board."""

from datetime import datetime, timedelta
from functools import partial
from math import ceil

import msgspec

from groupage.domain.events.consignment import ConsignmentAmended, ConsignmentCancelled
from groupage.domain.events.consolidation import StuffingCompleted, StuffingStarted
from groupage.domain.events.equipment import (
    ContainerGatedOut,
    ContainerOnBoard,
    ContainerResealed,
    ContainerSealed,
    VgmVerified,
)
from groupage.domain.events.unit import Standing, UnitLoaded, UnitStaged, UnitUnloaded
from groupage.domain.plan import Placement
from producers.simulator.engine import Gate
from producers.simulator.manifests import Box, ManifestDesk
from producers.simulator.voice import BOOKING, DEPOT, DESK, WAREHOUSE
from producers.simulator.world import World
from producers.simulator.yard import Yard

_RETRY_S = 1_800
_HURRY = timedelta(seconds=960)
"""Longer than a reseal takes."""
_DUNNAGE_G = 80_000
"""Nets, air bags, a few boards. Assumption."""


class StuffingCrew:
    """Stages and stows what the manifest lists, carton by carton in the plan's order."""

    def __init__(self, world: World, yard: Yard) -> None:
        self._world = world
        self._yard = yard
        self.desk: ManifestDesk
        rates = world.parameters.rates
        self._cancel = world.quota(
            rates.cancelled_after_freeze, "cancelled_after_freeze", first_within=6
        )
        self._amend = world.quota(
            rates.amended_after_freeze, "amended_after_freeze", first_within=6
        )
        self._misread = world.quota(rates.vgm_mismatch, "vgm_mismatch", first_within=6)
        self._broken = world.quota(rates.seal_broken, "seal_broken", first_within=6)
        self._restow = world.quota(rates.restowed, "restowed", first_within=400)
        self._take_out = world.quota(rates.taken_out, "taken_out", first_within=800)

    def take(self, box: Box) -> None:
        """The manifest is filed."""
        times = self._world.parameters.times
        self._world.after(times.staging_s, partial(self._stage, box, box.manifests))
        if box.manifests > 1:
            return
        if len(box.lots) > 1 and self._cancel.hit():
            self._world.after(2_000, partial(self._withdraw, box))
        elif self._amend.hit():
            self._world.after(2_000, partial(self._rename, box))

    def _withdraw(self, box: Box) -> None:
        """A shipper cancels although the manifest is filed: the dead freight is due."""
        lot = min(box.lots, key=lambda one: len(one.cartons))
        if box.stuffed or not box.frozen or lot.gone:
            return
        lot.gone = "cancelled"
        self._world.handled["cancelled_after_freeze"] += 1
        fee_cm3 = sum(one.volume_cm3 for one in lot.in_hand)
        cancelled = ConsignmentCancelled(
            consignment_id=lot.id, reason="letter of credit withdrawn", fee_basis_cm3=fee_cm3
        )
        self._world.say(cancelled, BOOKING)

    def _rename(self, box: Box) -> None:
        """Another consignee on one bill: the manifest of the whole box is filed again."""
        if box.stuffed or not box.frozen:
            return
        lot = box.lots[0]
        self._world.handled["amended_after_freeze"] += 1
        amended = ConsignmentAmended(
            consignment_id=lot.id,
            reason="consignee changed after the manifest",
            consignee=f"{lot.booking.consignee}-B",
        )
        self._world.say(amended, BOOKING)
        self.desk.reopen(box, f"consignee of {lot.id} changed")
        self._world.after(_RETRY_S, partial(self.desk.file, box))

    def _stage(self, box: Box, manifest: int) -> None:
        if not box.frozen or box.manifests != manifest:
            return
        world, times = self._world, self._world.parameters.times
        at = world.now
        for place in _in_order(box):
            at += timedelta(seconds=times.stage_s)
            staged = UnitStaged(
                unit_id=place.unit_id,
                consignment_id=place.consignment_id,
                door=_door(box),
                sequence=place.sequence,
            )
            world.say(staged, WAREHOUSE, at=at)
        staged_s = (at - world.now).total_seconds()
        wait_s = max(staged_s + 1_500, 3_600)
        world.engine.schedule(self._crew_at(wait_s), partial(self._begin, box, manifest))

    def _crew_at(self, least_s: float) -> datetime:
        """When a crew begins that is wanted so long from now."""
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
        too_late = world.now + timedelta(seconds=3 * _RETRY_S) > self.desk.last_start_at(box)
        if withdrawn or (blocked and too_late):
            self._shut_out(box, withdrawn or blocked)
        elif blocked:
            world.after(_RETRY_S, partial(self._begin, box, manifest))
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
        world.say(started, DESK)
        first_at = now + timedelta(seconds=120)
        # The crew's screens must show what was said before the first carton goes in.
        world.engine.schedule(first_at, partial(self._load, box), gate=Gate(at=first_at))

    def _load(self, box: Box) -> None:
        world, at = self._world, self._world.now
        for place, deviation in self._as_stowed(box):
            at += timedelta(seconds=world.parameters.times.stow_s)
            self._stow(box, place, deviation, at)
        completed_at = at + timedelta(seconds=300)
        completed = StuffingCompleted(consolidation_id=box.id, door=_door(box), crew="C1")
        world.say(completed, DESK, at=completed_at)
        world.engine.schedule(completed_at, partial(self._seal, box))

    def _as_stowed(self, box: Box) -> list[tuple[Placement, str]]:
        """The plan's placements in order; now and then two alike cartons of a lot change places."""
        places = _in_order(box)
        notes = [""] * len(places)
        for index, place in enumerate(places):
            if notes[index] or not self._restow.hit():
                continue
            other = _alike(places, notes, index)
            if other is None:
                continue
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
        world.say(loaded, WAREHOUSE, at=at)
        if self._take_out.hit():
            world.handled["taken_out"] += 1
            out = UnitUnloaded(
                unit_id=place.unit_id,
                consignment_id=place.consignment_id,
                equipment_ref=box.equipment_ref,
                reason="marks read again",
            )
            world.say(out, WAREHOUSE, at=at + timedelta(seconds=3))
            world.say(loaded, WAREHOUSE, at=at + timedelta(seconds=6))

    def _seal(self, box: Box) -> None:
        world, number = self._world, box.equipment_ref
        sealed_at = world.now + timedelta(seconds=600)
        sealed = ContainerSealed(equipment_ref=number, seal_no=box.seal_no, consolidation_id=box.id)
        world.say(sealed, DESK, at=sealed_at)
        weighed_at = sealed_at + timedelta(seconds=900)
        true_g = self._gross_g(box)
        if self._misread.hit():
            world.handled["vgm_mismatch"] += 1
            self._weigh(box, true_g + max(true_g // 8, 1_500_000), weighed_at)
            weighed_at += timedelta(seconds=2_400)
        self._weigh(box, true_g, weighed_at)
        if self._broken.hit():
            world.handled["seal_broken"] += 1
            world.engine.schedule(weighed_at + timedelta(seconds=900), partial(self._reseal, box))
        usual_at = weighed_at + timedelta(seconds=world.span(3_600, 7_200, "tractor", box.id))
        # Near the terminal's deadline the tractor stands ready at the weighbridge.
        out_at = max(weighed_at + _HURRY, min(usual_at, self.desk.leave_by_at(box)))
        world.engine.schedule(out_at, partial(self._gate_out, box))

    def _gross_g(self, box: Box) -> int:
        container = self._yard.ready(box.id)
        assert container is not None, box.id
        cargo_g = sum(one.gross_g for lot in box.lots for one in lot.in_hand)
        return container.tare_g + cargo_g + _DUNNAGE_G

    def _weigh(self, box: Box, gross_g: int, at: datetime) -> None:
        """The weighbridge shows steps of 20 kg."""
        verified = VgmVerified(
            equipment_ref=box.equipment_ref,
            gross_g=round(gross_g / 20_000) * 20_000,
            method="SM1",
            device="WB-1",
            party="hub",
            consolidation_id=box.id,
        )
        self._world.say(verified, DESK, at=at)

    def _reseal(self, box: Box) -> None:
        old, box.seal_no = box.seal_no, f"{box.seal_no}R"
        resealed = ContainerResealed(
            equipment_ref=box.equipment_ref,
            seal_no=box.seal_no,
            old_seal_no=old,
            reason="bolt found broken in the yard",
        )
        self._world.say(resealed, DESK)

    def _gate_out(self, box: Box) -> None:
        world = self._world
        box.gated_out_at = world.now
        for lot in box.lots:
            lot.departed = True
        plate = f"ZB{int(world.span(10_000, 99_999, 'haul', box.id))}"
        gone = ContainerGatedOut(
            equipment_ref=box.equipment_ref, plate=plate, consolidation_id=box.id
        )
        world.say(gone, DESK)
        self._board(box)

    def _board(self, box: Box) -> None:
        """Loaded on the ship or train two hours before it leaves; asks again when it is delayed."""
        world = self._world
        due_at = box.sailing.etd_at - timedelta(hours=2)
        if world.now < due_at:
            world.engine.schedule(due_at, partial(self._board, box))
            return
        on_board = ContainerOnBoard(
            equipment_ref=box.equipment_ref, voyage_id=box.sailing.voyage_id
        )
        world.say(on_board, DEPOT)


def _door(box: Box) -> str:
    return f"DOOR-{1 + sum(box.id.encode()) % 16:02d}"


def _in_order(box: Box) -> list[Placement]:
    return sorted(box.plan.placements, key=lambda one: one.sequence)


def _alike(places: list[Placement], notes: list[str], index: int) -> int | None:
    """The next carton of the same lot and size that keeps its own place so far."""

    def shape(place: Placement) -> tuple[str, int, int, int]:
        return (place.consignment_id, place.dx_mm, place.dy_mm, place.dz_mm)

    for other in range(index + 1, min(index + 40, len(places))):
        if not notes[other] and shape(places[other]) == shape(places[index]):
            return other
    return None
