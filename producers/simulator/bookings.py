"""The booking side: the day's lots, bookings, notices, amendments, credit and papers."""

from datetime import datetime, timedelta
from functools import partial

import msgspec

from groupage.domain.events.consignment import (
    AnnouncedUnit,
    AsnReceived,
    ConsignmentAmended,
    ConsignmentCancelled,
)
from producers.simulator.dangerous import DangerousDesk
from producers.simulator.engine import Action
from producers.simulator.event_emitter import BOOKING, DESK
from producers.simulator.exceptions import draw_exceptions
from producers.simulator.geography import LINES, draw_merchant
from producers.simulator.lots import Lot, LotMaker
from producers.simulator.sailings import Sailing
from producers.simulator.world import World


class BookingDesk:
    """Draws the day's lots and emits their shippers' events before the cargo comes."""

    def __init__(self, world: World, sailings: list[Sailing]) -> None:
        self._world = world
        self._sailings = {sailing.lane_id: sailing for sailing in sailings if sailing.index == 0}
        self._midnight = world.parameters.day_at
        self._dangerous = DangerousDesk(world)

    def start(self) -> None:
        """Draw all lots and put their bookings on the agenda."""
        world, sizes = self._world, self._world.parameters.sizes
        merchants = [
            draw_merchant(world.streams.of("merchant", number), number)
            for number in range(1, sizes.merchants + 1)
        ]
        maker = LotMaker(world.parameters, world.streams, merchants)
        exceptions = draw_exceptions(world.parameters.rates, world.streams, lots=sizes.consignments)
        for number in range(1, sizes.consignments + 1):
            lot = self._draw(maker, number, exceptions.get(number, frozenset()))
            world.lots[lot.id] = lot
            world.engine.schedule(lot.booked_at, partial(self._book, lot))

    def _draw(self, maker: LotMaker, number: int, exceptions: frozenset[str]) -> Lot:
        sizes, times = self._world.parameters.sizes, self._world.parameters.times
        random = self._world.streams.of("lot", number)
        lines = LINES[: sizes.lanes]
        weights = [1 / (rank + 1) ** sizes.lane_skew for rank in range(len(lines))]
        line = random.choices(lines, weights)[0]
        sailing = self._sailings[line.lane_id]
        same_day = random.random() < sizes.same_day_share
        arrives_at = self._arrival(sailing, same_day=same_day, share=random.random())
        if "late_truck" in exceptions:
            least_s, most_s = times.late_after_lco_s
            late_s = least_s + (most_s - least_s) * random.random()
            arrives_at = sailing.lco_at + timedelta(seconds=late_s)
        opens_at = self._midnight - timedelta(hours=times.booking_lead_h)
        last_at = max(
            arrives_at - timedelta(seconds=times.booked_before_arrival_s),
            opens_at + timedelta(minutes=30),
        )
        booked_at = opens_at + (last_at - opens_at) * random.random()
        return maker.make(
            number,
            line=line,
            wanted_by_at=sailing.eta_at + timedelta(hours=sizes.lateness_allowed_h),
            booked_at=booked_at,
            arrives_at=arrives_at,
            exceptions=exceptions,
        )

    def _arrival(self, sailing: Sailing, *, same_day: bool, share: float) -> datetime:
        """Return an arrival on the day before the cut-off, or on its morning in time to measure."""
        times = self._world.parameters.times
        midnight = sailing.lco_at - timedelta(
            seconds=(sailing.lco_at - self._midnight).total_seconds() % 86_400
        )
        if not same_day:
            midnight -= timedelta(days=1)
        opens_at = midnight + timedelta(hours=times.arrivals_from_h)
        closes_at = midnight + timedelta(hours=times.arrivals_until_h)
        if same_day:
            closes_at = min(
                closes_at, sailing.lco_at - timedelta(hours=times.last_truck_before_lco_h)
            )
        return opens_at + (closes_at - opens_at) * share

    def _book(self, lot: Lot) -> None:
        world, times = self._world, self._world.parameters.times
        world.emit(lot.booking, BOOKING)
        notice_s = world.span(*times.notice_before_arrival_s, "asn", lot.id)
        self._before_arrival(lot, notice_s, lambda: self.announce(lot))
        if "credit_hold" in lot.exceptions:
            settled_s = world.span(*times.credit_settled_s, "credit", lot.id)
            world.after(settled_s, lambda: self._credit(lot))
        if "dangerous" in lot.exceptions:
            world.after(times.dg_declared_after_s, lambda: self._dangerous.declare(lot))
        if "amended" in lot.exceptions:
            world.after(times.amended_after_s, lambda: self._amend(lot))
        if "cancelled_before_arrival" in lot.exceptions:
            early_s = times.cancelled_before_arrival_s
            self._before_arrival(lot, early_s, lambda: self._cancel(lot))

    def _before_arrival(self, lot: Lot, seconds: float, action: Action) -> None:
        at = max(lot.arrives_at - timedelta(seconds=seconds), self._world.now)
        self._world.engine.schedule(at, action)

    def announce(self, lot: Lot) -> None:
        """Send its delivery note, once."""
        if lot.gone or lot.announced:
            return
        lot.announced = True
        units = tuple(
            AnnouncedUnit(unit_id=carton.unit_id, line=carton.line) for carton in lot.cartons
        )
        notice = AsnReceived(consignment_id=lot.id, units=units, eta_at=lot.arrives_at)
        self._world.emit(notice, BOOKING)

    def _credit(self, lot: Lot) -> None:
        self._world.handled["credit_hold"] += 1
        reason = "account settled"
        self._world.emit(
            ConsignmentAmended(consignment_id=lot.id, reason=reason, credit_ok=True), DESK
        )

    def _amend(self, lot: Lot) -> None:
        """Amend the booking: a quarter of the last line stays with the shipper."""
        world, line = self._world, lot.booking.lines[-1]
        fewer = max(line.pieces * 3 // 4, 1)
        lines = (*lot.booking.lines[:-1], msgspec.structs.replace(line, pieces=fewer))
        last = len(lot.booking.lines) - 1
        kept = [carton for carton in lot.cartons if carton.line == last][:fewer]
        lot.cartons = [carton for carton in lot.cartons if carton.line != last] + kept
        amended = ConsignmentAmended(
            consignment_id=lot.id, reason="fewer cartons produced", base_version=1, lines=lines
        )
        world.handled["amended"] += 1
        world.emit(amended, BOOKING)
        lot.booking = msgspec.structs.replace(lot.booking, lines=lines)

    def _cancel(self, lot: Lot) -> None:
        lot.gone = "cancelled"
        self._world.handled["cancelled_before_arrival"] += 1
        reason = "order withdrawn by the buyer"
        self._world.emit(ConsignmentCancelled(consignment_id=lot.id, reason=reason), BOOKING)
