"""Turn one instance into one plan: allocate ▸ load ▸ route ▸ assemble; pick-ups beside that.

Pure and deterministic: the same instance (its seed and limits are part of it) gives the same plan,
byte for byte, unless the deadline cuts a stage short. The plan says so.
"""

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.allocation.api import allocate, lower_bound
from optimizer.assemble import assemble, planned_containers
from optimizer.certification import NO_EXCLUSIONS, Certification, Exclusions
from optimizer.check_instance import check_instance
from optimizer.deadline import Deadline
from optimizer.rounds import allocate_and_load
from optimizer.routing.api import pickups_beside, route
from optimizer.stages import Stages
from optimizer.verification.violation import Violation


class SolveOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and the rules that the verifier found broken."""

    plan: Plan
    """Certified when `violations` is empty."""
    violations: tuple[Violation, ...]


def solve_certified(
    instance: Instance, stages: Stages | None = None, *, deadline: Deadline | None = None
) -> SolveOutcome:
    """Solve until the verifier certifies the plan, or until another solve cannot help.

    The deadline is that of all solves together; without one it is the instance's. Raises
    InvalidInput for an instance that makes no sense.
    """
    stages = stages or Stages()
    deadline = deadline or Deadline(instance.limits.wall_s)
    certification = Certification(instance)
    while certification.exclusions is not None:
        plan = solve(instance, stages, exclusions=certification.exclusions, deadline=deadline)
        with stages.stage("verify"):
            certified = certification.certify(plan)
    return SolveOutcome(plan=certified or plan, violations=certification.violations)


def solve(
    instance: Instance,
    stages: Stages | None = None,
    *,
    exclusions: Exclusions = NO_EXCLUSIONS,
    deadline: Deadline | None = None,
) -> Plan:
    """Return the plan of an instance, not yet certified. Raises InvalidInput."""
    stages = stages or Stages()
    deadline = deadline or Deadline(instance.limits.wall_s)
    check_instance(instance)
    with pickups_beside(instance, deadline.stage("route")) as pickups:
        with stages.stage("allocate"):
            first = allocate(instance, deadline.stage("allocate"))
        loaded = allocate_and_load(instance, first, stages, exclusions, deadline.stage("load"))
        allocation, loads = loaded.allocation, loaded.loads
        with stages.stage("route"):
            containers = planned_containers(instance, allocation, loads)
            routes, unrouted = route(instance, containers, deadline.stage("route"), pickups=pickups)
    bound = first.lower_bound
    if not first.required <= allocation.assignment.keys():
        # Without a consignment that the first allocation had to place, a plan may cost less.
        placed = frozenset(allocation.assignment)
        bound = lower_bound(instance, first.required & placed, deadline.stage("load"))
    return assemble(
        instance,
        containers,
        left_out=loaded.left_out(),
        moves=loaded.moves(instance),
        routing=(routes, unrouted),
        unloadable=tuple(
            load.unloadable for _, load in sorted(loads.items()) if load.unloadable is not None
        ),
        bound=bound,
        fallback=first.fallback,
        rounds=loaded.rounds,
        work=loaded.work,
        cut_short=deadline.cut_short,
    )
