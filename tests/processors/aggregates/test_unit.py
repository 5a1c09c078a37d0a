"""A unit keeps facts until its consignment is known, and forwards them then."""

from collections.abc import Callable

import msgspec

from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions
from processors.kernel.corrections import Entry
from processors.kernel.outputs import Forward, ForwardedFact
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play, at, entry

Start = Callable[..., Play]


U = "106141412345678908"


def test_a_unit_waits_until_it_is_announced(play: Start) -> None:
    """Its facts wait under its own key, then go to the consignment as they were."""
    story = play("unit", U)
    first = story.deliver(un.UnitReceived(unit_id=U), 10)
    assert story.published == []
    story.deliver(un.UnitAnnounced(unit_id=U, owner_id=w.CN, announced_at=at(5)), 5)
    later = story.deliver(un.UnitStored(unit_id=U, location="A1"), 20)
    forwards = [message for message in story.messages if isinstance(message, Forward)]
    assert forwards == [Forward(first.fact_id, w.CN), Forward(later.fact_id, w.CN)]
    copy = forwards[0].readdress(first.fact, "unit")
    assert (copy.key, copy.data.key) == (w.CN, w.CN)
    assert (copy.source, copy.event_id) == (first.fact.source, first.fact.event_id)
    assert copy.relayed_by == "unit"


def test_corrections_of_a_waiting_fact_go_along(play: Start) -> None:
    """A retraction under the unit's key must reach the consignment too."""
    story = play("unit", U)
    story.deliver(un.UnitAnnounced(unit_id=U, owner_id=w.CN, announced_at=at(5)), 5)
    wrong = story.deliver(un.UnitReceived(unit_id=U), 10)
    back = story.deliver(
        un.UnitReceived(unit_id=U), 10, correction_of=wrong.fact.event_id, retracted=True
    )
    assert {waiting.fact_id for waiting in story.state.waiting_facts} == {
        wrong.fact_id,
        back.fact_id,
    }
    assert story.state.received_at is None


def test_a_correction_of_a_forwarded_fact_is_left_to_the_consignment(play: Start) -> None:
    """A correction without target is rejected until the unit is announced to a consignment."""
    story = play("unit", U)
    received = un.UnitReceived(unit_id=U)
    retraction = story.deliver(received, 10, correction_of="under-the-consignment", retracted=True)
    assert story.rejections() == ["no_target"]
    story.deliver(un.UnitAnnounced(unit_id=U, owner_id=w.CN, announced_at=at(5)), 5)
    assert story.rejections() == []
    outputs = story.aggregate.outputs(story.state).values()
    forwarded = [output for output in outputs if isinstance(output, ForwardedFact)]
    assert forwarded == [ForwardedFact(retraction.fact_id, w.CN)]


def test_the_newest_parent_holds_it(play: Start) -> None:
    """Packed into a case, then a pallet, unpacked, loaded: it has one parent at a time."""
    story = play("unit", U)
    story.deliver(un.UnitPacked(unit_id=U, parent_id="case"), 10)
    story.deliver(un.UnitPacked(unit_id=U, parent_id="pallet"), 20)
    assert story.state.parent_id == "pallet"
    story.deliver(un.UnitPacked(unit_id=U, parent_id="earlier"), 15)
    assert story.state.parent_id == "pallet"
    story.deliver(un.UnitUnpacked(unit_id=U), 30)
    assert story.state.parent_id == ""
    story.deliver(un.UnitLoaded(unit_id=U, equipment_ref=w.CONTAINER), 40)
    assert (story.state.parent_id, story.state.status) == (w.CONTAINER, "LOADED")
    story.deliver(un.UnitUnloaded(unit_id=U, equipment_ref="OTHU0000009"), 50)
    assert story.rejections() == ["other_parent"]
    story.deliver(un.UnitUnloaded(unit_id=U, equipment_ref=w.CONTAINER), 60)
    story.deliver(un.UnitUnpacked(unit_id=U), 70)
    story.deliver(un.UnitPacked(unit_id=U, parent_id=U), 80)
    assert story.rejections() == ["no_parent", "other_parent", "own_parent"]
    story.deliver(un.UnitShipped(unit_id=U, place="gate"), 90)
    assert (story.state.status, story.state.location) == ("SHIPPED", "gate")


