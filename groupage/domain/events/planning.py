"""Facts about one lane's planning.

Asked for, proposed, approved, superseded, and what each container and truck shall do.
"""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.quantities import Cm3OrZero, Count, GramsOrZero, Id, Text
from groupage.domain.origin import LogPosition, Solver
from groupage.domain.plan import PlannedContainer, Route

Cause = Literal[
    "measured",
    "amended",
    "booked",
    "available",
    "cancelled",
    "short",
    "hold_placed",
    "hold_released",
    "customs",
    "carrier",
    "schedule",
    "cutoff_near",
    "container",
    "did_not_fit",
    "command",
    "timer",
]
"""Why a lane wants a new plan."""


class LaneEvent(Event, frozen=True, kw_only=True):
    """A fact that a lane owns."""

    kind: ClassVar[AggregateKind] = "lane"
    key_field: ClassVar[str] = "lane_id"

    lane_id: Id


class ReplanWanted(LaneEvent, frozen=True, kw_only=True):
    """Derived: something changed that the lane's plan should know. The lane debounces these."""

    name: ClassVar[str] = "plan.wanted"
    internal: ClassVar[bool] = True

    cause: Cause
    about: Text
    """Id of what changed."""


class PlanRequested(Event, frozen=True, kw_only=True):
    """Derived: plan this lane now. Read by the planners (one consumer group)."""

    name: ClassVar[str] = "plan.requested"
    kind: ClassVar[AggregateKind] = "request"
    key_field: ClassVar[str] = "lane_id"
    subject_field: ClassVar[str] = "request_id"
    internal: ClassVar[bool] = True

    request_id: Id
    lane_id: Id
    sequence: Count
    """1, 2, 3 … for each lane: a plan for a lower one never overtakes a plan for a higher one."""
    clock_at: datetime
    causes: tuple[Cause, ...]
    about: tuple[Text, ...] = ()
    """Up to 50 ids of what changed."""
    seed: int = 0


class PlanAsked(LaneEvent, frozen=True, kw_only=True):
    """Derived: the lane sent `plan.requested` for these wishes; later ones need another."""

    name: ClassVar[str] = "plan.asked"
    subject_field: ClassVar[str] = "request_id"
    internal: ClassVar[bool] = True

    request_id: Id
    sequence: Count
    wish_ids: tuple[Id, ...]
    """Fact ids (hex) of the wishes that the request answers."""


class LanePinned(LaneEvent, frozen=True, kw_only=True):
    """Derived from `command.pin`: keep the consignment there, or let go (`unpin`)."""

    name: ClassVar[str] = "lane.pinned"
    subject_field: ClassVar[str] = "consignment_id"
    internal: ClassVar[bool] = True

    consignment_id: Id
    by: Id
    reason: Text = ""
    voyage_id: Id | None = None
    consolidation_id: Id | None = None
    unpin: bool = False


class LaneForbidden(LaneEvent, frozen=True, kw_only=True):
    """Derived from `command.forbid` or `command.roll`: not on this voyage; `lift` ends it."""

    name: ClassVar[str] = "lane.forbidden"
    subject_field: ClassVar[str] = "consignment_id"
    internal: ClassVar[bool] = True

    consignment_id: Id
    by: Id
    reason: Text = ""
    voyage_id: Id
    lift: bool = False
    roll: bool = False
    """It was to go with this voyage and is sent with a later one."""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who goes where."""

    consignment_id: Id
    consolidation_id: Id
    voyage_id: Id
    reason_code: Text = ""


class PlanMove(msgspec.Struct, frozen=True, kw_only=True):
    """One difference from the published plan; None: not in a container."""

    consignment_id: Id
    from_consolidation_id: Id | None
    to_consolidation_id: Id | None
    reason_code: Text
    reason: Text


class PlanProposed(LaneEvent, frozen=True, kw_only=True):
    """A certified plan for the lane.

    Placements follow as `container.planned`, all its routes as `route.planned` and `route.revised`.
    """

    name: ClassVar[str] = "plan.proposed"
    internal: ClassVar[bool] = True

    plan_id: Id
    request_id: Id
    sequence: Count
    decided_at: datetime
    assignments: tuple[Assignment, ...]
    moves: tuple[PlanMove, ...]
    consolidations: tuple["PlannedConsolidation", ...]
    unloadable: tuple["UnloadableConsolidation", ...] = ()
    cost_minor: int
    bound_minor: int
    gap_ratio: float
    solver: Solver | None = None
    """Name, version, seed and limits of work: what it takes to find the same plan again."""
    inputs: tuple[LogPosition, ...] = ()
    """The log up to where the plan was made from it: what came later it does not know."""
    policy: Text = ""
    """What may be in a container that it opens, in words."""
    certificate: Text
    """Digest of the plan that the verifier passed."""


class PlannedConsolidation(msgspec.Struct, frozen=True, kw_only=True):
    """One container of a plan, without its placements."""

    consolidation_id: Id
    voyage_id: Id
    iso_type: Text
    equipment_ref: Text = ""
    consignment_ids: tuple[Id, ...]
    volume_cm3: Cm3OrZero
    gross_g: GramsOrZero


class UnloadableConsolidation(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen or locked container whose contents do not load; it stays as it is."""

    consolidation_id: Id
    consignment_ids: tuple[Id, ...]
    """Those without a place."""
    code: Text
    reason: Text


