"""The verifier rule by rule: it passes what just holds, and counts costs as we do by hand."""

import time
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from groupage.domain.containers import spec_of
from groupage.domain.instance import (
    CartonGroup,
    Demand,
    Instance,
    OpenConsolidation,
    PreloadedCarton,
    Rules,
)
from groupage.domain.plan import Placement, Plan, PlannedContainer
from groupage.domain.policy import Policy
from optimizer.allocation import pricing
from optimizer.loading.api import cargo_of, load
from optimizer.verification import cartons, geometry, stacking
from optimizer.verification.api import verify
from optimizer.verification.context import Context
from optimizer.verification.cost import recompute
from optimizer.verification.roads import distance_m, drive_s
from tests.optimizer.world import CLOCK_AT, DAY, SPOTS, demand, group, instance, plan_of

edit = msgspec.structs.replace
RULES = Policy().rules


def _codes(*violations: Any) -> set[str]:
    return {violation.code for some in violations for violation in some}


def _case(
    boxes: list[tuple[int, int, int, int, int, int]],
    groups: tuple[CartonGroup, ...],
    standing: tuple[PreloadedCarton, ...] = (),
    rules: Rules = RULES,
) -> Context:
    """One container with one consignment C; `boxes` are x, y, z, dx, dy, dz in loading order."""
    cargo = demand("C", *groups)
    units = [unit for g in groups for unit in g.unit_ids]
    spec = spec_of("22G1")
    container = PlannedContainer(
        consolidation_id="K",
        voyage_id="V1",
        spec=spec,
        stage="slushy",
        consignment_ids=("C",),
        placements=tuple(
            Placement(
                unit_id=unit, consignment_id="C", x_mm=x, y_mm=y, z_mm=z, dx_mm=dx, dy_mm=dy,
                dz_mm=dz, sequence=number,
            )
            for number, (unit, (x, y, z, dx, dy, dz)) in enumerate(
                zip(units, boxes, strict=True), start=1
            )
        ),
        cargo_volume_cm3=cargo.volume_cm3,
        cargo_gross_g=cargo.gross_g,
    )  # fmt: skip
    before = OpenConsolidation(
        consolidation_id="K", voyage_id="V1", spec=spec, stage="slushy", standing=standing
    )
    world = instance(demands=(cargo,), consolidations=(before,), rules=rules, trucks=())
    plan = edit(plan_of(instance()), containers=(container,))
    return Context(world, plan)


def _loading(case: Context) -> set[str]:
    return _codes(cartons.check(case), geometry.check(case), stacking.check(case))


CUBE = (400, 400, 400)


def _cubes(quantity: int, **more: Any) -> tuple[CartonGroup, ...]:
    return (group("C", quantity, CUBE, gross_g=10_000, **more),)


def test_side_by_side_and_stacked() -> None:
    """Faces may touch: beside, behind and above are no overlap and full support."""
    boxes = [(0, 0, 0), (0, 400, 0), (0, 0, 400), (400, 0, 0)]
    assert _loading(_case([(*corner, *CUBE) for corner in boxes], _cubes(4))) == set()


def test_bridge_over_two_is_supported() -> None:
    """A carton may rest on two others that meet under it."""
    boxes = [(0, 0, 0), (0, 400, 0), (0, 200, 400)]
    assert _loading(_case([(*corner, *CUBE) for corner in boxes], _cubes(3))) == set()


def test_bridge_over_a_gap_is_not() -> None:
    """A gap of a millimetre under a carton is a gap."""
    boxes = [(0, 0, 0), (0, 401, 0), (0, 200, 400)]
    assert _loading(_case([(*corner, *CUBE) for corner in boxes], _cubes(3))) == {"unsupported"}


def test_a_base_of_more_square_millimetres_than_32_bits_hold() -> None:
    """Its 2^32 mm² would be none, for which nothing is enough support."""
    edge_mm = 2**16
    case = _case([(0, 0, 400, edge_mm, edge_mm, 400)], _cubes(1))
    assert "unsupported" in _codes(geometry.check(case))


