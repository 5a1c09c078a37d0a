from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain.events import planning as pl
from groupage.domain.events.consignment import ConsignmentAllocated
from tests.processors.cores import words as w
from tests.processors.cores.play import Play, at

Start = Callable[..., Play]


def wish(cause: Any = "available", about: str = "CN-1") -> pl.ReplanWanted:
    """A reason to plan again."""
    return pl.ReplanWanted(lane_id=w.LANE, cause=cause, about=about)


def plan(sequence: int, places: dict[str, str], **more: Any) -> pl.PlanProposed:
    """A plan that puts consignments into consolidations."""
    boxes = sorted(set(places.values()))
    fields: dict[str, Any] = {
        "lane_id": w.LANE,
        "plan_id": f"P{sequence}",
        "request_id": f"REQ-{w.LANE}-{sequence:06d}",
        "sequence": sequence,
        "decided_at": at(0),
        "assignments": tuple(
            pl.Assignment(consignment_id=name, consolidation_id=place, voyage_id=w.VOYAGE)
            for name, place in places.items()
        ),
        "moves": (),
        "consolidations": tuple(
            pl.PlannedConsolidation(
                consolidation_id=name,
                voyage_id=w.VOYAGE,
                iso_type="45G1",
                consignment_ids=tuple(each for each, place in places.items() if place == name),
                volume_cm3=1,
                gross_g=1,
            )
            for name in boxes
        ),
        "cost_minor": 100,
        "bound_minor": 90,
        "gap_ratio": 0.1,
        "certificate": "sha256:x",
    }
    return pl.PlanProposed(**{**fields, **more})


def echo(story: Play, minutes: float) -> None:
    """The lane hears its own request."""
    asked = story.now("plan.asked")
    assert len(asked) == 1
    story.say(asked[0], minutes)


def test_a_storm_of_wishes_costs_one_request(play: Start) -> None:
    """Wishes are collected for five minutes after the first one."""
    story = play("lane", w.LANE)
    for number in range(20):
        story.say(wish(about=f"CN-{number}"), 10 + number / 60)
    assert story.core.deadline(story.state) == at(15)
    story.tick(14.9)
    assert story.said("plan.requested") == []
    story.tick(15)
    (request,) = story.said("plan.requested")
    assert (request.sequence, len(request.about)) == (1, 20)
    assert request.causes == ("available",)


def test_urgent_wishes_do_not_wait(play: Start) -> None:
    """A hold shortens the wait to half a minute."""
    story = play("lane", w.LANE)
    story.say(wish(), 10)
    story.say(wish("hold_placed"), 11)
    assert story.core.deadline(story.state) == at(11.5)


def test_one_request_at_a_time(play: Start) -> None:
    """New wishes wait for the answer, then make the next request."""
    story = play("lane", w.LANE)
    story.say(wish(), 10)
    story.tick(15)
    story.say(wish(about="CN-2"), 15.5)
    assert len(story.said("plan.requested")) == 1, "asking stays as it is"
    echo(story, 15)
    story.tick(30)
    assert len(story.said("plan.requested")) == 1
    assert [each.about for each in story.state.wishes.values()] == ["CN-2"]
    story.say(plan(1, {"CN-1": "C1"}), 31)
    story.tick(32)
    assert [each.sequence for each in story.said("plan.requested")] == [1, 2]
    assert story.said("plan.requested")[1].about == ("CN-2",)


def test_an_unanswered_request_is_asked_again(play: Start) -> None:
    """After an hour without answer the next number goes out, for lack of one."""
    story = play("lane", w.LANE)
    story.say(wish(), 10)
    story.tick(15)
    echo(story, 15)
    assert story.core.deadline(story.state) == at(75)
    story.tick(75)
    requests = story.said("plan.requested")
    assert [each.sequence for each in requests] == [1, 2]
    assert requests[1].causes == ("timer",)


