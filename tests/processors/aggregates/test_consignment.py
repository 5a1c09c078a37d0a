"""A consignment from booking to available: receipt, measurement, discrepancies, holds."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from groupage.contracts.partitioning import partition_of
from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions
from groupage.domain.events.equipment import CargoArriving
from groupage.domain.states import ConsignmentStatus as Status
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


def test_the_ordinary_way(play: Start) -> None:
    """Each fact takes the consignment one state further, from the booking to departure."""
    story = play("consignment", w.CN)
    steps: list[tuple[Any, float, Status]] = [
        (w.booked(), 0, Status.ACCEPTED),
        (w.asn("u1", "u2"), 10, Status.ACCEPTED),
        (
            CargoArriving(consignment_id=w.CN, visit_id="V1", arrived_at=at(95)),
            95,
            Status.ARRIVING,
        ),
        (w.received("u1"), 100, Status.RECEIVING),
        (w.received("u2"), 101, Status.RECEIVED),
        (w.measured("u1"), 110, Status.RECEIVED),
        (w.measured("u2"), 111, Status.AVAILABLE),
        (w.allocated(), 200, Status.ALLOCATED),
        (w.customs("RELEASED", revision=2), 250, Status.ALLOCATED),
        (w.consolidation(3, status="FROZEN", stuffing_started_at=None), 300, Status.COMMITTED),
        (w.staged("u1"), 350, Status.COMMITTED),
        (w.staged("u2"), 351, Status.STAGED),
        (w.consolidation(4), 400, Status.STAGED),
        (w.loaded("u1"), 410, Status.STAGED),
        (w.loaded("u2"), 411, Status.LOADED),
        (w.consolidation(9, status="GATED_OUT", departed_at=at(900)), 900, Status.DEPARTED),
    ]
    for event, minutes, status in steps:
        story.deliver(event, minutes)
        assert story.state.status == status, event
    assert story.rejections() == []
    assert story.state.loaded_at == at(411)
    assert story.refolds == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pol": "CNTAO"}, "does not deliver"),
        ({"credit_ok": False}, "credit"),
        (
            {"dangerous_goods": (cn.DangerousGoods(un_number="1993", imo_class="3"),)},
            "dangerous goods",
        ),
    ],
)
def test_guards_of_acceptance(play: Start, change: dict[str, Any], words: str) -> None:
    """A booking that fails a guard stays BOOKED and says why; the forwarder may overrule it."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(**change), 0)
    assert story.state.status == Status.BOOKED
    assert words in story.state.not_accepted
    assert "not_accepted" in story.alerts()
    story.deliver(cn.ConsignmentAccepted(consignment_id=w.CN), 1)
    assert story.state.status == Status.ACCEPTED
    assert story.alerts() == set()


def test_dangerous_goods_path(available: Play) -> None:
    """Dangerous goods wait for their approval; a rejection raises an alert."""
    goods = (cn.DangerousGoods(un_number="1993", imo_class="3"),)
    available.deliver(cn.DgApproved(consignment_id=w.CN), 50)
    assert available.rejections() == ["dg_not_declared"]
    available.deliver(cn.DgDeclared(consignment_id=w.CN, goods=goods), 105)
    assert available.state.status == Status.MEASURED
    available.deliver(cn.DgApproved(consignment_id=w.CN), 140)
    assert available.state.status == Status.AVAILABLE
    assert available.state.available_at == at(140)
    available.deliver(cn.DgRejected(consignment_id=w.CN, reason="leaks"), 150)
    assert available.state.dg_status == "rejected"
    assert "dg_rejected" in available.alerts()


def test_short_receipt_waits_for_the_shipper(play: Start) -> None:
    """After a short tally the consignment waits until the shipper decides to ship it short."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(3), 0)
    story.deliver(w.received("u1"), 100)
    story.deliver(w.received("u2"), 101)
    story.deliver(cn.TallyCompleted(consignment_id=w.CN, pieces=2), 120)
    assert story.state.status == Status.RECEIVING
    assert story.alerts() == {"short_receipt"}
    decision = cn.DiscrepancyAccepted(consignment_id=w.CN, decision="ship_short")
    story.deliver(decision, 130)
    assert story.state.status == Status.RECEIVED
    assert story.state.pieces == 2
    assert story.alerts() == set()
    assert [wish.cause for wish in story.sent("plan.wanted")] == ["booked", "short"]
    assert story.sent("alert.cleared")[0].code == "short_receipt"


def test_a_tally_sheet_that_differs_from_the_scans_raises_an_alert(play: Start) -> None:
    """Two on the sheet, three scanned: one of them is wrong, until a sheet says three."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(3), 0)
    for number in (1, 2, 3):
        story.deliver(w.received(f"u{number}"), 100 + number)
    story.deliver(cn.TallyCompleted(consignment_id=w.CN, pieces=2), 120)
    assert story.alerts() == {"tally_differs"}
    assert story.sent("alert.raised")[-1].message.startswith("2 pieces on the tally sheet")
    story.deliver(cn.TallyCompleted(consignment_id=w.CN, pieces=3), 130)
    assert story.alerts() == set()


