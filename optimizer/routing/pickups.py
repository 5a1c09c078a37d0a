"""Pick-up tours: fetch consignments from merchants within time windows and truck capacities."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupage.domain.instance import Demand, Instance, PickUpJob
from groupage.domain.plan import Route, Unrouted
from groupage.domain.words import when
from optimizer.deadline import StageDeadline
from optimizer.routing.fleet import Fleet, fleet_of
from optimizer.routing.roster import OUT_OF_TIME, FreeTime, Roster, book_tours
from optimizer.routing.schedule import Call, Clock, ScheduledTour, Scheduler
from optimizer.routing.tours import Job, TourProblem
from optimizer.routing.travel import Roads, TravelTimes, hours_text, with_work


@dataclass(frozen=True, slots=True)
class _PickUp:
    demand: Demand
    job: PickUpJob
    open_s: int
    close_s: int


def _obstacle(pickup: _PickUp, fleet: Fleet, roads: Roads, hub: str) -> str:
    """Return why no truck can do the job, whatever else it does; empty if one can."""
    job, demand = pickup.job, pickup.demand
    payload_g, volume_cm3 = fleet.load_limits()
    obstacles = (
        (bool(fleet.unusable), fleet.unusable),
        (not roads.has(job.place_id), f"place {job.place_id} is not on the map"),
        (not roads.has(hub), f"place {hub} (the hub) is not on the map"),
        (
            job.latest_at < job.ready_at,
            f"its window closes at {when(job.latest_at)}, before it opens",
        ),
        (pickup.close_s < 0, f"its window closed at {when(job.latest_at)}"),
        (
            demand.gross_g > payload_g,
            f"{demand.gross_g} g is more than any truck takes ({payload_g} g)",
        ),
        (
            demand.volume_cm3 > volume_cm3,
            f"{demand.volume_cm3} cm³ is more than any truck takes ({volume_cm3} cm³)",
        ),
    )
    return next((reason for applies, reason in obstacles if applies), "")


@dataclass(frozen=True, slots=True)
class _PickUpRouting:
    """The instance, its roads and the fleet of pick-up trucks."""

    instance: Instance
    scheduler: Scheduler
    travel: TravelTimes
    fleet: Fleet

    def pickup(self, demand: Demand, job: PickUpJob) -> _PickUp:
        """Return the job with its window in seconds."""
        clock = self.scheduler.clock
        return _PickUp(
            demand, job, max(0, clock.ceil_s(job.ready_at)), clock.floor_s(job.latest_at)
        )

    def shift_obstacle(self, pickup: _PickUp) -> str:
        """Return why no driver can do it in one shift; empty if one can."""
        hours, hub = self.instance.hours, self.instance.hub_place_id
        tours = [self.travel.leg(base, pickup.job.place_id, hub, base) for base in self.fleet.bases]
        if all(leg[2] > hours.shift_drive_s for leg in tours):
            least = hours_text(min(leg[2] for leg in tours))
            return f"{least} at the wheel, a driver has {hours_text(hours.shift_drive_s)} a shift"
        dwell_s = pickup.job.service_s + self.instance.road.hub_dwell_s
        duty_s = min(leg[1] for leg in tours) + dwell_s
        if duty_s > hours.shift_duty_s:
            least = hours_text(duty_s)
            return f"{least} of work, a driver has {hours_text(hours.shift_duty_s)} a shift"
        return ""

    def build_problem(self, pickups: Sequence[_PickUp]) -> TourProblem:
        """Return the problem for the search."""
        hub, dwell_s = self.instance.hub_place_id, self.instance.road.hub_dwell_s
        stops = [(pickup.job.place_id, pickup.job.service_s) for pickup in pickups]
        places = sorted({place for place, _ in stops})
        legs = {(a, b): self.travel.leg(a, b) for a in places for b in places}
        return TourProblem(
            vehicles=self.fleet.vehicles,
            jobs=tuple(
                Job(pickup.open_s, pickup.close_s, pickup.demand.gross_g, pickup.demand.volume_cm3)
                for pickup in pickups
            ),
            between=[[with_work(work_s, legs[a, b]) for b, _ in stops] for a, work_s in stops],
            start=[
                [self.travel.leg(base, place) for place, _ in stops] for base in self.fleet.bases
            ],
            end=[
                [
                    with_work(work_s + dwell_s, self.travel.leg(place, hub, base))
                    for place, work_s in stops
                ]
                for base in self.fleet.bases
            ],
            cumulative=True,
            shift_drive_s=self.instance.hours.shift_drive_s,
            shift_duty_s=self.instance.hours.shift_duty_s,
        )

    def tour(self, pickups: Sequence[_PickUp], free_time: FreeTime) -> ScheduledTour:
        """Schedule the pick-ups in this order, then the delivery at the hub."""
        truck = self.fleet.trucks[free_time.truck_number]
        load_g = load_cm3 = 0
        calls = []
        for pickup in pickups:
            load_g += pickup.demand.gross_g
            load_cm3 += pickup.demand.volume_cm3
            calls.append(
                Call(
                    "pickup",
                    pickup.job.place_id,
                    pickup.demand.consignment_id,
                    (load_g, load_cm3),
                    open_s=pickup.open_s,
                    close_s=pickup.close_s,
                    work_s=pickup.job.service_s,
                )
            )
        dwell_s = self.instance.road.hub_dwell_s
        hub = Call("deliver", self.instance.hub_place_id, truck.truck_id, work_s=dwell_s)
        return self.scheduler.schedule(truck, (*calls, hub), open_s=free_time.vehicle.open_s)


def route_pickups(
    instance: Instance, deadline: StageDeadline
) -> tuple[tuple[Route, ...], tuple[Unrouted, ...]]:
    """Return tours for the demands to fetch, and the reason of each that no truck can fetch."""
    clock = Clock.from_instant(instance.clock_at)
    roads = Roads(instance.road, instance.spots)
    fleet = fleet_of(instance, "pickup", roads, clock)
    travel = TravelTimes(roads, instance.hours)
    routing = _PickUpRouting(instance, Scheduler(instance, clock, roads), travel, fleet)
    unrouted: list[Unrouted] = []
    pickups: list[_PickUp] = []
    for demand in sorted(instance.demands, key=lambda d: d.consignment_id):
        if demand.pickup is None:
            continue
        pickup = routing.pickup(demand, demand.pickup)
        reason = _obstacle(pickup, fleet, roads, instance.hub_place_id) or routing.shift_obstacle(
            pickup
        )
        if reason:
            unrouted.append(Unrouted(reference=demand.consignment_id, reason=reason))
        else:
            pickups.append(pickup)
    roster = Roster(fleet, rest_s=instance.hours.rest_s)
    done = book_tours(
        roster,
        routing.build_problem(pickups),
        lambda jobs, free_time: routing.tour([pickups[job] for job in jobs], free_time),
        instance.limits,
        deadline,
    )
    for number, pickup in enumerate(pickups):
        if number not in done:
            reason = (
                OUT_OF_TIME
                if deadline.has_cut
                else f"no truck is free to be there by {when(pickup.job.latest_at)}"
            )
            unrouted.append(Unrouted(reference=pickup.demand.consignment_id, reason=reason))
    return roster.routes(), tuple(sorted(unrouted, key=lambda entry: entry.reference))
