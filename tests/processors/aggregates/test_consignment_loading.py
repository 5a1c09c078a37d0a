"""Loading: what may go into which container, when, and out of it again."""

from collections.abc import Callable
from typing import Any

import pytest

from groupage.domain.events import consignment as cn
from groupage.domain.events import unit as un
from groupage.domain.states import ConsignmentStatus as Status
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import Play, at

Start = Callable[..., Play]


@pytest.fixture
def lenient(play: Start) -> Play:
    """One carton in a frozen consolidation, where declared is enough to load it."""
    story = play("consignment", w.CN, release_before_stuffing=False)
    story.deliver(w.booked(1), 0)
    story.deliver(w.received("u1"), 100)
    story.deliver(w.measured("u1"), 110)
    story.deliver(w.allocated(), 200)
    story.deliver(w.consolidation(3), 400)
    return story


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (w.loaded("u1", equipment_ref="OTHU0000009"), "other_container"),
        (w.loaded("u1", consolidation_id="CSL-9"), "other_consolidation"),
        (w.loaded("u9"), "not_received"),
    ],
)
def test_loads_that_are_wrong(stuffing: Play, event: Any, code: str) -> None:
    """A load into the wrong container, or of an unknown unit, does not count."""
    stuffing.deliver(event, 410)
    assert stuffing.rejections() == [code]
    assert stuffing.state.loaded_units == 0


@pytest.mark.parametrize(
    ("minutes", "code"), [(240, "customs_not_released"), (1_000, "doors_closed")]
)
def test_loads_at_the_wrong_time(stuffing: Play, minutes: float, code: str) -> None:
    """Not before customs' release, not at or after door close: `occurred_at` decides."""
    stuffing.deliver(w.loaded("u1"), minutes)
    assert stuffing.rejections() == [code]


def test_loads_outside_of_stuffing(stuffing: Play) -> None:
    """Before stuffing began, or after it was completed, nothing goes in."""
    stuffing.deliver(w.loaded("u1"), 390)
    stuffing.deliver(w.consolidation(7, stuffing_open=False, stuffing_completed_at=at(420)), 420)
    stuffing.deliver(w.loaded("u2"), 430)
    assert stuffing.rejections() == ["stuffing_not_open", "stuffing_not_open"]


def test_a_blocked_unit_is_neither_staged_nor_loaded(stuffing: Play) -> None:
    """A hold rejects staging and loading."""
    hold = cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="CUSTOMS", by="x")
    stuffing.deliver(hold, 401)
    stuffing.deliver(w.staged("u1"), 402)
    stuffing.deliver(w.loaded("u1"), 403)
    assert stuffing.rejections() == ["blocked", "blocked"]
    stuffing.deliver(cn.HoldReleased(consignment_id=w.CN, hold_id="H1", by="x"), 404)
    stuffing.deliver(w.loaded("u1"), 405)
    assert stuffing.state.loaded_units == 1


def test_rejections_for_the_same_reason_share_an_alert(stuffing: Play) -> None:
    """A hold rejects every carton: one alert counts them, and is cleared with the last of them."""
    hold = cn.HoldPlaced(consignment_id=w.CN, hold_id="H1", hold="CUSTOMS", by="x")
    held = stuffing.deliver(hold, 401)
    last = [stuffing.deliver(w.staged("u1"), 402 + step) for step in range(6)][-1]
    (sent,) = stuffing.outputs("alert.raised")
    assert sent.alert_id == f"consignment/{w.CN}/event_rejected/blocked"
    assert sent.message == (
        "6 events were rejected (blocked): unit.staged of u1, unit.staged of u1, "
        "unit.staged of u1 and 2 more, and the latest at 2026-03-01 06:47Z, unit.staged of u1: "
        "the consignment is on hold (H1)"
    )
    output: Any = stuffing.aggregate.outputs(stuffing.state)["alert:rejected:blocked"]
    assert output.at == at(402), "since when it is so"
    assert stuffing.sent("alert.cleared") == []
    stuffing.deliver(w.staged("u1"), 407, correction_of=last.fact.event_id, retracted=True)
    assert stuffing.outputs("alert.raised")[0].message.startswith("5 events were rejected")
    stuffing.deliver(hold, 401, correction_of=held.fact.event_id, retracted=True)
    assert stuffing.alerts() == set()
    assert [each.alert_id for each in stuffing.sent("alert.cleared")] == [sent.alert_id]


