"""Sentences about room: what taking a consignment costs, and for whom or for which rule it goes."""

import re
from typing import Any

import msgspec
import pytest

from groupage.domain.instance import Instance
from groupage.domain.policy import Policy
from optimizer.allocation.api import Allocation, allocate
from optimizer.sample import sample
from tests.optimizer.allocation.lanes import lane, offers, opened
from tests.optimizer.allocation.test_left_out import reason_of
from tests.optimizer.allocation.test_optimum import small_lane
from tests.optimizer.world import demand, departure, group

edit = msgspec.structs.replace
DANGEROUS = edit(Policy().rules, allow_dangerous=True)


def published(*more: Any, cartons: int = 60, members: int = 4, **changes: Any) -> Instance:
    """A container C with 5.76 m³ of each member, and two small containers on offer."""
    own: dict[str, Any] = changes.pop("own", {})
    inside = [
        demand(f"M{n}", group(f"M{n}", cartons), current_consolidation_id="C", **own)
        for n in range(members)
    ]
    fields: dict[str, Any] = {
        "departures": (departure("V1", 10, offers=offers(g22=2)),),
        "consolidations": (opened("C", *(m.consignment_id for m in inside)),),
        **changes,
    }
    return lane(*inside, *more, **fields)


def pin_cost(instance: Instance, free: Allocation, consignment_id: str, voyage_id: str) -> int:
    """Return the US cents by which the plan costs more if a dispatcher pins the consignment."""
    demands = tuple(
        edit(d, pinned_voyage_id=voyage_id) if d.consignment_id == consignment_id else d
        for d in instance.demands
    )
    pinned = allocate(edit(instance, demands=demands))
    assert consignment_id in pinned.assignment
    return pinned.cost - free.cost


def test_the_price_is_that_of_making_room_where_a_container_costs_more() -> None:
    """Five equal consignments of which four fit: one can make way for the one that is left out."""
    instance = published(demand("A", group("A", 60)))
    allocation = allocate(instance)
    code, reason = reason_of(allocation, "A")
    assert code == "costs_more_than_waiting"
    stated = re.fullmatch(
        r"C on V1 would cost up to (\d+) USD more than waiting: M3 makes way", reason
    )
    assert stated is not None
    assert round(pin_cost(instance, allocation, "A", "V1") / 100) == int(stated[1])


def test_a_pin_costs_no_more_than_the_reason_says() -> None:
    """On small lanes, where the search misses nothing."""
    prices = 0
    for seed in range(12):
        instance = small_lane(seed)
        allocation = allocate(instance)
        for left in allocation.left_out:
            stated = re.search(r"would cost up to ([\d,]+) USD", left.reason)
            if stated:
                prices += 1
                assert left.next_voyage_id is not None
                cost = pin_cost(instance, allocation, left.consignment_id, left.next_voyage_id)
                assert cost <= int(stated[1].replace(",", "")) * 100 + 50
    assert prices > 3


def test_where_no_container_is_on_offer_making_room_has_its_price() -> None:
    """Full is not the end: a pin can have the place, and the reason says what that costs."""
    only = (departure("V1", 10, offers=offers(g22=1)),)
    instance = published(demand("A", group("A", 60)), departures=only)
    allocation = allocate(instance)
    (left,) = allocation.left_out
    stated = re.fullmatch(
        r"every container that it could go with is full, and none is on offer; making room in C on "
        r"V1 would cost up to (\d+) USD more than waiting: M3 makes way",
        left.reason,
    )
    assert (left.code, left.next_voyage_id) == ("no_capacity", "V1")
    assert stated is not None
    assert round(pin_cost(instance, allocation, "A", "V1") / 100) == int(stated[1])


def test_a_container_that_the_plan_opens_is_named_by_its_id() -> None:
    """It is not "another" one."""
    allocation = allocate(sample(consignments=30, seed=0))
    _, reason = reason_of(allocation, "CN-260302-00001")
    assert reason.split()[0] in {slot.key for slot in allocation.opened}


# --- rules of sharing ----------------------------------------------------------------------------

CAP = {"mode": "1039", "consignee": "AMAL", "value_usd_cents": 9_000_000}
SHARING = pytest.mark.parametrize(
    ("inside", "outside", "cargo"),
    [
        (
            {"mode": "9710"},
            {"mode": "9610"},
            "cargo of customs mode 9710, which may not share a container with mode 9610",
        ),
        (
            {"dg_classes": ("3",)},
            {"dg_classes": ("5.1",)},
            "dangerous goods of class 3, from which class 5.1 must be segregated",
        ),
        (
            CAP,
            CAP,
            (
                "1039 cargo of its consignee for 90,000 USD, with which its 90,000 USD would "
                "exceed the cap of one declaration (150,000 USD)"
            ),
        ),
    ],
    ids=["customs mode", "segregation", "cap"],
)


