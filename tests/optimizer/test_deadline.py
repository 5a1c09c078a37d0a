"""A solve that runs out of time gives a valid plan, a true bound and honest reasons.

The clock of these tests ticks once whenever a stage looks at it. So each number of seconds is a
point in the solve, the same on every machine.
"""

import itertools
from collections import Counter

import msgspec
import pytest

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from groupage.domain.policy import Policy
from optimizer.allocation import api
from optimizer.deadline import STAGE_ENDS, Deadline, StageDeadline, StageName
from optimizer.planner.child import SolveJob, solve_job
from optimizer.routing.roster import OUT_OF_TIME
from optimizer.sample import an_hour_later, sample
from optimizer.solve import solve_certified
from optimizer.verification.api import verify
from tests.optimizer.allocation.lanes import lane, opened
from tests.optimizer.world import CLOCK_AT, demand, departure, group
from tests.optimizer.world import instance as hand_made_world


def solve_within(instance: Instance, ticks: float) -> Plan:
    """Solve with a deadline after so many looks at the clock; the plan is certified."""
    outcome = solve_certified(instance, deadline=Deadline(ticks, clock=itertools.count().__next__))
    assert outcome.violations == ()
    assert verify(instance, outcome.plan) == ()
    return outcome.plan


@pytest.fixture(scope="module")
def fresh() -> Instance:
    """Return a lane without a published plan."""
    return sample(consignments=25, seed=3)


@pytest.fixture(scope="module")
def full_plan(fresh: Instance) -> Plan:
    """Return the plan of the lane with all the time that it needs."""
    return solve_certified(fresh).plan


@pytest.fixture(scope="module")
def later(fresh: Instance, full_plan: Plan) -> Instance:
    """Return the lane an hour later: with published containers, arrivals and a cancellation."""
    return an_hour_later(fresh, full_plan, seed=3)


POINTS = (0, 10, 40, 100, 200, 400, 1_000, 3_000, 10_000)


@pytest.mark.parametrize("ticks", POINTS)
def test_a_plan_is_valid_wherever_the_deadline_falls(
    fresh: Instance, full_plan: Plan, ticks: int
) -> None:
    """Its bound is below the cost of every plan, and only a stage cut short excuses anything."""
    plan = solve_within(fresh, ticks)
    cost = full_plan.cost.total - full_plan.cost.haulage
    assert 0 <= plan.lower_bound <= cost
    assert plan.certificate is not None
    assert plan.certificate.repeatable == (plan.stats.cut_short == ())
    codes = Counter(left.code for left in plan.left_out)
    without_truck = [entry for entry in plan.unrouted if entry.reason == OUT_OF_TIME]
    if not plan.stats.cut_short:
        assert not codes[LeftOutCode.TIME_LIMIT]
        assert not without_truck
    assert bool(without_truck) <= ("route" in plan.stats.cut_short)


@pytest.fixture(scope="module")
def later_plan(later: Instance) -> Plan:
    """Return the plan of that lane with all the time that it needs."""
    return solve_certified(later).plan


@pytest.mark.parametrize("ticks", POINTS)
def test_a_published_plan_stays_wherever_the_deadline_falls(
    later: Instance, later_plan: Plan, ticks: int
) -> None:
    """Containers whose contents did not change need no search and no loading."""
    plan = solve_within(later, ticks)
    assert plan.lower_bound <= later_plan.cost.total - later_plan.cost.haulage
    unchanged = {
        container.consolidation_id
        for container in later.consolidations
        if container.consignment_ids
        and all(
            demand.current_consolidation_id == container.consolidation_id
            for demand in later.demands
            if demand.consignment_id in container.consignment_ids
        )
    }
    assert unchanged
    if ticks == 0:
        assert {c.consolidation_id for c in plan.containers} <= unchanged
        assert plan.containers


@pytest.mark.parametrize("ticks", POINTS)
def test_frozen_and_locked_containers_are_in_every_plan(ticks: int) -> None:
    """The hand-made world has one of each, committed cargo, pick-ups and hauls."""
    solve_within(hand_made_world(), ticks)


def test_cargo_that_must_stay_is_loaded_whatever_the_time() -> None:
    """Every plan must contain its container, and no load plan of it is in force."""
    staying = demand("D", committed=True, current_consolidation_id="C")
    instance = lane(staying, demand("E"), consolidations=(opened("C", "D"),))
    plan = solve_within(instance, 0)
    assert [c.consignment_ids for c in plan.containers] == [("D",)]
    assert [(left.consignment_id, left.code) for left in plan.left_out] == [("E", "time_limit")]


