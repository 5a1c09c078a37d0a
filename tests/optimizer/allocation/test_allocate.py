"""How an allocation treats the published plan: what stays, what moves, at which price."""

from datetime import timedelta

import msgspec

from groupage.domain.instance import Limits
from groupage.domain.policy import Policy
from optimizer.allocation.api import Allocation, allocate, repair
from optimizer.allocation.problem import NoGoods
from tests.optimizer.allocation.lanes import lane, offers, well_filled
from tests.optimizer.world import demand, departure, group


def container_of(allocation: Allocation, consignment_id: str) -> str | None:
    """Return the consignment's container."""
    return allocation.assignment.get(consignment_id)


def test_without_a_reason_nothing_moves() -> None:
    """A lane without a new event keeps its plan."""
    allocation = allocate(well_filled())
    assert allocation.moves == {}
    assert {container_of(allocation, f"M{n}") for n in range(4)} == {"C"}


def test_a_change_happens_only_when_it_saves_more_than_its_price() -> None:
    """A must-go of 10 m³ pushes a member out at the usual price, not at a prohibitive one."""
    newcomer = demand("N", group("N", 100), priority="must_go")
    departures = (departure("V1", 10, offers=offers(g22=1)),)
    cheap = allocate(well_filled(newcomer, departures=departures))
    assert container_of(cheap, "N") == "C"
    assert [m for m in cheap.moves if m != "N"]
    dear = msgspec.structs.replace(Policy().weights, change=10**8)
    kept = allocate(well_filled(newcomer, departures=departures, weights=dear))
    assert container_of(kept, "N") is None
    assert {container_of(kept, f"M{n}") for n in range(4)} == {"C"}


def test_near_the_cutoff_the_same_change_does_not_pay() -> None:
    """Before the freeze fence a newcomer replaces a member, twelve hours before LCO it does not."""
    newcomer = demand("N", group("N", 100), priority="must_go")
    weights = msgspec.structs.replace(Policy().weights, change_at_cutoff=10**8)
    early = well_filled(
        newcomer, departures=(departure("V1", 10, offers=offers(g22=1)),), weights=weights
    )
    lco_at = early.departures[0].lco_at
    assert container_of(allocate(early), "N") == "C"
    for left, place in ((timedelta(hours=24), "C"), (timedelta(hours=12), None)):
        late = msgspec.structs.replace(early, clock_at=lco_at - left)
        assert container_of(allocate(late), "N") == place


def test_cargo_of_a_cancelled_voyage_moves_without_a_price() -> None:
    """Its container is not in the instance any more: a forced move costs nothing."""
    members = tuple(
        demand(f"M{n}", group(f"M{n}", 52), current_consolidation_id="GONE") for n in range(4)
    )
    allocation = allocate(lane(*members))
    assert all(move.code == "dissolved" for move in allocation.moves.values())
    dear = msgspec.structs.replace(Policy().weights, change=10**8)
    assert allocate(lane(*members, weights=dear)).cost == allocation.cost


def test_without_work_the_published_plan_stays() -> None:
    """The fallback keeps the published plan and fills its containers."""
    newcomer = demand("N", group("N", 10))
    idle = Limits(allocation_work=0.0, wall_s=0.01)
    allocation = allocate(well_filled(newcomer, limits=idle))
    assert {container_of(allocation, f"M{n}") for n in range(4)} == {"C"}
    assert container_of(allocation, "N") == "C"


def test_a_no_good_is_not_tried_again() -> None:
    """A repair does not put the consignment back, and keeps the others where they are."""
    instance = well_filled()
    first = allocate(instance)
    no_goods = NoGoods(
        opened=first.opened,
        keep={c: key for c, key in first.assignment.items() if c != "M0"},
        forbidden=frozenset({("M0", "C")}),
    )
    second = repair(instance, no_goods, {})
    assert container_of(second, "M0") != "C"
    assert {container_of(second, f"M{n}") for n in range(1, 4)} == {"C"}
    assert second.lower_bound == 0


def test_new_containers_have_their_own_ids_in_every_request() -> None:
    """They are numbered by voyage and type, after the request's sequence."""
    huge = demand("A", group("A", 190), priority="must_go")
    allocation = allocate(lane(huge))
    assert [slot.key for slot in allocation.opened] == ["CSL-CNNGB-NLRTM-V1-22G1-1.01"]