def half_empty(inside: dict[str, Any], outside: dict[str, Any]) -> Instance:
    """A container with room, whose cargo may not share it with the small consignment A."""
    small = demand("A", group("A", 20), **outside)
    return published(small, cartons=180, members=1, own=inside, rules=DANGEROUS)


@SHARING
def test_a_container_with_room_is_named_with_the_rule_that_closes_it(
    inside: dict[str, Any], outside: dict[str, Any], cargo: str
) -> None:
    """Not the price alone: the dispatcher sees the half-empty container."""
    code, reason = reason_of(allocate(half_empty(inside, outside)), "A")
    assert code == "costs_more_than_waiting"
    assert reason.startswith(f"C has room, but holds {cargo}; another 22G1 on V1 would cost up to ")


@SHARING
def test_without_a_container_on_offer_the_rule_is_the_code(
    inside: dict[str, Any], outside: dict[str, Any], cargo: str
) -> None:
    """And the sentence names the container."""
    only = (departure("V1", 10, offers=offers(g22=1)),)
    instance = edit(half_empty(inside, outside), departures=only)
    code, reason = reason_of(allocate(instance), "A")
    assert code in ("mode_mix", "dangerous_goods", "declaration_cap")
    assert reason.startswith(
        f"C has room, but holds {cargo}; no further container is on offer; making room in C on V1 "
        "would cost up to "
    )
    assert reason.endswith(" USD more than waiting: M0 makes way")


@SHARING
def test_a_pin_says_why_it_opens_a_container(
    inside: dict[str, Any], outside: dict[str, Any], cargo: str
) -> None:
    """To the voyage: another container."""
    allocation = allocate(half_empty(inside, {**outside, "pinned_voyage_id": "V1"}))
    assert allocation.moves["A"].reason == (
        f"pinned to voyage V1; goes into a new 22G1: C has room, but holds {cargo}"
    )


@SHARING
def test_a_pin_says_why_it_empties_a_container(
    inside: dict[str, Any], outside: dict[str, Any], cargo: str
) -> None:
    """To the container: its cargo makes way, and says for whom and by which rule."""
    allocation = allocate(half_empty(inside, {**outside, "pinned_consolidation_id": "C"}))
    assert allocation.moves["A"].reason == f"pinned to C; M0 makes way ({cargo})"
    assert allocation.moves["M0"].reason.startswith("makes way in C for A, pinned there (")


# --- moves ---------------------------------------------------------------------------------------


NOT_V2: dict[str, Any] = {"forbidden_voyage_ids": ("V2",)}


def test_a_move_for_others_that_were_waiting_is_a_choice_of_cost() -> None:
    """M0 could have stayed in C without the urgent newcomer: no word of missing capacity."""
    urgent = demand("U", group("U", 200), priority="must_go", **NOT_V2)
    later = demand("L", group("L", 180), priority="must_go", forbidden_voyage_ids=("V1",))
    voyages = (
        departure("V1", 10, offers=offers(g22=1)),
        departure("V2", 17, offers=offers(g22=1)),
    )
    stays = demand("S", group("S", 60), priority="must_go", current_consolidation_id="C", **NOT_V2)
    allocation = allocate(published(urgent, stays, later, members=1, departures=voyages))
    assert allocation.assignment["M0"] != "C"
    move = allocation.moves["M0"]
    assert (move.code, move.reason) == (
        "cheaper",
        "makes way in C for U, which costs the lane less",
    )


def test_a_move_out_of_a_container_that_its_own_cargo_fills_is_for_lack_of_room() -> None:
    """It was measured larger than booked, and nobody new came in."""
    allocation = allocate(published(members=5, own={"priority": "must_go"}))
    moved = [c for c, key in allocation.assignment.items() if key != "C"]
    assert [(allocation.moves[c].code, allocation.moves[c].reason) for c in moved] == [
        ("no_capacity", "C has no room for it beside those that stay")
    ]


def test_a_left_out_consignment_names_those_that_took_its_place() -> None:
    """The only container goes to the urgent one."""
    urgent = demand("U", group("U", 200), priority="must_go")
    stays = demand("S", group("S", 60), priority="must_go", current_consolidation_id="C")
    only = (departure("V1", 10, offers=offers(g22=1)),)
    _, reason = reason_of(allocate(published(urgent, stays, members=1, departures=only)), "M0")
    assert reason.startswith("makes way in C for U, which costs the lane less; ")


def test_a_container_that_the_plan_gives_up_is_not_named() -> None:
    """Nobody sees it in the plan: it would be another one of its type."""
    small = demand("A", group("A", 10))
    instance = lane(
        small,
        departures=(departure("V1", 10, offers=offers(g22=2)),),
        consolidations=(opened("C"),),
    )
    code, reason = reason_of(allocate(instance), "A")
    assert code == "costs_more_than_waiting"
    assert reason.startswith("another 22G1 on V1 would cost up to ")
