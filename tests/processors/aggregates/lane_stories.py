"""What a lane hears: wishes for a plan, and plans."""

from typing import Any

from groupage.domain.codes import UnloadableCode
from groupage.domain.events import planning as pl
from groupage.domain.plan import Unloadable
from tests.processors.aggregates import words as w
from tests.processors.aggregates.play import at


def wish(cause: Any = "available", about: str = "CN-1") -> pl.ReplanWanted:
    """A reason to plan again."""
    return pl.ReplanWanted(lane_id=w.LANE, cause=cause, about=about)


def plan(sequence: int, places: dict[str, str], **more: Any) -> pl.PlanProposed:
    """A plan that puts consignments into consolidations."""
    boxes = sorted(set(places.values()))
    fields: dict[str, Any] = {
        "lane_id": w.LANE,
        "plan_id": f"P{sequence}",
        "request_id": f"REQ-{w.LANE}-{sequence:06d}",
        "sequence": sequence,
        "decided_at": at(0),
        "assignments": tuple(
            pl.Assignment(consignment_id=name, consolidation_id=place, voyage_id=w.VOYAGE)
            for name, place in places.items()
        ),
        "moves": (),
        "consolidations": tuple(
            pl.PlannedConsolidation(
                consolidation_id=name,
                voyage_id=w.VOYAGE,
                iso_type="45G1",
                consignment_ids=tuple(each for each, place in places.items() if place == name),
                volume_cm3=1,
                gross_g=1,
            )
            for name in boxes
        ),
        "cost_minor": 100,
        "bound_minor": 90,
        "gap_ratio": 0.1,
        "certificate": "sha256:x",
    }
    return pl.PlanProposed(**{**fields, **more})


def unloadable(
    name: str, *ids: str, code: UnloadableCode = UnloadableCode.DID_NOT_FIT
) -> Unloadable:
    """What a plan says of a closed container."""
    return Unloadable(
        consolidation_id=name, consignment_ids=ids, code=code, reason=f"{name} is frozen: too much"
    )
