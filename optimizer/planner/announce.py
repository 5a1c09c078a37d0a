"""Events that announce a plan, as outbox rows.

Their ids are made from the plan's id: announcing it twice gives the same facts.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from groupage.contracts.encoding import check_size, encode
from groupage.domain.codes import LeftOutCode
from groupage.domain.events.base import Event
from groupage.domain.events.planning import (
    Assignment,
    ContainerPlanned,
    PlanFailed,
    PlanMove,
    PlannedConsolidation,
    PlanProposed,
    PlanRequested,
    RoutePlanned,
    RouteRevised,
    StopWindow,
)
from groupage.domain.fact import Fact
from groupage.domain.instance import Instance, Rules
from groupage.domain.plan import Placement, Plan, PlannedContainer, Route
from groupage.domain.words import cut
from groupage.store.writers import OutboxRow, pack_headers
from optimizer.planner.revisions import revised_route_ids

ORIGIN_TOPIC = "hub.planrequest.v1"
SOURCE = "/groupage/planner"
_NAMESPACE = UUID("0b1f0d52-3f0e-5c55-8a51-4a1f6f2b7c90")


def plan_events(
    instance: Instance, plan: Plan, published: Sequence[Route] = ()
) -> Iterable[tuple[str, Event]]:
    """Yield (output, event): the proposal, each container with a new load plan, each route.

    `published` are the routes of the plan in force. The output's name makes the event's id.
    """
    yield "proposed", _proposal(instance, plan)
    for container in plan.containers:
        if _has_new_load_plan(instance, container):
            yield (
                f"container {container.consolidation_id}",
                ContainerPlanned(lane_id=plan.lane_id, plan_id=plan.plan_id, container=container),
            )
    for route in plan.routes:
        yield f"route {route.route_id}", _route_event(instance, plan, route, published)


def plan_failed(request: PlanRequested, reason: str) -> PlanFailed:
    """Return the event that the request gave no plan."""
    return PlanFailed(
        lane_id=request.lane_id,
        request_id=request.request_id,
        sequence=request.sequence,
        reason=cut(reason),
    )


def outbox_rows(
    events: Iterable[tuple[str, Event]],
    *,
    about: str,
    occurred_at: datetime,
    recorded_at: datetime,
    partition: int,
) -> list[OutboxRow]:
    """Encode the events. `about`, a plan id or a request id, makes their fact ids.

    Raises Undecodable when an event is larger than Kafka accepts.
    """
    rows = []
    for output, event in events:
        fact = Fact(
            event_id=str(uuid5(_NAMESPACE, f"{about} {output}")),
            source=SOURCE,
            key=event.key,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            data=event,
            relayed_by="planner",
        )
        record = encode(fact)
        check_size(record)
        rows.append(
            OutboxRow(
                origin_topic=ORIGIN_TOPIC,
                origin_partition=partition,
                topic=record.topic,
                key=record.key.decode(),
                headers=pack_headers(record.headers),
                value=record.value,
            )
        )
    return rows


def _proposal(instance: Instance, plan: Plan) -> PlanProposed:
    assert plan.certificate is not None, plan.plan_id
    codes = {move.consignment_id: move.code for move in plan.moves}
    return PlanProposed(
        lane_id=plan.lane_id,
        plan_id=plan.plan_id,
        request_id=plan.request_id,
        sequence=plan.sequence,
        decided_at=plan.decided_at,
        assignments=tuple(
            Assignment(
                consignment_id=consignment_id,
                consolidation_id=container.consolidation_id,
                voyage_id=container.voyage_id,
                reason_code=codes.get(consignment_id, ""),
            )
            for container in plan.containers
            for consignment_id in container.consignment_ids
        ),
        moves=tuple(
            PlanMove(
                consignment_id=move.consignment_id,
                from_consolidation_id=move.from_consolidation_id,
                to_consolidation_id=move.to_consolidation_id,
                reason_code=move.code,
                reason=cut(move.reason),
            )
            for move in plan.moves
        ),
        consolidations=tuple(
            PlannedConsolidation(
                consolidation_id=container.consolidation_id,
                voyage_id=container.voyage_id,
                iso_type=container.spec.iso_type,
                equipment_ref=container.equipment_ref,
                consignment_ids=container.consignment_ids,
                volume_cm3=container.cargo_volume_cm3,
                gross_g=container.cargo_gross_g,
            )
            for container in plan.containers
        ),
        unloadable=tuple(
            msgspec.structs.replace(unloadable, reason=cut(unloadable.reason))
            for unloadable in plan.unloadable
        ),
        out_of_time=sum(left.code == LeftOutCode.TIME_LIMIT for left in plan.left_out),
        cost_minor=plan.cost.total,
        bound_minor=plan.lower_bound,
        gap_ratio=plan.gap_ratio,
        solver=plan.solver,
        inputs=plan.inputs,
        policy=cut(_policy_text(instance.rules)),
        certificate=plan.certificate.plan_digest,
    )


def _policy_text(rules: Rules) -> str:
    modes = " or ".join("+".join(group) for group in rules.mode_mix) or "any"
    dangerous = "where segregation allows" if rules.allow_dangerous else "none"
    fill = f"{rules.plan_fill_permille / 10:g} % of the inner volume"
    return f"customs modes: {modes}; dangerous goods: {dangerous}; filled to {fill}"


def _route_event(instance: Instance, plan: Plan, route: Route, published: Sequence[Route]) -> Event:
    revises = revised_route_ids(route, published)
    lane_id, plan_id = plan.lane_id, plan.plan_id
    windows = tuple(_windows(instance, plan, route))
    if not revises:
        return RoutePlanned(lane_id=lane_id, plan_id=plan_id, route=route, windows=windows)
    return RouteRevised(
        lane_id=lane_id, plan_id=plan_id, route=route, windows=windows, revises=revises
    )


def _windows(instance: Instance, plan: Plan, route: Route) -> Iterator[StopWindow]:
    """Yield the windows that drivers must keep; the times of the stops are only planned."""
    jobs = {demand.consignment_id: demand.pickup for demand in instance.demands}
    due_at = {departure.voyage_id: departure.gate_in_by_at for departure in instance.departures}
    voyages = {container.consolidation_id: container.voyage_id for container in plan.containers}
    for stop in route.stops:
        job = jobs.get(stop.reference)
        voyage_id = voyages.get(stop.reference)
        if stop.action == "pickup" and job is not None:
            yield StopWindow(
                action=stop.action,
                reference=stop.reference,
                from_at=job.ready_at,
                until_at=job.latest_at,
            )
        elif stop.action == "drop_container" and voyage_id in due_at:
            yield StopWindow(
                action=stop.action, reference=stop.reference, until_at=due_at[voyage_id]
            )


def _has_new_load_plan(instance: Instance, container: PlannedContainer) -> bool:
    """Return whether the warehouse has another load plan for it, or none."""
    for before in instance.consolidations:
        if before.consolidation_id == container.consolidation_id:
            return _positions(before.planned) != _positions(container.placements)
    return True


def _positions(placements: Iterable[Placement]) -> set[tuple[str, int, int, int, int, int]]:
    return {(p.unit_id, p.x_mm, p.y_mm, p.z_mm, p.dx_mm, p.dy_mm) for p in placements}
