"""One container that a heuristic fills: its contents, what still goes in, its dead freight."""

from groupage.domain.instance import Demand
from optimizer.allocation import pricing
from optimizer.allocation.problem import Problem
from optimizer.allocation.rules.registry import CONTENTS_RULES
from optimizer.allocation.rules.rule import ContentsRule
from optimizer.allocation.slots import Slot


class Bin:
    """The contents of one slot, with the incremental check of each rule about contents."""

    def __init__(self, slot: Slot, problem: Problem) -> None:
        self.slot = slot
        self.members: dict[str, Demand] = {}
        self.volume_cm3 = 0
        self._weights = problem.instance.weights
        self._checks = tuple((rule, rule.start(slot, problem)) for rule in CONTENTS_RULES)

    def binding_rule(self, demand: Demand) -> ContentsRule | None:
        """Return the first rule that keeps the consignment out; None when it may join."""
        for rule, check in self._checks:
            if not check.admits(demand):
                return rule
        return None

    def add(self, demand: Demand) -> None:
        """Add a consignment that no rule keeps out, or one that is in the container anyway."""
        self.members[demand.consignment_id] = demand
        self.volume_cm3 += demand.volume_cm3
        for _, check in self._checks:
            check.add(demand)

    @property
    def dead_freight(self) -> int:
        """US cents at the present contents."""
        return self._dead_freight(self.volume_cm3)

    def saving(self, demand: Demand) -> int:
        """Return the US cents by which this consignment would lower the dead freight."""
        return self.dead_freight - self._dead_freight(self.volume_cm3 + demand.volume_cm3)

    @property
    def opening_cost(self) -> int:
        """Freight, handling and dead freight, US cents."""
        return self.slot.open_cost + self.dead_freight

    def _dead_freight(self, cargo_cm3: int) -> int:
        return pricing.dead_freight(self.slot.spec.iso_type, cargo_cm3, self._weights)
