"""Every transport job is on one truck that can do it, or left with a reason."""

from collections import Counter
from itertools import pairwise

from groupage.domain.instance import Truck
from groupage.domain.plan import Route, Unrouted
from optimizer.verification.case import Case
from optimizer.verification.driving import check_figures, check_rests
from optimizer.verification.roads import distance_m
from optimizer.verification.stops import check_stops
from optimizer.verification.violation import Violations, broken


def _check_grammar(route: Route, truck: Truck) -> bool:
    actions = [stop.action for stop in route.stops]
    if len(actions) < 4 or actions[0] != "start" or actions[-1] != "end":
        return False
    inner = actions[1:-1]
    if truck.role == "pickup":
        return inner[-1] == "deliver" and set(inner[:-1]) == {"pickup"}
    pairs = list(zip(inner[::2], inner[1::2], strict=False))
    return len(inner) % 2 == 0 and set(pairs) == {("collect_container", "drop_container")}


def _check_money(case: Case, route: Route, truck: Truck) -> Violations:
    where = f"route {route.route_id}"
    spots = {spot.place_id: spot for spot in case.instance.spots}
    places = [stop.place_id for stop in route.stops]
    metres = sum(
        distance_m(case.instance.road, spots[a], spots[b]) for a, b in pairwise(places) if a != b
    )
    found: Violations = []
    if route.distance_m != metres:
        found.append(broken("wrong_distance", where, f"is {route.distance_m}, must be {metres}"))
    cents = truck.fixed_usd_cents - (-metres * truck.usd_cents_per_km // 1_000)
    if route.cost_usd_cents != cents:
        message = f"cost is {route.cost_usd_cents}, must be {cents}"
        found.append(broken("wrong_route_cost", where, message))
    return found


def _check_route(case: Case, route: Route, trucks: dict[str, Truck]) -> Violations:
    where = f"route {route.route_id}"
    truck = trucks.get(route.truck_id)
    if truck is None:
        return [broken("unknown_truck", where, f"truck {route.truck_id} is not in the fleet")]
    if not _check_grammar(route, truck):
        actions = ", ".join(stop.action for stop in route.stops)
        return [broken("wrong_stops", where, f"no {truck.role} tour: {actions}")]
    known = {spot.place_id for spot in case.instance.spots}
    lost = sorted({stop.place_id for stop in route.stops} - known)
    moves = len({stop.place_id for stop in route.stops}) > 1
    if lost and moves:
        return [broken("unknown_place", where, f"no spot for {', '.join(lost)}")]
    return check_stops(case, route, truck) + _check_money(case, route, truck)


def _check_jobs(case: Case) -> Violations:
    """Each pick-up and each container exactly once: on a route or unrouted."""
    jobs = {d.consignment_id for d in case.instance.demands if d.pickup is not None}
    jobs |= {one.consolidation_id for one in case.plan.containers}
    done = Counter(
        stop.reference
        for route in case.plan.routes
        for stop in route.stops
        if stop.action in ("pickup", "collect_container")
    )
    left = Counter(one.reference for one in case.plan.unrouted)
    found: Violations = []
    for job in sorted(jobs | set(done) | set(left)):
        where = f"job {job}"
        if job not in jobs:
            found.append(broken("unknown_job", where, "is no pick-up and no container"))
        elif done[job] and left[job]:
            found.append(broken("routed_and_unrouted", where, "is on a route and unrouted"))
        elif done[job] + left[job] > 1:
            found.append(broken("job_twice", where, f"is done {done[job] + left[job]} times"))
        elif not done[job] + left[job]:
            found.append(broken("job_missing", where, "is neither on a route nor unrouted"))
    return found


def _check_reasons(unrouted: tuple[Unrouted, ...]) -> Violations:
    return [
        broken("no_reason", f"job {one.reference}", "is unrouted without a reason")
        for one in unrouted
        if not one.reason.strip()
    ]


def check(case: Case) -> Violations:
    """Routes one by one, then that nothing is forgotten or doubled."""
    trucks = {truck.truck_id: truck for truck in case.instance.trucks}
    found = check_figures(case.instance.hours)
    if found:
        return found
    found = check_rests(case)
    used = Counter(route.route_id for route in case.plan.routes)
    found += [
        broken("route_twice", f"route_id {value}", f"has {count} routes, at most one")
        for value, count in sorted(used.items())
        if count > 1
    ]
    for route in case.plan.routes:
        found += _check_route(case, route, trucks)
    return found + _check_jobs(case) + _check_reasons(case.plan.unrouted)
