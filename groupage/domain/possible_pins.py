"""Pins that name a consolidation which could not take the consignment when the pin was given.

The planner leaves such a pin aside, and readers call its command refused. Both derive that from the
consolidation's state, so a late fact decides again. The lane keeps the pin: it cannot know of
manifests. Pure.
"""

from collections.abc import Mapping
from datetime import datetime

from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.base import RejectedEvent
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.lane import LanePin, LaneState
from groupage.domain.words import when

_TYPE = "command.pin"


def possible_pin(
    lane: LaneState, consignment_id: str, consolidations: Mapping[str, ConsolidationState]
) -> LanePin | None:
    """Return the pin of a consignment if it could be carried out when the dispatcher gave it."""
    pin = lane.pins.get(consignment_id)
    if pin is None or not pin.consolidation_id:
        return pin
    state = consolidations.get(pin.consolidation_id)
    return pin if reject_pin(consignment_id, pin, state) is None else None


def reject_pin(
    consignment_id: str, pin: LanePin, state: ConsolidationState | None
) -> RejectedEvent | None:
    """Return why the pin's consolidation could not take the consignment then; None: it could."""
    code_and_reason = _obstacle(consignment_id, pin, state)
    if code_and_reason is None:
        return None
    code, reason = code_and_reason
    return RejectedEvent(code=code, reason=reason, type=_TYPE, subject=consignment_id, at=pin.at)


def _obstacle(
    consignment_id: str, pin: LanePin, state: ConsolidationState | None
) -> tuple[Code, str] | None:
    at, name = pin.at, f"consolidation {pin.consolidation_id}"
    if state is None or state.opened_at is None or state.opened_at > at:
        return Code.NOT_OPENED, f"no plan had opened {name} by {when(at)}; check the id"
    voyage_id = _voyage_at(state, at)
    if voyage_id != pin.voyage_id:
        return Code.NOT_OPENED, f"{name} is on voyage {voyage_id}, not on {pin.voyage_id}"
    if state.over and state.ended_at is not None and state.ended_at <= at:
        return Code.ENDED, f"{name} is {state.ended} since {when(state.ended_at)}"
    if state.gated_out_at is not None and state.gated_out_at <= at:
        return Code.DEPARTED, f"{name} left the hub at {when(state.gated_out_at)}"
    filed_at = _manifest_filed_at(state, at)
    if filed_at is None or consignment_id in state.member_ids:
        return None
    return Code.FROZEN, (
        f"the manifest of {name} is filed since {when(filed_at)}, without the consignment, and its "
        f"status is {state.status}: name an open consolidation, or none; before stuffing "
        f"`groupage command unfreeze {pin.consolidation_id}` opens it again"
    )


def _voyage_at(state: ConsolidationState, at: datetime) -> str:
    if state.rolled_at is not None and state.rolled_at > at and state.rolled_from:
        return state.rolled_from[-1]
    return state.voyage_id


def _manifest_filed_at(state: ConsolidationState, at: datetime) -> datetime | None:
    """Return when the manifest was filed that was in force at that moment."""
    if state.assigned is None or state.assigned[1] > at:
        return None
    is_withdrawn = state.manifest is None and state.unfrozen_at and state.unfrozen_at <= at
    return None if is_withdrawn else state.assigned[1]
