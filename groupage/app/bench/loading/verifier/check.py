"""Check the load plans of a problem against all of its rules."""

from collections.abc import Sequence

from groupage.app.bench.loading.problem import LoadPlan, Problem
from groupage.app.bench.loading.verifier import balance, bearing, geometry, order
from groupage.app.bench.loading.verifier.violation import Kind, Violations


def check(problem: Problem, plans: Sequence[LoadPlan], *, in_sequence: bool = True) -> Violations:
    """Return all violations of the plans, one plan for each container.

    Args:
        problem: with the rules that hold.
        plans: the boxes of each container.
        in_sequence: the boxes of each plan stand in loading sequence, which is checked, too.
    """
    if not problem.all_boxes and len(plans) > 1:
        raise ValueError(f"{problem.name} has one container, not {len(plans)}")
    violations = geometry.check_counts(problem, plans)
    if any(violation.kind is Kind.UNKNOWN_TYPE for violation in violations):
        return violations
    for plan in plans:
        violations += check_container(problem, plan, in_sequence=in_sequence)
    return violations


def check_container(problem: Problem, plan: LoadPlan, *, in_sequence: bool) -> Violations:
    """Return the violations of one container."""
    rules = problem.rules
    violations = geometry.check_boxes(problem, plan)
    if any(violation.kind is Kind.SIZE for violation in violations):
        return violations  # An edge may be 0 or less, which the other checks do not expect.
    violations += geometry.check_overlaps(plan)
    if rules.support == "full":
        violations += geometry.check_support(plan)
    if in_sequence:
        violations += order.check_sequence(plan)
    if rules.stops:
        violations += order.check_unloading(problem, plan)
    if rules.bearing:
        violations += bearing.check_bearing(problem, plan)
    violations += balance.check_payload(problem, plan)
    if rules.balance is not None:
        violations += balance.check_balance(problem, plan, rules.balance)
    return violations
