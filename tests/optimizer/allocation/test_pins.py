"""A pinned consignment goes where it is pinned to, whatever that costs; else the plan says why."""

import itertools
import random
from typing import Any

import msgspec
import pytest

from groupage.domain.containers import spec_of
from groupage.domain.instance import Instance, VoyageForbid
from groupage.domain.policy import Policy
from optimizer.allocation.api import Allocation, allocate
from optimizer.allocation.build import build_problem
from optimizer.allocation.model import WorkLimit
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.pins import place_required
from optimizer.allocation.problem import NoGoods
from optimizer.assemble import cost_of
from optimizer.deadline import Deadline, unlimited
from optimizer.loading.api import load
from optimizer.loading.stock import Cargo
from optimizer.sample import an_hour_later, sample
from optimizer.solve import solve, solve_certified
from optimizer.verification import allocation as verifier
from optimizer.verification import containers
from optimizer.verification.context import Context
from optimizer.verification.cost import recompute
from tests.optimizer.allocation.lanes import (
    LARGE,
    SMALL,
    deep_crate,
    lane,
    offers,
    opened,
    well_filled,
)
from tests.optimizer.allocation.test_optimum import VOYAGES, as_plan, small_lane
from tests.optimizer.world import CLOCK_AT, DAY, demand, departure, group

edit = msgspec.structs.replace
SMALL_CONSIGNMENT = group("A", 10)
"""1 m³: alone in a container it costs more than waiting."""


def sentence(allocation: Allocation, consignment_id: str) -> str:
    """Return code and reason of a consignment that is left out."""
    left = next(o for o in allocation.left_out if o.consignment_id == consignment_id)
    return f"{left.code}: {left.reason}"


def test_a_pin_opens_a_container_that_costs_more_than_waiting() -> None:
    """And the plan is the cheapest of those that keep the pin."""
    free = allocate(lane(demand("A", SMALL_CONSIGNMENT)))
    pin = {"pinned_voyage_id": "V1", "pinned_by": "Wang"}
    pinned = allocate(lane(demand("A", SMALL_CONSIGNMENT, **pin)))
    assert pinned.moves["A"].reason == "pinned to voyage V1 by Wang"
    assert (set(free.assignment), set(pinned.assignment)) == (set(), {"A"})
    assert pinned.cost == pinned.lower_bound > free.cost


def test_a_pin_displaces_another_consignment() -> None:
    """The only container is full: the least of its cargo makes way, and the plan says for whom."""
    pinned = demand("A", group("A", 100), pinned_voyage_id="V1")
    only = (departure("V1", 10, offers=offers(g22=1)),)
    allocation = allocate(well_filled(pinned, departures=only))
    assert allocation.assignment["A"] == "C"
    (left,) = allocation.left_out
    assert left.reason.startswith("makes way in C for A, pinned there; ")
    assert allocation.moves[left.consignment_id].reason == left.reason


def test_a_filler_that_is_pinned_goes_before_what_must_go() -> None:
    """The pin decides first, whatever the priorities are."""
    urgent = demand("M", group("M", 290), priority="must_go")
    filler = demand("A", group("A", 10), priority="filler", pinned_voyage_id="V1")
    only = (departure("V1", 10, offers=offers(g22=1)),)
    assert set(allocate(lane(urgent, filler, departures=only)).assignment) == {"A"}


def test_of_pins_that_cannot_all_hold_the_plan_keeps_as_many_as_it_can() -> None:
    """One large consignment makes way for two small ones, and its reason is true."""
    pins: dict[str, Any] = {"pinned_voyage_id": "V1", "pinned_by": "Wang"}
    large = demand("L", group("L", 200), priority="must_go", **pins)
    small = [demand(f"S{n}", group(f"S{n}", 120), priority="filler", **pins) for n in range(2)]
    only = (departure("V1", 10, offers=offers(g22=1)),)
    allocation = allocate(lane(large, *small, departures=only))
    assert set(allocation.assignment) == {"S0", "S1"}
    assert sentence(allocation, "L") == (
        "no_capacity: pinned to voyage V1 by Wang, does not fit because every container that it "
        "could go with is full, and none is on offer"
    )
    assert 0 < allocation.lower_bound <= allocation.cost


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"customs": "REJECTED"}, "customs_rejected: pinned to voyage V1, does not fit because "),
        ({"dg_classes": ("9",)}, "dangerous_goods: pinned to voyage V1, does not fit because "),
        (
            {"mode": "1039", "value_usd_cents": 15_000_001},
            "declaration_cap: pinned to voyage V1, does not fit because ",
        ),
        (
            {"awaited": True, "blocked": True, "status": "MEASURED"},
            ("not_available_before_cutoff: pinned to voyage V1, does not fit because "
            "it is MEASURED: not available at the hub yet"),
        ),
        (
            {"available_at": CLOCK_AT + 9 * DAY},
            "not_available_before_cutoff: pinned to voyage V1, does not fit because available ",
        ),
    ],
)  # fmt: skip
def test_the_plan_says_why_a_pin_does_not_hold(trouble: dict[str, Any], reason: str) -> None:
    """The rule that binds stands behind the pin; the other departure explains nothing."""
    both = (departure("V1", 10), departure("V2", 17))
    instance = lane(demand("A", pinned_voyage_id="V1", **trouble), departures=both)
    assert sentence(allocate(instance), "A").startswith(reason)
    assert solve_certified(instance).violations == ()


