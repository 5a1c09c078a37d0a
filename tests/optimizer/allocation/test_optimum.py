"""The cost of an allocation, compared with all others and with easier lanes."""

import functools
import itertools
import random
from typing import Any

import msgspec
import pytest

from groupage.domain.containers import spec_of
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan, PlannedContainer
from groupage.domain.policy import Policy
from optimizer.allocation.api import allocate
from optimizer.allocation.build import build_problem
from optimizer.allocation.dual import find_bound
from optimizer.allocation.mix import Mix, find_mix
from optimizer.allocation.problem import NoGoods, constant_cost
from optimizer.deadline import unlimited
from optimizer.sample import an_hour_later, sample
from optimizer.solve import solve
from optimizer.verification import allocation as verifier
from optimizer.verification import containers
from optimizer.verification.context import Context
from optimizer.verification.cost import recompute
from tests.optimizer.allocation.lanes import SMALL, lane, offers, opened
from tests.optimizer.world import CLOCK_AT, DAY, demand, departure, group, plan_of
from tests.optimizer.world import instance as hand_made_world

RULES = Policy().rules


def small_lane(seed: int, **more: Any) -> Instance:
    """Make five mixed consignments, two sailings with few small containers, one of them open."""
    rng = random.Random(seed)
    demands = []
    for number in range(5):
        name = f"D{number}"
        demands.append(
            demand(
                name,
                group(name, rng.randint(20, 160)),
                mode=rng.choice(("1039", "0110", "1210")),
                consignee=rng.choice("AB"),
                value_usd_cents=rng.randint(1, 12) * 1_000_000,
                available_at=CLOCK_AT + rng.choice((-1, 9)) * DAY,
                latest_arrival_at=CLOCK_AT + 42 * DAY,
                priority=rng.choice(("must_go", "preferred", "preferred", "filler")),
                current_consolidation_id=rng.choice((None, "C")),
                blocked=rng.random() < 0.1,
            )
        )
    fields: dict[str, Any] = {
        "departures": (
            departure("V1", 10, offers=offers(g22=2)),
            departure("V2", 17, offers=offers(g22=1)),
        ),
        "consolidations": (opened("C", *(d.consignment_id for d in demands[:2])),),
        **more,
    }
    return lane(*demands, **fields)


VOYAGES = {"C": "V1", "N1": "V1", "N2": "V2"}


def cheapest(instance: Instance) -> int:
    """Return the optimum: try every allocation; the verifier checks rules and cost."""
    ids = [d.consignment_id for d in instance.demands]
    costs = []
    for choice in itertools.product((*VOYAGES, None), repeat=len(ids)):
        plan = as_plan(instance, dict(zip(ids, choice, strict=True)))
        context = Context(instance, plan)
        if not verifier.check(context) and not containers.check(context):
            costs.append(recompute(context).total)
    return min(costs)


@functools.cache
def _blank() -> Plan:
    return plan_of(hand_made_world())


def as_plan(instance: Instance, where: dict[str, str | None]) -> Plan:
    """Return an allocation as a plan without load plans."""
    demands = {d.consignment_id: d for d in instance.demands}
    containers = []
    for key, voyage_id in VOYAGES.items():
        cargo = [demands[c] for c, container in where.items() if container == key]
        if cargo:
            containers.append(
                PlannedContainer(
                    consolidation_id=key,
                    voyage_id=voyage_id,
                    spec=spec_of(SMALL),
                    stage="slushy",
                    consignment_ids=tuple(d.consignment_id for d in cargo),
                    placements=(),
                    cargo_volume_cm3=sum(d.volume_cm3 for d in cargo),
                    cargo_gross_g=sum(d.gross_g for d in cargo),
                    new=key != "C",
                )
            )
    return msgspec.structs.replace(_blank(), containers=tuple(containers), routes=())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_no_allocation_is_cheaper(seed: int) -> None:
    """Against all 1,024 allocations of a small lane, checked by the verifier."""
    instance = small_lane(seed)
    allocation = allocate(instance)
    assert allocation.cost == cheapest(instance)
    assert allocation.lower_bound <= allocation.cost


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_relaxed_lane_never_costs_more(seed: int) -> None:
    """More containers, a higher cap, a fuller fill or no mode policy only add possibilities."""
    base = allocate(small_lane(seed))
    generous = (
        departure("V1", 10, offers=offers(g22=4, g42=2)),
        departure("V2", 17, offers=offers(g22=4)),
    )
    relaxed: list[dict[str, Any]] = [
        {"departures": generous},
        {"rules": msgspec.structs.replace(RULES, declaration_cap_usd_cents=10**12)},
        {"rules": msgspec.structs.replace(RULES, plan_fill_permille=950)},
        {"rules": msgspec.structs.replace(RULES, mode_mix=())},
    ]
    for change in relaxed:
        assert allocate(small_lane(seed, **change)).cost <= base.cost


