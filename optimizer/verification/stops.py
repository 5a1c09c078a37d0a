"""One tour, stop by stop: places, times and what is on board."""

from datetime import datetime, timedelta

from groupage.domain.instance import Demand, Truck
from groupage.domain.plan import PlannedContainer, Route, Stop
from optimizer.verification.case import Case
from optimizer.verification.driving import Driver
from optimizer.verification.roads import distance_m, drive_s
from optimizer.verification.violation import Violations, broken


class _Tour:
    """Follows one truck."""

    def __init__(self, case: Case, route: Route, truck: Truck) -> None:
        self.case = case
        self.truck = truck
        self.route = route
        self.containers = {one.consolidation_id: one for one in case.plan.containers}
        self.spots = {spot.place_id: spot for spot in case.instance.spots}
        self.found: Violations = []
        self.load = (0, 0)
        self.hitched = ""
        self.driver = Driver(case.instance.hours, route.stops[0].leave_at)

    def say(self, code: str, number: int, message: str) -> None:
        """A violation at a stop."""
        stop = self.route.stops[number]
        where = f"route {self.route.route_id} stop {number + 1} ({stop.action} {stop.reference})"
        self.found.append(broken(code, where, message))

    def drive_s(self, a: str, b: str) -> int:
        """Seconds from place to place."""
        if a == b:
            return 0
        road = self.case.instance.road
        return drive_s(road, distance_m(road, self.spots[a], self.spots[b]))

    def follow(self) -> Violations:
        """All stops in turn."""
        for number, stop in enumerate(self.route.stops):
            self._check_arrival(number, stop)
            getattr(self, f"_{stop.action}")(number, stop)
            self._check_load(number, stop)
        return self.found

    def _check_arrival(self, number: int, stop: Stop) -> None:
        if stop.leave_at < stop.arrive_at:
            self.say("wrong_time", number, f"left {stop.leave_at} before {stop.arrive_at}")
        if number == 0:
            return
        before = self.route.stops[number - 1]
        right = before.leave_at + self.driver.drive(self.drive_s(before.place_id, stop.place_id))
        if stop.arrive_at != right:
            self.say("wrong_time", number, f"arrives {stop.arrive_at}, must be {right}")
        self._check_shift(number, stop.arrive_at)

    def _check_shift(self, number: int, now_at: datetime) -> None:
        wrong = self.driver.too_long(now_at)
        if wrong is not None:
            self.say(wrong[0], number, wrong[1])

    def _check_load(self, number: int, stop: Stop) -> None:
        if (stop.load_g, stop.load_cm3) != self.load:
            said = (stop.load_g, stop.load_cm3)
            self.say("wrong_load", number, f"on board {said} (g, cm³), must be {self.load}")
        if self.load[0] > self.truck.payload_g or self.load[1] > self.truck.volume_cm3:
            limits = (self.truck.payload_g, self.truck.volume_cm3)
            self.say("truck_overloaded", number, f"on board {self.load}, at most {limits}")

    def _check_place(self, number: int, stop: Stop, place_id: str) -> None:
        if stop.place_id != place_id:
            self.say("wrong_place", number, f"is at {stop.place_id}, must be at {place_id}")

    def _check_leave(self, number: int, stop: Stop, begin: datetime, dwell_s: int) -> None:
        works_at = max(stop.arrive_at, begin)
        earliest = works_at + timedelta(seconds=dwell_s)
        if stop.leave_at < earliest:
            self.say("wrong_time", number, f"leaves {stop.leave_at}, not before {earliest}")
        self.driver.idle(stop.arrive_at, works_at)
        self._check_shift(number, earliest)
        self.driver.idle(earliest, stop.leave_at)

    def _check_truck(self, number: int, stop: Stop) -> None:
        if stop.reference != self.truck.truck_id:
            self.say("unknown_job", number, f"is not about the truck {self.truck.truck_id}")

    def _check_home(self, number: int, stop: Stop) -> None:
        self._check_truck(number, stop)
        self._check_place(number, stop, self.truck.start_place_id)
        if stop.leave_at != stop.arrive_at:
            self.say("wrong_time", number, f"leaves {stop.leave_at}, must at {stop.arrive_at}")

    def _start(self, number: int, stop: Stop) -> None:
        self._check_home(number, stop)
        earliest = max(self.truck.available_from_at, self.case.instance.clock_at)
        if stop.leave_at < earliest:
            self.say("outside_hours", number, f"leaves {stop.leave_at}, not before {earliest}")

    def _end(self, number: int, stop: Stop) -> None:
        self._check_home(number, stop)
        if stop.arrive_at > self.truck.available_until_at:
            until = self.truck.available_until_at
            self.say("outside_hours", number, f"ends {stop.arrive_at}, not after {until}")

    def _pickup(self, number: int, stop: Stop) -> None:
        demand: Demand | None = self.case.demands.get(stop.reference)
        if demand is None or demand.pickup is None:
            self.say("unknown_job", number, "is no pick-up of the instance")
            return
        job = demand.pickup
        self._check_place(number, stop, job.place_id)
        if stop.arrive_at > job.latest_at:
            self.say("window_missed", number, f"arrives {stop.arrive_at}, due {job.latest_at}")
        self._check_leave(number, stop, job.ready_at, job.service_s)
        self.load = (self.load[0] + demand.gross_g, self.load[1] + demand.volume_cm3)

    def _deliver(self, number: int, stop: Stop) -> None:
        self._check_truck(number, stop)
        self._check_place(number, stop, self.case.instance.hub_place_id)
        self._check_leave(number, stop, stop.arrive_at, self.case.instance.road.hub_dwell_s)
        self.load = (0, 0)

    def _collect_container(self, number: int, stop: Stop) -> None:
        container: PlannedContainer | None = self.containers.get(stop.reference)
        if container is None:
            self.say("unknown_job", number, "is no container of the plan")
            return
        self._check_place(number, stop, self.case.instance.hub_place_id)
        ready = max(
            (demand.available_at for demand in self.case.cargo(container)),
            default=stop.arrive_at,
        )
        self._check_leave(number, stop, ready, self.case.instance.road.hub_dwell_s)
        self.hitched = stop.reference
        self.load = (
            container.cargo_gross_g + container.spec.tare_g,
            container.cargo_volume_cm3,
        )

    def _drop_container(self, number: int, stop: Stop) -> None:
        self.load = (0, 0)
        container = self.containers.get(stop.reference)
        departure = self.case.departures.get(container.voyage_id) if container else None
        if stop.reference != self.hitched or departure is None:
            self.say("unknown_job", number, "is not the container on the truck, or departs no more")
            return
        self._check_place(number, stop, departure.terminal_id)
        if stop.arrive_at > departure.gate_in_by_at:
            message = f"arrives {stop.arrive_at}, gate-in by {departure.gate_in_by_at}"
            self.say("gate_in_missed", number, message)
        self._check_leave(number, stop, stop.arrive_at, self.case.instance.road.gate_dwell_s)


def check_stops(case: Case, route: Route, truck: Truck) -> Violations:
    """Everything wrong with one tour; its stops are in a possible order."""
    return _Tour(case, route, truck).follow()