def test_a_failed_request_is_an_answer(play: Start) -> None:
    """The published plan stays, people are told, and the next wish asks again."""
    story = play("lane", w.LANE)
    story.say(wish(), 10)
    story.tick(15)
    echo(story, 15)
    story.say(pl.PlanFailed(lane_id=w.LANE, request_id="R", sequence=1, reason="no proof"), 20)
    assert story.alerts() == {"plan_failed"}
    assert story.core.deadline(story.state) is None
    story.say(wish(), 30)
    story.tick(35)
    assert len(story.said("plan.requested")) == 2


def test_a_wish_that_the_request_covered_already(play: Start) -> None:
    """The request may be heard of before a wish that it answers: no second request for it."""
    story = play("lane", w.LANE)
    late = Play(story.core, w.LANE).say(wish(), 10)
    asked = pl.PlanAsked(lane_id=w.LANE, request_id="R1", sequence=1, wish_ids=(late.fact_id,))
    story.say(asked, 15)
    story.take([late])
    assert story.state.wishes == {}
    assert story.state.covered == []


def test_a_published_plan_gives_places(play: Start) -> None:
    """Consolidations are opened and planned, consignments allocated, the approval recorded."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1", "CN-2": "C1"}), 20)
    assert story.state.published_plan_id == "P1"
    assert [each.consolidation_id for each in story.said("consolidation.opened")] == ["C1"]
    assert story.said("consolidation.planned")[0].consignment_ids == ("CN-1", "CN-2")
    assert {each.consignment_id for each in story.said("consignment.allocated")} == {
        "CN-1",
        "CN-2",
    }
    assert story.said("plan.approved")[0].by == "policy"


def test_a_consolidation_keeps_the_policy_that_it_was_opened_under(play: Start) -> None:
    """A plan under other rules says so of what it opens, not of what is open."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1"}, policy="no dangerous goods"), 20)
    story.say(plan(2, {"CN-1": "C1", "CN-2": "C2"}, policy="all goods"), 40)
    opened = story.said("consolidation.opened")
    assert [(each.consolidation_id, each.policy) for each in opened] == [
        ("C1", "no dangerous goods"),
        ("C2", "all goods"),
    ]


def test_a_newer_plan_tells_only_what_changes(play: Start) -> None:
    """Who stays hears nothing; who moves, enters or leaves does."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1", "CN-2": "C1", "CN-3": "C1"}), 20)
    story.published.clear()
    moves = (
        pl.PlanMove(
            consignment_id="CN-3",
            from_consolidation_id="C1",
            to_consolidation_id=None,
            reason_code="blocked_by_hold",
            reason="on hold",
        ),
    )
    story.say(plan(2, {"CN-1": "C1", "CN-2": "C2", "CN-4": "C1"}, moves=moves), 40)
    allocated = {each.consignment_id: each for each in story.said("consignment.allocated")}
    assert set(allocated) == {"CN-2", "CN-4"}
    assert allocated["CN-2"].from_consolidation_id == "C1"
    (gone,) = story.said("consignment.deallocated")
    assert (gone.consignment_id, gone.reason_code) == ("CN-3", "blocked_by_hold")
    assert story.said("plan.superseded")[0].by_plan_id == "P2"
    assert story.state.seats["CN-1"].plan_id == "P1"


def test_a_consolidation_on_another_voyage_takes_its_seats_along(play: Start) -> None:
    """Told with the time of the plan that says so: at one time a seat has one voyage."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1"}), 20)
    moved = pl.Assignment(consignment_id="CN-1", consolidation_id="C1", voyage_id="V2")
    story.say(plan(2, {"CN-1": "C1"}, assignments=(moved,)), 40)
    story.say(plan(3, {"CN-1": "C1"}, assignments=(moved,)), 60)
    told = [
        (change.event.voyage_id, change.at)
        for change in story.published
        if isinstance(change.event, ConsignmentAllocated)
    ]
    assert told == [(w.VOYAGE, at(20)), ("V2", at(40))]
    assert story.state.seats["CN-1"].since_at == at(20)