class PlanFailed(LaneEvent, frozen=True, kw_only=True):
    """The request gave no plan that the verifier passes; the published plan stays."""

    name: ClassVar[str] = "plan.failed"
    internal: ClassVar[bool] = True

    request_id: Id
    sequence: Count
    reason: Text


class PlanApproved(LaneEvent, frozen=True, kw_only=True):
    """A dispatcher (or the policy of automatic approval) accepted the plan.

    It is the published one now.
    """

    name: ClassVar[str] = "plan.approved"

    plan_id: Id
    by: Text


class PlanRejected(LaneEvent, frozen=True, kw_only=True):
    """A dispatcher refused the plan; the published one stays."""

    name: ClassVar[str] = "plan.rejected"

    plan_id: Id
    by: Text
    reason: Text


class PlanSuperseded(LaneEvent, frozen=True, kw_only=True):
    """Derived: a newer plan took this one's place."""

    name: ClassVar[str] = "plan.superseded"
    internal: ClassVar[bool] = True

    plan_id: Id
    by_plan_id: Id


class ContainerPlanned(LaneEvent, frozen=True, kw_only=True):
    """How one container of an approved plan is to be stuffed, carton by carton.

    For the warehouse.
    """

    name: ClassVar[str] = "container.planned"
    subject_field: ClassVar[str] = "plan_id"
    internal: ClassVar[bool] = True

    plan_id: Id
    container: PlannedContainer


class StopWindow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a stop of the route may be served; other stops may be at any time."""

    action: Literal["pickup", "drop_container"]
    reference: Id
    """The consignment to fetch, the consolidation to bring to its terminal."""
    from_at: datetime | None = None
    """Not before; None: the terminal takes it at any time until then."""
    until_at: datetime
    """A pick-up begins, a container arrives by then."""


class RoutePlanned(LaneEvent, frozen=True, kw_only=True):
    """Where one truck shall drive: new, or as the plan in force had it. For drivers and carrier."""

    name: ClassVar[str] = "route.planned"
    subject_field: ClassVar[str] = "plan_id"
    internal: ClassVar[bool] = True

    plan_id: Id
    route: Route
    windows: tuple[StopWindow, ...] = ()


class RouteRevised(LaneEvent, frozen=True, kw_only=True):
    """Where one truck shall drive, other than the plan in force had it: stops, truck or times."""

    name: ClassVar[str] = "route.revised"
    subject_field: ClassVar[str] = "plan_id"
    internal: ClassVar[bool] = True

    plan_id: Id
    route: Route
    windows: tuple[StopWindow, ...] = ()
    revises: tuple[Id, ...]
    """Routes of the plan in force whose jobs it has taken over, each with some of them at least."""


class ConsolidationClosed(LaneEvent, frozen=True, kw_only=True):
    """Derived: the consolidation left (or was dissolved); the lane plans it no longer."""

    name: ClassVar[str] = "lane.consolidation_closed"
    internal: ClassVar[bool] = True

    consolidation_id: Id
    status: Text
