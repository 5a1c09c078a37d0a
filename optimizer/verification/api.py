"""Check a plan against every rule, and certify it when it breaks none."""

from collections.abc import Callable

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Certificate, Plan
from optimizer.canonical import digest
from optimizer.verification import (
    allocation,
    cartons,
    containers,
    cost,
    coverage,
    geometry,
    identity,
    pins,
    reasons,
    stacking,
    tours,
    unloadable,
)
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violation, Violations, violation

VERIFIER = "groupage-verifier/6"
CHECKS: dict[str, Callable[[Context], Violations]] = {
    "identity": identity.check,
    "coverage": coverage.check,
    "reasons": reasons.check,
    "containers": containers.check,
    "allocation": allocation.check,
    "pins": pins.check,
    "cartons": cartons.check,
    "geometry": geometry.check,
    "top_load": stacking.check,
    "unloadable": unloadable.check,
    "routes": tours.check,
    "cost": cost.check,
}
"""All checks by name, in the order of execution. The names stand in every certificate."""


def verify(instance: Instance, plan: Plan) -> tuple[Violation, ...]:
    """Return every violation of `plan` as an answer to `instance`; empty when it is valid."""
    context = Context(instance, plan)
    violations = [v for check in CHECKS.values() for v in check(context)]
    if plan.certificate is not None:
        stated = (plan.certificate.verifier, plan.certificate.checks)
        if stated != (VERIFIER, tuple(CHECKS)):
            by = f"{stated[0]} ({', '.join(stated[1])})"
            message = f"is by {by}, not by {VERIFIER}: certify it again"
            violations.append(violation(Code.OTHER_VERIFIER, "certificate", message))
        if plan.certificate.repeatable is bool(plan.stats.cut_short):
            message = f"is {plan.certificate.repeatable}, must be {not plan.stats.cut_short}"
            where = "certificate.repeatable"
            violations.append(violation(Code.OTHER_VERIFIER, where, message))
    return tuple(violations)


def certify(instance: Instance, plan: Plan) -> tuple[Plan | None, tuple[Violation, ...]]:
    """Return the plan with its certificate, or None and the violations."""
    bare = msgspec.structs.replace(plan, certificate=None)
    violations = verify(instance, bare)
    if violations:
        return None, violations
    certificate = Certificate(
        verifier=VERIFIER,
        checks=tuple(CHECKS),
        instance_digest=digest(instance),
        plan_digest=digest(bare),
        repeatable=not bare.stats.cut_short,
    )
    return msgspec.structs.replace(bare, certificate=certificate), ()
