"""A small hub at random: whatever people do in whatever order, the rules of the trade hold."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from groupage.domain.events import consignment as cn
from groupage.domain.events import consolidation as csl
from groupage.domain.events import customs as cu
from groupage.domain.events import equipment as eq
from groupage.domain.events import planning as pl
from groupage.domain.events import unit as un
from groupage.domain.events.base import Money
from groupage.domain.states import ConsignmentStatus, ConsolidationStatus
from tests.processors.aggregates import events as w
from tests.processors.aggregates.minihub import MiniHub
from tests.processors.aggregates.test_container import released
from tests.processors.aggregates.test_voyage import sailing

NAMES = ("CN-1", "CN-2")
UNITS = {name: (f"{name}/a", f"{name}/b") for name in NAMES}
names = st.sampled_from(NAMES)
boxes = st.sampled_from([w.CONTAINER, w.CONTAINER, w.CONTAINER, "OTHU0000009"])
_LATE = (ConsolidationStatus.GATED_OUT, ConsolidationStatus.ON_BOARD)


def answer(hub: MiniHub, request: pl.PlanRequested, chosen: tuple[str, ...]) -> None:
    """A planner's answer: these consignments into one container."""
    hub.publish(
        pl.PlanProposed(
            lane_id=request.lane_id,
            plan_id=f"P{request.sequence}",
            request_id=request.request_id,
            sequence=request.sequence,
            decided_at=request.clock_at,
            assignments=tuple(
                pl.Assignment(consignment_id=name, consolidation_id=w.CSL, voyage_id=w.VOYAGE)
                for name in chosen
            ),
            moves=(),
            consolidations=(
                pl.PlannedConsolidation(
                    consolidation_id=w.CSL,
                    voyage_id=w.VOYAGE,
                    iso_type="45G1",
                    consignment_ids=chosen,
                    volume_cm3=1,
                    gross_g=1,
                ),
            ),
            cost_minor=1,
            bound_minor=1,
            gap_ratio=0.0,
            certificate="sha256:x",
        )
    )


