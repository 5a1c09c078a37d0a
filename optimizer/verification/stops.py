"""Check one tour stop by stop: places, times and the load on board."""

from datetime import datetime, timedelta

from groupage.domain.instance import Demand, Truck
from groupage.domain.plan import PlannedContainer, Route, Stop
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.driving import Driver
from optimizer.verification.roads import distance_m, drive_s
from optimizer.verification.violation import Violations, violation


class _Tour:
    """One truck on its tour: driver, load and violations up to the current stop."""

    def __init__(self, context: Context, route: Route, truck: Truck) -> None:
        self.context = context
        self.truck = truck
        self.route = route
        self.containers = {
            container.consolidation_id: container for container in context.plan.containers
        }
        self.spots = {spot.place_id: spot for spot in context.instance.spots}
        self.violations: Violations = []
        self.load = (0, 0)
        self.hitched = ""
        self.driver = Driver(context.instance.hours, route.stops[0].leave_at)

    def report(self, code: Code, number: int, message: str) -> None:
        """Add a violation at a stop."""
        stop = self.route.stops[number]
        where = f"route {self.route.route_id} stop {number + 1} ({stop.action} {stop.reference})"
        self.violations.append(violation(code, where, message))

    def drive_s(self, a: str, b: str) -> int:
        """Return the driving seconds from place to place."""
        if a == b:
            return 0
        road = self.context.instance.road
        return drive_s(road, distance_m(road, self.spots[a], self.spots[b]))

    def follow(self) -> Violations:
        """Check all stops in their order."""
        for number, stop in enumerate(self.route.stops):
            self._check_arrival(number, stop)
            getattr(self, f"_{stop.action}")(number, stop)
            self._check_load(number, stop)
        return self.violations

    def _check_arrival(self, number: int, stop: Stop) -> None:
        if stop.leave_at < stop.arrive_at:
            self.report(Code.WRONG_TIME, number, f"left {stop.leave_at} before {stop.arrive_at}")
        if number == 0:
            return
        before = self.route.stops[number - 1]
        expected = before.leave_at + self.driver.drive(self.drive_s(before.place_id, stop.place_id))
        if stop.arrive_at != expected:
            self.report(Code.WRONG_TIME, number, f"arrives {stop.arrive_at}, must be {expected}")
        self._check_shift(number, stop.arrive_at)

    def _check_shift(self, number: int, now_at: datetime) -> None:
        broken_limit = self.driver.broken_limit(now_at)
        if broken_limit is not None:
            code, message = broken_limit
            self.report(code, number, message)

    def _check_load(self, number: int, stop: Stop) -> None:
        if (stop.load_g, stop.load_cm3) != self.load:
            stated = (stop.load_g, stop.load_cm3)
            self.report(Code.WRONG_LOAD, number, f"on board {stated} (g, cm³), must be {self.load}")
        if self.load[0] > self.truck.payload_g or self.load[1] > self.truck.volume_cm3:
            limits = (self.truck.payload_g, self.truck.volume_cm3)
            self.report(Code.TRUCK_OVERLOADED, number, f"on board {self.load}, at most {limits}")

    def _check_place(self, number: int, stop: Stop, place_id: str) -> None:
        if stop.place_id != place_id:
            self.report(Code.WRONG_PLACE, number, f"is at {stop.place_id}, must be at {place_id}")

    def _check_leave(self, number: int, stop: Stop, begin_at: datetime, dwell_s: int) -> None:
        works_at = max(stop.arrive_at, begin_at)
        earliest = works_at + timedelta(seconds=dwell_s)
        if stop.leave_at < earliest:
            self.report(Code.WRONG_TIME, number, f"leaves {stop.leave_at}, not before {earliest}")
        self.driver.idle(stop.arrive_at, works_at)
        self._check_shift(number, earliest)
        self.driver.idle(earliest, stop.leave_at)

    def _check_truck(self, number: int, stop: Stop) -> None:
        if stop.reference != self.truck.truck_id:
            self.report(Code.UNKNOWN_JOB, number, f"is not about the truck {self.truck.truck_id}")

    def _check_home(self, number: int, stop: Stop) -> None:
        self._check_truck(number, stop)
        self._check_place(number, stop, self.truck.start_place_id)
        if stop.leave_at != stop.arrive_at:
            self.report(
                Code.WRONG_TIME,
                number,
                f"leaves {stop.leave_at}, must at {stop.arrive_at}",
            )

    def _start(self, number: int, stop: Stop) -> None:
        self._check_home(number, stop)
        earliest = max(self.truck.available_from_at, self.context.instance.clock_at)
        if stop.leave_at < earliest:
            self.report(
                Code.OUTSIDE_HOURS,
                number,
                f"leaves {stop.leave_at}, not before {earliest}",
            )

    def _end(self, number: int, stop: Stop) -> None:
        self._check_home(number, stop)
        if stop.arrive_at > self.truck.available_until_at:
            until = self.truck.available_until_at
            self.report(Code.OUTSIDE_HOURS, number, f"ends {stop.arrive_at}, not after {until}")

    def _pickup(self, number: int, stop: Stop) -> None:
        demand: Demand | None = self.context.demands.get(stop.reference)
        if demand is None or demand.pickup is None:
            self.report(Code.UNKNOWN_JOB, number, "is not a pick-up of the instance")
            return
        job = demand.pickup
        self._check_place(number, stop, job.place_id)
        if stop.arrive_at > job.latest_at:
            self.report(
                Code.WINDOW_MISSED,
                number,
                f"arrives {stop.arrive_at}, due {job.latest_at}",
            )
        self._check_leave(number, stop, job.ready_at, job.service_s)
        self.load = (self.load[0] + demand.gross_g, self.load[1] + demand.volume_cm3)

    def _deliver(self, number: int, stop: Stop) -> None:
        self._check_truck(number, stop)
        self._check_place(number, stop, self.context.instance.hub_place_id)
        self._check_leave(number, stop, stop.arrive_at, self.context.instance.road.hub_dwell_s)
        self.load = (0, 0)

    def _collect_container(self, number: int, stop: Stop) -> None:
        container: PlannedContainer | None = self.containers.get(stop.reference)
        if container is None:
            self.report(Code.UNKNOWN_JOB, number, "is not a container of the plan")
            return
        self._check_place(number, stop, self.context.instance.hub_place_id)
        ready = max(
            (demand.available_at for demand in self.context.cargo(container)),
            default=stop.arrive_at,
        )
        self._check_leave(number, stop, ready, self.context.instance.road.hub_dwell_s)
        self.hitched = stop.reference
        self.load = (
            container.cargo_gross_g + container.spec.tare_g,
            container.cargo_volume_cm3,
        )

    def _drop_container(self, number: int, stop: Stop) -> None:
        self.load = (0, 0)
        container = self.containers.get(stop.reference)
        departure = self.context.departures.get(container.voyage_id) if container else None
        if stop.reference != self.hitched or departure is None:
            self.report(
                Code.UNKNOWN_JOB,
                number,
                "is not the container on the truck, or its voyage does not depart any more",
            )
            return
        self._check_place(number, stop, departure.terminal_id)
        if stop.arrive_at > departure.gate_in_by_at:
            message = f"arrives {stop.arrive_at}, gate-in by {departure.gate_in_by_at}"
            self.report(Code.GATE_IN_MISSED, number, message)
        self._check_leave(number, stop, stop.arrive_at, self.context.instance.road.gate_dwell_s)


def check_stops(context: Context, route: Route, truck: Truck) -> Violations:
    """Return the violations of one tour whose stops are in a valid order."""
    return _Tour(context, route, truck).follow()
