"""What came of a command follows from the facts, whatever their order, and changes with them."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from groupage.domain import commands
from groupage.domain.command_outcomes import Message, Outcome, SentCommand, outcome_of
from groupage.domain.command_path import steps_of
from groupage.domain.events import consolidation as csl
from groupage.domain.events import planning as pl
from groupage.domain.events.alerts import AlertRaised
from groupage.domain.fact import Fact
from groupage.domain.possible_pins import departures_of, possible_pin, reject_pin
from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.consignment import Allocation, ConsignmentState
from groupage.domain.state.lane import LanePin
from processors.kernel.alerts import rejection_alerts
from processors.kernel.outputs import Output
from processors.kernel.series import is_in_series, revision_of
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.minihub import MiniHub
from tests.processors.aggregates.play import at
from tests.processors.aggregates.test_impossible_commands import sailing_hub
from tests.processors.aggregates.test_taken_back import booked_hub, publish, retract
from tests.processors.aggregates.test_voyage import departed, sailing

LANE: dict[str, Any] = {"by": "li", "lane_id": w.LANE}
CN: dict[str, Any] = {"by": "li", "consignment_id": w.CN}


def pin(command_id: str = "P", **more: Any) -> commands.PinConsignment:
    """Pin the consignment to the voyage."""
    fields = {"command_id": command_id, "consignment_id": w.CN, "voyage_id": w.VOYAGE, **LANE}
    return commands.PinConsignment(**{**fields, **more})


def forbid(command_id: str = "F", **more: Any) -> commands.ForbidConsignment:
    """Keep the consignment off the voyage."""
    fields = {"command_id": command_id, "consignment_id": w.CN, "voyage_id": w.VOYAGE, **LANE}
    return commands.ForbidConsignment(**{**fields, **more})


def came_of(hub: MiniHub, sent: Fact[Any]) -> Outcome:
    """Return what came of a command, by the facts and states of the hub."""
    command = sent.data
    messages = {}
    for step in steps_of(command):
        found = [
            entry
            for entry in hub.facts.get((step.kind, step.key), {}).values()
            if (
                is_in_series(entry.fact) and entry.fact.event_id.partition(".")[0] == step.series
                if step.series
                else (entry.fact.type, entry.fact.occurred_at) == (step.type, sent.occurred_at)
            )
        ]
        if found:
            newest = max(found, key=lambda entry: revision_of(entry.fact) if step.series else 0)
            messages[step] = Message(newest.fact_id, withdrawn=newest.fact.retracted)
    return outcome_of(SentCommand(command, sent.occurred_at, messages), hub.states)


def test_a_command_is_received_until_its_last_aggregate_has_it() -> None:
    """Consignment, voyage and lane: the words say where it is."""
    hub = sailing_hub()
    sent = hub.publish(pin())
    steps = []
    while hub.due:
        state, text, _ = came_of(hub, sent)
        assert state == "received"
        steps.append(text)
        hub.deliver(0)
    assert steps == [
        f"on its way to consignment {w.CN}",
        f"on its way to voyage {w.VOYAGE}",
        f"on its way to lane {w.LANE}",
    ]
    assert came_of(hub, sent).state == "applied"


def test_a_refused_command_becomes_right_by_a_late_fact() -> None:
    """And its retraction takes it back."""
    hub = MiniHub()
    publish(hub, sailing())
    sent = publish(hub, pin())
    assert came_of(hub, sent)[::2] == ("refused", "unknown_consignment")
    hub.publish(w.booked(), minutes=1)
    hub.settle()
    assert came_of(hub, sent) == (
        "applied",
        f"pinned to {w.VOYAGE}; there is no published plan yet",
        "",
    )
    retract(hub, sent)
    assert came_of(hub, sent).state == "superseded"


def test_the_voyage_refuses() -> None:
    """The reason is the voyage's, not the lane's silence."""
    hub = sailing_hub()
    publish(hub, departed())
    assert came_of(hub, publish(hub, pin()))[::2] == ("refused", "departed")
    assert came_of(hub, publish(hub, pin(voyage_id="V9", command_id="Q")))[::2] == (
        "refused",
        "not_published",
    )


def test_a_pin_is_superseded_by_another_or_by_its_end() -> None:
    """The words name who gave the later one."""
    hub = sailing_hub()
    publish(hub, sailing(voyage_id="V2"))
    first = publish(hub, pin("P1"))
    second = publish(hub, pin("P2", voyage_id="V2", by="wang"))
    assert came_of(hub, first).state == "superseded"
    assert "wang" in came_of(hub, first).text
    assert came_of(hub, second).state == "applied"
    end = publish(hub, pin("P3", voyage_id=None, unpin=True))
    assert came_of(hub, second).state == "superseded"
    assert came_of(hub, end) == ("applied", "the pin has ended", "")
    retract(hub, end)
    assert came_of(hub, second).state == "applied"
    again = publish(hub, pin("P4", voyage_id=None, unpin=True))
    publish(hub, pin("P5"))
    assert came_of(hub, again).state == "superseded"


def test_the_word_of_the_plan_about_a_pin() -> None:
    """Older than the pin, as the pin says, or without the consignment."""
    hub = sailing_hub()
    publish(hub, plan(1, {w.CN: "C1"}))
    sent = publish(hub, pin())
    assert came_of(hub, sent).text.endswith("plan no. 1 is older; the lane requests the next one")
    later = sent.occurred_at + timedelta(seconds=10)
    publish(hub, plan(2, {w.CN: "C1"}, decided_at=later))
    assert came_of(hub, sent).text.endswith(f"plan no. 2 has it in C1 on {w.VOYAGE}")
    publish(hub, plan(3, {"CN-2": "C1"}, decided_at=later))
    assert "plan no. 3 leaves it out" in came_of(hub, sent).text


def test_what_comes_after_an_older_plan() -> None:
    """One that waits for approval; once that is rejected, somebody must ask for another one."""
    hub = booked_hub(auto_approve=False)
    publish(hub, sailing())
    publish(hub, plan(1, {w.CN: "C1"}))
    publish(hub, commands.AcceptPlan(command_id="A", plan_id="P1", **LANE))
    sent = publish(hub, pin())
    triggers = tuple(hub.state("lane", w.LANE).triggers)
    publish(hub, pl.PlanAsked(lane_id=w.LANE, request_id="Q2", sequence=2, wish_ids=triggers))
    assert came_of(hub, sent).text.endswith("is older; the lane requests the next one")
    later = sent.occurred_at + timedelta(seconds=10)
    publish(hub, plan(2, {w.CN: "C1"}, decided_at=later))
    assert came_of(hub, sent).text.endswith("is older, and plan no. 2 waits for approval")
    publish(hub, commands.RejectPlan(command_id="J", plan_id="P2", **LANE))
    assert f"`groupage command replan {w.LANE}`" in came_of(hub, sent).text


def test_a_plan_of_the_same_tick_knows_only_the_commands_that_its_request_covers() -> None:
    """Command and plan may have one time while a simulated clock stands."""
    hub = sailing_hub()
    sent = publish(hub, pin())
    publish(hub, plan(1, {"CN-2": "C1"}, decided_at=sent.occurred_at))
    assert came_of(hub, sent).text.endswith("plan no. 1 is older; the lane requests the next one")
    covered = tuple(hub.state("lane", w.LANE).triggers)
    asked = pl.PlanAsked(lane_id=w.LANE, request_id="Q2", sequence=2, wish_ids=covered)
    publish(hub, asked)
    assert came_of(hub, sent).text.endswith("plan no. 1 is older; the lane requests the next one")
    publish(hub, plan(2, {"CN-2": "C1"}, request_id="Q2", decided_at=sent.occurred_at))
    assert "plan no. 2 leaves it out" in came_of(hub, sent).text


def test_a_pin_to_a_consolidation_that_cannot_take_it() -> None:
    """Judged by the pin's time: what was open then, is right, whatever comes afterwards."""
    hub = sailing_hub()
    publish(hub, sailing(voyage_id="V2"))
    unknown = publish(hub, pin("P0", consolidation_id="C1"))
    assert came_of(hub, unknown)[::2] == ("refused", "not_opened")
    publish(hub, plan(1, {"CN-2": "C1"}))
    assert came_of(hub, unknown)[::2] == ("refused", "not_opened")
    right = publish(hub, pin("P1", consolidation_id="C1"))
    assert came_of(hub, right).state == "applied"
    elsewhere = publish(hub, pin("P2", voyage_id="V2", consolidation_id="C1"))
    assert came_of(hub, elsewhere)[::2] == ("refused", "not_opened")
    assert f"is on voyage {w.VOYAGE}, not on V2" in came_of(hub, elsewhere).text
    filed = csl.ConsolidationFrozen(
        consolidation_id="C1", manifest_ref="M1", equipment_ref=w.CONTAINER, seal_no="S1"
    )
    publish(hub, filed)
    late = publish(hub, pin("P3", consolidation_id="C1"))
    assert came_of(hub, late)[::2] == ("refused", "frozen")
    assert "groupage command unfreeze C1" in came_of(hub, late).text
    assert came_of(hub, right).state == "superseded"
    assert came_of(hub, late).text.endswith("counts again once this one is withdrawn")
    retract(hub, late)
    retract(hub, elsewhere)
    assert came_of(hub, right).state == "applied"
    late = publish(hub, pin("P3a", consolidation_id="C1"))
    member = publish(hub, pin("P4", consignment_id="CN-2", consolidation_id="C1"))
    assert came_of(hub, member).state == "applied"
    publish(hub, csl.ConsolidationUnfrozen(consolidation_id="C1", by="li", reason="x"))
    assert came_of(hub, late)[::2] == ("refused", "frozen")
    assert came_of(hub, publish(hub, pin("P5", consolidation_id="C1"))).state == "applied"
    publish(hub, csl.ConsolidationCancelled(consolidation_id="C1", reason="empty"))
    assert came_of(hub, publish(hub, pin("P6", consolidation_id="C1")))[::2] == ("refused", "ended")


