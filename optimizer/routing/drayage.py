"""Drayage tours: haul full containers to their terminals, one trip each, several per tractor."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupage.domain.instance import Departure, Instance
from groupage.domain.plan import PlannedContainer, Route, Unrouted
from groupage.domain.words import when
from optimizer.deadline import StageDeadline
from optimizer.routing.fleet import Fleet, fleet_of
from optimizer.routing.roster import OUT_OF_TIME, FreeTime, Roster, book_tours
from optimizer.routing.schedule import Call, Clock, ScheduledTour, Scheduler
from optimizer.routing.tours import Job, TourProblem
from optimizer.routing.travel import Roads, TravelTimes, hours_text, with_work


@dataclass(frozen=True, slots=True)
class Haul:
    """A container and its terminal."""

    container: PlannedContainer
    departure: Departure
    open_s: int
    """Earliest second at which hitching at the hub begins."""
    close_s: int
    """Latest second, to be at the gate in time."""

    @property
    def load_g(self) -> int:
        """Mass of cargo and container."""
        return self.container.cargo_gross_g + self.container.spec.tare_g


class _DrayageRouting:
    """The instance, its roads and the fleet of tractors."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.hub = instance.hub_place_id
        self.road = instance.road
        self.hours = instance.hours
        self.clock = Clock.from_instant(instance.clock_at)
        self.roads = Roads(instance.road, instance.spots)
        self.travel = TravelTimes(self.roads, instance.hours)
        self.fleet: Fleet = fleet_of(instance, "drayage", self.roads, self.clock)
        self.departures = {d.voyage_id: d for d in instance.departures}
        self.available = {d.consignment_id: d.available_at for d in instance.demands}

    def haul(self, container: PlannedContainer) -> Haul | str:
        """Return the haul of a container, or why no tractor can do it."""
        departure = self.departures.get(container.voyage_id)
        if self.fleet.unusable:
            return self.fleet.unusable
        if departure is None:
            return f"voyage {container.voyage_id} does not depart any more"
        for place in (self.hub, departure.terminal_id):
            if not self.roads.has(place):
                return f"place {place} is not on the map"
        trip_s = self.road.hub_dwell_s + self.travel.leg(self.hub, departure.terminal_id)[1]
        close_s = self.clock.floor_s(departure.gate_in_by_at) - trip_s
        ready_s = max(
            [0]
            + [
                self.clock.ceil_s(self.available[c])
                for c in container.consignment_ids
                if c in self.available
            ]
        )
        if close_s < ready_s:
            ready, due = when(self.clock.at(ready_s)), when(departure.gate_in_by_at)
            return f"ready at {ready}, too late for gate-in by {due}"
        # Cargo may still arrive until the cut-off: haul after it if that is in time.
        cutoff_s = self.clock.ceil_s(departure.lco_at)
        open_s = max(ready_s, cutoff_s) if cutoff_s <= close_s else ready_s
        return self._within_limits(Haul(container, departure, open_s, close_s))

    def _within_limits(self, haul: Haul) -> Haul | str:
        payload_g, volume_cm3 = self.fleet.load_limits()
        if haul.load_g > payload_g:
            return (
                f"{haul.load_g} g with the container is more than any tractor pulls ({payload_g} g)"
            )
        if haul.container.cargo_volume_cm3 > volume_cm3:
            volume = haul.container.cargo_volume_cm3
            return f"{volume} cm³ is more than any tractor takes ({volume_cm3} cm³)"
        if not self.fits_one_shift(haul) and not any(
            self.fits_with_rest(haul, base) for base in self.fleet.bases
        ):
            least = hours_text(self.travel.leg(self.hub, haul.departure.terminal_id)[2])
            limit = hours_text(self.hours.shift_drive_s)
            return f"{least} at the wheel to the terminal, a driver has {limit} a shift at most"
        return haul

    def fits_shift(self, *places: str) -> bool:
        """Return whether a driver may take this way, hub and gate included, between two rests."""
        work_s = self.road.hub_dwell_s + self.road.gate_dwell_s
        return self.travel.fits_shift(with_work(work_s, self.travel.leg(*places)))

    def fits_one_shift(self, haul: Haul) -> bool:
        """Return whether a driver can do the haul and be back in one shift."""
        goal = haul.departure.terminal_id
        return any(self.fits_shift(base, self.hub, goal, base) for base in self.fleet.bases)

    def fits_with_rest(self, haul: Haul, base: str) -> bool:
        """Return whether a driver from `base` can do the haul with a rest at the terminal."""
        goal = haul.departure.terminal_id
        return self.fits_shift(base, self.hub, goal) and self.fits_shift(goal, base)

    def build_problem(self, hauls: Sequence[Haul]) -> TourProblem:
        """Return the problem for the search: a haul is a job from the hub to its terminal."""
        goals = [haul.departure.terminal_id for haul in hauls]
        work_s = self.road.hub_dwell_s + self.road.gate_dwell_s
        return TourProblem(
            vehicles=self.fleet.vehicles,
            jobs=tuple(
                Job(haul.open_s, haul.close_s, haul.load_g, haul.container.cargo_volume_cm3)
                for haul in hauls
            ),
            between=[
                [with_work(work_s, self.travel.leg(self.hub, goal, self.hub))] * len(hauls)
                for goal in goals
            ],
            start=[[self.travel.leg(base, self.hub)] * len(hauls) for base in self.fleet.bases],
            end=[
                [with_work(work_s, self.travel.leg(self.hub, goal, base)) for goal in goals]
                for base in self.fleet.bases
            ],
            cumulative=False,
            shift_drive_s=self.hours.shift_drive_s,
            shift_duty_s=self.hours.shift_duty_s,
        )

    def tour(self, hauls: Sequence[Haul], free_time: FreeTime, *, rest_s: int = 0) -> ScheduledTour:
        """Schedule the hauls of one tractor, with `rest_s` at each terminal after the drop."""
        calls = []
        for haul in hauls:
            reference = haul.container.consolidation_id
            calls += [
                Call(
                    "collect_container",
                    self.hub,
                    reference,
                    (haul.load_g, haul.container.cargo_volume_cm3),
                    open_s=haul.open_s,
                    close_s=haul.close_s,
                    work_s=self.road.hub_dwell_s,
                ),
                Call(
                    "drop_container",
                    haul.departure.terminal_id,
                    reference,
                    work_s=self.road.gate_dwell_s,
                    rest_s=rest_s,
                ),
            ]
        scheduler = Scheduler(self.instance, self.clock, self.roads)
        truck = self.fleet.trucks[free_time.truck_number]
        return scheduler.schedule(truck, calls, open_s=free_time.vehicle.open_s)

    def book_with_rest(self, roster: Roster, haul: Haul) -> bool:
        """Book a haul with a rest at the terminal on the cheapest free tractor, if there is one."""
        for free_time in roster.free_times:
            truck = self.fleet.trucks[free_time.truck_number]
            fits = haul.load_g <= truck.payload_g and (
                haul.container.cargo_volume_cm3 <= truck.volume_cm3
            )
            if not fits or not self.fits_with_rest(haul, truck.start_place_id):
                continue
            tour = self.tour([haul], free_time, rest_s=self.hours.rest_s)
            hub_s = self.travel.leg(truck.start_place_id, self.hub)[1]
            begins_s = max(tour.begin_s + hub_s, haul.open_s)
            if begins_s <= haul.close_s and tour.end_s <= free_time.vehicle.close_s:
                roster.book(free_time, tour)
                return True
        return False


