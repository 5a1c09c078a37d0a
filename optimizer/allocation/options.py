"""Which consignment may be in which container, as far as the two alone decide; else why not."""

from collections.abc import Sequence
from itertools import permutations

import msgspec

from groupage.domain.containers import ContainerSpec
from groupage.domain.instance import (
    CartonGroup,
    Demand,
    Departure,
    Instance,
)
from groupage.domain.plan import LeftOutCode
from groupage.domain.words import when
from optimizer.allocation.mixing import weighed_g
from optimizer.allocation.slots import Slot


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a consignment may not be somewhere."""

    code: LeftOutCode
    reason: str


def refusal_anywhere(  # noqa: PLR0911 - one return for each rule
    demand: Demand, instance: Instance
) -> Refusal | None:
    """What keeps the consignment out of every container (committed ones are past this)."""
    rules = instance.rules
    if demand.pickup is not None and demand.blocked:
        return Refusal(
            code="not_available_before_cutoff",
            reason=f"not at the hub yet; expected by {when(demand.available_at)}",
        )
    if demand.customs == "REJECTED":
        return Refusal(code="customs_rejected", reason="customs rejected its declaration")
    if demand.dg_classes and not rules.allow_dangerous:
        classes = ", ".join(demand.dg_classes)
        return Refusal(
            code="dangerous_goods",
            reason=f"dangerous goods of class {classes} do not go into a shared container here",
        )
    if demand.mode == "1039" and (refusal := _cap(demand, rules.declaration_cap_usd_cents)):
        return refusal
    if rules.mode_mix and not any(demand.mode in modes for modes in rules.mode_mix):
        return Refusal(
            code="mode_mix", reason=f"customs mode {demand.mode} is in no set of the mode policy"
        )
    if not instance.departures:
        return Refusal(code="no_departure", reason="no departure of the lane can be planned")
    return _nowhere_pinned(demand, instance)


def _cap(demand: Demand, cap_usd_cents: int) -> Refusal | None:
    """Alone above the cap of one 1039 declaration, or nobody can say."""
    cap = f"the cap of one 1039 declaration ({usd(cap_usd_cents)})"
    if demand.value_usd_cents is None:
        told = f"there is no rate for its value in {demand.value_currency}"
        return Refusal(code="cap_not_judged", reason=f"{told}: {cap} needs it in USD; amend it")
    if demand.value_usd_cents > cap_usd_cents:
        value = f"value {demand.value_usd_cents / 100:,.2f} USD"
        return Refusal(code="declaration_cap", reason=f"{value} is above {cap}; split it")
    return None


def _nowhere_pinned(demand: Demand, instance: Instance) -> Refusal | None:
    """A pin that no plan can follow."""
    voyage_id, consolidation_id = demand.pinned_voyage_id, demand.pinned_consolidation_id
    wrong = None
    if voyage_id in demand.forbidden_voyage_ids:
        wrong = f"voyage {voyage_id}, which is forbidden for it"
    elif voyage_id not in (None, *(d.voyage_id for d in instance.departures)):
        wrong = f"voyage {voyage_id}, which cannot be planned"
    elif consolidation_id not in (None, *(c.consolidation_id for c in instance.consolidations)):
        wrong = f"{consolidation_id}, which cannot be planned"
    return Refusal(code="forbidden", reason=f"pinned to {wrong}") if wrong else None


def refusal_in(demand: Demand, slot: Slot, instance: Instance) -> Refusal | None:
    """What keeps the consignment out of this container; None: nothing but the other contents."""
    here = demand.current_consolidation_id == slot.key
    if demand.committed and here:
        return None
    checks = (
        _pin(demand, slot),
        _fence(slot),
        _hold(demand, here=here),
        _cutoff(demand, slot, instance, here=here),
        _size(demand, slot),
    )
    return next((refusal for refusal in checks if refusal is not None), None)


def _fence(slot: Slot) -> Refusal | None:
    if not slot.fixed:
        return None
    return Refusal(code="no_capacity", reason=f"{slot.key} is closed to changes (manifest filed)")


def _hold(demand: Demand, *, here: bool) -> Refusal | None:
    if not demand.blocked or here:
        return None
    return Refusal(
        code="blocked_by_hold", reason="a hold stands: it keeps a place it has but gets no new one"
    )


def _pin(demand: Demand, slot: Slot) -> Refusal | None:
    voyage_id = slot.pool[0]
    if voyage_id in demand.forbidden_voyage_ids:
        return Refusal(code="forbidden", reason=f"a dispatcher forbade voyage {voyage_id}")
    if demand.pinned_consolidation_id not in (None, slot.key):
        return Refusal(code="forbidden", reason=f"pinned to {demand.pinned_consolidation_id}")
    if demand.pinned_voyage_id not in (None, voyage_id):
        return Refusal(code="forbidden", reason=f"pinned to voyage {demand.pinned_voyage_id}")
    return None


def _cutoff(demand: Demand, slot: Slot, instance: Instance, *, here: bool) -> Refusal | None:
    departure = slot.departure
    if departure is None:
        return Refusal(code="no_departure", reason=f"{slot.key} has lost its voyage")
    if demand.available_at > departure.lco_at:
        return Refusal(
            code="not_available_before_cutoff",
            reason=(
                f"available {when(demand.available_at)}, LCO of {departure.voyage_id} "
                f"{tense(departure, instance)} {when(departure.lco_at)}"
            ),
        )
    if not here and instance.clock_at > departure.lco_at:
        return Refusal(
            code="no_departure",
            reason=(
                f"{departure.voyage_id} takes nothing new: its LCO was {when(departure.lco_at)}"
            ),
        )
    return None


def _size(demand: Demand, slot: Slot) -> Refusal | None:
    for group in demand.cartons:
        if not carton_fits(group, slot.spec):
            size = f"{group.length_mm}x{group.width_mm}x{group.height_mm} mm"
            return Refusal(
                code="larger_than_container",
                reason=f"a carton of {size} does not pass into a {slot.spec.iso_type}",
            )
    if demand.volume_cm3 > slot.usable_cm3:
        return Refusal(
            code="larger_than_container",
            reason=(
                f"{m3(demand.volume_cm3)} is more than a {slot.spec.iso_type} may take "
                f"({m3(slot.usable_cm3)}); split it"
            ),
        )
    mass_g = max(demand.gross_g, weighed_g(demand))
    if mass_g > slot.payload_g:
        return Refusal(
            code="heavier_than_container",
            reason=(
                f"{mass_g // 1_000} kg is more than a {slot.spec.iso_type} carries "
                f"({slot.payload_g // 1_000} kg); split it"
            ),
        )
    return None


def carton_fits(group: CartonGroup, spec: ContainerSpec) -> bool:
    """Whether some allowed orientation goes through the door and stands inside."""
    width_mm = min(spec.width_mm, spec.door_width_mm)
    height_mm = min(spec.height_mm, spec.door_height_mm)
    edges = (group.length_mm, group.width_mm, group.height_mm)
    return any(
        along <= spec.length_mm and across <= width_mm and up <= height_mm
        for along, across, up in permutations(edges)
        if up == group.height_mm or not group.this_side_up
    )


def first_binding(demand: Demand, refusals: Sequence[Refusal]) -> Refusal:
    """The refusal that a dispatcher can do most about: the last of the departures' own words.

    Where it is pinned decides; that it may not go elsewhere is no news then.
    """
    pin = demand.pinned_consolidation_id or demand.pinned_voyage_id
    at_pin = [refusal for refusal in refusals if refusal.code != "forbidden"] if pin else []
    if at_pin:
        binding = _ranked(at_pin)
        return Refusal(code=binding.code, reason=f"{binding.reason}; pinned to {pin}")
    if demand.pinned_voyage_id and not demand.pinned_consolidation_id:
        reason = f"{pin} has no container on offer; pinned to {pin}"
        return Refusal(code="no_capacity", reason=reason)
    if not refusals:
        return Refusal(code="no_capacity", reason="no departure has a container on offer")
    return _ranked(refusals)


def _ranked(refusals: Sequence[Refusal]) -> Refusal:
    order = (
        "forbidden",
        "blocked_by_hold",
        "did_not_fit",
        # Refused for its mass it would have had the size.
        "heavier_than_container",
        "larger_than_container",
        "not_available_before_cutoff",
        "no_capacity",
        "no_departure",
    )
    first = min(order.index(refusal.code) for refusal in refusals)
    return [refusal for refusal in refusals if refusal.code == order[first]][-1]


def tense(departure: Departure, instance: Instance) -> str:
    """Was or is, by the hub's clock."""
    return "was" if departure.lco_at <= instance.clock_at else "is"


def usd(cents: int) -> str:
    """Money for people."""
    return f"{cents / 100:,.0f} USD"


def m3(volume_cm3: int) -> str:
    """Volume for people."""
    return f"{volume_cm3 / 1_000_000:.2f} m³"
