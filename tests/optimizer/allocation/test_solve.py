import functools
import os
import pty
import random
import select
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from groupage.app.commands.plan import app
from groupage.domain.errors import InvalidInput
from groupage.domain.instance import (
    Instance,
    Limits,
    OpenConsolidation,
    PreloadedCarton,
)
from groupage.domain.plan import Plan
from optimizer.canonical import canonical_json
from optimizer.check_instance import check_instance
from optimizer.load_plans import keep_load_plan
from optimizer.sample import an_hour_later, sample
from optimizer.solve import solve, solve_certified
from optimizer.verification.api import verify
from tests.optimizer.allocation.lanes import deep_crate, high_crate, lane, offers
from tests.optimizer.world import demand, departure, group, plan_of
from tests.optimizer.world import instance as hand_made_world

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def fresh() -> Instance:
    """A made-up lane of 60 consignments."""
    return sample(consignments=60, seed=5)


@pytest.fixture(scope="module")
def planned(fresh: Instance) -> Plan:
    """Its certified plan."""
    assert fresh == sample(consignments=60, seed=5)
    return certified(consignments=60, seed=5)


@functools.cache
def certified(*, consignments: int, seed: int) -> Plan:
    """Solve a made-up lane once for all tests."""
    solved = solve_certified(sample(consignments=consignments, seed=seed))
    assert solved.violations == ()
    return solved.plan


def test_the_same_request_gives_the_same_bytes(fresh: Instance, planned: Plan) -> None:
    """Byte for byte, also after writing and reading the request."""
    again = msgspec.json.decode(canonical_json(fresh), type=Instance)
    assert canonical_json(solve_certified(again).plan) == canonical_json(planned)


def test_a_shuffled_request_costs_the_same(fresh: Instance, planned: Plan) -> None:
    """The order in the file does not matter."""
    rng = random.Random(3)
    shuffled = msgspec.structs.replace(
        fresh, demands=tuple(rng.sample(fresh.demands, len(fresh.demands)))
    )
    plan = solve(shuffled)
    assert plan.cost == planned.cost
    assert [c.consignment_ids for c in plan.containers] == [
        c.consignment_ids for c in planned.containers
    ]


def test_every_consignment_is_placed_or_left_out_with_its_reason(
    fresh: Instance, planned: Plan
) -> None:
    """No consignment is lost, and none is left out without a reason."""
    placed = [i for container in planned.containers for i in container.consignment_ids]
    left_out = [left.consignment_id for left in planned.left_out]
    assert sorted(placed + left_out) == sorted(d.consignment_id for d in fresh.demands)
    assert all(len(left.reason) > 10 for left in planned.left_out)
    assert planned.lower_bound <= planned.cost.total - planned.cost.haulage


def test_an_hour_later_few_have_moved(fresh: Instance, planned: Plan) -> None:
    """A small change to the lane moves few consignments."""
    solved = solve_certified(an_hour_later(fresh, planned, seed=1))
    assert solved.violations == ()
    moved = [m for m in solved.plan.moves if m.from_consolidation_id is not None]
    assert len(moved) <= len(fresh.demands) // 5


def test_without_an_event_nothing_changes() -> None:
    """Solved from its own plan, a lane moves nothing and keeps all load plans."""
    lane_at_rest = sample(consignments=40, seed=3)
    before = solve_certified(lane_at_rest).plan
    after = solve_certified(an_hour_later(lane_at_rest, before, seed=1, changed=0))
    assert after.violations == ()
    assert [m for m in after.plan.moves if m.from_consolidation_id is not None] == []
    assert [c.placements for c in after.plan.containers] == [
        c.placements for c in before.containers
    ]


@pytest.mark.parametrize("seed", [5, 6])
def test_without_an_event_the_cost_does_not_rise(seed: int) -> None:
    """A second solve may find a cheaper plan, never one that costs more."""
    lane_at_rest = sample(consignments=60, seed=seed)
    before = certified(consignments=60, seed=seed)
    after = solve_certified(an_hour_later(lane_at_rest, before, seed=1, changed=0)).plan
    assert after.cost.total - after.cost.haulage <= before.cost.total - before.cost.haulage


