"""Who may be in which container."""

from collections import Counter
from itertools import combinations, product

from groupage.domain.instance import Demand
from groupage.domain.plan import PlannedContainer
from groupage.domain.segregation import TABLE
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken

_CAPPED_MODE = "1039"
_REJECTED = "REJECTED"


def _check_committed(case: Case) -> Violations:
    found: Violations = []
    for demand in case.instance.demands:
        if not demand.committed or demand.current_consolidation_id is None:
            continue
        container = case.container_of.get(demand.consignment_id)
        now = container.consolidation_id if container else None
        if now != demand.current_consolidation_id:
            message = f"is committed to {demand.current_consolidation_id}, the plan says {now}"
            found.append(broken("committed_moved", f"consignment {demand.consignment_id}", message))
    return found


def _check_times(
    case: Case, where: str, demand: Demand, container: PlannedContainer, *, stays: bool
) -> Violations:
    departure = case.departures.get(container.voyage_id)
    if departure is None:
        return []
    found: Violations = []
    if demand.available_at > departure.lco_at:
        message = f"available {demand.available_at}, cut-off {departure.lco_at}"
        found.append(broken("not_available_before_cutoff", where, message))
    if not stays and case.instance.clock_at > departure.lco_at:
        message = f"comes new after the cut-off {departure.lco_at} has passed"
        found.append(broken("after_cutoff", where, message))
    return found


def _check_wishes(where: str, demand: Demand, container: PlannedContainer) -> Violations:
    found: Violations = []
    if container.voyage_id in demand.forbidden_voyage_ids:
        message = f"voyage {container.voyage_id} is forbidden for it"
        found.append(broken("forbidden_voyage", where, message))
    pins = (
        ("voyage", demand.pinned_voyage_id, container.voyage_id),
        ("consolidation", demand.pinned_consolidation_id, container.consolidation_id),
    )
    for what, pin, now in pins:
        if pin is not None and pin != now:
            found.append(broken("pin_ignored", where, f"pinned to {what} {pin}, is in {now}"))
    return found


def _check_member(case: Case, demand: Demand, container: PlannedContainer) -> Violations:
    where = f"consignment {demand.consignment_id} in {container.consolidation_id}"
    stays = demand.current_consolidation_id == container.consolidation_id
    if stays and (demand.committed or container.stage != "slushy"):
        return []
    found = _check_times(case, where, demand, container, stays=stays)
    found += _check_wishes(where, demand, container)
    if demand.blocked and not stays:
        found.append(broken("blocked_placed", where, "is held and gets a new place"))
    if demand.customs == _REJECTED:
        found.append(broken("customs_rejected", where, "customs rejected it"))
    if demand.mode == _CAPPED_MODE and demand.value_usd_cents is None:
        message = f"its value in {demand.value_currency} has no rate to compare with the cap"
        found.append(broken("cap_not_judged", where, message))
    if demand.dg_classes and not case.instance.rules.allow_dangerous:
        message = f"dangerous goods {', '.join(demand.dg_classes)} are not allowed"
        found.append(broken("dangerous_goods", where, message))
    return found


def _check_mix(case: Case, container: PlannedContainer, cargo: list[Demand]) -> Violations:
    rules = case.instance.rules
    where = f"container {container.consolidation_id}"
    modes = {demand.mode for demand in cargo}
    found: Violations = []
    if rules.mode_mix and not any(modes <= set(allowed) for allowed in rules.mode_mix):
        message = f"customs modes {', '.join(sorted(modes))} may not share a container"
        found.append(broken("mode_mix", where, message))
    cap, worth, committed = rules.declaration_cap_usd_cents, Counter[str](), Counter[str]()
    for demand in cargo:
        if demand.mode == _CAPPED_MODE:
            cents = cap if demand.value_usd_cents is None else demand.value_usd_cents
            worth[demand.consignee] += cents
            committed[demand.consignee] += cents * demand.committed
    for consignee, value in sorted(worth.items()):
        if value > max(cap, committed[consignee]):
            message = f"{value} US cents of {consignee!r}, cap {cap}"
            found.append(broken("declaration_cap", where, message))
    return found


def _clash(one: str, other: str) -> bool:
    try:
        return TABLE.code(one, other) != "X"
    except KeyError:
        return True


def _check_segregation(container: PlannedContainer, cargo: list[Demand]) -> Violations:
    found: Violations = []
    dangerous = [demand for demand in cargo if demand.dg_classes]
    for one, other in combinations(dangerous, 2):
        pairs = product(one.dg_classes, other.dg_classes)
        if any(_clash(mine, theirs) for mine, theirs in pairs):
            message = f"{one.consignment_id} and {other.consignment_id} must be segregated"
            where = f"container {container.consolidation_id}"
            found.append(broken("segregation", where, message))
    return found


def _check_fill(case: Case, container: PlannedContainer, cargo: list[Demand]) -> Violations:
    limit = container.spec.volume_cm3 * case.instance.rules.plan_fill_permille // 1_000
    volume = sum(demand.volume_cm3 for demand in cargo)
    if volume <= limit or all(demand.committed for demand in cargo):
        return []
    where = f"container {container.consolidation_id}"
    return [broken("overfilled", where, f"{volume} cm³ of cargo, at most {limit}")]


def _check_sums(container: PlannedContainer, cargo: list[Demand]) -> Violations:
    where = f"container {container.consolidation_id}"
    found: Violations = []
    volume = sum(demand.volume_cm3 for demand in cargo)
    if container.cargo_volume_cm3 != volume:
        message = f"cargo_volume_cm3 is {container.cargo_volume_cm3}, the demands sum to {volume}"
        found.append(broken("wrong_sum", where, message))
    gross = sum(demand.gross_g for demand in cargo)
    if container.cargo_gross_g != gross:
        message = f"cargo_gross_g is {container.cargo_gross_g}, the demands sum to {gross}"
        found.append(broken("wrong_sum", where, message))
    return found


def check_payload(container: PlannedContainer, cargo: list[Demand]) -> Violations:
    """The mass of the demands, and that of their cartons."""
    gross = sum(demand.gross_g for demand in cargo)
    weighed = sum(g.gross_g * len(g.unit_ids) for demand in cargo for g in demand.cartons)
    if max(gross, weighed) <= container.spec.payload_g:
        return []
    where = f"container {container.consolidation_id}"
    message = f"{max(gross, weighed)} g of cargo, payload {container.spec.payload_g}"
    return [broken("payload", where, message)]


def check(case: Case) -> Violations:
    """Cut-offs, wishes, holds, customs, dangerous goods, sums and payload."""
    found = _check_committed(case)
    for container in case.loaded:
        found += check_payload(container, case.cargo(container))
    for container in case.plan.containers:
        cargo = case.cargo(container)
        for demand in cargo:
            found += _check_member(case, demand, container)
        found += _check_sums(container, cargo)
        if container.stage == "slushy":
            found += _check_mix(case, container, cargo)
            found += _check_fill(case, container, cargo)
            found += _check_segregation(container, cargo)
    return found
