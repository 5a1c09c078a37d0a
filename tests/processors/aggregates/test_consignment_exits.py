"""How a consignment ends, its customs status, and rejected events."""

from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from groupage.domain.states import ConsignmentStatus as Status
from groupage.domain.states import CustomsStatus
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (cn.HoldReleased(consignment_id=w.CN, hold_id="H9", by="x"), "no_such_hold"),
        (w.booked(5), "already_booked"),
        (w.received("u1"), "already_received"),
        (w.staged("u9"), "not_received"),
        (w.unloaded("u1"), "not_loaded"),
        (w.loaded("u1"), "no_place"),
        (cn.ConsignmentRejected(consignment_id=w.CN, reason="late"), "too_late"),
        (cn.ConsignmentSplit(consignment_id=w.CN, children=(), reason="x"), "no_children"),
        (
            cn.ConsignmentAmended(consignment_id=w.CN, reason="x", base_version=7),
            "stale_version",
        ),
        (
            un.UnitRepacked(unit_id="n1", consignment_id=w.CN, inputs=("u9",), outputs=("n1",)),
            "unknown_input",
        ),
        (
            un.UnitUnpacked(unit_id="u1", consignment_id=w.CN, parent_id="pallet"),
            "not_packed_there",
        ),
        (
            cn.ConsignmentDeallocated(
                consignment_id=w.CN, consolidation_id="CSL-9", plan_id="P", reason_code="x"
            ),
            "not_allocated_there",
        ),
    ],
)
def test_illegal_facts_change_nothing_but_the_alert(available: Play, event: Any, code: str) -> None:
    """The fact is stored, the state does not change, an alert names the reason."""
    before = available.state.status
    sent = available.deliver(event, 300)
    assert available.rejections() == [code]
    assert available.state.rejected[sent.fact_id].type == event.name
    assert available.state.status == before
    assert available.alerts() == {"event_rejected"}


def test_a_correction_waits_for_its_target(play: Start) -> None:
    """A carton scanned to the wrong consignment is not in both: the correction waits.

    What its words advise puts things right: retract there, and send again in the place of this one.
    """
    wrong, right = play("consignment", "CN-WRONG"), play("consignment", w.CN)
    scanned = wrong.deliver(un.UnitReceived(unit_id="u1", consignment_id="CN-WRONG"), 10)
    moved = right.deliver(w.received("u1"), 10, correction_of=scanned.fact.event_id)
    assert (wrong.state.received_units, right.state.received_units) == (1, 0)
    (sent,) = right.outputs("alert.raised")
    assert sent.message == (
        f"unit.received of u1 was rejected: it replaces {scanned.fact.event_id!r} of /test, which "
        "CN-1 does not have, and changes nothing until that event comes. If that event was sent "
        "under another key, retract it there and send this one again with an id of its own and "
        f"{moved.fact.event_id!r} in correctionof"
    )
    wrong.deliver(scanned.fact.data, 10, correction_of=scanned.fact.event_id, retracted=True)
    right.deliver(w.received("u1"), 10, correction_of=moved.fact.event_id)
    assert (wrong.state.received_units, right.state.received_units) == (0, 1)
    assert right.alerts() == wrong.alerts() == set()


def test_a_correction_counts_when_its_target_comes_late(play: Start) -> None:
    """A correction that comes before its target is rejected until then, and leaves no trace."""
    story = play("consignment", w.CN)
    heavy = un.UnitReceived(unit_id="u1", consignment_id=w.CN, pieces=3)
    story.deliver(heavy, 10, correction_of="first")
    story.deliver(heavy, 20, correction_of="second", retracted=True)
    assert story.rejections() == ["no_target", "no_target"]
    story.deliver(w.received("u1"), 10, event_id="first")
    story.deliver(w.received("u2"), 20, event_id="second")
    assert story.rejections() == []
    assert (story.state.received_units, story.state.received_pieces) == (1, 3)
    assert story.alerts() == set()


def test_a_second_hold_of_the_same_id(available: Play) -> None:
    """An open or ended hold cannot be placed or released again."""
    placed = cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="DG", by="x")
    released = cn.HoldReleased(consignment_id=w.CN, hold_id="H1", by="x")
    for minutes, event in enumerate((placed, placed, released, released), 120):
        available.deliver(event, minutes)
    assert available.rejections() == ["hold_exists", "hold_not_open"]