def test_the_bound_holds_although_consignments_were_not_looked_at() -> None:
    """One that could leave its container cheaply counts nothing: another place may be free."""
    instance = lane(
        demand("D", group("D", 200), current_consolidation_id="C", latest_arrival_at=CLOCK_AT),
        weights=msgspec.structs.replace(Policy().weights, change=0, change_at_cutoff=0),
        departures=(departure("V1", 10), departure("V2", 17)),
        consolidations=(opened("C", "D", voyage_id="V2"),),
    )
    full = solve_certified(instance).plan
    assert [container.voyage_id for container in full.containers] == ["V1"]
    assert solve_within(instance, 0).lower_bound <= full.cost.total - full.cost.haulage


def test_without_time_all_is_left_out_for_that_reason(fresh: Instance) -> None:
    """But for what a rule keeps out of every container: that reason needs no search."""
    plan = solve_within(fresh, 0)
    assert plan.containers == ()
    assert plan.stats.cut_short[0] == "build"
    codes = {left.code for left in plan.left_out}
    assert LeftOutCode.TIME_LIMIT in codes
    assert codes <= {LeftOutCode.TIME_LIMIT, LeftOutCode.NOT_AVAILABLE_BEFORE_CUTOFF}


class LateStage(Deadline):
    """A deadline whose clock jumps past the share of a stage when the one before it has ended.

    The pick-ups of the last stage are routed from the beginning.
    """

    def __init__(self, late: StageName, *, before: StageName) -> None:
        self._late = late
        self._before = before
        self._is_next = False
        self._now_s = 0.0
        super().__init__(100, clock=lambda: self._now_s)

    def stage(self, name: StageName) -> StageDeadline:
        """Return the deadline of the stage."""
        self._is_next |= name == self._before
        if name == self._late and self._is_next:
            self._now_s = 100 * STAGE_ENDS[name] + 1
        return super().stage(name)


def test_a_stage_that_starts_too_late_is_named_and_no_other(fresh: Instance) -> None:
    """Loading and routing, each too late alone: the stages before them are complete."""
    stages: tuple[tuple[StageName, StageName], ...] = (("load", "allocate"), ("route", "load"))
    for late, before in stages:
        deadline = LateStage(late, before=before)
        plan = solve_certified(fresh, deadline=deadline).plan
        assert late in plan.stats.cut_short
        assert before not in plan.stats.cut_short
        assert verify(fresh, plan) == ()
        if late == "load":
            assert plan.containers == ()
            reasons = [left.reason for left in plan.left_out if left.code == "time_limit"]
            assert any("was loaded" in reason for reason in reasons)
        else:
            assert {entry.reason for entry in plan.unrouted} == {OUT_OF_TIME}
            assert plan.containers


def test_a_large_lane_is_planned_from_tables(
    monkeypatch: pytest.MonkeyPatch, fresh: Instance, full_plan: Plan, later: Instance
) -> None:
    """Nearly as cheap as with CP-SAT's relaxation, with a bound, and the same every time."""
    monkeypatch.setattr(api, "LARGE_PAIRS", 0)
    plan = solve_certified(fresh).plan
    cost, full_cost = (p.cost.total - p.cost.haulage for p in (plan, full_plan))
    assert verify(fresh, plan) == ()
    assert plan.lower_bound <= full_cost <= cost * 1.1
    assert cost <= full_cost * 1.1
    assert plan.gap_ratio < 0.35
    assert solve_certified(fresh).plan == plan
    for ticks in (0, 50, 500):
        solve_within(fresh, ticks)
        solve_within(later, ticks)


def test_the_solver_process_counts_what_the_planner_has_spent(fresh: Instance) -> None:
    """A job that comes too late is answered at once with a plan that says so."""
    result = solve_job(SolveJob(instance=fresh, wall_s=-1.0))
    assert result.plan is not None
    assert result.plan.stats.cut_short[0] == "build"
    limited = msgspec.structs.replace(fresh.limits, wall_s=0.0)
    own = solve_job(SolveJob(instance=msgspec.structs.replace(fresh, limits=limited)))
    assert own.plan is not None
    assert own.plan.stats.cut_short