@pytest.mark.slow
def test_the_same_lane_gives_the_same_allocation_in_any_order() -> None:
    """Solving again gives the same allocation, and so does a shuffled input."""
    instance = sample(consignments=40, seed=4)
    first = allocate(instance)
    rng = random.Random(7)
    shuffled = msgspec.structs.replace(
        instance,
        demands=tuple(rng.sample(instance.demands, len(instance.demands))),
        departures=tuple(reversed(instance.departures)),
    )
    assert allocate(instance) == first
    assert allocate(shuffled) == first


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_bound_is_below_the_cost_and_close(seed: int) -> None:
    """On a made-up lane of 60 consignments the gap stays under a tenth before loading."""
    allocation = allocate(sample(consignments=60, seed=seed))
    assert 0 < allocation.lower_bound <= allocation.cost
    assert (allocation.cost - allocation.lower_bound) / allocation.cost < 0.1


@pytest.mark.parametrize(
    ("cartons", "priority", "goes"),
    [(111, "preferred", False), (112, "preferred", True), (26, "must_go", False),
     (27, "must_go", True), (208, "filler", False)],
)  # fmt: skip
def test_cargo_opens_a_container_where_leaving_it_costs_more(
    cartons: int, priority: str, *, goes: bool
) -> None:
    """Its only departure costs 2,050 USD and 80 for each empty m³; waiting comes in any case."""
    cargo = demand("A", group("A", cartons), priority=priority)
    assert bool(allocate(lane(cargo)).assignment) is goes


@pytest.mark.parametrize(("cartons", "goes"), [(111, False), (112, True)])
@pytest.mark.parametrize("days", [3, 30, 300])
def test_overdue_cargo_is_not_left_out_for_being_overdue(
    days: int, cartons: int, *, goes: bool
) -> None:
    """No departure can avoid the lateness: it opens a container when any other cargo would."""
    overdue = demand("A", group("A", cartons), latest_arrival_at=CLOCK_AT - days * DAY)
    waiting = demand("A", group("A", cartons), available_at=CLOCK_AT - days * DAY)
    for cargo in (overdue, waiting):
        assert bool(allocate(lane(cargo)).assignment) is goes


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_dual_bound_is_below_every_allocation(seed: int) -> None:
    """Against all 1,024 allocations of a small lane."""
    small = small_lane(seed)
    assert dual_bound(small) <= cheapest(small)


@pytest.mark.parametrize("seed", range(3))
def test_the_dual_bound_is_near_the_cost(seed: int) -> None:
    """On lanes of some containers: new, and with open ones of a published plan."""
    usual = sample(consignments=30, seed=seed)
    plan = solve(usual)
    for instance in (usual, an_hour_later(usual, plan, seed=seed)):
        assert 0.7 < dual_bound(instance) / allocate(instance).cost <= 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_bound_of_the_cheapest_mix_is_below_every_allocation(seed: int) -> None:
    """Against all 1,024 allocations of a small lane."""
    small = small_lane(seed)
    mix, constant = cheapest_mix(small)
    assert mix.bound + constant <= cheapest(small)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_cheapest_mix_is_near_the_cost(seed: int) -> None:
    """On lanes of some containers, new and with open ones; the linear relaxation is not so near."""
    usual = sample(consignments=60, seed=seed)
    plan = solve(usual)
    for instance in (usual, an_hour_later(usual, plan, seed=seed)):
        mix, constant = cheapest_mix(instance)
        assert 0.95 < (mix.bound + constant) / allocate(instance).cost <= 1
        assert mix == cheapest_mix(instance)[0]


def cheapest_mix(instance: Instance) -> tuple[Mix, int]:
    """Return the cheapest mix of all slots, and what an allocation pays beyond its bound."""
    problem = build_problem(instance, NoGoods())
    slots = (*(slot for slot in problem.slots if not slot.fixed), *problem.pools)
    mix = find_mix(problem, slots, unlimited("allocate"))
    assert mix is not None
    return mix, constant_cost(problem)


def dual_bound(instance: Instance) -> int:
    """Return the bound without CP-SAT, of all that an allocation pays."""
    problem = build_problem(instance, NoGoods())
    slots = (*(slot for slot in problem.slots if not slot.fixed), *problem.pools)
    return find_bound(problem, slots, unlimited("allocate")).bound + constant_cost(problem)
