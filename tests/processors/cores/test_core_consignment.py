from collections.abc import Callable
from typing import Any

import pytest

from groupage.contracts.partitioning import partition_of
from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions
from groupage.domain.events.equipment import CargoArriving
from groupage.domain.states import ConsignmentStatus as Status
from groupage.domain.states import CustomsStatus
from tests.processors.cores import words as w
from tests.processors.cores.play import Play, at

Start = Callable[..., Play]


@pytest.fixture
def received(play: Start) -> Play:
    """Two cartons booked, announced and received."""
    story = play("consignment", w.CN)
    story.say(w.booked(), 0)
    story.say(w.asn("u1", "u2"), 10)
    story.say(w.received("u1"), 100)
    story.say(w.received("u2"), 101)
    return story


@pytest.fixture
def available(received: Play) -> Play:
    """The two cartons are measured as declared."""
    received.say(w.measured("u1"), 110)
    received.say(w.measured("u2"), 111)
    return received


@pytest.fixture
def stuffing(available: Play) -> Play:
    """Allocated, released, committed; stuffing is open."""
    available.say(w.allocated(), 200)
    available.say(w.customs("RELEASED", revision=2, declared_at=at(150)), 250)
    available.say(w.position(3), 400)
    return available


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
        (w.position(3, status="FROZEN", stuffing_started_at=None), 300, Status.COMMITTED),
        (w.staged("u1"), 350, Status.COMMITTED),
        (w.staged("u2"), 351, Status.STAGED),
        (w.position(4), 400, Status.STAGED),
        (w.loaded("u1"), 410, Status.STAGED),
        (w.loaded("u2"), 411, Status.LOADED),
        (w.position(9, status="GATED_OUT", departed_at=at(900)), 900, Status.DEPARTED),
    ]
    for event, minutes, status in steps:
        story.say(event, minutes)
        assert story.state.status == status, event
    assert story.refusals() == []
    assert story.state.loaded_at == at(411)
    assert story.refolds == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pol": "CNTAO"}, "no port"),
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
    story.say(w.booked(**change), 0)
    assert story.state.status == Status.BOOKED
    assert words in story.state.not_accepted
    assert "not_accepted" in story.alerts()
    story.say(cn.ConsignmentAccepted(consignment_id=w.CN), 1)
    assert story.state.status == Status.ACCEPTED
    assert story.alerts() == set()


def test_dangerous_goods_path(available: Play) -> None:
    """Goods found dangerous wait for the desk; refused, they raise an alert."""
    goods = (cn.DangerousGoods(un_number="1993", imo_class="3"),)
    available.say(cn.DgApproved(consignment_id=w.CN), 50)
    assert available.refusals() == ["dg_not_declared"]
    available.say(cn.DgDeclared(consignment_id=w.CN, goods=goods), 105)
    assert available.state.status == Status.MEASURED
    available.say(cn.DgApproved(consignment_id=w.CN), 140)
    assert available.state.status == Status.AVAILABLE
    assert available.state.available_at == at(140)
    available.say(cn.DgRejected(consignment_id=w.CN, reason="leaks"), 150)
    assert available.state.dg_status == "rejected"
    assert "dg_rejected" in available.alerts()


def test_short_receipt_waits_for_the_shipper(play: Start) -> None:
    """A closed tally with too little waits until the shipper says to ship what is there."""
    story = play("consignment", w.CN)
    story.say(w.booked(3), 0)
    story.say(w.received("u1"), 100)
    story.say(w.received("u2"), 101)
    story.say(cn.TallyCompleted(consignment_id=w.CN, pieces=2), 120)
    assert story.state.status == Status.RECEIVING
    assert story.alerts() == {"short_receipt"}
    decision = cn.DiscrepancyAccepted(consignment_id=w.CN, decision="ship_short")
    story.say(decision, 130)
    assert story.state.status == Status.RECEIVED
    assert story.state.pieces == 2
    assert story.alerts() == set()
    assert [wish.cause for wish in story.said("plan.wanted")] == ["booked", "short"]
    assert story.said("alert.cleared")[0].code == "short_receipt"


