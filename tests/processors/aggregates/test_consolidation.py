"""A consolidation from its opening to the gate: manifest, stuffing, seal, mass, clearance."""

from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain.events import consolidation as csl
from groupage.domain.states import ConsolidationStatus as Status
from tests.processors.aggregates import events as w
from tests.processors.aggregates.consolidation_snapshots import (
    TARE_G,
    container,
    full,
    member,
    sealed,
    voyage,
    weighed,
)
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


def test_the_ordinary_way(play: Start) -> None:
    """From the first plan to the ship, one state after the other."""
    story = play("consolidation", w.CSL)
    steps: list[tuple[Any, float, Status]] = [
        (w.opened(), 0, Status.OPEN),
        (w.planned("CN-1"), 1, Status.PLANNED),
        (csl.ConsolidationBooked(consolidation_id=w.CSL, carrier_booking_id="B"), 2, Status.BOOKED),
        (w.frozen(), 300, Status.FROZEN),
        (member("CN-1", 2, staged_pieces=1), 350, Status.STAGING),
        (
            csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER),
            400,
            Status.STUFFING,
        ),
        (full("CN-1", 3, blocked=True), 450, Status.STUFFING),
        (csl.StuffingCompleted(consolidation_id=w.CSL), 480, Status.STUFFING),
        (sealed(1), 500, Status.SEALED),
        (weighed(2, TARE_G + 1_000_000), 510, Status.VGM_OK),
        (full("CN-1", 4), 520, Status.CLEARED),
        (
            weighed(3, TARE_G + 1_000_000, gated_out_at=at(600), status="GATED_OUT"),
            600,
            Status.GATED_OUT,
        ),
        (voyage(9, status="DEPARTED", departed_at=at(4_000)), 4_000, Status.ON_BOARD),
    ]
    for event, minutes, status in steps:
        story.deliver(event, minutes)
        assert story.state.status == status, event
    assert story.rejections() == []
    assert story.state.departed_at == at(600)
    assert story.outputs("lane.consolidation_closed")[0].status == "GATED_OUT"
    assert story.outputs("consignment.consolidation_changed")[0].departed_at == at(600)


def test_members_voyage_and_container_get_messages(planned: Play) -> None:
    """It follows its voyage, is assigned its container and sends snapshots to its members."""
    planned.deliver(w.frozen("CN-1"), 300)
    assert planned.sent("voyage.followed")[0].voyage_id == w.VOYAGE
    assert planned.sent("container.assigned")[0].equipment_ref == w.CONTAINER
    sent = {
        each.consignment_id: each for each in planned.outputs("consignment.consolidation_changed")
    }
    assert sent["CN-1"].frozen_at == at(300)
    assert sent["CN-1"].door_close_at == at(3_000 - 300)
    assert sent["CN-1"].lco_at == at(2_000)
    assert sent["CN-2"].frozen_at is None, "the manifest leaves it out"
    assert sent["CN-2"].equipment_ref == ""


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (w.opened(), "already_opened"),
        (w.frozen("CN-9"), "not_planned"),
        (csl.ConsolidationUnfrozen(consolidation_id=w.CSL, reason="x", by="d"), "not_frozen"),
        (csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER), "not_frozen"),
        (csl.StuffingCompleted(consolidation_id=w.CSL), "not_open"),
        (
            csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id=w.VOYAGE, reason="x"),
            "same_voyage",
        ),
    ],
)
def test_a_planned_consolidation_rejects(planned: Play, event: Any, code: str) -> None:
    """The fact is stored, and rejected with its reason."""
    planned.deliver(event, 200)
    assert planned.rejections() == [code]
    assert planned.state.status == Status.PLANNED


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (w.planned("CN-1", revision=7), "frozen"),
        (w.frozen(), "already_frozen"),
        (
            csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref="OTHU0000009"),
            "other_container",
        ),
    ],
)
def test_a_frozen_consolidation_rejects(planned: Play, event: Any, code: str) -> None:
    """A frozen plan changes only through unfreezing."""
    planned.deliver(w.frozen(), 300)
    planned.deliver(event, 310)
    assert planned.rejections() == [code]
    unfrozen = csl.ConsolidationUnfrozen(consolidation_id=w.CSL, reason="amended", by="d")
    planned.deliver(unfrozen, 305)
    assert planned.state.unfreeze_count == 1
    assert planned.sent("plan.wanted")[-1].cause == "command"


