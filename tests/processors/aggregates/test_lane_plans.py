from collections.abc import Callable

import msgspec

from groupage.domain.events import planning as pl
from groupage.domain.events.consignment import ConsignmentAllocated
from processors.kernel.corrections import Entry
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.play import Play, at, entry

Start = Callable[..., Play]


def test_a_published_plan_gives_places(play: Start) -> None:
    """Consolidations are opened and planned, consignments allocated, the approval recorded."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1", "CN-2": "C1"}), 20)
    assert story.state.published_plan_id == "P1"
    assert [each.consolidation_id for each in story.sent("consolidation.opened")] == ["C1"]
    assert story.sent("consolidation.planned")[0].consignment_ids == ("CN-1", "CN-2")
    assert {each.consignment_id for each in story.sent("consignment.allocated")} == {
        "CN-1",
        "CN-2",
    }
    assert story.sent("plan.approved")[0].by == "policy"


def test_a_consolidation_keeps_the_policy_that_it_was_opened_under(play: Start) -> None:
    """A plan under other rules says so of what it opens, not of what is open."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1"}, policy="no dangerous goods"), 20)
    story.deliver(plan(2, {"CN-1": "C1", "CN-2": "C2"}, policy="all goods"), 40)
    opened = story.sent("consolidation.opened")
    assert [(each.consolidation_id, each.policy) for each in opened] == [
        ("C1", "no dangerous goods"),
        ("C2", "all goods"),
    ]


def test_a_newer_plan_publishes_only_what_changes(play: Start) -> None:
    """Only consignments that move, enter or leave get a message."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1", "CN-2": "C1", "CN-3": "C1"}), 20)
    story.messages.clear()
    moves = (
        pl.PlanMove(
            consignment_id="CN-3",
            from_consolidation_id="C1",
            to_consolidation_id=None,
            reason_code="blocked_by_hold",
            reason="on hold",
        ),
    )
    story.deliver(plan(2, {"CN-1": "C1", "CN-2": "C2", "CN-4": "C1"}, moves=moves), 40)
    allocated = {each.consignment_id: each for each in story.sent("consignment.allocated")}
    assert set(allocated) == {"CN-2", "CN-4"}
    assert allocated["CN-2"].from_consolidation_id == "C1"
    (gone,) = story.sent("consignment.deallocated")
    assert (gone.consignment_id, gone.reason_code) == ("CN-3", "blocked_by_hold")
    assert story.sent("plan.superseded")[0].by_plan_id == "P2"
    assert story.state.assignments["CN-1"].plan_id == "P1"


def test_a_consolidation_on_another_voyage_takes_its_assignments_along(play: Start) -> None:
    """The allocation goes out again with the time of the plan that changed the voyage."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1"}), 20)
    moved = pl.Assignment(consignment_id="CN-1", consolidation_id="C1", voyage_id="V2")
    story.deliver(plan(2, {"CN-1": "C1"}, assignments=(moved,)), 40)
    story.deliver(plan(3, {"CN-1": "C1"}, assignments=(moved,)), 60)
    sent = [
        (change.event.voyage_id, change.at)
        for change in story.published
        if isinstance(change.event, ConsignmentAllocated)
    ]
    assert sent == [(w.VOYAGE, at(20)), ("V2", at(40))]
    assert story.state.assignments["CN-1"].since_at == at(20)


def test_rolled_to_a_later_departure(play: Start) -> None:
    """A move whose reason is a roll is published as a roll, before the new allocation."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1"}), 20)
    moves = (
        pl.PlanMove(
            consignment_id="CN-1",
            from_consolidation_id="C1",
            to_consolidation_id="C2",
            reason_code="rolled_to_later_departure",
            reason="",
        ),
    )
    story.deliver(plan(2, {"CN-1": "C2"}, moves=moves), 40)
    (rolled,) = story.sent("consignment.rolled")
    assert (rolled.from_consolidation_id, rolled.to_consolidation_id) == ("C1", "C2")


def test_an_older_plan_never_overtakes(play: Start) -> None:
    """A plan of a lower sequence that comes late is superseded on arrival."""
    story = play("lane", w.LANE)
    for number in (1, 2):
        request = f"REQ-{w.LANE}-{number:06d}"
        asked = pl.PlanAsked(lane_id=w.LANE, request_id=request, sequence=number, wish_ids=())
        story.deliver(asked, 20 + number)
    story.deliver(plan(2, {"CN-1": "C2"}), 40)
    story.deliver(plan(1, {"CN-1": "C1"}), 41)
    assert story.state.published_plan_id == "P2"
    assert story.state.plans["P1"].status == "superseded"
    assert story.state.assignments["CN-1"].consolidation_id == "C2"


def test_the_approval_of_a_late_plan_comes_back_without_a_refold(play: Start) -> None:
    """It is late like its plan, and changes nothing."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1"}), 20)
    pin = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-2", by="dana", voyage_id=w.VOYAGE)
    story.deliver(pin, 40)
    story.deliver(plan(2, {"CN-1": "C2"}), 35)
    approved = story.sent("plan.approved")[-1]
    assert approved.plan_id == "P2"
    own = entry(approved, 35)
    relayed = msgspec.structs.replace(own.fact, relayed_by="lane")
    story.deliver_batch([Entry(own.fact_id, relayed)])
    assert story.refolds == 0
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="dana"), 36)
    assert story.refolds == 1, "a dispatcher confirms it"


