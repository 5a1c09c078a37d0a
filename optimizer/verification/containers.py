"""Check that the containers of the plan exist, or are on offer."""

from collections import Counter

from groupage.domain.containers import SPECS
from groupage.domain.plan import PlannedContainer
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation


def _check_existing(context: Context, container: PlannedContainer) -> Violations:
    where = f"container {container.consolidation_id}"
    before = context.consolidations[container.consolidation_id]
    violations: Violations = []
    if container.new:
        violations.append(violation(Code.NOT_NEW, where, "is called new but exists"))
    for field in ("voyage_id", "spec", "equipment_ref", "stage"):
        stated, expected = getattr(container, field), getattr(before, field)
        if stated != expected:
            message = f"{field} is {stated!r}, was {expected!r} and must stay"
            violations.append(violation(Code.CONTAINER_CHANGED, where, message))
    if before.stage == "slushy":
        if before.voyage_id not in context.departures:
            violations.append(
                violation(
                    Code.UNKNOWN_VOYAGE,
                    where,
                    f"{before.voyage_id} is not a departure any more",
                )
            )
        return violations
    expected_ids = {c for c in before.consignment_ids if c in context.demands}
    stated_ids = set(container.consignment_ids)
    for consignment_id in sorted(expected_ids ^ stated_ids):
        verb = "was taken out of" if consignment_id in expected_ids else "was put into"
        message = f"consignment {consignment_id} {verb} a {before.stage} container"
        violations.append(violation(Code.FROZEN_CHANGED, where, message))
    return violations


def _check_new(context: Context, container: PlannedContainer) -> Violations:
    where = f"container {container.consolidation_id}"
    violations: Violations = []
    if not container.new:
        violations.append(
            violation(Code.UNKNOWN_CONTAINER, where, "does not exist and is not called new")
        )
    if container.stage != "slushy":
        violations.append(violation(Code.CONTAINER_CHANGED, where, f"is new but {container.stage}"))
    iso_type = container.spec.iso_type
    if container.spec != SPECS.get(iso_type):
        violations.append(violation(Code.WRONG_SPEC, where, f"spec is not that of type {iso_type}"))
    departure = context.departures.get(container.voyage_id)
    if departure is None:
        violations.append(
            violation(Code.UNKNOWN_VOYAGE, where, f"{container.voyage_id} does not depart")
        )
    elif iso_type not in {offer.iso_type for offer in departure.offers}:
        message = f"type {iso_type} is not on offer on {container.voyage_id}"
        violations.append(violation(Code.NOT_ON_OFFER, where, message))
    return violations


def _check_availability(context: Context) -> Violations:
    used = Counter(
        (container.voyage_id, container.spec.iso_type) for container in context.plan.containers
    )
    closed = Counter(
        (consolidation.voyage_id, consolidation.spec.iso_type)
        for consolidation in context.instance.consolidations
        if consolidation.stage != "slushy"
    )
    violations: Violations = []
    for departure in context.instance.departures:
        for offer in departure.offers:
            key = (departure.voyage_id, offer.iso_type)
            if offer.available is None:
                continue
            limit = max(offer.available, closed[key])
            if used[key] > limit:
                message = f"{used[key]} of type {offer.iso_type}, at most {limit}"
                violations.append(
                    violation(Code.TOO_MANY_CONTAINERS, f"voyage {departure.voyage_id}", message)
                )
    return violations


def check(context: Context) -> Violations:
    """Check that containers exist or are on offer, and that none is lost, doubled or empty."""
    violations: Violations = []
    seen = Counter(container.consolidation_id for container in context.plan.containers)
    for container in context.plan.containers:
        where = f"container {container.consolidation_id}"
        if seen[container.consolidation_id] > 1:
            violations.append(violation(Code.CONTAINER_TWICE, where, "stands in the plan twice"))
        if container.stage == "slushy" and not container.consignment_ids:
            violations.append(violation(Code.EMPTY_CONTAINER, where, "is slushy and holds nothing"))
        exists = container.consolidation_id in context.consolidations
        violations += (
            _check_existing(context, container) if exists else _check_new(context, container)
        )
    for consolidation in context.instance.consolidations:
        if consolidation.stage != "slushy" and not seen[consolidation.consolidation_id]:
            where = f"container {consolidation.consolidation_id}"
            violations.append(
                violation(
                    Code.FROZEN_LOST,
                    where,
                    f"is {consolidation.stage} and not in the plan",
                )
            )
    return violations + _check_availability(context)