class Hub(RuleBasedStateMachine):
    """People act and messages travel; once all have arrived, the rules hold."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = MiniHub()

    @initialize()
    def morning(self) -> None:
        """A voyage, an empty container, two bookings."""
        self.hub.publish(sailing())
        self.hub.publish(released())
        self.hub.publish(eq.ContainerInspected(equipment_ref=w.CONTAINER, result="fit"))
        for name in NAMES:
            self.hub.publish(w.booked(2, consignment_id=name))

    @rule(name=names, which=st.integers(0, 1), back=st.integers(0, 30))
    def receive_and_measure(self, name: str, which: int, back: int) -> None:
        """Receive a carton; the scanner may be late."""
        unit_id = UNITS[name][which]
        when = max(self.hub.minute - back, 0)
        known: dict[str, Any] = {"unit_id": unit_id, "consignment_id": name}
        self.hub.publish(un.UnitReceived(**known), minutes=when)
        self.hub.publish(un.UnitMeasured(**known, size=w.SIZE, gross_g=10_000), minutes=when + 1)

    @rule(name=names)
    def scanned_without_consignment(self, name: str) -> None:
        """Receive a carton whose consignment the device does not know."""
        unit_id = UNITS[name][0]
        self.hub.publish(un.UnitStored(unit_id=unit_id, location="A1"))
        note = (cn.AnnouncedUnit(unit_id=unit_id),)
        self.hub.publish(cn.AsnReceived(consignment_id=name, units=note))

    @rule(
        name=names,
        step=st.sampled_from(["declare", "select", "release", "release", "reject"]),
        second=st.booleans(),
    )
    def customs(self, name: str, step: str, second: bool = False) -> None:  # noqa: FBT001, FBT002
        """Advance one or two declarations of each consignment."""
        declaration: dict[str, Any] = {"declaration_id": f"D{int(second)}-{name}"}
        value = Money(amount_minor=1, currency="USD")
        event: Any = cu.CustomsReleased(**declaration)
        if step == "declare":
            event = cu.CustomsDeclared(
                **declaration, mode="1039", consignment_ids=(name,), value=value
            )
        elif step == "select":
            event = cu.CustomsSelected(**declaration, selection="SCAN")
        elif step == "reject":
            event = cu.CustomsRejected(**declaration, reason="x")
        self.hub.publish(event)

    @rule(name=names, hold=st.booleans())
    def hold(self, name: str, hold: bool) -> None:  # noqa: FBT001
        """Place or release a hold."""
        common: dict[str, Any] = {"consignment_id": name, "hold_id": "H", "by": "desk"}
        self.hub.publish(
            cn.HoldPlaced(**common, hold="DOCS") if hold else cn.HoldReleased(**common)
        )

    @rule(name=names)
    def cancel(self, name: str) -> None:
        """Cancel a consignment."""
        self.hub.publish(cn.ConsignmentCancelled(consignment_id=name, reason="x"))

    @rule(chosen=st.sampled_from([NAMES, NAMES, NAMES[:1], ()]))
    def plan(self, chosen: tuple[str, ...]) -> None:
        """Advance the clock until the lane requests a plan, and answer it."""
        self.hub.settle()
        self.hub.tick(6)
        self.hub.settle()
        if self.hub.requests:
            answer(self.hub, self.hub.requests.pop(0), chosen)

    @rule(step=st.sampled_from(["freeze", "unfreeze", "start", "complete", "break"]))
    def consolidate(self, step: str) -> None:
        """Act on the consolidation, legally or not."""
        common: dict[str, Any] = {"consolidation_id": w.CSL}
        steps: dict[str, Any] = {
            "freeze": w.frozen(),
            "unfreeze": csl.ConsolidationUnfrozen(**common, reason="x", by="d"),
            "start": csl.StuffingStarted(**common, equipment_ref=w.CONTAINER),
            "complete": csl.StuffingCompleted(**common),
            "break": csl.ConsolidationBrokenUp(**common, reason="x"),
        }
        self.hub.publish(steps[step])

    @rule(name=names, which=st.integers(0, 1), box=boxes, out=st.integers(0, 4))
    def load(self, name: str, which: int, box: str, out: int) -> None:
        """Load or unload a carton."""
        known: dict[str, Any] = {"unit_id": UNITS[name][which], "consignment_id": name}
        if out == 0:
            self.hub.publish(un.UnitUnloaded(**known, equipment_ref=box))
        else:
            self.hub.publish(un.UnitLoaded(**known, equipment_ref=box))

    @rule(step=st.sampled_from(["in", "unfit", "seal", "unseal", "reseal", "weigh", "out", "out"]))
    def container(self, step: str) -> None:
        """Deliver, inspect, seal, weigh or take away the container."""
        ref: dict[str, Any] = {"equipment_ref": w.CONTAINER}
        steps: dict[str, Any] = {
            "in": eq.ContainerGatedIn(**ref),
            "unfit": eq.ContainerInspected(**ref, result="unfit"),
            "unseal": eq.ContainerUnsealed(**ref),
            "reseal": eq.ContainerResealed(**ref, seal_no="S2"),
            "seal": eq.ContainerSealed(**ref, seal_no="S1"),
            "weigh": eq.VgmVerified(**ref, gross_g=4_040_000, method="SM1"),
            "out": eq.ContainerGatedOut(**ref),
        }
        self.hub.publish(steps[step])

    @rule()
    def a_good_day(self) -> None:
        """From the dock to the gate in one go, so that the late states are reached."""
        for name in NAMES:
            for which in (0, 1):
                self.receive_and_measure(name, which, 0)
            self.customs(name, "declare")
            self.customs(name, "release")
            self.hub.tick(2)
        self.plan(NAMES)
        for step in ("freeze", "start"):
            self.hub.settle()
            self.consolidate(step)
            self.hub.tick(1)
        for name in NAMES:
            for which in (0, 1):
                self.load(name, which, w.CONTAINER, 1)
        self.hub.tick(1)
        for step in ("seal", "weigh", "out"):
            self.container(step)
            self.hub.tick(1)

    @rule(minutes=st.integers(1, 400))
    def time_passes(self, minutes: int) -> None:
        """Advance the clock."""
        self.hub.tick(minutes)

    @rule(index=st.integers(0, 50), twice=st.booleans())
    def a_fact_arrives(self, index: int, twice: bool) -> None:  # noqa: FBT001
        """Deliver any message under way, once or twice."""
        self.hub.deliver(index, twice=twice)

    @rule()
    def everything_arrives(self) -> None:
        """What aggregates know of one another is true."""
        self.hub.settle()
        box = self.hub.state("consolidation", w.CSL)
        for name in NAMES:
            state = self.hub.state("consignment", name)
            seat = state.allocation
            member = box.members.get(name)
            assert (member is not None and member.member) == (seat is not None)
            if member is not None and member.member:
                assert member.loaded_pieces == state.loaded_pieces
                assert member.customs == state.customs
            if state.status == ConsignmentStatus.DEPARTED:
                assert box.status in _LATE
        if box.status in _LATE:
            for name in box.manifest.consignment_ids:
                state = self.hub.state("consignment", name)
                assert (state.loaded_units, state.status) == (2, ConsignmentStatus.DEPARTED)

    @invariant()
    def states_follow_from_facts(self) -> None:
        """Rebuilt from scratch, every state is the same."""
        self.hub.check()

    @invariant()
    def a_unit_is_in_one_container_of_its_consolidation(self) -> None:
        """Cartons are loaded only in their consolidation's container."""
        for name in NAMES:
            for part in self.hub.state("consignment", name).units.values():
                assert part.loaded_in in ("", w.CONTAINER)