def test_a_dissolved_consolidation_sets_free(stuffing: Play) -> None:
    """After BROKEN_UP the consignment is available for another consolidation."""
    stuffing.deliver(w.consolidation(9, status="BROKEN_UP", frozen_at=None), 500)
    assert stuffing.state.status == Status.AVAILABLE
    assert stuffing.state.allocation is None


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), Status.CANCELLED),
        (cn.ConsignmentReturned(consignment_id=w.CN, reason="x"), Status.RETURNED),
        (
            cn.ConsignmentSplit(consignment_id=w.CN, children=("CN-1a",), reason="x"),
            Status.SPLIT,
        ),
    ],
)
def test_exits(stuffing: Play, event: Any, status: Status) -> None:
    """Legal until it is loaded; afterwards nothing more happens to the consignment."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(event, 420)
    assert stuffing.rejections() == ["loaded"]
    stuffing.deliver(w.unloaded("u1"), 415)
    assert stuffing.state.status == status
    assert stuffing.state.allocation is None
    assert not stuffing.sent("consolidation.consignment_changed")[-1].member
    assert stuffing.sent("plan.wanted")[-1].cause == "cancelled"
    stuffing.deliver(w.staged("u1"), 500)
    stuffing.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="again"), 501)
    assert stuffing.rejections() == ["exited", "exited"]


def test_an_exit_after_the_departure_is_rejected(stuffing: Play) -> None:
    """Unloaded at the destination and cancelled there: it has departed, whatever came first."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(w.loaded("u2"), 411)
    stuffing.deliver(w.unloaded("u1"), 520)
    stuffing.deliver(w.unloaded("u2"), 521)
    stuffing.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), 530)
    stuffing.deliver(cn.ConsignmentReturned(consignment_id=w.CN, reason="x"), 540)
    assert (stuffing.state.status, stuffing.rejections()) == (Status.RETURNED, [])
    sent = stuffing.sent("consolidation.consignment_changed")[-1]
    assert (sent.member, sent.exited_at, sent.loaded_at) == (False, at(530), at(411))
    left = w.consolidation(
        9, status="GATED_OUT", stuffing_started_at=at(400), frozen_at=at(300), departed_at=at(500)
    )
    stuffing.deliver(left, 500)
    assert (stuffing.state.status, stuffing.state.departed_at) == (Status.DEPARTED, at(500))
    assert stuffing.rejections() == ["departed"] * 4
    sent = stuffing.sent("consolidation.consignment_changed")[-1]
    assert (sent.member, sent.exited_at, sent.unloaded_at) == (True, None, None)
    assert "dead_freight" not in stuffing.alerts()


def test_an_exit_at_the_very_instant_of_the_departure_counts(stuffing: Play) -> None:
    """The consolidation sees it so, too: the consignment is no longer in it at that instant."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(w.loaded("u2"), 411)
    stuffing.deliver(w.unloaded("u1"), 500)
    stuffing.deliver(w.unloaded("u2"), 500)
    stuffing.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), 500)
    left = w.consolidation(
        9, status="GATED_OUT", stuffing_started_at=at(400), frozen_at=at(300), departed_at=at(500)
    )
    stuffing.deliver(left, 500)
    assert stuffing.state.status == Status.CANCELLED


def test_an_allocation_between_a_cancellation_and_the_return_is_rejected(available: Play) -> None:
    """The exit counts from the cancellation on: its return later changes nothing before it."""
    available.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), 200)
    available.deliver(w.allocated(), 210)
    available.deliver(cn.ConsignmentReturned(consignment_id=w.CN, reason="x"), 220)
    assert available.rejections() == ["exited"]
    claims: Any = available.aggregate.outputs(available.state)["claims"]
    assert claims.over_at == at(200)


def test_the_lane_may_deallocate_a_cancelled_consignment(stuffing: Play) -> None:
    """The lane may take its allocation away although the manifest is filed."""
    stuffing.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), 405)
    away = cn.ConsignmentDeallocated(
        consignment_id=w.CN, consolidation_id=w.CSL, plan_id="P2", reason_code="not_in_plan"
    )
    stuffing.deliver(away, 410)
    assert stuffing.rejections() == []
    assert stuffing.state.status == Status.CANCELLED


def test_rejection_until_received(received: Play) -> None:
    """REJECTED is legal until the cargo is measured, and it may then be returned."""
    received.deliver(cn.ConsignmentRejected(consignment_id=w.CN, reason="wet"), 105)
    assert received.state.status == Status.REJECTED
    received.deliver(cn.ConsignmentReturned(consignment_id=w.CN, reason="wet"), 200)
    assert received.state.status == Status.RETURNED
    assert received.rejections() == []


@pytest.mark.parametrize(("minutes", "fee"), [(3_199, False), (3_201, True)])
def test_cancellation_fee(available: Play, minutes: float, fee: bool) -> None:  # noqa: FBT001
    """Thirty hours before the cargo's cut-off (minute 5,000) dead freight begins."""
    available.deliver(w.allocated(), 200)
    available.deliver(w.consolidation(1, status="PLANNED", frozen_at=None), 201)
    available.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), minutes)
    assert available.state.exit.fee_due is fee
    assert ("dead_freight" in available.alerts()) is fee
    assert available.state.exit.fee_basis_cm3 == 120_000


