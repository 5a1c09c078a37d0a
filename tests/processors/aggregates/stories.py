"""Events of each aggregate kind, and how its life usually goes."""

from typing import Any

from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import planning as pl
from groupage.domain.events import schedule as sc
from groupage.domain.events import unit as un
from groupage.domain.events.base import AggregateKind, Dimensions, Event, Money
from groupage.domain.events.steering import ConsignmentSteered, VoyageSteered
from tests.processors.aggregates import consolidation_snapshots as snapshots
from tests.processors.aggregates import events as w
from tests.processors.aggregates.lane_stories import plan, trigger
from tests.processors.aggregates.play import at
from tests.processors.aggregates.test_container import released
from tests.processors.aggregates.test_voyage import departed, sailing

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
            w.loaded(name, equipment_ref="OTHU0000009"),
            w.unloaded(name),
            un.UnitPacked(**common, parent_id="pallet"),
            un.UnitUnpacked(**common),
        ]
    repack = un.UnitRepacked(
        unit_id="n1", consignment_id=w.CN, inputs=("u1", "u2"), outputs=("n1",)
    )
    return [*events, repack, w.received("n1"), w.loaded("n1")]


_STEERING: dict[str, Any] = {
    "command_id": "K1",
    "lane_id": w.LANE,
    "voyage_id": w.VOYAGE,
    "by": "x",
}


def _about_the_whole() -> list[Event]:
    name: dict[str, Any] = {"consignment_id": w.CN}
    goods = (cn.DangerousGoods(un_number="1993", imo_class="3"),)
    return [
        w.booked(3),
        w.booked(2),
        w.booked(lines=(), totals=cn.DeclaredTotals(pieces=2, volume_cm3=9_000, gross_g=900)),
        cn.ConsignmentAmended(**name, reason="x", credit_ok=False),
        cn.ConsignmentAmended(**name, reason="x", consignee="other"),
        cn.ConsignmentAmended(**name, reason="x", lines=w.booked(2).lines, danger_words=("oil",)),
        cn.ConsignmentAccepted(**name),
        w.asn("u1", "u2"),
        cn.HoldPlaced(**name, hold_id="H1", hold="DG", by="x"),
        cn.HoldReleased(**name, hold_id="H1", by="x"),
        cn.HoldPlaced(**name, hold_id="H2", hold="DOCS", by="x"),
        cn.HoldReleased(**name, hold="DOCS", by="x"),
        ConsignmentSteered(**name, **_STEERING, action="pin"),
        ConsignmentSteered(**name, **{**_STEERING, "command_id": "K2"}, action="roll"),
        cn.TallyCompleted(**name, pieces=2),
        cn.ReceiptDiscrepancy(**name, discrepancy="short", pieces=1),
        cn.DiscrepancyAccepted(**name, decision="ship_short"),
        cn.RerateAccepted(**name, volume_cm3=400_000, gross_g=40_000),
        cn.DgDeclared(**name, goods=goods),
        cn.DgApproved(**name),
        cn.ConsignmentCancelled(**name, reason="x"),
        cn.ConsignmentRejected(**name, reason="x"),
        cn.ConsignmentReturned(**name, reason="x"),
    ]


def _told_by_others() -> list[Event]:
    name: dict[str, Any] = {"consignment_id": w.CN}
    return [
        eq.CargoArriving(**name, visit_id="V1", arrived_at=at(30)),
        eq.CargoArriving(**name, visit_id="V0", arrived_at=at(20)),
        w.allocated(),
        w.allocated("CSL-2", plan_id="P2"),
        cn.ConsignmentDeallocated(**name, consolidation_id=w.CSL, plan_id="P3", reason_code="x"),
        cn.ConsignmentRolled(**name, from_consolidation_id=w.CSL, reason_code="roll"),
        w.customs("RELEASED", revision=0),
        w.customs("SELECTED_SCAN", revision=0),
        w.customs("DECLARED", revision=0, declaration_id="D2"),
        w.customs("REJECTED", revision=0, declaration_id="D2", declared_at=at(70)),
        w.consolidation(0, stuffing_started_at=at(100), frozen_at=at(90)),
        w.consolidation(0, status="PLANNED", stuffing_started_at=None, frozen_at=None),
        w.consolidation(0, consolidation_id="CSL-2", equipment_ref="OTHU0000009"),
        w.consolidation(0, status="BROKEN_UP"),
        w.consolidation(0, status="PLANNED", frozen_at=None, lco_at=at(1_900)),
        w.consolidation(
            0,
            stuffing_started_at=at(100),
            frozen_at=at(90),
            departed_at=at(200),
            status="GATED_OUT",
        ),
    ]


def _consolidation() -> list[Event]:
    name: dict[str, Any] = {"consolidation_id": w.CSL}
    return [
        w.opened(),
        w.planned("CN-1", "CN-2"),
        w.planned("CN-1"),
        csl.ConsolidationBooked(**name, carrier_booking_id="B"),
        w.frozen(),
        w.frozen("CN-1"),
        csl.ConsolidationUnfrozen(**name, reason="x", by="d"),
        csl.StuffingStarted(**name, equipment_ref=w.CONTAINER),
        csl.StuffingCompleted(**name),
        csl.ConsolidationRolled(**name, to_voyage_id="V2", reason="x"),
        csl.ConsolidationBrokenUp(**name, reason="x"),
        csl.ConsolidationCancelled(**name, reason="x"),
        snapshots.member("CN-1", 0, received_at=None),
        snapshots.full("CN-1", 0, loaded_at=at(10)),
        snapshots.full("CN-2", 0, loaded_at=at(20)),
        snapshots.full("CN-2", 0, member=False),
        snapshots.full("CN-2", 0, loaded_at=at(20), unloaded_at=at(150)),
        snapshots.full("CN-2", 0, holds=(csl.Span(since_at=at(20), until_at=at(210)),)),
        snapshots.container(0, status="UNFIT"),
        snapshots.weighed(0, sealed_at=at(100), vgm_at=at(110)),
        snapshots.weighed(0, sealed_at=at(100), vgm_at=at(110), gated_out_at=at(200)),
        snapshots.voyage(0),
        snapshots.voyage(0, voyage_id="V2", departed_at=at(300)),
    ]


