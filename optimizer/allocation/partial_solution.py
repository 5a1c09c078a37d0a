"""An allocation that a heuristic builds: containers with their contents, and their cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

import msgspec

from groupage.domain.instance import Demand
from optimizer.allocation.bins import Bin
from optimizer.allocation.problem import Problem
from optimizer.allocation.rules.registry import DEPARTURE_RULES
from optimizer.allocation.slots import Slot

_RANK = {"must_go": 0, "preferred": 1, "filler": 2}


class PartialSolution:
    """Bins by key; a free consignment that is in none of them is left out."""

    def __init__(self, problem: Problem, *, extra: Sequence[Slot] = ()) -> None:
        self.problem = problem
        slots = {slot.key: slot for slot in (*problem.slots, *extra)}
        self.bins = {key: Bin(slot, problem) for key, slot in slots.items()}
        self.assignment: dict[str, str] = {}
        """Consignment → key of its bin."""
        self._in_use = Counter[tuple[str, str]]()
        """Pool → its containers with cargo, fixed ones aside."""
        for consignment_id, key in problem.fixed.items():
            self.assign(problem.demands[consignment_id], self.bins[key])

    def assign(self, demand: Demand, bin_: Bin) -> None:
        """Put a consignment into a bin that can take it, or that has it anyway."""
        self._in_use[bin_.slot.pool] += not bin_.members and not bin_.slot.fixed
        bin_.add(demand)
        self.assignment[demand.consignment_id] = bin_.slot.key

    def can_assign(self, demand: Demand, bin_: Bin) -> bool:
        """Return whether the rules let the consignment into the bin with its present contents."""
        return (
            self.problem.allows(demand.consignment_id, bin_.slot)
            and bin_.binding_rule(demand) is None
        )

    def unassigned_demands(self) -> list[Demand]:
        """Return the free consignments without a bin: required, most urgent, largest first."""
        return sorted(
            (d for c, d in self.problem.free.items() if c not in self.assignment),
            key=lambda d: (
                d.consignment_id not in self.problem.required,
                _RANK[d.priority],
                -d.volume_cm3,
                d.consignment_id,
            ),
        )

    def remaining_containers(self, pool: tuple[str, str]) -> int:
        """Return how many more containers of this departure and type may be used."""
        used = self._in_use[pool]
        return min(rule.remaining_containers(pool, used, self.problem) for rule in DEPARTURE_RULES)

    def can_use(self, bin_: Bin) -> bool:
        """Return whether a container is in use, or may be under the departure's offers."""
        if bin_.members or bin_.slot.fixed or bin_.slot.pool not in self.problem.on_offer:
            return True
        return self.remaining_containers(bin_.slot.pool) > 0

    def new_bin(self, pool: Slot) -> Bin:
        """Return a new container of a pool, which is not part of the solution yet."""
        slot = msgspec.structs.replace(pool, key=self._free_key(pool), copies_max=1)
        return Bin(slot, self.problem)

    def _free_key(self, pool: Slot) -> str:
        keys = (f"{pool.key} #{number}" for number in count(1))
        return next(key for key in keys if key not in self.bins)

    def add_bin(self, bin_: Bin) -> None:
        """Make a new container, with its contents, part of the solution."""
        self._in_use[bin_.slot.pool] += bool(bin_.members) and not bin_.slot.fixed
        self.bins[bin_.slot.key] = bin_
        self.assignment.update(dict.fromkeys(bin_.members, bin_.slot.key))

    def reassign(self, assignment: Mapping[str, str], slots: Iterable[Slot]) -> "PartialSolution":
        """Return a new solution with this assignment; `slots` may be further containers.

        It leaves out what the rules reject: the caller compares the costs.
        """
        extra = {key: bin_.slot for key, bin_ in self.bins.items() if bin_.members}
        extra.update((slot.key, slot) for slot in slots)
        other = PartialSolution(self.problem, extra=tuple(extra.values()))
        for consignment_id, demand in self.problem.free.items():
            key = assignment.get(consignment_id)
            if key is not None and other.can_assign(demand, other.bins[key]):
                other.assign(demand, other.bins[key])
        return other

    def assignment_cost(self, consignment_id: str, bin_: Bin) -> int:
        """Return the cost of a free consignment in this container, without dead freight."""
        return self.problem.assignment_cost[consignment_id][bin_.slot.cost_key]

    def cost(self) -> int:
        """Return the US cents of everything that allocation decides, and of fixed containers."""
        free = self.problem.free
        return (
            sum(b.opening_cost for b in self.bins.values() if b.members or b.slot.fixed)
            + sum(
                self.assignment_cost(consignment_id, self.bins[key])
                for consignment_id, key in self.assignment.items()
                if consignment_id in free
            )
            + sum(
                cost
                for consignment_id, cost in self.problem.unassigned_cost.items()
                if consignment_id not in self.assignment
            )
        )