def test_what_may_not_share_with_a_pinned_consignment_makes_way() -> None:
    """Two pinned ones of one buyer exceed the cap together: the second says so."""
    capped: dict[str, Any] = {"mode": "1039", "consignee": "AMAL", "value_usd_cents": 9_000_000}
    pinned = [demand(f"P{n}", pinned_voyage_id="V1", **capped) for n in range(2)]
    only = (departure("V1", 10, offers=offers(g22=1)),)
    instance = lane(*pinned, departures=only)
    allocation = allocate(instance)
    assert [left.code for left in allocation.left_out] == ["declaration_cap"]
    assert solve_certified(instance).violations == ()


def test_a_pin_to_a_container_brings_it_back() -> None:
    """A container that the lane would give up stays for the consignment that is pinned to it."""
    member = demand("A", SMALL_CONSIGNMENT, current_consolidation_id="C")
    held = lane(edit(member, pinned_consolidation_id="C"), consolidations=(opened("C", "A"),))
    assert allocate(lane(member, consolidations=(opened("C", "A"),))).assignment == {}
    assert allocate(held).assignment == {"A": "C"}


# --- all allocations of small lanes ---------------------------------------------------------------


def pinned_lane(seed: int) -> Instance:
    """Pin one to four of the five consignments of a small lane, also where they cannot go."""
    instance = small_lane(seed)
    rng = random.Random(1_000 + seed)
    pins: tuple[dict[str, Any], ...] = (
        {"pinned_voyage_id": "V1"},
        {"pinned_voyage_id": "V2"},
        {"pinned_consolidation_id": "C"},
        {"pinned_voyage_id": "V1", "pinned_consolidation_id": "C"},
    )
    chosen = set(rng.sample(range(5), rng.randint(1, 4)))
    demands = (
        edit(d, **rng.choice(pins)) if n in chosen else d for n, d in enumerate(instance.demands)
    )
    return edit(instance, demands=tuple(demands))


def best_of_all(instance: Instance) -> tuple[int, int]:
    """Return the pins broken and the cost of the best allocation: the verifier checks them all."""
    ids = [d.consignment_id for d in instance.demands]
    pinned = {d.consignment_id for d in instance.demands if is_pinned(d)}
    ranks = []
    for choice in itertools.product((*VOYAGES, None), repeat=len(ids)):
        where = dict(zip(ids, choice, strict=True))
        context = Context(instance, as_plan(instance, where))
        if not verifier.check(context) and not containers.check(context):
            out = sum(key is None for c, key in where.items() if c in pinned)
            ranks.append((out, recompute(context).total))
    return min(ranks)


def is_pinned(wanted: Any) -> bool:
    """Whether a dispatcher pinned the demand."""
    return bool(wanted.pinned_voyage_id or wanted.pinned_consolidation_id)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_no_allocation_keeps_more_pins_or_costs_less(seed: int) -> None:
    """Against all 1,024 allocations of a small lane: first the pins count, then the cost."""
    instance = pinned_lane(seed)
    allocation = allocate(instance)
    assert allocation.rank == best_of_all(instance)
    assert allocation.lower_bound <= allocation.cost


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_pins_of_a_lane_hold_after_loading(seed: int) -> None:
    """Three pins on a usual lane, published and new: certified, and the bound is near the cost."""
    first = sample(consignments=30, seed=seed)
    later = an_hour_later(first, solve(first), seed=seed)
    rng = random.Random(seed)
    target = later.departures[1]
    at_hub = [d for d in later.demands if not d.blocked and d.available_at <= target.lco_at]
    chosen = {d.consignment_id for d in rng.sample(at_hub, 3)}
    voyage_id = target.voyage_id
    pinned = edit(
        later,
        demands=tuple(
            edit(d, pinned_voyage_id=voyage_id) if d.consignment_id in chosen else d
            for d in later.demands
        ),
    )
    outcome = solve_certified(pinned)
    assert outcome.violations == ()
    plan = outcome.plan
    voyages = {c: box.voyage_id for box in plan.containers for c in box.consignment_ids}
    assert {voyages.get(c) for c in chosen} == {voyage_id}
    assert plan.gap_ratio < 0.3
    assert cost_of(pinned, plan.containers, plan.routes) == plan.cost


