"""Make up lanes of a realistic shape, from a seed, for benchmarks, examples and tests."""

import math
import random
from datetime import UTC, datetime, timedelta

import msgspec

from groupage.domain.instance import (
    CartonGroup,
    ContainerOffer,
    Demand,
    Departure,
    Instance,
    Limits,
    OpenConsolidation,
    PickUpJob,
    Spot,
)
from groupage.domain.plan import Plan
from groupage.domain.policy import Policy
from groupage.domain.units import volume_cm3

LANE_ID = "CNNGB-NLRTM"
_CLOCK_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_FREIGHT_USD_CENTS = {"22G1": 190_000, "42G1": 310_000, "45G1": 330_000}
"""A sea freight of usual size, Ningbo to north Europe. Assumption."""
FRAGILE_SHARE = 0.1
"""Share of carton sizes that bear three of their own and stay upright. Assumption."""
UPRIGHT_SHARE = 0.15
"""Share of carton sizes that stay upright and bear anything. Assumption."""
_MODES = ("1039", "1039", "1039", "1039", "0110", "9710")
"""Four in five go as market procurement, as in Yiwu (docs/trade.md)."""


def sample(*, consignments: int, seed: int, policy: Policy | None = None) -> Instance:
    """Make one lane: consignments of about 35 cartons and 2.7 m³, three weekly sailings."""
    policy = policy or Policy()
    rng = random.Random(seed)  # noqa: S311  # reproducible examples, no secrets
    consignees = [f"BUYER-{n:03d}" for n in range(1, max(2, consignments // 6) + 1)]
    demands = tuple(_demand(rng, n, consignees) for n in range(1, consignments + 1))
    places = sorted({d.pickup.place_id for d in demands if d.pickup})
    return Instance(
        request_id=f"sample-{consignments}-{seed}",
        lane_id=LANE_ID,
        sequence=1,
        clock_at=_CLOCK_AT,
        demands=demands,
        departures=tuple(_departure(week, consignments) for week in range(3)),
        trucks=tuple(
            truck
            for fleet in policy.fleet
            for truck in fleet.trucks(
                LANE_ID,
                start_place_id=policy.hub.place_id,
                available_from_at=_CLOCK_AT,
                available_until_at=_CLOCK_AT + timedelta(days=24),
            )
        ),
        spots=(
            *(
                Spot(
                    place_id=place.place_id,
                    latitude_udeg=place.latitude_udeg,
                    longitude_udeg=place.longitude_udeg,
                )
                for place in (policy.hub, *policy.terminals)
            ),
            *(_merchant(rng, place_id, policy) for place_id in places),
        ),
        hub_place_id=policy.hub.place_id,
        road=policy.road,
        hours=policy.hours,
        weights=policy.weights,
        rules=policy.rules,
        limits=Limits(seed=seed),
        causes=("command",),
    )


def an_hour_later(
    instance: Instance, plan: Plan, *, seed: int, changed: int | None = None
) -> Instance:
    """Make the lane an hour after `plan` came into force.

    `changed` consignments (2 % without it) have gone and as many new ones have come.
    """
    rng = random.Random(seed)  # noqa: S311  # reproducible examples, no secrets
    container_of = {
        consignment_id: container.consolidation_id
        for container in plan.containers
        for consignment_id in container.consignment_ids
    }
    count = max(1, len(instance.demands) // 50) if changed is None else changed
    gone = {demand.consignment_id for demand in rng.sample(instance.demands, count)}
    clock_at = instance.clock_at + timedelta(hours=1)
    stay = tuple(
        msgspec.structs.replace(
            demand, current_consolidation_id=container_of.get(demand.consignment_id), pickup=None
        )
        for demand in instance.demands
        if demand.consignment_id not in gone
    )
    consignees = sorted({demand.consignee for demand in instance.demands})
    new = tuple(
        msgspec.structs.replace(
            _demand(rng, 90_000 + number, consignees), available_at=clock_at, pickup=None
        )
        for number in range(count)
    )
    return msgspec.structs.replace(
        instance,
        request_id=f"{instance.request_id}-later",
        sequence=instance.sequence + 1,
        clock_at=clock_at,
        demands=(*stay, *new),
        consolidations=tuple(
            OpenConsolidation(
                consolidation_id=container.consolidation_id,
                voyage_id=container.voyage_id,
                spec=container.spec,
                stage=container.stage,
                consignment_ids=container.consignment_ids,
                planned=container.placements,
            )
            for container in plan.containers
        ),
        published_plan_id=plan.plan_id,
        causes=("available", "cancelled"),
    )


def _departure(week: int, consignments: int) -> Departure:
    etd_at = _CLOCK_AT + timedelta(days=5 + 7 * week)
    return Departure(
        voyage_id=f"FE4/{2610 + week}W",
        service_id="FE4",
        mode="VESSEL",
        etd_at=etd_at,
        eta_at=etd_at + timedelta(days=31),
        lco_at=etd_at - timedelta(days=2, hours=-9),
        gate_in_by_at=etd_at - timedelta(hours=18),
        terminal_id="CNNGB",
        offers=tuple(
            ContainerOffer(
                iso_type=iso_type,
                freight_usd_cents=freight,
                available=max(1, consignments // 25) if iso_type != "22G1" else 4,
            )
            for iso_type, freight in _FREIGHT_USD_CENTS.items()
        ),
    )


def _demand(rng: random.Random, number: int, consignees: list[str]) -> Demand:
    consignment_id = f"CN-260302-{number:05d}"
    cartons = _cartons(rng, consignment_id)
    here = rng.random() < 0.6
    hours = rng.uniform(-72, 0) if here else rng.uniform(0, 16 * 24)
    available_at = (_CLOCK_AT + timedelta(hours=hours)).replace(microsecond=0)
    wants = rng.random() < 0.5
    return Demand(
        consignment_id=consignment_id,
        status="AVAILABLE",
        cartons=cartons,
        volume_cm3=sum(_volume_cm3(group) for group in cartons),
        gross_g=sum(group.gross_g * len(group.unit_ids) for group in cartons),
        mode=rng.choice(_MODES),
        customs="DECLARED",
        blocked=rng.random() < 0.02,
        value_usd_cents=rng.randint(100_000, 3_000_000),
        available_at=available_at,
        latest_arrival_at=_CLOCK_AT + timedelta(days=rng.randint(38, 60)) if wants else None,
        priority=rng.choices(("must_go", "preferred", "filler"), (1, 7, 2))[0],
        consignee=rng.choice(consignees),
        pickup=None if here or rng.random() < 0.7 else _pickup(rng, available_at),
    )


def _pickup(rng: random.Random, available_at: datetime) -> PickUpJob:
    ready_at = max(_CLOCK_AT, available_at - timedelta(hours=12))
    return PickUpJob(
        place_id=f"merchant-{rng.randint(1, 40):03d}",
        ready_at=ready_at,
        latest_at=ready_at + timedelta(hours=8),
        service_s=1_200,
    )


def _merchant(rng: random.Random, place_id: str, policy: Policy) -> Spot:
    return Spot(
        place_id=place_id,
        latitude_udeg=policy.hub.latitude_udeg + rng.randint(-250_000, 250_000),
        longitude_udeg=policy.hub.longitude_udeg + rng.randint(-250_000, 250_000),
    )


def _volume_cm3(group: CartonGroup) -> int:
    carton_cm3 = volume_cm3(
        length_mm=group.length_mm, width_mm=group.width_mm, height_mm=group.height_mm
    )
    return carton_cm3 * len(group.unit_ids)


def _cartons(rng: random.Random, consignment_id: str) -> tuple[CartonGroup, ...]:
    """Make export cartons of 0.02 to 0.2 m³ in one to three sizes, in steps of 10 mm."""
    total = max(1, min(400, round(rng.lognormvariate(math.log(24), 0.9))))
    kinds = min(total, rng.choices((1, 2, 3), (0.6, 0.28, 0.12))[0])
    groups = []
    first = 1
    for kind in range(kinds):
        count = (total - first + 1) // (kinds - kind)
        edges = ((400, 720), (300, 560), (220, 480))
        height_mm, width_mm, length_mm = sorted(rng.randrange(*edge, 10) for edge in edges)
        density_g_per_l = rng.uniform(90, 330)
        gross_g = round(length_mm * width_mm * height_mm / 1_000_000 * density_g_per_l)
        fragile = rng.random() < FRAGILE_SHARE
        groups.append(
            CartonGroup(
                unit_ids=tuple(f"{consignment_id}/{n}" for n in range(first, first + count)),
                length_mm=length_mm,
                width_mm=width_mm,
                height_mm=height_mm,
                gross_g=gross_g,
                this_side_up=fragile or rng.random() < UPRIGHT_SHARE,
                max_top_load_g=max(3 * gross_g, 20_000) if fragile else None,
            )
        )
        first += count
    return tuple(groups)