def test_the_rest_may_come_later(play: Start) -> None:
    """If the shipper decides to wait, the missing carton completes the receipt."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(2), 0)
    story.deliver(w.received("u1"), 100)
    story.deliver(cn.TallyCompleted(consignment_id=w.CN, pieces=1), 120)
    story.deliver(cn.DiscrepancyAccepted(consignment_id=w.CN, decision="wait"), 130)
    assert story.state.status == Status.RECEIVING
    story.deliver(w.received("u2"), 500)
    assert story.state.status == Status.RECEIVED
    assert story.state.received_at == at(500)


def test_more_than_booked(received: Play) -> None:
    """One carton too many stops the receipt until the shipper accepts it."""
    received.deliver(w.received("u3"), 102)
    assert received.state.status == Status.RECEIVING
    assert received.alerts() == {"over_receipt"}
    received.deliver(cn.DiscrepancyAccepted(consignment_id=w.CN, decision="accept_over"), 103)
    assert received.state.status == Status.RECEIVED


def test_no_discrepancy_to_decide(received: Play) -> None:
    """A decision needs a discrepancy."""
    received.deliver(cn.DiscrepancyAccepted(consignment_id=w.CN, decision="ship_short"), 103)
    assert received.rejections() == ["no_discrepancy"]


def test_measured_above_declared_needs_a_rerate(received: Play) -> None:
    """Five per cent are tolerated; more waits for the shipper, or for an amendment."""
    received.deliver(w.measured("u1", gross_g=10_500), 110)
    received.deliver(w.measured("u2", gross_g=10_500), 111)
    assert received.state.status == Status.AVAILABLE
    received.deliver(
        w.measured("u2", size=Dimensions(length_mm=600, width_mm=400, height_mm=300)), 112
    )
    assert received.state.status == Status.MEASURED
    assert received.alerts() == {"needs_rerate"}
    assert "measured" in {wish.cause for wish in received.sent("plan.wanted")}
    received.deliver(
        cn.RerateAccepted(consignment_id=w.CN, volume_cm3=132_000, gross_g=20_500), 120
    )
    assert received.state.status == Status.AVAILABLE
    assert received.state.available_at == at(120)


def test_a_hub_may_trust_calibrated_devices_only(play: Start) -> None:
    """A measurement without a calibration is rejected, and the carton stays unmeasured."""
    story = play("consignment", w.CN, calibrated_only=True)
    story.deliver(w.booked(1), 0)
    story.deliver(w.received("u1"), 100)
    story.deliver(w.measured("u1"), 110)
    assert (story.rejections(), story.state.status) == (["not_calibrated"], Status.RECEIVED)
    story.deliver(msgspec.structs.replace(w.measured("u1"), calibration_id="CAL-1"), 120)
    assert story.state.status == Status.AVAILABLE


def test_an_amendment_ends_the_need_of_a_rerate(received: Play) -> None:
    """The shipper amends the booking to what was measured."""
    big = Dimensions(length_mm=600, width_mm=400, height_mm=300)
    received.deliver(w.measured("u1", size=big), 110)
    received.deliver(w.measured("u2", size=big), 111)
    assert received.state.needs_rerate
    lines = (cn.CartonLine(pieces=2, size=big, gross_g=10_000),)
    received.deliver(
        cn.ConsignmentAmended(consignment_id=w.CN, reason="measured", lines=lines), 120
    )
    assert received.state.status == Status.AVAILABLE
    assert received.state.booking.lines == lines


def test_rerate_before_measuring(received: Play) -> None:
    """There is nothing to accept yet."""
    received.deliver(cn.RerateAccepted(consignment_id=w.CN, volume_cm3=1, gross_g=1), 105)
    assert received.rejections() == ["not_measured"]


def test_a_hold_keeps_it_from_becoming_available(received: Play) -> None:
    """It becomes available when the last hold ends; each change is a replan trigger."""
    received.deliver(cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="DOCS", by="desk"), 105)
    received.deliver(w.measured("u1"), 110)
    received.deliver(w.measured("u2"), 111)
    assert received.state.status == Status.MEASURED
    assert received.state.blocked
    received.deliver(cn.HoldReleased(consignment_id=w.CN, hold_id="H1", by="desk"), 200)
    assert received.state.status == Status.AVAILABLE
    assert received.state.available_at == at(200)
    causes = [wish.cause for wish in received.sent("plan.wanted")]
    assert causes == ["booked", "hold_placed", "hold_released", "available"]


def test_a_later_hold_blocks_and_takes_nothing_back(available: Play) -> None:
    """Two holds: blocked until both are released; the state stays."""
    for name in ("H1", "H2"):
        available.deliver(cn.HoldPlaced(consignment_id=w.CN, hold_id=name, hold="DG", by="x"), 120)
    assert (available.state.status, available.state.blocked) == (Status.AVAILABLE, True)
    available.deliver(cn.HoldReleased(consignment_id=w.CN, hold_id="H1", by="x"), 130)
    assert available.state.blocked
    available.deliver(cn.HoldReleased(consignment_id=w.CN, hold_id="H2", by="x"), 131)
    assert not available.state.blocked


def test_its_consolidation_takes_it_to_another_voyage(available: Play) -> None:
    """Its allocation dates from the lane's event, in whatever order the messages arrive."""
    available.deliver(w.allocated(voyage_id="V2"), 240)
    available.deliver(w.allocated(), 200)
    place = available.state.allocation
    assert (place.voyage_id, place.since_at) == ("V2", at(200))


