"""A greedy choice of containers for many consignments or many departures, in tables.

It does what `greedy.open_new` does, with the volume as the only limit, and without trying every
container again after each one that it opens: with less cargo left a container seldom saves more
than before, so that most old values need no renewal (M. Minoux, Accelerated greedy algorithms for
maximizing submodular set functions, 1978).
"""

import heapq

import numpy as np
import numpy.typing as npt

from optimizer.allocation.bins import Bin
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.pricing import dead_freight
from optimizer.allocation.tables import Ints, cost_table
from optimizer.deadline import StageDeadline


def choose_greedily(solution: PartialSolution, deadline: StageDeadline) -> dict[str, str]:
    """Return consignment → slot key for consignments that have no container yet.

    Those that are not in the result are left out.
    """
    bundles = _Bundles(solution)
    choices: dict[str, str] = {}
    # The least entry is the container that saves most; before the first look any may be that.
    queue = [(-float("inf"), column) for column in range(len(bundles.bins))]
    while queue and not deadline.is_over():
        _, column = heapq.heappop(queue)
        saved, rows = bundles.fill(column)
        if saved <= 0:
            continue
        if queue and saved < -queue[0][0]:
            heapq.heappush(queue, (-saved, column))
            continue
        key = bundles.bins[column].slot.key
        choices.update((bundles.ids[row], key) for row in rows.tolist())
        bundles.waiting[rows] = False
        bundles.copies[column] -= 1
        if bundles.copies[column] > 0:
            heapq.heappush(queue, (-saved, column))
    return choices


class _Bundles:
    """What each container would save if it took the best of the cargo that is left."""

    def __init__(self, solution: PartialSolution) -> None:
        problem = solution.problem
        self._weights = problem.instance.weights
        demands = solution.unassigned_demands()
        self.ids = tuple(demand.consignment_id for demand in demands)
        pools = [(pool, solution.remaining_containers(pool.pool)) for pool in problem.pools]
        self.bins = [
            *(b for b in solution.bins.values() if not b.slot.fixed and solution.can_use(b)),
            *(Bin(pool, problem) for pool, copies in pools if copies > 0),
        ]
        copies_by_key = {pool.key: copies for pool, copies in pools}
        self.copies = [copies_by_key.get(bin_.slot.key, 1) for bin_ in self.bins]
        cost = cost_table(problem, self.ids, [bin_.slot for bin_ in self.bins])
        left_out = np.array([problem.unassigned_cost[c] for c in self.ids], dtype=np.int64)
        self._gains = left_out[:, None] - cost
        self._volume = np.array([max(1, d.volume_cm3) for d in demands], dtype=np.int64)
        self.waiting: npt.NDArray[np.bool_] = np.ones(len(self.ids), dtype=bool)

    def fill(self, column: int) -> tuple[int, Ints]:
        """Return the US cents saved by filling a container, best cargo first, and its cargo."""
        bin_ = self.bins[column]
        gains = self._gains[:, column]
        rows = np.flatnonzero(self.waiting & (gains > 0))
        rows = rows[np.argsort(-gains[rows] / self._volume[rows], kind="stable")]
        filled = np.cumsum(self._volume[rows])
        room_cm3 = bin_.slot.usable_cm3 - bin_.volume_cm3
        count = int(np.searchsorted(filled, room_cm3, side="right"))
        if not count:
            return 0, rows[:0]
        cargo_cm3 = bin_.volume_cm3 + int(filled[count - 1])
        iso_type = bin_.slot.spec.iso_type
        cost = dead_freight(iso_type, cargo_cm3, self._weights)
        cost += -bin_.dead_freight if bin_.members else bin_.slot.open_cost
        return int(gains[rows[:count]].sum()) - cost, rows[:count]