def test_policy_may_let_declared_goods_in(lenient: Play) -> None:
    """Where the rule does not ask for release before stuffing, declared is enough."""
    lenient.deliver(w.loaded("u1"), 410)
    assert lenient.rejections() == ["customs_not_declared"]
    lenient.deliver(w.customs("DECLARED", revision=1, declared_at=at(405)), 405)
    assert lenient.state.status == Status.LOADED


def test_a_late_snapshot_makes_the_load_legal(available: Play) -> None:
    """A load is rejected until the snapshot of its consolidation arrives: times decide."""
    available.deliver(w.loaded("u1"), 410)
    assert available.rejections() == ["no_place"]
    available.deliver(w.allocated(), 200)
    available.deliver(w.customs("RELEASED", revision=2), 250)
    available.deliver(w.consolidation(3), 400)
    assert available.rejections() == []
    assert available.state.units["u1"].loaded_in == w.CONTAINER
    assert available.sent("alert.cleared")[-1].code == "event_rejected"
    assert available.refolds == 0


def test_one_container_at_a_time(stuffing: Play) -> None:
    """A second load while it is inside is rejected; after unloading it may be loaded again."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(w.loaded("u1"), 411)
    assert stuffing.rejections() == ["already_loaded"]
    stuffing.deliver(w.unloaded("u1"), 412)
    assert stuffing.state.loaded_units == 0
    stuffing.deliver(w.loaded("u1"), 413)
    assert stuffing.state.loaded_units == 1


def test_unloading_goes_back_to_staged(stuffing: Play) -> None:
    """LOADED goes back to STAGED, with a replan trigger: it did not fit."""
    for minutes, name in ((405, "u1"), (406, "u2")):
        stuffing.deliver(w.staged(name), minutes)
        stuffing.deliver(w.loaded(name), minutes + 10)
    assert stuffing.state.status == Status.LOADED
    stuffing.deliver(w.unloaded("u2"), 420)
    assert stuffing.state.status == Status.STAGED
    assert stuffing.sent("plan.wanted")[-1].cause == "did_not_fit"


def test_a_wrong_container_does_not_block_the_right_one(stuffing: Play) -> None:
    """A rejected load changed nothing, so the right one counts."""
    stuffing.deliver(w.loaded("u1", equipment_ref="OTHU0000009"), 410)
    stuffing.deliver(w.loaded("u1"), 411)
    assert stuffing.rejections() == ["other_container"]
    assert stuffing.state.units["u1"].loaded_in == w.CONTAINER


def test_unfreezing_takes_the_commitment_back(stuffing: Play) -> None:
    """COMMITTED goes back; a plan may then move the consignment."""
    assert stuffing.state.status == Status.COMMITTED
    away = cn.ConsignmentDeallocated(
        consignment_id=w.CN, consolidation_id=w.CSL, plan_id="P2", reason_code="x"
    )
    stuffing.deliver(away, 450)
    assert stuffing.rejections() == ["committed"]
    stuffing.deliver(
        w.consolidation(8, status="PLANNED", frozen_at=None, stuffing_started_at=None), 460
    )
    assert stuffing.rejections() == []
    assert stuffing.state.status == Status.AVAILABLE


def test_replan_moves_and_rolls(available: Play) -> None:
    """A newer allocation or a roll ends the older one; its consolidation gets a snapshot."""
    available.deliver(w.allocated("CSL-1"), 200)
    available.deliver(w.allocated("CSL-2", plan_id="P2"), 210)
    assert available.state.allocation.consolidation_id == "CSL-2"
    sent = available.sent("consolidation.consignment_changed")
    assert [(each.consolidation_id, each.member) for each in sent] == [
        ("CSL-1", True),
        ("CSL-2", True),
        ("CSL-1", False),
    ]
    rolled = cn.ConsignmentRolled(
        consignment_id=w.CN, from_consolidation_id="CSL-2", reason_code="rolled_carrier"
    )
    available.deliver(rolled, 220)
    assert available.state.status == Status.AVAILABLE


@pytest.fixture
def departed(stuffing: Play) -> Play:
    """Loaded, and its container left at minute 900."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(w.loaded("u2"), 411)
    stuffing.deliver(w.consolidation(9, status="GATED_OUT", departed_at=at(900)), 900)
    assert stuffing.state.status == Status.DEPARTED
    return stuffing


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (w.unloaded("u1"), "departed"),
        (w.measured("u1"), "loaded"),
        (w.staged("u1"), "loaded"),
        (cn.ConsignmentCancelled(consignment_id=w.CN, reason="x"), "loaded"),
        (cn.ConsignmentAmended(consignment_id=w.CN, reason="x", consignee="y"), "loaded"),
    ],
)
def test_a_departed_consignment_rejects_every_event(departed: Play, event: Any, code: str) -> None:
    """The event is rejected with its reason."""
    departed.deliver(event, 2_000)
    assert departed.state.status == Status.DEPARTED
    assert departed.rejections() == [code]


