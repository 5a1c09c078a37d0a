"""Check the containers that the plan calls unloadable.

No check can prove that no load plan exists. These checks keep a plan from misusing the exemption:
only contents that nobody may change are exempt, only with the load plan in force, and only where
that load plan really breaks a rule.
"""

from collections import Counter

from groupage.domain.plan import PlannedContainer, Unloadable
from optimizer.verification import allocation, cartons, geometry, stacking
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation


def _check_claim(context: Context, claim: Unloadable, container: PlannedContainer) -> Violations:
    where = f"container {claim.consolidation_id}"
    before = context.consolidations.get(claim.consolidation_id)
    if before is None or before.stage == "slushy":
        return [
            violation(
                Code.NOT_CLOSED, where, "is called unloadable but its contents may be changed"
            )
        ]
    violations: Violations = []
    for stranger in sorted(set(claim.consignment_ids) - set(container.consignment_ids)):
        violations.append(violation(Code.UNKNOWN_CONSIGNMENT, where, f"{stranger} is not in it"))
    if not claim.reason.strip():
        violations.append(
            violation(Code.NO_REASON, where, f"is unloadable ({claim.code}) without a reason")
        )
    if container.placements != before.planned:
        violations.append(
            violation(Code.LOAD_PLAN_CHANGED, where, "must keep the load plan in force")
        )
    elif not _load_plan_violations(context, container):
        message = "is called unloadable, but the load plan in force breaks no rule"
        violations.append(violation(Code.NOT_UNLOADABLE, where, message))
    return violations


def _load_plan_violations(context: Context, container: PlannedContainer) -> Violations:
    """Return the violations that the exemption hides."""
    return [
        *allocation.check_payload(container, context.cargo(container)),
        *cartons.check_container(context, container),
        *geometry.check_container(context, container),
        *stacking.check_container(context, container),
    ]


def check(context: Context) -> Violations:
    """Check each container that is called unloadable."""
    containers = {container.consolidation_id: container for container in context.plan.containers}
    violations: Violations = []
    for key, count in Counter(claim.consolidation_id for claim in context.plan.unloadable).items():
        if key not in containers:
            violations.append(
                violation(Code.UNKNOWN_CONTAINER, f"container {key}", "is not in the plan")
            )
        if count > 1:
            violations.append(
                violation(Code.UNLOADABLE_TWICE, f"container {key}", f"is named {count} times")
            )
    for claim in context.plan.unloadable:
        if claim.consolidation_id in containers:
            violations += _check_claim(context, claim, containers[claim.consolidation_id])
    return violations