def test_a_pin_to_a_container_that_is_being_stuffed_advises_no_unfreezing() -> None:
    """It would be refused, too."""
    hub = sailing_hub()
    publish(hub, plan(1, {"CN-2": "C1"}))
    filed = csl.ConsolidationFrozen(
        consolidation_id="C1", manifest_ref="M1", equipment_ref=w.CONTAINER, seal_no="S1"
    )
    publish(hub, filed)
    consolidation = hub.state("consolidation", "C1")
    consolidation.stuffing_started_at = at(1_000)
    rejected = reject_pin(w.CN, LanePin(at=at(2_000), by="li", voyage_id=w.VOYAGE), consolidation)
    assert rejected is not None
    assert rejected.code == "frozen"
    assert "and its stuffing began at" in rejected.reason
    assert "unfreeze" not in rejected.reason


def test_the_alert_of_a_refused_approval_names_what_ends_it() -> None:
    """The plan's approval has no command id, so the advice is where to find it."""
    hub = sailing_hub()
    publish(hub, commands.AcceptPlan(command_id="A0", plan_id="P9", **LANE))
    thaw = commands.UnfreezeConsolidation(command_id="U0", by="li", consolidation_id=w.CSL)
    publish(hub, thaw)
    alerts = {
        state.key: publication.event.message
        for (kind, _), state in hub.states.items()
        for publication in rejection_alerts(kind, state).values()
        if isinstance(publication, Output) and isinstance(publication.event, AlertRaised)
    }
    assert alerts[w.LANE].startswith(f"a command to accept a plan of lane {w.LANE} was refused")
    assert alerts[w.CSL].startswith(f"a command to unfreeze consolidation {w.CSL} was refused")
    assert all("`groupage command withdraw ID` ends this alert" in text for text in alerts.values())


