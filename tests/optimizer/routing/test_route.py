"""Routing with the real solver, judged by the real verifier, constraint by constraint."""

import time
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupage.domain.containers import spec_of
from groupage.domain.instance import (
    Demand,
    Instance,
    Limits,
    PickUpJob,
    Spot,
    Truck,
)
from groupage.domain.plan import (
    Plan,
    PlannedContainer,
    Route,
    Unrouted,
)
from optimizer.routing.api import route
from optimizer.routing.clock import Clock
from optimizer.sample import sample
from optimizer.verification import tours
from optimizer.verification.case import Case
from tests.optimizer.world import (
    CLOCK_AT,
    DAY,
    SPOTS,
    demand,
    departure,
    instance,
    plan_of,
    tractor,
    truck,
)

edit = msgspec.structs.replace
HOUR = timedelta(hours=1)


def pickup(
    name: str, place_id: str = "dongyang", *, ready: float = 1, latest: float = 4, **more: Any
) -> Demand:
    """A consignment of 240 kg and 1.92 m³ to be fetched between two hours after the clock."""
    job = PickUpJob(
        place_id=place_id,
        ready_at=CLOCK_AT + ready * HOUR,
        latest_at=CLOCK_AT + latest * HOUR,
        service_s=900,
    )
    return demand(name, pickup=job, available_at=CLOCK_AT + 2 * DAY, **more)


def container(name: str, voyage_id: str = "V1", **more: Any) -> PlannedContainer:
    """A 20-foot box with 10 t in it."""
    fields: dict[str, Any] = {
        "spec": spec_of("22G1"),
        "stage": "slushy",
        "consignment_ids": (),
        "placements": (),
        "cargo_volume_cm3": 25_000_000,
        "cargo_gross_g": 10_000_000,
        **more,
    }
    return PlannedContainer(consolidation_id=name, voyage_id=voyage_id, **fields)


def routed(
    jobs: tuple[Demand, ...] = (),
    boxes: tuple[PlannedContainer, ...] = (),
    trucks: tuple[Truck, ...] = (),
    **more: Any,
) -> tuple[tuple[Route, ...], dict[str, str]]:
    """Routes, and the reason of each job left; the verifier must have nothing to say."""
    case = instance(demands=jobs, consolidations=(), trucks=trucks, **more)
    routes, unrouted = route(case, boxes)
    assert judged(case, boxes, routes, unrouted) == set()
    return routes, {one.reference: one.reason for one in unrouted}


_PLAN = plan_of(instance())


def judged(
    case: Instance,
    boxes: tuple[PlannedContainer, ...],
    routes: tuple[Route, ...],
    unrouted: tuple[Unrouted, ...],
) -> set[str]:
    """What the verifier says of the routes."""
    plan: Plan = edit(_PLAN, containers=boxes, routes=routes, unrouted=unrouted)
    return {violation.code for violation in tours.check(Case(case, plan))}


def test_no_jobs() -> None:
    """Nothing to do, nothing done."""
    assert routed(trucks=(truck("van"), tractor("tractor"))) == ((), {})


def test_empty_fleet() -> None:
    """Without trucks every job is left with a reason."""
    routes, left = routed((pickup("A"),), (container("K"),))
    assert routes == ()
    assert left == {
        "A": "the fleet has no pickup truck",
        "K": "the fleet has no drayage truck",
    }


