"""Hours of a driver along a tour, by the definitions in `DriverHours`."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from groupage.domain.instance import DriverHours
from groupage.domain.plan import Route
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation


class Driver:
    """A driver on one tour. Call `drive` and `idle` in the order of the tour."""

    def __init__(self, hours: DriverHours, start_at: datetime) -> None:
        self._hours = hours
        self._shift_start_at = start_at
        self._shift_drive_s = 0
        self._continuous_s = 0

    def drive(self, drive_s: int) -> timedelta:
        """Return how long a leg takes, breaks on the way included."""
        took_s = left_s = drive_s
        while left_s > self._hours.continuous_drive_s - self._continuous_s:
            left_s -= self._hours.continuous_drive_s - self._continuous_s
            self._continuous_s = 0
            took_s += self._hours.break_s
        self._continuous_s += left_s
        self._shift_drive_s += drive_s
        return timedelta(seconds=took_s)

    def idle(self, from_at: datetime, until_at: datetime) -> None:
        """Count idle time: as a break or a rest if it is long enough for one."""
        idle_s = (until_at - from_at).total_seconds()
        if idle_s >= self._hours.break_s:
            self._continuous_s = 0
        if idle_s >= self._hours.rest_s:
            self._shift_drive_s = 0
            self._shift_start_at = until_at

    def broken_limit(self, now_at: datetime) -> tuple[Code, str] | None:
        """Return code and message if the shift until `now_at` breaks a limit."""
        if self._shift_drive_s > self._hours.shift_drive_s:
            limit_s = self._hours.shift_drive_s
            return (
                Code.DRIVEN_TOO_LONG,
                f"{self._shift_drive_s} s in a shift, at most {limit_s}",
            )
        duty = now_at - self._shift_start_at
        if duty > timedelta(seconds=self._hours.shift_duty_s):
            return (
                Code.DUTY_TOO_LONG,
                f"{duty} on duty, at most {self._hours.shift_duty_s} s",
            )
        return None


def check_figures(hours: DriverHours) -> Violations:
    """Check that every limit is above 0: with a wrong one no tour can be checked."""
    return [
        violation(
            Code.WRONG_HOURS,
            f"hours.{name}",
            f"is {getattr(hours, name)}, must be above 0",
        )
        for name in hours.__struct_fields__
        if getattr(hours, name) <= 0
    ]


def check_rests(context: Context) -> Violations:
    """Check that a rest lies between two tours of one truck."""
    by_truck: dict[str, list[Route]] = defaultdict(list)
    for route in context.plan.routes:
        if route.stops:
            by_truck[route.truck_id].append(route)
    rest = timedelta(seconds=context.instance.hours.rest_s)
    violations: Violations = []
    for truck_id, routes in sorted(by_truck.items()):
        in_order = sorted(routes, key=lambda route: (route.stops[0].leave_at, route.route_id))
        for earlier, later in pairwise(in_order):
            home_at, off_at = earlier.stops[-1].arrive_at, later.stops[0].leave_at
            if off_at < home_at + rest:
                message = (
                    f"{later.route_id} leaves {off_at}, not before {home_at + rest}, "
                    f"{context.instance.hours.rest_s} s after {earlier.route_id}"
                )
                violations.append(violation(Code.NO_REST, f"truck {truck_id}", message))
    return violations
