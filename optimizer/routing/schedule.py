"""A tour with its times: leave as late as costs nothing, then one stop after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from groupage.domain.instance import DriverHours, Instance, Truck
from groupage.domain.plan import Route, Stop
from optimizer.routing.clock import Clock
from optimizer.routing.hours import Wheel, padded_s
from optimizer.routing.roads import Roads

Action = Literal["start", "pickup", "deliver", "collect_container", "drop_container", "end"]


@dataclass(frozen=True, slots=True)
class Call:
    """What is done at one place. Seconds count from the instance's clock."""

    action: Action
    place_id: str
    reference: str
    load: tuple[int, int] = (0, 0)
    """Grams and cm³ on board afterwards."""
    open_s: int = 0
    """The work does not begin earlier."""
    close_s: int | None = None
    """Nor later; None: whenever the truck comes."""
    work_s: int = 0
    rest_s: int = 0
    """The driver stays so long after the work."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A tour from leaving home to being back."""

    route: Route
    begin_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Makes routes of what trucks are to do."""

    instance: Instance
    clock: Clock
    roads: Roads

    @property
    def hours(self) -> DriverHours:
        """Of every driver."""
        return self.instance.hours

    def timed(self, truck: Truck, calls: Sequence[Call], *, open_s: int) -> Timed:
        """The tour of a truck that may leave home at `open_s`.

        It is back as early as it can be, and leaves as late as that allows.
        """
        begin_s = self._departure_s(truck, calls, open_s)
        home = Call("start", truck.start_place_id, truck.truck_id)
        stops = [self._stop(home, begin_s, begin_s)]
        wheel = Wheel(self.hours)
        free_s = begin_s
        for before, call in pairwise((home, *calls, self._end(truck))):
            here_s = free_s + wheel.leg_s(self.roads.seconds(before.place_id, call.place_id))
            work_s = max(here_s, call.open_s)
            wheel.idle(work_s - here_s)
            wheel.idle(call.rest_s)
            free_s = work_s + call.work_s + call.rest_s
            stops.append(self._stop(call, here_s, free_s))
        return Timed(self._route(truck, stops), begin_s, free_s)

    def _departure_s(self, truck: Truck, calls: Sequence[Call], open_s: int) -> int:
        """Forward to the earliest return, from there back to the latest departure."""
        home = truck.start_place_id
        ways = self._ways_s((home, *(call.place_id for call in calls), home))
        free_s = open_s
        for way_s, call in zip(ways, calls, strict=False):
            free_s = max(free_s + way_s, call.open_s) + call.work_s + call.rest_s
        for way_s, call in zip(reversed(ways[:-1]), reversed(calls), strict=True):
            free_s -= call.work_s + call.rest_s
            free_s = (free_s if call.close_s is None else min(free_s, call.close_s)) - way_s
        return max(open_s, free_s)

    def _ways_s(self, places: Sequence[str]) -> list[int]:
        """Each leg with its share of breaks, where the tour is long enough to have any."""
        drives = [self.roads.seconds(a, b) for a, b in pairwise(places)]
        if sum(drives) <= self.hours.continuous_drive_s:
            return drives
        return [padded_s(drive_s, self.hours) for drive_s in drives]

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
        # The lane stands in the id once, also where the truck's own id begins with it.
        name = truck.truck_id.removeprefix(f"{self.instance.lane_id}/")
        return Route(
            route_id=f"RT-{self.instance.lane_id}-{self.instance.sequence}-{name}",
            truck_id=truck.truck_id,
            stops=tuple(stops),
            distance_m=distance_m,
            cost_usd_cents=truck.fixed_usd_cents - (-distance_m * truck.usd_cents_per_km // 1_000),
        )
