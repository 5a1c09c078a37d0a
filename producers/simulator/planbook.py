"""The plans that the warehouse knows: those that the hub published."""

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
    """Requests, proposals, load plans and approvals, from the hub's events.

    The hub publishes the load plans of a plan that are new; its other containers keep the load
    plans of the plan before.
    """

    def __init__(self) -> None:
        self._proposed: dict[str, PlanProposed] = {}
        self._load_plans: dict[str, dict[str, PlannedContainer]] = defaultdict(dict)
        self._in_force: dict[str, dict[str, PlannedContainer]] = defaultdict(dict)
        self._routes: dict[str, dict[str, Route]] = defaultdict(dict)
        """By plan and route."""
        self._published: dict[str, str] = {}
        self._requested: dict[str, dict[int, datetime]] = defaultdict(dict)
        self._answered: dict[str, int] = defaultdict(int)
        self._approved: dict[str, int] = defaultdict(int)
        self.requests = 0
        """Number of plan requests by the hub."""
        self.opened: dict[str, ConsolidationOpened] = {}

    def apply(self, event: Event) -> None:
        """Apply an event of the plan, plan request or consolidation topic; ignore others."""
        match event:
            case PlanRequested():
                self.requests += event.sequence not in self._requested[event.lane_id]
                self._requested[event.lane_id][event.sequence] = event.clock_at
            case PlanProposed():
                self._proposed[event.plan_id] = event
            case ContainerPlanned():
                self._add_load_plan(event)
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

    def _add_load_plan(self, event: ContainerPlanned) -> None:
        container = event.container
        self._load_plans[event.plan_id][container.consolidation_id] = container
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
        known = self._in_force[lane_id] | self._load_plans.pop(event.plan_id, {})
        names = [consolidation.consolidation_id for consolidation in proposed.consolidations]
        self._in_force[lane_id] = {name: known[name] for name in names if name in known}
        self._forget(lane_id, proposed.sequence)

    def _forget(self, lane_id: str, sequence: int) -> None:
        """Drop plans that the lane can no longer approve."""
        old = [
            plan_id
            for plan_id, plan in self._proposed.items()
            if plan.lane_id == lane_id and plan.sequence < sequence
        ]
        for plan_id in old:
            del self._proposed[plan_id]
            self._load_plans.pop(plan_id, None)
            self._routes.pop(plan_id, None)

    def _answer(self, lane_id: str, sequence: int) -> None:
        self._answered[lane_id] = max(self._answered[lane_id], sequence)

    def plan_id(self, lane_id: str) -> str:
        """Return the id of the lane's plan in force; empty without one."""
        return self._published.get(lane_id, "")

    def containers(self, lane_id: str) -> dict[str, PlannedContainer]:
        """Return the load plans of the lane's plan in force, by consolidation."""
        return self._in_force[lane_id]

    def container(self, lane_id: str, consolidation_id: str) -> PlannedContainer | None:
        """Return the load plan of a consolidation; None if the plan in force has none."""
        return self.containers(lane_id).get(consolidation_id)

    def routes(self, lane_id: str) -> list[Route]:
        """Return the routes of the lane's plan in force."""
        routes = self._routes.get(self.plan_id(lane_id), {})
        return [routes[name] for name in sorted(routes)]

    def lanes(self) -> list[str]:
        """Return the lanes that have a plan in force."""
        return sorted(self._published)

    def pending_lanes(self) -> list[str]:
        """Return the lanes with a pending request."""
        return sorted(
            lane_id
            for lane_id, asked in self._requested.items()
            if any(sequence > self._answered[lane_id] for sequence in asked)
        )

    def is_settled(self, lane_id: str, since: datetime | None) -> bool:
        """Return whether no request is pending and one of `since` or later was answered."""
        asked, answered = self._requested[lane_id], self._answered[lane_id]
        if any(sequence > answered for sequence in asked):
            return False
        if since is None:
            return True
        return any(at >= since for sequence, at in asked.items() if sequence <= answered)