def test_a_pin_to_where_it_is_loaded_needs_no_unloading() -> None:
    """A pin to another voyage, or a roll, does."""
    loaded = RejectedEvent(
        code="loaded", reason="unload", type="consignment.steered", subject="P", at=at(5)
    )
    allocation = Allocation(consolidation_id="C1", voyage_id=w.VOYAGE, plan_id="P1", since_at=at(1))
    state = ConsignmentState(key=w.CN, allocation=allocation, rejected={"f": loaded})

    def reason(command: commands.Command) -> str:
        messages = {steps_of(command)[0]: Message("f", withdrawn=False)}
        sent = SentCommand(command, at(5), messages)
        return outcome_of(sent, {("consignment", w.CN): state}).text

    there = f"it is being loaded into C1 on voyage {w.VOYAGE} already, so no pin is needed"
    assert reason(pin()) == reason(pin(consolidation_id="C1")) == there
    assert reason(pin(voyage_id="V2")) == reason(pin(consolidation_id="C2")) == "unload"
    roll = commands.RollConsignment(
        command_id="R", consignment_id=w.CN, from_voyage_id=w.VOYAGE, **LANE
    )
    assert reason(roll) == "unload"


def test_a_roll_off_a_filed_manifest_says_that_no_plan_moves_it() -> None:
    """And how plans may move it again."""
    hub = sailing_hub()
    publish(hub, plan(1, {w.CN: "C1"}))
    roll = commands.RollConsignment(
        command_id="R1", consignment_id=w.CN, from_voyage_id=w.VOYAGE, **LANE
    )
    assert "manifest" not in came_of(hub, publish(hub, roll)).text
    filed = csl.ConsolidationFrozen(
        consolidation_id="C1", manifest_ref="M1", equipment_ref=w.CONTAINER, seal_no="S1"
    )
    publish(hub, filed)
    again = publish(hub, msgspec.structs.replace(roll, command_id="R2"))
    assert "`groupage command unfreeze C1`" in came_of(hub, again).text


