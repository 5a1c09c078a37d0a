"""Check that the plan answers this instance, and that its certificate is for these bytes."""

import hashlib

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.canonical import plan_id_of
from optimizer.verification.codes import ViolationCode as Code
from optimizer.verification.context import Context
from optimizer.verification.violation import Violations, violation

_LIMITS = ("seed", "allocation_work", "loading_rounds", "loading_passes", "routing_solutions")


def _sha256(value: Instance | Plan) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def check(context: Context) -> Violations:
    """Check ids, time, causes, seed and limits, and the digests of the certificate."""
    instance, plan = context.instance, context.plan
    instance_digest = _sha256(instance)
    pairs: list[tuple[str, object, object]] = [
        ("request_id", plan.request_id, instance.request_id),
        ("lane_id", plan.lane_id, instance.lane_id),
        ("sequence", plan.sequence, instance.sequence),
        ("plan_id", plan.plan_id, plan_id_of(instance_digest)),
        ("decided_at", plan.decided_at, instance.clock_at),
        ("causes", plan.causes, instance.causes),
        ("policy_digest", plan.policy_digest, instance.policy_digest),
    ]
    if plan.solver is not None:
        pairs += [
            (f"solver.{limit}", getattr(plan.solver, limit), getattr(instance.limits, limit))
            for limit in _LIMITS
        ]
    if plan.certificate is not None:
        bare = msgspec.structs.replace(plan, certificate=None)
        certificate = plan.certificate
        pairs += [
            ("certificate.instance_digest", certificate.instance_digest, instance_digest),
            ("certificate.plan_digest", certificate.plan_digest, _sha256(bare)),
        ]
    return [
        violation(Code.OTHER_INSTANCE, field, f"is {stated!r}, must be {expected!r}")
        for field, stated, expected in pairs
        if stated != expected
    ]
