"""What the planner says of a plan to those who must act on it."""

from groupage.domain.events.planning import PlanProposed, RoutePlanned
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.planner.announce import plan_events
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


def test_a_route_names_the_windows_of_its_stops() -> None:
    """Each pick-up between ready and latest, each container at the terminal by its gate-in."""
    case, plan = certified()
    jobs = {one.consignment_id: one.pickup for one in case.demands if one.pickup}
    due_at = {one.voyage_id: one.gate_in_by_at for one in case.departures}
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