def test_the_rest_may_come_later(play: Start) -> None:
    """When the shipper says to wait, the missing carton completes the receipt."""
    story = play("consignment", w.CN)
    story.say(w.booked(2), 0)
    story.say(w.received("u1"), 100)
    story.say(cn.TallyCompleted(consignment_id=w.CN, pieces=1), 120)
    story.say(cn.DiscrepancyAccepted(consignment_id=w.CN, decision="wait"), 130)
    assert story.state.status == Status.RECEIVING
    story.say(w.received("u2"), 500)
    assert story.state.status == Status.RECEIVED
    assert story.state.received_at == at(500)


def test_more_than_booked(received: Play) -> None:
    """One carton too many stops the receipt until the shipper accepts it."""
    received.say(w.received("u3"), 102)
    assert received.state.status == Status.RECEIVING
    assert received.alerts() == {"over_receipt"}
    received.say(cn.DiscrepancyAccepted(consignment_id=w.CN, decision="accept_over"), 103)
    assert received.state.status == Status.RECEIVED


def test_no_discrepancy_to_decide(received: Play) -> None:
    """A decision needs a discrepancy."""
    received.say(cn.DiscrepancyAccepted(consignment_id=w.CN, decision="ship_short"), 103)
    assert received.refusals() == ["no_discrepancy"]


def test_measured_above_declared_needs_a_rerate(received: Play) -> None:
    """Five per cent are tolerated; more waits for the shipper, or for an amendment."""
    received.say(w.measured("u1", gross_g=10_500), 110)
    received.say(w.measured("u2", gross_g=10_500), 111)
    assert received.state.status == Status.AVAILABLE
    received.say(w.measured("u2", size=Dimensions(length_mm=600, width_mm=400, height_mm=300)), 112)
    assert received.state.status == Status.MEASURED
    assert received.alerts() == {"needs_rerate"}
    assert "measured" in {wish.cause for wish in received.said("plan.wanted")}
    received.say(cn.RerateAccepted(consignment_id=w.CN, volume_cm3=132_000, gross_g=20_500), 120)
    assert received.state.status == Status.AVAILABLE
    assert received.state.available_at == at(120)


def test_an_amendment_ends_the_need_of_a_rerate(received: Play) -> None:
    """The shipper amends the booking to what was measured."""
    big = Dimensions(length_mm=600, width_mm=400, height_mm=300)
    received.say(w.measured("u1", size=big), 110)
    received.say(w.measured("u2", size=big), 111)
    assert received.state.needs_rerate
    lines = (cn.CartonLine(pieces=2, size=big, gross_g=10_000),)
    received.say(cn.ConsignmentAmended(consignment_id=w.CN, reason="measured", lines=lines), 120)
    assert received.state.status == Status.AVAILABLE
    assert received.state.booking.lines == lines


def test_rerate_before_measuring(received: Play) -> None:
    """There is nothing to accept yet."""
    received.say(cn.RerateAccepted(consignment_id=w.CN, volume_cm3=1, gross_g=1), 105)
    assert received.refusals() == ["not_measured"]


def test_a_hold_keeps_it_from_becoming_available(received: Play) -> None:
    """It becomes available when the last hold ends, and each change is a wish for a plan."""
    received.say(cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="DOCS", by="desk"), 105)
    received.say(w.measured("u1"), 110)
    received.say(w.measured("u2"), 111)
    assert received.state.status == Status.MEASURED
    assert received.state.blocked
    received.say(cn.HoldReleased(consignment_id=w.CN, hold_id="H1", by="desk"), 200)
    assert received.state.status == Status.AVAILABLE
    assert received.state.available_at == at(200)
    causes = [wish.cause for wish in received.said("plan.wanted")]
    assert causes == ["booked", "hold_placed", "hold_released", "available"]


def test_a_later_hold_blocks_and_takes_nothing_back(available: Play) -> None:
    """Two holds: blocked until both are released; the state stays."""
    for name in ("H1", "H2"):
        available.say(cn.HoldPlaced(consignment_id=w.CN, hold_id=name, hold="DG", by="x"), 120)
    assert (available.state.status, available.state.blocked) == (Status.AVAILABLE, True)
    available.say(cn.HoldReleased(consignment_id=w.CN, hold_id="H1", by="x"), 130)
    assert available.state.blocked
    available.say(cn.HoldReleased(consignment_id=w.CN, hold_id="H2", by="x"), 131)
    assert not available.state.blocked


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
    """The fact is kept, the state stays, an alert names the reason."""
    before = available.state.status
    said = available.say(event, 300)
    assert available.refusals() == [code]
    assert available.state.refused[said.fact_id].type == event.name
    assert available.state.status == before
    assert available.alerts() == {"illegal_transition"}


