"""Dispatchers' commands reach the instance with the name of the person who sent them."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from asyncpg import Pool, Record

from groupage.domain.events.base import Place
from groupage.domain.events.consignment import PickUp
from groupage.domain.instance import Demand, Limits, VoyageForbid
from groupage.domain.policy import Policy
from groupage.domain.state.consignment import ConsignmentState
from groupage.domain.state.consolidation import ConsolidationState, Manifest
from groupage.domain.state.lane import LaneForbid, LanePin, LaneState
from groupage.domain.states import ConsignmentStatus
from optimizer.allocation.api import allocate
from optimizer.instance.build import build_instance
from optimizer.instance.demands import demands_of
from optimizer.instance.snapshot import Snapshot, read_snapshot
from optimizer.solve import solve_certified
from tests.optimizer.planner.lanes import (
    CLOCK_AT,
    LANE_ID,
    consignment,
    put_consignment,
    put_lane,
    request,
    voyage,
)

FIRST, SECOND, THIRD = (voyage(week).key for week in range(3))
PIN = LanePin(at=CLOCK_AT, by="Li", voyage_id=FIRST)


def snapshot(state: ConsignmentState, **commands: Any) -> Snapshot:
    """A lane of one consignment and three weekly sailings."""
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT, **commands)
    voyages = (voyage(0), voyage(1), voyage(2))
    return Snapshot(lane=lane, consignments=(state,), voyages=voyages)


def demands(state: ConsignmentState, **commands: Any) -> tuple[Demand, ...]:
    """Return what the planner would be asked to place."""
    return build_instance(snapshot(state, **commands), request(1), Policy(), Limits()).demands


def test_a_pin_has_its_name() -> None:
    """Voyage and person."""
    state = consignment(1)
    (demand,) = demands(state, pins={state.key: PIN})
    assert (demand.pinned_voyage_id, demand.pinned_by) == (FIRST, "Li")


def test_a_pin_to_a_consolidation_that_could_not_take_it_binds_nothing() -> None:
    """Its manifest was filed before; readers call the pin refused."""
    state = consignment(1)
    frozen = ConsolidationState(
        key="C1",
        lane_id=LANE_ID,
        voyage_id=FIRST,
        opened_at=CLOCK_AT - timedelta(hours=9),
        assigned=("MSCU6639870", CLOCK_AT - timedelta(hours=1)),
        manifest=Manifest(
            manifest_ref="M1",
            equipment_ref="MSCU6639870",
            seal_no="S1",
            consignment_ids=("CN-9",),
            filed_at=CLOCK_AT - timedelta(hours=1),
        ),
    )
    pin = LanePin(at=CLOCK_AT, by="Li", voyage_id=FIRST, consolidation_id="C1")
    earlier = LanePin(
        at=CLOCK_AT - timedelta(hours=2), by="Li", voyage_id=FIRST, consolidation_id="C1"
    )
    for given, bound in ((pin, None), (earlier, "C1")):
        pinned = msgspec.structs.replace(
            snapshot(state, pins={state.key: given}), consolidations={"C1": frozen}
        )
        (demand,) = demands_of(pinned, (), (), CLOCK_AT)
        assert demand.pinned_consolidation_id == bound
        assert (demand.pinned_voyage_id is None) == (bound is None)


def test_a_roll_closes_the_voyages_up_to_it_in_the_same_name() -> None:
    """A voyage that somebody else forbade before keeps that name."""
    state = consignment(1)
    (demand,) = demands(
        state,
        forbids={
            state.key: {
                FIRST: LaneForbid(at=CLOCK_AT, by="Chen"),
                SECOND: LaneForbid(at=CLOCK_AT, by="Li", roll=True),
            }
        },
    )
    assert demand.forbids == (
        VoyageForbid(voyage_id=FIRST, by="Chen"),
        VoyageForbid(voyage_id=SECOND, by="Li", roll=True),
    )
    (alone,) = demands(
        state, forbids={state.key: {SECOND: LaneForbid(at=CLOCK_AT, by="Li", roll=True)}}
    )
    assert [(f.voyage_id, f.by, f.roll) for f in alone.forbids] == [
        (FIRST, "Li", True),
        (SECOND, "Li", True),
    ]
    assert alone.forbidden_voyage_ids == (FIRST, SECOND)


def test_of_a_pin_and_a_roll_from_a_later_voyage_the_later_counts() -> None:
    """Without a plan that obeys both, the consignment would be in none."""
    state = consignment(1)
    rolled = LaneForbid(at=CLOCK_AT, by="Chen", roll=True)
    for minutes, pinned, forbidden in ((-5, None, (FIRST, SECOND)), (5, FIRST, (SECOND,))):
        pin = LanePin(at=CLOCK_AT + timedelta(minutes=minutes), by="Li", voyage_id=FIRST)
        (demand,) = demands(state, pins={state.key: pin}, forbids={state.key: {SECOND: rolled}})
        assert (demand.pinned_voyage_id, demand.forbidden_voyage_ids) == (pinned, forbidden)


def test_the_voyages_of_other_services_are_closed_in_nobodys_name() -> None:
    """The booking asked for a service that sails: its voyages only."""
    state = consignment(1)
    assert state.booking is not None
    state.booking = msgspec.structs.replace(state.booking, service_id="FE4")
    other = voyage(1)
    other.service_id = "FE9"
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT)
    both = Snapshot(lane=lane, consignments=(state,), voyages=(voyage(0), other))
    (demand,) = build_instance(both, request(1), Policy(), Limits()).demands
    assert (demand.forbidden_voyage_ids, demand.forbids) == ((SECOND,), ())


@pytest.mark.parametrize("status", ["BOOKED", "ACCEPTED", "ARRIVING", "RECEIVED", "MEASURED"])
def test_a_pinned_consignment_that_is_not_available_is_explained(status: str) -> None:
    """Without a pin the plan does not mention it; with one it says what it waits for."""
    state = consignment(1)
    state.status = ConsignmentStatus(status)
    assert demands(state) == ()
    pinned = snapshot(state, pins={state.key: PIN})
    instance = build_instance(pinned, request(1), Policy(), Limits())
    (left,) = allocate(instance).left_out
    assert left.code == "not_available_before_cutoff"
    assert left.reason == (
        f"pinned to voyage {FIRST} by Li, does not fit because it is {status}: "
        "not available at the hub yet"
    )
    assert solve_certified(instance).violations == ()


def test_a_pinned_consignment_that_a_truck_must_fetch_is_explained() -> None:
    """The pick-up is planned as before, and the pin has its sentence."""
    state = consignment(1)
    state.status, state.units, state.received_units = ConsignmentStatus.ACCEPTED, {}, 0
    assert state.booking is not None
    pickup = PickUp(
        place=Place(place_id="market", latitude_udeg=29_300_000, longitude_udeg=120_100_000),
        ready_at=CLOCK_AT,
        latest_at=CLOCK_AT.replace(hour=20),
    )
    state.booking = msgspec.structs.replace(state.booking, pickup=pickup)
    pinned = snapshot(state, pins={state.key: PIN})
    instance = build_instance(pinned, request(1), Policy(), Limits())
    (demand,) = instance.demands
    assert demand.pickup is not None
    (left,) = allocate(instance).left_out
    assert left.reason.startswith(f"pinned to voyage {FIRST} by Li, does not fit because not at ")


@pytest.mark.integration
async def test_a_pinned_consignment_is_read_before_it_arrives(pool: "Pool[Record]") -> None:
    """Of two that are on their way the pinned one."""
    await put_lane(pool, consignments=1)
    for number in (2, 3):
        state = consignment(number)
        state.status = ConsignmentStatus.ARRIVING
        await put_consignment(pool, state)
    pins = {"CN-0002": PIN}
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT, sequence=1, pins=pins)
    await pool.execute(
        "update lane set body = $1 where key = $2", msgspec.json.encode(lane), LANE_ID
    )
    read = await read_snapshot(pool, LANE_ID)
    assert [state.key for state in read.consignments] == ["CN-0001", "CN-0002"]
