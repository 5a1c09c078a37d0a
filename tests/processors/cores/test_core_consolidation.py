from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain.events import consolidation as csl
from groupage.domain.events.schedule import Cutoff
from groupage.domain.states import ConsolidationStatus as Status
from tests.processors.cores import words as w
from tests.processors.cores.play import Play, at

Start = Callable[..., Play]
TARE_G = 4_000_000


def member(name: str, revision: int, **more: Any) -> csl.ConsignmentPositionChanged:
    """A consignment of two cartons that is received, released and not loaded."""
    fields: dict[str, Any] = {
        "consolidation_id": w.CSL,
        "consignment_id": name,
        "revision": revision,
        "member": True,
        "status": "ALLOCATED",
        "pieces": 2,
        "staged_pieces": 0,
        "loaded_pieces": 0,
        "volume_cm3": 60_000,
        "gross_g": 1_000_000,
        "blocked": False,
        "customs": "RELEASED",
        "released_at": at(100),
        "received_at": at(90),
    }
    return csl.ConsignmentPositionChanged(**{**fields, **more})


def full(name: str, revision: int, **more: Any) -> csl.ConsignmentPositionChanged:
    """The same, loaded at minute 450."""
    return member(name, revision, **{"loaded_pieces": 2, "loaded_at": at(450), **more})


def box(revision: int, **more: Any) -> csl.ContainerPositionChanged:
    """Its container, inspected and fit."""
    fields: dict[str, Any] = {
        "consolidation_id": w.CSL,
        "equipment_ref": w.BOX,
        "revision": revision,
        "status": "FIT",
        "iso_type": "45G1",
        "tare_g": TARE_G,
        "max_gross_g": 30_480_000,
    }
    return csl.ContainerPositionChanged(**{**fields, **more})


def sealed(revision: int, **more: Any) -> csl.ContainerPositionChanged:
    """Sealed at minute 500."""
    fields = {"status": "SEALED", "seal_no": "S1", "sealed_at": at(500)}
    return box(revision, **{**fields, **more})


def weighed(revision: int, vgm_g: int = TARE_G + 2_000_000, **more: Any) -> Any:
    """Weighed at minute 510."""
    return sealed(revision, **{"vgm_g": vgm_g, "vgm_at": at(510), **more})


def voyage(revision: int, **more: Any) -> csl.VoyagePositionChanged:
    """Cut-offs: cargo 2,000, documents 2,100, VGM 2,200, customs 2,300, port 3,000."""
    due = {"LCO": 2_000, "DCO": 2_100, "VCO": 2_200, "CUA": 2_300, "PCO": 3_000}
    fields: dict[str, Any] = {
        "consolidation_id": w.CSL,
        "voyage_id": w.VOYAGE,
        "revision": revision,
        "status": "SCHEDULED",
        "etd_at": at(4_000),
        "eta_at": at(40_000),
        "cutoffs": tuple(Cutoff(code=code, due_at=at(m)) for code, m in due.items()),  # type: ignore[arg-type]
    }
    return csl.VoyagePositionChanged(**{**fields, **more})


@pytest.fixture
def planned(play: Start) -> Play:
    """Opened and planned for two consignments that are here and released."""
    story = play("consolidation", w.CSL)
    story.say(w.opened(), 0)
    story.say(w.planned("CN-1", "CN-2"), 0)
    story.say(voyage(1), 1)
    story.say(member("CN-1", 1), 100)
    story.say(member("CN-2", 1), 100)
    return story


@pytest.fixture
def stuffed(planned: Play) -> Play:
    """Frozen, stuffed with everything."""
    planned.say(w.frozen(), 300)
    planned.say(box(1), 310)
    planned.say(csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.BOX), 400)
    planned.say(full("CN-1", 5), 450)
    planned.say(full("CN-2", 5), 450)
    planned.say(csl.StuffingCompleted(consolidation_id=w.CSL), 480)
    return planned


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
            csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.BOX),
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
        story.say(event, minutes)
        assert story.state.status == status, event
    assert story.refusals() == []
    assert story.state.departed_at == at(600)
    assert story.now("lane.consolidation_closed")[0].status == "ON_BOARD"
    assert story.now("consignment.consolidation_changed")[0].departed_at == at(600)