def test_slid_under_a_bridge() -> None:
    """A carton cannot be set down under an earlier one that spans its place."""
    size = (400, 1_200, 400)
    groups = (
        group("C-post", 2, CUBE), group("C-beam", 1, size), group("C-late", 1, (400, 400, 300)),
    )  # fmt: skip
    boxes = [
        (0, 0, 0, *CUBE),
        (0, 800, 0, *CUBE),
        (0, 0, 400, 400, 1_200, 400),
        (0, 400, 0, 400, 400, 300),
    ]
    assert _loading(_case(boxes, groups)) == {"unsupported", "not_loadable"}


def test_over_a_lower_one_before_it() -> None:
    """A lower carton between a place and the door does not bar the way; a higher one does."""
    low = (group("C-low", 1, (400, 400, 200)), group("C", 2, CUBE))
    free = [(400, 0, 0, 400, 400, 200), (0, 400, 0, *CUBE), (0, 400, 400, *CUBE)]
    assert _loading(_case(free, low)) == set()
    barred = [(400, 0, 0, 400, 400, 200), (0, 400, 0, *CUBE), (0, 0, 0, *CUBE)]
    assert _loading(_case(barred, low)) == {"not_loadable"}


def test_wall_margin_just_kept() -> None:
    """Twenty millimetres of margin are kept at 20 mm and not at 19."""
    rules = edit(RULES, wall_margin_mm=20)
    assert _loading(_case([(20, 20, 0, *CUBE)], _cubes(1), rules=rules)) == set()
    assert _loading(_case([(20, 19, 0, *CUBE)], _cubes(1), rules=rules)) == {"outside_walls"}


@pytest.mark.parametrize(("limit_g", "codes"), [(20_000, set()), (19_999, {"crushed"})])
def test_top_load_to_the_gram(limit_g: int, codes: set[str]) -> None:
    """Two cartons of 10 kg over one: 20,000 g may rest on it, or not."""
    boxes = [(0, 0, 400 * layer, *CUBE) for layer in range(3)]
    assert _loading(_case(boxes, _cubes(3, max_top_load_g=limit_g))) == codes


@pytest.mark.parametrize(("limit_g", "codes"), [(7_500, set()), (7_499, {"crushed"})])
def test_top_load_is_shared_by_contact_area(limit_g: int, codes: set[str]) -> None:
    """10 kg with three quarters of the base on one carton press it with 7,500 g."""
    boxes = [(0, 0, 0, *CUBE), (0, 400, 0, *CUBE), (0, 100, 400, *CUBE)]
    assert _loading(_case(boxes, _cubes(3, max_top_load_g=limit_g))) == codes


@pytest.mark.parametrize(("limit_g", "codes"), [(13_795, set()), (13_794, {"crushed"})])
def test_top_load_of_shares_with_different_denominators_is_exact(
    limit_g: int, codes: set[str]
) -> None:
    """13,794 9/14 g rest on the first carton: 5/8 of 17.5 kg, and 2/7 of 10 kg.

    The 17.5 kg are a carton of 10 kg and three quarters of another that stands on it.
    """
    first = group("C-first", 1, CUBE, max_top_load_g=limit_g)
    boxes = [
        (0, 450, 0, *CUBE), (0, 850, 0, *CUBE), (0, 600, 400, *CUBE), (0, 0, 0, *CUBE),
        (0, 150, 400, *CUBE), (400, 600, 0, *CUBE), (400, 600, 400, *CUBE), (100, 600, 800, *CUBE),
    ]  # fmt: skip
    assert _codes(stacking.check(_case(boxes, (first, *_cubes(7))))) == codes


def test_standing_cartons_are_not_checked_among_themselves() -> None:
    """The plan is not to blame for cargo that stands badly, only for what it adds."""
    standing = tuple(
        PreloadedCarton(
            unit_id=f"C-{n:03d}", consignment_id="C", x_mm=0, y_mm=0, z_mm=z, dx_mm=400, dy_mm=400,
            dz_mm=400,
        )
        for n, z in ((1, 0), (2, 500))
    )  # fmt: skip
    boxes = [(0, 0, 0, *CUBE), (0, 0, 500, *CUBE), (0, 400, 0, *CUBE)]
    assert _loading(_case(boxes, _cubes(3), standing)) == set()
    boxes[2] = (0, 200, 0, *CUBE)
    assert "overlap" in _loading(_case(boxes, _cubes(3), standing))