def test_a_prohibition_and_its_end() -> None:
    """A lift ends a roll, too; without either it is refused."""
    hub = sailing_hub()
    early = publish(hub, forbid("L0", lift=True))
    assert came_of(hub, early)[::2] == ("refused", "not_forbidden")
    roll = commands.RollConsignment(
        command_id="R", consignment_id=w.CN, from_voyage_id=w.VOYAGE, **LANE
    )
    rolled = publish(hub, roll)
    assert came_of(hub, rolled).text.startswith(f"kept off {w.VOYAGE}")
    lifted = publish(hub, forbid("L", lift=True))
    assert came_of(hub, rolled).state == "superseded"
    assert came_of(hub, lifted) == ("applied", f"voyage {w.VOYAGE} is allowed again", "")


def roll(command_id: str = "R", **more: Any) -> commands.RollConsignment:
    """Send the consignment with a later voyage."""
    fields = {"command_id": command_id, "consignment_id": w.CN, "from_voyage_id": w.VOYAGE, **LANE}
    return commands.RollConsignment(**{**fields, **more})


@pytest.mark.parametrize("keep_off", [forbid(by="wang"), roll(by="wang")])
@pytest.mark.parametrize("is_pin_first", [True, False])
@pytest.mark.parametrize("in_order", [True, False])
def test_of_a_pin_and_its_contrary_the_later_counts(
    keep_off: commands.LaneCommand, *, is_pin_first: bool, in_order: bool
) -> None:
    """Whatever order they arrive in; once the later is withdrawn the earlier counts again."""
    hub = sailing_hub()
    both: list[commands.LaneCommand] = [pin(), keep_off] if is_pin_first else [keep_off, pin()]
    minutes = (100, 200)
    sent = {}
    for place in (0, 1) if in_order else (1, 0):
        sent[place] = hub.publish(both[place], minutes=minutes[place])
        hub.settle()
    hub.check()
    counts = possible_pin(hub.state("lane", w.LANE), w.CN, {}, departures_of(hub.states.values()))
    assert (counts is not None) is not is_pin_first
    state, text, _ = came_of(hub, sent[0])
    assert (state, came_of(hub, sent[1]).state) == ("superseded", "applied")
    assert text.startswith(("wang" if is_pin_first else "li") + " gave another command at")
    assert text.endswith(both[1].verb)
    retract(hub, sent[1])
    assert (came_of(hub, sent[0]).state, came_of(hub, sent[1]).state) == ("applied", "superseded")
    counts = possible_pin(hub.state("lane", w.LANE), w.CN, {}, departures_of(hub.states.values()))
    assert (counts is not None) is is_pin_first


