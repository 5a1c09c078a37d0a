"""Which routes of a plan take the place of what the plan in force told drivers. Pure."""

from collections.abc import Sequence
from datetime import timedelta

from groupage.domain.plan import Route, Stop

_TOLERANCE = timedelta(minutes=15)
"""A driver is told times to the quarter of an hour. Assumption."""
_JOBS = ("pickup", "drop_container")


def revised_by(route: Route, published: Sequence[Route]) -> tuple[str, ...]:
    """Ids of the published routes whose jobs it has taken, in their order; none: it is as before.

    It is as before with the same truck, stops and, within the tolerance, times; and it is new when
    no published route had one of its jobs. What is on board is no matter: it follows the scales.
    """
    jobs = _jobs(route)
    taken = tuple(one for one in published if jobs & _jobs(one))
    if len(taken) == 1 and _same(route, taken[0]):
        return ()
    return tuple(one.route_id for one in taken)


def _jobs(route: Route) -> set[tuple[str, str]]:
    return {(s.action, s.reference) for s in route.stops if s.action in _JOBS}


def _same(route: Route, before: Route) -> bool:
    if (route.truck_id, len(route.stops)) != (before.truck_id, len(before.stops)):
        return False
    return all(_same_stop(*pair) for pair in zip(route.stops, before.stops, strict=True))


def _same_stop(stop: Stop, before: Stop) -> bool:
    what = (stop.place_id, stop.action, stop.reference)
    return (
        what == (before.place_id, before.action, before.reference)
        and abs(stop.arrive_at - before.arrive_at) <= _TOLERANCE
        and abs(stop.leave_at - before.leave_at) <= _TOLERANCE
    )