def _voyage() -> list[Event]:
    name: dict[str, Any] = {"voyage_id": w.VOYAGE}
    booking = {**name, "carrier_booking_id": "B1", "iso_type": "45G1"}
    return [
        sailing(),
        sc.SailingChanged(**name, reason="a", etd_at=at(11_000)),
        sc.SailingChanged(**name, reason="b", cancelled=True),
        sc.CarrierBookingConfirmed(**booking, count=3),
        sc.CarrierBookingRolled(**booking, count=2),
        departed(),
        sc.LegArrived(**name, leg_id="L1", mode="VESSEL", place="NLRTM"),
        sc.EtaUpdated(**name, leg_id="L1", place="NLRTM", eta_at=at(60_000)),
        sc.PortCallReported(**name, place="SGSIN", movement="ARRIVED", call_at=at(20_000)),
        sc.PortCallReported(**name, place="SGSIN", movement="DEPARTED", call_at=at(21_000)),
        VoyageSteered(**{**_STEERING, "consignment_id": w.CN}, action="pin"),
        VoyageSteered(**{**_STEERING, "consignment_id": w.CN, "command_id": "K2"}, action="forbid"),
        sc.VoyageFollowed(**name, consolidation_id="C1"),
        sc.VoyageFollowed(**name, consolidation_id="C0"),
    ]


def _container() -> list[Event]:
    ref: dict[str, Any] = {"equipment_ref": w.CONTAINER}
    return [
        released(),
        released(consolidation_id="C2"),
        eq.ContainerPickedUp(**ref),
        eq.ContainerGatedIn(**ref, place="hub"),
        eq.ContainerInspected(**ref, result="unfit"),
        eq.ContainerInspected(**ref, result="fit"),
        eq.ContainerSealed(**ref, seal_no="S1"),
        eq.ContainerUnsealed(**ref),
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
        un.UnitAnnounced(unit_id="u1", owner_id="CN-2", announced_at=at(2)),
        un.UnitAnnounced(unit_id="u1", owner_id="CN-2", announced_at=at(2), ended=True),
        un.UnitReceived(unit_id="u1"),
        un.UnitMeasured(unit_id="u1", size=BIG, gross_g=9),
        un.UnitPacked(unit_id="u1", parent_id="p1"),
        un.UnitPacked(unit_id="u1", parent_id="p2"),
        un.UnitUnpacked(unit_id="u1"),
        un.UnitLoaded(unit_id="u1", equipment_ref=w.CONTAINER),
        un.UnitUnloaded(unit_id="u1", equipment_ref=w.CONTAINER),
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
        trigger(),
        trigger("hold_placed"),
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
    return [
        (0, w.opened()),
        (1, w.planned("CN-1", "CN-2")),
        (2, snapshots.voyage(0)),
        (10, snapshots.full("CN-1", 0, loaded_at=at(95), released_at=at(50))),
        (10, snapshots.full("CN-2", 0, loaded_at=at(96), released_at=at(50))),
        (40, w.frozen()),
        (50, csl.StuffingStarted(consolidation_id=w.CSL, equipment_ref=w.CONTAINER)),
        (99, csl.StuffingCompleted(consolidation_id=w.CSL)),
        (200, snapshots.weighed(0, sealed_at=at(100), vgm_at=at(110), gated_out_at=at(200))),
    ]


STORIES: dict[AggregateKind, list[Event]] = {
    "consignment": _about_units() + _about_the_whole() + _told_by_others(),
    "consolidation": _consolidation(),
    "container": _container(),
    "voyage": _voyage(),
    "unit": _unit(),
    "declaration": _declaration(),
    "lane": _lane(),
    "command": _command(),
    "visit": [eq.TruckArrived(visit_id="V1", consignment_ids=("CN-1",))],
}


ORDINARY: dict[AggregateKind, list[tuple[float, Event]]] = {
    "consignment": [
        (0, w.booked(2)),
        (5, w.asn("u1", "u2")),
        (30, w.received("u1")),
        (31, w.received("u2")),
        (40, w.measured("u1")),
        (41, w.measured("u2")),
        (60, w.allocated()),
        (80, w.customs("RELEASED", revision=0)),
        (90, w.consolidation(0, stuffing_started_at=at(100), frozen_at=at(90))),
        (110, w.staged("u1")),
        (120, w.loaded("u1")),
        (121, w.loaded("u2")),
    ],
    "consolidation": _ordinary_consolidation(),
    "lane": [
        (10, trigger()),
        (20, plan(1, {"CN-1": "C1", "CN-2": "C1"})),
        (40, plan(2, {"CN-1": "C2", "CN-2": "C1", "CN-3": "C1"})),
        (60, pl.ConsolidationClosed(lane_id=w.LANE, consolidation_id="C1", status="GATED_OUT")),
    ],
}
"""How it usually goes; random logs are variations of it, so that the late states are reached."""
