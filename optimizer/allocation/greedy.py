"""Allocations without search: the first answer, the solver's hint, and the fallback."""

from collections.abc import Iterable, Mapping

from groupage.domain.instance import Demand
from optimizer.allocation.bins import Bin
from optimizer.allocation.partial_solution import PartialSolution
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot
from optimizer.deadline import StageDeadline


def construct(problem: Problem, deadline: StageDeadline) -> PartialSolution:
    """Keep the published plan, fill open containers, then open new ones as long as that pays."""
    solution = PartialSolution(problem)
    fill_up(solution, deadline)
    return solution


def fill_up(solution: PartialSolution, deadline: StageDeadline) -> None:
    """Add to a solution what `construct` would."""
    keep_published(solution)
    fill_open(solution, deadline)
    open_new(solution, deadline)


def keep_published(solution: PartialSolution) -> None:
    """Assign each consignment to its container of the published plan where the rules allow it."""
    for demand in solution.unassigned_demands():
        key = demand.current_consolidation_id
        bin_ = solution.bins.get(key) if key is not None else None
        if bin_ is not None and solution.can_use(bin_) and solution.can_assign(demand, bin_):
            solution.assign(demand, bin_)


def fill_open(solution: PartialSolution, deadline: StageDeadline) -> None:
    """Assign each consignment to the cheapest container in use, where that beats leaving it."""
    for demand in solution.unassigned_demands():
        if deadline.is_over():
            return
        bins = [b for b in solution.bins.values() if b.members and solution.can_assign(demand, b)]
        if not bins:
            continue
        best = min(bins, key=lambda b: (_added_cost(solution, demand, b), b.slot.key))
        cost = _added_cost(solution, demand, best)
        if cost < solution.problem.unassigned_cost[demand.consignment_id]:
            solution.assign(demand, best)


def _added_cost(solution: PartialSolution, demand: Demand, bin_: Bin) -> int:
    return solution.assignment_cost(demand.consignment_id, bin_) - bin_.saving(demand)


def open_new(solution: PartialSolution, deadline: StageDeadline) -> None:
    """Open the container that saves most, fill it, and repeat until none saves anything."""
    while waiting := solution.unassigned_demands():
        candidates = []
        for bin_ in _unused_bins(solution):
            if deadline.is_over():
                return
            candidates.append(_fill(solution, bin_, waiting))
        best = max(candidates, key=lambda c: (c[0], c[1].slot.key), default=None)
        if best is None or best[0] <= 0:
            return
        solution.add_bin(best[1])


def _unused_bins(solution: PartialSolution) -> Iterable[Bin]:
    """Yield an empty bin for each unused container and for each pool that has one left."""
    for slot in solution.problem.slots:
        bin_ = solution.bins[slot.key]
        if not bin_.members and not slot.fixed and solution.can_use(bin_):
            yield Bin(slot, solution.problem)
    for pool in solution.problem.pools:
        if solution.remaining_containers(pool.pool) > 0:
            yield solution.new_bin(pool)


def _fill(solution: PartialSolution, bin_: Bin, waiting: list[Demand]) -> tuple[int, Bin]:
    """Fill an empty bin, highest gain per volume first; return what that saves, and the bin."""
    problem = solution.problem
    gains = []
    for demand in waiting:
        consignment_id = demand.consignment_id
        if problem.allows(consignment_id, bin_.slot):
            cost = problem.assignment_cost[consignment_id][bin_.slot.cost_key]
            gain = problem.unassigned_cost[consignment_id] - cost
            if gain > 0:
                gains.append((-gain / max(1, demand.volume_cm3), consignment_id, gain, demand))
    saved = 0
    for _, _, gain, demand in sorted(gains, key=lambda g: g[:2]):
        if bin_.binding_rule(demand) is None:
            bin_.add(demand)
            saved += gain
    return saved - bin_.opening_cost, bin_


def expand(
    problem: Problem,
    assignment: Mapping[str, str],
    used: Mapping[str, int],
    deadline: StageDeadline,
) -> PartialSolution:
    """Turn a solution with counted containers into one with single containers.

    `assignment` is consignment → slot key; `used` is slot key → containers in use.
    """
    solution = PartialSolution(problem)
    pools = {pool.key: pool for pool in problem.pools}
    new_bins = {
        key: _add_new_bins(solution, pools[key], count)
        for key, count in used.items()
        if key in pools
    }
    for demand in solution.unassigned_demands():
        key = assignment.get(demand.consignment_id, "")
        bins = new_bins.get(key, [])
        if key in solution.bins:
            bins = [solution.bins[key]]
        target = next((b for b in bins if solution.can_assign(demand, b)), None)
        if target is not None:
            solution.assign(demand, target)
    for bins in new_bins.values():
        for bin_ in bins:
            if not bin_.members:
                del solution.bins[bin_.slot.key]
    fill_open(solution, deadline)
    open_new(solution, deadline)
    return solution


