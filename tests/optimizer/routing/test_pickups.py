"""Tours of vans to merchants, constraint by constraint."""

import time
from datetime import timedelta

import pytest

from groupage.domain.instance import Demand
from optimizer.routing.api import route
from optimizer.sample import sample
from tests.optimizer.routing.jobs import pickup, route_jobs
from tests.optimizer.world import CLOCK_AT, truck

HOUR = timedelta(hours=1)


def test_one_tour_with_waiting() -> None:
    """The van leaves so that it is there when the merchant is ready, and works fifteen minutes."""
    (only,), left = route_jobs((pickup("A", ready=5, latest=6),), trucks=(truck("van"),))
    assert left == {}
    assert [stop.action for stop in only.stops] == ["start", "pickup", "deliver", "end"]
    assert only.stops[1].arrive_at == CLOCK_AT + 5 * HOUR
    assert only.stops[1].leave_at == CLOCK_AT + 5 * HOUR + timedelta(minutes=15)
    assert (only.stops[1].load_g, only.stops[1].load_cm3) == (240_000, 1_920_000)
    assert only.cost_usd_cents == 2_000 - (-only.distance_m * 40 // 1_000)


def test_neighbours_share_a_tour() -> None:
    """Two merchants in one village are one tour of one van, not two."""
    routes, _ = route_jobs((pickup("A"), pickup("B")), trucks=(truck("van-1"), truck("van-2")))
    assert [len(r.stops) for r in routes] == [5]


@pytest.mark.parametrize(("payload_g", "vans"), [(480_000, 1), (479_999, 2)])
def test_mass_binds(payload_g: int, vans: int) -> None:
    """Two consignments of 240 kg fit a van of 480 kg; a gram less needs two vans."""
    fleet = tuple(truck(f"van-{n}", payload_g=payload_g) for n in (1, 2))
    assert len(route_jobs((pickup("A"), pickup("B")), trucks=fleet)[0]) == vans


@pytest.mark.parametrize(("volume_cm3", "vans"), [(3_840_000, 1), (3_839_999, 2)])
def test_volume_binds(volume_cm3: int, vans: int) -> None:
    """The same for the volume."""
    fleet = tuple(truck(f"van-{n}", volume_cm3=volume_cm3) for n in (1, 2))
    assert len(route_jobs((pickup("A"), pickup("B")), trucks=fleet)[0]) == vans


def test_windows_bind() -> None:
    """One van cannot be at two far places at one hour; the other pick-up gets a reason."""
    jobs = (
        pickup("A", "dongyang", ready=3, latest=3.1),
        pickup("B", "jinhua", ready=3, latest=3.1),
    )
    routes, left = route_jobs(jobs, trucks=(truck("van"),))
    assert len(routes) == 1
    assert len(left) == 1
    assert "no truck is free to be there by" in next(iter(left.values()))
    assert len(route_jobs(jobs, trucks=(truck("van-1"), truck("van-2")))[0]) == 2


def test_hours_of_the_truck_bind() -> None:
    """A van that cannot be back within its hours is not sent."""
    early = truck("van", available_until_at=CLOCK_AT + HOUR)
    routes, left = route_jobs((pickup("A"),), trucks=(early,))
    assert routes == ()
    assert "A" in left
    over = truck("van", available_until_at=CLOCK_AT - HOUR)
    assert route_jobs((pickup("A"),), trucks=(over,))[1] == {
        "A": "the hours of every pickup truck are over"
    }


def test_cheaper_truck_is_taken() -> None:
    """Of a van and a more expensive lorry the van goes."""
    fleet = (truck("lorry", fixed_usd_cents=9_000, usd_cents_per_km=90), truck("van"))
    (only,), _ = route_jobs((pickup("A"),), trucks=fleet)
    assert only.truck_id == "van"


def test_truck_from_elsewhere() -> None:
    """A truck starts and ends where it stands, and unloads at the hub in between."""
    (only,), _ = route_jobs((pickup("A"),), trucks=(truck("van", start_place_id="jinhua"),))
    assert [stop.place_id for stop in only.stops] == ["jinhua", "dongyang", "hub", "jinhua"]


@pytest.mark.parametrize("places", [("hub", "jinhua"), ("jinhua", "hub")])
def test_a_base_whose_trucks_are_off_is_nobodys_stop(places: tuple[str, str]) -> None:
    """The truck of another base does the job, and does not call at this one."""
    off, free = places
    fleet = (
        truck("a", start_place_id=off, available_until_at=CLOCK_AT),
        truck("b", start_place_id=free),
    )
    (only,), left = route_jobs((pickup("A"), pickup("B")), trucks=fleet)
    assert (only.truck_id, left) == ("b", {})


REFUSED: dict[str, tuple[Demand, str]] = {
    "place": (pickup("A", "nowhere"), "place nowhere is not on the map"),
    "closed": (pickup("A", ready=-4, latest=-1), "its window closed at"),
    "inside out": (pickup("A", ready=4, latest=2), "before it opens"),
    "mass": (pickup("A", gross_g=1_500_001), "1500001 g is more than any truck takes"),
    "volume": (pickup("A", volume_cm3=9_000_001), "9000001 cm³ is more than any truck takes"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_impossible_pickup_has_its_reason(what: str) -> None:
    """A job that no truck can do is left with the reason; the others are done."""
    job, reason = REFUSED[what]
    routes, left = route_jobs((job, pickup("B")), trucks=(truck("van"),))
    assert len(routes) == 1
    assert reason in left["A"]


@pytest.mark.slow
def test_a_hundred_pickups_are_routed_in_seconds() -> None:
    """The guided search gets fewer steps the longer each takes; it still does every job."""
    world = sample(consignments=800, seed=1)
    jobs = {d.consignment_id for d in world.demands if d.pickup}
    assert len(jobs) > 90
    began_s = time.process_time()
    routes, unrouted = route(world, ())
    assert time.process_time() - began_s < 10
    done = {stop.reference for r in routes for stop in r.stops if stop.action == "pickup"}
    assert done == jobs
    assert unrouted == ()