def test_cargo_that_does_not_load_goes_back_to_allocation() -> None:
    """By volume seven deep crates fit one container, by shape six: the last goes elsewhere."""
    # 2.2 m wide, 1.15 m high: in two layers, 1.5 m each, three in 5.867 m. 26.6 m³ of 26.66.
    crates = [deep_crate(n) for n in range(7)]
    instance = lane(
        *crates,
        departures=(
            departure("V1", 10, offers=offers(g22=1)),
            departure("V2", 17, offers=offers(g22=1)),
        ),
    )
    solved = solve_certified(instance)
    assert solved.violations == ()
    assert solved.plan.stats.rounds > 1
    assert [len(c.consignment_ids) for c in solved.plan.containers] == [6, 1]


def test_cargo_that_needs_floor_goes_elsewhere_at_once() -> None:
    """By volume eight high crates fit one container, by its floor four: no round is lost."""
    departures = (
        departure("V1", 10, offers=offers(g22=1)),
        departure("V2", 17, offers=offers(g22=1)),
    )
    solved = solve_certified(lane(*(high_crate(n) for n in range(5)), departures=departures))
    assert solved.violations == ()
    assert solved.plan.stats.rounds == 1
    assert [len(c.consignment_ids) for c in solved.plan.containers] == [4, 1]
    allocation_cost = solved.plan.cost.total - solved.plan.cost.haulage
    assert solved.plan.lower_bound == allocation_cost


def test_no_repair_costs_more_than_leaving_out_what_did_not_load() -> None:
    """Leaving out a little costs less than another container for it."""
    # The lane on which repairs once added a tenth to the cost; further rounds never add any.
    fresh = sample(consignments=200, seed=4)
    costs = []
    for rounds in (0, 3):
        limits = Limits(seed=4, allocation_work=0.2, loading_rounds=rounds)
        plan = solve(msgspec.structs.replace(fresh, limits=limits))
        costs.append(plan.cost.total - plan.cost.haulage)
    assert costs[1] <= costs[0]


@pytest.mark.parametrize("urgent", ["T1", "T2", "T3"])
def test_of_cargo_that_does_not_load_the_less_urgent_is_left_out(urgent: str) -> None:
    """By shape two of three go into the only container, the must-go among them; it is not full."""
    tall = [
        demand(
            name,
            group(name, count, (2_200, 1_500, 1_150), gross_g=400_000, this_side_up=True),
            mode="0110",
            priority="must_go" if name == urgent else "preferred",
        )
        for name, count in (("T1", 2), ("T2", 2), ("T3", 3))
    ]  # fmt: skip
    plan = solve(lane(*tall, departures=(departure("V1", 10, offers=offers(g22=1)),)))
    assert [len(c.consignment_ids) for c in plan.containers] == [2]
    assert urgent in plan.containers[0].consignment_ids
    assert {left.code for left in plan.left_out} == {"did_not_fit"}


def test_frozen_and_locked_contents_stay_and_the_plan_is_certified() -> None:
    """The verifier passes the hand-made lane, which has containers of every stage."""
    solved = solve_certified(hand_made_world())
    assert solved.violations == ()
    containers = {c.consolidation_id: c for c in solved.plan.containers}
    assert containers["FROZEN"].consignment_ids == ("F1", "F2")
    assert containers["LOCKED"].consignment_ids == ("K1",)
    assert [p.unit_id for p in containers["LOCKED"].placements[:4]] == [
        "K1-001", "K1-002", "K1-003", "K1-004",
    ]  # fmt: skip


def test_without_work_there_is_still_a_certified_plan() -> None:
    """The solver stops at its work limits and returns the greedy plan."""
    hurried = sample(consignments=30, seed=2)
    hurried = msgspec.structs.replace(hurried, limits=Limits(allocation_work=0.0, loading_rounds=0))
    solved = solve_certified(hurried)
    assert solved.violations == ()
    assert solved.plan.containers


# --- load plans in force ------------------------------------------------------------------------


def _standing(plan: Plan, count: int) -> tuple[PreloadedCarton, ...]:
    return tuple(
        PreloadedCarton(
            unit_id=p.unit_id, consignment_id=p.consignment_id, x_mm=p.x_mm, y_mm=p.y_mm,
            z_mm=p.z_mm, dx_mm=p.dx_mm, dy_mm=p.dy_mm, dz_mm=p.dz_mm,
        )
        for p in plan.containers[0].placements[:count]
    )  # fmt: skip