def test_a_repack_ends_inputs_and_passes_the_consignment_on(play: Start) -> None:
    """The first output sends the repack to the others; an input announces the outputs."""
    repack = un.UnitRepacked(unit_id="new", inputs=("a", "b"), outputs=("new", "new2"))
    output = play("unit", "new")
    output.deliver(repack, 50)
    assert {event.unit_id for event in output.sent("unit.repacked")} == {"a", "b", "new2"}
    for_a = next(event for event in output.sent("unit.repacked") if event.unit_id == "a")
    source = play("unit", "a")
    source.deliver(un.UnitAnnounced(unit_id="a", owner_id=w.CN, announced_at=at(5)), 5)
    source.deliver(for_a, 50)
    assert source.state.status == "CEASED"
    assert {event.unit_id for event in source.sent("unit.announced")} == {"new", "new2"}
    source.deliver(un.UnitStored(unit_id="a", location="x"), 60)
    assert source.rejections() == ["ceased"]


def test_a_foreign_unit_is_measured(play: Start) -> None:
    """A unit of foreign data keeps its measured box."""
    story = play("unit", U)
    size = Dimensions(length_mm=1, width_mm=2, height_mm=3)
    story.deliver(un.UnitMeasured(unit_id=U, size=size, gross_g=4), 10)
    assert story.state.measured == (1, 2, 3, 4)
    assert story.state.status == "MEASURED"


def test_a_label_is_repacked_once_and_made_once(play: Start) -> None:
    """A second repack is rejected, as input and as output; without the first it is legal."""
    story = play("unit", U)
    made = un.UnitRepacked(unit_id=U, inputs=("a",), outputs=(U,))
    first = story.deliver(made, 10)
    story.deliver(un.UnitRepacked(unit_id=U, inputs=("b",), outputs=(U,)), 20)
    assert story.rejections() == ["bad_outputs"]
    assert (story.state.repacked_from, story.state.repacked_at) == (("a",), at(10))
    story.deliver(un.UnitRepacked(unit_id="n", inputs=(U,), outputs=("n",)), 30)
    story.deliver(un.UnitRepacked(unit_id="m", inputs=(U,), outputs=("m",)), 40)
    assert story.rejections() == ["bad_outputs", "ceased"]
    assert story.state.repacked_into == ("n",)
    story.deliver(made, 10, correction_of=first.fact.event_id, retracted=True)
    assert story.rejections() == ["ceased"]
    assert story.state.repacked_from == ("b",)


def test_a_former_owner_gets_the_facts_of_its_time_only(play: Start) -> None:
    """A owns it until B claims it, and not again: B's claim ends after C has taken it over."""
    story = play("unit", U)
    scans = {
        minute: story.deliver(un.UnitStored(unit_id=U, location=f"{minute}"), minute).fact_id
        for minute in (50, 90, 150, 300)
    }
    for name, minute in (("A", 8), ("B", 87), ("C", 200)):
        announced = un.UnitAnnounced(unit_id=U, owner_id=name, announced_at=at(minute), revision=1)
        story.deliver(announced, minute)
    for ends in (False, True):
        if ends:
            ended = un.UnitAnnounced(
                unit_id=U, owner_id="B", announced_at=at(87), revision=2, ended=True
            )
            story.deliver(ended, 250)
        got = {
            name: [minute for minute in scans if (name, scans[minute]) in story_shares(story)]
            for name in "ABC"
        }
        assert got == {"A": [50], "B": [50, 90, 150], "C": [50, 90, 150, 300]}


def story_shares(story: Play) -> set[tuple[str, str]]:
    """Return (consignment, fact id) of each fact that the unit forwards."""
    outputs = story.aggregate.outputs(story.state).values()
    return {(each.to_key, each.fact_id) for each in outputs if isinstance(each, ForwardedFact)}


def test_a_repacked_unit_passes_on_all_claims(play: Start) -> None:
    """Also those of former owners, and those that it inherited itself; ended claims as such."""
    story = play("unit", "n")
    story.deliver(un.UnitRepacked(unit_id="m", inputs=("n",), outputs=("m", "k")), 50)
    story.deliver(un.UnitAnnounced(unit_id="n", owner_id="A", announced_at=at(60)), 60)
    inherited = un.UnitAnnounced(
        unit_id="n", owner_id="B", announced_at=at(5), ended=True, ended_at=at(70)
    )
    relayed = entry(inherited, 20)
    story.deliver_batch(
        [Entry(relayed.fact_id, msgspec.structs.replace(relayed.fact, relayed_by="unit"))]
    )
    outputs = story.outputs("unit.announced")
    passed_on = {
        (each.unit_id, each.owner_id, each.announced_at, each.ended_at) for each in outputs
    }
    assert passed_on == {
        (name, owner_id, at(since), ended_at)
        for name in ("m", "k")
        for owner_id, since, ended_at in (("A", 60, None), ("B", 5, at(70)))
    }
