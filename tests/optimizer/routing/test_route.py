"""Routing as a whole, with the real solver, checked by the real verifier."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupage.domain.instance import Instance, Limits, Spot
from groupage.domain.plan import PlannedContainer
from optimizer.routing import api
from optimizer.routing.api import route
from optimizer.routing.schedule import Clock
from optimizer.solve import solve
from tests.optimizer.routing.jobs import container, pickup, route_jobs, violation_codes
from tests.optimizer.world import CLOCK_AT, SPOTS, instance, plan_of, tractor, truck


def test_no_jobs() -> None:
    """Without jobs there are no routes."""
    assert route_jobs(trucks=(truck("van"), tractor("tractor"))) == ((), {})


def test_empty_fleet() -> None:
    """Without trucks every job is left with a reason."""
    routes, left = route_jobs((pickup("A"),), (container("K"),))
    assert routes == ()
    assert left == {
        "A": "the fleet has no pickup truck",
        "K": "the fleet has no drayage truck",
    }


def test_clock_rounds_inwards() -> None:
    """Earliest times round up to the second, latest times down."""
    clock = Clock.from_instant(CLOCK_AT + timedelta(microseconds=1))
    assert clock.zero_at == CLOCK_AT + timedelta(seconds=1)
    assert clock.ceil_s(clock.zero_at + timedelta(seconds=5, microseconds=1)) == 6
    assert clock.floor_s(clock.zero_at + timedelta(seconds=5, microseconds=999_999)) == 5


def test_same_input_same_routes() -> None:
    """The search is repeatable to the byte."""
    case = instance()
    boxes = plan_of(case).containers
    assert msgspec.json.encode(route(case, boxes)) == msgspec.json.encode(route(case, boxes))


def test_pickups_beside_the_allocation_have_the_same_tours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plan does not show whether they were routed in a thread or, being many, in their turn."""
    case = instance()
    beside = solve(case)
    monkeypatch.setattr(api, "PICKUPS_BESIDE_MAX", 0)
    assert msgspec.json.encode(solve(case)) == msgspec.json.encode(beside)
    assert any(stop.action == "pickup" for route in beside.routes for stop in route.stops)


MINUTES = st.integers(-120, 900)


@st.composite
def hub_mornings(draw: st.DrawFn) -> tuple[Instance, tuple[PlannedContainer, ...]]:
    """Places, jobs with any windows, any small fleet, any containers."""
    spots = [
        Spot(
            place_id=f"m{n}",
            latitude_udeg=29_306_000 + draw(st.integers(-400_000, 400_000)),
            longitude_udeg=120_075_000 + draw(st.integers(-400_000, 400_000)),
        )
        for n in range(3)
    ]
    jobs = tuple(
        pickup(
            f"C{n}",
            draw(st.sampled_from(["m0", "m1", "m2", "hub", "nowhere"])),
            ready=(opens := draw(MINUTES)) / 60,
            latest=(opens + draw(st.integers(-10, 300))) / 60,
            gross_g=draw(st.integers(1, 2_000_000)),
            volume_cm3=draw(st.integers(1, 10_000_000)),
        )
        for n in range(draw(st.integers(0, 6)))
    )
    trucks = tuple(
        draw(st.sampled_from([truck, tractor]))(
            f"T{n}",
            start_place_id=draw(st.sampled_from(["hub", "m0", "nowhere"])),
            available_from_at=CLOCK_AT + timedelta(minutes=draw(MINUTES)),
            available_until_at=CLOCK_AT + timedelta(minutes=draw(st.integers(-100, 9_000))),
        )
        for n in range(draw(st.integers(0, 4)))
    )
    boxes = tuple(
        container(
            f"K{n}",
            draw(st.sampled_from(["V1", "V2", "V9"])),
            consignment_ids=(f"C{n}",),
            cargo_gross_g=draw(st.integers(1, 27_000_000)),
        )
        for n in range(draw(st.integers(0, 4)))
    )
    case = instance(
        demands=jobs,
        consolidations=(),
        trucks=trucks,
        spots=(*SPOTS, *spots),
        limits=Limits(routing_solutions=10, wall_s=5),
    )
    return case, boxes


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(hub_mornings())
def test_every_routing_is_valid(morning: tuple[Instance, tuple[PlannedContainer, ...]]) -> None:
    """Any jobs and any fleet give valid tours, and a reason for each job that is left."""
    case, boxes = morning
    routes, unrouted = route(case, boxes)
    assert violation_codes(case, boxes, routes, unrouted) == set()