def test_cost_by_hand() -> None:
    """Each term of the plan's cost, worked out on paper."""
    case = instance()
    plan = plan_of(case)
    cost = recompute(Context(case, plan))
    # Four 22G1 (190,000) and one 42G1 (310,000); 15,000 for each.
    assert cost.freight == 4 * 190_000 + 310_000
    assert cost.handling == 5 * 15_000
    # One carton is 96,000 cm³. 25 m³ less 40, 20, 66+..., 50 m³ less 55 cartons; 8,000 a m³.
    free = [25_000_000 - 40 * 96_000, 25_000_000 - 20 * 96_000, 50_000_000 - 55 * 96_000]
    free += [25_000_000 - (120 * 96_000 - 10 * 96_000 + 6 * 60_000), 25_000_000 - 100 * 96_000]
    assert cost.dead_freight == sum(-(-volume_cm3 * 8_000 // 1_000_000) for volume_cm3 in free)
    # N2 arrives on day 41, wanted on day 35: six days of 1.32 m³ at 2,500.
    assert cost.lateness == 6 * 1_320_000 * 2_500 // 1_000_000
    # O1 must go; O2 is held without a place; O3; O4 is a filler. 1.92 m³ each.
    # The last two wait four days and five hours for V1 in any case, at 300; O1 has nothing to take.
    waited = 1_920_000 * 300 * (4 * 24 + 5) // 24_000_000
    assert cost.left_out == 1_920_000 * (150_000 + 30_000 + 2_000) // 1_000_000 + 2 * waited
    # S2 moves of our own will, S3 because its voyage is forbidden.
    assert cost.change == 1_500
    assert cost.haulage == sum(route.cost_usd_cents for route in plan.routes)


@pytest.mark.parametrize(
    "changes",
    [
        {"available_at": CLOCK_AT + 3 * DAY},
        {"forbidden_voyage_ids": ("V1",)},
        {"pinned_voyage_id": "V2"},
        {"pinned_consolidation_id": "NEW-1"},
        {"customs": "REJECTED"},
        {"current_consolidation_id": "LONG-GONE"},
    ],
)
def test_forced_moves_cost_nothing(changes: dict[str, Any]) -> None:
    """A consignment that could not have stayed moves free of charge."""
    case = instance()
    plan = plan_of(case)
    demands = tuple(edit(d, **changes) if d.consignment_id == "S2" else d for d in case.demands)
    assert recompute(Context(case, plan)).change == 1_500
    assert recompute(Context(edit(case, demands=demands), plan)).change == 0


@pytest.mark.parametrize(
    ("before_lco", "cents"),
    [
        (timedelta(days=8), 1_500),
        (timedelta(hours=24), 1_500),
        (timedelta(hours=24) - timedelta(microseconds=1), 1_500),
        (timedelta(hours=18), 1_500 + 8_500 // 4),
        (timedelta(hours=12), 1_500 + 8_500 // 2),
        (timedelta(seconds=1), 1_500 + 8_500 * 86_399 // 86_400),
        (timedelta(microseconds=1), 1_500 + 8_500 * 86_399 // 86_400),
        (timedelta(0), 10_000),
        (-timedelta(hours=3), 10_000),
    ],
)
def test_the_price_of_change_rises_from_the_fence_to_the_cutoff(
    before_lco: timedelta, cents: int
) -> None:
    """Solver and verifier know the same price, each by its own arithmetic."""
    case = instance()
    plan = plan_of(case)
    lco_at = case.departures[0].lco_at
    late = edit(case, clock_at=lco_at - before_lco)
    assert recompute(Context(late, plan)).change == cents
    moved = next(d for d in case.demands if d.consignment_id == "S2")
    assert pricing.change_price(moved, late) == cents


def test_without_a_fence_the_price_jumps_at_the_cutoff() -> None:
    """A policy may have none; a price at the cut-off below the usual one changes nothing."""
    case = instance()
    plan = plan_of(case)
    lco_at = case.departures[0].lco_at
    bare = edit(case, rules=edit(case.rules, freeze_before_lco_s=0))
    cheap = edit(case, weights=edit(case.weights, change_at_cutoff=1))
    moved = next(d for d in case.demands if d.consignment_id == "S2")
    for world, left_s, cents in ((bare, 1, 1_500), (bare, 0, 10_000), (cheap, 0, 1_500)):
        late = edit(world, clock_at=lco_at - timedelta(seconds=left_s))
        assert recompute(Context(late, plan)).change == cents
        assert pricing.change_price(moved, late) == cents


def test_road_model() -> None:
    """A degree of longitude on the equator is 111,195 m on this sphere; 1.3 times that by road."""
    road = instance().road
    here, there = SPOTS[0], SPOTS[1]
    zero = edit(here, latitude_udeg=0, longitude_udeg=0)
    east = edit(there, latitude_udeg=0, longitude_udeg=1_000_000)
    assert distance_m(road, zero, east) == 144_554
    assert drive_s(road, 144_554) == 13_142
    assert distance_m(road, here, here) == 0


def test_dangerous_goods_that_get_along() -> None:
    """Classes without a segregation rule may share a container where dangerous goods may go."""
    case = instance(rules=edit(RULES, allow_dangerous=True))
    classes: dict[str, tuple[str, ...]] = {"N1": ("9",), "N2": ("3",)}
    demands = tuple(
        edit(d, dg_classes=classes.get(d.consignment_id, d.dg_classes)) for d in case.demands
    )
    plan = plan_of(instance())
    assert "segregation" not in _codes(verify(edit(case, demands=demands), plan))


def test_committed_cargo_may_fill_a_container_to_the_roof() -> None:
    """The planned share binds what is planned, not what is on a manifest."""
    case = instance(rules=edit(RULES, plan_fill_permille=1))
    demands = tuple(
        edit(d, committed=True) if d.consignment_id in ("S1", "S4", "N3") else d
        for d in case.demands
    )
    found = verify(edit(case, demands=demands), plan_of(instance()))
    assert {v.where for v in found if v.code == "overfilled"} == {
        "container NEW-1", "container NEW-2",
    }  # fmt: skip


def _big_case(containers: int, cartons_each: int) -> tuple[Instance, Plan]:
    """Many full containers, loaded once and copied under other names."""
    sizes = [(400 + 7 * n % 150, 300 + 11 * n % 90, 250 + 13 * n % 80) for n in range(60)]
    spec = spec_of("42G1")
    demands: list[Demand] = []
    boxes: list[PlannedContainer] = []
    for number in range(containers):
        cargo = [
            demand(
                f"C{number}-{n}",
                group(f"C{number}-{n}", cartons_each // 60, size, max_top_load_g=400_000),
            )
            for n, size in enumerate(sizes)
        ]
        loaded = load(spec, [cargo_of(d) for d in cargo], (), RULES, effort=1)
        kept = [d for d in cargo if d.consignment_id not in loaded.unplaced]
        demands += kept
        boxes.append(
            PlannedContainer(
                consolidation_id=f"NEW-{number}",
                voyage_id="V2",
                spec=spec,
                stage="slushy",
                consignment_ids=tuple(d.consignment_id for d in kept),
                placements=loaded.placements,
                cargo_volume_cm3=sum(d.volume_cm3 for d in kept),
                cargo_gross_g=sum(d.gross_g for d in kept),
                new=True,
            )
        )
    case = instance(demands=tuple(demands), consolidations=(), trucks=())
    return case, edit(plan_of(instance()), containers=tuple(boxes))


@pytest.mark.slow
def test_ten_containers_of_700_cartons_are_verified_quickly() -> None:
    """A plan does not wait for the verifier: 1.5 s of processor time at most."""
    case, plan = _big_case(10, 720)
    assert sum(len(c.placements) for c in plan.containers) >= 7_000
    before = time.process_time()
    found = verify(case, plan)
    spent_s = time.process_time() - before
    loading = {"overlap", "unsupported", "not_loadable", "crushed", "outside_walls"}
    assert not loading & _codes(found)
    assert timedelta(seconds=spent_s) < timedelta(seconds=1.5)
