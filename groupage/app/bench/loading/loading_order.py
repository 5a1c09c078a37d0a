"""An order in which boxes can go in through the door, for plans that have none."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

import numpy as np
import numpy.typing as npt

from groupage.app.bench.loading.problem import Box


def loading_order(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes so that none bars the way of a later one from the door, nor stands above it.

    Boxes that bar each other in a circle come last, as they were.
    """
    if not boxes:
        return []
    table: npt.NDArray[np.int64] = np.array(boxes, dtype=np.int64)
    low, high = table[:, 1:4].T, (table[:, 1:4] + table[:, 4:7]).T
    x, y, z = (
        (low[axis] < high[axis][:, None]) & (high[axis] > low[axis][:, None]) for axis in range(3)
    )
    in_front = y & z & (low[0] >= high[0][:, None])
    above = x & y & (low[2] >= high[2][:, None])
    # bars[i, j]: box j must come after box i.
    bars = in_front | above
    waits_for = bars.sum(axis=0)
    ready = np.flatnonzero(waits_for == 0).tolist()
    heapify(ready)
    order: list[int] = []
    while ready:
        index = heappop(ready)
        order.append(index)
        for later in np.flatnonzero(bars[index]).tolist():
            waits_for[later] -= 1
            if not waits_for[later]:
                heappush(ready, later)
    in_circles = sorted(set(range(len(boxes))) - set(order))
    return [boxes[index] for index in (*order, *in_circles)]
