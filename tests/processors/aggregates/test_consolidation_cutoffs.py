"""Cut-offs of a consolidation: at risk, missed, met, and what a missed one costs."""

from collections.abc import Callable

import pytest

from groupage.domain.cutoff_lacks import Lack
from groupage.domain.events import consolidation as csl
from groupage.domain.events.schedule import Cutoff
from groupage.domain.states import ConsolidationStatus as Status
from groupage.domain.words import when
from tests.processors.aggregates import events as w
from tests.processors.aggregates.consolidation_snapshots import (
    member,
    sealed,
    voyage,
    weighed,
)
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


def test_cutoffs_at_risk_then_missed_then_met(planned: Play) -> None:
    """Four hours before the deadline an unmet one is at risk; after it, missed; alerts follow."""
    planned.deliver(member("CN-2", 2, received_at=None), 150)
    planned.tick(1_700)
    assert planned.state.cutoffs["LCO"].state == "ahead"
    assert planned.aggregate.deadline(planned.state) == at(2_000 - 240)
    planned.tick(1_760)
    assert planned.state.cutoffs["LCO"].state == "at_risk"
    assert planned.sent("cutoff.at_risk")[0].consignment_ids == ("CN-2",)
    assert planned.sent("plan.wanted")[-1].cause == "cutoff_near"
    planned.tick(2_000)
    assert planned.sent("cutoff.missed") == []
    planned.tick(2_001)
    assert [each.code for each in planned.sent("cutoff.missed")] == ["LCO"]
    raised = [each for each in planned.sent("alert.raised") if each.code == "cutoff_LCO"]
    assert [each.severity for each in raised] == ["warning", "critical"]
    planned.deliver(member("CN-2", 9, received_at=at(1_900)), 1_900)
    assert planned.state.cutoffs["LCO"].state == "met"
    assert planned.sent("alert.cleared")[-1].code == "cutoff_LCO"


def test_alerts_say_what_is_missing(planned: Play) -> None:
    """Consignments by name; a manifest also waits for cargo and release of the consignments."""
    planned.deliver(member("CN-1", 2, received_at=at(140), released_at=None), 150)
    late = member("CN-2", 2, received_at=None, released_at=at(140), blocked=True)
    planned.deliver(late, 150)
    planned.tick(2_301)
    messages = {each.code: each.message for each in planned.sent("alert.raised")}
    texts = {code: text.split(" was missed; ")[1] for code, text in messages.items()}
    of_members = "not received: CN-2; not released by customs: CN-1"
    assert texts == {
        "cutoff_LCO": "not received: CN-2",
        "cutoff_CUA": "not released by customs: CN-1",
        "cutoff_DCO": f"no manifest is filed; {of_members}; held: CN-2",
        "cutoff_VCO": f"the gross mass is not verified; {of_members}; held: CN-2",
    }


def test_a_long_list_of_what_is_missing_is_bounded() -> None:
    """The first five, and how many more."""
    lack = Lack("not received", tuple(f"CN-{number}" for number in range(17)))
    assert str(lack) == "not received: CN-0, CN-1, CN-2, CN-3, CN-4 and 12 more"


def test_cargo_expected_too_late_is_at_risk_at_once(planned: Play) -> None:
    """Cargo that is expected too late puts the cut-off at risk before the clock does."""
    planned.deliver(member("CN-2", 2, received_at=None, expected_at=at(2_500)), 150)
    planned.tick(160)
    assert planned.state.cutoffs["LCO"].state == "at_risk"
    assert planned.sent("cutoff.at_risk")[0].slack_s == -500 * 60


