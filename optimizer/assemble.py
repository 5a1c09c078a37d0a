"""Assemble a plan from the results of allocation, loading and routing, and price it."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from groupage import __version__
from groupage.domain.instance import Instance, Limits
from groupage.domain.origin import Solver
from groupage.domain.plan import (
    Cost,
    LeftOut,
    Move,
    Plan,
    PlannedContainer,
    Route,
    SolverStats,
    Unloadable,
    Unrouted,
)
from optimizer.allocation import pricing
from optimizer.allocation.api import Allocation
from optimizer.canonical import digest, plan_id_of
from optimizer.load_plans import LoadPlan


def planned_containers(
    instance: Instance, allocation: Allocation, loads: Mapping[str, LoadPlan]
) -> tuple[PlannedContainer, ...]:
    """Return the containers of an allocation with their load plans."""
    demands = {demand.consignment_id: demand for demand in instance.demands}
    containers = []
    for slot in allocation.slots:
        cargo = [demands[consignment_id] for consignment_id in loads[slot.key].members]
        existing = slot.existing
        containers.append(
            PlannedContainer(
                consolidation_id=slot.key,
                voyage_id=existing.voyage_id if existing else slot.pool[0],
                spec=slot.spec,
                equipment_ref=existing.equipment_ref if existing else "",
                stage=existing.stage if existing else "slushy",
                consignment_ids=loads[slot.key].members,
                placements=loads[slot.key].placements,
                cargo_volume_cm3=sum(demand.volume_cm3 for demand in cargo),
                cargo_gross_g=sum(demand.gross_g for demand in cargo),
                new=existing is None,
            )
        )
    return tuple(containers)


def assemble(  # noqa: PLR0913  # a plan has that many parts
    instance: Instance,
    containers: tuple[PlannedContainer, ...],
    *,
    left_out: tuple[LeftOut, ...],
    moves: tuple[Move, ...],
    routing: tuple[tuple[Route, ...], tuple[Unrouted, ...]],
    unloadable: tuple[Unloadable, ...],
    bound: int,
    fallback: bool,
    rounds: int,
    work: float,
    cut_short: tuple[str, ...],
) -> Plan:
    """Return the plan, without certificate."""
    routes, unrouted = routing
    cost = cost_of(instance, containers, routes)
    decided = cost.total - cost.haulage
    return Plan(
        plan_id=plan_id_of(digest(instance)),
        request_id=instance.request_id,
        lane_id=instance.lane_id,
        sequence=instance.sequence,
        policy_digest=instance.policy_digest,
        decided_at=instance.clock_at,
        containers=containers,
        left_out=left_out,
        moves=moves,
        routes=routes,
        unrouted=unrouted,
        unloadable=unloadable,
        cost=cost,
        lower_bound=bound,
        gap_ratio=(decided - bound) / max(1, decided),
        stats=SolverStats(
            status="optimal" if decided == bound else "fallback" if fallback else "feasible",
            rounds=rounds,
            work=round(work, 6),
            cut_short=cut_short,
        ),
        solver=solver_of(instance.limits),
        causes=instance.causes,
    )


def solver_of(limits: Limits) -> Solver:
    """Return the name of the solver with these limits."""
    return Solver(
        name="groupage",
        version=f"{__version__}, OR-Tools {version('ortools')}",
        seed=limits.seed,
        allocation_work=limits.allocation_work,
        loading_rounds=limits.loading_rounds,
        loading_passes=limits.loading_passes,
        routing_solutions=limits.routing_solutions,
    )


def cost_of(
    instance: Instance, containers: Sequence[PlannedContainer], routes: Sequence[Route]
) -> Cost:
    """Return every cost term by the definitions of `Cost`."""
    weights = instance.weights
    departures = {departure.voyage_id: departure for departure in instance.departures}
    container_of = {c: container for container in containers for c in container.consignment_ids}
    freight = lateness = waiting = left_out = change = 0
    for planned in containers:
        if planned.voyage_id in departures:
            freight += pricing.freight(departures[planned.voyage_id], planned.spec.iso_type)
    for demand in instance.demands:
        container = container_of.get(demand.consignment_id)
        if container is None:
            left_out += pricing.left_out(demand, instance)
        elif container.voyage_id in departures:
            lateness += pricing.lateness(demand, departures[container.voyage_id], weights)
            waiting += pricing.waiting(demand, departures[container.voyage_id], weights)
        now = container.consolidation_id if container else None
        if demand.current_consolidation_id not in (None, now):
            change += pricing.change_price(demand, instance)
    return Cost(
        freight=freight,
        handling=weights.container_handling * len(containers),
        dead_freight=sum(
            pricing.dead_freight(planned.spec.iso_type, planned.cargo_volume_cm3, weights)
            for planned in containers
        ),
        lateness=lateness,
        waiting=waiting,
        left_out=left_out,
        change=change,
        haulage=sum(route.cost_usd_cents for route in routes),
    )
