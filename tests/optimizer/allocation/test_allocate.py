"""Published places are kept, left and found anew."""

from datetime import timedelta

import msgspec

from groupage.domain.instance import Limits
from groupage.domain.policy import Policy
from optimizer.allocation.api import Allocation, allocate, repair
from optimizer.allocation.problem import NoGoods
from tests.optimizer.allocation.lanes import lane, offers, well_filled
from tests.optimizer.world import demand, departure, group


def seat(found: Allocation, one: str) -> str | None:
    """Where the allocation has it."""
    return found.assignment.get(one)


def test_published_places_are_kept_when_nothing_speaks_against_it() -> None:
    """No event, no change: nobody moves."""
    found = allocate(well_filled())
    assert found.moves == {}
    assert {seat(found, f"M{n}") for n in range(4)} == {"C"}


def test_a_change_happens_only_when_it_gains_more_than_its_price() -> None:
    """A must-go of 10 m³ pushes a member out at the usual price, not at a prohibitive one."""
    newcomer = demand("N", group("N", 100), priority="must_go")
    one_box = (departure("V1", 10, offers=offers(g22=1)),)
    cheap = allocate(well_filled(newcomer, departures=one_box))
    assert seat(cheap, "N") == "C"
    assert [m for m in cheap.moves if m != "N"]
    dear = msgspec.structs.replace(Policy().weights, change=10**8)
    kept = allocate(well_filled(newcomer, departures=one_box, weights=dear))
    assert seat(kept, "N") is None
    assert {seat(kept, f"M{n}") for n in range(4)} == {"C"}


def test_near_the_cutoff_the_same_change_does_not_pay_any_more() -> None:
    """Before the fence a newcomer pushes a member out, twelve hours before LCO it does not."""
    newcomer = demand("N", group("N", 100), priority="must_go")
    weights = msgspec.structs.replace(Policy().weights, change_at_cutoff=10**8)
    early = well_filled(
        newcomer, departures=(departure("V1", 10, offers=offers(g22=1)),), weights=weights
    )
    lco_at = early.departures[0].lco_at
    assert seat(allocate(early), "N") == "C"
    for left, place in ((timedelta(hours=24), "C"), (timedelta(hours=12), None)):
        late = msgspec.structs.replace(early, clock_at=lco_at - left)
        assert seat(allocate(late), "N") == place


def test_cargo_of_a_cancelled_voyage_finds_another_place_free_of_charge() -> None:
    """The container is not in the instance any more: a forced move costs no price of change."""
    members = tuple(
        demand(f"M{n}", group(f"M{n}", 52), current_consolidation_id="GONE") for n in range(4)
    )
    found = allocate(lane(*members))
    assert all(moved.code == "dissolved" for moved in found.moves.values())
    dear = msgspec.structs.replace(Policy().weights, change=10**8)
    assert allocate(lane(*members, weights=dear)).cost == found.cost


def test_when_the_solver_may_do_nothing_the_published_places_stay() -> None:
    """The fallback keeps what is published and fills up."""
    newcomer = demand("N", group("N", 10))
    idle = Limits(allocation_work=0.0, wall_s=0.01)
    found = allocate(well_filled(newcomer, limits=idle))
    assert {seat(found, f"M{n}") for n in range(4)} == {"C"}
    assert seat(found, "N") == "C"


def test_what_the_loader_refused_does_not_come_back_to_the_same_container() -> None:
    """A cut forbids the pair; what is kept stays kept."""
    instance = well_filled()
    first = allocate(instance)
    no_goods = NoGoods(
        opened=first.opened,
        keep={one: key for one, key in first.assignment.items() if one != "M0"},
        forbidden=frozenset({("M0", "C")}),
    )
    second = repair(instance, no_goods, {})
    assert seat(second, "M0") != "C"
    assert {seat(second, f"M{n}") for n in range(1, 4)} == {"C"}
    assert second.lower_bound == 0


def test_new_containers_have_ids_of_their_own_in_every_request() -> None:
    """Numbered by voyage and type, with the request's sequence in front."""
    huge = demand("A", group("A", 190), priority="must_go")
    found = allocate(lane(huge))
    assert [slot.key for slot in found.opened] == ["CSL-CNNGB-NLRTM-V1-22G1-1.01"]
