from typing import Any

import msgspec
import pytest
from ortools.sat.python import cp_model

from groupage.domain.instance import Demand
from groupage.domain.policy import Policy
from optimizer.allocation.build import build_problem, new_slot
from optimizer.allocation.model import Hint, WorkLimit, add_single_assignment, search
from optimizer.allocation.problem import NoGoods
from optimizer.allocation.rules.dangerous_goods import may_share
from optimizer.deadline import unlimited
from optimizer.solve import solve
from optimizer.verification.api import verify
from tests.optimizer.allocation.lanes import (
    LARGE,
    SMALL,
    LaneModel,
    is_feasible,
    lane,
    offers,
    opened,
)
from tests.optimizer.world import CLOCK_AT, DAY, demand, departure, group

RULES = Policy().rules


def big(name: str, **more: Any) -> Demand:
    """Make 10.08 m³: two fill three quarters of a small container, three are too many."""
    return demand(name, group(name, 105), **more)


def test_a_consignment_has_one_place() -> None:
    """Two containers take one consignment each, never both the same one."""
    assert LaneModel(lane(demand("A"), demand("B")), new=2).accepts({"A": "new1", "B": "new2"})
    alone = LaneModel(lane(demand("A")), new=2)
    assert alone.accepts({"A": "new1"})
    model = cp_model.CpModel()
    variables = alone.variables(model)
    add_single_assignment(model, variables)
    for variable in variables.assigned.values():
        model.add(variable == 1)
    assert not is_feasible(model)


def test_a_container_with_cargo_is_in_use() -> None:
    """The model rejects cargo in a container that is not paid for."""
    model = LaneModel(lane(demand("A")))
    assert model.accepts({"A": "new1"})
    assert not model.accepts({"A": "new1"}, unused="new1")


def test_volume_stays_within_the_share_that_a_plan_fills() -> None:
    """Rule `Volume`: two of 10 m³ go into 26.6 m³, three do not."""
    model = LaneModel(lane(big("A"), big("B"), big("C")))
    assert model.accepts({"A": "new1", "B": "new1"})
    assert not model.accepts({"A": "new1", "B": "new1", "C": "new1"})


def test_mass_stays_within_the_payload() -> None:
    """Rule `Payload`: 2 x 14 t go, 2 x 14.1 t do not (22G1 carries 28.18 t)."""
    light = [demand(name, group(name, 20, gross_g=700_000)) for name in "AB"]
    heavy = [demand(name, group(name, 20, gross_g=705_000)) for name in "AB"]
    assert LaneModel(lane(*light)).accepts({"A": "new1", "B": "new1"})
    assert not LaneModel(lane(*heavy)).accepts({"A": "new1", "B": "new1"})


def test_the_mass_of_the_cartons_counts_where_it_is_more_than_declared() -> None:
    """Rule `Payload`: a consignment declared too light does not overload the container."""
    understated = [
        msgspec.structs.replace(demand(n, group(n, 20, gross_g=705_000)), gross_g=1) for n in "AB"
    ]
    assert not LaneModel(lane(*understated)).accepts({"A": "new1", "B": "new1"})


def test_a_departure_gives_no_more_than_it_offers() -> None:
    """Rule `Offers`: the second container of a type needs a second offer."""
    demands = (demand("A"), demand("B"))
    single = (departure("V1", 10, offers=offers(g22=1)),)
    double = (departure("V1", 10, offers=offers(g22=2)),)
    assert LaneModel(lane(*demands, departures=double), new=2).accepts({"A": "new1", "B": "new2"})
    assert not LaneModel(lane(*demands, departures=single), new=2).accepts(
        {"A": "new1", "B": "new2"}
    )


def test_fixed_containers_use_up_the_offer() -> None:
    """Rule `Offers`: a frozen container counts, and stays even when there is no offer left."""
    frozen = opened("F", "X", stage="frozen")
    held = demand("X", committed=True, current_consolidation_id="F")
    single = (departure("V1", 10, offers=offers(g22=1)),)
    double = (departure("V1", 10, offers=offers(g22=2)),)
    few = lane(held, demand("A"), departures=single, consolidations=(frozen,))
    more = lane(held, demand("A"), departures=double, consolidations=(frozen,))
    assert LaneModel(more).accepts({"A": "new1"})
    assert not LaneModel(few).accepts({"A": "new1"})


@pytest.mark.parametrize(
    ("mode", "second_consignee", "fits"),
    [
        ("1039", "AMAL", False),  # one declaration of 160,000 USD
        ("1039", "BOSCO", True),  # two declarations
        ("0110", "AMAL", True),  # no cap in this mode
    ],
)
def test_1039_cargo_of_one_consignee_stays_under_the_cap_in_each_container(
    mode: str, second_consignee: str, *, fits: bool
) -> None:
    """Rule `DeclarationCap`: per consignee and container, in mode 1039 only."""
    a = demand("A", mode=mode, consignee="AMAL", value_usd_cents=8_000_000)
    b = demand("B", mode=mode, consignee=second_consignee, value_usd_cents=8_000_000)
    assert LaneModel(lane(a, b)).accepts({"A": "new1", "B": "new1"}) is fits
    assert LaneModel(lane(a, b), new=2).accepts({"A": "new1", "B": "new2"})