def test_a_plan_without_certificate_is_rejected(play: Start) -> None:
    """Only what the verifier passed may count."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1"}, certificate=""), 20)
    assert story.rejections() == ["no_certificate"]
    assert story.state.published_plan_id == ""


def test_a_dispatcher_decides(play: Start) -> None:
    """Without automatic approval plans wait: accepted, rejected, or overtaken."""
    story = play("lane", w.LANE, auto_approve=False)
    story.deliver(plan(1, {"CN-1": "C1"}), 20)
    story.deliver(plan(2, {"CN-1": "C2"}), 30)
    assert story.alerts() == {"plan_waits"}
    assert story.sent("consignment.allocated") == []
    story.deliver(pl.PlanRejected(lane_id=w.LANE, plan_id="P1", by="dana", reason="no"), 31)
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 32)
    assert story.rejections() == ["plan_rejected"]
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="dana"), 33)
    assert story.state.published_plan_id == "P2"
    assert story.sent("consignment.allocated")[0].consolidation_id == "C2"
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P9", by="dana"), 34)
    story.deliver(pl.PlanRejected(lane_id=w.LANE, plan_id="P2", by="dana", reason="x"), 35)
    assert story.rejections() == ["plan_published", "plan_rejected", "unknown_plan"]


def test_an_approval_of_a_plan_that_was_overtaken_by_then(play: Start) -> None:
    """An approval that arrives before the newer plan still counts in its order."""
    story = play("lane", w.LANE, auto_approve=False)
    story.deliver(plan(1, {"CN-1": "C1"}), 20)
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 42)
    assert story.rejections() == []
    story.deliver(plan(2, {"CN-1": "C2"}), 40)
    assert story.rejections() == []
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="li"), 41)
    assert story.rejections() == ["plan_superseded"]


def test_the_approval_of_a_plan_that_does_not_wait_is_rejected(play: Start) -> None:
    """The policy approved it, or somebody else did; whatever order they arrive in."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1"}), 20)
    story.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 30)
    (rejected,) = story.state.rejected.values()
    assert rejected.code == "plan_published"
    assert rejected.reason.endswith(" by policy")
    waits = play("lane", w.LANE, auto_approve=False)
    waits.deliver(plan(1, {"CN-1": "C1"}), 20)
    waits.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 40)
    assert waits.rejections() == []
    waits.deliver(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="li"), 30)
    (rejected,) = waits.state.rejected.values()
    assert rejected.reason.endswith(" by li")


def test_an_approval_that_comes_back_after_its_plan_was_retracted(play: Start) -> None:
    """The lane approved that plan by its policy, and nobody has to do anything about it.

    Anybody else's approval of a plan that the lane does not know is rejected.
    """
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1"}), 20, event_id="plan")
    (approved,) = story.sent("plan.approved")
    story.deliver(plan(1, {"CN-1": "C1"}), 20, correction_of="plan", retracted=True)
    own = entry(approved, 20)
    relayed = msgspec.structs.replace(own.fact, relayed_by="lane")
    story.deliver_batch([Entry(own.fact_id, relayed)])
    assert story.rejections() == []
    story.deliver(approved, 21)
    assert story.rejections() == ["unknown_plan"]


def test_a_closed_consolidation_is_dropped(play: Start) -> None:
    """A closed consolidation is dropped with its assignments; a later plan cannot revive it."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1", "CN-2": "C2"}), 20)
    closed = pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")
    story.deliver(closed, 30)
    assert set(story.state.open_consolidations) == {"C2"}
    assert set(story.state.assignments) == {"CN-2"}
    story.deliver(plan(2, {"CN-1": "C1", "CN-2": "C2"}), 25)
    assert story.refolds == 1, "the lane keeps how a plan left what has closed since"
    pin = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-2", by="dana", voyage_id=w.VOYAGE)
    story.deliver(pin, 36)
    story.deliver(plan(3, {"CN-1": "C1", "CN-2": "C2"}), 35)
    assert story.refolds == 1, "a plan is decided before what was received meanwhile"
    assert set(story.state.open_consolidations) == {"C2"}
    assert set(story.state.assignments) == {"CN-2"}
