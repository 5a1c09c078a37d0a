"""The container and the gate: fit, sealed, opened again, departed."""

from typing import Any

import pytest

from groupage.domain.events import consolidation as csl
from groupage.domain.events import schedule
from groupage.domain.states import ConsolidationStatus as Status
from tests.processors.aggregates import events as w
from tests.processors.aggregates.consolidation_snapshots import (
    container,
    full,
    sealed,
    voyage,
    weighed,
)
from tests.processors.aggregates.play import Play, at

STARTED = csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER)
LEFT: dict[str, Any] = {"gated_out_at": at(600), "status": "GATED_OUT"}


def first_snapshot(story: Play) -> Any:
    """Return the snapshot for its first member."""
    return story.outputs("consignment.consolidation_changed")[0]


def test_a_container_that_nobody_inspected_takes_nothing(planned: Play) -> None:
    """Without an inspection nothing counts; a late one makes the loads since then count."""
    planned.deliver(w.frozen(), 300)
    planned.deliver(container(1, status="AT_HUB", fit=None), 310)
    planned.deliver(STARTED, 400)
    assert planned.state.status == Status.FROZEN
    assert "container_not_inspected" in planned.alerts()
    assert first_snapshot(planned).stuffing_started_at is None
    planned.deliver(container(2), 410)
    assert planned.state.status == Status.STUFFING
    assert "container_not_inspected" not in planned.alerts()


def test_found_unfit_while_it_is_stuffed(stuffed: Play) -> None:
    """Loaded cartons stay, no other is accepted, and an alert is raised."""
    stuffed.deliver(container(2, status="UNFIT", inspected_at=at(460)), 460)
    assert stuffed.state.status == Status.STUFFING
    assert "container_unfit" in stuffed.alerts()
    assert (
        first_snapshot(stuffed).stuffing_started_at,
        first_snapshot(stuffed).stuffing_completed_at,
    ) == (
        at(400),
        at(460),
    )


def test_the_seal_ends_stuffing(planned: Play) -> None:
    """The seal ends stuffing, even without a completion event."""
    planned.deliver(w.frozen(), 300)
    planned.deliver(container(1), 310)
    planned.deliver(STARTED, 400)
    assert first_snapshot(planned).stuffing_open
    planned.deliver(sealed(2), 500)
    assert not first_snapshot(planned).stuffing_open
    assert first_snapshot(planned).stuffing_completed_at == at(500)


def test_breaking_up_ends_stuffing(planned: Play) -> None:
    """Nothing may be loaded after it was broken up."""
    planned.deliver(w.frozen(), 300)
    planned.deliver(container(1), 310)
    planned.deliver(STARTED, 400)
    planned.deliver(csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="x"), 420)
    assert first_snapshot(planned).stuffing_completed_at == at(420)


def test_opened_again_it_needs_another_seal(stuffed: Play) -> None:
    """Too heavy: one carton out, another seal on, weighed again."""
    stuffed.deliver(weighed(2), 510)
    assert stuffed.state.status == Status.CLEARED
    stuffed.deliver(STARTED, 520)
    assert stuffed.state.status == Status.STUFFING
    assert "began again" in stuffed.state.failed_guards["sealed_incomplete"]
    stuffed.deliver(full("CN-2", 7, loaded_at=at(530)), 530)
    stuffed.deliver(csl.StuffingCompleted(consolidation_id=w.CSL), 540)
    stuffed.deliver(weighed(3, sealed_at=at(550), vgm_at=at(560)), 560)
    assert stuffed.state.status == Status.CLEARED
    assert stuffed.state.failed_guards == {}


def test_taken_out_behind_the_seal(stuffed: Play) -> None:
    """A carton that was unloaded after the seal is missing; sealed at first, it was whole."""
    stuffed.deliver(sealed(2), 500)
    stuffed.deliver(full("CN-2", 7, loaded_pieces=1, unloaded_at=at(520)), 520)
    assert stuffed.state.status == Status.STUFFING
    assert "1 of 2" in stuffed.state.failed_guards["sealed_incomplete"]
    stuffed.deliver(weighed(3, **LEFT), 600)
    assert "1 of 2" in stuffed.state.failed_guards["gated_out_uncleared"]


@pytest.mark.parametrize(
    ("steps", "words"),
    [([], "no manifest"), ([w.frozen()], "never stuffed"), ([w.frozen(), STARTED], "not sealed")],
)
def test_an_early_gate_out_is_critical(planned: Play, steps: list[Any], words: str) -> None:
    """The container left too early: the status stays, and an alert is raised."""
    for minutes, event in enumerate(steps, 300):
        planned.deliver(event, minutes)
    planned.deliver(container(3, **LEFT), 600)
    assert planned.state.departed_at is None
    assert words in planned.state.failed_guards["gated_out_uncleared"]
    (alert,) = [each for each in planned.outputs("alert.raised") if "gated" in each.code]
    assert alert.severity == "critical"


@pytest.mark.parametrize(
    "news",
    [
        {"holds": (csl.Span(since_at=at(480), until_at=at(700)),)},
        {"declarations": (csl.Span(since_at=at(80), until_at=at(700)),), "released_at": at(700)},
    ],
)
def test_a_clearance_after_the_gate_out_does_not_count(stuffed: Play, news: dict[str, Any]) -> None:
    """It left on hold or unreleased: a later release does not change that."""
    stuffed.deliver(full("CN-2", 6, **news), 490)
    stuffed.deliver(weighed(3, **LEFT), 600)
    assert stuffed.state.status == Status.CLEARED
    assert "gated_out_uncleared" in stuffed.alerts()