def test_a_roll_from_the_last_voyage_says_that_none_is_left() -> None:
    """Until another sailing is published; a forbid of the only voyage does, too."""
    hub = sailing_hub()
    rolled = publish(hub, roll())
    assert "no voyage that it may go with is published on the lane" in came_of(hub, rolled).text
    publish(hub, sailing(voyage_id="V2", etd_at=at(60 * 24 * 30), eta_at=at(60 * 24 * 60)))
    assert came_of(hub, rolled).text == f"kept off {w.VOYAGE}; there is no published plan yet"
    forbidden = publish(hub, forbid(voyage_id="V2"))
    assert f"`groupage command forbid {w.CN} VOYAGE --lift`" in came_of(hub, forbidden).text
    last = publish(hub, roll("R2", from_voyage_id="V2"))
    assert "so it waits" in came_of(hub, last).text


def test_a_roll_from_a_later_voyage_supersedes_a_pin() -> None:
    """Not with that voyage or an earlier one; a pin after it counts again."""
    hub = sailing_hub()
    publish(hub, sailing(voyage_id="V2", etd_at=at(60 * 24 * 30), eta_at=at(60 * 24 * 60)))
    pinned = publish(hub, pin())
    rolled = publish(hub, roll(from_voyage_id="V2", by="wang"))
    assert came_of(hub, pinned).state == "superseded"
    assert came_of(hub, pinned).text.endswith(": roll")
    assert came_of(hub, rolled).state == "applied"
    again = publish(hub, pin("P2"))
    assert came_of(hub, again).state == "applied"
    assert came_of(hub, rolled).state == "applied"  # all other voyages up to V2


def test_a_hold_and_its_release() -> None:
    """The release names what it ended; the hold is superseded then."""
    hub = sailing_hub()
    held = publish(hub, commands.HoldConsignment(command_id="H", **CN))
    assert came_of(hub, held) == ("applied", "on hold; the consignment is ACCEPTED", "")
    release = commands.ReleaseConsignment(command_id="R", hold="DISPATCHER", **CN)
    released = publish(hub, release)
    assert came_of(hub, released) == ("applied", "released: H (DISPATCHER)", "")
    assert came_of(hub, held).state == "superseded"
    again = publish(hub, commands.ReleaseConsignment(command_id="R2", hold_id="H", **CN))
    assert came_of(hub, again)[::2] == ("refused", "hold_not_open")


def test_a_replan_waits_for_its_plan() -> None:
    """Until the lane asks, until a planner answers; a failure is the answer, too."""
    hub = sailing_hub()
    sent = publish(hub, commands.ReplanLane(command_id="R", **LANE))
    assert came_of(hub, sent).state == "received"
    trigger = next(
        name
        for name, each in hub.state("lane", w.LANE).triggers.items()
        if each.at == sent.occurred_at
    )
    asked = pl.PlanAsked(lane_id=w.LANE, request_id="Q1", sequence=1, wish_ids=(trigger,))
    publish(hub, asked)
    assert came_of(hub, sent)[:2] == ("received", came_of(hub, sent).text)
    assert "Q1" in came_of(hub, sent).text
    failed = publish(
        hub, pl.PlanFailed(lane_id=w.LANE, request_id="Q1", sequence=1, reason="no trucks")
    )
    assert came_of(hub, sent)[::2] == ("refused", "plan_failed")
    assert "no trucks" in came_of(hub, sent).text
    retract(hub, failed)
    publish(hub, plan(1, {w.CN: "C1"}, request_id="Q1"))
    assert came_of(hub, sent) == ("applied", "plan P1, no. 1 of the lane, is published", "")