def test_rolled_to_a_later_departure(play: Start) -> None:
    """A move whose reason is a roll is told as one, before the new place."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1"}), 20)
    moves = (
        pl.PlanMove(
            consignment_id="CN-1",
            from_consolidation_id="C1",
            to_consolidation_id="C2",
            reason_code="rolled_to_later_departure",
            reason="",
        ),
    )
    story.say(plan(2, {"CN-1": "C2"}, moves=moves), 40)
    (rolled,) = story.said("consignment.rolled")
    assert (rolled.from_consolidation_id, rolled.to_consolidation_id) == ("C1", "C2")


def test_an_older_plan_never_overtakes(play: Start) -> None:
    """A plan of a lower sequence that comes late is superseded on arrival."""
    story = play("lane", w.LANE)
    story.say(plan(2, {"CN-1": "C2"}), 40)
    story.say(plan(1, {"CN-1": "C1"}), 41)
    assert story.state.published_plan_id == "P2"
    assert story.state.plans["P1"].status == "superseded"
    assert story.state.seats["CN-1"].consolidation_id == "C2"


def test_a_plan_without_certificate_is_refused(play: Start) -> None:
    """Only what the verifier passed may count."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1"}, certificate=""), 20)
    assert story.refusals() == ["no_certificate"]
    assert story.state.published_plan_id == ""


def test_a_dispatcher_decides(play: Start) -> None:
    """Without automatic approval plans wait: accepted, rejected, or overtaken."""
    story = play("lane", w.LANE, auto_approve=False)
    story.say(plan(1, {"CN-1": "C1"}), 20)
    story.say(plan(2, {"CN-1": "C2"}), 30)
    assert story.alerts() == {"plan_waits"}
    assert story.said("consignment.allocated") == []
    story.say(pl.PlanRejected(lane_id=w.LANE, plan_id="P1", by="dana", reason="no"), 31)
    story.say(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 32)
    assert story.refusals() == ["plan_rejected"]
    story.say(pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="dana"), 33)
    assert story.state.published_plan_id == "P2"
    assert story.said("consignment.allocated")[0].consolidation_id == "C2"
    story.say(pl.PlanApproved(lane_id=w.LANE, plan_id="P9", by="dana"), 34)
    story.say(pl.PlanRejected(lane_id=w.LANE, plan_id="P2", by="dana", reason="x"), 35)
    assert story.refusals() == ["plan_published", "plan_rejected", "unknown_plan"]


def test_an_approval_of_a_plan_that_was_overtaken_by_then(play: Start) -> None:
    """Heard before the plan that overtook it, it is judged in its place all the same."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1"}), 20)
    story.say(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 41)
    assert story.refusals() == []
    story.say(plan(2, {"CN-1": "C2"}), 40)
    assert story.refusals() == ["plan_superseded"]


def test_what_left_is_planned_no_longer(play: Start) -> None:
    """A closed consolidation drops out, with its seats; a later plan cannot revive it."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1", "CN-2": "C2"}), 20)
    closed = pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")
    story.say(closed, 30)
    assert set(story.state.boxes) == {"C2"}
    assert set(story.state.seats) == {"CN-2"}
    story.say(plan(2, {"CN-1": "C1", "CN-2": "C2"}), 25)
    assert story.refolds == 0, "a plan is decided before what was heard meanwhile"
    assert set(story.state.boxes) == {"C2"}
    assert set(story.state.seats) == {"CN-2"}


@pytest.mark.parametrize("unpin", [False, True])
def test_pins(play: Start, unpin: bool) -> None:  # noqa: FBT001
    """A pin is kept for the instance builder until it is taken out, and asks for a plan."""
    story = play("lane", w.LANE)
    pin = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-1", by="dana", voyage_id=w.VOYAGE)
    story.say(pin, 10)
    if unpin:
        let_go = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-1", by="dana", unpin=True)
        story.say(let_go, 11)
    assert ("CN-1" in story.state.pins) is not unpin
    assert {each.cause for each in story.state.wishes.values()} == {"command"}


def test_forbids_and_rolls(play: Start) -> None:
    """Not on that voyage, until lifted."""
    story = play("lane", w.LANE)
    roll = pl.LaneForbidden(
        lane_id=w.LANE, consignment_id="CN-1", by="d", voyage_id="V1", roll=True
    )
    story.say(roll, 10)
    assert story.state.forbids["CN-1"]["V1"].roll
    lift = pl.LaneForbidden(
        lane_id=w.LANE, consignment_id="CN-1", by="d", voyage_id="V1", lift=True
    )
    story.say(lift, 11)
    assert story.state.forbids == {}