def test_members_voyage_and_container_hear_of_it(planned: Play) -> None:
    """It follows its voyage, claims its container and tells its members when doors close."""
    planned.say(w.frozen("CN-1"), 300)
    assert planned.said("voyage.followed")[0].voyage_id == w.VOYAGE
    assert planned.said("container.assigned")[0].equipment_ref == w.BOX
    told = {each.consignment_id: each for each in planned.now("consignment.consolidation_changed")}
    assert told["CN-1"].frozen_at == at(300)
    assert told["CN-1"].door_close_at == at(3_000 - 300)
    assert told["CN-1"].lco_at == at(2_000)
    assert told["CN-2"].frozen_at is None, "the manifest leaves it out"
    assert told["CN-2"].equipment_ref == ""


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (w.opened(), "already_opened"),
        (w.frozen("CN-9"), "not_planned"),
        (csl.ConsolidationUnfrozen(consolidation_id=w.CSL, reason="x", by="d"), "not_frozen"),
        (csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.BOX), "not_frozen"),
        (csl.StuffingCompleted(consolidation_id=w.CSL), "not_open"),
        (
            csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id=w.VOYAGE, reason="x"),
            "same_voyage",
        ),
    ],
)
def test_illegal_on_a_planned_one(planned: Play, event: Any, code: str) -> None:
    """Kept and refused with its reason."""
    planned.say(event, 200)
    assert planned.refusals() == [code]
    assert planned.state.status == Status.PLANNED


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (w.planned("CN-1", revision=7), "frozen"),
        (w.frozen(), "already_frozen"),
        (
            csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref="OTHU0000000"),
            "other_container",
        ),
    ],
)
def test_illegal_on_a_frozen_one(planned: Play, event: Any, code: str) -> None:
    """A frozen plan changes only through unfreezing."""
    planned.say(w.frozen(), 300)
    planned.say(event, 310)
    assert planned.refusals() == [code]
    unfrozen = csl.ConsolidationUnfrozen(consolidation_id=w.CSL, reason="amended", by="d")
    planned.say(unfrozen, 305)
    assert planned.state.unfrozen == 1
    assert planned.said("plan.wanted")[-1].cause == "command"


def test_nothing_before_it_is_opened(play: Start) -> None:
    """A plan for a consolidation that nobody opened is refused, until the opening arrives."""
    story = play("consolidation", w.CSL)
    story.say(w.planned("CN-1"), 5)
    assert story.refusals() == ["not_opened"]
    story.say(w.opened(), 5)
    assert story.refusals() == []
    story.say(csl.ConsolidationFrozen(**_manifest()), 1)
    assert story.refusals() == ["not_opened"]


def _manifest() -> dict[str, Any]:
    return {
        "consolidation_id": w.CSL,
        "manifest_ref": "M0",
        "equipment_ref": w.BOX,
        "seal_no": "S0",
    }


def test_nothing_planned_nothing_frozen(play: Start) -> None:
    """An empty consolidation has no manifest."""
    story = play("consolidation", w.CSL)
    story.say(w.opened(), 0)
    story.say(w.frozen(), 10)
    assert story.refusals() == ["nothing_planned"]


def test_locked_once_stuffing_began(stuffed: Play) -> None:
    """No unfreezing, no cancelling; breaking up is the way out, and everybody hears of it."""
    for minutes, event in enumerate(
        (
            csl.ConsolidationUnfrozen(consolidation_id=w.CSL, reason="x", by="d"),
            csl.ConsolidationCancelled(consolidation_id=w.CSL, reason="x"),
        ),
        490,
    ):
        stuffed.say(event, minutes)
    assert stuffed.refusals() == ["stuffing_began", "stuffing_began"]
    stuffed.say(csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="x"), 495)
    assert stuffed.state.status == Status.BROKEN_UP
    assert stuffed.now("lane.consolidation_closed")[0].status == "BROKEN_UP"
    assert {each.status for each in stuffed.now("consignment.consolidation_changed")} == {
        "BROKEN_UP"
    }
    stuffed.say(csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.BOX), 499)
    assert "ended" in stuffed.refusals()


