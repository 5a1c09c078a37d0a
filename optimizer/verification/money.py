"""Every term of the cost again, from the instance and the plan, and the bound."""

from datetime import timedelta

from groupage.domain.containers import PLANNING_STANDARD_CM3
from groupage.domain.instance import Demand, Departure, OpenConsolidation
from groupage.domain.plan import Cost, PlannedContainer
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken

_DAY_CM3 = 86_400 * 1_000_000
_M3 = 1_000_000
_GAP_TOLERANCE = 1e-6


def _freight(case: Case, container: PlannedContainer) -> int:
    departure = case.departures.get(container.voyage_id)
    offers = departure.offers if departure else ()
    prices = [o.freight_usd_cents for o in offers if o.iso_type == container.spec.iso_type]
    return prices[0] if prices else 0


def _dead_freight(case: Case, container: PlannedContainer) -> int:
    standard = PLANNING_STANDARD_CM3.get(container.spec.iso_type, 0)
    missing = max(0, standard - container.cargo_volume_cm3)
    return -(-missing * case.instance.weights.dead_freight_per_m3 // _M3)


def _seconds(delta: timedelta) -> int:
    return max(0, delta // timedelta(seconds=1))


def _time_costs(case: Case, demand: Demand, departure: Departure) -> tuple[int, int]:
    """Lateness and waiting."""
    weights = case.instance.weights
    late_s = 0
    if demand.latest_arrival_at is not None:
        late_s = _seconds(departure.eta_at - demand.latest_arrival_at)
    wait_s = _seconds(departure.etd_at - demand.available_at)
    return (
        late_s * demand.volume_cm3 * weights.late_per_m3_day // _DAY_CM3,
        wait_s * demand.volume_cm3 * weights.wait_per_m3_day // _DAY_CM3,
    )


def _left_out(case: Case, demand: Demand) -> int:
    if demand.blocked and demand.current_consolidation_id is None:
        return 0
    weights = case.instance.weights
    price = {
        "must_go": weights.left_out_must_go_per_m3,
        "preferred": weights.left_out_per_m3,
        "filler": weights.left_out_filler_per_m3,
    }[demand.priority]
    latest = max(case.instance.clock_at, demand.available_at)
    sure = [
        sum(_time_costs(case, demand, one))
        for one in case.instance.departures
        if one.lco_at >= latest
        and one.voyage_id not in demand.forbidden_voyage_ids
        and (not demand.pinned_voyage_id or demand.pinned_voyage_id == one.voyage_id)
    ]
    return demand.volume_cm3 * price // _M3 + (min(sure) if sure else 0)


def _forced(case: Case, demand: Demand) -> bool:
    """Whether it could not have stayed where the published plan had it."""
    before = case.consolidations.get(demand.current_consolidation_id or "")
    departure = case.departures.get(before.voyage_id) if before else None
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


def _price_of_change(case: Case, before: OpenConsolidation) -> int:
    """Flat before the freeze fence, rising evenly from there to the cut-off."""
    weights = case.instance.weights
    top = max(weights.change, weights.change_at_cutoff)
    lco_at = case.departures[before.voyage_id].lco_at
    fence = timedelta(seconds=case.instance.rules.freeze_before_lco_s)
    past = case.instance.clock_at - (lco_at - fence)
    if case.instance.clock_at >= lco_at:
        return top
    if past <= timedelta(0):
        return weights.change
    return weights.change + (top - weights.change) * (past // timedelta(seconds=1)) // (
        fence // timedelta(seconds=1)
    )


def _change(case: Case, demand: Demand) -> int:
    container = case.container_of.get(demand.consignment_id)
    now = container.consolidation_id if container else None
    before = demand.current_consolidation_id
    if before is None or now == before or _forced(case, demand):
        return 0
    return _price_of_change(case, case.consolidations[before])


def recompute(case: Case) -> Cost:
    """What the plan costs by the definitions in `groupage.domain.plan.Cost`."""
    plan, weights = case.plan, case.instance.weights
    lateness = waiting = 0
    for container in plan.containers:
        departure = case.departures.get(container.voyage_id)
        if departure is None:
            continue
        for demand in case.cargo(container):
            late, wait = _time_costs(case, demand, departure)
            lateness += late
            waiting += wait
    out = (d for d in case.instance.demands if d.consignment_id not in case.container_of)
    return Cost(
        freight=sum(_freight(case, one) for one in plan.containers),
        handling=weights.container_handling * len(plan.containers),
        dead_freight=sum(_dead_freight(case, one) for one in plan.containers),
        lateness=lateness,
        waiting=waiting,
        left_out=sum(_left_out(case, demand) for demand in out),
        change=sum(_change(case, demand) for demand in case.instance.demands),
        haulage=sum(route.cost_usd_cents for route in plan.routes),
    )


def check(case: Case) -> Violations:
    """Terms, bound and gap."""
    plan, right = case.plan, recompute(case)
    found = [
        broken("wrong_cost", f"cost.{term}", f"is {getattr(plan.cost, term)}, must be {value}")
        for term in Cost.__struct_fields__
        if (value := getattr(right, term)) != getattr(plan.cost, term)
    ]
    allocation = right.total - right.haulage
    if plan.lower_bound > allocation:
        message = f"is {plan.lower_bound}, more than the plan itself costs: {allocation}"
        found.append(broken("wrong_bound", "lower_bound", message))
    if plan.stats.status == "optimal" and plan.lower_bound < allocation:
        message = f"is optimal, but {allocation} is above the bound {plan.lower_bound}"
        found.append(broken("wrong_bound", "stats.status", message))
    gap = (allocation - plan.lower_bound) / max(1, allocation)
    if not abs(plan.gap_ratio - gap) <= _GAP_TOLERANCE:
        found.append(broken("wrong_bound", "gap_ratio", f"is {plan.gap_ratio}, must be {gap}"))
    return found
