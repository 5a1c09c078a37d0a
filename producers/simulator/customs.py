"""The broker and customs: declarations, selections, releases, rejections."""

from functools import partial
from typing import Literal

import msgspec

from groupage.domain.events.base import Money
from groupage.domain.events.consignment import HoldPlaced, HoldReleased
from groupage.domain.events.customs import (
    CustomsDeclared,
    CustomsRejected,
    CustomsReleased,
    CustomsSelected,
    DeclarationLine,
)
from producers.simulator.event_emitter import CUSTOMS, DESK
from producers.simulator.lots import Lot
from producers.simulator.world import World


class Broker:
    """Declares lots that are complete; several of one buyer together while the cap allows."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ready: dict[tuple[str, str, str], list[Lot]] = {}
        self._count = 0
        rates, lots = world.parameters.rates, world.parameters.sizes.consignments
        self._scan = world.quota(rates.customs_scan, "customs_scan", first_within=lots // 2)
        self._inspect = world.quota(
            rates.customs_inspection, "customs_inspection", first_within=lots // 2
        )
        self._reject = world.quota(
            rates.customs_rejected, "customs_rejected", first_within=lots // 2
        )

    def schedule_declaration(self, lot: Lot) -> None:
        """Declare a lot that is at the hub and complete."""
        if not lot.declared:
            self._world.after(
                self._world.parameters.times.declare_after_s, partial(self._collect, lot, 0)
            )

    def _collect(self, lot: Lot, waited_s: int) -> None:
        if lot.gone or lot.declared:
            return
        times = self._world.parameters.times
        if not (lot.tallied and lot.agreed and not lot.holds):
            if waited_s < times.broker_gives_up_s:
                again_s = times.broker_looks_again_s
                self._world.after(again_s, partial(self._collect, lot, waited_s + again_s))
            return
        group = (lot.booking.consignee, lot.lane_id, lot.booking.mode)
        waiting = self._ready.setdefault(group, [])
        waiting.append(lot)
        if len(waiting) == 1:
            self._world.after(times.declared_together_s, lambda: self._declare_all(group))

    def _declare_all(self, group: tuple[str, str, str]) -> None:
        """Group lots, in the order of arrival, into as few declarations as the cap allows."""
        cap = self._world.parameters.sizes.value_max_usd_cents
        lots = [lot for lot in self._ready.pop(group) if not lot.gone and not lot.declared]
        batch: list[Lot] = []
        for lot in lots:
            if batch and sum(map(_value, [*batch, lot])) > cap:
                self._declare(batch)
                batch = []
            batch.append(lot)
        if batch:
            self._declare(batch)

    def _declare(self, lots: list[Lot]) -> None:
        self._count += 1
        declaration_id = f"DEC-{lots[0].id.removeprefix('CN-')}"
        declared = CustomsDeclared(
            declaration_id=declaration_id,
            mode=lots[0].booking.mode,
            consignment_ids=tuple(lot.id for lot in lots),
            value=Money(amount_minor=sum(map(_value, lots)), currency="USD"),
            lines=_lines(lots),
            broker="BROKER-3",
        )
        for lot in lots:
            lot.declared = True
        self._world.emit(declared, CUSTOMS)
        self._follow(declared, lots)

    def _follow(self, declared: CustomsDeclared, lots: list[Lot]) -> None:
        """Select, reject or release the declaration."""
        world, times, about = self._world, self._world.parameters.times, declared.declaration_id
        if self._reject.hit():
            world.after(times.rejected_after_s, lambda: self._refuse(declared, lots))
        elif self._inspect.hit():
            done_s = world.span(times.inspect_from_s, times.inspect_until_s, "inspect", about)
            selected = partial(self._select, declared, lots, "INSPECTION", done_s)
            world.after(times.selected_after_s, selected)
        elif self._scan.hit():
            done_s = world.span(times.scan_from_s, times.scan_until_s, "scan", about)
            selected = partial(self._select, declared, lots, "SCAN", done_s)
            world.after(times.selected_after_s, selected)
        else:
            wait_s = world.span(times.release_from_s, times.release_until_s, "release", about)
            world.after(wait_s, lambda: self._release(about, lots))

    def _select(
        self,
        declared: CustomsDeclared,
        lots: list[Lot],
        selection: Literal["SCAN", "INSPECTION"],
        done_s: float,
    ) -> None:
        world, about = self._world, declared.declaration_id
        world.handled[f"customs_{selection.lower()}"] += 1
        world.emit(CustomsSelected(declaration_id=about, selection=selection), CUSTOMS)
        if selection == "INSPECTION":
            for lot in lots:
                self._hold(lot, about)
        world.after(done_s, lambda: self._release(about, lots))

    def _hold(self, lot: Lot, declaration_id: str) -> None:
        """Hold the cargo for an inspection, then release it."""
        hold_id = f"H-{declaration_id}-{lot.id}"
        lot.holds.add(hold_id)
        held = HoldPlaced(
            consignment_id=lot.id,
            hold_id=hold_id,
            hold="CUSTOMS",
            by="customs",
            reason=f"inspection of declaration {declaration_id}",
        )
        self._world.emit(held, DESK)

    def _release(self, declaration_id: str, lots: list[Lot]) -> None:
        world = self._world
        reference = f"R{declaration_id.removeprefix('DEC-').replace('-', '')}"
        world.emit(CustomsReleased(declaration_id=declaration_id, reference=reference), CUSTOMS)
        for lot in lots:
            lot.released = True
            hold_id = f"H-{declaration_id}-{lot.id}"
            if hold_id in lot.holds:
                lot.holds.discard(hold_id)
                released = HoldReleased(consignment_id=lot.id, hold_id=hold_id, by="customs")
                world.emit(released, DESK)

    def _refuse(self, declared: CustomsDeclared, lots: list[Lot]) -> None:
        """Reject a wrong HS code; the broker corrects it and declares under a new number."""
        world = self._world
        world.handled["customs_rejected"] += 1
        reason = "HS code does not match the goods"
        world.emit(CustomsRejected(declaration_id=declared.declaration_id, reason=reason), CUSTOMS)
        again = msgspec.structs.replace(declared, declaration_id=f"{declared.declaration_id}-2")
        again_s = world.parameters.times.declared_again_after_s
        world.after(again_s, lambda: self._declare_again(again, lots))

    def _declare_again(self, again: CustomsDeclared, lots: list[Lot]) -> None:
        world, times = self._world, self._world.parameters.times
        world.emit(again, CUSTOMS)
        wait_s = world.span(times.release_from_s, times.release_until_s, again.declaration_id)
        world.after(wait_s, lambda: self._release(again.declaration_id, lots))


def _value(lot: Lot) -> int:
    return lot.booking.value.amount_minor


def _lines(lots: list[Lot]) -> tuple[DeclarationLine, ...]:
    """Return a goods line per HS code; value by pieces."""
    lines: dict[str, tuple[int, int]] = {}
    for lot in lots:
        pieces_all = sum(line.pieces for line in lot.booking.lines)
        for line in lot.booking.lines:
            pieces, value = lines.get(line.hs6 or "", (0, 0))
            share = _value(lot) * line.pieces // pieces_all
            lines[line.hs6 or ""] = (pieces + line.pieces, value + share)
    return tuple(
        DeclarationLine(hs6=hs6, pieces=pieces, value=Money(amount_minor=value, currency="USD"))
        for hs6, (pieces, value) in sorted(lines.items())
    )
