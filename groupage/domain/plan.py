"""The output of planning: all decisions for one lane, and the rules that make a plan valid.

Plain data that goes to a file and back unchanged. `groupage.domain.instance` is the input.
"""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.codes import LeftOutCode, UnloadableCode
from groupage.domain.containers import ContainerSpec
from groupage.domain.origin import LogPosition, Solver

Stage = Literal["slushy", "frozen", "locked"]
"""slushy (as in the time fences of MRP): open to re-planning, at a price. frozen: the manifest is
filed, the contents stay. locked: stuffing has begun, and loaded cartons stay where they are."""


class _Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Placement(_Data, frozen=True, kw_only=True):
    """The place of one carton in a container, and its number in the loading sequence.

    The origin is the far left floor corner seen from the door: x towards the door, y to the right,
    z up. A load plan is valid if

    - every carton of every consignment of the container stands in it once, in an allowed
      orientation (`this_side_up`: dz is its height), and no other carton but preloaded ones;
    - each carton stands inside the walls (`wall_margin_mm` off both side walls and the far wall,
      `door_margin_mm` off the door) and passes the door: its width and height as it stands are at
      most the door's;
    - no two cartons overlap, and each whole base rests on the floor or on tops of other cartons;
    - cartons can be loaded in `sequence`: a carton comes level from the door at its own height and
      is set down, and at that time no carton stands in the straight corridor between its place and
      the door, nor above its place;
    - the load on a carton is within its `max_top_load_g`. Each carton passes its mass and its load
      to the cartons that it stands on, in proportion to the areas of contact, in exact fractions;
      a carton on the floor passes them to the floor.

    Preloaded cartons (`PreloadedCarton`) keep their place, come first in the sequence (1, 2, 3 ...
    in the order of `OpenConsolidation.standing`) and bear loads under the same rules.
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
    """1, 2, 3 ... over all cartons of the container."""


class PlannedContainer(_Data, frozen=True, kw_only=True):
    """A container of the plan with its contents and load plan."""

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
    """True if this plan opens it."""


class Unloadable(_Data, frozen=True, kw_only=True):
    """A frozen or locked container whose contents have no load plan any more: a person must act.

    The consignments on its manifest stay in it. It keeps the load plan in force
    (`OpenConsolidation.planned`), although that cannot be carried out as it is.
    """

    consolidation_id: str
    consignment_ids: tuple[str, ...]
    """The consignments without a place; all of the container if the reason concerns all."""
    code: UnloadableCode
    reason: str


class LeftOut(_Data, frozen=True, kw_only=True):
    """A consignment that the plan assigns to no container, with the rule that decides it."""

    consignment_id: str
    code: LeftOutCode
    reason: str
    next_voyage_id: str | None = None


class Move(_Data, frozen=True, kw_only=True):
    """A change of container against the published plan; None stands for no container."""

    consignment_id: str
    from_consolidation_id: str | None
    to_consolidation_id: str | None
    code: str
    """A `LeftOutCode` or a `MoveCode`."""
    reason: str


class Stop(_Data, frozen=True, kw_only=True):
    """A truck's call at a place; `load_g` and `load_cm3` are on board after it.

    A pick-up route is start, pickup..., deliver (at the hub, everything), end (where it started).
    A drayage route is start, (collect_container at the hub, drop_container at the terminal)...,
    end; the load is the cargo and, in mass, the container's tare. arrive_at = leave_at of the stop
    before + drive_s + the driver's breaks on the way (`DriverHours`, which also limits a shift).
    leave_at = arrive_at at start and end; the start is within the truck's hours and not before the
    clock. A pickup begins at max(arrive_at, ready_at), not after latest_at, and takes service_s;
    stops at the hub take hub_dwell_s, a drop takes gate_dwell_s. A truck may leave a stop later
    than that, never earlier. Hitching a container begins when all its cargo is available; the
    container arrives by `gate_in_by_at`.
    """

    place_id: str
    action: Literal["start", "pickup", "deliver", "collect_container", "drop_container", "end"]
    reference: str
    """Consignment (pickup), consolidation (collect_container, drop_container), else the truck."""
    arrive_at: datetime
    leave_at: datetime
    load_g: int
    load_cm3: int


class Route(_Data, frozen=True, kw_only=True):
    """One truck's tour. A truck may have several, with the driver's rest between them."""

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
    """US cents. The solver minimises the sum of the allocation terms; the verifier recomputes all.

    All terms but `haulage` are allocation terms. "Each container" means all of `Plan.containers`,
    existing or new; the departure of a container is that of its voyage in `Instance.departures`. A
    container whose voyage is not there any more costs no freight, lateness or waiting: no plan can
    change anything about them.

    freight: offer of the container's type on its departure (0 if the departure has no such
        offer), summed over containers.
    handling: `container_handling` for each container.
    dead_freight: for each container ceil(max(0, PLANNING_STANDARD_CM3[type] - cargo_volume_cm3)
        x dead_freight_per_m3 / 10^6); 0 for a type without a planning standard.
    lateness: for each placed consignment floor(whole seconds of max(0, eta - latest_arrival)
        x volume_cm3 x late_per_m3_day / (86,400 x 10^6)); 0 without `latest_arrival_at`.
    waiting: for each placed consignment floor(whole seconds of max(0, etd - available)
        x volume_cm3 x wait_per_m3_day / (86,400 x 10^6)).
    left_out: for each consignment left out floor(volume_cm3 x price / 10^6), the price by priority
        (`left_out_must_go_per_m3`, `left_out_per_m3`, `left_out_filler_per_m3`), plus the least
        lateness and waiting together on any departure that it may still take (nothing when there is
        none): a departure whose `lco_at` is neither before it is available nor before the clock,
        that is not forbidden for it, and that is the pinned one if it is pinned to a voyage. That
        part arises in any case, and must not make leaving it out look cheaper. A blocked
        consignment that has no place on the published plan costs nothing: no plan could take it.
    change: for each move away from a container of the published plan (to another or to none) that
        is not forced: `change` while the clock is not past the freeze fence, which is
        `freeze_before_lco_s` before the `lco_at` of that container's departure; then change +
        floor((max(change, change_at_cutoff) - change) x whole seconds past the fence /
        freeze_before_lco_s), at `lco_at` and later max(change, change_at_cutoff). A move is forced,
        by the instance alone, if: that container is not in `consolidations` or its voyage not in
        `departures`; or the consignment is not committed and it is pinned elsewhere, its voyage is
        forbidden, its customs status is REJECTED, or it is available only after the departure's
        `lco_at`.
    haulage: `cost_usd_cents` of each route.
    """

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
        """Sum of all terms."""
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
    """The work of the search. It holds no wall time: the same request gives the same plan."""

    status: Literal["optimal", "feasible", "fallback"]
    rounds: int
    work: float
    cut_short: tuple[str, ...] = ()
    """Stages that the deadline ended (`Limits.wall_s`): build (the allocation problem), allocate,
    explain, load, route. Another solve of the same request may then give another plan."""


class Certificate(_Data, frozen=True, kw_only=True):
    """The verifier's statement: the checks that passed, and digests of the bytes checked."""

    verifier: str
    checks: tuple[str, ...]
    instance_digest: str
    plan_digest: str
    """SHA-256 of the plan without its certificate, in canonical JSON."""
    repeatable: bool = True
    """False if the deadline ended the solve, and not its work limits (`SolverStats.cut_short`)."""


