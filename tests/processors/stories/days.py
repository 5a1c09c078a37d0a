"""Random days of a small hub: bookings, cargo, customs, plans, stuffing, commands.

A day is an ordinary one, with steps left out, and with more events at any time. All comes from one
random number generator. Hypothesis could draw and shrink the same, but takes about as long for its
own work on a choice as the hub takes for an event: a plain generator plays several times as many
stories, and dropping acts while the story still fails (`shrink`) minimises as well.
"""

from collections.abc import Iterator
from random import Random
from typing import Any

from groupage.domain import commands
from groupage.domain.events import consolidation as csl
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import planning as pl
from groupage.domain.events import unit as un
from groupage.domain.events.base import Event
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import at
from tests.processors.aggregates.test_container import released
from tests.processors.aggregates.test_voyage import sailing
from tests.processors.stories.things import (
    CONSOLIDATIONS,
    CONTAINERS,
    LANES,
    VOYAGES,
    Things,
    cutoffs,
)

VOYAGE_OF = {"C1": "V1", "C2": "V2", "C3": "V1"}

Dated = tuple[float, Event]


class Day(Things):
    """The people and things of one day, and a generator of what usually happens to them."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self.assigned: dict[str, str] = {}
        self.plans = 0

    def ordinary(self) -> Iterator[Dated]:
        """Yield what usually happens, in the order of time."""
        rng = self.rng
        for voyage in VOYAGES:
            yield 0, sailing(voyage_id=voyage, cutoffs=cutoffs())
        for box in CONTAINERS:
            yield 1, released(equipment_ref=box)
            yield 2, eq.ContainerGatedIn(equipment_ref=box)
            yield 3, eq.ContainerInspected(equipment_ref=box, result="fit")
        for name in self.consignments:
            yield 5, w.booked(self.cartons, consignment_id=name)
            yield 8, self.delivery_note(name)
            for unit_id in self.units(name):
                known = self.known(unit_id, name)
                yield 30, un.UnitReceived(**known)
                yield 40, un.UnitMeasured(**known, size=w.SIZE, gross_g=10_000)
            yield 60, self.declared(name)
            yield 90, cu.CustomsReleased(declaration_id=f"D-{name}")
        if rng.random() < 0.15:
            yield 10, w.opened(consolidation_id="C3", voyage_id="V2", lane_id=rng.choice(LANES))
            yield 200, csl.ConsolidationCancelled(consolidation_id="C3", reason="x")
        yield 20, eq.TruckArrived(visit_id="T1", consignment_ids=tuple(self.consignments))
        for minute in (100, 140, 180)[: rng.choice((1, 2, 2, 3))]:
            yield from self._plan(minute)
            if rng.random() < 0.3:
                yield from self._early_manifest(minute + 20)
        for consolidation, box in zip(CONSOLIDATIONS, CONTAINERS, strict=False):
            inside = [name for name, into in self.assigned.items() if into == consolidation]
            if inside:
                yield from self._stuffing(consolidation, box, inside)

    def _early_manifest(self, minute: float) -> Iterator[Dated]:
        """File a manifest before the next plan, which may then not move what is on it."""
        consolidation = self.rng.choice(("C1", "C1", "C2", "C3"))
        yield minute, self.frozen(consolidation, self.rng.choice(CONTAINERS))
        if self.rng.random() < 0.5:
            unfrozen = csl.ConsolidationUnfrozen(
                consolidation_id=consolidation, reason="x", by="desk"
            )
            yield minute + self.rng.choice((10, 40)), unfrozen

    def _stuffing(self, consolidation: str, box: str, inside: list[str]) -> Iterator[Dated]:
        common: dict[str, Any] = {"consolidation_id": consolidation}
        ref: dict[str, Any] = {"equipment_ref": box}
        yield 220, self.frozen(consolidation, box)
        for name in inside:
            for unit_id in self.units(name):
                yield 240, un.UnitStaged(**self.known(unit_id, name), door="D1")
        yield 250, csl.StuffingStarted(**common, **ref)
        for name in inside:
            for unit_id in self.units(name):
                yield 260, un.UnitLoaded(**self.known(unit_id, name), **ref)
        yield 290, csl.StuffingCompleted(**common)
        yield 300, eq.ContainerSealed(**ref, seal_no="S1")
        yield 310, eq.VgmVerified(**ref, gross_g=4_040_000, method="SM1")
        yield 330, eq.ContainerGatedOut(**ref)
        yield 400, eq.ContainerOnBoard(**ref)

    def _plan(self, minute: float) -> Iterator[Dated]:
        """Yield a request and its plan: each consignment stays, or goes to any consolidation."""
        rng = self.rng
        self.plans += 1
        sequence = self.plans
        before = self.assigned
        self.assigned = {}
        for name in self.consignments:
            if name in before and rng.random() < 0.6:
                self.assigned[name] = before[name]
            elif rng.random() < 0.75:
                self.assigned[name] = rng.choice(("C1", "C1", "C2", "C3"))
        request = f"REQ-{w.LANE}-{sequence:06d}"
        common: dict[str, Any] = {"lane_id": w.LANE, "request_id": request, "sequence": sequence}
        yield minute - 5, pl.PlanAsked(**common, wish_ids=())
        if rng.random() < 0.05:
            yield minute, pl.PlanFailed(**common, reason="x")
            return
        yield minute, self._proposal(common, before, minute)
        decision: dict[str, Any] = {"lane_id": w.LANE, "plan_id": f"P{sequence}", "by": "desk"}
        if rng.random() < 0.7:
            yield minute + 5, pl.PlanApproved(**decision)
        elif rng.random() < 0.5:
            yield minute + 5, commands.AcceptPlan(command_id=f"accept-{sequence}", **decision)
        else:
            yield minute + 5, pl.PlanRejected(**decision, reason="x")

    def _proposal(self, common: dict[str, Any], before: dict[str, str], minute: float) -> Event:
        rng = self.rng
        voyages = VOYAGE_OF if rng.random() < 0.8 else {**VOYAGE_OF, "C1": "V2"}
        moves = tuple(
            pl.PlanMove(
                consignment_id=name,
                from_consolidation_id=into,
                to_consolidation_id=self.assigned.get(name),
                reason_code=rng.choice(("cheaper", "rolled")),
                reason="x",
            )
            for name, into in before.items()
            if self.assigned.get(name) != into
        )
        inside: dict[str, list[str]] = {}
        for name, into in self.assigned.items():
            inside.setdefault(into, []).append(name)
        if rng.random() < 0.2:
            inside.setdefault(rng.choice(CONSOLIDATIONS), [])
        return pl.PlanProposed(
            **common,
            plan_id=f"P{common['sequence']}",
            decided_at=at(minute - 1),
            assignments=tuple(
                pl.Assignment(consignment_id=name, consolidation_id=into, voyage_id=voyages[into])
                for name, into in self.assigned.items()
            ),
            moves=moves,
            consolidations=tuple(
                pl.PlannedConsolidation(
                    consolidation_id=into,
                    voyage_id=voyages[into],
                    iso_type="45G1",
                    consignment_ids=tuple(names),
                    volume_cm3=60_000 * len(names),
                    gross_g=10_000 * len(names),
                )
                for into, names in sorted(inside.items())
            ),
            cost_minor=1,
            bound_minor=1,
            gap_ratio=0.0,
            certificate="sha256:x",
        )
