"""A plan that the time limit cut short is continued, as long as further plans are better."""

from collections.abc import Callable

import pytest

from groupage.domain.events import planning as pl
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan, trigger
from tests.processors.aggregates.play import Play

Start = Callable[..., Play]


def run(story: Play, left: list[int], *, saves: int = 0) -> list[tuple[str, ...]]:
    """Answer each request with a plan that leaves out the next number of consignments.

    Each plan costs less than the one before by `saves`.

    Returns the causes of the requests. The clock goes on for six minutes after each plan.
    """
    story.deliver(trigger(), 10)
    story.tick(minutes := 15)
    for out_of_time in left:
        if not story.outputs("plan.asked"):
            break
        sequence = story.outputs("plan.asked")[0].sequence
        story.deliver(story.outputs("plan.asked")[0], minutes)
        cost_minor = 10_000 - sequence * saves
        proposed = plan(sequence, {"CN-1": "C1"}, out_of_time=out_of_time, cost_minor=cost_minor)
        story.deliver(proposed, minutes + 0.5)
        story.tick(minutes := minutes + 6)
    return [each.causes for each in story.sent("plan.requested")]


def test_until_nothing_is_left(play: Start) -> None:
    """Each request waits for other changes as usual, and names the plan that it continues."""
    story = play("lane", w.LANE)
    assert run(story, [900, 300, 0]) == [("available",), ("time_limit",), ("time_limit",)]
    assert [each.about for each in story.sent("plan.requested")] == [("CN-1",), ("P1",), ("P2",)]
    assert story.aggregate.deadline(story.state) is None


@pytest.mark.parametrize("left", [[900, 900], [900, 950], [900, 500, 500]])
def test_until_there_is_no_progress(play: Start, left: list[int]) -> None:
    """A plan that leaves out as many as the one before ends it, unless it is cheaper."""
    story = play("lane", w.LANE)
    assert len(run(story, [*left, 1])) == len(left)
    assert story.state.triggers == {}
    cheaper = play("lane", w.LANE)
    assert len(run(cheaper, [*left, 0], saves=10)) == len(left) + 1


def test_a_bounded_number_of_times(play: Start) -> None:
    """Small steps end after ten more plans; a change of the lane is planned as always."""
    story = play("lane", w.LANE)
    assert len(run(story, list(range(900, 0, -1)))) == 11
    story.deliver(trigger(about="CN-2"), 200)
    story.tick(206)
    assert story.sent("plan.requested")[-1].causes == ("available",)


def test_a_plan_that_waits_is_not_continued(play: Start) -> None:
    """The planner starts from the published plan: nothing is gained before somebody approves."""
    story = play("lane", w.LANE, auto_approve=False)
    assert len(run(story, [900])) == 1
    assert story.state.triggers == {}
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 40)
    assert [each.cause for each in story.state.triggers.values()] == ["time_limit"]
    story.tick(46)
    assert story.sent("plan.requested")[-1].causes == ("time_limit",)


def test_a_plan_that_comes_late_or_is_retracted(play: Start) -> None:
    """The plan after it does the same as if it had come in time, or never."""
    story = play("lane", w.LANE)
    story.deliver(trigger(), 10)
    story.tick(15)
    story.deliver(story.outputs("plan.asked")[0], 15)
    story.deliver(trigger(about="CN-2"), 17)
    story.deliver(plan(1, {"CN-1": "C1"}, out_of_time=9), 15.5, event_id="plan")
    assert sorted(each.cause for each in story.state.triggers.values()) == [
        "available",
        "time_limit",
    ]
    retracted = {"correction_of": "plan", "retracted": True}
    story.deliver(plan(1, {"CN-1": "C1"}, out_of_time=9), 15.5, **retracted)
    assert sorted(each.cause for each in story.state.triggers.values()) == ["available", "command"]