def test_nothing_before_it_is_opened(play: Start) -> None:
    """A plan for a consolidation that nobody opened is rejected until the opening arrives."""
    story = play("consolidation", w.CSL)
    story.deliver(w.planned("CN-1"), 5)
    assert story.rejections() == ["not_opened"]
    story.deliver(w.opened(), 5)
    assert story.rejections() == []
    story.deliver(csl.ConsolidationFrozen(**_manifest()), 1)
    assert story.rejections() == ["not_opened"]


def _manifest() -> dict[str, Any]:
    return {
        "consolidation_id": w.CSL,
        "manifest_ref": "M0",
        "equipment_ref": w.CONTAINER,
        "seal_no": "S0",
    }


def test_nothing_planned_nothing_frozen(play: Start) -> None:
    """An empty consolidation has no manifest."""
    story = play("consolidation", w.CSL)
    story.deliver(w.opened(), 0)
    story.deliver(w.frozen(), 10)
    assert story.rejections() == ["nothing_planned"]


def test_locked_once_stuffing_began(stuffed: Play) -> None:
    """It cannot be unfrozen or cancelled, only broken up; everybody gets a message."""
    for minutes, event in enumerate(
        (
            csl.ConsolidationUnfrozen(consolidation_id=w.CSL, reason="x", by="d"),
            csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x"),
        ),
        490,
    ):
        stuffed.deliver(event, minutes)
    assert stuffed.rejections() == ["stuffing_began", "stuffing_began"]
    stuffed.deliver(csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="x"), 495)
    assert stuffed.state.status == Status.BROKEN_UP
    assert stuffed.outputs("lane.consolidation_closed")[0].status == "BROKEN_UP"
    assert {each.status for each in stuffed.outputs("consignment.consolidation_changed")} == {
        "BROKEN_UP"
    }
    stuffed.deliver(csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER), 499)
    assert "ended" in stuffed.rejections()


def test_sealed_needs_the_manifest_loaded(stuffed: Play) -> None:
    """A seal on a container that misses a carton raises an alert, and the status stays."""
    stuffed.deliver(member("CN-2", 6, loaded_pieces=1), 490)
    stuffed.deliver(sealed(2), 500)
    assert stuffed.state.status == Status.STUFFING
    assert "1 of 2" in stuffed.state.failed_guards["sealed_incomplete"]
    assert "sealed_incomplete" in stuffed.alerts()
    stuffed.deliver(full("CN-2", 7), 495)
    assert stuffed.state.status == Status.SEALED
    assert "sealed_incomplete" not in stuffed.alerts()


def test_a_member_that_left_makes_the_manifest_outdated(stuffed: Play) -> None:
    """Cancelled after the freeze: the manifest must be filed again."""
    stuffed.deliver(member("CN-2", 6, member=False, status="CANCELLED"), 490)
    stuffed.deliver(sealed(2), 500)
    assert stuffed.state.status == Status.STUFFING
    assert {"manifest_outdated", "sealed_incomplete"} <= stuffed.alerts()


@pytest.mark.parametrize(
    ("vgm_g", "status"),
    [
        (TARE_G + 2_000_000, Status.CLEARED),
        (TARE_G + 2_300_000, Status.CLEARED),
        (TARE_G + 2_300_001, Status.SEALED),
        (TARE_G + 1_699_999, Status.SEALED),
        (30_480_001, Status.SEALED),
    ],
)
def test_vgm_tolerance(stuffed: Play, vgm_g: int, status: Status) -> None:
    """Five per cent of 6 t is the smaller tolerance; more, or too heavy, stays SEALED."""
    stuffed.deliver(weighed(2, vgm_g), 510)
    assert stuffed.state.status == status
    assert ("vgm_mismatch" in stuffed.alerts()) is (status == Status.SEALED)