def test_nothing_is_published_with_a_time_in_the_future(planned: Play) -> None:
    """A replan trigger, a warning and a miss have the time at which they became known."""
    planned.deliver(member("CN-2", 2, received_at=None, expected_at=at(2_500)), 150)
    planned.tick(160)
    about = ("plan.wanted", "cutoff.at_risk", "alert.raised")
    sent = [each for each in planned.published if each.event.name in about]
    assert {each.at for each in sent} == {at(150)}
    planned.deliver(member("CN-2", 3, received_at=None), 170)
    planned.tick(1_761)
    assert planned.sent("cutoff.at_risk")[-1].code == "LCO"
    assert planned.published[-1].at == at(1_760), "the clock alone decides"
    planned.tick(2_001)
    assert planned.sent("cutoff.missed")[0].code == "LCO"
    assert all(each.at <= at(2_001) for each in planned.published)


def test_planned_when_the_deadline_was_near(play: Start) -> None:
    """No warning before the members' snapshots arrive, and none with an earlier time."""
    story = play("consolidation", w.CSL)
    story.deliver(w.opened(), 0)
    story.deliver(voyage(1), 1)
    story.tick(1_900)
    story.deliver(w.planned("CN-1"), 1_901)
    story.tick(1_902)
    assert "LCO" not in {each.code for each in story.sent("cutoff.at_risk")}
    assert story.aggregate.deadline(story.state) == at(2_200 - 240), (
        "the VGM's is next, not the cargo's"
    )
    story.deliver(member("CN-1", 1, received_at=None), 1_903)
    (wish,) = [each for each in story.published if each.event.name == "plan.wanted"]
    assert wish.at == at(1_903)
    story.deliver(member("CN-1", 2, received_at=at(1_904)), 1_905)
    assert story.state.cutoffs["LCO"].state == "met"


def test_a_missed_vgm_cutoff_rolls_the_container(stuffed: Play) -> None:
    """After a roll the next voyage's cut-offs count, and the container may leave for it."""
    stuffed.deliver(sealed(2), 500)
    stuffed.tick(2_000)
    assert [each.code for each in stuffed.sent("cutoff.at_risk")] == ["VCO"]
    stuffed.tick(2_210)
    assert [each.code for each in stuffed.sent("cutoff.missed")] == ["VCO"]
    assert "cutoff_VCO" in stuffed.alerts()
    rolled = csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="FE4/NEXT", reason="VCO")
    stuffed.deliver(rolled, 2_230)
    assert stuffed.sent("alert.cleared")[-1].code == "cutoff_VCO"
    wish = stuffed.sent("plan.wanted")[-1]
    assert (wish.cause, wish.about) == ("carrier", w.CSL)
    due = {"LCO": 7_000, "DCO": 7_100, "VCO": 7_200, "PCO": 8_000}
    cutoffs = tuple(Cutoff(code=code, due_at=at(m)) for code, m in due.items())  # type: ignore[arg-type]
    stuffed.deliver(voyage(2, voyage_id="FE4/NEXT", cutoffs=cutoffs), 2_231)
    standing = {code: seen.state for code, seen in stuffed.state.cutoffs.items()}
    assert standing == {"LCO": "met", "DCO": "met", "VCO": "ahead", "PCO": "ahead"}
    assert "cutoff_VCO" not in stuffed.alerts()
    left = weighed(3, vgm_at=at(2_300), gated_out_at=at(2_900), status="GATED_OUT")
    stuffed.deliver(left, 2_900)
    assert stuffed.state.status == Status.GATED_OUT


def test_the_manifest_is_not_late_while_cargo_may_still_come(planned: Play) -> None:
    """Cargo closes at minute 2,000, documents at 2,100: halfway somebody must hurry."""
    planned.tick(2_049)
    assert "cutoff_DCO" not in planned.alerts()
    planned.tick(2_050)
    assert planned.sent("cutoff.at_risk")[-1].code == "DCO"
    assert planned.published[-1].at == at(2_050)


def test_a_missed_documents_cutoff(planned: Play) -> None:
    """Without a manifest by then it is missed; a roll before that makes the next voyage count."""
    planned.tick(2_101)
    assert [each.code for each in planned.sent("cutoff.missed")] == ["DCO"]
    planned.deliver(
        csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="FE4/NEXT", reason="DCO"),
        2_110,
    )
    assert "cutoff_DCO" not in planned.alerts()
    planned.deliver(w.frozen(), 2_120)
    assert (planned.state.status, planned.state.voyage_id) == (Status.FROZEN, "FE4/NEXT")


