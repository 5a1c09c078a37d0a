"""Judge a plan, and certify it when nothing is wrong with it."""

from collections.abc import Callable

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Certificate, Plan
from optimizer.canonical import digest
from optimizer.verification import (
    allocation,
    boxes,
    cartons,
    coverage,
    geometry,
    identity,
    money,
    pressure,
    reasons,
    tours,
    unloadable,
)
from optimizer.verification.case import Case
from optimizer.verification.violation import Violation, Violations, broken

VERIFIER = "groupage-verifier/5"
CHECKS: dict[str, Callable[[Case], Violations]] = {
    "identity": identity.check,
    "coverage": coverage.check,
    "reasons": reasons.check,
    "containers": boxes.check,
    "allocation": allocation.check,
    "cartons": cartons.check,
    "geometry": geometry.check,
    "top_load": pressure.check,
    "unloadable": unloadable.check,
    "routes": tours.check,
    "cost": money.check,
}
"""Every check by name, in the order in which they are made."""


def verify(instance: Instance, plan: Plan) -> tuple[Violation, ...]:
    """Everything that is wrong with `plan` as an answer to `instance`; empty when it is valid."""
    case = Case(instance, plan)
    found = [violation for check in CHECKS.values() for violation in check(case)]
    seal = plan.certificate
    if seal is not None and (seal.verifier, seal.checks) != (VERIFIER, tuple(CHECKS)):
        message = (
            f"is by {seal.verifier} ({', '.join(seal.checks)}), not by {VERIFIER}: certify anew"
        )
        found.append(broken("other_verifier", "certificate", message))
    return tuple(found)


def certify(instance: Instance, plan: Plan) -> tuple[Plan | None, tuple[Violation, ...]]:
    """The plan with its certificate, or None and what is wrong with it."""
    bare = msgspec.structs.replace(plan, certificate=None)
    violations = verify(instance, bare)
    if violations:
        return None, violations
    certificate = Certificate(
        verifier=VERIFIER,
        checks=tuple(CHECKS),
        instance_digest=digest(instance),
        plan_digest=digest(bare),
    )
    return msgspec.structs.replace(bare, certificate=certificate), ()
