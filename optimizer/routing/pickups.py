"""Fetching consignments from merchants: capacities, time windows, the cheapest trucks."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupage.domain.instance import Demand, Instance, PickUpJob
from groupage.domain.plan import Route, Unrouted
from groupage.domain.words import when
from optimizer.routing.clock import Clock
from optimizer.routing.fleet import Fleet, fleet_of
from optimizer.routing.hours import in_hours
from optimizer.routing.legs import Ways, after
from optimizer.routing.roads import Roads
from optimizer.routing.roster import Gap, Roster, book_tours
from optimizer.routing.schedule import Call, Scheduler, Timed
from optimizer.routing.tours import Job, Tours


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
        (
            job.latest_at < job.ready_at,
            f"its window closes at {when(job.latest_at)}, before it opens",
        ),
        (call.close_s < 0, f"its window closed at {when(job.latest_at)}"),
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


@dataclass(frozen=True, slots=True)
class _Round:
    """Everything around the calls of an instance."""

    instance: Instance
    scheduler: Scheduler
    ways: Ways
    fleet: Fleet

    def call(self, demand: Demand, job: PickUpJob) -> _Call:
        """The job in seconds."""
        clock = self.scheduler.clock
        return _Call(demand, job, max(0, clock.ceil_s(job.ready_at)), clock.floor_s(job.latest_at))

    def too_far(self, call: _Call) -> str:
        """Why no driver does it in one shift; empty if one can."""
        hours, hub = self.instance.hours, self.instance.hub_place_id
        tours = [self.ways.leg(base, call.pickup.place_id, hub, base) for base in self.fleet.bases]
        if all(leg[2] > hours.shift_drive_s for leg in tours):
            least = in_hours(min(leg[2] for leg in tours))
            return f"{least} at the wheel, a driver has {in_hours(hours.shift_drive_s)} a shift"
        dwell_s = call.pickup.service_s + self.instance.road.hub_dwell_s
        duty_s = min(leg[1] for leg in tours) + dwell_s
        if duty_s > hours.shift_duty_s:
            least = in_hours(duty_s)
            return f"{least} of work, a driver has {in_hours(hours.shift_duty_s)} a shift"
        return ""

    def problem(self, calls: Sequence[_Call]) -> Tours:
        """What is to be searched."""
        hub, dwell_s = self.instance.hub_place_id, self.instance.road.hub_dwell_s
        stays = [(call.pickup.place_id, call.pickup.service_s) for call in calls]
        return Tours(
            vehicles=self.fleet.vehicles,
            jobs=tuple(
                Job(call.open_s, call.close_s, call.demand.gross_g, call.demand.volume_cm3)
                for call in calls
            ),
            between=[[after(work_s, self.ways.leg(a, b)) for b, _ in stays] for a, work_s in stays],
            start=[[self.ways.leg(base, place) for place, _ in stays] for base in self.fleet.bases],
            end=[
                [
                    after(work_s + dwell_s, self.ways.leg(place, hub, base))
                    for place, work_s in stays
                ]
                for base in self.fleet.bases
            ],
            cumulative=True,
            shift_drive_s=self.instance.hours.shift_drive_s,
            shift_duty_s=self.instance.hours.shift_duty_s,
        )

    def tour(self, calls: Sequence[_Call], gap: Gap) -> Timed:
        """Merchants in this order, then the hub."""
        truck = self.fleet.trucks[gap.number]
        load_g = load_cm3 = 0
        stops = []
        for call in calls:
            load_g += call.demand.gross_g
            load_cm3 += call.demand.volume_cm3
            stops.append(
                Call(
                    "pickup",
                    call.pickup.place_id,
                    call.demand.consignment_id,
                    (load_g, load_cm3),
                    open_s=call.open_s,
                    close_s=call.close_s,
                    work_s=call.pickup.service_s,
                )
            )
        dwell_s = self.instance.road.hub_dwell_s
        hub = Call("deliver", self.instance.hub_place_id, truck.truck_id, work_s=dwell_s)
        return self.scheduler.timed(truck, (*stops, hub), open_s=gap.vehicle.open_s)


def route_pickups(instance: Instance) -> tuple[tuple[Route, ...], tuple[Unrouted, ...]]:
    """Tours for every demand that has to be fetched, and those that cannot be, with reasons."""
    clock = Clock.starting(instance.clock_at)
    roads = Roads(instance.road, instance.spots)
    fleet = fleet_of(instance, "pickup", roads, clock)
    every = _Round(instance, Scheduler(instance, clock, roads), Ways(roads, instance.hours), fleet)
    unrouted: list[Unrouted] = []
    calls: list[_Call] = []
    for demand in sorted(instance.demands, key=lambda d: d.consignment_id):
        if demand.pickup is None:
            continue
        call = every.call(demand, demand.pickup)
        reason = _reject(call, fleet, roads, instance.hub_place_id) or every.too_far(call)
        if reason:
            unrouted.append(Unrouted(reference=demand.consignment_id, reason=reason))
        else:
            calls.append(call)
    roster = Roster(fleet, rest_s=instance.hours.rest_s)
    done = book_tours(
        roster,
        every.problem(calls),
        lambda jobs, gap: every.tour([calls[job] for job in jobs], gap),
        instance.limits,
    )
    for number, call in enumerate(calls):
        if number not in done:
            reason = f"no truck is free to be there by {when(call.pickup.latest_at)}"
            unrouted.append(Unrouted(reference=call.demand.consignment_id, reason=reason))
    return roster.routes(), tuple(sorted(unrouted, key=lambda one: one.reference))
