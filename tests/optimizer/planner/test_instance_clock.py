"""The time of a plan: after all facts that it includes, and after the lane's earlier plans."""

from datetime import datetime, timedelta

import pytest

from groupage.domain.instance import Limits
from groupage.domain.policy import Policy
from groupage.domain.state.lane import LaneState, PlanRecord
from optimizer.instance.build import build_instance
from optimizer.instance.snapshot import Snapshot
from optimizer.solve import solve
from tests.optimizer.planner.lanes import CLOCK_AT, LANE_ID, consignment, request, voyage

MICROSECOND = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def note(sequence: int, decided_at: datetime) -> PlanRecord:
    """An earlier plan of the lane."""
    return PlanRecord(
        sequence=sequence,
        status="superseded",
        decided_at=decided_at,
        proposed_at=decided_at,
        request_id=f"R{sequence}",
        cost_minor=1,
        bound_minor=1,
        gap_ratio=0.0,
        certificate="x",
    )


def decided(*before: datetime, newest_at: datetime | None = None) -> datetime:
    """Return the time of a plan requested at CLOCK_AT, after plans of these instants."""
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT)
    lane.plans = {f"P{n}": note(n, at) for n, at in enumerate(before, start=1)}
    snapshot = Snapshot(
        lane=lane,
        consignments=(consignment(1),),
        voyages=(voyage(0),),
        newest_at=newest_at,
    )
    instance = build_instance(snapshot, request(9), Policy(), Limits())
    plan = solve(instance)
    assert plan.decided_at == instance.clock_at
    return plan.decided_at


@pytest.mark.parametrize(
    ("before", "newest_at", "right"),
    [
        ((), None, CLOCK_AT),
        ((), CLOCK_AT - HOUR, CLOCK_AT),
        ((), CLOCK_AT + HOUR, CLOCK_AT + HOUR),
        ((CLOCK_AT - HOUR,), None, CLOCK_AT),
        ((CLOCK_AT,), None, CLOCK_AT + MICROSECOND),
        ((CLOCK_AT + HOUR, CLOCK_AT - HOUR), None, CLOCK_AT + HOUR + MICROSECOND),
        ((CLOCK_AT + HOUR,), CLOCK_AT + 2 * HOUR, CLOCK_AT + 2 * HOUR),
        ((CLOCK_AT + 2 * HOUR,), CLOCK_AT + HOUR, CLOCK_AT + 2 * HOUR + MICROSECOND),
    ],
)
def test_a_plan_is_decided_after_all_it_follows(
    before: tuple[datetime, ...], newest_at: datetime | None, right: datetime
) -> None:
    """Not before request or newest fact, and after every earlier plan of the lane."""
    assert decided(*before, newest_at=newest_at) == right


def test_plans_at_one_instant_of_the_hub_are_in_order() -> None:
    """A clock that stands still gives each plan a later instant than the one before."""
    seen: list[datetime] = []
    for _ in range(5):
        seen.append(decided(*seen))
    assert seen == sorted(set(seen))
