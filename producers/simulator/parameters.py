"""Every figure of the simulated day, with its source: the one argument of the simulation.

How often exceptions happen is stated in `rates`, how long everything takes in `times`.

Sources: "computed" and "read" refer to public material (the OCEL 2.0 container logistics log,
press figures of Yiwu's customs, forwarders' pages); "assumption" means nobody published it and
you should set your own.
"""

from datetime import UTC, datetime
from typing import Literal

from groupage.domain.errors import InvalidInput
from producers.simulator.cartons import CartonRules
from producers.simulator.rates import Figures, Rates
from producers.simulator.times import Times

Scale = Literal["small", "t0", "t1-hour"]


class Sizes(Figures, frozen=True, kw_only=True):
    """How many and how large."""

    consignments: int
    lanes: int
    merchants: int
    cartons_mean: float = 35.0
    """35 cartons × 20 consignments = 700 in a box (planning assumption of the scales)."""
    cartons_sigma: float = 0.9
    """Of ln(cartons): many small lots, a few large ones. Assumption."""
    cartons_max: int = 220
    volume_max_cm3: int = 16_000_000
    """Larger lots book a full container. Assumption."""
    gross_max_g: int = 7_000_000
    value_max_usd_cents: int = 14_000_000
    """Below the cap of a market procurement declaration, USD 150,000 (GACC 2014 no. 54)."""
    value_per_m3_usd: float = 2_500.0
    """Median of a lognormal. Assumption."""
    value_sigma: float = 0.6
    value_least_usd_cents: int = 10_000
    kinds: tuple[float, ...] = (0.6, 0.28, 0.12)
    """Weights of lots with one, two, three kinds of cartons. Assumption, as the next four."""
    upright_share: float = 0.15
    """Cartons that must not be laid down, beside the fragile ones."""
    fragile_bears: int = 3
    fragile_bears_least_g: int = 20_000
    """So many times its own mass may stand on a fragile carton, and at least that."""
    priorities: tuple[float, float, float] = (0.1, 0.8, 0.1)
    """Weights of must_go, preferred and filler. Assumption."""
    buyers_per_port: int = 40
    buyers_rate: float = 0.12
    """Of an exponential: a few buyers of a port take most of what goes there. Assumption."""
    carton_m3: float = 0.088
    """What `CartonRules` give in the mean."""
    m3_per_place: float = 50.0
    places_least: int = 3
    """Carriers confirm a 40' place for so much cargo of each kind of box: about twice what is
    needed. Assumption."""
    pickup_share: float = 0.35
    """Fetched by the hub's trucks, the rest is delivered. Assumption."""
    dated_share: float = 0.9
    """Shippers who want their cargo there with the sailing they aim at. Assumption."""
    lateness_allowed_h: float = 24.0
    """How long after that sailing's arrival is still in time. Assumption."""
    same_day_share: float = 0.4
    """Cargo that comes on the day of its cut-off; the rest comes the day before. Assumption."""
    days: int = 2
    """The lanes' first departures are spread over so many days."""
    lane_skew: float = 0.5
    """Lane n gets a weight of 1 ÷ (n + 1)^skew. Assumption."""
    lots_per_box_most: int = 50
    """More than ever share a container on average (20 are planned for), those counted that are
    closed and do not leave."""
    modes: tuple[tuple[str, float], ...] = (
        # 1039: 75.9 % of exports Jan-Apr 2023, 81 % Jan-Apr 2024 (Jinhua and Yiwu customs,
        # press). The rest: assumption.
        ("1039", 0.785),
        ("0110", 0.155),
        ("9710", 0.03),
        ("9810", 0.02),
        ("9610", 0.006),
        ("1210", 0.004),
    )

    @property
    def boxes_least(self) -> int:
        """Containers that the day has at least."""
        return max(self.consignments // self.lots_per_box_most, 1)


class Parameters(Figures, frozen=True, kw_only=True):
    """All figures of a simulated day."""

    seed: int
    day_at: datetime
    """Midnight (hub's local time, given in UTC) of the first day with cut-offs."""
    sizes: Sizes
    rates: Rates = Rates()
    times: Times = Times()
    cartons: CartonRules = CartonRules()


DEFAULT_DAY_AT = datetime(2026, 3, 1, 16, tzinfo=UTC)
"""2 March 2026, 00:00 in Yiwu. Fixed, so that a seed says everything."""

_SIZES: dict[str, tuple[Sizes, Times]] = {
    # Three lanes, about ten containers.
    "small": (
        Sizes(consignments=190, lanes=3, merchants=80, cartons_mean=30.0),
        Times(booking_lead_h=20.0),
    ),
    # One hub operator: 100 containers, 70,000 cartons, 2,000 consignments, 0.42 M events a day.
    # What leaves shall be that much: of 2,000 booked lots some 9 % do not leave with the day
    # (cancelled, late, held, or waiting for a box worth sailing), and the caps of volume and mass
    # take 6 % off the drawn cartons.
    "t0": (
        Sizes(consignments=2_000, lanes=16, merchants=600, cartons_mean=40.0),
        Times(closes_every_h=2.0),
    ),
    # An hour of a city: 100,000 consignments in a 12.5-hour day are 8,000 in an hour. They all
    # arrive within one hour and then live to their end, so that everything that a day of 12.5 such
    # hours would bring in each of them, announcement to gate-out, is in the count:
    #
    #     8,000 lots × 35 cartons × 5 scans (received, measured, stored, staged, loaded)   1,400,000
    #     8,000 lots × about 8 (booked, announced, truck, tally, customs, re-rates, holds)    64,000
    #     400 containers × about 15, 40 sailings × about 15, corrections and the like         20,000
    #
    # about 1.5 million from outside; the planning figure of 6 events a carton has the announcement
    # of each carton as the sixth, which the hub derives from the delivery note. What does not
    # travel (cancelled, held, the container that is not worth sailing) is neither staged nor
    # loaded. Forty lanes, because the city ships to over 200 countries and a lane of 200 lots is
    # what one plan of a few seconds can be made for.
    "t1-hour": (
        Sizes(
            consignments=8_000,
            lanes=40,
            merchants=2_000,
            cartons_mean=37.0,
            same_day_share=1.0,
            days=1,
            lane_skew=0.0,
        ),
        Times(
            arrivals_from_h=10.0,
            arrivals_until_h=11.0,
            closes_from_h=16.0,
            closes_until_h=20.0,
            rounds_before_lco_h=(),
            empties_before_lco_s=0,
        ),
    ),
}


def parameters_for(scale: str, *, seed: int, day_at: datetime = DEFAULT_DAY_AT) -> Parameters:
    """Return the figures of a scale. Raises InvalidInput for an unknown scale."""
    if scale not in _SIZES:
        raise InvalidInput(f"scale {scale!r} does not exist; choose one of {', '.join(_SIZES)}")
    if not 0 <= seed < 10_000:
        raise InvalidInput(f"seed {seed} is out of range; choose one from 0 to 9999")
    sizes, times = _SIZES[scale]
    return Parameters(seed=seed, day_at=day_at, sizes=sizes, times=times)
