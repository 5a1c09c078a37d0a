"""Search which vehicle does which jobs in which order, with OR-Tools routing 9.15.

All transits are matrices; there are no Python callbacks. The search ends after a number of
solutions, so that it gives the same result on any machine; the wall clock is a safety net.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ortools.constraint_solver import pywrapcp  # type: ignore[import-untyped]
from ortools.constraint_solver import routing_enums_pb2 as enums_pb2

from optimizer.routing.travel import Leg

PENALTY_CENTS = 100_000_000
"""Leaving a job undone costs more than any tour: a million dollars."""
FULL_SEARCH_JOBS = 30
"""Up to this many jobs the search may make all its steps."""
FAILURES_PER_SOLUTION = 20
FAILURES_MIN = 50
"""The search also ends after this many failures (usually three or four per solution): where no job
can be moved, guided local search finds no second solution and would never stop."""
_MILLI = 1_000
"""Costs are counted in thousandths of a cent: metres x cents per km."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A truck as the search sees it. Seconds count from the instance's clock."""

    base: int
    """Row of `start` and `end` that it uses."""
    open_s: int
    close_s: int
    fixed_usd_cents: int
    usd_cents_per_km: int
    payload_g: int
    volume_cm3: int

    def clip(self, open_s: int, close_s: int) -> "Vehicle":
        """Return the truck in a part of its time."""
        return replace(self, open_s=max(self.open_s, open_s), close_s=min(self.close_s, close_s))


@dataclass(frozen=True, slots=True)
class Job:
    """A job; its work begins inside the window."""

    open_s: int
    close_s: int
    load_g: int
    load_cm3: int


@dataclass(frozen=True, slots=True)
class TourProblem:
    """Vehicles and jobs with the legs between them; seconds include the work of the job before.

    `between[i][j]`: from the begin of job i to the place of job j. `start[b][j]`: from base b to
    job j. `end[b][i]`: from the begin of job i until the vehicle is home at base b. Each tour is
    one shift of one driver.
    """

    vehicles: tuple[Vehicle, ...]
    jobs: tuple[Job, ...]
    between: list[list[Leg]]
    start: list[list[Leg]]
    end: list[list[Leg]]
    cumulative: bool
    """True: loads add up over the tour. False: each job alone must fit."""
    shift_drive_s: int
    shift_duty_s: int

    def restrict(self, jobs: Sequence[int], vehicles: tuple[Vehicle, ...]) -> "TourProblem":
        """Return the problem with some of the jobs, and with other vehicles.

        A base without a vehicle is removed: the search would route a vehicle through it.
        """
        bases = sorted({vehicle.base for vehicle in vehicles})
        new_number = {base: new for new, base in enumerate(bases)}
        return replace(
            self,
            vehicles=tuple(replace(vehicle, base=new_number[vehicle.base]) for vehicle in vehicles),
            jobs=tuple(self.jobs[job] for job in jobs),
            between=[[self.between[i][j] for j in jobs] for i in jobs],
            start=[[self.start[base][job] for job in jobs] for base in bases],
            end=[[self.end[base][job] for job in jobs] for base in bases],
        )


def _matrix(problem: TourProblem, part: int) -> list[list[int]]:
    """Return one part of the legs as a matrix: jobs, then start and end nodes of the bases."""
    jobs, bases = len(problem.jobs), len(problem.start)
    size = jobs + 2 * bases
    matrix = [[0] * size for _ in range(size)]
    for i in range(jobs):
        for j in range(jobs):
            matrix[i][j] = problem.between[i][j][part]
        for base in range(bases):
            matrix[jobs + base][i] = problem.start[base][i][part]
            matrix[i][jobs + bases + base] = problem.end[base][i][part]
    return matrix


