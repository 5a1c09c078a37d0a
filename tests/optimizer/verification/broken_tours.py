"""Tours, broken: the truck, its stops, the driver's hours, what is on board and what is not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan, Route, Unrouted
from tests.optimizer.verification.changes import (
    HOUR,
    Both,
    Change,
    append,
    combine,
    demand,
    drop_first,
    edit,
    first,
    plan,
    repeat_first,
    voyage,
    world,
)
from tests.optimizer.world import CLOCK_AT, DAY


def route(truck_id: str, change: Callable[[Route], Route]) -> Change:
    """Change one route."""

    def apply(case: Instance, old: Plan) -> Both:
        routes = tuple(change(r) if r.truck_id == truck_id else r for r in old.routes)
        assert routes != old.routes
        return case, edit(old, routes=routes)

    return apply


def stop(truck_id: str, number: int, **changes: Any) -> Change:
    """Replace fields of one stop; a timedelta is added to the time that is there."""

    def change(old: Route) -> Route:
        stops = list(old.stops)
        values = {
            name: getattr(stops[number], name) + value if isinstance(value, timedelta) else value
            for name, value in changes.items()
        }
        stops[number] = edit(stops[number], **values)
        return edit(old, stops=tuple(stops))

    return route(truck_id, change)


def shift(old: Route, by: timedelta) -> Route:
    """All stops of a route earlier or later."""
    stops = tuple(edit(s, arrive_at=s.arrive_at + by, leave_at=s.leave_at + by) for s in old.stops)
    return edit(old, stops=stops)


def delay(old: Route) -> Route:
    """The same tour, six days later."""
    return shift(old, 6 * DAY)


def second_tour(short_by: timedelta) -> Change:
    """Let the first tractor do the second one's tour too, a rest (and a little) after its own."""

    def change(case: Instance, old: Plan) -> Both:
        first, second = (
            max((r for r in old.routes if r.truck_id == name), key=lambda r: r.stops[0].leave_at)
            for name in ("tractor-1", "tractor-2")
        )
        off_at = first.stops[-1].arrive_at + timedelta(seconds=case.hours.rest_s) + short_by
        moved = shift(edit(second, truck_id=first.truck_id), off_at - second.stops[0].leave_at)
        routes = tuple(moved if r is second else r for r in old.routes)
        return case, edit(old, routes=routes)

    return change


def shorten_rest(by: timedelta) -> Change:
    """Leave the terminal earlier after the rest there, and be home earlier."""

    def change(old: Route) -> Route:
        *before, drop, home = old.stops
        drop = edit(drop, leave_at=drop.leave_at - by)
        return edit(old, stops=(*before, drop, edit(home, arrive_at=home.arrive_at - by)))

    return route("tractor-1", change)


def hours(**changes: Any) -> Change:
    """Change the drivers' hours of the instance."""
    return world(lambda case: edit(case, hours=edit(case.hours, **changes)))


def trucks(**changes: Any) -> Change:
    """Change all trucks of the instance."""
    return world(lambda case: edit(case, trucks=tuple(edit(t, **changes) for t in case.trucks)))


