"""What came of pins, prohibitions and rolls follows from the facts, whatever their order."""

from datetime import timedelta

import msgspec
import pytest

from groupage.domain import commands
from groupage.domain.command_outcomes import Message, SentCommand, outcome_of
from groupage.domain.command_path import steps_of
from groupage.domain.events import consolidation as csl
from groupage.domain.possible_pins import departures_of, possible_pin, reject_pin
from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.consignment import Allocation, ConsignmentState
from groupage.domain.state.lane import LanePin
from tests.processors.aggregates import events as w
from tests.processors.aggregates.booked_hub import publish, retract
from tests.processors.aggregates.lane_stories import plan
from tests.processors.aggregates.play import at
from tests.processors.aggregates.sent_commands import LANE, came_of, forbid, pin, roll
from tests.processors.aggregates.test_impossible_commands import sailing_hub
from tests.processors.aggregates.test_voyage import sailing


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
