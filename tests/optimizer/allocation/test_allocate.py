import functools
import itertools
import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from groupage.domain.containers import spec_of
from groupage.domain.instance import Demand, Instance, Limits
from groupage.domain.plan import Plan, PlannedContainer
from groupage.domain.policy import Policy
from optimizer.allocation.api import Allocation, allocate, repair
from optimizer.allocation.problem import Cuts
from optimizer.sample import sample
from optimizer.verification import allocation as referee
from optimizer.verification import boxes
from optimizer.verification.case import Case
from optimizer.verification.money import recompute
from tests.optimizer.allocation.lanes import SMALL, lane, offers, opened
from tests.optimizer.world import CLOCK_AT, DAY, demand, departure, group, plan_of
from tests.optimizer.world import instance as hand_made_world

RULES = Policy().rules


def small_lane(seed: int, **more: Any) -> Instance:
    """Five consignments of all sorts, two sailings with one or two small containers, one open."""
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


PLACES = {"C": "V1", "N1": "V1", "N2": "V2"}


def cheapest(instance: Instance) -> int:
    """The optimum, by trying every allocation and asking the verifier about rules and cost."""
    ids = [one.consignment_id for one in instance.demands]
    costs = []
    for choice in itertools.product((*PLACES, None), repeat=len(ids)):
        plan = as_plan(instance, dict(zip(ids, choice, strict=True)))
        case = Case(instance, plan)
        if not referee.check(case) and not boxes.check(case):
            costs.append(recompute(case).total)
    return min(costs)


@functools.cache
def _blank() -> Plan:
    return plan_of(hand_made_world())


def as_plan(instance: Instance, where: dict[str, str | None]) -> Plan:
    """An allocation as a plan without load plans."""
    demands = {one.consignment_id: one for one in instance.demands}
    containers = []
    for key, voyage_id in PLACES.items():
        cargo = [demands[one] for one, place in where.items() if place == key]
        if cargo:
            containers.append(
                PlannedContainer(
                    consolidation_id=key,
                    voyage_id=voyage_id,
                    spec=spec_of(SMALL),
                    stage="slushy",
                    consignment_ids=tuple(one.consignment_id for one in cargo),
                    placements=(),
                    cargo_volume_cm3=sum(one.volume_cm3 for one in cargo),
                    cargo_gross_g=sum(one.gross_g for one in cargo),
                    new=key != "C",
                )
            )
    return msgspec.structs.replace(_blank(), containers=tuple(containers), routes=())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_no_allocation_is_cheaper_than_the_one_found(seed: int) -> None:
    """Against all 1,024 allocations of a small lane, judged by the verifier."""
    instance = small_lane(seed)
    found = allocate(instance)
    assert found.cost == cheapest(instance)
    assert found.lower_bound <= found.cost


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_a_relaxed_lane_never_costs_more(seed: int) -> None:
    """More containers, no cap, a fuller fill or no mode policy: each only opens possibilities."""
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
    """Twice the same: equal. Shuffled input: equal too."""
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
    found = allocate(sample(consignments=60, seed=seed))
    assert 0 < found.lower_bound <= found.cost
    assert (found.cost - found.lower_bound) / found.cost < 0.1


def well_filled(*more: Demand, **changes: Any) -> Instance:
    """Container C of V1 with 20 m³ in it, as published; V2 a week later."""
    members = tuple(
        demand(f"M{n}", group(f"M{n}", 52), current_consolidation_id="C") for n in range(4)
    )
    fields: dict[str, Any] = {
        "departures": (
            departure("V1", 10, offers=offers(g22=1)),
            departure("V2", 17, offers=offers(g22=1)),
        ),
        "consolidations": (opened("C", *(one.consignment_id for one in members)),),
        **changes,
    }
    return lane(*members, *more, **fields)


def seat(found: Allocation, one: str) -> str | None:
    """Where the allocation has it."""
    return found.assign.get(one)


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


def left(found: Allocation, one: str) -> tuple[str, str]:
    """Code and words of one that is left out."""
    return next((x.code, x.reason) for x in found.left_out if x.consignment_id == one)


def test_whoever_misses_every_cutoff_is_told_which() -> None:
    """The reason names when it comes and what it misses."""
    late = demand("L", available_at=CLOCK_AT + 40 * DAY)
    code, reason = left(allocate(well_filled(late)), "L")
    assert code == "not_available_before_cutoff"
    assert reason == "available 2026-04-11 08:00Z, LCO of V2 is 2026-03-17 08:00Z"


def test_whoever_misses_the_first_cutoff_is_told_what_the_next_costs() -> None:
    """One m³ alone in a container on the next sailing costs more than it is worth."""
    late = demand("L", group("L", 10), available_at=CLOCK_AT + 9 * DAY)
    found = allocate(well_filled(late))
    code, reason = left(found, "L")
    assert code == "not_available_before_cutoff"
    assert reason.startswith(
        "available 2026-03-11 08:00Z, LCO of V1 is 2026-03-10 08:00Z; next departure V2 costs +"
    )
    assert found.left_out[0].next_voyage_id == "V2"