def test_a_second_hold_of_the_same_id(available: Play) -> None:
    """An open or ended hold cannot be placed or released again."""
    placed = cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="DG", by="x")
    released = cn.HoldReleased(consignment_id=w.CN, hold_id="H1", by="x")
    for minutes, event in enumerate((placed, placed, released, released), 120):
        available.say(event, minutes)
    assert available.refusals() == ["hold_exists", "hold_not_open"]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (w.loaded("u1", equipment_ref="OTHU0000000"), "other_container"),
        (w.loaded("u1", consolidation_id="CSL-9"), "other_consolidation"),
        (w.loaded("u9"), "not_received"),
    ],
)
def test_loads_that_are_wrong(stuffing: Play, event: Any, code: str) -> None:
    """A load into the wrong container, or of an unknown unit, does not count."""
    stuffing.say(event, 410)
    assert stuffing.refusals() == [code]
    assert stuffing.state.loaded_units == 0


@pytest.mark.parametrize(
    ("minutes", "code"), [(240, "customs_not_released"), (1_000, "doors_closed")]
)
def test_loads_at_the_wrong_time(stuffing: Play, minutes: float, code: str) -> None:
    """Not before customs' release, not at or after door close: `occurred_at` decides."""
    stuffing.say(w.loaded("u1"), minutes)
    assert stuffing.refusals() == [code]


def test_loads_outside_of_stuffing(stuffing: Play) -> None:
    """Before stuffing began, or after it was completed, nothing goes in."""
    stuffing.say(w.loaded("u1"), 390)
    stuffing.say(w.position(7, stuffing_open=False, stuffing_completed_at=at(420)), 420)
    stuffing.say(w.loaded("u2"), 430)
    assert stuffing.refusals() == ["stuffing_not_open", "stuffing_not_open"]


def test_a_blocked_unit_is_neither_staged_nor_loaded(stuffing: Play) -> None:
    """A hold stops the cartons where they are."""
    hold = cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="CUSTOMS", by="x")
    stuffing.say(hold, 401)
    stuffing.say(w.staged("u1"), 402)
    stuffing.say(w.loaded("u1"), 403)
    assert stuffing.refusals() == ["blocked", "blocked"]
    stuffing.say(cn.HoldReleased(consignment_id=w.CN, hold_id="H1", by="x"), 404)
    stuffing.say(w.loaded("u1"), 405)
    assert stuffing.state.loaded_units == 1


def test_policy_may_let_declared_goods_in(play: Start) -> None:
    """Where the rule does not ask for release before stuffing, declared is enough."""
    story = play("consignment", w.CN, release_before_stuffing=False)
    story.say(w.booked(1), 0)
    story.say(w.received("u1"), 100)
    story.say(w.measured("u1"), 110)
    story.say(w.allocated(), 200)
    story.say(w.position(3), 400)
    story.say(w.loaded("u1"), 410)
    assert story.refusals() == ["customs_not_declared"]
    story.say(w.customs("DECLARED", revision=1, declared_at=at(405)), 405)
    assert story.state.status == Status.LOADED


def test_news_that_comes_late_makes_the_load_legal(available: Play) -> None:
    """The load is refused until its consolidation's news arrives, then it counts: times decide."""
    available.say(w.loaded("u1"), 410)
    assert available.refusals() == ["no_place"]
    available.say(w.allocated(), 200)
    available.say(w.customs("RELEASED", revision=2), 250)
    available.say(w.position(3), 400)
    assert available.refusals() == []
    assert available.state.units["u1"].loaded_in == w.BOX
    assert available.said("alert.cleared")[-1].code == "illegal_transition"
    assert available.refolds == 0


def test_one_container_at_a_time(stuffing: Play) -> None:
    """A second load while it is inside is refused; after unloading it may go in again."""
    stuffing.say(w.loaded("u1"), 410)
    stuffing.say(w.loaded("u1"), 411)
    assert stuffing.refusals() == ["already_loaded"]
    stuffing.say(w.unloaded("u1"), 412)
    assert stuffing.state.loaded_units == 0
    stuffing.say(w.loaded("u1"), 413)
    assert stuffing.state.loaded_units == 1


