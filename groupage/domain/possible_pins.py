"""Pins and prohibitions that the lane keeps and that do not count. Pure.

- A pin names a consolidation that could not take the consignment when the pin was given. The lane
  cannot know of manifests; readers call the command refused.
- Of a pin to a voyage and a command that keeps the consignment off it (forbid, roll, roll from a
  later voyage) the later one counts. Readers call the other one superseded. It counts again when
  the later one is withdrawn or ended. The lane cannot know which voyage leaves before which.

Planner and readers derive both from states, so a late fact decides again.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from groupage.domain.events.base import AggregateKind
from groupage.domain.rejections import RejectionCode as Code
from groupage.domain.state.base import RejectedEvent, State
from groupage.domain.state.consolidation import ConsolidationState
from groupage.domain.state.lane import LaneForbid, LanePin, LaneState
from groupage.domain.state.voyage import VoyageState
from groupage.domain.words import when

_TYPE = "command.pin"


Departures = Mapping[str, datetime]
"""When each voyage leaves, if its schedule is known and it is not cancelled."""


def departures_of(voyages: Iterable[State]) -> Departures:
    """Return when these voyages leave; other states are left out."""
    return {
        voyage.key: voyage.etd_at
        for voyage in voyages
        if isinstance(voyage, VoyageState) and voyage.etd_at and voyage.status != "CANCELLED"
    }


def possible_pin(
    lane: LaneState,
    consignment_id: str,
    consolidations: Mapping[str, ConsolidationState],
    departures: Departures,
) -> LanePin | None:
    """Return the pin of a consignment if it counts."""
    pin = lane.pins.get(consignment_id)
    if pin is None or find_later_prohibition(lane, consignment_id, departures) is not None:
        return None
    if not pin.consolidation_id:
        return pin
    state = consolidations.get(pin.consolidation_id)
    return pin if reject_pin(consignment_id, pin, state) is None else None


def find_later_prohibition(
    lane: LaneState, consignment_id: str, departures: Departures
) -> LaneForbid | None:
    """Return the newest command that keeps a consignment off its pin's voyage, given since."""
    pin = lane.pins.get(consignment_id)
    if pin is None:
        return None
    later = [
        forbid
        for voyage_id, forbid in lane.forbids.get(consignment_id, {}).items()
        if forbid.at >= pin.at
        and (
            voyage_id == pin.voyage_id
            or (forbid.roll and leaves_before(pin.voyage_id, voyage_id, departures))
        )
    ]
    return max(later, key=_given_at, default=None)


def leaves_before(voyage_id: str, other_id: str, departures: Departures) -> bool:
    """Tell whether a voyage leaves with another one or before it; False: it is not known."""
    etd_at, other_at = departures.get(voyage_id), departures.get(other_id)
    return etd_at is not None and other_at is not None and etd_at <= other_at


def _given_at(forbid: LaneForbid) -> datetime:
    return forbid.at


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
    status, advice = f"its status is {state.status}", ""
    if state.stuffing_started_at is None:
        advice = f"; `groupage command unfreeze {pin.consolidation_id}` opens it again"
    else:
        status = f"its stuffing began at {when(state.stuffing_started_at)}"
    return Code.FROZEN, (
        f"the manifest of {name} is filed since {when(filed_at)}, without the consignment, and "
        f"{status}: name an open consolidation, or none{advice}"
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


def pin_depends_on(lane: LaneState, consignment_id: str) -> set[tuple[AggregateKind, str]]:
    """Return the consolidation and the voyages whose states say whether a pin counts."""
    pin = lane.pins.get(consignment_id)
    if pin is None:
        return set()
    voyage_ids = {pin.voyage_id}
    for voyage_id, forbid in lane.forbids.get(consignment_id, {}).items():
        if forbid.roll:
            voyage_ids.add(voyage_id)
    keys: set[tuple[AggregateKind, str]] = {("voyage", voyage_id) for voyage_id in voyage_ids}
    return keys | ({("consolidation", pin.consolidation_id)} if pin.consolidation_id else set())