def test_whoever_would_need_a_container_alone_waits() -> None:
    """Costs more than waiting, and how much."""
    found = allocate(lane(demand("A", group("A", 10))))
    code, reason = left(found, "A")
    assert code == "costs_more_than_waiting"
    assert "another 22G1 on V1 would cost" in reason


def test_whoever_finds_everything_full_is_told_so() -> None:
    """No capacity: all containers full and none on offer."""
    big = [demand(f"B{n}", group(f"B{n}", 200), priority="must_go") for n in range(3)]  # 19 m³ each
    found = allocate(lane(*big, departures=(departure("V1", 10, offers=offers(g22=2)),)))
    assert len(found.left_out) == 1
    assert found.left_out[0].code == "no_capacity"


@pytest.mark.parametrize("containers", [(), offers(g22=0)], ids=["no types", "sold out"])
def test_without_a_container_on_offer_everybody_is_told_so(containers: Any) -> None:
    """Departures there are, but nothing to load."""
    found = allocate(lane(demand("A"), departures=(departure("V1", 10, offers=containers),)))
    assert left(found, "A") == ("no_capacity", "no departure has a container on offer")


@pytest.mark.parametrize(
    ("wish", "code", "reason"),
    [
        (
            {"pinned_voyage_id": "V1", "available_at": CLOCK_AT + 9 * DAY},
            "not_available_before_cutoff",
            "available 2026-03-11 08:00Z, LCO of V1 is 2026-03-10 08:00Z; pinned to V1",
        ),
        (
            {"pinned_voyage_id": "V1", "forbidden_voyage_ids": ("V1",)},
            "forbidden",
            "pinned to voyage V1, which is forbidden for it",
        ),
        (
            {"pinned_voyage_id": "V9"},
            "forbidden",
            "pinned to voyage V9, which cannot be planned",
        ),
        ({"pinned_consolidation_id": "X"}, "forbidden", "pinned to X, which cannot be planned"),
        (
            {"pinned_voyage_id": "V3"},
            "no_capacity",
            "V3 has no container on offer; pinned to V3",
        ),
        (
            {"pinned_consolidation_id": "SHUT"},
            "no_capacity",
            "SHUT is closed to changes (manifest filed); pinned to SHUT",
        ),
        (
            {"gross_g": 27_000_000, "volume_cm3": 40_000_000},
            "heavier_than_container",
            "27000 kg is more than a 42G1 carries (26540 kg); split it",
        ),
    ],
)
def test_what_binds_is_said_and_not_what_else_is_so(
    wish: dict[str, Any], code: str, reason: str
) -> None:
    """A pin is no reason where something else keeps it from the pinned place."""
    voyages = (
        departure("V1", 10, offers=offers(g22=1, g42=1)),
        departure("V2", 17, offers=offers(g22=1)),
        departure("V3", 24, offers=()),
    )
    shut = opened("SHUT", stage="frozen")
    found = allocate(lane(demand("A", **wish), departures=voyages, consolidations=(shut,)))
    assert left(found, "A") == (code, reason)


def test_the_cap_is_named_when_it_binds() -> None:
    """Room there is, but the consignee's declaration is full."""
    capped = [
        demand(
            f"M{n}", group(f"M{n}", 60), mode="1039", consignee="AMAL",
            value_usd_cents=9_000_000, priority="must_go",
        )
        for n in range(2)
    ]  # fmt: skip
    found = allocate(lane(*capped, departures=(departure("V1", 10, offers=offers(g22=1)),)))
    assert [one.code for one in found.left_out] == ["declaration_cap"]


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
    cuts = Cuts(
        opened=first.opened,
        keep={one: key for one, key in first.assign.items() if one != "M0"},
        forbidden=frozenset({("M0", "C")}),
    )
    second = repair(instance, cuts, {})
    assert seat(second, "M0") != "C"
    assert {seat(second, f"M{n}") for n in range(1, 4)} == {"C"}
    assert second.lower_bound == 0


def test_new_containers_have_ids_of_their_own_in_every_request() -> None:
    """Numbered by voyage and type, with the request's sequence in front."""
    huge = demand("A", group("A", 190), priority="must_go")
    found = allocate(lane(huge))
    assert [slot.key for slot in found.opened] == ["CSL-CNNGB-NLRTM-V1-22G1-1.01"]


@pytest.mark.parametrize(
    ("cartons", "priority", "goes"),
    [(120, "preferred", False), (121, "preferred", True), (27, "must_go", False),
     (28, "must_go", True), (208, "filler", False)],
)  # fmt: skip
def test_cargo_opens_a_container_of_its_own_where_leaving_it_is_dearer(
    cartons: int, priority: str, *, goes: bool
) -> None:
    """Its only departure costs 2,050 USD, 80 for each empty m³ and 3 a day and m³ of waiting."""
    one = demand("A", group("A", cartons), priority=priority)
    assert bool(allocate(lane(one)).assign) is goes
