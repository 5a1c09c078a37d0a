"""Small lanes in a real database: states as the worker writes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from groupage.domain.events.base import Dimensions, Money
from groupage.domain.events.consignment import CartonLine, ConsignmentBooked
from groupage.domain.events.planning import PlanRequested
from groupage.domain.events.schedule import Cutoff, EquipmentOffer
from groupage.domain.fact import Fact
from groupage.domain.state.consignment import ConsignmentState, UnitPart
from groupage.domain.state.lane import LaneState
from groupage.domain.state.voyage import VoyageState
from groupage.domain.states import ConsignmentStatus
from tests.hub_key import signed_record

CLOCK_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LANE_ID = "CNNGB-NLRTM"


def consignment(number: int, *, cartons: int = 12) -> ConsignmentState:
    """At the hub, counted, measured, available."""
    key = f"CN-{number:04d}"
    size = Dimensions(length_mm=600, width_mm=400, height_mm=400)
    at = CLOCK_AT - timedelta(hours=5)
    measured = (600, 400, 400, 9_000)
    return ConsignmentState(
        key=key,
        fact_count=3,
        changed_at=at,
        status=ConsignmentStatus.AVAILABLE,
        booking=ConsignmentBooked(
            consignment_id=key,
            shipper="M-1",
            consignee=f"B-{number % 3}",
            pol="CNNGB",
            pod="NLRTM",
            mode="1039",
            lines=(CartonLine(pieces=cartons, size=size, gross_g=9_000),),
            value=Money(amount_minor=500_000, currency="USD"),
            ready_at=at,
        ),
        units={
            f"{key}/{n}": UnitPart(
                received_at=at, condition="good", measured=measured, measured_at=at
            )
            for n in range(cartons)
        },
        received_units=cartons,
        measured_units=cartons,
        received_pieces=cartons,
        available_at=at,
    )


def cutoffs(etd_at: datetime) -> tuple[Cutoff, ...]:
    """LCO two days before departure, PCO 18 hours before it."""
    return (
        Cutoff(code="LCO", due_at=etd_at - timedelta(days=2)),
        Cutoff(code="PCO", due_at=etd_at - timedelta(hours=18)),
    )


def voyage(week: int) -> VoyageState:
    """A weekly sailing with all kinds of containers."""
    etd_at = CLOCK_AT + timedelta(days=5 + 7 * week)
    return VoyageState(
        key=f"FE4/{2610 + week}W",
        fact_count=1,
        changed_at=CLOCK_AT - timedelta(days=3),
        status="SCHEDULED",
        service_id="FE4",
        mode="VESSEL",
        pol="CNNGB",
        pod="NLRTM",
        etd_at=etd_at,
        eta_at=etd_at + timedelta(days=30),
        cutoffs=cutoffs(etd_at),
        equipment=(
            EquipmentOffer(
                iso_type="22G1", freight=Money(amount_minor=150_000, currency="USD"), available=6
            ),
            EquipmentOffer(
                iso_type="45G1", freight=Money(amount_minor=330_000, currency="USD"), available=6
            ),
        ),
    )


async def put_lane(pool: asyncpg.Pool, *, consignments: int = 14) -> None:
    """Store a lane with two sailings and consignments for a good part of a container."""
    for number in range(1, consignments + 1):
        await put_consignment(pool, consignment(number))
    for week in (0, 1):
        state = voyage(week)
        await pool.execute(
            "insert into voyage (key, partition, revision, changed_at, form, body, status, "
            "lane_id, etd_at) values ($1, 0, 1, $2, 1, $3, $4, $5, $6)",
            *(state.key, state.changed_at, _body(state), state.status, LANE_ID, state.etd_at),
        )
    lane = LaneState(key=LANE_ID, fact_count=1, changed_at=CLOCK_AT, sequence=1)
    await pool.execute(
        "insert into lane (key, partition, revision, changed_at, form, body, sequence) "
        "values ($1, 0, 1, $2, 1, $3, 1)",
        *(LANE_ID, CLOCK_AT, _body(lane)),
    )


async def put_consignment(pool: asyncpg.Pool, state: ConsignmentState) -> None:
    """Store one consignment's state."""
    await pool.execute(
        "insert into consignment (key, partition, revision, changed_at, form, body, status, "
        "customs, blocked, lane_id, shipper, consignee, mode, pieces, received_pieces, "
        "measured_pieces, loaded_pieces, volume_cm3, gross_g) "
        "values ($1, 0, 1, $2, 1, $3, $4, 'NONE', false, $5, 'M-1', 'B', '1039', 1, 1, 1, 0, 1, 1)",
        *(state.key, state.changed_at, _body(state), state.status, state.lane_id),
    )


def _body(state: Any) -> bytes:
    return msgspec.json.encode(state)


def request(sequence: int = 1, lane_id: str = LANE_ID) -> PlanRequested:
    """Return a plan request of the lane."""
    return PlanRequested(
        request_id=f"REQ-{lane_id}-{sequence}",
        lane_id=lane_id,
        sequence=sequence,
        clock_at=CLOCK_AT,
        causes=("available",),
    )


def record_of(requested: PlanRequested, prefix: str) -> Any:
    """The request as the lane sends it."""
    return signed_record(
        Fact(
            event_id=requested.request_id,
            source="/groupage/lane",
            key=requested.lane_id,
            occurred_at=requested.clock_at,
            recorded_at=datetime.now(UTC),
            data=requested,
        ),
        prefix=prefix,
    )
