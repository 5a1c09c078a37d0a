"""From cargo close to the manifest: the last plan, empties, and which lots it lists."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from groupage.domain.commands import ReplanLane, RollConsignment
from groupage.domain.events.consolidation import (
    ConsolidationBooked,
    ConsolidationBrokenUp,
    ConsolidationCancelled,
    ConsolidationFrozen,
    ConsolidationUnfrozen,
)
from groupage.domain.plan import PlannedContainer
from producers.simulator.boxes import Box
from producers.simulator.engine import Gate
from producers.simulator.event_emitter import DESK
from producers.simulator.lots import Lot
from producers.simulator.missed_cutoffs import CutoffDesk
from producers.simulator.planbook import PlanBook
from producers.simulator.sailings import Sailing
from producers.simulator.world import World
from producers.simulator.yard import Yard

_ATTEMPTS_MAX = 4
"""Attempts with another plan before the desk gives a consolidation up."""


class ManifestDesk:
    """Closes departures.

    `on_planned` hears of each lane whose plan was waited for, `on_frozen` takes over each box whose
    manifest is filed.
    """

    def __init__(
        self,
        world: World,
        book: PlanBook,
        yard: Yard,
        cutoffs: CutoffDesk,
        *,
        on_planned: Callable[[str], None],
        on_frozen: Callable[[Box], None],
    ) -> None:
        self._world = world
        self._book = book
        self._yard = yard
        self._cutoffs = cutoffs
        self._on_planned = on_planned
        self._on_frozen = on_frozen
        self._commands = 0
        self.boxes: dict[str, Box] = {}

    def start(self, sailings: list[Sailing]) -> None:
        """Put plans, empties, cargo close and manifest of each departure on the agenda."""
        times, engine = self._world.parameters.times, self._world.engine
        for sailing in sailings:
            if sailing.index > 0:
                continue
            for hours in times.rounds_before_lco_h:
                at = sailing.lco_at - timedelta(hours=hours)
                engine.schedule(at, partial(self.replan, sailing, "planning round"))
                self._await_plan(sailing, at + timedelta(seconds=times.plan_patience_s), since=at)
            first = sailing.lco_at - timedelta(seconds=times.empties_before_lco_s)
            while first < sailing.lco_at:
                engine.schedule(first, partial(self._order_empties, sailing))
                first += timedelta(seconds=times.empties_again_every_s)
            last_call_at = sailing.lco_at - timedelta(seconds=times.last_call_before_lco_s)
            call = partial(self.replan, sailing, "last call before cargo closes")
            engine.schedule(last_call_at, call)
            # The day does not pass the cut-off before the plan that was asked for is known.
            self._await_plan(sailing, sailing.lco_at, since=last_call_at)
            # For what the last plan opened: from the stock beside the hub, or its papers are late.
            engine.schedule(sailing.lco_at, partial(self._order_empties, sailing, urgent=True))
            at = sailing.lco_at + timedelta(seconds=times.freeze_after_lco_s)
            self._await_plan(sailing, at, since=last_call_at)
            engine.schedule(at, partial(self._file_all, sailing))

    def _await_plan(self, sailing: Sailing, at: datetime, *, since: datetime) -> None:
        """Stop the day at `at` until the lane has its plan."""
        gate = Gate(at=at, lane_id=sailing.lane_id, since=since)
        self._world.engine.schedule(at, partial(self._on_planned, sailing.lane_id), gate=gate)

    def _containers_of(self, sailing: Sailing) -> list[PlannedContainer]:
        containers = self._book.containers(sailing.lane_id).values()
        mine = [container for container in containers if container.voyage_id == sailing.voyage_id]
        return sorted(mine, key=lambda container: container.consolidation_id)

    def _order_empties(self, sailing: Sailing, *, urgent: bool = False) -> None:
        for container in self._containers_of(sailing):
            self._order(sailing, container, urgent=urgent)

    def _order(self, sailing: Sailing, container: PlannedContainer, *, urgent: bool) -> None:
        self._yard.order(
            container.consolidation_id,
            iso_type=container.spec.iso_type,
            carrier_booking_id=sailing.carrier_booking_id,
            urgent=urgent,
        )

    def replan(self, sailing: Sailing, reason: str) -> None:
        """Command a new plan of the lane."""
        self._commands += 1
        command_id = f"CMD-{sailing.voyage_id}-{self._commands}"
        wish = ReplanLane(
            command_id=command_id, by="dispatcher-1", reason=reason, lane_id=sailing.lane_id
        )
        self._world.emit(wish, DESK)

    def _roll(self, sailing: Sailing, lot_id: str, reason: str) -> None:
        self._commands += 1
        command = RollConsignment(
            command_id=f"CMD-{sailing.voyage_id}-{self._commands}",
            by="dispatcher-1",
            reason=reason,
            lane_id=sailing.lane_id,
            consignment_id=lot_id,
            from_voyage_id=sailing.voyage_id,
        )
        self._world.handled["rolled_by_dispatcher"] += 1
        self._world.emit(command, DESK)

    def _file_all(self, sailing: Sailing) -> None:
        self._order_empties(sailing, urgent=True)
        plan_id = self._book.plan_id(sailing.lane_id)
        for container in self._containers_of(sailing):
            box = Box(container.consolidation_id, sailing, container, plan_id)
            self.boxes[box.id] = box
            booked = ConsolidationBooked(
                consolidation_id=box.id,
                carrier_booking_id=f"{sailing.carrier_booking_id}-{container.spec.iso_type}",
            )
            self._world.emit(booked, DESK)
            self.file(box)

    def _miss_documents(self, box: Box) -> None:
        """React to a documents cut-off without a manifest."""
        if self._refresh(box) and self._cutoffs.miss_documents(box):
            self.replan(box.sailing, f"{box.id} was dissolved")

    def file(self, box: Box) -> None:
        """File the manifest if everything is ready; else wait, or command another plan."""
        if box.gone or not self._refresh(box):
            return
        container = self._yard.ready_container(box.id)
        if container is None:
            self._order(box.sailing, box.plan, urgent=True)
            self._retry(box)
            return
        known = self._world.lots
        lots = {name: known.get(name) for name in box.plan.consignment_ids}
        troubles = {
            name: trouble for name, lot in lots.items() if (trouble := self._trouble(box, lot))
        }
        if not troubles:
            box.equipment_ref = container.equipment_ref
            box.lots = [lot for lot in lots.values() if lot is not None]
            if self._cutoffs.documents_come_late(box):
                at = self._cutoffs.documents_missed_at(box)
                self._world.engine.schedule(at, partial(self._miss_documents, box))
            else:
                self._freeze(box)
        elif set(troubles.values()) == {"wait"} and self._world.now < self._patience_ends(box):
            self._retry(box)
        else:
            self.replan_without(box, troubles)

    def _refresh(self, box: Box) -> bool:
        """Read its load plan from the plan in force; return False if that has none."""
        plan = self._book.container(box.sailing.lane_id, box.id)
        if plan is None or not plan.placements:
            box.gone = "dropped by a later plan"
            cancelled = ConsolidationCancelled(consolidation_id=box.id, reason=box.gone)
            self._world.emit(cancelled, DESK)
            return False
        box.plan, box.plan_id = plan, self._book.plan_id(box.sailing.lane_id)
        return True

    def _patience_ends(self, box: Box) -> datetime:
        patience_s = self._world.parameters.times.patience_after_lco_s
        return box.sailing.lco_at + timedelta(seconds=patience_s)

    def last_start_at(self, box: Box) -> datetime:
        """Stuffing that starts later misses the terminal's deadline."""
        times = self._world.parameters.times
        stow_s = times.stow_s * len(box.plan.placements)
        spare_s = times.haul_s + times.start_spare_s + stow_s
        return box.sailing.pco_at(times) - timedelta(seconds=spare_s)

    def _trouble(self, box: Box, lot: Lot | None) -> str:
        """Return why the manifest cannot list the lot now: `wait` if it soon can.

        None stands for a consignment that another simulated day left on the hub: its cartons are
        not in this warehouse.
        """
        if lot is None:
            return "its cartons are not here"
        if lot.gone:
            return lot.gone
        if not lot.arrived:
            return "not at the hub"
        if lot.manifested_in not in ("", box.id):
            return "the plan is older than another box's manifest"
        planned = {
            placement.unit_id
            for placement in box.plan.placements
            if placement.consignment_id == lot.id
        }
        if lot.can_travel and planned != {carton.unit_id for carton in lot.in_hand}:
            return "the plan does not know all its cartons"
        return "" if lot.can_travel else "wait"

    def _retry(self, box: Box, *, since: datetime | None = None) -> None:
        """Try again later, with a newer plan if the desk commanded one."""
        now, times = self._world.now, self._world.parameters.times
        at = now + timedelta(seconds=times.manifest_retry_s)
        stage_s = times.stage_s * len(box.plan.placements)
        staged_s = max(stage_s + times.door_before_crew_s, times.door_least_s)
        ready_s = times.staging_s + staged_s + times.crews_begin_every_s
        if at + timedelta(seconds=ready_s) > self.last_start_at(box):
            self._give_up(box)
            return
        # No plan may be on its way: it would not know of the manifest that is about to be filed.
        gate = Gate(at=at, lane_id=box.sailing.lane_id, since=since)
        self._world.engine.schedule(at, partial(self.file, box), gate=gate)

    def _give_up(self, box: Box) -> None:
        box.gone = "not complete before the terminal's deadline"
        self._world.handled["broken_up"] += 1
        for lot in box.lots:
            lot.manifested_in = ""
        broken = ConsolidationBrokenUp(consolidation_id=box.id, reason=box.gone)
        self._world.emit(broken, DESK)

    def replan_without(self, box: Box, troubles: dict[str, str]) -> None:
        """Roll the lots that cannot travel, and wait for a plan without them."""
        box.attempts += 1
        if box.attempts > _ATTEMPTS_MAX:
            self._give_up(box)
            return
        for lot_id, trouble in sorted(troubles.items()):
            lot = self._world.lots.get(lot_id)
            if (lot is None or not lot.gone) and "plan" not in trouble:
                self._roll(box.sailing, lot_id, trouble)
        self.replan(box.sailing, "; ".join(sorted(set(troubles.values()))))
        self._retry(box, since=self._world.now)

    def _freeze(self, box: Box) -> None:
        box.manifests += 1
        box.frozen = True
        box.seal_no = f"SL{box.equipment_ref[4:]}{box.manifests}"
        frozen = ConsolidationFrozen(
            consolidation_id=box.id,
            manifest_ref=f"MF-{box.id}-{box.manifests}",
            equipment_ref=box.equipment_ref,
            seal_no=box.seal_no,
            consignment_ids=tuple(lot.id for lot in box.lots),
        )
        for lot in box.lots:
            lot.manifested_in = box.id
        if box.manifests > 1:
            self._world.handled["manifest_resubmitted"] += 1
        self._world.emit(frozen, DESK)
        now = self._world.now
        self._world.engine.schedule(now, _go_on, gate=Gate(at=now))
        self._on_frozen(box)

    def reopen(self, box: Box, reason: str) -> None:
        """Unfreeze: withdraw the manifest."""
        box.frozen = False
        for lot in box.lots:
            lot.manifested_in = ""
        self._world.emit(
            ConsolidationUnfrozen(consolidation_id=box.id, reason=reason, by="dispatcher-1"), DESK
        )


def _go_on() -> None:
    """Do nothing: the gate of this action is what counts."""
