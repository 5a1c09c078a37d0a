"""The people and things of a small hub, and events about them."""

from collections.abc import Mapping
from random import Random
from types import MappingProxyType
from typing import Any

from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import customs as cu
from groupage.domain.events import schedule as sc
from groupage.domain.events.base import Event, Money
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import at

VOYAGES = ("V1", "V2")
CONTAINERS = ("CSQU3054383", "OTHU0000009")
CONSOLIDATIONS = ("C1", "C2", "C3")
LANES = (w.LANE, "CNNGB-DEHAM")
_USD = Money(amount_minor=1, currency="USD")
_CUTOFFS: Mapping[Any, int] = MappingProxyType(
    {"LCO": 200, "DCO": 500, "CUA": 600, "VCO": 700, "PCO": 1_200}
)
"""Minute by code."""


def cutoffs(later: float = 0) -> tuple[sc.Cutoff, ...]:
    """Make the cut-offs of a voyage, so many minutes later than usual."""
    return tuple(sc.Cutoff(code=code, due_at=at(due + later)) for code, due in _CUTOFFS.items())


class Things:
    """The consignments and cartons of a day. All comes from one random number generator."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.consignments = [f"CN-{number + 1}" for number in range(rng.choice((1, 2, 2, 3)))]
        self.cartons = rng.choice((1, 1, 2))

    def units(self, name: str) -> list[str]:
        """Return the ids of the cartons of a consignment."""
        return [f"{name}/{part}" for part in "ab"[: self.cartons]]

    def known(self, unit_id: str, name: str) -> dict[str, Any]:
        """Return the ids that a scanner knows: not always the consignment."""
        if self.rng.random() < 0.25:
            return {"unit_id": unit_id}
        return {"unit_id": unit_id, "consignment_id": name}

    def delivery_note(self, name: str) -> Event:
        """Announce the cartons of a consignment."""
        units = tuple(cn.AnnouncedUnit(unit_id=unit_id) for unit_id in self.units(name))
        return cn.AsnReceived(consignment_id=name, units=units)

    def declared(self, name: str, prefix: str = "D") -> Event:
        """Declare the consignment to customs, perhaps together with another one."""
        names = {name, self.rng.choice(self.consignments)} if self.rng.random() < 0.3 else {name}
        return cu.CustomsDeclared(
            declaration_id=f"{prefix}-{name}",
            mode="1039",
            consignment_ids=tuple(sorted(names)),
            value=_USD,
        )

    def frozen(self, consolidation: str, box: str) -> Event:
        """File the manifest of a consolidation."""
        return csl.ConsolidationFrozen(
            consolidation_id=consolidation, manifest_ref="M1", equipment_ref=box, seal_no="S1"
        )