# --- loading ------------------------------------------------------------------------------------


def test_a_pinned_consignment_is_the_last_that_does_not_load() -> None:
    """Seven crates of which six fit the only container: the pinned one, least urgent, stays."""
    only = (departure("V1", 10, offers=offers(g22=1)),)
    for pinned in range(7):
        crates = [
            edit(deep_crate(n), priority="filler", pinned_voyage_id="V1")
            if n == pinned
            else deep_crate(n)
            for n in range(7)
        ]
        outcome = solve_certified(lane(*crates, departures=only))
        assert outcome.violations == ()
        (left,) = outcome.plan.left_out
        assert left.consignment_id != f"T{pinned}"


def test_a_pin_that_does_not_load_is_left_out_with_its_reason_and_a_true_bound() -> None:
    """Seven pinned crates of which six fit: the plan costs less than the bound of all seven."""
    only = (departure("V1", 10, offers=offers(g22=1)),)
    crates = [edit(deep_crate(n), pinned_voyage_id="V1", pinned_by="Wang") for n in range(7)]
    outcome = solve_certified(lane(*crates, departures=only))
    assert outcome.violations == ()
    (left,) = outcome.plan.left_out
    assert left.code == "did_not_fit"
    assert left.reason.startswith("pinned to voyage V1 by Wang, does not fit because its cartons ")


def long_crate(**more: Any) -> Any:
    """Fit a 22G1 by its size alone, and with the margin at the door a 42G1 only."""
    size = (spec_of(SMALL).length_mm - 20, 1_000, 1_000)
    return demand("A", group("A", 1, size), pinned_voyage_id="V1", **more)


MARGIN = edit(Policy().rules, door_margin_mm=50)


def test_a_pin_that_does_not_load_costs_no_certificate() -> None:
    """Only a container in which it does not load is on offer: without it the plan costs less."""
    only = (departure("V1", 10, offers=offers(g22=1)),)
    instance = lane(long_crate(), departures=only, rules=MARGIN)
    outcome = solve_certified(instance)
    assert outcome.violations == ()
    assert outcome.plan.containers == ()
    assert outcome.plan.cost.total < allocate(instance).lower_bound


def test_a_pin_that_does_not_load_gets_a_dearer_container() -> None:
    """The plan that leaves it out is cheaper and loads, too."""
    both = (departure("V1", 10, offers=offers(g22=1, g42=1)),)
    outcome = solve_certified(lane(long_crate(), departures=both, rules=MARGIN))
    assert outcome.violations == ()
    (container,) = outcome.plan.containers
    assert (container.spec.iso_type, container.consignment_ids) == (LARGE, ("A",))


def test_a_pin_that_does_not_load_displaces_cargo_of_another_container() -> None:
    """The one that it loads into is full of cargo that can go nowhere else."""
    full = [
        demand(
            f"M{n}", group(f"M{n}", 280), priority="must_go", current_consolidation_id="Y",
            blocked=True,
        )
        for n in range(2)
    ]  # fmt: skip
    large = edit(opened("Y", *(d.consignment_id for d in full)), spec=spec_of(LARGE))
    both = (departure("V1", 10, offers=offers(g22=1, g42=1)),)
    instance = lane(long_crate(), *full, departures=both, rules=MARGIN, consolidations=(large,))
    assert allocate(instance).assignment["A"] != "Y"
    outcome = solve_certified(instance)
    assert outcome.violations == ()
    assert (
        "A" in next(c for c in outcome.plan.containers if c.consolidation_id == "Y").consignment_ids
    )


def test_the_loader_leaves_out_what_must_go_after_all_others() -> None:
    """Whatever it is worth, and before what must stay."""
    crates = [
        Cargo(
            consignment_id=name,
            cartons=(group(name, 1, (1_300, 2_200, 1_300), gross_g=400_000, this_side_up=True),),
            must_go=name in "ABC",
            must_stay=name in "DE",
            worth=1 if name in "ABC" else 1_000,
        )
        for name in "ABCDEF"
    ]
    loaded = load(spec_of(SMALL), crates, (), Policy().rules)
    assert len(loaded.unplaced) == 2
    assert "F" in loaded.unplaced
    assert not {"D", "E"} & set(loaded.unplaced)


