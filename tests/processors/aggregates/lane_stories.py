"""Events for a lane: replan triggers and plans."""

from typing import Any

from groupage.domain.codes import UnloadableCode
from groupage.domain.events import planning as pl
from groupage.domain.plan import Unloadable
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import at


def trigger(cause: Any = "available", about: str = "CN-1") -> pl.ReplanWanted:
    """Make a replan trigger."""
    return pl.ReplanWanted(lane_id=w.LANE, cause=cause, about=about)


def plan(sequence: int, assigned: dict[str, str], **more: Any) -> pl.PlanProposed:
    """Make a plan that puts consignments into consolidations."""
    consolidation_ids = sorted(set(assigned.values()))
    fields: dict[str, Any] = {
        "lane_id": w.LANE,
        "plan_id": f"P{sequence}",
        "request_id": f"REQ-{w.LANE}-{sequence:06d}",
        "sequence": sequence,
        "decided_at": at(0),
        "assignments": tuple(
            pl.Assignment(consignment_id=name, consolidation_id=into, voyage_id=w.VOYAGE)
            for name, into in assigned.items()
        ),
        "moves": (),
        "consolidations": tuple(
            pl.PlannedConsolidation(
                consolidation_id=name,
                voyage_id=w.VOYAGE,
                iso_type="45G1",
                consignment_ids=tuple(each for each, into in assigned.items() if into == name),
                volume_cm3=1,
                gross_g=1,
            )
            for name in consolidation_ids
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
    """Make a plan's entry for a container that it cannot load."""
    return Unloadable(
        consolidation_id=name, consignment_ids=ids, code=code, reason=f"{name} is frozen: too much"
    )