def test_a_lane_that_is_none() -> None:
    """It is refused until somebody books on it."""
    hub = MiniHub()
    sent = publish(hub, commands.ReplanLane(command_id="R", **LANE))
    assert came_of(hub, sent)[::2] == ("refused", "unknown_lane")
    publish(hub, w.booked())
    assert came_of(hub, sent).state == "received"


def test_an_approval_and_a_rejection() -> None:
    """A newer plan supersedes the approval; a plan that is unknown or does not wait is refused."""
    hub = booked_hub(auto_approve=False)
    publish(hub, sailing())
    unknown = publish(hub, commands.AcceptPlan(command_id="A0", plan_id="P9", **LANE))
    assert came_of(hub, unknown)[::2] == ("refused", "unknown_plan")
    publish(hub, plan(1, {w.CN: "C1"}))
    accepted = publish(hub, commands.AcceptPlan(command_id="A1", plan_id="P1", **LANE))
    assert came_of(hub, accepted) == ("applied", "plan P1 is published", "")
    again = publish(hub, commands.AcceptPlan(command_id="A2", plan_id="P1", **LANE))
    state, text, code = came_of(hub, again)
    assert (state, code) == ("refused", "plan_published")
    assert text.startswith("plan P1 does not wait for approval: it is in force since ")
    assert text.endswith(" by li")
    publish(hub, plan(2, {w.CN: "C1"}))
    assert came_of(hub, accepted).state == "applied"  # the newer one waits
    publish(hub, commands.AcceptPlan(command_id="A3", plan_id="P2", **LANE))
    assert came_of(hub, accepted) == ("superseded", "plan P2 has replaced plan P1", "")
    late = publish(hub, commands.RejectPlan(command_id="J", plan_id="P2", **LANE))
    assert came_of(hub, late)[::2] == ("refused", "plan_published")


def test_an_unfreezing() -> None:
    """Of what was never opened, of what is not filed, and of a filed manifest."""
    hub = sailing_hub()
    thaw: dict[str, Any] = {"by": "li", "consolidation_id": w.CSL}
    unknown = publish(hub, commands.UnfreezeConsolidation(command_id="U0", **thaw))
    assert came_of(hub, unknown)[::2] == ("refused", "not_opened")
    publish(hub, w.opened())
    publish(hub, w.planned(w.CN))
    publish(hub, w.frozen())
    thawed = publish(hub, commands.UnfreezeConsolidation(command_id="U1", **thaw))
    assert came_of(hub, thawed).state == "applied"
    again = publish(hub, commands.UnfreezeConsolidation(command_id="U2", **thaw))
    assert came_of(hub, again)[::2] == ("refused", "not_frozen")
    publish(hub, w.frozen())
    assert came_of(hub, thawed).state == "superseded"
    assert "M1 was filed" in came_of(hub, thawed).text


@pytest.mark.parametrize("command", [pin(), forbid()])
def test_a_command_ends_with_the_consignment(command: commands.LaneCommand) -> None:
    """It left with its pin: the command was carried out."""
    hub = sailing_hub()
    sent = publish(hub, command)
    hub.state("consignment", w.CN).departed_at = sent.occurred_at
    lane = hub.state("lane", w.LANE)
    lane.pins.clear()  # as a lane does that learns of the departure
    lane.forbids.clear()
    assert came_of(hub, sent).state == "applied"
    assert "left at" in came_of(hub, sent).text
