"""The input of planning: everything that a plan of one lane depends on.

Plain data that goes to a file and back unchanged; a plan names the digest of its instance.
`groupage.domain.plan` is the output.
"""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.containers import ContainerSpec
from groupage.domain.plan import Placement, Stage


class _Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class CartonGroup(_Data, frozen=True, kw_only=True):
    """Cartons of one consignment that are alike to the mm and g.

    `unit_ids` names each of them; cartons that are only declared have made-up ids.
    """

    unit_ids: tuple[str, ...]
    length_mm: int
    width_mm: int
    height_mm: int
    gross_g: int
    this_side_up: bool = False
    """True: `height_mm` stays vertical."""
    max_top_load_g: int | None = None
    """Grams that may rest on one carton, all layers above it counted; None: no limit."""


class PickUpJob(_Data, frozen=True, kw_only=True):
    """The window in which a truck must begin to pick up the consignment."""

    place_id: str
    ready_at: datetime
    latest_at: datetime
    service_s: int


class VoyageForbid(_Data, frozen=True, kw_only=True):
    """A voyage that a dispatcher closed to a consignment."""

    voyage_id: str
    by: str
    """The person who sent the command."""
    roll: bool = False
    """It was rolled from this voyage or a later one: only a later departure will do."""


class Demand(_Data, frozen=True, kw_only=True):
    """A consignment to be shipped, or to be fetched by a truck."""

    consignment_id: str
    status: str
    cartons: tuple[CartonGroup, ...]
    volume_cm3: int
    gross_g: int
    mode: str
    customs: str
    blocked: bool
    """A hold stands: it keeps its place but gets no new one."""
    value_usd_cents: int | None
    """None: there is no rate for `value_currency`, so that under mode 1039 it gets no place."""
    value_currency: str = "USD"
    """Currency of the booking."""
    dg_classes: tuple[str, ...] = ()
    available_at: datetime
    """When it is, or is expected, at the hub, counted and measured."""
    latest_arrival_at: datetime | None = None
    priority: Literal["must_go", "preferred", "filler"] = "preferred"
    consignee: str = ""
    current_consolidation_id: str | None = None
    """Its container on the published plan."""
    pinned_voyage_id: str | None = None
    pinned_consolidation_id: str | None = None
    pinned_by: str = ""
    """The person who pinned it."""
    forbidden_voyage_ids: tuple[str, ...] = ()
    """Voyages of `forbids`, and those of other services than the booked one."""
    forbids: tuple[VoyageForbid, ...] = ()
    """By dispatchers, in the order of the voyages' ids."""
    committed: bool = False
    """On a filed manifest, staged or loaded: it stays in its container."""
    pickup: PickUpJob | None = None
    awaited: bool = False
    """It is pinned and not yet counted, measured and available at the hub (`status`). It is
    `blocked`, and a demand only so that the plan says why it does not go."""


class ContainerOffer(_Data, frozen=True, kw_only=True):
    """Containers of one type that a departure offers; `available` None: no limit."""

    iso_type: str
    freight_usd_cents: int
    available: int | None = None


class Departure(_Data, frozen=True, kw_only=True):
    """A voyage of the lane that a plan may use."""

    voyage_id: str
    service_id: str
    mode: str
    etd_at: datetime
    eta_at: datetime
    lco_at: datetime
    """Latest delivery of LCL cargo at the hub (cut-off LCO)."""
    gate_in_by_at: datetime
    """Deadline of the full container at the terminal (cut-off PCO, else FCO, else etd)."""
    terminal_id: str
    offers: tuple[ContainerOffer, ...]


class PreloadedCarton(_Data, frozen=True, kw_only=True):
    """A carton that stands in the container already."""

    unit_id: str
    consignment_id: str
    x_mm: int
    y_mm: int
    z_mm: int
    dx_mm: int
    dy_mm: int
    dz_mm: int


class OpenConsolidation(_Data, frozen=True, kw_only=True):
    """A container of the published plan that has not left the hub yet."""

    consolidation_id: str
    voyage_id: str
    spec: ContainerSpec
    equipment_ref: str = ""
    stage: Stage
    consignment_ids: tuple[str, ...] = ()
    standing: tuple[PreloadedCarton, ...] = ()
    planned: tuple[Placement, ...] = ()
    """The load plan in force. A plan keeps it while contents and loaded cartons agree with it."""


class Truck(_Data, frozen=True, kw_only=True):
    """A vehicle of this lane's own: no plan of another lane uses it. Costs in US cents."""

    truck_id: str
    payload_g: int
    volume_cm3: int
    start_place_id: str
    available_from_at: datetime
    available_until_at: datetime
    fixed_usd_cents: int
    usd_cents_per_km: int
    role: Literal["pickup", "drayage"]


class Spot(_Data, frozen=True, kw_only=True):
    """A place on the map, in 1e-6 degrees."""

    place_id: str
    latitude_udeg: int
    longitude_udeg: int


