"""The allocation problem: what is decided, what is given, and what each choice costs."""

from collections.abc import Mapping
from enum import IntEnum

import msgspec

from groupage.domain.codes import LeftOutCode
from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import Demand, Departure, Instance, Weights
from optimizer.allocation import pricing
from optimizer.allocation.slots import Slot
from optimizer.loading.floor.capacity import FloorLimit


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """The reason why a consignment may not be in a container, or in any."""

    code: LeftOutCode
    reason: str


OUT_OF_TIME = Rejection(
    code=LeftOutCode.TIME_LIMIT,
    reason="the time limit ended the search before a place or a reason was found for it",
)


class Remedy(IntEnum):
    """The way out for a consignment that a slot rejects, the easiest for people first.

    When every slot rejects a consignment, the plan names the rejection with the easiest remedy.
    """

    CHANGE_COMMAND = 1
    RELEASE_HOLD = 2
    SPLIT_BY_MASS = 3
    """Before the size: a slot that is large enough and rejects the mass is the nearer miss."""
    SPLIT_BY_SIZE = 4
    ARRIVE_EARLIER = 5
    OTHER_CONTAINER = 6
    OTHER_DEPARTURE = 7


class SlotRejection(Rejection, frozen=True, kw_only=True):
    """The reason why a consignment may not be in one slot."""

    remedy: Remedy


class NoGoods(msgspec.Struct, frozen=True, kw_only=True):
    """Allocations of the same instance that the loader ruled out."""

    opened: tuple[Slot, ...] = ()
    """Containers that an earlier allocation opened, also emptied ones: their names are taken."""
    keep: Mapping[str, str] = {}
    """Consignment → container where all its cartons were placed."""
    forbidden: frozenset[tuple[str, str]] = frozenset()
    """(consignment, container): did not fit."""
    shortages: Mapping[tuple[str, str], str] = {}
    """Of those `forbidden` the ones for which the floor provably did not suffice, with figures."""
    caps_cm3: Mapping[str, int] = {}
    """Containers in which something did not fit → volume to which they may be filled again."""
    left_out: frozenset[str] = frozenset()
    """Consignments that did not fit, or for which the time did not suffice, and that stay out."""
    not_loaded: frozenset[tuple[str, str]] = frozenset()
    """(consignment, container): the deadline ended loading before it was loaded."""
    final: bool = False
    """Place nothing more: the plan is what the kept consignments make."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What an allocation decides about, and what it must take as given."""

    instance: Instance
    no_goods: NoGoods
    departures: dict[str, Departure]
    slots: tuple[Slot, ...]
    """Containers that are open: those of the published plan, and of earlier rounds."""
    pools: tuple[Slot, ...]
    """New containers, counted."""
    on_offer: dict[tuple[str, str], int]
    """Pool → containers that a plan may have in it."""
    fixed: dict[str, str]
    """Consignment → container, where nothing is to be decided."""
    free: dict[str, Demand]
    """Consignments to decide about, in the order of their ids."""
    demands: dict[str, Demand]
    """All consignments by id."""
    unassigned_cost: dict[str, int]
    """Free consignment → cost of leaving it out, US cents; with `required_price` if required."""
    required: frozenset[str] = frozenset()
    """Free consignments that must be placed before costs count (`PlacementRule`)."""
    required_price: int = 0
    """US cents of the search only: more than all that leaving out one of `required` could save."""
    assignment_cost: dict[str, dict[str, int]]
    """Free consignment → cost key of each slot that it may go into → cost, US cents."""
    rejections: dict[str, dict[str, SlotRejection]]
    """Free consignment → cost key of each slot that it may not go into → reason."""
    rejected: dict[str, Rejection]
    """Consignments that no container can take, or that the deadline kept from being looked at."""
    unexplored: frozenset[str]
    """Consignments of which the deadline let no or only one slot be looked at."""
    bulk_cm3: dict[int, dict[str, int]]
    """Inner height in mm → consignment → its bulk (see `bulk.bulk_cm3`)."""
    floor_limits: dict[ContainerSpec, tuple[FloorLimit, ...]]
    """Limits of cargo that takes floor of its own (rule `floor_area`)."""

    def allows(self, consignment_id: str, slot: Slot) -> bool:
        """Return whether the consignment may be in the slot, whatever else is in it."""
        if self.no_goods.final or (consignment_id, slot.key) in self.no_goods.forbidden:
            return False
        return slot.cost_key in self.assignment_cost[consignment_id]


def sailing_cost(demand: Demand, slot: Slot, weights: Weights) -> int:
    """Return lateness and waiting in this slot, US cents; 0 when its voyage is not known."""
    if slot.departure is None:
        return 0
    return pricing.lateness(demand, slot.departure, weights) + pricing.waiting(
        demand, slot.departure, weights
    )


def constant_cost(problem: Problem, *, proven: bool = False) -> int:
    """Return the cost, in US cents, that is the same in every allocation of the problem.

    That is lateness, waiting, leaving out and change of the consignments not decided about. The
    `proven` part is the same in every plan of the instance: nothing rules out a better place for a
    consignment that was not looked at.
    """
    instance = problem.instance
    slots = {slot.key: slot for slot in problem.slots}
    total = 0
    for consignment_id, key in problem.fixed.items():
        demand = problem.demands[consignment_id]
        total += sailing_cost(demand, slots[key], instance.weights)
        if demand.current_consolidation_id not in (None, key):
            total += pricing.change_price(demand, instance)
    skipped = problem.unexplored if proven else frozenset[str]()
    for consignment_id in problem.rejected.keys() - skipped:
        demand = problem.demands[consignment_id]
        total += pricing.left_out(demand, instance)
        if demand.current_consolidation_id is not None:
            total += pricing.change_price(demand, instance)
    return total
