"""The fewest loadings that together hold all boxes, by CP-SAT."""

from collections.abc import Sequence

from ortools.sat.python import cp_model

from optimizer.loading.fewest_containers.patterns import Counts


def cover(
    patterns: Sequence[Counts],
    quantities: Sequence[int],
    *,
    fewer_than: int,
    at_least: int,
    effort: float,
) -> list[Counts] | None:
    """Return patterns, repeated as often as they are used, that hold at least these quantities.

    Args:
        patterns: boxes of each type in a container.
        quantities: boxes of each type to be held.
        fewer_than: only a cover by fewer containers is wanted.
        at_least: a lower bound on the number of containers.
        effort: limit of CP-SAT's deterministic time.

    Returns:
        None if there is no such cover, or none was found within the effort.
    """
    if fewer_than <= at_least:
        return None
    model = cp_model.CpModel()
    uses = []
    for number, counts in enumerate(patterns):
        needed = max(
            -(-quantity // count)
            for quantity, count in zip(quantities, counts, strict=True)
            if count
        )
        uses.append(model.new_int_var(0, min(needed, fewer_than - 1), f"uses of {number}"))
    for index, quantity in enumerate(quantities):
        held = [counts[index] * use for counts, use in zip(patterns, uses, strict=True)]
        model.add(sum(held) >= quantity)
    containers = sum(uses)
    model.add(containers <= fewer_than - 1)
    model.add(containers >= at_least)
    model.minimize(containers)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = effort
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [
        counts for counts, use in zip(patterns, uses, strict=True) for _ in range(solver.value(use))
    ]
