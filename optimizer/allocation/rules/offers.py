"""A departure gives no more containers of a type than it offers."""

from collections import Counter

from ortools.sat.python import cp_model

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Instance
from optimizer.allocation.problem import Problem
from optimizer.allocation.rules.rule import DepartureRule
from optimizer.allocation.variables import Variables


class Offers(DepartureRule):
    """The containers in use on a departure, by type, are within its offer."""

    codes = frozenset({LeftOutCode.NO_CAPACITY})

    def add_rows(self, model: cp_model.CpModel, variables: Variables, problem: Problem) -> None:
        """Add one row for each departure and type."""
        for pool, count in problem.on_offer.items():
            used = [variables.used[slot.key] for slot in variables.slots if slot.pool == pool]
            if used:
                model.add(sum(used) <= count)

    def remaining_containers(self, pool: tuple[str, str], used: int, problem: Problem) -> int:
        """Return how many more containers the departure gives."""
        return problem.on_offer.get(pool, 0) - used


def containers_on_offer(instance: Instance) -> dict[tuple[str, str], int]:
    """Return how many containers, frozen and locked ones aside, a plan may have in each pool.

    The number of consignments limits an offer without a number. Containers with committed cargo
    always stay.
    """
    count = len(instance.demands)
    with_committed = {d.current_consolidation_id for d in instance.demands if d.committed}
    fixed: Counter[tuple[str, str]] = Counter()
    staying: Counter[tuple[str, str]] = Counter()
    for container in instance.consolidations:
        pool = (container.voyage_id, container.spec.iso_type)
        slushy = container.stage == "slushy"
        fixed[pool] += not slushy
        staying[pool] += slushy and container.consolidation_id in with_committed
    return {
        pool: max(
            count if offer.available is None else min(count, offer.available - fixed[pool]),
            staying[pool],
        )
        for departure in instance.departures
        for offer in departure.offers
        for pool in [(departure.voyage_id, offer.iso_type)]
    }