def test_dunnage_counts_in_the_gross_mass(stuffed: Play) -> None:
    """Dunnage is part of the expected gross mass."""
    stuffed.deliver(weighed(2, TARE_G + 2_900_000), 510)
    assert stuffed.state.status == Status.SEALED
    stuffed.deliver(csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER), 490)
    stuffed.deliver(csl.StuffingCompleted(consolidation_id=w.CSL, dunnage_g=600_000), 495)
    assert stuffed.state.status == Status.CLEARED


@pytest.mark.parametrize(
    ("news", "words"),
    [
        ({"blocked": True, "holds": (csl.Span(since_at=at(480)),)}, "on hold"),
        ({"customs": "SELECTED_SCAN", "released_at": None}, "not released"),
        ({"released_at": at(700)}, "not released"),
    ],
)
def test_gate_out_needs_holds_and_customs_clear(
    stuffed: Play, news: dict[str, Any], words: str
) -> None:
    """The container left without clearance: the status stays, and a critical alert is raised."""
    stuffed.deliver(full("CN-2", 6, **news), 490)
    stuffed.deliver(weighed(3, gated_out_at=at(600), status="GATED_OUT"), 600)
    assert stuffed.state.status in (Status.VGM_OK, Status.CLEARED)
    assert words in stuffed.state.failed_guards["gated_out_uncleared"]
    alert = next(each for each in stuffed.outputs("alert.raised") if "gated" in each.code)
    assert alert.severity == "critical"


def test_a_hold_after_the_gate_out_changes_nothing(stuffed: Play) -> None:
    """A hold placed after the gate-out does not bring the container back."""
    stuffed.deliver(weighed(3, gated_out_at=at(600), status="GATED_OUT"), 600)
    assert stuffed.state.status == Status.GATED_OUT
    stuffed.deliver(full("CN-2", 6, blocked=True, holds=(csl.Span(since_at=at(700)),)), 700)
    assert stuffed.state.status == Status.GATED_OUT


def test_too_late_for_the_terminal(stuffed: Play) -> None:
    """After the port's cut-off less the haul, the gate-out counts only once it is rolled."""
    stuffed.deliver(weighed(3, gated_out_at=at(2_800), status="GATED_OUT"), 2_800)
    assert stuffed.state.status == Status.CLEARED
    assert "too late" in stuffed.state.failed_guards["gated_out_uncleared"]
    rolled = csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="FE4/NEXT", reason="x")
    stuffed.deliver(rolled, 2_900)
    assert stuffed.state.status == Status.GATED_OUT
    assert stuffed.sent("voyage.followed")[-1].voyage_id == "FE4/NEXT"


def test_an_unfit_container_takes_nothing(planned: Play) -> None:
    """Stuffing in an unfit container does not begin, and its lane plans again."""
    planned.deliver(w.frozen(), 300)
    planned.deliver(container(2, status="UNFIT"), 310)
    planned.deliver(csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER), 400)
    assert planned.state.status == Status.FROZEN
    assert "container_unfit" in planned.alerts()
    assert planned.outputs("consignment.consolidation_changed")[0].stuffing_started_at is None
    assert "container" in {wish.cause for wish in planned.sent("plan.wanted")}


def test_another_seal_than_manifested(stuffed: Play) -> None:
    """Another seal than the manifest names raises an alert."""
    stuffed.deliver(sealed(2, seal_no="S2"), 500)
    assert "seal_mismatch" in stuffed.alerts()
    stuffed.deliver(sealed(3, seal_no="S1"), 510)
    assert "seal_mismatch" not in stuffed.alerts()


def test_an_older_snapshot_is_ignored(stuffed: Play) -> None:
    """The highest revision counts, whatever comes last."""
    stuffed.deliver(member("CN-1", 2), 100)
    assert stuffed.state.members["CN-1"].loaded_pieces == 2
