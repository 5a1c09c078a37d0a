from collections.abc import Callable
from datetime import timedelta

import pytest

from groupage.domain.events import planning as pl
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan, trigger
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


def echo(story: Play, minutes: float) -> None:
    """Deliver the lane's own request to it."""
    asked = story.outputs("plan.asked")
    assert len(asked) == 1
    story.deliver(asked[0], minutes)


def test_many_triggers_make_a_single_request(play: Start) -> None:
    """A lane collects triggers for five minutes after the first one."""
    story = play("lane", w.LANE)
    for number in range(20):
        story.deliver(trigger(about=f"CN-{number}"), 10 + number / 60)
    assert story.aggregate.deadline(story.state) == at(15)
    story.tick(14.9)
    assert story.sent("plan.requested") == []
    story.tick(15)
    (request,) = story.sent("plan.requested")
    assert (request.sequence, len(request.about)) == (1, 20)
    assert request.causes == ("available",)


def test_urgent_triggers_do_not_wait(play: Start) -> None:
    """A hold shortens the wait to half a minute."""
    story = play("lane", w.LANE)
    story.deliver(trigger(), 10)
    story.deliver(trigger("hold_placed"), 11)
    assert story.aggregate.deadline(story.state) == at(11.5)


def test_one_request_at_a_time(play: Start) -> None:
    """New triggers wait for the answer, then make the next request."""
    story = play("lane", w.LANE)
    story.deliver(trigger(), 10)
    story.tick(15)
    story.deliver(trigger(about="CN-2"), 15.5)
    assert len(story.sent("plan.requested")) == 1, "asking stays as it is"
    echo(story, 15)
    story.tick(30)
    assert len(story.sent("plan.requested")) == 1
    assert [each.about for each in story.state.triggers.values()] == ["CN-2"]
    story.deliver(plan(1, {"CN-1": "C1"}), 31)
    story.tick(32)
    assert [each.sequence for each in story.sent("plan.requested")] == [1, 2]
    assert story.sent("plan.requested")[1].about == ("CN-2",)


def test_an_unanswered_request_is_asked_again(play: Start) -> None:
    """After an hour without an answer the lane sends the next request."""
    story = play("lane", w.LANE)
    story.deliver(trigger(), 10)
    story.tick(15)
    echo(story, 15)
    assert story.aggregate.deadline(story.state) == at(75)
    story.tick(75)
    requests = story.sent("plan.requested")
    assert [each.sequence for each in requests] == [1, 2]
    assert requests[1].causes == ("timer",)


def test_a_request_that_is_lost_is_sent_again(play: Start) -> None:
    """Nobody could read it, so it never came back: after the same hour the lane sends another."""
    story = play("lane", w.LANE)
    story.deliver(trigger(), 10)
    story.tick(15)
    assert story.aggregate.deadline(story.state) == at(75)
    story.tick(74)
    assert len(story.sent("plan.requested")) == 1
    story.tick(75)
    first, second = story.sent("plan.requested")
    assert (first.sequence, second.sequence) == (1, 1)
    assert second.request_id == f"{first.request_id}-2"
    assert second.causes == ("available", "timer")
    story.tick(135)
    assert story.sent("plan.requested")[2].request_id == f"{first.request_id}-3"
    echo(story, 135)
    assert story.state.pending_request is None
    assert story.state.triggers == {}


HIGH = 1_000_000
JUMPS = {
    "plan.asked": pl.PlanAsked(lane_id=w.LANE, request_id="R", sequence=HIGH, wish_ids=()),
    "plan.failed": pl.PlanFailed(lane_id=w.LANE, request_id="R", sequence=HIGH, reason="x"),
    "plan.proposed": plan(HIGH, {"CN-1": "C1"}),
}


@pytest.mark.parametrize("name", JUMPS)
@pytest.mark.parametrize("minutes", [5, 40])
def test_a_number_cannot_jump(play: Start, name: str, minutes: float) -> None:
    """The lane goes on with its next number, whether the jump comes late or last."""
    story = play("lane", w.LANE)
    story.deliver(trigger(), 10)
    story.tick(15)
    echo(story, 15)
    story.deliver(plan(1, {"CN-1": "C1"}), 20)
    story.deliver(JUMPS[name], minutes)
    assert story.rejections() == ["sequence_jump"]
    assert story.state.sequence == 1
    assert story.state.published_plan_id == "P1"
    story.deliver(trigger(about="CN-2"), 50)
    story.tick(55)
    assert [each.sequence for each in story.sent("plan.requested")] == [1, 2]


def test_a_number_that_becomes_right(play: Start) -> None:
    """A plan may reach the lane before the request that it answers: the order does not count."""
    story = play("lane", w.LANE)
    story.deliver(plan(3, {"CN-1": "C3"}), 40)
    assert story.rejections() == ["sequence_jump"]
    for number, minutes in ((2, 30), (1, 20)):
        asked = pl.PlanAsked(lane_id=w.LANE, request_id=f"R{number}", sequence=number, wish_ids=())
        story.deliver(asked, minutes)
    assert story.rejections() == []
    assert story.state.published_plan_id == "P3"