@pytest.mark.parametrize(
    "event", [csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="x"), STARTED]
)
def test_a_departed_consolidation_cannot_be_reopened_or_ended(stuffed: Play, event: Any) -> None:
    """Breaking it up or opening it again after it left is rejected."""
    stuffed.deliver(weighed(3, **LEFT), 600)
    stuffed.deliver(event, 800)
    assert stuffed.state.status == Status.GATED_OUT
    assert stuffed.rejections() == ["departed"]
    assert stuffed.outputs("lane.consolidation_closed")[0].status == "GATED_OUT"


def test_a_gate_out_after_the_end_changes_nothing(stuffed: Play) -> None:
    """The gate-out of the empty container changes nothing in a broken-up consolidation."""
    stuffed.deliver(csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="x"), 550)
    stuffed.deliver(weighed(3, **LEFT), 600)
    assert stuffed.state.status == Status.BROKEN_UP
    assert stuffed.alerts() == set()


def test_declarations_and_unloading_after_the_departure_change_nothing(stuffed: Play) -> None:
    """A later declaration or a later unloading elsewhere changes nothing."""
    stuffed.deliver(weighed(3, **LEFT), 600)
    spans = (csl.Span(since_at=at(80), until_at=at(100)), csl.Span(since_at=at(900)))
    news = {"customs": "DECLARED", "released_at": None, "declarations": spans}
    stuffed.deliver(full("CN-2", 7, unloaded_at=at(5_000), loaded_pieces=0, **news), 5_000)
    assert stuffed.state.status == Status.GATED_OUT


def test_a_ship_that_sailed_earlier_does_not_carry_it(stuffed: Play) -> None:
    """The container left the hub after the departure: it is not on board."""
    stuffed.deliver(voyage(2, cutoffs=(), status="DEPARTED", departed_at=at(590)), 590)
    stuffed.deliver(weighed(3, **LEFT), 600)
    assert stuffed.state.status == Status.GATED_OUT


def test_every_opening_after_it_left_is_rejected(stuffed: Play) -> None:
    """Not only the last reopening is rejected, in whatever order the facts arrive."""
    completed = csl.StuffingCompleted(consolidation_id=w.CSL)
    stuffed.deliver(weighed(3, **LEFT), 600)
    for minutes in (610, 620):
        stuffed.deliver(STARTED, minutes)
        stuffed.deliver(completed, minutes + 1)
    assert stuffed.rejections() == ["departed", "departed"]


def test_cutoffs_that_change_do_not_undo_what_was_in_time(stuffed: Play) -> None:
    """Neither the gate-out nor, by the doors of its members, a loading."""
    pco = schedule.Cutoff(code="PCO", due_at=at(500))
    before = stuffed.state.voyage.cutoffs
    stuffed.deliver(weighed(3, **LEFT), 600)
    earlier = schedule.EarlierCutoffs(until_at=at(700), cutoffs=before)
    changed = voyage(9, cutoffs=(pco,), earlier_cutoffs=(earlier,))
    stuffed.deliver(changed, 700)
    assert stuffed.state.gated_out_at == at(600)
    sent = first_snapshot(stuffed)
    assert sent.door_close_at == at(500 - 300)
    assert [each.until_at for each in sent.earlier_doors] == [at(700)]
    limit = sent.earlier_doors[0].close_at
    assert sent.doors_close_at(at(699)) == limit > at(600)
    assert sent.doors_close_at(at(700)) == at(200)
    rolled = csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="NEXT", reason="x")
    stuffed.deliver(rolled, 800)
    stuffed.deliver(voyage(1, voyage_id="NEXT", cutoffs=(pco,)), 801)
    assert stuffed.state.gated_out_at == at(600)
    sent = first_snapshot(stuffed)
    assert (sent.doors_close_at(at(799)), sent.doors_close_at(at(800))) == (None, at(200))


def test_what_happens_later_does_not_undo_the_departure(stuffed: Play) -> None:
    """Another carton was found, and one was taken out and loaded again: they were inside then."""
    stuffed.deliver(weighed(3, **LEFT), 600)
    before = stuffed.state.members["CN-1"]
    assert before.gross_g == 1_000_000
    earlier = csl.InsideSpan(since_at=before.loaded_at, until_at=at(650), gross_g=before.gross_g)
    later = {"gross_g": 9_000_000, "pieces": 9, "earlier_inside": (earlier,)}
    for revision, news in enumerate(({"unloaded_at": at(650)}, {"loaded_at": at(700)}), 20):
        stuffed.deliver(full("CN-1", revision, **later, **news), 700)
        assert stuffed.state.gated_out_at == at(600)


def test_the_mass_is_that_of_the_loaded_cartons(stuffed: Play) -> None:
    """As measured before the loading, whatever was measured since; 0.2.0 knew only the whole."""
    assert stuffed.state.members["CN-1"].find_inside(None).gross_g == 1_000_000
    stuffed.deliver(full("CN-1", 20, loaded_gross_g=5_000_000), 490)
    assert stuffed.state.members["CN-1"].find_inside(at(600)).gross_g == 5_000_000
    stuffed.deliver(weighed(3, **LEFT), 600)
    words = "6000000 g verified, 10000000 g expected"
    assert words in stuffed.state.failed_guards["gated_out_uncleared"]


def test_an_opening_before_the_departure_counts_whatever_came_later(stuffed: Play) -> None:
    """The doors were opened after the seal, and nobody sealed them again before it left."""
    stuffed.deliver(STARTED, 550)
    stuffed.deliver(csl.StuffingCompleted(consolidation_id=w.CSL), 560)
    stuffed.deliver(weighed(3, **LEFT), 600)
    words = "stuffing began again at 2026-03-01 09:10Z"
    assert words in stuffed.state.failed_guards["gated_out_uncleared"]
    stuffed.deliver(STARTED, 650)
    assert words in stuffed.state.failed_guards["gated_out_uncleared"]
