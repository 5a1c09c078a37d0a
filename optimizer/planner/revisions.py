"""Find the published routes that a route of a newer plan replaces. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from groupage.domain.plan import Route, Stop

_TOLERANCE = timedelta(minutes=15)
"""Drivers get times to the quarter of an hour. Assumption."""
_JOBS = ("pickup", "drop_container")


def revised_route_ids(route: Route, published: Sequence[Route]) -> tuple[str, ...]:
    """Return the ids of the published routes that had jobs of this route; empty if it is unchanged.

    A route is unchanged with the same truck, stops and, within the tolerance, times. It is new, and
    the result empty too, when no published route had one of its jobs. Loads are not compared: they
    change with each weighing.
    """
    jobs = _jobs(route)
    replaced = [other for other in published if jobs & _jobs(other)]
    if len(replaced) == 1 and _is_unchanged(route, replaced[0]):
        return ()
    return tuple(other.route_id for other in replaced)


def _jobs(route: Route) -> set[tuple[str, str]]:
    return {(s.action, s.reference) for s in route.stops if s.action in _JOBS}


def _is_unchanged(route: Route, before: Route) -> bool:
    if (route.truck_id, len(route.stops)) != (before.truck_id, len(before.stops)):
        return False
    return all(_same_stop(*pair) for pair in zip(route.stops, before.stops, strict=True))


def _same_stop(stop: Stop, before: Stop) -> bool:
    return (
        (stop.place_id, stop.action, stop.reference)
        == (before.place_id, before.action, before.reference)
        and abs(stop.arrive_at - before.arrive_at) <= _TOLERANCE
        and abs(stop.leave_at - before.leave_at) <= _TOLERANCE
    )