@pytest.mark.parametrize(("consignee", "joins"), [("AMAL", False), ("BOSCO", True)])
def test_nothing_joins_a_committed_declaration_of_unknown_value(
    consignee: str, *, joins: bool
) -> None:
    """Rule `DeclarationCap`: a value that nobody can compare with the cap fills it."""
    there = {"mode": "1039", "consignee": "AMAL", "value_usd_cents": None}
    a = demand("A", current_consolidation_id="C", committed=True, **there)
    b = demand("B", mode="1039", consignee=consignee, value_usd_cents=1)
    assert LaneModel(lane(a, b, consolidations=(opened("C", "A"),))).accepts({"B": "C"}) is joins


@pytest.mark.parametrize(("modes", "fits"), [("1039 0110", True), ("1039 1210", False)])
def test_modes_in_a_container_lie_in_one_set(modes: str, *, fits: bool) -> None:
    """Rule `ModeMix`: market procurement may join general trade, not bonded e-commerce."""
    demands = [demand(mode, mode=mode) for mode in modes.split()]
    model = LaneModel(lane(*demands, demand("C", mode="9610")))
    assert model.accepts(dict.fromkeys(modes.split(), "new1")) is fits


def test_without_a_mode_policy_everything_may_share() -> None:
    """Rule `ModeMix`: an empty table lets all modes share."""
    rules = msgspec.structs.replace(RULES, mode_mix=())
    model = LaneModel(lane(demand("A", mode="1039"), demand("B", mode="1210"), rules=rules))
    assert model.accepts({"A": "new1", "B": "new1"})


def test_segregated_classes_do_not_share_a_container() -> None:
    """Rule `Segregation`: 3 is kept from 5.1 and may join 6.1; unknown classes join nothing."""
    rules = msgspec.structs.replace(RULES, allow_dangerous=True)
    flammable, oxidising = demand("A", dg_classes=("3",)), demand("B", dg_classes=("5.1",))
    toxic = demand("C", dg_classes=("6.1",))
    model = LaneModel(lane(flammable, oxidising, toxic, rules=rules))
    assert model.accepts({"A": "new1", "C": "new1"})
    assert not model.accepts({"A": "new1", "B": "new1"})
    assert not may_share(flammable, demand("D", dg_classes=("99",)))


def test_identical_containers_are_used_in_order() -> None:
    """The second of two identical new containers is not used before the first."""
    model = LaneModel(lane(demand("A"), demand("B"), big("C")), new=2)
    assert model.accepts({"C": "new1", "A": "new2"})
    assert not model.accepts({"A": "new1", "C": "new2", "B": "new2"})


