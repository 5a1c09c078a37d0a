"""The verifier's count of a driver's hours, against figures worked out by hand."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.domain.instance import DriverHours, RoadModel
from optimizer.routing.travel import DriverState, Roads, drive_with_breaks_s
from optimizer.verification import tours
from optimizer.verification.context import Context
from optimizer.verification.driving import Driver
from optimizer.verification.roads import distance_m, drive_s
from tests.optimizer.world import CLOCK_AT, SPOTS, instance, plan_of

HOURS = DriverHours()
HOUR_S = 3_600
BREAK_S = 20 * 60


@pytest.mark.parametrize(
    ("legs_s", "took_s"),
    [
        ([4 * HOUR_S], [4 * HOUR_S]),
        ([4 * HOUR_S + 1], [4 * HOUR_S + 1 + BREAK_S]),
        ([8 * HOUR_S], [8 * HOUR_S + BREAK_S]),
        ([8 * HOUR_S + 1], [8 * HOUR_S + 1 + 2 * BREAK_S]),
        ([3 * HOUR_S, HOUR_S, 1], [3 * HOUR_S, HOUR_S, 1 + BREAK_S]),
        ([4 * HOUR_S, 0, HOUR_S], [4 * HOUR_S, 0, HOUR_S + BREAK_S]),
        ([3 * HOUR_S, 2 * HOUR_S, 3 * HOUR_S], [3 * HOUR_S, 2 * HOUR_S + BREAK_S, 3 * HOUR_S]),
    ],
)
def test_breaks_on_the_way(legs_s: list[int], took_s: list[int]) -> None:
    """After each four hours twenty minutes, but none at the destination."""
    driver = Driver(HOURS, CLOCK_AT)
    assert [driver.drive(leg_s).total_seconds() for leg_s in legs_s] == took_s


@pytest.mark.parametrize(("idle_s", "more_s"), [(BREAK_S, 0), (BREAK_S - 1, BREAK_S)])
def test_waiting_is_a_break_when_long_enough(idle_s: int, more_s: int) -> None:
    """Twenty minutes of waiting at a stop count, a second less does not."""
    driver = Driver(HOURS, CLOCK_AT)
    driver.drive(3 * HOUR_S)
    driver.idle(CLOCK_AT, CLOCK_AT + timedelta(seconds=idle_s))
    assert driver.drive(2 * HOUR_S).total_seconds() == 2 * HOUR_S + more_s


def test_shift_at_the_wheel() -> None:
    """Eight hours are allowed, a second more is not; a rest begins a new shift."""
    driver = Driver(HOURS, CLOCK_AT)
    driver.drive(8 * HOUR_S)
    assert driver.broken_limit(CLOCK_AT) is None
    driver.drive(1)
    assert driver.broken_limit(CLOCK_AT) == (
        "driven_too_long", "28801 s in a shift, at most 28800",
    )  # fmt: skip
    driver.idle(CLOCK_AT, CLOCK_AT + timedelta(hours=11))
    assert driver.broken_limit(CLOCK_AT + timedelta(hours=11)) is None


def test_shift_on_duty() -> None:
    """Twelve hours from leaving home, and from the end of a rest again."""
    driver = Driver(HOURS, CLOCK_AT)
    end_at = CLOCK_AT + timedelta(hours=12)
    assert driver.broken_limit(end_at) is None
    assert driver.broken_limit(end_at + timedelta(seconds=1)) is not None
    driver.idle(end_at, end_at + timedelta(hours=11))
    assert driver.broken_limit(end_at + timedelta(hours=23)) is None
    assert driver.broken_limit(end_at + timedelta(hours=24)) is not None


def test_two_tours_of_one_truck_a_rest_apart_are_fine() -> None:
    """To the second: eleven hours after it came home the truck may leave again."""
    case = instance()
    plan = plan_of(case)
    first, second = (
        max((r for r in plan.routes if r.truck_id == name), key=lambda r: r.stops[0].leave_at)
        for name in ("tractor-1", "tractor-2")
    )
    by = first.stops[-1].arrive_at + timedelta(hours=11) - second.stops[0].leave_at
    stops = tuple(
        msgspec.structs.replace(s, arrive_at=s.arrive_at + by, leave_at=s.leave_at + by)
        for s in second.stops
    )
    again = msgspec.structs.replace(second, truck_id=first.truck_id, stops=stops)
    routes = tuple(again if r is second else r for r in plan.routes)
    violations = tours.check(Context(case, msgspec.structs.replace(plan, routes=routes)))
    assert "no_rest" not in {violation.code for violation in violations}


def test_far_roads_are_faster() -> None:
    """30 km at 40 km/h and 70 km at 68 km/h: 2,728 s and 3,685 s."""
    road = RoadModel(far_speed_m_per_s=19)
    assert drive_s(road, 100_000) == 2_728 + 3_685
    assert drive_s(road, 30_000) == 2_728
    assert drive_s(road, 30_001) == 2_729


@given(st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 3_000)), max_size=12))
def test_solver_and_verifier_count_alike(legs: list[tuple[int, int]]) -> None:
    """Solver and verifier count the same breaks on any tour, never more than the padding."""
    solver_driver, driver = DriverState(HOURS), Driver(HOURS, CLOCK_AT)
    took_s = padded = 0
    for way_s, idle_s in legs:
        leg_s = solver_driver.drive(way_s)
        assert leg_s == driver.drive(way_s).total_seconds()
        took_s, padded = took_s + leg_s, padded + drive_with_breaks_s(way_s, HOURS)
        assert took_s <= padded
        solver_driver.idle(idle_s)
        driver.idle(CLOCK_AT, CLOCK_AT + timedelta(seconds=idle_s))


@given(st.integers(0, 60_000), st.one_of(st.none(), st.integers(1, 40)))
def test_solver_and_verifier_drive_alike(near_m: int, far_speed: int | None) -> None:
    """Both read the road model in the same way."""
    road = RoadModel(near_m=near_m, far_speed_m_per_s=far_speed)
    roads = Roads(road, SPOTS)
    for here in SPOTS:
        for there in SPOTS:
            metres = distance_m(road, here, there)
            seconds = drive_s(road, metres)
            assert roads.seconds(here.place_id, there.place_id) == seconds
