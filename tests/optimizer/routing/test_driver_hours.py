"""Tours that a driver may legally drive; the verifier checks each of them."""

from datetime import timedelta

import msgspec
import pytest

from groupage.domain.errors import InvalidInput
from groupage.domain.instance import Demand, DriverHours, Instance, PickUpJob
from groupage.domain.policy import Policy
from optimizer.check_instance import check_instance
from optimizer.sample import sample
from tests.optimizer.routing.jobs import container, tours_of
from tests.optimizer.world import CLOCK_AT, DAY, SPOTS, demand, instance, tractor, truck

HOUR = timedelta(hours=1)
edit = msgspec.structs.replace


def pickup(name: str, place_id: str, *, ready_h: float, wide_h: float = 1) -> Demand:
    """A consignment to be fetched in a window that opens `ready_h` after the clock."""
    ready_at = CLOCK_AT + ready_h * HOUR
    job = PickUpJob(
        place_id=place_id, ready_at=ready_at, latest_at=ready_at + wide_h * HOUR, service_s=900
    )
    return demand(name, pickup=job, available_at=CLOCK_AT + 9 * DAY)


def world(*jobs: Demand, **more: object) -> Instance:
    """A lane with these pick-ups."""
    return instance(**{"demands": jobs, "consolidations": (), "trucks": (truck("van"),), **more})


def test_a_day_and_the_next_are_two_tours_of_one_truck() -> None:
    """Pick-ups a day apart do not make one tour with a night in it."""
    jobs = (pickup("A", "dongyang", ready_h=1), pickup("B", "pujiang", ready_h=25))
    (first, second), left = tours_of(world(*jobs))
    assert left == {}
    assert first.truck_id == second.truck_id == "van"
    assert second.route_id == f"{first.route_id}.2"
    assert second.stops[0].leave_at - first.stops[-1].arrive_at >= 11 * HOUR


def test_the_first_tour_may_be_found_last() -> None:
    """Jobs that no truck could do at first fit in before or after its tour."""
    jobs = (
        pickup("A", "dongyang", ready_h=1),
        pickup("B", "pujiang", ready_h=20),
        pickup("C", "jinhua", ready_h=40),
    )
    routes, left = tours_of(world(*jobs))
    assert left == {}
    assert [r.route_id.rpartition("van")[2] for r in routes] == ["", ".2", ".3"]
    assert [r.stops[1].reference for r in routes] == ["A", "B", "C"]


def test_windows_further_apart_than_a_shift_need_two_trucks() -> None:
    """Ten hours apart is one shift; twelve are neither one nor two with a rest between."""
    near = (pickup("A", "dongyang", ready_h=1), pickup("B", "dongyang", ready_h=11))
    assert len(tours_of(world(*near))[0]) == 1
    apart = (
        pickup("A", "dongyang", ready_h=1, wide_h=0.1),
        pickup("B", "dongyang", ready_h=13, wide_h=0.1),
    )
    routes, left = tours_of(world(*apart))
    assert len(routes) == 1
    assert len(left) == 1
    both = (truck("van-1"), truck("van-2"))
    assert tours_of(world(*apart, trucks=both))[1] == {}


def test_the_truck_leaves_late_rather_than_wait() -> None:
    """A wide window before a narrow one is used late, so that the shift is short."""
    jobs = (
        pickup("A", "dongyang", ready_h=0.5, wide_h=10),
        pickup("B", "pujiang", ready_h=10, wide_h=0.5),
    )
    (only,), _ = tours_of(world(*jobs))
    assert only.stops[-1].arrive_at - only.stops[0].leave_at < 4 * HOUR


def test_a_far_terminal_is_two_shifts() -> None:
    """Six hours there: a break on the way, a rest after the drop, six hours back."""
    (only,), left = tours_of(instance(trucks=(tractor("t"),), demands=()), (container("K"),))
    assert left == {}
    collect, drop, home = only.stops[1:]
    drive_s = 21_970
    assert (drop.arrive_at - collect.leave_at).total_seconds() == pytest.approx(
        drive_s + 20 * 60, abs=100
    )
    assert drop.leave_at - drop.arrive_at == 12 * HOUR
    assert (home.arrive_at - drop.leave_at).total_seconds() == pytest.approx(
        drive_s + 20 * 60, abs=100
    )


def test_by_expressway_the_same_terminal_is_one_shift() -> None:
    """With the policy's roads Ningbo is four hours away: there and back in a shift."""
    case = instance(trucks=(tractor("t"),), demands=(), road=Policy().road)
    (only,), left = tours_of(case, (container("K"),))
    assert left == {}
    assert only.stops[-1].arrive_at - only.stops[0].leave_at < 12 * HOUR
    assert only.stops[2].arrive_at - only.stops[1].leave_at == pytest.approx(
        4 * HOUR, abs=timedelta(minutes=15)
    )


def test_far_hauls_of_one_tractor_have_a_rest_between_them() -> None:
    """One tractor hauls two containers for two voyages, each time with a night at the port."""
    boxes = (container("K1"), container("K2", "V2"))
    (first, second), left = tours_of(instance(trucks=(tractor("t"),), demands=()), boxes)
    assert left == {}
    assert second.stops[0].leave_at - first.stops[-1].arrive_at >= 11 * HOUR


def test_a_terminal_beyond_a_shift_has_its_reason() -> None:
    """No driver drives for twelve hours: the container is left, with the figures."""
    far = edit(SPOTS[1], longitude_udeg=123_700_000)
    case = instance(trucks=(tractor("t"),), demands=(), spots=(SPOTS[0], far, *SPOTS[2:]))
    routes, left = tours_of(case, (container("K"),))
    assert routes == ()
    assert "h at the wheel to the terminal, a driver has 8.0 h a shift at most" in left["K"]


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        (DriverHours(shift_drive_s=3_600), "h at the wheel, a driver has 1.0 h a shift"),
        (DriverHours(shift_duty_s=7_200), "h of work, a driver has 2.0 h a shift"),
    ],
)
def test_a_merchant_beyond_a_shift_has_its_reason(hours: DriverHours, reason: str) -> None:
    """The policy decides how far a driver may go."""
    routes, left = tours_of(world(pickup("A", "jinhua", ready_h=3), hours=hours))
    assert routes == ()
    assert reason in left["A"]


def test_hours_that_are_none_are_refused() -> None:
    """A limit of 0 is named in the error; nothing is divided by it."""
    case = instance(hours=DriverHours(continuous_drive_s=0))
    with pytest.raises(InvalidInput, match=r"hours\.continuous_drive_s is 0"):
        check_instance(case)


def test_hours_come_from_the_policy() -> None:
    """The plans keep the limits that the hub sets."""
    policy = Policy(hours=DriverHours(shift_duty_s=9 * 3_600))
    case = sample(consignments=60, seed=3, policy=policy)
    assert case.hours.shift_duty_s == 9 * 3_600
    routes, _ = tours_of(case)
    assert routes
    assert all(r.stops[-1].arrive_at - r.stops[0].leave_at <= 9 * HOUR for r in routes)
