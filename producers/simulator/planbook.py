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
    RouteRevised,
)
from groupage.domain.plan import PlannedContainer, Route


class PlanBook:
    """Requests, proposals, load plans and approvals as heard.

    The hub says of a plan only how those boxes are to be stuffed whose load plan is new; the others
    stay as the plan before had them.
    """

    def __init__(self) -> None:
        self._proposed: dict[str, PlanProposed] = {}
        self._told: dict[str, dict[str, PlannedContainer]] = defaultdict(dict)
        self._in_force: dict[str, dict[str, PlannedContainer]] = defaultdict(dict)
        self._routes: dict[str, dict[str, Route]] = defaultdict(dict)
        """By plan and route."""
        self._published: dict[str, str] = {}
        self._asked: dict[str, dict[int, datetime]] = defaultdict(dict)
        self._answered: dict[str, int] = defaultdict(int)
        self._approved: dict[str, int] = defaultdict(int)
        self.requests = 0
        """How many the hub made."""
        self.opened: dict[str, ConsolidationOpened] = {}

    def hear(self, event: Event) -> None:
        """Take one event of the plan, plan request or consolidation topic; others are ignored."""
        match event:
            case PlanRequested():
                self.requests += event.sequence not in self._asked[event.lane_id]
                self._asked[event.lane_id][event.sequence] = event.clock_at
            case PlanProposed():
                self._proposed[event.plan_id] = event
            case ContainerPlanned():
                self._tell(event)
            case RoutePlanned() | RouteRevised():
                self._routes[event.plan_id][event.route.route_id] = event.route
            case PlanApproved():
                self._approve(event)
            case PlanFailed():
                self._answer(event.lane_id, event.sequence)
            case PlanRejected():
                proposed = self._proposed.get(event.plan_id)
                self._answer(event.lane_id, proposed.sequence if proposed else 0)
            case ConsolidationOpened():
                self.opened[event.consolidation_id] = event
            case _:
                pass

    def _tell(self, event: ContainerPlanned) -> None:
        container = event.container
        self._told[event.plan_id][container.consolidation_id] = container
        if self._published.get(event.lane_id) == event.plan_id:
            self._in_force[event.lane_id][container.consolidation_id] = container

    def _approve(self, event: PlanApproved) -> None:
        proposed = self._proposed.get(event.plan_id)
        if proposed is None or proposed.sequence < self._approved[event.lane_id]:
            return
        lane_id = event.lane_id
        self._answer(lane_id, proposed.sequence)
        self._approved[lane_id] = proposed.sequence
        self._published[lane_id] = event.plan_id
        known = self._in_force[lane_id] | self._told.pop(event.plan_id, {})
        names = [one.consolidation_id for one in proposed.consolidations]
        self._in_force[lane_id] = {name: known[name] for name in names if name in known}
        self._forget(lane_id, proposed.sequence)

    def _forget(self, lane_id: str, sequence: int) -> None:
        """Plans that nobody can approve any more."""
        old = [
            plan_id
            for plan_id, one in self._proposed.items()
            if one.lane_id == lane_id and one.sequence < sequence
        ]
        for plan_id in old:
            del self._proposed[plan_id]
            self._told.pop(plan_id, None)
            self._routes.pop(plan_id, None)

    def _answer(self, lane_id: str, sequence: int) -> None:
        self._answered[lane_id] = max(self._answered[lane_id], sequence)

    def plan_id(self, lane_id: str) -> str:
        """The published plan of a lane; empty when there is none."""
        return self._published.get(lane_id, "")

    def containers(self, lane_id: str) -> dict[str, PlannedContainer]:
        """How the boxes of the lane's published plan are to be stuffed, by consolidation."""
        return self._in_force[lane_id]

    def container(self, lane_id: str, consolidation_id: str) -> PlannedContainer | None:
        """One container of the published plan."""
        return self.containers(lane_id).get(consolidation_id)

    def routes(self, lane_id: str) -> list[Route]:
        """The tours of the lane's published plan."""
        routes = self._routes.get(self.plan_id(lane_id), {})
        return [routes[name] for name in sorted(routes)]

    def lanes(self) -> list[str]:
        """Lanes that have a published plan."""
        return sorted(self._published)

    def unanswered(self) -> list[str]:
        """Lanes that asked for a plan and have no answer yet."""
        return sorted(
            lane_id
            for lane_id, asked in self._asked.items()
            if any(sequence > self._answered[lane_id] for sequence in asked)
        )

    def is_settled(self, lane_id: str, since: datetime | None) -> bool:
        """Whether no request is waiting, and one made at `since` or later was answered."""
        asked, answered = self._asked[lane_id], self._answered[lane_id]
        if any(sequence > answered for sequence in asked):
            return False
        if since is None:
            return True
        return any(at >= since for sequence, at in asked.items() if sequence <= answered)
