"""Bringing full containers to their terminals: each one a trip of its own, several per tractor."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupage.domain.instance import Departure, Instance
from groupage.domain.plan import PlannedContainer, Route, Unrouted
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
class Haul:
    """One container to its terminal."""

    container: PlannedContainer
    departure: Departure
    open_s: int
    """Hitching at the hub may begin."""
    close_s: int
    """Hitching must begin, to be at the gate in time."""

    @property
    def load_g(self) -> int:
        """Cargo and box."""
        return self.container.cargo_gross_g + self.container.spec.tare_g


class _Yard:
    """What all hauls share."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.hub = instance.hub_place_id
        self.road = instance.road
        self.hours = instance.hours
        self.clock = Clock.starting(instance.clock_at)
        self.roads = Roads(instance.road, instance.spots)
        self.ways = Ways(self.roads, instance.hours)
        self.fleet: Fleet = fleet_of(instance, "drayage", self.roads, self.clock)
        self.departures = {d.voyage_id: d for d in instance.departures}
        self.available = {d.consignment_id: d.available_at for d in instance.demands}

    def haul(self, container: PlannedContainer) -> Haul | str:
        """The job, or why it cannot be one."""
        departure = self.departures.get(container.voyage_id)
        if self.fleet.unusable:
            return self.fleet.unusable
        if departure is None:
            return f"voyage {container.voyage_id} departs no more"
        for place in (self.hub, departure.terminal_id):
            if not self.roads.knows(place):
                return f"place {place} is not on the map"
        way_s = self.road.hub_dwell_s + self.ways.leg(self.hub, departure.terminal_id)[1]
        close_s = self.clock.floor_s(departure.gate_in_by_at) - way_s
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
        # Cargo may still come until the cut-off: haul after it where that is in time.
        stuffed_s = self.clock.ceil_s(departure.lco_at)
        open_s = max(ready_s, stuffed_s) if stuffed_s <= close_s else ready_s
        return self._within_limits(Haul(container, departure, open_s, close_s))

    def _within_limits(self, haul: Haul) -> Haul | str:
        payload_g, volume_cm3 = self.fleet.largest()
        if haul.load_g > payload_g:
            return f"{haul.load_g} g with the box is more than any tractor pulls ({payload_g} g)"
        if haul.container.cargo_volume_cm3 > volume_cm3:
            volume = haul.container.cargo_volume_cm3
            return f"{volume} cm³ is more than any tractor takes ({volume_cm3} cm³)"
        if not self.there_and_back(haul) and not any(
            self.there(haul, base) for base in self.fleet.bases
        ):
            least = in_hours(self.ways.leg(self.hub, haul.departure.terminal_id)[2])
            limit = in_hours(self.hours.shift_drive_s)
            return f"{least} at the wheel to the terminal, a driver has {limit} a shift at most"
        return haul

    def shift(self, *places: str) -> bool:
        """Whether a driver may go this way, hub and gate included, between two rests."""
        work_s = self.road.hub_dwell_s + self.road.gate_dwell_s
        return self.ways.in_shift(after(work_s, self.ways.leg(*places)))

    def there_and_back(self, haul: Haul) -> bool:
        """Whether a driver does it in one shift."""
        goal = haul.departure.terminal_id
        return any(self.shift(base, self.hub, goal, base) for base in self.fleet.bases)

    def there(self, haul: Haul, base: str) -> bool:
        """Whether a driver from `base` does it with a rest at the terminal."""
        goal = haul.departure.terminal_id
        return self.shift(base, self.hub, goal) and self.shift(goal, base)

    def problem(self, hauls: Sequence[Haul]) -> Tours:
        """Each haul is one visit: it begins at the hub and ends at its terminal."""
        goals = [haul.departure.terminal_id for haul in hauls]
        work_s = self.road.hub_dwell_s + self.road.gate_dwell_s
        return Tours(
            vehicles=self.fleet.vehicles,
            jobs=tuple(
                Job(haul.open_s, haul.close_s, haul.load_g, haul.container.cargo_volume_cm3)
                for haul in hauls
            ),
            between=[
                [after(work_s, self.ways.leg(self.hub, goal, self.hub))] * len(hauls)
                for goal in goals
            ],
            start=[[self.ways.leg(base, self.hub)] * len(hauls) for base in self.fleet.bases],
            end=[
                [after(work_s, self.ways.leg(self.hub, goal, base)) for goal in goals]
                for base in self.fleet.bases
            ],
            cumulative=False,
            shift_drive_s=self.hours.shift_drive_s,
            shift_duty_s=self.hours.shift_duty_s,
        )

    def tour(self, hauls: Sequence[Haul], gap: Gap, *, rest_s: int = 0) -> Timed:
        """The stops of one tractor; `rest_s` at each terminal after the drop."""
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
        truck = self.fleet.trucks[gap.number]
        return scheduler.timed(truck, calls, open_s=gap.vehicle.open_s)

    def book_far(self, roster: Roster, haul: Haul) -> bool:
        """Give a haul with a rest at the terminal to the cheapest tractor that is free for it."""
        for gap in roster.gaps:
            truck = self.fleet.trucks[gap.number]
            fits = haul.load_g <= truck.payload_g and (
                haul.container.cargo_volume_cm3 <= truck.volume_cm3
            )
            if not fits or not self.there(haul, truck.start_place_id):
                continue
            timed = self.tour([haul], gap, rest_s=self.hours.rest_s)
            hub_s = self.ways.leg(truck.start_place_id, self.hub)[1]
            begins_s = max(timed.begin_s + hub_s, haul.open_s)
            if begins_s <= haul.close_s and timed.end_s <= gap.vehicle.close_s:
                roster.book(gap, timed)
                return True
        return False


def route_containers(
    instance: Instance, containers: Sequence[PlannedContainer]
) -> tuple[tuple[Route, ...], tuple[Unrouted, ...]]:
    """Trips for all containers, and those that no tractor can bring in time, with reasons."""
    yard = _Yard(instance)
    near: list[Haul] = []
    far: list[Haul] = []
    left: dict[str, str] = {}
    for container in sorted(containers, key=lambda one: one.consolidation_id):
        haul = yard.haul(container)
        if isinstance(haul, str):
            left[container.consolidation_id] = haul
        elif yard.there_and_back(haul):
            near.append(haul)
        else:
            far.append(haul)
    roster = Roster(yard.fleet, rest_s=instance.hours.rest_s)
    done = book_tours(
        roster,
        yard.problem(near),
        lambda jobs, gap: yard.tour([near[job] for job in jobs], gap),
        instance.limits,
    )
    undone = [haul for number, haul in enumerate(near) if number not in done]
    undone += [
        haul
        for haul in sorted(far, key=lambda one: (one.close_s, one.container.consolidation_id))
        if not yard.book_far(roster, haul)
    ]
    for haul in undone:
        by = haul.departure.gate_in_by_at
        left[haul.container.consolidation_id] = (
            f"no tractor is free to bring it for gate-in by {by}"
        )
    return roster.routes(), tuple(
        Unrouted(reference=one, reason=reason) for one, reason in sorted(left.items())
    )
