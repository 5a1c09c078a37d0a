"""The one door to the routing engine."""

from collections.abc import Sequence

from groupage.domain.instance import Instance
from groupage.domain.plan import PlannedContainer, Route, Unrouted
from optimizer.routing.drayage import route_containers
from optimizer.routing.pickups import route_pickups

Routing = tuple[tuple[Route, ...], tuple[Unrouted, ...]]


def route(instance: Instance, containers: Sequence[PlannedContainer]) -> Routing:
    """Tours for all pick-ups of the instance and for all `containers`, by the rules of `Stop`.

    A job that no truck can do is returned with its reason. The same input gives the same answer,
    unless `limits.wall_s` cuts the search short. Runs OR-Tools in this process: give it one.
    """
    fetched, waiting = route_pickups(instance)
    hauled, standing = route_containers(instance, containers)
    return fetched + hauled, waiting + standing
