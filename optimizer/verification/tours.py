"""Check that a truck does each transport job, or that the plan says why none does."""

from collections import Counter
from itertools import pairwise

from groupage.domain.instance import Truck
from groupage.domain.plan import Route, Unrouted
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.driving import check_figures, check_rests
from optimizer.verification.roads import distance_m
from optimizer.verification.stops import check_stops
from optimizer.verification.violation import Violations, violation


def _has_valid_stop_order(route: Route, truck: Truck) -> bool:
    actions = [stop.action for stop in route.stops]
    if len(actions) < 4 or actions[0] != "start" or actions[-1] != "end":
        return False
    inner = actions[1:-1]
    if truck.role == "pickup":
        return inner[-1] == "deliver" and set(inner[:-1]) == {"pickup"}
    pairs = list(zip(inner[::2], inner[1::2], strict=False))
    return len(inner) % 2 == 0 and set(pairs) == {("collect_container", "drop_container")}


def _check_distance_and_cost(context: Context, route: Route, truck: Truck) -> Violations:
    where = f"route {route.route_id}"
    spots = {spot.place_id: spot for spot in context.instance.spots}
    places = [stop.place_id for stop in route.stops]
    metres = sum(
        distance_m(context.instance.road, spots[a], spots[b]) for a, b in pairwise(places) if a != b
    )
    violations: Violations = []
    if route.distance_m != metres:
        violations.append(
            violation(Code.WRONG_DISTANCE, where, f"is {route.distance_m}, must be {metres}")
        )
    cents = truck.fixed_usd_cents - (-metres * truck.usd_cents_per_km // 1_000)
    if route.cost_usd_cents != cents:
        message = f"cost is {route.cost_usd_cents}, must be {cents}"
        violations.append(violation(Code.WRONG_ROUTE_COST, where, message))
    return violations


def _check_route(context: Context, route: Route, trucks: dict[str, Truck]) -> Violations:
    where = f"route {route.route_id}"
    truck = trucks.get(route.truck_id)
    if truck is None:
        return [violation(Code.UNKNOWN_TRUCK, where, f"truck {route.truck_id} is not in the fleet")]
    if not _has_valid_stop_order(route, truck):
        actions = ", ".join(stop.action for stop in route.stops)
        return [violation(Code.WRONG_STOPS, where, f"not a {truck.role} tour: {actions}")]
    spot_ids = {spot.place_id for spot in context.instance.spots}
    missing = sorted({stop.place_id for stop in route.stops} - spot_ids)
    moves = len({stop.place_id for stop in route.stops}) > 1
    if missing and moves:
        return [violation(Code.UNKNOWN_PLACE, where, f"no spot for {', '.join(missing)}")]
    return check_stops(context, route, truck) + _check_distance_and_cost(context, route, truck)


def _check_jobs(context: Context) -> Violations:
    """Check that each pick-up and each container is either on a route or unrouted, once."""
    jobs = {d.consignment_id for d in context.instance.demands if d.pickup is not None}
    jobs |= {container.consolidation_id for container in context.plan.containers}
    done = Counter(
        stop.reference
        for route in context.plan.routes
        for stop in route.stops
        if stop.action in ("pickup", "collect_container")
    )
    left = Counter(entry.reference for entry in context.plan.unrouted)
    violations: Violations = []
    for job in sorted(jobs | set(done) | set(left)):
        where = f"job {job}"
        if job not in jobs:
            violations.append(
                violation(Code.UNKNOWN_JOB, where, "is neither a pick-up nor a container")
            )
        elif done[job] and left[job]:
            violations.append(
                violation(Code.ROUTED_AND_UNROUTED, where, "is on a route and unrouted")
            )
        elif done[job] + left[job] > 1:
            violations.append(
                violation(Code.JOB_TWICE, where, f"is done {done[job] + left[job]} times")
            )
        elif not done[job] + left[job]:
            violations.append(
                violation(Code.JOB_MISSING, where, "is neither on a route nor unrouted")
            )
    return violations


def _check_reasons(unrouted: tuple[Unrouted, ...]) -> Violations:
    return [
        violation(Code.NO_REASON, f"job {entry.reference}", "is unrouted without a reason")
        for entry in unrouted
        if not entry.reason.strip()
    ]


def check(context: Context) -> Violations:
    """Check each route, then that every job is covered exactly once."""
    trucks = {truck.truck_id: truck for truck in context.instance.trucks}
    violations = check_figures(context.instance.hours)
    if violations:
        return violations
    violations = check_rests(context)
    used = Counter(route.route_id for route in context.plan.routes)
    violations += [
        violation(Code.ROUTE_TWICE, f"route_id {value}", f"has {count} routes, at most entry")
        for value, count in sorted(used.items())
        if count > 1
    ]
    for route in context.plan.routes:
        violations += _check_route(context, route, trucks)
    return violations + _check_jobs(context) + _check_reasons(context.plan.unrouted)