def _open(plan: Plan, **more: Any) -> OpenConsolidation:
    container = plan.containers[0]
    return OpenConsolidation(
        consolidation_id=container.consolidation_id, voyage_id=container.voyage_id,
        spec=container.spec, stage="locked", consignment_ids=container.consignment_ids,
        planned=container.placements, **more,
    )  # fmt: skip


def test_a_load_plan_holds_while_stuffing_follows_it(fresh: Instance, planned: Plan) -> None:
    """The first cartons stand as planned: the load plan is kept."""
    container = planned.containers[0]
    cargo = [d for d in fresh.demands if d.consignment_id in container.consignment_ids]
    kept = keep_load_plan(_open(planned, standing=_standing(planned, 9)), cargo)
    assert kept == container.placements


def test_a_load_plan_is_dropped_at_the_first_deviation(fresh: Instance, planned: Plan) -> None:
    """Another position, another size, or other cargo: the load plan does not fit any more."""
    container = planned.containers[0]
    cargo = [d for d in fresh.demands if d.consignment_id in container.consignment_ids]
    first, *others = _standing(planned, 9)
    elsewhere = (msgspec.structs.replace(first, x_mm=first.x_mm + 5), *others)
    assert keep_load_plan(_open(planned, standing=elsewhere), cargo) is None
    assert keep_load_plan(_open(planned, standing=tuple(others)), cargo) is None
    assert keep_load_plan(_open(planned), cargo[1:]) is None
    grown = msgspec.structs.replace(
        cargo[0],
        cartons=tuple(
            msgspec.structs.replace(g, length_mm=g.length_mm + 7) for g in cargo[0].cartons
        ),
    )
    assert keep_load_plan(_open(planned), [grown, *cargo[1:]]) is None


# --- files --------------------------------------------------------------------------------------


def test_plans_are_solved_and_verified_in_files(tmp_path: Path) -> None:
    """`verify` passes what `solve` writes, and rejects a changed plan with status 1."""
    request, plan = tmp_path / "REQUEST.json", tmp_path / "PLAN.json"
    run = CliRunner().invoke
    assert run(app, ["sample", "--consignments", "20", "-o", str(request)]).exit_code == 0
    assert run(app, ["solve", str(request), "-o", str(plan)]).exit_code == 0
    good = run(app, ["verify", str(request), str(plan)])
    assert (good.exit_code, good.stdout.split(":")[0]) == (0, "valid")
    instance = msgspec.json.decode(request.read_bytes(), type=Instance)
    assert verify(instance, msgspec.json.decode(plan.read_bytes(), type=Plan)) == ()
    shown = run(app, ["show", str(plan)])
    assert (shown.exit_code, shown.stdout[:9]) == (0, "plan PLN-")
    same = run(app, ["diff", str(plan), str(plan)])
    assert (same.exit_code, "no consignment moves" in same.stdout) == (0, True)
    plan.write_bytes(plan.read_bytes().replace(b'"x_mm":0', b'"x_mm":1', 1))
    bad = run(app, ["verify", str(request), str(plan)])
    assert bad.exit_code == 1
    assert "violations" in bad.stdout


def test_a_terminal_is_spared_the_json(tmp_path: Path) -> None:
    """`solve` and `sample` print there how to get the document, and `solve` its summary."""
    request = tmp_path / "REQUEST.json"
    assert (
        CliRunner().invoke(app, ["sample", "--consignments", "3", "-o", str(request)]).exit_code
        == 0
    )
    program = [sys.executable, "-m", "groupage", "plan"]
    for arguments, says in ((["sample"], ""), (["solve", str(request)], "3 consignments in 1 ")):
        master, terminal = pty.openpty()
        ended = subprocess.run(
            [*program, *arguments], stdout=terminal, stderr=subprocess.PIPE, text=True, check=True
        )
        assert "kB of JSON; write them with -o FILE, or into a pipe" in ended.stderr
        assert says in ended.stderr
        assert select.select([master], [], [], 0)[0] == []
        os.close(terminal)
        os.close(master)


