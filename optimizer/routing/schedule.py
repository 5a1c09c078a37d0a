"""A tour with its times: leave as late as the first job allows, then one stop after the other."""

from dataclasses import dataclass, field

from groupage.domain.instance import Instance, Truck
from groupage.domain.plan import Route, Stop
from optimizer.routing.clock import Clock
from optimizer.routing.roads import Roads


@dataclass(slots=True)
class Schedule:
    """A route in the making."""

    truck: Truck
    clock: Clock
    roads: Roads
    stops: list[Stop] = field(default_factory=list)
    distance_m: int = 0
    _free_s: int = 0
    """When the truck leaves the last stop."""

    def start(self, *, open_s: int, goal: str, begin_s: int) -> None:
        """Leave home in time for a first job at `goal` that cannot begin before `begin_s`."""
        home = self.truck.start_place_id
        self._free_s = max(open_s, begin_s - self.roads.seconds(home, goal))
        now = self.clock.at(self._free_s)
        self.stops.append(
            Stop(
                place_id=home,
                action="start",
                reference=self.truck.truck_id,
                arrive_at=now,
                leave_at=now,
                load_g=0,
                load_cm3=0,
            )
        )

    def call(self, stop: Stop, *, begin_s: int = 0, work_s: int = 0) -> None:
        """Drive to `stop` (its times are filled in here), wait until `begin_s`, work."""
        here = self.stops[-1].place_id
        arrive_s = self._free_s + self.roads.seconds(here, stop.place_id)
        self.distance_m += self.roads.metres(here, stop.place_id)
        self._free_s = max(arrive_s, begin_s) + work_s
        self.stops.append(
            Stop(
                place_id=stop.place_id,
                action=stop.action,
                reference=stop.reference,
                arrive_at=self.clock.at(arrive_s),
                leave_at=self.clock.at(self._free_s),
                load_g=stop.load_g,
                load_cm3=stop.load_cm3,
            )
        )

    def finish(self, instance: Instance) -> Route:
        """Drive home; the route with its cost."""
        self.call(self.draft("end", self.truck.start_place_id, self.truck.truck_id))
        # The lane stands in the id once, also where the truck's own id begins with it.
        name = self.truck.truck_id.removeprefix(f"{instance.lane_id}/")
        per_km = self.truck.usd_cents_per_km
        return Route(
            route_id=f"RT-{instance.lane_id}-{instance.sequence}-{name}",
            truck_id=self.truck.truck_id,
            stops=tuple(self.stops),
            distance_m=self.distance_m,
            cost_usd_cents=self.truck.fixed_usd_cents - (-self.distance_m * per_km // 1_000),
        )

    def draft(
        self, action: str, place_id: str, reference: str, load: tuple[int, int] = (0, 0)
    ) -> Stop:
        """A stop without times."""
        unset = self.clock.zero_at
        return Stop(
            place_id=place_id,
            action=action,  # type: ignore[arg-type]
            reference=reference,
            arrive_at=unset,
            leave_at=unset,
            load_g=load[0],
            load_cm3=load[1],
        )
