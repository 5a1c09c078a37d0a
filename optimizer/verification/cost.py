"""Compute every term of the cost from the instance and the plan; check cost and bound."""

from datetime import timedelta

from groupage.domain.containers import PLANNING_STANDARD_CM3
from groupage.domain.instance import Demand, Departure, OpenConsolidation
from groupage.domain.plan import Cost, PlannedContainer
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation

_DAY_CM3 = 86_400 * 1_000_000
_M3 = 1_000_000
_GAP_TOLERANCE = 1e-6


def _freight(context: Context, container: PlannedContainer) -> int:
    departure = context.departures.get(container.voyage_id)
    offers = departure.offers if departure else ()
    prices = [o.freight_usd_cents for o in offers if o.iso_type == container.spec.iso_type]
    return prices[0] if prices else 0


def _dead_freight(context: Context, container: PlannedContainer) -> int:
    standard = PLANNING_STANDARD_CM3.get(container.spec.iso_type, 0)
    missing = max(0, standard - container.cargo_volume_cm3)
    return -(-missing * context.instance.weights.dead_freight_per_m3 // _M3)


def _seconds(delta: timedelta) -> int:
    return max(0, delta // timedelta(seconds=1))


def _time_costs(context: Context, demand: Demand, departure: Departure) -> tuple[int, int]:
    """Return the costs of lateness and of waiting."""
    weights = context.instance.weights
    late_s = 0
    if demand.latest_arrival_at is not None:
        late_s = _seconds(departure.eta_at - demand.latest_arrival_at)
    wait_s = _seconds(departure.etd_at - demand.available_at)
    return (
        late_s * demand.volume_cm3 * weights.late_per_m3_day // _DAY_CM3,
        wait_s * demand.volume_cm3 * weights.wait_per_m3_day // _DAY_CM3,
    )


def _left_out(context: Context, demand: Demand) -> int:
    if demand.blocked and demand.current_consolidation_id is None:
        return 0
    weights = context.instance.weights
    price = {
        "must_go": weights.left_out_must_go_per_m3,
        "preferred": weights.left_out_per_m3,
        "filler": weights.left_out_filler_per_m3,
    }[demand.priority]
    latest = max(context.instance.clock_at, demand.available_at)
    unavoidable = [
        sum(_time_costs(context, demand, departure))
        for departure in context.instance.departures
        if departure.lco_at >= latest
        and departure.voyage_id not in demand.forbidden_voyage_ids
        and (not demand.pinned_voyage_id or demand.pinned_voyage_id == departure.voyage_id)
    ]
    return demand.volume_cm3 * price // _M3 + min(unavoidable, default=0)


def _is_forced(context: Context, demand: Demand) -> bool:
    """Return whether it could not have stayed where the published plan had it."""
    before = context.consolidations.get(demand.current_consolidation_id or "")
    departure = context.departures.get(before.voyage_id) if before else None
    if before is None or departure is None:
        return True
    if demand.committed:
        return False
    return (
        demand.pinned_voyage_id not in (None, before.voyage_id)
        or demand.pinned_consolidation_id not in (None, before.consolidation_id)
        or before.voyage_id in demand.forbidden_voyage_ids
        or demand.customs == "REJECTED"
        or demand.available_at > departure.lco_at
    )


def _price_of_change(context: Context, before: OpenConsolidation) -> int:
    """Return the price: flat before the freeze fence, then rising evenly to the cut-off."""
    weights = context.instance.weights
    top = max(weights.change, weights.change_at_cutoff)
    lco_at = context.departures[before.voyage_id].lco_at
    fence = timedelta(seconds=context.instance.rules.freeze_before_lco_s)
    past = context.instance.clock_at - (lco_at - fence)
    if context.instance.clock_at >= lco_at:
        return top
    if past <= timedelta(0):
        return weights.change
    return weights.change + (top - weights.change) * (past // timedelta(seconds=1)) // (
        fence // timedelta(seconds=1)
    )


def _change(context: Context, demand: Demand) -> int:
    container = context.container_of.get(demand.consignment_id)
    now = container.consolidation_id if container else None
    before = demand.current_consolidation_id
    if before is None or now == before or _is_forced(context, demand):
        return 0
    return _price_of_change(context, context.consolidations[before])


def recompute(context: Context) -> Cost:
    """Return what the plan costs by the definitions in `groupage.domain.plan.Cost`."""
    plan, weights = context.plan, context.instance.weights
    lateness = waiting = 0
    for container in plan.containers:
        departure = context.departures.get(container.voyage_id)
        if departure is None:
            continue
        for demand in context.cargo(container):
            late, wait = _time_costs(context, demand, departure)
            lateness += late
            waiting += wait
    out = (d for d in context.instance.demands if d.consignment_id not in context.container_of)
    return Cost(
        freight=sum(_freight(context, container) for container in plan.containers),
        handling=weights.container_handling * len(plan.containers),
        dead_freight=sum(_dead_freight(context, container) for container in plan.containers),
        lateness=lateness,
        waiting=waiting,
        left_out=sum(_left_out(context, demand) for demand in out),
        change=sum(_change(context, demand) for demand in context.instance.demands),
        haulage=sum(route.cost_usd_cents for route in plan.routes),
    )


def check(context: Context) -> Violations:
    """Check the terms of the cost, the bound and the gap."""
    plan, expected = context.plan, recompute(context)
    violations = [
        violation(
            Code.WRONG_COST,
            f"cost.{term}",
            f"is {getattr(plan.cost, term)}, must be {value}",
        )
        for term in Cost.__struct_fields__
        if (value := getattr(expected, term)) != getattr(plan.cost, term)
    ]
    allocation = expected.total - expected.haulage
    if plan.lower_bound > allocation:
        message = f"is {plan.lower_bound}, above the cost of the plan, {allocation}"
        violations.append(violation(Code.WRONG_BOUND, "lower_bound", message))
    if plan.stats.status == "optimal" and plan.lower_bound < allocation:
        message = f"is optimal, but {allocation} is above the bound {plan.lower_bound}"
        violations.append(violation(Code.WRONG_BOUND, "stats.status", message))
    gap = (allocation - plan.lower_bound) / max(1, allocation)
    if not abs(plan.gap_ratio - gap) <= _GAP_TOLERANCE:
        violations.append(
            violation(Code.WRONG_BOUND, "gap_ratio", f"is {plan.gap_ratio}, must be {gap}")
        )
    return violations