def test_a_carton_that_comes_when_the_others_have_left(departed: Play) -> None:
    """The late carton is received and needs an allocation; what departed stays departed."""
    departed.deliver(w.received("u3"), 2_000)
    assert departed.state.status == Status.DEPARTED
    assert "over_receipt" in departed.alerts()


@pytest.mark.parametrize(
    "event",
    [
        cn.DgDeclared(
            consignment_id=w.CN, goods=(cn.DangerousGoods(un_number="1993", imo_class="3"),)
        ),
        cn.DiscrepancyAccepted(consignment_id=w.CN, decision="wait"),
        cn.ConsignmentSplit(consignment_id=w.CN, children=("CN-1a",), reason="x"),
    ],
)
def test_loaded_cargo_must_be_unloaded_before_an_exit(stuffing: Play, event: Any) -> None:
    """Only unloading ends LOADED; the rejection says so."""
    sent = cn.ReceiptDiscrepancy(consignment_id=w.CN, discrepancy="damaged", pieces=1)
    stuffing.deliver(sent, 405)
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(w.loaded("u2"), 411)
    stuffing.deliver(event, 420)
    assert stuffing.state.status == Status.LOADED
    assert stuffing.rejections() == ["loaded"]


def test_unmeasured_or_dangerous_cargo_stays_out(stuffing: Play) -> None:
    """Cartons without measurement or approval of dangerous goods may not be loaded."""
    stuffing.deliver(w.received("u3"), 402)
    stuffing.deliver(w.loaded("u3"), 403)
    assert stuffing.rejections() == ["not_measured"]
    goods = (cn.DangerousGoods(un_number="1993", imo_class="3"),)
    stuffing.deliver(w.unloaded("u3"), 404)
    stuffing.deliver(cn.DgDeclared(consignment_id=w.CN, goods=goods), 405)
    stuffing.deliver(w.loaded("u1"), 410)
    assert stuffing.rejections() == ["dg_not_cleared", "not_measured"]


def test_customs_after_the_departure(departed: Play) -> None:
    """A second declaration, filed after the departure, changes nothing."""
    later = w.customs("DECLARED", revision=1, declaration_id="D2", declared_at=at(950))
    departed.deliver(later, 950)
    assert departed.state.status == Status.DEPARTED
    assert departed.rejections() == []


def test_a_declaration_that_is_open_keeps_it_out(stuffing: Play) -> None:
    """One of its two declarations was released: that is not enough to load it."""
    other = w.customs("DECLARED", revision=1, declaration_id="D0", declared_at=at(140))
    stuffing.deliver(other, 140)
    stuffing.deliver(w.loaded("u1"), 410)
    assert stuffing.rejections() == ["customs_not_released"]