def test_counted_containers_cost_no_more_than_single_ones() -> None:
    """The model's dead freight is rounded so that its cost is at most the exact one."""
    instance = lane(demand("A", group("A", 7, (333, 331, 317))))
    problem = build_problem(instance, NoGoods())
    first = instance.departures[0]
    slot = new_slot(instance, first, SMALL, key="new1", copies_max=1)
    forced = msgspec.structs.replace(problem, unassigned_cost={"A": 10**9})
    result = search(
        forced,
        (slot,),
        hint=Hint(assignment={}, used={}),
        limit=WorkLimit(seed=0, work=1, deadline=unlimited("allocate")),
    )
    unused_cm3 = 25_000_000 - instance.demands[0].volume_cm3
    dead = -(-unused_cm3 * 8_000 // 1_000_000)
    exact = 190_000 + 15_000 + dead + problem.assignment_cost["A"][slot.cost_key]
    assert result.optimal
    assert exact - 2 <= result.bound <= exact


# --- rules about one consignment and one container ----------------------------------------------


def test_cargo_must_be_there_by_the_cutoff() -> None:
    """Rule `Cutoff`: available at the LCO passes, a second later does not."""
    lco_at = departure("V1", 10).lco_at
    assert LaneModel(lane(demand("A", available_at=lco_at))).accepts({"A": "new1"})
    late = demand("A", available_at=lco_at.replace(second=1))
    assert not LaneModel(lane(late)).accepts({"A": "new1"})


def test_after_the_cutoff_nothing_new_comes_in_but_what_is_there_stays() -> None:
    """Rule `OpenDeparture`: the clock closes a departure for newcomers only."""
    passed = (departure("V1", 1),)  # its LCO was a day ago
    early = CLOCK_AT - 3 * DAY
    stays = demand("A", available_at=early, current_consolidation_id="C")
    comes = demand("B", available_at=early)
    model = LaneModel(lane(stays, comes, departures=passed, consolidations=(opened("C", "A"),)))
    assert model.accepts({"A": "C"})
    assert not model.accepts({"B": "C"})
    assert not model.accepts({"B": "new1"})


def test_a_hold_keeps_a_place_but_gives_no_new_one() -> None:
    """Rule `Hold`: the consignment may stay; it gets no other container and no first one."""
    held = demand("A", blocked=True, current_consolidation_id="C")
    model = LaneModel(lane(held, demand("B", blocked=True), consolidations=(opened("C", "A"),)))
    assert model.accepts({"A": "C"})
    assert not model.accepts({"A": "new1"})
    assert not model.accepts({"B": "new1"})


@pytest.mark.parametrize(
    ("command", "to", "allowed"),
    [
        ({"pinned_voyage_id": "V1"}, "C", True),
        ({"pinned_voyage_id": "V2"}, "C", False),
        ({"pinned_consolidation_id": "C"}, "C", True),
        ({"pinned_consolidation_id": "C"}, "new1", False),
        ({"forbidden_voyage_ids": ("V2",)}, "C", True),
        ({"forbidden_voyage_ids": ("V1",)}, "C", False),
    ],
)
def test_pins_and_forbids_hold(command: dict[str, Any], to: str, *, allowed: bool) -> None:
    """Rule `Commands`: dispatchers decide which containers are open to a consignment."""
    both = (departure("V1", 10), departure("V2", 17))
    model = LaneModel(
        lane(demand("A", **command), departures=both, consolidations=(opened("C"),)), new=1
    )
    assert model.accepts({"A": to}) is allowed


def test_frozen_and_locked_containers_take_nothing_and_lose_nothing() -> None:
    """Rule `Manifest`: the contents are fixed and nothing joins; a slushy container is open."""
    for stage, open_to_others in (("slushy", True), ("frozen", False), ("locked", False)):
        container = opened("C", "A", stage=stage)  # type: ignore[arg-type]
        member = demand("A", current_consolidation_id="C", committed=stage != "slushy")
        model = LaneModel(lane(member, demand("B"), consolidations=(container,)))
        assert model.accepts({"B": "C"}) is open_to_others
        assert ("A" in model.problem.free) is open_to_others


def test_committed_cargo_stays_whatever_the_rules_say_now() -> None:
    """A committed consignment is a fixed assignment, even if late, held and rejected."""
    stuck = demand(
        "A", committed=True, blocked=True, customs="REJECTED", available_at=CLOCK_AT + 40 * DAY,
        current_consolidation_id="C",
    )  # fmt: skip
    model = LaneModel(lane(stuck, consolidations=(opened("C", "A"),)))
    assert model.problem.fixed == {"A": "C"}


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ({"customs": "REJECTED"}, "customs_rejected"),
        ({"dg_classes": ("9",)}, "dangerous_goods"),
        ({"mode": "9999"}, "mode_mix"),
        ({"mode": "1039", "value_usd_cents": 15_000_001}, "declaration_cap"),
        ({"mode": "1039", "value_usd_cents": None}, "cap_not_judged"),
    ],
)
def test_some_cargo_has_no_place_anywhere(trouble: dict[str, Any], code: str) -> None:
    """Customs, dangerous goods, modes and the cap keep a consignment out of every container."""
    problem = build_problem(lane(demand("A", **trouble), demand("B")), NoGoods())
    assert problem.rejected["A"].code == code
    assert "B" not in problem.rejected


@pytest.mark.parametrize(
    ("size_mm", "upright", "fits"),
    [
        ((2_260, 2_280, 5_860), False, True),  # just through the door
        ((2_290, 2_300, 5_860), False, False),  # 4 mm too wide for the door either way
        ((2_300, 1_000, 1_000), False, True),  # lies along
        ((1_000, 1_000, 2_300), True, False),  # must stand, and is taller than the door
    ],
)
def test_a_carton_must_pass_the_door(
    size_mm: tuple[int, int, int], *, upright: bool, fits: bool
) -> None:
    """Rule `CartonSize`: by allowed orientations, walls and door of the type."""
    small = (departure("V1", 10, offers=offers(g22=3)),)
    full = msgspec.structs.replace(RULES, plan_fill_permille=1_000)
    large = demand("A", group("A", 1, size_mm, this_side_up=upright))
    assert LaneModel(lane(large, departures=small, rules=full)).accepts({"A": "new1"}) is fits


def test_a_consignment_of_more_than_a_container_fits_only_a_larger_type() -> None:
    """Rule `Volume`: 27.8 m³ goes into a 42G1, not into a 22G1."""
    huge = demand("A", group("A", 290))
    assert LaneModel(lane(huge), iso_type=LARGE).accepts({"A": "new1"})
    assert not LaneModel(lane(huge), iso_type=SMALL).accepts({"A": "new1"})


@pytest.mark.parametrize("value_usd_cents", [9_000_000, None])
def test_committed_declarations_over_the_cap_do_not_fail_the_lane(
    value_usd_cents: int | None,
) -> None:
    """Committed cargo is a fixed assignment: the solver plans the rest around it."""
    there = {"mode": "1039", "consignee": "AMAL", "value_usd_cents": value_usd_cents}
    placed = {"current_consolidation_id": "C", "committed": True}
    case = lane(
        demand("A", **there, **placed), demand("B", **there, **placed),
        demand("D", mode="1039", consignee="AMAL", value_usd_cents=0),
        consolidations=(opened("C", "A", "B"),),
    )  # fmt: skip
    assert verify(case, solve(case)) == ()