def test_a_request_ends_with_what_made_it_impossible(play: Start) -> None:
    """A refold keeps the pending request, but not one whose number the lane has not reached."""
    story = play("lane", w.LANE)
    for number in (1, 2):
        asked = pl.PlanAsked(lane_id=w.LANE, request_id=f"R{number}", sequence=number, wish_ids=())
        story.deliver(asked, number, event_id=f"asked-{number}")
        proposed = plan(number, {"CN-1": "C1"})
        story.deliver(proposed, number + 0.5, event_id=f"plan-{number}")
    story.deliver(trigger(), 10)
    story.tick(15)
    assert story.state.pending_request.sequence == 3
    pin = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-1", by="dana", voyage_id=w.VOYAGE)
    story.deliver(pin, 0.5)
    assert story.state.pending_request.sequence == 3, "folded again"
    story.deliver(asked, 2, correction_of="asked-2", retracted=True)
    story.deliver(proposed, 2.5, correction_of="plan-2", retracted=True)
    assert story.state.sequence == 1
    assert story.state.pending_request.sequence == 2


def test_requests_while_the_clock_stands(play: Start) -> None:
    """Late events may call for several plans at one tick: each request gets an instant of its own.

    Requests of one instant would have no order, and one that seems to jump is rejected for ever.
    """
    story = play("lane", w.LANE)
    story.tick(100)
    for number in range(1, 13):
        story.deliver(trigger(about=f"CN-{number}"), 10 + number)
        story.deliver(story.outputs("plan.asked")[0], minutes_of(story))
        story.deliver(plan(number, {"CN-1": "C1"}), minutes_of(story))
    pin = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-1", by="dana", voyage_id=w.VOYAGE)
    story.deliver(pin, 5)
    assert story.refolds >= 1
    assert story.rejections() == []
    assert story.state.sequence == 12
    requested_at = [story.state.requests[str(number)].at for number in range(1, 13)]
    assert requested_at == sorted(set(requested_at))


def minutes_of(story: Play) -> float:
    """Return when the pending or newest request was made, in minutes of the story."""
    state = story.state
    request = state.pending_request or state.requests[str(state.sequence)]
    since: timedelta = request.at - at(0)
    return since / timedelta(minutes=1)


@pytest.mark.parametrize("order", [(1, 2, 3, 4, 5), (5, 4, 3, 2, 1), (3, 1, 5, 2, 4)])
def test_requests_of_one_instant(play: Start, order: tuple[int, ...]) -> None:
    """An older version made several at one tick: they count in the order of their numbers.

    So do their failures, and plans that were decided at that instant.
    """
    story = play("lane", w.LANE)
    for number in order:
        asked = pl.PlanAsked(lane_id=w.LANE, request_id=f"R{number}", sequence=number, wish_ids=())
        story.deliver(asked, 20)
        if number % 2:
            story.deliver(plan(number, {"CN-1": f"C{number}"}), 20)
        else:
            failed = pl.PlanFailed(
                lane_id=w.LANE, request_id=f"R{number}", sequence=number, reason="x"
            )
            story.deliver(failed, 20)
    assert story.rejections() == []
    assert story.state.sequence == 5
    assert story.state.published_plan_id == "P5"


def test_a_failed_request_is_an_answer(play: Start) -> None:
    """The published plan stays, an alert is raised, and the next trigger makes a new request."""
    story = play("lane", w.LANE)
    story.deliver(trigger(), 10)
    story.tick(15)
    echo(story, 15)
    story.deliver(pl.PlanFailed(lane_id=w.LANE, request_id="R", sequence=1, reason="no proof"), 20)
    assert story.alerts() == {"plan_failed"}
    assert story.aggregate.deadline(story.state) is None
    story.deliver(trigger(), 30)
    story.tick(35)
    assert len(story.sent("plan.requested")) == 2


def test_a_trigger_that_the_request_covered_already(play: Start) -> None:
    """A request may arrive before a trigger that it answers: no second request follows."""
    story = play("lane", w.LANE)
    late = Play(story.aggregate, w.LANE).deliver(trigger(), 10)
    asked = pl.PlanAsked(lane_id=w.LANE, request_id="R1", sequence=1, wish_ids=(late.fact_id,))
    story.deliver(asked, 15)
    story.deliver_batch([late])
    assert story.state.triggers == {}
    assert story.state.covered_triggers == []


@pytest.mark.parametrize("unpin", [False, True])
def test_pins(play: Start, unpin: bool) -> None:  # noqa: FBT001
    """A pin stays for the planner until it is removed, and triggers a plan."""
    story = play("lane", w.LANE)
    pin = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-1", by="dana", voyage_id=w.VOYAGE)
    story.deliver(pin, 10)
    if unpin:
        let_go = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-1", by="dana", unpin=True)
        story.deliver(let_go, 11)
    assert ("CN-1" in story.state.pins) is not unpin
    assert {each.cause for each in story.state.triggers.values()} == {"command"}


def test_forbids_and_rolls(play: Start) -> None:
    """Not on that voyage, until lifted."""
    story = play("lane", w.LANE)
    roll = pl.LaneForbidden(
        lane_id=w.LANE, consignment_id="CN-1", by="d", voyage_id="V1", roll=True
    )
    story.deliver(roll, 10)
    assert story.state.forbids["CN-1"]["V1"].roll
    lift = pl.LaneForbidden(
        lane_id=w.LANE, consignment_id="CN-1", by="d", voyage_id="V1", lift=True
    )
    story.deliver(lift, 11)
    assert story.state.forbids == {}
