"""The plan answers this instance, and its certificate speaks of these bytes."""

import hashlib

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.canonical import plan_id_of
from optimizer.verification.case import Case
from optimizer.verification.violation import Violations, broken

_LIMITS = ("seed", "allocation_work", "loading_rounds", "loading_passes", "routing_solutions")


def _sha256(value: Instance | Plan) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def check(case: Case) -> Violations:
    """All that names the instance: ids, time, causes, seed and limits, and the seal's digests."""
    instance, plan = case.instance, case.plan
    instance_digest = _sha256(instance)
    pairs: list[tuple[str, object, object]] = [
        ("request_id", plan.request_id, instance.request_id),
        ("lane_id", plan.lane_id, instance.lane_id),
        ("sequence", plan.sequence, instance.sequence),
        ("plan_id", plan.plan_id, plan_id_of(instance_digest)),
        ("decided_at", plan.decided_at, instance.clock_at),
        ("causes", plan.causes, instance.causes),
    ]
    if plan.solver is not None:
        pairs += [
            (f"solver.{limit}", getattr(plan.solver, limit), getattr(instance.limits, limit))
            for limit in _LIMITS
        ]
    if plan.certificate is not None:
        bare = msgspec.structs.replace(plan, certificate=None)
        seal = plan.certificate
        pairs += [
            ("certificate.instance_digest", seal.instance_digest, instance_digest),
            ("certificate.plan_digest", seal.plan_digest, _sha256(bare)),
        ]
    return [
        broken("other_instance", field, f"is {said!r}, the instance makes it {right!r}")
        for field, said, right in pairs
        if said != right
    ]
