"""Events of a lane: plans requested, proposed, approved and superseded, and their details."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.events.quantities import (
    Count,
    CountOrZero,
    Id,
    IsoType,
    Text,
    TotalCm3,
    TotalGrams,
)
from groupage.domain.origin import LogPosition, Solver
from groupage.domain.plan import PlannedContainer, Route, Unloadable

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
    "time_limit",
]
"""The cause of a replan trigger."""


class LaneEvent(Event, frozen=True, kw_only=True):
    """An event of a lane."""

    kind: ClassVar[AggregateKind] = "lane"
    key_field: ClassVar[str] = "lane_id"

    lane_id: Id


class ReplanWanted(LaneEvent, frozen=True, kw_only=True):
    """A replan trigger: something changed that the lane's plan depends on."""

    name: ClassVar[str] = "plan.wanted"
    internal: ClassVar[bool] = True
    acts_once: ClassVar[str] = "an unneeded plan changes nothing"

    cause: Cause
    about: Text
    """Id of the thing that changed."""


class PlanRequested(Event, frozen=True, kw_only=True):
    """A lane requests a plan; one of the planners (a consumer group) makes it."""

    name: ClassVar[str] = "plan.requested"
    kind: ClassVar[AggregateKind] = "request"
    key_field: ClassVar[str] = "lane_id"
    subject_field: ClassVar[str] = "request_id"
    internal: ClassVar[bool] = True
    acts_once: ClassVar[str] = "a planner may have begun"

    request_id: Id
    lane_id: Id
    sequence: Count
    """1, 2, 3 … in each lane. A plan for a lower number never replaces one for a higher number."""
    clock_at: datetime
    causes: tuple[Cause, ...]
    about: tuple[Text, ...] = ()
    """Up to 50 ids of the things that changed."""
    seed: int = 0


class PlanAsked(LaneEvent, frozen=True, kw_only=True):
    """The lane sent `plan.requested` for these triggers; later triggers need another request."""

    name: ClassVar[str] = "plan.asked"
    subject_field: ClassVar[str] = "request_id"
    internal: ClassVar[bool] = True
    acts_once: ClassVar[str] = "the request was sent"

    request_id: Id
    sequence: Count
    wish_ids: tuple[Id, ...]
    """Fact ids (hex) of the triggers that the request covers."""


class LanePinned(LaneEvent, frozen=True, kw_only=True):
    """A dispatcher pinned the consignment to a voyage or consolidation, or unpinned it."""

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
    """A dispatcher forbade the consignment this voyage (`command.forbid`, `command.roll`).

    `lift` ends it.
    """

    name: ClassVar[str] = "lane.forbidden"
    subject_field: ClassVar[str] = "consignment_id"
    internal: ClassVar[bool] = True

    consignment_id: Id
    by: Id
    reason: Text = ""
    voyage_id: Id
    lift: bool = False
    roll: bool = False
    """True: the consignment was planned for this voyage and goes with a later one."""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A consignment and its consolidation in a plan."""

    consignment_id: Id
    consolidation_id: Id
    voyage_id: Id
    reason_code: Text = ""


class PlanMove(msgspec.Struct, frozen=True, kw_only=True):
    """One difference from the published plan; None stands for no container."""

    consignment_id: Id
    from_consolidation_id: Id | None
    to_consolidation_id: Id | None
    reason_code: Text
    reason: Text


class PlanProposed(LaneEvent, frozen=True, kw_only=True):
    """A planner proposes a plan that the verifier certified.

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
    unloadable: tuple[Unloadable, ...] = ()
    out_of_time: CountOrZero = 0
    """Consignments that it leaves out because the time limit ended the search."""
    cost_minor: int
    bound_minor: int
    gap_ratio: float
    solver: Solver | None = None
    """Name, version, seed and work limits: with these the solver finds the same plan again."""
    inputs: tuple[LogPosition, ...] = ()
    """How far the planner had read the log; the plan does not know what came later."""
    policy: Text = ""
    """The cargo that a container which it opens may hold, in words."""
    certificate: Text
    """Digest of the plan that the verifier passed."""

    def certified_plan(self) -> tuple[str, str]:
        """Return the plan's id and digest."""
        return self.plan_id, self.certificate


class PlannedConsolidation(msgspec.Struct, frozen=True, kw_only=True):
    """One container of a plan, without its placements."""

    consolidation_id: Id
    voyage_id: Id
    iso_type: IsoType
    equipment_ref: Text = ""
    consignment_ids: tuple[Id, ...]
    volume_cm3: TotalCm3
    gross_g: TotalGrams


class PlanFailed(LaneEvent, frozen=True, kw_only=True):
    """The planner found no plan that passes the verifier; the published plan stays."""

    name: ClassVar[str] = "plan.failed"
    internal: ClassVar[bool] = True

    request_id: Id
    sequence: Count
    reason: Text


class PlanApproved(LaneEvent, frozen=True, kw_only=True):
    """A dispatcher, or the policy of automatic approval, accepted the plan.

    It is the published plan now.
    """

    name: ClassVar[str] = "plan.approved"

    plan_id: Id
    by: Text


class PlanRejected(LaneEvent, frozen=True, kw_only=True):
    """A dispatcher rejected the plan; the published plan stays."""

    name: ClassVar[str] = "plan.rejected"

    plan_id: Id
    by: Text
    reason: Text


class PlanSuperseded(LaneEvent, frozen=True, kw_only=True):
    """A newer plan replaced this one."""

    name: ClassVar[str] = "plan.superseded"
    internal: ClassVar[bool] = True
    acts_once: ClassVar[str] = "a note for readers; the lane knows"

    plan_id: Id
    by_plan_id: Id


class ContainerPlanned(LaneEvent, frozen=True, kw_only=True):
    """The load plan of one container of an approved plan, carton by carton, for the warehouse."""

    name: ClassVar[str] = "container.planned"
    subject_field: ClassVar[str] = "plan_id"
    internal: ClassVar[bool] = True

    plan_id: Id
    container: PlannedContainer


class StopWindow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a truck may serve a stop of its route; stops without a window are free."""

    action: Literal["pickup", "drop_container"]
    reference: Id
    """The consignment to collect, or the consolidation to bring to its terminal."""
    from_at: datetime | None = None
    """Not before. None: the terminal accepts it at any time until `until_at`."""
    until_at: datetime
    """A pick-up has begun, or a container has arrived, by then."""


class RoutePlanned(LaneEvent, frozen=True, kw_only=True):
    """The route of one truck, new or as in the plan before; for drivers and carriers."""

    name: ClassVar[str] = "route.planned"
    subject_field: ClassVar[str] = "plan_id"
    internal: ClassVar[bool] = True

    plan_id: Id
    route: Route
    windows: tuple[StopWindow, ...] = ()


class RouteRevised(LaneEvent, frozen=True, kw_only=True):
    """The route of one truck, with other stops, truck or times than in the plan before."""

    name: ClassVar[str] = "route.revised"
    subject_field: ClassVar[str] = "plan_id"
    internal: ClassVar[bool] = True

    plan_id: Id
    route: Route
    windows: tuple[StopWindow, ...] = ()
    revises: tuple[Id, ...]
    """Routes of the plan before of which it takes over at least one job."""


class ConsolidationClosed(LaneEvent, frozen=True, kw_only=True):
    """The consolidation left or was dissolved; the lane does not plan it any more."""

    name: ClassVar[str] = "lane.consolidation_closed"
    internal: ClassVar[bool] = True

    consolidation_id: Id
    status: Text
