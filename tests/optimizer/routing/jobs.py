"""Jobs for trucks; the real solver makes tours of them and the verifier checks these."""

from datetime import timedelta
from typing import Any

import msgspec

from groupage.domain.containers import spec_of
from groupage.domain.instance import Demand, Instance, PickUpJob, Truck
from groupage.domain.plan import Plan, PlannedContainer, Route, Unrouted
from optimizer.routing.api import route
from optimizer.verification import tours
from optimizer.verification.context import Context
from tests.optimizer.world import CLOCK_AT, DAY, demand, instance, plan_of

edit = msgspec.structs.replace
HOUR = timedelta(hours=1)
_PLAN = plan_of(instance())


def pickup(
    name: str, place_id: str = "dongyang", *, ready: float = 1, latest: float = 4, **more: Any
) -> Demand:
    """A consignment of 240 kg and 1.92 m³ to be fetched between two hours after the clock."""
    job = PickUpJob(
        place_id=place_id,
        ready_at=CLOCK_AT + ready * HOUR,
        latest_at=CLOCK_AT + latest * HOUR,
        service_s=900,
    )
    return demand(name, pickup=job, available_at=CLOCK_AT + 2 * DAY, **more)


def container(name: str, voyage_id: str = "V1", **more: Any) -> PlannedContainer:
    """A 20-foot container with 10 t of cargo."""
    fields: dict[str, Any] = {
        "spec": spec_of("22G1"),
        "stage": "slushy",
        "consignment_ids": (),
        "placements": (),
        "cargo_volume_cm3": 25_000_000,
        "cargo_gross_g": 10_000_000,
        **more,
    }
    return PlannedContainer(consolidation_id=name, voyage_id=voyage_id, **fields)


def violation_codes(
    case: Instance,
    boxes: tuple[PlannedContainer, ...],
    routes: tuple[Route, ...],
    unrouted: tuple[Unrouted, ...],
) -> set[str]:
    """Return the codes of what the verifier finds wrong with the routes."""
    plan: Plan = edit(_PLAN, containers=boxes, routes=routes, unrouted=unrouted)
    return {violation.code for violation in tours.check(Context(case, plan))}


def tours_of(
    case: Instance, boxes: tuple[PlannedContainer, ...] = ()
) -> tuple[tuple[Route, ...], dict[str, str]]:
    """Return valid routes, and the reason of each job that is left."""
    routes, unrouted = route(case, boxes)
    assert violation_codes(case, boxes, routes, unrouted) == set()
    return routes, {entry.reference: entry.reason for entry in unrouted}


def route_jobs(
    jobs: tuple[Demand, ...] = (),
    boxes: tuple[PlannedContainer, ...] = (),
    trucks: tuple[Truck, ...] = (),
    **more: Any,
) -> tuple[tuple[Route, ...], dict[str, str]]:
    """The tours of a hub with these jobs, these containers and this fleet."""
    return tours_of(instance(demands=jobs, consolidations=(), trucks=trucks, **more), boxes)
