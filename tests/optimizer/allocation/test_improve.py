"""The end of large neighbourhood search."""

from optimizer.allocation.build import build_problem
from optimizer.allocation.greedy import construct
from optimizer.allocation.improve import IDLE_PER_CONTAINER, improve
from optimizer.allocation.model import WorkLimit
from optimizer.allocation.problem import NoGoods
from optimizer.deadline import unlimited
from optimizer.sample import sample


def test_a_lane_of_a_few_containers_is_left_after_a_few_neighbourhoods_without_gain() -> None:
    """It searches no more neighbourhoods than with that few allowed."""
    deadline = unlimited("allocate")
    problem = build_problem(sample(consignments=12, seed=1), NoGoods(), deadline)
    start = construct(problem, deadline)
    limit = WorkLimit(seed=1, work=1.0, deadline=deadline)
    best, _ = improve(start, bound=0, limit=limit)
    containers = sum(bool(bin_.members) for bin_ in best.bins.values())
    assert 0 < containers < 4
    again, work = improve(best, bound=0, limit=limit)
    few = IDLE_PER_CONTAINER * containers
    assert (again.cost(), work) == (
        best.cost(),
        improve(best, bound=0, limit=limit, idle_max=few)[1],
    )