class RoadModel(_Data, frozen=True, kw_only=True):
    """Great-circle distance times detour, at a town and a motorway speed: offline, deterministic.

    From place to place: straight_m = haversine on a sphere of 6,371,009 m in double precision,
    rounded to the nearest metre (half to even); distance_m = ceil(straight_m x detour_permille /
    1,000); drive_s = ceil(min(distance_m, near_m) / speed_m_per_s) + ceil(max(0, distance_m -
    near_m) / far_speed_m_per_s), without a far speed ceil(distance_m / speed_m_per_s). Between two
    places of the same id: 0. A route costs fixed + ceil(distance of all its legs x
    usd_cents_per_km / 1,000).
    """

    detour_permille: int = 1_300
    speed_m_per_s: int = 11
    near_m: int = 30_000
    """The first metres of each leg, driven at town speed. Assumption."""
    far_speed_m_per_s: int | None = None
    """Speed beyond `near_m`, on expressways."""
    hub_dwell_s: int = 1_800
    """Unloading a pick-up truck at the hub, or hitching a full container there. Assumption."""
    gate_dwell_s: int = 3_600
    """Time at the terminal until the tractor is free again. Assumption: an hour."""


class DriverHours(_Data, frozen=True, kw_only=True):
    """Limits of driving and duty. A truck has one driver; the limits apply along its route.

    At each stop the time before the work begins and the time after it ends are idle, counted
    separately. A shift begins when the truck leaves the start; an idle time of `rest_s` or more
    ends it, and the next shift begins after that. A shift has at most `shift_drive_s` at the wheel,
    and at most `shift_duty_s` from its begin to its end or to the arrival at the last stop. Two
    routes of one truck lie `rest_s` apart. Driving is continuous until an idle time of `break_s` or
    more, or until a break on the way: when it reaches `continuous_drive_s` before the next place,
    the driver stops for `break_s` and counts from 0 again. All figures are above 0.
    """

    continuous_drive_s: int = 4 * 3_600
    break_s: int = 20 * 60
    """China, Regulation on the Implementation of the Road Traffic Safety Law, article 62 (7): no
    more than four hours without a rest of at least 20 minutes."""
    shift_drive_s: int = 8 * 3_600
    """Eight hours in 24 bind drivers of coaches in China (safety rules of passenger transport
    companies, article 38); for lorries no limit is known. Assumption: the same."""
    shift_duty_s: int = 12 * 3_600
    """Eight hours of work and at most three more (Labour Law, articles 36 and 41), and an hour of
    breaks. Assumption."""
    rest_s: int = 11 * 3_600
    """Daily rest of Regulation (EC) 561/2006, article 4 (g); China has none known. Assumption."""


class Weights(_Data, frozen=True, kw_only=True):
    """Prices of the cost terms in US cents. `groupage.domain.policy` gives the source of each."""

    late_per_m3_day: int
    left_out_per_m3: int
    left_out_must_go_per_m3: int
    left_out_filler_per_m3: int = 2_000
    """Less than the freight of a well filled container: fillers use space that is paid for and do
    not open a container. Assumption."""
    dead_freight_per_m3: int
    change: int
    """Moving one consignment from where the published plan has it, before the freeze fence."""
    change_at_cutoff: int = 10_000
    """The same at the cut-off and after it; from the fence to the cut-off the price rises linearly.
    100 USD: the amendment of two manifests at some 50 USD each. Assumption."""
    container_handling: int
    wait_per_m3_day: int


class Rules(_Data, frozen=True, kw_only=True):
    """Rules of the hub that a plan must keep, beyond geometry."""

    declaration_cap_usd_cents: int
    """1039: at most this much on one declaration; one declaration per mode-1039 consignee and
    container."""
    plan_fill_permille: int
    """A slushy container is filled to at most this share of its inner volume."""
    mode_mix: tuple[tuple[str, ...], ...]
    """Sets of customs modes that may share a container."""
    allow_dangerous: bool
    freeze_before_lco_s: int
    """The freeze fence: at this time before LCO the price of change begins to rise."""
    door_margin_mm: int = 0
    wall_margin_mm: int = 0


class Limits(_Data, frozen=True, kw_only=True):
    """Work limits of a solve in deterministic units, and its deadline."""

    seed: int = 0
    allocation_work: float = 0.55
    """CP-SAT deterministic time."""
    loading_rounds: int = 3
    """Rounds in which unplaced consignments go back to allocation."""
    loading_passes: int = 40
    """Passes of the loader over all containers and rounds, some 20 ms each. When they are used up,
    each further container gets a dozen."""
    routing_solutions: int = 200
    """Solution limit of the routing search."""
    wall_s: float = 60.0
    """Wall time of the whole solve, verification included. Work limits end a solve before that: the
    deadline is for machines and instances that they do not foresee."""


class Instance(_Data, frozen=True, kw_only=True):
    """Everything that a plan of one lane depends on."""

    request_id: str
    lane_id: str
    sequence: int
    clock_at: datetime
    """Hub time of the plan; no fact behind this instance is newer."""
    demands: tuple[Demand, ...]
    departures: tuple[Departure, ...]
    consolidations: tuple[OpenConsolidation, ...] = ()
    trucks: tuple[Truck, ...] = ()
    spots: tuple[Spot, ...] = ()
    hub_place_id: str = "hub"
    road: RoadModel = RoadModel()
    hours: DriverHours = DriverHours()
    weights: Weights
    rules: Rules
    limits: Limits = Limits()
    causes: tuple[str, ...] = ()
    published_plan_id: str = ""
    policy_digest: str = ""
    """Name of the hub's policy of which prices, rules, roads and fleet are; empty: of no hub."""