def test_sealed_needs_the_manifest_loaded(stuffed: Play) -> None:
    """A seal on a box that misses a carton is an alert, and the state stays."""
    stuffed.say(member("CN-2", 6, loaded_pieces=1), 490)
    stuffed.say(sealed(2), 500)
    assert stuffed.state.status == Status.STUFFING
    assert "1 of 2" in stuffed.state.why_not["sealed_incomplete"]
    assert "sealed_incomplete" in stuffed.alerts()
    stuffed.say(full("CN-2", 7), 495)
    assert stuffed.state.status == Status.SEALED
    assert "sealed_incomplete" not in stuffed.alerts()


def test_a_member_that_left_makes_the_manifest_outdated(stuffed: Play) -> None:
    """Cancelled after the freeze: the manifest must be filed again."""
    stuffed.say(member("CN-2", 6, member=False, status="CANCELLED"), 490)
    stuffed.say(sealed(2), 500)
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
    stuffed.say(weighed(2, vgm_g), 510)
    assert stuffed.state.status == status
    assert ("vgm_mismatch" in stuffed.alerts()) is (status == Status.SEALED)


@pytest.mark.parametrize(
    ("news", "words"),
    [
        ({"blocked": True, "blocked_since_at": at(480)}, "on hold"),
        ({"customs": "SELECTED_SCAN", "released_at": None}, "not released"),
        ({"released_at": at(700)}, "not released"),
    ],
)
def test_gate_out_needs_holds_and_customs_clear(
    stuffed: Play, news: dict[str, Any], words: str
) -> None:
    """The box left although it was not clear: fact kept, state unchanged, critical alert."""
    stuffed.say(full("CN-2", 6, **news), 490)
    stuffed.say(weighed(3, gated_out_at=at(600), status="GATED_OUT"), 600)
    assert stuffed.state.status in (Status.VGM_OK, Status.CLEARED)
    assert words in stuffed.state.why_not["gated_out_uncleared"]
    alert = next(each for each in stuffed.now("alert.raised") if "gated" in each.code)
    assert alert.severity == "critical"


def test_what_happens_after_it_left_changes_nothing(stuffed: Play) -> None:
    """A hold placed after the gate-out does not bring the container back."""
    stuffed.say(weighed(3, gated_out_at=at(600), status="GATED_OUT"), 600)
    assert stuffed.state.status == Status.GATED_OUT
    stuffed.say(full("CN-2", 6, blocked=True, blocked_since_at=at(700)), 700)
    assert stuffed.state.status == Status.GATED_OUT


def test_too_late_for_the_terminal(stuffed: Play) -> None:
    """After the port's cut-off less the haul the box must be rolled; then it has left."""
    stuffed.say(weighed(3, gated_out_at=at(2_800), status="GATED_OUT"), 2_800)
    assert stuffed.state.status == Status.CLEARED
    assert "too late" in stuffed.state.why_not["gated_out_uncleared"]
    rolled = csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="FE4/NEXT", reason="x")
    stuffed.say(rolled, 2_900)
    assert stuffed.state.status == Status.GATED_OUT
    assert stuffed.said("voyage.followed")[-1].voyage_id == "FE4/NEXT"


def test_an_unfit_container_takes_nothing(planned: Play) -> None:
    """Stuffing in an unfit container does not begin, and its lane plans again."""
    planned.say(w.frozen(), 300)
    planned.say(box(2, status="UNFIT"), 310)
    planned.say(csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.BOX), 400)
    assert planned.state.status == Status.FROZEN
    assert "container_unfit" in planned.alerts()
    assert planned.now("consignment.consolidation_changed")[0].stuffing_started_at is None
    assert "container" in {wish.cause for wish in planned.said("plan.wanted")}


