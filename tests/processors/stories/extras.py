"""Random events at a small hub, likely or not."""

from collections.abc import Callable
from typing import Any

import msgspec

from groupage.domain import commands
from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import planning as pl
from groupage.domain.events import schedule as sc
from groupage.domain.events import unit as un
from groupage.domain.events.base import Dimensions, Event
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import at
from tests.processors.aggregates.test_container import released
from tests.processors.stories.things import (
    CONSOLIDATIONS,
    CONTAINERS,
    LANES,
    VOYAGES,
    Things,
    cutoffs,
)

_BIG = Dimensions(length_mm=600, width_mm=500, height_mm=400)


def anything(things: Things) -> Event:
    """Return any public event, likely or not."""
    rng = things.rng
    about: tuple[Callable[[Things], list[Event]], ...] = (
        _about_consignment,
        _about_unit,
        _about_customs,
        _about_voyage,
        _about_container,
        _about_consolidation,
        _about_lane,
    )
    weights = (3, 3, 2, 2, 3, 4, 4)
    return rng.choice(rng.choices(about, weights)[0](things))


def with_another_name(things: Things, event: Event) -> Event:
    """Return the event with one of the other things that it names mistaken for another."""
    names: dict[str, tuple[str, ...]] = {
        "lane_id": LANES,
        "voyage_id": VOYAGES,
        "to_voyage_id": VOYAGES,
        "from_voyage_id": VOYAGES,
        "consolidation_id": CONSOLIDATIONS,
        "equipment_ref": CONTAINERS,
        "consignment_id": tuple(things.consignments),
        "plan_id": ("P1", "P2", "P3"),
    }
    fields = [name for name in event.__struct_fields__ if name in names and name != event.key_field]
    if not fields:
        return event
    name = things.rng.choice(fields)
    return msgspec.structs.replace(event, **{name: things.rng.choice(names[name])})


def _about_consignment(things: Things) -> list[Event]:
    rng = things.rng
    name = rng.choice(things.consignments)
    common: dict[str, Any] = {"consignment_id": name}
    goods = (cn.DangerousGoods(un_number="1993", imo_class="3"),)
    hold = f"H{rng.randint(1, 2)}"
    return [
        w.booked(rng.randint(1, 3), consignment_id=name),
        cn.ConsignmentAmended(**common, reason="x", credit_ok=rng.random() < 0.5),
        cn.ConsignmentAmended(**common, reason="x", consignee="other"),
        cn.ConsignmentAmended(**common, reason="x", pod="DEHAM"),
        cn.ConsignmentAccepted(**common),
        things.delivery_note(rng.choice(things.consignments)),
        cn.HoldPlaced(**common, hold_id=hold, hold="DOCS", by="x"),
        cn.HoldReleased(**common, hold_id=hold, by="x"),
        cn.TallyCompleted(**common, pieces=rng.randint(1, 2)),
        cn.ReceiptDiscrepancy(**common, discrepancy="short", pieces=1),
        cn.DiscrepancyAccepted(**common, decision=rng.choice(("ship_short", "accept_over"))),
        cn.RerateAccepted(**common, volume_cm3=400_000, gross_g=40_000),
        cn.DgDeclared(**common, goods=goods),
        cn.DgApproved(**common),
        cn.DgRejected(**common, reason="x"),
        cn.ConsignmentCancelled(**common, reason="x"),
        cn.ConsignmentRejected(**common, reason="x"),
        cn.ConsignmentReturned(**common, reason="x"),
        cn.ConsignmentSplit(**common, children=("CN-8", "CN-9"), reason="x"),
        cn.ConsignmentNoted(**common, milestone="noted"),
        eq.TruckArrived(
            visit_id=f"T{rng.randint(1, 2)}",
            consignment_ids=tuple(rng.sample(things.consignments, 1)),
        ),
    ]


def _about_unit(things: Things) -> list[Event]:
    rng = things.rng
    name = rng.choice(things.consignments)
    unit_id = rng.choice(things.units(name))
    known = things.known(unit_id, name)
    if rng.random() < 0.1:
        known["consignment_id"] = rng.choice(things.consignments)
    box = rng.choice(CONTAINERS)
    new = f"{name}/n"
    repack = things.known(new, name)
    return [
        un.UnitReceived(**known, condition=rng.choice(("good", "wet"))),
        un.UnitMeasured(**known, size=rng.choice((w.SIZE, _BIG)), gross_g=10_000),
        un.UnitStored(**known, location="A1"),
        un.UnitMoved(**known, location="A2"),
        un.UnitStaged(**known, door="D2"),
        un.UnitLoaded(**known, equipment_ref=box),
        un.UnitUnloaded(**known, equipment_ref=box),
        un.UnitPacked(**known, parent_id="pallet"),
        un.UnitUnpacked(**known),
        un.UnitShipped(**known),
        un.UnitRepacked(**repack, inputs=tuple(things.units(name)), outputs=(new,)),
    ]


def _about_customs(things: Things) -> list[Event]:
    rng = things.rng
    name = rng.choice(things.consignments)
    prefix = rng.choice("DDE")
    known: dict[str, Any] = {"declaration_id": f"{prefix}-{name}"}
    return [
        things.declared(name, prefix),
        cu.CustomsSelected(**known, selection=rng.choice(("SCAN", "INSPECTION"))),
        cu.CustomsReleased(**known),
        cu.CustomsRejected(**known, reason="x"),
    ]


