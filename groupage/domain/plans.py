"""What the optimizer takes and gives.

An instance is everything a plan depends on; a plan is everything that was decided. Both are plain
data: they go to a file and back unchanged, and a plan names the digest of its instance. Nothing
here computes.
"""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.containers import ContainerSpec

Stage = Literal["slushy", "frozen", "locked"]
"""slushy: free to re-plan, at a price. frozen: manifest filed, contents stay. locked: stuffing
began, only the tail may move."""


class _Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


# --------------------------------------------------------------------------------------------------
# -------------- instance


class CartonGroup(_Data, frozen=True, kw_only=True):
    """Cartons of one consignment that are alike to the mm and g.

    `unit_ids` names each of them (declared ones get made-up marks).
    """

    unit_ids: tuple[str, ...]
    length_mm: int
    width_mm: int
    height_mm: int
    gross_g: int
    this_side_up: bool = False
    """True: `height_mm` stays vertical."""
    max_top_load_g: int | None = None
    """Grams that may rest on one carton, everything above it counted; None: no limit."""


class PickUpJob(_Data, frozen=True, kw_only=True):
    """A truck must fetch the consignment inside this window."""

    place_id: str
    ready_at: datetime
    latest_at: datetime
    service_s: int


class Demand(_Data, frozen=True, kw_only=True):
    """One consignment that wants to leave."""

    consignment_id: str
    status: str
    cartons: tuple[CartonGroup, ...]
    volume_cm3: int
    gross_g: int
    mode: str
    customs: str
    blocked: bool
    """A hold stands: it keeps a place it has, but gets no new one before `available_at`."""
    value_usd_cents: int
    dg_classes: tuple[str, ...] = ()
    available_at: datetime
    """At the hub, counted and measured (or expected then)."""
    latest_arrival_at: datetime | None = None
    priority: Literal["must_go", "preferred", "filler"] = "preferred"
    consignee: str = ""
    current_consolidation_id: str | None = None
    """Where the published plan has it."""
    pinned_voyage_id: str | None = None
    pinned_consolidation_id: str | None = None
    forbidden_voyage_ids: tuple[str, ...] = ()
    committed: bool = False
    """On a filed manifest, staged or loaded: it stays where it is."""
    pickup: PickUpJob | None = None


class ContainerOffer(_Data, frozen=True, kw_only=True):
    """Containers of one type that can be used on a departure."""

    iso_type: str
    freight_usd_cents: int
    available: int | None = None


class Departure(_Data, frozen=True, kw_only=True):
    """One voyage of the lane."""

    voyage_id: str
    service_id: str
    mode: str
    etd_at: datetime
    eta_at: datetime
    lco_at: datetime
    """Latest delivery of LCL cargo at the hub (cut-off LCO)."""
    gate_in_by_at: datetime
    """The full container must be at the terminal (cut-off PCO, else FCO, else etd)."""
    terminal_id: str
    offers: tuple[ContainerOffer, ...]


class FixedStanding(_Data, frozen=True, kw_only=True):
    """A carton that stands in the container already, or was pinned there."""

    unit_id: str
    consignment_id: str
    x_mm: int
    y_mm: int
    z_mm: int
    dx_mm: int
    dy_mm: int
    dz_mm: int


class OpenConsolidation(_Data, frozen=True, kw_only=True):
    """A container of the published plan that has not left yet."""

    consolidation_id: str
    voyage_id: str
    spec: ContainerSpec
    equipment_ref: str = ""
    stage: Stage
    consignment_ids: tuple[str, ...] = ()
    standing: tuple[FixedStanding, ...] = ()


class Truck(_Data, frozen=True, kw_only=True):
    """One vehicle of the fleet; costs in US cents."""

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
    """Great-circle distance × detour, at one speed: deterministic and offline."""

    detour_permille: int = 1_300
    speed_m_per_s: int = 11


class Weights(_Data, frozen=True, kw_only=True):
    """Prices in US cents that make one plan better than another.

    The source of each stands in `groupage.domain.policy`.
    """

    late_per_m3_day: int
    left_out_per_m3: int
    left_out_must_go_per_m3: int
    dead_freight_per_m3: int
    change: int
    """Moving one consignment from where the published plan has it (slushy)."""
    container_handling: int
    wait_per_m3_day: int


class Rules(_Data, frozen=True, kw_only=True):
    """Limits that a plan must keep, beyond geometry."""

    declaration_cap_usd_cents: int
    """1039: at most this much on one declaration; one declaration per mode-1039 consignee and
    container."""
    plan_fill_permille: int
    """Allocation fills a container to this share of its volume before the loader has spoken."""
    mode_mix: tuple[tuple[str, ...], ...]
    """Sets of customs modes that may share a container."""
    allow_dangerous: bool
    freeze_before_lco_s: int
    door_margin_mm: int = 0
    wall_margin_mm: int = 0


class Limits(_Data, frozen=True, kw_only=True):
    """How much work a solve may do.

    Deterministic work units first; seconds only as a safety net.
    """

    seed: int = 0
    allocation_work: float = 4.0
    """CP-SAT deterministic time."""
    loading_rounds: int = 3
    """How often misfits go back to allocation."""
    routing_solutions: int = 200
    """Solution limit of the routing search."""
    wall_s: float = 60.0


