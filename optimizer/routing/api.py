"""Entry point of the routing engine."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from groupage.domain.instance import Instance
from groupage.domain.plan import PlannedContainer, Route, Unrouted
from optimizer.deadline import StageDeadline, unlimited
from optimizer.routing.drayage import route_containers
from optimizer.routing.pickups import route_pickups

Routing = tuple[tuple[Route, ...], tuple[Unrouted, ...]]

PICKUPS_BESIDE_MAX = 150
"""Up to so many pick-ups are routed beside the allocation: a second or two. Where the deadline may
cut the solve short, the stages take turns: containers matter more than tours."""


@contextmanager
def pickups_beside(instance: Instance, deadline: StageDeadline) -> Iterator[Callable[[], Routing]]:
    """Route the pick-ups in a thread while the block runs; yield a function that returns them.

    They depend on no container. The routing solver holds Python's lock while it searches, and
    CP-SAT does not: the two run at the same time on two cores.
    """
    pickups = sum(demand.pickup is not None for demand in instance.demands)
    if not 0 < pickups <= PICKUPS_BESIDE_MAX:
        yield partial(route_pickups, instance, deadline)
        return
    with ThreadPoolExecutor(max_workers=1) as thread:
        yield thread.submit(route_pickups, instance, deadline).result


def route(
    instance: Instance,
    containers: Sequence[PlannedContainer],
    deadline: StageDeadline | None = None,
    *,
    pickups: Callable[[], Routing] | None = None,
) -> Routing:
    """Return tours for all pick-ups of the instance and all `containers`, by the rules of `Stop`.

    A job that no truck can do is returned with its reason. The same input gives the same result,
    unless the deadline cuts the search short. OR-Tools runs in the calling process. `pickups`
    returns the tours of the pick-ups, if they are routed elsewhere.
    """
    deadline = deadline or unlimited("route")
    pickup_routes, unrouted_pickups = pickups() if pickups else route_pickups(instance, deadline)
    haul_routes, unrouted_hauls = route_containers(instance, containers, deadline)
    return pickup_routes + haul_routes, unrouted_pickups + unrouted_hauls
