"""Consolidations whose departure is closed for cargo, as the hub's people know them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from groupage.domain.plan import PlannedContainer
from producers.simulator.lots import Lot
from producers.simulator.sailings import Sailing
from producers.simulator.times import Times


@dataclass(slots=True)
class Box:
    """A consolidation on its way out."""

    id: str
    sailing: Sailing
    plan: PlannedContainer
    plan_id: str
    manifests: int = 0
    attempts: int = 0
    papers_looked_at: bool = False
    frozen: bool = False
    stuffed: bool = False
    gone: str = ""
    equipment_ref: str = ""
    seal_no: str = ""
    tractor: str = ""
    """The tractor whose published route takes it to the terminal; empty: none."""
    lots: list[Lot] = field(default_factory=list)
    gated_out_at: datetime | None = None
    deviations: int = 0


def leave_by_at(box: Box, times: Times) -> datetime:
    """A container that drives out later misses the terminal's deadline."""
    return box.sailing.pco_at(times) - timedelta(seconds=times.haul_s + times.gate_spare_s)
