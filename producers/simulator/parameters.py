"""Every figure of the simulated day, with its source: the one argument of the simulation.

How often exceptions happen is stated in `rates`.

Sources: "computed" and "read" refer to public material (the OCEL 2.0 container logistics log,
press figures of Yiwu's customs, forwarders' pages); "assumption" means nobody published it and
you should set your own.
"""

from datetime import UTC, datetime
from typing import Literal

from groupage.domain.errors import InvalidInput
from producers.simulator.cartons import CartonRules
from producers.simulator.rates import Figures, Rates

Scale = Literal["small", "t0", "t1-hour"]


class Times(Figures, frozen=True, kw_only=True):
    """When things happen and how long they take. Local hours are those of Asia/Shanghai."""

    arrivals_from_h: float = 9.0
    """Trucks and tricycles arrive 09-20 (read: a day at a CFS)."""
    arrivals_until_h: float = 20.0
    closes_from_h: float = 12.0
    """The first lane's cut-off for LCL cargo (LCO); the lanes' cut-offs are spread over the day."""
    closes_until_h: float = 18.0
    booking_lead_h: float = 48.0
    """Bookings come in from so long before the first cut-off day's midnight."""
    unload_s: float = 7.0
    """One carton over the dock, two people. Assumption, as the next four."""
    measure_s: float = 90.0
    store_s: float = 600.0
    stage_s: float = 4.0
    stow_s: float = 9.0
    last_truck_before_lco_h: float = 2.0
    closes_every_h: float = 1.0
    """Cut-offs lie on such a grid: lanes share a time, as services of one terminal do."""
    rounds_before_lco_h: tuple[float, ...] = (9.0, 4.0)
    """When the dispatchers plan a departure before its last call: before the empties are ordered
    and again with the morning's cargo. Assumption."""
    plan_patience_s: int = 1_200
    """A plan that a dispatcher asked for is wanted within this."""
    last_call_before_lco_s: int = 2_400
    """The dispatcher asks for the last plan so long before cargo close: after it a departure takes
    nothing new."""
    freeze_after_lco_s: int = 1_800
    """The manifest is filed when the plan after cargo close is known."""
    staging_s: int = 900
    """From manifest to the first carton at the door."""
    crews_begin_every_s: int = 600
    """Crews begin a box at full ten minutes. Assumption."""
    manifest_retry_s: int = 1_800
    declare_after_s: int = 1_800
    release_from_s: int = 2_400
    release_until_s: int = 9_000
    """From declaration to release when customs selects nothing."""
    scan_from_s: int = 7_200
    scan_until_s: int = 14_400
    inspect_from_s: int = 21_600
    inspect_until_s: int = 72_000
    decide_after_miss_s: int = 1_800
    """A missed cut-off is seen and acted upon within this. Assumption, as the next five."""
    vgm_late_from_s: int = 3_600
    vgm_late_until_s: int = 10_800
    """After the VGM cut-off: the weighbridge works again."""
    dg_papers_from_s: int = 7_200
    dg_papers_until_s: int = 18_000
    """A missing safety data sheet is sent after."""
    back_order_after_h: float = 24.0
    """The rest of a short lot comes so long after it was found short."""
    early_s: int = 300
    jam_s: int = 900
    """A truck on a published route is so much early or late at the most. Assumption, as the next
    three."""
    delay_from_s: int = 3_600
    delay_until_s: int = 7_200
    """Of a truck that breaks down."""
    own_truck_before_s: int = 5_400
    """Where no route is published in time the hub sends a truck by itself, so long before the cargo
    is to be here."""
    empties_before_lco_s: int = 8 * 3_600
    """Empties are ordered so long before cargo close (07-11 of the day, read)."""
    haul_s: int = 4 * 3_600
    """Yiwu to Ningbo (domain planning figure, from memory)."""
    # Offsets from LCO in hours. Read for one weekly service: documents and cargo close within an
    # afternoon; the manifest at least 24 h before loading. The rest: assumptions in that spirit.
    dco_after_lco_h: float = 3.0
    afc_after_lco_h: float = 6.0
    cua_after_lco_h: float = 14.0
    vco_after_lco_h: float = 16.0
    pco_after_lco_h: float = 20.0
    etd_after_lco_h: float = 30.0


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
    """A day."""

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
    """The figures of a scale. Raises InvalidInput for a scale that does not exist."""
    if scale not in _SIZES:
        raise InvalidInput(f"scale {scale!r} does not exist; choose one of {', '.join(_SIZES)}")
    if not 0 <= seed < 10_000:
        raise InvalidInput(f"seed {seed} is out of range; choose one from 0 to 9999")
    sizes, times = _SIZES[scale]
    return Parameters(seed=seed, day_at=day_at, sizes=sizes, times=times)
