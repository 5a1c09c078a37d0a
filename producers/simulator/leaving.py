"""From the closed container to the ship: seal, weigh, gate out, board."""

from datetime import datetime, timedelta
from functools import partial

from groupage.domain.events.equipment import (
    ContainerGatedOut,
    ContainerOnBoard,
    ContainerResealed,
    ContainerSealed,
    VgmVerified,
)
from producers.simulator.boxes import Box, leave_by_at
from producers.simulator.event_emitter import DEPOT, DESK
from producers.simulator.missed_cutoffs import CutoffDesk
from producers.simulator.planbook import PlanBook
from producers.simulator.world import World
from producers.simulator.yard import Yard


class Gatekeepers:
    """Takes each stuffed container from the seal to the ship."""

    def __init__(self, world: World, book: PlanBook, yard: Yard, cutoffs: CutoffDesk) -> None:
        self._world = world
        self._times = world.parameters.times
        self._book = book
        self._yard = yard
        self._cutoffs = cutoffs
        rates, boxes = world.parameters.rates, world.parameters.sizes.boxes_least
        self._misread = world.quota(rates.vgm_mismatch, "vgm_mismatch", first_within=boxes)
        self._broken = world.quota(rates.seal_broken, "seal_broken", first_within=boxes)

    def seal(self, box: Box) -> None:
        """Seal the closed container."""
        world, number = self._world, box.equipment_ref
        sealed_at = world.now + timedelta(seconds=self._times.sealed_after_s)
        sealed = ContainerSealed(equipment_ref=number, seal_no=box.seal_no, consolidation_id=box.id)
        world.emit(sealed, DESK, at=sealed_at)
        if self._cutoffs.vgm_comes_late():
            self._wait_for_vgm(box)
        else:
            weighed_at = sealed_at + timedelta(seconds=self._times.weighed_after_s)
            self._weigh_and_go(box, weighed_at)

    def _wait_for_vgm(self, box: Box) -> None:
        """Weigh late, after the VGM cut-off: a container without a VGM stays."""
        known_at = self._cutoffs.vgm_known_at(box)
        missed_at = max(self._cutoffs.vgm_missed_at(box), self._world.now)
        self._world.engine.schedule(missed_at, partial(self._cutoffs.miss_vgm, box))
        self._weigh(box, self._gross_g(box), max(known_at, missed_at))

    def _weigh_and_go(self, box: Box, weighed_at: datetime) -> None:
        world, times, true_g = self._world, self._times, self._gross_g(box)
        if self._misread.hit():
            world.handled["vgm_mismatch"] += 1
            wrong_g = max(int(true_g * times.misread_share), times.misread_least_g)
            self._weigh(box, true_g + wrong_g, weighed_at)
            weighed_at += timedelta(seconds=times.weighed_again_after_s)
        self._weigh(box, true_g, weighed_at)
        if self._broken.hit():
            world.handled["seal_broken"] += 1
            found_at = weighed_at + timedelta(seconds=times.seal_found_broken_s)
            world.engine.schedule(found_at, partial(self._reseal, box))
        tractor_at = self._tractor_at(box, weighed_at)
        # A tractor that comes by its route before the box is ready waits. Near the deadline of the
        # terminal it stands ready at the weighbridge.
        least_at = weighed_at + timedelta(seconds=times.gate_after_weighing_s)
        out_at = max(least_at, min(tractor_at, leave_by_at(box, times)))
        world.engine.schedule(out_at, partial(self._gate_out, box))

    def _tractor_at(self, box: Box, weighed_at: datetime) -> datetime:
        """Return when a tractor takes it: by the published route, or the next free one."""
        for route in self._book.routes(box.sailing.lane_id):
            for stop in route.stops:
                if stop.action == "collect_container" and stop.reference == box.id:
                    box.tractor = route.truck_id
                    return stop.leave_at
        wait_s = self._world.span(*self._times.tractor_comes_s, "tractor", box.id)
        return weighed_at + timedelta(seconds=wait_s)

    def _gross_g(self, box: Box) -> int:
        container = self._yard.ready_container(box.id)
        assert container is not None, box.id
        cargo_g = sum(carton.gross_g for lot in box.lots for carton in lot.in_hand)
        return container.tare_g + cargo_g + self._times.dunnage_g

    def _weigh(self, box: Box, gross_g: int, at: datetime) -> None:
        """Return the mass in whole steps of the weighbridge."""
        step_g = self._times.weighbridge_step_g
        verified = VgmVerified(
            equipment_ref=box.equipment_ref,
            gross_g=round(gross_g / step_g) * step_g,
            method="SM1",
            device="WB-1",
            party="hub",
            consolidation_id=box.id,
        )
        self._world.emit(verified, DESK, at=at)

    def _reseal(self, box: Box) -> None:
        old, box.seal_no = box.seal_no, f"{box.seal_no}R"
        resealed = ContainerResealed(
            equipment_ref=box.equipment_ref,
            seal_no=box.seal_no,
            old_seal_no=old,
            reason="bolt found broken in the yard",
        )
        self._world.emit(resealed, DESK)

    def _gate_out(self, box: Box) -> None:
        world = self._world
        box.gated_out_at = world.now
        for lot in box.lots:
            lot.departed = True
        plate = box.tractor or f"ZB{int(world.span(10_000, 99_999, 'haul', box.id))}"
        how = "by published routes" if box.tractor else "by the next free tractor"
        world.transport[f"hauled {how}"] += 1
        gone = ContainerGatedOut(
            equipment_ref=box.equipment_ref, plate=plate, consolidation_id=box.id
        )
        world.emit(gone, DESK)
        self._board(box)

    def _board(self, box: Box) -> None:
        """Load the container on the ship or train; try later if that is delayed."""
        world = self._world
        due_at = box.sailing.etd_at - timedelta(seconds=self._times.on_board_before_etd_s)
        if world.now < due_at:
            world.engine.schedule(due_at, partial(self._board, box))
            return
        on_board = ContainerOnBoard(
            equipment_ref=box.equipment_ref, voyage_id=box.sailing.voyage_id
        )
        world.emit(on_board, DEPOT)