class Plan(_Data, frozen=True, kw_only=True):
    """All decisions for one lane. A plan is valid if all of the following holds.

    Consignments: each demand is either in one container or in `left_out`, whole. `moves` has one
    entry for each demand whose container differs from its `current_consolidation_id`; a move to no
    container gives the reason of `left_out`. A code that names a fact of the instance (a hold, a
    customs rejection, a missed cut-off ...) needs that fact, and `time_limit` needs a stage in
    `SolverStats.cut_short`.

    Containers: every frozen or locked consolidation of the instance is in the plan, with exactly
    those of its consignments that are demands of the instance; a committed demand stays in its
    container. A slushy container without cargo is not in the plan. Stage, voyage, spec and
    equipment of an existing container do not change; a new container is slushy, of a departure and
    a type on offer, with the spec of `groupage.domain.containers`. Containers of one type on one
    departure: no more than `available`, or than are frozen and locked there already, whichever is
    more.

    A consignment that joins a container, or stays in a slushy one, is available by `lco_at` (and,
    if it joins, the clock is not past that), not forbidden there, in the pinned voyage or
    consolidation if pinned, and its customs status is not REJECTED. If blocked it stays where it
    is; dangerous goods have a place only if `allow_dangerous`, and never beside a class that they
    must be segregated from.

    A pinned consignment is left out only if its voyage or consolidation cannot take it: never for
    its cost, and never while an empty container there could take it, a further one on offer or one
    of which all cargo may make way (neither committed nor pinned). `did_not_fit`, `floor_area` and
    `time_limit` of a pinned consignment excuse those of its voyage.

    A slushy container: cargo_volume_cm3 is within `plan_fill_permille` of the inner volume
    (committed consignments alone may exceed it); the modes of its consignments are within one set
    of `mode_mix` (an empty table allows all); the values of mode-1039 consignments of one consignee
    are within `declaration_cap_usd_cents` (committed ones may exceed it, but then none joins them).
    A consignment whose value has no rate stays only where it is committed, and fills the cap there.

    Every container: cargo_volume_cm3 and cargo_gross_g are the sums over its demands, the mass of
    the demands and that of the cartons are within the payload, and the load plan is valid as
    `Placement` says. The containers in `unloadable` are exempt from the last two: frozen or locked
    containers that break a rule with the load plan in force, which they keep.
    """

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
    unloadable: tuple[Unloadable, ...] = ()
    cost: Cost
    lower_bound: int
    """No plan that places the pinned consignments which this one places costs less, without
    haulage; US cents."""
    gap_ratio: float
    """(allocation terms - lower_bound) / max(1, allocation terms)."""
    stats: SolverStats
    solver: Solver | None = None
    """None: the plan was stored before plans named their solver."""
    inputs: tuple[LogPosition, ...] = ()
    """Log positions up to which the planner had read; empty: the instance is from a file."""
    causes: tuple[str, ...] = ()
    policy_digest: str = ""
    """Name of the hub's policy under which it was made; empty: of no hub."""
    certificate: Certificate | None = None
