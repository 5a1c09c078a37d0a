"""The search itself: which vehicle does which jobs in which order (OR-Tools routing 9.15).

Everything goes in as matrices, none as a Python callback. The search ends after a number of
solutions, so that it gives the same answer on any machine; the wall clock is a safety net.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ortools.constraint_solver import pywrapcp  # type: ignore[import-untyped]
from ortools.constraint_solver import routing_enums_pb2 as enums_pb2

from optimizer.routing.legs import Leg

PENALTY_CENTS = 100_000_000
"""Leaving a job undone costs more than any tour: a million dollars."""
EASY_JOBS = 30
"""Up to so many the search gets all the steps it may make."""
FAILURES_PER_SOLUTION = 20
FAILURES_MIN = 50
"""The search also ends after so many dead ends (usually there are three or four for a solution):
where nothing can be moved, guided local search finds no second solution and would never stop."""
_MILLI = 1_000
"""Costs are counted in thousandths of a cent: metres x cents per km."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A truck as the search sees it. Seconds count from the instance's clock."""

    base: int
    """Which row of `start_*` and `end_*` it uses."""
    open_s: int
    close_s: int
    fixed_usd_cents: int
    usd_cents_per_km: int
    payload_g: int
    volume_cm3: int

    def within(self, open_s: int, close_s: int) -> "Vehicle":
        """The truck at a part of its time."""
        return replace(self, open_s=max(self.open_s, open_s), close_s=min(self.close_s, close_s))


@dataclass(frozen=True, slots=True)
class Job:
    """One visit; it begins inside the window."""

    open_s: int
    close_s: int
    load_g: int
    load_cm3: int


@dataclass(frozen=True, slots=True)
class Tours:
    """The problem. Matrix entries are legs; their seconds include the job's own work.

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

    def part(self, jobs: Sequence[int], vehicles: tuple[Vehicle, ...]) -> "Tours":
        """The problem of some of the jobs and other vehicles.

        A base that none of them has is left out: the search would have somebody call there.
        """
        bases = sorted({vehicle.base for vehicle in vehicles})
        number = {base: new for new, base in enumerate(bases)}
        return replace(
            self,
            vehicles=tuple(replace(one, base=number[one.base]) for one in vehicles),
            jobs=tuple(self.jobs[job] for job in jobs),
            between=[[self.between[i][j] for j in jobs] for i in jobs],
            start=[[self.start[base][job] for job in jobs] for base in bases],
            end=[[self.end[base][job] for job in jobs] for base in bases],
        )


def _matrix(problem: Tours, part: int) -> list[list[int]]:
    """Jobs first, then a start node and an end node for each base."""
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
    def __init__(self, problem: Tours) -> None:
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
            self._allow_fitting()
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
        wheel = self.routing.RegisterTransitMatrix(_matrix(self.problem, 2))
        fix_start_cumul_to_zero = True
        self.routing.AddDimension(
            wheel, 0, self.problem.shift_drive_s, fix_start_cumul_to_zero, "driving"
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

    def _allow_fitting(self) -> None:
        for number, job in enumerate(self.problem.jobs):
            able = [
                v
                for v, vehicle in enumerate(self.problem.vehicles)
                if vehicle.payload_g >= job.load_g and vehicle.volume_cm3 >= job.load_cm3
            ]
            # SetAllowedVehiclesForIndex takes no Python list in 9.15; -1 stands for "not done".
            self.routing.VehicleVar(self.index.NodeToIndex(number)).SetValues([-1, *able])

    def solve(self, *, solutions: int, wall_s: float) -> list[list[int]]:
        """Descend as far as it goes, then let guided local search look for better valleys.

        A step of the second part costs the more the larger the problem is: it gets fewer of them.
        A small one has few valleys: on 12 lanes (`plan sample`, 200 consignments) a quarter of the
        steps found the same tours.
        """
        began_s = time.monotonic()
        first = self._parameters(enums_pb2.LocalSearchMetaheuristic.GREEDY_DESCENT, wall_s)
        found = self.routing.SolveWithParameters(first)
        if found is None:
            return [[] for _ in self.problem.vehicles]
        left_s = wall_s - (time.monotonic() - began_s)
        jobs = len(self.problem.jobs)
        steps = solutions * min(jobs, EASY_JOBS) * EASY_JOBS // max(EASY_JOBS, jobs) ** 2
        guided = self._parameters(enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH, left_s)
        guided.solution_limit = max(1, steps)
        failures = FAILURES_PER_SOLUTION * max(FAILURES_MIN, steps)
        self.routing.AddSearchMonitor(self.routing.solver().FailuresLimit(failures))
        found = self.routing.SolveFromAssignmentWithParameters(found, guided) or found
        return [self._tour(found, number) for number in range(len(self.problem.vehicles))]

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


def search(problem: Tours, *, solutions: int, wall_s: float) -> list[list[int]]:
    """The jobs of each vehicle in order. Jobs on no tour could not be done."""
    tours: list[list[int]] = [[] for _ in problem.vehicles]
    if not problem.vehicles or not problem.jobs:
        return tours
    needed = _needed(problem)
    small = replace(problem, vehicles=tuple(problem.vehicles[number] for number in needed))
    found = _Model(small).solve(solutions=solutions, wall_s=wall_s)
    for number, tour in zip(needed, found, strict=True):
        tours[number] = tour
    return tours


def _needed(problem: Tours) -> list[int]:
    """Numbers of vehicles, of those that are alike no more than there are jobs."""
    seen = Counter[Vehicle]()
    needed = []
    for number, vehicle in enumerate(problem.vehicles):
        if seen[vehicle] < len(problem.jobs):
            seen[vehicle] += 1
            needed.append(number)
    return needed