@pytest.mark.parametrize(
    ("minutes", "booked", "dead"), [(200, True, False), (201, True, True), (201, False, False)]
)
def test_space_given_up_late_is_dead_freight(
    planned: Play, minutes: float, *, booked: bool, dead: bool
) -> None:
    """Less than 30 hours before the LCO (minute 2,000), given-up space costs dead freight."""
    if booked:
        sent = csl.ConsolidationBooked(consolidation_id=w.CSL, carrier_booking_id="B")
        planned.deliver(sent, 150)
    broken = csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="documents came too late")
    planned.deliver(broken, minutes)
    assert ("dead_freight" in planned.alerts()) is dead
    if dead:
        (alert,) = [each for each in planned.outputs("alert.raised") if each.code == "dead_freight"]
        assert "dead freight on 0.12 m³" in alert.message
        assert planned.state.planned_volume_cm3 == 120_000


def test_the_alert_about_the_port_names_both_times(stuffed: Play) -> None:
    """When the container must leave the hub, and the terminal's own cut-off, a haul later."""
    stuffed.tick(2_999)
    (raised,) = [each for each in stuffed.outputs("alert.raised") if each.code == "cutoff_PCO"]
    assert raised.message.startswith(
        f"leaving the hub by {when(at(3_000 - 240))} for PCO at {when(at(3_000))} was missed; "
        "the container has not left the hub"
    )


def test_every_cutoff_is_met_by_its_own_fact(stuffed: Play) -> None:
    """Cargo, manifest, gross mass, customs, gate: each has its own fact."""
    stuffed.deliver(weighed(3, gated_out_at=at(600), status="GATED_OUT"), 600)
    stuffed.tick(5_000)
    assert {code: seen.state for code, seen in stuffed.state.cutoffs.items()} == dict.fromkeys(
        ("LCO", "DCO", "VCO", "CUA", "PCO"), "met"
    )
    assert stuffed.aggregate.deadline(stuffed.state) is None


def test_a_deadline_that_moves_takes_its_warning_along(planned: Play) -> None:
    """At risk, the ship is delayed: cleared; near the new deadline it is raised again."""
    planned.deliver(member("CN-2", 2, received_at=None), 150)
    planned.tick(1_761)
    assert planned.alerts() == {"cutoff_LCO"}
    later = (Cutoff(code="LCO", due_at=at(3_000)),)
    planned.deliver(voyage(2, cutoffs=later), 1_770)
    assert planned.state.cutoffs["LCO"].state == "ahead"
    assert planned.sent("alert.cleared")[-1].code == "cutoff_LCO"
    assert planned.aggregate.deadline(planned.state) == at(3_000 - 240)
    planned.tick(2_760)
    assert [each.due_at for each in planned.sent("cutoff.at_risk")] == [at(2_000), at(3_000)]
    raised = [each for each in planned.sent("alert.raised") if each.code == "cutoff_LCO"]
    assert [each.due_at for each in raised] == [at(2_000), at(3_000)]
    sooner = (Cutoff(code="LCO", due_at=at(2_500)),)
    planned.deliver(voyage(3, cutoffs=sooner), 2_761)
    assert [each.due_at for each in planned.sent("cutoff.missed")] == [at(2_500)]


@pytest.mark.parametrize(("minutes", "state"), [(2_000, "met"), (2_000.01, "missed")])
def test_cargo_at_the_very_instant_is_in_time(planned: Play, minutes: float, state: str) -> None:
    """The deadline itself still counts, whether the clock had passed it or not."""
    planned.deliver(member("CN-2", 2, received_at=None), 150)
    planned.tick(2_001)
    planned.deliver(member("CN-2", 3, received_at=at(minutes)), minutes)
    assert planned.state.cutoffs["LCO"].state == state
