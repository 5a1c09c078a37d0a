"""The tally desk: how people handle cargo that differs from its announcement."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from groupage.domain.events.base import Dimensions
from groupage.domain.events.consignment import (
    ConsignmentCancelled,
    ConsignmentReturned,
    DgDeclared,
    DgRejected,
    DiscrepancyAccepted,
    HoldPlaced,
    HoldReleased,
    HoldType,
    ReceiptDiscrepancy,
    RerateAccepted,
)
from groupage.domain.events.unit import UnitRepacked, UnitStored
from groupage.domain.units import volume_cm3
from producers.simulator.backorders import BackOrders
from producers.simulator.event_emitter import BOOKING, DESK, WAREHOUSE
from producers.simulator.lots import DANGEROUS, TOLERANCE, Carton, Lot, sscc
from producers.simulator.world import World


class TallyDesk:
    """Follows each lot up until it is fit to travel, or is not going to.

    `on_received` hears of lots that are complete, `expect` of what still comes.
    """

    def __init__(
        self,
        world: World,
        *,
        on_received: Callable[[Lot], None],
        expect: Callable[[Lot], None],
    ) -> None:
        self._world = world
        self._on_received = on_received
        self._expect = expect
        self._back_orders = BackOrders(world, expect=expect)

    def handle_differences(
        self, lot: Lot, *, missing: frozenset[str], spoilt: frozenset[str]
    ) -> None:
        """Handle what differs, once the lot is counted, measured and stored."""
        lot.tallied, lot.measured_at = True, self._world.now
        self._settle(lot, missing=missing, spoilt=spoilt)
        if lot.gone:
            return
        if self._deviates(lot):
            self._ask(lot, "rerate", partial(self._rerate, lot))
        if "docs_hold" in lot.exceptions:
            self._hold(lot, "DOCS", "commercial invoice missing", "docs_hold")
        if "cancelled_after_receipt" in lot.exceptions:
            times = self._world.parameters.times
            wait_s = self._world.span(*times.cancelled_after_receipt_s, "cancel", lot.id)
            self._world.after(wait_s, partial(self._cancel, lot))
        self._on_received(lot)

    def _settle(self, lot: Lot, *, missing: frozenset[str], spoilt: frozenset[str]) -> None:
        if missing:
            self._discrepancy(lot, "short", missing)
            self._ask(lot, "short", partial(self._handle_shortage, lot, missing))
        if "over" in lot.exceptions:
            self._discrepancy(lot, "over", frozenset({lot.cartons[-1].unit_id}))
            self._ask(lot, "over", partial(self._accept, lot, "accept_over", "over"))
        if "damaged" in lot.exceptions:
            self._discrepancy(lot, "damaged", spoilt)
            self._handle_damage(lot)
        if "wrong_marks" in lot.exceptions:
            self._discrepancy(lot, "marks", spoilt)
            self._hold(lot, "DOCS", "marks do not match the packing list", "wrong_marks")
        if "unfit" in lot.exceptions:
            self._refuse(lot)
        if "dangerous_undeclared" in lot.exceptions:
            self._quarantine(lot)

    def _discrepancy(
        self,
        lot: Lot,
        kind: Literal["short", "over", "damaged", "marks", "unfit"],
        unit_ids: frozenset[str],
    ) -> None:
        found = ReceiptDiscrepancy(
            consignment_id=lot.id,
            discrepancy=kind,
            pieces=len(unit_ids),
            unit_ids=tuple(sorted(unit_ids)),
            photo_ref="" if kind in ("short", "over") else f"PH-{lot.id}",
        )
        self._world.emit(found, DESK)

    def _ask(self, lot: Lot, about: str, answer: Callable[[], None]) -> None:
        """Emit the shipper's answer after a while."""
        lot.agreed = False
        bounds_s = self._world.parameters.times.shipper_answers_s
        self._world.after(self._world.span(*bounds_s, "answer", about, lot.id), answer)

    def _accept(
        self, lot: Lot, decision: Literal["ship_short", "wait", "accept_over"], about: str
    ) -> None:
        lot.agreed = True
        self._world.handled[about] += 1
        self._world.emit(DiscrepancyAccepted(consignment_id=lot.id, decision=decision), BOOKING)

    def _handle_shortage(self, lot: Lot, missing: frozenset[str]) -> None:
        """Ship what is here and book the rest again, or wait for it."""
        if "short_waits" not in lot.exceptions:
            self._accept(lot, "ship_short", "short")
            if "short_back_orders" in lot.exceptions:
                self._world.handled["short_back_orders"] += 1
                self._back_orders.book(lot, missing)
            return
        self._accept(lot, "wait", "short")
        self._world.handled["short_waits"] += 1
        lot.agreed = lot.tallied = False
        wait_s = self._world.parameters.times.rest_brought_after_s
        self._world.after(wait_s, partial(self._bring_rest, lot))

    def _bring_rest(self, lot: Lot) -> None:
        if lot.gone:
            return
        lot.agreed = True
        self._expect(lot)

    def _deviates(self, lot: Lot) -> bool:
        """Compare as the hub does: with the declared figures of as many pieces as are here."""
        declared, here = lot.booking.lines, lot.in_hand
        share = TOLERANCE * len(here) / sum(line.pieces for line in declared)
        declared_cm3 = sum(line.pieces * _volume(line.size) for line in declared)
        declared_g = sum(line.pieces * line.gross_g for line in declared)
        volume = sum(carton.volume_cm3 for carton in here)
        gross_g = sum(carton.gross_g for carton in here)
        return volume > declared_cm3 * share or gross_g > declared_g * share

    def _rerate(self, lot: Lot) -> None:
        lot.agreed = True
        as_a_whole = "measured_deviates" in lot.exceptions
        self._world.handled["measured_deviates" if as_a_whole else "rerated_for_one_carton"] += 1
        accepted = RerateAccepted(
            consignment_id=lot.id,
            volume_cm3=sum(carton.volume_cm3 for carton in lot.in_hand),
            gross_g=sum(carton.gross_g for carton in lot.in_hand),
        )
        self._world.emit(accepted, BOOKING)

    def _hold(
        self,
        lot: Lot,
        hold: HoldType,
        reason: str,
        about: str,
        then: Callable[[], None] | None = None,
    ) -> None:
        """Hold it, and release it once a clerk has checked it."""
        hold_id = self._place_hold(lot, hold, reason)
        bounds_s = self._world.parameters.times.hold_ends_s
        wait_s = self._world.span(*bounds_s, "hold", hold, lot.id)
        self._world.after(wait_s, lambda: self._release(lot, hold_id, about, then))

    def _place_hold(self, lot: Lot, hold: HoldType, reason: str) -> str:
        held = HoldPlaced(
            consignment_id=lot.id,
            hold_id=f"H-{lot.id}-{hold}",
            hold=hold,
            by="tally desk",
            reason=reason,
        )
        lot.holds.add(held.hold_id)
        self._world.emit(held, DESK)
        return held.hold_id

    def _release(self, lot: Lot, hold_id: str, about: str, then: Callable[[], None] | None) -> None:
        if lot.gone:
            return
        if then:
            then()
        lot.holds.discard(hold_id)
        self._world.handled[about] += 1
        self._world.emit(
            HoldReleased(consignment_id=lot.id, hold_id=hold_id, by="tally desk"), DESK
        )

    def _handle_damage(self, lot: Lot) -> None:
        """Repack it, or return the cargo if all of it is damaged."""
        if "damaged_rejected" not in lot.exceptions:
            self._hold(lot, "DAMAGE", "cartons crushed", "damaged", then=partial(self._repack, lot))
            return
        lot.gone = "damaged cargo"
        self._world.handled["damaged"] += 1
        self._world.handled["damaged_rejected"] += 1
        self._place_hold(lot, "DAMAGE", "crushed through and through")
        returned = ConsignmentReturned(consignment_id=lot.id, reason="damaged beyond repacking")
        self._world.emit(
            returned, DESK, at=self._time_after(self._world.parameters.times.returned_after_s)
        )

    def _repack(self, lot: Lot) -> None:
        """Repack a crushed carton into a slightly larger one with a new label."""
        old, times = lot.cartons[0], self._world.parameters.times
        gross_g = old.gross_g + times.repacked_heavier_g
        unit_id = sscc(
            seed=self._world.parameters.seed, lot=lot.number, carton=len(lot.cartons) + 1
        )
        new = Carton(unit_id, old.line, _enlarge(old.size), gross_g, in_hand=True)
        lot.cartons[0] = new
        repacked = UnitRepacked(
            unit_id=unit_id,
            consignment_id=lot.id,
            inputs=(old.unit_id,),
            outputs=(unit_id,),
            size=new.size,
            gross_g=new.gross_g,
        )
        self._world.emit(repacked, WAREHOUSE)
        stored = UnitStored(unit_id=unit_id, consignment_id=lot.id, location="R-01-01")
        self._world.emit(stored, WAREHOUSE, at=self._time_after(times.repacked_stored_s))
        if self._deviates(lot):
            self._ask(lot, "rerate after repacking", partial(self._rerate, lot))

    def _refuse(self, lot: Lot) -> None:
        """Return liquids to the merchant: a general LCL container takes none."""
        lot.gone = "unfit cargo"
        self._discrepancy(lot, "unfit", frozenset({lot.cartons[0].unit_id}))
        self._world.handled["unfit"] += 1
        returned = ConsignmentReturned(
            consignment_id=lot.id, reason="liquid found on receipt, not declared"
        )
        self._world.emit(
            returned, DESK, at=self._time_after(self._world.parameters.times.returned_after_s)
        )

    def _quarantine(self, lot: Lot) -> None:
        """Hold cargo with an undeclared hazard label; the DG desk rejects it and returns it."""
        lot.gone = "undeclared dangerous goods"
        self._world.handled["dangerous_undeclared"] += 1
        self._place_hold(lot, "DG", "label UN 1950 on a carton, nothing declared")
        found = DgDeclared(consignment_id=lot.id, goods=(DANGEROUS,))
        times = self._world.parameters.times
        self._world.emit(found, DESK, at=self._time_after(times.dg_found_declared_s))
        reason = "no class 2.1 in a general LCL box"
        refused = DgRejected(consignment_id=lot.id, reason=reason)
        self._world.emit(refused, DESK, at=self._time_after(times.dg_found_judged_s))
        returned = ConsignmentReturned(consignment_id=lot.id, reason=reason)
        self._world.emit(returned, DESK, at=self._time_after(times.dg_found_returned_s))

    def _time_after(self, seconds: float) -> datetime:
        return self._world.now + timedelta(seconds=seconds)

    def _cancel(self, lot: Lot) -> None:
        if lot.gone or lot.manifested_in:
            return
        lot.gone = "cancelled"
        self._world.handled["cancelled_after_receipt"] += 1
        fee_cm3 = sum(carton.volume_cm3 for carton in lot.in_hand)
        reason = "buyer withdrew after delivery"
        self._world.emit(
            ConsignmentCancelled(consignment_id=lot.id, reason=reason, fee_basis_cm3=fee_cm3),
            BOOKING,
        )


def _volume(size: Dimensions) -> int:
    return volume_cm3(length_mm=size.length_mm, width_mm=size.width_mm, height_mm=size.height_mm)


def _enlarge(size: Dimensions) -> Dimensions:
    return Dimensions(
        length_mm=size.length_mm + 10, width_mm=size.width_mm + 10, height_mm=size.height_mm + 10
    )