def test_the_command_line_says_which_stages_the_time_limit_cut_short(tmp_path: Path) -> None:
    """Otherwise a plan for want of time would look like one for want of containers."""
    request, plan = tmp_path / "REQUEST.json", tmp_path / "PLAN.json"
    in_no_time = Limits(wall_s=0.0)
    instance = msgspec.structs.replace(sample(consignments=5, seed=1), limits=in_no_time)
    request.write_bytes(canonical_json(instance))
    solved = CliRunner().invoke(app, ["solve", str(request), "-o", str(plan)])
    assert (solved.exit_code, "the time limit cut short: build" in solved.output) == (0, True)
    assert CliRunner().invoke(app, ["verify", str(request), str(plan)]).exit_code == 0


def test_invalid_files_are_rejected_before_they_are_verified(tmp_path: Path) -> None:
    """`verify` rejects an instant without an offset, and a request that `solve` would reject."""
    world = hand_made_world()
    request, plan = tmp_path / "REQUEST.json", tmp_path / "PLAN.json"
    good = canonical_json(plan_of(world))
    plan.write_bytes(good.replace(b'00Z","load_g', b'00","load_g', 1))
    request.write_bytes(canonical_json(world))
    naive = CliRunner().invoke(app, ["verify", str(request), str(plan)])
    assert "PLAN.json: Expected `datetime` with a timezone component - at `$.routes[0]" in str(
        naive.exception
    )
    plan.write_bytes(good)
    rules = msgspec.structs.replace(world.rules, freeze_before_lco_s=10**12)
    request.write_bytes(canonical_json(msgspec.structs.replace(world, rules=rules)))
    endless = CliRunner().invoke(app, ["verify", str(request), str(plan)])
    assert "rules.freeze_before_lco_s" in str(endless.exception)


@pytest.mark.parametrize(
    ("break_it", "field"),
    [
        (lambda i: {"demands": (*i.demands, i.demands[0])}, "demands[].consignment_id"),
        (lambda i: {"departures": i.departures * 2}, "departures[].voyage_id"),
        (lambda _: {"clock_at": datetime(2026, 3, 2)}, "clock_at"),  # noqa: DTZ001
        (
            lambda i: {"demands": (msgspec.structs.replace(i.demands[0], volume_cm3=0),)},
            "demands[0] (F1).volume_cm3",
        ),
        (
            lambda i: {"demands": (msgspec.structs.replace(i.demands[0], volume_cm3=1_000),)},
            "demands[0] (F1).volume_cm3 is 1000; its",
        ),
        (
            lambda i: {"demands": (msgspec.structs.replace(i.demands[0], gross_g=1),)},
            "demands[0] (F1).gross_g is 1; its",
        ),
        (
            lambda i: {"rules": msgspec.structs.replace(i.rules, plan_fill_permille=1_001)},
            "rules.plan_fill_permille",
        ),
        (
            lambda i: {"weights": msgspec.structs.replace(i.weights, container_handling=-1)},
            "weights.container_handling is -1; expected 0 to",
        ),
        (
            lambda i: {"rules": msgspec.structs.replace(i.rules, freeze_before_lco_s=10**12)},
            "rules.freeze_before_lco_s",
        ),
        (
            lambda i: {"road": msgspec.structs.replace(i.road, far_speed_m_per_s=0)},
            "road.far_speed_m_per_s is 0; expected 1 to",
        ),
        (lambda _: {"clock_at": datetime(1, 1, 1, tzinfo=UTC)}, "clock_at"),
        (
            lambda i: {"consolidations": i.consolidations[1:]},
            "demands[0] (F1).current_consolidation_id is 'FROZEN' and committed: no such",
        ),
        (
            lambda i: {
                "consolidations": tuple(
                    msgspec.structs.replace(c, consignment_ids=()) for c in i.consolidations
                )
            },
            "demands[0] (F1).current_consolidation_id is 'FROZEN' and committed: which is frozen",
        ),
    ],
)
def test_an_instance_that_makes_no_sense_is_rejected_by_field(break_it: Any, field: str) -> None:
    """The message names the field."""
    world = hand_made_world()
    with pytest.raises(InvalidInput) as rejected:
        check_instance(msgspec.structs.replace(world, **break_it(world)))
    assert str(rejected.value).startswith(field)