def test_unloading_goes_back_to_staged(stuffing: Play) -> None:
    """LOADED goes back to STAGED, with a wish for a plan: it did not fit."""
    for minutes, name in ((405, "u1"), (406, "u2")):
        stuffing.say(w.staged(name), minutes)
        stuffing.say(w.loaded(name), minutes + 10)
    assert stuffing.state.status == Status.LOADED
    stuffing.say(w.unloaded("u2"), 420)
    assert stuffing.state.status == Status.STAGED
    assert stuffing.said("plan.wanted")[-1].cause == "did_not_fit"


def test_a_wrong_container_does_not_block_the_right_one(stuffing: Play) -> None:
    """A refused load left the state as it was, so the right one counts."""
    stuffing.say(w.loaded("u1", equipment_ref="OTHU0000000"), 410)
    stuffing.say(w.loaded("u1"), 411)
    assert stuffing.refusals() == ["other_container"]
    assert stuffing.state.units["u1"].loaded_in == w.BOX


def test_unfreezing_takes_the_commitment_back(stuffing: Play) -> None:
    """COMMITTED goes back; a plan may then move the consignment."""
    assert stuffing.state.status == Status.COMMITTED
    away = cn.ConsignmentDeallocated(
        consignment_id=w.CN, consolidation_id=w.CSL, plan_id="P2", reason_code="x"
    )
    stuffing.say(away, 450)
    assert stuffing.refusals() == ["committed"]
    stuffing.say(w.position(8, status="PLANNED", frozen_at=None, stuffing_started_at=None), 460)
    assert stuffing.refusals() == []
    assert stuffing.state.status == Status.AVAILABLE


def test_replan_moves_and_rolls(available: Play) -> None:
    """A newer place takes the older one's; a roll ends the old place; the old box hears of it."""
    available.say(w.allocated("CSL-1"), 200)
    available.say(w.allocated("CSL-2", plan_id="P2"), 210)
    assert available.state.allocation.consolidation_id == "CSL-2"
    told = available.said("consolidation.consignment_changed")
    assert [(each.consolidation_id, each.member) for each in told] == [
        ("CSL-1", True),
        ("CSL-2", True),
        ("CSL-1", False),
    ]
    rolled = cn.ConsignmentRolled(
        consignment_id=w.CN, from_consolidation_id="CSL-2", reason_code="rolled_carrier"
    )
    available.say(rolled, 220)
    assert available.state.status == Status.AVAILABLE


def test_a_dissolved_consolidation_sets_free(stuffing: Play) -> None:
    """BROKEN_UP: the consignment looks for another place."""
    stuffing.say(w.position(9, status="BROKEN_UP", frozen_at=None), 500)
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
    stuffing.say(w.loaded("u1"), 410)
    stuffing.say(event, 420)
    assert stuffing.refusals() == ["loaded"]
    stuffing.say(w.unloaded("u1"), 415)
    assert stuffing.state.status == status
    assert stuffing.state.allocation is None
    assert not stuffing.said("consolidation.consignment_changed")[-1].member
    assert stuffing.said("plan.wanted")[-1].cause == "cancelled"
    stuffing.say(w.staged("u1"), 500)
    stuffing.say(cn.ConsignmentCancelled(consignment_id=w.CN, reason="again"), 501)
    assert stuffing.refusals() == ["exited", "exited"]


def test_rejection_until_received(received: Play) -> None:
    """REJECTED is legal until the cargo is measured, and it may then be returned."""
    received.say(cn.ConsignmentRejected(consignment_id=w.CN, reason="wet"), 105)
    assert received.state.status == Status.REJECTED
    received.say(cn.ConsignmentReturned(consignment_id=w.CN, reason="wet"), 200)
    assert received.state.status == Status.RETURNED
    assert received.refusals() == []


@pytest.mark.parametrize(("minutes", "fee"), [(3_199, False), (3_201, True)])
def test_cancellation_fee(available: Play, minutes: float, fee: bool) -> None:  # noqa: FBT001
    """Thirty hours before the cargo's cut-off (minute 5,000) dead freight begins."""
    available.say(w.allocated(), 200)
    available.say(w.position(1, status="PLANNED", frozen_at=None), 201)
    available.say(cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), minutes)
    assert available.state.exit.fee_due is fee
    assert ("dead_freight" in available.alerts()) is fee
    assert available.state.exit.fee_basis_cm3 == 120_000


