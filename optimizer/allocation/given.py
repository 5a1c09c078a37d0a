"""Costs that are the same in every allocation of a problem."""

from optimizer.allocation import pricing
from optimizer.allocation.problem import Problem, sailing_cost


def given_cost(problem: Problem) -> int:
    """Lateness, waiting, left-out and change of the consignments that are not decided about."""
    instance = problem.instance
    slots = {slot.key: slot for slot in problem.slots}
    total = 0
    for one, key in problem.fixed.items():
        demand = problem.demands[one]
        total += sailing_cost(demand, slots[key], instance.weights)
        if demand.current_consolidation_id not in (None, key):
            total += pricing.change_price(demand, instance)
    for one in problem.refused:
        demand = problem.demands[one]
        total += pricing.left_out(demand, instance)
        if demand.current_consolidation_id is not None:
            total += pricing.change_price(demand, instance)
    return total
