"""A small lane with every case once, and a valid plan for it.

The allocation is written down here; the real loader and router do the rest; the cost is the
verifier's, which other tests compare with figures worked out by hand.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from groupage.domain.containers import spec_of
from groupage.domain.instance import (
    CartonGroup,
    ContainerOffer,
    Demand,
    Departure,
    Instance,
    Limits,
    OpenConsolidation,
    PickUpJob,
    PreloadedCarton,
    Spot,
    Truck,
)
from groupage.domain.plan import (
    Cost,
    LeftOut,
    Move,
    Plan,
    PlannedContainer,
    SolverStats,
)
from groupage.domain.policy import Policy
from optimizer.assemble import solver_of
from optimizer.canonical import digest, plan_id_of
from optimizer.loading.api import cargo_of, load
from optimizer.routing.api import route
from optimizer.verification.context import Context
from optimizer.verification.cost import recompute

CLOCK_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def group(
    name: str, quantity: int, size_mm: tuple[int, int, int] = (600, 400, 400), **more: Any
) -> CartonGroup:
    """Make `quantity` cartons of one size, 12 kg each by default."""
    length_mm, width_mm, height_mm = size_mm
    return CartonGroup(
        unit_ids=tuple(f"{name}-{number:03d}" for number in range(1, quantity + 1)),
        length_mm=length_mm,
        width_mm=width_mm,
        height_mm=height_mm,
        **{"gross_g": 12_000, **more},
    )


def demand(consignment_id: str, *groups: CartonGroup, **more: Any) -> Demand:
    """A consignment that is at the hub, free and cleared."""
    cartons = groups or (group(consignment_id, 20),)
    volume = sum(
        -(-g.length_mm * g.width_mm * g.height_mm // 1_000) * len(g.unit_ids) for g in cartons
    )
    fields: dict[str, Any] = {
        "status": "AVAILABLE",
        "volume_cm3": volume,
        "gross_g": sum(g.gross_g * len(g.unit_ids) for g in cartons),
        "mode": "0110",
        "customs": "RELEASED",
        "blocked": False,
        "value_usd_cents": 500_000,
        "available_at": CLOCK_AT - timedelta(hours=5),
        **more,
    }
    return Demand(consignment_id=consignment_id, cartons=cartons, **fields)


def departure(voyage_id: str, days: int, **more: Any) -> Departure:
    """A sailing `days` after the clock; cut-off two days before, gate-in one day before."""
    etd_at = CLOCK_AT + days * DAY
    fields: dict[str, Any] = {
        "service_id": "FE4",
        "mode": "sea",
        "eta_at": etd_at + 30 * DAY,
        "lco_at": etd_at - 2 * DAY,
        "gate_in_by_at": etd_at - DAY,
        "terminal_id": "CNNGB",
        "offers": (
            ContainerOffer(iso_type="22G1", freight_usd_cents=190_000, available=3),
            ContainerOffer(iso_type="42G1", freight_usd_cents=310_000),
        ),
        **more,
    }
    return Departure(voyage_id=voyage_id, etd_at=etd_at, **fields)


def truck(truck_id: str, **more: Any) -> Truck:
    """A van at the hub for a week."""
    fields: dict[str, Any] = {
        "payload_g": 1_500_000,
        "volume_cm3": 9_000_000,
        "start_place_id": "hub",
        "available_from_at": CLOCK_AT,
        "available_until_at": CLOCK_AT + 20 * DAY,
        "fixed_usd_cents": 2_000,
        "usd_cents_per_km": 40,
        "role": "pickup",
        **more,
    }
    return Truck(truck_id=truck_id, **fields)


def tractor(truck_id: str, **more: Any) -> Truck:
    """A tractor at the hub for a week."""
    heavy = {"payload_g": 28_000_000, "volume_cm3": 90_000_000, "usd_cents_per_km": 110}
    return truck(truck_id, **{"role": "drayage", **heavy, **more})


SPOTS = (
    Spot(place_id="hub", latitude_udeg=29_306_000, longitude_udeg=120_075_000),
    Spot(place_id="CNNGB", latitude_udeg=29_933_000, longitude_udeg=121_850_000),
    Spot(place_id="dongyang", latitude_udeg=29_290_000, longitude_udeg=120_240_000),
    Spot(place_id="pujiang", latitude_udeg=29_452_000, longitude_udeg=119_892_000),
    Spot(place_id="jinhua", latitude_udeg=29_079_000, longitude_udeg=119_647_000),
)


def _fetched(place_id: str, hours: int) -> dict[str, Any]:
    ready_at = CLOCK_AT + timedelta(hours=hours)
    job = PickUpJob(
        place_id=place_id, ready_at=ready_at, latest_at=ready_at + timedelta(hours=3), service_s=900
    )
    return {"pickup": job, "available_at": CLOCK_AT + DAY, "status": "ACCEPTED"}


def _demands() -> tuple[Demand, ...]:
    fragile = group("N2-b", 6, (500, 400, 300), gross_g=5_000, max_top_load_g=0)
    return (
        demand("F1", committed=True, current_consolidation_id="FROZEN"),
        demand("F2", committed=True, current_consolidation_id="FROZEN", blocked=True),
        demand("K1", committed=True, current_consolidation_id="LOCKED"),
        demand("S1", current_consolidation_id="SLUSHY"),
        demand("S2", current_consolidation_id="SLUSHY"),
        demand("S3", current_consolidation_id="SLUSHY", forbidden_voyage_ids=("V1",)),
        demand("S4", current_consolidation_id="SLUSHY", blocked=True),
        demand("N1", group("N1", 40, this_side_up=True), pinned_voyage_id="V2"),
        demand("N2", group("N2-a", 10), fragile, latest_arrival_at=CLOCK_AT + 35 * DAY),
        demand("N3", group("N3", 15, gross_g=20_000, max_top_load_g=60_000)),
        demand("M1", mode="1039", consignee="AMAL", value_usd_cents=9_000_000),
        demand("M2", mode="1039", consignee="AMAL", value_usd_cents=5_000_000),
        demand("M3", mode="1039", consignee="BOSCO", value_usd_cents=9_000_000),
        demand("P1", **_fetched("dongyang", 1)),
        demand("P2", **_fetched("pujiang", 2)),
        demand("P3", **_fetched("jinhua", -9)),
        demand("O1", available_at=CLOCK_AT + 40 * DAY, priority="must_go"),
        demand("O2", blocked=True),
        demand("O3", customs="REJECTED"),
        demand("O4", dg_classes=("3",), priority="filler"),
    )


def standing() -> tuple[PreloadedCarton, ...]:
    """Four cartons of K1, side by side at the far wall, two high."""
    return tuple(
        PreloadedCarton(
            unit_id=f"K1-{number:03d}",
            consignment_id="K1",
            x_mm=0,
            y_mm=600 * column,
            z_mm=400 * layer,
            dx_mm=400,
            dy_mm=600,
            dz_mm=400,
        )
        for number, (column, layer) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1)), start=1)
    )


def instance(**changes: Any) -> Instance:
    """The lane; `changes` replace fields."""
    policy = Policy()
    small, large = spec_of("22G1"), spec_of("42G1")
    consolidations = (
        OpenConsolidation(
            consolidation_id="FROZEN", voyage_id="V1", spec=small, stage="frozen",
            equipment_ref="CSQU3054383", consignment_ids=("F1", "F2", "GONE"),
        ),
        OpenConsolidation(
            consolidation_id="LOCKED", voyage_id="V1", spec=small, stage="locked",
            consignment_ids=("K1",), standing=standing(),
        ),
        OpenConsolidation(
            consolidation_id="SLUSHY", voyage_id="V1", spec=large, stage="slushy",
            consignment_ids=("S1", "S2", "S3", "S4"),
        ),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "request_id": "REQ-1",
        "lane_id": "CNNGB-NLRTM",
        "sequence": 7,
        "clock_at": CLOCK_AT,
        "demands": _demands(),
        "departures": (departure("V1", 4), departure("V2", 11)),
        "consolidations": consolidations,
        "trucks": (truck("van-1"), truck("van-2"), tractor("tractor-1"), tractor("tractor-2")),
        "spots": SPOTS,
        "weights": policy.weights,
        "rules": policy.rules,
        "limits": Limits(routing_solutions=50),
        **changes,
    }
    return Instance(**fields)


_PLACES = {
    "FROZEN": ("F1", "F2"),
    "LOCKED": ("K1",),
    "SLUSHY": ("S1", "S4", "N3"),
    "NEW-1": ("N1", "N2", "S2", "S3", "P1"),
    "NEW-2": ("M1", "M2", "M3", "P2", "P3"),
}
_LEFT_OUT = {
    "O1": "not_available_before_cutoff",
    "O2": "blocked_by_hold",
    "O3": "customs_rejected",
    "O4": "dangerous_goods",
}


def _container(case: Instance, consolidation_id: str) -> PlannedContainer:
    before = {c.consolidation_id: c for c in case.consolidations}.get(consolidation_id)
    demands = {d.consignment_id: d for d in case.demands}
    cargo = [demands[c] for c in _PLACES[consolidation_id]]
    spec = before.spec if before else spec_of("22G1")
    fixed = before.standing if before else ()
    loaded = load(spec, [cargo_of(d) for d in cargo], fixed, case.rules)
    assert not loaded.unplaced
    return PlannedContainer(
        consolidation_id=consolidation_id,
        voyage_id=before.voyage_id if before else "V2",
        spec=spec,
        equipment_ref=before.equipment_ref if before else "",
        stage=before.stage if before else "slushy",
        consignment_ids=_PLACES[consolidation_id],
        placements=loaded.placements,
        cargo_volume_cm3=sum(d.volume_cm3 for d in cargo),
        cargo_gross_g=sum(d.gross_g for d in cargo),
        new=before is None,
    )


def reprice(case: Instance, plan: Plan) -> Plan:
    """Return the plan with its cost and gap recomputed."""
    cost = recompute(Context(case, plan))
    terms = cost.total - cost.haulage
    gap_ratio = (terms - plan.lower_bound) / max(1, terms)
    return msgspec.structs.replace(plan, cost=cost, gap_ratio=gap_ratio)


def plan_of(case: Instance) -> Plan:
    """Return the plan made by hand."""
    containers = tuple(_container(case, name) for name in _PLACES)
    places = {c: name for name, ids in _PLACES.items() for c in ids}
    routes, unrouted = route(case, containers)
    moves = tuple(
        Move(
            consignment_id=d.consignment_id,
            from_consolidation_id=d.current_consolidation_id,
            to_consolidation_id=places.get(d.consignment_id),
            code="new_place",
            reason="its container has changed",
        )
        for d in case.demands
        if d.current_consolidation_id != places.get(d.consignment_id)
    )
    plan = Plan(
        plan_id=plan_id_of(digest(case)),
        request_id=case.request_id,
        lane_id=case.lane_id,
        sequence=case.sequence,
        decided_at=case.clock_at,
        containers=containers,
        left_out=tuple(
            LeftOut(consignment_id=c, code=code, reason=f"{c} cannot go")  # type: ignore[arg-type]
            for c, code in _LEFT_OUT.items()
        ),
        moves=moves,
        routes=routes,
        unrouted=unrouted,
        cost=Cost(),
        lower_bound=1_000_000,
        gap_ratio=0.0,
        stats=SolverStats(status="feasible", rounds=1, work=0.5),
        solver=solver_of(case.limits),
    )
    return reprice(case, plan)
