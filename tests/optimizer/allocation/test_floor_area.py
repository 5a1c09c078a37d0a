"""Cargo that needs floor of its own: limits, reasons, and the verifier's own look at them."""

from typing import Any

import msgspec
import pytest

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from groupage.domain.plan import LeftOut, Plan
from optimizer.solve import solve, solve_certified
from optimizer.verification.api import verify
from tests.optimizer.allocation.lanes import lane, offers
from tests.optimizer.world import demand, departure, group

edit = msgspec.structs.replace


def pallets(name: str, count: int, *, height_mm: int = 1_300, **more: Any) -> Demand:
    """Pallets of 1200 x 1000 mm on which nothing may stand."""
    marks = {"gross_g": 400_000, "this_side_up": True, "max_top_load_g": 0}
    return demand(name, group(name, count, (1_200, 1_000, height_mm), **marks), **more)


def _only(**types: int | None) -> dict[str, Any]:
    return {"departures": (departure("V1", 10, offers=offers(**types)),)}


def _left_out(instance: Instance) -> LeftOut:
    solved = solve_certified(instance)
    assert solved.violations == ()
    (left,) = solved.plan.left_out
    return left


def test_ten_pallets_go_into_a_small_container() -> None:
    """Two orientations side by side: three and two rows, as forwarders load them."""
    solved = solve_certified(lane(pallets("A", 10, priority="must_go"), **_only(g22=1)))
    assert solved.violations == ()
    assert [len(c.placements) for c in solved.plan.containers] == [10]


def test_eleven_pallets_are_too_many_for_the_floor() -> None:
    """The reason has the figures: the area would fit, no layout has them."""
    left = _left_out(lane(pallets("A", 11, priority="must_go"), **_only(g22=1)))
    assert left.code == LeftOutCode.FLOOR_AREA
    assert left.reason == (
        "13.20 m² of pieces that bear nothing has no layout on the floor of a 22G1 (13.67 m²): "
        "at most 10 of 1200x1000 mm; split it"
    )


def test_more_than_the_floor_has() -> None:
    """Pallets too high for a second layer, more than the floor: the area alone says so."""
    cartons = group("A", 12, (1_200, 1_000, 1_200), gross_g=400_000, this_side_up=True)
    left = _left_out(lane(demand("A", cartons, priority="must_go"), **_only(g22=1)))
    assert left.code == LeftOutCode.FLOOR_AREA
    assert left.reason.startswith(
        "14.40 m² of pieces too high for a second layer is more than the floor of a 22G1 (13.67 m²)"
    )


def test_the_floor_of_every_container_is_taken() -> None:
    """Two consignments of six pallets do not share a small container."""
    demands = [pallets(name, 6, priority="must_go") for name in "AB"]
    left = _left_out(lane(*demands, **_only(g22=1)))
    assert left.code == LeftOutCode.FLOOR_AREA
    assert left.reason == (
        "it needs floor of its own, and that of every container that it could go with is taken; "
        "none is on offer"
    )


def test_the_loader_proves_that_the_floor_does_not_suffice() -> None:
    """Two sizes: each has place and so have their areas, but no layout has both."""
    wide = demand(
        "A",
        group("A", 3, (1_900, 1_300, 1_300), gross_g=400_000, max_top_load_g=0, this_side_up=True),
        priority="must_go",
    )
    long = demand(
        "B",
        group("B", 2, (2_900, 1_050, 1_300), gross_g=400_000, max_top_load_g=0, this_side_up=True),
    )
    left = _left_out(lane(wide, long, **_only(g22=1)))
    assert (left.consignment_id, left.code) == ("B", LeftOutCode.FLOOR_AREA)
    assert "its cartons found no floor in CSL-" in left.reason
    assert "(needs 6.09 m², no layout has them beside the rest, 6.26 m² left)" in left.reason


def test_the_bound_counts_floors() -> None:
    """Thirty-six long pallets, six to a container: six containers, proven the cheapest."""
    long = [
        demand(
            f"L{n:02d}",
            group(f"L{n:02d}", 1, (3_600, 1_150, 1_300), gross_g=400_000, this_side_up=True),
            priority="must_go",
        )
        for n in range(36)
    ]
    solved = solve_certified(lane(*long, **_only(g42=None)))
    assert solved.violations == ()
    assert [len(c.consignment_ids) for c in solved.plan.containers] == [6] * 6
    assert solved.plan.stats.status == "optimal"


def _claim(instance: Instance) -> tuple[Instance, Plan]:
    """Leave the first consignment out for want of floor, whatever the truth is."""
    plan = solve(instance)
    name = instance.demands[0].consignment_id
    claim = LeftOut(consignment_id=name, code=LeftOutCode.FLOOR_AREA, reason="no floor")
    others = tuple(left for left in plan.left_out if left.consignment_id != name)
    return instance, edit(plan, left_out=(*others, claim))


@pytest.mark.parametrize(
    "untrue",
    [
        # Cartons that stand above or below all other cargo.
        lane(demand("A", group("A", 50)), pallets("B", 9), **_only(g22=1)),
        # Four pallets stand in rows, also beside four others.
        lane(pallets("A", 4), pallets("B", 4), **_only(g22=1)),
        # So do those that are too high, one beside the other.
        lane(pallets("A", 1, height_mm=2_000), pallets("B", 1), **_only(g22=1, g42=1)),
        # Flat pallets that bear each other.
        lane(demand("A", group("A", 20, (1_200, 1_000, 300))), **_only(g22=1)),
    ],
)
def test_the_verifier_refutes_a_claim_about_the_floor(untrue: Instance) -> None:
    """It sees that the cargo shares its floor, or stands in plain rows."""
    codes = [(v.code, v.where) for v in verify(*_claim(untrue))]
    assert ("wrong_reason", "consignment A") in codes


@pytest.mark.parametrize(
    "possible",
    [
        lane(pallets("A", 11), **_only(g22=1)),
        lane(pallets("A", 6), pallets("B", 6), **_only(g22=1)),
    ],
)
def test_the_verifier_lets_a_possible_claim_pass(possible: Instance) -> None:
    """Where rows do not hold all such cargo, the loader may be right."""
    codes = [(v.code, v.where) for v in verify(*_claim(possible))]
    assert ("wrong_reason", "consignment A") not in codes
