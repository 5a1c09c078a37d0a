"""Messages between aggregates in any order, of this and of an earlier release, and back."""

from collections.abc import Callable
from itertools import permutations

import msgspec
import pytest

from groupage.contracts.encoding import fact_id
from groupage.domain.catalogue import EVENTS
from groupage.domain.events import planning as pl
from groupage.domain.events.base import AggregateKind, Event
from groupage.domain.policy import Policy
from processors.aggregates.registry import all_aggregates
from processors.kernel.corrections import Entry
from processors.kernel.fold import fold
from processors.kernel.outputs import Change
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play, at, entry

Start = Callable[..., Play]


_NOT_FOLDED = ("alert", "request", "clock")


def series(*steps: str) -> list[Entry]:
    """Make the messages of one series to a lane: a pin, at revisions 1, 2 and so on."""
    entries = []
    for revision, step in enumerate(steps, 1):
        pin = pl.LanePinned(
            lane_id=w.LANE, consignment_id="CN-1", by="dana", voyage_id=f"V{revision}"
        )
        change = Change("route:K", pin, at(5), step)  # type: ignore[arg-type]
        fact = change.fact("command", w.LANE, revision=revision, recorded_at=at(revision))
        entries.append(Entry(fact_id(fact).hex, fact))
    return entries


@pytest.mark.parametrize(
    ("steps", "voyage_id"),
    [
        (("begun",), "V1"),
        (("begun", "changed"), "V2"),
        (("begun", "withdrawn"), None),
        (("begun", "withdrawn", "begun"), "V3"),
        (("begun", "changed", "withdrawn", "begun", "changed"), "V5"),
        (("begun", "withdrawn", "begun", "withdrawn"), None),
    ],
)
def test_the_newest_message_of_a_series_counts_in_any_order(
    play: Start, steps: tuple[str, ...], voyage_id: str | None
) -> None:
    """Whatever arrives first: `Play` compares each state with the fold of all facts."""
    for order in permutations(series(*steps)):
        story = play("lane", w.LANE)
        for message in order:
            story.deliver_batch([message])
        pin = story.state.pins.get("CN-1")
        assert (None if pin is None else pin.voyage_id) == voyage_id
        assert story.rejections() == []


def old_message(kind: AggregateKind, event: Event, minutes: float, number: int) -> Entry:
    """Make a message as release 0.2.0 published it."""
    fact = entry(event, minutes, event_id=f"{number:032x}").fact
    fact = msgspec.structs.replace(fact, relayed_by=kind, source=f"/groupage/{kind}")
    return Entry(fact_id(fact).hex, fact)


def withdrawal(kind: AggregateKind, key: str, event: Event) -> Entry:
    """Make the message that takes an event back."""
    change = Change("output", event, at(9), "withdrawn")
    fact = change.fact(kind, key, revision=9, recorded_at=at(9))
    return Entry(fact_id(fact).hex, fact)


def test_messages_of_release_0_2_0_fold_as_before_and_can_be_taken_back() -> None:
    """They have no series: each is effective, until one of the same content is withdrawn."""
    lane = all_aggregates(Policy())["lane"]
    pin = pl.LanePinned(lane_id=w.LANE, consignment_id="CN-1", by="dana", voyage_id="V1")
    old = old_message("command", pin, 5, 1)
    assert fold(lane, w.LANE, [old]).pins["CN-1"].voyage_id == "V1"
    assert fold(lane, w.LANE, [old, withdrawal("command", w.LANE, pin)]).pins == {}


def test_lists_of_release_0_2_0_had_a_revision() -> None:
    """A list of then may be followed by one of today, and is taken back without its revision."""
    consolidation = all_aggregates(Policy())["consolidation"]
    opened = old_message("lane", w.opened(), 1, 1)
    first = old_message("lane", w.planned("CN-1", revision=3), 2, 2)
    second = old_message("lane", w.planned("CN-1", "CN-2", revision=5), 4, 3)
    facts = [opened, first, second]
    assert fold(consolidation, w.CSL, facts).planned_ids == ("CN-1", "CN-2")
    gone = msgspec.structs.replace(w.planned("CN-1", "CN-2", revision=5), revision=0)
    state = fold(consolidation, w.CSL, [*facts, withdrawal("lane", w.CSL, gone)])
    assert state.planned_ids == ("CN-1",)
    today = Change("plan", w.planned("CN-3", revision=0), at(6), "begun")
    fact = today.fact("lane", w.CSL, revision=7, recorded_at=at(6))
    state = fold(consolidation, w.CSL, [*facts, Entry(fact_id(fact).hex, fact)])
    assert state.planned_ids == ("CN-3",)


def test_every_message_has_its_way_back() -> None:
    """An event that only groupage publishes forms a series, or its class says why it need not."""
    internal = [each for each in EVENTS.values() if each.internal and each.kind not in _NOT_FOLDED]
    snapshots = {each.name for each in internal if each.withdrawal is not Event.withdrawal}
    once = {each.name for each in internal if each.acts_once}
    assert snapshots == {
        "consolidation.consignment_changed",
        "consolidation.container_changed",
        "consolidation.voyage_changed",
        "consignment.consolidation_changed",
        "consignment.customs_changed",
    }
    assert once == {"plan.wanted", "plan.asked", "plan.superseded"}
    for each in internal:
        if each.name in snapshots:
            assert "revision" in each.__struct_fields__, each.name
    with_revision = {each.name for each in internal if "revision" in each.__struct_fields__}
    assert with_revision - snapshots == {"unit.announced", "consolidation.planned"}
