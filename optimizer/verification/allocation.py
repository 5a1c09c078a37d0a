"""Check which consignment may be in which container."""

from collections import Counter
from itertools import combinations, product

from groupage.domain.instance import Demand
from groupage.domain.plan import PlannedContainer
from groupage.domain.segregation import TABLE
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation

_CAPPED_MODE = "1039"


def _check_committed(context: Context) -> Violations:
    violations: Violations = []
    for demand in context.instance.demands:
        if not demand.committed or demand.current_consolidation_id is None:
            continue
        container = context.container_of.get(demand.consignment_id)
        now = container.consolidation_id if container else None
        if now != demand.current_consolidation_id:
            message = f"is committed to {demand.current_consolidation_id}, the plan says {now}"
            violations.append(
                violation(Code.COMMITTED_MOVED, f"consignment {demand.consignment_id}", message)
            )
    return violations


def _check_times(
    context: Context, where: str, demand: Demand, container: PlannedContainer, *, stays: bool
) -> Violations:
    departure = context.departures.get(container.voyage_id)
    if departure is None:
        return []
    violations: Violations = []
    if demand.available_at > departure.lco_at:
        message = f"available {demand.available_at}, cut-off {departure.lco_at}"
        violations.append(violation(Code.NOT_AVAILABLE_BEFORE_CUTOFF, where, message))
    if not stays and context.instance.clock_at > departure.lco_at:
        message = f"joins after the cut-off {departure.lco_at}"
        violations.append(violation(Code.AFTER_CUTOFF, where, message))
    return violations


def _check_pins_and_forbids(where: str, demand: Demand, container: PlannedContainer) -> Violations:
    violations: Violations = []
    if container.voyage_id in demand.forbidden_voyage_ids:
        message = f"voyage {container.voyage_id} is forbidden for it"
        violations.append(violation(Code.FORBIDDEN_VOYAGE, where, message))
    pins = (
        ("voyage", demand.pinned_voyage_id, container.voyage_id),
        ("consolidation", demand.pinned_consolidation_id, container.consolidation_id),
    )
    for kind, pin, now in pins:
        if pin is not None and pin != now:
            violations.append(
                violation(Code.PIN_IGNORED, where, f"pinned to {kind} {pin}, is in {now}")
            )
    return violations


def _check_member(context: Context, demand: Demand, container: PlannedContainer) -> Violations:
    where = f"consignment {demand.consignment_id} in {container.consolidation_id}"
    stays = demand.current_consolidation_id == container.consolidation_id
    if stays and (demand.committed or container.stage != "slushy"):
        return []
    violations = _check_times(context, where, demand, container, stays=stays)
    violations += _check_pins_and_forbids(where, demand, container)
    if demand.blocked and not stays:
        violations.append(violation(Code.BLOCKED_PLACED, where, "is on hold and gets a new place"))
    if demand.customs == "REJECTED":
        violations.append(violation(Code.CUSTOMS_REJECTED, where, "customs rejected it"))
    if demand.mode == _CAPPED_MODE and demand.value_usd_cents is None:
        message = f"its value in {demand.value_currency} has no rate to compare with the cap"
        violations.append(violation(Code.CAP_NOT_JUDGED, where, message))
    if demand.dg_classes and not context.instance.rules.allow_dangerous:
        message = f"dangerous goods {', '.join(demand.dg_classes)} are not allowed"
        violations.append(violation(Code.DANGEROUS_GOODS, where, message))
    return violations


def _check_mix(context: Context, container: PlannedContainer, cargo: list[Demand]) -> Violations:
    rules = context.instance.rules
    where = f"container {container.consolidation_id}"
    modes = {demand.mode for demand in cargo}
    violations: Violations = []
    if rules.mode_mix and not any(modes <= set(allowed) for allowed in rules.mode_mix):
        message = f"customs modes {', '.join(sorted(modes))} may not share a container"
        violations.append(violation(Code.MODE_MIX, where, message))
    cap, declared, committed = rules.declaration_cap_usd_cents, Counter[str](), Counter[str]()
    for demand in cargo:
        if demand.mode == _CAPPED_MODE:
            cents = cap if demand.value_usd_cents is None else demand.value_usd_cents
            declared[demand.consignee] += cents
            committed[demand.consignee] += cents * demand.committed
    for consignee, value in sorted(declared.items()):
        if value > max(cap, committed[consignee]):
            message = f"{value} US cents of {consignee!r}, cap {cap}"
            violations.append(violation(Code.DECLARATION_CAP, where, message))
    return violations


def _must_be_apart(a: str, b: str) -> bool:
    try:
        return TABLE.code(a, b) != "X"
    except KeyError:
        return True


def _check_segregation(container: PlannedContainer, cargo: list[Demand]) -> Violations:
    violations: Violations = []
    dangerous = [demand for demand in cargo if demand.dg_classes]
    for a, b in combinations(dangerous, 2):
        pairs = product(a.dg_classes, b.dg_classes)
        if any(_must_be_apart(*pair) for pair in pairs):
            message = f"{a.consignment_id} and {b.consignment_id} must be segregated"
            where = f"container {container.consolidation_id}"
            violations.append(violation(Code.SEGREGATION, where, message))
    return violations


def _check_fill(context: Context, container: PlannedContainer, cargo: list[Demand]) -> Violations:
    limit = container.spec.volume_cm3 * context.instance.rules.plan_fill_permille // 1_000
    volume = sum(demand.volume_cm3 for demand in cargo)
    if volume <= limit or all(demand.committed for demand in cargo):
        return []
    where = f"container {container.consolidation_id}"
    return [violation(Code.OVERFILLED, where, f"{volume} cm³ of cargo, at most {limit} cm³")]


def _check_sums(container: PlannedContainer, cargo: list[Demand]) -> Violations:
    where = f"container {container.consolidation_id}"
    violations: Violations = []
    volume = sum(demand.volume_cm3 for demand in cargo)
    if container.cargo_volume_cm3 != volume:
        message = f"cargo_volume_cm3 is {container.cargo_volume_cm3}, the demands sum to {volume}"
        violations.append(violation(Code.WRONG_SUM, where, message))
    gross = sum(demand.gross_g for demand in cargo)
    if container.cargo_gross_g != gross:
        message = f"cargo_gross_g is {container.cargo_gross_g}, the demands sum to {gross}"
        violations.append(violation(Code.WRONG_SUM, where, message))
    return violations


def check_payload(container: PlannedContainer, cargo: list[Demand]) -> Violations:
    """Check the mass of the demands, and that of their cartons, against the payload."""
    gross = sum(demand.gross_g for demand in cargo)
    weighed = sum(g.gross_g * len(g.unit_ids) for demand in cargo for g in demand.cartons)
    if max(gross, weighed) <= container.spec.payload_g:
        return []
    where = f"container {container.consolidation_id}"
    message = f"{max(gross, weighed)} g of cargo, payload {container.spec.payload_g}"
    return [violation(Code.PAYLOAD, where, message)]


def check(context: Context) -> Violations:
    """Check cut-offs, pins, holds, customs, dangerous goods, sums and payload."""
    violations = _check_committed(context)
    for container in context.loadable_containers:
        violations += check_payload(container, context.cargo(container))
    for container in context.plan.containers:
        cargo = context.cargo(container)
        for demand in cargo:
            violations += _check_member(context, demand, container)
        violations += _check_sums(container, cargo)
        if container.stage == "slushy":
            violations += _check_mix(context, container, cargo)
            violations += _check_fill(context, container, cargo)
            violations += _check_segregation(container, cargo)
    return violations
