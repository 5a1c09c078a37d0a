"""Events for the benchmarks: many consignments at a time, each from booking to departure."""

import heapq
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from stdnum import iso6346

from groupage.domain.checkdigits import gs1_digit
from groupage.domain.events import consignment as consignments
from groupage.domain.events import unit as units
from groupage.domain.events.base import Dimensions, Event, Money
from groupage.domain.fact import Fact

UNITS = 35
"""Cartons per consignment, a medium lot of a Yiwu merchant. Assumption."""
ACTIVE = 120
"""Consignments in progress at any time."""
_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_SOURCE = "/bench/wms"


def facts(count: int, *, seed: int) -> Iterator[Fact]:
    """Yield `count` facts in the order of sending; the same seed gives the same facts."""
    chance = random.Random(seed)  # noqa: S311 - freight, not secrets
    active: list[tuple[float, int, Iterator[Event]]] = []
    number = 0
    for sent in range(count):
        while len(active) < ACTIVE:
            at = sent + chance.random() * ACTIVE * UNITS
            heapq.heappush(active, (at, number, _life(number, seed, chance)))
            number += 1
        event = None
        while event is None:
            at, order, life = heapq.heappop(active)
            event = next(life, None)
            if event is None:
                life = _life(number, seed, chance)
                order, number = number, number + 1
            heapq.heappush(active, (at + chance.random() * 2 * ACTIVE, order, life))
        occurred_at = _BEGIN + timedelta(milliseconds=100 * sent)
        yield Fact(
            event_id=f"{seed:x}-{sent:x}",
            source=_SOURCE,
            key=event.key,
            occurred_at=occurred_at,
            recorded_at=occurred_at,
            data=event,
        )


def _life(number: int, seed: int, chance: random.Random) -> Iterator[Event]:
    """Yield booking, ASN, dock, scale, rack, allocation, customs, staging, loading, departure.

    The snapshots of other aggregates (customs, consolidation, lane) are among the events, so that
    the benchmark needs no planner.
    """
    key = f"CN-{seed:x}-{number:06d}"
    size = Dimensions(
        length_mm=chance.randrange(300, 700, 10),
        width_mm=chance.randrange(250, 500, 10),
        height_mm=chance.randrange(200, 450, 10),
    )
    gross_g = chance.randrange(4_000, 22_000, 100)
    bodies = [f"{seed % 1_000:03d}{number:08d}{unit:06d}" for unit in range(UNITS)]
    names = [body + gs1_digit(body) for body in bodies]
    consolidation_id = f"CSL-{number // 30:06d}"
    body = f"BNCU{number // 30:06d}"
    container = body + iso6346.calc_check_digit(body)
    yield _booking(key, size, gross_g)
    yield consignments.AsnReceived(
        consignment_id=key,
        units=tuple(consignments.AnnouncedUnit(unit_id=name) for name in names),
    )
    for name in names:
        yield units.UnitReceived(unit_id=name, consignment_id=key, dock="D07")
        yield units.UnitMeasured(unit_id=name, consignment_id=key, size=size, gross_g=gross_g)
        yield units.UnitStored(unit_id=name, consignment_id=key, location="R12-03-2", zone="B")
    yield consignments.ConsignmentAllocated(
        consignment_id=key,
        consolidation_id=consolidation_id,
        voyage_id="BN1/001W",
        plan_id="PLAN-1",
    )
    yield consignments.CustomsSnapshot(
        consignment_id=key, declaration_id=f"DEC-{key}", status="RELEASED", revision=1
    )
    for name in names:
        yield units.UnitMoved(unit_id=name, consignment_id=key, location="STAGE-4", zone="S")
        yield units.UnitStaged(unit_id=name, consignment_id=key, door="4", sequence=1)
    yield _consolidation_snapshot(key, consolidation_id, container, "STUFFING", revision=1)
    for position, name in enumerate(names):
        yield units.UnitLoaded(
            unit_id=name,
            consignment_id=key,
            equipment_ref=container,
            consolidation_id=consolidation_id,
            standing=units.Standing(
                x_mm=position % 7 * size.length_mm,
                y_mm=0,
                z_mm=position // 7 * size.height_mm,
                dx_mm=size.length_mm,
                dy_mm=size.width_mm,
                dz_mm=size.height_mm,
            ),
            as_planned=True,
        )
    yield _consolidation_snapshot(
        key, consolidation_id, container, "ON_BOARD", revision=2, departed=True
    )


def _booking(key: str, size: Dimensions, gross_g: int) -> Event:
    line = consignments.CartonLine(pieces=UNITS, size=size, gross_g=gross_g, goods="toys")
    return consignments.ConsignmentBooked(
        consignment_id=key,
        shipper="YW-M-0042",
        consignee="NL-ROT-0007",
        pol="CNNGB",
        pod="NLRTM",
        mode="1039",
        lines=(line,),
        value=Money(amount_minor=1_250_000, currency="USD"),
        ready_at=_BEGIN,
    )


def _consolidation_snapshot(
    key: str,
    consolidation_id: str,
    container: str,
    status: str,
    *,
    revision: int,
    departed: bool = False,
) -> Event:
    return consignments.ConsolidationSnapshot(
        consignment_id=key,
        consolidation_id=consolidation_id,
        status=status,
        revision=revision,
        equipment_ref=container,
        voyage_id="BN1/001W",
        manifest_ref=f"MF-{consolidation_id}",
        frozen_at=_BEGIN,
        stuffing_open=not departed,
        stuffing_started_at=_BEGIN,
        departed_at=_BEGIN + timedelta(days=400) if departed else None,
    )
