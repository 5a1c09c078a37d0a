"""Entry point of the routing engine."""

from collections.abc import Sequence

from groupage.domain.instance import Instance
from groupage.domain.plan import PlannedContainer, Route, Unrouted
from optimizer.deadline import StageDeadline, unlimited
from optimizer.routing.drayage import route_containers
from optimizer.routing.pickups import route_pickups

Routing = tuple[tuple[Route, ...], tuple[Unrouted, ...]]


def route(
    instance: Instance,
    containers: Sequence[PlannedContainer],
    deadline: StageDeadline | None = None,
) -> Routing:
    """Return tours for all pick-ups of the instance and all `containers`, by the rules of `Stop`.

    A job that no truck can do is returned with its reason. The same input gives the same result,
    unless the deadline cuts the search short. OR-Tools runs in the calling process.
    """
    deadline = deadline or unlimited("route")
    pickup_routes, unrouted_pickups = route_pickups(instance, deadline)
    haul_routes, unrouted_hauls = route_containers(instance, containers, deadline)
    return pickup_routes + haul_routes, unrouted_pickups + unrouted_hauls