class _Model:
    def __init__(self, problem: TourProblem) -> None:
        self.problem = problem
        jobs, bases = len(problem.jobs), len(problem.start)
        starts = [jobs + vehicle.base for vehicle in problem.vehicles]
        ends = [jobs + bases + vehicle.base for vehicle in problem.vehicles]
        size = jobs + 2 * bases
        self.index = pywrapcp.RoutingIndexManager(size, len(problem.vehicles), starts, ends)
        self.routing = pywrapcp.RoutingModel(self.index)
        self._add_costs()
        self._add_time()
        self._add_driving()
        if problem.cumulative:
            self._add_loads(size)
        else:
            self._restrict_vehicles()
        for number in range(jobs):
            node = self.index.NodeToIndex(number)
            self.routing.AddDisjunction([node], PENALTY_CENTS * _MILLI)

    def _add_costs(self) -> None:
        metres = _matrix(self.problem, 0)
        by_price: dict[int, int] = {}
        for number, vehicle in enumerate(self.problem.vehicles):
            price = vehicle.usd_cents_per_km
            if price not in by_price:
                costs = [[entry * price for entry in row] for row in metres]
                by_price[price] = self.routing.RegisterTransitMatrix(costs)
            self.routing.SetArcCostEvaluatorOfVehicle(by_price[price], number)
            self.routing.SetFixedCostOfVehicle(vehicle.fixed_usd_cents * _MILLI, number)

    def _add_time(self) -> None:
        problem = self.problem
        horizon_s = max(vehicle.close_s for vehicle in problem.vehicles)
        seconds = self.routing.RegisterTransitMatrix(_matrix(problem, 1))
        fix_start_cumul_to_zero = False
        self.routing.AddDimension(seconds, horizon_s, horizon_s, fix_start_cumul_to_zero, "time")
        time = self.routing.GetDimensionOrDie("time")
        for number, job in enumerate(problem.jobs):
            node = self.index.NodeToIndex(number)
            if job.open_s <= min(job.close_s, horizon_s):
                time.CumulVar(node).SetRange(job.open_s, min(job.close_s, horizon_s))
            else:
                self.routing.ActiveVar(node).SetValue(0)
        for number, vehicle in enumerate(problem.vehicles):
            time.CumulVar(self.routing.Start(number)).SetRange(vehicle.open_s, vehicle.close_s)
            time.CumulVar(self.routing.End(number)).SetRange(vehicle.open_s, vehicle.close_s)
            time.SetSpanUpperBoundForVehicle(problem.shift_duty_s, number)

    def _add_driving(self) -> None:
        drive_s = self.routing.RegisterTransitMatrix(_matrix(self.problem, 2))
        fix_start_cumul_to_zero = True
        self.routing.AddDimension(
            drive_s, 0, self.problem.shift_drive_s, fix_start_cumul_to_zero, "driving"
        )

    def _add_loads(self, size: int) -> None:
        problem = self.problem
        blank = [0] * (size - len(problem.jobs))
        dimensions = (
            ("mass", [j.load_g for j in problem.jobs], [v.payload_g for v in problem.vehicles]),
            (
                "volume",
                [j.load_cm3 for j in problem.jobs],
                [v.volume_cm3 for v in problem.vehicles],
            ),
        )
        fix_start_cumul_to_zero = True
        for name, loads, limits in dimensions:
            evaluator = self.routing.RegisterUnaryTransitVector(loads + blank)
            self.routing.AddDimensionWithVehicleCapacity(
                evaluator, 0, limits, fix_start_cumul_to_zero, name
            )

    def _restrict_vehicles(self) -> None:
        for number, job in enumerate(self.problem.jobs):
            allowed = [
                v
                for v, vehicle in enumerate(self.problem.vehicles)
                if vehicle.payload_g >= job.load_g and vehicle.volume_cm3 >= job.load_cm3
            ]
            # SetAllowedVehiclesForIndex takes no Python list in 9.15; -1 stands for "not done".
            self.routing.VehicleVar(self.index.NodeToIndex(number)).SetValues([-1, *allowed])

    def solve(self, *, solutions: int, wall_s: float) -> list[list[int]]:
        """Descend to a local optimum, then look for better ones by guided local search.

        A step of guided local search takes longer in a larger problem, which gets fewer of them. A
        small problem has few local optima: on 12 lanes (`plan sample`, 200 consignments) a quarter
        of the steps found the same tours.
        """
        began_s = time.monotonic()
        first = self._parameters(enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT, wall_s)
        solution = self.routing.SolveWithParameters(first)
        if solution is None:
            return [[] for _ in self.problem.vehicles]
        left_s = wall_s - (time.monotonic() - began_s)
        jobs = len(self.problem.jobs)
        steps = (
            solutions
            * min(jobs, FULL_SEARCH_JOBS)
            * FULL_SEARCH_JOBS
            // max(FULL_SEARCH_JOBS, jobs) ** 2
        )
        guided = self._parameters(enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH, left_s)
        guided.solution_limit = max(1, steps)
        failures = FAILURES_PER_SOLUTION * max(FAILURES_MIN, steps)
        self.routing.AddSearchMonitor(self.routing.solver().FailuresLimit(failures))
        solution = self.routing.SolveFromAssignmentWithParameters(solution, guided) or solution
        return [self._tour(solution, number) for number in range(len(self.problem.vehicles))]

    @staticmethod
    def _parameters(metaheuristic: int, wall_s: float) -> Any:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = (
            enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        )
        parameters.local_search_metaheuristic = metaheuristic
        parameters.time_limit.FromMilliseconds(max(1, round(wall_s * 1_000)))
        return parameters

    def _tour(self, solution: pywrapcp.Assignment, vehicle: int) -> list[int]:
        tour = []
        node = solution.Value(self.routing.NextVar(self.routing.Start(vehicle)))
        while not self.routing.IsEnd(node):
            tour.append(self.index.IndexToNode(node))
            node = solution.Value(self.routing.NextVar(node))
        return tour


def search(problem: TourProblem, *, solutions: int, wall_s: float) -> list[list[int]]:
    """Return the jobs of each vehicle in order. Jobs on no tour are not done."""
    tours: list[list[int]] = [[] for _ in problem.vehicles]
    if not problem.vehicles or not problem.jobs:
        return tours
    numbers = _useful_vehicles(problem)
    reduced = replace(problem, vehicles=tuple(problem.vehicles[number] for number in numbers))
    found_tours = _Model(reduced).solve(solutions=solutions, wall_s=wall_s)
    for number, tour in zip(numbers, found_tours, strict=True):
        tours[number] = tour
    return tours


def _useful_vehicles(problem: TourProblem) -> list[int]:
    """Return vehicle numbers: of identical vehicles, no more than there are jobs."""
    seen = Counter[Vehicle]()
    numbers = []
    for number, vehicle in enumerate(problem.vehicles):
        if seen[vehicle] < len(problem.jobs):
            seen[vehicle] += 1
            numbers.append(number)
    return numbers