def unloadable(name: str, *ids: str, code: str = "did_not_fit") -> pl.UnloadableConsolidation:
    """What a plan says of a closed container."""
    return pl.UnloadableConsolidation(
        consolidation_id=name, consignment_ids=ids, code=code, reason=f"{name} is frozen: too much"
    )


def test_a_container_that_does_not_load_needs_a_person(play: Start) -> None:
    """One alert about the container, in words and as code; nobody loses a place by it."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1", "CN-2": "C1"}), 20)
    places = {"CN-1": "C1", "CN-2": "C1", "CN-3": "C2"}
    story.say(plan(2, places, unloadable=(unloadable("C1", "CN-2"),)), 30)
    (raised,) = story.said("alert.raised")
    assert (raised.about_kind, raised.about) == ("consolidation", "C1")
    assert (raised.code, raised.severity) == ("unloadable_did_not_fit", "critical")
    assert "C1 is frozen: too much" in raised.message
    assert "CN-2" in raised.message
    assert story.said("consignment.deallocated") == []
    assert story.state.seats["CN-2"].consolidation_id == "C1"
    story.say(plan(3, places, unloadable=(unloadable("C1", "CN-2"),)), 40)
    assert len(story.said("alert.raised")) == 1, "the same words are one alert"
    story.say(plan(4, places), 50)
    (cleared,) = story.said("alert.cleared")
    assert cleared.alert_id == raised.alert_id


def test_the_alert_ends_when_the_container_leaves(play: Start) -> None:
    """And a plan that was decided before it left does not raise it again."""
    story = play("lane", w.LANE)
    story.say(plan(1, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 20)
    closed = pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")
    story.say(closed, 30)
    assert story.alerts() == set()
    story.say(plan(2, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 25)
    assert story.refolds == 0, "it passes the closing"
    assert story.alerts() == set()


def test_what_does_not_load_is_told_before_the_plan_is_approved(play: Start) -> None:
    """The alert comes with the proposal, and once; the approval says nothing new."""
    story = play("lane", w.LANE, auto_approve=False)
    story.say(plan(1, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 20)
    assert story.alerts() == {"plan_waits", "unloadable_did_not_fit"}
    story.say(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 21)
    assert story.alerts() == {"unloadable_did_not_fit"}
    told = [one for one in story.said("alert.raised") if one.code == "unloadable_did_not_fit"]
    assert len(told) == 1


def test_the_warning_of_a_rejected_plan_stands_until_a_plan_in_force_finds_a_way(
    play: Start,
) -> None:
    """To reject a plan makes no container bigger; nor does a proposal before it is approved."""
    story = play("lane", w.LANE, auto_approve=False)
    story.say(plan(1, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 20)
    story.say(pl.PlanRejected(lane_id=w.LANE, plan_id="P1", by="dana", reason="no"), 21)
    assert story.alerts() == {"unloadable_did_not_fit"}
    story.say(plan(2, {"CN-1": "C1"}), 22)
    assert story.alerts() == {"plan_waits", "unloadable_did_not_fit"}
    story.say(pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="dana"), 23)
    assert story.alerts() == set()


def test_approving_an_older_plan_keeps_the_warning_of_a_newer_one(play: Start) -> None:
    """The newest word about a container counts, also while its plan waits."""
    story = play("lane", w.LANE, auto_approve=False)
    story.say(plan(1, {"CN-1": "C1"}), 20)
    story.say(plan(2, {"CN-1": "C1"}, unloadable=(unloadable("C1", "CN-1"),)), 21)
    story.say(pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="dana"), 22)
    assert story.alerts() == {"plan_waits", "unloadable_did_not_fit"}
    gone = pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")
    story.say(gone, 23)
    story.say(pl.PlanApproved(lane_id=w.LANE, plan_id="P2", by="dana"), 24)
    assert story.alerts() == set()
