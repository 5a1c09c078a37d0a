"""Hauls of containers to their terminals, constraint by constraint."""

from datetime import timedelta

import msgspec
import pytest

from groupage.domain.containers import spec_of
from groupage.domain.plan import PlannedContainer
from optimizer.routing.api import route
from tests.optimizer.routing.jobs import container, route_jobs
from tests.optimizer.world import CLOCK_AT, DAY, demand, departure, instance, tractor

edit = msgspec.structs.replace
HOUR = timedelta(hours=1)


def test_several_trips_of_one_tractor() -> None:
    """Two containers to a terminal near by are two trips of one tractor in one shift."""
    boxes = (container("K1"), container("K2"))
    near = departure("V1", 4, terminal_id="jinhua")
    fleet = (tractor("t-1"), tractor("t-2"))
    (only,), left = route_jobs(boxes=boxes, trucks=fleet, departures=(near,))
    assert left == {}
    actions = [stop.action for stop in only.stops]
    assert actions == ["start", *["collect_container", "drop_container"] * 2, "end"]
    assert only.stops[1].load_g == 10_000_000 + spec_of("22G1").tare_g


def test_gate_in_binds() -> None:
    """Too little time for two trips takes two tractors, or leaves one container."""
    soon = departure("V1", 4, lco_at=CLOCK_AT, gate_in_by_at=CLOCK_AT + 8 * HOUR)
    boxes = (container("K1"), container("K2"))
    both, _ = route_jobs(boxes=boxes, trucks=(tractor("t-1"), tractor("t-2")), departures=(soon,))
    assert len(both) == 2
    routes, left = route_jobs(boxes=boxes, trucks=(tractor("t-1"),), departures=(soon,))
    assert len(routes) == 1
    assert "gate-in" in next(iter(left.values()))


def test_haul_follows_the_cut_off() -> None:
    """Cargo may still come until the cut-off, so the container is not hauled days before it."""
    (only,), _ = route_jobs(boxes=(container("K"),), trucks=(tractor("t"),))
    assert only.stops[1].arrive_at >= departure("V1", 4).lco_at


def test_haul_waits_for_the_cargo() -> None:
    """A container is hitched when its last consignment is there."""
    late = demand("A", available_at=CLOCK_AT + 2 * DAY + 5 * HOUR)
    box = container("K", consignment_ids=("A",))
    (only,), _ = route_jobs((late,), (box,), (tractor("t"),))
    assert only.stops[1].leave_at >= late.available_at
    too_late = edit(late, available_at=CLOCK_AT + 3 * DAY)
    assert "too late for gate-in" in route_jobs((too_late,), (box,), (tractor("t"),))[1]["K"]


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (container("K", "V9"), "voyage V9 does not depart any more"),
        (container("K", cargo_gross_g=25_700_001), "more than any tractor pulls"),
        (container("K", cargo_volume_cm3=90_000_001), "more than any tractor takes"),
    ],
)
def test_impossible_haul_has_its_reason(box: PlannedContainer, reason: str) -> None:
    """A container that no tractor can haul is left with the reason."""
    assert reason in route_jobs(boxes=(box,), trucks=(tractor("t"),))[1]["K"]


def test_terminal_off_the_map() -> None:
    """An unknown terminal is a reason, not a crash."""
    far = departure("V1", 4, terminal_id="CNXXX")
    _, left = route_jobs(boxes=(container("K"),), trucks=(tractor("t"),), departures=(far,))
    assert left == {"K": "place CNXXX is not on the map"}


def test_strong_tractor_takes_the_heavy_box() -> None:
    """Loads do not add up over trips, but each must suit its tractor."""
    boxes = (container("K1", cargo_gross_g=20_000_000), container("K2"))
    fleet = (tractor("weak", payload_g=15_000_000), tractor("strong"))
    routes, left = route_jobs(boxes=boxes, trucks=fleet)
    assert left == {}
    hauled = {r.truck_id: {stop.reference for stop in r.stops} for r in routes}
    assert "K1" in hauled["strong"]


def test_more_tractors_of_one_kind_than_containers_change_nothing() -> None:
    """Of identical trucks the search sees no more than there are jobs."""
    boxes = (container("A"), container("B"))
    few = instance(trucks=tuple(tractor(f"t-{n:02d}") for n in range(2)))
    many = instance(trucks=tuple(tractor(f"t-{n:02d}") for n in range(60)))
    assert route(few, boxes)[0] == route(many, boxes)[0]