def test_customs_beside_the_way(available: Play) -> None:
    """A stale revision changes nothing; a rejected declaration may be followed by another."""
    available.say(w.customs("SELECTED_SCAN", revision=4, declared_at=at(120)), 130)
    available.say(w.customs("DECLARED", revision=2, declared_at=at(120)), 120)
    assert available.state.customs == CustomsStatus.SELECTED_SCAN
    available.say(w.customs("REJECTED", revision=6, declared_at=at(120)), 140)
    assert "customs_rejected" in available.alerts()
    available.say(w.customs("DECLARED", revision=1, declaration_id="D2", declared_at=at(150)), 150)
    assert available.state.customs == CustomsStatus.DECLARED
    assert available.state.declaration_id == "D2"
    causes = [wish.cause for wish in available.said("plan.wanted")]
    assert causes.count("customs") == 2


def test_repacked_units_keep_their_pieces(available: Play) -> None:
    """Two cartons become one: the inputs are gone, the output is received and must be measured."""
    repack = un.UnitRepacked(
        unit_id="n1", consignment_id=w.CN, inputs=("u1", "u2"), outputs=("n1",)
    )
    available.say(repack, 120)
    assert available.state.received_pieces == 2
    assert available.state.status == Status.RECEIVED
    available.say(w.measured("n1", gross_g=19_000), 130)
    assert available.state.status == Status.AVAILABLE
    assert available.state.measured_gross_g == 19_000
    available.say(w.staged("u1"), 140)
    assert available.refusals() == ["gone"]


def test_announced_units_hear_whose_they_are(received: Play) -> None:
    """Each unit of a delivery note is announced under its own key."""
    told = received.said("unit.announced")
    units = {unit_id: each.owner_id for each in told for unit_id in (each.unit_id, *each.others)}
    assert units == {"u1": w.CN, "u2": w.CN}
    for each in told:
        partitions = {partition_of(name, "hub.unit.v1") for name in (each.unit_id, *each.others)}
        assert len(partitions) == 1, "one message reaches one partition"


def test_late_facts_of_other_units_need_no_refold(received: Play) -> None:
    """Units do not wait for one another; a late fact about the whole is folded in its place."""
    received.say(w.measured("u2"), 111)
    received.say(w.measured("u1"), 105)
    assert received.refolds == 0
    received.say(cn.HoldPlaced(consignment_id=w.CN, hold_id="H", hold="DG", by="x"), 104)
    assert received.refolds == 1


def test_plans_and_estimates_do_not_move_cargo(received: Play) -> None:
    """A planned load is kept as a fact and changes nothing."""
    received.say(w.measured("u1"), 105, classifier="PLN")
    assert received.state.measured_units == 0
    assert received.state.facts == 5


def test_damage_and_discrepancies_are_seen(play: Start) -> None:
    """A wet carton raises an alert; so does what the dock reports."""
    story = play("consignment", w.CN)
    story.say(w.booked(1), 0)
    story.say(w.received("u1", condition="wet"), 100)
    assert story.alerts() == {"damaged"}
    told = cn.ReceiptDiscrepancy(consignment_id=w.CN, discrepancy="damaged", pieces=1)
    story.say(told, 101)
    assert story.state.discrepancies[0].kind == "damaged"


def test_amended_after_the_manifest(stuffing: Play) -> None:
    """The amendment counts, and the manifest is called outdated."""
    stuffing.say(cn.ConsignmentAmended(consignment_id=w.CN, reason="x", consignee="other"), 350)
    assert stuffing.state.booking.consignee == "other"
    assert "manifest_outdated" in stuffing.alerts()
    assert stuffing.said("plan.wanted")[-1].cause == "amended"


def test_a_refused_booking_says_no_more_why_it_was_not_accepted(play: Start) -> None:
    """Dangerous goods whose papers are missing, then rejected: as if it had never waited."""
    goods = (cn.DangerousGoods(un_number="1950", imo_class="2.1"),)
    story = play("consignment", w.CN)
    story.say(w.booked(dangerous_goods=goods), 0)
    assert "not_accepted" in story.alerts()
    story.say(cn.ConsignmentRejected(consignment_id=w.CN, reason="no papers"), 10)
    assert story.state.status == Status.REJECTED
    assert story.state.not_accepted == ""
    assert "not_accepted" not in story.alerts()
