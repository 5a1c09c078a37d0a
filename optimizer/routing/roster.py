"""Book tour after tour on the trucks of a fleet, with the driver's rest in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec

from groupage.domain.instance import Limits, Truck
from groupage.domain.plan import Route
from optimizer.deadline import StageDeadline
from optimizer.routing.fleet import Fleet
from optimizer.routing.schedule import ScheduledTour
from optimizer.routing.tours import TourProblem, Vehicle, search

OUT_OF_TIME = "the time limit ended the search before a tour was found for it"
JOBS_MAX = 60
"""Jobs of one search. Its time rises with their square, and its tours are days apart anyway."""
ROUNDS_MAX = 6
"""Searches over the jobs that are left. The first sends each truck on one tour at most."""
LATER_SHARE = 4
"""A later search may make the first one's solutions divided by this: few jobs are left by then."""


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A time in which a truck has no tour, as a vehicle for the search."""

    truck_number: int
    """Index of the truck in the fleet."""
    vehicle: Vehicle


@dataclass(frozen=True, slots=True)
class _Booking:
    truck_number: int
    tour: ScheduledTour


class Roster:
    """The trucks of a fleet over the time of a plan."""

    def __init__(self, fleet: Fleet, *, rest_s: int) -> None:
        self.trucks: Sequence[Truck] = fleet.trucks
        self._rest_s = rest_s
        self.free_times = [
            FreeTime(number, vehicle) for number, vehicle in enumerate(fleet.vehicles)
        ]
        self._bookings: list[_Booking] = []

    def book(self, free_time: FreeTime, tour: ScheduledTour) -> None:
        """Give the truck a tour that lies in this free time."""
        index = self.free_times.index(free_time)
        number, vehicle = free_time.truck_number, free_time.vehicle
        self._bookings.append(_Booking(number, tour))
        earlier = replace(vehicle, close_s=tour.begin_s - self._rest_s)
        later = replace(vehicle, open_s=tour.end_s + self._rest_s)
        self.free_times[index : index + 1] = [
            FreeTime(number, part) for part in (earlier, later) if part.open_s < part.close_s
        ]

    def routes(self) -> tuple[Route, ...]:
        """Return the routes by truck and time; the second of a truck gets the suffix ``.2``."""
        routes: list[Route] = []
        for number, _ in enumerate(self.trucks):
            tours = [booking.tour for booking in self._bookings if booking.truck_number == number]
            for count, tour in enumerate(sorted(tours, key=lambda tour: tour.begin_s), start=1):
                route_id = tour.route.route_id + (f".{count}" if count > 1 else "")
                routes.append(msgspec.structs.replace(tour.route, route_id=route_id))
        return tuple(routes)


def book_tours(
    roster: Roster,
    problem: TourProblem,
    schedule: Callable[[list[int], FreeTime], ScheduledTour],
    limits: Limits,
    deadline: StageDeadline,
) -> set[int]:
    """Search, book, and search again for the jobs that are left; return the jobs on a tour.

    `schedule` makes a tour of jobs in their order for the truck of a free time. Jobs too far apart
    in time for one shift are searched separately, in the order of time.
    """
    done: set[int] = set()
    parts = [part for group in _group_by_shift(problem) for part in _cut(group, limits)]
    for jobs, solutions in parts:
        left = jobs
        for number in range(ROUNDS_MAX):
            if deadline.is_over():
                return done
            share = 1 if number == 0 else LATER_SHARE
            booked = _book_round(
                roster, problem, left, schedule, deadline, solutions=max(1, solutions // share)
            )
            done.update(booked)
            left = [job for job in left if job not in booked]
            if not booked or not left:
                break
    return done


def _group_by_shift(problem: TourProblem) -> list[list[int]]:
    """Return the jobs in groups with more than a shift between two of them."""
    groups: list[list[int]] = []
    closed_s = 0
    for job in sorted(range(len(problem.jobs)), key=lambda job: (problem.jobs[job].open_s, job)):
        if not groups or problem.jobs[job].open_s > closed_s + problem.shift_duty_s:
            groups.append([])
            closed_s = 0
        groups[-1].append(job)
        closed_s = max(closed_s, problem.jobs[job].close_s)
    return groups


def _cut(group: list[int], limits: Limits) -> list[tuple[list[int], int]]:
    """Cut a group that is too large for a search into parts that follow each other in time.

    Each part comes with the number of solutions that its search may make: all parts together look
    for improvements no longer than one search of usual size.
    """
    parts = -(-len(group) // JOBS_MAX)
    ends = [len(group) * number // parts for number in range(parts + 1)]
    solutions = limits.routing_solutions // parts**2
    return [(sorted(group[begin:end]), solutions) for begin, end in pairwise(ends)]


def _book_round(
    roster: Roster,
    problem: TourProblem,
    jobs: list[int],
    schedule: Callable[[list[int], FreeTime], ScheduledTour],
    deadline: StageDeadline,
    *,
    solutions: int,
) -> set[int]:
    """Search once and book the tours; return their jobs."""
    open_s = min(problem.jobs[job].open_s for job in jobs) - problem.shift_duty_s
    close_s = max(problem.jobs[job].close_s for job in jobs) + problem.shift_duty_s
    candidates = [
        (free_time, vehicle)
        for free_time in roster.free_times
        for vehicle in [free_time.vehicle.clip(open_s, close_s)]
        if vehicle.open_s < vehicle.close_s
    ]
    if not candidates:
        return set()
    tours = search(
        problem.restrict(jobs, tuple(vehicle for _, vehicle in candidates)),
        solutions=solutions,
        wall_s=deadline.left_s(),
    )
    booked: set[int] = set()
    for (free_time, vehicle), tour in zip(candidates, tours, strict=True):
        if tour:
            tour_jobs = [jobs[job] for job in tour]
            roster.book(free_time, schedule(tour_jobs, replace(free_time, vehicle=vehicle)))
            booked.update(tour_jobs)
    return booked
