"""What to ask a solver next when the verifier did not pass its plan. Pure."""

from collections.abc import Sequence

import msgspec

from groupage.domain.instance import Instance
from optimizer.planner.child import Job
from optimizer.verification.violation import Violation


def next_job(job: Job, violations: Sequence[Violation]) -> Job | None:
    """A job that may do better, or None.

    First the load plans in force are given up. Then containers that are fixed and break a rule by
    what stands in them already (a carton set down elsewhere, one too many) are left to people: they
    and their cargo go out of the instance, so that the rest of the lane is planned.
    """
    if job.reuse and any(box.planned for box in job.instance.consolidations):
        return msgspec.structs.replace(job, reuse=False)
    broken = frozenset(
        box.consolidation_id
        for box in job.instance.consolidations
        if box.stage != "slushy" and any(_concerns(v, box.consolidation_id) for v in violations)
    )
    if not broken:
        return None
    return Job(instance=without(job.instance, broken), reuse=True)


def without(instance: Instance, consolidation_ids: frozenset[str]) -> Instance:
    """The instance without these containers and without what is in them."""
    gone = {
        one
        for box in instance.consolidations
        if box.consolidation_id in consolidation_ids
        for one in box.consignment_ids
    }
    return msgspec.structs.replace(
        instance,
        consolidations=tuple(
            box for box in instance.consolidations if box.consolidation_id not in consolidation_ids
        ),
        demands=tuple(
            demand
            for demand in instance.demands
            if demand.consignment_id not in gone
            and demand.current_consolidation_id not in consolidation_ids
        ),
    )


def _concerns(violation: Violation, consolidation_id: str) -> bool:
    words = violation.where.replace(":", " ").split()
    return consolidation_id in words
