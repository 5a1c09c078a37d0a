"""Events of a small story, with defaults for what a test does not care about."""

from typing import Any

from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import unit
from groupage.domain.events.base import Dimensions, Money
from tests.processors.aggregates.play import at

CN = "CN-1"
CSL = "CSL-1"
CONTAINER = "CSQU3054383"
VOYAGE = "FE4/2610W"
LANE = "CNNGB-NLRTM"
SIZE = Dimensions(length_mm=500, width_mm=400, height_mm=300)


def booked(pieces: int = 2, **more: Any) -> cn.ConsignmentBooked:
    """`pieces` cartons of 60 dm³ and 10 kg from Ningbo to Rotterdam."""
    fields: dict[str, Any] = {
        "consignment_id": CN,
        "shipper": "booth-12",
        "consignee": "buyer-1",
        "pol": "CNNGB",
        "pod": "NLRTM",
        "mode": "1039",
        "lines": (cn.CartonLine(pieces=pieces, size=SIZE, gross_g=10_000),),
        "value": Money(amount_minor=100_000, currency="USD"),
        "ready_at": at(60),
    }
    return cn.ConsignmentBooked(**{**fields, **more})


def asn(*units: str) -> cn.AsnReceived:
    """Make a delivery note with these units."""
    return cn.AsnReceived(
        consignment_id=CN, units=tuple(cn.AnnouncedUnit(unit_id=name) for name in units)
    )


def received(name: str, **more: Any) -> unit.UnitReceived:
    """Make the receipt of a unit."""
    return unit.UnitReceived(unit_id=name, consignment_id=CN, **more)


def measured(name: str, *, gross_g: int = 10_000, size: Dimensions = SIZE) -> unit.UnitMeasured:
    """Make a measurement, by default as booked."""
    return unit.UnitMeasured(unit_id=name, consignment_id=CN, size=size, gross_g=gross_g)


def staged(name: str) -> unit.UnitStaged:
    """Stage a unit at door D1."""
    return unit.UnitStaged(unit_id=name, consignment_id=CN, door="D1")


def loaded(name: str, **more: Any) -> unit.UnitLoaded:
    """Load a unit into the container."""
    return unit.UnitLoaded(
        **{"unit_id": name, "consignment_id": CN, "equipment_ref": CONTAINER, **more}
    )


def unloaded(name: str, *, equipment_ref: str = CONTAINER) -> unit.UnitUnloaded:
    """Unload a unit."""
    return unit.UnitUnloaded(unit_id=name, consignment_id=CN, equipment_ref=equipment_ref)


def allocated(to: str = CSL, *, plan_id: str = "P1", voyage_id: str = VOYAGE) -> Any:
    """Allocate the consignment by a plan."""
    return cn.ConsignmentAllocated(
        consignment_id=CN, consolidation_id=to, voyage_id=voyage_id, plan_id=plan_id
    )


def customs(status: Any, *, revision: int, declaration_id: str = "D1", **more: Any) -> Any:
    """Make a snapshot of a declaration."""
    return cn.CustomsSnapshot(
        consignment_id=CN,
        declaration_id=declaration_id,
        status=status,
        revision=revision,
        **more,
    )


def consolidation(revision: int, **more: Any) -> cn.ConsolidationSnapshot:
    """Make a snapshot of the consolidation: by default frozen at 300, stuffing open from 400."""
    fields: dict[str, Any] = {
        "consignment_id": CN,
        "consolidation_id": CSL,
        "status": "STUFFING",
        "revision": revision,
        "equipment_ref": CONTAINER,
        "voyage_id": VOYAGE,
        "manifest_ref": "M1",
        "frozen_at": at(300),
        "stuffing_open": True,
        "stuffing_started_at": at(400),
        "door_close_at": at(1_000),
        "lco_at": at(5_000),
    }
    return cn.ConsolidationSnapshot(**{**fields, **more})


def opened(**more: Any) -> csl.ConsolidationOpened:
    """Open a consolidation: a 40' high cube on the voyage."""
    fields = {
        "consolidation_id": CSL,
        "lane_id": LANE,
        "voyage_id": VOYAGE,
        "iso_type": "45G1",
    }
    return csl.ConsolidationOpened(**{**fields, **more})


def planned(*ids: str, revision: int = 1) -> csl.ConsolidationPlanned:
    """Plan these consignments into it."""
    return csl.ConsolidationPlanned(
        consolidation_id=CSL,
        plan_id=f"P{revision}",
        consignment_ids=ids,
        planned_volume_cm3=120_000,
        planned_gross_g=20_000,
        revision=revision,
    )


def frozen(*ids: str, equipment_ref: str = CONTAINER) -> csl.ConsolidationFrozen:
    """File the manifest."""
    return csl.ConsolidationFrozen(
        consolidation_id=CSL,
        manifest_ref="M1",
        equipment_ref=equipment_ref,
        seal_no="S1",
        consignment_ids=ids,
    )