def _about_voyage(things: Things) -> list[Event]:
    rng = things.rng
    known: dict[str, Any] = {"voyage_id": rng.choice(VOYAGES)}
    leg: dict[str, Any] = {**known, "leg_id": "L1", "mode": "VESSEL"}
    booking: dict[str, Any] = {**known, "carrier_booking_id": "B1", "iso_type": "45G1"}
    return [
        sc.SailingChanged(**known, reason="late", etd_at=at(11_000)),
        sc.SailingChanged(**known, reason="later", cutoffs=cutoffs(100)),
        sc.SailingChanged(**known, reason="blank", cancelled=True),
        sc.CarrierBookingConfirmed(**booking, count=3),
        sc.CarrierBookingRolled(**booking, count=2),
        sc.LegDeparted(**leg, place="CNNGB"),
        sc.LegArrived(**leg, place="NLRTM"),
        sc.EtaUpdated(**leg, place="NLRTM", eta_at=at(60_000)),
    ]


def _about_container(things: Things) -> list[Event]:
    rng = things.rng
    ref: dict[str, Any] = {"equipment_ref": rng.choice(CONTAINERS)}
    into = rng.choice((None, None, *CONSOLIDATIONS))
    return [
        released(**ref, consolidation_id=into),
        eq.ContainerPickedUp(**ref),
        eq.ContainerGatedIn(**ref, place="hub"),
        eq.ContainerInspected(**ref, result=rng.choice(("fit", "unfit"))),
        eq.ContainerSealed(**ref, seal_no="S1", consolidation_id=into),
        eq.ContainerUnsealed(**ref),
        eq.ContainerResealed(**ref, seal_no="S2"),
        eq.VgmVerified(
            **ref,
            gross_g=rng.choice((4_040_000, 9_000_000)),
            method="SM1",
            consolidation_id=into,
        ),
        eq.ContainerWeighed(**ref, gross_g=1),
        eq.ContainerMoved(**ref, place="yard"),
        eq.ContainerBooked(**ref, voyage_id=rng.choice(VOYAGES)),
        eq.ContainerGatedOut(**ref, consolidation_id=into),
        eq.ContainerOnBoard(**ref),
    ]


def _about_consolidation(things: Things) -> list[Event]:
    rng = things.rng
    name = rng.choice(CONSOLIDATIONS)
    box = rng.choice(CONTAINERS)
    known: dict[str, Any] = {"consolidation_id": name}
    return [
        w.opened(
            **known,
            voyage_id=rng.choice(VOYAGES),
            lane_id=rng.choice((w.LANE, *LANES)),
        ),
        csl.ConsolidationBooked(**known, carrier_booking_id="B1"),
        things.frozen(name, box),
        things.frozen(name, box),
        csl.ConsolidationUnfrozen(**known, reason="x", by="desk"),
        csl.StuffingStarted(**known, equipment_ref=box),
        csl.StuffingCompleted(**known),
        csl.ConsolidationRolled(**known, to_voyage_id=rng.choice(VOYAGES), reason="x"),
        csl.ConsolidationBrokenUp(**known, reason="x"),
        csl.ConsolidationCancelled(**known, reason="x"),
        csl.ConsolidationCancelled(**known, reason="x"),
    ]


def _about_lane(things: Things) -> list[Event]:
    rng = things.rng
    name = rng.choice(things.consignments)
    command = f"K{rng.randint(1, 99)}"
    plan_id = f"P{rng.randint(1, 3)}"
    common: dict[str, Any] = {"command_id": command, "by": "desk"}
    lane: dict[str, Any] = {**common, "lane_id": w.LANE}
    voyage = rng.choice(VOYAGES)
    return [
        commands.AcceptPlan(**lane, plan_id=plan_id),
        commands.RejectPlan(**lane, plan_id=plan_id),
        commands.PinConsignment(**lane, consignment_id=name, voyage_id=voyage),
        commands.PinConsignment(**lane, consignment_id=name, voyage_id="V1", consolidation_id="C1"),
        commands.PinConsignment(**lane, consignment_id=name, unpin=True),
        commands.ForbidConsignment(**lane, consignment_id=name, voyage_id=voyage),
        commands.ForbidConsignment(**lane, consignment_id=name, voyage_id=voyage, lift=True),
        commands.RollConsignment(**lane, consignment_id=name, from_voyage_id=voyage),
        commands.ReplanLane(**lane),
        commands.HoldConsignment(**common, consignment_id=name),
        commands.ReleaseConsignment(
            **common, consignment_id=name, hold_id=rng.choice((f"K{rng.randint(1, 99)}", "H1"))
        ),
        commands.UnfreezeConsolidation(**common, consolidation_id=rng.choice(CONSOLIDATIONS)),
        pl.PlanApproved(lane_id=w.LANE, plan_id=plan_id, by="desk"),
        pl.PlanRejected(lane_id=w.LANE, plan_id=plan_id, by="desk", reason="x"),
    ]
