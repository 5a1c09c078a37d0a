"""Rows of lists: masses in g, volumes in cm³, money in cents, times in UTC."""

from datetime import datetime

import msgspec

from groupage.store.readers.holds import OpenHold
from groupage.store.readers.plan_statuses import PlanStatusName


class ConsignmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A consignment in a list."""

    consignment_id: str
    status: str
    customs: str
    blocked: bool
    """A hold is open, and the consignment is still at the hub or to come."""
    lane_id: str
    shipper: str
    consignee: str
    mode: str
    consolidation_id: str | None
    voyage_id: str | None
    pieces: int
    received_pieces: int
    measured_pieces: int
    loaded_pieces: int
    volume_cm3: int
    gross_g: int
    at_risk: bool
    """Its consolidation has a cut-off at risk or missed."""
    changed_at: datetime


class WaitingConsignment(msgspec.Struct, frozen=True, kw_only=True):
    """A consignment for which a cut-off waits."""

    consignment_id: str
    shipper: str


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is missing for a cut-off."""

    what: str
    consignments: tuple[WaitingConsignment, ...] = ()
    """Those that lack it; empty: it is a matter of the whole container."""


class CutoffRisk(msgspec.Struct, frozen=True, kw_only=True):
    """A cut-off that may be missed, or was."""

    code: str
    due_at: datetime
    """For the hub: the terminal's less the haul, if there is one."""
    state: str
    """`at_risk` or `missed`."""
    missing: tuple[Missing, ...]
    terminal_code: str = ""
    """PCO or FCO, if it is about leaving the hub for the terminal; else empty."""
    terminal_due_at: datetime | None = None
    """When the container must be at the terminal."""


class ConsolidationView(msgspec.Struct, frozen=True, kw_only=True):
    """A consolidation in a list."""

    consolidation_id: str
    status: str
    lane_id: str
    voyage_id: str
    iso_type: str
    equipment_ref: str
    members: int
    planned_volume_cm3: int
    loaded_volume_cm3: int
    gross_g: int
    fill_permille: int | None
    """The larger of planned and loaded volume, per mille of the container's inner volume."""
    next_cutoff: str
    """DCSA code of the next deadline ahead; empty: none."""
    next_cutoff_at: datetime | None
    minutes_to_cutoff: int | None
    """By the hub's clock, not the wall's."""
    at_risk: bool
    """A cut-off is at risk or missed."""
    departed_at: datetime | None
    changed_at: datetime
    held: tuple[OpenHold, ...] = ()
    """Open holds of its consignments: those keep their places and may not be staged or loaded."""
    risks: tuple[CutoffRisk, ...] = ()
    """The cut-offs at risk or missed, the nearest first."""


class ContainerView(msgspec.Struct, frozen=True, kw_only=True):
    """A container in a list."""

    equipment_ref: str
    status: str
    iso_type: str
    consolidation_id: str | None
    seal_no: str
    vgm_g: int | None
    changed_at: datetime
    held: tuple[OpenHold, ...] = ()
    """Open holds of its consignments: those keep their places and may not be staged or loaded."""


class PlanView(msgspec.Struct, frozen=True, kw_only=True):
    """A stored plan in a list."""

    plan_id: str
    request_id: str
    lane_id: str
    sequence: int
    decided_at: datetime
    stored_at: datetime
    containers: int
    consignments: int
    left_out: int
    cost_minor: int
    bound_minor: int
    gap_ratio: float
    published: bool
    """It is the published plan of its lane."""
    status: PlanStatusName = "unknown"
    """waiting: for approval; in_force; replaced: it was in force; overtaken: a newer plan came
    before anybody had approved it; rejected; unknown: older than the lane's last 50."""
    status_at: datetime | None = None
    """Since when it is so."""
    status_by: str = ""
    """The person who approved or rejected it, or ``policy``."""
    status_reason: str = ""
    replaced_by: str = ""
    """The plan that is newer."""


class RouteView(msgspec.Struct, frozen=True, kw_only=True):
    """A truck's route in a plan."""

    route_id: str
    plan_id: str
    in_force: bool
    """The plan is its lane's plan in force."""
    lane_id: str
    truck_id: str
    start_at: datetime
    end_at: datetime
    stops: int
    """Stops between start and end."""
    references: tuple[str, ...]
    """Consignments and consolidations it serves."""
    fetches_at: datetime | None = None
    """When it comes to the consignment that was asked for."""
    distance_m: int
    cost_usd_cents: int


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert."""

    alert_id: str
    about: str
    about_kind: str
    code: str
    severity: str
    message: str
    due_at: datetime | None
    raised_at: datetime
    critical_since: datetime | None
    """When it turned critical, if it was raised before that: a cut-off at risk was missed."""
    cleared_at: datetime | None
    shippers: tuple[str, ...] = ()
    """Of the consignments for which its cut-off waits."""
