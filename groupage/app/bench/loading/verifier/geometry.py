"""Check counts, sizes, orientations, walls, overlaps and support."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from groupage.app.bench.loading.problem import Box, LoadPlan, Problem
from groupage.app.bench.loading.verifier.violation import Kind, Violation, Violations

Rect: TypeAlias = tuple[int, int, int, int]
"""x from and to, y from and to."""


def base(box: Box) -> Rect:
    """Return the rectangle that a box covers, seen from above."""
    return box.x, box.x + box.dx, box.y, box.y + box.dy


def common_area(a: Rect, b: Rect) -> int:
    """Return the area that two rectangles have in common."""
    width = min(a[1], b[1]) - max(a[0], b[0])
    depth = min(a[3], b[3]) - max(a[2], b[2])
    return max(0, width) * max(0, depth)


def union_area(rects: Sequence[Rect]) -> int:
    """Return the area that the rectangles cover together."""
    area = 0
    edges = sorted({x for rect in rects for x in rect[:2]})
    for left, right in pairwise(edges):
        depth, end = 0, None
        for near, far in sorted((r[2], r[3]) for r in rects if r[0] <= left and r[1] >= right):
            start = near if end is None else max(near, end)
            depth += max(0, far - start)
            end = far if end is None else max(far, end)
        area += (right - left) * depth
    return area


def boxes_below(plan: LoadPlan) -> list[list[tuple[int, int]]]:
    """Return for each box those that its base rests on, with the area of contact."""
    by_top: dict[int, list[int]] = defaultdict(list)
    for index, box in enumerate(plan):
        by_top[box.z + box.dz].append(index)
    return [
        [
            (other, area)
            for other in by_top.get(box.z, ())
            if other != index and (area := common_area(base(box), base(plan[other])))
        ]
        for index, box in enumerate(plan)
    ]


def check_counts(problem: Problem, plans: Sequence[LoadPlan]) -> Violations:
    """Check the types and numbers of the boxes of all containers together."""
    violations: Violations = []
    counts = Counter(box.type_index for plan in plans for box in plan)
    for index in sorted(counts):
        if not 0 <= index < len(problem.types):
            text = f"type {index} of {len(problem.types)}"
            violations.append(Violation(Kind.UNKNOWN_TYPE, None, text))
    for index, box_type in enumerate(problem.types):
        loaded, quantity = counts[index], box_type.quantity
        if loaded > quantity or (problem.all_boxes and loaded < quantity):
            text = f"{loaded} boxes of type {box_type.number}, there are {quantity}"
            violations.append(Violation(Kind.COUNT, None, text))
    return violations


def check_boxes(problem: Problem, plan: LoadPlan) -> Violations:
    """Check each box alone: its size, its orientation, and the walls."""
    violations: Violations = []
    for index, box in enumerate(plan):
        box_type = problem.types[box.type_index]
        size = (box.dx, box.dy, box.dz)
        if sorted(size) != sorted(box_type.edges):
            text = f"{size} is not a way to stand of a box of {box_type.edges}"
            violations.append(Violation(Kind.SIZE, index, text))
        elif size not in box_type.orientations():
            text = f"an edge of {box.dz} stands vertical, against the marks"
            violations.append(Violation(Kind.ORIENTATION, index, text))
        for name, start, edge, inner in zip(
            "xyz", (box.x, box.y, box.z), size, problem.container, strict=True
        ):
            if start < 0 or start + edge > inner:
                text = f"{name} from {start} to {start + edge}, allowed is 0 to {inner}"
                violations.append(Violation(Kind.WALLS, index, text))
    return violations


def _neighbours(plan: LoadPlan) -> Iterator[tuple[int, int]]:
    """Yield pairs of boxes that share some of the length."""
    order = sorted(range(len(plan)), key=lambda index: plan[index].x)
    for place, i in enumerate(order):
        end = plan[i].x + plan[i].dx
        for j in order[place + 1 :]:
            if plan[j].x >= end:
                break
            yield i, j


def check_overlaps(plan: LoadPlan) -> Violations:
    """Check that no two boxes share space."""
    violations: Violations = []
    for i, j in _neighbours(plan):
        a, b = plan[i], plan[j]
        if (
            a.y < b.y + b.dy
            and b.y < a.y + a.dy
            and a.z < b.z + b.dz
            and b.z < a.z + a.dz
            and a.x < b.x + b.dx
        ):
            violations.append(Violation(Kind.OVERLAP, max(i, j), f"overlaps box {min(i, j)}"))
    return violations


def check_support(plan: LoadPlan) -> Violations:
    """Check that each whole base rests on the floor or on tops of boxes."""
    violations: Violations = []
    for index, (box, below) in enumerate(zip(plan, boxes_below(plan), strict=True)):
        if not box.z:
            continue
        x1, x2, y1, y2 = base(box)
        held = union_area(
            [
                (max(x1, a), min(x2, b), max(y1, c), min(y2, d))
                for a, b, c, d in (base(plan[other]) for other, _ in below)
            ]
        )
        if held < box.dx * box.dy:
            kind = Kind.PART_SUPPORTED if held else Kind.FLOATING
            text = f"{held} of {box.dx * box.dy} of its base are supported"
            violations.append(Violation(kind, index, text))
    return violations
