"""All planning rules, in one order.

The order decides which of several broken rules a plan names, and the order of the rows in the
model. To add a rule, see docs/extending/add-a-planning-rule.md.
"""

from groupage.domain.codes import LeftOutCode
from groupage.domain.instance import Demand, Instance
from optimizer.allocation.problem import Rejection, SlotRejection
from optimizer.allocation.rules.bulk import Bulk
from optimizer.allocation.rules.carton_size import CartonSize
from optimizer.allocation.rules.customs import Customs
from optimizer.allocation.rules.cutoff import AwaitedCargo, Cutoff
from optimizer.allocation.rules.dangerous_goods import DangerousGoodsAllowed, Segregation
from optimizer.allocation.rules.declaration_cap import DeclarationCap
from optimizer.allocation.rules.departures import AnyDeparture, OpenDeparture
from optimizer.allocation.rules.floor_area import FloorArea
from optimizer.allocation.rules.forbid import Forbid
from optimizer.allocation.rules.hold import Hold
from optimizer.allocation.rules.manifest import Manifest
from optimizer.allocation.rules.mode_mix import ModeMix
from optimizer.allocation.rules.offers import Offers
from optimizer.allocation.rules.payload import Payload
from optimizer.allocation.rules.pin import Pin, PinFirst, PinTarget
from optimizer.allocation.rules.rule import (
    ConsignmentRule,
    ContentsRule,
    DepartureRule,
    ModelRule,
    PlacementRule,
    SlotRule,
)
from optimizer.allocation.rules.volume import Volume
from optimizer.allocation.slots import Slot

RULES: tuple[ConsignmentRule | SlotRule | ContentsRule | DepartureRule | PlacementRule, ...] = (
    AwaitedCargo(),
    Customs(),
    DangerousGoodsAllowed(),
    Forbid(),
    Pin(),
    Manifest(),
    Hold(),
    Cutoff(),
    OpenDeparture(),
    CartonSize(),
    FloorArea(),
    Volume(),
    Bulk(),
    Payload(),
    Offers(),
    DeclarationCap(),
    ModeMix(),
    Segregation(),
    AnyDeparture(),
    PinTarget(),
    PinFirst(),
)

CONSIGNMENT_RULES = tuple(rule for rule in RULES if isinstance(rule, ConsignmentRule))
SLOT_RULES = tuple(rule for rule in RULES if isinstance(rule, SlotRule))
_PLACE_RULES = tuple(rule for rule in SLOT_RULES if not rule.only_size)
_SIZE_RULES = tuple(rule for rule in SLOT_RULES if rule.only_size)
if (*_PLACE_RULES, *_SIZE_RULES) != SLOT_RULES:
    raise TypeError("in RULES the slot rules that look at the size only must be the last ones")
CONTENTS_RULES = tuple(rule for rule in RULES if isinstance(rule, ContentsRule))
DEPARTURE_RULES = tuple(rule for rule in RULES if isinstance(rule, DepartureRule))
PLACEMENT_RULES = tuple(rule for rule in RULES if isinstance(rule, PlacementRule))
ESTIMATES = tuple(rule for rule in CONTENTS_RULES if rule.is_estimate)
PROVEN_RULES = tuple(
    rule for rule in RULES if isinstance(rule, ModelRule) and rule not in ESTIMATES
)
"""The rules of the model that proves the lower bound."""

SEARCH_CODES = frozenset(
    {LeftOutCode.COSTS_MORE_THAN_WAITING, LeftOutCode.DID_NOT_FIT, LeftOutCode.TIME_LIMIT}
)
"""Codes that come from cost, loading and the deadline and not from a rule."""

_unclaimed = frozenset(LeftOutCode) - SEARCH_CODES.union(*(rule.codes for rule in RULES))
if _unclaimed:
    raise TypeError(f"no rule in RULES has the left-out codes {', '.join(sorted(_unclaimed))}")


def reject(demand: Demand, instance: Instance) -> Rejection | None:
    """Return the first reason that keeps a consignment out of every container."""
    for rule in CONSIGNMENT_RULES:
        rejection = rule.reject(demand, instance)
        if rejection is not None:
            return rejection
    return None


def find_placement_rule(demand: Demand) -> PlacementRule | None:
    """Return the rule by which the consignment must have a container; None when it need not."""
    return next((rule for rule in PLACEMENT_RULES if rule.binds(demand)), None)


def reject_in(
    demand: Demand,
    slot: Slot,
    instance: Instance,
    by_type: dict[str, SlotRejection | None] | None = None,
) -> SlotRejection | None:
    """Return the first reason that keeps a consignment out of a slot, other contents aside.

    `by_type` keeps the answers of the rules about size for new containers of the consignment.
    """
    if demand.committed and demand.current_consolidation_id == slot.key:
        return None
    for rule in _PLACE_RULES:
        rejection = rule.reject_in(demand, slot, instance)
        if rejection is not None:
            return rejection
    if by_type is None or slot.existing is not None:
        return _reject_by_size(demand, slot, instance)
    iso_type = slot.spec.iso_type
    if iso_type not in by_type:
        by_type[iso_type] = _reject_by_size(demand, slot, instance)
    return by_type[iso_type]


def _reject_by_size(demand: Demand, slot: Slot, instance: Instance) -> SlotRejection | None:
    for rule in _SIZE_RULES:
        rejection = rule.reject_in(demand, slot, instance)
        if rejection is not None:
            return rejection
    return None
