"""Trucks drive what was published, give or take the traffic."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from groupage.domain.events.consignment import AsnReceived, ConsignmentBooked
from groupage.domain.events.equipment import ContainerGatedOut, TruckArrived, VgmVerified
from groupage.domain.events.planning import PlanApproved, RoutePlanned, RouteRevised
from groupage.domain.fact import Fact
from groupage.domain.plan import Route, Stop
from producers.simulator.boxes import leave_by_at
from producers.simulator.simulation import Simulation
from producers.simulator.trucks import Tour, tours
from tests.simulator.paper_hub import PaperHub
from tests.simulator.test_exception_rates import operators_day

_BEAT = timedelta(minutes=10)
_NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


class Driven(NamedTuple):
    """A day, and the routes that were in force in it."""

    facts: list[Fact]
    simulation: Simulation
    routes: dict[str, list[Route]]
    """By truck."""


@pytest.fixture(scope="module")
def day() -> Driven:
    """One operator's day with routes on paper."""
    simulation, hub, facts = Simulation(operators_day(31)), PaperHub(), []
    routes: dict[str, list[Route]] = defaultdict(list)
    while not simulation.finished:
        sent = simulation.advance(simulation.now + _BEAT)
        facts += sent
        for event in hub.take(sent):
            simulation.observe(event)
            if isinstance(event, RoutePlanned | RouteRevised):
                routes[event.route.truck_id].append(event.route)
        if simulation.gate:
            simulation.open_gates()
    return Driven(facts, simulation, routes)


def _of(day: Driven, kind: type[Any]) -> list[tuple[datetime, Any]]:
    return [(one.occurred_at, one.data) for one in day.facts if isinstance(one.data, kind)]


@pytest.mark.slow
def test_pickups_come_when_their_route_says(day: Driven) -> None:
    """One truck brings the lots of one published tour: in time, or an hour or two late."""
    times, late, brought = day.simulation.parameters.times, 0, 0
    for at, visit in _of(day, TruckArrived):
        if visit.plate not in day.routes:
            continue
        lots = set(visit.consignment_ids)
        planned = [
            tour.deliver_at
            for route in day.routes[visit.plate]
            for tour in tours(route)
            if lots <= set(tour.consignment_ids)
        ]
        off_s = min((at - one).total_seconds() for one in planned if at >= one - _BEAT)
        assert -times.early_s <= off_s <= times.delay_until_s + 2 * times.plan_patience_s
        late += off_s >= times.delay_from_s - times.early_s
        brought += len(lots)
    outcome = day.simulation.outcome()
    assert brought == outcome.transport["fetched by published routes"] > 100
    assert late >= outcome.rates["truck_delayed"].times > 0


@pytest.mark.slow
def test_a_fetched_lot_comes_once_and_is_announced_before(day: Driven) -> None:
    """However often it was planned: one truck, and a delivery note before it is here."""
    notes = {event.consignment_id: at for at, event in _of(day, AsnReceived)}
    pickups = {e.consignment_id for _, e in _of(day, ConsignmentBooked) if e.pickup is not None}
    seen: dict[str, int] = defaultdict(int)
    for at, visit in _of(day, TruckArrived):
        for lot in visit.consignment_ids:
            seen[lot] += 1
            assert notes[lot] <= at
    waits = {
        name for name, lot in day.simulation._world.lots.items() if "short_waits" in lot.exceptions
    }
    assert {name for name in pickups if seen[name] > 1} <= waits


@pytest.mark.slow
def test_containers_leave_with_the_tractor_of_their_route(day: Driven) -> None:
    """Not before the planned time nor before they are weighed, unless the deadline presses."""
    weighed = {event.consolidation_id: at for at, event in _of(day, VgmVerified)}
    hauled = 0
    for at, gone in _of(day, ContainerGatedOut):
        if gone.plate not in day.routes:
            continue
        hauled += 1
        stops = [stop for route in day.routes[gone.plate] for stop in route.stops]
        planned = [
            stop.leave_at
            for stop in stops
            if (stop.action, stop.reference) == ("collect_container", gone.consolidation_id)
        ]
        box = day.simulation.boxes[gone.consolidation_id]
        press = leave_by_at(box, day.simulation.parameters.times)
        assert at > weighed[gone.consolidation_id]
        assert at >= min(*planned, press)
    assert hauled == day.simulation.outcome().transport["hauled by published routes"] > 10


def _stop(action: Any, minutes: int, reference: str = "van-1") -> Stop:
    at = _NOON + timedelta(minutes=minutes)
    return Stop(
        place_id="p",
        action=action,
        reference=reference,
        arrive_at=at,
        leave_at=at + timedelta(minutes=5),
        load_g=0,
        load_cm3=0,
    )


def _route(*stops: Stop) -> Route:
    return Route(route_id="R", truck_id="van-1", stops=stops, distance_m=0, cost_usd_cents=0)


def test_a_route_may_come_to_the_hub_twice() -> None:
    """Each way out and back is a tour of its own; a drayage route has none."""
    route = _route(
        _stop("start", 0),
        _stop("pickup", 10, "CN-1"),
        _stop("deliver", 20),
        _stop("pickup", 40, "CN-2"),
        _stop("pickup", 50, "CN-3"),
        _stop("deliver", 60),
        _stop("end", 70),
    )
    assert list(tours(route)) == [
        Tour("van-1", _NOON + timedelta(minutes=5), _NOON + timedelta(minutes=20), ("CN-1",)),
        Tour(
            "van-1",
            _NOON + timedelta(minutes=25),
            _NOON + timedelta(minutes=60),
            ("CN-2", "CN-3"),
        ),
    ]
    haul = _route(
        _stop("start", 0), _stop("collect_container", 10, "C"), _stop("drop_container", 250, "C")
    )
    assert list(tours(haul)) == []


@pytest.mark.slow
def test_plans_that_nobody_approved_move_no_truck() -> None:
    """Routes count when their plan is published, as load plans do."""
    simulation, hub = Simulation(operators_day(31)), PaperHub()
    while not simulation.finished:
        for event in hub.take(simulation.advance(simulation.now + _BEAT)):
            if not isinstance(event, PlanApproved):
                simulation.observe(event)
        if simulation.gate:
            simulation.open_gates()
    transport = simulation.outcome().transport
    assert "fetched by published routes" not in transport
    assert transport["fetched by the hub's own rounds"] > 500