def test_the_fee_stays_due_when_the_cargo_goes_back(available: Play) -> None:
    """Cancelled after the threshold, then returned: the space was lost all the same."""
    available.deliver(w.allocated(), 200)
    available.deliver(w.consolidation(1, status="PLANNED", frozen_at=None), 201)
    available.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), 3_300)
    available.deliver(cn.ConsignmentReturned(consignment_id=w.CN, reason="x"), 3_400)
    assert available.state.status == Status.RETURNED
    assert available.state.exit.fee_due
    assert "dead_freight" in available.alerts()


def test_a_short_shipment_cannot_be_rejected(play: Start) -> None:
    """Received and measured with less than booked: too late to reject, as with all of it."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(3), 0)
    story.deliver(w.received("u1"), 100)
    story.deliver(cn.DiscrepancyAccepted(consignment_id=w.CN, decision="ship_short"), 105)
    story.deliver(w.measured("u1"), 110)
    assert story.state.status == Status.AVAILABLE
    story.deliver(cn.ConsignmentRejected(consignment_id=w.CN, reason="late"), 200)
    assert story.rejections() == ["too_late"]


def test_rejection_while_too_much_is_here(available: Play) -> None:
    """Nobody accepted the third carton: it is RECEIVING, so the hub may reject the cargo."""
    available.deliver(w.received("u3"), 112)
    available.deliver(w.measured("u3"), 113)
    assert available.state.status == Status.RECEIVING
    available.deliver(cn.ConsignmentRejected(consignment_id=w.CN, reason="unfit"), 200)
    assert available.state.status == Status.REJECTED


def test_all_declarations_must_be_released(available: Play) -> None:
    """With two declarations, the graver status counts, and the later release."""
    available.deliver(w.customs("DECLARED", revision=1, declared_at=at(120)), 120)
    available.deliver(
        w.customs("RELEASED", revision=2, declaration_id="D2", declared_at=at(130)), 140
    )
    assert available.state.customs == CustomsStatus.DECLARED
    available.deliver(w.customs("RELEASED", revision=2, declared_at=at(120)), 150)
    assert available.state.customs == CustomsStatus.RELEASED
    assert available.state.released_at == at(150)


def test_stale_revisions_and_replaced_declarations(available: Play) -> None:
    """A stale revision changes nothing; a rejected declaration may be followed by another."""
    available.deliver(w.customs("SELECTED_SCAN", revision=4, declared_at=at(120)), 130)
    available.deliver(w.customs("DECLARED", revision=2, declared_at=at(120)), 120)
    assert available.state.customs == CustomsStatus.SELECTED_SCAN
    available.deliver(w.customs("REJECTED", revision=6, declared_at=at(120)), 140)
    assert "customs_rejected" in available.alerts()
    available.deliver(
        w.customs("DECLARED", revision=1, declaration_id="D2", declared_at=at(150)), 150
    )
    assert available.state.customs == CustomsStatus.DECLARED
    assert available.state.declaration_id == "D2"
    causes = [wish.cause for wish in available.sent("plan.wanted")]
    assert causes.count("customs") == 2


def test_amended_after_the_manifest(stuffing: Play) -> None:
    """The amendment counts, and an alert calls the manifest outdated."""
    stuffing.deliver(cn.ConsignmentAmended(consignment_id=w.CN, reason="x", consignee="other"), 350)
    assert stuffing.state.booking.consignee == "other"
    assert "manifest_outdated" in stuffing.alerts()
    assert stuffing.sent("plan.wanted")[-1].cause == "amended"


def test_a_rejected_load_does_not_keep_the_consignment(available: Play) -> None:
    """A carton that was loaded without a place is in no container, so the merchant may cancel."""
    available.deliver(w.loaded("u1"), 410)
    available.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), 420)
    assert available.rejections() == ["no_place"]
    assert available.state.status == Status.CANCELLED
    available.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="again"), 425)
    assert sorted(available.rejections()) == ["exited", "no_place"]
    available.deliver(cn.ConsignmentReturned(consignment_id=w.CN, reason="x"), 430)
    assert available.state.status == Status.RETURNED
    assert sorted(available.rejections()) == ["exited", "no_place"]


def test_a_late_snapshot_that_makes_the_load_legal_takes_the_cancellation_back(
    available: Play,
) -> None:
    """The cancellation counts until it is known that the carton had a place."""
    available.deliver(w.loaded("u1"), 410)
    available.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), 420)
    assert available.state.status == Status.CANCELLED
    available.deliver(w.allocated(), 200)
    available.deliver(w.customs("RELEASED", revision=2), 250)
    available.deliver(w.consolidation(3), 400)
    assert available.rejections() == ["loaded"]
    assert available.state.units["u1"].loaded_in == w.CONTAINER
    assert available.state.ended is None
    available.deliver(w.unloaded("u1"), 430)
    available.deliver(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), 440)
    assert available.state.status == Status.CANCELLED
    assert available.rejections() == ["loaded"]
