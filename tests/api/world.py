"""One lane on one morning: three consignments, two consolidations, a container, two plans."""

from datetime import timedelta

import msgspec

from groupage.domain.codes import LeftOutCode
from groupage.domain.containers import SPECS
from groupage.domain.events.base import Dimensions, Money
from groupage.domain.events.consignment import (
    AnnouncedUnit,
    AsnReceived,
    CartonLine,
    ConsignmentAllocated,
    ConsignmentBooked,
    HoldPlaced,
)
from groupage.domain.events.consolidation import (
    ConsignmentSnapshot,
    ConsolidationOpened,
    ConsolidationPlanned,
    VoyageSnapshot,
)
from groupage.domain.events.equipment import ContainerGatedIn, ContainerReleased
from groupage.domain.events.schedule import Cutoff
from groupage.domain.events.unit import UnitMeasured, UnitPacked, UnitReceived
from groupage.domain.fact import Fact
from groupage.domain.origin import LogPosition, Solver
from groupage.domain.plan import (
    Cost,
    LeftOut,
    Move,
    Placement,
    Plan,
    PlannedContainer,
    Route,
    SolverStats,
    Stop,
)
from tests.api.hub import START, fact

LANE = "CNNGB-NLRTM"
VOYAGE = "FE4/2610W"
BOX = "CSQU3054383"
FIRST, SECOND = "CSL-1", "CSL-2"


def booked(name: str, shipper: str = "Futian D4-1207") -> ConsignmentBooked:
    """Build a booking of two equal cartons to Rotterdam."""
    return ConsignmentBooked(
        consignment_id=name,
        shipper=shipper,
        consignee="Van Dijk BV",
        pol="CNNGB",
        pod="NLRTM",
        mode="1039",
        lines=(
            CartonLine(
                pieces=2,
                size=Dimensions(length_mm=500, width_mm=400, height_mm=300),
                gross_g=10_000,
            ),
        ),
        value=Money(amount_minor=100_000, currency="USD"),
        ready_at=START,
    )


def voyage_position(consolidation: str, *, hours: int) -> VoyageSnapshot:
    """Build a snapshot of the voyage with its cargo cut-off `hours` after the start."""
    return VoyageSnapshot(
        consolidation_id=consolidation,
        voyage_id=VOYAGE,
        revision=1,
        status="SCHEDULED",
        etd_at=START + timedelta(days=4),
        eta_at=START + timedelta(days=34),
        cutoffs=(Cutoff(code="LCO", due_at=START + timedelta(hours=hours)),),
    )


def morning() -> list[Fact]:
    """List the facts of the morning until nine o'clock."""
    return [
        *(fact(booked(name), 1) for name in ("CN-1", "CN-2")),
        fact(booked("CN-3", shipper="Huangyuan B2-0044"), 2),
        fact(
            AsnReceived(
                consignment_id="CN-1",
                units=(AnnouncedUnit(unit_id="u-1"), AnnouncedUnit(unit_id="u-2")),
            ),
            5,
        ),
        fact(UnitReceived(unit_id="u-1", consignment_id="CN-1"), 10),
        fact(UnitReceived(unit_id="u-2", consignment_id="CN-1"), 11),
        fact(
            UnitMeasured(
                unit_id="u-1",
                consignment_id="CN-1",
                size=Dimensions(length_mm=500, width_mm=400, height_mm=300),
                gross_g=10_000,
            ),
            12,
        ),
        fact(UnitPacked(unit_id="u-1", consignment_id="CN-1", parent_id="pallet-9"), 13),
        fact(UnitPacked(unit_id="pallet-9", parent_id="rack-1"), 14),
        fact(HoldPlaced(consignment_id="CN-2", hold_id="H-1", hold="DOCS", by="desk"), 15),
        fact(
            ConsignmentAllocated(
                consignment_id="CN-1", consolidation_id=FIRST, voyage_id=VOYAGE, plan_id="P-1"
            ),
            50,
        ),
        fact(
            ConsolidationOpened(
                consolidation_id=FIRST, lane_id=LANE, voyage_id=VOYAGE, iso_type="45G1"
            ),
            20,
        ),
        fact(voyage_position(FIRST, hours=6), 21),
        fact(
            ConsolidationPlanned(
                consolidation_id=FIRST,
                plan_id="P-1",
                consignment_ids=("CN-1",),
                planned_volume_cm3=38_150_000,
                planned_gross_g=20_000,
                revision=1,
            ),
            51,
        ),
        fact(
            ConsignmentSnapshot(
                consolidation_id=FIRST,
                consignment_id="CN-1",
                revision=1,
                member=True,
                status="RECEIVING",
                pieces=2,
                staged_pieces=0,
                loaded_pieces=0,
                volume_cm3=120_000,
                gross_g=20_000,
                blocked=False,
                customs="NONE",
            ),
            52,
        ),
        fact(
            ConsolidationOpened(
                consolidation_id=SECOND, lane_id="CNNGB-ESVLC", voyage_id="MED/1", iso_type="22G1"
            ),
            22,
        ),
        fact(
            ContainerReleased(
                equipment_ref=BOX, iso_type="45G1", tare_g=3_900_000, max_gross_g=32_000_000
            ),
            30,
        ),
        fact(ContainerGatedIn(equipment_ref=BOX, place="hub"), 40),
    ]


