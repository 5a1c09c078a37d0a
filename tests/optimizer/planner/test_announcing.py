"""Events that announce a plan."""

from datetime import timedelta

import msgspec
import pytest

from groupage.contracts.undecodable import Undecodable
from groupage.domain.events.planning import PlanProposed, RoutePlanned, RouteRevised
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan, Route
from optimizer.planner.announce import outbox_rows, plan_events
from optimizer.verification.api import certify
from tests.optimizer.world import instance, plan_of


def certified() -> tuple[Instance, Plan]:
    """The small world and its plan."""
    case = instance()
    plan, violations = certify(case, plan_of(case))
    assert plan is not None, violations
    return case, plan


def test_a_proposal_names_its_solver() -> None:
    """Name, version, seed and limits: another seed is another plan."""
    case, plan = certified()
    proposed = dict(plan_events(case, plan))["proposed"]
    assert isinstance(proposed, PlanProposed)
    assert proposed.solver is not None
    assert proposed.solver.name == "groupage"
    assert "OR-Tools" in proposed.solver.version
    assert proposed.solver.seed == case.limits.seed
    assert proposed.solver.allocation_work == case.limits.allocation_work


def test_a_proposal_says_what_may_be_in_its_containers() -> None:
    """The policy in the words of the people who stuff the container."""
    case, plan = certified()
    proposed = dict(plan_events(case, plan))["proposed"]
    assert isinstance(proposed, PlanProposed)
    assert proposed.policy == (
        "customs modes: 1039 or 0110+9710+9810 or 9610+1210 or 1039+0110+9710+9810; "
        "dangerous goods: none; filled to 83 % of the inner volume"
    )


def test_a_load_plan_that_kafka_would_refuse_is_not_announced() -> None:
    """The planner's messages behind it would wait for ever."""
    case, plan = certified()
    container = plan.containers[0]
    larger = msgspec.structs.replace(container, placements=container.placements[:1] * 120_000)
    plan = msgspec.structs.replace(plan, containers=(larger,))
    with pytest.raises(Undecodable, match=r"bytes; at most .* are right on hub\.plan\.v1"):
        outbox_rows(
            plan_events(case, plan),
            about=plan.plan_id,
            occurred_at=plan.decided_at,
            recorded_at=plan.decided_at,
            partition=0,
        )


def test_a_route_names_the_windows_of_its_stops() -> None:
    """Each pick-up between ready and latest, each container at the terminal by its gate-in."""
    case, plan = certified()
    jobs = {d.consignment_id: d.pickup for d in case.demands if d.pickup}
    due_at = {d.voyage_id: d.gate_in_by_at for d in case.departures}
    voyages = {box.consolidation_id: box.voyage_id for box in plan.containers}
    routes = [event for _, event in plan_events(case, plan) if isinstance(event, RoutePlanned)]
    windows = [window for event in routes for window in event.windows]
    assert {window.action for window in windows} == {"pickup", "drop_container"}
    for window in windows:
        job = jobs.get(window.reference)
        if job is not None:
            assert (window.from_at, window.until_at) == (job.ready_at, job.latest_at)
        else:
            assert window.from_at is None
            assert window.until_at == due_at[voyages[window.reference]]
    served = [
        (stop.action, stop.reference)
        for route in plan.routes
        for stop in route.stops
        if stop.action in ("pickup", "drop_container")
    ]
    assert [(window.action, window.reference) for window in windows] == served


def _later(route: Route, minutes: int) -> Route:
    off = timedelta(minutes=minutes)
    stops = (
        msgspec.structs.replace(s, arrive_at=s.arrive_at + off, leave_at=s.leave_at + off)
        for s in route.stops
    )
    return msgspec.structs.replace(route, stops=tuple(stops))


@pytest.mark.parametrize(
    ("truck_id", "minutes", "changed"),
    [("van-1", 0, False), ("van-1", 15, False), ("van-1", 16, True), ("van-2", 0, True)],
)
def test_a_route_that_changes_a_published_one_is_revised(
    truck_id: str, minutes: int, *, changed: bool
) -> None:
    """Another truck, or times a driver would notice; one event per route, planned or revised."""
    case, plan = certified()
    (mine,) = (r for r in plan.routes if r.truck_id == "van-1")
    others = [r for r in plan.routes if r is not mine]
    old = msgspec.structs.replace(_later(mine, minutes), truck_id=truck_id, route_id="OLD")
    events = dict(plan_events(case, plan, (old, *others)))
    event = events[f"route {mine.route_id}"]
    assert isinstance(event, RouteRevised if changed else RoutePlanned)
    assert event.route == mine
    assert getattr(event, "revises", ()) == ("OLD",) * changed
    assert all(isinstance(events[f"route {r.route_id}"], RoutePlanned) for r in others)


def test_a_route_with_the_jobs_of_two_revises_both() -> None:
    """Stops that move between routes change a route; new jobs alone do not."""
    case, plan = certified()
    (mine,) = (r for r in plan.routes if r.truck_id == "van-1")
    calls = [stop for stop in mine.stops if stop.action == "pickup"]
    assert len(calls) > 1
    old = tuple(
        msgspec.structs.replace(mine, route_id=f"OLD-{n}", stops=(mine.stops[0], stop))
        for n, stop in enumerate(calls)
    )
    event = dict(plan_events(case, plan, old))[f"route {mine.route_id}"]
    assert isinstance(event, RouteRevised)
    assert event.revises == tuple(r.route_id for r in old)
    assert event.windows
