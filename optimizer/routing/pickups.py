"""Fetching consignments from merchants: capacities, time windows, the cheapest trucks."""

from dataclasses import dataclass

from groupage.domain.instance import Demand, Instance, PickUpJob
from groupage.domain.plan import Route, Unrouted
from optimizer.routing.clock import Clock
from optimizer.routing.fleet import Fleet, fleet_of
from optimizer.routing.roads import Roads
from optimizer.routing.schedule import Schedule
from optimizer.routing.tours import Job, Tours, search


@dataclass(frozen=True, slots=True)
class _Call:
    demand: Demand
    pickup: PickUpJob
    open_s: int
    close_s: int


def _reject(call: _Call, fleet: Fleet, roads: Roads, hub: str) -> str:
    """Why no truck can do the job whatever else it does; empty if one can."""
    job, demand = call.pickup, call.demand
    payload_g, volume_cm3 = fleet.largest()
    obstacles = (
        (bool(fleet.unusable), fleet.unusable),
        (not roads.knows(job.place_id), f"place {job.place_id} is not on the map"),
        (not roads.knows(hub), f"place {hub} (the hub) is not on the map"),
        (job.latest_at < job.ready_at, f"its window closes at {job.latest_at}, before it opens"),
        (call.close_s < 0, f"its window closed at {job.latest_at}"),
        (
            demand.gross_g > payload_g,
            f"{demand.gross_g} g is more than any truck takes ({payload_g} g)",
        ),
        (
            demand.volume_cm3 > volume_cm3,
            f"{demand.volume_cm3} cm³ is more than any truck takes ({volume_cm3} cm³)",
        ),
    )
    return next((reason for stands, reason in obstacles if stands), "")


def _problem(calls: list[_Call], fleet: Fleet, roads: Roads, instance: Instance) -> Tours:
    hub, dwell_s = instance.hub_place_id, instance.road.hub_dwell_s
    places = [call.pickup.place_id for call in calls]
    work = [call.pickup.service_s for call in calls]
    return Tours(
        vehicles=fleet.vehicles,
        jobs=tuple(
            Job(call.open_s, call.close_s, call.demand.gross_g, call.demand.volume_cm3)
            for call in calls
        ),
        between=[
            [(roads.metres(a, b), work_s + roads.seconds(a, b)) for b in places]
            for a, work_s in zip(places, work, strict=True)
        ],
        start=[
            [(roads.metres(base, place), roads.seconds(base, place)) for place in places]
            for base in fleet.bases
        ],
        end=[
            [
                (
                    roads.metres(place, hub) + roads.metres(hub, base),
                    work_s + roads.seconds(place, hub) + dwell_s + roads.seconds(hub, base),
                )
                for place, work_s in zip(places, work, strict=True)
            ]
            for base in fleet.bases
        ],
        cumulative=True,
    )


def _tour(
    calls: list[_Call], number: int, fleet: Fleet, roads: Roads, clock: Clock, instance: Instance
) -> Route:
    plan = Schedule(fleet.trucks[number], clock, roads)
    plan.start(
        open_s=fleet.vehicles[number].open_s,
        goal=calls[0].pickup.place_id,
        begin_s=calls[0].open_s,
    )
    load_g = load_cm3 = 0
    for call in calls:
        load_g += call.demand.gross_g
        load_cm3 += call.demand.volume_cm3
        stop = plan.draft(
            "pickup", call.pickup.place_id, call.demand.consignment_id, (load_g, load_cm3)
        )
        plan.call(stop, begin_s=call.open_s, work_s=call.pickup.service_s)
    deliver = plan.draft("deliver", instance.hub_place_id, plan.truck.truck_id)
    plan.call(deliver, work_s=instance.road.hub_dwell_s)
    return plan.finish(instance)


def route_pickups(instance: Instance) -> tuple[tuple[Route, ...], tuple[Unrouted, ...]]:
    """Tours for every demand that has to be fetched, and those that cannot be, with reasons."""
    clock = Clock.starting(instance.clock_at)
    roads = Roads(instance.road, instance.spots)
    fleet = fleet_of(instance, "pickup", roads, clock)
    unrouted: list[Unrouted] = []
    calls: list[_Call] = []
    for demand in sorted(instance.demands, key=lambda d: d.consignment_id):
        job = demand.pickup
        if job is None:
            continue
        call = _Call(demand, job, max(0, clock.ceil_s(job.ready_at)), clock.floor_s(job.latest_at))
        reason = _reject(call, fleet, roads, instance.hub_place_id)
        if reason:
            unrouted.append(Unrouted(reference=demand.consignment_id, reason=reason))
        else:
            calls.append(call)
    limits = instance.limits
    problem = _problem(calls, fleet, roads, instance)
    tours = search(problem, solutions=limits.routing_solutions, wall_s=limits.wall_s)
    routes = tuple(
        _tour([calls[job] for job in tour], number, fleet, roads, clock, instance)
        for number, tour in enumerate(tours)
        if tour
    )
    done = {job for tour in tours for job in tour}
    for number, call in enumerate(calls):
        if number not in done:
            reason = f"no truck is free to be there by {call.pickup.latest_at}"
            unrouted.append(Unrouted(reference=call.demand.consignment_id, reason=reason))
    return routes, tuple(sorted(unrouted, key=lambda one: one.reference))
