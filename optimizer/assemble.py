"""Put the answers of the solvers together into a plan, and price it."""

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
from optimizer.loadplans import LoadPlan


def planned_containers(
    instance: Instance, allocation: Allocation, loads: Mapping[str, LoadPlan]
) -> tuple[PlannedContainer, ...]:
    """The containers of an allocation with their load plans."""
    demands = {demand.consignment_id: demand for demand in instance.demands}
    containers = []
    for slot in allocation.slots:
        cargo = [demands[one] for one in loads[slot.key].members]
        open_one = slot.existing
        containers.append(
            PlannedContainer(
                consolidation_id=slot.key,
                voyage_id=open_one.voyage_id if open_one else slot.pool[0],
                spec=slot.spec,
                equipment_ref=open_one.equipment_ref if open_one else "",
                stage=open_one.stage if open_one else "slushy",
                consignment_ids=loads[slot.key].members,
                placements=loads[slot.key].placements,
                cargo_volume_cm3=sum(demand.volume_cm3 for demand in cargo),
                cargo_gross_g=sum(demand.gross_g for demand in cargo),
                new=open_one is None,
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
) -> Plan:
    """The plan, without certificate."""
    routes, unrouted = routing
    cost = cost_of(instance, containers, routes)
    decided = cost.total - cost.haulage
    return Plan(
        plan_id=plan_id_of(digest(instance)),
        request_id=instance.request_id,
        lane_id=instance.lane_id,
        sequence=instance.sequence,
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
        ),
        solver=solver_of(instance.limits),
        causes=instance.causes,
    )


def solver_of(limits: Limits) -> Solver:
    """Who solves within these limits."""
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
    """Every term by the definitions of `Cost`."""
    weights = instance.weights
    departures = {departure.voyage_id: departure for departure in instance.departures}
    where = {one: box for box in containers for one in box.consignment_ids}
    freight = lateness = waiting = left_out = change = 0
    for box in containers:
        if box.voyage_id in departures:
            freight += pricing.freight(departures[box.voyage_id], box.spec.iso_type)
    for demand in instance.demands:
        box_or_none = where.get(demand.consignment_id)
        if box_or_none is None:
            left_out += pricing.left_out(demand, instance)
        elif box_or_none.voyage_id in departures:
            lateness += pricing.lateness(demand, departures[box_or_none.voyage_id], weights)
            waiting += pricing.waiting(demand, departures[box_or_none.voyage_id], weights)
        now = box_or_none.consolidation_id if box_or_none else None
        if demand.current_consolidation_id not in (None, now):
            change += pricing.change_price(demand, instance)
    return Cost(
        freight=freight,
        handling=weights.container_handling * len(containers),
        dead_freight=sum(
            pricing.dead_freight(box.spec.iso_type, box.cargo_volume_cm3, weights)
            for box in containers
        ),
        lateness=lateness,
        waiting=waiting,
        left_out=left_out,
        change=change,
        haulage=sum(route.cost_usd_cents for route in routes),
    )
