"""What must hold for every set of facts, in whatever order and batches they come."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import planning as pl
from groupage.domain.events import schedule as sc
from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions, Event, Kind, Money
from groupage.domain.policy import Policy
from groupage.domain.state.consignment import ConsignmentState
from processors.core import Core, advance, encode_state, fold
from processors.cores import all_cores
from processors.facts import Entry
from tests.processors.cores import words as w
from tests.processors.cores.play import at, entry
from tests.processors.cores.test_core_lane import plan, wish

CORES = all_cores(Policy())
CLOCK = at(400)
UNITS = ("u1", "u2", "u3")
BIG = Dimensions(length_mm=600, width_mm=500, height_mm=400)


def _about_units() -> list[Event]:
    events: list[Event] = []
    for name in UNITS:
        common: dict[str, Any] = {"unit_id": name, "consignment_id": w.CN}
        events += [
            w.received(name),
            w.received(name, condition="wet"),
            w.measured(name),
            w.measured(name, size=BIG),
            un.UnitStored(**common, location="A1"),
            w.staged(name),
            w.loaded(name),
            w.loaded(name, equipment_ref="OTHU0000000"),
            w.unloaded(name),
            un.UnitPacked(**common, parent_id="pallet"),
            un.UnitUnpacked(**common),
        ]
    repack = un.UnitRepacked(
        unit_id="n1", consignment_id=w.CN, inputs=("u1", "u2"), outputs=("n1",)
    )
    return [*events, repack, w.received("n1"), w.loaded("n1")]


def _about_the_whole() -> list[Event]:
    name: dict[str, Any] = {"consignment_id": w.CN}
    goods = (cn.DangerousGoods(un_number="1993", imo_class="3"),)
    return [
        w.booked(3),
        w.booked(2),
        cn.ConsignmentAmended(**name, reason="x", credit_ok=False),
        cn.ConsignmentAmended(**name, reason="x", consignee="other"),
        cn.ConsignmentAccepted(**name),
        w.asn("u1", "u2"),
        cn.HoldPlaced(**name, hold_id="H1", hold="DG", by="x"),
        cn.HoldReleased(**name, hold_id="H1", by="x"),
        cn.HoldPlaced(**name, hold_id="H2", hold="DOCS", by="x"),
        cn.TallyCompleted(**name, pieces=2),
        cn.ReceiptDiscrepancy(**name, discrepancy="short", pieces=1),
        cn.DiscrepancyAccepted(**name, decision="ship_short"),
        cn.RerateAccepted(**name, volume_cm3=400_000, gross_g=40_000),
        cn.DgDeclared(**name, goods=goods),
        cn.DgApproved(**name),
        cn.ConsignmentCancelled(**name, reason="x"),
        cn.ConsignmentRejected(**name, reason="x"),
        cn.ConsignmentReturned(**name, reason="x"),
        eq.CargoArriving(**name, visit_id="V1", arrived_at=at(30)),
        eq.CargoArriving(**name, visit_id="V0", arrived_at=at(20)),
        w.allocated(),
        w.allocated("CSL-2", plan_id="P2"),
        cn.ConsignmentDeallocated(**name, consolidation_id=w.CSL, plan_id="P3", reason_code="x"),
        cn.ConsignmentRolled(**name, from_consolidation_id=w.CSL, reason_code="roll"),
        w.customs("RELEASED", revision=0),
        w.customs("SELECTED_SCAN", revision=0),
        w.position(0, stuffing_started_at=at(100), frozen_at=at(90)),
        w.position(0, status="PLANNED", stuffing_started_at=None, frozen_at=None),
        w.position(0, consolidation_id="CSL-2", equipment_ref="OTHU0000000"),
        w.position(0, status="BROKEN_UP"),
    ]


def _consolidation() -> list[Event]:
    from tests.processors.cores import test_core_consolidation as t  # noqa: PLC0415

    name: dict[str, Any] = {"consolidation_id": w.CSL}
    return [
        w.opened(),
        w.planned("CN-1", "CN-2"),
        w.planned("CN-1"),
        csl.ConsolidationBooked(**name, carrier_booking_id="B"),
        w.frozen(),
        w.frozen("CN-1"),
        csl.ConsolidationUnfrozen(**name, reason="x", by="d"),
        csl.StuffingStarted(**name, equipment_ref=w.BOX),
        csl.StuffingCompleted(**name),
        csl.ConsolidationRolled(**name, to_voyage_id="V2", reason="x"),
        csl.ConsolidationBrokenUp(**name, reason="x"),
        csl.ConsolidationCancelled(**name, reason="x"),
        t.member("CN-1", 0, received_at=None),
        t.full("CN-1", 0, loaded_at=at(10)),
        t.full("CN-2", 0, loaded_at=at(20)),
        t.full("CN-2", 0, member=False),
        t.box(0, status="UNFIT"),
        t.weighed(0, sealed_at=at(100), vgm_at=at(110)),
        t.weighed(0, sealed_at=at(100), vgm_at=at(110), gated_out_at=at(200)),
        t.voyage(0),
        t.voyage(0, voyage_id="V2", departed_at=at(300)),
    ]


def _voyage() -> list[Event]:
    from tests.processors.cores import test_core_others as t  # noqa: PLC0415

    name: dict[str, Any] = {"voyage_id": w.VOYAGE}
    booking = {**name, "carrier_booking_id": "B1", "iso_type": "45G1"}
    return [
        t.sailing(),
        sc.SailingChanged(**name, reason="a", etd_at=at(11_000)),
        sc.SailingChanged(**name, reason="b", cancelled=True),
        sc.CarrierBookingConfirmed(**booking, count=3),
        sc.CarrierBookingRolled(**booking, count=2),
        t.departed(),
        sc.LegArrived(**name, leg_id="L1", mode="VESSEL", place="NLRTM"),
        sc.EtaUpdated(**name, leg_id="L1", place="NLRTM", eta_at=at(60_000)),
        sc.VoyageFollowed(**name, consolidation_id="C1"),
        sc.VoyageFollowed(**name, consolidation_id="C0"),
    ]


def _container() -> list[Event]:
    from tests.processors.cores import test_core_others as t  # noqa: PLC0415

    ref: dict[str, Any] = {"equipment_ref": w.BOX}
    return [
        t.released(),
        t.released(consolidation_id="C2"),
        eq.ContainerPickedUp(**ref),
        eq.ContainerGatedIn(**ref, place="hub"),
        eq.ContainerInspected(**ref, result="unfit"),
        eq.ContainerInspected(**ref, result="fit"),
        eq.ContainerSealed(**ref, seal_no="S1"),
        eq.ContainerResealed(**ref, seal_no="S2"),
        eq.VgmVerified(**ref, gross_g=1, method="SM1"),
        eq.ContainerGatedOut(**ref),
        eq.ContainerOnBoard(**ref),
        eq.ContainerBooked(**ref, rescheduled=True),
        eq.ContainerAssigned(**ref, consolidation_id="C1"),
    ]


def _unit() -> list[Event]:
    return [
        un.UnitAnnounced(unit_id="u1", owner_id="CN-1", announced_at=at(1)),
        un.UnitReceived(unit_id="u1"),
        un.UnitMeasured(unit_id="u1", size=BIG, gross_g=9),
        un.UnitPacked(unit_id="u1", parent_id="p1"),
        un.UnitPacked(unit_id="u1", parent_id="p2"),
        un.UnitUnpacked(unit_id="u1"),
        un.UnitLoaded(unit_id="u1", equipment_ref=w.BOX),
        un.UnitUnloaded(unit_id="u1", equipment_ref=w.BOX),
        un.UnitRepacked(unit_id="u1", inputs=("a",), outputs=("u1", "u2")),
        un.UnitRepacked(unit_id="u1", inputs=("u1",), outputs=("b",)),
        un.UnitShipped(unit_id="u1"),
    ]


def _declaration() -> list[Event]:
    declared = cu.CustomsDeclared(
        declaration_id="D1",
        mode="0110",
        consignment_ids=("CN-1",),
        value=Money(amount_minor=1, currency="USD"),
    )
    return [
        declared,
        cu.CustomsSelected(declaration_id="D1", selection="SCAN"),
        cu.CustomsReleased(declaration_id="D1"),
        cu.CustomsRejected(declaration_id="D1", reason="x"),
    ]


def _lane() -> list[Event]:
    pin: dict[str, Any] = {"lane_id": w.LANE, "consignment_id": "CN-1", "by": "d"}
    return [
        wish(),
        wish("hold_placed"),
        pl.PlanAsked(lane_id=w.LANE, request_id="R1", sequence=1, wish_ids=()),
        pl.PlanAsked(lane_id=w.LANE, request_id="R2", sequence=2, wish_ids=()),
        pl.PlanFailed(lane_id=w.LANE, request_id="R1", sequence=1, reason="x"),
        plan(1, {"CN-1": "C1", "CN-2": "C1"}),
        plan(2, {"CN-1": "C2", "CN-2": "C1", "CN-3": "C1"}),
        plan(3, {"CN-2": "C2"}),
        pl.PlanApproved(lane_id=w.LANE, plan_id="P1", by="d"),
        pl.PlanRejected(lane_id=w.LANE, plan_id="P2", by="d", reason="x"),
        pl.LanePinned(**pin, voyage_id="V1"),
        pl.LanePinned(**pin, unpin=True),
        pl.LaneForbidden(**pin, voyage_id="V1"),
        pl.LaneForbidden(**pin, voyage_id="V1", lift=True),
        pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT"),
        pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C2", status="BROKEN_UP"),
    ]


def _command() -> list[Event]:
    lane: dict[str, Any] = {"by": "d", "lane_id": w.LANE}
    return [
        commands.ReplanLane(command_id="c1", **lane),
        commands.ReplanLane(command_id="c2", **lane),
        commands.AcceptPlan(command_id="c1", plan_id="P", **lane),
        commands.PinConsignment(command_id="c3", consignment_id="CN", **lane),
    ]


def _ordinary_consolidation() -> list[tuple[float, Event]]:
    from tests.processors.cores import test_core_consolidation as t  # noqa: PLC0415

    return [
        (0, w.opened()),
        (1, w.planned("CN-1", "CN-2")),
        (2, t.voyage(0)),
        (10, t.full("CN-1", 0, loaded_at=at(95), released_at=at(50))),
        (10, t.full("CN-2", 0, loaded_at=at(96), released_at=at(50))),
        (40, w.frozen()),
        (50, csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.BOX)),
        (99, csl.StuffingCompleted(consolidation_id=w.CSL)),
        (200, t.weighed(0, sealed_at=at(100), vgm_at=at(110), gated_out_at=at(200))),
    ]


STORIES: dict[Kind, list[Event]] = {
    "consignment": _about_units() + _about_the_whole(),
    "consolidation": _consolidation(),
    "container": _container(),
    "voyage": _voyage(),
    "unit": _unit(),
    "declaration": _declaration(),
    "lane": _lane(),
    "command": _command(),
    "visit": [eq.TruckArrived(visit_id="V1", consignment_ids=("CN-1",))],
}


ORDINARY: dict[Kind, list[tuple[float, Event]]] = {
    "consignment": [
        (0, w.booked(2)),
        (5, w.asn("u1", "u2")),
        (30, w.received("u1")),
        (31, w.received("u2")),
        (40, w.measured("u1")),
        (41, w.measured("u2")),
        (60, w.allocated()),
        (80, w.customs("RELEASED", revision=0)),
        (90, w.position(0, stuffing_started_at=at(100), frozen_at=at(90))),
        (110, w.staged("u1")),
        (120, w.loaded("u1")),
        (121, w.loaded("u2")),
    ],
    "consolidation": _ordinary_consolidation(),
    "lane": [
        (10, wish()),
        (20, plan(1, {"CN-1": "C1", "CN-2": "C1"})),
        (40, plan(2, {"CN-1": "C2", "CN-2": "C1", "CN-3": "C1"})),
        (60, pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")),
    ],
}
"""How it usually goes; random logs are variations of it, so that the late states are reached."""


@st.composite
def logs(draw: st.DrawFn, kind: Kind, *, corrected: bool = True) -> list[Entry]:
    """Facts of one owner; some of them correct or retract others."""
    usual = draw(st.booleans())
    chosen: list[tuple[float, Event]] = list(ORDINARY.get(kind, ())) if usual else []
    for left_out in draw(st.lists(st.integers(0, 11), max_size=2)):
        chosen[left_out : left_out + 1] = []
    more = st.tuples(st.integers(0, 300), st.sampled_from(STORIES[kind]))
    chosen += draw(st.lists(more, max_size=6 if usual else 25))
    entries: list[Entry] = []
    for number, (minutes, plain) in enumerate(chosen):
        told = plain
        if "revision" in told.__struct_fields__ and kind != "lane":
            told = msgspec.structs.replace(told, revision=number)
        target = None
        retracted = False
        if corrected and entries and draw(st.integers(0, 5)) == 0:
            target = draw(st.sampled_from(entries)).fact.event_id
            retracted = draw(st.booleans())
        entries.append(
            entry(
                told,
                minutes,
                event_id=f"f{number}",
                correction_of=target,
                retracted=retracted,
                recorded=number,
            )
        )
    return entries


def key_of(kind: Kind) -> str:
    """The key of the stories of that kind."""
    first = STORIES[kind][0]
    return first.key


def folded(kind: Kind, entries: Sequence[Entry]) -> Any:
    """From scratch, observed at the clock."""
    return fold(CORES[kind], key_of(kind), entries, clock_at=CLOCK)


def replayed(kind: Kind, batches: Sequence[Sequence[Entry]]) -> tuple[Any, int]:
    """Batch by batch, as the shell does: duplicates dropped, the clock seen at the end."""
    core: Core[Any] = CORES[kind]
    state = core.new(key_of(kind))
    stored: dict[str, Entry] = {}
    refolds = 0
    for batch in batches:
        new = {each.fact_id: each for each in batch if each.fact_id not in stored}
        stored.update(new)
        advanced = advance(core, state, list(new.values()), stored.values)
        state = msgspec.json.decode(encode_state(advanced.state), type=core.state_type)
        refolds += advanced.refolded
    core.settle(state)
    core.observe(state, CLOCK)
    return state, refolds


relaxed = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(data=st.data())
def test_any_order_any_batches_any_duplicates(kind: Kind, data: st.DataObject) -> None:
    """Facts in any order, cut into any batches, some sent twice, give the fold of their set."""
    entries = data.draw(logs(kind, corrected=data.draw(st.booleans())))
    shuffled = data.draw(st.permutations(entries))
    twice = shuffled + data.draw(
        st.lists(st.sampled_from(entries), max_size=5) if entries else st.just([])
    )
    cuts = sorted(data.draw(st.sets(st.integers(0, len(twice)), max_size=6)))
    bounds = [0, *cuts, len(twice)]
    batches = [twice[a:b] for a, b in pairwise(bounds)]
    state, refolds = replayed(kind, batches)
    event(f"refolded: {refolds > 0}")
    assert encode_state(state) == encode_state(folded(kind, entries))
    before = CORES[kind].outputs(state)
    assert before == CORES[kind].outputs(folded(kind, entries))


def without_counts(state: Any) -> bytes:
    """A state but for how many facts made it, and when the last one of any kind happened."""
    return encode_state(
        msgspec.structs.replace(state, facts=0, corrections=0, changed_at=None, waiting=[])
        if "waiting" in state.__struct_fields__
        else msgspec.structs.replace(state, facts=0, corrections=0, changed_at=None)
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(data=st.data())
def test_a_retracted_fact_never_was(kind: Kind, data: st.DataObject) -> None:
    """The log with a retraction is the log without the fact, wherever the retraction sorts."""
    entries = data.draw(logs(kind, corrected=False).filter(bool))
    gone = data.draw(st.sampled_from(entries))
    retraction = entry(
        gone.fact.data,
        data.draw(st.integers(0, 300)),
        event_id="retraction",
        correction_of=gone.fact.event_id,
        retracted=True,
    )
    rest = [each for each in entries if each is not gone]
    assert without_counts(folded(kind, [*entries, retraction])) == without_counts(
        folded(kind, rest)
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(STORIES))
@relaxed
@given(data=st.data())
def test_a_correction_takes_the_place(kind: Kind, data: st.DataObject) -> None:
    """The log with a correction is the log with the corrected fact instead."""
    entries = data.draw(logs(kind, corrected=False).filter(bool))
    wrong = data.draw(st.sampled_from(entries))
    right_event = data.draw(st.sampled_from(STORIES[kind]))
    minutes = data.draw(st.integers(0, 300))
    right = entry(right_event, minutes, event_id="right", correction_of=wrong.fact.event_id)
    plain = entry(right_event, minutes, event_id="right")
    rest = [each for each in entries if each is not wrong]
    assert without_counts(folded(kind, [*entries, right])) == without_counts(
        folded(kind, [*rest, plain])
    )


@pytest.mark.slow
@relaxed
@given(entries=logs("consignment"))
def test_sums_are_what_counting_gives(entries: list[Entry]) -> None:
    """The running sums equal a count over the units; it is blocked iff a hold is open."""
    state: ConsignmentState = folded("consignment", entries)
    here = [each for each in state.units.values() if each.received_at and not each.gone]
    assert state.received_units == len(here)
    assert state.received_pieces == sum(each.pieces for each in here)
    measured = [each.measured for each in here if each.measured]
    assert state.measured_units == len(measured)
    assert state.measured_gross_g == sum(box[3] for box in measured)
    assert state.staged_units == sum(1 for each in here if each.staged_at)
    assert state.damaged_units == sum(1 for each in here if each.condition != "good")
    inside = [each for each in state.units.values() if each.loaded_in]
    assert state.loaded_units == len(inside)
    assert state.blocked is bool(state.open_holds)
    assert state.facts == len(entries)
    event(f"status {state.status}")


@pytest.mark.slow
@relaxed
@given(entries=logs("consignment"))
def test_a_loaded_unit_is_in_one_container_rightly(entries: list[Entry]) -> None:
    """What counts as loaded stands in its consolidation's container, inside of stuffing."""
    state: ConsignmentState = folded("consignment", entries)
    for part in state.units.values():
        if not part.loaded_in:
            continue
        move = next(
            each for each in reversed(part.moves) if each.into and each.fact_id not in state.refused
        )
        assert move.equipment_ref == part.loaded_in
        homes = [
            position
            for position in state.consolidations.values()
            if position.equipment_ref == part.loaded_in
        ]
        assert any(
            home.stuffing_started_at is not None and home.stuffing_started_at <= move.at
            for home in homes
        )
        assert state.released_at is not None
        assert state.released_at <= move.at
    event(f"loaded {state.loaded_units}")


@pytest.mark.slow
@relaxed
@given(entries=logs("consolidation"))
def test_what_left_was_clear(entries: list[Entry]) -> None:
    """GATED_OUT only with every manifested consignment loaded, released, unblocked, weighed."""
    state = folded("consolidation", entries)
    event(f"status {state.status}")
    if state.gated_out_at is None:
        return
    assert state.manifest is not None
    assert state.box is not None
    assert state.box.vgm_at <= state.gated_out_at
    for name in state.manifest.consignment_ids:
        seen = state.members[name]
        assert seen.member
        assert seen.loaded_at <= state.box.sealed_at <= state.gated_out_at
        assert seen.released_at <= state.gated_out_at
        assert not (seen.blocked and seen.blocked_since_at <= state.gated_out_at)
