"""Dispatchers pin a consignment to a voyage or container, and it goes there if it can.

A pin binds in two ways. The consignment goes nowhere else (`Pin`). And it goes there at any price:
another consignment stays behind for it, or a container is opened for it (`PinFirst`). The second
is a price on leaving it out, added to the cost that the search minimises, and not a row: of
several pins that cannot all hold, a plan must keep as many as it can, and every search (the greedy
ones, CP-SAT, the Lagrangian bound, the repair after loading) already weighs the price of leaving
out. The price of one pin is higher than all that a plan could save by breaking it
(`Problem.required_price`), so that the search is lexicographic: first the number of pins kept, then
the cost. The price is in no published figure: a plan's cost counts what the forwarder pays, and its
lower bound holds for all plans that keep the pins that this one keeps.
"""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from optimizer.allocation.problem import Rejection, Remedy, SlotRejection
from optimizer.allocation.rules.rule import ConsignmentRule, PlacementRule, SlotRule
from optimizer.allocation.slots import Slot

_CODES = frozenset({LeftOutCode.PINNED})


class PinTarget(ConsignmentRule):
    """A pin names a voyage or container that can be planned and is not forbidden."""

    codes = _CODES

    def reject(self, demand: Demand, instance: Instance) -> Rejection | None:
        """Reject a pin that no plan can follow."""
        voyage_id, consolidation_id = demand.pinned_voyage_id, demand.pinned_consolidation_id
        containers = {c.consolidation_id: c for c in instance.consolidations}
        container = containers.get(consolidation_id or "")
        voyage_ids = {departure.voyage_id for departure in instance.departures}
        if voyage_id in demand.forbidden_voyage_ids:
            reason = f"voyage {voyage_id} is forbidden for it"
        elif voyage_id not in (None, *voyage_ids):
            reason = f"voyage {voyage_id} cannot be planned"
        elif consolidation_id is not None and container is None:
            reason = f"{consolidation_id} cannot be planned"
        elif container is not None and container.voyage_id not in (voyage_ids | {voyage_id}):
            reason = f"{consolidation_id} has lost its voyage"
        elif container is not None and voyage_id not in (None, container.voyage_id):
            reason = f"{consolidation_id} goes with {container.voyage_id}, not with {voyage_id}"
        else:
            return None
        return Rejection(code=LeftOutCode.PINNED, reason=reason)


class Pin(SlotRule):
    """A pinned consignment goes nowhere but where it is pinned to."""

    codes = _CODES

    def reject_in(self, demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
        """Reject every slot but those of the pin."""
        _ = instance
        voyage_id = slot.pool[0]
        here = demand.pinned_consolidation_id in (None, slot.key)
        if here and demand.pinned_voyage_id in (None, voyage_id):
            return None
        return SlotRejection(
            code=LeftOutCode.PINNED, remedy=Remedy.CHANGE_COMMAND, reason=_pin_of(demand)
        )


class PinFirst(PlacementRule):
    """A pinned consignment goes before all others, whatever that costs."""

    codes = _CODES

    def binds(self, demand: Demand) -> bool:
        """Return whether the consignment is pinned."""
        return (demand.pinned_voyage_id, demand.pinned_consolidation_id) != (None, None)

    def met_reason(self, demand: Demand) -> str:
        """Return the sentence for a pinned consignment that goes where it should."""
        return _pin_of(demand)

    def unmet_reason(self, demand: Demand, because: str) -> str:
        """Return the sentence for a pinned consignment that no plan can take where it should go."""
        return f"{_pin_of(demand)}, does not fit because {because}"


def _pin_of(demand: Demand) -> str:
    target = demand.pinned_consolidation_id or f"voyage {demand.pinned_voyage_id}"
    return f"pinned to {target}" + (f" by {demand.pinned_by}" if demand.pinned_by else "")
