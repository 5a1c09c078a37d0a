"""A complete allocation under construction: open containers, who is in them, what it costs."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

import msgspec

from groupage.domain.instance import Demand
from optimizer.allocation.bins import Bin
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot

_RANK = {"must_go": 0, "preferred": 1, "filler": 2}


class Draft:
    """Containers by key with their contents; whatever is in none of them is left out."""

    def __init__(self, problem: Problem, *, extra: Sequence[Slot] = ()) -> None:
        self.problem = problem
        slots = {slot.key: slot for slot in (*problem.slots, *extra)}
        self.bins = {key: Bin(slot, problem) for key, slot in slots.items()}
        self.where: dict[str, str] = {}
        for consignment_id, key in problem.fixed.items():
            self.put(problem.demands[consignment_id], self.bins[key])

    def put(self, demand: Demand, into: Bin) -> None:
        """Place it. The caller has asked `accepts`, or it is there anyway."""
        into.add(demand)
        self.where[demand.consignment_id] = into.slot.key

    def accepts(self, demand: Demand, into: Bin) -> bool:
        """Whether the consignment may go there and there is room."""
        return (
            self.problem.allows(demand.consignment_id, into.slot) and into.binding(demand) is None
        )

    def unplaced(self) -> list[Demand]:
        """Free consignments without a container, most urgent and biggest first."""
        return sorted(
            (d for one, d in self.problem.free.items() if one not in self.where),
            key=lambda d: (_RANK[d.priority], -d.volume_cm3, d.consignment_id),
        )

    def room(self, pool: tuple[str, str]) -> int:
        """How many more containers of this departure and type may come into use."""
        used = sum(
            bin_.slot.pool == pool and not bin_.slot.fixed and bool(bin_.members)
            for bin_ in self.bins.values()
        )
        return self.problem.room.get(pool, 0) - used

    def usable(self, bin_: Bin) -> bool:
        """Whether a container is in use, or may come into use under the departure's offers."""
        if bin_.members or bin_.slot.fixed or bin_.slot.pool not in self.problem.room:
            return True
        return self.room(bin_.slot.pool) > 0

    def fresh(self, pool: Slot) -> Bin:
        """A new container of a pool; not part of the draft yet."""
        slot = msgspec.structs.replace(pool, key=self._free_key(pool), copies_max=1)
        return Bin(slot, self.problem)

    def _free_key(self, pool: Slot) -> str:
        keys = (f"{pool.key} #{number}" for number in count(1))
        return next(key for key in keys if key not in self.bins)

    def open(self, bin_: Bin) -> None:
        """Take a new container, with what is in it, into the draft."""
        self.bins[bin_.slot.key] = bin_
        self.where.update(dict.fromkeys(bin_.members, bin_.slot.key))

    def rearranged(self, where: Mapping[str, str], slots: Iterable[Slot]) -> "Draft":
        """The draft with these consignments in these containers; `slots` may be further ones.

        What does not go together stays out: the caller compares costs.
        """
        extra = {key: bin_.slot for key, bin_ in self.bins.items() if bin_.members}
        extra.update((slot.key, slot) for slot in slots)
        other = Draft(self.problem, extra=tuple(extra.values()))
        for one, demand in self.problem.free.items():
            key = where.get(one)
            if key is not None and other.accepts(demand, other.bins[key]):
                other.put(demand, other.bins[key])
        return other

    def price(self, consignment_id: str, bin_: Bin) -> int:
        """Cost of one free consignment being in this container, dead freight aside."""
        return self.problem.options[consignment_id][bin_.slot.place]

    def cost(self) -> int:
        """US cents of all that allocation can change, and of the containers that it cannot."""
        free = self.problem.free
        return (
            sum(b.opening_cost for b in self.bins.values() if b.members or b.slot.fixed)
            + sum(self.price(one, self.bins[key]) for one, key in self.where.items() if one in free)
            + sum(cost for one, cost in self.problem.behind.items() if one not in self.where)
        )
