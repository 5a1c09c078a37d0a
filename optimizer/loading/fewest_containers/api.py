"""Entry point: load all boxes into as few containers as possible.

Loadings of single containers are collected from many short searches over parts of the boxes. CP-SAT
then finds the fewest of them that hold every box: set covering over patterns, as for cutting stock
(P. C. Gilmore and R. E. Gomory, 1961, https://doi.org/10.1287/opre.9.6.849). Anytime: the first
plan is complete, and later ones need fewer containers.
"""

import time
from collections.abc import Callable, Sequence

from groupage.domain.errors import InvalidInput
from optimizer.loading.fewest_containers.search import Budget, Search
from optimizer.loading.kernel.api import BoxType, Loading, Support


def fill_all(
    container: tuple[int, int, int],
    types: Sequence[BoxType],
    *,
    support: Support,
    seconds: float | None,
    work: int | None,
    seed: int = 0,
    on_better: Callable[[list[Loading]], None] | None = None,
) -> list[Loading]:
    """Return a loading for each container; together they hold all boxes.

    Args:
        container: Inner length, width and height of each container.
        types: The boxes to load.
        support: Whether each base must be supported whole.
        seconds: CPU seconds of this process after which the search ends.
        work: Placed blocks after which the search ends; the plan is the same on each machine.
        seed: Another seed searches in another order.
        on_better: Called with each complete plan that needs fewer containers.

    Raises:
        InvalidInput: there is no limit, or a box does not fit; names the box type.
    """
    if seconds is None and work is None:
        raise InvalidInput("seconds and work are both None: the search would never end")
    for index, box_type in enumerate(types):
        if box_type.quantity and not _fits(box_type, container):
            raise InvalidInput(
                f"types[{index}].edges is {box_type.edges}: such a box does not fit into the "
                f"container {container} as its marks allow"
            )
    if not any(box_type.quantity for box_type in types):
        return []
    ends_at_s = None if seconds is None else time.process_time() + seconds
    search = Search(container, types, support=support, budget=Budget(ends_at_s, work), seed=seed)
    return search.run(on_better or (lambda _: None))


def _fits(box_type: BoxType, container: tuple[int, int, int]) -> bool:
    length, width, height = container
    for upright in range(3):
        if not box_type.vertical[upright] or box_type.edges[upright] > height:
            continue
        a, b = (edge for axis, edge in enumerate(box_type.edges) if axis != upright)
        if (a <= length and b <= width) or (b <= length and a <= width):
            return True
    return False