def route_containers(
    instance: Instance, containers: Sequence[PlannedContainer], deadline: StageDeadline
) -> tuple[tuple[Route, ...], tuple[Unrouted, ...]]:
    """Return tours for the containers, and the reason of each that no tractor can haul in time."""
    routing = _DrayageRouting(instance)
    near: list[Haul] = []
    far: list[Haul] = []
    reasons: dict[str, str] = {}
    for container in sorted(containers, key=lambda container: container.consolidation_id):
        haul = routing.haul(container)
        if isinstance(haul, str):
            reasons[container.consolidation_id] = haul
        elif routing.fits_one_shift(haul):
            near.append(haul)
        else:
            far.append(haul)
    roster = Roster(routing.fleet, rest_s=instance.hours.rest_s)
    done = book_tours(
        roster,
        routing.build_problem(near),
        lambda jobs, free_time: routing.tour([near[job] for job in jobs], free_time),
        instance.limits,
        deadline,
    )
    undone = [haul for number, haul in enumerate(near) if number not in done]
    undone += [
        haul
        for haul in sorted(far, key=lambda haul: (haul.close_s, haul.container.consolidation_id))
        if not routing.book_with_rest(roster, haul)
    ]
    for haul in undone:
        reasons[haul.container.consolidation_id] = (
            OUT_OF_TIME
            if deadline.has_cut
            else f"no tractor is free for gate-in by {when(haul.departure.gate_in_by_at)}"
        )
    return roster.routes(), tuple(
        Unrouted(reference=consolidation_id, reason=reason)
        for consolidation_id, reason in sorted(reasons.items())
    )
