from collections.abc import Callable

from groupage.domain.events import planning as pl
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan, unloadable
from tests.processors.aggregates.play import Play

Start = Callable[..., Play]


def test_a_container_that_does_not_load_needs_a_person(play: Start) -> None:
    """One alert about the container, with text and code; no assignment changes."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1", "CN-2": "C1"}), 20)
    places = {"CN-1": "C1", "CN-2": "C1", "CN-3": "C2"}
    story.deliver(plan(2, places, unloadable=(unloadable("C1", "CN-2"),)), 30)
    (raised,) = story.sent("alert.raised")
    assert (raised.about_kind, raised.about) == ("consolidation", "C1")
    assert (raised.code, raised.severity) == ("unloadable_did_not_fit", "critical")
    assert "C1 is frozen: too much" in raised.message
    assert "CN-2" in raised.message
    assert story.sent("consignment.deallocated") == []
    assert story.state.assignments["CN-2"].consolidation_id == "C1"
    story.deliver(plan(3, places, unloadable=(unloadable("C1", "CN-2"),)), 40)
    assert len(story.sent("alert.raised")) == 1, "the same words are one alert"
    story.deliver(plan(4, places), 50)
    (cleared,) = story.sent("alert.cleared")
    assert cleared.alert_id == raised.alert_id


def test_the_alert_ends_when_the_container_leaves(play: Start) -> None:
    """A plan that was decided before it left does not raise the alert again."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 20)
    closed = pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")
    story.deliver(closed, 30)
    assert story.alerts() == set()
    story.deliver(plan(2, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 25)
    assert story.refolds == 1, "the lane keeps how the plan left what has closed since"
    assert story.alerts() == set()


def test_an_unloadable_container_raises_an_alert_before_the_plan_is_approved(play: Start) -> None:
    """The alert comes once, with the proposal; the approval does not raise it again."""
    story = play("lane", w.LANE, auto_approve=False)
    story.deliver(plan(1, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 20)
    assert story.alerts() == {"plan_waits", "unloadable_did_not_fit"}
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 21)
    assert story.alerts() == {"unloadable_did_not_fit"}
    sent = [one for one in story.sent("alert.raised") if one.code == "unloadable_did_not_fit"]
    assert len(sent) == 1


def test_the_warning_of_a_rejected_plan_stands_until_a_published_plan_loads_the_container(
    play: Start,
) -> None:
    """Rejecting a plan does not clear the alert, nor does a proposal before it is approved."""
    story = play("lane", w.LANE, auto_approve=False)
    story.deliver(plan(1, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 20)
    story.deliver(pl.PlanRejected(lane_id=w.LANE, plan_id="P1", by="dana", reason="no"), 21)
    assert story.alerts() == {"unloadable_did_not_fit"}
    story.deliver(plan(2, {"CN-1": "C1"}), 22)
    assert story.alerts() == {"plan_waits", "unloadable_did_not_fit"}
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="dana"), 23)
    assert story.alerts() == set()


def test_approving_an_older_plan_keeps_the_warning_of_a_newer_one(play: Start) -> None:
    """The newest plan's finding counts, even while that plan waits."""
    story = play("lane", w.LANE, auto_approve=False)
    story.deliver(plan(1, {"CN-1": "C1"}), 20)
    story.deliver(plan(2, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 21)
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 22)
    assert story.alerts() == {"plan_waits", "unloadable_did_not_fit"}
    gone = pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")
    story.deliver(gone, 23)
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="dana"), 24)
    assert story.alerts() == set()
