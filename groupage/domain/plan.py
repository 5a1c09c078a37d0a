"""What comes out of planning: everything that was decided for one lane, and when that is valid.

Plain data: it goes to a file and back unchanged. Nothing here computes. What goes in is in
`groupage.domain.instance`.
"""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.codes import LeftOutCode, UnloadableCode
from groupage.domain.containers import ContainerSpec
from groupage.domain.origin import LogPosition, Solver

Stage = Literal["slushy", "frozen", "locked"]
"""slushy: free to re-plan, at a price. frozen: manifest filed, contents stay. locked: stuffing
began, only the tail may move."""


class _Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class Placement(_Data, frozen=True, kw_only=True):
    """Where one carton stands and when it goes in.

    Origin: far left floor corner seen from the door; x to the door, y to the right, z up. A load
    plan is valid if

    - every carton of every consignment of the container stands in it once, in one of its allowed
      positions (`this_side_up`: dz is its height), and nothing else but cartons that stood there;
    - each stands inside the walls (`wall_margin_mm` off both side walls and the far wall,
      `door_margin_mm` off the door) and passes the door: width and height
      as it stands are at most the door's;
    - no two overlap, and each whole base rests on the floor or on tops of other cartons;
    - it can be loaded in `sequence` (1, 2, 3 ... over the cartons that do not stand there yet): a
      carton comes level from the door at its own height and is set down, so that when it comes
      nothing stands in the straight corridor between it and the door, nor above it;
    - what rests on a carton is within its `max_top_load_g`. Each carton passes its mass and what
      it carries to those that it stands on, in proportion to the areas of contact, exactly (in
      fractions); what stands on the floor passes it to the floor.

    Cartons that stood there (`FixedStanding`) keep their place, come first (sequence 1, 2, 3 ... in
    the order of `OpenConsolidation.standing`) and bear under the same rules.
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


class Unloadable(_Data, frozen=True, kw_only=True):
    """A frozen or locked container whose contents have no load plan any more: a person must act.

    What is on its manifest stays in it, and so does the load plan in force (`OpenConsolidation.
    planned`), which can not be carried out as it is.
    """

    consolidation_id: str
    consignment_ids: tuple[str, ...]
    """Those without a place; all of the container's where it is not a matter of single ones."""
    code: UnloadableCode
    reason: str


class LeftOut(_Data, frozen=True, kw_only=True):
    """A consignment without a place on this plan, and what binds."""

    consignment_id: str
    code: LeftOutCode
    reason: str
    next_voyage_id: str | None = None


class Move(_Data, frozen=True, kw_only=True):
    """One difference from the published plan; None: no container."""

    consignment_id: str
    from_consolidation_id: str | None
    to_consolidation_id: str | None
    code: str
    """A `LeftOutCode` or a `MoveCode`."""
    reason: str


class Stop(_Data, frozen=True, kw_only=True):
    """A truck's call at a place; `load_g` and `load_cm3` on board after it.

    A pick-up route is start, pickup..., deliver (at the hub, everything), end (where it started).
    A drayage route is start, (collect_container at the hub, drop_container at the terminal)...,
    end; on board is the cargo and, by mass, the container's tare. arrive_at = leave_at of the stop
    before + drive_s + the driver's breaks on the way (`DriverHours`, which also says how long a
    shift may be). Start and end are left when they are reached, start within the truck's hours and
    not before the clock. A pickup
    begins at max(arrive_at, ready_at), not after latest_at, and takes service_s; hub stops take
    hub_dwell_s, a drop gate_dwell_s. A stop may be left later than that, never earlier. Hitching a
    container begins when all its cargo is available, and it arrives by `gate_in_by_at`.
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
    """US cents. The sum is what the solver minimised; the verifier recomputes every term.

    All terms but `haulage` are allocation terms. "Each container" is each one in `Plan.containers`,
    old or new; its departure is the one of its voyage in `Instance.departures`. A container whose
    voyage is there no more costs no freight, lateness or waiting: nothing about it can be decided.

    freight: offer of the container's type on its departure (0 where the departure has no such
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
        none): one whose `lco_at` is not before it is available nor before the clock, that it is not
        forbidden, and that it is pinned to if it is pinned to one. What is lost in any case must
        not speak for leaving it behind. A consignment that is blocked and has no place on the
        published plan costs nothing: no plan could take it.
    change: for each move away from a container of the published plan (to another one or to none)
        that is not forced: `change` while the clock is not past the freeze fence, which is
        `freeze_before_lco_s` before the `lco_at` of that container's departure; then change +
        floor((max(change, change_at_cutoff) - change) x whole seconds past the fence /
        freeze_before_lco_s), at `lco_at` and later max(change, change_at_cutoff). Forced, seen from
        the instance alone: that container is not in `consolidations` or its voyage not in
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
    """What was decided for one lane. A plan is valid if all of this holds.

    Consignments: each demand is either in one container or in `left_out`, whole. `moves` has
    one entry for each demand whose container differs from its `current_consolidation_id`; one to
    no container gives the reason of `left_out`. A code that names a fact of the instance (a hold, a
    rejection, a cut-off that is missed ...) needs that fact.

    Containers: every frozen or locked consolidation of the instance is in the plan, with exactly
    those of its consignments that are demands of the instance; a committed demand stays in its
    container. A slushy one without cargo is not in the plan. Stage, voyage, spec, equipment of an
    existing one do not change; a new one is slushy, of a departure and a type on offer, with the
    spec of `groupage.domain.containers`. Containers of one type on one departure: no more than
    `available`, or than stand there frozen and locked already, whichever is more.

    A consignment that comes newly into a container, or stays in a slushy one: available by `lco_at`
    (and, coming newly, the clock is not past it), not forbidden there, in the pinned voyage or
    consolidation if pinned, customs not REJECTED; blocked: only where it is already; dangerous
    only if `allow_dangerous`, and never beside a class it must be segregated from.

    A slushy container: cargo_volume_cm3 within `plan_fill_permille` of the inner volume (committed
    consignments alone may exceed it); modes of its consignments within one set of `mode_mix` (an
    empty table lets all pass), values of mode-1039 consignments of one consignee within
    `declaration_cap_usd_cents` (what is committed may exceed it, nothing is added then). One whose
    value is not known stays only where it is committed, and fills the cap there.
    Every container: cargo_volume_cm3 and cargo_gross_g are the sums over its demands, the mass of
    the demands as of the cartons within the payload, and a load plan as `Placement` says. Exempt
    from these two are the containers in `unloadable`: frozen or locked ones that break a rule with
    the load plan in force, which they keep.
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
    """No plan of this instance costs less on the allocation terms (routing's haulage excluded), US
    cents."""
    gap_ratio: float
    """(allocation terms - lower_bound) / max(1, allocation terms)."""
    stats: SolverStats
    solver: Solver | None = None
    """None: stored before plans named it."""
    inputs: tuple[LogPosition, ...] = ()
    """What the planner had read; empty: made from a file."""
    causes: tuple[str, ...] = ()
    certificate: Certificate | None = None
