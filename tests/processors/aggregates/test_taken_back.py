"""What follows from a mistake at other aggregates goes with it, whatever happened meanwhile."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import equipment as eq
from groupage.domain.events import planning as pl
from groupage.domain.events import unit as un
from processors.aggregates.lane import history
from processors.kernel.outputs import Change
from tests.processors.aggregates import events as w
from tests.processors.aggregates.booked_hub import (
    NAMES,
    booked_hub,
    check_allocations,
    publish,
    retract,
)
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.play import Play, at
from tests.processors.aggregates.test_voyage import sailing

Start = Callable[..., Play]
LANE: dict[str, Any] = {"by": "dana", "lane_id": w.LANE}


@pytest.mark.parametrize("end", [csl.ConsolidationCancelled, csl.ConsolidationBrokenUp])
def test_a_cancelled_consolidation_comes_back_after_the_next_plan(end: Any) -> None:
    """Whoever the next plan leaves out is in no container that this plan does not know."""
    hub = booked_hub()
    publish(hub, plan(1, dict.fromkeys(NAMES, "C1")))
    mistake = publish(hub, end(consolidation_id="C1", reason="wrong container"))
    assert check_allocations(hub) == {}
    publish(hub, plan(2, {"CN-1": "C2"}))
    retract(hub, mistake)
    assert check_allocations(hub) == {"CN-1": "C2"}
    assert hub.state("lane", w.LANE).closed_at == {}
    publish(hub, plan(3, {"CN-1": "C2", "CN-2": "C1"}))
    assert check_allocations(hub) == {"CN-1": "C2", "CN-2": "C1"}


def test_a_cancellation_that_is_retracted_at_once_leaves_all_as_it_was() -> None:
    """And a retraction of the retraction cancels it again."""
    hub = booked_hub()
    publish(hub, plan(1, dict.fromkeys(NAMES, "C1")))
    cancelled = csl.ConsolidationCancelled(consolidation_id="C1", reason="x")
    mistake = publish(hub, cancelled)
    wrong = retract(hub, mistake)
    assert check_allocations(hub) == dict.fromkeys(NAMES, "C1")
    retract(hub, wrong)
    assert check_allocations(hub) == {}
    assert hub.state("lane", w.LANE).closed_at.keys() == {"C1"}


@pytest.mark.parametrize(
    "command",
    [
        commands.PinConsignment(
            command_id="K", consignment_id="CN-1", voyage_id=w.VOYAGE, reason="", **LANE
        ),
        commands.ForbidConsignment(
            command_id="K", consignment_id="CN-1", voyage_id=w.VOYAGE, **LANE
        ),
        commands.RollConsignment(
            command_id="K", consignment_id="CN-1", from_voyage_id=w.VOYAGE, **LANE
        ),
    ],
)
def test_a_retracted_command_is_not_in_force(command: commands.Command) -> None:
    """Neither pin nor prohibition stays, and the lane plans again."""
    hub = booked_hub()
    publish(hub, sailing())
    sent = publish(hub, command)
    lane = hub.state("lane", w.LANE)
    assert lane.pins or lane.forbids
    before = set(lane.triggers)
    retract(hub, sent)
    lane = hub.state("lane", w.LANE)
    assert (lane.pins, lane.forbids) == ({}, {})
    new = {(each.cause, each.about) for name, each in lane.triggers.items() if name not in before}
    assert new == {("command", "CN-1")}


def test_a_command_that_is_corrected_to_another_one_is_taken_back() -> None:
    """Also when nothing takes the event of the other command back."""
    hub = booked_hub()
    publish(hub, sailing())
    pinned = commands.PinConsignment(
        command_id="K", consignment_id="CN-1", voyage_id=w.VOYAGE, **LANE
    )
    sent = publish(hub, pinned)
    assert hub.state("lane", w.LANE).pins.keys() == {"CN-1"}
    publish(hub, commands.ReplanLane(command_id="K", **LANE), correction_of=sent.event_id)
    assert hub.state("lane", w.LANE).pins == {}


def test_a_retracted_hold_blocks_nobody() -> None:
    """A hold that a command placed goes with the command, and comes back with it."""
    hub = booked_hub()
    hold = commands.HoldConsignment(command_id="K", by="dana", consignment_id="CN-1")
    sent = publish(hub, hold)
    assert hub.state("consignment", "CN-1").blocked
    wrong = retract(hub, sent)
    assert not hub.state("consignment", "CN-1").blocked
    retract(hub, wrong)
    assert hub.state("consignment", "CN-1").blocked


def test_a_retracted_approval_takes_its_allocations_back() -> None:
    """The plan before is in force again; without one nobody is allocated."""
    hub = booked_hub(auto_approve=False)
    publish(hub, plan(1, {"CN-1": "C1", "CN-2": "C1"}))
    first = publish(hub, commands.AcceptPlan(command_id="K1", plan_id="P1", **LANE))
    publish(hub, plan(2, {"CN-1": "C2", "CN-3": "C1"}))
    second = publish(hub, commands.AcceptPlan(command_id="K2", plan_id="P2", **LANE))
    assert check_allocations(hub) == {"CN-1": "C2", "CN-3": "C1"}
    retract(hub, second)
    assert check_allocations(hub) == {"CN-1": "C1", "CN-2": "C1"}
    retract(hub, first)
    assert check_allocations(hub) == {}
    assert hub.state("consolidation", "C1").opened_at is None
    again = publish(hub, commands.AcceptPlan(command_id="K3", plan_id="P2", **LANE))
    assert check_allocations(hub) == {"CN-1": "C2", "CN-3": "C1"}
    retract(hub, again)
    assert check_allocations(hub) == {}


def test_a_retracted_plan_takes_its_allocations_back() -> None:
    """Those that stay where an earlier plan had them stay allocated."""
    hub = booked_hub()
    for number in (1, 2, 3):
        asked = pl.PlanAsked(lane_id=w.LANE, request_id=f"R{number}", sequence=number, wish_ids=())
        publish(hub, asked)
    publish(hub, plan(1, {"CN-1": "C1", "CN-2": "C1"}))
    forged = publish(hub, plan(2, {"CN-1": "C9", "CN-2": "C9", "CN-3": "C9"}))
    publish(hub, plan(3, {"CN-1": "C9", "CN-2": "C1"}))
    retract(hub, forged)
    assert check_allocations(hub) == {"CN-1": "C9", "CN-2": "C1"}


def test_a_retracted_gate_out_reopens_the_consolidation_for_the_lane() -> None:
    """The lane closes it only while it has left."""
    hub = booked_hub()
    publish(hub, plan(1, {"CN-1": "C1"}))
    closed = pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")
    left = Change("closed", closed, at(30), "begun")
    stayed = Change("closed", closed, at(40), "withdrawn")
    for revision, change in ((7, left), (9, stayed)):
        hub.receive(
            change.fact("consolidation", "C1", revision=revision, recorded_at=at(revision + 30))
        )
        hub.settle()
        assert bool(hub.state("lane", w.LANE).closed_at) is (change is left)
    assert check_allocations(hub) == {"CN-1": "C1"}


def test_a_retracted_arrival_and_repack() -> None:
    """The consignment is not at the dock, and the cartons still exist."""
    hub = booked_hub()
    arrived = publish(hub, eq.TruckArrived(visit_id="T1", consignment_ids=("CN-1",)))
    assert hub.state("consignment", "CN-1").arrived_at is not None
    retract(hub, arrived)
    state = hub.state("consignment", "CN-1")
    assert (state.arrived_at, state.visits) == (None, [])
    repack = un.UnitRepacked(unit_id="new", inputs=("a", "b"), outputs=("new", "new2"))
    repacked = publish(hub, repack)
    assert hub.state("unit", "a").status == "CEASED"
    retract(hub, repacked)
    assert [hub.state("unit", name).status for name in ("a", "b")] == ["KNOWN", "KNOWN"]
    assert hub.state("unit", "new2").repacked_from == ()


def test_a_corrected_manifest_lets_the_wrong_container_go() -> None:
    """The consolidation forgets it, and knows the right one."""
    hub = booked_hub()
    publish(hub, plan(1, {"CN-1": "C1"}))
    wrong = csl.ConsolidationFrozen(
        consolidation_id="C1", manifest_ref="M", equipment_ref="OTHU0000009", seal_no="S"
    )
    sent = publish(hub, wrong)
    right = msgspec.structs.replace(wrong, equipment_ref=w.CONTAINER)
    publish(hub, right, correction_of=sent.event_id)
    assert hub.state("consolidation", "C1").containers.keys() == {w.CONTAINER}
    assert hub.state("container", "OTHU0000009").consolidation_id == ""


def test_a_container_that_was_released_again_stays_with_its_departed_consolidation() -> None:
    """Its next use begins; how the last one ended stays known there."""
    hub = booked_hub()
    publish(hub, plan(1, {"CN-1": "C1"}))
    ref: dict[str, Any] = {"equipment_ref": w.CONTAINER}
    publish(hub, eq.ContainerSealed(**ref, seal_no="S", consolidation_id="C1"))
    publish(hub, eq.ContainerGatedOut(**ref))
    publish(hub, eq.ContainerReleased(**ref, iso_type="45G1", tare_g=1, max_gross_g=2))
    known = hub.state("consolidation", "C1").containers[w.CONTAINER]
    assert (known.seal_no, known.gated_out_at is None) == ("S", False)


def test_copies_of_facts_are_withdrawn_with_the_claim_and_come_back_with_it() -> None:
    """A unit's facts are its consignment's only while a delivery note names it."""
    hub = booked_hub()
    publish(hub, un.UnitReceived(unit_id="u1"))
    noted = publish(hub, cn.AsnReceived(consignment_id="CN-1", units=(_announced("u1"),)))
    assert hub.state("consignment", "CN-1").received_units == 1
    wrong = retract(hub, noted)
    state = hub.state("consignment", "CN-1")
    assert (state.received_units, state.units, hub.state("unit", "u1").owner_id) == (0, {}, "")
    retract(hub, wrong)
    assert hub.state("consignment", "CN-1").received_units == 1


def test_a_note_that_named_the_wrong_consignment_takes_the_carton_along() -> None:
    """The right consignment gets the facts, the wrong one keeps none."""
    hub = booked_hub()
    publish(hub, un.UnitReceived(unit_id="u1"))
    noted = publish(hub, cn.AsnReceived(consignment_id="CN-1", units=(_announced("u1"),)))
    publish(hub, cn.AsnReceived(consignment_id="CN-2", units=(_announced("u1"),)))
    retract(hub, noted)
    received = [hub.state("consignment", name).received_units for name in ("CN-1", "CN-2")]
    assert received == [0, 1]


def _announced(name: str) -> cn.AnnouncedUnit:
    return cn.AnnouncedUnit(unit_id=name)


def test_a_command_that_the_router_forgets_stays_in_force(play: Start) -> None:
    """The router keeps 200 commands; the pins of older ones are not lifted."""
    story = play("command", w.LANE)
    sent = [
        commands.PinConsignment(
            command_id=f"K{number}", consignment_id=f"CN-{number}", voyage_id="V1", **LANE
        )
        for number in range(205)
    ]
    entries = [story.deliver(command, number) for number, command in enumerate(sent)]
    assert len(story.sent("consignment.steered")) == 205
    assert story.taken_back("consignment.steered") == []
    assert story.taken_back("lane.pinned") == []
    retraction = sent[204]
    story.deliver(retraction, 204, correction_of=entries[204].fact.event_id, retracted=True)
    taken_back = story.taken_back("consignment.steered")
    assert [each.consignment_id for each in taken_back] == ["CN-204"]
    in_the_older_form = story.taken_back("lane.pinned")
    assert [each.consignment_id for each in in_the_older_form] == ["CN-204"]


def test_a_move_leaves_the_history_of_assignments_and_lists(play: Start) -> None:
    """A consignment judges an earlier loading by its allocation then, a manifest by the list."""
    story = play("lane", w.LANE)
    story.deliver(plan(1, {"CN-1": "C1", "CN-2": "C1"}), 20)
    story.deliver(plan(2, {"CN-1": "C2", "CN-2": "C1"}), 40)
    story.deliver(plan(3, {"CN-2": "C1"}), 60)
    allocated = [each.consolidation_id for each in story.outputs("consignment.allocated")]
    assert sorted(allocated) == ["C1", "C1", "C2"]
    assert [each.plan_id for each in story.outputs("consignment.deallocated")] == ["P3"]
    lists = {
        (each.plan_id, each.consignment_ids)
        for each in story.outputs("consolidation.planned")
        if each.consolidation_id == "C1"
    }
    assert lists == {("P1", ("CN-1", "CN-2")), ("P2", ("CN-2",))}
    for name in ("consignment.allocated", "consolidation.planned"):
        assert story.taken_back(name) == []


def test_what_the_lane_forgets_still_holds(play: Start) -> None:
    """Nobody loses an allocation because the lane remembers only so many consolidations."""
    story = play("lane", w.LANE)
    for sequence in range(1, history._CLOSED_MAX + 5):
        name = f"C{sequence}"
        story.deliver(plan(sequence, {f"CN-{sequence}": name, "CN-stays": "C0"}), sequence * 10)
        closed = pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id=name, status="GATED_OUT")
        story.deliver(closed, sequence * 10 + 5)
    assert len(story.state.closed) == history._CLOSED_MAX
    for name in ("consolidation.opened", "consolidation.planned", "consignment.allocated"):
        assert story.taken_back(name) == []
