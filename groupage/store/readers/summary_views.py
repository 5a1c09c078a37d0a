"""How a consignment, a carton or a container stands now: the heads of traces."""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.events.schedule import Cutoff
from groupage.domain.plan import LeftOut
from groupage.domain.stowage import Stowage
from groupage.store.readers.holds import OpenHold
from groupage.store.readers.plan_statuses import PlanStatus
from groupage.store.readers.routes import TransportJob


class CutoffSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A cut-off of a consolidation."""

    code: str
    """DCSA code."""
    name: str
    """The code in words."""
    due_at: datetime
    """For the hub: the terminal's less the haul, if there is one."""
    terminal_code: str = ""
    """PCO or FCO, if it is about leaving the hub for the terminal; else empty."""
    terminal_due_at: datetime | None = None
    """When the container must be at the terminal."""
    state: str
    """ahead, at_risk, met or missed."""
    met_at: datetime | None
    projected_at: datetime | None
    """When it will probably be met; None: not known."""
    waits_for: tuple[str, ...]
    """The consignments that are not ready; empty: it depends on none, or all are."""
    missing: tuple[str, ...]
    """What is missing for it, in words, with the consignments that lack it."""


class VisitSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A truck's visit at the dock."""

    visit_id: str
    plate: str
    dock: str
    arrived_at: datetime | None


class SteeringSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A dispatcher's word on where a consignment goes."""

    does: Literal["pinned", "kept_off", "rolled"]
    voyage_id: str
    """Empty: any voyage, in that consolidation."""
    consolidation_id: str
    by: str
    at: datetime
    reason: str


class EndSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a consignment that does not leave: rejected, cancelled, returned or split."""

    at: datetime
    reason: str
    fee_due: bool
    """Dead freight is due."""
    children: tuple[str, ...]
    """The consignments that it was split into."""


class PickUpSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How the cargo comes to the hub."""

    place: str
    """Where a truck of the hub collects it; empty: the shipper brings it."""
    ready_at: datetime | None
    latest_at: datetime | None
    job: TransportJob | None
    """What the plans say; None: no plan has had to do with it."""
    expected_at: datetime | None
    """When the truck is to arrive."""
    arrived_at: datetime | None
    vehicle: str
    visits: tuple[VisitSummary, ...]


class VoyageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The voyage of a consolidation."""

    voyage_id: str
    status: str
    """Empty: its schedule is not known."""
    etd_at: datetime | None
    eta_at: datetime | None


class NextPlan(msgspec.Struct, frozen=True, kw_only=True):
    """When a lane is planned next."""

    requested_at: datetime | None = None
    """A planner has had the request since then."""
    due_at: datetime | None = None
    """When the lane requests its next plan; None: nothing has changed that calls for one."""
    changes: int = 0
    """So many changes call for a plan."""
    failed: str = ""
    """Why the last request ended without a plan."""
    waiting_plan_id: str = ""
    """The newest plan that waits for approval; empty: none does."""
    waiting_sequence: int = 0


class WaitingCargo(msgspec.Struct, frozen=True, kw_only=True):
    """The plans of the lane, for a consignment without a container."""

    plan_id: str
    """The plan in force; empty: there is none."""
    plan_sequence: int
    plan_decided_at: datetime | None
    left_voyage_id: str
    """The voyage that the plan names for it, if that has left since: the reason is old."""
    next: NextPlan


class ConsignmentSummary(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="consignment"
):
    """A consignment as it stands now."""

    consignment_id: str
    status: str
    last_at: datetime | None
    """When its newest event happened."""
    ended: EndSummary | None
    """How it ended without leaving in a container."""
    shipper: str
    consignee: str
    lane_id: str
    cartons: dict[str, int]
    """By where they are: expected, received, stored, staged, loaded, departed, returned."""
    measured: int
    damaged: int
    locations: dict[str, int]
    """Cartons by location; those in a container not."""
    volume_cm3: int
    gross_g: int
    customs: str
    missing: tuple[str, ...]
    """What keeps it from leaving, in words."""
    holds: tuple[OpenHold, ...]
    pick_up: PickUpSummary
    consolidation_id: str
    """Empty: it is allocated to none."""
    consolidation_status: str
    container: str
    plan_id: str
    """The plan that allocated it."""
    voyage: VoyageSummary | None
    cutoffs: tuple[CutoffSummary, ...]
    left_out: LeftOut | None
    """Why the plan in force has no container for it."""
    available_at: datetime | None = None
    """Since when a plan may place it; None: not yet, or it has left."""
    waiting: WaitingCargo | None = None
    """The plan in force and the next one, as long as no plan has a container for it."""
    steering: tuple[SteeringSummary, ...]
    """Pins and forbidden voyages that stand."""
    departed_at: datetime | None


class CartonSummary(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="unit"):
    """A carton or another logistic unit as it stands now."""

    unit_id: str
    status: str
    """EXPECTED, RECEIVED, STORED, STAGED, LOADED, DEPARTED, RETURNED or REPACKED; of a unit that no
    consignment has, as its own state says."""
    condition: str
    location: str
    """Where it stands in the hub; empty: unknown, or in a container."""
    measured: tuple[int, int, int, int] | None
    """Length, width and height in mm, mass in g."""
    consignment_id: str
    consignment_status: str
    consolidation_id: str
    container: str
    """The container that it is in, or is planned for."""
    voyage: VoyageSummary | None
    loaded_at: datetime | None
    deviation: str
    """Why it stands elsewhere than planned."""
    plan_id: str
    """The plan that its container is, or was, loaded by."""
    plan_in_force: bool
    stowage: Stowage | None
    """Where it stands in the container, or will."""


class ContainerSummary(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="container"
):
    """A container and its consolidation as they stand now. One of the two may not be known yet."""

    container: str
    container_status: str
    iso_type: str
    location: str
    seals: tuple[str, ...]
    """Oldest first: the last one is on its doors."""
    vgm_g: int | None
    consolidation_id: str
    status: str
    """Of the consolidation."""
    since_at: datetime | None
    ended_reason: str
    """Why the consolidation was broken up or cancelled."""
    lane_id: str
    voyage: VoyageSummary | None
    consignments: int
    held: tuple[OpenHold, ...]
    """Open holds of its consignments."""
    pieces: int
    staged_pieces: int
    loaded_pieces: int
    volume_cm3: int
    """Loaded; as long as nothing is, planned."""
    gross_g: int
    cutoffs: tuple[CutoffSummary, ...]
    plan_id: str
    """The plan that it is, or was, loaded by."""
    plan_in_force: bool
    haul: TransportJob | None
    """The truck that brings it to the terminal."""
    departed_at: datetime | None
    on_board_at: datetime | None


class PortCallSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a ship on the way, or of another ship."""

    place: str
    ship: str
    """Voyage number or IMO number of another ship than the voyage's; empty: it is that."""
    eta_at: datetime | None
    arrived_at: datetime | None
    etd_at: datetime | None
    departed_at: datetime | None


class SailingSummary(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="voyage"):
    """A voyage as it stands now."""

    voyage_id: str
    status: str
    since_at: datetime | None
    reason: str
    """Why the carrier changed or cancelled it."""
    lane_id: str
    carrier: str
    service_id: str
    mode: str
    etd_at: datetime | None
    eta_at: datetime | None
    departed_at: datetime | None
    arrived_at: datetime | None
    cutoffs: tuple[Cutoff, ...]
    """The earliest first."""
    consolidations: tuple[str, ...]
    """Those that it carries, or will."""
    left_behind: tuple[str, ...] = ()
    """Those that were planned for it and do not go with it: given up, broken up, too late."""
    calls: tuple[PortCallSummary, ...] = ()
    """In the order of their times."""


class WaitingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that waits for approval."""

    plan_id: str
    sequence: int
    since_at: datetime


class LaneSummary(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="lane"):
    """A lane as it stands now."""

    lane_id: str
    plan_id: str
    """The plan in force; empty: there is none."""
    plan_sequence: int
    plan_decided_at: datetime | None
    plan_status: PlanStatus
    consolidations: int
    """Of the plan in force, those that have not left."""
    consignments: int
    """In these consolidations."""
    left_out: int
    waiting: tuple[WaitingPlan, ...]
    """The oldest first."""
    next: NextPlan
    policy: str
    """Digest of the policy in force; empty: the hub has adopted none."""
    auto_approve: bool
    """The policy approves plans; otherwise a dispatcher does."""


class TruckSummary(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="visit"):
    """A truck's visit at the dock, with the cargo on it."""

    visit_id: str
    plate: str
    dock: str
    arrived_at: datetime | None
    consignments: tuple[str, ...]


Summary = (
    SailingSummary
    | ConsignmentSummary
    | CartonSummary
    | ContainerSummary
    | LaneSummary
    | TruckSummary
)