class Instance(_Data, frozen=True, kw_only=True):
    """Everything that a plan of one lane depends on."""

    request_id: str
    lane_id: str
    sequence: int
    clock_at: datetime
    """Now, as the hub's clock says; the newest fact behind this instance is not newer."""
    demands: tuple[Demand, ...]
    departures: tuple[Departure, ...]
    consolidations: tuple[OpenConsolidation, ...] = ()
    trucks: tuple[Truck, ...] = ()
    spots: tuple[Spot, ...] = ()
    hub_place_id: str = "hub"
    road: RoadModel = RoadModel()
    weights: Weights
    rules: Rules
    limits: Limits = Limits()
    causes: tuple[str, ...] = ()
    published_plan_id: str = ""


# --------------------------------------------------------------------------------------------------
# ------------------ plan


class Placement(_Data, frozen=True, kw_only=True):
    """Where one carton stands (origin.

    Far left floor corner seen from the door; x to the door, y to the right, z up) and when it goes
    in.
    """

    unit_id: str
    consignment_id: str
    x_mm: int
    y_mm: int
    z_mm: int
    dx_mm: int
    dy_mm: int
    dz_mm: int
    sequence: int
    """1, 2, 3 …: each carton can be set down from the door over what stands already."""


class PlannedContainer(_Data, frozen=True, kw_only=True):
    """One container of the plan."""

    consolidation_id: str
    voyage_id: str
    spec: ContainerSpec
    equipment_ref: str = ""
    stage: Stage
    consignment_ids: tuple[str, ...]
    placements: tuple[Placement, ...]
    cargo_volume_cm3: int
    cargo_gross_g: int
    new: bool = False
    """Opened by this plan."""


class LeftOut(_Data, frozen=True, kw_only=True):
    """A consignment without a place on this plan, and what binds."""

    consignment_id: str
    code: Literal[
        "not_available_before_cutoff",
        "blocked_by_hold",
        "no_capacity",
        "costs_more_than_waiting",
        "no_departure",
        "dangerous_goods",
        "mode_mix",
        "declaration_cap",
        "larger_than_container",
        "heavier_than_container",
        "did_not_fit",
        "forbidden",
        "customs_rejected",
        "dissolved",
    ]
    reason: str
    next_voyage_id: str | None = None


class Move(_Data, frozen=True, kw_only=True):
    """One difference from the published plan; None: no container."""

    consignment_id: str
    from_consolidation_id: str | None
    to_consolidation_id: str | None
    code: str
    reason: str


class Stop(_Data, frozen=True, kw_only=True):
    """A truck's call at a place; `load_g` and `load_cm3` on board after it."""

    place_id: str
    action: Literal["start", "pickup", "deliver", "collect_container", "drop_container", "end"]
    reference: str
    """Consignment or consolidation."""
    arrive_at: datetime
    leave_at: datetime
    load_g: int
    load_cm3: int


class Route(_Data, frozen=True, kw_only=True):
    """One truck's tour."""

    route_id: str
    truck_id: str
    stops: tuple[Stop, ...]
    distance_m: int
    cost_usd_cents: int


class Unrouted(_Data, frozen=True, kw_only=True):
    """A transport job without a truck, and why."""

    reference: str
    reason: str


class Cost(_Data, frozen=True, kw_only=True):
    """US cents. The sum is what the solver minimised; the verifier recomputes every term."""

    freight: int = 0
    handling: int = 0
    dead_freight: int = 0
    lateness: int = 0
    waiting: int = 0
    left_out: int = 0
    change: int = 0
    haulage: int = 0

    @property
    def total(self) -> int:
        """All terms."""
        return (
            self.freight
            + self.handling
            + self.dead_freight
            + self.lateness
            + self.waiting
            + self.left_out
            + self.change
            + self.haulage
        )


class SolverStats(_Data, frozen=True, kw_only=True):
    """How it was found. Wall time stays out of the plan: same request, same plan, byte for byte."""

    status: Literal["optimal", "feasible", "fallback"]
    rounds: int
    work: float


class Certificate(_Data, frozen=True, kw_only=True):
    """The verifier's word: which checks it made, over which bytes."""

    verifier: str
    checks: tuple[str, ...]
    instance_digest: str
    plan_digest: str
    """SHA-256 of the plan without its certificate, in canonical JSON."""


class Plan(_Data, frozen=True, kw_only=True):
    """What was decided for one lane."""

    plan_id: str
    request_id: str
    lane_id: str
    sequence: int
    decided_at: datetime
    containers: tuple[PlannedContainer, ...]
    left_out: tuple[LeftOut, ...]
    moves: tuple[Move, ...]
    routes: tuple[Route, ...]
    unrouted: tuple[Unrouted, ...]
    cost: Cost
    lower_bound: int
    """No plan of this instance costs less on the allocation terms (routing's haulage excluded), US
    cents."""
    gap_ratio: float
    stats: SolverStats
    causes: tuple[str, ...] = ()
    certificate: Certificate | None = None
