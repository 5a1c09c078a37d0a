"""Check the order in which boxes go in, and that in which they come out."""

from groupage.app.bench.loading.problem import Box, LoadPlan, Problem
from groupage.app.bench.loading.verifier.geometry import base, common_area
from groupage.app.bench.loading.verifier.violation import Kind, Violation, Violations


def _is_in_front(box: Box, other: Box) -> bool:
    """Return whether `other` stands in the straight corridor from `box` to the door."""
    return (
        other.x >= box.x + box.dx
        and other.y < box.y + box.dy
        and box.y < other.y + other.dy
        and other.z < box.z + box.dz
        and box.z < other.z + other.dz
    )


def _is_above(box: Box, other: Box) -> bool:
    """Return whether `other` stands above `box`, on it or higher."""
    return other.z >= box.z + box.dz and common_area(base(box), base(other)) > 0


def check_sequence(plan: LoadPlan) -> Violations:
    """Check that each box finds the way from the door free, and nothing above its place."""
    violations: Violations = []
    for index, box in enumerate(plan):
        for earlier in range(index):
            if _is_in_front(box, plan[earlier]) or _is_above(box, plan[earlier]):
                text = f"box {earlier} is in its way when it is loaded"
                violations.append(Violation(Kind.SEQUENCE, index, text))
                break
    return violations


def check_unloading(problem: Problem, plan: LoadPlan) -> Violations:
    """Check that no box of a later stop bars the way out of a box.

    A box of a later stop may stand before it as far as it ends at most the cross depth beyond the
    box's own door side; it may never stand above it.
    """
    violations: Violations = []
    depth = problem.rules.cross_depth
    stops = [problem.types[box.type_index].stop for box in plan]
    for index, box in enumerate(plan):
        reach = box.x + box.dx + depth
        for other, stop in enumerate(stops):
            if stop <= stops[index]:
                continue
            later = plan[other]
            barred = _is_in_front(box, later) and later.x + later.dx > reach
            if barred or _is_above(box, later):
                text = f"of stop {stops[index]}, box {other} of stop {stop} is in its way out"
                violations.append(Violation(Kind.UNLOADING, index, text))
                break
    return violations
