from typing import Any

import msgspec
import pytest

from groupage.domain.containers import spec_of
from groupage.domain.instance import CartonGroup, Demand
from optimizer.allocation.api import allocate, repair
from optimizer.allocation.bins import Bin
from optimizer.allocation.build import build_problem
from optimizer.allocation.bulk import bulk_cm3, bulk_max_cm3
from optimizer.allocation.problem import NoGoods
from optimizer.allocation.rules.bulk import Bulk
from optimizer.solve import solve_certified
from tests.optimizer.allocation.lanes import deep_crate, lane, offers, opened
from tests.optimizer.world import demand, departure, group

SMALL = spec_of("22G1")


def weak(name: str, count: int, *, bears: int | None, height_mm: int = 400) -> CartonGroup:
    """Make cartons of 600 x 400 mm and 10 kg that bear `bears` of their own."""
    top_g = None if bears is None else bears * 10_000
    return group(name, count, (600, 400, height_mm), gross_g=10_000, max_top_load_g=top_g)


@pytest.mark.parametrize(
    ("count", "bears", "air_mm"),
    [
        (12, None, 0),
        # 2,350 mm high: five layers under the roof, whatever the sixth could bear.
        (12, 4, 0),
        (12, 9, 0),
        # Stacks of two, 800 mm: six of them, 1,550 mm of air over each.
        (12, 1, 6 * 1_550),
        # Seven stacks for thirteen; nothing on top of each at 1,950 mm.
        (13, 1, 7 * 1_550),
        (3, 0, 3 * 1_950),
    ],
)
def test_bulk_is_volume_and_the_air_that_counts(count: int, bears: int | None, air_mm: int) -> None:
    """48 % of the space above stacks that bear nothing more counts."""
    cargo = demand("W", weak("W", count, bears=bears))
    assert SMALL.height_mm == 2_350
    air_cm3 = 600 * 400 * air_mm // 1_000
    assert bulk_cm3(cargo, SMALL) == cargo.volume_cm3 + air_cm3 * 48 // 100


def test_a_little_air_costs_nothing() -> None:
    """The bulk limit is the usable volume and 7.2 % of the inner volume: 48 % of 15 %."""
    usable = SMALL.volume_cm3 * 83 // 100
    assert bulk_max_cm3(SMALL, usable) == usable + SMALL.volume_cm3 * 72 // 1_000


def brittle(name: str, count: int) -> CartonGroup:
    """Make cartons that bear less than one of their own.

    The rule about the floor knows only those that bear nothing.
    """
    return msgspec.structs.replace(weak(name, count, bears=0), max_top_load_g=9_000)


def fragile(number: int, **more: Any) -> Demand:
    """3.84 m³ of which nothing bears another, on 9.6 m² of 13.7."""
    return demand(f"W{number}", brittle(f"W{number}", 40), **more)


def test_bulky_cargo_is_kept_apart_but_never_out_of_an_empty_container() -> None:
    """The estimate separates the consignments; alone each may go, however bulky."""
    demands = [fragile(n) for n in range(3)]
    problem = build_problem(lane(*demands), NoGoods())
    pool = next(slot for slot in problem.pools if slot.spec.iso_type == "22G1")
    bin_ = Bin(pool, problem)
    for cargo in demands[:2]:
        assert bin_.binding_rule(cargo) is None
        bin_.add(cargo)
    third = Bin(pool, problem)
    huge = demand("H", brittle("H", 100))
    alone = build_problem(lane(huge), NoGoods())
    assert bulk_cm3(huge, SMALL) > pool.bulk_max_cm3
    assert Bin(pool, alone).binding_rule(huge) is None
    assert third.binding_rule(demands[2]) is None
    assert bulk_cm3(demands[0], SMALL) * 3 > pool.bulk_max_cm3
    binding = bin_.binding_rule(demands[2])
    assert isinstance(binding, Bulk)
    assert binding.full_code == "no_capacity"


def test_cargo_that_was_published_together_may_stay_together() -> None:
    """It was loaded once, whatever the estimate is now."""
    members = [fragile(n, current_consolidation_id="C", priority="must_go") for n in range(3)]
    ids = [member.consignment_id for member in members]
    allocation = allocate(lane(*members, consolidations=(opened("C", *ids),)))
    assert allocation.assignment == dict.fromkeys(ids, "C")


def test_cargo_that_did_not_fit_counts_for_more() -> None:
    """Otherwise the search puts it into one container after the other, and it fails in each."""
    failed, other = fragile(1), fragile(2)
    problem = build_problem(
        lane(failed, other), NoGoods(forbidden=frozenset({("W1", "X"), ("W1", "Y")}))
    )
    bulk = problem.bulk_cm3[SMALL.height_mm]
    assert bulk["W2"] == bulk_cm3(other, SMALL)
    assert bulk["W1"] == bulk_cm3(failed, SMALL) * 18 // 10


def test_the_estimate_is_not_in_the_bound() -> None:
    """Weak cargo fills containers less, and the bound does not know it."""
    strong = [demand(f"W{n}", weak(f"W{n}", 40, bears=None), priority="must_go") for n in range(9)]
    weaker = [fragile(n, priority="must_go") for n in range(9)]
    departures = (departure("V1", 10, offers=offers(g22=1)),)
    easy = allocate(lane(*strong, departures=departures))
    hard = allocate(lane(*weaker, departures=departures))
    assert hard.lower_bound <= easy.cost
    assert len(hard.assignment) < len(easy.assignment)


def test_the_name_of_a_container_is_used_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repairs that empty some new containers and open others do not reuse names."""
    crates = [deep_crate(n) for n in range(13)]
    seen: list[dict[str, str]] = []

    def spied(solve: Any) -> Any:
        def spy(*args: Any) -> Any:
            allocation = solve(*args)
            seen.append({slot.key: slot.spec.iso_type for slot in allocation.slots})
            return allocation

        return spy

    monkeypatch.setattr("optimizer.solve.allocate", spied(allocate))
    monkeypatch.setattr("optimizer.rounds.repair", spied(repair))
    instance = lane(*crates, departures=(departure("V1", 10, offers=offers(g22=5)),))
    solved = solve_certified(instance)
    assert solved.violations == ()
    assert len(seen) > 1
    for keys in seen:
        assert len(keys) == len(set(keys))
    placed = [c for container in solved.plan.containers for c in container.consignment_ids]
    assert sorted(placed) == sorted(set(placed))


def test_the_cap_of_a_failed_container_holds_for_new_ones_of_its_type() -> None:
    """Otherwise the next round opens a new one and fills it in the same way."""
    instance = lane(*(demand(f"D{n}") for n in range(3)))
    first = build_problem(instance, NoGoods())
    pool = next(slot for slot in first.pools if slot.spec.iso_type == "22G1")
    failed = msgspec.structs.replace(pool, key="F", copies_max=1)
    no_goods = NoGoods(opened=(failed,), caps_cm3={"F": 20_000_000})
    again = build_problem(instance, no_goods)
    caps = {slot.spec.iso_type: slot.usable_cm3 for slot in again.pools}
    assert caps["22G1"] == 20_000_000
    assert caps["42G1"] > 50_000_000
    assert next(slot for slot in again.slots if slot.key == "F").usable_cm3 == 20_000_000
