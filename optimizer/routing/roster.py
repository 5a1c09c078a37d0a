"""Which truck is free when: tour after tour is booked, with the driver's rest in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from groupage.domain.instance import Limits, Truck
from groupage.domain.plan import Route
from optimizer.routing.fleet import Fleet
from optimizer.routing.schedule import Timed
from optimizer.routing.tours import Tours, Vehicle, search

ROUNDS_MAX = 6
"""Searches over what no truck could do yet. The first sends each truck once at most."""
LATER_SHARE = 4
"""A later search gets this part of the solutions: little is left by then."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which a truck has nothing to do, as a vehicle of its own."""

    number: int
    """Of the truck in the fleet."""
    vehicle: Vehicle


@dataclass(frozen=True, slots=True)
class _Tour:
    number: int
    timed: Timed


class Roster:
    """The trucks of a fleet over the time of a plan."""

    def __init__(self, fleet: Fleet, *, rest_s: int) -> None:
        self.trucks: Sequence[Truck] = fleet.trucks
        self._rest_s = rest_s
        self.gaps = [Gap(number, vehicle) for number, vehicle in enumerate(fleet.vehicles)]
        self._tours: list[_Tour] = []

    def book(self, gap: Gap, timed: Timed) -> None:
        """Give the truck of this gap a tour that lies in it."""
        place = self.gaps.index(gap)
        self._tours.append(_Tour(gap.number, timed))
        earlier = replace(gap.vehicle, close_s=timed.begin_s - self._rest_s)
        later = replace(gap.vehicle, open_s=timed.end_s + self._rest_s)
        self.gaps[place : place + 1] = [
            Gap(gap.number, rest) for rest in (earlier, later) if rest.open_s < rest.close_s
        ]

    def routes(self) -> tuple[Route, ...]:
        """All tours by truck and time; the second of a truck has a name of its own."""
        found: list[Route] = []
        for number, _ in enumerate(self.trucks):
            mine = [tour.timed for tour in self._tours if tour.number == number]
            for count, one in enumerate(sorted(mine, key=lambda timed: timed.begin_s), start=1):
                name = one.route.route_id + (f".{count}" if count > 1 else "")
                found.append(msgspec.structs.replace(one.route, route_id=name))
        return tuple(found)


def book_tours(
    roster: Roster, problem: Tours, timed: Callable[[list[int], Gap], Timed], limits: Limits
) -> set[int]:
    """Search, book, and search again for what is left; the jobs that are done.

    `timed` makes a tour of jobs in their order for the truck of a gap. Jobs that no shift can hold
    together are searched apart, in the order of time.
    """
    done: set[int] = set()
    for jobs in _shifts(problem):
        left = jobs
        for number in range(ROUNDS_MAX):
            booked = _book_round(roster, problem, left, timed, limits, first=number == 0)
            done.update(booked)
            left = [job for job in left if job not in booked]
            if not booked or not left:
                break
    return done


def _shifts(problem: Tours) -> list[list[int]]:
    """Jobs in groups: between two groups lies more than a shift."""
    groups: list[list[int]] = []
    closed_s = 0
    for job in sorted(range(len(problem.jobs)), key=lambda job: (problem.jobs[job].open_s, job)):
        if not groups or problem.jobs[job].open_s > closed_s + problem.shift_duty_s:
            groups.append([])
            closed_s = 0
        groups[-1].append(job)
        closed_s = max(closed_s, problem.jobs[job].close_s)
    return [sorted(group) for group in groups]


def _book_round(
    roster: Roster,
    problem: Tours,
    jobs: list[int],
    timed: Callable[[list[int], Gap], Timed],
    limits: Limits,
    *,
    first: bool,
) -> set[int]:
    """Book the tours of one search; the jobs that they do."""
    open_s = min(problem.jobs[job].open_s for job in jobs) - problem.shift_duty_s
    close_s = max(problem.jobs[job].close_s for job in jobs) + problem.shift_duty_s
    gaps = [
        (gap, vehicle)
        for gap in roster.gaps
        for vehicle in [gap.vehicle.within(open_s, close_s)]
        if vehicle.open_s < vehicle.close_s
    ]
    if not gaps:
        return set()
    found = search(
        problem.part(jobs, tuple(vehicle for _, vehicle in gaps)),
        solutions=max(1, limits.routing_solutions // (1 if first else LATER_SHARE)),
        wall_s=limits.wall_s,
    )
    booked: set[int] = set()
    for (gap, vehicle), tour in zip(gaps, found, strict=True):
        if tour:
            roster.book(gap, timed([jobs[job] for job in tour], replace(gap, vehicle=vehicle)))
            booked.update(jobs[job] for job in tour)
    return booked