def test_one_tour_with_waiting() -> None:
    """The van leaves so that it is there when the merchant is ready, and works fifteen minutes."""
    (only,), left = routed((pickup("A", ready=5, latest=6),), trucks=(truck("van"),))
    assert left == {}
    assert [stop.action for stop in only.stops] == ["start", "pickup", "deliver", "end"]
    assert only.stops[1].arrive_at == CLOCK_AT + 5 * HOUR
    assert only.stops[1].leave_at == CLOCK_AT + 5 * HOUR + timedelta(minutes=15)
    assert (only.stops[1].load_g, only.stops[1].load_cm3) == (240_000, 1_920_000)
    assert only.cost_usd_cents == 2_000 - (-only.distance_m * 40 // 1_000)


def test_neighbours_share_a_tour() -> None:
    """Two merchants in one village are one tour of one van, not two."""
    routes, _ = routed((pickup("A"), pickup("B")), trucks=(truck("van-1"), truck("van-2")))
    assert [len(one.stops) for one in routes] == [5]


@pytest.mark.parametrize(("payload_g", "vans"), [(480_000, 1), (479_999, 2)])
def test_mass_binds(payload_g: int, vans: int) -> None:
    """Two consignments of 240 kg fit a van of 480 kg; a gram less needs two vans."""
    fleet = tuple(truck(f"van-{n}", payload_g=payload_g) for n in (1, 2))
    assert len(routed((pickup("A"), pickup("B")), trucks=fleet)[0]) == vans


@pytest.mark.parametrize(("volume_cm3", "vans"), [(3_840_000, 1), (3_839_999, 2)])
def test_volume_binds(volume_cm3: int, vans: int) -> None:
    """The same for the volume."""
    fleet = tuple(truck(f"van-{n}", volume_cm3=volume_cm3) for n in (1, 2))
    assert len(routed((pickup("A"), pickup("B")), trucks=fleet)[0]) == vans


def test_windows_bind() -> None:
    """One van cannot be at two far places at the same hour; the one left is told why."""
    jobs = (
        pickup("A", "dongyang", ready=3, latest=3.1),
        pickup("B", "jinhua", ready=3, latest=3.1),
    )
    routes, left = routed(jobs, trucks=(truck("van"),))
    assert len(routes) == 1
    assert len(left) == 1
    assert "no truck is free to be there by" in next(iter(left.values()))
    assert len(routed(jobs, trucks=(truck("van-1"), truck("van-2")))[0]) == 2


def test_hours_of_the_truck_bind() -> None:
    """A van that must be home before it can be is not sent."""
    early = truck("van", available_until_at=CLOCK_AT + HOUR)
    routes, left = routed((pickup("A"),), trucks=(early,))
    assert routes == ()
    assert "A" in left
    over = truck("van", available_until_at=CLOCK_AT - HOUR)
    assert routed((pickup("A"),), trucks=(over,))[1] == {
        "A": "the hours of every pickup truck are over"
    }


def test_cheaper_truck_is_taken() -> None:
    """Of a van and a dear lorry the van goes."""
    fleet = (truck("lorry", fixed_usd_cents=9_000, usd_cents_per_km=90), truck("van"))
    (only,), _ = routed((pickup("A"),), trucks=fleet)
    assert only.truck_id == "van"


def test_truck_from_elsewhere() -> None:
    """A truck starts and ends where it stands, and unloads at the hub in between."""
    (only,), _ = routed((pickup("A"),), trucks=(truck("van", start_place_id="jinhua"),))
    assert [stop.place_id for stop in only.stops] == ["jinhua", "dongyang", "hub", "jinhua"]


REFUSED: dict[str, tuple[Demand, str]] = {
    "place": (pickup("A", "nowhere"), "place nowhere is not on the map"),
    "closed": (pickup("A", ready=-4, latest=-1), "its window closed at"),
    "inside out": (pickup("A", ready=4, latest=2), "before it opens"),
    "mass": (pickup("A", gross_g=1_500_001), "1500001 g is more than any truck takes"),
    "volume": (pickup("A", volume_cm3=9_000_001), "9000001 cm³ is more than any truck takes"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_impossible_pickup_has_its_reason(what: str) -> None:
    """A job that no truck can do is left with what binds; the others are done."""
    job, reason = REFUSED[what]
    routes, left = routed((job, pickup("B")), trucks=(truck("van"),))
    assert len(routes) == 1
    assert reason in left["A"]


@pytest.mark.parametrize("places", [("hub", "jinhua"), ("jinhua", "hub")])
def test_a_base_whose_trucks_are_off_is_nobodys_stop(places: tuple[str, str]) -> None:
    """The truck of another base does the job, and does not call at this one."""
    off, free = places
    fleet = (
        truck("a", start_place_id=off, available_until_at=CLOCK_AT),
        truck("b", start_place_id=free),
    )
    (only,), left = routed((pickup("A"), pickup("B")), trucks=fleet)
    assert (only.truck_id, left) == ("b", {})


def test_several_trips_of_one_tractor() -> None:
    """Two containers to a terminal near by are two trips of one tractor in one shift."""
    boxes = (container("K1"), container("K2"))
    near = departure("V1", 4, terminal_id="jinhua")
    fleet = (tractor("t-1"), tractor("t-2"))
    (only,), left = routed(boxes=boxes, trucks=fleet, departures=(near,))
    assert left == {}
    actions = [stop.action for stop in only.stops]
    assert actions == ["start", *["collect_container", "drop_container"] * 2, "end"]
    assert only.stops[1].load_g == 10_000_000 + spec_of("22G1").tare_g


def test_gate_in_binds() -> None:
    """Too little time for two trips takes two tractors, or leaves one container."""
    soon = departure("V1", 4, lco_at=CLOCK_AT, gate_in_by_at=CLOCK_AT + 8 * HOUR)
    boxes = (container("K1"), container("K2"))
    both, _ = routed(boxes=boxes, trucks=(tractor("t-1"), tractor("t-2")), departures=(soon,))
    assert len(both) == 2
    one, left = routed(boxes=boxes, trucks=(tractor("t-1"),), departures=(soon,))
    assert len(one) == 1
    assert "gate-in" in next(iter(left.values()))


def test_haul_follows_the_cut_off() -> None:
    """Cargo may still come until the cut-off, so the box is not hauled days before it."""
    (only,), _ = routed(boxes=(container("K"),), trucks=(tractor("t"),))
    assert only.stops[1].arrive_at >= departure("V1", 4).lco_at


def test_haul_waits_for_the_cargo() -> None:
    """A container is hitched when its last consignment is there."""
    late = demand("A", available_at=CLOCK_AT + 2 * DAY + 5 * HOUR)
    box = container("K", consignment_ids=("A",))
    (only,), _ = routed((late,), (box,), (tractor("t"),))
    assert only.stops[1].leave_at >= late.available_at
    too_late = edit(late, available_at=CLOCK_AT + 3 * DAY)
    assert "too late for gate-in" in routed((too_late,), (box,), (tractor("t"),))[1]["K"]


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (container("K", "V9"), "voyage V9 departs no more"),
        (container("K", cargo_gross_g=25_700_001), "more than any tractor pulls"),
        (container("K", cargo_volume_cm3=90_000_001), "more than any tractor takes"),
    ],
)
def test_impossible_haul_has_its_reason(box: PlannedContainer, reason: str) -> None:
    """A container that no tractor can bring is left with what binds."""
    assert reason in routed(boxes=(box,), trucks=(tractor("t"),))[1]["K"]


def test_terminal_off_the_map() -> None:
    """An unknown terminal is a reason, not a crash."""
    far = departure("V1", 4, terminal_id="CNXXX")
    _, left = routed(boxes=(container("K"),), trucks=(tractor("t"),), departures=(far,))
    assert left == {"K": "place CNXXX is not on the map"}


def test_strong_tractor_takes_the_heavy_box() -> None:
    """Loads do not add up over trips, but each must suit its tractor."""
    boxes = (container("K1", cargo_gross_g=20_000_000), container("K2"))
    fleet = (tractor("weak", payload_g=15_000_000), tractor("strong"))
    routes, left = routed(boxes=boxes, trucks=fleet)
    assert left == {}
    hauled = {one.truck_id: {stop.reference for stop in one.stops} for one in routes}
    assert "K1" in hauled["strong"]


def test_clock_rounds_inwards() -> None:
    """Earliest times round up to the second, latest times down."""
    clock = Clock.starting(CLOCK_AT + timedelta(microseconds=1))
    assert clock.zero_at == CLOCK_AT + timedelta(seconds=1)
    assert clock.ceil_s(clock.zero_at + timedelta(seconds=5, microseconds=1)) == 6
    assert clock.floor_s(clock.zero_at + timedelta(seconds=5, microseconds=999_999)) == 5


def test_same_input_same_routes() -> None:
    """The search is repeatable to the byte."""
    case = instance()
    boxes = _PLAN.containers
    assert msgspec.json.encode(route(case, boxes)) == msgspec.json.encode(route(case, boxes))


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
    """Whatever the jobs and the fleet: valid tours, and a reason for each job that is left."""
    case, boxes = morning
    routes, unrouted = route(case, boxes)
    assert judged(case, boxes, routes, unrouted) == set()


def test_more_tractors_of_one_kind_than_containers_change_nothing() -> None:
    """Of trucks that are alike only as many are looked at as there is work."""
    boxes = (container("A"), container("B"))
    few = instance(trucks=tuple(tractor(f"t-{n:02d}") for n in range(2)))
    many = instance(trucks=tuple(tractor(f"t-{n:02d}") for n in range(60)))
    assert route(few, boxes)[0] == route(many, boxes)[0]


@pytest.mark.slow
def test_a_hundred_pickups_are_routed_in_seconds() -> None:
    """The guided search gets fewer steps the longer each takes; every job is done all the same."""
    world = sample(consignments=800, seed=1)
    jobs = {one.consignment_id for one in world.demands if one.pickup}
    assert len(jobs) > 90
    began_s = time.process_time()
    routes, unrouted = route(world, ())
    assert time.process_time() - began_s < 10
    done = {stop.reference for one in routes for stop in one.stops if stop.action == "pickup"}
    assert done == jobs
    assert unrouted == ()