def test_repacked_units_keep_their_pieces(available: Play) -> None:
    """Two cartons become one: the inputs are gone, the output is received and must be measured."""
    repack = un.UnitRepacked(
        unit_id="n1", consignment_id=w.CN, inputs=("u1", "u2"), outputs=("n1",)
    )
    available.deliver(repack, 120)
    assert available.state.received_pieces == 2
    assert available.state.status == Status.RECEIVED
    available.deliver(w.measured("n1", gross_g=19_000), 130)
    assert available.state.status == Status.AVAILABLE
    assert available.state.measured_gross_g == 19_000
    available.deliver(w.staged("u1"), 140)
    assert available.rejections() == ["gone"]


def test_announced_units_learn_their_consignment(received: Play) -> None:
    """Each unit of a delivery note is announced under its own key."""
    sent = received.sent("unit.announced")
    units = {unit_id: each.owner_id for each in sent for unit_id in (each.unit_id, *each.others)}
    assert units == {"u1": w.CN, "u2": w.CN}
    for each in sent:
        partitions = {partition_of(name, "hub.unit.v1") for name in (each.unit_id, *each.others)}
        assert len(partitions) == 1, "one message reaches one partition"


def test_late_facts_of_other_units_need_no_refold(received: Play) -> None:
    """Units do not wait for one another; a late fact about the whole is folded in its place."""
    received.deliver(w.measured("u2"), 111)
    received.deliver(w.measured("u1"), 105)
    assert received.refolds == 0
    received.deliver(cn.HoldPlaced(consignment_id=w.CN, hold_id="H", hold="DG", by="x"), 104)
    assert received.refolds == 1


def test_plans_and_estimates_do_not_move_cargo(received: Play) -> None:
    """A planned load is stored as a fact and changes nothing."""
    received.deliver(w.measured("u1"), 105, classifier="PLN")
    assert received.state.measured_units == 0
    assert received.state.fact_count == 5


def test_damage_and_discrepancies_raise_alerts(play: Start) -> None:
    """A wet carton raises an alert; so does what the dock reports."""
    story = play("consignment", w.CN)
    story.deliver(w.booked(1), 0)
    story.deliver(w.received("u1", condition="wet"), 100)
    assert story.alerts() == {"damaged"}
    sent = cn.ReceiptDiscrepancy(consignment_id=w.CN, discrepancy="damaged", pieces=1)
    story.deliver(sent, 101)
    assert story.state.discrepancies[0].kind == "damaged"


def test_a_rejected_booking_has_no_failed_guard(play: Start) -> None:
    """Dangerous goods without papers, then rejected: the state is as if it had never waited."""
    goods = (cn.DangerousGoods(un_number="1950", imo_class="2.1"),)
    story = play("consignment", w.CN)
    story.deliver(w.booked(dangerous_goods=goods), 0)
    assert "not_accepted" in story.alerts()
    story.deliver(cn.ConsignmentRejected(consignment_id=w.CN, reason="no papers"), 10)
    assert story.state.status == Status.REJECTED
    assert story.state.not_accepted == ""
    assert "not_accepted" not in story.alerts()