# --- what the searches did not place -------------------------------------------------------------


def stuck(instance: Instance, placed: str) -> PartialSolution:
    """Return a solution in which one consignment alone has the first container of the pool."""
    problem = build_problem(instance, NoGoods())
    solution = PartialSolution(problem)
    bin_ = solution.new_bin(problem.pools[0])
    solution.add_bin(bin_)
    solution.assign(problem.demands[placed], bin_)
    return solution


def test_other_cargo_makes_way_without_a_search() -> None:
    """Also after the deadline, which ends all searches."""
    only = (departure("V1", 10, offers=offers(g22=1)),)
    ordinary = demand("B", group("B", 250), priority="must_go")
    pinned = demand("A", group("A", 100), pinned_voyage_id="V1")
    over = Deadline(0.0).stage("allocate")
    solution, _ = place_required(
        stuck(lane(ordinary, pinned, departures=only), "B"),
        WorkLimit(seed=0, work=0.1, deadline=over),
    )
    assert set(solution.assignment) == {"A"}


def test_a_pinned_consignment_makes_way_for_two() -> None:
    """Only the exact model finds that."""
    pins: dict[str, Any] = {"pinned_voyage_id": "V1"}
    only = (departure("V1", 10, offers=offers(g22=1)),)
    large = demand("L", group("L", 200), **pins)
    small = [demand(f"S{n}", group(f"S{n}", 120), **pins) for n in range(2)]
    solution, _ = place_required(
        stuck(lane(large, *small, departures=only), "L"),
        WorkLimit(seed=0, work=0.1, deadline=unlimited("allocate")),
    )
    assert set(solution.assignment) == {"S0", "S1"}


# --- forbidden and rolled -----------------------------------------------------------------------


def ordered(by: str, *, roll: bool) -> dict[str, Any]:
    """A dispatcher keeps the consignment off V1."""
    forbid = VoyageForbid(voyage_id="V1", by=by, roll=roll)
    return {"forbidden_voyage_ids": ("V1",), "forbids": (forbid,)}


@pytest.mark.parametrize(
    ("roll", "code", "words"),
    [(True, "rolled", "rolled by Wang: not with V1"),
     (False, "forbidden", "forbidden by Wang: not with V1")],
)  # fmt: skip
def test_the_dispatcher_is_named(roll: bool, code: str, words: str) -> None:  # noqa: FBT001
    """In the reason of the one left out, and of the move out of the container."""
    rolled = demand("A", group("A", 10), current_consolidation_id="C", **ordered("Wang", roll=roll))
    allocation = allocate(well_filled(rolled))
    (left,) = allocation.left_out
    assert (left.consignment_id, left.code) == ("A", code)
    assert left.reason.startswith(f"{words}; another 22G1 on V2 would cost up to ")
    move = allocation.moves["A"]
    assert (move.code, move.reason) == (left.code, left.reason)


def test_what_was_rolled_does_not_make_way() -> None:
    """Its place goes to a pinned consignment, and the roll is still the reason."""
    rolled = demand(
        "A", group("A", 100), current_consolidation_id="C", **ordered("Wang", roll=True)
    )
    pinned = demand("P", group("P", 100), pinned_voyage_id="V1")
    only = (departure("V1", 10, offers=offers(g22=1)),)
    allocation = allocate(well_filled(rolled, pinned, departures=only))
    assert sentence(allocation, "A") == (
        "rolled: rolled by Wang: not with V1; no voyage that it may go with can be planned"
    )


def test_a_move_to_the_next_departure_names_who_rolled() -> None:
    """A full container of the next voyage takes it."""
    rolled = demand(
        "A", group("A", 200), current_consolidation_id="C", **ordered("Wang", roll=True)
    )
    later = demand("B", group("B", 90), priority="must_go", forbidden_voyage_ids=("V1",))
    allocation = allocate(
        lane(
            rolled, later, rules=Policy().rules, consolidations=(opened("C", "A"),),
            departures=(departure("V1", 10), departure("V2", 17)),
        )
    )  # fmt: skip
    assert set(allocation.assignment) == {"A", "B"}
    move = allocation.moves["A"]
    assert (move.code, move.reason) == ("rolled", "rolled by Wang: not with V1")
