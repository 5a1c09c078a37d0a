"""The times of a tour: back as early as possible, and off as late as that allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from groupage.domain.instance import DriverHours, Instance, Truck
from groupage.domain.plan import Route, Stop
from optimizer.routing.travel import DriverState, Roads, drive_with_breaks_s

Action = Literal["start", "pickup", "deliver", "collect_container", "drop_container", "end"]


@dataclass(frozen=True, slots=True)
class Clock:
    """Instants as whole seconds since the instance's clock, rounded up to a second."""

    zero_at: datetime

    @classmethod
    def from_instant(cls, clock_at: datetime) -> "Clock":
        """Return the clock whose second 0 is `clock_at`, rounded up."""
        whole = clock_at.replace(microsecond=0)
        return cls(whole if whole == clock_at else whole + timedelta(seconds=1))

    def ceil_s(self, instant: datetime) -> int:
        """Return the second of an earliest time."""
        return -((self.zero_at - instant) // timedelta(seconds=1))

    def floor_s(self, instant: datetime) -> int:
        """Return the second of a latest time."""
        return (instant - self.zero_at) // timedelta(seconds=1)

    def at(self, second: int) -> datetime:
        """Return the instant of a second."""
        return self.zero_at + timedelta(seconds=second)


@dataclass(frozen=True, slots=True)
class Call:
    """A truck's call at a place. Seconds count from the instance's clock."""

    action: Action
    place_id: str
    reference: str
    load: tuple[int, int] = (0, 0)
    """Grams and cm³ on board afterwards."""
    open_s: int = 0
    """The work does not begin earlier."""
    close_s: int | None = None
    """The work does not begin later; None: no limit."""
    work_s: int = 0
    rest_s: int = 0
    """Seconds that the driver rests after the work."""


@dataclass(frozen=True, slots=True)
class ScheduledTour:
    """A route with the seconds at which the truck leaves its base and is back."""

    route: Route
    begin_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Makes routes of the calls of a truck."""

    instance: Instance
    clock: Clock
    roads: Roads

    @property
    def hours(self) -> DriverHours:
        """The limits of every driver."""
        return self.instance.hours

    def schedule(self, truck: Truck, calls: Sequence[Call], *, open_s: int) -> ScheduledTour:
        """Return the tour of a truck that may leave its base at `open_s`.

        It is back as early as possible, and leaves as late as that allows.
        """
        begin_s = self._departure_s(truck, calls, open_s)
        home = Call("start", truck.start_place_id, truck.truck_id)
        stops = [self._stop(home, begin_s, begin_s)]
        driver = DriverState(self.hours)
        free_s = begin_s
        for before, call in pairwise((home, *calls, self._end(truck))):
            here_s = free_s + driver.drive(self.roads.seconds(before.place_id, call.place_id))
            work_s = max(here_s, call.open_s)
            driver.idle(work_s - here_s)
            driver.idle(call.rest_s)
            free_s = work_s + call.work_s + call.rest_s
            stops.append(self._stop(call, here_s, free_s))
        return ScheduledTour(self._route(truck, stops), begin_s, free_s)

    def _departure_s(self, truck: Truck, calls: Sequence[Call], open_s: int) -> int:
        """Count forward to the earliest return, from there back to the latest departure."""
        home = truck.start_place_id
        legs_s = self._legs_s((home, *(call.place_id for call in calls), home))
        free_s = open_s
        for leg_s, call in zip(legs_s, calls, strict=False):
            free_s = max(free_s + leg_s, call.open_s) + call.work_s + call.rest_s
        for leg_s, call in zip(reversed(legs_s[:-1]), reversed(calls), strict=True):
            free_s -= call.work_s + call.rest_s
            free_s = (free_s if call.close_s is None else min(free_s, call.close_s)) - leg_s
        return max(open_s, free_s)

    def _legs_s(self, places: Sequence[str]) -> list[int]:
        """Return each leg with its share of breaks, if the tour is long enough to have any."""
        drives = [self.roads.seconds(a, b) for a, b in pairwise(places)]
        if sum(drives) <= self.hours.continuous_drive_s:
            return drives
        return [drive_with_breaks_s(drive_s, self.hours) for drive_s in drives]

    def _end(self, truck: Truck) -> Call:
        return Call("end", truck.start_place_id, truck.truck_id)

    def _stop(self, call: Call, arrive_s: int, leave_s: int) -> Stop:
        return Stop(
            place_id=call.place_id,
            action=call.action,
            reference=call.reference,
            arrive_at=self.clock.at(arrive_s),
            leave_at=self.clock.at(leave_s),
            load_g=call.load[0],
            load_cm3=call.load[1],
        )

    def _route(self, truck: Truck, stops: list[Stop]) -> Route:
        distance_m = sum(self.roads.metres(a.place_id, b.place_id) for a, b in pairwise(stops))
        # Truck ids may begin with the lane: it is in the route id once.
        name = truck.truck_id.removeprefix(f"{self.instance.lane_id}/")
        return Route(
            route_id=f"RT-{self.instance.lane_id}-{self.instance.sequence}-{name}",
            truck_id=truck.truck_id,
            stops=tuple(stops),
            distance_m=distance_m,
            cost_usd_cents=truck.fixed_usd_cents - (-distance_m * truck.usd_cents_per_km // 1_000),
        )