def planned_container(
    name: str, consignments: tuple[str, ...], *, equipment: str = ""
) -> PlannedContainer:
    """Plan a container with one carton of each consignment, side by side."""
    return PlannedContainer(
        consolidation_id=name,
        voyage_id=VOYAGE,
        spec=SPECS["45G1"],
        equipment_ref=equipment,
        stage="slushy",
        consignment_ids=consignments,
        placements=tuple(
            Placement(
                unit_id=f"{consignment}/1",
                consignment_id=consignment,
                x_mm=0,
                y_mm=500 * place,
                z_mm=0,
                dx_mm=400,
                dy_mm=500,
                dz_mm=300,
                sequence=place + 1,
            )
            for place, consignment in enumerate(consignments)
        ),
        cargo_volume_cm3=60_000 * len(consignments),
        cargo_gross_g=10_000 * len(consignments),
    )


def route(truck: str, *, hour: int) -> Route:
    """Plan a route from the hub to a shipper and back."""
    leave = START + timedelta(hours=hour)
    stops = [
        ("hub", "start", "", 0),
        ("D4-1207", "pickup", "CN-1", 30),
        ("hub", "deliver", "CN-1", 60),
        ("hub", "end", "", 60),
    ]
    return Route(
        route_id=f"R-{truck}",
        truck_id=truck,
        stops=tuple(
            Stop(
                place_id=place,
                action=action,  # type: ignore[arg-type]
                reference=reference,
                arrive_at=leave + timedelta(minutes=minute),
                leave_at=leave + timedelta(minutes=minute),
                load_g=0,
                load_cm3=0,
            )
            for place, action, reference, minute in stops
        ),
        distance_m=24_000,
        cost_usd_cents=4_200,
    )


def first_plan() -> Plan:
    """CN-1 and CN-2 in one container; CN-3 was not booked yet."""
    return Plan(
        plan_id="P-1",
        request_id="RQ-1",
        lane_id=LANE,
        sequence=1,
        decided_at=START + timedelta(minutes=45),
        containers=(planned_container(FIRST, ("CN-1", "CN-2"), equipment=BOX),),
        left_out=(),
        moves=(),
        routes=(route("van-01", hour=3), route("van-02", hour=2)),
        unrouted=(),
        cost=Cost(freight=300_000),
        lower_bound=290_000,
        gap_ratio=0.03,
        stats=SolverStats(status="feasible", rounds=1, work=1.0),
        solver=Solver(
            name="groupage",
            version="0.1.0, OR-Tools 9.15.6755",
            seed=0,
            allocation_work=0.65,
            loading_rounds=3,
            loading_passes=40,
            routing_solutions=200,
        ),
        inputs=(LogPosition(topic="hub.consignment.v1", next_offsets=(812, 0, 790)),),
    )


def second_plan() -> Plan:
    """CN-2 is held and left out, CN-3 is new, CN-1 moves to another container."""
    return msgspec.structs.replace(
        first_plan(),
        plan_id="P-2",
        request_id="RQ-2",
        sequence=2,
        decided_at=START + timedelta(minutes=55),
        containers=(planned_container("CSL-9", ("CN-1", "CN-3")),),
        left_out=(
            LeftOut(
                consignment_id="CN-2",
                code=LeftOutCode.BLOCKED_BY_HOLD,
                reason="hold H-1 (DOCS) stands",
            ),
        ),
        moves=(
            Move(
                consignment_id="CN-1",
                from_consolidation_id=FIRST,
                to_consolidation_id="CSL-9",
                code="cheaper",
                reason="one container is enough",
            ),
        ),
        routes=(),
        cost=Cost(freight=280_000, change=1_500),
    )