def test_another_seal_than_manifested(stuffed: Play) -> None:
    """The manifest carries the seal's number: another one needs attention."""
    stuffed.say(sealed(2, seal_no="S2"), 500)
    assert "seal_mismatch" in stuffed.alerts()


def test_old_news_are_ignored(stuffed: Play) -> None:
    """The highest revision counts, whatever comes last."""
    stuffed.say(member("CN-1", 2), 100)
    assert stuffed.state.members["CN-1"].loaded_pieces == 2


def test_cutoffs_at_risk_then_missed_then_met(planned: Play) -> None:
    """Four hours before the deadline an unmet one is at risk; after it, missed; alerts follow."""
    planned.say(member("CN-2", 2, received_at=None), 150)
    planned.tick(1_700)
    assert planned.state.cutoffs["LCO"].state == "ahead"
    assert planned.core.deadline(planned.state) == at(2_000 - 240)
    planned.tick(1_760)
    assert planned.state.cutoffs["LCO"].state == "at_risk"
    assert planned.said("cutoff.at_risk")[0].consignment_ids == ("CN-2",)
    assert planned.said("plan.wanted")[-1].cause == "cutoff_near"
    planned.tick(2_000)
    assert planned.said("cutoff.missed") == []
    planned.tick(2_001)
    assert [each.code for each in planned.said("cutoff.missed")] == ["LCO"]
    raised = [each for each in planned.said("alert.raised") if each.code == "cutoff_LCO"]
    assert [each.severity for each in raised] == ["warning", "critical"]
    planned.say(member("CN-2", 9, received_at=at(1_900)), 1_900)
    assert planned.state.cutoffs["LCO"].state == "met"
    assert planned.said("alert.cleared")[-1].code == "cutoff_LCO"


def test_cargo_expected_too_late_is_at_risk_at_once(planned: Play) -> None:
    """The projection speaks before the clock does."""
    planned.say(member("CN-2", 2, received_at=None, expected_at=at(2_500)), 150)
    planned.tick(160)
    assert planned.state.cutoffs["LCO"].state == "at_risk"
    assert planned.said("cutoff.at_risk")[0].slack_s == -500 * 60


def test_nothing_is_said_with_a_time_that_has_not_come(planned: Play) -> None:
    """A wish, a warning and a miss have the time at which they could be known, not the deadline."""
    planned.say(member("CN-2", 2, received_at=None, expected_at=at(2_500)), 150)
    planned.tick(160)
    about = ("plan.wanted", "cutoff.at_risk", "alert.raised")
    told = [each for each in planned.published if each.event.name in about]
    assert {each.at for each in told} == {at(150)}
    planned.say(member("CN-2", 3, received_at=None), 170)
    planned.tick(1_761)
    assert planned.said("cutoff.at_risk")[-1].code == "LCO"
    assert planned.published[-1].at == at(1_760), "the clock alone told it"
    planned.tick(2_001)
    assert planned.said("cutoff.missed")[0].code == "LCO"
    assert all(each.at <= at(2_001) for each in planned.published)


def test_planned_when_the_deadline_was_near(play: Start) -> None:
    """No warning before its members were heard, and none that is dated back."""
    story = play("consolidation", w.CSL)
    story.say(w.opened(), 0)
    story.say(voyage(1), 1)
    story.tick(1_900)
    story.say(w.planned("CN-1"), 1_901)
    story.tick(1_902)
    assert "LCO" not in {each.code for each in story.said("cutoff.at_risk")}
    assert story.core.deadline(story.state) == at(2_200 - 240), "the VGM's is next, not the cargo's"
    story.say(member("CN-1", 1, received_at=None), 1_903)
    (wish,) = [each for each in story.published if each.event.name == "plan.wanted"]
    assert wish.at == at(1_903)
    story.say(member("CN-1", 2, received_at=at(1_904)), 1_905)
    assert story.state.cutoffs["LCO"].state == "met"


