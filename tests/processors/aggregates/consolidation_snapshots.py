"""Snapshots for a consolidation: of its members, its container and its voyage."""

from typing import Any

from groupage.domain.events import consolidation as csl
from groupage.domain.events.schedule import Cutoff
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import at

TARE_G = 4_000_000


def member(name: str, revision: int, **more: Any) -> csl.ConsignmentSnapshot:
    """Make a snapshot of a consignment: two cartons, received, released, not loaded."""
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
    fields |= more
    declared = csl.Span(since_at=at(80), until_at=fields["released_at"])
    return csl.ConsignmentSnapshot(**{"declarations": (declared,), **fields})


def full(name: str, revision: int, **more: Any) -> csl.ConsignmentSnapshot:
    """Make the same snapshot, loaded at minute 450."""
    return member(name, revision, **{"loaded_pieces": 2, "loaded_at": at(450), **more})


def container(revision: int, **more: Any) -> csl.ContainerSnapshot:
    """Make a snapshot of its container, inspected and fit."""
    fields: dict[str, Any] = {
        "consolidation_id": w.CSL,
        "equipment_ref": w.CONTAINER,
        "revision": revision,
        "status": "FIT",
        "fit": more.get("status") != "UNFIT",
        "inspected_at": at(305),
        "iso_type": "45G1",
        "tare_g": TARE_G,
        "max_gross_g": 30_480_000,
    }
    return csl.ContainerSnapshot(**{**fields, **more})


def sealed(revision: int, **more: Any) -> csl.ContainerSnapshot:
    """Make a snapshot of the container, sealed at minute 500."""
    fields = {"status": "SEALED", "seal_no": "S1", "sealed_at": at(500)}
    return container(revision, **{**fields, **more})


def weighed(revision: int, vgm_g: int = TARE_G + 2_000_000, **more: Any) -> Any:
    """Make a snapshot of the container, weighed at minute 510."""
    return sealed(revision, **{"vgm_g": vgm_g, "vgm_at": at(510), **more})


def voyage(revision: int, **more: Any) -> csl.VoyageSnapshot:
    """Make a snapshot of the voyage: LCO at 2,000, DCO 2,100, VCO 2,200, CUA 2,300, PCO 3,000."""
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
    return csl.VoyageSnapshot(**{**fields, **more})