Hub.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestHub = pytest.mark.slow(Hub.TestCase)


def test_a_day_without_trouble() -> None:
    """Two consignments leave in one container, and no alert stands."""
    machine = Hub()
    machine.morning()
    machine.a_good_day()
    machine.everything_arrives()
    machine.states_follow_from_facts()
    hub = machine.hub
    assert hub.state("consolidation", w.CSL).status == ConsolidationStatus.GATED_OUT
    assert {hub.state("consignment", name).status for name in NAMES} == {ConsignmentStatus.DEPARTED}
    assert hub.state("lane", w.LANE).closed_at.keys() == {w.CSL}
    assert hub.alerts == {}


@pytest.mark.slow
def test_a_day_delivered_backwards() -> None:
    """The same facts in reverse order give the same states once everything has arrived."""
    forwards = Hub()
    forwards.morning()
    forwards.a_good_day()
    forwards.hub.settle()
    log = [entry.fact for facts in forwards.hub.facts.values() for entry in facts.values()]
    backwards = MiniHub()
    backwards.minute = forwards.hub.minute
    for fact in sorted(log, key=lambda fact: (fact.occurred_at, fact.event_id), reverse=True):
        backwards.receive(fact)
    for (kind, key), state in forwards.hub.states.items():
        if kind == "lane":
            continue
        other = backwards.state(kind, key)
        assert getattr(other, "status", None) == getattr(state, "status", None), (kind, key)
        assert other.rejected == state.rejected


@pytest.mark.parametrize("unloaded_first", [True, False])
def test_unloading_at_the_destination_does_not_undo_the_departure(unloaded_first: bool) -> None:  # noqa: FBT001
    """It has left, whichever event arrives first: the gate-out or the unloading elsewhere."""
    machine = Hub()
    machine.morning()
    machine.a_good_day()
    hub = machine.hub
    far_away = un.UnitUnloaded(
        unit_id=UNITS["CN-1"][0], consignment_id="CN-1", equipment_ref=w.CONTAINER
    )
    if not unloaded_first:
        hub.settle()
    hub.publish(far_away, minutes=hub.minute + 5_000)
    machine.everything_arrives()
    assert hub.state("consignment", "CN-1").status == ConsignmentStatus.DEPARTED
    assert hub.state("consolidation", w.CSL).status == ConsolidationStatus.GATED_OUT
    rejected = hub.state("consignment", "CN-1").rejected.values()
    assert [each.code for each in rejected] == ["departed"]
