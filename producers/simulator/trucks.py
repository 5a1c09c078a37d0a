"""Pick-up trucks: they drive the published routes, give or take the traffic.

Where no plan with a route for a lot is there in time, the hub sends a truck of its own accord.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from groupage.domain.plan import Route
from producers.simulator.lots import Lot
from producers.simulator.planbook import PlanBook
from producers.simulator.world import World

_NOBODY_THERE = frozenset({"no_show", "cancelled_before_arrival"})


class Tour(NamedTuple):
    """A tour from the hub and back."""

    truck_id: str
    leave_at: datetime
    deliver_at: datetime
    consignment_ids: tuple[str, ...]


class Trucks:
    """Fetch lots. `arrive` is called with a truck's lots at the door, `announce` when it leaves."""

    def __init__(
        self,
        world: World,
        book: PlanBook,
        *,
        arrive: Callable[[list[Lot], str], None],
        announce: Callable[[Lot], None],
    ) -> None:
        self._world = world
        self._book = book
        self._arrive = arrive
        self._announce = announce
        self._delayed = world.quota(
            world.parameters.rates.truck_delayed, "truck_delayed", first_within=10
        )

    def start(self, lots: list[Lot]) -> None:
        """Send trucks for lots, in the order of arrival; lots that come together share a truck."""
        while lots:
            load = lots[: 1 + int(3 * self._world.streams.uniform("tour", lots[0].id))]
            lots = lots[len(load) :]
            at = max(lot.arrives_at for lot in load)
            self._world.engine.schedule(at, partial(self._by_own_truck, load))

    def _by_own_truck(self, lots: list[Lot]) -> None:
        lots = [lot for lot in lots if not lot.tour]
        self._world.transport["fetched by the hub's own rounds"] += len(lots)
        self._arrive(lots, "")

    def follow(self, lane_id: str) -> None:
        """Follow a new plan: its routes count for every lot that is not under way."""
        for route in self._book.routes(lane_id):
            for number, tour in enumerate(tours(route), 1):
                known = self._world.lots
                lots = [known[name] for name in tour.consignment_ids if name in known]
                lots = [lot for lot in lots if self._still_there(lot)]
                if lots:
                    self._send(f"{route.route_id}/{number}", tour, lots)

    def _still_there(self, lot: Lot) -> bool:
        if lot.gone or lot.arrived or lot.under_way or lot.exceptions & _NOBODY_THERE:
            return False
        own_s = self._world.parameters.times.own_truck_before_s
        return bool(lot.tour) or self._world.now < lot.arrives_at - timedelta(seconds=own_s)

    def _send(self, name: str, tour: Tour, lots: list[Lot]) -> None:
        for lot in lots:
            lot.tour = name
        self._world.engine.schedule(tour.leave_at, partial(self._leave, name, tour, lots))

    def _leave(self, name: str, tour: Tour, lots: list[Lot]) -> None:
        lots = [lot for lot in lots if lot.tour == name and not lot.gone]
        if not lots:
            return
        world = self._world
        waited_s = (world.now - tour.leave_at).total_seconds()
        at = tour.deliver_at + timedelta(seconds=waited_s + self._deviation_s(name))
        world.transport["fetched by published routes"] += len(lots)
        for lot in lots:
            lot.under_way, lot.arrives_at = True, at
            self._announce(lot)
        world.engine.schedule(at, partial(self._arrive, lots, tour.truck_id))

    def _deviation_s(self, name: str) -> float:
        world, times = self._world, self._world.parameters.times
        if self._delayed.hit():
            world.handled["truck_delayed"] += 1
            return world.span(times.delay_from_s, times.delay_until_s, "delay", name)
        return world.span(-times.early_s, times.jam_s, "traffic", name)


def tours(route: Route) -> Iterator[Tour]:
    """Return the tours of a pick-up route between stops at the hub; none for other routes."""
    leave_at = route.stops[0].leave_at
    fetched: list[str] = []
    for stop in route.stops:
        if stop.action == "pickup":
            fetched.append(stop.reference)
        elif stop.action == "deliver":
            yield Tour(route.truck_id, leave_at, stop.arrive_at, tuple(fetched))
            leave_at, fetched = stop.leave_at, []
        elif not fetched:
            leave_at = stop.leave_at
