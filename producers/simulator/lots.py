"""Lots (consignments) and their cartons, and how the simulation draws them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp
from random import Random
from typing import Literal, cast

from groupage.domain.checkdigits import gs1_digit
from groupage.domain.events.base import Dimensions, Money, Place
from groupage.domain.events.consignment import (
    CartonLine,
    ConsignmentBooked,
    CustomsMode,
    DangerousGoods,
    PickUp,
)
from groupage.domain.units import volume_cm3
from producers.simulator.cartons import draw_carton
from producers.simulator.geography import Line
from producers.simulator.parameters import Parameters
from producers.simulator.randomness import Streams

GOODS: tuple[tuple[str, str], ...] = (
    ("950300", "toys"),
    ("711719", "imitation jewellery"),
    ("420292", "bags"),
    ("611595", "socks"),
    ("392410", "plastic tableware"),
    ("960810", "ball-point pens"),
    ("950510", "Christmas articles"),
    ("961511", "combs and hair slides"),
    ("660199", "umbrellas"),
    ("691110", "porcelain tableware"),
    ("701337", "drinking glasses"),
    ("630260", "towels"),
    ("670210", "artificial flowers"),
    ("830629", "ornaments of base metal"),
)
"""HS codes of typical small commodities, from memory."""
_PRIORITIES: tuple[Literal["must_go", "preferred", "filler"], ...] = (
    "must_go",
    "preferred",
    "filler",
)
FRAGILE = frozenset({"691110", "701337"})
DANGEROUS = DangerousGoods(un_number="1950", imo_class="2.1", net_g=20_000, limited_quantity=True)
"""Aerosols: what most often hides among household goods. Assumption."""
TOLERANCE = 1.05
"""The hub's default tolerance of measured above declared (5 %)."""


@dataclass(slots=True)
class Carton:
    """A carton with its true size and mass."""

    unit_id: str
    line: int
    size: Dimensions
    gross_g: int
    in_hand: bool = False
    bulging: bool = False

    @property
    def volume_cm3(self) -> int:
        """Of the measured size."""
        size = self.size
        return volume_cm3(
            length_mm=size.length_mm, width_mm=size.width_mm, height_mm=size.height_mm
        )


@dataclass(slots=True)
class Lot:
    """A consignment, with everything that the hub's people know of it."""

    number: int
    booking: ConsignmentBooked
    line: Line
    booked_at: datetime
    arrives_at: datetime
    cartons: list[Carton]
    exceptions: frozenset[str]
    announced: bool = False
    tour: str = ""
    """The published route that will fetch it; empty: none."""
    under_way: bool = False
    """The truck of that route has left to fetch it."""
    arrived: bool = False
    tallied: bool = False
    measured_at: datetime | None = None
    agreed: bool = True
    """False while a discrepancy or a re-rate waits for the shipper's answer."""
    holds: set[str] = field(default_factory=set)
    declared: bool = False
    released: bool = False
    gone: str = ""
    """Why it does not travel: cancelled, rejected ..."""
    manifested_in: str = ""
    """The consolidation whose manifest lists it."""
    departed: bool = False

    @property
    def id(self) -> str:
        """The consignment's id."""
        return self.booking.consignment_id

    @property
    def lane_id(self) -> str:
        """Its lane."""
        return self.line.lane_id

    @property
    def in_hand(self) -> list[Carton]:
        """The cartons at the hub."""
        return [carton for carton in self.cartons if carton.in_hand]

    @property
    def can_travel(self) -> bool:
        """Here, counted, measured, agreed, free of holds and before customs: fit for a manifest."""
        return (
            not self.gone
            and self.tallied
            and self.measured_at is not None
            and self.agreed
            and not self.holds
            and self.declared
        )


