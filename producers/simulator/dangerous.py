"""Declared dangerous goods: their papers, missing papers, and the DG desk's decision."""

from datetime import timedelta
from functools import partial

from groupage.domain.events.consignment import (
    ConsignmentRejected,
    ConsignmentReturned,
    DgApproved,
    DgDeclared,
    DgRejected,
    HoldPlaced,
    HoldReleased,
)
from producers.simulator.event_emitter import BOOKING, DESK
from producers.simulator.lots import DANGEROUS, Lot
from producers.simulator.world import World


class DangerousDesk:
    """Judges a declaration when its papers are complete; until then the lot is quarantined."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._times = world.parameters.times

    def declare(self, lot: Lot) -> None:
        """Emit the shipper's declaration of the goods."""
        if "dangerous_docs_missing" not in lot.exceptions:
            self._complete(lot)
            return
        self._world.emit(DgDeclared(consignment_id=lot.id, goods=(DANGEROUS,)), BOOKING)
        self._world.after(self._times.dg_papers_looked_at_s, partial(self._quarantine, lot))

    def _complete(self, lot: Lot) -> None:
        goods = DgDeclared(consignment_id=lot.id, goods=(DANGEROUS,), msds_ref=f"MSDS-{lot.id}")
        self._world.emit(goods, BOOKING)
        self._world.after(self._times.dg_judged_after_s, partial(self._judge, lot))

    def _quarantine(self, lot: Lot) -> None:
        world, times = self._world, self._times
        hold_id = f"H-{lot.id}-DG"
        lot.holds.add(hold_id)
        held = HoldPlaced(
            consignment_id=lot.id,
            hold_id=hold_id,
            hold="DG",
            by="DG desk",
            reason="declared without a safety data sheet",
        )
        world.handled["dangerous_docs_missing"] += 1
        world.emit(held, DESK)
        wait_s = world.span(times.dg_papers_from_s, times.dg_papers_until_s, "msds", lot.id)
        world.after(wait_s, partial(self._papers_come, lot, hold_id))

    def _papers_come(self, lot: Lot, hold_id: str) -> None:
        lot.holds.discard(hold_id)
        self._complete(lot)
        released = HoldReleased(consignment_id=lot.id, hold_id=hold_id, by="DG desk")
        self._world.emit(released, DESK)

    def _judge(self, lot: Lot) -> None:
        if lot.arrived and not lot.tallied:
            # Nobody stops a truck half unloaded; the goods stand apart.
            self._world.after(self._times.dg_looked_at_again_s, partial(self._judge, lot))
            return
        self._world.handled["dangerous"] += 1
        if "dangerous_rejected" in lot.exceptions:
            self._world.handled["dangerous_rejected"] += 1
            self._refuse(lot)
        else:
            self._world.emit(DgApproved(consignment_id=lot.id, by="DG desk"), DESK)

    def _refuse(self, lot: Lot) -> None:
        """Reject the booking; cargo at the hub goes back."""
        lot.gone = "dangerous goods refused"
        reason = "no class 2.1 in a general LCL box"
        self._world.emit(DgRejected(consignment_id=lot.id, reason=reason), DESK)
        if not lot.arrived:
            self._world.emit(ConsignmentRejected(consignment_id=lot.id, reason=reason), DESK)
            return
        returned_at = self._world.now + timedelta(seconds=self._times.dg_returned_after_s)
        returned = ConsignmentReturned(consignment_id=lot.id, reason=reason)
        self._world.emit(returned, DESK, at=returned_at)
