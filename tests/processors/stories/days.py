"""Random days of a small hub: bookings, cargo, customs, plans, stuffing, commands.

A day is an ordinary one, with steps left out, and with more events at any time. All comes from one
random number generator. Hypothesis could draw and shrink the same, but takes about as long for its
own work on a choice as the hub takes for an event: a plain generator plays several times as many
stories, and dropping acts while the story still fails (`shrink`) minimises as well.
"""

from collections.abc import Callable, Iterator
from random import Random
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
from groupage.domain.events.base import Dimensions, Event, Money
from tests.processors.aggregates import events as w
from tests.processors.aggregates.play import at
from tests.processors.aggregates.test_container import released
from tests.processors.aggregates.test_voyage import sailing

VOYAGES = ("V1", "V2")
CONTAINERS = ("CSQU3054383", "OTHU0000000")
CONSOLIDATIONS = ("C1", "C2", "C3")
LANES = (w.LANE, "CNNGB-DEHAM")
VOYAGE_OF = {"C1": "V1", "C2": "V2", "C3": "V1"}
_BIG = Dimensions(length_mm=600, width_mm=500, height_mm=400)
_USD = Money(amount_minor=1, currency="USD")
_CODES: dict[Any, int] = {"LCO": 200, "DCO": 500, "CUA": 600, "VCO": 700, "PCO": 1_200}

Dated = tuple[float, Event]