class LotMaker:
    """Draws lots. Each lot has its own random generators, named by its number."""

    def __init__(self, parameters: Parameters, streams: Streams, merchants: list[Place]) -> None:
        self._parameters = parameters
        self._streams = streams
        self._merchants = merchants

    def make(
        self,
        number: int,
        *,
        line: Line,
        wanted_by_at: datetime,
        booked_at: datetime,
        arrives_at: datetime,
        exceptions: frozenset[str],
    ) -> Lot:
        """Return lot `number` of the day."""
        sizes, times = self._parameters.sizes, self._parameters.times
        goods = self._streams.of("goods", number)
        who = self._streams.of("who", number)
        lines = self._lines(goods, least=2 if "short" in exceptions else 1)
        volume = sum(line.pieces * _volume(line.size) for line in lines)
        usd_per_m3 = sizes.value_per_m3_usd * exp(goods.gauss(0, sizes.value_sigma))
        value = max(round(usd_per_m3 * volume / 10_000), sizes.value_least_usd_cents)
        value = min(value, sizes.value_max_usd_cents)
        merchant = who.choice(self._merchants)
        mode = who.choices([m for m, _ in sizes.modes], [share for _, share in sizes.modes])[0]
        buyer = min(int(who.expovariate(sizes.buyers_rate)), sizes.buyers_per_port - 1)
        consignee = f"BUYER-{line.pod}-{buyer:02d}"
        fetched = who.random() < sizes.pickup_share and "late_truck" not in exceptions
        ready_at = arrives_at - timedelta(
            seconds=times.ready_before_pickup_arrival_s if fetched else times.ready_before_arrival_s
        )
        booking = ConsignmentBooked(
            consignment_id=self._id(number),
            shipper=merchant.place_id,
            consignee=consignee,
            buyer=consignee if mode == "1039" else "",
            pol=line.pol,
            pod=line.pod,
            mode=cast("CustomsMode", mode),
            incoterm="FCA",
            incoterm_place="Yiwu",
            lines=lines,
            value=Money(amount_minor=value, currency="USD"),
            dangerous_goods=(DANGEROUS,) if "dangerous" in exceptions else (),
            ready_at=ready_at,
            latest_arrival_at=wanted_by_at if who.random() < sizes.dated_share else None,
            pickup=PickUp(
                place=merchant,
                ready_at=ready_at,
                latest_at=ready_at + timedelta(seconds=times.pickup_window_s),
            )
            if fetched
            else None,
            credit_ok="credit_hold" not in exceptions,
            priority=who.choices(_PRIORITIES, sizes.priorities)[0],
        )
        return Lot(
            number=number,
            booking=booking,
            line=line,
            booked_at=booked_at,
            arrives_at=arrives_at,
            cartons=self.cartons(number, lines, exceptions),
            exceptions=exceptions,
        )

    def _id(self, number: int) -> str:
        local_day = self._parameters.day_at + timedelta(hours=8)
        return f"CN-{local_day:%y%m%d}-{self._parameters.seed}-{number:05d}"

    def _lines(self, random: Random, *, least: int) -> tuple[CartonLine, ...]:
        """One to three kinds of cartons; lognormal lot sizes, capped where a full load begins."""
        sizes = self._parameters.sizes
        sigma = sizes.cartons_sigma
        drawn = sizes.cartons_mean * exp(random.gauss(-sigma * sigma / 2, sigma))
        pieces = min(max(round(drawn), least), sizes.cartons_max)
        kinds = min(random.choices(range(1, len(sizes.kinds) + 1), sizes.kinds)[0], pieces)
        lines: list[CartonLine] = []
        volume_left, gross_left = sizes.volume_max_cm3, sizes.gross_max_g
        for kind in range(kinds):
            size, gross_g = draw_carton(random, self._parameters.cartons)
            hs6, name = random.choice(GOODS)
            wanted = pieces // kinds + (kind < pieces % kinds)
            count = min(wanted, volume_left // _volume(size), gross_left // gross_g)
            upright, top_load_g = random.random() < sizes.upright_share, None
            if hs6 in FRAGILE:
                bears_g = max(gross_g * sizes.fragile_bears, sizes.fragile_bears_least_g)
                upright, top_load_g = True, bears_g
            if count < 1:
                continue
            volume_left -= count * _volume(size)
            gross_left -= count * gross_g
            lines.append(
                CartonLine(
                    pieces=count,
                    size=size,
                    gross_g=gross_g,
                    this_side_up=upright,
                    max_top_load_g=top_load_g,
                    hs6=hs6,
                    goods=name,
                )
            )
        return tuple(lines)

    def cartons(
        self, number: int, lines: tuple[CartonLine, ...], exceptions: frozenset[str]
    ) -> list[Carton]:
        """The real cartons: mostly as declared, a few bulging, in some lots all larger."""
        random = self._streams.of("cartons", number)
        grow = heavier = 1.0
        if "measured_deviates" in exceptions:
            grow, heavier = random.uniform(1.03, 1.10), random.uniform(1.0, 1.25)
            while not _exceeds_tolerance(lines, grow=grow, heavier=heavier):
                grow += 0.01
        cartons: list[Carton] = []
        for index, line in enumerate(lines):
            size, gross_g = _scale_size(line.size, grow), _scale_mass(line.gross_g, heavier)
            for _ in range(line.pieces):
                bulging = random.random() < self._parameters.rates.bulging
                unit_id = sscc(seed=self._parameters.seed, lot=number, carton=len(cartons))
                real = _bulging_size(size) if bulging else size
                cartons.append(Carton(unit_id, index, real, gross_g, bulging=bulging))
        return cartons


def sscc(*, seed: int, lot: int, carton: int) -> str:
    """A serial shipping container code of an invented company, distinct by seed, lot and carton."""
    serial = seed * 10**8 + lot * 1_000 + carton
    body = f"06900{serial:012d}"
    return body + gs1_digit(body)


def _volume(size: Dimensions) -> int:
    return volume_cm3(length_mm=size.length_mm, width_mm=size.width_mm, height_mm=size.height_mm)


def _exceeds_tolerance(lines: tuple[CartonLine, ...], *, grow: float, heavier: float) -> bool:
    """Return whether the steps of dimensioner and scale leave the difference visible."""
    declared_cm3 = sum(line.pieces * _volume(line.size) for line in lines)
    declared_g = sum(line.pieces * line.gross_g for line in lines)
    real_cm3 = sum(line.pieces * _volume(_scale_size(line.size, grow)) for line in lines)
    real_g = sum(line.pieces * _scale_mass(line.gross_g, heavier) for line in lines)
    return real_cm3 > declared_cm3 * TOLERANCE or real_g > declared_g * TOLERANCE


def _scale_mass(gross_g: int, factor: float) -> int:
    return round(gross_g * factor / 10) * 10


def _scale_size(size: Dimensions, factor: float) -> Dimensions:
    def edge(value_mm: int) -> int:
        return round(value_mm * factor / 5) * 5

    return Dimensions(
        length_mm=edge(size.length_mm), width_mm=edge(size.width_mm), height_mm=edge(size.height_mm)
    )


def _bulging_size(size: Dimensions) -> Dimensions:
    """Return the size on the dimensioner's 5 mm grid; a bulging carton is a step higher."""
    return Dimensions(
        length_mm=size.length_mm, width_mm=size.width_mm, height_mm=size.height_mm + 5
    )
