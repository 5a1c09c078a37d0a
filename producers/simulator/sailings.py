"""The carriers' side: sailings and trains, confirmed space, delays, rolls and blank sailings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from groupage.domain.events.base import Event, Money
from groupage.domain.events.schedule import (
    CarrierBookingConfirmed,
    CarrierBookingRolled,
    Cutoff,
    CutoffCode,
    EquipmentOffer,
    EtaUpdated,
    LegDeparted,
    SailingChanged,
    SailingPublished,
)
from producers.simulator.engine import Engine, Gate
from producers.simulator.event_emitter import CARRIER, EventEmitter
from producers.simulator.geography import LINES, Line
from producers.simulator.parameters import Parameters
from producers.simulator.randomness import Quota, Streams
from producers.simulator.times import Times

DEPARTURE_DAYS = (0, 4, 7)
"""Each lane has departures on these days after its first. Cargo aims at the first; what misses it
goes with a later one, beyond the simulated time. Assumption: two services a week."""


@dataclass(slots=True)
class Sailing:
    """A departure, as the hub's people know it."""

    line: Line
    voyage_id: str
    index: int
    lco_at: datetime
    etd_at: datetime
    blank: bool = False

    @property
    def lane_id(self) -> str:
        """Its lane."""
        return self.line.lane_id

    @property
    def is_train(self) -> bool:
        """Whether it is a train."""
        return self.line.mode == "RAIL"

    def pco_at(self, times: Times) -> datetime:
        """When the full container must be at the terminal."""
        return self.lco_at + timedelta(hours=times.pco_after_lco_h)

    @property
    def eta_at(self) -> datetime:
        """Arrival at the destination."""
        return self.etd_at + timedelta(hours=self.line.transit_h)

    @property
    def carrier_booking_id(self) -> str:
        """The carrier's reference for the space on it."""
        return f"{self.line.carrier}-{self.voyage_id.replace('/', '-')}"


def lay_out(parameters: Parameters) -> list[Sailing]:
    """All departures, lane by lane. The lanes' cut-offs are spread over the hours of `Times`."""
    times, lines = parameters.times, LINES[: parameters.sizes.lanes]
    span_h = times.closes_until_h - times.closes_from_h
    sailings = []
    for number, line in enumerate(lines):
        hour = times.closes_from_h + span_h * number / max(len(lines) - 1, 1)
        close = timedelta(hours=round(hour / times.closes_every_h) * times.closes_every_h)
        first_day = number % parameters.sizes.days
        for index, day in enumerate(DEPARTURE_DAYS):
            lco_at = parameters.day_at + timedelta(days=first_day + day) + close
            etd_at = lco_at + timedelta(hours=times.etd_after_lco_h)
            local = etd_at + timedelta(hours=8)
            sailings.append(
                Sailing(
                    line=line,
                    voyage_id=f"{line.service_id}/{local:%y%m%d}-{parameters.seed}",
                    index=index,
                    lco_at=lco_at,
                    etd_at=etd_at,
                )
            )
    return sailings


def cutoffs(sailing: Sailing, times: Times) -> tuple[Cutoff, ...]:
    """Return the cut-offs of a departure."""
    hours: tuple[tuple[CutoffCode, float], ...] = (
        ("LCO", 0.0),
        ("DCO", times.dco_after_lco_h),
        ("AFC", times.afc_after_lco_h),
        ("CUA", times.cua_after_lco_h),
        ("VCO", times.vco_after_lco_h),
        ("PCO", times.pco_after_lco_h),
    )
    return tuple(
        Cutoff(code=code, due_at=sailing.lco_at + timedelta(hours=after)) for code, after in hours
    )