class Day:
    """The people and things of one day, and a generator of what happens to them."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.consignments = [f"CN-{number + 1}" for number in range(rng.choice((1, 2, 2, 3)))]
        self.cartons = rng.choice((1, 1, 2))
        self.assigned: dict[str, str] = {}
        self.plans = 0

    def units(self, name: str) -> list[str]:
        """Return the ids of the cartons of a consignment."""
        return [f"{name}/{part}" for part in "ab"[: self.cartons]]

    def ordinary(self) -> Iterator[Dated]:
        """Yield what usually happens, in the order of time."""
        rng = self.rng
        for voyage in VOYAGES:
            yield 0, self._sailing(voyage)
        for box in CONTAINERS:
            yield 1, released(equipment_ref=box)
            yield 2, eq.ContainerGatedIn(equipment_ref=box)
            yield 3, eq.ContainerInspected(equipment_ref=box, result="fit")
        for name in self.consignments:
            yield 5, w.booked(self.cartons, consignment_id=name)
            yield 8, self._asn(name)
            for unit_id in self.units(name):
                known = self._known(unit_id, name)
                yield 30, un.UnitReceived(**known)
                yield 40, un.UnitMeasured(**known, size=w.SIZE, gross_g=10_000)
            yield 60, self._declared(name)
            yield 90, cu.CustomsReleased(declaration_id=f"D-{name}")
        if rng.random() < 0.15:
            yield 10, w.opened(consolidation_id="C3", voyage_id="V2", lane_id=rng.choice(LANES))
            yield 200, csl.ConsolidationCancelled(consolidation_id="C3", reason="x")
        yield 20, eq.TruckArrived(visit_id="T1", consignment_ids=tuple(self.consignments))
        for minute in (100, 140, 180)[: rng.choice((1, 2, 2, 3))]:
            yield from self._plan(minute)
            if rng.random() < 0.2:
                yield from self._early_manifest(minute + 20)
        for consolidation, box in zip(CONSOLIDATIONS, CONTAINERS, strict=False):
            inside = [name for name, into in self.assigned.items() if into == consolidation]
            if inside:
                yield from self._stuffing(consolidation, box, inside)

    def _early_manifest(self, minute: float) -> Iterator[Dated]:
        """File a manifest before the next plan, which may then not move what is on it."""
        consolidation = self.rng.choice(CONSOLIDATIONS)
        yield minute, self._frozen(consolidation, self.rng.choice(CONTAINERS))
        if self.rng.random() < 0.5:
            unfrozen = csl.ConsolidationUnfrozen(
                consolidation_id=consolidation, reason="x", by="desk"
            )
            yield minute + self.rng.choice((10, 40)), unfrozen

    def _sailing(self, voyage: str) -> Event:
        cutoffs = tuple(sc.Cutoff(code=code, due_at=at(due)) for code, due in _CODES.items())
        return sailing(voyage_id=voyage, cutoffs=cutoffs)

    def _known(self, unit_id: str, name: str) -> dict[str, Any]:
        """Return the ids that a scanner knows: not always the consignment."""
        if self.rng.random() < 0.25:
            return {"unit_id": unit_id}
        return {"unit_id": unit_id, "consignment_id": name}

    def _asn(self, name: str) -> Event:
        units = tuple(cn.AnnouncedUnit(unit_id=unit_id) for unit_id in self.units(name))
        return cn.AsnReceived(consignment_id=name, units=units)

    def _declared(self, name: str, prefix: str = "D") -> Event:
        names = {name, self.rng.choice(self.consignments)} if self.rng.random() < 0.3 else {name}
        return cu.CustomsDeclared(
            declaration_id=f"{prefix}-{name}",
            mode="1039",
            consignment_ids=tuple(sorted(names)),
            value=_USD,
        )

    def _stuffing(self, consolidation: str, box: str, inside: list[str]) -> Iterator[Dated]:
        common: dict[str, Any] = {"consolidation_id": consolidation}
        ref: dict[str, Any] = {"equipment_ref": box}
        yield 220, self._frozen(consolidation, box)
        for name in inside:
            for unit_id in self.units(name):
                yield 240, un.UnitStaged(**self._known(unit_id, name), door="D1")
        yield 250, csl.StuffingStarted(**common, **ref)
        for name in inside:
            for unit_id in self.units(name):
                yield 260, un.UnitLoaded(**self._known(unit_id, name), **ref)
        yield 290, csl.StuffingCompleted(**common)
        yield 300, eq.ContainerSealed(**ref, seal_no="S1")
        yield 310, eq.VgmVerified(**ref, gross_g=4_040_000, method="SM1")
        yield 330, eq.ContainerGatedOut(**ref)
        yield 400, eq.ContainerOnBoard(**ref)

    def _frozen(self, consolidation: str, box: str) -> Event:
        return csl.ConsolidationFrozen(
            consolidation_id=consolidation, manifest_ref="M1", equipment_ref=box, seal_no="S1"
        )

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
            elif rng.random() < 0.85:
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

    def anything(self) -> Event:
        """Return any public event, likely or not."""
        rng = self.rng
        about: tuple[Callable[[], list[Event]], ...] = (
            self._about_consignment,
            self._about_unit,
            self._about_customs,
            self._about_voyage,
            self._about_container,
            self._about_consolidation,
            self._about_lane,
        )
        weights = (3, 3, 2, 2, 3, 4, 4)
        return rng.choice(rng.choices(about, weights)[0]())

    def with_another_name(self, event: Event) -> Event:
        """Return the event with one of the other things that it names mistaken for another."""
        names: dict[str, tuple[str, ...]] = {
            "lane_id": LANES,
            "voyage_id": VOYAGES,
            "to_voyage_id": VOYAGES,
            "from_voyage_id": VOYAGES,
            "consolidation_id": CONSOLIDATIONS,
            "equipment_ref": CONTAINERS,
            "consignment_id": tuple(self.consignments),
            "plan_id": ("P1", "P2", "P3"),
        }
        fields = [
            name for name in event.__struct_fields__ if name in names and name != event.key_field
        ]
        if not fields:
            return event
        name = self.rng.choice(fields)
        return msgspec.structs.replace(event, **{name: self.rng.choice(names[name])})

    def _about_consignment(self) -> list[Event]:
        rng = self.rng
        name = rng.choice(self.consignments)
        common: dict[str, Any] = {"consignment_id": name}
        goods = (cn.DangerousGoods(un_number="1993", imo_class="3"),)
        hold = f"H{rng.randint(1, 2)}"
        return [
            w.booked(rng.randint(1, 3), consignment_id=name),
            cn.ConsignmentAmended(**common, reason="x", credit_ok=rng.random() < 0.5),
            cn.ConsignmentAmended(**common, reason="x", consignee="other"),
            cn.ConsignmentAmended(**common, reason="x", pod="DEHAM"),
            cn.ConsignmentAccepted(**common),
            self._asn(rng.choice(self.consignments)),
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
                consignment_ids=tuple(rng.sample(self.consignments, 1)),
            ),
        ]

    def _about_unit(self) -> list[Event]:
        rng = self.rng
        name = rng.choice(self.consignments)
        unit_id = rng.choice(self.units(name))
        known = self._known(unit_id, name)
        if rng.random() < 0.1:
            known["consignment_id"] = rng.choice(self.consignments)
        box = rng.choice(CONTAINERS)
        new = f"{name}/n"
        repack = self._known(new, name)
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
            un.UnitRepacked(**repack, inputs=tuple(self.units(name)), outputs=(new,)),
        ]

    def _about_customs(self) -> list[Event]:
        rng = self.rng
        name = rng.choice(self.consignments)
        prefix = rng.choice("DDE")
        known: dict[str, Any] = {"declaration_id": f"{prefix}-{name}"}
        return [
            self._declared(name, prefix),
            cu.CustomsSelected(**known, selection=rng.choice(("SCAN", "INSPECTION"))),
            cu.CustomsReleased(**known),
            cu.CustomsRejected(**known, reason="x"),
        ]

    def _about_voyage(self) -> list[Event]:
        rng = self.rng
        known: dict[str, Any] = {"voyage_id": rng.choice(VOYAGES)}
        leg: dict[str, Any] = {**known, "leg_id": "L1", "mode": "VESSEL"}
        booking: dict[str, Any] = {**known, "carrier_booking_id": "B1", "iso_type": "45G1"}
        cutoffs = tuple(sc.Cutoff(code=code, due_at=at(due + 100)) for code, due in _CODES.items())
        return [
            sc.SailingChanged(**known, reason="late", etd_at=at(11_000)),
            sc.SailingChanged(**known, reason="later", cutoffs=cutoffs),
            sc.SailingChanged(**known, reason="blank", cancelled=True),
            sc.CarrierBookingConfirmed(**booking, count=3),
            sc.CarrierBookingRolled(**booking, count=2),
            sc.LegDeparted(**leg, place="CNNGB"),
            sc.LegArrived(**leg, place="NLRTM"),
            sc.EtaUpdated(**leg, place="NLRTM", eta_at=at(60_000)),
        ]

    def _about_container(self) -> list[Event]:
        rng = self.rng
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

    def _about_consolidation(self) -> list[Event]:
        rng = self.rng
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
            self._frozen(name, box),
            self._frozen(name, box),
            csl.ConsolidationUnfrozen(**known, reason="x", by="desk"),
            csl.StuffingStarted(**known, equipment_ref=box),
            csl.StuffingCompleted(**known),
            csl.ConsolidationRolled(**known, to_voyage_id=rng.choice(VOYAGES), reason="x"),
            csl.ConsolidationBrokenUp(**known, reason="x"),
            csl.ConsolidationCancelled(**known, reason="x"),
            csl.ConsolidationCancelled(**known, reason="x"),
        ]

    def _about_lane(self) -> list[Event]:
        rng = self.rng
        name = rng.choice(self.consignments)
        command = f"K{rng.randint(1, 99)}"
        plan_id = f"P{rng.randint(1, 3)}"
        common: dict[str, Any] = {"command_id": command, "by": "desk"}
        lane: dict[str, Any] = {**common, "lane_id": w.LANE}
        voyage = rng.choice(VOYAGES)
        return [
            commands.AcceptPlan(**lane, plan_id=plan_id),
            commands.RejectPlan(**lane, plan_id=plan_id),
            commands.PinConsignment(**lane, consignment_id=name, voyage_id=voyage),
            commands.PinConsignment(
                **lane, consignment_id=name, voyage_id="V1", consolidation_id="C1"
            ),
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