def fill_by_choice(
    solution: PartialSolution, choices: Mapping[str, str], deadline: StageDeadline
) -> None:
    """Put each consignment into the slot that it chooses, then fill up like `construct`.

    `choices` is consignment → slot key. For problems with too many containers to try.
    """
    problem = solution.problem
    pools = {pool.key: pool for pool in problem.pools}
    filling: dict[str, list[Bin]] = {}
    for demand in solution.unassigned_demands():
        if deadline.is_over():
            break
        key = choices.get(demand.consignment_id, "")
        bins = [solution.bins[key]] if key in solution.bins else filling.setdefault(key, [])
        target = next((b for b in bins if solution.can_assign(demand, b)), None)
        if target is None and key in pools and solution.remaining_containers(pools[key].pool) > 0:
            target = solution.new_bin(pools[key])
            solution.add_bin(target)
            bins.append(target)
        if target is not None and solution.can_assign(demand, target) and solution.can_use(target):
            solution.assign(demand, target)
    fill_open(solution, deadline)
    open_new(solution, deadline)


def _add_new_bins(solution: PartialSolution, pool: Slot, count: int) -> list[Bin]:
    bins = []
    for _ in range(count):
        bin_ = solution.new_bin(pool)
        solution.add_bin(bin_)
        bins.append(bin_)
    return bins


def first_fit(problem: Problem) -> PartialSolution:
    """Plan like a forwarder by hand: in order of arrival, into the first departure it reaches.

    Opens the type that costs least for its volume. The baseline of benchmarks.
    """
    solution = PartialSolution(problem)
    for demand in sorted(problem.free.values(), key=lambda d: (d.available_at, d.consignment_id)):
        for voyage_id in problem.departures:
            if _first_fit_on(solution, demand, voyage_id):
                break
    return solution


def _first_fit_on(solution: PartialSolution, demand: Demand, voyage_id: str) -> bool:
    for bin_ in solution.bins.values():
        on_voyage = bin_.slot.pool[0] == voyage_id
        if on_voyage and bin_.members and solution.can_assign(demand, bin_):
            solution.assign(demand, bin_)
            return True
    pools = [
        pool
        for pool in solution.problem.pools
        if pool.pool[0] == voyage_id and solution.remaining_containers(pool.pool) > 0
    ]
    for pool in sorted(pools, key=lambda p: (p.open_cost / p.usable_cm3, p.key)):
        bin_ = solution.new_bin(pool)
        if solution.can_assign(demand, bin_):
            solution.add_bin(bin_)
            solution.assign(demand, bin_)
            return True
    return False


def fill_mix(
    problem: Problem,
    used: Mapping[str, int],
    voyages: Mapping[str, str],
    stay: Iterable[str],
    deadline: StageDeadline,
) -> PartialSolution:
    """Fill the containers of a mix with the consignments that it puts on each departure.

    `used` is slot key → containers in use, `voyages` consignment → departure; those in `stay` keep
    their container. Whatever finds no room then goes where `construct` would put it.
    """
    solution = PartialSolution(problem)
    staying = frozenset(stay)
    for demand in solution.unassigned_demands():
        bin_ = solution.bins.get(demand.current_consolidation_id or "")
        if demand.consignment_id in staying and bin_ and solution.can_assign(demand, bin_):
            solution.assign(demand, bin_)
    new = [
        bin_
        for pool in problem.pools
        for bin_ in _add_new_bins(solution, pool, used.get(pool.key, 0))
    ]
    old = [b for k, b in solution.bins.items() if used.get(k) and not b.slot.fixed]
    demands = solution.unassigned_demands()
    for demand in sorted(demands, key=lambda d: d.consignment_id not in problem.required):
        voyage_id = voyages.get(demand.consignment_id)
        if voyage_id is None:
            continue
        target = next(
            (
                bin_
                for bin_ in (*old, *new)
                if bin_.slot.pool[0] == voyage_id and solution.can_assign(demand, bin_)
            ),
            None,
        )
        if target is not None:
            solution.assign(demand, target)
    for bin_ in new:
        if not bin_.members:
            del solution.bins[bin_.slot.key]
    fill_open(solution, deadline)
    open_new(solution, deadline)
    return solution
