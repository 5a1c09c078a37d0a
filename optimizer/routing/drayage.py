"""Bringing full containers to their terminals: each one a trip of its own, several per tractor."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupage.domain.instance import Departure, Instance
from groupage.domain.plan import PlannedContainer, Route, Unrouted
from optimizer.routing.clock import Clock
from optimizer.routing.fleet import Fleet, fleet_of
from optimizer.routing.roads import Roads
from optimizer.routing.schedule import Schedule
from optimizer.routing.tours import Job, Tours, search


@dataclass(frozen=True, slots=True)
class _Haul:
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
        self.clock = Clock.starting(instance.clock_at)
        self.roads = Roads(instance.road, instance.spots)
        self.fleet: Fleet = fleet_of(instance, "drayage", self.roads, self.clock)
        self.departures = {d.voyage_id: d for d in instance.departures}
        self.available = {d.consignment_id: d.available_at for d in instance.demands}

    def haul(self, container: PlannedContainer) -> _Haul | str:
        """The job, or why it cannot be one."""
        departure = self.departures.get(container.voyage_id)
        if self.fleet.unusable:
            return self.fleet.unusable
        if departure is None:
            return f"voyage {container.voyage_id} departs no more"
        for place in (self.hub, departure.terminal_id):
            if not self.roads.knows(place):
                return f"place {place} is not on the map"
        way_s = self.road.hub_dwell_s + self.roads.seconds(self.hub, departure.terminal_id)
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
            ready_at = self.clock.at(ready_s)
            return f"ready at {ready_at}, too late for gate-in by {departure.gate_in_by_at}"
        # Cargo may still come until the cut-off: haul after it where that is in time.
        stuffed_s = self.clock.ceil_s(departure.lco_at)
        open_s = max(ready_s, stuffed_s) if stuffed_s <= close_s else ready_s
        return self._within_limits(_Haul(container, departure, open_s, close_s))

    def _within_limits(self, haul: _Haul) -> _Haul | str:
        payload_g, volume_cm3 = self.fleet.largest()
        if haul.load_g > payload_g:
            return f"{haul.load_g} g with the box is more than any tractor pulls ({payload_g} g)"
        if haul.container.cargo_volume_cm3 > volume_cm3:
            volume = haul.container.cargo_volume_cm3
            return f"{volume} cm³ is more than any tractor takes ({volume_cm3} cm³)"
        return haul

    def problem(self, hauls: list[_Haul]) -> Tours:
        """Each haul is one visit: it begins at the hub and ends at its terminal."""
        goals = [haul.departure.terminal_id for haul in hauls]
        there = [
            (
                self.roads.metres(self.hub, goal),
                self.road.hub_dwell_s + self.roads.seconds(self.hub, goal) + self.road.gate_dwell_s,
            )
            for goal in goals
        ]
        back = [(self.roads.metres(g, self.hub), self.roads.seconds(g, self.hub)) for g in goals]
        return Tours(
            vehicles=self.fleet.vehicles,
            jobs=tuple(
                Job(haul.open_s, haul.close_s, haul.load_g, haul.container.cargo_volume_cm3)
                for haul in hauls
            ),
            between=[
                [(out[0] + home[0], out[1] + home[1])] * len(hauls)
                for out, home in zip(there, back, strict=True)
            ],
            start=[
                [(self.roads.metres(base, self.hub), self.roads.seconds(base, self.hub))]
                * len(hauls)
                for base in self.fleet.bases
            ],
            end=[
                [
                    (
                        out[0] + self.roads.metres(goal, base),
                        out[1] + self.roads.seconds(goal, base),
                    )
                    for out, goal in zip(there, goals, strict=True)
                ]
                for base in self.fleet.bases
            ],
            cumulative=False,
        )

    def tour(self, hauls: list[_Haul], number: int) -> Route:
        """The stops of one tractor."""
        plan = Schedule(self.fleet.trucks[number], self.clock, self.roads)
        opening_s = self.fleet.vehicles[number].open_s
        plan.start(open_s=opening_s, goal=self.hub, begin_s=hauls[0].open_s)
        for haul in hauls:
            reference = haul.container.consolidation_id
            load = (haul.load_g, haul.container.cargo_volume_cm3)
            collect = plan.draft("collect_container", self.hub, reference, load)
            plan.call(collect, begin_s=haul.open_s, work_s=self.road.hub_dwell_s)
            drop = plan.draft("drop_container", haul.departure.terminal_id, reference)
            plan.call(drop, work_s=self.road.gate_dwell_s)
        return plan.finish(self.instance)


def route_containers(
    instance: Instance, containers: Sequence[PlannedContainer]
) -> tuple[tuple[Route, ...], tuple[Unrouted, ...]]:
    """Trips for all containers, and those that no tractor can bring in time, with reasons."""
    yard = _Yard(instance)
    hauls: list[_Haul] = []
    unrouted: list[Unrouted] = []
    for container in sorted(containers, key=lambda one: one.consolidation_id):
        haul = yard.haul(container)
        if isinstance(haul, str):
            unrouted.append(Unrouted(reference=container.consolidation_id, reason=haul))
        else:
            hauls.append(haul)
    limits = instance.limits
    tours = search(yard.problem(hauls), solutions=limits.routing_solutions, wall_s=limits.wall_s)
    routes = tuple(
        yard.tour([hauls[job] for job in tour], number) for number, tour in enumerate(tours) if tour
    )
    done = {job for tour in tours for job in tour}
    for number, haul in enumerate(hauls):
        if number not in done:
            by = haul.departure.gate_in_by_at
            reason = f"no tractor is free to bring it for gate-in by {by}"
            unrouted.append(Unrouted(reference=haul.container.consolidation_id, reason=reason))
    return routes, tuple(sorted(unrouted, key=lambda one: one.reference))
