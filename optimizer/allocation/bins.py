"""One container being filled: what is in it, what still goes in, what its emptiness costs."""

from groupage.domain.instance import Demand
from groupage.domain.plan import LeftOutCode
from optimizer.allocation import pricing
from optimizer.allocation.mixing import declared_cents, may_share, sets_of, weighed_g
from optimizer.allocation.problem import Problem
from optimizer.allocation.slots import Slot


class Bin:
    """Contents of one slot with their sums. Order of filling does not matter to the sums."""

    def __init__(self, slot: Slot, problem: Problem) -> None:
        instance = problem.instance
        self.slot = slot
        self.members: dict[str, Demand] = {}
        self._rules = instance.rules
        self._weights = instance.weights
        self.volume_cm3 = 0
        self._bulk = problem.bulk[slot.spec.height_mm]
        self._bulk_cm3 = 0
        self._gross_g = 0
        self._weighed_g = 0
        self._value_usd_cents: dict[str, int] = {}
        self._mode_sets = frozenset(range(max(1, len(instance.rules.mode_mix))))

    def binding(self, demand: Demand) -> LeftOutCode | None:  # noqa: PLR0911 - one for each limit
        """The limit that keeps this consignment out; None: it goes in."""
        if self.volume_cm3 + demand.volume_cm3 > self.slot.usable_cm3:
            return "no_capacity"
        # A guess: it must not keep anything out of an empty container.
        bulk_cm3 = self._bulk_cm3 + self._bulk[demand.consignment_id]
        if self.members and bulk_cm3 > self.slot.bulk_max_cm3:
            return "no_capacity"
        if self._gross_g + demand.gross_g > self.slot.payload_g:
            return "no_capacity"
        if self._weighed_g + weighed_g(demand) > self.slot.payload_g:
            return "no_capacity"
        if not self._mode_sets & sets_of(demand.mode, self._rules):
            return "mode_mix"
        if demand.mode == "1039":
            there = self._value_usd_cents.get(demand.consignee, 0)
            if there + declared_cents(demand, self._rules) > self._rules.declaration_cap_usd_cents:
                return "declaration_cap"
        if demand.dg_classes and not all(may_share(demand, m) for m in self.members.values()):
            return "dangerous_goods"
        return None

    def add(self, demand: Demand) -> None:
        """Put it in; the caller has asked `binding`, or knows that it is there anyway."""
        self.members[demand.consignment_id] = demand
        self.volume_cm3 += demand.volume_cm3
        self._bulk_cm3 += self._bulk[demand.consignment_id]
        self._gross_g += demand.gross_g
        self._weighed_g += weighed_g(demand)
        self._mode_sets = self._mode_sets & sets_of(demand.mode, self._rules)
        if demand.mode == "1039":
            there = self._value_usd_cents.get(demand.consignee, 0)
            value = there + declared_cents(demand, self._rules)
            self._value_usd_cents[demand.consignee] = value

    @property
    def dead_freight(self) -> int:
        """US cents, as it stands."""
        return self._dead_freight(self.volume_cm3)

    def saving(self, demand: Demand) -> int:
        """By how much this consignment would lower the dead freight."""
        return self.dead_freight - self._dead_freight(self.volume_cm3 + demand.volume_cm3)

    @property
    def opening_cost(self) -> int:
        """Freight, handling and dead freight, US cents."""
        return self.slot.open_cost + self.dead_freight

    def _dead_freight(self, cargo_cm3: int) -> int:
        return pricing.dead_freight(self.slot.spec.iso_type, cargo_cm3, self._weights)
