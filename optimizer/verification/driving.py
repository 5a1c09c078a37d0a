"""The hours of a driver, counted along a tour by the judge itself from `DriverHours`."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from groupage.domain.instance import DriverHours
from groupage.domain.plan import Route
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken


class Driver:
    """One driver on one tour: told of each leg and each idle time, in their order."""

    def __init__(self, hours: DriverHours, begun_at: datetime) -> None:
        self._hours = hours
        self._begun_at = begun_at
        self._shift_drive_s = 0
        self._continuous_s = 0

    def drive(self, drive_s: int) -> timedelta:
        """How long a leg takes with the breaks on the way."""
        took_s = left_s = drive_s
        while left_s > self._hours.continuous_drive_s - self._continuous_s:
            left_s -= self._hours.continuous_drive_s - self._continuous_s
            self._continuous_s = 0
            took_s += self._hours.break_s
        self._continuous_s += left_s
        self._shift_drive_s += drive_s
        return timedelta(seconds=took_s)

    def idle(self, from_at: datetime, until_at: datetime) -> None:
        """Nothing to do: a break, or the end of a shift, or too short to count."""
        idle_s = (until_at - from_at).total_seconds()
        if idle_s >= self._hours.break_s:
            self._continuous_s = 0
        if idle_s >= self._hours.rest_s:
            self._shift_drive_s = 0
            self._begun_at = until_at

    def too_long(self, now_at: datetime) -> tuple[str, str] | None:
        """Code and words if the shift as it is by now breaks a limit."""
        if self._shift_drive_s > self._hours.shift_drive_s:
            limit_s = self._hours.shift_drive_s
            return "driven_too_long", f"{self._shift_drive_s} s in a shift, at most {limit_s}"
        duty = now_at - self._begun_at
        if duty > timedelta(seconds=self._hours.shift_duty_s):
            return "duty_too_long", f"{duty} on duty, at most {self._hours.shift_duty_s} s"
        return None


def check_figures(hours: DriverHours) -> Violations:
    """Limits that are none make every judgement void."""
    return [
        broken("wrong_hours", f"hours.{name}", f"is {getattr(hours, name)}, must be above 0")
        for name in hours.__struct_fields__
        if getattr(hours, name) <= 0
    ]


def check_rests(case: Case) -> Violations:
    """Between two tours of one truck lies a rest."""
    tours: dict[str, list[Route]] = defaultdict(list)
    for route in case.plan.routes:
        if route.stops:
            tours[route.truck_id].append(route)
    rest = timedelta(seconds=case.instance.hours.rest_s)
    found: Violations = []
    for truck_id, mine in sorted(tours.items()):
        in_order = sorted(mine, key=lambda route: (route.stops[0].leave_at, route.route_id))
        for one, other in pairwise(in_order):
            home_at, off_at = one.stops[-1].arrive_at, other.stops[0].leave_at
            if off_at < home_at + rest:
                message = (
                    f"{other.route_id} leaves {off_at}, not before {home_at + rest}, "
                    f"{case.instance.hours.rest_s} s after {one.route_id}"
                )
                found.append(broken("no_rest", f"truck {truck_id}", message))
    return found