class Carriers:
    """Publishes the schedule and changes it."""

    def __init__(
        self, parameters: Parameters, engine: Engine, streams: Streams, emitter: EventEmitter
    ) -> None:
        self._parameters = parameters
        self._engine = engine
        self._streams = streams
        self._emitter = emitter
        self.sailings = lay_out(parameters)
        self.handled: dict[str, int] = {}
        self.quotas: dict[str, Quota] = {}

    def start(self) -> None:
        """Put the schedule and its troubles on the agenda."""
        for sailing in self.sailings:
            self._publish(sailing)
        rates = self._parameters.rates
        firsts = [sailing for sailing in self.sailings if sailing.index == 0]
        troubles = (
            ("voyage_blank", rates.voyage_blank, [s for s in self.sailings if s.index == 1]),
            ("voyage_delayed", rates.voyage_delayed, firsts),
            ("carrier_roll", rates.carrier_roll, [s for s in firsts if not s.is_train]),
            ("train_slot_cut", rates.train_slot_cut, [s for s in firsts if s.is_train]),
        )
        for name, rate, candidates in troubles:
            offset = self._streams.uniform("voyages", name)
            quota = Quota(rate, first_within=len(candidates), offset=offset)
            self.quotas[name] = quota
            for sailing in candidates:
                if quota.hit() and not sailing.blank:
                    self._trouble(name, sailing)

    def _emit(self, event: Event, at: datetime | None = None) -> None:
        self._emitter.emit(event, CARRIER, at=at)

    def _publish(self, sailing: Sailing) -> None:
        line, start_at = sailing.line, self._engine.now
        self._emit(
            SailingPublished(
                voyage_id=sailing.voyage_id,
                service_id=line.service_id,
                mode=line.mode,
                carrier=line.carrier,
                pol=line.pol,
                pod=line.pod,
                etd_at=sailing.etd_at,
                eta_at=sailing.eta_at,
                cutoffs=cutoffs(sailing, self._parameters.times),
                equipment=self._offers(line),
            )
        )
        for iso_type, count in (("45G1", self._space()), ("42G1", self._space()), ("22G1", 4)):
            self._emit(
                CarrierBookingConfirmed(
                    voyage_id=sailing.voyage_id,
                    carrier_booking_id=f"{sailing.carrier_booking_id}-{iso_type}",
                    iso_type=iso_type,
                    count=count,
                ),
                start_at + timedelta(minutes=5),
            )
        self._engine.schedule(sailing.etd_at, lambda: self._depart(sailing))

    def _space(self) -> int:
        """Return confirmed places: more than an even share of the cargo needs."""
        sizes = self._parameters.sizes
        mean_m3 = sizes.consignments * sizes.cartons_mean * sizes.carton_m3 / sizes.lanes
        return max(sizes.places_least, round(mean_m3 / sizes.m3_per_place))

    def _offers(self, line: Line) -> tuple[EquipmentOffer, ...]:
        def offer(iso_type: str, cents: int, available: int) -> EquipmentOffer:
            freight = Money(amount_minor=cents, currency="USD")
            return EquipmentOffer(iso_type=iso_type, freight=freight, available=available)

        return (
            offer("45G1", line.freight_45g1, self._space()),
            offer("42G1", line.freight_42g1, self._space()),
            offer("22G1", line.freight_22g1, 4),
        )

    def _trouble(self, name: str, sailing: Sailing) -> None:
        self.handled[name] = self.handled.get(name, 0) + 1
        hours = 6 + 14 * self._streams.uniform("trouble", name, sailing.voyage_id)
        days_before = timedelta(days=DEPARTURE_DAYS[sailing.index], hours=hours)
        at = max(sailing.lco_at - days_before, self._engine.now)
        match name:
            case "voyage_blank":
                sailing.blank = True
                notice = partial(self._blank, sailing)
            case "voyage_delayed":
                notice = partial(self._delay, sailing)
            case "train_slot_cut":
                places, reason = max(self._space() // 4, 1), "fewer wagons than announced"
                notice = partial(self._roll, sailing, places, reason)
            case _:
                notice = partial(self._roll, sailing, 1, "overbooked")
        # Lanes may answer such a notice at once: it comes alone, with all before it known.
        self._engine.schedule(at, partial(self._notify, sailing, notice), gate=Gate(at=at))

    def _notify(self, sailing: Sailing, notice: Callable[[], None]) -> None:
        notice()
        now = self._engine.now
        self._engine.schedule(now, _go_on, gate=Gate(at=now, lane_id=sailing.lane_id, alone=True))

    def _blank(self, sailing: Sailing) -> None:
        reason = "blank sailing: the carrier takes this departure out of its schedule"
        self._emit(SailingChanged(voyage_id=sailing.voyage_id, reason=reason, cancelled=True))

    def _delay(self, sailing: Sailing) -> None:
        sailing.etd_at += timedelta(seconds=self._parameters.times.delayed_by_s)
        self._emit(
            SailingChanged(
                voyage_id=sailing.voyage_id,
                reason="port congestion: berth later",
                etd_at=sailing.etd_at,
                eta_at=sailing.eta_at,
            )
        )

    def _roll(self, sailing: Sailing, places: int, reason: str) -> None:
        """Withdraw some of the places that the carrier had confirmed."""
        self._emit(
            CarrierBookingRolled(
                voyage_id=sailing.voyage_id,
                carrier_booking_id=f"{sailing.carrier_booking_id}-45G1",
                iso_type="45G1",
                count=places,
                reason=reason,
            )
        )

    def _depart(self, sailing: Sailing) -> None:
        if sailing.blank:
            return
        if self._engine.now < sailing.etd_at:
            self._engine.schedule(sailing.etd_at, lambda: self._depart(sailing))
            return
        leg_id = f"{sailing.voyage_id}#1"
        line = sailing.line
        self._emit(
            LegDeparted(voyage_id=sailing.voyage_id, leg_id=leg_id, mode=line.mode, place=line.pol)
        )
        self._emit(
            EtaUpdated(
                voyage_id=sailing.voyage_id, leg_id=leg_id, place=line.pod, eta_at=sailing.eta_at
            ),
            self._engine.now + timedelta(hours=1),
        )


def _go_on() -> None:
    """Do nothing: the gate of this action is what counts."""
