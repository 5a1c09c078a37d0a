"""Costs of a problem as a table, for searches that look at all pairs at once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot

IMPOSSIBLE = 1 << 60
"""The cost of a pair that may not meet."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def cost_table(problem: Problem, consignment_ids: Sequence[str], slots: Sequence[Slot]) -> Ints:
    """Return US cents: a row for each free consignment, a column for each slot."""
    columns = {slot.cost_key: column for column, slot in enumerate(slots)}
    table: Ints = np.full((len(consignment_ids), len(slots)), IMPOSSIBLE, dtype=np.int64)
    for row, consignment_id in enumerate(consignment_ids):
        costs = problem.assignment_cost[consignment_id]
        possible = [(columns[key], cost) for key, cost in costs.items() if key in columns]
        if possible:
            table[row, [column for column, _ in possible]] = [cost for _, cost in possible]
    return table
