"""State of a lane's planning: replan triggers, requests, plans, the dispatcher's pins."""

from datetime import datetime
from typing import Literal

import msgspec

from groupage.domain.events.planning import (
    Assignment,
    Cause,
    PlannedConsolidation,
)
from groupage.domain.plan import Unloadable
from groupage.domain.state.base import State

PlanStatus = Literal["proposed", "published", "superseded", "rejected"]


class ReplanTrigger(msgspec.Struct, kw_only=True, array_like=True):
    """A reason to plan again."""

    at: datetime
    cause: Cause
    about: str
    commanded: bool = False
    """A dispatcher commanded a plan of the lane; it changed nothing else."""


class SentRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A request that the planners got, and its answer."""

    request_id: str
    at: datetime
    answer: Literal["", "proposed", "failed", "timeout"] = ""
    answered_at: datetime | None = None
    detail: str = ""


class PendingRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A request that is due now; it comes back to the lane as the fact `plan.asked`."""

    request_id: str
    sequence: int
    at: datetime
    causes: tuple[Cause, ...]
    about: tuple[str, ...]
    """Ids of the first 50 things that changed."""
    trigger_ids: tuple[str, ...]
    attempt: int = 1
    """How often the lane has sent it; the first attempts were lost."""


class PlanRecord(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A plan and what became of it; its contents are in the store."""

    sequence: int
    status: PlanStatus
    decided_at: datetime
    proposed_at: datetime
    request_id: str
    cost_minor: int
    bound_minor: int
    gap_ratio: float
    certificate: str
    out_of_time: int = 0
    """Consignments that it leaves out because the time limit ended the search."""
    continued: int = 0
    """Published plans just before it that left consignments out for the same reason."""
    by: str = ""
    """The person who approved or rejected it, or ``policy``."""
    status_at: datetime | None = None
    reason: str = ""
    superseded_by: str = ""


class Proposal(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The contents of a plan that waits for approval."""

    plan_id: str
    assignments: tuple[Assignment, ...]
    consolidations: tuple[PlannedConsolidation, ...]
    reasons: tuple[tuple[str, str], ...] = ()
    """(consignment, reason code) of each move."""
    unloadable: tuple[Unloadable, ...] = ()
    policy: str = ""


class LanePin(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A dispatcher keeps a consignment on a voyage (and in a consolidation, when named)."""

    at: datetime
    by: str
    voyage_id: str = ""
    consolidation_id: str = ""
    reason: str = ""


class LaneForbid(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A dispatcher keeps a consignment off a voyage."""

    at: datetime
    by: str
    reason: str = ""
    roll: bool = False
    """It was rolled: only a later departure will do."""


class EarlierAssignment(msgspec.Struct, frozen=True, array_like=True):
    """An assignment that a later plan changed."""

    consolidation_id: str
    voyage_id: str
    plan_id: str
    at: datetime
    reason_code: str = ""
    from_consolidation_id: str = ""


class PublishedAssignment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The consolidation that the published plan gives a consignment, and since which plan.

    With an empty consolidation: that plan took it out.
    """

    consolidation_id: str
    voyage_id: str
    plan_id: str
    since_at: datetime
    voyage_at: datetime | None = None
    """When a later plan put its consolidation on another voyage."""
    reason_code: str = ""
    from_consolidation_id: str = ""
    earlier: tuple[EarlierAssignment, ...] = ()
    """Those before it, oldest first: which carton may be loaded depends on its allocation then."""
    forgotten_until: datetime | None = None
    """Assignments until then are left out of `earlier`, which is bounded."""

    @property
    def at(self) -> datetime:
        """Since when all of it is so."""
        return self.voyage_at or self.since_at

    @property
    def home_id(self) -> str:
        """The consolidation that it is in, or was taken out of."""
        return self.consolidation_id or self.from_consolidation_id


class EarlierList(msgspec.Struct, frozen=True, array_like=True):
    """The consignments of a consolidation, as a plan listed them that a later plan changed."""

    plan_id: str
    at: datetime
    consignment_ids: tuple[str, ...]
    volume_cm3: int
    gross_g: int


class OpenedConsolidation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A consolidation that a published plan opened."""

    voyage_id: str
    iso_type: str
    opened_at: datetime
    policy: str = ""
    """The policy of the plan that opened it; later plans may have another one."""
    plan_id: str
    """The last published plan that changed its list."""
    planned_at: datetime
    consignment_ids: tuple[str, ...] = ()
    volume_cm3: int = 0
    gross_g: int = 0
    earlier: tuple[EarlierList, ...] = ()
    """The lists before, oldest first."""
    forgotten_until: datetime | None = None
    """Lists until then are left out of `earlier`, which is bounded."""


class ClosedConsolidation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A consolidation that left or ended, as the lane knew it: its plan may still be retracted."""

    opened: OpenedConsolidation | None = None
    assignments: dict[str, PublishedAssignment] = msgspec.field(default_factory=dict)
    """By consignment: those in it, and those that the last plan had taken out of it."""


class UnloadableWarning(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A frozen or locked container whose contents have no load plan."""

    since_at: datetime
    plan_id: str
    """The first plan that reported it so."""
    unloadable: Unloadable


class LaneState(State, kw_only=True, omit_defaults=True):
    """The planning of a lane."""

    known: bool = False
    """A consignment or a voyage of the lane has sent a replan trigger. Until then the lane plans
    nothing: a dispatcher may have mistyped its id."""
    triggers: dict[str, ReplanTrigger] = msgspec.field(default_factory=dict)
    """Triggers that no request answers yet, by fact id."""
    covered_triggers: list[str] = msgspec.field(default_factory=list)
    """Ids of triggers that a request answers although they have not arrived yet."""
    requests: dict[str, SentRequest] = msgspec.field(default_factory=dict)
    """Requests by sequence (as text); the last 50."""
    sequence: int = 0
    """Of the newest request."""
    pending_request: PendingRequest | None = None
    published_plan_id: str = ""
    published_sequence: int = 0
    published_at: datetime | None = None
    plans: dict[str, PlanRecord] = msgspec.field(default_factory=dict)
    """The last 50 by plan id."""
    proposals: dict[str, Proposal] = msgspec.field(default_factory=dict)
    """Plans that wait for a dispatcher."""
    assignments: dict[str, PublishedAssignment] = msgspec.field(default_factory=dict)
    """By consignment."""
    open_consolidations: dict[str, OpenedConsolidation] = msgspec.field(default_factory=dict)
    """By consolidation: those that have not closed."""
    unloadable: dict[str, UnloadableWarning] = msgspec.field(default_factory=dict)
    """By consolidation."""
    closed_at: dict[str, datetime] = msgspec.field(default_factory=dict)
    """Consolidations that left or were dissolved, and when; the last 200."""
    closed: dict[str, ClosedConsolidation] = msgspec.field(default_factory=dict)
    """By consolidation; the last 30 of those that a published plan knew."""
    forgotten_until: tuple[datetime, str] | None = None
    """When the newest of those that are left out of `closed` closed, and its id."""
    pins: dict[str, LanePin] = msgspec.field(default_factory=dict)
    """By consignment."""
    forbids: dict[str, dict[str, LaneForbid]] = msgspec.field(default_factory=dict)
    """By consignment, then voyage."""

    @property
    def outstanding_request(self) -> SentRequest | None:
        """The request that waits for an answer."""
        newest = self.requests.get(str(self.sequence))
        return newest if newest is not None and not newest.answer else None