def test_a_missed_vgm_cutoff_rolls_the_box(stuffed: Play) -> None:
    """At risk, missed, rolled: the next voyage's deadlines count, and the box may leave for it."""
    stuffed.say(sealed(2), 500)
    stuffed.tick(2_000)
    assert [each.code for each in stuffed.said("cutoff.at_risk")] == ["VCO"]
    stuffed.tick(2_210)
    assert [each.code for each in stuffed.said("cutoff.missed")] == ["VCO"]
    assert "cutoff_VCO" in stuffed.alerts()
    rolled = csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="FE4/NEXT", reason="VCO")
    stuffed.say(rolled, 2_230)
    assert stuffed.said("alert.cleared")[-1].code == "cutoff_VCO"
    wish = stuffed.said("plan.wanted")[-1]
    assert (wish.cause, wish.about) == ("carrier", w.CSL)
    due = {"LCO": 7_000, "DCO": 7_100, "VCO": 7_200, "PCO": 8_000}
    cutoffs = tuple(Cutoff(code=code, due_at=at(m)) for code, m in due.items())  # type: ignore[arg-type]
    stuffed.say(voyage(2, voyage_id="FE4/NEXT", cutoffs=cutoffs), 2_231)
    standing = {code: seen.state for code, seen in stuffed.state.cutoffs.items()}
    assert standing == {"LCO": "met", "DCO": "met", "VCO": "ahead", "PCO": "ahead"}
    assert "cutoff_VCO" not in stuffed.alerts()
    left = weighed(3, vgm_at=at(2_300), gated_out_at=at(2_900), status="GATED_OUT")
    stuffed.say(left, 2_900)
    assert stuffed.state.status == Status.GATED_OUT


def test_a_missed_documents_cutoff(planned: Play) -> None:
    """No manifest by then: missed. Rolled before it, the box is filed for the next voyage."""
    planned.tick(2_101)
    assert [each.code for each in planned.said("cutoff.missed")] == ["DCO"]
    planned.say(
        csl.ConsolidationRolled(consolidation_id=w.CSL, to_voyage_id="FE4/NEXT", reason="DCO"),
        2_110,
    )
    assert "cutoff_DCO" not in planned.alerts()
    planned.say(w.frozen(), 2_120)
    assert (planned.state.status, planned.state.voyage_id) == (Status.FROZEN, "FE4/NEXT")


@pytest.mark.parametrize(
    ("minutes", "booked", "dead"), [(199, True, False), (200, True, True), (200, False, False)]
)
def test_space_given_up_late_is_dead_freight(
    planned: Play, minutes: float, *, booked: bool, dead: bool
) -> None:
    """From 30 hours before cargo close (minute 2,000) the booked space is paid, used or not."""
    if booked:
        told = csl.ConsolidationBooked(consolidation_id=w.CSL, carrier_booking_id="B")
        planned.say(told, 150)
    broken = csl.ConsolidationBrokenUp(consolidation_id=w.CSL, reason="documents came too late")
    planned.say(broken, minutes)
    assert ("dead_freight" in planned.alerts()) is dead
    if dead:
        (alert,) = [each for each in planned.now("alert.raised") if each.code == "dead_freight"]
        assert str(planned.state.planned_volume_cm3) in alert.message


def test_every_cutoff_is_met_by_what_it_is_about(stuffed: Play) -> None:
    """Cargo, manifest, gross mass, customs, gate: each has its own fact."""
    stuffed.say(weighed(3, gated_out_at=at(600), status="GATED_OUT"), 600)
    stuffed.tick(5_000)
    assert {code: seen.state for code, seen in stuffed.state.cutoffs.items()} == dict.fromkeys(
        ("LCO", "DCO", "VCO", "CUA", "PCO"), "met"
    )
    assert stuffed.core.deadline(stuffed.state) is None
