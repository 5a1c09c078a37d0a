"""Back-orders: the missing cartons are booked again and come for a later departure."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import msgspec

from groupage.domain.events.base import Money
from groupage.domain.events.consignment import AnnouncedUnit, AsnReceived, ConsignmentBooked
from producers.simulator.event_emitter import BOOKING
from producers.simulator.lots import Carton, Lot, sscc
from producers.simulator.world import World

_FIRST_CARTON = 500
"""Serial of a back-order's first carton within its lot: above the lot's own serials."""


class BackOrders:
    """Books back-orders, and calls `expect` when a back-order arrives."""

    def __init__(self, world: World, *, expect: Callable[[Lot], None]) -> None:
        self._world = world
        self._expect = expect

    def book(self, lot: Lot, missing: frozenset[str]) -> None:
        """Book the missing cartons of the lot."""
        world = self._world
        later = self._rest_of(lot, missing)
        world.lots[later.id] = later
        world.emit(later.booking, BOOKING)
        notice_s = world.parameters.times.back_order_notice_s
        notice_at = later.arrives_at - timedelta(seconds=notice_s)
        world.engine.schedule(notice_at, partial(self._announce, later))
        world.engine.schedule(later.arrives_at, partial(self._expect, later))

    def _rest_of(self, lot: Lot, missing: frozenset[str]) -> Lot:
        world = self._world
        arrives_at = world.now + timedelta(hours=world.parameters.times.back_order_after_h)
        pieces = Counter(carton.line for carton in lot.cartons if carton.unit_id in missing)
        lines = sorted(pieces)
        cartons = [
            Carton(self._label(lot, number), lines.index(carton.line), carton.size, carton.gross_g)
            for number, carton in enumerate(
                carton for carton in lot.cartons if carton.unit_id in missing
            )
        ]
        return Lot(
            number=lot.number,
            booking=self._booking(lot, {line: pieces[line] for line in lines}),
            line=lot.line,
            booked_at=world.now,
            arrives_at=arrives_at,
            cartons=cartons,
            exceptions=frozenset({"back_order"}),
        )

    def _label(self, lot: Lot, number: int) -> str:
        seed = self._world.parameters.seed
        return sscc(seed=seed, lot=lot.number, carton=_FIRST_CARTON + number)

    def _booking(self, lot: Lot, pieces: dict[int, int]) -> ConsignmentBooked:
        world, booking = self._world, lot.booking
        share = sum(pieces.values()) / sum(line.pieces for line in booking.lines)
        value = max(round(booking.value.amount_minor * share), 1)
        return msgspec.structs.replace(
            booking,
            consignment_id=f"{lot.id}-B",
            lines=tuple(
                msgspec.structs.replace(booking.lines[line], pieces=count)
                for line, count in pieces.items()
            ),
            value=Money(amount_minor=value, currency=booking.value.currency),
            ready_at=world.now + timedelta(hours=world.parameters.times.back_order_after_h / 2),
            latest_arrival_at=None,
            pickup=None,
        )

    def _announce(self, lot: Lot) -> None:
        units = tuple(
            AnnouncedUnit(unit_id=carton.unit_id, line=carton.line) for carton in lot.cartons
        )
        notice = AsnReceived(consignment_id=lot.id, units=units, eta_at=lot.arrives_at)
        self._world.emit(notice, BOOKING)