@pytest.mark.parametrize(
    ("status", "minutes", "codes"),
    [
        ("SELECTED_INSPECTION", 300, ["customs_stopped"]),
        ("REJECTED", 300, ["customs_stopped"]),
        ("REJECTED", 500, []),
    ],
)
def test_customs_stops_declared_goods(
    lenient: Play, status: str, minutes: float, codes: list[str]
) -> None:
    """Where the declaration suffices, a selected or rejected consignment may not be loaded."""
    lenient.deliver(w.customs(status, revision=2, declared_at=at(250)), minutes)
    lenient.deliver(w.loaded("u1"), 410)
    assert lenient.rejections() == codes
    assert lenient.state.status == (Status.COMMITTED if codes else Status.LOADED)
    assert lenient.state.customs == status


def test_a_unit_that_is_stored_again_is_not_staged(stuffing: Play) -> None:
    """Staged cartons that go back to a shelf are no longer staged."""
    for minutes, name in ((401, "u1"), (402, "u2")):
        stuffing.deliver(w.staged(name), minutes)
    assert stuffing.state.status == Status.STAGED
    stored = un.UnitStored(unit_id="u1", consignment_id=w.CN, location="A1")
    stuffing.deliver(stored, 403)
    assert (stuffing.state.status, stuffing.state.staged_units) == (Status.COMMITTED, 1)


def test_when_all_cartons_were_inside_before(stuffing: Play) -> None:
    """A carton is taken out and loaded again, and another one comes: spans with their mass."""
    stuffing.deliver(w.loaded("u1"), 410)
    stuffing.deliver(w.loaded("u2"), 412)
    assert (stuffing.state.loaded_gross_g, stuffing.state.earlier_inside) == (20_000, ())
    stuffing.deliver(w.unloaded("u1"), 420)
    assert [
        (each.since_at, each.until_at, each.gross_g) for each in stuffing.state.earlier_inside
    ] == [(at(412), at(420), 20_000)]
    stuffing.deliver(w.measured("u1", gross_g=12_000), 425)
    stuffing.deliver(w.loaded("u1"), 430)
    assert stuffing.state.loaded_gross_g == 22_000
    stuffing.deliver(w.received("u3"), 440)
    spans = [(each.since_at, each.until_at, each.gross_g) for each in stuffing.state.earlier_inside]
    assert spans == [(at(412), at(420), 20_000), (at(430), at(440), 22_000)]
    sent = stuffing.sent("consolidation.consignment_changed")[-1]
    assert sent.find_inside(None) is None
    assert [sent.find_inside(at(minute)) is not None for minute in (411, 412, 420, 430, 440)] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_a_rejected_loading_does_not_say_where_the_carton_stands(stuffing: Play) -> None:
    """A second report for the same container is rejected: its place is not the carton's."""
    here, there = (
        un.Standing(x_mm=x_mm, y_mm=0, z_mm=0, dx_mm=500, dy_mm=400, dz_mm=300) for x_mm in (0, 700)
    )
    stuffing.deliver(w.loaded("u1", standing=here), 410)
    stuffing.deliver(w.loaded("u1", standing=there), 412)
    assert stuffing.rejections() == ["already_loaded"]
    assert stuffing.state.units["u1"].standing == (0, 0, 0, 500, 400, 300)
    stuffing.deliver(w.unloaded("u1"), 414)
    assert stuffing.state.units["u1"].standing is None
    stuffing.deliver(w.loaded("u1", standing=there), 416)
    assert stuffing.state.units["u1"].standing == (700, 0, 0, 500, 400, 300)


def test_a_loading_that_a_snapshot_makes_illegal_leaves_no_number(stuffing: Play) -> None:
    """`Play` checks that the state is as if all facts were folded at once."""
    stuffing.deliver(w.loaded("u1", equipment_ref="OTHU0000009"), 405)
    stuffing.deliver(w.loaded("u1"), 410)
    assert stuffing.state.units["u1"].loading == 1
    stuffing.deliver(w.consolidation(9, status="FROZEN", stuffing_started_at=None), 420)
    assert stuffing.state.units["u1"].loaded_in == ""
    assert stuffing.state.units["u1"].loading == 0