BREAKS: dict[str, tuple[str, Change]] = {
    # trucks
    "a truck that is not there": (
        "unknown_truck", route("van-1", lambda r: edit(r, truck_id="van-9")),
    ),
    "two tours of one truck at once": (
        "no_rest", route("tractor-2", lambda r: edit(r, truck_id="tractor-1")),
    ),
    "two tours of one truck without a rest": ("no_rest", second_tour(timedelta(seconds=-1))),
    "two routes of one name": (
        "route_twice",
        lambda case, old: route("tractor-2", lambda r: edit(r, route_id=old.routes[0].route_id))(
            case, old
        ),
    ),
    "no way home": ("wrong_stops", route("van-1", lambda r: edit(r, stops=r.stops[:-1]))),
    "cargo not delivered": (
        "wrong_stops", route("van-1", lambda r: edit(r, stops=(*r.stops[:-2], r.stops[-1]))),
    ),
    "a van that hauls": ("wrong_stops", route("tractor-1", lambda r: edit(r, truck_id="van-2"))),
    "a place off the map": (
        "unknown_place", world(lambda case: edit(case, spots=case.spots[:-3])),
    ),
    "picked up elsewhere": ("wrong_place", stop("van-1", 1, place_id="jinhua")),
    "wrong terminal": ("wrong_place", voyage("V1", terminal_id="jinhua")),
    "started elsewhere": ("wrong_place", stop("van-1", 0, place_id="jinhua")),
    "delivered elsewhere": ("wrong_place", stop("van-1", -2, place_id="jinhua")),
    "ended elsewhere": ("wrong_place", stop("van-1", -1, place_id="jinhua")),
    "at home before it leaves": ("wrong_time", stop("van-1", 0, arrive_at=-HOUR)),
    "gone on from home": ("wrong_time", stop("van-1", -1, leave_at=HOUR)),
    **{
        f"stop {number} about another truck": ("unknown_job", stop("van-1", number, reference="x"))
        for number in (0, -2, -1)
    },
    "faster than the road allows": ("wrong_time", stop("van-1", 1, arrive_at=-timedelta(hours=1))),
    "work left out": ("wrong_time", stop("van-1", 1, leave_at=-timedelta(minutes=14))),
    "left before it came": ("wrong_time", stop("van-1", 1, leave_at=-timedelta(days=1))),
    "off before the clock": ("outside_hours", stop("van-1", 0, leave_at=-DAY)),
    "home after hours": ("outside_hours", trucks(available_until_at=CLOCK_AT + DAY / 24)),
    "window missed": ("window_missed", route("van-1", delay)),
    "gate-in missed": ("gate_in_missed", route("tractor-1", delay)),
    "gate closes earlier": ("gate_in_missed", voyage("V1", gate_in_by_at=CLOCK_AT + DAY)),
    "hauled before the cargo is there": (
        "wrong_time", demand("M3", available_at=CLOCK_AT + 9 * DAY + DAY / 2),
    ),
    # drivers
    "no break on the way": ("wrong_time", hours(continuous_drive_s=3_600)),
    "a break too short": ("wrong_time", hours(break_s=20 * 60 + 1)),
    "a break too long": ("wrong_time", hours(break_s=20 * 60 - 1)),
    "too long at the wheel": ("driven_too_long", hours(shift_drive_s=2 * 3_600)),
    "too long on duty": ("duty_too_long", hours(shift_duty_s=7 * 3_600)),
    "too long on duty by waiting": (
        "duty_too_long",
        combine(stop("van-1", -2, leave_at=10.9 * HOUR), stop("van-1", -1, arrive_at=10.9 * HOUR)),
    ),
    "a rest too short": ("driven_too_long", shorten_rest(timedelta(seconds=1))),
    "a rest below a longer limit": ("driven_too_long", hours(rest_s=11 * 3_600 + 1)),
    "a shift of no length": ("wrong_hours", hours(shift_duty_s=0)),
    "a limit below 0": ("wrong_hours", hours(continuous_drive_s=-1)),
    # what is on board
    "load on board wrong": ("wrong_load", stop("van-1", 1, load_g=1)),
    "volume on board wrong": ("wrong_load", stop("tractor-1", 1, load_cm3=1)),
    "truck overloaded": ("truck_overloaded", trucks(payload_g=300_000)),
    "a pick-up that does not exist": ("unknown_job", stop("van-1", 1, reference="N1")),
    "a container that does not exist": ("unknown_job", stop("tractor-1", 1, reference="NEW-9")),
    "another container dropped": ("unknown_job", stop("tractor-1", 2, reference="NEW-9")),
    "distance wrong": ("wrong_distance", route("van-1", lambda r: edit(r, distance_m=1))),
    "price of a tour wrong": (
        "wrong_route_cost", route("van-1", lambda r: edit(r, cost_usd_cents=r.cost_usd_cents - 1)),
    ),
    "a job forgotten": ("job_missing", plan(unrouted=())),
    "a tour forgotten": ("job_missing", drop_first("routes")),
    "a job unrouted twice": ("job_twice", repeat_first("unrouted")),
    "routed and unrouted": (
        "routed_and_unrouted",
        append("unrouted", Unrouted(reference="P1", reason="no truck")),
    ),
    "unrouted without a reason": ("no_reason", first("unrouted", reason=" ")),
    "an unknown job": (
        "unknown_job", append("unrouted", Unrouted(reference="X", reason="no truck")),
    ),
}  # fmt: skip
