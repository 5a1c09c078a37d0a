"""What came of a command follows from the facts, whatever their order, and changes with them."""

from datetime import timedelta
from typing import Any

import pytest

from groupage.domain import commands
from groupage.domain.events import planning as pl
from groupage.domain.events.alerts import AlertRaised
from processors.kernel.alerts import rejection_alerts
from processors.kernel.outputs import Output
from tests.processors.aggregates import events as w
from tests.processors.aggregates.booked_hub import booked_hub, publish, retract
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.minihub import MiniHub
from tests.processors.aggregates.sent_commands import CN, LANE, came_of, forbid, pin
from tests.processors.aggregates.test_impossible_commands import sailing_hub
from tests.processors.aggregates.test_voyage import departed, sailing


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
