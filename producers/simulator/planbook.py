"""What the warehouse knows of plans: only what the hub published."""

from collections import defaultdict
from datetime import datetime

from groupage.domain.events.base import Event
from groupage.domain.events.consolidation import ConsolidationOpened
from groupage.domain.events.planning import (
    ContainerPlanned,
    PlanApproved,
    PlanFailed,
    PlanProposed,
    PlanRejected,
    PlanRequested,
    RoutePlanned,
)
from groupage.domain.plans import PlannedContainer


class PlanBook:
    """Requests, proposals and approvals as heard, whatever the order of the topics."""

    def __init__(self) -> None:
        self._containers: dict[str, dict[str, PlannedContainer]] = defaultdict(dict)
        self._published: dict[str, str] = {}
        self._asked: dict[str, dict[int, datetime]] = defaultdict(dict)
        self._answered: dict[str, int] = defaultdict(int)
        self._sequences: dict[str, tuple[str, int]] = {}
        self._approved: dict[str, int] = defaultdict(int)
        self.approvals = 0
        self.opened: dict[str, ConsolidationOpened] = {}

    def hear(self, event: Event) -> None:
        """Take one event of the plan, plan request or consolidation topic; others are ignored."""
        match event:
            case PlanRequested():
                self._asked[event.lane_id][event.sequence] = event.clock_at
            case PlanProposed():
                self._sequences[event.plan_id] = (event.lane_id, event.sequence)
            case ContainerPlanned():
                container = event.container
                self._containers[event.plan_id][container.consolidation_id] = container
            case PlanApproved():
                self._approve(event)
            case PlanFailed():
                self._answer(event.lane_id, event.sequence)
            case PlanRejected():
                self._answer(*self._sequences.get(event.plan_id, (event.lane_id, 0)))
            case ConsolidationOpened():
                self.opened[event.consolidation_id] = event
            case RoutePlanned() | _:
                pass

    def _approve(self, event: PlanApproved) -> None:
        lane_id, sequence = self._sequences.get(event.plan_id, (event.lane_id, 0))
        self._answer(lane_id, sequence)
        if sequence < self._approved[lane_id]:
            return
        self._approved[lane_id] = sequence
        self.approvals += 1
        superseded = self._published.get(lane_id)
        if superseded and superseded != event.plan_id:
            self._containers.pop(superseded, None)
        self._published[lane_id] = event.plan_id

    def _answer(self, lane_id: str, sequence: int) -> None:
        self._answered[lane_id] = max(self._answered[lane_id], sequence)

    def plan_id(self, lane_id: str) -> str:
        """The published plan of a lane; empty when there is none."""
        return self._published.get(lane_id, "")

    def containers(self, lane_id: str) -> dict[str, PlannedContainer]:
        """Containers of the lane's published plan, by consolidation."""
        return self._containers.get(self.plan_id(lane_id), {})

    def container(self, lane_id: str, consolidation_id: str) -> PlannedContainer | None:
        """One container of the published plan."""
        return self.containers(lane_id).get(consolidation_id)

    def lanes(self) -> list[str]:
        """Lanes that have a published plan."""
        return sorted(self._published)

    def oldest_unanswered(self) -> datetime | None:
        """The hub's time at which the longest waiting request was made."""
        waiting = [
            asked_at
            for lane_id, asked in self._asked.items()
            for sequence, asked_at in asked.items()
            if sequence > self._answered[lane_id]
        ]
        return min(waiting, default=None)

    def is_settled(self, lane_id: str, since: datetime) -> bool:
        """Whether a request made at `since` or later was answered and none is waiting."""
        asked, answered = self._asked[lane_id], self._answered[lane_id]
        if any(sequence > answered for sequence in asked):
            return False
        return any(at >= since for sequence, at in asked.items() if sequence <= answered)
